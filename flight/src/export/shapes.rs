//! Lines and rings as both formats want them: on earth, closed, counter-clockwise.

use domain::{Ellipse, FlightReport, LonLat, Plane};

/// Degrees, longitude first.
pub(super) type Point = [f64; 2];

const CORNERS: u32 = 48;

/// The flown way.
pub(super) fn path(report: &FlightReport) -> Vec<Point> {
    report.track.iter().filter_map(|point| at(point.lon, point.lat)).collect()
}

/// The planned way.
pub(super) fn route(report: &FlightReport) -> Vec<Point> {
    report.route.iter().filter_map(|&[lon, lat, _]| at(lon, lat)).collect()
}

/// A point, to a millimetre.
pub(super) fn at(lon: f64, lat: f64) -> Option<Point> {
    let place = LonLat::new(lon, lat)?;
    let round = |degrees: f64| (degrees * 1e8).round() / 1e8;
    Some([round(place.lon()), round(place.lat())])
}

/// A ring, closed and counter-clockwise (RFC 7946 §3.1.6); `None` for what encloses nothing.
pub(super) fn ring(points: &[Point]) -> Option<Vec<Point>> {
    let mut ring: Vec<Point> =
        points.iter().map(|&[lon, lat]| at(lon, lat)).collect::<Option<_>>()?;
    ring.dedup();
    if ring.first() != ring.last() {
        ring.push(*ring.first()?);
    }
    if ring.len() < 4 {
        return None;
    }
    // Around its own corner: far from there small rings drown in rounding.
    let [lon, lat] = *ring.first()?;
    let near = |[x, y]: Point| [x - lon, y - lat];
    let twice_area: f64 = ring.windows(2).map(|leg| cross(near(leg[0]), near(leg[1]))).sum();
    if twice_area < 0.0 {
        ring.reverse();
    }
    Some(ring)
}

fn cross([ax, ay]: Point, [bx, by]: Point) -> f64 {
    ax * by - bx * ay
}

/// The outline of an ellipse around a place.
pub(super) fn ellipse(around: LonLat, ellipse: &Ellipse) -> Option<Vec<Point>> {
    let plane = Plane::at(around);
    let (east, north) = ellipse.bearing_deg.to_radians().sin_cos();
    let corner = |at: u32| {
        let turn = std::f64::consts::TAU * f64::from(at) / f64::from(CORNERS);
        let (long, short) = (ellipse.semi_major_m * turn.cos(), ellipse.semi_minor_m * turn.sin());
        let metres = [long * east + short * north, long * north - short * east];
        plane.place(metres).map(|at| [at.lon(), at.lat()])
    };
    ring(&(0..CORNERS).map(corner).collect::<Option<Vec<_>>>()?)
}
