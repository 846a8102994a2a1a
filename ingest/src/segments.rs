//! Encoded video on disk: rolling segments as the camera sent them, and clips cut from them.
//!
//! `{root}/{source}/{start}_{end}_{run}.ts`: MPEG-TS, beginning at a key frame, times in
//! microseconds of the frame-time axis. The segment being written is `{start}_open_{run}.ts` and
//! can be read as far as it got, so a power cut costs nothing older than the last write. A run is
//! one start of a source; where two runs hold the same time, because a file was replayed, the newer
//! one wins.

mod clip;
mod recorder;
mod shelf;
mod undated;
mod units;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::SourceId;
use jiff::Timestamp;

pub(crate) use recorder::Recorder;
use shelf::{Recording, Segment, Shelf};
pub(crate) use undated::undate;

use crate::InitError;

/// The folder of all segments. Cloning is cheap; all clones are the same folder.
#[derive(Debug, Clone)]
pub struct SegmentDir(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    keep: Duration,
    max_bytes: u64,
    index: Mutex<Index>,
}

#[derive(Debug, Default)]
struct Index {
    shelves: BTreeMap<SourceId, Shelf>,
    /// Counts closed segments, to know which is oldest on disk.
    written: u64,
}

/// Why the folder of segments cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the folder of video segments `{}`", folder.display())]
pub struct SegmentError {
    folder: PathBuf,
    source: std::io::Error,
}

/// A clip that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clip {
    /// When its first picture was taken: the last key frame at or before what was asked for.
    pub from: Timestamp,
    /// When its last picture was taken.
    pub to: Timestamp,
    pub bytes: u64,
}

/// Why there is no clip.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    #[error("the video of source `{id}` up to {to} is still being written")]
    NotYet { id: SourceId, to: Timestamp },
    #[error("no video of source `{id}` from {from} to {to} is kept")]
    Gone { id: SourceId, from: Timestamp, to: Timestamp },
    #[error("source `{id}` sends {codec}, of which no video is kept: only H.264 and H.265 are")]
    Codec { id: SourceId, codec: String },
    #[error("a clip must end after it begins, got {from} to {to}")]
    Order { from: Timestamp, to: Timestamp },
    #[error("cannot write the clip `{}`", dest.display())]
    Write { dest: PathBuf, source: std::io::Error },
    #[error("cannot join the video of source `{id}`: {reason}")]
    Join { id: SourceId, reason: String },
    #[error(transparent)]
    Missing(#[from] InitError),
}

impl SegmentDir {
    /// Opens or makes the folder and finds what earlier runs left in it.
    ///
    /// `keep` is counted back from the newest segment of each source. `max_bytes` holds for all
    /// sources together; the segments written longest ago go first.
    pub fn new(root: PathBuf, keep: Duration, max_bytes: u64) -> Result<Self, SegmentError> {
        let index =
            Index::found(&root).map_err(|source| SegmentError { folder: root.clone(), source })?;
        Ok(Self(Arc::new(Shared { root, keep, max_bytes, index: Mutex::new(index) })))
    }

    /// Writes the video of `source` between `from` and `to` as an MP4 with its index in front,
    /// without re-encoding. It begins at the key frame before `from` and covers what is kept: see
    /// the times of the [`Clip`]. `dest` appears only when it is complete. Blocks while it copies.
    pub fn clip(
        &self,
        source: &SourceId,
        from: Timestamp,
        to: Timestamp,
        dest: &Path,
    ) -> Result<Clip, ClipError> {
        if to < from {
            return Err(ClipError::Order { from, to });
        }
        let segments = self.covering(source, from, to)?;
        clip::write(source, &segments, from, to, dest)
    }

    /// A new run of `source`.
    pub(crate) fn begin(&self, source: &SourceId, now: Timestamp) -> Run {
        let mut index = self.index();
        let stock = index.shelves.entry(source.clone()).or_default();
        let number = stock.begin(now.as_microsecond());
        Run { dir: self.clone(), source: source.clone(), number }
    }

