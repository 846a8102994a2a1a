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
#[expect(clippy::struct_field_names, reason = "`decision` is the word of the API")]
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
        let reminder = alert.reminder.as_ref().filter(|_| !alert.is_queued());
        if let Some(state) = reminder.map(|one| one.state)
            && decision.decision == Verdict::Confirmed
        {
            return Err(DecideError::Reminded { id, state });
        }
        let current = alert.revision - 1;
        if decision.revision > current {
            // Dropping the transaction takes the decision back.
            return Err(DecideError::Revision { id, given: decision.revision, current });
        }
        record(&mut tx, &alert, &decision, now).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        metrics::counter!("xunjian_alerts_decided_total", "verdict" => alert.review.state.as_str())
            .increment(1);
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
        return Err(bad(&id.to_string(), "review_by", &"decided by nobody"));
    };
    Ok(DecideError::Stale { by, at, state: review.state })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AuditCheck;
    use crate::testing::{Bench, alert, confirm, seen, time};

    fn dismiss(by: &str) -> Decision {
        Decision {
            decision: Verdict::Dismissed,
            reason: "other".to_owned(),
            note: "卸货".to_owned(),
            revision: 1,
            by: by.to_owned(),
        }
    }

    #[tokio::test]
    async fn a_decision_is_published_kept_in_history_and_audited() {
        let bench = Bench::new().await;
        let (store, id) = (&bench.store, alert(1).id);
        bench.raise(&alert(1)).await;
        let decided = store.decide(id, dismiss("li")).await.unwrap();
        assert_eq!(decided.revision, 2);
        assert_eq!(decided.review.state, ReviewState::Dismissed);
        assert_eq!(decided.review.at, Some(time(0)));
        assert_eq!(decided.review.note.as_deref(), Some("卸货"));
        assert_eq!(store.alert(id).await.unwrap().unwrap(), decided);
        assert_eq!(bench.sent().await, "nu");
        let history = store.history(id).await.unwrap();
        let entry = history.last().unwrap();
        assert_eq!((entry.actor.as_str(), entry.action.as_str()), ("li", "dismissed"));
        assert_eq!((entry.revision, entry.seen_revision), (2, Some(1)));
        assert_eq!(entry.note.as_deref(), Some("卸货"));
        let audited = store.audit_tail(1).await.unwrap().remove(0);
        assert_eq!(audited.subject, format!("alert/{id}"));
        assert!(matches!(store.verify_audit().await.unwrap(), AuditCheck::Intact { .. }));
    }

    #[tokio::test]
    async fn a_person_is_stopped_by_a_person_but_not_by_the_machine() {
        let bench = Bench::new().await;
        let (store, id) = (&bench.store, alert(1).id);
        bench.raise(&alert(1)).await;
        bench.update(&seen(1, 10)).await;
        bench.update(&seen(1, 20)).await;
        // Saw revision 1; the machine is at 3.
        let decided = store.decide(id, confirm(1)).await.unwrap();
        assert_eq!(decided.revision, 4);
        let error = store.decide(id, Decision { revision: 4, ..dismiss("li") }).await.unwrap_err();
        let DecideError::Stale { by, at, state } = &error else { panic!("{error}") };
        assert_eq!((by.as_str(), *at), ("wang", time(0)));
        assert_eq!(*state, ReviewState::Confirmed);
        assert_eq!(store.alert(id).await.unwrap().unwrap(), decided);
        assert_eq!(bench.sent().await, "nuuu");
    }

    #[tokio::test]
    async fn what_is_refused_leaves_nothing_behind() {
        let bench = Bench::new().await;
        let (store, id) = (&bench.store, alert(1).id);
        bench.raise(&alert(1)).await;
        let cases = [
            (id, Decision { reason: " ".to_owned(), ..confirm(1) }, "a decision needs a reason"),
            (id, Decision { note: "x".repeat(2001), ..confirm(1) }, "the note has 2001 characters"),
            (id, Decision { reason: "x".repeat(65), ..confirm(1) }, "the reason has 65 characters"),
            (id, confirm(2), "has no revision 2: it is at 1"),
            (alert(2).id, confirm(1), "there is no alert"),
        ];
        for (id, decision, expected) in cases {
            let message = store.decide(id, decision).await.unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
        assert_eq!(store.alert(id).await.unwrap().unwrap(), alert(1));
        assert_eq!(bench.sent().await, "n");
        assert_eq!(store.history(id).await.unwrap().len(), 1);
        assert!(store.audit_tail(9).await.unwrap().is_empty());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn of_two_people_deciding_at_once_one_wins() {
        let bench = Bench::new().await;
        for track in 0..10 {
            bench.raise(&alert(track)).await;
            let mut tasks = tokio::task::JoinSet::new();
            for by in ["wang", "li"] {
                let store = bench.store.clone();
                tasks.spawn(async move { (by, store.decide(alert(track).id, dismiss(by)).await) });
            }
            let results = tasks.join_all().await;
            let winners: Vec<_> = results.iter().filter(|(_, r)| r.is_ok()).collect();
            assert_eq!(winners.len(), 1, "{results:?}");
            let (winner, _) = winners[0];
            let (_, loser) = results.iter().find(|(by, _)| by != winner).unwrap();
            assert!(
                matches!(loser, Err(DecideError::Stale { by, .. }) if by == winner),
                "{loser:?}"
            );
        }
        assert_eq!(bench.sent().await.len(), 20);
    }
}
