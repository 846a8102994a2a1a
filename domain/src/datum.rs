//! The datums that Chinese maps come in, kept apart by type.
//!
//! Amap, Tencent and Google's Chinese tiles are GCJ-02, Baidu's BD-09, Tianditu's CGCS2000. In the
//! cities served GCJ-02 lies 486 to 580 m off, so one wrong datum puts a fence on another block.
//! Inverses are iterated: the usual one-step inverse leaves 0.1 to 2 m.
//!
//! Sources: googollee/eviltransform, pygcj; golden vectors in the tests.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::LonLat;

/// Which datum coordinates are given in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Datum {
    #[default]
    #[serde(rename = "WGS-84", alias = "CGCS2000")]
    Wgs84,
    #[serde(rename = "GCJ-02")]
    Gcj02,
    #[serde(rename = "BD-09")]
    Bd09,
}

impl Datum {
    /// Reads degrees given in this datum. `None` where they are no place on earth.
    pub fn to_wgs84(self, lon: f64, lat: f64) -> Option<LonLat> {
        match self {
            Self::Wgs84 => LonLat::new(lon, lat),
            Self::Gcj02 => Gcj02 { lon, lat }.to_wgs84(),
            Self::Bd09 => Bd09 { lon, lat }.to_gcj02().to_wgs84(),
        }
    }
}

/// A position in GCJ-02 ("Mars coordinates"), degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gcj02 {
    pub lon: f64,
    pub lat: f64,
}

/// A position in Baidu's BD-09, degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bd09 {
    pub lon: f64,
    pub lat: f64,
}

const KRASOVSKY_M: f64 = 6_378_245.0;
const KRASOVSKY_EE: f64 = 0.006_693_421_622_965_943;
const BAIDU: f64 = PI * 3000.0 / 180.0;

impl From<LonLat> for Gcj02 {
    fn from(place: LonLat) -> Self {
        let (lon, lat) = (place.lon(), place.lat());
        let [dlon, dlat] = offset(lon, lat);
        Self { lon: lon + dlon, lat: lat + dlat }
    }
}

impl Gcj02 {
    /// Fixed-point iteration, to 1e-11° (about a micrometre).
    pub fn to_wgs84(self) -> Option<LonLat> {
        LonLat::new(self.lon, self.lat)?;
        let (mut lon, mut lat) = (self.lon, self.lat);
        for _ in 0..30 {
            let [dlon, dlat] = offset(lon, lat);
            let (next_lon, next_lat) = (self.lon - dlon, self.lat - dlat);
            let step = (next_lon - lon).abs().max((next_lat - lat).abs());
            (lon, lat) = (next_lon, next_lat);
            if step < 1e-11 {
                break;
            }
        }
        LonLat::new(lon, lat)
    }
}

impl From<Gcj02> for Bd09 {
    fn from(Gcj02 { lon: x, lat: y }: Gcj02) -> Self {
        let z = x.hypot(y) + 0.000_02 * (y * BAIDU).sin();
        let theta = y.atan2(x) + 0.000_003 * (x * BAIDU).cos();
        Self { lon: z * theta.cos() + 0.0065, lat: z * theta.sin() + 0.006 }
    }
}

impl Bd09 {
    /// Fixed-point iteration on the forward formula.
    pub fn to_gcj02(self) -> Gcj02 {
        let mut guess = Gcj02 { lon: self.lon - 0.0065, lat: self.lat - 0.006 };
        for _ in 0..30 {
            let Self { lon, lat } = guess.into();
            let (dlon, dlat) = (self.lon - lon, self.lat - lat);
            guess = Gcj02 { lon: guess.lon + dlon, lat: guess.lat + dlat };
            if dlon.abs().max(dlat.abs()) < 1e-11 {
                break;
            }
        }
        guess
    }
}

