//! CGCS2000 in 3° Gauss-Krüger zones: the plane for lengths and areas.

use domain::LonLat;

use crate::mercator::{Mercator, NorthEast};

/// A 3° zone without zone number in front of the easting (EPSG 4534 to 4554; CM 120°E is 4549).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GaussKruger(Mercator);

impl GaussKruger {
    /// For Huzhou, Changzhou, Tongxiang, Quzhou.
    pub const CM_120: Self = Self::at(120);

    /// The zone around a central meridian, degrees east: a multiple of 3.
    pub fn cm(meridian_deg: u8) -> Option<Self> {
        (meridian_deg.is_multiple_of(3) && meridian_deg <= 180).then(|| Self::at(meridian_deg))
    }

    /// The zone of a place. `None` west of Greenwich, where there is none.
    pub fn of(place: LonLat) -> Option<Self> {
        let nearest = (place.lon() / 3.0).round() * 3.0;
        (0..=180u8).step_by(3).find(|&cm| (f64::from(cm) - nearest).abs() < 0.5).map(Self::at)
    }

    const fn at(meridian_deg: u8) -> Self {
        Self(Mercator { false_east: 500_000.0, ..Mercator::around(meridian_deg as f64) })
    }

    /// Degrees east.
    pub const fn meridian_deg(&self) -> f64 {
        self.0.meridian_deg
    }

    pub fn forward(&self, place: LonLat) -> NorthEast {
        self.0.forward(place)
    }

    /// `None` beyond the edge of the map.
    pub fn inverse(&self, at: NorthEast) -> Option<LonLat> {
        self.0.inverse(at)
    }

    /// Metres along a line of places on the ellipsoid: the plane's length, less the plane's scale.
    pub fn length_m(&self, line: &[LonLat]) -> f64 {
        let points: Vec<NorthEast> = line.iter().map(|&p| self.forward(p)).collect();
        points
            .windows(2)
            .filter_map(|pair| Some((*pair.first()?, *pair.get(1)?)))
            .map(|(a, b)| {
                let plane = (b.north - a.north).hypot(b.east - a.east);
                plane / self.scale(f64::midpoint(a.east, b.east))
            })
            .sum()
    }

    /// Square metres on the ellipsoid inside a ring of places, closed or not.
    pub fn area_m2(&self, ring: &[LonLat]) -> f64 {
        let points: Vec<NorthEast> = ring.iter().map(|&p| self.forward(p)).collect();
        let Some(&first) = points.first() else { return 0.0 };
        let next = points.iter().cycle().skip(1);
        let twice: f64 = points
            .iter()
            .zip(next)
            .map(|(a, b)| {
                (a.east - first.east) * (b.north - first.north)
                    - (b.east - first.east) * (a.north - first.north)
            })
            .sum();
        twice.abs() / 2.0 / self.scale(first.east).powi(2)
    }

    /// How much longer the plane is than the ellipsoid here; 1 on the central meridian.
    fn scale(&self, east: f64) -> f64 {
        let away = (east - self.0.false_east) / 6_371_000.0;
        1.0 + away.powi(2) / 2.0 + away.powi(4) / 24.0
    }
}

#[cfg(test)]
mod tests {
    use domain::Plane;
    use proptest::prelude::*;

    use super::*;

    /// lon, lat, east, north.
    const GOLDEN: [[f64; 4]; 4] = [
        [120.0868, 30.8943, 508_298.901, 3_419_258.745],
        [118.8728, 28.9417, 390_101.492, 3_203_330.804],
        [119.9741, 31.8107, 497_547.613, 3_520_862.166],
        [120.5651, 30.6302, 554_177.026, 3_390_112.093],
    ];

    #[test]
    fn golden_vectors() {
        for [lon, lat, east, north] in GOLDEN {
            let at = GaussKruger::CM_120.forward(LonLat::new(lon, lat).unwrap());
            assert!((at.east - east).abs() < 1e-3 && (at.north - north).abs() < 1e-3, "{at:?}");
        }
    }

    #[test]
    fn zones() {
        let quzhou = LonLat::new(118.2, 28.9).unwrap();
        assert_eq!(GaussKruger::of(quzhou), GaussKruger::cm(117));
        assert_eq!(GaussKruger::cm(118), None);
        assert_eq!(GaussKruger::of(LonLat::new(-104.8, 41.1).unwrap()), None);
    }

    #[test]
    fn a_hectare_at_the_edge_of_a_zone_is_a_hectare() {
        let plane = Plane::at(LonLat::new(121.45, 30.0).unwrap());
        let corners = [[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0], [0.0, 0.0]];
        let ring: Vec<LonLat> = corners.iter().map(|&at| plane.place(at).unwrap()).collect();
        let area = GaussKruger::CM_120.area_m2(&ring);
        assert!((area - 10_000.0).abs() < 1.0, "{area}");
        let length = GaussKruger::CM_120.length_m(&ring);
        assert!((length - 400.0).abs() < 0.02, "{length}");
        assert!(GaussKruger::CM_120.area_m2(&[]).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn there_and_back(lon in 117.0..123.0, lat in 18.0..53.0) {
            let back = GaussKruger::CM_120
                .inverse(GaussKruger::CM_120.forward(LonLat::new(lon, lat).unwrap()))
                .unwrap();
            prop_assert!((back.lon() - lon).abs() < 1e-10 && (back.lat() - lat).abs() < 1e-10);
        }
    }
}
