//! What looking in tiles costs, beside as many single inferences, and what an empty scene costs.
//!
//!     cargo run --release -p detector --example tiled -- PICTURE [SIDE [MODEL [ROUNDS]]]
//!
//! Prints medians of this thread's CPU time as JSON, which other programs disturb less than wall time
//! (Linux). `ratio` is the time of a frame over tiles × the time of the bare session; `quiet` is the time of
//! a frame in which nothing changed since the last.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use detector::{Config, Detect, Onnx, TileConfig, Tiled, picture};
use domain::{Frame, SourceId, TimeBasis};
use jiff::Timestamp;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut given = std::env::args().skip(1);
    let path = given.next().ok_or("which picture?")?;
    let tile: u32 = given.next().map_or(Ok(640), |tile| tile.parse())?;
    let mut config = Config::default();
    config.model = given.next().unwrap_or(config.model);
    let rounds: usize = given.next().map_or(Ok(20), |rounds| rounds.parse())?;

    let (size, pixels) = picture::read(Path::new(&path))?;
    let source = SourceId::new("tiled")?;
    let (at, basis) = (Timestamp::UNIX_EPOCH, TimeBasis::Media);
    let frame = Frame::new(source, 0, at, basis, size, pixels)?;
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let mut bare = Onnx::open(&config, &models)?;
    let usual = TileConfig { side: tile, ..TileConfig::default() };
    let every = |tiles: TileConfig| -> Result<Tiled, Failure> {
        Ok(Tiled::new(Onnx::open(&config, &models)?, tiles, BTreeMap::new()))
    };
    let (mut tiled, mut gated) = (every(usual.always())?, every(usual)?);
    let found = tiled.detect(&frame)?.len();
    gated.detect(&frame)?;
    bare.warm_up()?;

    let (mut single_ms, mut frame_ms, mut quiet_ms) = (vec![], vec![], vec![]);
    for _ in 0..rounds {
        for _ in 0..10 {
            single_ms.push(time(|| bare.warm_up().map_err(Into::into))?);
        }
        frame_ms.push(time(|| Ok(tiled.detect(&frame).map(drop)?))?);
        quiet_ms.push(time(|| Ok(gated.detect(&frame).map(drop)?))?);
    }
    let looks = tiled.looks().run / tiled.looks().frames;
    let (single, whole) = (median(&mut single_ms), median(&mut frame_ms));
    #[expect(clippy::cast_precision_loss, reason = "a number of tiles")]
    let ratio = whole / (looks as f64 * single);
    let report = serde_json::json!({
        "model": tiled.active().model,
        "picture": format!("{}x{}", size.width, size.height),
        "tile": tile,
        "looks": looks,
        "found": found,
        "single_cpu_ms": single,
        "frame_cpu_ms": whole,
        "ratio": ratio,
        "quiet_cpu_ms": median(&mut quiet_ms),
    });
    writeln!(std::io::stdout(), "{report}")?;
    Ok(())
}

/// CPU time of this thread, which does the inference, too.
fn time(work: impl FnOnce() -> Result<(), Failure>) -> Result<f64, Failure> {
    let started = cpu_ms()?;
    work()?;
    Ok(cpu_ms()? - started)
}

fn cpu_ms() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = stat.split(' ').next().ok_or("no schedstat")?.parse()?;
    Ok(nanoseconds / 1e6)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
