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
    /// `xunjian/alert/{queue}`, or `xunjian/reminder/{queue}` while it is in nobody's queue.
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

const REMINDER: &str = "reminder/";

fn topic(queue: &str) -> String {
    match queue.strip_prefix(REMINDER) {
        Some(queue) => format!("xunjian/reminder/{queue}"),
        None => format!("xunjian/alert/{queue}"),
    }
}

/// Queues the message about `alert` in the transaction that changed it.
pub(crate) async fn enqueue(
    tx: &mut SqliteConnection,
    kind: MessageKind,
    alert: &Alert,
    now: i64,
) -> sqlx::Result<()> {
    // Of a part its whole tells.
    if alert.part_of.is_some() {
        return Ok(());
    }
    let id = next(tx, "outbox").await?;
    // Who reminds listens beside the queue, and counts for itself.
    let queue = if alert.is_queued() {
        alert.queue.to_string()
    } else {
        format!("{REMINDER}{}", alert.queue)
    };
    let seq = next(tx, &format!("queue/{queue}")).await?;
    let message = message(kind, count("outbox", "seq", seq)?, alert);
    let payload = serde_json::to_string(&message).map_err(|e| sqlx::Error::Encode(e.into()))?;
    sqlx::query::<Sqlite>(
        "INSERT INTO outbox (id, alert, event_id, queue, seq, topic, payload, recorded_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id)
    .bind(alert.id.to_string())
    .bind(message.event_id)
    .bind(&queue)
    .bind(seq)
    .bind(topic(&queue))
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
        let seq = u64::try_from(row.seq).map_err(|e| bad(&row.event_id, "seq", &e))?;
        let OutboxRow { id, topic, payload, event_id, .. } = row;
        Ok(Self { row: id, topic, payload: payload.into(), event_id, seq })
    }
}

#[cfg(test)]
mod tests {
    use domain::{AlertMessage, Queue};
    use jiff::SignedDuration;

    use super::*;
    use crate::Written;
    use crate::testing::{Bench, alert, seen, time};

    #[tokio::test]
    async fn messages_wait_until_they_are_marked() {
        let bench = Bench::new().await;
        let store = &bench.store;
        for track in 0..3 {
            bench.raise(&alert(track)).await;
        }
        bench.update(&seen(1, 10)).await;
        let first = store.undelivered(0, 2).await.unwrap();
        assert_eq!(first.len(), 2);
        assert_eq!(store.undelivered(0, 2).await.unwrap(), first);
        assert_eq!(store.outbox_depth().await.unwrap(), 4);

        let rest = store.undelivered(first[1].row, 99).await.unwrap();
        assert_eq!(rest.len(), 2);
        let last = &rest[1];
        assert_eq!(last.topic, "xunjian/alert/parking-traffic_police");
        assert_eq!(last.event_id, format!("{}/2", alert(1).id));
        let message: AlertMessage = serde_json::from_slice(&last.payload).unwrap();
        assert_eq!((message.seq, message.kind), (last.seq, MessageKind::Update));
        assert_eq!(message.alert, store.alert(alert(1).id).await.unwrap().unwrap());

        store.mark_delivered(&[]).await.unwrap();
        store.mark_delivered(&[first[0].row, first[0].row, 999]).await.unwrap();
        assert_eq!(store.outbox_depth().await.unwrap(), 3);
        assert_eq!(store.undelivered(0, 1).await.unwrap()[0], first[1]);
    }

    #[tokio::test]
    async fn only_delivered_messages_are_pruned() {
        let bench = Bench::new().await;
        let store = &bench.store;
        for track in 0..3 {
            bench.raise(&alert(track)).await;
        }
        store.mark_delivered(&[1]).await.unwrap();
        bench.clock.advance(SignedDuration::from_secs(10));
        store.mark_delivered(&[2]).await.unwrap();
        assert_eq!(store.prune_delivered(time(0)).await.unwrap(), 0);
        assert_eq!(store.prune_delivered(time(5)).await.unwrap(), 1);
        assert_eq!(store.prune_delivered(time(99)).await.unwrap(), 1);
        assert_eq!(store.outbox_depth().await.unwrap(), 1);
        // The numbers go on where they were.
        bench.raise(&alert(3)).await;
        assert_eq!(store.undelivered(0, 9).await.unwrap()[1].seq, 4);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn no_queue_has_a_gap_when_many_write() {
        const EACH: u64 = 40;
        let bench = Bench::new().await;
        let queues = ["parking-traffic_police", "parking-urban_mgmt"];
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..2 {
            let store = bench.store.clone();
            tasks.spawn(async move {
                for n in 0..EACH {
                    let mut alert = alert(task * EACH + n);
                    alert.queue = Queue::new(queues[usize::from(n % 3 == 0)]).unwrap();
                    let written = store.raise(&alert).await.unwrap();
                    assert!(matches!(written, Written::New(_)));
                }
            });
        }
        let reader = bench.store.clone();
        tasks.spawn(async move {
            // What is read is always a beginning of what was written.
            let mut length = 0;
            while length < 2 * EACH {
                let waiting = reader.undelivered(0, 1000).await.unwrap();
                check_no_gap(&waiting, &queues);
                assert!(waiting.len() as u64 >= length);
                length = waiting.len() as u64;
            }
        });
        tasks.join_all().await;
        let sent = bench.store.undelivered(0, 1000).await.unwrap();
        assert_eq!(sent.iter().map(|m| m.row).collect::<Vec<_>>(), (1..=80).collect::<Vec<_>>());
        check_no_gap(&sent, &queues);
    }

    fn check_no_gap(messages: &[Outgoing], queues: &[&str]) {
        for queue in queues {
            let seqs = messages.iter().filter(|m| m.topic.ends_with(queue)).map(|m| m.seq);
            for (expected, seq) in (1..).zip(seqs) {
                assert_eq!(seq, expected, "{queue}");
            }
        }
    }
}
