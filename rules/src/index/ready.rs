//! A polygon made ready to be asked about many points: its edges sorted into level bands.

use geo::kernels::{Kernel, Orientation, RobustKernel};
use geo::{BoundingRect, Coord, LinesIter, Polygon, Rect};

/// How a point lies to a polygon that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    Inside,
    /// Exactly on an edge: inside for `covers`, not for `contains`.
    Border,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) a: Coord,
    pub(super) b: Coord,
}

/// The edges of all rings, by bands from south to north. An edge is in every band that it touches.
#[derive(Debug)]
pub(super) struct Ready {
    bounds: Option<Rect>,
    south: f64,
    bands_per_degree: f64,
    /// `edges[starts[band]..starts[band + 1]]`
    starts: Vec<u32>,
    edges: Vec<Edge>,
}

impl Ready {
    /// About four edges a band.
    pub(super) fn new(polygon: &Polygon) -> Self {
        let edges: Vec<Edge> =
            polygon.lines_iter().map(|line| Edge { a: line.start, b: line.end }).collect();
        let bounds = polygon.bounding_rect();
        let (south, height) = bounds.map_or((0.0, 0.0), |b| (b.min().y, b.height()));
        let count = (edges.len() / 4).clamp(1, 4096);
        let bands_per_degree = if height > 0.0 { small(count) / height } else { 0.0 };
        let mut ready =
            Self { bounds, south, bands_per_degree, starts: vec![0], edges: Vec::new() };
        let mut bands = vec![Vec::new(); count];
        for edge in edges {
            let from = ready.band(edge.a.y.min(edge.b.y), count);
            let to = ready.band(edge.a.y.max(edge.b.y), count);
            bands[from..=to].iter_mut().for_each(|band| band.push(edge));
        }
        for band in bands {
            ready.edges.extend(band);
            ready.starts.push(u32::try_from(ready.edges.len()).unwrap_or(u32::MAX));
        }
        ready
    }

    pub(super) fn bounds_of(all: &[Self]) -> Option<Rect> {
        super::joined(all.iter().filter_map(|ready| ready.bounds))
    }

    pub(super) const fn bounds(&self) -> Option<Rect> {
        self.bounds
    }

    /// Every edge once: in the band where its southern end is.
    pub(super) fn edges(&self) -> impl Iterator<Item = Edge> {
        let count = self.starts.len() - 1;
        let bands = (0..count)
            .map(|band| (band, self.starts[band] as usize, self.starts[band + 1] as usize));
        bands.flat_map(move |(band, from, to)| {
            let begins = move |edge: &&Edge| self.band(edge.a.y.min(edge.b.y), count) == band;
            self.edges[from..to].iter().filter(begins).copied()
        })
    }

    /// The same for a point as for an edge that ends there: rounding moves both alike.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a negative number or none is the first band, one too large the last"
    )]
    fn band(&self, y: f64, count: usize) -> usize {
        (((y - self.south) * self.bands_per_degree) as usize).min(count - 1)
    }

    /// Where the point lies, unless that is outside.
    ///
    /// Counts the edges to its east, of which each holds its southern end and not its northern one, so that a corner
    /// counts once.
    pub(super) fn position(&self, [x, y]: [f64; 2]) -> Option<Position> {
        let bounds = self.bounds?;
        let within = bounds.min().x <= x && x <= bounds.max().x;
        if !within || y < bounds.min().y || bounds.max().y < y {
            return None;
        }
        let band = self.band(y, self.starts.len() - 1);
        let (from, to) = (self.starts[band] as usize, self.starts[band + 1] as usize);
        let point = Coord { x, y };
        let mut inside = false;
        for &Edge { a, b } in &self.edges[from..to] {
            if (a.y < y && b.y < y) || (a.y > y && b.y > y) || (a.x < x && b.x < x) {
                continue;
            }
            let straddles = (a.y > y) != (b.y > y);
            if straddles && a.x > x && b.x > x {
                inside = !inside;
                continue;
            }
            match RobustKernel::orient2d(a, b, point) {
                Orientation::Collinear if between(a.x, x, b.x) => return Some(Position::Border),
                Orientation::CounterClockwise if straddles && b.y > a.y => inside = !inside,
                Orientation::Clockwise if straddles && b.y < a.y => inside = !inside,
                _ => {}
            }
        }
        inside.then_some(Position::Inside)
    }
}

/// The heights are known to fit already.
fn between(a: f64, x: f64, b: f64) -> bool {
    (a <= x && x <= b) || (b <= x && x <= a)
}

/// Counts here are far below 2⁵².
#[expect(clippy::cast_precision_loss, reason = "see above")]
pub(super) const fn small(count: usize) -> f64 {
    count as f64
}
