//! The journal of what sensors and other detectors said, and which cameras do not look any more where they did.
//!
//! What was accepted together is one row, and one transaction: the writer is asked a hundred times in a second, however
//! many observations come. What a line says is not known here.

use std::collections::BTreeMap;

use domain::SourceId;
use jiff::Timestamp;
use sqlx::Sqlite;

use crate::row::time;
use crate::{Store, StoreError};

/// Messages that were accepted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewObservations {
    /// By the sources' clocks: of the earliest and the latest.
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub messages: u32,
    /// A line for each, each with its end.
    pub body: Vec<u8>,
}

/// The same, as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observations {
    pub id: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub body: Vec<u8>,
}

/// A survey that holds no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SceneChange {
    pub at: Timestamp,
    /// SHA-256 of the survey, in hex.
    pub survey: String,
}

/// Rows read at once.
const MOST_AT_ONCE: u32 = 256;
/// Rows that hold what was under way when the program stopped, and more.
const NEWEST: u32 = 64;
/// Rows removed in one transaction, so that nobody waits long for the writer.
const PRUNED_TOGETHER: u32 = 200;

impl Store {
    /// Keeps what was accepted together, and returns its row. `judged` is the row up to which everything has been judged
    /// and recorded.
    pub async fn keep_observations(
        &self,
        new: &NewObservations,
        judged: i64,
    ) -> Result<i64, StoreError> {
        self.insert_observations(new, judged)
            .await
            .map_err(|e| self.failed("keep observations".to_owned(), e))
    }

    /// Notes up to which row everything has been judged and recorded.
    pub async fn mark_judged(&self, judged: i64) -> Result<(), StoreError> {
        sqlx::query::<Sqlite>(MARK)
            .bind(judged)
            .execute(&self.inner.writer)
            .await
            .map(drop)
            .map_err(|e| self.failed("note what was judged".to_owned(), e))
    }

    /// The oldest rows behind what has been judged and behind row `after`, at most 256.
    pub async fn unjudged(&self, after: i64) -> Result<Vec<Observations>, StoreError> {
        let rows: sqlx::Result<Vec<Row>> = sqlx::query_as(
            "SELECT id, first_at, last_at, body FROM observations \
             WHERE id > $1 AND id > (SELECT id FROM observations_judged) ORDER BY id LIMIT $2",
        )
        .bind(after)
        .bind(MOST_AT_ONCE)
        .fetch_all(&self.inner.readers)
        .await;
        self.observed(rows)
    }

    /// The newest rows, at most 64, the oldest of them first.
    pub async fn last_observations(&self) -> Result<Vec<Observations>, StoreError> {
        let rows: sqlx::Result<Vec<Row>> = sqlx::query_as(
            "SELECT id, first_at, last_at, body FROM observations ORDER BY id DESC LIMIT $1",
        )
        .bind(NEWEST)
        .fetch_all(&self.inner.readers)
        .await;
        let mut read = self.observed(rows)?;
        read.reverse();
        Ok(read)
    }

    /// Rows with anything from `from` to before `to`, by the sources' clocks, in the order in which they were accepted:
    /// the oldest behind row `after`, at most 256. A row may hold messages from outside of that span.
    pub async fn observations(
        &self,
        from: Timestamp,
        to: Timestamp,
        after: i64,
    ) -> Result<Vec<Observations>, StoreError> {
        let rows: sqlx::Result<Vec<Row>> = sqlx::query_as(
            "SELECT id, first_at, last_at, body FROM observations \
             WHERE id > $1 AND last_at >= $2 AND first_at < $3 ORDER BY id LIMIT $4",
        )
        .bind(after)
        .bind(from.as_microsecond())
        .bind(to.as_microsecond())
        .bind(MOST_AT_ONCE)
        .fetch_all(&self.inner.readers)
        .await;
        self.observed(rows)
    }

