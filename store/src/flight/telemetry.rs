//! What aircraft say while they fly, as it came.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sqlx::Sqlite;

use super::{NewObject, objects};
use crate::digest::sha256_hex;
use crate::row::time;
use crate::{Store, StoreError};

/// The most messages read at once: 14 hours of one aircraft at 2 Hz.
const MOST_AT_ONCE: i64 = 100_000;

/// The most devices that are read at once.
const MOST_DEVICES: i64 = 4096;
/// How many messages of each kind say how a device is: its report may come in parts.
const LAST: [(&str, i64); 3] = [("status", 1), ("osd", 20), ("state", 20)];

/// A message of an aircraft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTelemetry {
    /// Serial number of the aircraft or its dock.
    pub device: String,
    /// By the aircraft's clock.
    pub at: Timestamp,
    /// The last part of the topic: `osd`, `state`, `events`, `status`.
    pub kind: String,
    /// The message's own id; without one repeats are told by their content.
    pub tid: Option<String>,
    /// The message as JSON.
    pub body: String,
    /// A file to be fetched that it announces.
    pub object: Option<NewObject>,
}

/// A message that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Telemetry {
    pub device: String,
    /// By the aircraft's clock.
    pub at: Timestamp,
    /// This machine's clock.
    pub received_at: Timestamp,
    pub kind: String,
    /// JSON.
    pub body: String,
}

impl Store {
    /// Keeps messages, all or none; returns how many were news. A message of the same device with
    /// the same id (or, without one, the same content) is kept once. Files that new messages announce
    /// are noted with them.
    pub async fn append_telemetry(&self, new: &[NewTelemetry]) -> Result<u64, StoreError> {
        if new.is_empty() {
            return Ok(0);
        }
        self.insert_telemetry(new).await.map_err(|e| self.failed("keep telemetry".to_owned(), e))
    }

