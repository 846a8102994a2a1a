//! How far apart the clock of a video and that of its telemetry are.
//!
//! Two questions. [`join`]: where in a log does a video's own track lie? [`recorded`]: the video says
//! nothing but how long it is, when did the log record so long? Tracks are compared by place,
//! height and speed together: subtitles give places to 11 m, but heights and speeds to a tenth.

use domain::Plane;
use jiff::{SignedDuration, Timestamp};

use crate::Timeline;
use crate::timeline::Glance;

/// Start and stop of a recording may differ from the length of its video by this much.
const RECORDING_SLACK: SignedDuration = SignedDuration::from_millis(1500);

/// When a video began that is as long as one of the times in which its log says that it was
/// recording, see [`crate::airdata::Log`]; of several, the one nearest to when the video
/// itself says. `None` where none is as long, or several are and the video does not say.
pub fn recorded(
    recordings: &[(Timestamp, Timestamp)],
    length: SignedDuration,
    video_start: Option<Timestamp>,
) -> Option<Timestamp> {
    let as_long = |(from, to): &&(Timestamp, Timestamp)| {
        (to.duration_since(*from) - length).abs() <= RECORDING_SLACK
    };
    let starts: Vec<Timestamp> = recordings.iter().filter(as_long).map(|(from, _)| *from).collect();
    match (starts.as_slice(), video_start) {
        ([only], _) => Some(*only),
        (several, Some(start)) => {
            several.iter().copied().min_by_key(|from| from.duration_since(start).abs())
        }
        (_, None) => None,
    }
}

/// Where in a log a video's own track lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Join {
    /// What to shift the video's track by so that it lies on the log.
    pub shift: SignedDuration,
    /// Between the two tracks then, metres, median.
    pub apart_m: f64,
    /// By how much worse the best other shift fits, in metres of place, height, and metres a second
    /// of speed added up.
    pub margin: f64,
}

/// The most rows of a track that are compared.
const PROBES: usize = 120;
/// Share of the probes that must fall into the log.
const COVERED: f64 = 0.8;
const COARSE: SignedDuration = SignedDuration::from_secs(1);
const FINE: SignedDuration = SignedDuration::from_millis(100);
/// The most coarse shifts tried: a day.
const SHIFTS: usize = 86_400;
/// Shifts closer than this are the same answer.
const SAME: SignedDuration = SignedDuration::from_secs(5);
/// Another shift must fit worse by this, or the answer is a guess: a hovering aircraft fits anywhere.
const LEAST_MARGIN: f64 = 0.3;
/// Tracks further apart are of two flights, metres.
const FURTHEST_M: f64 = 50.0;

/// Finds the shift of `track` at which it lies best on `log`.
///
/// `None` when they do not overlap, when they are of two flights, or when another shift more than
/// five seconds away fits almost as well.
pub fn join(track: &Timeline, log: &Timeline) -> Option<Join> {
    let probes = probes(track);
    let coarse: Vec<(SignedDuration, Fit)> = coarse_shifts(track, log)
        .filter_map(|shift| Some((shift, fit(&probes, log, shift)?)))
        .collect();
    let (near, _) = best(coarse.iter().copied())?;
    let fine = (-15..=15).filter_map(|step| near.checked_add(FINE * step));
    let (shift, found) = best(fine.filter_map(|shift| Some((shift, fit(&probes, log, shift)?))))?;
    let others = coarse.into_iter().filter(|(other, _)| (*other - shift).abs() > SAME);
    let margin = best(others).map_or(f64::MAX, |(_, other)| other.cost - found.cost);
    let sure = found.apart_m <= FURTHEST_M && margin >= LEAST_MARGIN;
    sure.then_some(Join { shift, apart_m: found.apart_m, margin })
}

/// How well a shift fits.
#[derive(Debug, Clone, Copy)]
struct Fit {
    apart_m: f64,
    cost: f64,
}

type Probe = (Timestamp, Glance);

fn best(fits: impl Iterator<Item = (SignedDuration, Fit)>) -> Option<(SignedDuration, Fit)> {
    fits.min_by(|(_, a), (_, b)| a.cost.total_cmp(&b.cost))
}

/// Rows of the track, evenly spread.
fn probes(track: &Timeline) -> Vec<Probe> {
    let rows: Vec<Timestamp> = track.samples().map(|(at, _)| at).collect();
    let step = rows.len().div_ceil(PROBES).max(1);
    rows.into_iter().step_by(step).filter_map(|at| Some((at, track.glance(at)?))).collect()
}

fn coarse_shifts(track: &Timeline, log: &Timeline) -> impl Iterator<Item = SignedDuration> {
    let earliest = log.first_at().duration_since(track.ended_at());
    let latest = log.ended_at().duration_since(track.first_at());
    std::iter::successors(Some(earliest), |shift| shift.checked_add(COARSE))
        .take_while(move |shift| *shift <= latest)
        .take(SHIFTS)
}

