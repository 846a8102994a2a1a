//! The boxes of a series of pictures, as lines that `Scripted` reads.
//!
//!     cargo run --release -p detector --example boxes -- MODEL MIN_SCORE PICTURE...

use std::io::Write;
use std::path::Path;

use detector::{Config, Detect, Onnx, picture};
use domain::{Frame, SourceId, TimeBasis};
use jiff::Timestamp;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut given = std::env::args().skip(1);
    let model = given.next().ok_or("which model?")?;
    let min_score = given.next().ok_or("which score?")?.parse()?;
    let config = Config { model, min_score: Some(min_score), ..Config::default() };
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let mut onnx = Onnx::open(&config, &models)?;
    let source = SourceId::new("boxes")?;
    let mut out = std::io::stdout().lock();
    for (number, path) in (0..).zip(given) {
        let (size, pixels) = picture::read(Path::new(&path))?;
        let (at, basis) = (Timestamp::UNIX_EPOCH, TimeBasis::Media);
        let frame = Frame::new(source.clone(), number, at, basis, size, pixels)?;
        let detections = onnx.detect(&frame)?;
        let line = serde_json::json!({ "frame": number, "detections": detections });
        writeln!(out, "{line}")?;
    }
    Ok(())
}
