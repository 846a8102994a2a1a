//! What came of a flight.

use domain::{FlightId, FlightReport, FlightState};
use sqlx::{Sqlite, SqliteConnection};

use super::list::must_find;
use super::looks::write_looks;
use super::step::{number, state_of};
use super::{Flight, FlightError, Step};
use crate::{Store, StoreError};

impl Store {
    /// Stores the report of a flight and what it looked at; it is done. Once more changes nothing:
    /// the first report stands.
    pub async fn finish(
        &self,
        flight: FlightId,
        report: &FlightReport,
    ) -> Result<Flight, FlightError> {
        let failed = |e| self.failed(format!("store the report of flight {flight}"), e);
        let texts =
            Texts::of(report).map_err(|source| FlightError::Unstorable { flight, source })?;
        let mut tx = self.begin().await.map_err(failed)?;
        let state = state_of(&mut tx, flight).await.map_err(failed)??;
        if state == FlightState::Done {
            return must_find(&mut tx, flight).await.map_err(failed).map_err(Into::into);
        }
        if state != FlightState::Processing {
            let doing = Step::Finish.to_string();
            return Err(FlightError::State { flight, state, doing });
        }
        texts.write(&mut tx, flight, self.now()).await.map_err(failed)?;
        write_looks(&mut tx, flight, &report.looks).await.map_err(failed)?;
        let done = must_find(&mut tx, flight).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        self.announce_flight(flight);
        Ok(done)
    }

    /// The report of a flight that is done.
    pub async fn report(&self, flight: FlightId) -> Result<FlightReport, FlightError> {
        let json = self.report_json(flight).await?;
        serde_json::from_str(&json).map_err(|e| {
            let bad = crate::row::bad(&flight.to_string(), "flights.report", &e);
            self.failed(format!("read the report of flight {flight}"), bad).into()
        })
    }

    /// The same as it is stored: JSON of a [`FlightReport`], tens of megabytes for a long flight.
    pub async fn report_json(&self, flight: FlightId) -> Result<String, FlightError> {
        let found: Result<Option<Option<String>>, StoreError> =
            sqlx::query_scalar::<Sqlite, _>("SELECT report FROM flights WHERE id = $1")
                .bind(number(flight))
                .fetch_optional(&self.inner.readers)
                .await
                .map_err(|e| self.failed(format!("read the report of flight {flight}"), e));
        match found? {
            None => Err(FlightError::NoFlight { flight }),
            Some(None) => Err(FlightError::NotDone { flight }),
            Some(Some(json)) => Ok(json),
        }
    }
}

/// A report as columns hold it.
struct Texts {
    report: String,
    summary: String,
}

impl Texts {
    /// What JSON cannot hold is refused here, so that no row is ever written that cannot be read.
    fn of(report: &FlightReport) -> serde_json::Result<Self> {
        let summary = serde_json::to_string(&report.summary)?;
        let report = serde_json::to_string(report)?;
        serde_json::from_str::<FlightReport>(&report)?;
        Ok(Self { report, summary })
    }

    async fn write(
        self,
        tx: &mut SqliteConnection,
        flight: FlightId,
        now: i64,
    ) -> sqlx::Result<()> {
        sqlx::query::<Sqlite>(
            "UPDATE flights SET state = 'done', detail = '', progress = NULL, eta_s = NULL, \
             touched_at = $2, summary = $3, report = $4 WHERE id = $1",
        )
        .bind(number(flight))
        .bind(now)
        .bind(self.summary)
        .bind(self.report)
        .execute(&mut *tx)
        .await?;
        sqlx::query::<Sqlite>(
            "UPDATE flight_files SET state = 'done' WHERE flight = $1 AND state = 'received'",
        )
        .bind(number(flight))
        .execute(tx)
        .await
        .map(drop)
    }
}
