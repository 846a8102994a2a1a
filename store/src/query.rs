//! Alerts as they are read: one, a page, those still standing, their number, their history.

use std::fmt;
use std::str::FromStr;

use domain::{Alert, AlertId, Queue, SourceId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{QueryBuilder, Sqlite};

use crate::row::{AlertRow, bad, count, time};
use crate::{Store, StoreError};

/// Which alerts, and which page of them. The default is the newest 50.
#[derive(Debug, Clone)]
pub struct AlertFilter {
    pub state: Option<Stage>,
    pub queue: Option<Queue>,
    pub source: Option<SourceId>,
    /// 1 to 200; outside values are moved to the nearer end.
    pub limit: u32,
    /// Where the page before ended.
    pub cursor: Option<Cursor>,
}

impl Default for AlertFilter {
    fn default() -> Self {
        Self { state: None, queue: None, source: None, limit: 50, cursor: None }
    }
}

/// Alerts, newest `raised_at` first; of equal ones the greater id first.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub items: Vec<Alert>,
    /// For the page after this one; none when this is the last.
    pub next: Option<Cursor>,
}

/// How far an alert is, from its review and its reminder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waits for a person.
    Open,
    Confirmed,
    Dismissed,
    /// Whoever parked has been, or is to be, reminded and may still drive off.
    Reminding,
    /// Drove off in time, or nothing followed.
    Corrected,
}

impl Stage {
    /// What is true of its rows.
    const fn condition(self) -> &'static str {
        match self {
            Self::Open => {
                " AND review_state = 'open' AND (reminder_state IS NULL OR reminder_state IN ('still_there', 'unreminded'))"
            }
            Self::Confirmed => " AND review_state = 'confirmed'",
            Self::Dismissed => " AND review_state = 'dismissed'",
            Self::Reminding => {
                " AND review_state = 'open' AND reminder_state IN ('asked', 'delivered', 'undeliverable')"
            }
            Self::Corrected => {
                " AND review_state = 'open' AND reminder_state IN ('corrected', 'gone')"
            }
        }
    }
}

/// How many alerts are at each stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    pub open: u64,
    pub confirmed: u64,
    pub dismissed: u64,
    pub reminding: u64,
    pub corrected: u64,
}

/// One thing that happened to an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryEntry {
    /// This machine's clock, also where the alert's own times come from a recording.
    pub at: Timestamp,
    /// A user's name, or `machine`.
    pub actor: String,
    /// `raised`, `ended`, `confirmed` or `dismissed`.
    pub action: String,
    pub reason: Option<String>,
    pub note: Option<String>,
    /// The revision that this step published.
    pub revision: u32,
    /// The revision that the person had before them when deciding.
    pub seen_revision: Option<u32>,
}

/// The place between two alerts of a list. It stays valid when alerts are added. Its text is safe
/// in a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    raised_at: i64,
    id: AlertId,
}

/// Text that is no cursor.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a cursor of this list")]
pub struct BadCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.raised_at, self.id)
    }
}

impl FromStr for Cursor {
    type Err = BadCursor;
    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let (raised_at, id) = text.split_once('_').ok_or(BadCursor)?;
        let (Ok(raised_at), Ok(id)) = (raised_at.parse(), id.parse()) else {
            return Err(BadCursor);
        };
        Ok(Self { raised_at, id })
    }
}

impl Store {
    /// One alert as it now is.
    pub async fn alert(&self, id: AlertId) -> Result<Option<Alert>, StoreError> {
        let row: sqlx::Result<Option<AlertRow>> =
            sqlx::query_as("SELECT * FROM alerts WHERE id = $1")
                .bind(id.to_string())
                .fetch_optional(&self.inner.readers)
                .await;
        row.and_then(|row| row.map(Alert::try_from).transpose())
            .map_err(|e| self.failed(format!("read alert {id}"), e))
    }

    /// One page of alerts.
    pub async fn alerts(&self, filter: &AlertFilter) -> Result<Page, StoreError> {
        self.page(filter).await.map_err(|e| self.failed("list alerts".to_owned(), e))
    }

    /// The alerts of a source that have not ended, oldest first: what it takes up again after a
    /// restart.
    pub async fn open_alerts(&self, source: &SourceId) -> Result<Vec<Alert>, StoreError> {
        let rows: sqlx::Result<Vec<AlertRow>> = sqlx::query_as(
            "SELECT * FROM alerts WHERE source = $1 AND ended_at IS NULL ORDER BY raised_at, id",
        )
        .bind(source.as_str())
        .fetch_all(&self.inner.readers)
        .await;
        rows.and_then(|rows| rows.into_iter().map(Alert::try_from).collect())
            .map_err(|e| self.failed(format!("list the standing alerts of {source}"), e))
    }

