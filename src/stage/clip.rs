//! The clip around an alert: cut from the rolling segments once they are complete.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::Alert;
use ingest::{ClipError, SegmentDir};
use jiff::{SignedDuration, Timestamp};

/// Shown before the vehicle stood, and after the alert.
const BEFORE: SignedDuration = SignedDuration::from_secs(5);
const AFTER: SignedDuration = SignedDuration::from_secs(4);
/// A clip is no longer than this: of a long stay the end is shown, the beginning is in the first picture.
const LONGEST: SignedDuration = SignedDuration::from_secs(60);
/// Segments that are not complete after so many tries never will be: the stream has died.
pub(crate) const MOST_TRIES: u32 = 120;
/// Between two tries.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

/// Where clips are cut.
#[derive(Debug, Clone)]
pub(crate) struct Cutter {
    segments: SegmentDir,
    scratch: PathBuf,
}

/// A clip that is waited for.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub alert: Arc<Alert>,
    pub tries: u32,
}

/// How a try went.
#[derive(Debug)]
pub(crate) enum Cut {
    Done { from: Timestamp, bytes: Bytes },
    NotYet,
    Never(String),
}

impl Cutter {
    pub(crate) fn new(segments: SegmentDir, scratch: PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(&scratch)?;
        Ok(Self { segments, scratch })
    }

    /// One try. Blocks while it copies.
    pub(crate) fn cut(&self, alert: &Alert) -> Cut {
        let to = alert.raised_at + AFTER;
        let from = (alert.since - BEFORE).max(to - LONGEST);
        let path = self.scratch.join(format!("{}.mp4", alert.id));
        let cut = self.segments.clip(&alert.source, from, to, &path);
        match cut {
            Ok(clip) => match std::fs::read(&path).and_then(|bytes| {
                std::fs::remove_file(&path)?;
                Ok(bytes)
            }) {
                Ok(bytes) => Cut::Done { from: clip.from, bytes: bytes.into() },
                Err(error) => Cut::Never(format!("cannot read the clip that was cut: {error}")),
            },
            Err(ClipError::NotYet { .. }) => Cut::NotYet,
            Err(error) => Cut::Never(format!("{:#}", anyhow::Error::from(error))),
        }
    }
}
