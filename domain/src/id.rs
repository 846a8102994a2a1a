//! Ids are types, made in one place.
//!
//! Nothing here is random: an alert's id is derived from what it is about, so that replaying the
//! same material gives the same ids and storing it twice stores it once.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A name that is safe as an MQTT topic level, a file name and a URL path segment:
/// `[a-z0-9][a-z0-9_-]{0,63}`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{given}` is no valid id: use 1 to 64 of a-z, 0-9, `-` and `_`, beginning with a letter or digit"
)]
pub struct BadId {
    /// What was given, shortened to 80 characters.
    pub given: String,
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks that `name` is safe in topics, file names and URLs.
            pub fn new(name: &str) -> Result<Self, BadId> {
                check(name).map(|()| Self(name.into()))
            }

            /// A name that is known to be valid.
            ///
            /// # Panics
            /// On any other: for names in the program's own text.
            #[must_use]
            pub fn known(name: &'static str) -> Self {
                match Self::new(name) {
                    Ok(name) => name,
                    Err(error) => panic!("{error}"),
                }
            }

            /// The name itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(name: String) -> Result<Self, BadId> {
                Self::new(&name)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

names! {
    /// A camera, a file or a sensor that observations come from.
    SourceId,
    /// A fence, as its GeoJSON feature names it.
    FenceId,
    /// An enforcement queue; the last level of `xunjian/alert/{queue}`.
    Queue,
    /// A terminal in a vehicle, by its number.
    TerminalId,
    /// A rule: a built-in one, or one of a rule file.
    RuleId,
}

fn check(name: &str) -> Result<(), BadId> {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let mut bytes = name.bytes();
    let valid = name.len() <= 64
        && bytes.next().is_some_and(word)
        && bytes.all(|b| word(b) || b == b'-' || b == b'_');
    if valid { Ok(()) } else { Err(BadId { given: name.chars().take(80).collect() }) }
}

/// One object followed through one stream; counts from 1 in each session of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = u64))]
pub struct TrackId(pub u64);

impl fmt::Display for TrackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One rule broken once by one object, mostly in one fence: a version 5 UUID over those facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = Uuid))]
pub struct AlertId(pub Uuid);

impl AlertId {
    /// The UUID namespace of Xunjian's alerts. Changing it would double every alert on replay.
    const NAMESPACE: Uuid = Uuid::from_u128(0x9d0c_6f5e_3a57_4b0e_8e0a_5c1f_2d94_7b61);

    /// Derives the id from what the alert is about. Equal facts, equal id. `subject` is a track, or whatever else
    /// the rule tells objects apart by.
    pub fn derive(
        rule: &RuleId,
        source: &SourceId,
        fence: Option<&FenceId>,
        subject: impl fmt::Display,
        since: Timestamp,
    ) -> Self {
        let fence = fence.map_or("", FenceId::as_str);
        let facts = format!("{rule}|{source}|{fence}|{subject}|{}", since.as_microsecond());
        Self(Uuid::new_v5(&Self::NAMESPACE, facts.as_bytes()))
    }
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for AlertId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::try_parse(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_safe_everywhere() {
        for good in ["cam-1", "a", "0", "renmin_road-2", &"x".repeat(64)] {
            assert!(SourceId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "A", "a/b", "a+b", "#", "..", "违停", "a b", &"x".repeat(65)] {
            assert!(SourceId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn equal_facts_give_equal_ids() {
        let id = |track, at| {
            AlertId::derive(
                &RuleId::new("parking").unwrap(),
                &SourceId::new("cam").unwrap(),
                Some(&FenceId::new("kerb").unwrap()),
                TrackId(track),
                Timestamp::from_second(at).unwrap(),
            )
        };
        assert_eq!(id(1, 10), id(1, 10));
        assert_ne!(id(1, 10), id(2, 10));
        assert_ne!(id(1, 10), id(1, 11));
    }

    #[test]
    fn a_bad_name_is_refused_by_serde() {
        let error = serde_json::from_str::<SourceId>("\"a/b\"").unwrap_err().to_string();
        assert!(error.contains("`a/b` is no valid id"), "{error}");
    }
}
