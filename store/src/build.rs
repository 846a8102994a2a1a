//! The register of what was built: entered with its alert, seen again, demolished, looked after.

use domain::{Alert, AlertId, BuildState, EndReason, KnownBuild, Outline, RebuildVisit};
use jiff::Timestamp;
use sqlx::{Sqlite, SqliteConnection};

use crate::alert::Beside;
use crate::row::{alert_id, bad, time};
use crate::{Awaited, Store, StoreError, Written};

/// The most entries of a list.
const MOST: i64 = 1000;

/// Why a demolition was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum DemolishError {
    #[error("nothing is known to have been built by alert {alert}")]
    NotFound { alert: AlertId },
    #[error("it was recorded as demolished at {at} by {by}")]
    Already { at: Timestamp, by: String },
    #[error("it was seen standing at {seen}, later than {at}")]
    SeenLater { seen: Timestamp, at: Timestamp },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Records an alert of something built, its message, and the entry of the register: all happen or none does.
    pub async fn raise_built(
        &self,
        alert: &Alert,
        awaited: &[Awaited<'_>],
        known: &KnownBuild,
    ) -> Result<Written, StoreError> {
        self.raise_beside(alert, &Beside { awaited, part_of: None, known: Some(known) }).await
    }

    /// What is known in a box of [west, south, east, north] degrees, oldest first; at most 1000, of which the newest.
    pub async fn builds_about(&self, around: [f64; 4]) -> Result<Vec<KnownBuild>, StoreError> {
        let [west, south, east, north] = around;
        let rows: sqlx::Result<Vec<Row>> = sqlx::query_as(
            "SELECT * FROM builds WHERE west <= $3 AND east >= $1 AND south <= $4 AND north >= $2 \
             ORDER BY since DESC, alert LIMIT $5",
        )
        .bind(west)
        .bind(south)
        .bind(east)
        .bind(north)
        .bind(MOST)
        .fetch_all(&self.inner.readers)
        .await;
        let known = rows.and_then(known).map_err(|e| self.failed("read what was built".into(), e));
        known.map(|known| known.into_iter().rev().collect())
    }

    /// All that is known, newest first; at most 1000.
    pub async fn builds(&self) -> Result<Vec<KnownBuild>, StoreError> {
        let rows: sqlx::Result<Vec<Row>> =
            sqlx::query_as("SELECT * FROM builds ORDER BY since DESC, alert LIMIT $1")
                .bind(MOST)
                .fetch_all(&self.inner.readers)
                .await;
        rows.and_then(known).map_err(|e| self.failed("read what was built".into(), e))
    }

    /// A picture of `at` still has it. Nothing happens where that is not news.
    pub async fn build_seen(&self, alert: AlertId, at: Timestamp) -> Result<(), StoreError> {
        sqlx::query::<Sqlite>(
            "UPDATE builds SET last_seen = $2 WHERE alert = $1 AND last_seen < $2",
        )
        .bind(alert.to_string())
        .bind(at.as_microsecond())
        .execute(&self.inner.writer)
        .await
        .map(drop)
        .map_err(|e| self.failed(format!("note what was built by alert {alert}"), e))
    }

    /// Records that it was taken away, and the visits that are due; ends its alert where that has not ended.
    pub async fn demolish(
        &self,
        alert: AlertId,
        at: Timestamp,
        by: &str,
        visits: &[RebuildVisit],
    ) -> Result<KnownBuild, DemolishError> {
        let failed = |e| self.failed(format!("record the demolition of alert {alert}"), e);
        let mut tx = self.begin().await.map_err(failed)?;
        let known = one(&mut tx, alert).await.map_err(failed)?;
        let known = known.ok_or(DemolishError::NotFound { alert })?;
        if let BuildState::Demolished { at, by } = known.state {
            return Err(DemolishError::Already { at, by });
        }
        if at < known.last_seen {
            return Err(DemolishError::SeenLater { seen: known.last_seen, at });
        }
        set_demolished(&mut tx, alert, at, by, visits).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        // The register says so first: an end that a crash loses is no second alert.
        self.clear(alert, at).await?;
        let state = BuildState::Demolished { at, by: by.to_owned() };
        Ok(KnownBuild { state, ..known })
    }

    /// Visits that were due by `at` and not flown, longest due first; at most 1000.
    pub async fn visits_due(&self, at: Timestamp) -> Result<Vec<RebuildVisit>, StoreError> {
        let rows: sqlx::Result<Vec<VisitRow>> = sqlx::query_as(
            "SELECT * FROM build_visits WHERE flown_at IS NULL AND due_at <= $1 \
             ORDER BY due_at, alert, day LIMIT $2",
        )
        .bind(at.as_microsecond())
        .bind(MOST)
        .fetch_all(&self.inner.readers)
        .await;
        rows.and_then(visits).map_err(|e| self.failed("read which places are due".into(), e))
    }

    /// All visits to a place, in their order.
    pub async fn visits_of(&self, alert: AlertId) -> Result<Vec<RebuildVisit>, StoreError> {
        let rows: sqlx::Result<Vec<VisitRow>> =
            sqlx::query_as("SELECT * FROM build_visits WHERE alert = $1 ORDER BY day")
                .bind(alert.to_string())
                .fetch_all(&self.inner.readers)
                .await;
        rows.and_then(visits).map_err(|e| self.failed("read which places are due".into(), e))
    }

    /// A picture of `at` shows the place: what was due by then is done. Returns how many visits that were.
    pub async fn visited(&self, alert: AlertId, at: Timestamp) -> Result<u64, StoreError> {
        sqlx::query::<Sqlite>(
            "UPDATE build_visits SET flown_at = $2 \
             WHERE alert = $1 AND flown_at IS NULL AND due_at <= $2",
        )
        .bind(alert.to_string())
        .bind(at.as_microsecond())
        .execute(&self.inner.writer)
        .await
        .map(|done| done.rows_affected())
        .map_err(|e| self.failed(format!("note a visit to alert {alert}"), e))
    }

    async fn clear(&self, id: AlertId, at: Timestamp) -> Result<(), StoreError> {
        let Some(alert) = self.alert(id).await? else { return Ok(()) };
        let (ended_at, end_reason) = (Some(at), Some(EndReason::Cleared));
        self.end(&Alert { ended_at, end_reason, ..alert }).await.map(drop)
    }
}

