//! Files of a flight: announced, removed, and marked by those who process them.

use std::path::PathBuf;

use domain::{FlightId, FlightState};
use futures_util::stream;
use sqlx::{Sqlite, SqliteConnection};

use super::name::check_file_name;
use super::row::{find_file, find_files};
use super::step::{number, state_of};
use super::{FileState, FlightError, FlightFile};
use crate::Store;

/// A flight of photos has a few thousand files.
const MOST_FILES: u64 = 10_000;

/// What became of a file that was processed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileOutcome {
    Done,
    /// Why, for a person, in English.
    Failed(String),
}

impl Store {
    /// The longest file that is accepted.
    pub fn max_file_bytes(&self) -> u64 {
        self.inner.uploads.max_file_bytes
    }

    /// Where a file of a flight lies. It is whole once its state is not `uploading`.
    pub fn file_path(&self, flight: FlightId, n: u64) -> PathBuf {
        self.flight_folder(flight).join(n.to_string())
    }

    pub(super) fn flight_folder(&self, flight: FlightId) -> PathBuf {
        self.inner.flights.join(flight.to_string())
    }

    /// Announces a file of `bytes` bytes, to be uploaded with [`append`](Self::append). `name` is
    /// its path inside the flight.
    pub async fn new_file(
        &self,
        flight: FlightId,
        name: &str,
        bytes: u64,
    ) -> Result<FlightFile, FlightError> {
        check_file_name(name)?;
        let limit = self.inner.uploads.max_file_bytes;
        if bytes > limit {
            return Err(FlightError::FileSize { name: name.to_owned(), bytes, limit });
        }
        self.check_room(bytes).await?;
        let failed = |e| self.failed(format!("announce `{name}` of flight {flight}"), e);
        let mut tx = self.begin().await.map_err(failed)?;
        self.check_place(&mut tx, flight, name, bytes).await.map_err(failed)??;
        let n = insert(&mut tx, flight, name, bytes, self.now()).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        self.announce_figures(flight);
        if bytes == 0 {
            self.append(flight, n, 0, stream::empty()).await?;
        }
        self.flight_file(flight, n).await
    }

    /// One file, with what has really arrived of it.
    pub async fn flight_file(&self, flight: FlightId, n: u64) -> Result<FlightFile, FlightError> {
        let failed = |e| self.failed(format!("look up file {n} of flight {flight}"), e);
        let mut reader = self.inner.readers.acquire().await.map_err(failed)?;
        let mut file = find_file(&mut reader, flight, n).await.map_err(failed)??;
        drop(reader);
        if file.state == FileState::Uploading {
            file.received = self.synced_length(flight, n).await?.min(file.bytes);
        }
        Ok(file)
    }

