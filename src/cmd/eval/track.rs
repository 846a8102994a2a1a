//! Tracks against truth, in the layout of `MOTChallenge`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use detector::TrackerConfig;
use detector::score::{self, Given};

/// What the MOT15 sequences have where no seqinfo.ini says otherwise.
const USUAL_RATE_HZ: f64 = 25.0;

struct Sequence {
    name: String,
    truth: String,
    test: String,
    rate_hz: f64,
}

/// The table of every sequence in `folder`: as given, and our tracker on the same boxes.
pub(super) fn eval(folder: &Path) -> anyhow::Result<String> {
    let sequences =
        folders(folder)?.iter().map(|path| read(path)).collect::<anyhow::Result<Vec<_>>>()?;
    let given: Vec<Given<'_>> = sequences
        .iter()
        .map(|s| Given { name: &s.name, truth: &s.truth, test: &s.test, rate_hz: s.rate_hz })
        .collect();
    Ok(score::report(&given, &TrackerConfig::default())?.to_string())
}

fn folders(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if folder.join("gt.txt").is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let context = || format!("cannot read the folder `{}`", folder.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(context)? {
        let path = entry.with_context(context)?.path();
        if path.join("gt.txt").is_file() {
            found.push(path);
        }
    }
    found.sort();
    anyhow::ensure!(!found.is_empty(), "no gt.txt in `{}` or a folder in it", folder.display());
    Ok(found)
}

fn read(folder: &Path) -> anyhow::Result<Sequence> {
    let info = folder.join("seqinfo.ini");
    let told = if info.is_file() { score::frame_rate(&super::text(&info)?) } else { None };
    let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
    Ok(Sequence {
        name,
        truth: super::text(&folder.join("gt.txt"))?,
        test: super::text(&folder.join("test.txt"))?,
        rate_hz: told.unwrap_or(USUAL_RATE_HZ),
    })
}