/// Enters something, unless it is known.
pub(crate) async fn insert(
    tx: &mut SqliteConnection,
    known: &KnownBuild,
    now: i64,
) -> sqlx::Result<()> {
    let outline =
        serde_json::to_string(&known.outline).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let [west, south, east, north] = around(&known.outline);
    let (at, by) = match &known.state {
        BuildState::Standing => (None, None),
        BuildState::Demolished { at, by } => (Some(at.as_microsecond()), Some(by)),
    };
    sqlx::query::<Sqlite>(
        "INSERT INTO builds (alert, outline, west, south, east, north, bare_at, since, last_seen, \
         demolished_at, demolished_by, rebuilt_of, recorded_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING",
    )
    .bind(known.alert.to_string())
    .bind(outline)
    .bind(west)
    .bind(south)
    .bind(east)
    .bind(north)
    .bind(known.bare_at.as_microsecond())
    .bind(known.since.as_microsecond())
    .bind(known.last_seen.as_microsecond())
    .bind(at)
    .bind(by)
    .bind(known.rebuilt_of.map(|alert| alert.to_string()))
    .bind(now)
    .execute(tx)
    .await
    .map(drop)
}

fn around(outline: &Outline) -> [f64; 4] {
    let empty = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    outline.rings.iter().flatten().fold(empty, |[west, south, east, north], &[lon, lat]| {
        [west.min(lon), south.min(lat), east.max(lon), north.max(lat)]
    })
}