/// How far GCJ-02 lies from WGS-84 here, degrees of longitude and latitude.
fn offset(lon: f64, lat: f64) -> [f64; 2] {
    let in_china = (72.004..=137.8347).contains(&lon) && (0.8293..=55.8271).contains(&lat);
    if !in_china {
        return [0.0, 0.0];
    }
    let (x, y) = (lon - 105.0, lat - 35.0);
    let root = 0.1 * x.abs().sqrt();
    let common = wave(20.0, 6.0 * PI * x) + wave(20.0, 2.0 * PI * x);
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 2.0 * root
        + common
        + wave(20.0, PI * y)
        + wave(40.0, PI * y / 3.0)
        + wave(160.0, PI * y / 12.0)
        + wave(320.0, PI * y / 30.0);
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + root
        + common
        + wave(20.0, PI * x)
        + wave(40.0, PI * x / 3.0)
        + wave(150.0, PI * x / 12.0)
        + wave(300.0, PI * x / 30.0);
    let latitude = lat.to_radians();
    let magic = 1.0 - KRASOVSKY_EE * latitude.sin().powi(2);
    let meridian = KRASOVSKY_M * (1.0 - KRASOVSKY_EE) / (magic * magic.sqrt());
    let parallel = KRASOVSKY_M / magic.sqrt() * latitude.cos();
    [(east / parallel).to_degrees(), (north / meridian).to_degrees()]
}

fn wave(amplitude: f64, angle: f64) -> f64 {
    amplitude * angle.sin() * 2.0 / 3.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// lon, lat, GCJ-02 lon, lat, BD-09 lon, lat.
    const GOLDEN: [[f64; 6]; 4] = [
        [120.0868, 30.8943, 120.091_671_1, 30.892_255_9, 120.098_170_7, 30.898_289_4],
        [118.8728, 28.9417, 118.877_573_3, 28.938_573_9, 118.884_142_0, 28.944_361_8],
        [119.9741, 31.8107, 119.978_850_2, 31.808_659_3, 119.985_316_0, 31.814_822_5],
        [120.5651, 30.6302, 120.569_252_9, 30.627_681_7, 120.575_775_7, 30.633_672_4],
    ];

    #[test]
    fn golden_vectors() {
        for [lon, lat, gcj_lon, gcj_lat, bd_lon, bd_lat] in GOLDEN {
            let gcj = Gcj02::from(LonLat::new(lon, lat).unwrap());
            assert!(
                (gcj.lon - gcj_lon).abs() < 1e-7 && (gcj.lat - gcj_lat).abs() < 1e-7,
                "{gcj:?}"
            );
            let bd = Bd09::from(gcj);
            assert!((bd.lon - bd_lon).abs() < 1e-7 && (bd.lat - bd_lat).abs() < 1e-7, "{bd:?}");
        }
    }

    #[test]
    fn outside_china_nothing_moves() {
        let vaduz = LonLat::new(9.52, 47.14).unwrap();
        let gcj = Gcj02::from(vaduz);
        assert_eq!((gcj.lon, gcj.lat), (9.52, 47.14));
    }

    proptest! {
        #[test]
        fn inverses_return_to_a_hundredth_of_a_micrometre(lon in 75.0..135.0, lat in 18.0..53.0) {
            let place = LonLat::new(lon, lat).unwrap();
            let bd = Bd09::from(Gcj02::from(place));
            let back = Datum::Bd09.to_wgs84(bd.lon, bd.lat).unwrap();
            prop_assert!((back.lon() - lon).abs() < 1e-10 && (back.lat() - lat).abs() < 1e-10);
        }

        /// What is left after the inverse, carried forward again; 1 m is 9e-6°.
        #[test]
        fn the_inverse_of_gcj_02_leaves_less_than_ten_nanometres(
            lon in 73.0..135.0, lat in 4.0..53.0,
        ) {
            let gcj = Gcj02 { lon, lat };
            let again = Gcj02::from(gcj.to_wgs84().unwrap());
            let north = (again.lat - lat).to_radians() * KRASOVSKY_M;
            let east = (again.lon - lon).to_radians() * KRASOVSKY_M * lat.to_radians().cos();
            prop_assert!(north.hypot(east) <= 1e-8, "{} m", north.hypot(east));
        }
    }
}
