//! Reads flight logs as `AirData` exports them: CSV, ten rows a second, units in the header.
//!
//! Columns are found by name and converted by the unit in brackets behind it, so imperial and
//! metric exports read alike. A cell that is no number says nothing; first rows carry advertising
//! in number columns. The date has whole seconds and the other column milliseconds since the start:
//! together they give instants to about a tenth of a second.
//!
//! Leaves to others: which video a log belongs to, see [`Log::recordings`] and [`crate::clock`].

use std::io::Read;

use csv::{ByteRecord, Reader, ReaderBuilder};
use domain::{Attitude, Heights, LonLat, WarningCode};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::epoch::{self, Tick};
use crate::{Sample, Stamp, Telemetry, Warnings, flaws};

/// An hour of flight is 12 MB; the rest is left out.
const MAX_BYTES: u64 = 256 << 20;
/// Twenty-seven hours at ten rows a second; the rest is left out.
const MAX_ROWS: usize = 1_000_000;

/// Why a CSV file gives no telemetry at all.
#[derive(Debug, thiserror::Error)]
pub enum AirdataError {
    #[error("the flight log is empty")]
    Empty,
    #[error("the header of the flight log cannot be read")]
    Header(#[source] csv::Error),
    #[error("the flight log has no column `{column}`; export it from AirData as CSV")]
    NoColumn { column: &'static str },
    #[error("the flight log has a header and no rows")]
    NoRows,
}

/// What a log says.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    pub telemetry: Telemetry,
    /// When the aircraft was recording video, by the column `isVideo`: first and last instant of each
    /// run, in order. Empty where the log does not say.
    pub recordings: Vec<(Timestamp, Timestamp)>,
}

/// Reads a whole log, row by row. Damaged rows are counted in the warnings, the others are kept.
pub fn read(input: impl Read) -> Result<Log, AirdataError> {
    let mut tail = Tail { input: input.take(MAX_BYTES), last: None };
    let mut csv = ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(&mut tail);
    let header = csv.byte_headers().map_err(AirdataError::Header)?;
    if header.is_empty() {
        return Err(AirdataError::Empty);
    }
    let columns = Columns::of(header)?;
    let mut warnings = Warnings::default();
    let mut rows = all_rows(&mut csv, &columns, &mut warnings);
    if tail.input.limit() == 0 {
        let detail = format!("only the first {} MiB were read", MAX_BYTES >> 20);
        warnings.add(WarningCode::Truncated, detail);
    } else if tail.last.is_some_and(|byte| !b"\r\n".contains(&byte)) {
        let detail = "the last row has no end of line and may be cut";
        warnings.add(WarningCode::Truncated, detail);
    }
    if rows.is_empty() {
        return Err(AirdataError::NoRows);
    }
    refine(&mut rows);
    let recordings = recordings(&rows);
    let samples = rows.into_iter().map(|row| row.sample).collect();
    let dialect = "AirData CSV".to_owned();
    let mut telemetry = Telemetry { samples, dialect, aircraft: String::new(), warnings };
    flaws::look_over(&mut telemetry);
    Ok(Log { telemetry, recordings })
}

/// Knows the newest byte that was read.
struct Tail<R> {
    input: R,
    last: Option<u8>,
}

impl<R: Read> Read for Tail<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.last = count.checked_sub(1).and_then(|last| buffer.get(last)).copied().or(self.last);
        Ok(count)
    }
}

struct Row {
    /// Since the start of the log.
    millis: Option<i64>,
    recording: bool,
    sample: Sample,
}

fn recordings(rows: &[Row]) -> Vec<(Timestamp, Timestamp)> {
    let mut runs: Vec<(Timestamp, Timestamp)> = Vec::new();
    let mut before = false;
    for row in rows {
        let Stamp::Utc(at) = row.sample.stamp else { continue };
        match runs.last_mut().filter(|_| before) {
            Some((_, last)) if row.recording => *last = at,
            _ if row.recording => runs.push((at, at)),
            _ => {}
        }
        before = row.recording;
    }
    runs
}

fn all_rows(csv: &mut Reader<impl Read>, columns: &Columns, warnings: &mut Warnings) -> Vec<Row> {
    let mut rows = Vec::new();
    for (i, row) in csv.byte_records().enumerate() {
        if i == MAX_ROWS {
            warnings
                .add(WarningCode::Truncated, format!("only the first {MAX_ROWS} rows were read"));
            break;
        }
        match row {
            Ok(row) if row.len() >= columns.least => rows.push(columns.row(&row)),
            Ok(_) => warnings.add(WarningCode::BadEntry, format!("row {} is too short", i + 2)),
            Err(error) if error.is_io_error() => {
                warnings.add(WarningCode::Truncated, error.to_string());
                break;
            }
            Err(error) => warnings.add(WarningCode::BadEntry, error.to_string()),
        }
    }
    rows
}

/// Gives whole-second stamps the fraction that the milliseconds tell.
fn refine(rows: &mut [Row]) {
    let ticks = rows.iter().filter_map(|row| match row.sample.stamp {
        Stamp::Utc(at) => Some(Tick { at, elapsed: SignedDuration::from_millis(row.millis?) }),
        _ => None,
    });
    let Some(zero) = epoch::zero(ticks) else { return };
    for row in rows {
        if let (Some(millis), Stamp::Utc(_)) = (row.millis, row.sample.stamp)
            && let Ok(at) = zero.checked_add(SignedDuration::from_millis(millis))
        {
            row.sample.stamp = Stamp::Utc(at);
        }
    }
}

