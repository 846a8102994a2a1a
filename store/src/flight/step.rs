//! What may become of a flight, and from where.

use std::fmt;

use domain::{FlightId, FlightState};
use sqlx::{Sqlite, SqliteConnection};

use super::FlightError;

/// A step from one state to the next. There are no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// All files are there; it waits for its turn.
    Start,
    /// Work on it begins.
    Claim,
    /// Its report is there.
    Finish,
    /// It could not be processed.
    Fail,
    /// A failed flight is to be tried again.
    Retry,
    /// The program that worked on it was stopped; it waits for its turn again.
    Resume,
}

impl Step {
    pub const ALL: [Self; 6] =
        [Self::Start, Self::Claim, Self::Finish, Self::Fail, Self::Retry, Self::Resume];

    pub const fn from(self) -> FlightState {
        match self {
            Self::Start => FlightState::Uploading,
            Self::Claim => FlightState::Queued,
            Self::Finish | Self::Fail | Self::Resume => FlightState::Processing,
            Self::Retry => FlightState::Failed,
        }
    }

    pub const fn to(self) -> FlightState {
        match self {
            Self::Start | Self::Retry | Self::Resume => FlightState::Queued,
            Self::Claim => FlightState::Processing,
            Self::Finish => FlightState::Done,
            Self::Fail => FlightState::Failed,
        }
    }

    /// Takes the step, or says why it cannot be taken.
    pub(super) async fn take(
        self,
        tx: &mut SqliteConnection,
        flight: FlightId,
        now: i64,
    ) -> sqlx::Result<Result<(), FlightError>> {
        let state = match state_of(tx, flight).await? {
            Ok(state) => state,
            Err(error) => return Ok(Err(error)),
        };
        if state != self.from() {
            return Ok(Err(FlightError::State { flight, state, doing: self.to_string() }));
        }
        let queued_at = (self.to() == FlightState::Queued).then_some(now);
        sqlx::query::<Sqlite>(
            "UPDATE flights SET state = $2, queued_at = $3, touched_at = $4, detail = '', \
             progress = NULL, eta_s = NULL WHERE id = $1",
        )
        .bind(number(flight))
        .bind(word(self.to()))
        .bind(queued_at)
        .bind(now)
        .execute(tx)
        .await?;
        Ok(Ok(()))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "started",
            Self::Claim => "claimed",
            Self::Finish => "finished",
            Self::Fail => "given up",
            Self::Retry => "tried again",
            Self::Resume => "put back",
        })
    }
}

/// The state of a flight, if there is one.
pub(super) async fn state_of(
    tx: &mut SqliteConnection,
    flight: FlightId,
) -> sqlx::Result<Result<FlightState, FlightError>> {
    let state: Option<String> = sqlx::query_scalar("SELECT state FROM flights WHERE id = $1")
        .bind(number(flight))
        .fetch_optional(tx)
        .await?;
    match state {
        None => Ok(Err(FlightError::NoFlight { flight })),
        Some(state) => crate::row::word(&flight.to_string(), "flights.state", state).map(Ok),
    }
}

/// A flight's number as columns hold it; a number that none can hold belongs to no flight.
pub(super) fn number(flight: FlightId) -> i64 {
    i64::try_from(flight.0).unwrap_or(-1)
}

pub(super) const fn word(state: FlightState) -> &'static str {
    match state {
        FlightState::Uploading => "uploading",
        FlightState::Queued => "queued",
        FlightState::Processing => "processing",
        FlightState::Done => "done",
        FlightState::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_api() {
        use FlightState::{Done, Failed, Processing, Queued, Uploading};
        for state in [Uploading, Queued, Processing, Done, Failed] {
            assert_eq!(serde_json::to_value(state).unwrap(), word(state));
        }
    }

    #[test]
    fn nothing_leads_out_of_done() {
        assert!(Step::ALL.iter().all(|step| step.from() != FlightState::Done));
    }
}
