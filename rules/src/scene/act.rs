//! One act: from the moment that something is wrong to its alert, and to its end.
//!
//! An act is level-triggered. It lives while what it is about holds, whatever began that; what does not hold for less than
//! the grace changes nothing, and what is ambiguous neither ends an act nor raises it.

use std::time::Duration;

use domain::{
    Alert, AlertId, Class, EndReason, Fact, FenceId, Observation, Place, Review, Unit, View, Why,
};
use jiff::{SignedDuration, Timestamp};

use crate::engine::Outcome;
use crate::fence::Fence;
use crate::inside::Inside;
use crate::parking::longer;
use crate::scene::rule::{Evidence, Rule};

/// Something that a rule may alert on.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    id: AlertId,
    pub(crate) since: Timestamp,
    pub(crate) fence: Option<FenceId>,
    /// Of the fence when it began.
    version: Option<String>,
    /// It has surely not held since.
    broken: Option<Timestamp>,
    /// It held when it was last looked at.
    holds: bool,
    /// Time since `since` in which nobody saw it: it does not count.
    unseen: SignedDuration,
    /// The first moment was told.
    told: bool,
    why: Why,
    pub(crate) alert: Option<Box<Alert>>,
    reported_at: Timestamp,
}

/// What one look says of a condition.
#[derive(Debug, Clone)]
pub(crate) struct Verdict<'a> {
    pub(crate) holds: Inside,
    pub(crate) probability: f64,
    /// The likeliest of the fences that it is about.
    pub(crate) fence: Option<&'a Fence>,
    /// From here on it counts, if it begins now.
    pub(crate) since: Timestamp,
    /// Why it is over, if it does not hold.
    pub(crate) over: Over,
    /// The state's word, and the numbers that decided.
    pub(crate) word: &'static str,
    pub(crate) facts: Vec<Fact>,
}

/// How an act is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// After the grace.
    After(EndReason),
    Now(EndReason),
}

/// Whom an act is about, as an alert tells it.
#[derive(Debug, Clone)]
pub(crate) struct Whom<'a> {
    /// Tells subjects of one rule, fence and source apart.
    pub(crate) subject: String,
    pub(crate) class: Class,
    pub(crate) place: Place,
    pub(crate) last_seen: Timestamp,
    pub(crate) outline: Option<Vec<[f64; 2]>>,
    /// What shows it best.
    pub(crate) shown: Option<&'a Observation>,
}

/// Writes down what comes of one rule in one view.
pub(crate) struct Clerk<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) view: &'a View,
    pub(crate) source_name: &'a str,
    pub(crate) grace: Duration,
    pub(crate) update_every: Duration,
    pub(crate) out: &'a mut Vec<Outcome>,
}

/// The first moment is told once something has held for so long: what passes is not drawn.
const TOLD_AFTER: SignedDuration = SignedDuration::from_secs(2);
/// What lasts less than this has no first moment of its own.
const SHORTEST_WITH_FIRST: Duration = Duration::from_secs(4);

impl Act {
    fn begin(clerk: &Clerk<'_>, verdict: &Verdict<'_>, whom: &Whom<'_>) -> Self {
        let fence = verdict.fence.map(|fence| fence.id.clone());
        let mut why = Why::default();
        why.turn(verdict.since, verdict.word, fence.as_ref());
        let (rule, source) = (&clerk.rule.id, &clerk.view.source);
        Self {
            id: AlertId::derive(rule, source, fence.as_ref(), &whom.subject, verdict.since),
            since: verdict.since,
            version: verdict.fence.map(|fence| fence.version.clone()),
            fence,
            broken: None,
            holds: true,
            unseen: SignedDuration::ZERO,
            told: false,
            why,
            alert: None,
            reported_at: clerk.view.at,
        }
    }

    /// Takes up an alert that was open when the program last stopped.
    pub(crate) fn resume(alert: &Alert) -> Self {
        Self {
            id: alert.id,
            since: alert.since,
            fence: alert.fence.as_ref().map(|fence| fence.id.clone()),
            version: alert.fence.as_ref().map(|fence| fence.version.clone()),
            broken: None,
            holds: true,
            unseen: SignedDuration::ZERO,
            told: true,
            why: Why::default(),
            alert: Some(Box::new(alert.clone())),
            reported_at: alert.last_seen,
        }
    }

    /// Nobody saw it for so long.
    pub(crate) fn miss(&mut self, span: SignedDuration, at: Timestamp) {
        self.unseen += span;
        self.turn(at, "found_again");
    }

    /// Time passes that counts for nothing, neither for nor against it.
    pub(crate) fn pause(&mut self, span: SignedDuration) {
        self.unseen += span;
        self.broken = self.broken.map(|since| since + span);
    }

    pub(crate) fn id(&self) -> AlertId {
        self.id
    }

    /// What it is about was last seen.
    pub(crate) fn last_seen(&self) -> Timestamp {
        self.alert.as_ref().map_or(self.since, |alert| alert.last_seen)
    }

    /// Whether the fence is no longer what it was when this began.
    pub(crate) fn is_redrawn(&self, fences: &crate::Fences) -> bool {
        let Some(id) = &self.fence else { return false };
        fences.get(id).is_none_or(|fence| Some(&fence.version) != self.version.as_ref())
    }

    fn turn(&mut self, at: Timestamp, state: &str) {
        self.why.turn(at, state, self.fence.as_ref());
    }
}

