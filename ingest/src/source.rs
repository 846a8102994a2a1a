//! A source: one named thread that reads video until its end, or for ever.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use domain::{Clock, Frame, SourceId, SourceState, SourceStatus, TimeBasis};
use gstreamer as gst;
use jiff::Timestamp;

use crate::axis::{Axis, Basis};
use crate::board::{Board, Reporter, finished};
use crate::picture::{BadPicture, picture};
use crate::pipeline::{Flow, Plan};
use crate::segments::{Recorder, Run};
use crate::stop::Stop;
use crate::{Config, Input, SegmentDir};

/// What to read and how.
#[derive(Debug, Clone)]
pub struct SourceSpec {
    pub id: SourceId,
    /// For people.
    pub name: String,
    pub input: Input,
    /// Only files and folders have a choice; a camera is always live.
    pub pace: Pace,
    /// Only files and folders have a choice; a camera's times come from its sender reports, else
    /// from this machine's clock.
    pub start: Start,
}

/// How fast a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Every frame as fast as the receiver takes it: a full receiver slows reading down.
    Every,
    /// As if live: frames at their media time; the receiver keeps the newest.
    Realtime,
}

/// When the first picture of a file was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At this instant: basis `Capture`.
    Given(Timestamp),
    /// Now: the machine's clock at the first frame, basis `Receive`.
    Now,
    /// Nobody knows: times count from 1970, basis `Media`. The creation time in the container is
    /// not trusted: phones and recorders write anything there.
    Media,
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Kept,
    /// It replaced an older frame that nobody had fetched; counted as dropped.
    Displaced,
    /// Nobody wants more: the source ends.
    Closed,
}

/// Takes frames. It may block where every frame matters; for a live source it must not.
pub type Sink = Box<dyn Fn(Frame) -> Taken + Send>;

/// A running source.
#[derive(Debug)]
pub struct Source {
    board: Arc<Board>,
    stop: Arc<Stop>,
    thread: Option<JoinHandle<()>>,
}

/// Starts reading in a thread of its own named `src-{id}`.
///
/// `on_change` is called in that thread whenever state or detail change, not for every frame; use
/// [`Source::status`] for figures. Nothing here fails: what is wrong is in the status.
pub fn spawn(
    spec: SourceSpec,
    segments: Option<SegmentDir>,
    sink: Sink,
    on_change: Box<dyn Fn(&SourceStatus) + Send>,
    clock: Arc<dyn Clock>,
    config: &Config,
) -> Source {
    let board = Arc::new(Board::new(&spec, clock.now()));
    let stop = Arc::new(Stop::default());
    let reporter = Reporter::new(Arc::clone(&board), on_change, Arc::clone(&clock));
    let name = format!("src-{}", spec.id);
    let run = segments.map(|dir| dir.begin(&spec.id, clock.now()));
    let reader = Reader {
        spec,
        run,
        sink,
        reporter,
        clock,
        config: config.clone(),
        stop: Arc::clone(&stop),
        number: 0,
        last: None,
        bad: 0,
    };
    match std::thread::Builder::new().name(name).spawn(move || reader.read()) {
        Ok(thread) => Source { board, stop, thread: Some(thread) },
        Err(error) => {
            tracing::error!(%error, "cannot start a source's thread");
            board.set_failed(&format!("its thread cannot be started: {error}"));
            Source { board, stop, thread: None }
        }
    }
}

impl Source {
    /// How the source does at this moment. Position, footprint, placement and residual are left
    /// empty for others to fill.
    pub fn status(&self) -> SourceStatus {
        self.board.snapshot()
    }

    /// Asks the source to end; returns at once. A receiver that blocks must let go by itself.
    pub fn stop(&self) {
        self.stop.ask();
    }

    /// Waits for the thread to end. Returns whether it ended without a panic.
    pub fn join(self) -> bool {
        self.thread.is_none_or(|thread| thread.join().is_ok())
    }

