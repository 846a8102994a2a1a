//! Files that docks put into an object store, from their announcement until they are in a flight.

use domain::{FlightId, FlightState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, SqliteConnection};

use super::FlightError;
use super::list::insert_flight;
use super::step::{number, state_of};
use crate::row::{count, time, word};
use crate::{Store, StoreError};

/// A file that a dock announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewObject {
    /// The dock's id of the flight.
    pub task: String,
    /// Where it lies in the bucket.
    pub object_key: String,
    /// Path inside the flight.
    pub name: String,
    /// Serial number of the aircraft, if known.
    pub aircraft: Option<String>,
    /// Who made the flight, if this is its first file.
    pub by: String,
    /// Files of the flight so far, and in all.
    pub uploaded: Option<u64>,
    pub expected: Option<u64>,
}

/// A file of a flight that comes from an object store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FlightObject {
    #[serde(skip)]
    pub flight: FlightId,
    /// The dock's id of the flight.
    #[serde(skip)]
    pub task: String,
    /// Where it lies in the bucket.
    pub object_key: String,
    /// Path inside the flight.
    pub name: String,
    pub state: ObjectState,
    /// How often it was tried in vain.
    pub tries: u64,
    /// When it is tried next, while it waits.
    pub due_at: Timestamp,
    /// What went wrong last, in English; else empty.
    pub detail: String,
}

/// How far a file of an object store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ObjectState {
    /// To be fetched.
    Waiting,
    Fetched,
    /// Given up, until somebody asks for it again.
    Failed,
}

const SELECT: &str =
    "SELECT flight, task, object_key, name, state, tries, due_at, detail FROM flight_objects";

impl Store {
    /// The file that has been due longest at `now`, if there is one.
    pub async fn next_object(&self, now: Timestamp) -> Result<Option<FlightObject>, StoreError> {
        let sql = format!(
            "{SELECT} WHERE state = 'waiting' AND due_at <= $1 ORDER BY due_at, task, object_key LIMIT 1"
        );
        let row: sqlx::Result<Option<Row>> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(now.as_microsecond())
            .fetch_optional(&self.inner.readers)
            .await;
        row.and_then(|row| row.map(FlightObject::try_from).transpose())
            .map_err(|e| self.failed("look for files to fetch".to_owned(), e))
    }

    /// What a flight has or awaits from an object store, by name.
    pub async fn flight_objects(&self, flight: FlightId) -> Result<Vec<FlightObject>, StoreError> {
        let sql = format!("{SELECT} WHERE flight = $1 ORDER BY name, object_key");
        let rows: sqlx::Result<Vec<Row>> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(number(flight))
            .fetch_all(&self.inner.readers)
            .await;
        rows.and_then(|rows| rows.into_iter().map(FlightObject::try_from).collect())
            .map_err(|e| self.failed(format!("list the objects of flight {flight}"), e))
    }

    /// It lies in its flight, whole.
    pub async fn object_fetched(&self, object: &FlightObject) -> Result<(), StoreError> {
        let sql = "UPDATE flight_objects SET state = 'fetched', detail = '' \
                   WHERE task = $1 AND object_key = $2";
        let done = sqlx::query::<Sqlite>(sql)
            .bind(&object.task)
            .bind(&object.object_key)
            .execute(&self.inner.writer)
            .await;
        done.map_err(|e| self.failed(format!("note `{}` as fetched", object.object_key), e))?;
        self.announce_flight(object.flight);
        Ok(())
    }

    /// It could not be fetched; it is tried again at `again`, or not by itself.
    pub async fn object_missed(
        &self,
        object: &FlightObject,
        why: &str,
        again: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let why: String = why.chars().take(LONGEST_REASON).collect();
        let done = sqlx::query::<Sqlite>(
            "UPDATE flight_objects SET state = $3, detail = $4, tries = tries + 1, due_at = $5 \
             WHERE task = $1 AND object_key = $2",
        )
        .bind(&object.task)
        .bind(&object.object_key)
        .bind(if again.is_some() { "waiting" } else { "failed" })
        .bind(why)
        .bind(again.unwrap_or(object.due_at).as_microsecond())
        .execute(&self.inner.writer)
        .await;
        done.map_err(|e| self.failed(format!("note `{}` as missing", object.object_key), e))?;
        self.announce_flight(object.flight);
        Ok(())
    }

