//! Stored messages of one aircraft, read again as the log of its flight.

use jiff::{SignedDuration, Timestamp};

use domain::WarningCode;

use super::envelope::Envelope;
use super::state::State;
use crate::{Telemetry, Warnings};

/// Parts of one report that were sent this soon after its position belong to it.
const TOGETHER: SignedDuration = SignedDuration::from_millis(400);

/// Reads payloads of `osd` and `state` in the order of their time: one row for each report of a
/// position. What was said more than a second before is not taken for what is now, and messages
/// that say nothing are counted.
pub fn replay<'a>(payloads: impl IntoIterator<Item = &'a str>) -> Telemetry {
    let mut log = Log::default();
    for payload in payloads {
        log.take(payload);
    }
    log.row();
    Telemetry {
        samples: log.samples,
        dialect: "DJI Cloud API".to_owned(),
        aircraft: String::new(),
        warnings: log.warnings,
    }
}

#[derive(Default)]
struct Log {
    state: State,
    /// When the position was said that has no row yet.
    placed: Option<Timestamp>,
    samples: Vec<crate::Sample>,
    warnings: Warnings,
}

impl Log {
    fn take(&mut self, payload: &str) {
        let read = Envelope::read(payload.as_bytes());
        let Some((at, data)) = read.ok().and_then(|envelope| Some((envelope.at?, envelope.data)))
        else {
            self.warnings.add(WarningCode::BadEntry, "a message says nothing, or not when");
            return;
        };
        let places = data.contains_key("latitude") || data.contains_key("longitude");
        if self.placed.is_some_and(|placed| places || at.duration_since(placed) > TOGETHER) {
            self.row();
        }
        if self.state.merge(data, Some(at)).is_err() {
            self.warnings.add(WarningCode::BadEntry, "the state grew too large and began anew");
            self.placed = None;
        } else if places {
            self.placed = Some(at);
        }
    }

    fn row(&mut self) {
        if let Some(at) = self.placed.take() {
            self.samples.push(self.state.row(at));
        }
    }
}
