//! Why a message is not taken.

use jiff::{SignedDuration, Timestamp};

/// One message; the next one may be right.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refused {
    #[error("{got} bytes, at most {most} are read (`observations.max_bytes`)")]
    Bytes { got: usize, most: usize },
    /// Not JSON, or not of its form; `why` has line and column.
    #[error("`{key}`: {why}")]
    Form { key: String, why: String },
    /// A value that cannot be.
    #[error("`{key}` {rule}, got `{got}`")]
    Value { key: String, rule: &'static str, got: String },
    #[error("`observations` holds {got}, at most {most} are read (`observations.max_count`)")]
    Many { got: usize, most: usize },
    #[error("`at` is {at}, {by:#} ahead of this machine's clock (`observations.ahead`)")]
    Ahead { at: Timestamp, by: SignedDuration },
    #[error("`at` is {at}, {by:#} ago (`observations.behind`)")]
    Old { at: Timestamp, by: SignedDuration },
    /// It tells of an object, but not where it is.
    #[error("`{key}` says neither a box nor a place: {way_out}")]
    NoPlace { key: &'static str, way_out: &'static str },
}

impl Refused {
    /// The word by which it is counted.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Bytes { .. } => "too_long",
            Self::Form { .. } => "not_understood",
            Self::Value { .. } => "bad_value",
            Self::Many { .. } => "too_many",
            Self::Ahead { .. } => "ahead",
            Self::Old { .. } => "too_old",
            Self::NoPlace { .. } => "no_place",
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "numbers and texts are given as they are")]
    pub(crate) fn value(key: impl Into<String>, rule: &'static str, got: impl ToString) -> Self {
        let got = got.to_string().chars().take(80).collect();
        Self::Value { key: key.into(), rule, got }
    }
}
