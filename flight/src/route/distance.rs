//! How far what was flown is from what was planned.

use domain::{LonLat, Plane, TrackPoint};

use super::Route;

/// Horizontal metres between the flown way and the planned line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OffRoute {
    pub median_m: f64,
    /// 95 of 100 points are at least this near.
    pub p95_m: f64,
}

/// Pairs of points and legs that are compared: of a long flight of many waypoints only every
/// n-th point is.
const MAX_PAIRS: usize = 20_000_000;

impl Route {
    /// `None` without waypoints or without a track.
    pub fn distance_m(&self, track: &[TrackPoint]) -> Option<OffRoute> {
        let step = (self.waypoints.len().saturating_mul(track.len()) / MAX_PAIRS) + 1;
        let flown = track.iter().step_by(step);
        let mut metres: Vec<f64> =
            flown.filter_map(|point| self.nearest_m(LonLat::new(point.lon, point.lat)?)).collect();
        metres.sort_by(f64::total_cmp);
        let at = |share: usize| metres.get((metres.len().checked_sub(1)?) * share / 100).copied();
        Some(OffRoute { median_m: at(50)?, p95_m: at(95)? })
    }

    fn nearest_m(&self, from: LonLat) -> Option<f64> {
        let plane = Plane::at(from);
        let mut points = self.waypoints.iter().map(|waypoint| plane.metres(waypoint.at));
        let mut start = points.next()?;
        let mut nearest = start[0].hypot(start[1]);
        for end in points {
            nearest = nearest.min(to_leg_m(start, end));
            start = end;
        }
        Some(nearest)
    }
}

/// From the origin to the nearest point between `a` and `b`.
fn to_leg_m(a: [f64; 2], b: [f64; 2]) -> f64 {
    let (east, north) = (b[0] - a[0], b[1] - a[1]);
    let squared = east * east + north * north;
    if squared <= 0.0 {
        return a[0].hypot(a[1]);
    }
    let along = (-(a[0] * east + a[1] * north) / squared).clamp(0.0, 1.0);
    (a[0] + along * east).hypot(a[1] + along * north)
}
