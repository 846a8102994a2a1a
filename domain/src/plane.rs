//! A flat map around one point, in metres.

use crate::LonLat;

/// East and north in metres from a point, by the WGS-84 ellipsoid's radii of curvature there.
///
/// Good to 1 cm within 300 m of the origin and to 1 m within 3 km: take the origin near the
/// question asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    origin: LonLat,
    east_per_deg: f64,
    north_per_deg: f64,
}

/// WGS-84 semi-major axis, metres, and first eccentricity squared.
const SEMI_MAJOR_M: f64 = 6_378_137.0;
const ECCENTRICITY_SQUARED: f64 = 6.694_379_990_141_317e-3;

impl Plane {
    pub fn at(origin: LonLat) -> Self {
        let latitude = origin.lat().to_radians();
        let w = 1.0 - ECCENTRICITY_SQUARED * latitude.sin().powi(2);
        let prime_vertical = SEMI_MAJOR_M / w.sqrt();
        let meridian = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED) / w.powf(1.5);
        Self {
            origin,
            east_per_deg: (prime_vertical * latitude.cos()).to_radians(),
            north_per_deg: meridian.to_radians(),
        }
    }

    /// East and north of the origin, metres.
    pub fn metres(&self, place: LonLat) -> [f64; 2] {
        [
            (place.lon() - self.origin.lon()) * self.east_per_deg,
            (place.lat() - self.origin.lat()) * self.north_per_deg,
        ]
    }

    /// The place `east`, `north` metres from the origin; `None` beyond the edge of the map.
    pub fn place(&self, [east, north]: [f64; 2]) -> Option<LonLat> {
        LonLat::new(
            self.origin.lon() + east / self.east_per_deg,
            self.origin.lat() + north / self.north_per_deg,
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reference: Gauss-Krüger CM 120 of Huzhou's golden vector, whose scale there is 1 + 8.5e-7.
    #[test]
    fn a_kilometre_is_a_kilometre() {
        let huzhou = LonLat::new(120.0868, 30.8943).unwrap();
        let plane = Plane::at(huzhou);
        let north = plane.place([0.0, 1000.0]).unwrap();
        assert!((north.lat() - 30.903_319).abs() < 2e-6, "{}", north.lat());
        let east = plane.place([1000.0, 0.0]).unwrap();
        assert!((east.lon() - 120.097_260).abs() < 3e-6, "{}", east.lon());
    }

    proptest! {
        #[test]
        fn there_and_back(lon in -179.0..179.0, lat in -80.0..80.0, e in -500.0..500.0, n in -500.0..500.0) {
            let plane = Plane::at(LonLat::new(lon, lat).unwrap());
            let [east, north] = plane.metres(plane.place([e, n]).unwrap());
            prop_assert!((east - e).abs() < 1e-6 && (north - n).abs() < 1e-6);
        }
    }
}