impl Clerk<'_> {
    /// Takes what one look says.
    pub(crate) fn feed(&mut self, slot: &mut Option<Act>, verdict: &Verdict<'_>, whom: &Whom<'_>) {
        let at = self.view.at;
        let Some(act) = slot else {
            if verdict.holds == Inside::Yes {
                *slot = Some(Act::begin(self, verdict, whom));
                self.go_on(slot, verdict, whom);
            }
            return;
        };
        match (verdict.holds, verdict.over) {
            (Inside::Yes, _) => {
                act.broken = None;
                act.holds = true;
                self.go_on(slot, verdict, whom);
            }
            (Inside::Ambiguous, _) => {
                act.broken = None;
                act.holds = false;
                self.go_on(slot, verdict, whom);
            }
            (Inside::No, Over::Now(reason)) => self.end(slot, reason, whom.last_seen),
            (Inside::No, Over::After(reason)) => {
                act.holds = false;
                let since = *act.broken.get_or_insert(at);
                if longer(at, since, self.grace) {
                    self.end(slot, reason, whom.last_seen);
                }
            }
        }
    }

    /// Time has gone by, whether or not what it is about was seen again.
    pub(crate) fn go_on(&mut self, slot: &mut Option<Act>, verdict: &Verdict<'_>, whom: &Whom<'_>) {
        let Some(act) = slot else { return };
        let at = self.view.at;
        let lasted = at.duration_since(act.since) - act.unseen;
        let needed = self.rule.needed();
        if let Some(alert) = &mut act.alert {
            alert.last_seen = whom.last_seen;
            if longer(at, act.reported_at, self.update_every) {
                act.reported_at = at;
                let alert = alert.clone();
                self.tell(Outcome::Updated(alert));
            }
            return;
        }
        if !act.holds {
            return;
        }
        if lasted >= SignedDuration::try_from(needed).unwrap_or(SignedDuration::MAX) {
            act.turn(at, "lasted");
            let alert = Box::new(self.raised(act, verdict, whom));
            act.reported_at = at;
            act.alert = Some(alert.clone());
            self.tell(Outcome::Raised(alert));
        } else if !act.told && self.keeps_first(needed) && lasted >= TOLD_AFTER {
            let Some(seen) = whom.shown.filter(|shown| shown.seen.is_some()) else { return };
            act.told = true;
            let seen = Box::new(seen.clone());
            self.tell(Outcome::Standing { id: act.id, seen });
        }
    }

    fn keeps_first(&self, needed: Duration) -> bool {
        self.rule.evidence == Evidence::TwoMoments && needed >= SHORTEST_WITH_FIRST
    }

    /// What is done in one moment begins, is told and ends in it.
    pub(crate) fn deed(&mut self, verdict: &Verdict<'_>, whom: &Whom<'_>) {
        let mut act = Act::begin(self, verdict, whom);
        let alert = Box::new(self.raised(&mut act, verdict, whom));
        act.alert = Some(alert.clone());
        self.tell(Outcome::Raised(alert));
        self.end(&mut Some(act), EndReason::Left, whom.last_seen);
    }

    /// It is over.
    pub(crate) fn end(&mut self, slot: &mut Option<Act>, reason: EndReason, last_seen: Timestamp) {
        if let Some(act) = slot.take() {
            ended(act, reason, last_seen, self.rule.shadow, self.out);
        }
    }

    /// What a shadow does is counted, and told to nobody.
    fn tell(&mut self, outcome: Outcome) {
        match outcome {
            outcome if !self.rule.shadow => self.out.push(outcome),
            Outcome::Raised(alert) => self.out.push(Outcome::Shadow(alert)),
            _ => {}
        }
    }

    fn raised(&self, act: &mut Act, verdict: &Verdict<'_>, whom: &Whom<'_>) -> Alert {
        let Rule { id, version, name, .. } = self.rule;
        let at = self.view.at;
        let lasted = at.duration_since(act.since);
        let needed = self.rule.needed();
        let counted = (lasted - act.unseen).as_secs_f64();
        let mut why = std::mem::take(&mut act.why);
        why.facts.push(Fact::new("lasted", counted, Unit::Second).at_least(needed.as_secs_f64()));
        why.facts.extend(verdict.facts.iter().cloned());
        Alert {
            id: act.id,
            revision: 1,
            rule: id.clone(),
            queue: self.rule.route.queue(verdict.fence.and_then(|fence| fence.authority)),
            source: self.view.source.clone(),
            source_name: self.source_name.to_owned(),
            track: whom.shown.map(|seen| seen.track),
            class: whom.class,
            score: whom.shown.map(|seen| seen.score),
            fence: verdict.fence.map(Fence::reference),
            place: whom.place,
            seen: whom.shown.and_then(|seen| seen.seen),
            probability_inside: verdict.probability,
            since: act.since,
            raised_at: at,
            last_seen: whom.last_seen,
            ended_at: None,
            end_reason: None,
            dwell_s: lasted.as_secs_f64(),
            plate: None,
            dwell_needed_s: needed.as_secs_f64(),
            time_basis: self.view.basis,
            review: Review::default(),
            terminal: None,
            outline: whom.outline.clone(),
            severity: self.rule.severity,
            rule_version: Some(version.clone()),
            rule_name: Some(name.clone()),
            matter_code: self.rule.matter_code.clone(),
            legal_basis: self.rule.legal_basis.clone(),
            reminder: None,
            also: Vec::new(),
            part_of: None,
            why: Some(Box::new(why)),
        }
    }
}

/// Tells the end of an act, or that what was begun came to nothing.
pub(crate) fn ended(
    act: Act,
    reason: EndReason,
    last_seen: Timestamp,
    shadow: bool,
    out: &mut Vec<Outcome>,
) {
    match act.alert {
        _ if shadow => {}
        Some(mut alert) => {
            alert.last_seen = last_seen;
            alert.ended_at = Some(last_seen);
            alert.end_reason = Some(reason);
            out.push(Outcome::Ended(alert));
        }
        None if act.told => out.push(Outcome::Passed { id: act.id }),
        None => {}
    }
}
