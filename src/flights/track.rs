//! The way that was flown, thinned out for maps and plots.

use domain::{Pose, TrackPoint};
use flight::Timeline;
use jiff::{SignedDuration, Timestamp};

use super::legs::Leg;

/// At most ten points a second.
const EVERY: SignedDuration = SignedDuration::from_millis(100);
/// More points than this are thinned out evenly: an hour at ten a second.
const MOST: usize = 36_000;

/// From the flight's log where there is one, else from what came with each file.
pub(super) fn track(legs: &[Leg], recorded: &[Timeline]) -> Vec<TrackPoint> {
    let timelines: Vec<&Timeline> = if recorded.is_empty() {
        legs.iter().filter_map(|leg| leg.timeline.as_ref()).collect()
    } else {
        recorded.iter().collect()
    };
    let mut points: Vec<TrackPoint> = timelines.into_iter().flat_map(points).collect();
    points.sort_by_key(|point| point.at);
    let step = points.len().div_ceil(MOST).max(1);
    points.into_iter().step_by(step).collect()
}

fn points(timeline: &Timeline) -> Vec<TrackPoint> {
    let mut due: Option<Timestamp> = None;
    let mut points = Vec::new();
    for (at, _) in timeline.samples() {
        if due.is_some_and(|due| at < due) {
            continue;
        }
        due = Some(at + EVERY);
        points.extend(timeline.pose_at(at).as_ref().map(point));
    }
    points
}

fn point(pose: &Pose) -> TrackPoint {
    TrackPoint {
        at: pose.at,
        lon: pose.position.lon(),
        lat: pose.position.lat(),
        height_m: pose.heights.above_takeoff_m.or(pose.heights.above_sea_m),
        yaw_deg: pose.camera.map(|camera| camera.yaw_deg),
        pitch_deg: pose.camera.map(|camera| camera.pitch_deg),
        roll_deg: pose.camera.map(|camera| camera.roll_deg),
        heading_deg: pose.heading_deg,
        speed_mps: pose.speed_mps,
        fix: pose.fix,
    }
}
