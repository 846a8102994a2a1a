//! What was already seen of a flight, on disk, so that a restart does not look at a file twice.
//!
//! ```text
//! {folder}/key.json            what the sightings depend on; anything else there is forgotten with it
//! {folder}/seen/3.open         sightings of the file being read, one line for each picture
//! {folder}/seen/3.jsonl        of a file whose alerts are recorded, ending with its `Counted`
//! {folder}/moments/{alert}     pictures of a vehicle that began to stand: a line of JSON, then the bytes
//! ```
//! Only sightings are kept, not what was made of them: places, joins and rules are worked out again. A disk that
//! fails costs the memory, not the flight.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use domain::{AlertId, FlightWarning, Moment, Sighting};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::stage::shot::Shot;

/// The memory of one flight. Cloning is cheap.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    folder: PathBuf,
}

/// One picture that was looked at.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub moment: Moment,
    pub sightings: Vec<Sighting>,
}

/// The end of a file: how far its tracks were counted, and what was wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Counted {
    pub tracks: u64,
    pub photo_tracks: u64,
    pub warning: Option<FlightWarning>,
}

/// A longer last line is none that was written here.
const MOST_TAIL: u64 = 64 * 1024;

impl Memory {
    /// What is remembered under the same `key`; with another key everything is forgotten.
    pub(crate) fn open(folder: &Path, key: &serde_json::Value) -> anyhow::Result<Self> {
        let memory = Self { folder: folder.to_owned() };
        let written = serde_json::to_vec(key).context("the key is no JSON")?;
        if std::fs::read(memory.key()).ok().as_ref() != Some(&written) {
            memory.forget()?;
            write_whole(&memory.key(), &[&written])?;
        }
        for name in ["seen", "moments"] {
            std::fs::create_dir_all(folder.join(name)).context("cannot make a folder")?;
        }
        Ok(memory)
    }

    /// Nothing was seen.
    pub(crate) fn forget(&self) -> anyhow::Result<()> {
        if self.folder.exists() {
            std::fs::remove_dir_all(&self.folder)
                .with_context(|| format!("cannot remove `{}`", self.folder.display()))?;
        }
        ["seen", "moments"].iter().try_for_each(|name| {
            std::fs::create_dir_all(self.folder.join(name)).context("cannot make a folder")
        })
    }

    /// How a file ended that was looked at whole.
    pub(crate) fn counted(&self, part: u32) -> Option<Counted> {
        let mut file = File::open(self.whole(part)).ok()?;
        let bytes = file.metadata().ok()?.len();
        file.seek(SeekFrom::Start(bytes.saturating_sub(MOST_TAIL))).ok()?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail).ok()?;
        let last = tail.trim_ascii_end().rsplit(|&byte| byte == b'\n').next()?;
        serde_json::from_slice(last).ok()
    }

    /// Every picture of a file that was looked at whole, in the order of looking.
    pub(crate) fn recall(
        &self,
        part: u32,
    ) -> std::io::Result<impl Iterator<Item = std::io::Result<Seen>> + use<>> {
        let mut lines = BufReader::new(File::open(self.whole(part))?).lines().peekable();
        Ok(std::iter::from_fn(move || {
            let line = lines.next()?;
            // The last line is no picture.
            lines.peek()?;
            Some(line.and_then(|line| Ok(serde_json::from_str(&line)?)))
        }))
    }

    /// Begins to remember a file.
    pub(crate) fn begin(&self, part: u32) -> std::io::Result<Page> {
        let open = self.folder.join(format!("seen/{part}.open"));
        Ok(Page { lines: BufWriter::new(File::create(&open)?), open, whole: self.whole(part) })
    }

    /// Keeps the pictures of a vehicle that began to stand.
    pub(crate) fn keep(&self, alert: AlertId, shot: &Shot) -> anyhow::Result<()> {
        let bytes = [&shot.scene, &shot.annotated, &shot.crop];
        let head = Head { taken_at: shot.taken_at, bytes: bytes.map(bytes::Bytes::len) };
        let mut line = serde_json::to_vec(&head).context("no JSON")?;
        line.push(b'\n');
        write_whole(&self.moment(alert), &[&line, bytes[0], bytes[1], bytes[2]])
    }

    /// The pictures of a vehicle that began to stand before the program stopped.
    pub(crate) fn moment_of(&self, alert: AlertId) -> anyhow::Result<Shot> {
        let mut file = BufReader::new(File::open(self.moment(alert))?);
        let mut line = String::new();
        file.read_line(&mut line)?;
        let head: Head = serde_json::from_str(&line)?;
        let mut rest = Vec::new();
        file.read_to_end(&mut rest)?;
        let mut rest = bytes::Bytes::from(rest);
        let mut next = |length: usize| {
            (length <= rest.len()).then(|| rest.split_to(length)).context("it breaks off")
        };
        let [scene, annotated, crop] = head.bytes.map(&mut next);
        Ok(Shot { taken_at: head.taken_at, scene: scene?, annotated: annotated?, crop: crop? })
    }

    fn key(&self) -> PathBuf {
        self.folder.join("key.json")
    }

    fn whole(&self, part: u32) -> PathBuf {
        self.folder.join(format!("seen/{part}.jsonl"))
    }

    fn moment(&self, alert: AlertId) -> PathBuf {
        self.folder.join(format!("moments/{alert}"))
    }
}