    /// Removes judged rows from before `before`, and the oldest judged ones beyond `most_bytes`. Returns how many.
    pub async fn prune_observations(
        &self,
        before: Timestamp,
        most_bytes: u64,
    ) -> Result<u64, StoreError> {
        let failed = |e| self.failed("remove old observations".to_owned(), e);
        let up_to = self.surplus(before, most_bytes).await.map_err(failed)?;
        let mut removed = 0;
        loop {
            let now = self.remove_up_to(up_to).await.map_err(failed)?;
            removed += now;
            if now < u64::from(PRUNED_TOGETHER) {
                return Ok(removed);
            }
        }
    }

    /// Notes that a camera looks at something else than its survey says. The first time stands.
    pub async fn note_scene_change(
        &self,
        source: &SourceId,
        change: &SceneChange,
    ) -> Result<(), StoreError> {
        sqlx::query::<Sqlite>(
            "INSERT INTO scene_changes (source, at, survey) VALUES ($1, $2, $3) \
             ON CONFLICT (source) DO UPDATE SET at = excluded.at, survey = excluded.survey \
             WHERE survey <> excluded.survey",
        )
        .bind(source.as_str())
        .bind(change.at.as_microsecond())
        .bind(&change.survey)
        .execute(&self.inner.writer)
        .await
        .map(drop)
        .map_err(|e| self.failed(format!("note that the scene of `{source}` changed"), e))
    }

    /// Cameras that looked at something else than their survey says.
    pub async fn scene_changes(&self) -> Result<BTreeMap<SourceId, SceneChange>, StoreError> {
        let rows: sqlx::Result<Vec<(String, i64, String)>> =
            sqlx::query_as("SELECT source, at, survey FROM scene_changes")
                .fetch_all(&self.inner.readers)
                .await;
        let read = |(source, at, survey): (String, i64, String)| {
            let at = time(&source, "scene_changes.at", at)?;
            let source = SourceId::new(&source).map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
            Ok((source, SceneChange { at, survey }))
        };
        rows.and_then(|rows| rows.into_iter().map(read).collect())
            .map_err(|e| self.failed("read which scenes changed".to_owned(), e))
    }

    fn observed(&self, rows: sqlx::Result<Vec<Row>>) -> Result<Vec<Observations>, StoreError> {
        rows.and_then(|rows| rows.into_iter().map(Row::read).collect())
            .map_err(|e| self.failed("read observations".to_owned(), e))
    }

    async fn insert_observations(&self, new: &NewObservations, judged: i64) -> sqlx::Result<i64> {
        let mut tx = self.begin().await?;
        sqlx::query::<Sqlite>(MARK).bind(judged).execute(&mut *tx).await?;
        let bytes = i64::try_from(new.body.len()).unwrap_or(i64::MAX);
        let id = sqlx::query_scalar(
            "INSERT INTO observations (first_at, last_at, messages, bytes, body) \
             VALUES ($1, $2, $3, $4, $5) RETURNING id",
        )
        .bind(new.first_at.as_microsecond())
        .bind(new.last_at.as_microsecond())
        .bind(new.messages)
        .bind(bytes)
        .bind(new.body.as_slice())
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The last row that may go.
    async fn surplus(&self, before: Timestamp, most_bytes: u64) -> sqlx::Result<i64> {
        let old: i64 =
            sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) FROM observations WHERE last_at < $1")
                .bind(before.as_microsecond())
                .fetch_one(&self.inner.readers)
                .await?;
        let most = i64::try_from(most_bytes).unwrap_or(i64::MAX);
        let beyond: i64 = sqlx::query_scalar(
            "SELECT COALESCE(MAX(id), 0) FROM \
             (SELECT id, SUM(bytes) OVER (ORDER BY id DESC) AS newer FROM observations) \
             WHERE newer > $1",
        )
        .bind(most)
        .fetch_one(&self.inner.readers)
        .await?;
        Ok(old.max(beyond))
    }