    /// Removes a file, before the flight is started or after it failed.
    pub async fn remove_file(&self, flight: FlightId, n: u64) -> Result<(), FlightError> {
        let failed = |e| self.failed(format!("remove file {n} of flight {flight}"), e);
        let _writing = self.inner.writers.take(flight, n).await?;
        let mut tx = self.begin().await.map_err(failed)?;
        let state = state_of(&mut tx, flight).await.map_err(failed)??;
        if !matches!(state, FlightState::Uploading | FlightState::Failed) {
            let doing = "changed".to_owned();
            return Err(FlightError::State { flight, state, doing });
        }
        find_file(&mut tx, flight, n).await.map_err(failed)??;
        sqlx::query::<Sqlite>("DELETE FROM flight_files WHERE flight = $1 AND n = $2")
            .bind(number(flight))
            .bind(i64::try_from(n).unwrap_or(-1))
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        let path = self.file_path(flight, n);
        for path in [path.with_extension("masked"), path] {
            match tokio::fs::remove_file(&path).await {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(FlightError::file("remove a file of a flight", &path, e));
                }
                _ => {}
            }
        }
        self.announce_figures(flight);
        Ok(())
    }

    /// Notes that a file was processed, so that a restart need not do it again.
    pub async fn mark_file(
        &self,
        flight: FlightId,
        n: u64,
        outcome: &FileOutcome,
    ) -> Result<(), FlightError> {
        let failed = |e| self.failed(format!("mark file {n} of flight {flight}"), e);
        let (state, detail) = match outcome {
            FileOutcome::Done => (FileState::Done, ""),
            FileOutcome::Failed(why) => (FileState::Failed, why.as_str()),
        };
        let marked = sqlx::query::<Sqlite>(
            "UPDATE flight_files SET state = $3, detail = $4 \
             WHERE flight = $1 AND n = $2 AND state <> 'uploading'",
        )
        .bind(number(flight))
        .bind(i64::try_from(n).unwrap_or(-1))
        .bind(state.as_str())
        .bind(detail)
        .execute(&self.inner.writer)
        .await
        .map_err(failed)?;
        match marked.rows_affected() {
            0 => Err(FlightError::NotReceived { flight, n }),
            _ => Ok(()),
        }
    }

    /// Refuses at once what would not fit on the disk as it is.
    async fn check_room(&self, bytes: u64) -> Result<(), FlightError> {
        let store = self.clone();
        let asked = tokio::task::spawn_blocking(move || store.room());
        let room = asked.await.map_err(|e| self.lost_thread("ask for free space", e))??;
        if bytes > room {
            let keep = self.inner.uploads.keep_free_bytes;
            return Err(FlightError::NoSpace { free: room.saturating_add(keep), keep });
        }
        Ok(())
    }

    /// Bytes that uploads may still write. Blocks.
    pub(super) fn room(&self) -> Result<u64, FlightError> {
        let folder = &self.inner.flights;
        let named = |e| FlightError::file("ask for free space", folder, e);
        crate::open::make_folder_now(folder).map_err(named)?;
        let free = self.inner.free_space.bytes(folder).map_err(named)?;
        Ok(free.saturating_sub(self.inner.uploads.keep_free_bytes))
    }

    async fn check_place(
        &self,
        tx: &mut SqliteConnection,
        flight: FlightId,
        name: &str,
        bytes: u64,
    ) -> sqlx::Result<Result<(), FlightError>> {
        match state_of(tx, flight).await? {
            Err(error) => return Ok(Err(error)),
            Ok(FlightState::Uploading) => {}
            Ok(state) => {
                let doing = "given more files".to_owned();
                return Ok(Err(FlightError::State { flight, state, doing }));
            }
        }
        let files = find_files(tx, flight).await?;
        let name = name.to_owned();
        if let Some(file) = files.iter().find(|file| file.name == name) {
            return Ok(Err(FlightError::NameTaken { flight, name, n: file.n }));
        }
        if files.len() as u64 >= MOST_FILES {
            return Ok(Err(FlightError::TooMany { flight, limit: MOST_FILES }));
        }
        let limit = self.inner.uploads.max_flight_bytes;
        let bytes = files.iter().map(|file| file.bytes).fold(bytes, u64::saturating_add);
        if bytes > limit {
            return Ok(Err(FlightError::FlightSize { flight, name, bytes, limit }));
        }
        Ok(Ok(()))
    }

    /// A thread panicked or the program ends.
    pub(super) fn lost_thread(
        &self,
        doing: &'static str,
        error: tokio::task::JoinError,
    ) -> FlightError {
        FlightError::file(doing, &self.inner.flights, error.into())
    }
}

async fn insert(
    tx: &mut SqliteConnection,
    flight: FlightId,
    name: &str,
    bytes: u64,
    now: i64,
) -> sqlx::Result<u64> {
    let bytes = i64::try_from(bytes).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let n: i64 = sqlx::query_scalar(
        "UPDATE flights SET last_file = last_file + 1, touched_at = $2 WHERE id = $1 \
         RETURNING last_file",
    )
    .bind(number(flight))
    .bind(now)
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query::<Sqlite>(
        "INSERT INTO flight_files (flight, n, name, bytes, received, state, detail) \
         VALUES ($1, $2, $3, $4, 0, 'uploading', '')",
    )
    .bind(number(flight))
    .bind(n)
    .bind(name)
    .bind(bytes)
    .execute(tx)
    .await?;
    crate::row::count("flight_files", "n", n)
}
