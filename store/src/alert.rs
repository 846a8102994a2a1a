//! What the machine says about an alert: it began, it lasts, it is over.
//!
//! The facts are written once, when the alert is raised. After that the machine can only say when
//! the object was last seen and that it is over; it cannot touch what a person decided, and what a
//! person has seen does not change under them.

use domain::{Alert, AlertId, AlertMessage, EndReason, MessageKind, Review};
use sqlx::{Sqlite, SqliteConnection};

use crate::open::to_the_microsecond;
use crate::outbox::enqueue;
use crate::row::{AlertRow, next};
use crate::{Changed, Store, StoreError};

/// What became of a report.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub enum Written {
    /// It was news: the alert as it now is, with the revision that was published.
    New(Alert),
    /// It was known before, or came too late to matter. Nothing was written.
    Already,
    /// `update` or `end` of an alert that was never raised here. Nothing was written.
    Unknown,
}

impl Store {
    /// Records a new alert and queues its message: both happen or neither does.
    ///
    /// An alert of the same id is left as it is. `revision`, `review`, `ended_at` and `end_reason`
    /// of `alert` are not read: an alert begins at revision 1, open and not ended. Times are kept
    /// to the microsecond.
    pub async fn raise(&self, alert: &Alert) -> Result<Written, StoreError> {
        let (alert, body) = as_stored(alert)?;
        let raised = self
            .insert(&alert, &body)
            .await
            .map_err(|e| self.failed(format!("record alert {}", alert.id), e))?;
        if !raised {
            return Ok(Written::Already);
        }
        self.announce(alert.id, Changed::Alert);
        Ok(Written::New(alert))
    }

    /// Records that the object still stands there, as of `alert.last_seen`.
    ///
    /// Nothing else of `alert` is read. `Already` when that is not later than what is known, or
    /// when the alert has ended. Leaves no entry in the history: a car that stands all night would
    /// bury the entries that people look for.
    pub async fn update(&self, alert: &Alert) -> Result<Written, StoreError> {
        let written = self
            .seen_again(alert)
            .await
            .map_err(|e| self.failed(format!("update alert {}", alert.id), e))?;
        self.announce_new(&written);
        Ok(written)
    }

    /// Records that the alert is over: `ended_at`, `end_reason` and `last_seen`.
    ///
    /// `Already` when it was over before; the first end stands.
    pub async fn end(&self, alert: &Alert) -> Result<Written, StoreError> {
        let (Some(at), Some(reason)) = (alert.ended_at, alert.end_reason) else {
            return Err(StoreError::NotEnded { id: alert.id });
        };
        let written = self
            .set_ended(alert, at.as_microsecond(), reason)
            .await
            .map_err(|e| self.failed(format!("end alert {}", alert.id), e))?;
        self.announce_new(&written);
        Ok(written)
    }

    fn announce_new(&self, written: &Written) {
        if let Written::New(alert) = written {
            self.announce(alert.id, Changed::Alert);
        }
    }

