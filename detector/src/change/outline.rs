//! From probabilities to regions with outlines.
//!
//! A region is pixels that hang together by their sides. Its outline runs along the edges of pixels, so that the
//! polygon with its holes is exactly as large as its pixels; then it is simplified. Pure: no pictures here.

use std::collections::BTreeMap;

use opencv::core::{Point2f, Vector};
use opencv::imgproc;

use super::likely::Likely;

/// A closed line around pixels, its first point not repeated: x to the right, y down, corners of pixels are whole
/// numbers. The outer one runs clockwise as seen, holes the other way.
pub type Ring = Vec<[f64; 2]>;

/// Pixels of a sheet that changed together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Region {
    /// Places on the sheet, ascending.
    pub(crate) pixels: Vec<usize>,
    /// The outer ring first, then holes.
    pub(crate) rings: Vec<Ring>,
    /// Mean of its pixels.
    pub(crate) probability: f64,
    /// 1 σ of where its edge lies, pixels: probability falls over so many on either side.
    pub(crate) edge_px: f64,
}

/// Outlines are drawn so near their true course, pixels.
const SIMPLIFIED_PX: f64 = 1.0;
/// An edge is never surer than this: half a pixel.
const LEAST_EDGE_PX: f64 = 0.5;
const MOST_EDGE_PX: f64 = 10.0;
/// From the threshold to this much less likely is one σ of the edge.
const EDGE_STEP: f64 = 0.25;

/// Regions that reach as far as the probability `extent` and somewhere reach `threshold`, of at least `least` pixels,
/// in the order of their first pixel; and how many were smaller. Two thresholds, as Canny's edges have: what is doubtful
/// alone belongs to what is sure beside it.
pub(crate) fn regions(
    likely: &Likely,
    threshold: f32,
    extent: f32,
    least: usize,
) -> (Vec<Region>, usize) {
    let field = Field::new(likely, extent);
    let sure = |pixels: &Vec<usize>| pixels.iter().any(|&at| likely.values[at] >= threshold);
    let (large, small): (Vec<_>, Vec<_>) =
        field.parts().into_iter().filter(sure).partition(|pixels| pixels.len() >= least);
    (large.into_iter().map(|pixels| field.region(pixels)).collect(), small.len())
}

struct Field<'a> {
    width: usize,
    height: usize,
    values: &'a [f32],
    threshold: f32,
}

impl<'a> Field<'a> {
    fn new(likely: &'a Likely, threshold: f32) -> Self {
        let (width, height) = (likely.size.width as usize, likely.size.height as usize);
        Self { width, height, values: &likely.values, threshold }
    }

    /// Pixels that hang together, each part ascending.
    fn parts(&self) -> Vec<Vec<usize>> {
        let mut open: Vec<bool> =
            self.values.iter().map(|&value| value >= self.threshold).collect();
        let mut parts = Vec::new();
        for start in 0..open.len() {
            if !open[start] {
                continue;
            }
            open[start] = false;
            let (mut pixels, mut next) = (vec![start], 0);
            while let Some(&at) = pixels.get(next) {
                next += 1;
                for beside in self.beside(at).into_iter().flatten() {
                    if open[beside] {
                        open[beside] = false;
                        pixels.push(beside);
                    }
                }
            }
            pixels.sort_unstable();
            parts.push(pixels);
        }
        parts
    }

    /// Above, to the right, below, to the left.
    fn beside(&self, at: usize) -> [Option<usize>; 4] {
        let (x, y) = (at % self.width, at / self.width);
        [
            (y > 0).then(|| at - self.width),
            (x + 1 < self.width).then(|| at + 1),
            (y + 1 < self.height).then(|| at + self.width),
            (x > 0).then(|| at - 1),
        ]
    }

    fn region(&self, pixels: Vec<usize>) -> Region {
        let sum: f64 = pixels.iter().map(|&at| f64::from(self.values[at])).sum();
        let rings = self.rings(&pixels).into_iter().filter_map(|ring| simplified(&ring));
        let mut rings: Vec<Ring> = rings.collect();
        rings.sort_by(|a, b| twice_area(b).total_cmp(&twice_area(a)));
        let probability = sum / real(pixels.len().max(1));
        Region { edge_px: self.edge_px(&pixels), probability, rings, pixels }
    }

