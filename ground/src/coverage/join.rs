//! Many footprints to one area.

use geo::{
    Area, BoundingRect, Coord, Euclidean, Length, MultiPolygon, Polygon, Rect, Simplify,
    unary_union,
};

/// Footprints of one neighbourhood, joined.
#[derive(Debug)]
pub(super) struct Tile {
    pub(super) area: MultiPolygon,
    pub(super) bounds: Rect,
}

/// Footprints that are joined at once.
const AT_ONCE: usize = 24;
/// Tiles that are joined at once.
const TILES: usize = 8;

/// Joined neighbourhood by neighbourhood, where inner edges are gone early. Tiles that follow one
/// another lie beside one another.
pub(super) fn tiles(footprints: Vec<Polygon>) -> Vec<Tile> {
    let placed = footprints.into_iter().filter_map(|polygon| Some((middle(&polygon)?, polygon)));
    let mut placed: Vec<(Coord, Polygon)> = placed.collect();
    let mut tiles = Vec::new();
    split(&mut placed, &mut tiles);
    tiles
}

fn split(placed: &mut [(Coord, Polygon)], tiles: &mut Vec<Tile>) {
    if placed.len() <= AT_ONCE {
        let area = unary_union(placed.iter().map(|(_, polygon)| polygon));
        tiles.extend(area.bounding_rect().map(|bounds| Tile { area, bounds }));
        return;
    }
    let wide = {
        let spread = |axis: fn(&Coord) -> f64| {
            let (low, high) = placed.iter().fold((f64::MAX, f64::MIN), |(low, high), (at, _)| {
                (low.min(axis(at)), high.max(axis(at)))
            });
            high - low
        };
        spread(|at| at.x) >= spread(|at| at.y)
    };
    let axis = |at: &Coord| if wide { at.x } else { at.y };
    let half = placed.len() / 2;
    placed.select_nth_unstable_by(half, |(a, _), (b, _)| axis(a).total_cmp(&axis(b)));
    let (low, high) = placed.split_at_mut(half);
    split(low, tiles);
    split(high, tiles);
}

fn middle(polygon: &Polygon) -> Option<Coord> {
    polygon.bounding_rect().map(geo::Rect::center)
}

pub(super) fn joined<'a>(tiles: impl Iterator<Item = &'a Tile>) -> MultiPolygon {
    let tiles: Vec<&MultiPolygon> = tiles.map(|tile| &tile.area).collect();
    let mut parts: Vec<MultiPolygon> = tiles.chunks(TILES).map(unite).collect();
    while parts.len() > 1 {
        parts = parts.chunks(TILES).map(|part| unite(&part.iter().collect::<Vec<_>>())).collect();
    }
    parts.pop().unwrap_or_else(|| MultiPolygon::new(Vec::new()))
}

fn unite(parts: &[&MultiPolygon]) -> MultiPolygon {
    match parts {
        [one] => (*one).clone(),
        many => unary_union(many.iter().copied()),
    }
}

/// Thinner pieces are left over where a fence and a footprint share an edge, metres.
const SLIVER_M: f64 = 0.05;

pub(super) fn is_broad(polygon: &Polygon) -> bool {
    let around = Euclidean.length(polygon.exterior());
    2.0 * polygon.unsigned_area() > SLIVER_M * around
}

/// Moved by less than this part of its size, a footprint is that of the one before.
const SAME: f64 = 0.01;

/// Leaves out footprints that are nearly the last one kept, as a hovering camera makes them.
pub(super) fn distinct<'a>(polygons: impl Iterator<Item = &'a Polygon>) -> Vec<Polygon> {
    let mut kept: Vec<&Polygon> = Vec::new();
    for polygon in polygons {
        if !kept.last().is_some_and(|last| nearly(last, polygon)) {
            kept.push(polygon);
        }
    }
    let thinned = |polygon: &Polygon| polygon.simplify(size(polygon) * SAME / 5.0);
    kept.into_iter().map(thinned).collect()
}

fn nearly(a: &Polygon, b: &Polygon) -> bool {
    let (a, b, tolerance) = (&a.exterior().0, &b.exterior().0, size(a) * SAME);
    a.len() == b.len() && a.iter().zip(b).all(|(p, q)| (p.x - q.x).hypot(p.y - q.y) <= tolerance)
}

fn size(polygon: &Polygon) -> f64 {
    polygon.bounding_rect().map_or(0.0, |rect| rect.width().hypot(rect.height()))
}
