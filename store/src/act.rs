//! One act, one alert: parts that other sources told of.

use domain::{Alert, AlertId, Also, MessageKind, RuleId, SameAct};
use jiff::Timestamp;
use sqlx::{Sqlite, SqliteConnection};

use crate::alert::{Step, Written};
use crate::audit::{AuditEntry, append};
use crate::outbox::enqueue;
use crate::row::AlertRow;
use crate::{Changed, Store, StoreError};

/// The most candidates looked at: a city's worth of alerts of one rule within minutes.
const MOST_CANDIDATES: i64 = 1000;
/// The most parts of one alert.
const MOST_PARTS: usize = 32;

impl Store {
    /// Alerts of a rule that were seen at `from` or later and are no parts of others, newest first.
    pub async fn acts(&self, rule: &RuleId, from: Timestamp) -> Result<Vec<Alert>, StoreError> {
        let rows: sqlx::Result<Vec<AlertRow>> = sqlx::query_as(
            "SELECT * FROM alerts WHERE rule = $1 AND last_seen >= $2 AND part_of IS NULL \
             ORDER BY last_seen DESC, id LIMIT $3",
        )
        .bind(rule.as_str())
        .bind(from.as_microsecond())
        .bind(MOST_CANDIDATES)
        .fetch_all(&self.inner.readers)
        .await;
        rows.and_then(|rows| rows.into_iter().map(Alert::try_from).collect())
            .map_err(|e| self.failed(format!("list the alerts of rule `{rule}`"), e))
    }

    /// A person says that it is an act of its own: it goes to its queue. Returns the part as it now is.
    pub async fn separate_act(&self, part: AlertId, by: &str) -> Result<Written, StoreError> {
        let written = self
            .separate(part, by)
            .await
            .map_err(|e| self.failed(format!("take alert {part} out of another"), e))?;
        if let Written::New(alert) = &written {
            self.announce(alert.id, Changed::Alert);
        }
        Ok(written)
    }

    async fn separate(&self, part: AlertId, by: &str) -> sqlx::Result<Written> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let Some(before) = alert_in(&mut tx, part).await? else { return Ok(Written::Unknown) };
        let Some(whole) = before.part_of else { return Ok(Written::Already) };
        let row: AlertRow = sqlx::query_as(
            "UPDATE alerts SET part_of = NULL, revision = revision + 1 \
             WHERE id = $1 RETURNING *",
        )
        .bind(part.to_string())
        .fetch_one(&mut *tx)
        .await?;
        let part = Alert::try_from(row)?;
        // Its queue hears of it for the first time.
        enqueue(&mut tx, MessageKind::New, &part, now).await?;
        let (id, from) = (part.id.to_string(), whole.to_string());
        Step { actor: by, ..Step::by_machine(&part, "separated", Some(&from)) }
            .record(&mut tx, now)
            .await?;
        if let Some(mut into) = alert_in(&mut tx, whole).await? {
            into.also.retain(|one| one.alert != part.id);
            let into = parts_changed(&mut tx, into, now).await?;
            Step { actor: by, ..Step::by_machine(&into, "separated", Some(&id)) }
                .record(&mut tx, now)
                .await?;
        }
        let entry = AuditEntry {
            actor: by.to_owned(),
            action: "separated".to_owned(),
            subject: format!("alert/{id}"),
            detail: format!("from {from}"),
        };
        append(&mut tx, entry, now).await?;
        tx.commit().await?;
        Ok(Written::New(part))
    }
}

/// Makes an alert that is being raised a part of another one. `None` where that one takes no parts: it is a part itself,
/// or is gone, or has too many.
pub(crate) async fn join(
    tx: &mut SqliteConnection,
    part: &Alert,
    (whole, because): (AlertId, SameAct),
    now: i64,
) -> sqlx::Result<Option<Alert>> {
    let Some(mut into) = alert_in(tx, whole).await? else { return Ok(None) };
    if into.part_of.is_some() || into.also.len() >= MOST_PARTS {
        return Ok(None);
    }
    sqlx::query::<Sqlite>("UPDATE alerts SET part_of = $2 WHERE id = $1")
        .bind(part.id.to_string())
        .bind(whole.to_string())
        .execute(&mut *tx)
        .await?;
    into.also.push(Also {
        alert: part.id,
        source: part.source.clone(),
        source_name: part.source_name.clone(),
        since: part.since,
        because,
    });
    let into = parts_changed(tx, into, now).await?;
    let (of, id) = (into.id.to_string(), part.id.to_string());
    Step::by_machine(&into, "joined", Some(&id)).record(tx, now).await?;
    Step::by_machine(part, "part_of", Some(&of)).record(tx, now).await?;
    Ok(Some(Alert { part_of: Some(whole), ..part.clone() }))
}

