//! Reads the subtitles that DJI aircraft write beside their videos.
//!
//! A dozen dialects exist, sometimes two in one file, so nothing here asks which one a file is in:
//! `lines` and `entry` cut a stream into entries, `words` cuts an entry into words, `fields` picks what it
//! knows by name, `order` decides which of two numbers is the longitude, `stamp` reads times.
//! What an entry does not say stays `None`.
//!
//! Assumes: a cue's start is the instant of what it says. Leaves to others: time zones, lenses.
//! Source: the sample files of `DJI_SRT_Parser`; domain reference §2.2.

mod entry;
mod fields;
mod lines;
mod order;
mod stamp;
mod words;

use std::collections::BTreeSet;
use std::io::BufRead;

use domain::WarningCode;

use crate::flaws;
use crate::thinned::{Full, MOST, Thinned};
use crate::{Telemetry, Warnings};
use entry::{Entries, Entry};
use fields::Dialect;

/// Twelve hours at 60 entries a second are 1 GB; the rest is left out.
const MAX_BYTES: u64 = 2 << 30;
/// Twelve hours at 60 entries a second and more; the rest is left out.
const MAX_ENTRIES: usize = 3_000_000;

/// Why a subtitle file gives no telemetry at all.
#[derive(Debug, thiserror::Error)]
pub enum SrtError {
    #[error("the subtitle file is empty; copy it from the aircraft's card again")]
    Empty,
    #[error("no subtitle entry found; this is not an SRT file")]
    NoEntries,
    #[error(
        "none of {entries} subtitle entries holds telemetry; this is not an aircraft's SRT file"
    )]
    NoTelemetry { entries: usize },
    #[error("cannot read the subtitle file")]
    Read {
        #[from]
        source: std::io::Error,
    },
}

/// Reads a whole file, one entry at a time. Damaged entries are counted in the warnings, the others
/// are kept.
///
/// Samples keep one row for each entry, also for one that says nothing but its time; files of more
/// than two hours at 30 a second at most ten a second and what changes between them.
pub fn read(input: impl BufRead) -> Result<Telemetry, SrtError> {
    let mut warnings = Warnings::default();
    let mut entries = Entries::of(input.take(MAX_BYTES));
    let mut reading = Reading::default();
    let mut ahead = entries.next(&mut warnings)?;
    while let Some(entry) = ahead.take() {
        ahead = entries.next(&mut warnings)?;
        if let Err(what) = reading.take(&entry, ahead.is_none(), &mut warnings) {
            warnings.add(WarningCode::Truncated, what);
            break;
        }
    }
    match (reading.entries, reading.dialects.is_empty()) {
        (0, _) if entries.is_blank() => return Err(SrtError::Empty),
        (0, _) => return Err(SrtError::NoEntries),
        (entries, true) => return Err(SrtError::NoTelemetry { entries }),
        (_, false) => {}
    }
    if entries.into_input().limit() == 0 {
        let detail = format!("only the first {} GiB were read", MAX_BYTES >> 30);
        warnings.add(WarningCode::Truncated, detail);
    }
    let dialect = name(&reading.dialects);
    let samples = reading.samples.into_rows();
    let mut telemetry = Telemetry { samples, dialect, aircraft: String::new(), warnings };
    flaws::look_over(&mut telemetry);
    Ok(telemetry)
}

/// What has been read.
#[derive(Default)]
struct Reading {
    entries: usize,
    dialects: BTreeSet<Dialect>,
    samples: Thinned,
}

impl Reading {
    /// Takes the next entry; else says what of the file was read.
    fn take(&mut self, entry: &Entry, last: bool, warnings: &mut Warnings) -> Result<(), String> {
        if self.entries == MAX_ENTRIES {
            return Err(format!("only the first {MAX_ENTRIES} entries were read"));
        }
        self.entries += 1;
        let read = fields::read(entry);
        if read.cut || read.dialect.is_none() {
            warn_of_cut(last && (read.cut || entry.open_end), self.entries, warnings);
        }
        self.dialects.extend(read.dialect);
        let pushed = self.samples.push(read.sample);
        pushed.map_err(|Full| format!("only the first {MOST} positions and changes were read"))
    }
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
