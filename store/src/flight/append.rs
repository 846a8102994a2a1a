//! Bytes of a file as they arrive.
//!
//! A thread of its own writes what the connection brings, so that a connection that breaks, or a
//! request that is dropped, loses nothing that had arrived. The length of the file on disk is the
//! offset; it is synced before anybody is told of it. A whole file is hashed on the same thread.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::FlightId;
use futures_util::{Stream, StreamExt as _};
use sha2::{Digest as _, Sha256};
use sqlx::Sqlite;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::row::find_file;
use super::step::number;
use super::writers::Writing;
use super::{FileState, FlightError};
use crate::digest::hex;
use crate::{Store, StoreError};

/// Pieces between the connection and the thread that writes; a connection waits when it is full.
const PIECES: usize = 16;
/// Synced and noted so often, so that a long upload is seen to go on.
const NOTE_EVERY: Duration = Duration::from_secs(2);
/// The free space is asked for again after so many bytes.
const ASK_EVERY: u64 = 16 << 20;

impl Store {
    /// Adds what `body` brings at `offset`, which must be as much as has arrived before. Returns
    /// the new offset; a file that is whole has then been hashed.
    ///
    /// Of a body that breaks off, or is dropped half-way, everything that arrived is kept. One
    /// upload at a time may write a file; one that went silent gives way to the next.
    pub async fn append<S>(
        &self,
        flight: FlightId,
        n: u64,
        offset: u64,
        body: S,
    ) -> Result<u64, FlightError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + Unpin,
    {
        let writing = self.inner.writers.take(flight, n).await?;
        let file = self.flight_file(flight, n).await?;
        if offset != file.received {
            return Err(FlightError::Offset { given: offset, at: file.received });
        }
        if file.state != FileState::Uploading {
            return Ok(offset);
        }
        let told_to_go = writing.told_to_go();
        let (feed, pieces) = mpsc::channel(PIECES);
        let arrival = Arrival { store: self.clone(), flight, n, at: offset, bytes: file.bytes };
        let handle = Handle::current();
        let thread =
            tokio::task::spawn_blocking(move || arrival.receive(&handle, pieces, &writing));
        let broken = tokio::select! {
            broken = forward(body, &feed) => broken,
            () = told_to_go.notified() => Some(io::ErrorKind::ConnectionAborted.into()),
        };
        drop(feed);
        let at = thread.await.map_err(|e| self.lost_thread("write an upload", e))??;
        match broken {
            Some(source) if at < file.bytes => Err(FlightError::Broken { at, source }),
            _ => Ok(at),
        }
    }

    /// How much of a file has arrived and is safe on disk.
    pub(super) async fn synced_length(&self, flight: FlightId, n: u64) -> Result<u64, FlightError> {
        let path = self.file_path(flight, n);
        let asked = tokio::task::spawn_blocking(move || {
            let length = || -> io::Result<u64> {
                let file = OpenOptions::new().append(true).open(&path)?;
                file.sync_all()?;
                Ok(file.metadata()?.len())
            };
            match length() {
                Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(0),
                found => found.map_err(|e| FlightError::file("ask for an offset", &path, e)),
            }
        });
        asked.await.map_err(|e| self.lost_thread("ask for an offset", e))?
    }

    async fn note_received(&self, flight: FlightId, n: u64, at: u64) -> Result<(), StoreError> {
        let noted = async {
            let now = self.now();
            let mut tx = self.begin().await?;
            sqlx::query::<Sqlite>(
                "UPDATE flight_files SET received = $3 \
                 WHERE flight = $1 AND n = $2 AND state = 'uploading'",
            )
            .bind(number(flight))
            .bind(i64::try_from(n).unwrap_or(-1))
            .bind(i64::try_from(at).map_err(|e| sqlx::Error::Encode(e.into()))?)
            .execute(&mut *tx)
            .await?;
            sqlx::query::<Sqlite>("UPDATE flights SET touched_at = $2 WHERE id = $1")
                .bind(number(flight))
                .bind(now)
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        };
        noted.await.map_err(|e| self.failed(format!("note what flight {flight} received"), e))?;
        self.announce_figures(flight);
        Ok(())
    }

    async fn note_whole(&self, flight: FlightId, n: u64, sha256: &str) -> Result<(), FlightError> {
        let failed = |e| self.failed(format!("note that flight {flight} has file {n}"), e);
        let mut tx = self.begin().await.map_err(failed)?;
        sqlx::query::<Sqlite>(
            "UPDATE flight_files SET state = 'received', received = bytes, sha256 = $3 \
             WHERE flight = $1 AND n = $2 AND state = 'uploading'",
        )
        .bind(number(flight))
        .bind(i64::try_from(n).unwrap_or(-1))
        .bind(sha256)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        // Gone when it was removed meanwhile.
        find_file(&mut tx, flight, n).await.map_err(failed)??;
        tx.commit().await.map_err(failed)?;
        self.announce_flight(flight);
        Ok(())
    }
}

