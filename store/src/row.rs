//! The rows of the alert tables, and what they become.

use std::fmt;

use domain::{Alert, AlertId, EndReason, Review, ReviewState};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::{Sqlite, SqliteConnection};

/// A row of `alerts`; the columns that only serve to find it are left out.
#[derive(sqlx::FromRow)]
pub(crate) struct AlertRow {
    id: String,
    body: String,
    revision: i64,
    last_seen: i64,
    ended_at: Option<i64>,
    end_reason: Option<String>,
    review_state: String,
    review_by: Option<String>,
    review_at: Option<i64>,
    review_reason: Option<String>,
    review_note: Option<String>,
    reminder: Option<String>,
    part_of: Option<String>,
    also: Option<String>,
}

/// A row that this program did not write, or not like this.
#[derive(Debug, thiserror::Error)]
#[error("row `{row}`, column `{column}`: `{value}` makes no sense")]
struct BadRow {
    row: String,
    column: &'static str,
    value: String,
}

impl TryFrom<AlertRow> for Alert {
    type Error = sqlx::Error;

    /// Lays what can change over the alert as it was raised.
    fn try_from(row: AlertRow) -> Result<Self, sqlx::Error> {
        let id = &row.id;
        let mut alert: Alert = serde_json::from_str(&row.body)
            .map_err(|e| bad(id, "body", &format_args!("JSON, but {e}")))?;
        alert.revision = u32::try_from(row.revision).map_err(|e| bad(id, "revision", &e))?;
        alert.last_seen = time(id, "last_seen", row.last_seen)?;
        alert.ended_at = row.ended_at.map(|at| time(id, "ended_at", at)).transpose()?;
        alert.end_reason =
            row.end_reason.map(|r| word::<EndReason>(id, "end_reason", r)).transpose()?;
        alert.reminder = row
            .reminder
            .map(|text| serde_json::from_str(&text).map_err(|e| bad(id, "reminder", &e)))
            .transpose()?;
        alert.part_of = row.part_of.map(|of| alert_id(&of)).transpose()?;
        alert.also = row
            .also
            .map(|text| serde_json::from_str(&text).map_err(|e| bad(id, "also", &e)))
            .transpose()?
            .unwrap_or_default();
        alert.review = Review {
            state: word::<ReviewState>(id, "review_state", row.review_state)?,
            by: row.review_by,
            at: row.review_at.map(|at| time(id, "review_at", at)).transpose()?,
            reason: row.review_reason,
            note: row.review_note,
        };
        Ok(alert)
    }
}

/// A time column.
pub(crate) fn time(row: &str, column: &'static str, micros: i64) -> sqlx::Result<Timestamp> {
    Timestamp::from_microsecond(micros)
        .map_err(|e| bad(row, column, &format_args!("{micros}, {e}")))
}

/// A column that holds one of the words of an enum, as serde spells them.
pub(crate) fn word<T: DeserializeOwned>(
    row: &str,
    column: &'static str,
    value: String,
) -> sqlx::Result<T> {
    serde_json::from_value(serde_json::Value::String(value)).map_err(|e| bad(row, column, &e))
}

/// An alert's id in a column.
pub(crate) fn alert_id(row: &str) -> sqlx::Result<AlertId> {
    row.parse().map_err(|e: uuid::Error| bad(row, "alert", &e))
}

/// A count or length.
pub(crate) fn count(row: &str, column: &'static str, value: i64) -> sqlx::Result<u64> {
    u64::try_from(value).map_err(|e| bad(row, column, &format_args!("{value}, {e}")))
}

/// The row says what it cannot.
pub(crate) fn bad(row: &str, column: &'static str, value: &dyn fmt::Display) -> sqlx::Error {
    let value = value.to_string().chars().take(200).collect();
    sqlx::Error::Decode(Box::new(BadRow { row: row.to_owned(), column, value }))
}

/// The next number of a counter, from 1 without a gap. Only within a transaction: the row stays
/// locked until the commit, so that numbers are committed in their order.
pub(crate) async fn next(tx: &mut SqliteConnection, counter: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar::<Sqlite, i64>(
        "INSERT INTO counters (name, last) VALUES ($1, 1) \
         ON CONFLICT (name) DO UPDATE SET last = counters.last + 1 RETURNING last",
    )
    .bind(counter)
    .fetch_one(tx)
    .await
}