async fn one(tx: &mut SqliteConnection, alert: AlertId) -> sqlx::Result<Option<KnownBuild>> {
    let row: Option<Row> = sqlx::query_as("SELECT * FROM builds WHERE alert = $1")
        .bind(alert.to_string())
        .fetch_optional(tx)
        .await?;
    row.map(KnownBuild::try_from).transpose()
}

async fn set_demolished(
    tx: &mut SqliteConnection,
    alert: AlertId,
    at: Timestamp,
    by: &str,
    visits: &[RebuildVisit],
) -> sqlx::Result<()> {
    sqlx::query::<Sqlite>(
        "UPDATE builds SET demolished_at = $2, demolished_by = $3 WHERE alert = $1",
    )
    .bind(alert.to_string())
    .bind(at.as_microsecond())
    .bind(by)
    .execute(&mut *tx)
    .await?;
    for visit in visits {
        sqlx::query::<Sqlite>("INSERT INTO build_visits (alert, day, due_at) VALUES ($1, $2, $3)")
            .bind(alert.to_string())
            .bind(i64::from(visit.day))
            .bind(visit.due_at.as_microsecond())
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    alert: String,
    outline: String,
    bare_at: i64,
    since: i64,
    last_seen: i64,
    demolished_at: Option<i64>,
    demolished_by: Option<String>,
    rebuilt_of: Option<String>,
}

fn known(rows: Vec<Row>) -> sqlx::Result<Vec<KnownBuild>> {
    rows.into_iter().map(KnownBuild::try_from).collect()
}

impl TryFrom<Row> for KnownBuild {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        let id = row.alert.as_str();
        let outline = serde_json::from_str(&row.outline)
            .map_err(|e| bad(id, "outline", &format_args!("JSON, but {e}")))?;
        let demolished = row.demolished_at.map(|at| time(id, "demolished_at", at)).transpose()?;
        let state = match demolished.zip(row.demolished_by) {
            Some((at, by)) => BuildState::Demolished { at, by },
            None => BuildState::Standing,
        };
        Ok(Self {
            alert: alert_id(id)?,
            outline,
            bare_at: time(id, "bare_at", row.bare_at)?,
            since: time(id, "since", row.since)?,
            last_seen: time(id, "last_seen", row.last_seen)?,
            state,
            rebuilt_of: row.rebuilt_of.as_deref().map(alert_id).transpose()?,
        })
    }
}

#[derive(sqlx::FromRow)]
struct VisitRow {
    alert: String,
    day: i64,
    due_at: i64,
    flown_at: Option<i64>,
}

fn visits(rows: Vec<VisitRow>) -> sqlx::Result<Vec<RebuildVisit>> {
    let visit = |row: VisitRow| {
        let id = row.alert.as_str();
        Ok(RebuildVisit {
            alert: alert_id(id)?,
            day: u16::try_from(row.day).map_err(|e| bad(id, "day", &e))?,
            due_at: time(id, "due_at", row.due_at)?,
            flown_at: row.flown_at.map(|at| time(id, "flown_at", at)).transpose()?,
        })
    };
    rows.into_iter().map(visit).collect()
}

#[cfg(test)]
mod tests {
    use domain::{Covariance, LonLat};

    use super::*;
    use crate::testing::{Bench, alert, time as second};

    const DAY: i64 = 86_400;

    fn built(track: u64, east: f64) -> KnownBuild {
        let middle = LonLat::new(120.08 + east, 30.89).unwrap();
        let [lon, lat] = [middle.lon(), middle.lat()];
        let outline = Outline {
            rings: vec![vec![[lon, lat], [lon + 1e-4, lat], [lon, lat + 1e-4], [lon, lat]]],
            middle,
            covariance_m2: Covariance::round(0.5),
            area_m2: 52.9,
            area_sigma_m2: 17.0,
        };
        KnownBuild {
            alert: alert(track).id,
            outline,
            bare_at: second(-30 * DAY),
            since: second(0),
            last_seen: second(0),
            state: BuildState::Standing,
            rebuilt_of: None,
        }
    }