    /// The sides of pixels that have the region on one side only, put together to rings.
    fn rings(&self, pixels: &[usize]) -> Vec<Vec<[usize; 2]>> {
        let inside = |at: Option<usize>| at.is_some_and(|at| pixels.binary_search(&at).is_ok());
        let mut sides: BTreeMap<[usize; 2], [bool; 4]> = BTreeMap::new();
        for &at in pixels {
            let (x, y) = (at % self.width, at / self.width);
            let corners = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]];
            for (way, beside) in self.beside(at).into_iter().enumerate() {
                if !inside(beside) {
                    sides.entry(corners[way]).or_default()[way] = true;
                }
            }
        }
        let mut rings = Vec::new();
        while let Some((&start, ways)) = sides.iter().next() {
            let first = ways.iter().position(|&leads| leads).unwrap_or(0);
            rings.extend(parted(walk(&mut sides, start, first)));
        }
        rings
    }

    /// How far from the threshold's course the probability has fallen by a quarter, in the median of the edge.
    fn edge_px(&self, pixels: &[usize]) -> f64 {
        let edge = pixels.iter().filter(|&&at| {
            let mut beside = self.beside(at).into_iter();
            beside.any(|at| at.is_some_and(|at| self.values[at] < self.threshold))
        });
        let mut slopes: Vec<f64> = edge.map(|&at| self.slope(at)).collect();
        slopes.sort_by(f64::total_cmp);
        // Where the sheet itself ends there is no edge to doubt.
        let median = slopes.get(slopes.len() / 2).copied().unwrap_or(f64::INFINITY);
        (EDGE_STEP / median.max(1e-6)).clamp(LEAST_EDGE_PX, MOST_EDGE_PX)
    }

    /// Change of probability per pixel.
    fn slope(&self, at: usize) -> f64 {
        let [above, right, below, left] = self.beside(at);
        let along = |from: Option<usize>, to: Option<usize>| {
            let steps = f64::from(u8::from(from.is_some()) + u8::from(to.is_some())).max(1.0);
            let [from, to] = [from, to].map(|side| f64::from(self.values[side.unwrap_or(at)]));
            (to - from) / steps
        };
        along(left, right).hypot(along(above, below))
    }
}

/// Follows sides from one corner back to it, and takes them away. Where two ways part it keeps to the same pixel, so
/// that what touches by a corner alone stays two.
fn walk(
    sides: &mut BTreeMap<[usize; 2], [bool; 4]>,
    start: [usize; 2],
    first: usize,
) -> Vec<[usize; 2]> {
    let (mut corner, mut way) = (start, first);
    let mut ring = Vec::new();
    while let Some(ways) = sides.get_mut(&corner) {
        let turns = [way + 1, way, way + 3, way + 2].map(|turn| turn % 4);
        let Some(taken) = turns.into_iter().find(|&turn| ways[turn]) else { break };
        ways[taken] = false;
        if !ways.contains(&true) {
            sides.remove(&corner);
        }
        if ring.is_empty() || taken != way {
            ring.push(corner);
        }
        way = taken;
        let [x, y] = corner;
        corner = match way {
            0 => [x + 1, y],
            1 => [x, y + 1],
            2 => [x - 1, y],
            _ => [x, y - 1],
        };
        if corner == start {
            break;
        }
    }
    ring
}

/// A ring that touches itself in a corner is as many rings.
fn parted(ring: Vec<[usize; 2]>) -> Vec<Vec<[usize; 2]>> {
    let (mut rings, mut open) = (Vec::new(), Vec::<[usize; 2]>::new());
    let mut places = BTreeMap::new();
    for corner in ring {
        if let Some(&at) = places.get(&corner) {
            let loose = open.split_off(at);
            for corner in &loose {
                places.remove(corner);
            }
            rings.push(loose);
        }
        places.insert(corner, open.len());
        open.push(corner);
    }
    rings.push(open);
    rings
}

/// Nothing for a ring so thin that nothing is left of it.
fn simplified(ring: &[[usize; 2]]) -> Option<Ring> {
    let exact: Ring = ring.iter().map(|&[x, y]| [real(x), real(y)]).collect();
    #[expect(clippy::cast_possible_truncation, reason = "corners of pixels")]
    let points: Vector<Point2f> =
        exact.iter().map(|&[x, y]| Point2f::new(x as f32, y as f32)).collect();
    let mut fewer = Vector::<Point2f>::new();
    let simple = imgproc::approx_poly_dp(&points, &mut fewer, SIMPLIFIED_PX, true).is_ok();
    let simple: Ring = if simple {
        fewer.iter().map(|point| [f64::from(point.x), f64::from(point.y)]).collect()
    } else {
        Ring::new()
    };
    // One that would turn over is small: it keeps its corners.
    let kept = simple.len() >= 3 && twice_area(&simple) * twice_area(&exact) > 0.0;
    let ring = if kept { simple } else { exact };
    (ring.len() >= 3).then_some(ring)
}

/// Positive for outer rings, negative for holes.
pub(crate) fn twice_area(ring: &[[f64; 2]]) -> f64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum()
}

