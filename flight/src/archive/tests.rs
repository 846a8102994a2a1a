use std::io::{Cursor, Write};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;

fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Replaces every occurrence, as names and sizes stand in an archive twice.
fn patched(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> =
        (0..=bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

fn tried(
    bytes: Vec<u8>,
    limits: &Limits,
) -> (Result<Unpacked, ArchiveError>, Vec<(String, usize)>) {
    let mut stored = Vec::new();
    let result = unpack(Cursor::new(bytes), limits, |name, reader| {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        stored.push((name.to_owned(), bytes.len()));
        Ok(())
    });
    (result, stored)
}

fn refused(bytes: Vec<u8>, limits: &Limits) -> String {
    tried(bytes, limits).0.unwrap_err().to_string()
}

#[test]
fn files_come_out_with_their_folders() {
    let bytes = packed(&[("flight/DJI_1.MP4", b"video"), ("./a\\b.txt", b"x"), ("in.zip", b"PK")]);
    let (result, stored) = tried(bytes, &Limits::default());
    let expected = [("flight/DJI_1.MP4", 5), ("a/b.txt", 1), ("in.zip", 2)];
    assert_eq!(stored, expected.map(|(name, len)| (name.to_owned(), len)));
    let unpacked = result.unwrap();
    assert_eq!(unpacked.bytes, 8);
    assert_eq!(unpacked.names, expected.map(|(name, _)| name));
}

#[test]
fn folders_are_passed_over() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_directory("flight/", SimpleFileOptions::default()).unwrap();
    let (result, stored) = tried(zip.finish().unwrap().into_inner(), &Limits::default());
    assert_eq!((result.unwrap(), stored.len()), (Unpacked::default(), 0));
}

#[test]
fn chinese_names_are_read() {
    let gbk = b"\xd1\xb2\xbc\xec.MP4"; // 巡检.MP4
    let old = patched(packed(&[("qqqq.MP4", b"x")]), b"qqqq.MP4", gbk);
    for bytes in [packed(&[("巡检.MP4", b"x")]), old] {
        assert_eq!(tried(bytes, &Limits::default()).1, [("巡检.MP4".to_owned(), 1)]);
    }
}

#[test]
fn ways_out_are_refused_before_anything_is_stored() {
    for (name, expected) in [
        ("../x", "entry `../x` leads out of the archive's folder"),
        ("a/../../x", "entry `a/../../x` leads out of the archive's folder"),
        ("a\\..\\x", "entry `a/../x` leads out of the archive's folder"),
        ("/etc/x", "entry `/etc/x` leads out of the archive's folder"),
        ("C:\\x", "entry `C:/x` leads out of the archive's folder"),
        ("./C:/x", "entry `./C:/x` leads out of the archive's folder"),
        ("\\\\host\\x", "entry `//host/x` leads out of the archive's folder"),
        ("a\u{7}b", "entry `a\\u{7}b` has a name that no file can have"),
        ("./.", "entry `./.` has a name that no file can have"),
    ] {
        let (result, stored) = tried(packed(&[("good", b"x"), (name, b"x")]), &Limits::default());
        assert_eq!(result.unwrap_err().to_string(), expected);
        assert!(stored.is_empty(), "{name}");
    }
}

#[test]
fn links_secrets_and_twins_are_refused() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink("way-out", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let link = zip.finish().unwrap().into_inner();
    assert_eq!(
        refused(link, &Limits::default()),
        "entry `way-out` is a link; pack the file itself"
    );

    let mut secret = packed(&[("s", b"x")]);
    let central = secret.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    secret[central + 8] |= 1;
    secret[6] |= 1;
    let expected = "entry `s` is encrypted; pack it without a password";
    assert_eq!(refused(secret, &Limits::default()), expected);

    let twice = patched(packed(&[("same1", b"x"), ("same2", b"y")]), b"same2", b"same1");
    assert_eq!(refused(twice, &Limits::default()), "a file is in the archive twice");
    let alike = packed(&[("a/b", b"x"), ("a//b", b"y")]);
    assert_eq!(refused(alike, &Limits::default()), "entry `a/b` is in the archive twice");
}

#[test]
fn sizes_are_counted_not_believed() {
    let limits = Limits { entries: 2, entry_bytes: 1000, total_bytes: 1500, ratio: 200 };
    let noise: Vec<u8> =
        (0..1001_u32).map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    let one = packed(&[("big", &noise)]);
    assert_eq!(refused(one.clone(), &limits), "entry `big` has more than 1000 bytes");
    let lying = patched(one, &1001_u32.to_le_bytes(), &1_u32.to_le_bytes());
    let (result, _) = tried(lying, &limits);
    assert!(result.is_err());
    let two = packed(&[("a", &noise[..800]), ("b", &noise[..800])]);
    assert_eq!(refused(two, &limits), "with entry `b` the archive has more than 1500 bytes");
    let three = packed(&[("a", b""), ("b", b""), ("c", b"")]);
    let expected = "the archive has 3 entries, more than 2; upload fewer files at once";
    assert_eq!(refused(three, &limits), expected);
}

#[test]
fn a_bomb_is_refused_early() {
    let bomb = packed(&[("zeros", &vec![0; 8 << 20])]);
    let mut seen = 0;
    let result = unpack(Cursor::new(bomb), &Limits::default(), |_, reader| {
        seen = io::copy(reader, &mut io::sink()).unwrap_or(1);
        Ok(())
    });
    let expected = "entry `zeros` unpacks to more than 200 times its size";
    assert_eq!((result.unwrap_err().to_string().as_str(), seen), (expected, 1));
}

#[test]
fn an_endless_directory_is_not_read_into_memory() {
    let names: Vec<String> = (0..30_000).map(|i| format!("{i:05}")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let limits = Limits { entries: 100, ..Limits::default() };
    let expected =
        "the directory of the archive is too long for 100 entries; upload fewer files at once";
    assert_eq!(refused(packed(&files), &limits), expected);
}

#[test]
fn what_the_sink_cannot_store_is_named() {
    let result = unpack(Cursor::new(packed(&[("a", b"x")])), &Limits::default(), |_, _| {
        Err(io::Error::other("disk full"))
    });
    assert!(matches!(result, Err(ArchiveError::Io { name, .. }) if name == "a"));
}

#[test]
fn damage_is_noticed() {
    let noise: Vec<u8> =
        (0..4000_u32).map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    let mut bytes = packed(&[("a", &noise)]);
    bytes[200] ^= 0xFF;
    assert!(tried(bytes.clone(), &Limits::default()).0.is_err());
    // The sink need not look at it for that.
    assert!(unpack(Cursor::new(bytes.clone()), &Limits::default(), |_, _| Ok(())).is_err());
    bytes.truncate(bytes.len() / 2);
    assert!(matches!(tried(bytes, &Limits::default()).0, Err(ArchiveError::NotZip(_))));
}

proptest! {
    #[test]
    fn any_damage_is_survived(
        hits in prop::collection::vec((0_usize..400, any::<u8>()), 0..12),
        cut in 0_usize..500,
    ) {
        let mut bytes = packed(&[("a/b.txt", b"hello hello hello"), ("c", &[7; 300])]);
        for (at, byte) in hits {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
        bytes.truncate(cut.max(1));
        let limits = Limits { total_bytes: 2 << 20, ..Limits::default() };
        if let (Ok(unpacked), stored) = tried(bytes, &limits) {
            prop_assert!(unpacked.bytes <= limits.total_bytes);
            prop_assert!(stored.iter().all(|(name, _)| !name.starts_with('/') && !name.contains("..")));
        }
    }

    #[test]
    fn names_never_lead_out(raw in prop::collection::vec(any::<u8>(), 0..40)) {
        if let Ok(name) = sound_name(&raw) {
            prop_assert!(!name.starts_with('/') || name == "/");
            prop_assert!(name.split('/').all(|part| part != ".." && part != "."));
        }
    }
}
