//! Reads flight logs as `AirData` exports them: CSV, ten rows a second, units in the header.
//!
//! Columns are found by name and converted by the unit in brackets behind it, so imperial and
//! metric exports read alike. A cell that is no number says nothing; first rows carry advertising
//! in number columns. The date has whole seconds and the other column milliseconds since the start:
//! together they give instants to about a tenth of a second.
//!
//! Leaves to others: which video a log belongs to, see [`recordings`] and [`crate::clock`].

use csv::{ByteRecord, Reader, ReaderBuilder};
use domain::{Attitude, Heights, LonLat, WarningCode};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::epoch::{self, Tick};
use crate::{Sample, Stamp, Telemetry, Warnings, flaws};

/// Larger files are refused: an hour of flight is 12 MB.
pub const MAX_BYTES: usize = 256 << 20;
/// Twenty-seven hours at ten rows a second; the rest is left out.
const MAX_ROWS: usize = 1_000_000;

/// Why a CSV file gives no telemetry at all.
#[derive(Debug, thiserror::Error)]
pub enum AirdataError {
    #[error("the flight log is empty")]
    Empty,
    #[error("the flight log has {size} bytes, more than {MAX_BYTES}; export one flight at a time")]
    TooLarge { size: usize },
    #[error("the header of the flight log cannot be read")]
    Header(#[source] csv::Error),
    #[error("the flight log has no column `{column}`; export it from AirData as CSV")]
    NoColumn { column: &'static str },
    #[error("the flight log has a header and no rows")]
    NoRows,
}

/// Reads a whole log. Damaged rows are counted in the warnings, the others are kept.
pub fn read(bytes: &[u8]) -> Result<Telemetry, AirdataError> {
    let (samples, warnings) = rows(bytes, Columns::sample)?;
    let mut samples: Vec<(Option<i64>, Sample)> = samples;
    refine(&mut samples);
    let samples: Vec<Sample> = samples.into_iter().map(|(_, sample)| sample).collect();
    if samples.is_empty() {
        return Err(AirdataError::NoRows);
    }
    let dialect = "AirData CSV".to_owned();
    let mut telemetry = Telemetry { samples, dialect, aircraft: String::new(), warnings };
    flaws::look_over(&mut telemetry);
    Ok(telemetry)
}

/// When the aircraft was recording video, by the column `isVideo`: first and last instant of each
/// run, in order. Empty where the log does not say.
pub fn recordings(bytes: &[u8]) -> Result<Vec<(Timestamp, Timestamp)>, AirdataError> {
    let (rows, _) = rows(bytes, |columns, row| {
        let (millis, sample) = columns.sample(row);
        (millis, sample, number(row, columns.video) == Some(1.0))
    })?;
    let on: Vec<bool> = rows.iter().map(|(_, _, on)| *on).collect();
    let mut samples: Vec<_> =
        rows.into_iter().map(|(millis, sample, _)| (millis, sample)).collect();
    refine(&mut samples);
    let mut runs: Vec<(Timestamp, Timestamp)> = Vec::new();
    let mut before = false;
    for ((_, sample), on) in samples.iter().zip(on) {
        let Stamp::Utc(at) = sample.stamp else { continue };
        match runs.last_mut().filter(|_| before) {
            Some((_, last)) if on => *last = at,
            _ if on => runs.push((at, at)),
            _ => {}
        }
        before = on;
    }
    Ok(runs)
}

fn rows<T>(
    bytes: &[u8],
    read: impl Fn(&Columns, &ByteRecord) -> T,
) -> Result<(Vec<T>, Warnings), AirdataError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match bytes.len() {
        0 => return Err(AirdataError::Empty),
        size if size > MAX_BYTES => return Err(AirdataError::TooLarge { size }),
        _ => {}
    }
    let mut csv = ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let columns = Columns::of(csv.byte_headers().map_err(AirdataError::Header)?)?;
    let mut warnings = Warnings::default();
    let read = all_rows(&mut csv, &columns, read, &mut warnings);
    if bytes.last().is_some_and(|byte| !b"\r\n".contains(byte)) {
        let detail = "the last row has no end of line and may be cut";
        warnings.add(WarningCode::Truncated, detail);
    }
    Ok((read, warnings))
}

fn all_rows<T>(
    csv: &mut Reader<&[u8]>,
    columns: &Columns,
    read: impl Fn(&Columns, &ByteRecord) -> T,
    warnings: &mut Warnings,
) -> Vec<T> {
    let mut rows = Vec::new();
    for (i, row) in csv.byte_records().enumerate() {
        if i == MAX_ROWS {
            warnings
                .add(WarningCode::Truncated, format!("only the first {MAX_ROWS} rows were read"));
            break;
        }
        match row {
            Ok(row) if row.len() >= columns.least => rows.push(read(columns, &row)),
            Ok(_) => warnings.add(WarningCode::BadEntry, format!("row {} is too short", i + 2)),
            Err(error) => warnings.add(WarningCode::BadEntry, error.to_string()),
        }
    }
    rows
}

/// Gives whole-second stamps the fraction that the milliseconds tell.
fn refine(rows: &mut [(Option<i64>, Sample)]) {
    let ticks = rows.iter().filter_map(|(millis, sample)| match sample.stamp {
        Stamp::Utc(at) => Some(Tick { at, elapsed: SignedDuration::from_millis((*millis)?) }),
        _ => None,
    });
    let Some(zero) = epoch::zero(ticks) else { return };
    for (millis, sample) in rows {
        if let (Some(millis), Stamp::Utc(_)) = (&millis, sample.stamp)
            && let Ok(at) = zero.checked_add(SignedDuration::from_millis(*millis))
        {
            sample.stamp = Stamp::Utc(at);
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

    /// A row, and the milliseconds since the start of the log.
    fn sample(&self, row: &ByteRecord) -> (Option<i64>, Sample) {
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
        (millis, sample)
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
    let cell = String::from_utf8_lossy(cell).trim().to_lowercase();
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
