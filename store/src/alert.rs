//! What the machine says about an alert: it began, it lasts, it is over.
//!
//! The facts are written once, when the alert is raised. After that the machine can only say when
//! the object was last seen and that it is over; it cannot touch what a person decided, and what a
//! person has seen does not change under them.

use domain::{
    Alert, AlertId, AlertMessage, EndReason, KnownBuild, MessageKind, ReminderState, Review,
    SameAct,
};
use sqlx::{Sqlite, SqliteConnection};

use crate::evidence_row::Promise;
use crate::open::to_the_microsecond;
use crate::outbox::enqueue;
use crate::row::{AlertRow, next};
use crate::{Changed, EvidenceState, Store, StoreError, act, build, reminder};

/// What became of a report.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
#[expect(clippy::large_enum_variant, reason = "returned once per report and taken apart at once")]
pub enum Written {
    /// It was news: the alert as it now is, with the revision that was published.
    New(Alert),
    /// It was known before, or came too late to matter. Nothing was written.
    Already,
    /// `update` or `end` of an alert that was never raised here. Nothing was written.
    Unknown,
}

/// Evidence that an alert will have: the name, media type and detail of its row until it is there.
#[derive(Debug, Clone, Copy)]
pub struct Awaited<'a> {
    pub name: &'a str,
    pub media_type: &'a str,
    /// For a person: what is waited for.
    pub detail: &'a str,
}

/// What is written in the transaction of a new alert.
#[derive(Debug, Default)]
pub(crate) struct Beside<'a> {
    pub(crate) awaited: &'a [Awaited<'a>],
    /// The alert that told of the act before.
    pub(crate) part_of: Option<(AlertId, SameAct)>,
    /// The entry of the register of what was built.
    pub(crate) known: Option<&'a KnownBuild>,
}

impl Store {
    /// Records a new alert and queues its message: both happen or neither does.
    ///
    /// An alert of the same id is left as it is. `revision`, `review`, `ended_at` and `end_reason`
    /// of `alert` are not read: an alert begins at revision 1, open and not ended. Times are kept
    /// to the microsecond.
    pub async fn raise(&self, alert: &Alert) -> Result<Written, StoreError> {
        self.raise_with(alert, &[], None).await
    }

