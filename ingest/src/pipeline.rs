//! One GStreamer pipeline: from a camera or a file to pictures, with a tap for the encoded video.
//!
//! ```text
//! rtspsrc ► depay ► parse ┐
//!                         ├► tee ► queue ► decoder ► videoconvert ► appsink    pictures
//! filesrc ► parsebin ─────┘   └──► queue ► parse ► appsink                     segments
//! ```
//! A file's queues block when full. A live source never blocks: when the decoder is too slow, whole
//! groups of pictures are left out before it (never single ones, which would spoil the rest), while
//! the segments get everything.

mod attach;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Clock;
use gstreamer::{self as gst, prelude::*};
use gstreamer_app as gst_app;
use jiff::Timestamp;
use url::Url;

use crate::axis::{Axis, earlier, from_ntp};
use crate::elements::{InitError, make};
use crate::input::Rtsp;
use crate::picture::picture_sink;
use crate::reason::Fault;
use crate::segments::Recorder;
use crate::{Config, Transport};

/// What a pipeline needs beyond its input.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub flow: Flow,
    pub axis: Arc<Axis>,
    pub clock: Arc<dyn Clock>,
    pub recorder: Option<Arc<Recorder>>,
    pub config: Config,
}

/// How pictures leave the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// As they come from the network; never blocks.
    Live,
    /// At their media time.
    Paced,
    /// As fast as they are taken.
    Every,
}

/// A running pipeline. Dropping it tears it down.
pub(crate) struct Pipeline {
    graph: gst::Pipeline,
    pictures: gst_app::AppSink,
    bus: gst::Bus,
    fault: Option<Fault>,
    ended: bool,
    seen: Arc<Seen>,
    plan: Plan,
}

/// What the pipeline's own threads find out.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// A video stream was found.
    pub video: AtomicBool,
    /// All streams are known.
    pub all: AtomicBool,
    /// Encoded pictures left out before the decoder and not yet reported.
    pub skipped: AtomicU64,
    /// Camera − machine in nanoseconds, once told.
    pub offset: Mutex<Option<jiff::SignedDuration>>,
    /// What the stream holds.
    pub codec: Mutex<String>,
    /// Length of the video as its container tells it.
    pub length: Mutex<Option<gst::ClockTime>>,
}

