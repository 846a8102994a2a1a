//! Flights as they are made, listed and watched.

use domain::FlightId;
use sqlx::{Sqlite, SqliteConnection};
use tokio::sync::broadcast;

use super::name::{check_flight_name, check_serial};
use super::row::{FlightRow, SELECT_FLIGHTS, find_files, find_flight};
use super::step::number;
use super::{FileState, Flight, FlightError, FlightFile};
use crate::row::next;
use crate::{Store, StoreError};

/// Listeners hear of the same flight at most so often while only its figures change.
const HEARD_EVERY_US: i64 = 1_000_000;

/// Part of the list of flights.
#[derive(Debug, Clone, PartialEq)]
pub struct FlightPage {
    /// Newest first.
    pub items: Vec<Flight>,
    /// Hand it to [`Store::flights`] for the next page; none on the last.
    pub next: Option<FlightId>,
}

impl Store {
    /// Makes a flight without files. An empty name becomes `flight-{id}`.
    pub async fn new_flight(&self, name: &str, by: &str) -> Result<Flight, FlightError> {
        self.new_flight_of(name, by, None).await
    }

    /// The same, of the aircraft of this serial number.
    pub async fn new_flight_of(
        &self,
        name: &str,
        by: &str,
        aircraft: Option<&str>,
    ) -> Result<Flight, FlightError> {
        let (name, aircraft) = (name.trim(), aircraft.unwrap_or_default().trim());
        check_flight_name(name)?;
        check_serial(aircraft)?;
        let failed = |e| self.failed("make a flight".to_owned(), e);
        let flight = self.insert_flight(name, by, aircraft).await.map_err(failed)?;
        self.announce_flight(flight.id);
        Ok(flight)
    }

    /// Flights before `before` (none: from the newest on), newest first; 1 to 200 of them.
    pub async fn flights(
        &self,
        before: Option<FlightId>,
        limit: u32,
    ) -> Result<FlightPage, StoreError> {
        let limit = limit.clamp(1, 200) as usize;
        self.flights_page(before, limit)
            .await
            .map_err(|e| self.failed("list flights".to_owned(), e))
    }

    /// One flight as it now is.
    pub async fn flight(&self, flight: FlightId) -> Result<Option<Flight>, StoreError> {
        let failed = |e| self.failed(format!("look up flight {flight}"), e);
        let mut reader = self.inner.readers.acquire().await.map_err(failed)?;
        find_flight(&mut reader, flight).await.map_err(failed)
    }

    /// The files of a flight by their numbers, with what has really arrived of each; empty for an
    /// unknown flight.
    pub async fn flight_files(&self, flight: FlightId) -> Result<Vec<FlightFile>, StoreError> {
        let failed = |e| self.failed(format!("list the files of flight {flight}"), e);
        let mut reader = self.inner.readers.acquire().await.map_err(failed)?;
        let mut files = find_files(&mut reader, flight).await.map_err(failed)?;
        drop(reader);
        for file in files.iter_mut().filter(|file| file.state == FileState::Uploading) {
            let found = tokio::fs::metadata(self.file_path(flight, file.n)).await;
            file.received = found.map_or(0, |found| found.len().min(file.bytes));
        }
        Ok(files)
    }

    /// Ids of flights that change, from now on; see [`changes`](Self::changes) for what happens to
    /// a slow listener. Changes of figures alone are told at most once a second for each flight.
    pub fn flight_changes(&self) -> broadcast::Receiver<FlightId> {
        self.inner.flight_changes.subscribe()
    }

    /// Called after the commit of a new state.
    pub(super) fn announce_flight(&self, flight: FlightId) {
        let now = self.now();
        self.told().insert(flight, now);
        if self.inner.flight_changes.send(flight).is_err() {
            tracing::trace!(%flight, "nobody listens for flights");
        }
    }

    /// Called when figures changed and nothing else.
    pub(super) fn announce_figures(&self, flight: FlightId) {
        let now = self.now();
        let due = self.told().get(&flight).is_none_or(|told| now - told >= HEARD_EVERY_US);
        if due {
            self.announce_flight(flight);
        }
    }

    /// When listeners were last told about flights.
    fn told(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeMap<FlightId, i64>> {
        let mut told =
            self.inner.flights_told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Old flights are at rest; their entries would only pile up.
        while told.len() > 1000 {
            told.pop_first();
        }
        told
    }

    async fn insert_flight(&self, name: &str, by: &str, aircraft: &str) -> sqlx::Result<Flight> {
        let mut tx = self.begin().await?;
        let id = insert_flight(&mut tx, name, by, aircraft, self.now()).await?;
        let flight = must_find(&mut tx, id).await?;
        tx.commit().await?;
        Ok(flight)
    }

    async fn flights_page(
        &self,
        before: Option<FlightId>,
        limit: usize,
    ) -> sqlx::Result<FlightPage> {
        let sql = format!("{SELECT_FLIGHTS} WHERE id < $1 ORDER BY id DESC LIMIT $2");
        let mut rows: Vec<FlightRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(before.map_or(i64::MAX, number))
            // One more than asked for tells whether there is another page.
            .bind(i64::try_from(limit + 1).unwrap_or(i64::MAX))
            .fetch_all(&self.inner.readers)
            .await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let items = rows.into_iter().map(Flight::try_from).collect::<sqlx::Result<Vec<_>>>()?;
        let next = items.last().filter(|_| more).map(|last| last.id);
        Ok(FlightPage { items, next })
    }
}

/// Adds a flight without files.
pub(super) async fn insert_flight(
    tx: &mut SqliteConnection,
    name: &str,
    by: &str,
    aircraft: &str,
    now: i64,
) -> sqlx::Result<FlightId> {
    let id = next(tx, "flight").await?;
    let given = if name.is_empty() { format!("flight-{id}") } else { name.to_owned() };
    sqlx::query::<Sqlite>(
        "INSERT INTO flights (id, name, state, detail, created_by, created_at, touched_at, \
         last_file, aircraft) VALUES ($1, $2, 'uploading', '', $3, $4, $4, 0, $5)",
    )
    .bind(id)
    .bind(given)
    .bind(by)
    .bind(now)
    .bind(aircraft)
    .execute(tx)
    .await?;
    Ok(FlightId(crate::row::count("flights", "id", id)?))
}

/// A flight that was written or checked in this transaction.
pub(super) async fn must_find(tx: &mut SqliteConnection, flight: FlightId) -> sqlx::Result<Flight> {
    find_flight(tx, flight).await?.ok_or(sqlx::Error::RowNotFound)
}
