//! Evidence: what is known about each file of an alert, and which files are still to come.
//!
//! A file is announced (`pending`), then arrives (`ready`) or is known never to (`missing`).
//! `ready` is final. Once the manifest is written nothing changes any more.

use bytes::Bytes;
use domain::AlertId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence_row::{Promise, Row, free_place};
use crate::manifest::MANIFEST_NAME;
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
        let _gate = self.inner.evidence_gate.lock().await;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, alert, file};
    use crate::{Awaited, Written};

    #[test]
    fn names_that_are_safe_as_files_and_in_urls() {
        for good in ["clip.mp4", "first_scene.jpg", "0", "a-b_c..d", &"x".repeat(64)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            ".hidden",
            "-x",
            "_x",
            "A.jpg",
            "a/b",
            "a\\b",
            "a b",
            "a#1",
            "图.jpg",
            "a\0",
            "a\n",
            &"x".repeat(65),
        ] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }

    #[tokio::test]
    async fn what_comes_with_a_file_is_bounded() {
        let bench = Bench::new().await;
        let id = alert(1).id;
        bench.raise(&alert(1)).await;
        let long = "x".repeat(501);
        let mut wordy = file("a.jpg", "bytes");
        wordy.transform = long.clone();
        let put = |new| bench.store.put_evidence(id, new);
        let cases = [
            (put(wordy).await, "the transform of `a.jpg` has 501 characters: at most 500"),
            (put(file("a.jpg", "")).await, "has 0 bytes: 1 to 1048576 are accepted"),
            (put(file("a.jpg", &"x".repeat(1_048_577))).await, "has 1048577 bytes"),
            (put(file("A.jpg", "x")).await, "`A.jpg` is no name for evidence"),
            (put(file(MANIFEST_NAME, "{}")).await, "written by sealing alone"),
            (bench.store.miss_evidence(id, "a.jpg", &long).await, "the detail of `a.jpg`"),
            (bench.store.put_evidence(alert(2).id, file("a.jpg", "x")).await, "there is no alert"),
        ];
        for (result, expected) in cases {
            let message = result.unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
        assert!(bench.store.evidence(id).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_an_alert_will_have_is_announced_with_it() {
        let bench = Bench::new().await;
        let (store, id) = (&bench.store, alert(1).id);
        let scene = Awaited { name: "a.jpg", media_type: "image/jpeg", detail: "being written" };
        let raise = async || store.raise_with(&alert(1), &[scene], None).await;
        assert!(matches!(raise().await.unwrap(), Written::New(_)));
        let [pending] = &store.pending_evidence().await.unwrap()[..] else { panic!("one row") };
        assert_eq!((pending.name.as_str(), pending.media_type.as_str()), ("a.jpg", "image/jpeg"));
        store.put_evidence(id, file("a.jpg", "bytes")).await.unwrap();
        assert_eq!(raise().await.unwrap(), Written::Already);
        assert!(store.pending_evidence().await.unwrap().is_empty(), "not announced again");
    }

    #[tokio::test]
    async fn ready_is_final() {
        use EvidenceState::{Missing, Pending, Ready};
        let bench = Bench::new().await;
        let (store, id) = (&bench.store, alert(1).id);
        bench.raise(&alert(1)).await;
        let states = async || {
            let rows = store.evidence(id).await.unwrap();
            rows.into_iter().map(|row| row.state).collect::<Vec<_>>()
        };
        store.expect_evidence(id, "clip.mp4", "video/mp4", "segment open").await.unwrap();
        assert_eq!(states().await, [Pending]);
        assert_eq!(store.pending_evidence().await.unwrap().len(), 1);
        let missing = store.miss_evidence(id, "clip.mp4", "segments gone").await.unwrap();
        assert_eq!((missing.state, missing.media_type.as_str()), (Missing, "video/mp4"));
        let ready = store.put_evidence(id, file("clip.mp4", "film")).await.unwrap();
        assert_eq!((ready.state, ready.bytes, ready.detail.as_str()), (Ready, 4, ""));
        store.expect_evidence(id, "clip.mp4", "image/gif", "again").await.unwrap();
        store.miss_evidence(id, "clip.mp4", "lost").await.unwrap();
        assert_eq!(store.evidence(id).await.unwrap(), [ready]);
        assert!(store.pending_evidence().await.unwrap().is_empty());
    }
}
