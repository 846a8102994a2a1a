//! Evidence: what is known about each file of an alert, and which files are still to come.
//!
//! A file is announced (`pending`), then arrives (`ready`) or is known never to (`missing`).
//! `ready` is final. Once the manifest is written nothing changes any more.

use bytes::Bytes;
use domain::AlertId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, SqliteConnection};

use crate::manifest::MANIFEST_NAME;
use crate::row::{alert_id, count, time, word};
use crate::{Changed, EvidenceError, Store, StoreError};

/// A file to keep.
#[derive(Debug, Clone)]
pub struct NewEvidence {
    /// 1 to 64 of a-z, 0-9, `.`, `-` and `_`, beginning with a letter or digit.
    pub name: String,
    /// As in an HTTP `Content-Type`; at most 100 characters.
    pub media_type: String,
    /// Frame time.
    pub taken_at: Option<Timestamp>,
    /// How it was made from what the camera sent, for example
    /// `remuxed from segments without re-encoding`; at most 500 characters.
    pub transform: String,
    /// Not empty; at most `store.max_evidence_bytes`.
    pub bytes: Bytes,
}

/// One file of an alert, or the lack of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvidenceRow {
    pub alert: AlertId,
    pub name: String,
    pub media_type: String,
    /// The length of the file; 0 until it is ready.
    pub bytes: u64,
    /// Of the bytes as received, in hex; empty until ready.
    pub sha256: String,
    /// Frame time.
    pub taken_at: Option<Timestamp>,
    /// How it was made from what the camera sent; empty until ready.
    pub transform: String,
    pub state: EvidenceState,
    /// For a person: what is waited for, or why it is missing. May be empty.
    pub detail: String,
}

/// Whether there are bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceState {
    /// Complete and on disk; never changes again.
    Ready,
    /// Still to come.
    Pending,
    /// Will not come.
    Missing,
}

impl EvidenceState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Pending => "pending",
            Self::Missing => "missing",
        }
    }
}

impl Store {
    /// Announces a file that is still to come. Nothing happens where it is ready already.
    pub async fn expect_evidence(
        &self,
        id: AlertId,
        name: &str,
        media_type: &str,
        detail: &str,
    ) -> Result<EvidenceRow, EvidenceError> {
        check_new(name, &[("media type", media_type, 100), ("detail", detail, DETAIL_CHARS)])?;
        let promise =
            Promise { state: EvidenceState::Pending, media_type: Some(media_type), detail };
        self.promise(id, name, promise).await
    }

    /// Records that a file will not come, and why. Nothing happens where it is ready already.
    pub async fn miss_evidence(
        &self,
        id: AlertId,
        name: &str,
        detail: &str,
    ) -> Result<EvidenceRow, EvidenceError> {
        check_new(name, &[("detail", detail, DETAIL_CHARS)])?;
        let promise = Promise { state: EvidenceState::Missing, media_type: None, detail };
        self.promise(id, name, promise).await
    }

    /// All files still to come, over all alerts, longest awaited first: what a restarted program
    /// has to go on with.
    pub async fn pending_evidence(&self) -> Result<Vec<EvidenceRow>, StoreError> {
        let rows: sqlx::Result<Vec<Row>> = sqlx::query_as(
            "SELECT * FROM evidence WHERE state = 'pending' ORDER BY recorded_at, alert, name",
        )
        .fetch_all(&self.inner.readers)
        .await;
        rows.and_then(|rows| rows.into_iter().map(EvidenceRow::try_from).collect())
            .map_err(|e| self.failed("list pending evidence".to_owned(), e))
    }

    /// The files of an alert, by name; empty for an unknown alert.
    pub async fn evidence(&self, id: AlertId) -> Result<Vec<EvidenceRow>, StoreError> {
        let rows: sqlx::Result<Vec<Row>> =
            sqlx::query_as("SELECT * FROM evidence WHERE alert = $1 ORDER BY name")
                .bind(id.to_string())
                .fetch_all(&self.inner.readers)
                .await;
        rows.and_then(|rows| rows.into_iter().map(EvidenceRow::try_from).collect())
            .map_err(|e| self.failed(format!("list the evidence of {id}"), e))
    }

    async fn promise(
        &self,
        alert: AlertId,
        name: &str,
        promise: Promise<'_>,
    ) -> Result<EvidenceRow, EvidenceError> {
        let failed = |e| self.failed(format!("note evidence `{name}` of {alert}"), e);
        let mut tx = self.begin().await.map_err(failed)?;
        let found = free_place(&mut tx, alert, name).await.map_err(failed)??;
        if let Some(ready) = found.filter(|row| row.state == EvidenceState::Ready) {
            return Ok(ready);
        }
        let row = promise.write(&mut tx, alert, name, self.now()).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        self.announce(alert, Changed::Evidence);
        Ok(row)
    }
}

const DETAIL_CHARS: usize = 500;

struct Promise<'a> {
    state: EvidenceState,
    /// None: as it was announced.
    media_type: Option<&'a str>,
    detail: &'a str,
}

