//! The coordinate systems that a height model may come in.

use domain::LonLat;

use crate::mercator::{Mercator, NorthEast};

/// What the coordinates of a raster mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Crs {
    /// Longitude and latitude, WGS-84 or CGCS2000.
    Degrees,
    Plane(Mercator),
}

impl Crs {
    /// By EPSG code: WGS-84 and CGCS2000 in degrees, CGCS2000 in 3° and 6° Gauss-Krüger zones with or
    /// without the zone's number before the easting, WGS-84 in UTM zones.
    pub(crate) fn epsg(code: u16) -> Option<Self> {
        let nth = |first: u16| u8::try_from(code - first).unwrap_or(u8::MAX);
        match code {
            4326 | 4490 => Some(Self::Degrees),
            4491..=4501 => Some(gauss(6 * nth(4491) + 75, Some(nth(4491) + 13))),
            4502..=4512 => Some(gauss(6 * nth(4502) + 75, None)),
            4513..=4533 => Some(gauss(3 * nth(4513) + 75, Some(nth(4513) + 25))),
            4534..=4554 => Some(gauss(3 * nth(4534) + 75, None)),
            32_601..=32_660 => Some(Self::Plane(Mercator::utm(nth(32_600), false))),
            32_701..=32_760 => Some(Self::Plane(Mercator::utm(nth(32_700), true))),
            _ => None,
        }
    }

    /// East (or longitude) and north (or latitude): the order of rasters.
    pub(crate) fn forward(&self, place: LonLat) -> (f64, f64) {
        match self {
            Self::Degrees => (place.lon(), place.lat()),
            Self::Plane(map) => {
                let at = map.forward(place);
                (at.east, at.north)
            }
        }
    }

    /// Where coordinates in the order of rasters are; `None` beyond the edge of the map.
    pub(crate) fn inverse(&self, (east, north): (f64, f64)) -> Option<LonLat> {
        match self {
            Self::Degrees => LonLat::new(east, north),
            Self::Plane(map) => map.inverse(NorthEast { north, east }),
        }
    }

    /// Metres, roughly, that one unit to the east is worth here: the shorter one.
    pub(crate) fn metres_per_unit(&self, (_, y): (f64, f64)) -> f64 {
        match self {
            Self::Degrees => 111_320.0 * y.to_radians().cos(),
            Self::Plane(_) => 1.0,
        }
    }
}

fn gauss(meridian_deg: u8, zone: Option<u8>) -> Crs {
    let million = zone.map_or(0.0, |zone| f64::from(zone) * 1e6);
    let false_east = million + 500_000.0;
    Crs::Plane(Mercator { false_east, ..Mercator::around(f64::from(meridian_deg)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn huzhou_in_every_system() {
        let huzhou = LonLat::new(120.0868, 30.8943).unwrap();
        let table = [
            (4326, 120.0868, 30.8943),
            (4490, 120.0868, 30.8943),
            (4549, 508_298.901, 3_419_258.745),
            (4528, 40_508_298.901, 3_419_258.745),
            (32651, 221_524.849, 3_421_524.796),
        ];
        for (code, x, y) in table {
            let (east, north) = Crs::epsg(code).unwrap().forward(huzhou);
            assert!((east - x).abs() < 1e-3 && (north - y).abs() < 1e-3, "{code}: {east} {north}");
        }
        assert_eq!(Crs::epsg(4502 + 7), Crs::epsg(4534 + 14), "6° and 3° zones of 117°E");
        assert_eq!(Crs::epsg(3857), None);
    }
}
