//! The rows of `evidence`, and what may still be written to them.

use domain::AlertId;
use jiff::Timestamp;
use sqlx::{Sqlite, SqliteConnection};

use crate::manifest::MANIFEST_NAME;
use crate::row::{alert_id, count, time, word};
use crate::{EvidenceError, EvidenceRow, EvidenceState};

/// What is said about a file before it is there, or instead of it.
pub(crate) struct Promise<'a> {
    pub(crate) state: EvidenceState,
    /// None: as it was announced.
    pub(crate) media_type: Option<&'a str>,
    pub(crate) detail: &'a str,
}

impl Promise<'_> {
    pub(crate) async fn write(
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

#[derive(sqlx::FromRow)]
pub(crate) struct Row {
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
