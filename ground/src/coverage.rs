//! What was really looked at: footprints joined to one area, and a fence's share in it.
//!
//! Areas are ellipsoidal to 1 part in 10⁶ within 9 km of the first footprint's meridian: the plane is
//! transverse Mercator around it. Rings and fences are [lon, lat]; what is no ring is left out.

use domain::{GroundLook, LonLat};
use geo::{
    Area, BooleanOps, BoundingRect, Coord, Euclidean, Intersects, Length, LineString, MultiPolygon,
    Orient, Polygon, Simplify, orient::Direction, unary_union,
};
use jiff::Timestamp;

use crate::mercator::{Mercator, NorthEast};

/// Polygons as `GeoJSON` writes a `MultiPolygon`: each an outer ring, counter-clockwise, then its
/// holes; rings closed, points [lon, lat].
pub type MultiRings = Vec<Vec<Vec<[f64; 2]>>>;

/// Ground that was seen at least once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Coverage {
    pub area_m2: f64,
    pub polygons: MultiRings,
}

/// How much of a fence was looked at, and when.
#[expect(clippy::struct_field_names, reason = "the share is the one thing asked for")]
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Share {
    /// Of the fence's area, 0..=1.
    pub share: f64,
    /// When a part of it was last in view.
    pub last_seen: Option<Timestamp>,
    /// When nearly all of it ([`Share::WHOLE`]) was last in one view: what "it was empty" can rest on.
    pub whole_seen: Option<Timestamp>,
    /// Ground sampling distance at `last_seen`, cm a pixel.
    pub gsd_cm: Option<f64>,
    /// The finest of all looks at it, cm a pixel.
    pub best_gsd_cm: Option<f64>,
    /// What nobody looked at.
    pub gaps: MultiRings,
}

impl Share {
    /// The part of a fence that must be in view to count as all of it.
    pub const WHOLE: f64 = 0.98;
    /// Less of a fence, and of a look, is not called seen.
    const PART: f64 = 0.01;
}

/// Joins what was looked at.
pub fn coverage(looks: &[GroundLook]) -> Coverage {
    let Some(map) = Map::of(looks.iter().flat_map(|look| &look.ring)) else {
        return Coverage::default();
    };
    let seen = join(&distinct(looks.iter().filter_map(|look| map.polygon(&[&look.ring]))));
    Coverage { area_m2: seen.unsigned_area(), polygons: map.rings(&seen) }
}

/// How much of a fence, its outer ring first and then its holes, was looked at. `None` for a fence
/// without an area.
pub fn share_of(fence: &[Vec<[f64; 2]>], looks: &[GroundLook]) -> Option<Share> {
    let map = Map::of(fence.iter().flatten())?;
    let rings: Vec<&Vec<[f64; 2]>> = fence.iter().collect();
    let around = Bounds::of(fence.first()?);
    let fence = map.polygon(&rings)?;
    let whole = fence.unsigned_area();
    let near: Vec<(&GroundLook, Polygon)> = looks
        .iter()
        .filter(|look| around.touches(&Bounds::of(&look.ring)))
        .filter_map(|look| Some((look, map.polygon(&[&look.ring])?)))
        .filter(|(_, polygon)| polygon.intersects(&fence))
        .collect();
    let mut share = Share::default();
    for (look, polygon) in &near {
        let both = polygon.intersection(&fence).unsigned_area();
        // Of a large fence no look shows a large part, and of a small one no look is full.
        if both >= Share::PART * whole.min(polygon.unsigned_area()) {
            share.note(look, both / whole);
        }
    }
    let seen = join(&distinct(near.into_iter().map(|(_, polygon)| polygon)));
    let mut gaps = fence.difference(&seen);
    gaps.0.retain(is_broad);
    share.share = (1.0 - gaps.unsigned_area() / whole).clamp(0.0, 1.0);
    share.gaps = map.rings(&gaps);
    Some(share)
}

impl Share {
    fn note(&mut self, look: &GroundLook, part: f64) {
        if self.last_seen.is_none_or(|last| look.at >= last) {
            self.last_seen = Some(look.at);
            self.gsd_cm = Some(look.gsd_cm);
        }
        if part >= Self::WHOLE {
            self.whole_seen = self.whole_seen.max(Some(look.at));
        }
        self.best_gsd_cm = Some(self.best_gsd_cm.map_or(look.gsd_cm, |best| best.min(look.gsd_cm)));
    }
}

/// Thinner pieces are left over where a fence and a footprint share an edge, metres.
const SLIVER_M: f64 = 0.05;

fn is_broad(polygon: &Polygon) -> bool {
    let around = Euclidean.length(polygon.exterior());
    2.0 * polygon.unsigned_area() > SLIVER_M * around
}

