//! Gives every row its instant.

use domain::WarningCode;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::NoTimeline;
use crate::epoch::{self, Tick};
use crate::{Sample, Stamp, Telemetry, Warnings};

/// Rows in order of time.
pub(super) struct Dated {
    pub(super) rows: Vec<(Timestamp, Sample)>,
    pub(super) began: Option<Timestamp>,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) dialect: String,
    pub(super) aircraft: String,
    pub(super) warnings: Warnings,
}

pub(super) fn by_stamps(telemetry: Telemetry, zone: &TimeZone) -> Result<Dated, NoTimeline> {
    if telemetry.samples.is_empty() {
        return Err(NoTimeline::Empty);
    }
    let stamps: Vec<Option<Timestamp>> =
        telemetry.samples.iter().map(|sample| instant(sample.stamp, zone)).collect();
    if stamps.iter().all(Option::is_none) {
        return Err(NoTimeline::NoClock(Box::new(telemetry)));
    }
    let ticks = telemetry.samples.iter().zip(&stamps);
    let ticks = ticks.filter_map(|(s, at)| Some(Tick { at: (*at)?, elapsed: s.media? }));
    let zero = epoch::zero(ticks);
    let assumed = telemetry.samples.iter().any(|s| matches!(s.stamp, Stamp::Local(_)));
    let mut stamps = stamps.into_iter();
    let mut dated = lay(telemetry, zero, |sample| {
        let stamp = stamps.next().flatten();
        zero.zip(sample.media).and_then(|(zero, media)| zero.checked_add(media).ok()).or(stamp)
    })?;
    if assumed {
        dated.warnings.add(WarningCode::ZoneAssumed, assumption(zone));
    }
    Ok(dated)
}

pub(super) fn by_media(telemetry: Telemetry, start: Timestamp) -> Result<Dated, NoTimeline> {
    if telemetry.samples.is_empty() {
        return Err(NoTimeline::Empty);
    }
    let at = |media: SignedDuration| start.checked_add(media).ok();
    lay(telemetry, Some(start), |sample| sample.media.and_then(at))
}

fn lay(
    telemetry: Telemetry,
    began: Option<Timestamp>,
    mut at: impl FnMut(&Sample) -> Option<Timestamp>,
) -> Result<Dated, NoTimeline> {
    let Telemetry { samples, dialect, aircraft, warnings } = telemetry;
    let dated = samples.into_iter().filter_map(|sample| Some((at(&sample)?, sample)));
    let mut rows: Vec<(Timestamp, Sample)> = dated.collect();
    rows.sort_by_key(|(at, _)| *at);
    match (rows.first().map(|row| row.0), rows.last().map(|row| row.0)) {
        (Some(first), Some(last)) => {
            Ok(Dated { rows, began, first, last, dialect, aircraft, warnings })
        }
        _ => Err(NoTimeline::NoMediaTime),
    }
}

fn instant(stamp: Stamp, zone: &TimeZone) -> Option<Timestamp> {
    match stamp {
        Stamp::None => None,
        Stamp::Utc(at) => Some(at),
        Stamp::Local(local) => local.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp()),
    }
}

fn assumption(zone: &TimeZone) -> String {
    let zone = zone.iana_name().unwrap_or("the configured zone");
    format!("the camera wrote its local time without a zone; {zone} was assumed")
}
