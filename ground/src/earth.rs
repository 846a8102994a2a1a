//! The ellipsoid: from a local north-east-down frame to longitude, latitude and height, and back.
//!
//! Exact at any distance, so the earth's curvature needs no term of its own. Heights count from the
//! ellipsoid's surface; a height above the sea put in gives a height above the sea back, as the
//! geoid is parallel enough to the ellipsoid over a few kilometres.

use domain::LonLat;
use nalgebra::{Matrix3, Vector3};

/// WGS-84: semi-major axis, metres, and first eccentricity squared.
const SEMI_MAJOR_M: f64 = 6_378_137.0;
const ECCENTRICITY_SQUARED: f64 = 6.694_379_990_141_317e-3;

/// North, east and down at one place, metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LocalFrame {
    origin: Vector3<f64>,
    /// Columns north, east, down in earth-centred coordinates.
    axes: Matrix3<f64>,
}

impl LocalFrame {
    pub(crate) fn at(place: LonLat, height_m: f64) -> Self {
        let (sin_lat, cos_lat) = place.lat().to_radians().sin_cos();
        let (sin_lon, cos_lon) = place.lon().to_radians().sin_cos();
        let north = Vector3::new(-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat);
        let east = Vector3::new(-sin_lon, cos_lon, 0.0);
        let down = Vector3::new(-cos_lat * cos_lon, -cos_lat * sin_lon, -sin_lat);
        let axes = Matrix3::from_columns(&[north, east, down]);
        Self { origin: centred(place, height_m), axes }
    }

    /// Where `ned` metres from the origin are, and how high. `None` for what is no number.
    pub(crate) fn place(&self, ned: Vector3<f64>) -> Option<(LonLat, f64)> {
        geodetic(self.origin + self.axes * ned)
    }

    /// North, east and down from the origin to a place, metres.
    pub(crate) fn offset(&self, place: LonLat, height_m: f64) -> Vector3<f64> {
        self.axes.transpose() * (centred(place, height_m) - self.origin)
    }
}

/// Earth-centred, earth-fixed coordinates, metres.
fn centred(place: LonLat, height_m: f64) -> Vector3<f64> {
    let (sin_lat, cos_lat) = place.lat().to_radians().sin_cos();
    let (sin_lon, cos_lon) = place.lon().to_radians().sin_cos();
    let normal = SEMI_MAJOR_M / (1.0 - ECCENTRICITY_SQUARED * sin_lat * sin_lat).sqrt();
    let across = (normal + height_m) * cos_lat;
    let up = (normal * (1.0 - ECCENTRICITY_SQUARED) + height_m) * sin_lat;
    Vector3::new(across * cos_lon, across * sin_lon, up)
}

/// Bowring 1985, two rounds: below a nanometre up to 20 km.
fn geodetic(at: Vector3<f64>) -> Option<(LonLat, f64)> {
    let minor = (1.0 - ECCENTRICITY_SQUARED).sqrt();
    let second = ECCENTRICITY_SQUARED / (1.0 - ECCENTRICITY_SQUARED);
    let axis = at.x.hypot(at.y);
    let mut reduced = at.z.atan2(axis * minor);
    let mut latitude = reduced;
    for _ in 0..2 {
        let (sin, cos) = reduced.sin_cos();
        latitude = (at.z + second * SEMI_MAJOR_M * minor * sin.powi(3))
            .atan2(axis - ECCENTRICITY_SQUARED * SEMI_MAJOR_M * cos.powi(3));
        reduced = (minor * latitude.tan()).atan();
    }
    let (sin, cos) = latitude.sin_cos();
    let surface = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED * sin * sin).sqrt();
    let height = axis * cos + at.z * sin - surface;
    let place = LonLat::new(at.y.atan2(at.x).to_degrees(), latitude.to_degrees())?;
    height.is_finite().then_some((place, height))
}

#[cfg(test)]
mod tests {
    use domain::Plane;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn there_and_back(
            lon in -179.0..179.0, lat in -80.0..80.0, height in -100.0..9000.0,
            north in -5000.0..5000.0, east in -5000.0..5000.0, down in -500.0..500.0,
        ) {
            let frame = LocalFrame::at(LonLat::new(lon, lat).unwrap(), height);
            let ned = Vector3::new(north, east, down);
            let (place, above) = frame.place(ned).unwrap();
            prop_assert!((frame.offset(place, above) - ned).norm() < 1e-6);
        }

        #[test]
        fn it_agrees_with_the_flat_map_nearby(north in -300.0..300.0, east in -300.0..300.0) {
            let huzhou = LonLat::new(120.0868, 30.8943).unwrap();
            let (place, height) =
                LocalFrame::at(huzhou, 0.0).place(Vector3::new(north, east, 0.0)).unwrap();
            let [e, n] = Plane::at(huzhou).metres(place);
            prop_assert!((e - east).abs() < 0.01 && (n - north).abs() < 0.01);
            // The tangent plane leaves the curved earth by the square of the distance over 2R.
            prop_assert!((height - north.hypot(east).powi(2) / 2.0 / 6_371_000.0).abs() < 1e-4);
        }
    }
}