/// Writes the parts of an alert and tells of it.
async fn parts_changed(tx: &mut SqliteConnection, alert: Alert, now: i64) -> sqlx::Result<Alert> {
    let also = serde_json::to_string(&alert.also).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let row: AlertRow = sqlx::query_as(
        "UPDATE alerts SET also = $2, revision = revision + 1 WHERE id = $1 RETURNING *",
    )
    .bind(alert.id.to_string())
    .bind((!alert.also.is_empty()).then_some(also))
    .fetch_one(&mut *tx)
    .await?;
    let alert = Alert::try_from(row)?;
    enqueue(tx, MessageKind::Update, &alert, now).await?;
    Ok(alert)
}

async fn alert_in(tx: &mut SqliteConnection, id: AlertId) -> sqlx::Result<Option<Alert>> {
    let row: Option<AlertRow> =
        sqlx::query_as::<Sqlite, AlertRow>("SELECT * FROM alerts WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(tx)
            .await?;
    row.map(Alert::try_from).transpose()
}

#[cfg(test)]
mod tests {
    use domain::SourceId;
    use jiff::SignedDuration;

    use super::*;
    use crate::AlertFilter;
    use crate::testing::{Bench, alert, ended};

    const BECAUSE: SameAct = SameAct { apart_m: 0.5, doubt_m: 1.0, gap_s: 0.0, plate: false };

    /// What another camera told of it.
    fn other(track: u64) -> Alert {
        Alert { source: SourceId::known("cam-2"), ..alert(track) }
    }

    async fn raise_part(bench: &Bench, track: u64, whole: u64) -> Written {
        let part_of = Some((alert(whole).id, BECAUSE));
        bench.store.raise_with(&other(track), &[], part_of).await.unwrap()
    }

    async fn listed(bench: &Bench) -> Vec<AlertId> {
        let page = bench.store.alerts(&AlertFilter::default()).await.unwrap();
        page.items.into_iter().map(|alert| alert.id).collect()
    }

    #[tokio::test]
    async fn a_part_updates_its_whole_instead_of_being_new() {
        let bench = Bench::new().await;
        bench.raise(&alert(1)).await;
        let Written::New(part) = raise_part(&bench, 2, 1).await else { panic!() };
        assert_eq!(part.part_of, Some(alert(1).id));
        assert!(!part.is_queued());
        assert_eq!(bench.sent().await, "nu", "one act is new once");
        assert_eq!(listed(&bench).await, [alert(1).id]);
        assert_eq!(bench.store.counts(&AlertFilter::default()).await.unwrap().open, 1);
        let whole = bench.store.alert(alert(1).id).await.unwrap().unwrap();
        assert_eq!(whole.also.len(), 1);
        assert_eq!((whole.also[0].alert, whole.also[0].because), (part.id, BECAUSE));
        // Raised again after a crash it is the part it was.
        assert_eq!(raise_part(&bench, 2, 1).await, Written::Already);
        let over = Alert { source: SourceId::known("cam-2"), ..ended(2, 60) };
        assert!(matches!(bench.store.end(&over).await.unwrap(), Written::New(_)));
        assert_eq!(bench.sent().await, "nu", "of a part its whole tells");
    }

    #[tokio::test]
    async fn a_person_takes_a_part_out_and_its_queue_hears_of_it() {
        let bench = Bench::new().await;
        bench.raise(&alert(1)).await;
        let Written::New(part) = raise_part(&bench, 2, 1).await else { panic!() };
        let separated = bench.store.separate_act(part.id, "wang").await.unwrap();
        assert!(matches!(separated, Written::New(alert) if alert.part_of.is_none()));
        assert_eq!(bench.sent().await, "nunu");
        assert_eq!(listed(&bench).await.len(), 2);
        let whole = bench.store.alert(alert(1).id).await.unwrap().unwrap();
        assert_eq!(whole.also, []);
        assert_eq!(bench.store.separate_act(part.id, "wang").await.unwrap(), Written::Already);
        let history = bench.store.history(part.id).await.unwrap();
        let steps: Vec<_> = history.iter().map(|h| (h.actor.as_str(), h.action.as_str())).collect();
        assert_eq!(steps, [("machine", "raised"), ("machine", "part_of"), ("wang", "separated")]);
    }

    #[tokio::test]
    async fn a_part_takes_no_parts() {
        let bench = Bench::new().await;
        bench.raise(&alert(1)).await;
        drop(raise_part(&bench, 2, 1).await);
        let Written::New(third) = raise_part(&bench, 3, 2).await else { panic!() };
        assert_eq!(third.part_of, None);
        assert_eq!(bench.sent().await, "nun");
    }

    #[tokio::test]
    async fn candidates_are_of_the_rule_and_the_time() {
        let bench = Bench::new().await;
        bench.raise(&alert(1)).await;
        let (rule, seen) = (RuleId::known("parking"), alert(1).last_seen);
        let acts = |rule: RuleId, from| {
            let store = bench.store.clone();
            async move { store.acts(&rule, from).await.unwrap().len() }
        };
        assert_eq!(acts(rule.clone(), seen).await, 1);
        assert_eq!(acts(rule, seen + SignedDuration::from_secs(1)).await, 0);
        assert_eq!(acts(RuleId::known("vending"), seen).await, 0);
    }
}