/// A column and what to multiply its numbers with.
#[derive(Debug, Clone, Copy)]
struct Column {
    at: usize,
    factor: f64,
}

/// Where in a row things are.
#[derive(Debug)]
struct Columns {
    lon: Column,
    lat: Column,
    millis: Option<Column>,
    /// Whether the date is UTC.
    date: Option<(usize, bool)>,
    above_takeoff: Option<Column>,
    above_sea: Option<Column>,
    speed: Option<Column>,
    heading: Option<Column>,
    gimbal: Option<[Column; 3]>,
    video: Option<Column>,
    /// Rows with fewer cells hold no position.
    least: usize,
}

impl Columns {
    fn of(header: &ByteRecord) -> Result<Self, AirdataError> {
        let names: Vec<(String, String)> = header.iter().map(name_and_unit).collect();
        let find = |wanted: &[&str]| {
            wanted.iter().find_map(|wanted| {
                let at = names.iter().position(|(name, _)| name == wanted)?;
                Some(Column { at, factor: factor(&names[at].1) })
            })
        };
        let need = |column| find(&[column]).ok_or(AirdataError::NoColumn { column });
        let (lon, lat) = (need("longitude")?, need("latitude")?);
        let gimbal = || {
            Some([find(&["gimbal_heading"])?, find(&["gimbal_pitch"])?, find(&["gimbal_roll"])?])
        };
        Ok(Self {
            lon,
            lat,
            millis: find(&["time"]),
            date: find(&["datetime"]).map(|Column { at, .. }| (at, names[at].1 != "local")),
            above_takeoff: find(&["height_above_takeoff", "height"]),
            above_sea: find(&["altitude_above_sealevel"]),
            speed: find(&["speed"]),
            heading: find(&["compass_heading"]),
            gimbal: gimbal(),
            video: find(&["isvideo"]),
            least: lon.at.max(lat.at) + 1,
        })
    }

    fn row(&self, row: &ByteRecord) -> Row {
        let millis = number(row, self.millis).and_then(whole_millis);
        let stamp = self.stamp(row);
        let undated = self.date.is_none();
        let sample = Sample {
            media: millis.filter(|_| undated).map(SignedDuration::from_millis),
            stamp,
            position: self.position(row),
            heights: Heights {
                above_takeoff_m: number(row, self.above_takeoff),
                above_sea_m: number(row, self.above_sea),
                above_ellipsoid_m: None,
            },
            camera: self.camera(row),
            heading_deg: number(row, self.heading).map(|deg| deg.rem_euclid(360.0)),
            speed_mps: number(row, self.speed).map(f64::abs),
            ..Sample::default()
        };
        Row { millis, recording: number(row, self.video) == Some(1.0), sample }
    }

    fn position(&self, row: &ByteRecord) -> Option<LonLat> {
        let (lon, lat) = (number(row, Some(self.lon))?, number(row, Some(self.lat))?);
        let nowhere = lon.abs() < 1e-6 && lat.abs() < 1e-6;
        LonLat::new(lon, lat).filter(|_| !nowhere)
    }

    fn camera(&self, row: &ByteRecord) -> Option<Attitude> {
        let [yaw, pitch, roll] = self.gimbal?.map(|column| number(row, Some(column)));
        let (yaw_deg, pitch_deg, roll_deg) = (yaw?, pitch?, roll?);
        let sound = [yaw_deg, pitch_deg, roll_deg].iter().all(|angle| angle.abs() <= 360.0);
        sound.then_some(Attitude { yaw_deg, pitch_deg, roll_deg })
    }

    fn stamp(&self, row: &ByteRecord) -> Stamp {
        let text = |at| std::str::from_utf8(row.get(at)?).ok();
        let Some((at, utc)) = self.date else { return Stamp::None };
        let Some(date) = text(at).and_then(|text| text.parse::<DateTime>().ok()) else {
            return Stamp::None;
        };
        match date.to_zoned(TimeZone::UTC) {
            Ok(zoned) if utc => Stamp::Utc(zoned.timestamp()),
            _ => Stamp::Local(date),
        }
    }
}

fn number(row: &ByteRecord, column: Option<Column>) -> Option<f64> {
    let Column { at, factor } = column?;
    let value: f64 = std::str::from_utf8(row.get(at)?).ok()?.parse().ok()?;
    Some(value * factor).filter(|value| value.is_finite())
}

/// A log of at most a year.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
fn whole_millis(value: f64) -> Option<i64> {
    (0.0..3.2e10).contains(&value).then_some(value as i64)
}

/// `height_above_takeoff(feet)` in lower case, without brackets.
fn name_and_unit(cell: &[u8]) -> (String, String) {
    let cell = String::from_utf8_lossy(cell)
        .trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}')
        .to_lowercase();
    match cell.split_once('(') {
        Some((name, unit)) => {
            (name.trim().to_owned(), unit.trim_end_matches(')').trim().to_owned())
        }
        None => (cell, String::new()),
    }
}

/// What turns a unit into metres or metres a second; 1 for those and for angles.
fn factor(unit: &str) -> f64 {
    match unit {
        "feet" | "ft" => 0.3048,
        "mph" => 0.447_04,
        "km/h" | "kph" => 1.0 / 3.6,
        "knots" | "kn" | "kts" => 1852.0 / 3600.0,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests;