impl Seen {
    fn named(&self, codec: &str) {
        codec.clone_into(&mut self.codec.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// What came out.
pub(crate) enum Next {
    Picture(gst::Sample),
    Nothing,
    End,
    Lost(Fault),
}

impl Pipeline {
    /// Connects to a camera. The network is first touched after this returns.
    pub(crate) fn camera(url: &Url, how: Transport, plan: Plan) -> Result<Self, InitError> {
        let source = rtsp_source(url, how, &plan.config)?;
        let this = Self::around(&source, plan)?;
        attach::to_camera(&source, &this.graph, &this.seen, &this.plan);
        Ok(this.started())
    }

    /// Opens a file.
    pub(crate) fn file(path: &Path, plan: Plan) -> Result<Self, InitError> {
        let source = make("filesrc")?;
        source.set_property("location", path);
        let parsebin = make("parsebin")?;
        let this = Self::around(&source, plan)?;
        this.graph.add(&parsebin).expect("the element is new and belongs to no other bin");
        source.link(&parsebin).expect("both pads are always there and take anything");
        attach::to_file(&parsebin, &this.graph, &this.seen, &this.plan);
        Ok(this.started())
    }

    fn around(source: &gst::Element, plan: Plan) -> Result<Self, InitError> {
        let graph = gst::Pipeline::new();
        let convert = make("videoconvert")?;
        convert.set_property("name", attach::CONVERT);
        convert.set_property("n-threads", 1_u32);
        let pictures = picture_sink(plan.flow == Flow::Paced);
        let all = [source, &convert, pictures.upcast_ref()];
        graph.add_many(all).expect("the elements are new and belong to no other bin");
        convert.link(&pictures).expect("videoconvert makes I420 and BGR");
        let bus = graph.bus().expect("a pipeline has a bus");
        let seen = Arc::default();
        Ok(Self { graph, pictures, bus, fault: None, ended: false, seen, plan })
    }

    fn started(mut self) -> Self {
        // The reason comes as a message on the bus.
        if self.graph.set_state(gst::State::Playing).is_err() && !self.bus.have_pending() {
            self.fault = Some(Fault::Other("GStreamer cannot start".to_owned()));
        }
        self
    }

    /// The next picture, waiting at most `wait`. What was read before an error comes first.
    pub(crate) fn next(&mut self, wait: Duration) -> Next {
        self.read_messages();
        let wait = gst::ClockTime::from_nseconds(u64::try_from(wait.as_nanos()).unwrap_or(0));
        if let Some(sample) = self.pictures.try_pull_sample(wait) {
            return Next::Picture(sample);
        }
        self.read_messages();
        if let Some(fault) = self.fault.take() {
            return Next::Lost(fault);
        }
        if self.ended || self.pictures.is_eos() {
            return Next::End;
        }
        if self.seen.all.load(Ordering::Acquire) && !self.seen.video.load(Ordering::Acquire) {
            return Next::Lost(Fault::Other("it holds no video".to_owned()));
        }
        Next::Nothing
    }

    fn read_messages(&mut self) {
        let wanted = [gst::MessageType::Error, gst::MessageType::Eos, gst::MessageType::Latency];
        while let Some(message) = self.bus.pop_filtered(&wanted) {
            match message.view() {
                // The first error is the cause, later ones its consequences.
                gst::MessageView::Error(error) if self.fault.is_none() => {
                    tracing::debug!(error = %error.error(), debug = ?error.debug(), "pipeline");
                    self.fault = Some(Fault::of(error));
                }
                gst::MessageView::Eos(_) => self.ended = true,
                gst::MessageView::Latency(_) => {
                    if let Err(error) = self.graph.recalculate_latency() {
                        tracing::debug!(%error, "latency stays as it was");
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether the camera has offered a video stream.
    pub(crate) fn connected(&self) -> bool {
        self.seen.video.load(Ordering::Acquire)
    }

    /// Encoded pictures left out since the last call because the decoder was too slow.
    pub(crate) fn take_skipped(&self) -> u64 {
        self.seen.skipped.swap(0, Ordering::Relaxed)
    }

    /// Camera's clock minus machine's clock, once the camera has told its time.
    pub(crate) fn clock_offset(&self) -> Option<jiff::SignedDuration> {
        *self.seen.offset.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the stream holds, once connected.
    pub(crate) fn codec(&self) -> String {
        self.seen.codec.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Length by the container, where it says.
    pub(crate) fn length(&self) -> Option<gst::ClockTime> {
        let told = *self.seen.length.lock().unwrap_or_else(PoisonError::into_inner);
        told.or_else(|| self.graph.query_duration())
    }

    /// When the picture at `running` reached this machine.
    pub(crate) fn arrived(&self, running: gst::ClockTime) -> Timestamp {
        arrived(&self.plan, self.graph.upcast_ref(), running)
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        if let Err(error) = self.graph.set_state(gst::State::Null) {
            tracing::warn!(%error, "a pipeline did not stop cleanly");
        }
        self.bus.set_flushing(true);
        if let Some(recorder) = &self.plan.recorder {
            recorder.finish();
        }
    }
}

fn rtsp_source(url: &Url, how: Transport, config: &Config) -> Result<gst::Element, InitError> {
    let source = make("rtspsrc")?;
    let Rtsp { location, user, password } = Rtsp::new(url);
    source.set_property("location", location);
    source.set_property("user-id", user);
    source.set_property("user-pw", password);
    source.set_property_from_str(
        "protocols",
        match how {
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
        },
    );
    let micros = |span: Duration| u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
    let latency = u32::try_from(config.jitter_buffer.as_millis()).unwrap_or(u32::MAX);
    source.set_property("latency", latency);
    source.set_property("tcp-timeout", micros(config.connect_timeout));
    // The watchdog of the source decides; switching to TCP by itself would hide a setting.
    source.set_property("timeout", 0_u64);
    source.set_property("do-rtsp-keep-alive", true);
    source.set_property("add-reference-timestamp-meta", true);
    source.set_property("user-agent", concat!("xunjian/", env!("CARGO_PKG_VERSION")));
    Ok(source)
}

/// When the picture at `running` reached this machine. A file's pictures arrive when they are read.
pub(crate) fn arrived(plan: &Plan, element: &gst::Element, running: gst::ClockTime) -> Timestamp {
    let now = plan.clock.now();
    match element.current_running_time() {
        Some(clock) if plan.flow == Flow::Live && clock > running => earlier(now, clock - running),
        _ => now,
    }
}

/// The camera's clock that GStreamer noted on a packet from the RTCP sender reports.
pub(crate) fn camera_time(buffer: &gst::BufferRef) -> Option<Timestamp> {
    buffer
        .iter_meta::<gst::ReferenceTimestampMeta>()
        .find(|meta| meta.reference().structure(0).is_some_and(|s| s.name() == "timestamp/x-ntp"))
        .and_then(|meta| from_ntp(meta.timestamp()))
}
