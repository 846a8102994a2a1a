//! The rows of `flights` and `flight_files`, and what they become.

use domain::{FlightId, FlightState, FlightSummary};
use sqlx::{Sqlite, SqliteConnection};

use super::step::number;
use super::{FileState, Flight, FlightError, FlightFile, SameFile};
use crate::row::{bad, count, time, word};

/// Reads flights; append `WHERE …`. SUM is cast because PostgreSQL widens it.
pub(super) const SELECT_FLIGHTS: &str = "SELECT id, name, aircraft, state, detail, progress, eta_s, \
    created_by, created_at, summary, \
    (SELECT COUNT(*) FROM flight_files WHERE flight = flights.id) AS files, \
    (SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM flight_files WHERE flight = flights.id) \
    AS bytes, \
    (SELECT CAST(COALESCE(SUM(received), 0) AS BIGINT) FROM flight_files \
    WHERE flight = flights.id) AS received FROM flights";

/// Reads files with the earliest other flight that holds the same bytes; append `WHERE f.…`.
/// Empty files are all alike and no news.
const SELECT_FILES: &str = "SELECT f.*, o.flight AS same_flight, o.name AS same_name \
    FROM flight_files f LEFT JOIN flight_files o ON o.flight = (SELECT MIN(e.flight) \
    FROM flight_files e WHERE e.sha256 = f.sha256 AND e.flight < f.flight AND f.bytes > 0) \
    AND o.n = (SELECT MIN(e.n) FROM flight_files e WHERE e.sha256 = f.sha256 \
    AND e.flight = o.flight)";

#[derive(sqlx::FromRow)]
pub(super) struct FlightRow {
    id: i64,
    name: String,
    aircraft: String,
    state: String,
    detail: String,
    progress: Option<f64>,
    eta_s: Option<f64>,
    created_by: String,
    created_at: i64,
    summary: Option<String>,
    files: i64,
    bytes: i64,
    received: i64,
}

impl TryFrom<FlightRow> for Flight {
    type Error = sqlx::Error;
    fn try_from(row: FlightRow) -> Result<Self, sqlx::Error> {
        let key = row.id.to_string();
        let summary = |json: String| {
            serde_json::from_str::<FlightSummary>(&json)
                .map_err(|e| bad(&key, "flights.summary", &format_args!("JSON, but {e}")))
        };
        Ok(Self {
            id: FlightId(count(&key, "flights.id", row.id)?),
            state: word::<FlightState>(&key, "flights.state", row.state)?,
            created_at: time(&key, "flights.created_at", row.created_at)?,
            files: count(&key, "files", row.files)?,
            bytes: count(&key, "bytes", row.bytes)?,
            received: count(&key, "received", row.received)?,
            summary: row.summary.map(summary).transpose()?,
            name: row.name,
            aircraft: Some(row.aircraft).filter(|serial| !serial.is_empty()),
            detail: row.detail,
            progress: row.progress,
            eta_s: row.eta_s,
            created_by: row.created_by,
        })
    }
}

#[derive(sqlx::FromRow)]
struct FileRow {
    flight: i64,
    n: i64,
    name: String,
    bytes: i64,
    received: i64,
    state: String,
    sha256: Option<String>,
    detail: String,
    same_flight: Option<i64>,
    same_name: Option<String>,
}

impl TryFrom<FileRow> for FlightFile {
    type Error = sqlx::Error;
    fn try_from(row: FileRow) -> Result<Self, sqlx::Error> {
        let key = format!("{}/{}", row.flight, row.n);
        let same = |(flight, name)| -> sqlx::Result<SameFile> {
            Ok(SameFile { flight: FlightId(count(&key, "same_flight", flight)?), name })
        };
        Ok(Self {
            n: count(&key, "n", row.n)?,
            bytes: count(&key, "bytes", row.bytes)?,
            received: count(&key, "received", row.received)?,
            state: word::<FileState>(&key, "flight_files.state", row.state)?,
            sha256: row.sha256,
            duplicate_of: row.same_flight.zip(row.same_name).map(same).transpose()?,
            name: row.name,
            detail: row.detail,
        })
    }
}

/// One flight as it now is.
pub(super) async fn find_flight(
    connection: &mut SqliteConnection,
    flight: FlightId,
) -> sqlx::Result<Option<Flight>> {
    // Only constants are put together here.
    let sql = sqlx::AssertSqlSafe(format!("{SELECT_FLIGHTS} WHERE id = $1"));
    let row: Option<FlightRow> =
        sqlx::query_as(sql).bind(number(flight)).fetch_optional(connection).await?;
    row.map(Flight::try_from).transpose()
}

/// The files of a flight, by their numbers.
pub(super) async fn find_files(
    connection: &mut SqliteConnection,
    flight: FlightId,
) -> sqlx::Result<Vec<FlightFile>> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT_FILES} WHERE f.flight = $1 ORDER BY f.n"));
    let rows: Vec<FileRow> = sqlx::query_as(sql).bind(number(flight)).fetch_all(connection).await?;
    rows.into_iter().map(FlightFile::try_from).collect()
}

/// One file.
pub(super) async fn find_file(
    connection: &mut SqliteConnection,
    flight: FlightId,
    n: u64,
) -> sqlx::Result<Result<FlightFile, FlightError>> {
    let sql = sqlx::AssertSqlSafe(format!("{SELECT_FILES} WHERE f.flight = $1 AND f.n = $2"));
    let row: Option<FileRow> = sqlx::query_as::<Sqlite, _>(sql)
        .bind(number(flight))
        .bind(i64::try_from(n).unwrap_or(-1))
        .fetch_optional(connection)
        .await?;
    match row {
        Some(row) => FlightFile::try_from(row).map(Ok),
        None => Ok(Err(FlightError::NoFile { flight, n })),
    }
}