#[expect(clippy::cast_precision_loss, reason = "there are at most 120 probes")]
fn fit(probes: &[Probe], log: &Timeline, shift: SignedDuration) -> Option<Fit> {
    let there = |at: Timestamp| log.glance(at.checked_add(shift).ok()?);
    let pairs: Vec<(&Glance, Glance)> =
        probes.iter().filter_map(|(at, here)| Some((here, there(*at)?))).collect();
    if pairs.is_empty() || (pairs.len() as f64) < probes.len() as f64 * COVERED {
        return None;
    }
    let apart_m = median(pairs.iter().map(|(here, there)| apart(here, there)))?;
    let difference = |of: fn(&Glance) -> Option<f64>| {
        median(pairs.iter().filter_map(|(here, there)| Some((of(here)? - of(there)?).abs())))
    };
    let cost = apart_m
        + difference(|glance| glance.height_m).unwrap_or_default()
        + difference(|glance| glance.speed_mps).unwrap_or_default();
    Some(Fit { apart_m, cost })
}

fn apart(here: &Glance, there: &Glance) -> f64 {
    let [east, north] = Plane::at(here.position).metres(there.position);
    east.hypot(north)
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use domain::{Heights, LonLat};
    use jiff::tz::TimeZone;

    use super::*;
    use crate::{Sample, Stamp, Telemetry, airdata, srt};

    /// A row a second of an aircraft that flies circles which grow.
    fn flight(from_s: u32, to_s: u32, moving: bool) -> Timeline {
        let plane = Plane::at(LonLat::new(120.1, 30.9).unwrap());
        let rows = (from_s..to_s).map(|second| {
            let t = if moving { f64::from(second) } else { 0.0 };
            let (east, north) = (t * (t / 20.0).sin(), t * (t / 20.0).cos());
            Sample {
                stamp: Stamp::Utc(Timestamp::from_second(second.into()).unwrap()),
                position: plane.place([east, north]),
                heights: Heights { above_takeoff_m: Some(60.0), ..Heights::default() },
                ..Sample::default()
            }
        });
        let telemetry = Telemetry { samples: rows.collect(), ..Telemetry::default() };
        Timeline::new(telemetry, &TimeZone::UTC).unwrap()
    }

    #[test]
    fn a_piece_of_a_flight_is_found_in_it() {
        let log = flight(0, 600, true);
        for off_ms in [-250_000_i64, -1300, 0, 700, 86_400_000] {
            let off = SignedDuration::from_millis(off_ms);
            let found = join(&flight(200, 260, true).shifted(off), &log).unwrap();
            assert!((found.shift + off).abs() <= FINE, "{off_ms}: {found:?}");
            assert!(found.apart_m < 2.0, "{off_ms}: {found:?}");
        }
    }

    #[test]
    fn no_answer_rather_than_a_guess() {
        let hover = flight(0, 600, false);
        assert_eq!(join(&flight(200, 260, false), &hover), None);
        assert_eq!(join(&flight(0, 600, true), &flight(0, 60, true)), None);
    }

    #[test]
    fn a_recording_is_known_by_its_length() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let runs = [(at(0), at(52)), (at(70), at(74)), (at(228), at(268)), (at(400), at(441))];
        for (length, said, expected) in [
            (4, None, Some(70)),
            (53, Some(5000), Some(0)),
            (40, None, None),
            (40, Some(300), Some(228)),
            (40, Some(390), Some(400)),
            (20, Some(70), None),
        ] {
            let length = SignedDuration::from_secs(length);
            assert_eq!(recorded(&runs, length, said.map(at)), expected.map(at), "{length}");
        }
    }

    /// The log itself says when it was recording; the shared data names about row 2,260.
    #[test]
    fn the_shared_video_lies_where_its_log_says_it_was_recorded() {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/telemetry/airdata");
        if !folder.is_dir() {
            return;
        }
        let csv = std::fs::read(folder.join("2023-12-22-flight.csv")).unwrap();
        let airdata::Log { telemetry, recordings } = airdata::read(csv.as_slice()).unwrap();
        let log = Timeline::new(telemetry, &TimeZone::UTC).unwrap();
        let video =
            srt::read(std::fs::read(folder.join("2023-12-22-video.srt")).unwrap().as_slice())
                .unwrap();
        let track = Timeline::anchored(video, log.first_at()).unwrap();
        let found = join(&track, &log).unwrap();
        let start = track.first_at() + found.shift;
        let (began, _) = recordings.last().unwrap();
        let late = start.duration_since(*began).as_secs_f64();
        assert!((0.0..1.5).contains(&late), "{late} s after recording began, {found:?}");
        let row = start.duration_since(log.first_at()).as_secs_f64() * 10.0;
        assert!((row - 2260.0).abs() < 50.0, "{row} {found:?}");
        assert!(found.apart_m < 6.0, "{found:?}");
    }
}
