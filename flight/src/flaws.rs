//! Looks a whole telemetry over once its rows are read: order, and what is missing.
//!
//! Every format comes through here, so that the same flaw has the same name whatever wrote it.

use domain::WarningCode;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::{Sample, Stamp, Telemetry, Warnings};

/// Puts rows in order of time, takes out what is no value, and warns of what is missing.
pub(crate) fn look_over(telemetry: &mut Telemetry) {
    put_in_order(telemetry);
    drop_dead_gimbal(&mut telemetry.samples);
    warn_of_missing(&telemetry.samples, &mut telemetry.warnings);
    warn_of_lens(&telemetry.samples, &mut telemetry.warnings);
}

fn put_in_order(telemetry: &mut Telemetry) {
    let samples = &mut telemetry.samples;
    let timed = |key: &dyn Fn(&Sample) -> Option<i128>| samples.iter().all(|s| key(s).is_some());
    let key: fn(&Sample) -> Option<i128> = if timed(&media) { media } else { stamp };
    if !timed(&key) {
        return;
    }
    let backwards = samples.windows(2).filter(|pair| key(&pair[1]) < key(&pair[0])).count();
    for _ in 0..backwards {
        let detail = "entries are not in the order of their time; they were sorted";
        telemetry.warnings.add(WarningCode::OutOfOrder, detail);
    }
    if backwards > 0 {
        samples.sort_by_key(key);
    }
}

fn media(sample: &Sample) -> Option<i128> {
    sample.media.map(|media| media.as_nanos())
}

/// Only for comparing: local stamps are taken as if they were UTC.
fn stamp(sample: &Sample) -> Option<i128> {
    let at: Option<Timestamp> = match sample.stamp {
        Stamp::None => None,
        Stamp::Utc(at) => Some(at),
        Stamp::Local(local) => local.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp()),
    };
    at.map(Timestamp::as_nanosecond)
}

/// Aircraft that keep their gimbal to themselves write zeros. A camera that never leaves exactly
/// level north is one of those: no attitude, rather than a wrong one.
fn drop_dead_gimbal(samples: &mut [Sample]) {
    let dead = |s: &Sample| {
        s.camera.is_none_or(|c| [c.yaw_deg, c.pitch_deg, c.roll_deg].iter().all(|a| *a == 0.0))
    };
    if samples.iter().all(dead) {
        for sample in samples {
            sample.camera = None;
        }
    }
}

fn warn_of_missing(samples: &[Sample], warnings: &mut Warnings) {
    type Missing = fn(&Sample) -> bool;
    let kinds: [(WarningCode, &str, Missing); 3] = [
        (WarningCode::NoPosition, "a position", |s| s.position.is_none()),
        (WarningCode::NoAttitude, "camera angles", |s| s.camera.is_none()),
        (WarningCode::NoHeight, "a height", |s| s.heights == domain::Heights::default()),
    ];
    for (code, what, missing) in kinds {
        let count = samples.iter().filter(|sample| missing(sample)).count();
        let detail = if count == samples.len() {
            format!("no entry has {what}")
        } else {
            format!("{count} of {} entries lack {what}", samples.len())
        };
        (0..count).for_each(|_| warnings.add(code, detail.as_str()));
    }
}

/// A change by more than this share is another lens or zoom, not rounding.
const LENS_STEP: f64 = 0.01;

fn warn_of_lens(samples: &[Sample], warnings: &mut Warnings) {
    warn_of_steps(samples.iter().filter_map(|s| s.zoom), "zoom", warnings);
    warn_of_steps(samples.iter().filter_map(|s| s.focal_mm), "focal length", warnings);
}

fn warn_of_steps(values: impl Iterator<Item = f64>, what: &str, warnings: &mut Warnings) {
    let mut known: Option<f64> = None;
    for value in values {
        match known {
            Some(before) if (value / before - 1.0).abs() <= LENS_STEP => continue,
            Some(before) => {
                let detail = format!("{what} changed from {before} to {value} in mid-flight");
                warnings.add(WarningCode::LensChanged, detail);
            }
            None => {}
        }
        known = Some(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(zooms: &[f64]) -> u64 {
        let samples = zooms.iter().map(|zoom| Sample { zoom: Some(*zoom), ..Sample::default() });
        let mut warnings = Warnings::default();
        warn_of_lens(&samples.collect::<Vec<_>>(), &mut warnings);
        warnings.into_iter().map(|warning| warning.count).sum()
    }

    #[test]
    fn slow_zooms_are_noticed_and_rounding_is_not() {
        for (zooms, expected) in [
            (&[1.0, 1.0, 1.0][..], 0),
            (&[1.0, 1.004, 1.0, 0.996], 0),
            (&[1.0, 2.0, 2.0, 1.0], 2),
            (&[1.0, 1.008, 1.016, 1.024], 1),
        ] {
            assert_eq!(changes(zooms), expected, "{zooms:?}");
        }
    }

    #[test]
    fn rows_are_sorted_only_where_all_say_when() {
        let row = |media: Option<i64>| Sample {
            media: media.map(jiff::SignedDuration::from_secs),
            ..Sample::default()
        };
        for (rows, expected, backwards) in [
            ([Some(2), Some(1)], [Some(1), Some(2)], 1),
            ([Some(1), Some(2)], [Some(1), Some(2)], 0),
            ([Some(2), None], [Some(2), None], 0),
        ] {
            let samples = rows.map(row).to_vec();
            let mut telemetry = Telemetry { samples, ..Telemetry::default() };
            put_in_order(&mut telemetry);
            assert_eq!(telemetry.samples, expected.map(row));
            let count: u64 = telemetry.warnings.into_iter().map(|warning| warning.count).sum();
            assert_eq!(count, backwards);
        }
    }
}
