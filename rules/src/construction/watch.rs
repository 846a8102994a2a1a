//! When the place of something demolished is to be looked at again: removed roofs have come back within days.

use domain::{AlertId, RebuildVisit};
use jiff::{SignedDuration, Timestamp};

/// The visits that a demolition asks for.
pub fn revisits(alert: AlertId, demolished_at: Timestamp, days: &[u16]) -> Vec<RebuildVisit> {
    let due = |day: u16| demolished_at.checked_add(SignedDuration::from_hours(24 * i64::from(day)));
    let visit = |&day: &u16| {
        let due_at = due(day).ok()?;
        Some(RebuildVisit { alert, day, due_at, flown_at: None })
    };
    days.iter().filter_map(visit).collect()
}
