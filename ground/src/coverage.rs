//! What was really looked at: footprints joined to one area, and a fence's share in it.
//!
//! All lies on one plane, transverse Mercator around the first footprint's meridian: areas are ellipsoidal to
//! 1 part in 10⁶ within 9 km of it and 1 in 10⁴ within 90 km; shares do not depend on it. Rings and fences are
//! [lon, lat]; what is no ring is left out.

mod join;
mod sheet;

use domain::GroundLook;
use geo::{Area, BooleanOps, BoundingRect, Intersects, MultiPolygon, Polygon, Rect};
use jiff::Timestamp;
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Rectangle},
};

use join::Tile;
use sheet::Sheet;

pub use sheet::geojson_rings;

/// Polygons as `GeoJSON` writes a `MultiPolygon`: each an outer ring, counter-clockwise, then its
/// holes, clockwise; rings closed, points [lon, lat] of 7 decimals.
pub type MultiRings = Vec<Vec<Vec<[f64; 2]>>>;

/// Ground that was seen at least once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Coverage {
    pub area_m2: f64,
    pub polygons: MultiRings,
}

/// How much of a fence was looked at, and by which look; looks are told by their place in what
/// [`Seen::new`] was given.
#[expect(clippy::struct_field_names, reason = "the share is the one thing asked for")]
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// Of the fence's area, 0..=1.
    pub share: f64,
    /// Of the whole fence.
    pub area_m2: f64,
    /// The newest look that shows a part of it.
    pub last_seen: Option<usize>,
    /// The newest that shows nearly all of it ([`Share::WHOLE`]): what "it was empty" can rest on.
    pub whole_seen: Option<usize>,
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
    of(looks).whole()
}

/// How much of a fence, its outer ring first and then its holes, was looked at. `None` for a fence
/// without an area. For many fences ask one [`Seen`].
pub fn share_of(fence: &[Vec<[f64; 2]>], looks: &[GroundLook]) -> Option<Share> {
    of(looks).share_of(fence)
}

fn of(looks: &[GroundLook]) -> Seen {
    Seen::new(looks.iter().map(|look| (look.at, look.ring.as_slice())))
}

/// Everything that was looked at, found by place: a city asks for a thousand fences.
#[derive(Debug)]
pub struct Seen {
    /// `None` where nothing was looked at.
    sheet: Option<Sheet>,
    looks: Vec<Look>,
    /// Bounds in degrees, and which of `looks`.
    index: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>,
    tiles: Vec<Tile>,
}

#[derive(Debug)]
struct Look {
    /// Its place in what was given.
    which: usize,
    at: Timestamp,
    shape: Polygon,
    area_m2: f64,
}

impl Seen {
    /// When, and the closed ring of [lon, lat] that was in view.
    pub fn new<'a>(looks: impl Iterator<Item = (Timestamp, &'a [[f64; 2]])> + Clone) -> Self {
        let sheet = Sheet::around(looks.clone().flat_map(|(_, ring)| ring));
        let mut entries = Vec::new();
        let mut kept = Vec::new();
        for (which, (at, ring)) in looks.enumerate() {
            let shape = sheet.as_ref().and_then(|sheet| sheet.polygon(std::iter::once(ring)));
            let Some(shape) = shape else { continue };
            entries.push(GeomWithData::new(bounds(ring), kept.len()));
            kept.push(Look { which, at, area_m2: shape.unsigned_area(), shape });
        }
        let tiles = join::tiles(join::distinct(kept.iter().map(|look| &look.shape)));
        Self { sheet, looks: kept, index: RTree::bulk_load(entries), tiles }
    }

    /// All of it as one area.
    pub fn whole(&self) -> Coverage {
        let Some(sheet) = &self.sheet else { return Coverage::default() };
        let seen = join::joined(self.tiles.iter());
        Coverage { area_m2: seen.unsigned_area(), polygons: sheet.rings(&seen) }
    }

    /// How much of a fence, its outer ring first and then its holes, was looked at. `None` for a fence
    /// without an area.
    pub fn share_of(&self, fence: &[Vec<[f64; 2]>]) -> Option<Share> {
        let around = bounds(fence.first().filter(|ring| !ring.is_empty())?);
        let near =
            self.index.locate_in_envelope_intersecting(rstar::RTreeObject::envelope(&around));
        let mut near: Vec<&Look> = near.filter_map(|entry| self.looks.get(entry.data)).collect();
        near.sort_unstable_by_key(|look| std::cmp::Reverse((look.at, look.which)));
        let rings = fence.iter().map(Vec::as_slice);
        match &self.sheet {
            Some(sheet) if !near.is_empty() => {
                Some(self.share(sheet, &sheet.polygon(rings)?, &near))
            }
            // Far from all looks their plane may not hold.
            _ => {
                let sheet = Sheet::around(fence.iter().flatten())?;
                Some(unseen(&sheet, sheet.polygon(rings)?))
            }
        }
    }

    /// `near` newest first.
    fn share(&self, sheet: &Sheet, fence: &Polygon, near: &[&Look]) -> Share {
        let area_m2 = fence.unsigned_area();
        let view = fence.bounding_rect();
        let touching = |tile: &&Tile| view.is_some_and(|view| view.intersects(&tile.bounds));
        let seen = join::joined(self.tiles.iter().filter(touching));
        let mut gaps = fence.difference(&seen);
        gaps.0.retain(join::is_broad);
        Share {
            share: (1.0 - gaps.unsigned_area() / area_m2).clamp(0.0, 1.0),
            area_m2,
            last_seen: newest(near, fence, |look| {
                // Of a large fence no look shows a large part, and of a small one no look is full.
                Share::PART * area_m2.min(look.area_m2)
            }),
            whole_seen: newest(near, fence, |_| Share::WHOLE * area_m2),
            gaps: sheet.rings(&gaps),
        }
    }
}

