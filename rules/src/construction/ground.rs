//! What the fences say of the ground about an outline: where nothing may be built, and who may.

use domain::{ChangeFound, Place};

use super::shape::{Area, Shape};
use crate::fence::{Shape as Drawn, far_off};
use crate::{Construction, Fence, Fences, Kind};

/// The fences about an outline, laid on its map.
pub(super) struct Ground<'a> {
    /// Nothing may be built here.
    forbidden: Vec<Laid<'a>>,
    /// But here, by a permit that held when the later picture was taken.
    held: Vec<Laid<'a>>,
    /// By a permit that ran out between the two pictures: nobody knows which came first.
    lapsed: Vec<Laid<'a>>,
    /// Nothing here is recorded.
    sensitive: Vec<Laid<'a>>,
}

/// A fence on the map of an outline.
pub(super) struct Laid<'a> {
    pub(super) fence: &'a Fence,
    ground: Area,
}

/// Whose permits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permits {
    /// Nobody's: the fences alone.
    None,
    /// Those that held when the later picture was taken.
    Held,
    /// Those that held at any time between the two.
    HeldOrLapsed,
}

impl<'a> Ground<'a> {
    pub(super) fn about(
        fences: &'a Fences,
        change: &ChangeFound,
        shape: &Shape,
        config: &Construction,
    ) -> Self {
        let outline = &change.outline;
        let (here, reach) = (outline.middle, shape.reach_m());
        let place =
            Place::from(domain::GroundFix { position: here, covariance: outline.covariance_m2 });
        let (from, at) = (change.before.at, change.after.at);
        let mut ground =
            Self { forbidden: vec![], held: vec![], lapsed: vec![], sensitive: vec![] };
        for fence in fences.about(&change.after.source, &place) {
            let Drawn::Ground(polygon) = &fence.shape else { continue };
            if far_off(polygon, here, outline.covariance_m2, reach) {
                continue;
            }
            let laid = Laid { fence, ground: shape.laid(polygon) };
            let (begins, ends) = (fence.schedule.valid_from, fence.schedule.valid_to);
            let begun = begins.is_none_or(|begins| begins <= at);
            match fence.kind {
                // Weekly hours are when work is done; a permit holds by night as well.
                Kind::ConstructionSite if begun && ends.is_none_or(|ends| at < ends) => {
                    ground.held.push(laid);
                }
                Kind::ConstructionSite if begun && ends.is_some_and(|ends| from < ends) => {
                    ground.lapsed.push(laid);
                }
                Kind::Sensitive if fence.schedule.open_since(at).is_some() => {
                    ground.sensitive.push(laid);
                }
                kind if config.ground.contains(&kind)
                    && fence.schedule.open_since(at).is_some() =>
                {
                    ground.forbidden.push(laid);
                }
                _ => {}
            }
        }
        ground
    }

    /// Whether nothing may be built at a place.
    pub(super) fn forbids(&self, permits: Permits) -> impl Fn([f64; 2]) -> bool + '_ {
        move |at| {
            any(&self.forbidden, at)
                && !(permits != Permits::None && any(&self.held, at))
                && !(permits == Permits::HeldOrLapsed && any(&self.lapsed, at))
        }
    }

    pub(super) fn is_sensitive(&self) -> impl Fn([f64; 2]) -> bool + '_ {
        |at| any(&self.sensitive, at)
    }

    pub(super) fn nothing_is_forbidden(&self) -> bool {
        self.forbidden.is_empty()
    }

    pub(super) fn nothing_is_sensitive(&self) -> bool {
        self.sensitive.is_empty()
    }

    /// The fence that most of it lies in, by its share of the ground that no permit covers; the first of equals.
    pub(super) fn most(&self, shape: &Shape, permits: Permits) -> Option<&'a Fence> {
        let part_in = |laid: &Laid<'_>| {
            let alone = |at: [f64; 2]| self.forbids(permits)(at) && laid.ground.holds(at);
            shape.share(alone)
        };
        let shares = self.forbidden.iter().map(|laid| (part_in(laid), laid.fence));
        let most = shares.reduce(|best, next| if next.0 > best.0 { next } else { best });
        most.map(|(_, fence)| fence)
    }

    /// Permits that cover some of it, where it most likely lies.
    pub(super) fn permits(&self, shape: &Shape, lapsed: bool) -> Vec<&'a Fence> {
        let of = if lapsed { &self.lapsed } else { &self.held };
        let covers = |laid: &&Laid<'_>| shape.share(|at| laid.ground.holds(at)) > 0.0;
        of.iter().filter(covers).map(|laid| laid.fence).collect()
    }
}

fn any(of: &[Laid<'_>], at: [f64; 2]) -> bool {
    of.iter().any(|laid| laid.ground.holds(at))
}
