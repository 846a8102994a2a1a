//! Zip archives: what they name stays in its folder, what they hold within the limits.

#![no_main]

use std::collections::BTreeSet;
use std::io::{Cursor, Read};

use flight::archive::{Limits, unpack};

const LIMITS: Limits =
    Limits { entries: 64, entry_bytes: 1 << 16, total_bytes: 1 << 18, ratio: 200 };

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut given = BTreeSet::new();
    let mut total = 0;
    let unpacked = unpack(Cursor::new(bytes), &LIMITS, |name, entry: &mut dyn Read| {
        stays_inside(name);
        assert!(given.insert(name.to_owned()), "`{name}` is given twice");
        let mut held = Vec::new();
        let read = entry.read_to_end(&mut held);
        total += held.len() as u64;
        assert!(held.len() as u64 <= LIMITS.entry_bytes && total <= LIMITS.total_bytes);
        read.map(drop)
    });
    if let Ok(unpacked) = unpacked {
        assert_eq!(unpacked.bytes, total);
        assert_eq!(unpacked.names.into_iter().collect::<BTreeSet<_>>(), given);
        assert!(given.len() <= LIMITS.entries);
    }
});

fn stays_inside(name: &str) {
    let sound = |folder: &str| !matches!(folder, "" | "." | "..");
    assert!(name.split('/').all(sound), "{name:?}");
    assert!(!name.contains('\\') && !name.chars().any(char::is_control), "{name:?}");
    let drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    assert!(!drive, "{name:?}");
}
