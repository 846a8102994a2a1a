//! Reminders: what became of them, as receipts, later looks and the clock say.
//!
//! The row is the truth: each step reads it, lets [`Reminder`] decide, and writes it with its message in one transaction.
//! A step that is no news writes nothing.

use domain::{Alert, AlertId, MessageKind, Receipt, Reminder, ReminderState, SourceId};
use jiff::{SignedDuration, Timestamp};
use sqlx::{Sqlite, SqliteConnection};

use crate::alert::{Step, Written, unchanged};
use crate::outbox::enqueue;
use crate::row::AlertRow;
use crate::{Changed, Store, StoreError};

/// Reminders that nobody has looked at again for so long are closed: no flight came by.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(24);

/// The most reminders read at once.
const MOST_AT_ONCE: i64 = 1000;

impl Store {
    /// Takes what the one who was asked to remind says. `Already` for a repeat, and for what comes after the end.
    pub async fn take_receipt(
        &self,
        id: AlertId,
        receipt: &Receipt,
    ) -> Result<Written, StoreError> {
        let step = |reminder: &mut Reminder| reminder.take(receipt);
        self.remind(id, step, "record a receipt for").await
    }

    /// It was seen again in its place at `at`. `Already` unless with that its time was up.
    pub async fn seen_again_after_reminder(
        &self,
        id: AlertId,
        at: Timestamp,
    ) -> Result<Written, StoreError> {
        self.remind(id, |reminder| reminder.seen(at), "record the second look at").await
    }

    /// Gives up what has no receipt in time, and closes what nobody has looked at again for a day. Returns what changed.
    pub async fn settle_reminders(&self) -> Result<Vec<Alert>, StoreError> {
        let now = self.inner.clock.now();
        let mut changed = Vec::new();
        for alert in self.pending_reminders(None).await? {
            let Some(asked) = self.recorded_at(alert.id).await? else { continue };
            let waited = now.duration_since(asked);
            let step = |reminder: &mut Reminder| settle(reminder, waited, now);
            if let Written::New(alert) = self.remind(alert.id, step, "settle").await? {
                changed.push(alert);
            }
        }
        Ok(changed)
    }

    /// Alerts whose time to drive off may still run: of one source, or of all.
    pub async fn pending_reminders(
        &self,
        source: Option<&SourceId>,
    ) -> Result<Vec<Alert>, StoreError> {
        let rows: sqlx::Result<Vec<AlertRow>> = sqlx::query_as(
            "SELECT * FROM alerts WHERE reminder_state IN ('asked', 'delivered', 'undeliverable') \
             AND ($1 IS NULL OR source = $1) ORDER BY raised_at, id LIMIT $2",
        )
        .bind(source.map(SourceId::as_str))
        .bind(MOST_AT_ONCE)
        .fetch_all(&self.inner.readers)
        .await;
        rows.and_then(|rows| rows.into_iter().map(Alert::try_from).collect())
            .map_err(|e| self.failed("list the reminders".to_owned(), e))
    }

    async fn recorded_at(&self, id: AlertId) -> Result<Option<Timestamp>, StoreError> {
        let at: sqlx::Result<Option<i64>> =
            sqlx::query_scalar("SELECT recorded_at FROM alerts WHERE id = $1")
                .bind(id.to_string())
                .fetch_optional(&self.inner.readers)
                .await;
        at.and_then(|at| at.map(|at| crate::row::time("alerts", "recorded_at", at)).transpose())
            .map_err(|e| self.failed(format!("read alert {id}"), e))
    }

    async fn remind(
        &self,
        id: AlertId,
        step: impl FnOnce(&mut Reminder) -> bool + Send,
        doing: &str,
    ) -> Result<Written, StoreError> {
        let written = self
            .step_on(id, step)
            .await
            .map_err(|e| self.failed(format!("{doing} alert {id}"), e))?;
        if let Written::New(alert) = &written {
            self.announce(alert.id, Changed::Alert);
        }
        Ok(written)
    }

    async fn step_on(
        &self,
        id: AlertId,
        step: impl FnOnce(&mut Reminder) -> bool + Send,
    ) -> sqlx::Result<Written> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let Some(before) = alert_in(&mut tx, id).await? else { return Ok(Written::Unknown) };
        let Some(mut reminder) = before.reminder.clone() else { return Ok(Written::Already) };
        if !step(&mut reminder) {
            return unchanged(&mut tx, id).await;
        }
        let row = write(&mut tx, id, &reminder).await?;
        let alert = Alert::try_from(row)?;
        // Whoever listens to the queue has not heard of it before.
        let comes = alert.is_queued() && !before.is_queued();
        let kind = if comes { MessageKind::New } else { MessageKind::Update };
        enqueue(&mut tx, kind, &alert, now).await?;
        let reason = reminder.failure.as_deref();
        Step::by_machine(&alert, reminder.state.as_str(), reason).record(&mut tx, now).await?;
        tx.commit().await?;
        Ok(Written::New(alert))
    }
}

