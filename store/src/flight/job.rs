//! The work on a flight: queued, taken up, given up, tried again, deleted.

use domain::{FlightId, FlightState};
use futures_util::stream;
use sqlx::{Sqlite, SqliteConnection};

use super::list::must_find;
use super::row::find_files;
use super::step::{number, state_of};
use super::{FileState, Flight, FlightError, Step};
use crate::{Store, StoreError};

/// What is kept of a reason, characters.
const LONGEST_REASON: usize = 1000;

impl Store {
    /// Queues a flight whose files are all there.
    pub async fn start(&self, flight: FlightId) -> Result<Flight, FlightError> {
        self.hash_whole_files(flight).await?;
        let failed = |e| self.failed(format!("start flight {flight}"), e);
        let mut tx = self.begin().await.map_err(failed)?;
        Step::Start.take(&mut tx, flight, self.now()).await.map_err(failed)??;
        let files = find_files(&mut tx, flight).await.map_err(failed)?;
        if files.is_empty() {
            return Err(FlightError::Empty { flight });
        }
        let coming = files.into_iter().filter(|file| file.state == FileState::Uploading);
        let files: Vec<_> = coming.map(|file| file.name).collect();
        if !files.is_empty() {
            return Err(FlightError::Incomplete { flight, files });
        }
        let queued = must_find(&mut tx, flight).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        self.announce_flight(flight);
        Ok(queued)
    }

    /// Takes up the flight that has been queued longest, if there is one.
    pub async fn claim_flight(&self) -> Result<Option<Flight>, StoreError> {
        let claimed =
            self.claim().await.map_err(|e| self.failed("take up a flight".to_owned(), e))?;
        if let Some(flight) = &claimed {
            self.announce_flight(flight.id);
        }
        Ok(claimed)
    }