    /// Whether no more frames will come.
    pub fn finished(&self) -> bool {
        finished(self.board.snapshot().state)
            || self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

/// How long one wait for a picture lasts before other things are looked after.
pub(crate) const POLL: Duration = Duration::from_millis(100);

/// What the source's thread owns.
pub(crate) struct Reader {
    pub spec: SourceSpec,
    pub run: Option<Run>,
    sink: Sink,
    pub reporter: Reporter,
    pub clock: Arc<dyn Clock>,
    pub config: Config,
    pub stop: Arc<Stop>,
    number: u64,
    last: Option<Timestamp>,
    /// Pictures that could not be used.
    pub bad: u64,
}

/// Whether reading goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Go {
    On,
    Stop,
}

impl Reader {
    fn read(mut self) {
        match self.spec.input.clone() {
            Input::Rtsp { url, transport } => self.read_camera(&url, transport),
            Input::File(path) => self.read_file(&path),
            Input::Images(path) => self.read_images(&path),
        }
    }

    /// A fresh plan for one pipeline.
    pub(crate) fn plan(&self, basis: Basis, flow: Flow) -> Plan {
        let length = self.config.segment_length;
        Plan {
            flow,
            axis: Arc::new(Axis::new(basis)),
            clock: Arc::clone(&self.clock),
            recorder: self.run.as_ref().map(|run| Arc::new(Recorder::new(run, length))),
            config: self.config.clone(),
        }
    }

    /// Where the times of a file come from.
    pub(crate) fn file_basis(&self) -> Basis {
        match self.spec.start {
            Start::Given(start) => Basis::From(start, TimeBasis::Capture),
            Start::Media => Basis::From(Timestamp::UNIX_EPOCH, TimeBasis::Media),
            Start::Now => Basis::FirstPicture,
        }
    }

    /// Hands a decoded sample over. A sample that is no picture is counted and left out.
    pub(crate) fn deliver(&mut self, sample: &gst::Sample, at: Timestamp, basis: TimeBasis) -> Go {
        match self.frame(sample, at, basis) {
            Ok(frame) => self.hand_over(frame),
            Err(error) => {
                self.bad += 1;
                tracing::debug!(source = %self.spec.id, %error, "left out");
                let state = self.reporter.current();
                self.reporter.state(state, &format!("left out {}: {error}", pictures(self.bad)));
                Go::On
            }
        }
    }

    fn frame(
        &mut self,
        sample: &gst::Sample,
        at: Timestamp,
        basis: TimeBasis,
    ) -> Result<Frame, BadPicture> {
        let (size, bgr) = picture(sample)?;
        let at = self.after_last(at);
        Ok(Frame::of(self.spec.id.clone(), self.number, at, basis, size, bgr)?)
    }

    fn hand_over(&mut self, frame: Frame) -> Go {
        let (at, size) = (frame.at, frame.size);
        self.number += 1;
        self.last = Some(at);
        self.reporter.frame(at, size);
        match (self.sink)(frame) {
            Taken::Kept => Go::On,
            Taken::Displaced => {
                self.reporter.dropped(1);
                Go::On
            }
            Taken::Closed => Go::Stop,
        }
    }

    /// A camera that corrects its clock by milliseconds must not make time run backwards. Larger
    /// steps are real: a new basis, or a clock that was set.
    fn after_last(&self, at: Timestamp) -> Timestamp {
        let Some(last) = self.last else { return at };
        let back = last.duration_since(at);
        let small = !back.is_negative() && back <= SMALL_STEP;
        let next = last.saturating_add(jiff::SignedDuration::from_micros(1)).unwrap_or(last);
        if small { next } else { at }
    }

    /// Ends reading for good.
    pub(crate) fn end(&self, state: SourceState, detail: &str) {
        self.reporter.state(state, detail);
    }
}

const SMALL_STEP: jiff::SignedDuration = jiff::SignedDuration::from_millis(200);

/// Running time of a sample from the start of its pipeline.
pub(crate) fn running_time(sample: &gst::Sample) -> Option<gst::ClockTime> {
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    segment.to_running_time(sample.buffer()?.pts()?)
}

pub(crate) fn pictures(count: u64) -> String {
    if count == 1 { "1 picture".to_owned() } else { format!("{count} pictures") }
}
