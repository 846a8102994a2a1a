//! 违停十分钟提醒: whoever may have parked wrongly is told first, and has time to drive off.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What became of the reminder of one alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reminder {
    pub state: ReminderState,
    /// How long there is to drive off, seconds, from `clock_from` on.
    pub wait_s: f64,
    /// The same where the reminder could not be delivered; `None`: then a person decides at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_undelivered_s: Option<f64>,
    /// When it was delivered; else when it was known that it cannot be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_from: Option<Timestamp>,
    /// Without a receipt for so long it counts as not delivered, seconds.
    pub receipt_within_s: f64,
    /// Why it could not be delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// When it was seen gone, or seen again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Timestamp>,
}

/// How far the reminder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ReminderState {
    /// Somebody was asked to remind; no answer yet.
    Asked,
    /// The clock runs.
    Delivered,
    /// It could not be delivered; the longer clock runs.
    Undeliverable,
    /// Seen again in its place after the time was up: in the queue, with a second capture.
    StillThere,
    /// It could not be delivered, and a person decides at once: in the queue.
    Unreminded,
    /// Reminded, and gone in time: closed. Counts as education (首违、及时改正).
    Corrected,
    /// Gone before it was reminded, or nobody saw whether it went: closed. Nothing follows from it.
    Gone,
}

impl ReminderState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Delivered => "delivered",
            Self::Undeliverable => "undeliverable",
            Self::StillThere => "still_there",
            Self::Unreminded => "unreminded",
            Self::Corrected => "corrected",
            Self::Gone => "gone",
        }
    }

    /// Whether the time to drive off may still run.
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Asked | Self::Delivered | Self::Undeliverable)
    }

    /// Whether it ended without a case.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Corrected | Self::Gone)
    }
}

/// What the one who was asked to remind says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum Receipt {
    Delivered { at: Timestamp },
    Failed { at: Timestamp, reason: String },
}

impl Reminder {
    /// Somebody is asked now.
    pub fn ask(wait: Duration, receipt_within: Duration, undelivered: Option<Duration>) -> Self {
        Self {
            state: ReminderState::Asked,
            wait_s: wait.as_secs_f64(),
            wait_undelivered_s: undelivered.map(|wait| wait.as_secs_f64()),
            clock_from: None,
            receipt_within_s: receipt_within.as_secs_f64(),
            failure: None,
            settled_at: None,
        }
    }

    /// Takes a receipt. The first delivery stands, and one that comes after a failure is news; returns whether this was.
    pub fn take(&mut self, receipt: &Receipt) -> bool {
        match (self.state, receipt) {
            (ReminderState::Asked | ReminderState::Undeliverable, Receipt::Delivered { at }) => {
                self.state = ReminderState::Delivered;
                self.clock_from = Some(*at);
                self.failure = None;
            }
            (ReminderState::Asked, Receipt::Failed { at, reason }) => {
                self.state = match self.wait_undelivered_s {
                    Some(_) => ReminderState::Undeliverable,
                    None => ReminderState::Unreminded,
                };
                self.clock_from = Some(*at);
                self.failure = Some(reason.clone());
            }
            _ => return false,
        }
        true
    }

    /// When the time to drive off is up, once it runs.
    pub fn due(&self) -> Option<Timestamp> {
        let wait_s = match self.state {
            ReminderState::Delivered => self.wait_s,
            ReminderState::Undeliverable => self.wait_undelivered_s?,
            _ => return None,
        };
        let wait = SignedDuration::try_from_secs_f64(wait_s).ok()?;
        self.clock_from?.checked_add(wait).ok()
    }

    /// Seen in its place at `at`. Returns whether with that it stays too long.
    pub fn seen(&mut self, at: Timestamp) -> bool {
        let late = self.due().is_some_and(|due| at >= due);
        if late {
            self.state = ReminderState::StillThere;
            self.settled_at = Some(at);
        }
        late
    }

    /// Over at `at`; `proven` where a view of the place shows that it is gone.
    pub fn close(&mut self, at: Timestamp, proven: bool) {
        if self.state.is_pending() {
            let reminded = self.state == ReminderState::Delivered;
            self.state =
                if reminded && proven { ReminderState::Corrected } else { ReminderState::Gone };
            self.settled_at = Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn delivered(second: i64) -> Receipt {
        Receipt::Delivered { at: at(second) }
    }

    fn failed(second: i64) -> Receipt {
        Receipt::Failed { at: at(second), reason: "no phone number".to_owned() }
    }

    const TEN: Duration = Duration::from_mins(10);
    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn the_clock_starts_at_delivery() {
        let mut reminder = Reminder::ask(TEN, MINUTE, None);
        assert!(!reminder.seen(at(10_000)), "nobody was reminded");
        assert!(reminder.take(&delivered(100)));
        assert!(!reminder.seen(at(699)));
        assert!(reminder.seen(at(700)));
        assert_eq!(reminder.state, ReminderState::StillThere);
        assert!(!reminder.seen(at(800)), "once");
    }

    #[test]
    fn the_first_delivery_stands() {
        let mut reminder = Reminder::ask(TEN, MINUTE, None);
        assert!(reminder.take(&delivered(100)));
        assert!(!reminder.take(&delivered(50)));
        assert!(!reminder.take(&failed(200)));
        assert_eq!(reminder.due(), Some(at(700)));
    }

    #[test]
    fn what_cannot_be_delivered_waits_longer_or_goes_to_a_person() {
        let mut reminder = Reminder::ask(TEN, MINUTE, Some(TEN * 2));
        assert!(reminder.take(&failed(100)));
        assert_eq!(reminder.due(), Some(at(1300)));
        assert!(reminder.take(&delivered(400)), "it was delivered after all");
        assert_eq!(reminder.due(), Some(at(1000)));
        let mut reminder = Reminder::ask(TEN, MINUTE, None);
        assert!(reminder.take(&failed(100)));
        assert_eq!(reminder.state, ReminderState::Unreminded);
        assert_eq!(reminder.due(), None);
    }

    #[test]
    fn only_who_was_reminded_and_was_seen_gone_is_corrected() {
        for (receipt, proven, state) in [
            (Some(delivered(1)), true, ReminderState::Corrected),
            (Some(delivered(1)), false, ReminderState::Gone),
            (None, true, ReminderState::Gone),
            (Some(failed(1)), true, ReminderState::Gone),
        ] {
            let mut reminder = Reminder::ask(TEN, MINUTE, Some(TEN));
            if let Some(receipt) = &receipt {
                reminder.take(receipt);
            }
            reminder.close(at(9), proven);
            assert_eq!(reminder.state, state, "{receipt:?} {proven}");
        }
    }

    #[test]
    fn what_is_in_the_queue_is_not_taken_out_again() {
        let mut reminder = Reminder::ask(TEN, MINUTE, None);
        reminder.take(&delivered(0));
        reminder.seen(at(600));
        reminder.close(at(700), true);
        assert_eq!(reminder.state, ReminderState::StillThere);
    }

    #[test]
    fn receipts_are_read_strictly() {
        let read = |text| serde_json::from_str::<Receipt>(text);
        assert!(read(r#"{"state":"delivered","at":"2026-05-01T00:00:00Z"}"#).is_ok());
        assert!(read(r#"{"state":"failed","at":"2026-05-01T00:00:00Z","reason":"x"}"#).is_ok());
        for bad in
            [r#"{"state":"delivered"}"#, r#"{"state":"read","at":"2026-05-01T00:00:00Z"}"#, "{}"]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
