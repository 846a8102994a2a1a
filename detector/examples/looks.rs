//! What looking for plates comes to on every vehicle of a folder of pictures, for example frames of a street.
//!
//!     cargo run -p detector --example looks -- FOLDER [MIN_WIDTH [MIN_CONFIDENCE]]
//!
//! Prints what became of the looks, and each plate that was told: where no plate is legible, each of these is wrong.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use detector::plate::{Glance, PlateEye, Vote};
use detector::{Config, Detect, Onnx, picture};
use domain::{Frame, SourceId, TimeBasis};
use jiff::Timestamp;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut given = std::env::args().skip(1);
    let folder = PathBuf::from(given.next().ok_or("which folder?")?);
    let mut config = Config::default();
    config.plates.min_width = given.next().map_or(Ok(60), |width| width.parse())?;
    config.plates.min_confidence = given.next().map_or(Ok(0.8), |sure| sure.parse())?;
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let mut onnx = Onnx::open(&config, &models)?;
    let mut eye = PlateEye::open(&config, &models)?;
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, Failure>>()?;
    paths.sort();

    let (mut vehicles, mut spent) = (0_u32, Duration::ZERO);
    let mut came_to = BTreeMap::<&str, u32>::new();
    let mut out = std::io::stdout();
    for path in &paths {
        let (size, pixels) = picture::read(path)?;
        let (at, basis) = (Timestamp::UNIX_EPOCH, TimeBasis::Media);
        let frame = Frame::new(SourceId::new("looks")?, 0, at, basis, size, pixels)?;
        for vehicle in onnx.detect(&frame)?.iter().filter(|found| found.class.is_motor_vehicle()) {
            vehicles += 1;
            let begun = Instant::now();
            let glance = eye.look(&frame, vehicle.bbox.relative(size))?;
            spent += begun.elapsed();
            let word = match glance {
                Glance::TooSmall => "too small",
                Glance::Nothing => "nothing",
                Glance::Several => "several",
                Glance::Illegible => "illegible",
                Glance::Read(reading) => {
                    let mut vote = Vote::new();
                    vote.add(&reading);
                    match vote.plate(config.plates.min_confidence) {
                        None => "doubtful",
                        Some(plate) => {
                            let colour = plate.colour.map_or("?", domain::PlateColour::as_str);
                            writeln!(out, "{}: {} {colour}", path.display(), plate.full())?;
                            "told"
                        }
                    }
                }
            };
            *came_to.entry(word).or_default() += 1;
        }
    }
    let report = serde_json::json!({
        "pictures": paths.len(),
        "vehicles": vehicles,
        "looks": came_to,
        "ms_a_vehicle": spent.as_secs_f64() * 1e3 / f64::from(vehicles.max(1)),
    });
    writeln!(out, "{report}")?;
    Ok(())
}