/// What the clock does to a reminder that was asked for `waited` ago.
fn settle(reminder: &mut Reminder, waited: SignedDuration, now: Timestamp) -> bool {
    let patience = SignedDuration::try_from_secs_f64(reminder.receipt_within_s);
    if reminder.state == ReminderState::Asked && patience.is_ok_and(|most| waited >= most) {
        let reason = "no receipt in time".to_owned();
        return reminder.take(&Receipt::Failed { at: now, reason });
    }
    let forgotten = reminder.state.is_pending() && waited >= FORGOTTEN;
    if forgotten {
        reminder.close(now, false);
    }
    forgotten
}

/// The end of an alert ends its reminder, by what the row says of it. `gone`: its place was seen without it.
pub(crate) async fn close(
    tx: &mut SqliteConnection,
    alert: Alert,
    gone: bool,
) -> sqlx::Result<Alert> {
    let Some(mut reminder) = alert.reminder.clone().filter(|one| one.state.is_pending()) else {
        return Ok(alert);
    };
    reminder.close(alert.ended_at.unwrap_or(alert.last_seen), gone);
    let state = reminder.state.as_str();
    set(tx, alert.id, &reminder, state).await?;
    Ok(Alert { reminder: Some(reminder), ..alert })
}

async fn alert_in(tx: &mut SqliteConnection, id: AlertId) -> sqlx::Result<Option<Alert>> {
    let row: Option<AlertRow> = sqlx::query_as("SELECT * FROM alerts WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(tx)
        .await?;
    row.map(Alert::try_from).transpose()
}

async fn write(
    tx: &mut SqliteConnection,
    id: AlertId,
    reminder: &Reminder,
) -> sqlx::Result<AlertRow> {
    set(tx, id, reminder, reminder.state.as_str()).await?;
    sqlx::query_as("UPDATE alerts SET revision = revision + 1 WHERE id = $1 RETURNING *")
        .bind(id.to_string())
        .fetch_one(tx)
        .await
}

async fn set(
    tx: &mut SqliteConnection,
    id: AlertId,
    reminder: &Reminder,
    state: &str,
) -> sqlx::Result<()> {
    sqlx::query::<Sqlite>("UPDATE alerts SET reminder = $2, reminder_state = $3 WHERE id = $1")
        .bind(id.to_string())
        .bind(text(reminder)?)
        .bind(state)
        .execute(tx)
        .await?;
    Ok(())
}

/// The column.
pub(crate) fn text(reminder: &Reminder) -> sqlx::Result<String> {
    serde_json::to_string(reminder).map_err(|e| sqlx::Error::Encode(e.into()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{EndReason, Queue};

    use super::*;
    use crate::testing::{Bench, alert, confirm, ended, time};
    use crate::{AlertFilter, Counts, DecideError, Stage};

    const TEN: Duration = Duration::from_mins(10);
    const TWO: Duration = Duration::from_mins(2);

    fn reminded(longer: Option<Duration>) -> Alert {
        Alert { reminder: Some(Reminder::ask(TEN, TWO, longer)), ..alert(1) }
    }

    async fn asked(longer: Option<Duration>) -> Bench {
        let bench = Bench::new().await;
        bench.raise(&reminded(longer)).await;
        bench
    }

    fn delivered(second: i64) -> Receipt {
        Receipt::Delivered { at: time(second) }
    }

    async fn state(bench: &Bench) -> ReminderState {
        bench.store.alert(alert(1).id).await.unwrap().unwrap().reminder.unwrap().state
    }

    /// Kind and topic of what waits to be sent.
    async fn told(bench: &Bench) -> Vec<String> {
        let waiting = bench.store.undelivered(0, 100).await.unwrap();
        let kinds = bench.sent().await;
        let told = waiting.iter().zip(kinds.chars());
        told.map(|(message, kind)| format!("{kind} {} {}", message.topic, message.seq)).collect()
    }

    #[tokio::test]
    async fn the_queue_hears_of_it_when_it_is_still_there() {
        let bench = asked(None).await;
        let id = alert(1).id;
        let written = bench.store.take_receipt(id, &delivered(100)).await.unwrap();
        assert!(matches!(written, Written::New(_)));
        let early = bench.store.seen_again_after_reminder(id, time(699)).await.unwrap();
        assert_eq!(early, Written::Already);
        let late = bench.store.seen_again_after_reminder(id, time(700)).await.unwrap();
        assert!(matches!(late, Written::New(alert) if alert.is_queued()));
        let (reminder, queue) =
            ("xunjian/reminder/parking-traffic_police", "xunjian/alert/parking-traffic_police");
        let expected =
            [format!("n {reminder} 1"), format!("u {reminder} 2"), format!("n {queue} 1")];
        assert_eq!(told(&bench).await, expected);
        let history = bench.store.history(id).await.unwrap();
        let actions: Vec<_> = history.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(actions, ["raised", "delivered", "still_there"]);
    }

    #[tokio::test]
    async fn the_same_receipt_again_is_no_news() {
        let bench = asked(None).await;
        let id = alert(1).id;
        drop(bench.store.take_receipt(id, &delivered(100)).await.unwrap());
        let again = bench.store.take_receipt(id, &delivered(100)).await.unwrap();
        assert_eq!(again, Written::Already);
        assert_eq!(told(&bench).await.len(), 2);
        let unknown = bench.store.take_receipt(alert(2).id, &delivered(1)).await.unwrap();
        assert_eq!(unknown, Written::Unknown);
    }

    #[tokio::test]
    async fn who_leaves_in_time_is_closed_and_in_nobody_s_queue() {
        let bench = asked(None).await;
        drop(bench.store.take_receipt(alert(1).id, &delivered(100)).await.unwrap());
        let left = Alert { end_reason: Some(EndReason::Left), ..ended(1, 60) };
        drop(bench.store.end(&left).await.unwrap());
        assert_eq!(state(&bench).await, ReminderState::Corrected);
        assert_eq!(told(&bench).await[2], "e xunjian/reminder/parking-traffic_police 3");
    }

    #[tokio::test]
    async fn no_receipt_in_time_is_one_that_failed() {
        for (longer, expected) in
            [(Some(TEN), ReminderState::Undeliverable), (None, ReminderState::Unreminded)]
        {
            let bench = asked(longer).await;
            assert_eq!(bench.store.settle_reminders().await.unwrap(), []);
            bench.clock.advance(SignedDuration::from_mins(2));
            assert_eq!(bench.store.settle_reminders().await.unwrap().len(), 1);
            assert_eq!(state(&bench).await, expected);
            assert_eq!(bench.store.settle_reminders().await.unwrap(), []);
        }
    }

    #[tokio::test]
    async fn what_nobody_looks_at_again_is_closed_after_a_day() {
        let bench = asked(None).await;
        drop(bench.store.take_receipt(alert(1).id, &delivered(1)).await.unwrap());
        bench.clock.advance(SignedDuration::from_hours(24));
        assert_eq!(bench.store.settle_reminders().await.unwrap().len(), 1);
        assert_eq!(state(&bench).await, ReminderState::Gone);
    }

    #[tokio::test]
    async fn lists_and_counts_tell_who_waits_for_a_person() {
        let bench = asked(None).await;
        bench.raise(&alert(2)).await;
        let counts = |bench: &Bench| {
            let store = bench.store.clone();
            async move { store.counts(&AlertFilter::default()).await.unwrap() }
        };
        let expected = Counts { open: 1, reminding: 1, ..Counts::default() };
        assert_eq!(counts(&bench).await, expected);
        for (stage, track) in [(Stage::Open, 2), (Stage::Reminding, 1)] {
            let queue = Some(Queue::new("parking-traffic_police").unwrap());
            let filter = AlertFilter { state: Some(stage), queue, ..AlertFilter::default() };
            let page = bench.store.alerts(&filter).await.unwrap();
            assert_eq!(page.items.len(), 1, "{stage:?}");
            assert_eq!(page.items[0].track.unwrap().0, track, "{stage:?}");
        }
        let left = Alert { end_reason: Some(EndReason::Left), ..ended(1, 60) };
        drop(bench.store.end(&left).await.unwrap());
        let expected = Counts { open: 1, corrected: 1, ..Counts::default() };
        assert_eq!(counts(&bench).await, expected);
    }

    #[tokio::test]
    async fn nobody_confirms_while_the_time_to_drive_off_runs() {
        let bench = asked(None).await;
        let refused = bench.store.decide(alert(1).id, confirm(1)).await.unwrap_err();
        assert!(matches!(refused, DecideError::Reminded { .. }), "{refused}");
        let left = bench.store.alert(alert(1).id).await.unwrap().unwrap();
        assert_eq!(left.revision, 1, "the refused decision is taken back");
        drop(bench.store.take_receipt(alert(1).id, &delivered(1)).await.unwrap());
        drop(bench.store.seen_again_after_reminder(alert(1).id, time(700)).await.unwrap());
        assert!(bench.store.decide(alert(1).id, confirm(3)).await.is_ok());
    }
}
