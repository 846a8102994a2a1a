//! What `detect()` costs on top of the bare session, on one picture.
//!
//!     cargo run --release -p detector --example bare -- PICTURE [MODEL [THREADS [ROUNDS [LIBRARY]]]]
//!
//! `LIBRARY` is an ONNX Runtime with `OpenVINO`, which then runs the model in bf16.
//!
//! Takes turns of 10 runs each, so that a slow minute touches both. Prints medians as JSON: wall time,
//! and CPU time of this thread, which other programs disturb less (Linux; with one thread).

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
        (config.provider, config.precision) = (Provider::OpenVino, Some(Precision::Bf16));
    }

    let (size, pixels) = picture::read(Path::new(&picture))?;
    let source = SourceId::new("bare")?;
    let (at, basis) = (Timestamp::UNIX_EPOCH, TimeBasis::Media);
    let frame = Frame::new(source, 0, at, basis, size, pixels)?;
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let mut onnx = Onnx::open(&config, &models)?;
    let found = onnx.detect(&frame)?.len();

    let (mut bare, mut whole) = (Runs::default(), Runs::default());
    for _ in 0..rounds {
        for _ in 0..10 {
            bare.time(|| onnx.warm_up())?;
        }
        for _ in 0..10 {
            whole.time(|| onnx.detect(&frame))?;
        }
    }
    let (bare_cpu, whole_cpu) = (median(&bare.cpu_ms), median(&whole.cpu_ms));
    let report = serde_json::json!({
        "active": onnx.active(),
        "picture": format!("{}x{}", size.width, size.height),
        "found": found,
        "bare_ms": median(&bare.wall_ms),
        "detect_ms": median(&whole.wall_ms),
        "bare_cpu_ms": bare_cpu,
        "detect_cpu_ms": whole_cpu,
        "cpu_ratio": bare_cpu / whole_cpu,
    });
    writeln!(std::io::stdout(), "{report}")?;
    Ok(())
}

#[derive(Default)]
struct Runs {
    wall_ms: Vec<f64>,
    cpu_ms: Vec<f64>,
}

impl Runs {
    fn time<T, E>(&mut self, work: impl FnOnce() -> Result<T, E>) -> Result<T, Failure>
    where
        E: Into<Failure>,
    {
        let (started, cpu) = (Instant::now(), cpu_ms()?);
        let result = work().map_err(Into::into)?;
        self.wall_ms.push(started.elapsed().as_secs_f64() * 1e3);
        self.cpu_ms.push(cpu_ms()? - cpu);
        Ok(result)
    }
}

/// CPU time of this thread.
fn cpu_ms() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = stat.split(' ').next().ok_or("no schedstat")?.parse()?;
    Ok(nanoseconds / 1e6)
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