    /// What a device said about itself (`osd`, `state`) from `from` to before `to` by its own clock,
    /// oldest first; at most 100 000 messages.
    pub async fn telemetry(
        &self,
        device: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Telemetry>, StoreError> {
        let rows: sqlx::Result<Vec<Row>> = sqlx::query_as(
            "SELECT device, at, received_at, kind, body FROM telemetry \
             WHERE device = $1 AND kind IN ('osd', 'state') AND at >= $2 AND at < $3 \
             ORDER BY at, received_at, key LIMIT $4",
        )
        .bind(device)
        .bind(from.as_microsecond())
        .bind(to.as_microsecond())
        .bind(MOST_AT_ONCE)
        .fetch_all(&self.inner.readers)
        .await;
        rows.and_then(|rows| rows.into_iter().map(Telemetry::try_from).collect())
            .map_err(|e| self.failed(format!("read the telemetry of `{device}`"), e))
    }

    /// Where a device said it was, from `from` to before `to` by its own clock, oldest first: the
    /// first message with a position in each `every`.
    pub async fn telemetry_thinned(
        &self,
        device: &str,
        from: Timestamp,
        to: Timestamp,
        every: SignedDuration,
    ) -> Result<Vec<Telemetry>, StoreError> {
        let every = i64::try_from(every.as_micros()).unwrap_or(i64::MAX).max(1);
        let rows: sqlx::Result<Vec<Row>> = sqlx::query_as(
            "SELECT device, at, received_at, kind, body FROM telemetry \
             WHERE device = $1 AND kind = 'osd' AND at IN (SELECT MIN(at) FROM telemetry \
             WHERE device = $1 AND kind = 'osd' AND at >= $2 AND at < $3 \
             AND body LIKE '%\"latitude\"%' GROUP BY at / $4) \
             AND body LIKE '%\"latitude\"%' ORDER BY at, received_at, key LIMIT $5",
        )
        .bind(device)
        .bind(from.as_microsecond())
        .bind(to.as_microsecond())
        .bind(every)
        .bind(MOST_AT_ONCE)
        .fetch_all(&self.inner.readers)
        .await;
        rows.and_then(|rows| rows.into_iter().map(Telemetry::try_from).collect())
            .map_err(|e| self.failed(format!("read the path of `{device}`"), e))
    }

    /// The newest messages of every device since `since` by its own clock, oldest first within a
    /// device: enough of each kind to know how it was last.
    pub async fn last_telemetry(&self, since: Timestamp) -> Result<Vec<Telemetry>, StoreError> {
        self.select_last(since).await.map_err(|e| self.failed("read the last telemetry".into(), e))
    }

    async fn select_last(&self, since: Timestamp) -> sqlx::Result<Vec<Telemetry>> {
        // Steps from device to device; a DISTINCT would walk over millions of messages.
        let devices: Vec<String> = sqlx::query_scalar::<Sqlite, _>(
            "WITH RECURSIVE d (device) AS (SELECT MIN(device) FROM telemetry UNION ALL \
             SELECT (SELECT MIN(t.device) FROM telemetry t WHERE t.device > d.device) FROM d \
             WHERE d.device IS NOT NULL) SELECT device FROM d WHERE device IS NOT NULL LIMIT $1",
        )
        .bind(MOST_DEVICES)
        .fetch_all(&self.inner.readers)
        .await?;
        let mut last = Vec::new();
        for device in &devices {
            let mut rows: Vec<Row> = Vec::new();
            for (kind, most) in LAST {
                rows.extend(
                    sqlx::query_as::<Sqlite, Row>(
                        "SELECT device, at, received_at, kind, body FROM telemetry \
                         WHERE device = $1 AND kind = $2 AND at >= $3 ORDER BY at DESC LIMIT $4",
                    )
                    .bind(device)
                    .bind(kind)
                    .bind(since.as_microsecond())
                    .bind(most)
                    .fetch_all(&self.inner.readers)
                    .await?,
                );
            }
            rows.sort_by_key(|row| (row.at, row.received_at));
            let read = rows.into_iter().map(Telemetry::try_from);
            last.extend(read.collect::<sqlx::Result<Vec<_>>>()?);
        }
        Ok(last)
    }

    /// Removes messages that came before `before` (this machine's clock); returns how many.
    pub async fn prune_telemetry(&self, before: Timestamp) -> Result<u64, StoreError> {
        sqlx::query::<Sqlite>("DELETE FROM telemetry WHERE received_at < $1")
            .bind(before.as_microsecond())
            .execute(&self.inner.writer)
            .await
            .map(|done| done.rows_affected())
            .map_err(|e| self.failed("remove old telemetry".to_owned(), e))
    }

    async fn insert_telemetry(&self, new: &[NewTelemetry]) -> sqlx::Result<u64> {
        let now = self.now();
        let mut written = 0;
        let mut flights = Vec::new();
        let mut tx = self.begin().await?;
        for message in new {
            let news = sqlx::query::<Sqlite>(
                "INSERT INTO telemetry (device, key, at, received_at, kind, body) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (device, key) DO NOTHING",
            )
            .bind(&message.device)
            .bind(key(message))
            .bind(message.at.as_microsecond())
            .bind(now)
            .bind(&message.kind)
            .bind(&message.body)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            written += news;
            if let Some(object) = message.object.as_ref().filter(|_| news > 0) {
                flights.extend(objects::announce(&mut tx, object, now).await?);
            }
        }
        tx.commit().await?;
        for flight in flights {
            self.announce_flight(flight);
        }
        Ok(written)
    }
}

/// Message ids are only unique within a kind of message.
fn key(message: &NewTelemetry) -> String {
    let NewTelemetry { at, kind, tid, body, .. } = message;
    match tid.as_deref().filter(|tid| !tid.is_empty()) {
        Some(tid) => format!("{kind}/{tid}"),
        None => sha256_hex(format!("{kind}\n{}\n{body}", at.as_microsecond()).as_bytes()),
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    device: String,
    at: i64,
    received_at: i64,
    kind: String,
    body: String,
}

impl TryFrom<Row> for Telemetry {
    type Error = sqlx::Error;
    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            at: time(&row.device, "telemetry.at", row.at)?,
            received_at: time(&row.device, "telemetry.received_at", row.received_at)?,
            device: row.device,
            kind: row.kind,
            body: row.body,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, time as second};

    fn message(at: i64, tid: Option<&str>, body: &str) -> NewTelemetry {
        NewTelemetry {
            device: "1ZNBJ".to_owned(),
            at: second(at),
            kind: "osd".to_owned(),
            tid: tid.map(str::to_owned),
            body: body.to_owned(),
            object: None,
        }
    }

    #[tokio::test]
    async fn repeats_are_kept_once() {
        let bench = Bench::new().await;
        let store = &bench.store;
        let first = [message(1, Some("a"), "{}"), message(2, None, "{}"), message(3, None, "{}")];
        assert_eq!(store.append_telemetry(&first).await.unwrap(), 3);
        assert_eq!(store.append_telemetry(&first).await.unwrap(), 0);
        let mut others = [
            // The same id with other content is the same message.
            message(4, Some("a"), "[]"),
            message(2, None, "[]"),
            message(2, Some(""), "{}"),
            message(2, Some("a"), "{}"),
        ];
        others[3].device = "other".to_owned();
        assert_eq!(store.append_telemetry(&others).await.unwrap(), 2);
        assert_eq!(store.append_telemetry(&[]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_stretch_of_time_is_read_in_its_order() {
        let bench = Bench::new().await;
        let new: Vec<_> = [5, 1, 3, 2, 4].map(|at| message(at, None, &at.to_string())).into();
        bench.store.append_telemetry(&new).await.unwrap();
        let read = bench.store.telemetry("1ZNBJ", second(2), second(5)).await.unwrap();
        let bodies: Vec<_> = read.iter().map(|row| row.body.as_str()).collect();
        assert_eq!(bodies, ["2", "3", "4"]);
        assert!(read.iter().all(|row| row.received_at == second(0) && row.kind == "osd"));
        assert!(bench.store.telemetry("x", second(0), second(9)).await.unwrap().is_empty());
        let last = bench.store.last_telemetry(second(4)).await.unwrap();
        assert_eq!(last.iter().map(|row| row.body.as_str()).collect::<Vec<_>>(), ["4", "5"]);
        assert_eq!(bench.store.prune_telemetry(second(0)).await.unwrap(), 0);
        assert_eq!(bench.store.prune_telemetry(second(1)).await.unwrap(), 5);
    }

    #[tokio::test]
    async fn a_path_is_thinned() {
        let bench = Bench::new().await;
        let mut new: Vec<_> =
            (0..20).map(|at| message(at, None, &format!(r#"{{"latitude":{at}}}"#))).collect();
        new.push(message(4, None, r#"{"battery":1}"#));
        new.push(NewTelemetry { kind: "events".to_owned(), ..message(5, None, "{}") });
        new.push(NewTelemetry { device: "2".to_owned(), ..message(5, None, "{}") });
        bench.store.append_telemetry(&new).await.unwrap();
        let every = SignedDuration::from_secs(4);
        let read =
            bench.store.telemetry_thinned("1ZNBJ", second(2), second(13), every).await.unwrap();
        let found: Vec<i64> =
            read.iter().map(|row| row.at.as_second() - second(0).as_second()).collect();
        assert_eq!(found, [2, 4, 8, 12], "one of every four seconds, and no other key");
        assert!(read.iter().all(|row| row.body.contains("latitude")));
        let last = bench.store.last_telemetry(second(0)).await.unwrap();
        assert_eq!(last.iter().filter(|row| row.device == "1ZNBJ").count(), 20);
        assert_eq!(last.iter().filter(|row| row.device == "2").count(), 1);
    }
}
