//! Who did what: a chain of rows in which each covers the one before.
//!
//! A row's hash is the SHA-256 of the JSON array `[id, at, actor, action, subject, detail,
//! prev_hash]` without spaces, `at` in microseconds; the first row's `prev_hash` is 64 zeros. So a
//! changed, removed or inserted row is found by anyone who recomputes the chain. What it cannot
//! show by itself is a chain rewritten from some row to its end: for that, note the `head` of
//! [`AuditCheck::Intact`] somewhere else from time to time.

use jiff::Timestamp;
use serde::Serialize;
use sqlx::{Sqlite, SqliteConnection};

use crate::digest::sha256_hex;
use crate::row::{count, next, time};
use crate::{Store, StoreError};

/// Something that somebody did. Each text is cut at 1000 characters: names typed by strangers end
/// up here too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// A user's name, or `machine`.
    pub actor: String,
    /// What was done, as a word: `signed_in`, `looked_at`.
    pub action: String,
    /// To what: `alert/{id}`, `user/{name}`.
    pub subject: String,
    /// Anything else; may be empty. Never a password or token.
    pub detail: String,
}

/// A row of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    /// Counts from 1 without a gap.
    pub id: u64,
    pub at: Timestamp,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub detail: String,
    /// The hash of the row before.
    pub prev_hash: String,
    pub hash: String,
}

/// What recomputing the chain showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditCheck {
    Intact {
        rows: u64,
        /// The hash of the last row.
        head: String,
    },
    /// Up to this row nothing is wrong; this one is not what was written, or not there.
    Broken { row: u64, why: &'static str },
}

const FIRST_PREV_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const MOST_CHARS: usize = 1000;
const CHECKED_AT_ONCE: i64 = 1000;

impl Store {
    /// Adds an entry at the present time.
    pub async fn audit(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.append_entry(entry).await.map_err(|e| self.failed("write the audit log".to_owned(), e))
    }

    /// The last entries, newest first; at most `limit` and at most 1000.
    pub async fn audit_tail(&self, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        let rows: sqlx::Result<Vec<Row>> =
            sqlx::query_as("SELECT * FROM audit ORDER BY id DESC LIMIT $1")
                .bind(i64::from(limit.min(1000)))
                .fetch_all(&self.inner.readers)
                .await;
        rows.and_then(|rows| rows.into_iter().map(AuditRow::try_from).collect())
            .map_err(|e| self.failed("read the audit log".to_owned(), e))
    }

    /// Recomputes the whole chain.
    pub async fn verify_audit(&self) -> Result<AuditCheck, StoreError> {
        self.walk_chain().await.map_err(|e| self.failed("check the audit log".to_owned(), e))
    }

    async fn append_entry(&self, entry: AuditEntry) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        append(&mut tx, entry, self.now()).await?;
        tx.commit().await
    }

    async fn walk_chain(&self) -> sqlx::Result<AuditCheck> {
        // One transaction: entries written meanwhile are not seen half.
        let mut tx = self.inner.readers.begin().await?;
        let mut head = FIRST_PREV_HASH.to_owned();
        let mut last = 0;
        loop {
            let rows: Vec<Row> =
                sqlx::query_as("SELECT * FROM audit WHERE id > $1 ORDER BY id LIMIT $2")
                    .bind(last)
                    .bind(CHECKED_AT_ONCE)
                    .fetch_all(&mut *tx)
                    .await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                if let Some(why) = row.fault(last + 1, &head) {
                    return Ok(AuditCheck::Broken { row: count("audit", "id", last + 1)?, why });
                }
                last = row.id;
                head = row.hash;
            }
        }
        let given: Option<i64> =
            sqlx::query_scalar("SELECT last FROM counters WHERE name = 'audit'")
                .fetch_optional(&mut *tx)
                .await?;
        if given.unwrap_or(0) != last {
            let row = count("audit", "id", last + 1)?;
            return Ok(AuditCheck::Broken { row, why: "the end of the chain was cut off" });
        }
        Ok(AuditCheck::Intact { rows: count("audit", "id", last)?, head })
    }
}

/// Adds an entry in the transaction of what it tells.
pub(crate) async fn append(
    tx: &mut SqliteConnection,
    entry: AuditEntry,
    now: i64,
) -> sqlx::Result<()> {
    // Numbering comes first: it holds the chain's lock, so that no other entry gets between.
    let id = next(tx, "audit").await?;
    let before: Option<String> = sqlx::query_scalar("SELECT hash FROM audit WHERE id = $1")
        .bind(id - 1)
        .fetch_optional(&mut *tx)
        .await?;
    let cut = |text: String| match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    };
    let mut row = Row {
        id,
        at: now,
        actor: cut(entry.actor),
        action: cut(entry.action),
        subject: cut(entry.subject),
        detail: cut(entry.detail),
        prev_hash: before.unwrap_or_else(|| FIRST_PREV_HASH.to_owned()),
        hash: String::new(),
    };
    row.hash = row.digest();
    sqlx::query::<Sqlite>(
        "INSERT INTO audit (id, at, actor, action, subject, detail, prev_hash, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(row.id)
    .bind(row.at)
    .bind(row.actor)
    .bind(row.action)
    .bind(row.subject)
    .bind(row.detail)
    .bind(row.prev_hash)
    .bind(row.hash)
    .execute(tx)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    at: i64,
    actor: String,
    action: String,
    subject: String,
    detail: String,
    prev_hash: String,
    hash: String,
}

