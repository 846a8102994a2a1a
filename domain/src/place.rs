//! Places and the doubt about them.

use serde::{Deserialize, Serialize};

/// A WGS-84 position in degrees. Longitude and latitude cannot be swapped by accident.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawLonLat")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LonLat {
    lon: f64,
    lat: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLonLat {
    lon: f64,
    lat: f64,
}

impl TryFrom<RawLonLat> for LonLat {
    type Error = String;
    fn try_from(RawLonLat { lon, lat }: RawLonLat) -> Result<Self, String> {
        Self::new(lon, lat).ok_or_else(|| format!("no place on earth: lon {lon}, lat {lat}"))
    }
}

impl LonLat {
    /// Longitude −180..=180, latitude −90..=90, in degrees.
    pub fn new(lon: f64, lat: f64) -> Option<Self> {
        let valid = (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat);
        valid.then_some(Self { lon, lat })
    }

    /// Degrees east.
    pub const fn lon(self) -> f64 {
        self.lon
    }

    /// Degrees north.
    pub const fn lat(self) -> f64 {
        self.lat
    }
}

/// The covariance of a position in square metres, axes east and north.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[[f64; 2]; 2]", into = "[[f64; 2]; 2]")]
pub struct Covariance {
    pub east_east: f64,
    pub east_north: f64,
    pub north_north: f64,
}

impl From<[[f64; 2]; 2]> for Covariance {
    fn from([[east_east, east_north], [_, north_north]]: [[f64; 2]; 2]) -> Self {
        Self { east_east, east_north, north_north }
    }
}

impl From<Covariance> for [[f64; 2]; 2] {
    fn from(c: Covariance) -> Self {
        [[c.east_east, c.east_north], [c.east_north, c.north_north]]
    }
}

impl Covariance {
    /// The same standard deviation in every direction, in metres.
    pub fn round(sigma_m: f64) -> Self {
        let variance = sigma_m * sigma_m;
        Self { east_east: variance, east_north: 0.0, north_north: variance }
    }

    /// The ellipse that holds the true position with 95 % probability (χ², 2 degrees of freedom:
    /// 5.991).
    pub fn ellipse95(self) -> Ellipse {
        let mean = f64::midpoint(self.east_east, self.north_north);
        let half_difference = (self.east_east - self.north_north) / 2.0;
        let spread = half_difference.hypot(self.east_north);
        let bearing = 0.5 * (2.0 * self.east_north).atan2(self.north_north - self.east_east);
        Ellipse {
            semi_major_m: (CHI2_95 * (mean + spread).max(0.0)).sqrt(),
            semi_minor_m: (CHI2_95 * (mean - spread).max(0.0)).sqrt(),
            bearing_deg: bearing.to_degrees().rem_euclid(180.0),
        }
    }
}

impl Covariance {
    /// Whether the 95 % ellipse holds an offset of [east, north] metres.
    pub fn holds95(self, [east, north]: [f64; 2]) -> bool {
        let determinant = self.east_east * self.north_north - self.east_north * self.east_north;
        let distance = self.north_north * east * east - 2.0 * self.east_north * east * north
            + self.east_east * north * north;
        distance <= CHI2_95 * determinant
    }
}

impl Ellipse {
    /// Whether it holds an offset of [east, north] metres.
    pub fn holds(&self, [east, north]: [f64; 2]) -> bool {
        let (sin, cos) = self.bearing_deg.to_radians().sin_cos();
        let (along, across) = (east * sin + north * cos, east * cos - north * sin);
        let part = |offset: f64, axis: f64| (offset / axis.max(1e-9)).powi(2);
        part(along, self.semi_major_m) + part(across, self.semi_minor_m) <= 1.0
    }
}

const CHI2_95: f64 = 5.991_464_547_107_979;

/// A 95 % error ellipse. The bearing of the long axis is clockwise from north, 0..180°.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ellipse {
    pub semi_major_m: f64,
    pub semi_minor_m: f64,
    pub bearing_deg: f64,
}

/// A position on the ground with its doubt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroundFix {
    pub position: LonLat,
    pub covariance: Covariance,
}

/// A point of the picture, 0..1 from the left and from the top.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImagePoint {
    pub x: f64,
    pub y: f64,
}

/// Where something is: on the ground, or only in the picture of a camera nobody has surveyed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "space", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Place {
    /// WGS-84 with covariance.
    Ground {
        lon: f64,
        lat: f64,
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<Vec<f64>>))]
        covariance_m2: Covariance,
        /// Derived from the covariance; what a map draws.
        ellipse95: Ellipse,
    },
    /// Relative to the picture. No ground position is claimed.
    Image { x: f64, y: f64 },
}

impl From<GroundFix> for Place {
    fn from(fix: GroundFix) -> Self {
        Self::Ground {
            lon: fix.position.lon,
            lat: fix.position.lat,
            covariance_m2: fix.covariance,
            ellipse95: fix.covariance.ellipse95(),
        }
    }
}

impl From<ImagePoint> for Place {
    fn from(point: ImagePoint) -> Self {
        Self::Image { x: point.x, y: point.y }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ellipse_of_a_known_covariance() {
        let ellipse = Covariance { east_east: 4.0, east_north: 0.0, north_north: 1.0 }.ellipse95();
        assert!((ellipse.semi_major_m - 2.0 * 2.4477).abs() < 1e-3);
        assert!((ellipse.semi_minor_m - 2.4477).abs() < 1e-3);
        assert!((ellipse.bearing_deg - 90.0).abs() < 1e-9);
        let diagonal = Covariance { east_east: 1.0, east_north: 0.5, north_north: 1.0 }.ellipse95();
        assert!((diagonal.bearing_deg - 45.0).abs() < 1e-9);
    }

    #[test]
    fn ellipse_and_covariance_hold_the_same() {
        let covariance = Covariance { east_east: 2.0, east_north: 0.9, north_north: 1.0 };
        let ellipse = covariance.ellipse95();
        for (offset, held) in [([2.0, 1.5], true), ([2.0, -1.5], false), ([4.0, 1.0], false)] {
            assert_eq!(covariance.holds95(offset), held, "{offset:?}");
            assert_eq!(ellipse.holds(offset), held, "{offset:?}");
        }
    }

    #[test]
    fn no_place_outside_the_earth() {
        assert!(LonLat::new(120.0, 30.0).is_some());
        assert!(LonLat::new(30.0, 120.0).is_none());
        assert!(LonLat::new(f64::NAN, 0.0).is_none());
        assert!(serde_json::from_str::<LonLat>(r#"{"lon":30,"lat":120}"#).is_err());
    }
}