    /// How many alerts of the filter's queue and source are in each state; its state, limit and
    /// cursor are not read.
    pub async fn counts(&self, filter: &AlertFilter) -> Result<Counts, StoreError> {
        self.count_states(filter).await.map_err(|e| self.failed("count alerts".to_owned(), e))
    }

    /// What happened to an alert, oldest first; empty for an unknown one.
    pub async fn history(&self, id: AlertId) -> Result<Vec<HistoryEntry>, StoreError> {
        let rows: sqlx::Result<Vec<HistoryRow>> = sqlx::query_as(
            "SELECT at, actor, action, reason, note, revision, seen_revision FROM history \
             WHERE alert = $1 ORDER BY id",
        )
        .bind(id.to_string())
        .fetch_all(&self.inner.readers)
        .await;
        rows.and_then(|rows| rows.into_iter().map(|row| row.entry(id)).collect())
            .map_err(|e| self.failed(format!("read the history of {id}"), e))
    }

    async fn page(&self, filter: &AlertFilter) -> sqlx::Result<Page> {
        let limit = filter.limit.clamp(1, 200) as usize;
        let mut query = QueryBuilder::<Sqlite>::new("SELECT * FROM alerts WHERE part_of IS NULL");
        if let Some(state) = filter.state {
            query.push(state.condition());
        }
        of_queue_and_source(&mut query, filter);
        if let Some(Cursor { raised_at, id }) = filter.cursor {
            query.push(" AND (raised_at, id) < (").push_bind(raised_at).push(", ");
            query.push_bind(id.to_string()).push(")");
        }
        query.push(" ORDER BY raised_at DESC, id DESC LIMIT ");
        // One more than asked for tells whether there is another page.
        query.push_bind(i64::try_from(limit + 1).expect("the limit is at most 200"));
        let mut rows: Vec<AlertRow> = query.build_query_as().fetch_all(&self.inner.readers).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let items = rows.into_iter().map(Alert::try_from).collect::<sqlx::Result<Vec<_>>>()?;
        let next = items
            .last()
            .filter(|_| more)
            .map(|last| Cursor { raised_at: last.raised_at.as_microsecond(), id: last.id });
        Ok(Page { items, next })
    }

    async fn count_states(&self, filter: &AlertFilter) -> sqlx::Result<Counts> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT CASE WHEN review_state <> 'open' OR reminder_state IS NULL THEN review_state \
             WHEN reminder_state IN ('still_there', 'unreminded') THEN 'open' \
             WHEN reminder_state IN ('corrected', 'gone') THEN 'corrected' ELSE 'reminding' END \
             AS stage, COUNT(*) FROM alerts WHERE part_of IS NULL",
        );
        of_queue_and_source(&mut query, filter);
        query.push(" GROUP BY stage");
        let rows: Vec<(String, i64)> =
            query.build_query_as().fetch_all(&self.inner.readers).await?;
        let mut counts = Counts::default();
        for (state, number) in rows {
            let number = count(&state, "count", number)?;
            match state.as_str() {
                "open" => counts.open = number,
                "confirmed" => counts.confirmed = number,
                "dismissed" => counts.dismissed = number,
                "reminding" => counts.reminding = number,
                "corrected" => counts.corrected = number,
                _ => return Err(bad(&state, "review_state", &state)),
            }
        }
        Ok(counts)
    }
}

fn of_queue_and_source(query: &mut QueryBuilder<Sqlite>, filter: &AlertFilter) {
    if let Some(queue) = &filter.queue {
        query.push(" AND queue = ").push_bind(queue.as_str().to_owned());
    }
    if let Some(source) = &filter.source {
        query.push(" AND source = ").push_bind(source.as_str().to_owned());
    }
}

#[derive(sqlx::FromRow)]
struct HistoryRow {
    at: i64,
    actor: String,
    action: String,
    reason: Option<String>,
    note: Option<String>,
    revision: i64,
    seen_revision: Option<i64>,
}