    async fn insert(&self, alert: &Alert, body: &str) -> sqlx::Result<bool> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let inserted = sqlx::query::<Sqlite>(
            "INSERT INTO alerts (id, queue, source, raised_at, body, revision, last_seen, \
             review_state, recorded_at) VALUES ($1, $2, $3, $4, $5, 1, $6, 'open', $7) \
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(alert.id.to_string())
        .bind(alert.queue.as_str())
        .bind(alert.source.as_str())
        .bind(alert.raised_at.as_microsecond())
        .bind(body)
        .bind(alert.last_seen.as_microsecond())
        .bind(now)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if inserted == 0 {
            return Ok(false);
        }
        enqueue(&mut tx, MessageKind::New, alert, now).await?;
        Step::by_machine(alert, "raised", None).record(&mut tx, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn seen_again(&self, alert: &Alert) -> sqlx::Result<Written> {
        let mut tx = self.begin().await?;
        let row: Option<AlertRow> = sqlx::query_as(
            "UPDATE alerts SET last_seen = $2, revision = revision + 1 \
             WHERE id = $1 AND ended_at IS NULL AND last_seen < $2 RETURNING *",
        )
        .bind(alert.id.to_string())
        .bind(alert.last_seen.as_microsecond())
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else { return unchanged(&mut tx, alert.id).await };
        let alert = Alert::try_from(row)?;
        enqueue(&mut tx, MessageKind::Update, &alert, self.now()).await?;
        tx.commit().await?;
        Ok(Written::New(alert))
    }

    async fn set_ended(&self, alert: &Alert, at: i64, reason: EndReason) -> sqlx::Result<Written> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let row: Option<AlertRow> = sqlx::query_as(
            "UPDATE alerts SET ended_at = $2, end_reason = $3, revision = revision + 1, \
             last_seen = CASE WHEN last_seen < $4 THEN $4 ELSE last_seen END \
             WHERE id = $1 AND ended_at IS NULL RETURNING *",
        )
        .bind(alert.id.to_string())
        .bind(at)
        .bind(end_word(reason))
        .bind(alert.last_seen.as_microsecond())
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else { return unchanged(&mut tx, alert.id).await };
        let alert = Alert::try_from(row)?;
        enqueue(&mut tx, MessageKind::End, &alert, now).await?;
        Step::by_machine(&alert, "ended", Some(end_word(reason))).record(&mut tx, now).await?;
        tx.commit().await?;
        Ok(Written::New(alert))
    }
}

/// One entry of an alert's history.
pub(crate) struct Step<'a> {
    pub(crate) alert: &'a Alert,
    pub(crate) actor: &'a str,
    pub(crate) action: &'a str,
    pub(crate) reason: Option<&'a str>,
    pub(crate) note: Option<&'a str>,
    pub(crate) seen_revision: Option<u32>,
}

impl<'a> Step<'a> {
    fn by_machine(alert: &'a Alert, action: &'a str, reason: Option<&'a str>) -> Self {
        Self { alert, actor: "machine", action, reason, note: None, seen_revision: None }
    }

    pub(crate) async fn record(self, tx: &mut SqliteConnection, now: i64) -> sqlx::Result<()> {
        let id = next(tx, "history").await?;
        sqlx::query::<Sqlite>(
            "INSERT INTO history (id, alert, at, actor, action, reason, note, revision, \
             seen_revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(id)
        .bind(self.alert.id.to_string())
        .bind(now)
        .bind(self.actor)
        .bind(self.action)
        .bind(self.reason)
        .bind(self.note)
        .bind(i64::from(self.alert.revision))
        .bind(self.seen_revision.map(i64::from))
        .execute(tx)
        .await?;
        Ok(())
    }
}

/// The alert as it will be read back, and its document. What JSON cannot hold is refused here, so
/// that no row is ever written that cannot be read.
fn as_stored(alert: &Alert) -> Result<(Alert, String), StoreError> {
    let fresh = Alert {
        revision: 1,
        since: to_the_microsecond(alert.since),
        raised_at: to_the_microsecond(alert.raised_at),
        last_seen: to_the_microsecond(alert.last_seen),
        ended_at: None,
        end_reason: None,
        review: Review::default(),
        ..alert.clone()
    };
    let unstorable = |source| StoreError::Unstorable { id: alert.id, source };
    let body = serde_json::to_string(&fresh).map_err(unstorable)?;
    let back = serde_json::from_str(&body).map_err(unstorable)?;
    Ok((back, body))
}

async fn unchanged(tx: &mut SqliteConnection, id: AlertId) -> sqlx::Result<Written> {
    let known: Option<i64> = sqlx::query_scalar("SELECT revision FROM alerts WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(tx)
        .await?;
    Ok(if known.is_some() { Written::Already } else { Written::Unknown })
}

const fn end_word(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Left => "left",
        EndReason::Lost => "lost",
        EndReason::SourceEnded => "source_ended",
        EndReason::ScheduleClosed => "schedule_closed",
    }
}

/// The message that publishes `alert` as it now is.
pub(crate) fn message(kind: MessageKind, seq: u64, alert: &Alert) -> AlertMessage {
    AlertMessage {
        kind,
        event_id: format!("{}/{}", alert.id, alert.revision),
        seq,
        alert: alert.clone(),
    }
}
