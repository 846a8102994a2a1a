//! How high the ground lies, and how high a camera stands by the same reference.
//!
//! Telemetry counts heights from the take-off point, from the sea or from the ellipsoid. All become
//! one pair: the camera's height and the ground's, by a reference they share.

use std::sync::Arc;

use domain::{Heights, LonLat, Plane};

use crate::HeightGrid;

/// The ground under the flight.
#[derive(Debug, Clone, PartialEq)]
pub enum Relief {
    /// Level ground.
    Flat {
        /// The ground's height above the take-off point, metres: 0 on a field, negative from a roof.
        above_takeoff_m: f64,
        /// The ground's height above the sea, where it is known: for telemetry that counts from there.
        above_sea_m: Option<f64>,
        /// The sea's height (geoid) above the ellipsoid: for telemetry that knows nothing else.
        undulation_m: Option<f64>,
    },
    /// A surface or terrain model with heights above the sea.
    Grid {
        grid: Arc<HeightGrid>,
        takeoff: Takeoff,
        /// The sea's height (geoid) above the ellipsoid.
        undulation_m: Option<f64>,
    },
}

/// How high the take-off point lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Takeoff {
    /// Not known: only heights above the sea or the ellipsoid can be used.
    Unknown,
    /// Above the sea, metres.
    AboveSea(f64),
    /// As high as the ground of the model there.
    OnGround(LonLat),
}

impl Default for Relief {
    /// Ground as high as the take-off point.
    fn default() -> Self {
        Self::Flat { above_takeoff_m: 0.0, above_sea_m: None, undulation_m: None }
    }
}

/// A camera's height and the ground's, metres by one reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stand<'a> {
    pub(crate) camera_m: f64,
    pub(crate) ground: Ground<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ground<'a> {
    Level(f64),
    Grid(&'a HeightGrid),
}

impl Relief {
    /// Take-off heights are taken first, as the altitudes that aircraft report above the sea can be
    /// off by tens of metres; `None` where no height of the camera can be compared with the ground.
    pub(crate) fn stand(&self, heights: Heights) -> Option<Stand<'_>> {
        let stand = match self {
            Self::Flat { above_takeoff_m, above_sea_m, undulation_m } => {
                let risen = heights.above_takeoff_m.map(|camera| (camera, *above_takeoff_m));
                let sea = || above_sea(heights, *undulation_m).zip(*above_sea_m);
                let (camera_m, ground) = risen.or_else(sea)?;
                Stand { camera_m, ground: Ground::Level(ground) }
            }
            Self::Grid { grid, takeoff, undulation_m } => {
                let start = match *takeoff {
                    Takeoff::Unknown => None,
                    Takeoff::AboveSea(height) => Some(height),
                    Takeoff::OnGround(place) => grid.height(place),
                };
                let risen = start.zip(heights.above_takeoff_m).map(|(a, b)| a + b);
                let camera_m = risen.or_else(|| above_sea(heights, *undulation_m))?;
                Stand { camera_m, ground: Ground::Grid(grid) }
            }
        };
        stand.camera_m.is_finite().then_some(stand)
    }
}

fn above_sea(heights: Heights, undulation_m: Option<f64>) -> Option<f64> {
    let ellipsoid = || Some(heights.above_ellipsoid_m? - undulation_m?);
    heights.above_sea_m.or_else(ellipsoid)
}

impl Ground<'_> {
    /// Metres; `None` outside the model or in a hole of it.
    pub(crate) fn height(&self, place: LonLat) -> Option<f64> {
        match self {
            Self::Level(height) => Some(*height),
            Self::Grid(grid) => grid.height(place),
        }
    }

    /// How much the ground rises per metre to the north and to the east.
    pub(crate) fn slope(&self, place: LonLat) -> Option<[f64; 2]> {
        let Self::Grid(grid) = self else { return Some([0.0, 0.0]) };
        let (map, half) = (Plane::at(place), grid.cell_m() / 2.0);
        let rise = |east: f64, north: f64| {
            let there = grid.height(map.place([east, north])?)?;
            let back = grid.height(map.place([-east, -north])?)?;
            Some((there - back) / grid.cell_m())
        };
        Some([rise(0.0, half)?, rise(half, 0.0)?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(relief: &Relief, heights: Heights) -> Option<(f64, f64)> {
        let stand = relief.stand(heights)?;
        let ground = stand.ground.height(LonLat::new(120.0, 30.0).unwrap())?;
        Some((stand.camera_m, ground))
    }

    #[test]
    fn every_kind_of_height_finds_its_reference() {
        let takeoff = Heights { above_takeoff_m: Some(100.0), ..Heights::default() };
        let sea = Heights { above_sea_m: Some(130.0), ..Heights::default() };
        let ellipsoid = Heights { above_ellipsoid_m: Some(140.0), ..Heights::default() };
        let field = Relief::default();
        let known = Relief::Flat {
            above_takeoff_m: -9.0,
            above_sea_m: Some(25.0),
            undulation_m: Some(10.0),
        };
        assert_eq!(pair(&field, takeoff), Some((100.0, 0.0)));
        assert_eq!(pair(&field, sea), None);
        assert_eq!(pair(&known, takeoff), Some((100.0, -9.0)));
        assert_eq!(pair(&known, sea), Some((130.0, 25.0)));
        assert_eq!(pair(&known, ellipsoid), Some((130.0, 25.0)));
        assert_eq!(pair(&known, Heights::default()), None);
    }

    #[test]
    fn a_model_needs_to_know_where_the_take_off_was() {
        let grid = Arc::new(HeightGrid::level(LonLat::new(120.0, 30.0).unwrap(), 12.0));
        let relief =
            |takeoff| Relief::Grid { grid: Arc::clone(&grid), takeoff, undulation_m: None };
        let takeoff = Heights { above_takeoff_m: Some(100.0), ..Heights::default() };
        assert_eq!(pair(&relief(Takeoff::Unknown), takeoff), None);
        assert_eq!(pair(&relief(Takeoff::AboveSea(20.0)), takeoff), Some((120.0, 12.0)));
        let place = LonLat::new(120.0001, 30.0).unwrap();
        assert_eq!(pair(&relief(Takeoff::OnGround(place)), takeoff), Some((112.0, 12.0)));
    }
}
