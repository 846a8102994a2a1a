//! A made-up city for drawn pairs: each pair is a cell of its own on a grid, with no-build ground and some permit.

use domain::{Covariance, LonLat, Outline, Plane};
use jiff::Timestamp;
use rules::Fences;
use serde::Serialize;
use serde_json::{Value, json};

/// What the register of permits says of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Permit {
    None,
    Valid,
    /// Only from between the two pictures on.
    Begun,
    Expired,
    /// It ran out between the two pictures.
    Lapsed,
    NotYet,
    /// Beside the cell.
    Elsewhere,
    /// West of its middle.
    Partly,
    /// There is no fence either.
    NoGround,
}

/// The two pictures.
pub(super) const BEFORE: &str = "2026-03-01T04:00:00Z";
pub(super) const AFTER: &str = "2026-06-01T04:00:00Z";
/// From the middle of a cell to the next, metres; and from there to the sides of its ground.
const APART_M: f64 = 120.0;
const HALF_M: f64 = 30.0;
/// Cells in a row.
const ROW: usize = 10;
const ODD: [Permit; 8] = [
    Permit::Valid,
    Permit::Expired,
    Permit::Partly,
    Permit::Elsewhere,
    Permit::NotYet,
    Permit::Valid,
    Permit::Lapsed,
    Permit::Begun,
];

impl Permit {
    /// Every other cell has one.
    pub(super) fn of(cell: usize) -> Self {
        match cell {
            _ if cell % 2 == 1 => ODD[cell / 2 % ODD.len()],
            _ if cell % 10 == 8 => Self::NoGround,
            _ => Self::None,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::None => "no permit",
            Self::Valid => "valid",
            Self::Begun => "begun in between",
            Self::Expired => "expired",
            Self::Lapsed => "lapsed in between",
            Self::NotYet => "not yet begun",
            Self::Elsewhere => "of another place",
            Self::Partly => "over the west half",
            Self::NoGround => "no fence at all",
        }
    }

    /// The share of a region that stands without one, by its points east of the middle.
    pub(super) fn unpermitted(self, east_share: f64) -> f64 {
        match self {
            Self::None | Self::Expired | Self::NotYet | Self::Elsewhere => 1.0,
            // Nobody knows which came first: no alert.
            Self::Valid | Self::Begun | Self::Lapsed | Self::NoGround => 0.0,
            Self::Partly => east_share,
        }
    }

    const fn validity(self) -> [Option<&'static str>; 2] {
        match self {
            Self::Begun => [Some("2026-04-15T00:00:00Z"), None],
            Self::Expired => [Some("2024-01-01T00:00:00Z"), Some("2026-02-01T00:00:00Z")],
            Self::Lapsed => [Some("2024-01-01T00:00:00Z"), Some("2026-04-15T00:00:00Z")],
            Self::NotYet => [Some("2026-07-01T00:00:00Z"), None],
            _ => [Some("2025-01-01T00:00:00Z"), Some("2027-01-01T00:00:00Z")],
        }
    }
}

/// A cell, and what is seen of it.
pub(super) struct Cell {
    pub permit: Permit,
    number: usize,
    around: Plane,
    side: f64,
    gsd_m: f64,
    sigma_m: f64,
    /// By how much everything seen is off, metres: the doubt that is stated is what is drawn.
    off: [f64; 2],
}

impl Cell {
    /// Of pictures of `side` pixels, placed to `sigma_m`.
    pub(super) fn new(number: usize, side: f64, gsd_m: f64, sigma_m: f64) -> Option<Self> {
        let city = Plane::at(LonLat::new(120.08, 30.89)?);
        #[expect(clippy::cast_precision_loss, reason = "some hundred cells")]
        let [column, row] = [number % ROW, number / ROW].map(|at| at as f64);
        let middle = city.place([column * APART_M, row * APART_M])?;
        let off = gaussian(number as u64).map(|one| one * sigma_m);
        let (permit, around) = (Permit::of(number), Plane::at(middle));
        Some(Self { permit, number, around, side, gsd_m, sigma_m, off })
    }

    /// An outline in pixels where it is seen to lie.
    pub(super) fn outline(&self, rings: &[Vec<[f64; 2]>], area: ground::Area) -> Option<Outline> {
        let place = |&[x, y]: &[f64; 2]| {
            let [east, north] =
                [x - self.side / 2.0, self.side / 2.0 - y].map(|px| px * self.gsd_m);
            self.around.place([east + self.off[0], north + self.off[1]])
        };
        let degrees = |at: LonLat| [at.lon(), at.lat()];
        let ring = |ring: &Vec<[f64; 2]>| {
            let first = ring.first();
            ring.iter().chain(first).map(|at| place(at).map(degrees)).collect::<Option<Vec<_>>>()
        };
        let middle = middle(rings.first()?);
        Some(Outline {
            rings: rings.iter().map(ring).collect::<Option<Vec<_>>>()?,
            middle: place(&middle)?,
            covariance_m2: Covariance::round(self.sigma_m),
            area_m2: area.m2,
            area_sigma_m2: area.sigma_m2,
        })
    }

