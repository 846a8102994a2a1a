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
use object_store::{GetOptions, GetResult, ObjectStore as _, ObjectStoreExt as _};
use sha2::{Digest as _, Sha256};

use crate::digest::{hex, sha256_hex};
use crate::evidence::{check_name, check_new};
use crate::evidence_row::{find, free_place, write_ready};
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
    /// other bytes are refused. Let it run to its end: one that is dropped half-way may still be
    /// writing when the next attempt begins.
    pub async fn put_evidence(
        &self,
        id: AlertId,
        new: NewEvidence,
    ) -> Result<EvidenceRow, EvidenceError> {
        check_new(
            &new.name,
            &[("media type", &new.media_type, 100), ("transform", &new.transform, 500)],
        )?;
        let _gate = self.inner.evidence_gate.lock().await;
        self.keep_gated(id, new).await
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
                    let sha256 =
                        digest_of(got).await.map_err(|e| self.file_failed("read", &row, e))?;
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

    /// Writes the bytes, then the row. The name has been checked; the caller holds the gate.
    pub(crate) async fn keep_gated(
        &self,
        alert: AlertId,
        new: NewEvidence,
    ) -> Result<EvidenceRow, EvidenceError> {
        let row = self.describe(alert, &new).await?;
        let name = &row.name;
        let failed = |e| self.failed(format!("record evidence `{name}` of {alert}"), e);
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
        metrics::counter!("xunjian_evidence_bytes_total").increment(row.bytes);
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
        let sha256 =
            tokio::task::spawn_blocking(move || sha256_hex(&hashed)).await.map_err(|e| {
                StoreError::files(format!("hash `{}`", new.name), &self.inner.folder, e.into())
            })?;
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

/// Piece by piece: a clip need not fit into memory, and no piece holds the thread for long.
async fn digest_of(got: GetResult) -> object_store::Result<String> {
    let mut hasher = Sha256::new();
    let mut pieces = got.into_stream();
    while let Some(piece) = pieces.next().await {
        hasher.update(&piece?);
    }
    Ok(hex(&hasher.finalize()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, alert, file};

    #[tokio::test]
    async fn the_same_bytes_again_are_no_news_and_others_are_refused() {
        let bench = Bench::new().await;
        let (store, id) = (&bench.store, alert(1).id);
        bench.raise(&alert(1)).await;
        let row = store.put_evidence(id, file("a.jpg", "one")).await.unwrap();
        assert_eq!(row.sha256, sha256_hex(b"one"));
        assert_eq!(store.put_evidence(id, file("a.jpg", "one")).await.unwrap(), row);
        let other = store.put_evidence(id, file("a.jpg", "two")).await.unwrap_err();
        assert!(matches!(other, EvidenceError::Different { .. }), "{other}");
        assert_eq!(bench.text_of(id, "a.jpg").await, "one");
        assert!(store.verify_evidence(id).await.unwrap().is_empty());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn of_two_files_racing_for_a_name_one_is_kept_whole() {
        let bench = Bench::new().await;
        let (store, id) = (&bench.store, alert(1).id);
        bench.raise(&alert(1)).await;
        for round in 0..10 {
            let name = format!("{round}.jpg");
            let mut tasks = tokio::task::JoinSet::new();
            for text in ["left", "right"] {
                let (store, new) = (store.clone(), file(&name, text));
                tasks.spawn(async move { store.put_evidence(id, new).await });
            }
            let results = tasks.join_all().await;
            assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1, "{results:?}");
        }
        assert!(store.verify_evidence(id).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_file_left_by_a_crash_is_replaced() {
        let bench = Bench::new().await;
        let (store, id) = (&bench.store, alert(1).id);
        bench.raise(&alert(1)).await;
        let folder = bench.config.evidence.join(id.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a.jpg"), "unclaimed").unwrap();
        store.put_evidence(id, file("a.jpg", "whole")).await.unwrap();
        assert_eq!(bench.text_of(id, "a.jpg").await, "whole");
    }

    #[tokio::test]
    async fn parts_of_a_file() {
        let bench = Bench::new().await;
        let (store, id) = (&bench.store, alert(1).id);
        bench.raise(&alert(1)).await;
        store.put_evidence(id, file("clip.mp4", "0123456789")).await.unwrap();
        let cases: [(Option<Range<u64>>, Option<&str>); 8] = [
            (None, Some("0123456789")),
            (Some(0..1), Some("0")),
            (Some(3..6), Some("345")),
            (Some(8..100), Some("89")),
            (Some(0..u64::MAX), Some("0123456789")),
            (Some(10..11), None),
            (Some(4..4), None),
            #[expect(clippy::reversed_empty_ranges, reason = "what a client may ask for")]
            (Some(6..3), None),
        ];
        for (range, expected) in cases {
            let got = store.read_evidence(id, "clip.mp4", range.clone()).await;
            let Some(expected) = expected else {
                assert!(matches!(got, Err(EvidenceError::Range { bytes: 10, .. })), "{range:?}");
                continue;
            };
            let got = got.unwrap();
            assert_eq!(got.range.end - got.range.start, expected.len() as u64);
            assert_eq!(crate::testing::text(got).await, expected);
        }
    }

    #[tokio::test]
    async fn a_file_that_was_touched_is_not_served_as_evidence() {
        let bench = Bench::new().await;
        let (store, id) = (&bench.store, alert(1).id);
        bench.raise(&alert(1)).await;
        for name in ["gone.jpg", "cut.jpg", "bent.jpg", "good.jpg"] {
            store.put_evidence(id, file(name, "bytes")).await.unwrap();
        }
        let path = |name: &str| bench.config.evidence.join(id.to_string()).join(name);
        std::fs::remove_file(path("gone.jpg")).unwrap();
        std::fs::write(path("cut.jpg"), "byte").unwrap();
        std::fs::write(path("bent.jpg"), "BYTES").unwrap();
        for name in ["gone.jpg", "cut.jpg"] {
            let error = store.read_evidence(id, name, None).await.unwrap_err();
            assert!(matches!(error, EvidenceError::Tampered { .. }), "{error}");
        }
        let faults = store.verify_evidence(id).await.unwrap();
        let names: Vec<_> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(names.len(), 3, "{names:?}");
        assert!(names.iter().all(|fault| !fault.contains("good.jpg")), "{names:?}");
    }

    #[tokio::test]
    async fn what_is_not_there_says_why() {
        let bench = Bench::new().await;
        let (store, id) = (&bench.store, alert(1).id);
        bench.raise(&alert(1)).await;
        store.miss_evidence(id, "clip.mp4", "segments gone").await.unwrap();
        let error = async |name| store.read_evidence(id, name, None).await.unwrap_err().to_string();
        assert!(error("clip.mp4").await.ends_with("missing, segments gone"));
        assert!(error("other.mp4").await.contains("has no evidence `other.mp4`"));
        assert!(error("../xunjian.db").await.contains("is no name for evidence"));
    }
}
