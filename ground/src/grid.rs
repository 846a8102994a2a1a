//! A raster of ground heights, and the height between its cells.

use domain::LonLat;

use crate::crs::Crs;

/// Heights above the sea on a regular raster, metres.
#[derive(Debug, Clone, PartialEq)]
pub struct HeightGrid {
    width: usize,
    height: usize,
    /// Rows from the top; NaN where nothing is known.
    cells: Vec<f32>,
    crs: Crs,
    to_cell: Affine,
    cell_m: f64,
    lowest: f64,
    highest: f64,
}

/// Takes columns and rows to coordinates: the origin and what one column and one row add.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Affine {
    pub(crate) column: [f64; 2],
    pub(crate) row: [f64; 2],
    pub(crate) origin: [f64; 2],
}

impl Affine {
    pub(crate) fn apply(&self, column: f64, row: f64) -> (f64, f64) {
        let Self { column: right, row: down, origin } = self;
        (
            right[0] * column + down[0] * row + origin[0],
            right[1] * column + down[1] * row + origin[1],
        )
    }

    pub(crate) fn inverse(&self) -> Option<Self> {
        let Self { column: right, row: down, origin } = self;
        let det = right[0] * down[1] - down[0] * right[1];
        let turned = Self {
            column: [down[1] / det, -right[1] / det],
            row: [-down[0] / det, right[0] / det],
            origin: [0.0, 0.0],
        };
        let (column, row) = turned.apply(origin[0], origin[1]);
        let numbers = turned.column.iter().chain(&turned.row).chain([&column, &row]);
        numbers.copied().all(f64::is_finite).then_some(Self { origin: [-column, -row], ..turned })
    }
}

impl HeightGrid {
    /// `to_model` takes the middle of a cell (column, row, from 0) to coordinates of `crs`. `None`
    /// when cells are missing, none has a height, or the raster has no extent.
    pub(crate) fn new(
        [width, height]: [usize; 2],
        cells: Vec<f32>,
        crs: Crs,
        to_model: Affine,
    ) -> Option<Self> {
        let (lowest, highest) = cells
            .iter()
            .filter(|h| h.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &h| {
                (low.min(f64::from(h)), high.max(f64::from(h)))
            });
        let cell_m = crs.metres_per_unit(to_model.apply(0.0, 0.0))
            * length(to_model.column).min(length(to_model.row));
        let whole = cells.len() == width.checked_mul(height)? && lowest <= highest;
        let to_cell = to_model.inverse()?;
        (whole && cell_m.is_finite() && cell_m > 0.0).then_some(Self {
            width,
            height,
            cells,
            crs,
            to_cell,
            cell_m,
            lowest,
            highest,
        })
    }

    /// The ground's height, between the middles of four cells. `None` outside, and beside a hole.
    pub fn height(&self, place: LonLat) -> Option<f64> {
        let (x, y) = self.crs.forward(place);
        let (column, row) = self.to_cell.apply(x, y);
        // Half a cell beyond the outer middles still belongs to the outer cells.
        let (right, bottom) = (real(self.width) - 1.0, real(self.height) - 1.0);
        let inside = column >= -0.5 && row >= -0.5 && column <= right + 0.5 && row <= bottom + 0.5;
        if !inside {
            return None;
        }
        let (column, row) = (settled(column.clamp(0.0, right)), settled(row.clamp(0.0, bottom)));
        let (left, top) = (column.floor(), row.floor());
        let (across, down) = (column - left, row - top);
        let upper = self.between(left, top, across)?;
        if down <= 0.0 {
            return Some(upper);
        }
        Some(upper * (1.0 - down) + self.between(left, top + 1.0, across)? * down)
    }

    /// The shorter side of a cell, metres.
    pub const fn cell_m(&self) -> f64 {
        self.cell_m
    }

    /// Lowest and highest ground, metres.
    pub const fn range_m(&self) -> [f64; 2] {
        [self.lowest, self.highest]
    }

