//! One thing that may be wrong with one truck, from the first reading to the end of its alert.
//!
//! Only time between two readings that both say so counts. A reading that cannot tell neither counts nor clears;
//! one that says otherwise clears once it has lasted.

use std::time::Duration;

use domain::{Alert, EndReason};
use jiff::{SignedDuration, Timestamp};

use super::config::TruckRules;
use super::time::span;

/// What a report says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Wrong,
    Right,
    /// Nobody can tell.
    Unknown,
}

impl Reading {
    pub(super) const fn wrong(wrong: bool) -> Self {
        if wrong { Self::Wrong } else { Self::Right }
    }
}

/// How far it is.
#[derive(Debug, Default)]
pub(super) enum Watch {
    #[default]
    Quiet,
    Growing(Box<Growing>),
    /// It is ripe, and its alert waits for what a camera or another sensor tells of the same act.
    Held(Box<Growing>),
    Open(Box<Open>),
}

#[derive(Debug, Clone)]
pub(super) struct Growing {
    pub(super) since: Timestamp,
    /// Seen to be wrong for so long.
    pub(super) held: SignedDuration,
    /// When it was last wrong, and whether that was the last reading.
    last: Timestamp,
    running: bool,
    right_since: Option<Timestamp>,
}

#[derive(Debug)]
pub(super) struct Open {
    pub(super) alert: Alert,
    reported_at: Timestamp,
    right_since: Option<Timestamp>,
}

/// What a reading leads to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step {
    Nothing,
    /// Wrong for long enough.
    Ripe {
        since: Timestamp,
        held: SignedDuration,
    },
    /// Its alert is to be told again.
    Again,
    /// It was over at this time.
    Over(Timestamp, EndReason),
}

impl Watch {
    pub(super) fn take(
        &mut self,
        reading: Reading,
        at: Timestamp,
        need: Duration,
        config: &TruckRules,
    ) -> Step {
        match self {
            Self::Quiet => {
                if reading == Reading::Wrong {
                    *self = Self::Growing(Box::new(Growing::begin(at)));
                }
                Step::Nothing
            }
            Self::Growing(growing) => {
                if growing.take(reading, at, config) {
                    *self = Self::Quiet;
                    return Step::Nothing;
                }
                if reading == Reading::Wrong && growing.held >= span(need) {
                    return Step::Ripe { since: growing.since, held: growing.held };
                }
                Step::Nothing
            }
            Self::Held(growing) => {
                if growing.take(reading, at, config) {
                    *self = Self::Quiet;
                }
                Step::Nothing
            }
            Self::Open(open) => open.take(reading, at, config),
        }
    }

    /// Ripe, and not told yet.
    pub(super) fn hold(&mut self) {
        if let Self::Growing(growing) = self {
            *self = Self::Held(growing.clone());
        }
    }

    /// Its alert is raised.
    pub(super) fn open(&mut self, alert: Alert) {
        let reported_at = alert.last_seen;
        *self = Self::Open(Box::new(Open { alert, reported_at, right_since: None }));
    }

    /// The alert that is open.
    pub(super) fn alert(&self) -> Option<&Alert> {
        match self {
            Self::Open(open) => Some(&open.alert),
            _ => None,
        }
    }

    /// Takes the alert out, as ended.
    pub(super) fn close(&mut self, at: Timestamp, reason: EndReason) -> Option<Box<Alert>> {
        let Self::Open(open) = std::mem::take(self) else { return None };
        let mut alert = open.alert;
        let at = at.max(alert.raised_at);
        alert.last_seen = alert.last_seen.max(at);
        alert.ended_at = Some(at);
        alert.end_reason = Some(reason);
        Some(Box::new(alert))
    }
}

impl Growing {
    const fn begin(at: Timestamp) -> Self {
        Self { since: at, held: SignedDuration::ZERO, last: at, running: true, right_since: None }
    }

    /// Takes a reading; whether it came to nothing.
    fn take(&mut self, reading: Reading, at: Timestamp, config: &TruckRules) -> bool {
        let step = at.duration_since(self.last);
        match reading {
            Reading::Wrong => {
                if self.running && step <= span(config.gap) {
                    self.held += step;
                }
                (self.last, self.running, self.right_since) = (at, true, None);
                false
            }
            Reading::Right => {
                self.running = false;
                let since = *self.right_since.get_or_insert(at);
                at.duration_since(since) >= span(config.grace)
            }
            Reading::Unknown => {
                self.running = false;
                step >= span(config.lost_after)
            }
        }
    }
}

impl Open {
    fn take(&mut self, reading: Reading, at: Timestamp, config: &TruckRules) -> Step {
        if at <= self.alert.last_seen && self.right_since.is_none() {
            // Judged again after a restart: what was told then stands.
            return Step::Nothing;
        }
        match reading {
            Reading::Wrong => {
                self.right_since = None;
                self.alert.last_seen = at;
                if at.duration_since(self.reported_at) >= span(config.update_every) {
                    self.reported_at = at;
                    return Step::Again;
                }
                Step::Nothing
            }
            Reading::Right => {
                let since = *self.right_since.get_or_insert(at);
                if at.duration_since(since) >= span(config.grace) {
                    return Step::Over(since, EndReason::Cleared);
                }
                Step::Nothing
            }
            Reading::Unknown
                if at.duration_since(self.alert.last_seen) >= span(config.lost_after) =>
            {
                Step::Over(self.alert.last_seen, EndReason::Lost)
            }
            Reading::Unknown => Step::Nothing,
        }
    }
}

#[cfg(test)]
mod tests;