#[expect(clippy::cast_precision_loss, reason = "pixels of a sheet")]
fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use domain::Size;
    use proptest::prelude::*;

    use super::*;

    /// `#` has changed.
    fn likely(rows: &[&str]) -> Likely {
        let size = Size {
            width: u32::try_from(rows[0].len()).unwrap(),
            height: u32::try_from(rows.len()).unwrap(),
        };
        let values = rows.concat().chars().map(|c| if c == '#' { 1.0 } else { 0.0 }).collect();
        Likely { size, values }
    }

    fn exact_area(field: &Field<'_>, pixels: &[usize]) -> f64 {
        let rings = field.rings(pixels).into_iter();
        let ring =
            |ring: Vec<[usize; 2]>| -> Ring { ring.into_iter().map(|p| p.map(real)).collect() };
        rings.map(|corners| twice_area(&ring(corners))).sum::<f64>() / 2.0
    }

    #[test]
    fn shapes_have_the_rings_that_are_seen() {
        for (rows, regions_expected, rings) in [
            (&["###", "###"][..], 1, 1),
            (&["####", "#..#", "####"], 1, 2),
            // By a corner alone: two.
            (&["##..", "##..", "..##", "..##"], 2, 1),
            // Two holes that touch by a corner are two.
            (&["####", "#.##", "##.#", "####"], 1, 3),
            (&["#"], 1, 1),
        ] {
            let (found, specks) = regions(&likely(rows), 0.5, 0.5, 1);
            assert_eq!((found.len(), specks), (regions_expected, 0), "{rows:?}");
            assert_eq!(found[0].rings.len(), rings, "{rows:?}: {:?}", found[0].rings);
            assert!(twice_area(&found[0].rings[0]) > 0.0);
            assert!(found[0].rings[1..].iter().all(|hole| twice_area(hole) < 0.0));
        }
    }

    #[test]
    fn specks_are_counted_not_drawn() {
        let (found, specks) = regions(&likely(&["#..##", "...##", "#...."]), 0.5, 0.5, 3);
        assert_eq!((found.len(), specks), (1, 2));
        assert_eq!(found[0].pixels, [3, 4, 8, 9]);
    }

    #[test]
    fn what_is_doubtful_belongs_to_what_is_sure_beside_it() {
        let values = vec![0.4, 0.9, 0.4, 0.1, 0.4, 0.4];
        let likely = Likely { size: Size { width: 6, height: 1 }, values };
        let (found, specks) = regions(&likely, 0.7, 0.3, 1);
        assert_eq!((found.len(), specks), (1, 0));
        assert_eq!(found[0].pixels, [0, 1, 2]);
    }

    #[test]
    fn an_edge_that_fades_is_less_sure() {
        let across = |steps: f32| {
            let value = |x: u16| (1.0 - (f32::from(x) - 20.0) / steps).clamp(0.0, 1.0);
            let row: Vec<f32> = (0..60).map(value).collect();
            let likely = Likely { size: Size { width: 60, height: 8 }, values: row.repeat(8) };
            regions(&likely, 0.5, 0.5, 1).0[0].edge_px
        };
        assert!((across(0.01) - 0.5).abs() < 1e-9);
        // Over 16 pixels from 1 to 0: a quarter is 4.
        assert!((across(16.0) - 4.0).abs() < 0.1, "{}", across(16.0));
        assert!((across(60.0) - 10.0).abs() < 1e-9, "no doubt is larger");
        assert!((across(1000.0) - 0.5).abs() < 1e-9, "what fills the sheet has no edge");
    }

    proptest! {
        #[test]
        fn a_polygon_is_as_large_as_its_pixels(
            width in 1_u32..24, cells in prop::collection::vec(0_u8..3, 24..300),
        ) {
            let height = u32::try_from(cells.len()).unwrap() / width;
            let size = Size { width, height };
            let count = (width * height) as usize;
            let values: Vec<f32> = cells[..count].iter().map(|&c| if c > 0 { 1.0 } else { 0.0 }).collect();
            let likely = Likely { size, values };
            let field = Field::new(&likely, 0.5);
            let parts = field.parts();
            let whole = likely.values.iter().filter(|value| **value > 0.5).count();
            prop_assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), whole);
            for pixels in parts {
                prop_assert!((exact_area(&field, &pixels) - real(pixels.len())).abs() < 1e-9);
                let outline: usize = field.rings(&pixels).iter().map(Vec::len).sum();
                let region = field.region(pixels);
                let simple: f64 = region.rings.iter().map(|ring| twice_area(ring)).sum::<f64>() / 2.0;
                // Each corner moves by a pixel at most.
                let room = 2.0 * real(outline) * SIMPLIFIED_PX;
                prop_assert!((simple - real(region.pixels.len())).abs() <= room);
            }
        }
    }
}
