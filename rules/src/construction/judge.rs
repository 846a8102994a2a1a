//! One change, decided.

use domain::{
    Alert, AlertId, ChangeFound, Class, Covariance, FenceRef, GroundFix, KnownBuild, LonLat, Place,
    Suppressed,
};
use jiff::Timestamp;

use super::ground::{Ground, Permits};
use super::known::{self, Meeting};
use super::raise;
use super::shape::{Shape, below, mean};
use crate::inside::Inside;
use crate::look_again::Remedy;
use crate::{Construction, Fences};

/// What the rule is asked about a change.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    pub fences: &'a Fences,
    /// What is known in and about its place.
    pub known: &'a [KnownBuild],
    /// Work that was seen about its place.
    pub signs: &'a [WorkSign],
    pub config: &'a Construction,
}

/// Something that says that work goes on: an excavator, a muck truck, a heap, a scaffold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorkSign {
    pub class: Class,
    pub position: LonLat,
    pub covariance: Covariance,
    pub at: Timestamp,
}

/// A change with what was decided, and the numbers it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub decision: Decision,
    pub figures: Figures,
}

/// What a change comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// It may not be: a lead, and a new entry of the registry.
    Raised { alert: Box<Alert>, known: Box<KnownBuild> },
    /// It was told of before and still stands, as of `at`.
    Standing { alert: AlertId, at: Timestamp },
    /// It was told of before and is gone: the place is clear, as of `at`.
    Gone { alert: AlertId, at: Timestamp },
    /// Nobody can tell from these pictures.
    LookAgain { because: Doubt, fence: Option<Box<FenceRef>>, remedy: Remedy },
    /// There is nothing to tell of.
    Passed(Passed),
}

/// Why nobody can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// How much of it lies on which ground, or how large it is.
    Measure,
    /// The permit ran out between the two pictures.
    PermitLapsed,
    /// What is known there was altered, or taken away.
    Altered,
}

/// Why a change is no alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passed {
    Suppressed(Suppressed),
    /// Less was built than the rule asks for.
    TooSmall,
    /// On no ground on which building is forbidden.
    Outside,
    /// By the permits of these numbers.
    Permitted(Vec<String>),
    /// Where nothing is recorded.
    Sensitive,
    /// What was recorded as demolished is seen to have gone.
    Removed(AlertId),
    /// The pictures are from before what is known of the place.
    Past(AlertId),
}

/// The numbers of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Figures {
    /// That at least `least_m2` were built.
    pub large: f64,
    /// The share that lies on forbidden ground, permits or none.
    pub forbidden: f64,
    /// The share that lies there without a permit.
    pub unpermitted: f64,
    /// That what lies there without a permit is enough for an alert.
    pub probability: f64,
    /// Signs of work about it.
    pub signs: usize,
}

/// As little as this of it in a sensitive place is silence.
const TOUCH: f64 = 0.02;

/// Decides one change.
pub fn judge(change: &ChangeFound, site: &Site<'_>) -> Judged {
    let shape = Shape::of(&change.outline);
    let ground = Ground::about(site.fences, change, &shape, site.config);
    let case = Case { change, site, shape, ground };
    let mut figures = Figures::default();
    let decision = case.decide(&mut figures);
    Judged { decision, figures }
}

/// A change, and all that is asked about it.
pub(super) struct Case<'a> {
    pub(super) change: &'a ChangeFound,
    pub(super) site: &'a Site<'a>,
    pub(super) shape: Shape,
    pub(super) ground: Ground<'a>,
}

