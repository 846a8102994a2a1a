//! The bytes of evidence: written once, whole, and read as they were written.
//!
//! A file is complete on disk, synced with its folder, before its row says `ready`. A crash between
//! the two leaves a file that no row claims; the next attempt replaces it.

use std::fmt;
use std::io;
use std::ops::Range;

use bytes::Bytes;
use domain::AlertId;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use object_store::path::Path;
use object_store::{GetOptions, ObjectStore as _, ObjectStoreExt as _};

use crate::digest::sha256_hex;
use crate::evidence::{check_name, check_new, find, free_place, write_ready};
use crate::open::to_the_microsecond;
use crate::{Changed, EvidenceError, EvidenceRow, EvidenceState, NewEvidence, Store, StoreError};

/// A file, or part of one, to be sent to somebody.
pub struct EvidenceBody {
    pub row: EvidenceRow,
    /// Which bytes of the file these are; the whole is `0..row.bytes`.
    pub range: Range<u64>,
    /// Exactly as many bytes as `range` holds, in pieces.
    pub body: BoxStream<'static, io::Result<Bytes>>,
}

impl fmt::Debug for EvidenceBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EvidenceBody")
            .field("row", &self.row)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Keeps a file. The same bytes under the same name once more are accepted and change nothing;
    /// other bytes are refused.
    pub async fn put_evidence(
        &self,
        id: AlertId,
        new: NewEvidence,
    ) -> Result<EvidenceRow, EvidenceError> {
        check_new(
            &new.name,
            &[("media type", &new.media_type, 100), ("transform", &new.transform, 500)],
        )?;
        self.keep(id, new).await
    }

    /// Reads a file, or from `range.start` to `range.end` or its end, whichever comes first.
    pub async fn read_evidence(
        &self,
        id: AlertId,
        name: &str,
        range: Option<Range<u64>>,
    ) -> Result<EvidenceBody, EvidenceError> {
        check_name(name)?;
        let row = self.ready_row(id, name).await?;
        let range = range.unwrap_or(0..row.bytes);
        if range.start >= row.bytes.min(range.end) {
            let (start, bytes) = (range.start, row.bytes);
            return Err(EvidenceError::Range { alert: id, name: name.to_owned(), start, bytes });
        }
        let range = range.start..range.end.min(row.bytes);
        let options = GetOptions::new().with_range(Some(range.clone()));
        let got = match self.inner.files.get_opts(&key(id, name), options).await {
            Ok(got) if got.meta.size == row.bytes => got,
            Ok(got) => return Err(tampered(&row, format!("it has {} bytes", got.meta.size))),
            Err(object_store::Error::NotFound { .. }) => {
                return Err(tampered(&row, "the file is gone".to_owned()));
            }
            Err(e) => return Err(self.file_failed("read", &row, e)),
        };
        let body = got.into_stream().map(|piece| piece.map_err(io::Error::other)).boxed();
        Ok(EvidenceBody { row, range, body })
    }

    /// Reads every ready file of an alert and compares it with what was stored. Returns those that
    /// differ or are gone, as [`EvidenceError::Tampered`].
    pub async fn verify_evidence(&self, id: AlertId) -> Result<Vec<EvidenceError>, EvidenceError> {
        let mut faults = Vec::new();
        for row in self.evidence(id).await? {
            if row.state != EvidenceState::Ready {
                continue;
            }
            match self.inner.files.get(&key(id, &row.name)).await {
                Ok(got) => {
                    let bytes = got.bytes().await.map_err(|e| self.file_failed("read", &row, e))?;
                    let sha256 = sha256_hex(&bytes);
                    if sha256 != row.sha256 {
                        faults.push(tampered(&row, format!("its SHA-256 is now {sha256}")));
                    }
                }
                Err(object_store::Error::NotFound { .. }) => {
                    faults.push(tampered(&row, "the file is gone".to_owned()));
                }
                Err(e) => return Err(self.file_failed("read", &row, e)),
            }
        }
        Ok(faults)
    }

    /// Writes the bytes, then the row. The name has been checked.
    pub(crate) async fn keep(
        &self,
        alert: AlertId,
        new: NewEvidence,
    ) -> Result<EvidenceRow, EvidenceError> {
        let row = self.describe(alert, &new).await?;
        let name = &row.name;
        let failed = |e| self.failed(format!("record evidence `{name}` of {alert}"), e);
        let _gate = self.inner.evidence_gate.lock().await;
        let found = self.place_of(&row).await?;
        if let Some(found) = found.filter(|found| found.state == EvidenceState::Ready) {
            return same_or_different(found, row);
        }
        self.inner
            .files
            .put(&key(alert, name), new.bytes.into())
            .await
            .map_err(|e| self.file_failed("write", &row, e))?;
        let mut tx = self.begin().await.map_err(failed)?;
        // Asked again, because another process may have come between.
        let found = free_place(&mut tx, alert, name).await.map_err(failed)??;
        if let Some(found) = found.filter(|found| found.state == EvidenceState::Ready) {
            return same_or_different(found, row);
        }
        write_ready(&mut tx, &row, self.now()).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        self.announce(alert, Changed::Evidence);
        Ok(row)
    }

    async fn place_of(&self, row: &EvidenceRow) -> Result<Option<EvidenceRow>, EvidenceError> {
        let failed =
            |e| self.failed(format!("look up evidence `{}` of {}", row.name, row.alert), e);
        let mut connection = self.inner.readers.acquire().await.map_err(failed)?;
        free_place(&mut connection, row.alert, &row.name).await.map_err(failed)?
    }

    async fn describe(
        &self,
        alert: AlertId,
        new: &NewEvidence,
    ) -> Result<EvidenceRow, EvidenceError> {
        let limit = self.inner.max_evidence_bytes;
        let bytes = new.bytes.len() as u64;
        if !(1..=limit).contains(&bytes) {
            return Err(EvidenceError::Size { alert, name: new.name.clone(), bytes, limit });
        }
        // A clip of 100 MB takes a third of a second: not on a thread that serves others.
        let hashed = new.bytes.clone();
        let sha256 = tokio::task::spawn_blocking(move || sha256_hex(&hashed))
            .await
            .expect("hashing does not panic, and is not aborted");
        Ok(EvidenceRow {
            alert,
            name: new.name.clone(),
            media_type: new.media_type.clone(),
            bytes,
            sha256,
            taken_at: new.taken_at.map(to_the_microsecond),
            transform: new.transform.clone(),
            state: EvidenceState::Ready,
            detail: String::new(),
        })
    }

    async fn ready_row(&self, alert: AlertId, name: &str) -> Result<EvidenceRow, EvidenceError> {
        let failed = |e| self.failed(format!("look up evidence `{name}` of {alert}"), e);
        let mut connection = self.inner.readers.acquire().await.map_err(failed)?;
        let row = find(&mut connection, alert, name).await.map_err(failed)?;
        let name = name.to_owned();
        match row {
            None => Err(EvidenceError::NotFound { alert, name }),
            Some(row) if row.state == EvidenceState::Ready => Ok(row),
            Some(row) => {
                let detail = format!("{}, {}", row.state.as_str(), row.detail);
                Err(EvidenceError::NotReady { alert, name, detail })
            }
        }
    }

    fn file_failed(
        &self,
        verb: &str,
        row: &EvidenceRow,
        source: object_store::Error,
    ) -> EvidenceError {
        let doing = format!("{verb} `{}` of alert {}", row.name, row.alert);
        StoreError::files(doing, &self.inner.folder, source).into()
    }
}

/// Where a file lies, below the evidence folder.
fn key(alert: AlertId, name: &str) -> Path {
    Path::from_iter([alert.to_string().as_str(), name])
}

fn same_or_different(
    stored: EvidenceRow,
    given: EvidenceRow,
) -> Result<EvidenceRow, EvidenceError> {
    if stored.sha256 == given.sha256 {
        return Ok(stored);
    }
    let EvidenceRow { alert, name, sha256, .. } = given;
    Err(EvidenceError::Different { alert, name, stored: stored.sha256, given: sha256 })
}

fn tampered(row: &EvidenceRow, detail: String) -> EvidenceError {
    EvidenceError::Tampered { alert: row.alert, name: row.name.clone(), detail }
}