impl Row {
    fn digest(&self) -> String {
        let Self { id, at, actor, action, subject, detail, prev_hash, .. } = self;
        let fields = serde_json::json!([id, at, actor, action, subject, detail, prev_hash]);
        sha256_hex(fields.to_string().as_bytes())
    }

    fn fault(&self, id: i64, prev_hash: &str) -> Option<&'static str> {
        if self.id != id {
            Some("this row was removed")
        } else if self.prev_hash != prev_hash {
            Some("it does not follow from the row before")
        } else if self.hash != self.digest() {
            Some("its fields were changed")
        } else {
            None
        }
    }
}

impl TryFrom<Row> for AuditRow {
    type Error = sqlx::Error;
    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let Row { id, at, actor, action, subject, detail, prev_hash, hash } = row;
        let id = count("audit", "id", id)?;
        let at = time("audit", "at", at)?;
        Ok(Self { id, at, actor, action, subject, detail, prev_hash, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Bench;

    fn entry(subject: &str) -> AuditEntry {
        AuditEntry {
            actor: "wang".to_owned(),
            action: "looked_at".to_owned(),
            subject: subject.to_owned(),
            detail: String::new(),
        }
    }

    #[tokio::test]
    async fn the_chain_holds_and_its_hash_is_as_documented() {
        let bench = Bench::new().await;
        let store = &bench.store;
        let empty = AuditCheck::Intact { rows: 0, head: FIRST_PREV_HASH.to_owned() };
        assert_eq!(store.verify_audit().await.unwrap(), empty);
        for subject in ["a", "b", "c"] {
            store.audit(entry(subject)).await.unwrap();
        }
        let tail = store.audit_tail(2).await.unwrap();
        assert_eq!(tail.iter().map(|row| row.id).collect::<Vec<_>>(), [3, 2]);
        let last = &tail[0];
        let text = format!(
            r#"[3,{},"wang","looked_at","c","","{}"]"#,
            last.at.as_microsecond(),
            tail[1].hash
        );
        assert_eq!(last.hash, sha256_hex(text.as_bytes()));
        let head = last.hash.clone();
        assert_eq!(store.verify_audit().await.unwrap(), AuditCheck::Intact { rows: 3, head });
    }

    #[tokio::test]
    async fn tampering_is_found_at_its_row() {
        let cases: [(&'static str, u64, &str); 6] = [
            ("UPDATE audit SET actor = 'li' WHERE id = 2", 2, "its fields were changed"),
            ("UPDATE audit SET at = at + 1 WHERE id = 3", 3, "its fields were changed"),
            ("UPDATE audit SET hash = prev_hash WHERE id = 2", 2, "its fields were changed"),
            ("DELETE FROM audit WHERE id = 2", 2, "this row was removed"),
            ("DELETE FROM audit WHERE id = 3", 3, "the end of the chain was cut off"),
            ("DELETE FROM audit", 1, "the end of the chain was cut off"),
        ];
        for (sql, row, why) in cases {
            let bench = Bench::new().await;
            for subject in ["a", "b", "c"] {
                bench.store.audit(entry(subject)).await.unwrap();
            }
            sqlx::query(sql).execute(&bench.store.inner.writer).await.unwrap();
            let found = bench.store.verify_audit().await.unwrap();
            assert_eq!(found, AuditCheck::Broken { row, why }, "{sql}");
        }
    }

    #[tokio::test]
    async fn a_row_swapped_with_its_own_hash_does_not_follow() {
        let bench = Bench::new().await;
        for subject in ["a", "b", "c"] {
            bench.store.audit(entry(subject)).await.unwrap();
        }
        let forged = Row {
            id: 2,
            at: 0,
            actor: "li".to_owned(),
            action: "looked_at".to_owned(),
            subject: "b".to_owned(),
            detail: String::new(),
            prev_hash: bench.store.audit_tail(3).await.unwrap()[2].hash.clone(),
            hash: String::new(),
        };
        sqlx::query("UPDATE audit SET at = 0, actor = 'li', hash = $1 WHERE id = 2")
            .bind(forged.digest())
            .execute(&bench.store.inner.writer)
            .await
            .unwrap();
        let why = "it does not follow from the row before";
        assert_eq!(bench.store.verify_audit().await.unwrap(), AuditCheck::Broken { row: 3, why });
    }

    #[tokio::test]
    async fn a_stranger_cannot_fill_the_log_with_one_name() {
        let bench = Bench::new().await;
        let long = AuditEntry { actor: "违".repeat(5000), ..entry("login") };
        bench.store.audit(long).await.unwrap();
        let row = bench.store.audit_tail(1).await.unwrap().remove(0);
        assert_eq!(row.actor.chars().count(), MOST_CHARS);
        assert!(matches!(bench.store.verify_audit().await.unwrap(), AuditCheck::Intact { .. }));
    }

    #[tokio::test]
    async fn a_chain_longer_than_one_reading() {
        let bench = Bench::new().await;
        let rows = CHECKED_AT_ONCE + 3;
        let mut tx = bench.store.begin().await.unwrap();
        for _ in 0..rows {
            append(&mut tx, entry("x"), 0).await.unwrap();
        }
        tx.commit().await.unwrap();
        let found = bench.store.verify_audit().await.unwrap();
        assert!(matches!(found, AuditCheck::Intact { rows: 1003, .. }), "{found:?}");
    }
}
