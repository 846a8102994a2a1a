//! From what was found to the alert that tells it.

use domain::{
    Alert, AlertId, Class, Fact, GroundFix, Plate, Queue, Review, SourceId, TerminalId, TimeBasis,
    Why,
};
use jiff::Timestamp;

use super::config::TruckRules;
use super::sights::Tip;
use super::trip::Turn;
use super::violation::Violation;
use crate::fence::Fence;

/// What was found.
pub(super) struct Case<'a> {
    pub(super) violation: Violation,
    pub(super) terminal: Option<&'a TerminalId>,
    /// In full; the alert masks it.
    pub(super) plate: Option<&'a str>,
    /// Of the trip, up to now.
    pub(super) turns: &'a [Turn],
    pub(super) since: Timestamp,
    pub(super) raised_at: Timestamp,
    pub(super) fix: GroundFix,
    /// With how probably the place breaks the rule there.
    pub(super) fence: Option<&'a Fence>,
    pub(super) probability: f64,
    pub(super) facts: Vec<Fact>,
    /// What a camera saw of it.
    pub(super) seen: Option<&'a Tip>,
}

/// Alerts that terminals raise come from this source.
pub(super) const TERMINALS: &str = "terminals";
/// Its name, for people of both languages.
const TERMINALS_NAME: &str = "车载终端 Truck terminals";

impl Case<'_> {
    pub(super) fn alert(self, config: &TruckRules) -> Alert {
        let (rule, basis) = (self.violation.id(), self.violation.legal_basis());
        let source = self.source();
        let subject = self.subject();
        let fence = self.fence.map(|fence| &fence.id);
        let id = AlertId::derive(&rule, &source, fence, subject, self.since);
        Alert {
            id,
            revision: 1,
            rule,
            rule_version: None,
            rule_name: Some(self.violation.name()),
            severity: self.violation.severity(),
            matter_code: None,
            legal_basis: basis.map(str::to_owned),
            queue: queue(self.fence),
            source_name: self.source_name(),
            source,
            track: self.seen.map(|tip| tip.track),
            terminal: self.terminal.cloned(),
            class: Class::MuckTruck,
            score: self.seen.map(|tip| tip.score),
            plate: self.plate().map(|plate| plate.masked()),
            fence: self.fence.map(Fence::reference),
            place: self.fix.into(),
            outline: None,
            seen: None,
            probability_inside: self.probability,
            since: self.since,
            raised_at: self.raised_at,
            last_seen: self.raised_at,
            ended_at: None,
            end_reason: None,
            dwell_s: self.raised_at.duration_since(self.since).as_secs_f64(),
            dwell_needed_s: self.violation.needs(config).as_secs_f64(),
            time_basis: TimeBasis::Capture,
            reminder: None,
            also: Vec::new(),
            part_of: None,
            why: Some(Box::new(self.why())),
            review: Review::default(),
        }
    }

    fn subject(&self) -> String {
        match (self.terminal, self.seen) {
            (_, Some(tip)) if self.violation == Violation::TippingSeen => tip.track.to_string(),
            (Some(terminal), _) => terminal.to_string(),
            (None, _) => String::new(),
        }
    }

    /// A camera is the source of what no terminal told.
    fn source(&self) -> SourceId {
        match self.seen {
            Some(tip) if self.violation == Violation::TippingSeen => tip.source.clone(),
            _ => SourceId::known(TERMINALS),
        }
    }

    fn source_name(&self) -> String {
        match self.seen {
            Some(tip) if self.violation == Violation::TippingSeen => tip.source_name.clone(),
            Some(tip) => format!("{TERMINALS_NAME} + {}", tip.source_name),
            None => TERMINALS_NAME.to_owned(),
        }
    }

    /// A terminal's plate is its owner's word; a camera's has its own doubt.
    fn plate(&self) -> Option<Plate> {
        let told = |text: &str| Plate::new(text.to_owned(), 1.0, None, 0);
        self.plate.map(told).or_else(|| self.seen?.plate.clone())
    }

    fn why(&self) -> Why {
        let (mut why, mut told) = (Why::default(), false);
        let fence = self.fence.map(|fence| &fence.id);
        for turn in self.turns {
            if turn.at > self.since && !told {
                why.turn(self.since, self.violation.word(), fence);
                told = true;
            }
            why.turn(turn.at, turn.state.as_str(), turn.fence.as_ref());
        }
        if !told {
            why.turn(self.since, self.violation.word(), fence);
        }
        if let Some(tip) = self.seen.filter(|_| self.violation != Violation::TippingSeen) {
            why.turn(tip.since, Violation::TippingSeen.word(), None);
        }
        why.turns.sort_by_key(|turn| turn.at);
        why.facts.clone_from(&self.facts);
        why
    }
}

/// Whoever decides at the place gets it; muck is otherwise the city management's.
fn queue(fence: Option<&Fence>) -> Queue {
    match fence.and_then(|fence| fence.authority) {
        Some(domain::Authority::TrafficPolice) => Queue::known("muck-traffic_police"),
        Some(domain::Authority::UrbanMgmt) | None => Queue::known("muck-urban_mgmt"),
    }
}