impl HistoryRow {
    fn entry(self, alert: AlertId) -> sqlx::Result<HistoryEntry> {
        let row = alert.to_string();
        let revision = |n: i64| u32::try_from(n).map_err(|e| bad(&row, "history.revision", &e));
        Ok(HistoryEntry {
            at: time(&row, "history.at", self.at)?,
            revision: revision(self.revision)?,
            seen_revision: self.seen_revision.map(revision).transpose()?,
            actor: self.actor,
            action: self.action,
            reason: self.reason,
            note: self.note,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, alert, alert_at, confirm};

    #[test]
    fn cursors_survive_a_url_and_refuse_the_rest() {
        let id = alert(1).id;
        for raised_at in [0, i64::MIN, i64::MAX, 1_700_000_000_000_000] {
            let cursor = Cursor { raised_at, id };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for bad in ["", "_", "1_", "_x", "1", "1_2", "x_00000000-0000-0000-0000-000000000000"] {
            assert_eq!(bad.parse::<Cursor>(), Err(BadCursor), "{bad}");
        }
    }

    #[tokio::test]
    async fn pages_cover_the_list_once_even_while_it_grows() {
        let bench = Bench::new().await;
        // Three alerts share each instant, so that pages end among equals.
        for track in 0..23 {
            bench.raise(&alert_at(track, i64::try_from(track / 3).unwrap())).await;
        }
        for limit in [1, 2, 3, 7, 23, 200] {
            let mut filter = AlertFilter { limit, ..AlertFilter::default() };
            let mut seen = Vec::new();
            loop {
                let page = bench.store.alerts(&filter).await.unwrap();
                seen.extend(page.items.into_iter().map(|a| (a.raised_at, a.id.to_string())));
                bench.raise(&alert_at(1000 + u64::from(limit), 1000)).await;
                filter.cursor = page.next;
                if page.next.is_none() {
                    break;
                }
            }
            let mut sorted = seen.clone();
            sorted.sort_by(|a, b| b.cmp(a));
            sorted.dedup();
            assert_eq!(seen, sorted, "limit {limit}");
            seen.retain(|(at, _)| *at < alert_at(0, 1000).raised_at);
            assert_eq!(seen.len(), 23, "limit {limit}");
        }
    }

    #[tokio::test]
    async fn filters_and_counts() {
        let bench = Bench::new().await;
        let store = &bench.store;
        for track in 0..6 {
            let mut alert = alert(track);
            if track % 2 == 0 {
                alert.queue = Queue::new("parking-urban_mgmt").unwrap();
            }
            if track < 2 {
                alert.source = SourceId::new("cam-2").unwrap();
            }
            bench.raise(&alert).await;
        }
        store.decide(alert(0).id, confirm(1)).await.unwrap();
        let all = AlertFilter::default();
        let queue = Some(Queue::new("parking-urban_mgmt").unwrap());
        let source = Some(SourceId::new("cam-2").unwrap());
        let state = Some(Stage::Open);
        let cases = [
            (all.clone(), 6, (5, 1)),
            (AlertFilter { state, ..all.clone() }, 5, (5, 1)),
            (AlertFilter { queue: queue.clone(), ..all.clone() }, 3, (2, 1)),
            (AlertFilter { source: source.clone(), ..all.clone() }, 2, (1, 1)),
            (AlertFilter { state, queue, source, ..all.clone() }, 0, (0, 1)),
            (AlertFilter { limit: 0, ..all }, 1, (5, 1)),
        ];
        for (filter, items, (open, confirmed)) in cases {
            let page = store.alerts(&filter).await.unwrap();
            assert_eq!(page.items.len(), items, "{filter:?}");
            let counts = store.counts(&filter).await.unwrap();
            assert_eq!(counts, Counts { open, confirmed, ..Counts::default() }, "{filter:?}");
        }
    }

    #[tokio::test]
    async fn a_source_takes_up_what_has_not_ended() {
        let bench = Bench::new().await;
        for track in [3, 1, 2] {
            bench.raise(&alert_at(track, i64::try_from(track).unwrap())).await;
        }
        bench.end(&alert(1)).await;
        bench.store.decide(alert(2).id, confirm(1)).await.unwrap();
        let standing = bench.store.open_alerts(&alert(1).source).await.unwrap();
        assert_eq!(standing.iter().map(|a| a.track.unwrap().0).collect::<Vec<_>>(), [2, 3]);
        let other = SourceId::new("cam-9").unwrap();
        assert!(bench.store.open_alerts(&other).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_unknown_alert_is_none_and_has_no_history() {
        let bench = Bench::new().await;
        assert_eq!(bench.store.alert(alert(1).id).await.unwrap(), None);
        assert!(bench.store.history(alert(1).id).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_row_that_makes_no_sense_is_named() {
        let bench = Bench::new().await;
        bench.raise(&alert(1)).await;
        sqlx::query("UPDATE alerts SET body = '{}'")
            .execute(&bench.store.inner.writer)
            .await
            .unwrap();
        let error = bench.store.alert(alert(1).id).await.unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains(&format!("row `{}`, column `body`", alert(1).id)), "{cause}");
    }
}