/// Moved by less than this part of its size, a footprint is that of the one before.
const SAME: f64 = 0.01;

/// Leaves out footprints that are nearly the last one kept, as a hovering camera makes them.
fn distinct(polygons: impl Iterator<Item = Polygon>) -> Vec<Polygon> {
    let mut kept: Vec<Polygon> = Vec::new();
    for polygon in polygons {
        if !kept.last().is_some_and(|last| nearly(last, &polygon)) {
            kept.push(polygon);
        }
    }
    let thinned = |polygon: Polygon| polygon.simplify(size(&polygon) * SAME / 5.0);
    kept.into_iter().map(thinned).collect()
}

fn nearly(a: &Polygon, b: &Polygon) -> bool {
    let (a, b, tolerance) = (&a.exterior().0, &b.exterior().0, size(a) * SAME);
    a.len() == b.len() && a.iter().zip(b).all(|(p, q)| (p.x - q.x).hypot(p.y - q.y) <= tolerance)
}

fn size(polygon: &Polygon) -> f64 {
    polygon.bounding_rect().map_or(0.0, |rect| rect.width().hypot(rect.height()))
}

/// Joined a few at a time: neighbours in time overlap, and their inner edges are gone early.
fn join(polygons: &[Polygon]) -> MultiPolygon {
    let mut parts: Vec<MultiPolygon> = polygons.chunks(16).map(unary_union).collect();
    while parts.len() > 1 {
        parts = parts.chunks(8).map(unary_union).collect();
    }
    parts.pop().unwrap_or_else(|| MultiPolygon::new(Vec::new()))
}

/// West, south, east and north of a ring, degrees: asked before anything dearer.
struct Bounds([f64; 4]);

impl Bounds {
    fn of(ring: &[[f64; 2]]) -> Self {
        let none = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        Self(ring.iter().fold(none, |[west, south, east, north], &[lon, lat]| {
            [west.min(lon), south.min(lat), east.max(lon), north.max(lat)]
        }))
    }

    fn touches(&self, other: &Self) -> bool {
        let (Self([west, south, east, north]), Self([w, s, e, n])) = (self, other);
        west <= e && w <= east && south <= n && s <= north
    }
}

/// The plane on which areas are joined.
struct Map {
    plane: Mercator,
    /// Taken off, so that numbers stay small.
    origin: NorthEast,
}

impl Map {
    fn of<'a>(mut points: impl Iterator<Item = &'a [f64; 2]>) -> Option<Self> {
        let first = points.find_map(|&[lon, lat]| LonLat::new(lon, lat))?;
        let plane = Mercator::around(first.lon());
        Some(Self { plane, origin: plane.forward(first) })
    }

    fn point(&self, [lon, lat]: [f64; 2]) -> Option<Coord> {
        let at = self.plane.forward(LonLat::new(lon, lat)?);
        let (x, y) = (at.east - self.origin.east, at.north - self.origin.north);
        (x.is_finite() && y.is_finite()).then_some(Coord { x, y })
    }

    /// `None` for rings without an area, or with a point that is no place.
    fn polygon(&self, rings: &[&Vec<[f64; 2]>]) -> Option<Polygon> {
        let line = |ring: &&Vec<[f64; 2]>| -> Option<LineString> {
            ring.iter().map(|&point| self.point(point)).collect()
        };
        let mut lines = rings.iter().map(line).collect::<Option<Vec<_>>>()?.into_iter();
        let polygon = Polygon::new(lines.next()?, lines.collect()).orient(Direction::Default);
        let real = polygon.exterior().0.len() >= 4 && polygon.unsigned_area() > 1e-6;
        real.then_some(polygon)
    }

    fn rings(&self, polygons: &MultiPolygon) -> MultiRings {
        let ring = |line: &LineString| line.0.iter().filter_map(|&at| self.lonlat(at)).collect();
        let polygons = polygons.orient(Direction::Default);
        let rings = |polygon: &Polygon| {
            std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring).collect()
        };
        polygons.0.iter().map(rings).collect()
    }

    fn lonlat(&self, at: Coord) -> Option<[f64; 2]> {
        let (north, east) = (at.y + self.origin.north, at.x + self.origin.east);
        let place = self.plane.inverse(NorthEast { north, east })?;
        Some([place.lon(), place.lat()])
    }
}

#[cfg(test)]
mod tests {
    use domain::Plane;

    use super::*;

    fn plane() -> Plane {
        Plane::at(LonLat::new(120.0868, 30.8943).unwrap())
    }