    async fn raise(bench: &Bench, known: &KnownBuild, track: u64) {
        let written = bench.store.raise_built(&alert(track), &[], known).await.unwrap();
        assert!(matches!(written, Written::New(_)));
    }

    fn visits(alert: AlertId) -> Vec<RebuildVisit> {
        let visit = |(day, due): (u16, i64)| RebuildVisit {
            alert,
            day,
            due_at: second(due * DAY),
            flown_at: None,
        };
        [(3, 13), (7, 17), (30, 40)].map(visit).to_vec()
    }

    #[tokio::test]
    async fn what_was_built_is_entered_with_its_alert() {
        let bench = Bench::new().await;
        let (one, other) = (built(1, 0.0), built(2, 0.01));
        raise(&bench, &one, 1).await;
        raise(&bench, &other, 2).await;
        let again = bench.store.raise_built(&alert(1), &[], &built(1, 0.5)).await.unwrap();
        assert_eq!(again, Written::Already);
        let about = [120.0799, 30.8899, 120.0802, 30.8902];
        assert_eq!(bench.store.builds_about(about).await.unwrap(), std::slice::from_ref(&one));
        assert_eq!(bench.store.builds().await.unwrap().len(), 2);
        bench.store.build_seen(one.alert, second(DAY)).await.unwrap();
        bench.store.build_seen(one.alert, second(5)).await.unwrap();
        let seen = bench.store.builds_about(about).await.unwrap();
        assert_eq!(seen, [KnownBuild { last_seen: second(DAY), ..one }]);
        assert_eq!(bench.sent().await, "nn");
    }

    #[tokio::test]
    async fn a_demolition_ends_the_alert_and_asks_for_visits() {
        let bench = Bench::new().await;
        let (store, one) = (&bench.store, built(1, 0.0));
        raise(&bench, &one, 1).await;
        store.build_seen(one.alert, second(DAY)).await.unwrap();
        let id = one.alert;
        let gone = store.demolish(id, second(10 * DAY), "wang", &visits(id)).await.unwrap();
        let state = BuildState::Demolished { at: second(10 * DAY), by: "wang".to_owned() };
        assert_eq!(gone.state, state);
        assert_eq!(store.builds().await.unwrap()[0].state, state);
        let alert = store.alert(id).await.unwrap().unwrap();
        assert_eq!(alert.end_reason, Some(EndReason::Cleared));
        assert_eq!(bench.sent().await, "ne");
        for (day, due) in [(12, 0), (13, 1), (20, 2), (41, 3)] {
            assert_eq!(store.visits_due(second(day * DAY)).await.unwrap().len(), due, "{day}");
        }
        assert_eq!(store.visited(id, second(12 * DAY)).await.unwrap(), 0);
        assert_eq!(store.visited(id, second(18 * DAY)).await.unwrap(), 2);
        let due = store.visits_due(second(41 * DAY)).await.unwrap();
        assert_eq!(due.iter().map(|visit| visit.day).collect::<Vec<_>>(), [30]);
        assert_eq!(store.visits_of(id).await.unwrap()[1].flown_at, Some(second(18 * DAY)));
    }

    #[tokio::test]
    async fn a_demolition_that_cannot_be_is_refused() {
        let bench = Bench::new().await;
        let (store, one) = (&bench.store, built(1, 0.0));
        let id = one.alert;
        let refused = |at: i64| store.demolish(id, second(at), "wang", &[]);
        assert!(matches!(refused(1).await, Err(DemolishError::NotFound { .. })));
        raise(&bench, &one, 1).await;
        store.build_seen(id, second(5)).await.unwrap();
        assert!(matches!(refused(4).await, Err(DemolishError::SeenLater { .. })));
        drop(refused(6).await.unwrap());
        assert!(matches!(refused(7).await, Err(DemolishError::Already { .. })));
    }
}