/// Hands on what arrives until it ends, breaks, or the writer has had enough. Returns what broke.
async fn forward<S>(mut body: S, feed: &mpsc::Sender<Bytes>) -> Option<io::Error>
where
    S: Stream<Item = io::Result<Bytes>> + Unpin,
{
    while let Some(piece) = body.next().await {
        match piece {
            // The writer says itself why it stopped.
            Ok(piece) => feed.send(piece).await.ok()?,
            Err(error) => return Some(error),
        }
    }
    None
}

/// One stretch of a file on its way to the disk. Everything here blocks.
struct Arrival {
    store: Store,
    flight: FlightId,
    n: u64,
    at: u64,
    /// Of the whole file.
    bytes: u64,
}

impl Arrival {
    fn receive(
        mut self,
        handle: &Handle,
        pieces: mpsc::Receiver<Bytes>,
        writing: &Writing,
    ) -> Result<u64, FlightError> {
        let path = self.store.file_path(self.flight, self.n);
        let named = |e| FlightError::file("write an upload", &path, e);
        let mut file = open(&path).map_err(named)?;
        let outcome = self.write(handle, pieces, writing, &mut file);
        // Also after a failure: what arrived is kept, however much of the last piece that is.
        file.sync_all().map_err(named)?;
        self.at = file.metadata().map_err(named)?.len();
        if self.at == self.bytes {
            let sha256 =
                hash_file(&path).map_err(|e| FlightError::file("hash an upload", &path, e))?;
            handle.block_on(self.store.note_whole(self.flight, self.n, &sha256))?;
        } else {
            self.note(handle)?;
        }
        outcome.map(|()| self.at)
    }

    fn write(
        &mut self,
        handle: &Handle,
        mut pieces: mpsc::Receiver<Bytes>,
        writing: &Writing,
        file: &mut File,
    ) -> Result<(), FlightError> {
        let (mut room, mut noted) = (0, Instant::now());
        while let Some(piece) = pieces.blocking_recv() {
            let length = piece.len() as u64;
            if length > self.bytes - self.at {
                return Err(FlightError::Beyond { bytes: self.bytes, at: self.at });
            }
            room = self.room_for(length, room)? - length;
            file.write_all(&piece).map_err(|e| self.not_written(e))?;
            self.at += length;
            writing.moved();
            if noted.elapsed() >= NOTE_EVERY {
                file.sync_data().map_err(|e| self.not_written(e))?;
                self.note(handle)?;
                noted = Instant::now();
            }
        }
        Ok(())
    }

    /// How much may be written before the free space has to be asked for again: at least `length`.
    fn room_for(&self, length: u64, room: u64) -> Result<u64, FlightError> {
        if length <= room {
            return Ok(room);
        }
        let found = self.store.room()?;
        let keep = self.store.inner.uploads.keep_free_bytes;
        if found < length {
            return Err(FlightError::NoSpace { free: found.saturating_add(keep), keep });
        }
        Ok(found.min(ASK_EVERY.max(length)))
    }

    fn not_written(&self, error: io::Error) -> FlightError {
        use io::ErrorKind::{QuotaExceeded, StorageFull};
        if matches!(error.kind(), StorageFull | QuotaExceeded) {
            return FlightError::NoSpace {
                free: 0,
                keep: self.store.inner.uploads.keep_free_bytes,
            };
        }
        FlightError::file("write an upload", &self.store.file_path(self.flight, self.n), error)
    }

    fn note(&self, handle: &Handle) -> Result<(), FlightError> {
        handle.block_on(self.store.note_received(self.flight, self.n, self.at)).map_err(Into::into)
    }
}

/// Opens a file to go on at its end. A new one is there for good before its first byte is.
fn open(path: &Path) -> io::Result<File> {
    if let Ok(file) = OpenOptions::new().append(true).open(path) {
        return Ok(file);
    }
    let folder = path.parent().unwrap_or(path);
    crate::open::make_folder_now(folder)?;
    let file = OpenOptions::new().append(true).create(true).open(path)?;
    File::open(folder)?.sync_all()?;
    Ok(file)
}

/// The SHA-256 of a file in hex.
pub(crate) fn hash_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex(&hasher.finalize())),
            length => hasher.update(&piece[..length]),
        }
    }
}