impl Case<'_> {
    fn decide(&self, figures: &mut Figures) -> Decision {
        if let Some(reason) = self.change.suppressed {
            return Decision::Passed(Passed::Suppressed(reason));
        }
        figures.large = self.enough(1.0);
        // Nothing is recorded where it may not be: there doubt is for silence.
        if self.touches_sensitive() {
            return Decision::Passed(Passed::Sensitive);
        }
        let known = known::in_place(self.change, &self.shape, self.site.known, self.site.config);
        let Some(known) = known else { return self.weigh(None, figures) };
        let (alert, at) = (known.alert, self.change.after.at);
        match known::meeting(self.change, known) {
            Meeting::Stands => Decision::Standing { alert, at },
            Meeting::Gone => Decision::Gone { alert, at },
            Meeting::Removed => Decision::Passed(Passed::Removed(alert)),
            Meeting::Past => Decision::Passed(Passed::Past(alert)),
            Meeting::Altered => Decision::LookAgain {
                because: Doubt::Altered,
                fence: None,
                remedy: Remedy::CheckOnSite,
            },
            Meeting::Rebuilt => self.weigh(Some(known), figures),
        }
    }

    /// Holds it against ground and permits.
    fn weigh(&self, rebuilt_of: Option<&KnownBuild>, figures: &mut Figures) -> Decision {
        if Inside::of(figures.large) == Inside::No {
            return Decision::Passed(Passed::TooSmall);
        }
        if self.ground.nothing_is_forbidden() {
            return Decision::Passed(Passed::Outside);
        }
        let shares = |permits: Permits| self.shape.shares(self.ground.forbids(permits));
        let breaks = |shares: &[f64]| mean(shares, |share| self.breaks(share));
        let forbidden = shares(Permits::None);
        figures.forbidden = mean(&forbidden, |share| share);
        if Inside::of(breaks(&forbidden)) == Inside::No {
            return Decision::Passed(Passed::Outside);
        }
        // Who may have had a permit has had one as far as an alert goes, and none as far as nothing goes.
        let unpermitted = shares(Permits::HeldOrLapsed);
        figures.unpermitted = mean(&unpermitted, |share| share);
        let (surely, at_most) = (breaks(&unpermitted), breaks(&shares(Permits::Held)));
        figures.probability = surely;
        match (Inside::of(surely), Inside::of(at_most)) {
            (Inside::Yes, _) => raise::raise(self, rebuilt_of, figures),
            (_, Inside::No) => {
                let numbers = self.ground.permits(&self.shape, false).into_iter();
                let numbers =
                    numbers.filter_map(|fence| Some(fence.permit.as_ref()?.number.clone()));
                Decision::Passed(Passed::Permitted(numbers.collect()))
            }
            _ => self.look_again(at_most),
        }
    }

    fn touches_sensitive(&self) -> bool {
        let touches = |share: f64| f64::from(u8::from(share >= TOUCH));
        !self.ground.nothing_is_sensitive()
            && Inside::of(mean(&self.shape.shares(self.ground.is_sensitive()), touches))
                != Inside::No
    }

    /// That a share of it is built on forbidden ground, and enough for an alert.
    fn breaks(&self, share: f64) -> f64 {
        if share < self.site.config.share { 0.0 } else { self.enough(share) }
    }

    /// That a share of it measures at least what the rule asks for.
    fn enough(&self, share: f64) -> f64 {
        let (area, sigma) = (self.change.outline.area_m2, self.change.outline.area_sigma_m2);
        below((area * share - self.site.config.least_m2) / (sigma * share).max(1e-6))
    }

    fn look_again(&self, at_most: f64) -> Decision {
        let lapsed = !self.ground.permits(&self.shape, true).is_empty();
        let because = if lapsed && Inside::of(at_most) == Inside::Yes {
            Doubt::PermitLapsed
        } else {
            Doubt::Measure
        };
        let fence = self.ground.most(&self.shape, Permits::Held);
        Decision::LookAgain {
            because,
            fence: fence.map(|fence| Box::new(fence.reference())),
            remedy: self.remedy(because),
        }
    }

    /// Registers and permits are asked on site; a better picture tells places and sizes.
    fn remedy(&self, because: Doubt) -> Remedy {
        match because {
            Doubt::PermitLapsed | Doubt::Altered => Remedy::CheckOnSite,
            Doubt::Measure => match self.place() {
                Place::Ground { ellipse95, .. } if ellipse95.semi_major_m < Remedy::SURE_M => {
                    Remedy::CheckOnSite
                }
                _ => Remedy::FlyAgain,
            },
        }
    }

    pub(super) fn place(&self) -> Place {
        let outline = &self.change.outline;
        GroundFix { position: outline.middle, covariance: outline.covariance_m2 }.into()
    }

    /// Signs of work about it and about the time of the later picture. A sign whose own place is less sure than the
    /// distance asked about tells nothing.
    pub(super) fn signs(&self) -> impl Iterator<Item = &WorkSign> {
        let config = self.site.config;
        let tells = move |sign: &&WorkSign| {
            let apart = sign.at.duration_since(self.change.after.at).unsigned_abs();
            is_work(sign.class)
                && apart <= config.signs_within
                && sign.covariance.ellipse95().semi_major_m <= config.signs_within_m
                && self.shape.metres_to(sign.position) <= config.signs_within_m
        };
        self.site.signs.iter().filter(tells)
    }
}

fn is_work(class: Class) -> bool {
    matches!(class, Class::Excavator | Class::MuckTruck | Class::Heap | Class::Structure)
}
