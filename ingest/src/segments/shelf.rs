//! The segments of one source: their names, which of them cover a span, which are to go.

use std::path::{Path, PathBuf};

use super::units::Units;

/// One closed segment. Times are microseconds since 1970 on the frame-time axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub run: i64,
    pub start: i64,
    /// After the last picture.
    pub end: i64,
    pub bytes: u64,
    /// Order of writing among all sources.
    pub written: u64,
    pub path: PathBuf,
}

/// All segments of one source, in no order.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    segments: Vec<Segment>,
    latest_run: i64,
    pub recording: Recording,
    /// The codec, when it is one that is not kept.
    pub cannot_keep: Option<String>,
}

/// Whether the source is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Recording {
    #[default]
    No,
    /// A run has begun; its first key frame has not come yet.
    Begun,
    /// The open segment began at this time.
    Since(i64),
}

impl Shelf {
    /// A new run, later than all before it; `now` in microseconds.
    pub(super) fn begin(&mut self, now: i64) -> i64 {
        self.recording = Recording::Begun;
        self.cannot_keep = None;
        self.next_run(now)
    }

    /// A number above all before it, `least` if possible.
    pub(super) fn next_run(&mut self, least: i64) -> i64 {
        self.latest_run = least.max(self.latest_run.saturating_add(1));
        self.latest_run
    }

    pub(super) fn opened(&mut self, run: i64, start: i64) {
        if run == self.latest_run {
            self.recording = Recording::Since(start);
        }
    }

    /// Adds a closed segment and takes out what is older than `keep` before its end, and what
    /// earlier runs hold of the same time.
    pub(super) fn add(&mut self, new: Segment, keep: i64) -> Vec<Segment> {
        let too_old = new.end.saturating_sub(keep);
        let goes = |old: &mut Segment| {
            let replaced = old.run < new.run && old.overlaps(new.start, new.end);
            old.end < too_old || replaced
        };
        let old = self.segments.extract_if(.., goes).filter(|old| old.path != new.path).collect();
        self.segments.push(new);
        old
    }

    /// Adds a segment that an earlier program left.
    pub(super) fn found(&mut self, segment: Segment) {
        self.latest_run = self.latest_run.max(segment.run);
        self.segments.push(segment);
    }

    /// The segments that hold something of `from..=to`, in order of time and without overlap.
    pub(super) fn covering(&self, from: i64, to: i64) -> Vec<Segment> {
        let mut found: Vec<_> =
            self.segments.iter().filter(|s| s.overlaps(from, to.saturating_add(1))).collect();
        found.sort_by_key(|segment| (std::cmp::Reverse(segment.run), segment.start));
        let mut chosen: Vec<&Segment> = Vec::new();
        for segment in found {
            let hidden = |newer: &&Segment| {
                newer.run > segment.run && newer.overlaps(segment.start, segment.end)
            };
            if !chosen.iter().any(hidden) {
                chosen.push(segment);
            }
        }
        chosen.sort_by_key(|segment| segment.start);
        chosen.into_iter().cloned().collect()
    }