/// The newest look that shows at least so many m² of the fence.
fn newest(near: &[&Look], fence: &Polygon, least: impl Fn(&Look) -> f64) -> Option<usize> {
    let view = fence.bounding_rect()?;
    let shows = |look: &&&Look| {
        let least = least(look);
        // Boxes first: they are cheap, and show no less than what is in them.
        common(look, view) >= least
            && look.shape.intersects(fence)
            && look.shape.intersection(fence).unsigned_area() >= least
    };
    near.iter().find(shows).map(|look| look.which)
}

/// Not less than the part of `look` that lies in `view`, m².
fn common(look: &Look, view: Rect) -> f64 {
    let Some(rect) = look.shape.bounding_rect() else { return 0.0 };
    let width = rect.max().x.min(view.max().x) - rect.min().x.max(view.min().x);
    let height = rect.max().y.min(view.max().y) - rect.min().y.max(view.min().y);
    (width.max(0.0) * height.max(0.0)).min(look.area_m2)
}

fn unseen(sheet: &Sheet, fence: Polygon) -> Share {
    Share {
        share: 0.0,
        area_m2: fence.unsigned_area(),
        last_seen: None,
        whole_seen: None,
        gaps: sheet.rings(&MultiPolygon::new(vec![fence])),
    }
}

/// West and south, east and north of a ring, degrees.
fn bounds(ring: &[[f64; 2]]) -> Rectangle<[f64; 2]> {
    Rectangle::from_aabb(AABB::from_points(ring))
}

