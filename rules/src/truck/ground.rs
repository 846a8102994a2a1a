//! What the fences say of the place of a truck.

use std::collections::BTreeMap;

use domain::{Covariance, FenceId, GroundFix, LonLat, Place, Plane, SourceId};
use geo::{Coord, LineString, Polygon};
use jiff::Timestamp;

use crate::Fences;
use crate::fence::{Fence, Shape};
use crate::inside::Inside;
use crate::kind::Kind;

/// A place that is asked about, with its doubt.
pub(super) struct Ground<'a> {
    pub(super) fix: GroundFix,
    /// Nobody but those about here.
    near: Vec<&'a Fence>,
    at: Timestamp,
    source: &'a SourceId,
}

impl<'a> Ground<'a> {
    pub(super) fn new(
        fences: &'a Fences,
        source: &'a SourceId,
        at: Timestamp,
        fix: GroundFix,
    ) -> Self {
        let near = fences.about(source, &Place::from(fix));
        Self { fix, near, at, source }
    }

    pub(super) fn round(position: LonLat, sigma_m: f64) -> GroundFix {
        GroundFix { position, covariance: Covariance::round(sigma_m) }
    }

    /// How probably it lies in this fence.
    pub(super) fn probability(&self, fence: &Fence) -> f64 {
        fence.probability(self.source, self.fix.into(), None)
    }

    /// The fences of a kind that are in force, each with how probably it holds the place.
    fn of(&self, kind: Kind) -> impl Iterator<Item = (&'a Fence, f64)> + '_ {
        self.near
            .iter()
            .filter(move |fence| fence.kind == kind)
            .filter(|fence| fence.schedule.open_since(self.at).is_some())
            .map(|fence| (*fence, self.probability(fence)))
    }

    /// The likeliest fence of a kind, the first of equals.
    pub(super) fn likeliest(&self, kind: Kind) -> Option<(&'a Fence, f64)> {
        self.of(kind).reduce(|best, next| if next.1 > best.1 { next } else { best })
    }

    /// The fence of a kind that it certainly lies in.
    pub(super) fn within(&self, kind: Kind) -> Option<(&'a Fence, f64)> {
        self.likeliest(kind).filter(|(_, p)| Inside::of(*p) == Inside::Yes)
    }

    /// Whether it lies in any fence of these kinds that `counts`.
    pub(super) fn inside(&self, kinds: &[Kind], counts: impl Fn(&Fence) -> bool) -> Inside {
        let of = |kind: &Kind| self.of(*kind).filter(|(fence, _)| counts(fence));
        Inside::of(kinds.iter().flat_map(of).map(|(_, p)| p).fold(0.0, f64::max))
    }

    /// Metres to the ground of this fence; 0 on it.
    pub(super) fn metres_to(&self, fence: &Fence) -> f64 {
        let Shape::Ground(polygon) = &fence.shape else { return f64::INFINITY };
        let around = Plane::at(self.fix.position);
        let metres = |c: &Coord| LonLat::new(c.x, c.y).map(|place| around.metres(place));
        let ring = |ring: &LineString| ring.0.iter().filter_map(metres).collect::<Vec<_>>();
        if contains(polygon, self.fix.position) {
            return 0.0;
        }
        std::iter::once(polygon.exterior())
            .chain(polygon.interiors())
            .map(|line| nearest(&ring(line)))
            .fold(f64::INFINITY, f64::min)
    }
}

fn contains(polygon: &Polygon, place: LonLat) -> bool {
    use geo::Contains as _;
    polygon.contains(&Coord { x: place.lon(), y: place.lat() })
}

/// From the origin to a line.
fn nearest(line: &[[f64; 2]]) -> f64 {
    line.windows(2).map(|edge| to_edge(edge[0], edge[1])).fold(f64::INFINITY, f64::min)
}

fn to_edge([ax, ay]: [f64; 2], [bx, by]: [f64; 2]) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 { (-(ax * dx + ay * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (ax + along * dx).hypot(ay + along * dy)
}

/// The fences by their names.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<FenceId, usize>);

impl Names {
    pub(super) fn of(fences: &Fences) -> Self {
        Self((0..).zip(fences.all()).map(|(nth, fence)| (fence.id.clone(), nth)).collect())
    }

    pub(super) fn get<'a>(&self, fences: &'a Fences, id: &FenceId) -> Option<&'a Fence> {
        fences.all().get(*self.0.get(id)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metres_to_a_line() {
        for (line, wanted) in [
            (vec![[-10.0, 3.0], [10.0, 3.0]], 3.0),
            (vec![[3.0, 4.0], [10.0, 4.0]], 5.0),
            (vec![[3.0, 4.0], [3.0, 4.0]], 5.0),
            (vec![[50.0, 50.0], [0.0, 2.0], [50.0, 2.0]], 2.0),
        ] {
            assert!((nearest(&line) - wanted).abs() < 1e-9, "{line:?}");
        }
        assert!(nearest(&[]).is_infinite());
    }
}