    fn square([east, north]: [f64; 2], side: f64) -> Vec<[f64; 2]> {
        let corners = [[0.0, 0.0], [side, 0.0], [side, side], [0.0, side], [0.0, 0.0]];
        let place = |[e, n]: [f64; 2]| plane().place([east + e, north + n]).unwrap();
        corners.map(place).map(|p| [p.lon(), p.lat()]).to_vec()
    }

    fn look(second: i64, at: [f64; 2], side: f64) -> GroundLook {
        GroundLook {
            at: Timestamp::from_second(1_718_433_000 + second).unwrap(),
            media: 0,
            media_s: 0.0,
            ring: square(at, side),
            gsd_cm: 2.0 + side / 100.0,
            objects: 0,
            empty: Vec::new(),
        }
    }

    #[test]
    fn overlaps_count_once() {
        let looks =
            [look(0, [0.0, 0.0], 100.0), look(1, [50.0, 0.0], 100.0), look(2, [400.0, 0.0], 50.0)];
        let seen = coverage(&looks);
        assert!((seen.area_m2 - 17_500.0).abs() < 2.0, "{}", seen.area_m2);
        assert_eq!(seen.polygons.len(), 2);
        assert_eq!(seen.polygons[0][0].first(), seen.polygons[0][0].last());
        assert_eq!(coverage(&[]), Coverage::default());
    }

    #[test]
    fn a_fence_knows_when_it_was_seen_and_where_not() {
        let fence = [square([0.0, 0.0], 100.0), square([40.0, 40.0], 20.0)];
        let looks = [
            look(0, [-50.0, -50.0], 300.0),
            look(60, [-50.0, 0.0], 100.0),
            look(90, [99.9, 0.0], 100.0),
            look(120, [500.0, 0.0], 100.0),
        ];
        let city = [square([-5000.0, -5000.0], 10_000.0)];
        assert_eq!(share_of(&city, &looks).unwrap().last_seen, Some(looks[3].at));
        let share = share_of(&fence, &looks[1..]).unwrap();
        // Half of the fence, less half of its hole; the third look shows 10 m² only.
        let part = (5000.0 - 200.0 + 10.0) / 9600.0;
        assert!((share.share - part).abs() < 1e-3, "{}", share.share);
        assert_eq!(share.last_seen, Some(looks[1].at));
        assert_eq!(share.whole_seen, None);
        assert_eq!(share.gaps.len(), 1);
        let all = share_of(&fence, &looks).unwrap();
        assert!((all.share - 1.0).abs() < 1e-9);
        assert_eq!(all.whole_seen, Some(looks[0].at));
        assert_eq!((all.gsd_cm, all.best_gsd_cm), (Some(3.0), Some(3.0)));
        assert!(all.gaps.is_empty());
    }

    #[test]
    fn what_is_no_ring_is_left_out() {
        let mut broken = look(0, [0.0, 0.0], 100.0);
        broken.ring[2] = [f64::NAN, 30.0];
        let flat = GroundLook { ring: vec![[120.0, 30.0]; 5], ..look(0, [0.0, 0.0], 1.0) };
        let seen = coverage(&[broken, flat, look(0, [0.0, 0.0], 100.0)]);
        assert!((seen.area_m2 - 10_000.0).abs() < 1.0, "{}", seen.area_m2);
        assert_eq!(share_of(&[], &[]), None);
        assert_eq!(share_of(&[vec![[120.0, 30.0]; 5]], &[]), None);
    }

    /// An hour and a half of video along a lawn mower's path.
    #[test]
    fn thousands_of_footprints_are_joined() {
        let looks: Vec<GroundLook> = (0..5000u32)
            .map(|i| {
                let (lane, step) = (f64::from(i / 100), f64::from(i % 100));
                look(i.into(), [step * 10.0, lane * 40.0], 80.0)
            })
            .collect();
        let seen = coverage(&looks);
        let area = (990.0 + 80.0) * (49.0 * 40.0 + 80.0);
        assert!((seen.area_m2 / area - 1.0).abs() < 1e-3, "{} of {area}", seen.area_m2);
        assert_eq!(seen.polygons.len(), 1);
    }

    #[test]
    fn hovering_adds_nothing() {
        let hover: Vec<GroundLook> =
            (0..300u32).map(|i| look(i.into(), [f64::from(i % 3) * 0.3, 0.0], 80.0)).collect();
        let polygons = |looks: &[GroundLook]| {
            let map = Map::of(looks[0].ring.iter()).unwrap();
            distinct(looks.iter().filter_map(|look| map.polygon(&[&look.ring]))).len()
        };
        assert_eq!(polygons(&hover), 1);
        let creeping: Vec<GroundLook> =
            (0..300u32).map(|i| look(i.into(), [f64::from(i) * 0.3, 0.0], 80.0)).collect();
        assert!(polygons(&creeping) > 50, "slow flight is not lost");
    }
}
