//! Equal cells over a rectangle, each with the polygons that touch it, and of each border the edges within.
//!
//! A point lies on the same side of a border as the middle of its cell, if an even number of edges runs between
//! them. Both lie in the cell, so only edges that touch the cell can.

use geo::kernels::{Kernel, Orientation, RobustKernel};
use geo::{Coord, Rect};

use super::ready::{Edge, Position, Ready, small};

/// How much of a cell a polygon covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Covered {
    Whole,
    /// Its border runs through.
    Partly,
}

#[derive(Debug)]
pub(super) struct Cells {
    bounds: Rect,
    side: usize,
    /// Cells per degree.
    scale: [f64; 2],
    /// Degrees per cell.
    step: [f64; 2],
    /// `entries[starts[cell]..starts[cell + 1]]`
    starts: Vec<u32>,
    /// One more than there are, for the end of the edges of the last.
    entries: Vec<Entry>,
    edges: Vec<Edge>,
}

/// A polygon in a cell.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    number: u32,
    /// The first of its edges in this cell; the next entry has the first that is no longer its. Twice that, plus one
    /// where the middle of the cell is inside.
    edges: u32,
}

impl Entry {
    const fn first(self) -> usize {
        (self.edges >> 1) as usize
    }

    const fn middle_is_inside(self) -> bool {
        self.edges & 1 == 1
    }
}

/// A polygon in a cell, while cells are made.
struct Found {
    cell: usize,
    number: u32,
    middle_is_inside: bool,
    edges: Vec<Edge>,
}

/// Columns and rows, the last ones included.
#[derive(Clone, Copy)]
struct Span {
    west: usize,
    east: usize,
    south: usize,
    north: usize,
}

impl Span {
    const fn width(&self) -> usize {
        self.east - self.west + 1
    }

    const fn height(&self) -> usize {
        self.north - self.south + 1
    }

    const fn index(&self, column: usize, row: usize) -> usize {
        (row - self.south) * self.width() + column - self.west
    }
}

impl Cells {
    pub(super) fn new(bounds: Rect, side: usize, numbers: &[u32], ready: &[Ready]) -> Self {
        let mut cells = Self::empty(bounds, side);
        let mut found: Vec<Found> = Vec::new();
        for &number in numbers {
            cells.enter(number, &ready[number as usize], &mut found);
        }
        found.sort_by_key(|found| (found.cell, found.number));
        let mut found = found.into_iter().peekable();
        for cell in 0..cells.count() {
            while let Some(Found { number, middle_is_inside, edges, .. }) =
                found.next_if(|found| found.cell == cell)
            {
                let first = offset(cells.edges.len()).saturating_mul(2);
                let edges_of = first | u32::from(middle_is_inside);
                cells.entries.push(Entry { number, edges: edges_of });
                cells.edges.extend(edges);
            }
            cells.starts.push(offset(cells.entries.len()));
        }
        let end = offset(cells.edges.len()).saturating_mul(2);
        cells.entries.push(Entry { number: 0, edges: end });
        cells
    }

    fn empty(bounds: Rect, side: usize) -> Self {
        let extent = [bounds.width(), bounds.height()];
        let scale = extent.map(|extent| if extent > 0.0 { small(side) / extent } else { 0.0 });
        let step = extent.map(|extent| extent / small(side));
        let (starts, entries, edges) = (vec![0], Vec::new(), Vec::new());
        Self { bounds, side, scale, step, starts, entries, edges }
    }

    /// At most so many entries there would be.
    pub(super) fn entries(bounds: Rect, side: usize, numbers: &[u32], ready: &[Ready]) -> usize {
        let cells = Self::empty(bounds, side);
        let spans = numbers.iter().filter_map(|&number| ready[number as usize].bounds());
        spans.map(|rect| cells.span(rect)).map(|span| span.width() * span.height()).sum()
    }

    pub(super) const fn count(&self) -> usize {
        self.side * self.side
    }

    /// The cell that a point lies in.
    pub(super) fn cell(&self, x: f64, y: f64) -> Option<usize> {
        let (min, max) = (self.bounds.min(), self.bounds.max());
        let within = min.x <= x && x <= max.x && min.y <= y && y <= max.y;
        within.then(|| self.row(y) * self.side + self.column(x))
    }

    /// The polygons of a cell.
    pub(super) fn of(&self, cell: usize) -> impl Iterator<Item = (usize, Covered)> {
        let (from, to) = (self.starts[cell] as usize, self.starts[cell + 1] as usize);
        self.entries[from..=to].windows(2).map(|pair| {
            let edges = pair[1].first() - pair[0].first();
            let covered = if edges == 0 { Covered::Whole } else { Covered::Partly };
            (pair[0].number as usize, covered)
        })
    }

    /// Tells the number of every polygon that holds a point of this cell.
    pub(super) fn at(
        &self,
        cell: usize,
        point: Coord,
        ready: &[Ready],
        found: &mut impl FnMut(usize, Position),
    ) {
        let (from, to) = (self.starts[cell] as usize, self.starts[cell + 1] as usize);
        let middle = self.middle(cell);
        for pair in self.entries[from..=to].windows(2) {
            let number = pair[0].number as usize;
            let edges = &self.edges[pair[0].first()..pair[1].first()];
            let inside = pair[0].middle_is_inside();
            let position = match crossings(middle, point, edges) {
                Some(odd) => (odd != inside).then_some(Position::Inside),
                None => ready[number].position([point.x, point.y]),
            };
            if let Some(position) = position {
                found(number, position);
            }
        }
    }

