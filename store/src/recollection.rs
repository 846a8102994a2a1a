//! What the rules remember of each source between two runs.

use domain::SourceId;
use sqlx::Sqlite;

use crate::{Store, StoreError};

impl Store {
    /// Writes over what was kept of these sources: `None` forgets. All or none.
    pub async fn keep_recollections(
        &self,
        all: &[(SourceId, Option<String>)],
    ) -> Result<(), StoreError> {
        let kept = self.write_recollections(all).await;
        kept.map_err(|e| self.failed("keep what the rules remember".to_owned(), e))
    }

    /// What was kept of a source.
    pub async fn recollection(&self, source: &SourceId) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar("SELECT body FROM recollections WHERE source = $1")
            .bind(source.as_str())
            .fetch_optional(&self.inner.readers)
            .await
            .map_err(|e| self.failed(format!("read what the rules remember of {source}"), e))
    }

    async fn write_recollections(&self, all: &[(SourceId, Option<String>)]) -> sqlx::Result<()> {
        let now = self.now();
        let mut tx = self.begin().await?;
        for (source, body) in all {
            let query = match body {
                Some(body) => sqlx::query::<Sqlite>(
                    "INSERT INTO recollections (source, body, recorded_at) VALUES ($1, $2, $3) \
                     ON CONFLICT (source) DO UPDATE SET body = excluded.body, \
                     recorded_at = excluded.recorded_at",
                )
                .bind(source.as_str())
                .bind(body)
                .bind(now),
                None => sqlx::query::<Sqlite>("DELETE FROM recollections WHERE source = $1")
                    .bind(source.as_str()),
            };
            query.execute(&mut *tx).await?;
        }
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Bench;

    #[tokio::test]
    async fn the_newest_is_read_back() {
        let bench = Bench::new().await;
        let (a, b) = (SourceId::known("a"), SourceId::known("b"));
        let kept = |body: &str| Some(body.to_owned());
        let store = &bench.store;
        store.keep_recollections(&[(a.clone(), kept("1")), (b.clone(), kept("2"))]).await.unwrap();
        store.keep_recollections(&[(a.clone(), kept("3")), (b.clone(), None)]).await.unwrap();
        assert_eq!(store.recollection(&a).await.unwrap(), kept("3"));
        assert_eq!(store.recollection(&b).await.unwrap(), None);
    }
}
