//! What cameras saw, written down for `xunjian replay`: files of JSON lines, packed, one folder a source, one file a day.
//!
//! A view is what the rules read: no picture, no plate. Of each source so many views a second are kept as are asked for.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::{SourceId, View};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Where views are written, how many, and for how long they are kept.
#[derive(Debug)]
pub(crate) struct ViewLog {
    folder: PathBuf,
    every: SignedDuration,
    keep: Duration,
    open: BTreeMap<SourceId, Page>,
    /// Writing fails; told once.
    failing: bool,
}

#[derive(Debug)]
struct Page {
    day: Date,
    last: Timestamp,
    written: Instant,
    file: GzEncoder<BufWriter<File>>,
}

/// A crash loses so much of the record at most.
const FLUSH: Duration = Duration::from_secs(30);

impl ViewLog {
    pub(crate) fn new(folder: PathBuf, every: Duration, keep: Duration) -> Self {
        let every = SignedDuration::try_from(every).unwrap_or(SignedDuration::MAX);
        Self { folder, every, keep, open: BTreeMap::new(), failing: false }
    }

    /// Writes a view down, if it is time for one of its source. A full disk costs the record, never the road.
    pub(crate) fn note(&mut self, view: &View) {
        match self.write(view) {
            Ok(()) => self.failing = false,
            Err(error) if self.failing => tracing::debug!(%error, "views are still not written"),
            Err(error) => {
                self.failing = true;
                self.open.remove(&view.source);
                tracing::warn!(source = %view.source, %error, "views are not written down");
            }
        }
    }

    fn write(&mut self, view: &View) -> io::Result<()> {
        let day = view.at.to_zoned(TimeZone::UTC).date();
        if self.open.get(&view.source).is_some_and(|page| page.day != day) {
            self.open.remove(&view.source);
        }
        if !self.open.contains_key(&view.source) {
            let folder = self.folder.join(view.source.as_str());
            let page = Page::open(&folder, day)?;
            prune(&folder, view.at, self.keep);
            self.open.insert(view.source.clone(), page);
        }
        let Some(page) = self.open.get_mut(&view.source) else { return Ok(()) };
        if page.last != Timestamp::MIN && view.at.duration_since(page.last) < self.every {
            return Ok(());
        }
        page.last = view.at;
        serde_json::to_writer(&mut page.file, view)?;
        page.file.write_all(b"\n")?;
        if page.written.elapsed() >= FLUSH {
            page.written = Instant::now();
            page.file.flush()?;
        }
        Ok(())
    }
}

/// How files of views end.
const END: &str = ".jsonl.gz";

impl Page {
    /// Packed files may follow each other in one: a new run goes on behind the old one.
    fn open(folder: &Path, day: Date) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("{day}{END}"));
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self {
            day,
            last: Timestamp::MIN,
            written: Instant::now(),
            file: GzEncoder::new(BufWriter::new(file), Compression::fast()),
        })
    }
}

/// Removes the records of one source of days that lie more than `keep` before `now`.
fn prune(folder: &Path, now: Timestamp, keep: Duration) {
    let Ok(keep) = SignedDuration::try_from(keep) else { return };
    let Ok(oldest) = now.checked_sub(keep).map(|at| at.to_zoned(TimeZone::UTC).date()) else {
        return;
    };
    let Ok(files) = std::fs::read_dir(folder) else { return };
    for path in files.flatten().map(|file| file.path()) {
        let name = path.file_name().and_then(|name| name.to_str());
        let day = name.and_then(|name| name.strip_suffix(END)?.parse::<Date>().ok());
        if day.is_some_and(|day| day < oldest)
            && let Err(error) = std::fs::remove_file(&path)
        {
            tracing::warn!(%error, file = %path.display(), "an old record stays");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use domain::{Mount, Size, TimeBasis};
    use flate2::read::MultiGzDecoder;

    use super::*;

    fn view(at: &str) -> View {
        View {
            source: SourceId::known("cam"),
            at: at.parse().unwrap(),
            basis: TimeBasis::Capture,
            frame: 0,
            size: Size { width: 100, height: 100 },
            mount: Mount::Fixed,
            observations: Vec::new(),
        }
    }

    /// The times of the views in a file.
    fn times(path: &Path) -> Vec<String> {
        let mut text = String::new();
        MultiGzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
        let read = text.lines().map(|line| serde_json::from_str::<View>(line).unwrap());
        read.map(|view| view.at.to_string()).collect()
    }

    #[test]
    fn so_many_views_a_second_are_kept_a_file_a_day_and_none_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let keep = Duration::from_hours(24);
        let log = || ViewLog::new(folder.path().to_owned(), Duration::from_secs(1), keep);
        let mut first = log();
        for at in ["2026-05-01T23:59:58Z", "2026-05-01T23:59:58.5Z", "2026-05-01T23:59:59Z"] {
            first.note(&view(at));
        }
        drop(first);
        // Another run goes on in the same file.
        let mut second = log();
        second.note(&view("2026-05-01T23:59:59.9Z"));
        second.note(&view("2026-05-02T00:00:00Z"));
        drop(second);
        let (first, next) = ("cam/2026-05-01.jsonl.gz", "cam/2026-05-02.jsonl.gz");
        assert_eq!(times(&folder.path().join(first)).len(), 3);
        assert_eq!(times(&folder.path().join(next)), ["2026-05-02T00:00:00Z"]);
        let mut third = log();
        third.note(&view("2026-05-03T12:00:00Z"));
        assert!(!folder.path().join(first).exists());
        assert!(folder.path().join(next).exists());
    }
}
