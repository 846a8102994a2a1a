//! Whether another provider, precision or model finds what the reference finds, in a video.
//!
//!     cargo run --release --example agree -- VIDEO MODEL [PROVIDER PRECISION [OTHER_MODEL [EVERY]]]
//!
//! The reference is MODEL in f32 on ONNX Runtime's own kernels, of the same library. Of every EVERY-th frame,
//! boxes of one class agree from an `IoU` of 0.5 on, each once. Prints JSON: `found` is the share of the
//! reference's boxes that the other has, `confirmed` the share of the other's that the reference has.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use detector::{Config, Detect, Manifest, Onnx, Precision, Provider, choose};
use domain::{Detection, Frame, SourceId, SystemClock};
use ingest::{Input, Pace, Sink, SourceSpec, Start, Taken};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut given = std::env::args().skip(1);
    let video = PathBuf::from(given.next().ok_or("which video?")?);
    let model = given.next().ok_or("which model?")?;
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let mut other = Config { model: model.clone(), ..Config::automatic() };
    if let Some(provider) = given.next() {
        other.provider = provider.parse()?;
    }
    match given.next().as_deref() {
        Some("bf16") => other.precision = Some(Precision::Bf16),
        Some("f32") => other.precision = Some(Precision::F32),
        _ => {}
    }
    if let Some(model) = given.next() {
        other.model = model;
    }
    let every: u64 = given.next().map_or(Ok(5), |every| every.parse())?;
    let library = choose(&other, &Manifest::load(&models)?, &models)?.library;
    other.provider = match other.provider {
        // The library is named below, which would make `auto` the CPU provider.
        Provider::Auto if library.parent().is_some_and(|dir| dir.ends_with("openvino")) => {
            Provider::OpenVino
        }
        provider => provider,
    };
    other.runtime = Some(library.clone());
    let (provider, runtime) = (Provider::Cpu, Some(library));
    let reference = Config { model, provider, runtime, ..Config::default() };
    let (mut reference, mut other) =
        (Onnx::open(&reference, &models)?, Onnx::open(&other, &models)?);

    let mut counts = Counts::default();
    for frame in frames(video)?.iter().filter(|frame| frame.number % every == 0) {
        counts.add(&reference.detect(&frame)?, &other.detect(&frame)?);
    }
    let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
    let report = serde_json::json!({
        "reference": reference.active().model,
        "active": other.active(),
        "frames": counts.frames,
        "reference_boxes": counts.wanted,
        "boxes": counts.got,
        "found": share(counts.both, counts.wanted),
        "confirmed": share(counts.both, counts.got),
    });
    writeln!(std::io::stdout(), "{report}")?;
    Ok(())
}

fn frames(video: PathBuf) -> Result<mpsc::Receiver<Frame>, Failure> {
    ingest::init()?;
    let (tell, told) = mpsc::sync_channel(4);
    let spec = SourceSpec {
        id: SourceId::new("agree")?,
        name: "agree".to_owned(),
        input: Input::File(video),
        pace: Pace::Every,
        start: Start::Media,
    };
    let sink: Sink = Box::new(move |frame| match tell.send(frame) {
        Ok(()) => Taken::Kept,
        Err(_) => Taken::Closed,
    });
    let (clock, config) = (Arc::new(SystemClock), ingest::Config::default());
    // Its thread goes on without this handle, and lets go of the channel at the end.
    drop(ingest::spawn(spec, None, sink, Box::new(|_| ()), clock, &config));
    Ok(told)
}

#[derive(Default)]
struct Counts {
    frames: u32,
    wanted: u32,
    got: u32,
    both: u32,
}

impl Counts {
    fn add(&mut self, reference: &[Detection], other: &[Detection]) {
        let count = |boxes: &[Detection]| u32::try_from(boxes.len()).unwrap_or(u32::MAX);
        self.frames += 1;
        self.wanted += count(reference);
        self.got += count(other);
        let mut free: Vec<&Detection> = other.iter().collect();
        for one in reference {
            let iou = |candidate: &Detection| {
                let same = candidate.class == one.class;
                if same { candidate.bbox.iou(one.bbox) } else { 0.0 }
            };
            let best = (0..free.len()).max_by(|&a, &b| iou(free[a]).total_cmp(&iou(free[b])));
            if let Some(best) = best.filter(|&best| iou(free[best]) >= 0.5) {
                free.swap_remove(best);
                self.both += 1;
            }
        }
    }
}
