//! Where a thing is, as one rule asks: in its fences, in those where it allows everything, where nothing is recorded.

use domain::Observation;
use jiff::Timestamp;

use crate::chance::Thing;
use crate::fence::Fence;
use crate::inside::Inside;
use crate::kind::Kind;
use crate::scene::rule::{Rule, Scope};

/// Where a thing is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whereabouts<'a> {
    /// That it is in the fences that are open, which are one ground.
    pub(crate) within: f64,
    /// The same of all its fences, open or not.
    pub(crate) within_any: f64,
    /// The likeliest of those that are open.
    pub(crate) fence: Option<&'a Fence>,
    /// Since when rule and fence have applied, if they do.
    pub(crate) opened: Option<Timestamp>,
    /// That it is where everything is allowed.
    pub(crate) exempt: f64,
    /// Nothing is recorded here, or that cannot be told.
    pub(crate) secret: bool,
}

/// The part of a footprint that must lie inside.
pub(crate) const SHARE: f64 = 0.5;

impl<'a> Whereabouts<'a> {
    /// `about` are the fences near it.
    pub(crate) fn of(rule: &Rule, thing: &Thing<'_>, about: &[&'a Fence], at: Timestamp) -> Self {
        let of_kind = |wanted: &dyn Fn(&Fence) -> bool| -> Vec<&'a Fence> {
            about.iter().copied().filter(|f| wanted(f) && thing.is_near(f)).collect()
        };
        let is_open = |fence: &Fence| fence.schedule.open_since(at).is_some();
        let rests = rule.schedule.open_since(at);
        let scope = of_kind(&|fence| rule.scope.holds(fence));
        let (within, within_any, fence, opened) = match rule.scope {
            Scope::Anywhere => (f64::from(u8::from(rests.is_some())), 1.0, None, rests),
            Scope::Fences(_) => {
                let open: Vec<&Fence> = match rests {
                    Some(_) => scope.iter().copied().filter(|fence| is_open(fence)).collect(),
                    None => Vec::new(),
                };
                let within = thing.breaks(&open, SHARE);
                let any =
                    if open.len() == scope.len() { within } else { thing.breaks(&scope, SHARE) };
                let fence = likeliest(thing, &open);
                let opens = fence.and_then(|fence| fence.schedule.open_since(at));
                (within, any, fence, rests.zip(opens).map(|(a, b)| a.max(b)))
            }
        };
        let except = rule
            .except
            .as_ref()
            .map_or_else(Vec::new, |area| of_kind(&|fence| area.holds(fence) && is_open(fence)));
        let hidden = of_kind(&|fence| fence.kind == Kind::Sensitive && is_open(fence));
        Self {
            within,
            within_any,
            fence,
            opened,
            exempt: thing.breaks(&except, SHARE),
            secret: Inside::of(thing.breaks(&hidden, SHARE)) != Inside::No,
        }
    }

    /// The probability that the rule applies to it here and now.
    pub(crate) fn applies(&self) -> f64 {
        if self.secret || self.opened.is_none() { 0.0 } else { self.within.min(1.0 - self.exempt) }
    }

    /// Whether it is, or may be, where the rule will apply again.
    pub(crate) fn is_closed(&self) -> bool {
        Inside::of(self.within) == Inside::No && Inside::of(self.within_any) != Inside::No
    }
}

/// The first of equals.
pub(crate) fn likeliest<'a>(thing: &Thing<'_>, fences: &[&'a Fence]) -> Option<&'a Fence> {
    let sure = |fence: &Fence| fence.probability(thing.source, thing.place, thing.seen);
    match fences {
        [] => None,
        [one] => Some(one),
        several => {
            let scored = several.iter().map(|fence| (*fence, sure(fence)));
            scored.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(f, _)| f)
        }
    }
}

/// What was seen, as fences are asked about it.
pub(crate) fn thing<'a>(
    source: &'a domain::SourceId,
    seen: &Observation,
    place: domain::Place,
) -> Thing<'a> {
    Thing { source, place, seen: seen.seen, class: seen.class }
}