    /// Asks now for everything that a flight still awaits; returns how many files that are.
    pub async fn fetch_again(&self, flight: FlightId) -> Result<u64, FlightError> {
        let failed = |e| self.failed(format!("fetch the files of flight {flight} again"), e);
        let mut tx = self.begin().await.map_err(failed)?;
        let state = state_of(&mut tx, flight).await.map_err(failed)??;
        if state != FlightState::Uploading {
            return Err(FlightError::State { flight, state, doing: "fetched".to_owned() });
        }
        let asked = sqlx::query::<Sqlite>(
            "UPDATE flight_objects SET state = 'waiting', tries = 0, due_at = $2 \
             WHERE flight = $1 AND state <> 'fetched'",
        )
        .bind(number(flight))
        .bind(self.now())
        .execute(&mut *tx)
        .await
        .map_err(failed)?
        .rows_affected();
        tx.commit().await.map_err(failed)?;
        self.announce_flight(flight);
        Ok(asked)
    }

    /// Flights that are complete: every announced file was fetched, and the dock announced as many
    /// as it expects, or none came since `quiet`.
    pub async fn fetched_flights(&self, quiet: Timestamp) -> Result<Vec<FlightId>, StoreError> {
        let ids: sqlx::Result<Vec<i64>> = sqlx::query_scalar::<Sqlite, _>(
            "SELECT f.id FROM flights f JOIN flight_objects o ON o.flight = f.id \
             WHERE f.state = 'uploading' AND f.task <> '' GROUP BY f.id \
             HAVING SUM(CASE WHEN o.state = 'fetched' THEN 0 ELSE 1 END) = 0 \
             AND (COUNT(*) >= MAX(o.expected) OR MAX(o.heard_at) < $1) ORDER BY f.id",
        )
        .bind(quiet.as_microsecond())
        .fetch_all(&self.inner.readers)
        .await;
        ids.and_then(|ids| {
            ids.into_iter().map(|id| count("flights", "id", id).map(FlightId)).collect()
        })
        .map_err(|e| self.failed("look for flights that are complete".to_owned(), e))
    }
}

/// What is kept of a reason, characters.
const LONGEST_REASON: usize = 500;

/// Notes a file that was announced, in the flight of its task: the one that still takes files, or
/// a new one. One that is known already is not noted again. Returns the flight it is new in.
pub(super) async fn announce(
    tx: &mut SqliteConnection,
    new: &NewObject,
    now: i64,
) -> sqlx::Result<Option<FlightId>> {
    let counts = [new.uploaded, new.expected].map(|n| n.and_then(|n| i64::try_from(n).ok()));
    let known = sqlx::query::<Sqlite>(
        "UPDATE flight_objects SET uploaded = COALESCE($3, uploaded), \
         expected = COALESCE($4, expected) WHERE task = $1 AND object_key = $2",
    )
    .bind(&new.task)
    .bind(&new.object_key)
    .bind(counts[0])
    .bind(counts[1])
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if known > 0 {
        return Ok(None);
    }
    let flight = flight_of(tx, new, now).await?;
    sqlx::query::<Sqlite>(
        "INSERT INTO flight_objects (task, object_key, flight, name, state, tries, due_at, detail, \
         uploaded, expected, heard_at) VALUES ($1, $2, $3, $4, 'waiting', 0, $5, '', $6, $7, $5)",
    )
    .bind(&new.task)
    .bind(&new.object_key)
    .bind(number(flight))
    .bind(&new.name)
    .bind(now)
    .bind(counts[0])
    .bind(counts[1])
    .execute(&mut *tx)
    .await?;
    sqlx::query::<Sqlite>("UPDATE flights SET touched_at = $2 WHERE id = $1")
        .bind(number(flight))
        .bind(now)
        .execute(tx)
        .await?;
    Ok(Some(flight))
}

async fn flight_of(tx: &mut SqliteConnection, new: &NewObject, now: i64) -> sqlx::Result<FlightId> {
    let id: Option<i64> = sqlx::query_scalar::<Sqlite, _>(
        "SELECT MAX(id) FROM flights WHERE task = $1 AND state = 'uploading'",
    )
    .bind(&new.task)
    .fetch_one(&mut *tx)
    .await?;
    if let Some(id) = id {
        return count("flights", "id", id).map(FlightId);
    }
    let aircraft = new.aircraft.as_deref().unwrap_or_default();
    let flight = insert_flight(tx, &new.task, &new.by, aircraft, now).await?;
    sqlx::query::<Sqlite>("UPDATE flights SET task = $2 WHERE id = $1")
        .bind(number(flight))
        .bind(&new.task)
        .execute(tx)
        .await?;
    Ok(flight)
}

#[derive(sqlx::FromRow)]
struct Row {
    flight: i64,
    task: String,
    object_key: String,
    name: String,
    state: String,
    tries: i64,
    due_at: i64,
    detail: String,
}

