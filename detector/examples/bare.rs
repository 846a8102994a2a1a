//! What `detect()` costs on top of the bare session, on one picture, and what memory it takes for a frame.
//!
//!     cargo run --release -p detector --example bare -- PICTURE [key=value ...]
//!
//! Keys: model, provider (auto, cpu, openvino), precision (f32, bf16), threads, rounds, and form: `bgr`, or
//! `video` for the planes that a video decoder gives (default).
//!
//! Takes turns of 10 runs each, so that a slow minute touches both. Prints medians as JSON: wall time, and CPU
//! time of this thread, which other programs disturb less (Linux; with one thread). `allocations` are those of
//! the Rust code, a frame, when it has run for a while; what the C++ libraries take they do not count.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bytes::Bytes;
use detector::{Config, Detect, Onnx, Precision, picture};
use domain::{ColourMatrix, ColourRange, Frame, Pixels, Planes, Rows, Size, SourceId, TimeBasis};
use jiff::Timestamp;

type Failure = Box<dyn std::error::Error>;

#[global_allocator]
static COUNTING: Counting = Counting(AtomicU64::new(0));

fn main() -> Result<(), Failure> {
    let mut given = std::env::args().skip(1);
    let picture = given.next().ok_or("which picture?")?;
    let mut config = Config::automatic();
    let (mut rounds, mut video) = (20, true);
    for pair in given {
        let (key, value) = pair.split_once('=').ok_or("key=value, please")?;
        match key {
            "model" => value.clone_into(&mut config.model),
            "provider" => config.provider = value.parse()?,
            "precision" if value == "bf16" => config.precision = Some(Precision::Bf16),
            "precision" => config.precision = Some(Precision::F32),
            "threads" => config.threads = value.parse()?,
            "rounds" => rounds = value.parse()?,
            "form" => video = value == "video",
            _ => return Err(format!("unknown key `{key}`").into()),
        }
    }
    let (size, bgr) = picture::read(Path::new(&picture))?;
    let pixels = if video { planes(size, &bgr)?.into() } else { Pixels::from(bgr) };
    let (source, at) = (SourceId::new("bare")?, Timestamp::UNIX_EPOCH);
    let frame = Frame::of(source, 0, at, TimeBasis::Media, size, pixels)?;

    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let begun = Instant::now();
    let mut onnx = Onnx::open(&config, &models)?;
    onnx.warm_up()?;
    let start_ms = begun.elapsed().as_secs_f64() * 1e3;
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
        "start_ms": start_ms,
        "found": found,
        "bare_ms": median(&bare.wall_ms),
        "detect_ms": median(&whole.wall_ms),
        "bare_cpu_ms": bare_cpu,
        "detect_cpu_ms": whole_cpu,
        "cpu_ratio": bare_cpu / whole_cpu,
        "bare_allocations": median(&bare.allocations),
        "allocations": median(&whole.allocations),
    });
    writeln!(std::io::stdout(), "{report}")?;
    Ok(())
}

/// BT.601 in the limited range, as most video has it.
fn planes(size: Size, bgr: &[u8]) -> Result<Planes, Failure> {
    let (width, height) = (size.width as usize, size.height as usize);
    let at = |x: usize, y: usize| {
        let start = 3 * (y.min(height - 1) * width + x.min(width - 1));
        [bgr[start], bgr[start + 1], bgr[start + 2]].map(i32::from)
    };
    let rows = |step: usize, of: fn([i32; 3]) -> i32| {
        let (columns, lines) = (width.div_ceil(step), height.div_ceil(step));
        let cells = (0..lines).flat_map(|y| (0..columns).map(move |x| (x, y)));
        let bytes = cells.map(|(x, y)| u8::try_from(of(at(step * x, step * y))).unwrap_or(0));
        Rows { bytes: Bytes::from(bytes.collect::<Vec<u8>>()), stride: columns }
    };
    let luma = rows(1, |[b, g, r]| ((66 * r + 129 * g + 25 * b + 128) >> 8) + 16);
    let blue = rows(2, |[b, g, r]| ((-38 * r - 74 * g + 112 * b + 128) >> 8) + 128);
    let red = rows(2, |[b, g, r]| ((112 * r - 94 * g - 18 * b + 128) >> 8) + 128);
    let matrix = ColourMatrix::new(0.299, 0.114, ColourRange::Limited);
    Ok(Planes::new(size, [luma, blue, red], matrix)?)
}

#[derive(Default)]
struct Runs {
    wall_ms: Vec<f64>,
    cpu_ms: Vec<f64>,
    allocations: Vec<f64>,
}

impl Runs {
    #[expect(clippy::cast_precision_loss, reason = "a count of allocations")]
    fn time<T, E>(&mut self, work: impl FnOnce() -> Result<T, E>) -> Result<T, Failure>
    where
        E: Into<Failure>,
    {
        let (started, cpu) = (Instant::now(), cpu_ms()?);
        let taken = COUNTING.0.load(Ordering::Relaxed);
        let result = work().map_err(Into::into)?;
        let taken = COUNTING.0.load(Ordering::Relaxed) - taken;
        self.wall_ms.push(started.elapsed().as_secs_f64() * 1e3);
        self.cpu_ms.push(cpu_ms()? - cpu);
        self.allocations.push(taken as f64);
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
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The system's allocator, counting.
struct Counting(AtomicU64);

// SAFETY: every call goes to the system's allocator as it came.
#[expect(unsafe_code, reason = "there is no other way to count allocations")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.0.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        self.0.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}
