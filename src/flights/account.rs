//! The account of a flight: what was read, seen and judged, as one report.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Context as _;
use domain::{
    Alert, AlertId, Finding, FlightMedia, FlightReport, FlightSummary, FlightWarning, LonLat,
    MediaKind, Plane, SourceId, SourceState, SourceStatus, TrackId, TrackPoint, WarningCode,
};
use flight::Joiner;
use jiff::{SignedDuration, Timestamp};
use store::{AlertFilter, EvidenceRow, EvidenceState, Store};

use super::airborne::Noted;
use super::luggage::{Luggage, is_dated};
use crate::stage::look::Tally;

/// A flight that has been looked at.
pub(super) struct Landed {
    pub noted: Noted,
    pub joiner: Joiner,
    pub tally: Tally,
    /// Spent on rules.
    pub judge: Duration,
    pub whole: Duration,
    /// What was wrong with files, by their places among the media.
    pub warnings: Vec<(usize, FlightWarning)>,
    pub alerts: Vec<Alert>,
}

/// Something seen in one picture of a video alone is noise, not a finding.
const LEAST_SIGHTINGS: u64 = 3;

pub(super) fn report(luggage: Luggage, landed: Landed) -> FlightReport {
    let Luggage { mut media, mut warnings, track, route, aircraft, clock_offset_s, .. } = luggage;
    let Landed { noted, joiner, tally, judge, whole, warnings: of_files, alerts } = landed;
    for (&index, &frames) in &noted.by_media {
        if let Some(medium) = media.get_mut(index) {
            medium.frames = frames;
        }
    }
    let named = |index: usize| media.get(index).map_or_else(String::new, |m| m.name.clone());
    warnings.extend(
        of_files.into_iter().map(|(at, warning)| FlightWarning { file: named(at), ..warning }),
    );
    warnings.extend(noted.refused.iter().map(|(&code, (count, detail))| FlightWarning {
        code,
        file: String::new(),
        detail: detail.clone(),
        count: *count,
    }));
    let findings = with_alerts(&joiner, &alerts);
    let photos = media.iter().filter(|medium| medium.kind == MediaKind::Photo).count();
    let begun = media.iter().filter_map(|medium| medium.started_at);
    let ended = media.iter().filter_map(end);
    let flown = track.iter().map(|point| point.at).filter(|at| is_dated(*at));
    let times: BTreeSet<Timestamp> = begun.chain(ended).chain(flown).collect();
    let mut by_class = BTreeMap::new();
    for finding in &findings {
        *by_class.entry(finding.class).or_default() += 1;
    }
    let summary = FlightSummary {
        started_at: times.first().copied(),
        ended_at: times.last().copied(),
        video_s: total(media.iter().filter(|m| m.kind == MediaKind::Video).map(|m| m.duration_s)),
        frames: noted.frames,
        photos: u64::try_from(photos).unwrap_or(u64::MAX),
        path_m: path_m(&track),
        area_m2: ground::coverage(&noted.looks).area_m2,
        gsd_cm: range(noted.looks.iter().map(|look| look.gsd_cm)),
        placed: share(noted.placed, noted.frames),
        findings: u64::try_from(findings.len()).unwrap_or(u64::MAX),
        alerts: u64::try_from(alerts.len()).unwrap_or(u64::MAX),
        by_class,
        aircraft,
        clock_offset_s,
        stage_s: BTreeMap::from([
            ("read".to_owned(), tally.wait.as_secs_f64()),
            ("detect".to_owned(), tally.detect.as_secs_f64()),
            ("track".to_owned(), tally.track.as_secs_f64()),
            ("place".to_owned(), noted.place.as_secs_f64()),
            ("judge".to_owned(), judge.as_secs_f64()),
            ("whole".to_owned(), whole.as_secs_f64()),
        ]),
    };
    let off_route_m =
        route.as_ref().and_then(|route| route.distance_m(&track)).map(|off| off.median_m);
    let route = route.map(|route| route.points()).unwrap_or_default();
    FlightReport {
        summary,
        media,
        warnings,
        findings,
        track,
        looks: noted.looks,
        route,
        off_route_m,
    }
}

/// Every alert that was raised about a flight, now or when it was looked at before.
pub(crate) async fn alerts_of(store: &Store, source: &SourceId) -> anyhow::Result<Vec<Alert>> {
    let mut filter =
        AlertFilter { source: Some(source.clone()), limit: 200, ..AlertFilter::default() };
    let mut alerts = Vec::new();
    loop {
        let page = store.alerts(&filter).await.context("cannot read the alerts")?;
        alerts.extend(page.items);
        filter.cursor = page.next;
        if filter.cursor.is_none() {
            return Ok(alerts);
        }
    }
}

/// Whether a picture of one of its alerts was announced and never written.
pub(super) async fn lacks_pictures(store: &Store, source: &SourceId) -> anyhow::Result<bool> {
    for alert in alerts_of(store, source).await? {
        let files = store.evidence(alert.id).await.context("cannot read what evidence there is")?;
        let lost = |file: &EvidenceRow| {
            file.state != EvidenceState::Ready && file.media_type.starts_with("image/")
        };
        if files.iter().any(lost) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn with_alerts(joiner: &Joiner, alerts: &[Alert]) -> Vec<Finding> {
    let mut by_track: BTreeMap<TrackId, Vec<AlertId>> = BTreeMap::new();
    for alert in alerts {
        let Some(track) = alert.track else { continue };
        by_track.entry(joiner.known_as(track)).or_default().push(alert.id);
    }
    joiner
        .findings()
        .into_iter()
        .map(|found| {
            let alerts = by_track.remove(&found.track).unwrap_or_default();
            Finding { alerts, ..found }
        })
        .filter(|found| {
            found.sightings >= LEAST_SIGHTINGS || !found.alerts.is_empty() || photographed(found)
        })
        .collect()
}

/// Photos are single pictures: what they show is no noise for being seen once.
fn photographed(found: &Finding) -> bool {
    found.track.0 >= crate::stage::follow::FIRST_PHOTO_TRACK
}

/// What was wrong with the file that was read last, to be named by the caller.
pub(super) fn unread(status: &SourceStatus) -> Option<FlightWarning> {
    let code = match status.state {
        SourceState::Failed => WarningCode::Unreadable,
        _ if !status.detail.is_empty() => WarningCode::Truncated,
        _ => return None,
    };
    Some(FlightWarning { code, file: String::new(), detail: status.detail.clone(), count: 1 })
}

fn end(medium: &FlightMedia) -> Option<Timestamp> {
    let length = SignedDuration::try_from_secs_f64(medium.duration_s).ok()?;
    medium.started_at?.checked_add(length).ok()
}

/// Along the ground. Where the telemetry has a gap nobody knows the way.
fn path_m(track: &[TrackPoint]) -> f64 {
    let steps = track.windows(2).filter_map(|step| {
        let (from, to) =
            (LonLat::new(step[0].lon, step[0].lat)?, LonLat::new(step[1].lon, step[1].lat)?);
        let [east, north] = Plane::at(from).metres(to);
        (step[1].at.duration_since(step[0].at) <= flight::LONGEST_GAP).then(|| east.hypot(north))
    });
    total(steps)
}

/// The `sum` of nothing is -0.0, which no reader expects.
fn total(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |total, value| total + value)
}

fn range(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    values.fold(None, |range, value| match range {
        None => Some([value, value]),
        Some([least, most]) => Some([value.min(least), value.max(most)]),
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of frames")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