impl TryFrom<Row> for FlightObject {
    type Error = sqlx::Error;
    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let key = row.object_key.clone();
        Ok(Self {
            flight: FlightId(count(&key, "flight_objects.flight", row.flight)?),
            state: word(&key, "flight_objects.state", row.state)?,
            tries: count(&key, "flight_objects.tries", row.tries)?,
            due_at: time(&key, "flight_objects.due_at", row.due_at)?,
            task: row.task,
            object_key: row.object_key,
            name: row.name,
            detail: row.detail,
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::stream;
    use jiff::SignedDuration;

    use super::*;
    use crate::NewTelemetry;
    use crate::testing::{Bench, time as second};

    fn announced(n: i64, expected: u64) -> NewTelemetry {
        NewTelemetry {
            device: "4TADK".to_owned(),
            at: second(n),
            kind: "events".to_owned(),
            tid: Some(format!("{n}/{expected}")),
            body: "{}".to_owned(),
            object: Some(NewObject {
                task: "F1".to_owned(),
                object_key: format!("p/{n}.jpeg"),
                name: format!("{n}.jpeg"),
                aircraft: Some("1581F".to_owned()),
                by: "4TADK".to_owned(),
                uploaded: Some(1),
                expected: Some(expected),
            }),
        }
    }

    async fn fetch(store: &Store, object: &FlightObject) {
        let n = store.new_file(object.flight, &object.name, 1).await.unwrap().n;
        let body = stream::iter([Ok(Bytes::from_static(b"x"))]);
        store.append(object.flight, n, 0, body).await.unwrap();
        store.object_fetched(object).await.unwrap();
    }

    #[tokio::test]
    async fn announced_files_wait_for_being_fetched_once() {
        let bench = Bench::new().await;
        let store = &bench.store;
        store.append_telemetry(&[announced(1, 2)]).await.unwrap();
        store.append_telemetry(&[announced(1, 2), announced(1, 3), announced(2, 2)]).await.unwrap();
        let page = store.flights(None, 9).await.unwrap().items;
        assert_eq!(page.len(), 1, "{page:?}");
        let flight = &page[0];
        assert_eq!((flight.name.as_str(), flight.aircraft.as_deref()), ("F1", Some("1581F")));
        let objects = store.flight_objects(flight.id).await.unwrap();
        let names: Vec<_> = objects.iter().map(|object| object.name.as_str()).collect();
        assert_eq!(names, ["1.jpeg", "2.jpeg"]);
        assert_eq!(store.next_object(second(-1)).await.unwrap(), None);
        let first = store.next_object(second(0)).await.unwrap().unwrap();
        let again = second(60);
        store.object_missed(&first, "it is not there", Some(again)).await.unwrap();
        let next = store.next_object(second(0)).await.unwrap().unwrap();
        assert_ne!(next.object_key, first.object_key);
        fetch(store, &next).await;
        assert_eq!(store.next_object(second(59)).await.unwrap(), None);
        let missed = store.next_object(again).await.unwrap().unwrap();
        assert_eq!((missed.tries, missed.detail.as_str()), (1, "it is not there"));
        store.object_missed(&missed, "it is not there", None).await.unwrap();
        assert_eq!(store.next_object(second(9999)).await.unwrap(), None);
        assert!(store.fetched_flights(second(9999)).await.unwrap().is_empty(), "one is missing");
        assert_eq!(store.fetch_again(flight.id).await.unwrap(), 1);
        let asked = store.next_object(second(0)).await.unwrap().unwrap();
        assert_eq!((asked.state, asked.tries), (ObjectState::Waiting, 0));
        fetch(store, &asked).await;
        let quiet = second(0) - SignedDuration::from_secs(1);
        assert!(store.fetched_flights(quiet).await.unwrap().is_empty(), "a third is expected");
        assert_eq!(store.fetched_flights(second(1)).await.unwrap(), [flight.id]);
        store.append_telemetry(&[announced(3, 3)]).await.unwrap();
        fetch(store, &store.next_object(second(0)).await.unwrap().unwrap()).await;
        assert_eq!(store.fetched_flights(quiet).await.unwrap(), [flight.id]);
        store.start(flight.id).await.unwrap();
        let started = store.fetch_again(flight.id).await.unwrap_err();
        assert!(matches!(started, FlightError::State { .. }), "{started}");

        // What comes late is a flight of its own; what came before is not.
        store.append_telemetry(&[announced(2, 9), announced(4, 4)]).await.unwrap();
        let late = store.next_object(second(0)).await.unwrap().unwrap();
        assert_eq!((late.flight, late.name.as_str()), (FlightId(flight.id.0 + 1), "4.jpeg"));
        assert_eq!(store.flights(None, 9).await.unwrap().items.len(), 2);
        store.delete_flight(late.flight).await.unwrap();
        assert_eq!(store.next_object(second(0)).await.unwrap(), None);
    }
}
