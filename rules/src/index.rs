//! Which fences hold a point: exactly, and fast enough for every position of a city's fleet.
//!
//! Two levels of cells. A cell knows which fences cover it whole, for which nothing more is asked, and through
//! which of them a border runs, for which the polygon itself is asked. The upper level spans all fences, the
//! lower one is as fine as a cell of the upper is full, so that a fence of one far city does not make the cells
//! of another coarse. Coordinates are degrees; borders are straight in longitude and latitude, as in `GeoJSON`.
//!
//! Exact: what a cell says of a fence is found with the same robust predicate that decides about the point.

mod cells;
mod ready;

use geo::{Coord, Polygon, Rect};

use self::cells::{Cells, Covered};
pub use self::ready::Position;
use self::ready::Ready;

/// Polygons by place.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Of each polygon, in the order given.
    ready: Vec<Ready>,
    upper: Option<Upper>,
}

#[derive(Debug)]
struct Upper {
    cells: Cells,
    /// What lies below each cell through which a border runs.
    lower: Vec<Option<Cells>>,
}

/// The upper level has at most the square of this many cells.
const MOST_UPPER: usize = 256;

impl Index {
    pub(crate) fn new<'a>(polygons: impl IntoIterator<Item = &'a Polygon>) -> Self {
        let ready: Vec<Ready> = polygons.into_iter().map(Ready::new).collect();
        let all: Vec<u32> = (0u32..).zip(&ready).map(|(number, _)| number).collect();
        let upper = Ready::bounds_of(&ready).map(|bounds| {
            let wanted = (all.len().isqrt() / 2).clamp(1, MOST_UPPER);
            let cells = fitting(bounds, wanted, &all, &ready);
            let lower = (0..cells.count()).map(|cell| lower(&cells, cell, &ready)).collect();
            Upper { cells, lower }
        });
        Self { ready, upper }
    }

    /// Tells the number of every polygon that holds the point, in no particular order.
    pub(crate) fn at(&self, [x, y]: [f64; 2], mut found: impl FnMut(usize, Position)) {
        let Some(upper) = &self.upper else { return };
        let Some(cell) = upper.cells.cell(x, y) else { return };
        for (number, covered) in upper.cells.of(cell) {
            if covered == Covered::Whole {
                found(number, Position::Inside);
            }
        }
        let Some(lower) = &upper.lower[cell] else { return };
        if let Some(cell) = lower.cell(x, y) {
            lower.at(cell, Coord { x, y }, &self.ready, &mut found);
        }
    }
}

/// The finer cells of one cell.
fn lower(upper: &Cells, cell: usize, ready: &[Ready]) -> Option<Cells> {
    let partly = |(number, covered)| (covered == Covered::Partly).then_some(number);
    let numbers: Vec<u32> =
        upper.of(cell).filter_map(partly).filter_map(|number| u32::try_from(number).ok()).collect();
    if numbers.is_empty() {
        return None;
    }
    let bounds = upper.rect(cell);
    // About sixteen cells a polygon.
    Some(fitting(bounds, 4 * (numbers.len().isqrt() + 1), &numbers, ready))
}

/// Cells as many as wanted to a side; fewer where polygons lie over each other, so that memory stays bounded.
fn fitting(bounds: Rect, wanted: usize, numbers: &[u32], ready: &[Ready]) -> Cells {
    let (mut side, most) = (wanted, 32 * numbers.len() + 256);
    while side > 1 && Cells::entries(bounds, side, numbers, ready) > most {
        side /= 2;
    }
    Cells::new(bounds, side, numbers, ready)
}

/// The smallest rectangle that holds them all.
fn joined(rects: impl Iterator<Item = Rect>) -> Option<Rect> {
    rects.reduce(|a, b| {
        let min = (a.min().x.min(b.min().x), a.min().y.min(b.min().y));
        let max = (a.max().x.max(b.max().x), a.max().y.max(b.max().y));
        Rect::new(min, max)
    })
}

#[cfg(test)]
mod tests;
