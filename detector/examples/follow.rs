//! Follows the boxes of a script: how many tracks, how long they last, how fast it goes.
//!
//!     cargo run --release -p detector --example follow -- SCRIPT FRAMES RATE [REPEATS]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use detector::{Detect, Scripted, Tracker, TrackerConfig};
use domain::{Detection, Frame, Size, SourceId, TimeBasis, TrackId};
use jiff::{SignedDuration, Timestamp};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut given = std::env::args().skip(1);
    let script = given.next().ok_or("which script?")?;
    let frames: u32 = given.next().ok_or("how many frames?")?.parse()?;
    let rate: f64 = given.next().ok_or("how many frames a second?")?.parse()?;
    let repeats: u32 = given.next().map_or(Ok(1), |repeats| repeats.parse())?;

    let boxes = boxes(Path::new(&script), frames)?;
    let mut lengths = BTreeMap::<TrackId, u64>::new();
    let started = Instant::now();
    for _ in 0..repeats {
        lengths.clear();
        let mut tracker = Tracker::new(&TrackerConfig::default());
        let mut at = Timestamp::UNIX_EPOCH;
        for detections in &boxes {
            for sighting in tracker.update(detections, at) {
                *lengths.entry(sighting.track).or_default() += 1;
            }
            at += SignedDuration::try_from_secs_f64(1.0 / rate)?;
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let long = lengths.values().filter(|&&length| length >= 25).count();
    let report = serde_json::json!({
        "frames": boxes.len(),
        "boxes": boxes.iter().map(Vec::len).sum::<usize>(),
        "tracks": lengths.len(),
        "tracks_of_25_frames_and_more": long,
        "frames_per_second": f64::from(repeats) * f64::from(frames) / seconds,
    });
    writeln!(std::io::stdout(), "{report}")?;
    Ok(())
}

fn boxes(script: &Path, frames: u32) -> Result<Vec<Vec<Detection>>, Failure> {
    let mut scripted = Scripted::load(script)?;
    let (source, size) = (SourceId::new("follow")?, Size::new(1, 1)?);
    let mut boxes = vec![];
    for number in 0..u64::from(frames) {
        let (at, basis) = (Timestamp::UNIX_EPOCH, TimeBasis::Media);
        let pixel = vec![0; 3].into();
        let frame = Frame::new(source.clone(), number, at, basis, size, pixel)?;
        boxes.push(scripted.detect(&frame)?);
    }
    Ok(boxes)
}
