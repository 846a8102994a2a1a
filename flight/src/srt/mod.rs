//! Reads the subtitles that DJI aircraft write beside their videos.
//!
//! A dozen dialects exist, sometimes two in one file, so nothing here asks which one a file is in:
//! `entry` cuts the text into entries, `words` cuts an entry into words, `fields` picks what it
//! knows by name, `order` decides which of two numbers is the longitude, `stamp` reads times.
//! What an entry does not say stays `None`.
//!
//! Assumes: a cue's start is the instant of what it says. Leaves to others: time zones, lenses.
//! Source: the sample files of `DJI_SRT_Parser`; domain reference §2.2.

mod entry;
mod fields;
mod order;
mod stamp;
mod words;

use std::collections::BTreeSet;

use domain::WarningCode;

use crate::flaws;
use crate::{Sample, Telemetry, Warnings};
use entry::Entry;
use fields::Dialect;

/// Larger files are refused: two hours at 30 entries a second are 60 MiB, and cameras cut their
/// videos long before that.
pub const MAX_BYTES: usize = 64 << 20;
/// Five hours at 50 entries a second; the rest is left out.
const MAX_ENTRIES: usize = 1_000_000;

/// Why a subtitle file gives no telemetry at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SrtError {
    #[error("the subtitle file is empty; copy it from the aircraft's card again")]
    Empty,
    #[error(
        "the subtitle file has {size} bytes, more than {MAX_BYTES}; cut the video and its subtitles"
    )]
    TooLarge { size: usize },
    #[error("no subtitle entry found; this is not an SRT file")]
    NoEntries,
    #[error(
        "none of {entries} subtitle entries holds telemetry; this is not an aircraft's SRT file"
    )]
    NoTelemetry { entries: usize },
}

/// Reads a whole file. Damaged entries are counted in the warnings, the others are kept.
///
/// Samples keep one row for each entry, also for one that says nothing but its time.
pub fn read(bytes: &[u8]) -> Result<Telemetry, SrtError> {
    if bytes.len() > MAX_BYTES {
        return Err(SrtError::TooLarge { size: bytes.len() });
    }
    if bytes.iter().all(|byte| byte.is_ascii_whitespace() || b"\xEF\xBB\xBF\0".contains(byte)) {
        return Err(SrtError::Empty);
    }
    let (entries, mut warnings) = entry::split(bytes, MAX_ENTRIES);
    let (samples, dialects) = read_entries(&entries, &mut warnings);
    match (entries.len(), dialects.is_empty()) {
        (0, _) => return Err(SrtError::NoEntries),
        (entries, true) => return Err(SrtError::NoTelemetry { entries }),
        (_, false) => {}
    }
    let dialect = name(&dialects);
    let mut telemetry = Telemetry { samples, dialect, aircraft: String::new(), warnings };
    flaws::look_over(&mut telemetry);
    Ok(telemetry)
}

fn read_entries(entries: &[Entry], warnings: &mut Warnings) -> (Vec<Sample>, BTreeSet<Dialect>) {
    let mut dialects = BTreeSet::new();
    let mut samples = Vec::with_capacity(entries.len());
    for (i, entry) in entries.iter().enumerate() {
        let read = fields::read(entry);
        let last = i + 1 == entries.len();
        if read.cut || read.dialect.is_none() {
            warn_of_cut(last && (read.cut || entry.open_end), i + 1, warnings);
        }
        dialects.extend(read.dialect);
        samples.push(read.sample);
    }
    (samples, dialects)
}

fn warn_of_cut(at_end: bool, number: usize, warnings: &mut Warnings) {
    if at_end {
        let detail = format!("the file ends in the middle of entry {number}");
        warnings.add(WarningCode::Truncated, detail);
    } else {
        let detail = format!("entry {number} is incomplete; what it does say was kept");
        warnings.add(WarningCode::BadEntry, detail);
    }
}

fn name(dialects: &BTreeSet<Dialect>) -> String {
    let names: Vec<&str> = dialects.iter().map(|dialect| dialect.name()).collect();
    format!("DJI SRT, {}", names.join(" + "))
}

#[cfg(test)]
mod tests;
