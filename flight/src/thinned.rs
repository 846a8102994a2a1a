//! Rows of telemetry as they are collected, thinned out so that half a day of them fits into memory.
//!
//! Files of up to [`ALL`] rows keep every one. Of longer ones a row goes that lies within [`APART`]
//! of the last one kept and says nothing new: interpolation gives it back. A change of zoom, lens or
//! fix, a value that begins or ends, a turn of the camera are news.

use domain::Attitude;
use jiff::SignedDuration;
use jiff::tz::TimeZone;

use crate::timeline::turn;
use crate::{Sample, Stamp};

/// Two hours at 30 rows a second.
pub(crate) const ALL: usize = 216_000;
/// The most rows that are kept: 27 hours at ten a second.
pub(crate) const MOST: usize = 1_000_000;
/// Ten rows a second are as many as positions have.
const APART: SignedDuration = SignedDuration::from_millis(100);
/// A camera that turned by more has to be followed more closely, degrees.
const TURNED_DEG: f64 = 1.0;
/// Zooms, lenses and views that differ by less than this share say the same.
const SAME: f64 = 0.01;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Thinned {
    rows: Vec<Sample>,
    thin: bool,
}

/// There are [`MOST`] rows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Thinned {
    pub(crate) fn push(&mut self, row: Sample) -> Result<(), Full> {
        if !self.thin && self.rows.len() == ALL {
            self.thin = true;
            self.rows.dedup_by(|row, kept| says_nothing_new(row, kept));
        }
        if self.thin && self.rows.last().is_some_and(|kept| says_nothing_new(&row, kept)) {
            return Ok(());
        }
        if self.rows.len() == MOST {
            return Err(Full);
        }
        self.rows.push(row);
        Ok(())
    }

    pub(crate) fn rows_mut(&mut self) -> &mut [Sample] {
        &mut self.rows
    }

    pub(crate) fn into_rows(self) -> Vec<Sample> {
        self.rows
    }
}

fn says_nothing_new(row: &Sample, kept: &Sample) -> bool {
    let soon = later(row, kept).is_some_and(|by| by >= SignedDuration::ZERO && by < APART);
    soon && says(row) == says(kept)
        && row.fix == kept.fix
        && alike(row.zoom, kept.zoom)
        && alike(row.focal_mm, kept.focal_mm)
        && alike(row.view_deg.map(|view| view[0]), kept.view_deg.map(|view| view[0]))
        && row.camera.zip(kept.camera).is_none_or(|(now, then)| turned(now, then) <= TURNED_DEG)
}

/// By how much `row` is later; `None` where the two do not say so in the same way.
fn later(row: &Sample, kept: &Sample) -> Option<SignedDuration> {
    match (row.media, kept.media, row.stamp, kept.stamp) {
        (Some(now), Some(then), ..) => now.checked_sub(then),
        (None, None, Stamp::Utc(now), Stamp::Utc(then)) => Some(now.duration_since(then)),
        (None, None, Stamp::Local(now), Stamp::Local(then)) => {
            let instant = |local: jiff::civil::DateTime| local.to_zoned(TimeZone::UTC).ok();
            Some(instant(now)?.duration_since(&instant(then)?))
        }
        _ => None,
    }
}

/// Which values a row has.
fn says(row: &Sample) -> [bool; 8] {
    let heights = row.heights;
    [
        row.position.is_some(),
        row.camera.is_some(),
        row.heading_deg.is_some(),
        row.speed_mps.is_some(),
        heights.above_takeoff_m.is_some(),
        heights.above_sea_m.is_some(),
        heights.above_ellipsoid_m.is_some(),
        row.laser.is_some(),
    ]
}

fn alike(now: Option<f64>, then: Option<f64>) -> bool {
    match (now, then) {
        (Some(now), Some(then)) => (now - then).abs() <= then.abs() * SAME,
        (now, then) => now.is_none() && then.is_none(),
    }
}

fn turned(now: Attitude, then: Attitude) -> f64 {
    let angles = [
        (then.yaw_deg, now.yaw_deg),
        (then.pitch_deg, now.pitch_deg),
        (then.roll_deg, now.roll_deg),
    ];
    angles.into_iter().map(|(then, now)| turn(then, now).abs()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use domain::{Fix, LonLat};

    use super::*;

    /// A row of a video at 30 pictures a second.
    fn row(number: usize) -> Sample {
        let media = SignedDuration::from_millis(i64::try_from(number * 100 / 3).unwrap());
        Sample {
            media: Some(media),
            position: LonLat::new(120.0, 30.0),
            camera: Some(Attitude { yaw_deg: 10.0, pitch_deg: -45.0, roll_deg: 0.0 }),
            zoom: Some(1.0),
            ..Sample::default()
        }
    }

    fn kept(count: usize, change: impl Fn(usize, Sample) -> Sample) -> Vec<Sample> {
        let mut thinned = Thinned::default();
        for number in 0..count {
            thinned.push(change(number, row(number))).unwrap();
        }
        thinned.into_rows()
    }

    #[test]
    fn short_files_keep_every_row_and_long_ones_ten_a_second() {
        assert_eq!(kept(ALL, |_, row| row).len(), ALL);
        let long = kept(ALL + 3000, |_, row| row);
        assert!(long.len().abs_diff((ALL + 3000) / 3) < 3, "{}", long.len());
    }

    #[test]
    fn news_is_kept() {
        type Change = fn(Sample) -> Sample;
        let plain = kept(ALL + 3000, |_, row| row).len();
        let changes: [Change; 6] = [
            |row| Sample { zoom: Some(2.0), ..row },
            |row| Sample { focal_mm: Some(24.0), ..row },
            |row| Sample { fix: Fix::Single, ..row },
            |row| Sample { position: None, ..row },
            |row| Sample { camera: None, ..row },
            |row| Sample {
                camera: row.camera.map(|it| Attitude { yaw_deg: it.yaw_deg + 2.0, ..it }),
                ..row
            },
        ];
        for (which, change) in changes.into_iter().enumerate() {
            // One row, of which no neighbour is a tenth of a second away: early, and when it is full.
            for odd in [100, ALL + 100] {
                let rows = kept(ALL + 3000, |n, row| if n == odd { change(row) } else { row });
                let news = change(row(odd));
                assert!(rows.contains(&news), "change {which} at row {odd} is lost");
                assert!(rows.len() <= plain + 3, "{}", rows.len());
            }
        }
    }

    #[test]
    fn memory_is_bounded_and_disorder_is_kept() {
        let mut thinned = Thinned::default();
        for number in 0..MOST {
            assert_eq!(thinned.push(Sample::default()), Ok(()), "{number}");
        }
        assert_eq!(thinned.push(Sample::default()), Err(Full));
        let backwards = kept(ALL + 10, |n, _| row(ALL + 10 - n));
        assert_eq!(backwards.len(), ALL + 10);
    }
}
