//! Spans of the configuration as spans between moments.

use jiff::{SignedDuration, Timestamp};

pub(super) fn span(duration: std::time::Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

/// `at` and `span` later; the end of time where there is no later.
pub(super) fn after(at: Timestamp, duration: std::time::Duration) -> Timestamp {
    at.saturating_add(span(duration)).unwrap_or(Timestamp::MAX)
}
