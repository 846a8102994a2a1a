//! Which photos of two flights show the same waypoint.
//!
//! By pose alone: for each later photo the earlier one taken from nearest by, looking the same way. Photos without a
//! pose, and those with nobody near, are told of and left out.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use domain::{Attitude, Plane, Pose};

use crate::config::Loaded;
use crate::flights::photographer;

/// Photos of one waypoint.
#[derive(Debug, PartialEq)]
pub(super) struct Waypoint {
    pub before: PathBuf,
    pub after: PathBuf,
}

/// What two folders hold.
#[derive(Debug)]
pub(super) struct Waypoints {
    pub found: Vec<Waypoint>,
    /// Later photos without an earlier one.
    pub alone: Vec<PathBuf>,
    /// Photos that do not say where they were taken.
    pub poseless: usize,
}

/// Farther apart than this share of the height above the ground, two cameras show too little in common; metres where
/// no height is known.
const REACH: f64 = 0.35;
const REACH_M: f64 = 15.0;
/// Between two lines of sight, degrees.
const TURNED_DEG: f64 = 15.0;
/// Photos of a folder that are read.
const MOST: usize = 5000;

pub(super) fn waypoints(before: &Path, after: &Path, loaded: &Loaded) -> anyhow::Result<Waypoints> {
    let ((earlier, none), (later, neither)) = (photos(before, loaded)?, photos(after, loaded)?);
    let (mut found, mut alone) = (Vec::new(), Vec::new());
    for (after, pose) in later {
        let near = earlier.iter().filter_map(|(path, from)| Some((apart(from, &pose)?, path)));
        match near.min_by(|a, b| a.0.total_cmp(&b.0)) {
            Some((_, before)) => found.push(Waypoint { before: before.clone(), after }),
            None => alone.push(after),
        }
    }
    Ok(Waypoints { found, alone, poseless: none + neither })
}

type Posed = Vec<(PathBuf, Pose)>;

/// In the order of their names; and how many have no pose.
fn photos(folder: &Path, loaded: &Loaded) -> anyhow::Result<(Posed, usize)> {
    let context = || format!("cannot read the folder `{}`", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(context)? {
        let path = entry.with_context(context)?.path();
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        if matches!(ending.as_deref(), Some("jpg" | "jpeg" | "mpo")) {
            paths.push(path);
        }
    }
    anyhow::ensure!(paths.len() <= MOST, "`{}` holds more than {MOST} photos", folder.display());
    paths.sort();
    let all = paths.len();
    let mut posed = Posed::new();
    for path in paths {
        let bytes = crate::cmd::eval::read(&path)?;
        if let Some(found) = photographer(&bytes, &loaded.config.flight) {
            posed.push((path, found.pose));
        }
    }
    let poseless = all - posed.len();
    Ok((posed, poseless))
}

/// How far apart two cameras were, metres, if they show the same.
fn apart(from: &Pose, to: &Pose) -> Option<f64> {
    let [east, north] = Plane::at(from.position).metres(to.position);
    let up = height(to).zip(height(from)).map_or(0.0, |(to, from)| to - from);
    let metres = east.hypot(north).hypot(up);
    let reach = height(to).map_or(REACH_M, |height| REACH * height.abs());
    let turned = turned_deg(from.camera?, to.camera?);
    (metres <= reach && turned <= TURNED_DEG).then_some(metres)
}

fn height(pose: &Pose) -> Option<f64> {
    pose.heights.above_takeoff_m
}

/// Between the two lines of sight; how a picture is turned about its own is no matter.
fn turned_deg(from: Attitude, to: Attitude) -> f64 {
    let sight = |attitude: Attitude| {
        let (yaw, pitch) = (attitude.yaw_deg.to_radians(), attitude.pitch_deg.to_radians());
        [pitch.cos() * yaw.cos(), pitch.cos() * yaw.sin(), pitch.sin()]
    };
    let (a, b) = (sight(from), sight(to));
    let cosine: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    cosine.clamp(-1.0, 1.0).acos().to_degrees()
}

#[cfg(test)]
mod tests {
    use domain::{Fix, Heights, LonLat};
    use jiff::Timestamp;

    use super::*;

    fn pose(east: f64, height: f64, yaw_deg: f64, pitch_deg: f64) -> Pose {
        let plane = Plane::at(LonLat::new(120.08, 30.89).unwrap());
        Pose {
            at: Timestamp::UNIX_EPOCH,
            position: plane.place([east, 0.0]).unwrap(),
            heights: Heights { above_takeoff_m: Some(height), ..Heights::default() },
            camera: Some(Attitude { yaw_deg, pitch_deg, roll_deg: 0.0 }),
            heading_deg: None,
            speed_mps: 0.0,
            yaw_rate_dps: 0.0,
            fix: Fix::Single,
            age_s: 0.0,
            zoom: 1.0,
            laser: None,
        }
    }

    #[test]
    fn one_waypoint_is_near_and_looks_the_same_way() {
        let first = pose(0.0, 90.0, 10.0, -45.0);
        for (name, other, expected) in [
            ("the same", pose(0.0, 90.0, 10.0, -45.0), Some(0.0)),
            ("a little off", pose(3.0, 94.0, 15.0, -43.0), Some(5.0)),
            ("too far", pose(40.0, 90.0, 10.0, -45.0), None),
            ("far higher", pose(0.0, 160.0, 10.0, -45.0), None),
            ("looks back", pose(0.0, 90.0, 190.0, -45.0), None),
            ("looks down", pose(0.0, 90.0, 10.0, -90.0), None),
        ] {
            let found = apart(&first, &other);
            let same = match (found, expected) {
                (Some(found), Some(expected)) => (found - expected).abs() < 0.01,
                (found, expected) => found == expected,
            };
            assert!(same, "{name}: {found:?}");
        }
        // Straight down, how the picture is turned is no matter.
        let down = |yaw_deg| pose(0.0, 90.0, yaw_deg, -90.0);
        assert!(apart(&down(10.0), &down(190.0)).is_some());
        assert_eq!(apart(&Pose { camera: None, ..down(0.0) }, &down(0.0)), None);
    }
}