#[cfg(test)]
mod tests {
    use domain::{LonLat, Plane};

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
        assert_eq!(share_of(&city, &looks).unwrap().last_seen, Some(3));
        let share = share_of(&fence, &looks[1..]).unwrap();
        // Half of the fence, less half of its hole; the third look shows 10 m² only.
        let part = (5000.0 - 200.0 + 10.0) / 9600.0;
        assert!((share.share - part).abs() < 1e-3, "{}", share.share);
        assert_eq!(share.last_seen, Some(0), "the 60th second's");
        assert_eq!(share.whole_seen, None);
        assert_eq!(share.gaps.len(), 1);
        let all = share_of(&fence, &looks).unwrap();
        assert!((all.share - 1.0).abs() < 1e-9);
        assert_eq!((all.last_seen, all.whole_seen), (Some(1), Some(0)));
        assert!((all.area_m2 - 9600.0).abs() < 1.0, "{}", all.area_m2);
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
        assert_eq!(share_of(&[Vec::new()], &[look(0, [0.0, 0.0], 1.0)]), None);
        assert_eq!(share_of(&[vec![[120.0, 30.0]; 5]], &[]), None);
    }

    #[test]
    fn the_order_of_looks_does_not_matter_their_time_does() {
        let fence = [square([0.0, 0.0], 100.0)];
        let mut looks = [look(60, [-50.0, 0.0], 100.0), look(0, [-20.0, -20.0], 200.0)];
        let share = share_of(&fence, &looks).unwrap();
        assert_eq!((share.last_seen, share.whole_seen), (Some(0), Some(1)));
        looks.reverse();
        let share = share_of(&fence, &looks).unwrap();
        assert_eq!((share.last_seen, share.whole_seen), (Some(1), Some(0)));
    }

    #[test]
    fn a_fence_far_from_every_look_is_one_gap() {
        let fence = square([40_000.0, 0.0], 500.0);
        let share = share_of(std::slice::from_ref(&fence), &[look(0, [0.0, 0.0], 100.0)]).unwrap();
        assert_eq!((share.share, share.last_seen), (0.0, None));
        assert!((share.area_m2 - 250_000.0).abs() < 25.0, "{}", share.area_m2);
        assert_eq!(share.gaps, [geojson_rings(&[fence])]);
        let elsewhere = vec![[9.5, 47.1], [9.51, 47.1], [9.51, 47.11], [9.5, 47.1]];
        let share = share_of(&[elsewhere], &[look(0, [0.0, 0.0], 100.0)]).unwrap();
        assert_eq!((share.share, share.gaps.len()), (0.0, 1));
    }

    /// A drone that flies along the middle of a row of cells sees a strip of each.
    #[test]
    fn cells_of_a_grid_have_each_their_share() {
        let looks: Vec<GroundLook> =
            (0..60_u32).map(|i| look(i.into(), [f64::from(i) * 10.0, 20.0], 60.0)).collect();
        let seen = of(&looks);
        let cells = (0..8).map(|i| square([f64::from(i) * 100.0, 0.0], 100.0));
        let shares: Vec<Share> = cells.map(|cell| seen.share_of(&[cell]).unwrap()).collect();
        for (i, (share, expected)) in
            shares.iter().zip([0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.3, 0.0]).enumerate()
        {
            assert!((share.share - expected).abs() < 2e-3, "cell {i}: {}", share.share);
        }
        let last: Vec<Option<usize>> = shares.iter().map(|share| share.last_seen).collect();
        // The newest look that shows 1 % of the smaller of the two, 36 m²: 0.6 m of its 60.
        assert_eq!(last[..3], [Some(9), Some(19), Some(29)]);
        assert_eq!(last[6..], [Some(59), None]);
        assert!(shares.iter().all(|share| share.whole_seen.is_none()));
    }

    /// What is seen of cells that tile the ground is what is seen of the ground.
    #[test]
    fn the_cells_of_a_grid_add_up_to_the_whole() {
        let looks: Vec<GroundLook> = (0..600_u32)
            .map(|i| {
                let turn = f64::from(i) * 2.4;
                let away = 8.0 * f64::from(i).sqrt();
                look(i.into(), [300.0 + away * turn.cos(), 300.0 + away * turn.sin()], 25.0)
            })
            .collect();
        let seen = of(&looks);
        let whole = seen.whole();
        let cells = (0..81).map(|i| {
            square([f64::from(i % 9) * 100.0 - 150.0, f64::from(i / 9) * 100.0 - 150.0], 100.0)
        });
        let shares: Vec<Share> = cells.map(|cell| seen.share_of(&[cell]).unwrap()).collect();
        let sum: f64 = shares.iter().map(|share| share.share * share.area_m2).sum();
        assert!((sum / whole.area_m2 - 1.0).abs() < 1e-3, "{sum} {}", whole.area_m2);
        assert!(shares.iter().any(|share| share.share == 0.0), "corners of the grid");
        assert!(shares.iter().any(|share| share.share > 0.0 && share.share < 1.0), "its middle");
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
            let sheet = Sheet::around(looks[0].ring.iter()).unwrap();
            let rings = looks.iter().map(|look| std::iter::once(look.ring.as_slice()));
            let shapes: Vec<Polygon> = rings.filter_map(|ring| sheet.polygon(ring)).collect();
            join::distinct(shapes.iter()).len()
        };
        assert_eq!(polygons(&hover), 1);
        let creeping: Vec<GroundLook> =
            (0..300u32).map(|i| look(i.into(), [f64::from(i) * 0.3, 0.0], 80.0)).collect();
        assert!(polygons(&creeping) > 50, "slow flight is not lost");
    }
}
