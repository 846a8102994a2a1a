//! Messages that wait for delivery.
//!
//! A message is written in the transaction of what it tells and leaves in the order of its row.
//! Delivery is at least once: a message is marked only after the broker has it, so a crash in
//! between sends it again, with the same `event_id`. Nothing is dropped while undelivered, however
//! long the broker is away: the disk is the bound, and `outbox_depth` the alarm.

use bytes::Bytes;
use domain::{Alert, MessageKind};
use jiff::Timestamp;
use sqlx::{Sqlite, SqliteConnection};

use crate::alert::message;
use crate::row::{bad, count, next};
use crate::{Store, StoreError};

/// One message to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its place in the order; hand it to [`Store::mark_delivered`].
    pub row: i64,
    /// `xunjian/alert/{queue}`.
    pub topic: String,
    /// An [`AlertMessage`](domain::AlertMessage) as JSON.
    pub payload: Bytes,
    /// `{alert id}/{revision}`.
    pub event_id: String,
    /// The message's number in its queue, as in the payload.
    pub seq: u64,
}

/// The most messages read at once: 1000 of about 1 KiB.
const MOST_AT_ONCE: u32 = 1000;

impl Store {
    /// The oldest undelivered messages after row `after` (0: from the beginning), at most `limit`
    /// and at most 1000.
    pub async fn undelivered(&self, after: i64, limit: u32) -> Result<Vec<Outgoing>, StoreError> {
        let rows: sqlx::Result<Vec<OutboxRow>> = sqlx::query_as(
            "SELECT id, topic, payload, event_id, seq FROM outbox \
             WHERE delivered_at IS NULL AND id > $1 ORDER BY id LIMIT $2",
        )
        .bind(after)
        .bind(i64::from(limit.min(MOST_AT_ONCE)))
        .fetch_all(&self.inner.readers)
        .await;
        rows.and_then(|rows| rows.into_iter().map(Outgoing::try_from).collect())
            .map_err(|e| self.failed("read the outbox".to_owned(), e))
    }

    /// Records that the broker has these messages. Rows that are gone or marked are passed over.
    pub async fn mark_delivered(&self, rows: &[i64]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        self.mark(rows).await.map_err(|e| self.failed("mark messages delivered".to_owned(), e))
    }

    /// How many messages wait.
    pub async fn outbox_depth(&self) -> Result<u64, StoreError> {
        sqlx::query_scalar("SELECT COUNT(*) FROM outbox WHERE delivered_at IS NULL")
            .fetch_one(&self.inner.readers)
            .await
            .and_then(|depth| count("outbox", "count", depth))
            .map_err(|e| self.failed("count the outbox".to_owned(), e))
    }

    /// Removes messages delivered before `before` (this machine's clock); returns how many.
    pub async fn prune_delivered(&self, before: Timestamp) -> Result<u64, StoreError> {
        sqlx::query::<Sqlite>("DELETE FROM outbox WHERE delivered_at < $1")
            .bind(before.as_microsecond())
            .execute(&self.inner.writer)
            .await
            .map(|done| done.rows_affected())
            .map_err(|e| self.failed("remove delivered messages".to_owned(), e))
    }

    async fn mark(&self, rows: &[i64]) -> sqlx::Result<()> {
        let now = self.now();
        let mut tx = self.begin().await?;
        for row in rows {
            sqlx::query::<Sqlite>(
                "UPDATE outbox SET delivered_at = $2 WHERE id = $1 AND delivered_at IS NULL",
            )
            .bind(row)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await
    }
}

/// Queues the message about `alert` in the transaction that changed it.
pub(crate) async fn enqueue(
    tx: &mut SqliteConnection,
    kind: MessageKind,
    alert: &Alert,
    now: i64,
) -> sqlx::Result<()> {
    let id = next(tx, "outbox").await?;
    let seq = next(tx, &format!("queue/{}", alert.queue)).await?;
    let message = message(kind, count("outbox", "seq", seq)?, alert);
    let payload = serde_json::to_string(&message).map_err(|e| sqlx::Error::Encode(e.into()))?;
    sqlx::query::<Sqlite>(
        "INSERT INTO outbox (id, alert, event_id, queue, seq, topic, payload, recorded_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id)
    .bind(alert.id.to_string())
    .bind(message.event_id)
    .bind(alert.queue.as_str())
    .bind(seq)
    .bind(format!("xunjian/alert/{}", alert.queue))
    .bind(payload)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct OutboxRow {
    id: i64,
    topic: String,
    payload: String,
    event_id: String,
    seq: i64,
}

impl TryFrom<OutboxRow> for Outgoing {
    type Error = sqlx::Error;
    fn try_from(row: OutboxRow) -> Result<Self, sqlx::Error> {
        let seq = u64::try_from(row.seq).map_err(|e| bad(&row.event_id, "seq", e.to_string()))?;
        let OutboxRow { id, topic, payload, event_id, .. } = row;
        Ok(Self { row: id, topic, payload: payload.into(), event_id, seq })
    }
}