impl Promise<'_> {
    async fn write(
        self,
        tx: &mut SqliteConnection,
        alert: AlertId,
        name: &str,
        now: i64,
    ) -> sqlx::Result<EvidenceRow> {
        let row: Row = sqlx::query_as(
            "INSERT INTO evidence (alert, name, media_type, state, transform, detail, recorded_at) \
             VALUES ($1, $2, COALESCE($3, 'application/octet-stream'), $4, '', $5, $6) \
             ON CONFLICT (alert, name) DO UPDATE SET state = excluded.state, \
             media_type = COALESCE($3, evidence.media_type), detail = excluded.detail, \
             recorded_at = excluded.recorded_at RETURNING *",
        )
        .bind(alert.to_string())
        .bind(name)
        .bind(self.media_type)
        .bind(self.state.as_str())
        .bind(self.detail)
        .bind(now)
        .fetch_one(tx)
        .await?;
        EvidenceRow::try_from(row)
    }
}

/// Records that a file is on disk. The caller has found its place free in the same transaction.
pub(crate) async fn write_ready(
    tx: &mut SqliteConnection,
    row: &EvidenceRow,
    now: i64,
) -> sqlx::Result<()> {
    let bytes = i64::try_from(row.bytes).map_err(|e| sqlx::Error::Encode(e.into()))?;
    sqlx::query::<Sqlite>(
        "INSERT INTO evidence (alert, name, media_type, state, bytes, sha256, taken_at, transform, \
         detail, recorded_at) VALUES ($1, $2, $3, 'ready', $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (alert, name) DO UPDATE SET media_type = excluded.media_type, \
         state = excluded.state, bytes = excluded.bytes, sha256 = excluded.sha256, \
         taken_at = excluded.taken_at, transform = excluded.transform, detail = excluded.detail, \
         recorded_at = excluded.recorded_at",
    )
    .bind(row.alert.to_string())
    .bind(&row.name)
    .bind(&row.media_type)
    .bind(bytes)
    .bind(&row.sha256)
    .bind(row.taken_at.map(Timestamp::as_microsecond))
    .bind(&row.transform)
    .bind(&row.detail)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// What is known about a file, by its name.
pub(crate) async fn find(
    tx: &mut SqliteConnection,
    alert: AlertId,
    name: &str,
) -> sqlx::Result<Option<EvidenceRow>> {
    let row: Option<Row> = sqlx::query_as("SELECT * FROM evidence WHERE alert = $1 AND name = $2")
        .bind(alert.to_string())
        .bind(name)
        .fetch_optional(tx)
        .await?;
    row.map(EvidenceRow::try_from).transpose()
}

/// What is known about a file that may still be written, unless its alert is unknown or sealed.
pub(crate) async fn free_place(
    tx: &mut SqliteConnection,
    alert: AlertId,
    name: &str,
) -> sqlx::Result<Result<Option<EvidenceRow>, EvidenceError>> {
    let known: Option<i64> = sqlx::query_scalar("SELECT revision FROM alerts WHERE id = $1")
        .bind(alert.to_string())
        .fetch_optional(&mut *tx)
        .await?;
    if known.is_none() {
        return Ok(Err(EvidenceError::NoAlert { alert }));
    }
    let row = find(tx, alert, name).await?;
    let ready = row.as_ref().is_some_and(|row| row.state == EvidenceState::Ready);
    if !ready && find(tx, alert, MANIFEST_NAME).await?.is_some() {
        return Ok(Err(EvidenceError::Sealed { alert, name: name.to_owned() }));
    }
    Ok(Ok(row))
}

/// Checks the name and the lengths of what comes with it.
pub(crate) fn check_new(
    name: &str,
    texts: &[(&'static str, &str, usize)],
) -> Result<(), EvidenceError> {
    check_name(name)?;
    if name == MANIFEST_NAME {
        return Err(EvidenceError::Reserved { name: name.to_owned() });
    }
    for &(field, text, limit) in texts {
        let chars = text.chars().count();
        if chars > limit {
            return Err(EvidenceError::TooLong { name: name.to_owned(), field, chars, limit });
        }
    }
    Ok(())
}

/// Names become file names and parts of URLs, so that only what is safe in both is let through.
pub(crate) fn check_name(name: &str) -> Result<(), EvidenceError> {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let mut bytes = name.bytes();
    let valid = name.len() <= 64
        && bytes.next().is_some_and(word)
        && bytes.all(|b| word(b) || matches!(b, b'.' | b'-' | b'_'));
    if valid {
        Ok(())
    } else {
        Err(EvidenceError::BadName { given: name.chars().take(80).collect() })
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    alert: String,
    name: String,
    media_type: String,
    state: String,
    bytes: Option<i64>,
    sha256: Option<String>,
    taken_at: Option<i64>,
    transform: String,
    detail: String,
}

impl TryFrom<Row> for EvidenceRow {
    type Error = sqlx::Error;
    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let key = format!("{}/{}", row.alert, row.name);
        Ok(Self {
            alert: alert_id(&row.alert)?,
            media_type: row.media_type,
            bytes: count(&key, "bytes", row.bytes.unwrap_or(0))?,
            sha256: row.sha256.unwrap_or_default(),
            taken_at: row.taken_at.map(|at| time(&key, "taken_at", at)).transpose()?,
            transform: row.transform,
            state: word(&key, "state", row.state)?,
            detail: row.detail,
            name: row.name,
        })
    }
}