    /// No-build ground and a permit, where it has them.
    pub(super) fn features(&self) -> Vec<Value> {
        let number = self.number;
        if self.permit == Permit::NoGround {
            return Vec::new();
        }
        let ground = json!({ "name": format!("Cell {number}"), "kind": "no_build" });
        let mut features = vec![self.feature("cell", [-HALF_M, HALF_M], &ground)];
        let [from, to] = self.permit.validity();
        let mut site = json!({
            "name": format!("Site {number}"), "kind": "construction_site",
            "permit": { "number": format!("2026-{number}") },
        });
        for (key, at) in [("valid_from", from), ("valid_to", to)] {
            if let Some(at) = at {
                site[key] = at.into();
            }
        }
        match self.permit {
            Permit::None => {}
            Permit::Elsewhere => features.push(self.feature("site", [32.0, 88.0], &site)),
            Permit::Partly => features.push(self.feature("site", [-HALF_M, 0.0], &site)),
            _ => features.push(self.feature("site", [-HALF_M, HALF_M], &site)),
        }
        features
    }

    fn feature(&self, word: &str, [west, east]: [f64; 2], properties: &Value) -> Value {
        let corners =
            [[west, -HALF_M], [east, -HALF_M], [east, HALF_M], [west, HALF_M], [west, -HALF_M]];
        let degrees = |at: LonLat| [at.lon(), at.lat()];
        let ring: Vec<_> =
            corners.iter().filter_map(|&at| self.around.place(at).map(degrees)).collect();
        json!({
            "type": "Feature",
            "id": format!("{word}-{}", self.number),
            "properties": properties,
            "geometry": { "type": "Polygon", "coordinates": [ring] },
        })
    }
}

/// All cells as one layer.
pub(super) fn fences(cells: &[Cell]) -> anyhow::Result<Fences> {
    let features: Vec<Value> = cells.iter().flat_map(Cell::features).collect();
    let text = json!({ "type": "FeatureCollection", "features": features }).to_string();
    Ok(Fences::new([text.as_str()], [])?)
}

pub(super) fn time(text: &str) -> anyhow::Result<Timestamp> {
    Ok(text.parse()?)
}

fn middle(ring: &[[f64; 2]]) -> [f64; 2] {
    #[expect(clippy::cast_precision_loss, reason = "corners of a ring")]
    let count = ring.len().max(1) as f64;
    [0, 1].map(|axis| ring.iter().map(|corner| corner[axis]).sum::<f64>() / count)
}

/// Two draws from a standard Gaussian, the same for the same number (splitmix64, Box and Muller).
fn gaussian(seed: u64) -> [f64; 2] {
    let uniform = |nth: u64| {
        let mut z = (2 * seed + nth + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        #[expect(clippy::cast_precision_loss, reason = "53 bits")]
        let part = ((z ^ (z >> 31)) >> 11) as f64;
        (part + 0.5) / 9_007_199_254_740_992.0
    };
    let (radius, turn) = ((-2.0 * uniform(0).ln()).sqrt(), uniform(1) * std::f64::consts::TAU);
    [radius * turn.cos(), radius * turn.sin()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_has_ground_and_permits_of_every_kind() {
        let cells: Vec<Cell> = (0..150).filter_map(|n| Cell::new(n, 256.0, 0.2, 1.0)).collect();
        let of = |permit: Permit| cells.iter().filter(|cell| cell.permit == permit).count();
        let kinds = ODD.map(of);
        assert!(kinds.iter().all(|count| *count >= 9), "{kinds:?}");
        assert_eq!(of(Permit::None) + of(Permit::NoGround), 75);
        let expected = (150 - of(Permit::NoGround)) + 75;
        assert_eq!(fences(&cells).unwrap().all().len(), expected);
    }

    #[test]
    fn what_is_drawn_by_lot_has_the_spread_that_is_stated() {
        let draws: Vec<f64> = (0..2000).flat_map(gaussian).collect();
        let mean = draws.iter().sum::<f64>() / 4000.0;
        let variance = draws.iter().map(|one| one * one).sum::<f64>() / 4000.0;
        assert!(mean.abs() < 0.05 && (variance - 1.0).abs() < 0.1, "{mean} {variance}");
    }
}
