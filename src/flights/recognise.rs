//! Whether files are what a drone brought back, or plain recordings.

use std::path::{Path, PathBuf};

use super::media;

/// Telemetry, routes and archives make a flight of everything given with them.
const OF_DRONES: [&str; 7] = ["srt", "klv", "bin", "csv", "kmz", "kml", "zip"];
const PHOTOS: [&str; 3] = ["jpg", "jpeg", "mpo"];
const TRANSPORT: [&str; 3] = ["ts", "m2ts", "mts"];

/// Whether something among `paths` says where a camera was while it looked.
pub(crate) fn is_flight(paths: &[PathBuf]) -> bool {
    paths.iter().any(|path| if path.is_dir() { holds_flight(path) } else { of_drone(path) })
}

fn holds_flight(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() { holds_flight(&path) } else { of_drone(&path) }
    })
}

fn of_drone(path: &Path) -> bool {
    let ending = media::ending(path);
    let posed = || {
        let telemetry = media::photo(path).ok().and_then(|photo| photo.telemetry);
        telemetry.is_some_and(|t| t.samples.iter().any(|sample| sample.position.is_some()))
    };
    OF_DRONES.contains(&ending.as_str())
        || PHOTOS.contains(&ending.as_str()) && posed()
        || TRANSPORT.contains(&ending.as_str()) && media::has_klv(path)
        || beside(path)
}

/// Whether telemetry of the same name lies beside it.
fn beside(path: &Path) -> bool {
    ["srt", "SRT", "klv", "KLV"].iter().any(|ending| path.with_extension(ending).is_file())
}

/// A file with the telemetry that lies beside it.
pub(crate) fn with_telemetry(path: &Path) -> Vec<PathBuf> {
    let beside = ["srt", "SRT", "klv", "KLV"].iter().map(|ending| path.with_extension(ending));
    let found = beside.filter(|side| path.is_file() && side.is_file() && side != path);
    std::iter::once(path.to_owned()).chain(found.take(1)).collect()
}
