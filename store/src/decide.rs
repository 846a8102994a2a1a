//! What a person says about an alert: once, and it stands.
//!
//! Optimistic, against people but not against the machine. A decision is `Stale` only when another
//! person has decided since. That the machine has meanwhile seen the car again raises the revision
//! but changes nothing the person looked at (the facts of an alert never change), so it must not
//! send them back to press the key again: on a busy alert they might never win. The revision they
//! had before them is kept in the history all the same.

use domain::{Alert, AlertId, MessageKind, ReviewState};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

use crate::alert::Step;
use crate::audit::{AuditEntry, append};
use crate::outbox::enqueue;
use crate::row::{AlertRow, bad};
use crate::{Changed, DecideError, Store};

/// A person's decision about one alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub decision: Verdict,
    /// Which of the reasons; 1 to 64 characters. Which words there are is the caller's to check.
    pub reason: String,
    /// In the person's words; may be empty; at most 2000 characters.
    pub note: String,
    /// The revision that the person had before them.
    pub revision: u32,
    /// The user's name.
    pub by: String,
}

/// The two ways to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Confirmed,
    Dismissed,
}

impl From<Verdict> for ReviewState {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Confirmed => Self::Confirmed,
            Verdict::Dismissed => Self::Dismissed,
        }
    }
}

const REASON_CHARS: usize = 64;
const NOTE_CHARS: usize = 2000;

impl Store {
    /// Records a person's decision and queues an `update` message; also an ended alert can be
    /// decided. The decision enters the history and the audit chain in the same transaction, so the
    /// caller need not audit it again.
    pub async fn decide(&self, id: AlertId, decision: Decision) -> Result<Alert, DecideError> {
        decision.check()?;
        let failed = |e| DecideError::Store(self.failed(format!("record a decision on {id}"), e));
        let mut tx = self.begin().await.map_err(failed)?;
        let now = self.now();
        let row = set_review(&mut tx, id, &decision, now).await.map_err(failed)?;
        let Some(row) = row else { return Err(why_not(&mut tx, id).await.unwrap_or_else(failed)) };
        let alert = Alert::try_from(row).map_err(failed)?;
        let current = alert.revision - 1;
        if decision.revision > current {
            // Dropping the transaction takes the decision back.
            return Err(DecideError::Revision { id, given: decision.revision, current });
        }
        record(&mut tx, &alert, &decision, now).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        self.announce(id, Changed::Alert);
        Ok(alert)
    }
}

impl Decision {
    fn check(&self) -> Result<(), DecideError> {
        if self.reason.trim().is_empty() {
            return Err(DecideError::NoReason);
        }
        for (field, text, limit) in
            [("reason", &self.reason, REASON_CHARS), ("note", &self.note, NOTE_CHARS)]
        {
            let chars = text.chars().count();
            if chars > limit {
                return Err(DecideError::TooLong { field, chars, limit });
            }
        }
        Ok(())
    }

    fn note(&self) -> Option<&str> {
        Some(self.note.as_str()).filter(|note| !note.is_empty())
    }
}

async fn set_review(
    tx: &mut SqliteConnection,
    id: AlertId,
    decision: &Decision,
    now: i64,
) -> sqlx::Result<Option<AlertRow>> {
    sqlx::query_as(
        "UPDATE alerts SET review_state = $2, review_by = $3, review_at = $4, \
         review_reason = $5, review_note = $6, revision = revision + 1 \
         WHERE id = $1 AND review_state = 'open' RETURNING *",
    )
    .bind(id.to_string())
    .bind(ReviewState::from(decision.decision).as_str())
    .bind(&decision.by)
    .bind(now)
    .bind(&decision.reason)
    .bind(decision.note())
    .fetch_optional(tx)
    .await
}

async fn record(
    tx: &mut SqliteConnection,
    alert: &Alert,
    decision: &Decision,
    now: i64,
) -> sqlx::Result<()> {
    enqueue(tx, MessageKind::Update, alert, now).await?;
    let action = ReviewState::from(decision.decision).as_str();
    let step = Step {
        alert,
        actor: &decision.by,
        action,
        reason: Some(&decision.reason),
        note: decision.note(),
        seen_revision: Some(decision.revision),
    };
    step.record(tx, now).await?;
    let entry = AuditEntry {
        actor: decision.by.clone(),
        action: action.to_owned(),
        subject: format!("alert/{}", alert.id),
        detail: format!("{} (saw revision {})", decision.reason, decision.revision),
    };
    append(tx, entry, now).await
}

async fn why_not(tx: &mut SqliteConnection, id: AlertId) -> sqlx::Result<DecideError> {
    let row: Option<AlertRow> = sqlx::query_as("SELECT * FROM alerts WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(tx)
        .await?;
    let Some(row) = row else { return Ok(DecideError::NotFound { id }) };
    let review = Alert::try_from(row)?.review;
    let (Some(by), Some(at)) = (review.by, review.at) else {
        return Err(bad(&id.to_string(), "review_by", "decided by nobody".to_owned()));
    };
    Ok(DecideError::Stale { by, at, state: review.state })
}