    /// The same, and in the same transaction announces the evidence that is to come: what a crash
    /// loses after this is missed. With `part_of` it becomes a part of the alert that told of the act before: that one is
    /// updated, and no queue hears of a new one.
    pub async fn raise_with(
        &self,
        alert: &Alert,
        awaited: &[Awaited<'_>],
        part_of: Option<(AlertId, SameAct)>,
    ) -> Result<Written, StoreError> {
        self.raise_beside(alert, &Beside { awaited, part_of, known: None }).await
    }

    pub(crate) async fn raise_beside(
        &self,
        alert: &Alert,
        beside: &Beside<'_>,
    ) -> Result<Written, StoreError> {
        let (alert, body) = as_stored(alert)?;
        let raised = self
            .insert(&alert, &body, beside)
            .await
            .map_err(|e| self.failed(format!("record alert {}", alert.id), e))?;
        let Some(alert) = raised else { return Ok(Written::Already) };
        if let Some(whole) = alert.part_of {
            self.announce(whole, Changed::Alert);
        }
        metrics::counter!("xunjian_alerts_raised_total", "queue" => alert.queue.to_string())
            .increment(1);
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

    async fn insert(
        &self,
        alert: &Alert,
        body: &str,
        beside: &Beside<'_>,
    ) -> sqlx::Result<Option<Alert>> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let inserted = sqlx::query::<Sqlite>(
            "INSERT INTO alerts (id, queue, source, raised_at, body, revision, last_seen, \
             review_state, recorded_at, reminder, reminder_state, rule) \
             VALUES ($1, $2, $3, $4, $5, 1, $6, 'open', $7, $8, $9, $10) \
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(alert.id.to_string())
        .bind(alert.queue.as_str())
        .bind(alert.source.as_str())
        .bind(alert.raised_at.as_microsecond())
        .bind(body)
        .bind(alert.last_seen.as_microsecond())
        .bind(now)
        .bind(alert.reminder.as_ref().map(reminder::text).transpose()?)
        .bind(alert.reminder.as_ref().map(|reminder| reminder.state.as_str()))
        .bind(alert.rule.as_str())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if inserted == 0 {
            return Ok(None);
        }
        Step::by_machine(alert, "raised", None).record(&mut tx, now).await?;
        let joined = match beside.part_of {
            Some(act) => act::join(&mut tx, alert, act, now).await?,
            None => None,
        };
        if joined.is_none() {
            enqueue(&mut tx, MessageKind::New, alert, now).await?;
        }
        for file in beside.awaited {
            let state = EvidenceState::Pending;
            let promise = Promise { state, media_type: Some(file.media_type), detail: file.detail };
            promise.write(&mut tx, alert.id, file.name, now).await?;
        }
        if let Some(known) = beside.known {
            build::insert(&mut tx, known, now).await?;
        }
        tx.commit().await?;
        Ok(Some(joined.unwrap_or_else(|| alert.clone())))
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
        let gone = reason == EndReason::Left
            || alert.reminder.as_ref().is_some_and(|one| one.state == ReminderState::Corrected);
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
        let alert = reminder::close(&mut tx, Alert::try_from(row)?, gone).await?;
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
    pub(crate) fn by_machine(alert: &'a Alert, action: &'a str, reason: Option<&'a str>) -> Self {
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
        also: Vec::new(),
        part_of: None,
        review: Review::default(),
        ..alert.clone()
    };
    let unstorable = |source| StoreError::Unstorable { id: alert.id, source };
    let body = serde_json::to_string(&fresh).map_err(unstorable)?;
    let back = serde_json::from_str(&body).map_err(unstorable)?;
    Ok((back, body))
}

pub(crate) async fn unchanged(tx: &mut SqliteConnection, id: AlertId) -> sqlx::Result<Written> {
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
        EndReason::FenceWithdrawn => "fence_withdrawn",
        EndReason::Cleared => "cleared",
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

#[cfg(test)]
mod tests {
    use domain::ReviewState;

    use super::*;
    use crate::Change;
    use crate::testing::{Bench, alert, confirm, ended, seen};

    /// Plays `steps` on one alert and compares the messages that wait afterwards: `r` raise, `u`
    /// update with a later sighting, `o` update with an older one, `e` end, `d` a person decides.
    /// Messages: `n` new, `u` update, `e` end.
    async fn check(steps: &str, messages: &str) {
        let bench = Bench::new().await;
        let (store, id) = (&bench.store, alert(1).id);
        for (step, at) in steps.chars().zip(1..) {
            match step {
                'r' => drop(store.raise(&alert(1)).await.unwrap()),
                'u' => drop(store.update(&seen(1, at)).await.unwrap()),
                'o' => drop(store.update(&seen(1, -at)).await.unwrap()),
                'e' => drop(store.end(&ended(1, at)).await.unwrap()),
                'd' => drop(store.decide(id, confirm(1)).await.unwrap()),
                _ => panic!("unknown step {step}"),
            }
        }
        assert_eq!(bench.sent().await, messages, "{steps}");
        let Some(alert) = store.alert(id).await.unwrap() else {
            return assert!(messages.is_empty());
        };
        assert_eq!(alert.revision as usize, messages.len(), "{steps}");
        assert_eq!(alert.ended_at.is_some(), messages.contains('e'), "{steps}");
        let decided = alert.review.state == ReviewState::Confirmed;
        assert_eq!(decided, steps.contains('d'), "{steps}");
    }

    #[tokio::test]
    async fn which_reports_are_news() {
        for (steps, messages) in [
            ("r", "n"),
            ("rrr", "n"),
            ("ruue", "nuue"),
            ("ro", "n"),
            ("ruou", "nuu"),
            ("reu", "ne"),
            ("reeo", "ne"),
            ("rer", "ne"),
            ("u", ""),
            ("e", ""),
            ("rd", "nu"),
            ("rdue", "nuue"),
            ("rdr", "nu"),
            ("red", "neu"),
            ("redue", "neu"),
        ] {
            check(steps, messages).await;
        }
    }

    #[tokio::test]
    async fn an_alert_reads_back_as_it_was_raised() {
        let bench = Bench::new().await;
        let mut given = alert(1);
        given.last_seen += jiff::SignedDuration::from_nanos(1_234);
        // Not the machine's to say.
        given.revision = 9;
        given.review.state = ReviewState::Confirmed;
        let Written::New(raised) = bench.store.raise(&given).await.unwrap() else { panic!() };
        let micro = jiff::SignedDuration::from_micros(1);
        let expected = Alert { last_seen: alert(1).last_seen + micro, ..alert(1) };
        assert_eq!(raised, expected);
        assert_eq!(bench.store.alert(given.id).await.unwrap(), Some(expected));
    }

    #[tokio::test]
    async fn the_facts_do_not_change_under_a_reviewer() {
        let bench = Bench::new().await;
        bench.raise(&alert(1)).await;
        let mut changed = seen(1, 10);
        changed.score = Some(0.1);
        changed.fence = None;
        changed.review.state = ReviewState::Dismissed;
        let Written::New(now) = bench.store.update(&changed).await.unwrap() else { panic!() };
        assert_eq!(now, Alert { last_seen: changed.last_seen, revision: 2, ..alert(1) });
    }

    #[tokio::test]
    async fn the_first_end_stands() {
        let bench = Bench::new().await;
        bench.raise(&alert(1)).await;
        bench.update(&seen(1, 50)).await;
        let Written::New(over) = bench.store.end(&ended(1, 60)).await.unwrap() else { panic!() };
        let mut again = ended(1, 90);
        again.end_reason = Some(EndReason::Left);
        assert_eq!(bench.store.end(&again).await.unwrap(), Written::Already);
        assert_eq!(bench.store.alert(over.id).await.unwrap(), Some(over));
        let history = bench.store.history(alert(1).id).await.unwrap();
        let steps: Vec<_> =
            history.iter().map(|h| (h.action.as_str(), h.reason.as_deref())).collect();
        assert_eq!(steps, [("raised", None), ("ended", Some("lost"))]);
        assert!(history.iter().all(|h| h.actor == "machine"));
    }

    #[tokio::test]
    async fn reports_that_cannot_be_stored_are_refused() {
        let bench = Bench::new().await;
        let mut odd = alert(1);
        odd.probability_inside = f64::NAN;
        let error = bench.store.raise(&odd).await.unwrap_err();
        assert!(matches!(error, StoreError::Unstorable { .. }), "{error}");
        let error = bench.store.end(&alert(1)).await.unwrap_err();
        assert!(matches!(error, StoreError::NotEnded { .. }), "{error}");
        assert_eq!(bench.sent().await, "");
    }

    #[tokio::test]
    async fn every_end_reason_reads_back() {
        use EndReason::{Cleared, FenceWithdrawn, Left, Lost, ScheduleClosed, SourceEnded};
        let bench = Bench::new().await;
        let all = [Left, Lost, SourceEnded, ScheduleClosed, FenceWithdrawn, Cleared];
        for (track, reason) in (0..).zip(all) {
            bench.raise(&alert(track)).await;
            let report = Alert { end_reason: Some(reason), ..ended(track, 9) };
            let Written::New(over) = bench.store.end(&report).await.unwrap() else { panic!() };
            assert_eq!(over.end_reason, Some(reason));
        }
    }

    #[tokio::test]
    async fn news_is_announced_after_it_can_be_read() {
        let bench = Bench::new().await;
        let mut changes = bench.store.changes();
        bench.raise(&alert(1)).await;
        let change = changes.recv().await.unwrap();
        assert_eq!(change, Change { alert: alert(1).id, what: Changed::Alert });
        assert!(bench.store.alert(change.alert).await.unwrap().is_some());
        assert_eq!(bench.store.raise(&alert(1)).await.unwrap(), Written::Already);
        assert!(changes.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_slow_listener_is_told_that_it_missed_something() {
        use tokio::sync::broadcast::error::RecvError;
        let bench = Bench::new().await;
        let mut changes = bench.store.changes();
        for track in 0..20 {
            bench.raise(&alert(track)).await;
        }
        assert_eq!(changes.recv().await, Err(RecvError::Lagged(4)));
        assert_eq!(changes.recv().await.unwrap().alert, alert(4).id);
    }

    #[tokio::test]
    async fn a_full_disk_is_named_takes_no_number_and_is_got_over() {
        let bench = Bench::new().await;
        for round in 0..3 {
            // Holds for this connection only; the next one finds the disk with space again.
            sqlx::query("PRAGMA max_page_count = 1")
                .execute(&bench.store.inner.writer)
                .await
                .unwrap();
            let mut tracks = round * 100..;
            let error = loop {
                match bench.store.raise(&alert(tracks.next().unwrap())).await {
                    Ok(written) => assert!(matches!(written, Written::New(_))),
                    Err(error) => break error,
                }
            };
            assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
            let path = bench.config.database.display().to_string();
            assert!(error.to_string().contains(&path), "{error}");
            bench.raise(&alert(tracks.next().unwrap())).await;
        }
        let sent = bench.store.undelivered(0, 1000).await.unwrap();
        let seqs: Vec<_> = sent.iter().map(|message| message.seq).collect();
        assert_eq!(seqs, (1..=sent.len() as u64).collect::<Vec<_>>());
    }
}