    /// How many flights come before one that waits: those that are looked at, and those queued earlier.
    pub async fn flights_ahead(&self, flight: FlightId) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM flights AS other, flights AS this WHERE this.id = $1 AND \
                   (other.state = 'processing' OR other.state = 'queued' AND \
                   (other.queued_at, other.id) < (this.queued_at, this.id))";
        let count: sqlx::Result<i64> =
            sqlx::query_scalar(sql).bind(number(flight)).fetch_one(&self.inner.readers).await;
        count
            .and_then(|count| crate::row::count("flights", "ahead", count))
            .map_err(|e| self.failed(format!("count the flights before {flight}"), e))
    }

    /// Puts flights back into the queue that a program was working on when it was stopped; they
    /// come before the others. Called once, before the first is claimed.
    pub async fn resume_flights(&self) -> Result<Vec<FlightId>, StoreError> {
        let resumed = async {
            let mut tx = self.begin().await?;
            let sql = "SELECT id FROM flights WHERE state = 'processing' ORDER BY id";
            let ids: Vec<i64> = sqlx::query_scalar(sql).fetch_all(&mut *tx).await?;
            let mut flights = Vec::new();
            for id in ids {
                let flight = FlightId(crate::row::count("flights", "id", id)?);
                if Step::Resume.take(&mut tx, flight, 0).await?.is_ok() {
                    flights.push(flight);
                }
            }
            tx.commit().await?;
            sqlx::Result::Ok(flights)
        };
        let flights = resumed.await.map_err(|e| self.failed("put flights back".to_owned(), e))?;
        for flight in &flights {
            self.announce_flight(*flight);
        }
        Ok(flights)
    }

    /// Notes how far the work is: `done` 0 to 1, `eta_s` in seconds. Each call is a transaction:
    /// once a second is often enough.
    pub async fn progress(
        &self,
        flight: FlightId,
        done: f64,
        eta_s: Option<f64>,
    ) -> Result<(), FlightError> {
        let done = if done.is_finite() { done.clamp(0.0, 1.0) } else { 0.0 };
        let eta_s = eta_s.filter(|eta| eta.is_finite()).map(|eta| eta.max(0.0));
        let failed = |e| self.failed(format!("note the progress of flight {flight}"), e);
        let mut tx = self.begin().await.map_err(failed)?;
        let state = state_of(&mut tx, flight).await.map_err(failed)??;
        if state != FlightState::Processing {
            let doing = "worked on".to_owned();
            return Err(FlightError::State { flight, state, doing });
        }
        sqlx::query::<Sqlite>("UPDATE flights SET progress = $2, eta_s = $3 WHERE id = $1")
            .bind(number(flight))
            .bind(done)
            .bind(eta_s)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        self.announce_figures(flight);
        Ok(())
    }

    /// Gives a flight up; `reason` is for a person, in English.
    pub async fn fail(&self, flight: FlightId, reason: &str) -> Result<Flight, FlightError> {
        let failed = |e| self.failed(format!("give up flight {flight}"), e);
        let reason: String = reason.chars().take(LONGEST_REASON).collect();
        let mut tx = self.begin().await.map_err(failed)?;
        Step::Fail.take(&mut tx, flight, self.now()).await.map_err(failed)??;
        sqlx::query::<Sqlite>("UPDATE flights SET detail = $2 WHERE id = $1")
            .bind(number(flight))
            .bind(reason)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        let given_up = must_find(&mut tx, flight).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        self.announce_flight(flight);
        Ok(given_up)
    }

    /// Queues a failed flight again. Files that failed get another chance; those that are done
    /// stay so.
    pub async fn retry(&self, flight: FlightId) -> Result<Flight, FlightError> {
        let failed = |e| self.failed(format!("try flight {flight} again"), e);
        let mut tx = self.begin().await.map_err(failed)?;
        Step::Retry.take(&mut tx, flight, self.now()).await.map_err(failed)??;
        if find_files(&mut tx, flight).await.map_err(failed)?.is_empty() {
            return Err(FlightError::Empty { flight });
        }
        sqlx::query::<Sqlite>(
            "UPDATE flight_files SET state = 'received', detail = '' \
             WHERE flight = $1 AND state = 'failed'",
        )
        .bind(number(flight))
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        let queued = must_find(&mut tx, flight).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        self.announce_flight(flight);
        Ok(queued)
    }

    /// Removes a flight with its files, while it is uploading or after it failed.
    pub async fn delete_flight(&self, flight: FlightId) -> Result<(), FlightError> {
        let failed = |e| self.failed(format!("delete flight {flight}"), e);
        let mut tx = self.begin().await.map_err(failed)?;
        let state = state_of(&mut tx, flight).await.map_err(failed)??;
        if !matches!(state, FlightState::Uploading | FlightState::Failed) {
            let doing = "deleted".to_owned();
            return Err(FlightError::State { flight, state, doing });
        }
        delete(&mut tx, flight).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        self.remove_folder(flight).await
    }

    /// What a crash left between the last byte of a file and its hash.
    async fn hash_whole_files(&self, flight: FlightId) -> Result<(), FlightError> {
        for file in self.flight_files(flight).await? {
            if file.state != FileState::Uploading || file.received < file.bytes {
                continue;
            }
            match self.append(flight, file.n, file.bytes, stream::empty()).await {
                // It is being hashed, or was removed: the transaction will tell.
                Err(FlightError::Locked { .. } | FlightError::NoFile { .. }) | Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn claim(&self) -> sqlx::Result<Option<Flight>> {
        let mut tx = self.begin().await?;
        let sql = "SELECT id FROM flights WHERE state = 'queued' ORDER BY queued_at, id LIMIT 1";
        let id: Option<i64> = sqlx::query_scalar(sql).fetch_optional(&mut *tx).await?;
        let Some(id) = id else { return Ok(None) };
        let flight = FlightId(crate::row::count("flights", "id", id)?);
        // Queued, and nobody else writes: the step can be taken.
        if Step::Claim.take(&mut tx, flight, self.now()).await?.is_err() {
            return Ok(None);
        }
        let claimed = must_find(&mut tx, flight).await?;
        tx.commit().await?;
        Ok(Some(claimed))
    }
}

/// Removes a flight's rows with those that refer to it.
pub(super) async fn delete(tx: &mut SqliteConnection, flight: FlightId) -> sqlx::Result<()> {
    sqlx::query::<Sqlite>("DELETE FROM flights WHERE id = $1")
        .bind(number(flight))
        .execute(tx)
        .await
        .map(drop)
}