    fn between(&self, left: f64, row: f64, across: f64) -> Option<f64> {
        let here = self.cell(left, row)?;
        if across <= 0.0 {
            return Some(here);
        }
        Some(here * (1.0 - across) + self.cell(left + 1.0, row)? * across)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the caller clamps to the raster"
    )]
    fn cell(&self, column: f64, row: f64) -> Option<f64> {
        let (column, row) = (column as usize, row as usize);
        let height = *self.cells.get(row * self.width + column)?;
        height.is_finite().then(|| f64::from(height))
    }
}

/// So near the middle of a cell, the cells beside it have no say: one may be a hole.
const MIDDLE: f64 = 1e-4;

fn settled(at: f64) -> f64 {
    let middle = at.round();
    if (at - middle).abs() <= MIDDLE { middle } else { at }
}

fn length([x, y]: [f64; 2]) -> f64 {
    x.hypot(y)
}

#[expect(clippy::cast_precision_loss, reason = "sides of a raster are far below 2^53")]
fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mercator::Mercator;

    impl HeightGrid {
        /// 2 km × 2 km of level ground around a place.
        pub(crate) fn level(around: LonLat, height: f64) -> Self {
            Self::shaped(around, 200, |_, _| height)
        }

        /// 2 km × 2 km of shaped ground in `side` × `side` cells: height by east and north of `around`.
        #[expect(clippy::cast_possible_truncation, reason = "heights are stored as f32")]
        pub(crate) fn shaped(around: LonLat, side: u32, height: impl Fn(f64, f64) -> f64) -> Self {
            let plane = Mercator::around(around.lon());
            let centre = plane.forward(around);
            let cell_m = 2000.0 / f64::from(side);
            let middle = 1000.0 - cell_m / 2.0;
            let away = |cell: u32| f64::from(cell) * cell_m - middle;
            let height = &height;
            let row = |row| (0..side).map(move |cell| height(away(cell), -away(row)) as f32);
            let cells = (0..side).flat_map(row).collect();
            let origin = [centre.east - middle, centre.north + middle];
            let to_model = Affine { column: [cell_m, 0.0], row: [0.0, -cell_m], origin };
            Self::new([side as usize; 2], cells, Crs::Plane(plane), to_model).unwrap()
        }
    }

    #[test]
    fn heights_between_cells_and_beside_holes() {
        let degrees = Affine { column: [0.001, 0.0], row: [0.0, -0.001], origin: [120.0, 30.0] };
        let cells = vec![0.0, 10.0, 20.0, 30.0, 40.0, f32::NAN];
        let grid = HeightGrid::new([3, 2], cells, Crs::Degrees, degrees).unwrap();
        let at = |lon, lat| grid.height(LonLat::new(lon, lat).unwrap());
        let near = |a: Option<f64>, b: f64| a.is_some_and(|a| (a - b).abs() < 1e-6);
        assert!(near(at(120.0, 30.0), 0.0));
        assert!(near(at(120.0005, 29.9995), 20.0));
        assert!(near(at(120.0015, 30.0), 15.0));
        assert_eq!(at(120.0015, 29.9995), None, "beside the hole");
        assert!(near(at(120.001 + 4e-8, 29.999), 40.0), "the middle of a cell beside the hole");
        assert!(near(at(119.9996, 30.0004), 0.0), "the outer half of a cell");
        assert_eq!(at(119.9994, 30.0), None);
        assert!((grid.cell_m() - 96.5).abs() < 0.5, "{}", grid.cell_m());
    }

    #[test]
    fn a_raster_without_ground_is_none() {
        let unit = Affine { column: [1.0, 0.0], row: [0.0, -1.0], origin: [0.0, 0.0] };
        assert_eq!(HeightGrid::new([1, 1], vec![f32::NAN], Crs::Degrees, unit), None);
        assert_eq!(HeightGrid::new([2, 1], vec![1.0], Crs::Degrees, unit), None);
        let flat = Affine { column: [0.0; 2], row: [0.0; 2], origin: [0.0; 2] };
        assert_eq!(HeightGrid::new([1, 1], vec![1.0], Crs::Degrees, flat), None);
    }
}