    fn covering(
        &self,
        id: &SourceId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Segment>, ClipError> {
        let index = self.index();
        let gone = || ClipError::Gone { id: id.clone(), from, to };
        let stock = index.shelves.get(id).ok_or_else(gone)?;
        if let Some(codec) = &stock.cannot_keep {
            return Err(ClipError::Codec { id: id.clone(), codec: codec.clone() });
        }
        let found = stock.covering(from.as_microsecond(), to.as_microsecond());
        if stock.still_writing(to.as_microsecond(), found.is_empty()) {
            return Err(ClipError::NotYet { id: id.clone(), to });
        }
        if found.is_empty() { Err(gone()) } else { Ok(found) }
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.0.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One run of one source: the right to write its segments.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    dir: SegmentDir,
    source: SourceId,
    number: i64,
}

impl Run {
    /// This source's video is of a kind that is not kept.
    pub(crate) fn cannot_keep(&self, codec: &str) {
        let mut index = self.dir.index();
        let stock = index.shelves.entry(self.source.clone()).or_default();
        stock.cannot_keep = Some(codec.to_owned());
        stock.recording = Recording::No;
    }

    /// The same source anew: another connection, or a clock that was set back. What it writes wins
    /// over what was written before.
    fn renewed(&self) -> Self {
        let mut index = self.dir.index();
        let stock = index.shelves.entry(self.source.clone()).or_default();
        Self { number: stock.next_run(self.number), ..self.clone() }
    }

    fn folder(&self) -> PathBuf {
        self.dir.0.root.join(self.source.as_str())
    }

    /// A segment begins at `start`; its file's path.
    fn opened(&self, start: i64) -> PathBuf {
        let mut index = self.dir.index();
        let stock = index.shelves.entry(self.source.clone()).or_default();
        stock.opened(self.number, start);
        self.folder().join(shelf::open_name(start, self.number))
    }

    /// The open segment is complete up to `end`.
    fn closed(&self, open: &Path, start: i64, end: i64) {
        let path = self.folder().join(shelf::closed_name(start, end, self.number));
        let bytes = std::fs::metadata(open).map_or(0, |meta| meta.len());
        if let Err(error) = std::fs::rename(open, &path) {
            tracing::error!(source = %self.source, %error, "a video segment is lost");
            return;
        }
        let mut index = self.dir.index();
        index.written += 1;
        let written = index.written;
        let segment = Segment { run: self.number, start, end, bytes, written, path };
        let stock = index.shelves.entry(self.source.clone()).or_default();
        let mut old = stock.add(segment, micros(self.dir.0.keep));
        old.extend(index.beyond(self.dir.0.max_bytes));
        let kept = index.shelves.get(&self.source).map_or(0, Shelf::bytes);
        drop(index);
        remove(&old);
        gauge(&self.source, kept);
    }

    /// Nothing more will be written until the next segment is opened.
    fn paused(&self) {
        let mut index = self.dir.index();
        if let Some(stock) = index.shelves.get_mut(&self.source) {
            stock.recording = Recording::No;
        }
    }
}

impl Index {
    fn found(root: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(root)?;
        let mut index = Self::default();
        let mut found = Vec::new();
        for entry in std::fs::read_dir(root)? {
            let folder = entry?.path();
            let name = folder.file_name().and_then(|name| name.to_str());
            let Some(source) = name.and_then(|name| SourceId::new(name).ok()) else { continue };
            if !folder.is_dir() {
                continue;
            }
            for entry in std::fs::read_dir(&folder)? {
                let path = entry?.path();
                let Some(segment) = shelf::read_name(&path) else { continue };
                let modified = std::fs::metadata(&path).and_then(|meta| meta.modified()).ok();
                found.push((modified, source.clone(), segment));
            }
        }
        found.sort_by(|(a, _, one), (b, _, other)| (a, &one.path).cmp(&(b, &other.path)));
        for (_, source, named) in found {
            let Some(mut segment) = shelf::recovered(named) else { continue };
            index.written += 1;
            segment.written = index.written;
            index.shelves.entry(source).or_default().found(segment);
        }
        for (source, stock) in &index.shelves {
            gauge(source, stock.bytes());
        }
        Ok(index)
    }

    /// Takes out what was written longest ago until the rest fits.
    fn beyond(&mut self, max_bytes: u64) -> Vec<Segment> {
        let mut total: u64 = self.shelves.values().map(Shelf::bytes).sum();
        let mut old = Vec::new();
        while total > max_bytes {
            let oldest = self.shelves.values_mut().filter(|stock| stock.oldest().is_some());
            let Some(stock) = oldest.min_by_key(|stock| stock.oldest()) else { break };
            let Some(segment) = stock.take_oldest() else { break };
            total = total.saturating_sub(segment.bytes);
            old.push(segment);
        }
        old
    }
}

fn remove(old: &[Segment]) {
    for segment in old {
        if let Err(error) = std::fs::remove_file(&segment.path) {
            tracing::warn!(segment = %segment.path.display(), %error, "an old segment stays");
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float, exact up to 9 petabytes")]
fn gauge(source: &SourceId, bytes: u64) {
    metrics::gauge!("xunjian_segment_bytes", "source" => source.to_string()).set(bytes as f64);
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
