//! Looks at an input without reading it through: what it holds, how large and how long.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{Size, SystemClock, TimeBasis};
use gstreamer as gst;
use gstreamer_video as gst_video;
use jiff::Timestamp;

use crate::axis::{Axis, Basis};
use crate::pipeline::{Flow, Next, Pipeline, Plan};
use crate::reason::Fault;
use crate::{Config, Input};

/// What an input holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// `H.264`, `H.265`, else as GStreamer names it: `image/jpeg`, `video/mpeg`…
    pub codec: String,
    /// Pixels of the first picture.
    pub width: u32,
    pub height: u32,
    /// As the container tells it; `None` for a camera.
    pub duration: Option<Duration>,
    /// Frames per second as the stream tells it; `None` where it varies or is not told.
    pub frame_rate: Option<f64>,
}

/// Why an input cannot be looked at.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{input}`: {reason}")]
pub struct ProbeError {
    /// Without any password.
    pub input: String,
    pub reason: String,
}

/// Reads as far as the first picture. Blocks for at most 15 s.
pub fn probe(input: &Input) -> Result<Probe, ProbeError> {
    let failed = |reason: String| ProbeError { input: input.to_string(), reason };
    crate::init().map_err(|error| failed(error.to_string()))?;
    let config = Config::default();
    let (flow, file) = match input {
        Input::Rtsp { .. } => (Flow::Live, None),
        Input::File(path) => (Flow::Every, Some(path.clone())),
        Input::Images(folder) => (Flow::Every, Some(first_image(folder).map_err(failed)?)),
    };
    if let Some(path) = &file {
        crate::file::readable(path).map_err(failed)?;
    }
    let plan = Plan {
        flow,
        axis: Arc::new(Axis::new(Basis::From(Timestamp::UNIX_EPOCH, TimeBasis::Media))),
        clock: Arc::new(SystemClock),
        recorder: None,
        config: config.clone(),
    };
    let opened = match (input, &file) {
        (Input::Rtsp { url, transport }, _) => Pipeline::camera(url, *transport, plan),
        (_, Some(path)) => Pipeline::file(path, plan),
        (_, None) => return Err(failed("it names no file".to_owned())),
    };
    let mut pipeline = opened.map_err(|error| failed(error.to_string()))?;
    let reason = |fault: &Fault| match (input, &file) {
        (Input::Rtsp { url, .. }, _) => fault.of_camera(url, config.connect_timeout),
        (_, Some(path)) => fault.of_file(path),
        (_, None) => String::new(),
    };
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        match pipeline.next(Duration::from_millis(100)) {
            Next::Picture(sample) => {
                let found = described(input, &pipeline, &sample);
                return found.ok_or_else(|| failed("its first picture has no size".to_owned()));
            }
            Next::Nothing => {}
            Next::End => return Err(failed("it holds no readable picture".to_owned())),
            Next::Lost(fault) => return Err(failed(reason(&fault))),
        }
    }
    Err(failed(format!("no picture came within {} s", PATIENCE.as_secs())))
}

const PATIENCE: Duration = Duration::from_secs(15);

fn described(input: &Input, pipeline: &Pipeline, sample: &gst::Sample) -> Option<Probe> {
    let info = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
    let size = Size::new(info.width(), info.height()).ok()?;
    let rate = info.fps();
    let rate = (rate.numer() > 0 && rate.denom() > 0)
        .then(|| f64::from(rate.numer()) / f64::from(rate.denom()));
    let is_file = matches!(input, Input::File(_));
    Some(Probe {
        codec: pipeline.codec(),
        width: size.width,
        height: size.height,
        duration: pipeline.length().filter(|_| is_file).map(Duration::from),
        frame_rate: rate.filter(|_| !matches!(input, Input::Images(_))),
    })
}

fn first_image(folder: &Path) -> Result<PathBuf, String> {
    let files = crate::images::listed(folder).map_err(|error| error.to_string())?;
    files.into_iter().next().ok_or_else(|| "the folder holds no picture".to_owned())
}
