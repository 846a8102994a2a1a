//! What must hold of everything that was read, whatever the bytes were.
//!
//! A target reads bytes and hands what came of them to one of these. They panic: that is how a
//! fuzzer is told.

use domain::{Attitude, Heights, Lens, Pose};
use flight::{Sample, Telemetry, Timeline, Warnings};
use jiff::tz::TimeZone;

/// Of telemetry read out of `length` bytes; also that a timeline can be made of it and asked.
pub fn telemetry(read: Telemetry, length: usize) {
    assert!(read.samples.len() <= length, "{} rows of {length} bytes", read.samples.len());
    read.samples.iter().for_each(sample);
    warnings(&read.warnings);
    if let Ok(timeline) = Timeline::new(read, &TimeZone::UTC) {
        timeline_answers(&timeline);
    }
}

/// Of one row.
pub fn sample(sample: &Sample) {
    let scalars = [sample.heading_deg, sample.speed_mps, sample.zoom, sample.focal_mm];
    finite("row", scalars.into_iter().flatten());
    finite("view", sample.view_deg.into_iter().flatten());
    finite("laser", sample.laser.map(|laser| laser.distance_m));
    heights(sample.heights);
    sample.camera.into_iter().for_each(attitude);
}

/// Kinds are counted, not repeated, and a count is never zero.
pub fn warnings(warnings: &Warnings) {
    for warning in warnings {
        let alike = warnings.iter().filter(|other| other.code == warning.code).count();
        assert_eq!((alike, warning.count == 0), (1, false), "{warning:?}");
    }
}

/// Of a lens: a picture can be cast through it.
pub fn lens(lens: &Lens) {
    assert!(lens.fx > 0.0 && lens.fy > 0.0, "{lens:?}");
    finite("lens", [lens.fx, lens.fy, lens.cx, lens.cy, lens.k1, lens.k2, lens.k3]);
    finite("lens", [lens.p1, lens.p2]);
}

/// Numbers that are numbers.
pub fn finite(what: &str, values: impl IntoIterator<Item = f64>) {
    for value in values {
        assert!(value.is_finite(), "{what}: {value}");
    }
}

fn timeline_answers(timeline: &Timeline) {
    assert!(timeline.first_at() <= timeline.ended_at(), "the flight ends before it begins");
    warnings(timeline.warnings());
    for at in [timeline.first_at(), timeline.ended_at()] {
        timeline.pose_at(at).iter().for_each(pose);
    }
    for (at, row) in timeline.samples().take(50) {
        timeline.pose_at(at).iter().for_each(pose);
        sample(row);
    }
}

fn pose(pose: &Pose) {
    finite("pose", [pose.speed_mps, pose.yaw_rate_dps, pose.age_s, pose.zoom]);
    finite("heading", pose.heading_deg);
    assert!(pose.age_s >= 0.0 && pose.zoom > 0.0, "{pose:?}");
    heights(pose.heights);
    pose.camera.into_iter().for_each(attitude);
}

fn heights(heights: Heights) {
    let all = [heights.above_takeoff_m, heights.above_sea_m, heights.above_ellipsoid_m];
    finite("height", all.into_iter().flatten());
}

fn attitude(camera: Attitude) {
    finite("attitude", [camera.yaw_deg, camera.pitch_deg, camera.roll_deg]);
}