    fn middle(&self, cell: usize) -> Coord {
        let (column, row) = (cell % self.side, cell / self.side);
        Coord {
            x: self.bounds.min().x + self.step[0] * (small(column) + 0.5),
            y: self.bounds.min().y + self.step[1] * (small(row) + 0.5),
        }
    }

    fn column(&self, x: f64) -> usize {
        self.along((x - self.bounds.min().x) * self.scale[0])
    }

    fn row(&self, y: f64) -> usize {
        self.along((y - self.bounds.min().y) * self.scale[1])
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is negative lies in the first cell, what is too large in the last"
    )]
    fn along(&self, cells: f64) -> usize {
        (cells as usize).min(self.side - 1)
    }

    fn span(&self, rect: Rect) -> Span {
        // One more on each side: a cell may reach a rounding error further than it should.
        Span {
            west: self.column(rect.min().x).saturating_sub(1),
            east: (self.column(rect.max().x) + 1).min(self.side - 1),
            south: self.row(rect.min().y).saturating_sub(1),
            north: (self.row(rect.max().y) + 1).min(self.side - 1),
        }
    }

    /// The ground of a cell, and a rounding error more.
    pub(super) fn rect(&self, cell: usize) -> Rect {
        let (column, row) = (cell % self.side, cell / self.side);
        let ends = |from: f64, step: f64, number: usize| {
            let slack = step * 1e-6 + from.abs() * 1e-15;
            [from + step * small(number) - slack, from + step * small(number + 1) + slack]
        };
        let [west, east] = ends(self.bounds.min().x, self.step[0], column);
        let [south, north] = ends(self.bounds.min().y, self.step[1], row);
        Rect::new((west, south), (east, north))
    }

    fn enter(&self, number: u32, ready: &Ready, found: &mut Vec<Found>) {
        let Some(bounds) = ready.bounds() else { return };
        let span = self.span(bounds);
        let mut border = self.border(span, ready);
        for row in span.south..=span.north {
            let mut whole = None;
            for column in span.west..=span.east {
                let cell = row * self.side + column;
                let edges = std::mem::take(&mut border[span.index(column, row)]);
                let inside = || {
                    let Coord { x, y } = self.middle(cell);
                    ready.position([x, y]) == Some(Position::Inside)
                };
                if !edges.is_empty() {
                    whole = None;
                    found.push(Found { cell, number, middle_is_inside: inside(), edges });
                    continue;
                }
                // No border runs between neighbours without one: they lie on the same side of it.
                if *whole.get_or_insert_with(inside) {
                    found.push(Found { cell, number, middle_is_inside: true, edges });
                }
            }
        }
    }

    /// For each cell of the span the edges that touch it.
    fn border(&self, span: Span, ready: &Ready) -> Vec<Vec<Edge>> {
        let mut border = vec![Vec::new(); span.width() * span.height()];
        for edge in ready.edges() {
            let min = (edge.a.x.min(edge.b.x), edge.a.y.min(edge.b.y));
            let max = (edge.a.x.max(edge.b.x), edge.a.y.max(edge.b.y));
            let near = self.span(Rect::new(min, max));
            for row in near.south.max(span.south)..=near.north.min(span.north) {
                for column in near.west.max(span.west)..=near.east.min(span.east) {
                    if touches(edge, self.rect(row * self.side + column)) {
                        border[span.index(column, row)].push(edge);
                    }
                }
            }
        }
        border
    }
}

/// A layer has at most 2³² edges in its cells; what lies beyond would be a layer that no machine holds.
fn offset(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether an odd number of edges runs between two points; `None` where an end of one lies in line with the other,
/// so that it cannot be told so simply.
fn crossings(from: Coord, to: Coord, edges: &[Edge]) -> Option<bool> {
    let (west, east) = (from.x.min(to.x), from.x.max(to.x));
    let (south, north) = (from.y.min(to.y), from.y.max(to.y));
    let mut odd = false;
    for &Edge { a, b } in edges {
        if (a.x < west && b.x < west)
            || (a.x > east && b.x > east)
            || (a.y < south && b.y < south)
            || (a.y > north && b.y > north)
        {
            continue;
        }
        let apart = |p, q, one, other| {
            let (one, other) =
                (RobustKernel::orient2d(p, q, one), RobustKernel::orient2d(p, q, other));
            let told = one != Orientation::Collinear && other != Orientation::Collinear;
            told.then_some(one != other)
        };
        odd ^= apart(a, b, from, to)? && apart(from, to, a, b)?;
    }
    Some(odd)
}

/// Whether an edge touches a rectangle: their bounds do, and its corners are not all on one side of the edge.
fn touches(Edge { a, b }: Edge, rect: Rect) -> bool {
    let (min, max) = (rect.min(), rect.max());
    if a.x.max(b.x) < min.x || a.x.min(b.x) > max.x || a.y.max(b.y) < min.y || a.y.min(b.y) > max.y
    {
        return false;
    }
    let corners = [min, Coord { x: max.x, y: min.y }, max, Coord { x: min.x, y: max.y }];
    let first = RobustKernel::orient2d(a, b, corners[0]);
    first == Orientation::Collinear
        || corners.iter().any(|&corner| RobustKernel::orient2d(a, b, corner) != first)
}
