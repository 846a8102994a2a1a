//! Which files of an upload belong together.
//!
//! Goes by names alone: the kind by the ending, the telemetry of a video by the same stem in the
//! same folder. What is inside is somebody else's question, and so is a kind that the name hides.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use domain::MediaKind;

/// One uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Path inside the flight, `/` between folders.
    pub name: String,
    pub bytes: u64,
}

/// One file and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    pub bytes: u64,
    pub kind: MediaKind,
    /// For a video: the file beside it that tells its poses.
    pub telemetry: Option<String>,
}

/// A flight's files, each once, in the natural order of their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub parts: Vec<Part>,
    /// Telemetry that belongs to no video by name: logs of the whole flight, subtitles and streams
    /// without their video.
    pub logs: Vec<String>,
}

impl Plan {
    /// The files of one kind.
    pub fn of(&self, kind: MediaKind) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.kind == kind)
    }
}

/// Sorts an upload. A name that occurs twice is taken once.
pub fn plan(files: &[FileEntry]) -> Plan {
    let mut files: Vec<&FileEntry> = files.iter().collect();
    files.sort_by(|a, b| natural(&a.name, &b.name));
    files.dedup_by(|a, b| a.name == b.name);
    let beside = telemetry_by_stem(&files);
    let parts: Vec<Part> = files.iter().map(|file| part(file, &beside)).collect();
    let paired = |name: &String| parts.iter().any(|part| part.telemetry.as_ref() == Some(name));
    let telemetry = parts.iter().filter(|part| part.kind == MediaKind::Telemetry);
    let logs = telemetry.map(|part| part.name.clone()).filter(|name| !paired(name)).collect();
    Plan { parts, logs }
}

/// Endings in lower case.
const VIDEOS: [&str; 8] = ["mp4", "mov", "m4v", "mkv", "ts", "m2ts", "mpg", "mpeg"];
const PHOTOS: [&str; 3] = ["jpg", "jpeg", "mpo"];
const ROUTES: [&str; 2] = ["kmz", "kml"];
/// The better first: subtitles say which frame they belong to.
const BESIDE: [&str; 3] = ["srt", "klv", "bin"];
const LOGS: [&str; 1] = ["csv"];

fn kind(name: &str) -> MediaKind {
    let Some((_, ending)) = stem_and_ending(name) else { return MediaKind::Other };
    let is = |endings: &[&str]| endings.contains(&ending.as_str());
    match () {
        () if is(&VIDEOS) => MediaKind::Video,
        () if is(&PHOTOS) => MediaKind::Photo,
        () if is(&ROUTES) => MediaKind::Route,
        () if is(&BESIDE) || is(&LOGS) => MediaKind::Telemetry,
        () => MediaKind::Other,
    }
}

fn part(file: &FileEntry, beside: &BTreeMap<String, String>) -> Part {
    let kind = kind(&file.name);
    let stem = stem_and_ending(&file.name).filter(|_| kind == MediaKind::Video);
    let telemetry = stem.and_then(|(stem, _)| beside.get(&stem).cloned());
    Part { name: file.name.clone(), bytes: file.bytes, kind, telemetry }
}

/// The best telemetry file of each stem.
fn telemetry_by_stem(files: &[&FileEntry]) -> BTreeMap<String, String> {
    let mut beside = BTreeMap::new();
    for wanted in BESIDE {
        for file in files {
            if let Some((stem, ending)) = stem_and_ending(&file.name)
                && ending == wanted
            {
                beside.entry(stem).or_insert_with(|| file.name.clone());
            }
        }
    }
    beside
}

/// Folder and stem, and ending, in lower case. `None` for hidden files, among them the `._` twins
/// that Macs put into archives, and for names without an ending.
fn stem_and_ending(name: &str) -> Option<(String, String)> {
    let file = name.rsplit('/').next()?;
    let hidden = file.starts_with('.') || name.split('/').any(|folder| folder == "__MACOSX");
    let (stem, ending) = name.rsplit_once('.')?;
    let sound = !hidden && !ending.contains('/');
    sound.then(|| (stem.to_lowercase(), ending.to_lowercase()))
}