    /// Whether the running recording will still write something up to `to`.
    pub(super) fn still_writing(&self, to: i64, nothing_found: bool) -> bool {
        match self.recording {
            Recording::Since(open) => open <= to,
            Recording::Begun => nothing_found,
            Recording::No => false,
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    pub(super) fn oldest(&self) -> Option<u64> {
        self.segments.iter().map(|segment| segment.written).min()
    }

    pub(super) fn take_oldest(&mut self) -> Option<Segment> {
        let oldest = self.oldest()?;
        let at = self.segments.iter().position(|segment| segment.written == oldest)?;
        Some(self.segments.swap_remove(at))
    }
}

impl Segment {
    fn overlaps(&self, from: i64, to: i64) -> bool {
        self.start < to && from < self.end
    }
}

pub(super) fn open_name(start: i64, run: i64) -> String {
    format!("{start}_open_{run}.ts")
}

pub(super) fn closed_name(start: i64, end: i64, run: i64) -> String {
    format!("{start}_{end}_{run}.ts")
}

/// What a file's name says.
pub(super) struct Named {
    start: i64,
    /// `None`: it was being written when the program ended.
    end: Option<i64>,
    run: i64,
    pub path: PathBuf,
}

/// Reads a segment's name; `None` for a file that is no segment.
pub(super) fn read_name(path: &Path) -> Option<Named> {
    let mut parts = path.file_name()?.to_str()?.strip_suffix(".ts")?.split('_');
    let start = parts.next()?.parse().ok()?;
    let end = match parts.next()? {
        "open" => None,
        end => Some(end.parse().ok().filter(|&end: &i64| end > start)?),
    };
    let run = parts.next()?.parse().ok()?;
    parts.next().is_none().then(|| Named { start, end, run, path: path.to_owned() })
}

/// A segment left by an earlier program. One that was being written is measured and closed; one
/// without any picture is removed.
pub(super) fn recovered(named: Named) -> Option<Segment> {
    let Named { start, end, run, path } = named;
    let (end, path) = match end {
        Some(end) => (end, path),
        None => close(start, run, path)?,
    };
    let bytes = std::fs::metadata(&path).ok()?.len();
    Some(Segment { run, start, end, bytes, written: 0, path })
}

fn close(start: i64, run: i64, open: PathBuf) -> Option<(i64, PathBuf)> {
    let last = Units::open(&open, start).ok().and_then(|units| units.map(|unit| unit.at).max());
    let Some(last) = last else {
        super::remove(&[Segment { run, start, end: start, bytes: 0, written: 0, path: open }]);
        return None;
    };
    // The last picture is shown for some time; how long nobody knows any more.
    let end = last.max(start) + 1;
    let path = open.with_file_name(closed_name(start, end, run));
    std::fs::rename(&open, &path).ok()?;
    Some((end, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP: i64 = 1000;

    fn segment(run: i64, start: i64, end: i64) -> Segment {
        let path = PathBuf::from(closed_name(start, end, run));
        Segment { run, start, end, bytes: 10, written: 0, path }
    }

    fn names(segments: &[Segment]) -> Vec<&str> {
        segments.iter().map(|s| s.path.to_str().unwrap().trim_end_matches(".ts")).collect()
    }

    #[test]
    fn the_newest_run_wins_where_times_overlap() {
        let mut shelf = Shelf::default();
        for (start, end) in [(0, 20), (20, 40), (40, 60)] {
            assert!(shelf.add(segment(1, start, end), KEEP).is_empty());
        }
        assert_eq!(names(&shelf.add(segment(2, 0, 21), KEEP)), ["0_20_1", "20_40_1"]);
        assert_eq!(names(&shelf.covering(0, 100)), ["0_21_2", "40_60_1"]);
        assert_eq!(names(&shelf.covering(21, 39)), [""; 0]);
    }

    #[test]
    fn what_an_earlier_program_left_is_hidden_by_a_newer_run() {
        let mut shelf = Shelf::default();
        shelf.found(segment(1, 0, 20));
        shelf.found(segment(2, 10, 30));
        assert_eq!(names(&shelf.covering(0, 100)), ["10_30_2"]);
        assert!(shelf.begin(1) > 2);
    }

    #[test]
    fn age_counts_back_from_the_newest_segment() {
        let mut shelf = Shelf::default();
        shelf.add(segment(1, 0, 20), KEEP);
        shelf.add(segment(1, 20, 40), KEEP);
        assert_eq!(names(&shelf.add(segment(1, 1020, 1030), KEEP)), ["0_20_1"]);
    }

    #[test]
    fn a_span_that_reaches_into_the_open_segment_is_not_there_yet() {
        let mut shelf = Shelf::default();
        let run = shelf.begin(5);
        assert!(shelf.still_writing(10, true));
        shelf.opened(run, 0);
        assert!(shelf.still_writing(10, true));
        shelf.add(segment(run, 0, 20), KEEP);
        shelf.opened(run, 20);
        assert!(!shelf.still_writing(19, false));
        assert!(shelf.still_writing(20, false));
        shelf.recording = Recording::No;
        assert!(!shelf.still_writing(20, false));
    }

    #[test]
    fn only_segments_are_taken_for_segments() {
        for name in ["1_2_3.ts", "-5_open_3.ts"] {
            assert!(read_name(Path::new(name)).is_some(), "{name}");
        }
        for name in ["1_2.ts", "2_1_3.ts", "a_b_c.ts", "1_2_3.mp4", "1_2_3_4.ts", "..ts"] {
            assert!(read_name(Path::new(name)).is_none(), "{name}");
        }
    }
}
