//! What `detect()` costs on top of the bare session, on one picture.
//!
//!     cargo run --release -p detector --example bare -- PICTURE [MODEL [THREADS [ROUNDS [LIBRARY]]]]
//!
//! `LIBRARY` is an ONNX Runtime with `OpenVINO`, which then runs the model in bf16.
//!
//! Takes turns of 10 runs each, so that a slow minute touches both; prints medians as JSON.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use detector::{Config, Detect, Onnx, Precision, Provider, picture};
use domain::{Frame, SourceId, TimeBasis};
use jiff::Timestamp;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut given = std::env::args().skip(1);
    let picture = given.next().ok_or("which picture?")?;
    let mut config = Config::default();
    config.model = given.next().unwrap_or(config.model);
    config.threads = given.next().map_or(Ok(1), |threads| threads.parse())?;
    let rounds: usize = given.next().map_or(Ok(20), |rounds| rounds.parse())?;
    if let Some(library) = given.next() {
        config.runtime = Some(library.into());
        (config.provider, config.precision) = (Provider::OpenVino, Precision::Bf16);
    }

    let (size, pixels) = picture::read(Path::new(&picture))?;
    let source = SourceId::new("bare")?;
    let (at, basis) = (Timestamp::UNIX_EPOCH, TimeBasis::Media);
    let frame = Frame::new(source, 0, at, basis, size, pixels)?;
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let mut onnx = Onnx::open(&config, &models)?;
    let found = onnx.detect(&frame)?.len();

    let (mut bare, mut whole) = (vec![], vec![]);
    for _ in 0..rounds {
        for _ in 0..10 {
            let started = Instant::now();
            onnx.warm_up()?;
            bare.push(started.elapsed().as_secs_f64() * 1e3);
        }
        for _ in 0..10 {
            let started = Instant::now();
            onnx.detect(&frame)?;
            whole.push(started.elapsed().as_secs_f64() * 1e3);
        }
    }
    let (bare, whole) = (median(bare), median(whole));
    let report = serde_json::json!({
        "active": onnx.active(),
        "picture": format!("{}x{}", size.width, size.height),
        "found": found,
        "bare_ms": bare,
        "detect_ms": whole,
        "ratio": bare / whole,
    });
    writeln!(std::io::stdout(), "{report}")?;
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