    async fn remove_up_to(&self, last: i64) -> sqlx::Result<u64> {
        sqlx::query::<Sqlite>(
            "DELETE FROM observations WHERE id IN (SELECT id FROM observations \
             WHERE id <= $1 AND id <= (SELECT id FROM observations_judged) ORDER BY id LIMIT $2)",
        )
        .bind(last)
        .bind(PRUNED_TOGETHER)
        .execute(&self.inner.writer)
        .await
        .map(|done| done.rows_affected())
    }
}

const MARK: &str = "UPDATE observations_judged SET id = $1 WHERE id < $1";

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    first_at: i64,
    last_at: i64,
    body: Vec<u8>,
}

impl Row {
    fn read(self) -> sqlx::Result<Observations> {
        let at = |column, micros| time(&self.id.to_string(), column, micros);
        let first_at = at("observations.first_at", self.first_at)?;
        let last_at = at("observations.last_at", self.last_at)?;
        Ok(Observations { id: self.id, first_at, last_at, body: self.body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, time as second};

    fn batch(first: i64, last: i64) -> NewObservations {
        let body = format!("{first}\n{last}\n").into_bytes();
        NewObservations { first_at: second(first), last_at: second(last), messages: 2, body }
    }

    #[tokio::test]
    async fn what_was_kept_is_judged_once_and_read_by_its_time() {
        let bench = Bench::new().await;
        let store = &bench.store;
        let mut ids = Vec::new();
        for (first, last) in [(1, 2), (2, 4), (5, 6)] {
            ids.push(store.keep_observations(&batch(first, last), 0).await.unwrap());
        }
        let waiting = store.unjudged(0).await.unwrap();
        assert_eq!(waiting.iter().map(|row| row.id).collect::<Vec<_>>(), ids);
        assert_eq!(waiting[1].body, b"2\n4\n");
        store.mark_judged(ids[1]).await.unwrap();
        store.mark_judged(ids[0]).await.unwrap();
        let last = store.unjudged(0).await.unwrap();
        assert_eq!(last.iter().map(|row| row.id).collect::<Vec<_>>(), [ids[2]], "never back");
        store.keep_observations(&batch(7, 8), ids[2]).await.unwrap();
        assert_eq!(store.unjudged(0).await.unwrap().len(), 1);
        let span = |from, to| store.observations(second(from), second(to), 0);
        assert_eq!(span(3, 5).await.unwrap().len(), 1, "to the end, and not more");
        assert_eq!(span(0, 99).await.unwrap().len(), 4);
        assert_eq!(store.last_observations().await.unwrap().last().unwrap().body, b"7\n8\n");
        let rest = store.observations(second(0), second(99), ids[1]).await.unwrap();
        assert_eq!(rest.len(), 2);
    }

    #[tokio::test]
    async fn the_journal_is_bounded_by_time_and_size_but_keeps_what_is_not_judged() {
        let bench = Bench::new().await;
        let store = &bench.store;
        let mut last = 0;
        for at in 10..20 {
            last = store.keep_observations(&batch(at, at), 0).await.unwrap();
        }
        assert_eq!(store.prune_observations(second(99), 0).await.unwrap(), 0, "not judged");
        store.mark_judged(last).await.unwrap();
        assert_eq!(store.prune_observations(second(12), u64::MAX).await.unwrap(), 2);
        // Six bytes each.
        assert_eq!(store.prune_observations(second(0), 20).await.unwrap(), 5);
        assert_eq!(store.observations(second(0), second(99), 0).await.unwrap().len(), 3);
    }

    #[tokio::test]
    async fn a_changed_scene_stands_until_there_is_another_survey() {
        let bench = Bench::new().await;
        let store = &bench.store;
        let gate = SourceId::new("gate").unwrap();
        let change = |at, survey: &str| SceneChange { at: second(at), survey: survey.to_owned() };
        for (at, survey, wanted) in [(1, "a", 1), (5, "a", 1), (7, "b", 7)] {
            store.note_scene_change(&gate, &change(at, survey)).await.unwrap();
            let known = store.scene_changes().await.unwrap();
            assert_eq!(known[&gate], change(wanted, survey));
        }
    }
}