/// Sightings of one file in the making.
#[derive(Debug)]
pub(crate) struct Page {
    lines: BufWriter<File>,
    open: PathBuf,
    whole: PathBuf,
}

impl Page {
    pub(crate) fn add(&mut self, seen: &Seen) -> std::io::Result<()> {
        serde_json::to_writer(&mut self.lines, seen)?;
        self.lines.write_all(b"\n")
    }

    /// The file was read to its end. It counts once it is closed: when what came of it is recorded.
    pub(crate) fn finish(mut self, counted: &Counted) -> std::io::Result<Written> {
        serde_json::to_writer(&mut self.lines, counted)?;
        self.lines.write_all(b"\n")?;
        self.lines.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        Ok(Written { open: self.open, whole: self.whole })
    }
}

/// Sightings of a whole file, on disk, and not to be relied on yet.
#[derive(Debug)]
#[must_use]
pub(crate) struct Written {
    open: PathBuf,
    whole: PathBuf,
}

impl Written {
    /// From now on a restart passes over this file.
    pub(crate) fn close(self) -> std::io::Result<()> {
        std::fs::rename(self.open, self.whole)
    }
}

#[derive(Serialize, Deserialize)]
struct Head {
    taken_at: Timestamp,
    /// Of scene, annotated scene and crop.
    bytes: [usize; 3],
}

/// All of it or nothing.
fn write_whole(path: &Path, parts: &[&[u8]]) -> anyhow::Result<()> {
    let context = || format!("cannot write `{}`", path.display());
    let open = path.with_extension("open");
    let mut file = File::create(&open).with_context(context)?;
    parts.iter().try_for_each(|part| file.write_all(part)).with_context(context)?;
    file.sync_all().with_context(context)?;
    std::fs::rename(&open, path).with_context(context)
}

#[cfg(test)]
mod tests {
    use domain::{Bbox, Class, Size, SourceId, TimeBasis, TrackId};

    use super::*;

    fn seen(number: u64) -> Seen {
        let moment = Moment {
            source: SourceId::new("flight-1").unwrap(),
            part: 2,
            number,
            at: Timestamp::UNIX_EPOCH,
            basis: TimeBasis::Media,
            size: Size::new(640, 360).unwrap(),
        };
        let bbox = Bbox { x1: 1.5, y1: 2.25, x2: 31.1, y2: 22.375 };
        let (track, class) = (TrackId(7), Class::Car);
        Seen { moment, sightings: vec![Sighting { track, bbox, class, score: 0.875, look: None }] }
    }

    fn counted() -> Counted {
        Counted { tracks: 7, photo_tracks: 3, warning: None }
    }

    #[test]
    fn a_file_counts_once_it_is_closed() {
        let dir = tempfile::tempdir().unwrap();
        let memory = Memory::open(dir.path(), &serde_json::json!({ "model": 1 })).unwrap();
        let mut page = memory.begin(2).unwrap();
        for number in 0..3 {
            page.add(&seen(number)).unwrap();
        }
        let written = page.finish(&counted()).unwrap();
        assert_eq!(memory.counted(2), None, "its alerts may not be recorded");
        written.close().unwrap();
        assert_eq!(memory.counted(2), Some(counted()));
        assert_eq!(memory.counted(1), None);
        let numbers = memory.recall(2).unwrap().map(|seen| seen.unwrap().moment.number);
        assert_eq!(numbers.collect::<Vec<_>>(), [0, 1, 2]);
        let first = memory.recall(2).unwrap().next().unwrap().unwrap();
        assert_eq!(first.sightings, seen(0).sightings);
    }

    #[test]
    fn another_model_remembers_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let key = |model: u32| serde_json::json!({ "model": model });
        let remembers = |model| Memory::open(dir.path(), &key(model)).unwrap().counted(0);
        let memory = Memory::open(dir.path(), &key(1)).unwrap();
        memory.begin(0).unwrap().finish(&counted()).unwrap().close().unwrap();
        assert_eq!(remembers(1), Some(counted()));
        assert_eq!(remembers(2), None);
        assert_eq!(remembers(1), None, "it was forgotten");
    }

    #[test]
    fn pictures_of_a_moment_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let memory = Memory::open(dir.path(), &serde_json::json!({})).unwrap();
        let id = "3f0c9fb6-5e34-5d4b-8f5e-2f1d6b9f0a11".parse().unwrap();
        let shot = Shot {
            taken_at: Timestamp::from_second(1_790_000_000).unwrap(),
            scene: "scene\n".into(),
            annotated: "annotated".into(),
            crop: "crop".into(),
        };
        assert!(memory.moment_of(id).is_err());
        memory.keep(id, &shot).unwrap();
        let again = memory.moment_of(id).unwrap();
        assert_eq!(again.taken_at, shot.taken_at);
        assert_eq!(
            [again.scene, again.annotated, again.crop],
            [shot.scene, shot.annotated, shot.crop]
        );
        let path = dir.path().join(format!("moments/{id}"));
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(memory.moment_of(id).unwrap_err().to_string().contains("breaks off"));
    }
}
