//! How probably something breaks fences where it stands: one of them, or several that are one ground to it.

use std::time::Duration;

use domain::{Class, Covariance, LonLat, Place, Plane, RelBox, SourceId};
use geo::{Coord, MapCoords, Polygon, unary_union};

use jiff::Timestamp;

use crate::Parking;
use crate::fence::{Fence, Shape, far_off, rings};
use crate::footprint::Footprint;
use crate::inside::probability_in_polygon;

/// What stands somewhere.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Thing<'a> {
    pub(crate) source: &'a SourceId,
    pub(crate) place: Place,
    pub(crate) seen: Option<RelBox>,
    pub(crate) class: Class,
}

impl Thing<'_> {
    /// Whether it may touch a fence at all.
    pub(crate) fn is_near(&self, fence: &Fence) -> bool {
        match (&fence.shape, self.place) {
            (Shape::Ground(polygon), Place::Ground { lon, lat, covariance_m2, .. }) => {
                let reach = Footprint::of(self.class).map_or(0.0, |f| f.length_m.hypot(f.width_m));
                LonLat::new(lon, lat)
                    .is_some_and(|here| !far_off(polygon, here, covariance_m2, reach / 2.0))
            }
            (Shape::Image { source, .. }, Place::Image { .. }) => source == self.source,
            _ => false,
        }
    }

    /// Of a footprint on the ground at least `share` must lie on the ground of all fences together, so that a fence may be
    /// split or drawn twice. What has no known measures, and what is only known in a picture, is its foot.
    pub(crate) fn breaks(&self, fences: &[&Fence], share: f64) -> f64 {
        let surest = || {
            let alone =
                fences.iter().map(|fence| fence.probability(self.source, self.place, self.seen));
            alone.fold(0.0, f64::max)
        };
        let Place::Ground { lon, lat, covariance_m2, .. } = self.place else { return surest() };
        let Some(here) = LonLat::new(lon, lat) else { return 0.0 };
        let around = Plane::at(here);
        let ground: Vec<Polygon> = fences
            .iter()
            .filter_map(|fence| match &fence.shape {
                Shape::Ground(polygon) if self.is_near(fence) => {
                    Some(polygon.map_coords(|c| metres(&around, c)))
                }
                _ => None,
            })
            .collect();
        match Footprint::of(self.class) {
            Some(footprint) => footprint.breaks(share, covariance_m2, &ground),
            None => stands_on(covariance_m2, ground),
        }
    }
}

/// The probability that a foot at the origin stands on any of these, which may lie over each other.
fn stands_on(covariance: Covariance, ground: Vec<Polygon>) -> f64 {
    let joined = if ground.len() > 1 { unary_union(&ground).0 } else { ground };
    let alone = joined.iter().map(|polygon| {
        probability_in_polygon([0.0, 0.0], covariance, &rings(polygon, |c| Some([c.x, c.y])))
    });
    alone.sum::<f64>().clamp(0.0, 1.0)
}

/// How one fence fares.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chance<'a> {
    pub(crate) fence: &'a Fence,
    /// Since when its schedule has been open, if it is.
    pub(crate) opened: Option<Timestamp>,
    /// That it is broken, together with the fences that are one ground with it.
    pub(crate) together: f64,
    /// That it is broken by itself.
    alone: f64,
    /// That any of the footprint lies in it.
    pub(crate) touched: f64,
}

/// A part of a footprint that touches the ground: less than a wheel.
const TOUCH: f64 = 0.02;

impl<'a> Chance<'a> {
    /// Of every fence that is near.
    pub(crate) fn each(
        thing: &Thing<'_>,
        fences: impl Iterator<Item = &'a Fence>,
        at: Timestamp,
        config: &Parking,
    ) -> Vec<Self> {
        let near: Vec<(&Fence, Option<Timestamp>)> = fences
            .filter(|fence| thing.is_near(fence))
            .map(|fence| (fence, fence.schedule.open_since(at)))
            .collect();
        let chance = |&(fence, opened): &(&'a Fence, Option<Timestamp>)| {
            let share = share_of(fence, config);
            let alone = thing.breaks(&[fence], share);
            let ground: Vec<&Fence> = near
                .iter()
                .filter(|(other, other_opened)| {
                    opened.is_some() && other_opened.is_some() && one_ground(fence, other)
                })
                .map(|(other, _)| *other)
                .collect();
            if ground.len() < 2 {
                return Self { fence, opened, together: alone, alone, touched: alone };
            }
            let (together, touched) = (thing.breaks(&ground, share), thing.breaks(&[fence], TOUCH));
            Self { fence, opened, together, alone, touched }
        };
        near.iter().map(chance).collect()
    }

    /// Its probabilities, without the fence and its hours.
    pub(crate) fn numbers(&self) -> [f64; 3] {
        [self.together, self.alone, self.touched]
    }

    pub(crate) fn again(fence: &'a Fence, at: Timestamp, numbers: [f64; 3]) -> Self {
        let [together, alone, touched] = numbers;
        Self { fence, opened: fence.schedule.open_since(at), together, alone, touched }
    }

    /// The likeliest, the first of equals.
    pub(crate) fn surest(chances: &[Self]) -> Option<&Self> {
        let order = |chance: &Self| [chance.together, chance.alone, chance.touched];
        chances.iter().reduce(|best, next| if order(next) > order(best) { next } else { best })
    }
}

/// The part of a footprint that must lie in a fence.
pub(crate) fn share_of(fence: &Fence, config: &Parking) -> f64 {
    fence.here.overlap.unwrap_or(config.overlap)
}

/// How long something may stand in a fence.
pub(crate) fn dwell_of(fence: &Fence, config: &Parking) -> Duration {
    fence.here.dwell.unwrap_or(config.dwell)
}

/// Fences that say the same, so that who stands over the border of two stands in both.
fn one_ground(a: &Fence, b: &Fence) -> bool {
    a.kind == b.kind && a.authority == b.authority && a.here == b.here
}

fn metres(around: &Plane, corner: Coord) -> Coord {
    LonLat::new(corner.x, corner.y).map_or(corner, |place| around.metres(place).into())
}
