//! Why a rule decided as it did: the states gone through, and the numbers held against their limits.
//!
//! Both are coded, so that a page tells them in the language of its reader, and an auditor can compute the decision again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::FenceId;

/// The grounds of an alert.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Why {
    /// Oldest first; at most [`Why::MOST_TURNS`], of which the first and the last are kept.
    #[serde(default)]
    pub turns: Vec<Turn>,
    #[serde(default)]
    pub facts: Vec<Fact>,
}

/// A state was entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Turn {
    pub at: Timestamp,
    /// A word of the rule's own, as `standing` or `unloading`.
    pub state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<FenceId>,
}

/// A number that decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fact {
    /// A word of the rule's own, as `stood` or `off_route`.
    pub name: String,
    pub value: f64,
    pub unit: Unit,
    /// What it was held against. On the other side of it there would have been no alert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Unit {
    Second,
    Metre,
    SquareMetre,
    KilometrePerHour,
    /// A share or a probability, 0..=1.
    Share,
    Count,
}

/// Where the decision turns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Limit {
    pub sense: Sense,
    pub value: f64,
}

/// On which side of a limit the alert lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Sense {
    AtLeast,
    AtMost,
}

impl Why {
    /// Turns that an alert carries.
    pub const MOST_TURNS: usize = 64;

    /// Adds a turn, unless the state is the one that holds already. Of too many the second oldest goes.
    pub fn turn(&mut self, at: Timestamp, state: &str, fence: Option<&FenceId>) {
        if self.turns.last().is_some_and(|last| last.state == state && last.fence.as_ref() == fence)
        {
            return;
        }
        if self.turns.len() >= Self::MOST_TURNS {
            self.turns.remove(1);
        }
        self.turns.push(Turn { at, state: state.to_owned(), fence: fence.cloned() });
    }
}

impl Fact {
    pub fn new(name: &str, value: f64, unit: Unit) -> Self {
        Self { name: name.to_owned(), value, unit, limit: None }
    }

    /// Decided by being at least `limit`.
    #[must_use]
    pub fn at_least(self, limit: f64) -> Self {
        Self { limit: Some(Limit { sense: Sense::AtLeast, value: limit }), ..self }
    }

    /// Decided by being at most `limit`.
    #[must_use]
    pub fn at_most(self, limit: f64) -> Self {
        Self { limit: Some(Limit { sense: Sense::AtMost, value: limit }), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_goes_on_is_one_turn() {
        let mut why = Why::default();
        for (second, state) in [(1, "a"), (2, "a"), (3, "b"), (4, "a")] {
            why.turn(Timestamp::from_second(second).unwrap(), state, None);
        }
        let told: String = why.turns.iter().map(|turn| turn.state.as_str()).collect();
        assert_eq!(told, "aba");
    }

    #[test]
    fn the_first_and_the_last_turn_are_kept() {
        let mut why = Why::default();
        for second in 0..200 {
            why.turn(Timestamp::from_second(second).unwrap(), &second.to_string(), None);
        }
        assert_eq!(why.turns.len(), Why::MOST_TURNS);
        assert_eq!(why.turns[0].state, "0");
        assert_eq!(why.turns.last().unwrap().state, "199");
    }
}