/// `DJI_2` before `DJI_10`, whatever the case; names that differ in nothing else, by their bytes.
fn natural(a: &str, b: &str) -> Ordering {
    let by_piece = pieces(a).cmp(pieces(b));
    by_piece.then_with(|| a.cmp(b))
}

/// Runs of digits by their value, other characters in lower case.
fn pieces(name: &str) -> impl Iterator<Item = Piece> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if digits == 0 {
            rest = &rest[first.len_utf8()..];
            return Some(Piece::Char(first.to_lowercase().next().unwrap_or(first)));
        }
        let number = rest[..digits].trim_start_matches('0');
        rest = &rest[digits..];
        Some(Piece::Number(number.len(), number.to_owned()))
    })
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    /// How many digits, then which.
    Number(usize, String),
    Char(char),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn files(names: &[&str]) -> Vec<FileEntry> {
        names.iter().map(|name| FileEntry { name: (*name).to_owned(), bytes: 1 }).collect()
    }

    #[test]
    fn a_video_finds_its_telemetry() {
        for (names, expected) in [
            (&["DJI_0001.MP4", "DJI_0001.SRT"][..], Some("DJI_0001.SRT")),
            (&["DJI_0001.MP4", "dji_0001.srt"], Some("dji_0001.srt")),
            (&["a/DJI_0001.MP4", "b/DJI_0001.SRT"], None),
            (&["v.ts", "v.klv", "v.bin"], Some("v.klv")),
            (&["v.ts", "v.klv", "v.srt"], Some("v.srt")),
            (&["v.mp4", "v.csv"], None),
            (&["v.mp4", "._v.srt"], None),
            (&["v.mp4", "__MACOSX/v.srt"], None),
            (&["v.1.mp4", "v.1.srt", "v.srt"], Some("v.1.srt")),
        ] {
            let plan = plan(&files(names));
            let video = plan.of(MediaKind::Video).next().unwrap();
            assert_eq!(video.telemetry.as_deref(), expected, "{names:?}");
        }
    }

    #[test]
    fn an_upload_is_sorted() {
        let names = [
            "DJI_10.MP4",
            "notes.txt",
            "DJI_2.MP4",
            "DJI_2.SRT",
            "flight.csv",
            "DJI_3.JPG",
            "route.kmz",
            "DJI_9.srt",
            "README",
            "x.zip",
            "DJI_2.LRF",
        ];
        let plan = plan(&files(&names));
        let sorted: Vec<(&str, MediaKind)> =
            plan.parts.iter().map(|part| (part.name.as_str(), part.kind)).collect();
        assert_eq!(
            sorted,
            [
                ("DJI_2.LRF", MediaKind::Other),
                ("DJI_2.MP4", MediaKind::Video),
                ("DJI_2.SRT", MediaKind::Telemetry),
                ("DJI_3.JPG", MediaKind::Photo),
                ("DJI_9.srt", MediaKind::Telemetry),
                ("DJI_10.MP4", MediaKind::Video),
                ("flight.csv", MediaKind::Telemetry),
                ("notes.txt", MediaKind::Other),
                ("README", MediaKind::Other),
                ("route.kmz", MediaKind::Route),
                ("x.zip", MediaKind::Other),
            ]
        );
        assert_eq!(plan.logs, ["DJI_9.srt", "flight.csv"]);
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_matter(
            mut names in prop::collection::vec("[aA0-9._/]{1,8}", 0..12),
        ) {
            let listed = |names: &[String]| {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                plan(&files(&names))
            };
            let forward = listed(&names);
            names.reverse();
            prop_assert_eq!(&forward, &listed(&names));
            names.sort_unstable();
            names.dedup();
            prop_assert_eq!(forward.parts.len(), names.len());
        }
    }
}
