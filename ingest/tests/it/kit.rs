//! Makes clips, watches sources, decodes results.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use domain::{Clock, SourceId, SourceState, SourceStatus, SystemClock, TimeBasis};
use gstreamer::{self as gst, prelude::*};
use ingest::{Config, Input, Pace, SegmentDir, Source, SourceSpec, Start, Taken};
use jiff::Timestamp;

/// Long enough for the slowest shared machine; nothing waits this long unless it is broken.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

/// What is remembered of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub number: u64,
    pub at: Timestamp,
    pub basis: TimeBasis,
    pub width: u32,
    pub height: u32,
    pub bytes: usize,
    /// Blue, green, red of the last pixel of the last row, which is wrong when rows are padded.
    pub corner: [u8; 3],
}

#[derive(Debug, Default)]
struct Log {
    frames: Vec<Seen>,
    changes: Vec<SourceStatus>,
}

/// A running source and all it said.
pub(crate) struct Watched {
    pub source: Source,
    log: Arc<(Mutex<Log>, Condvar)>,
}

/// How a source is started in a test.
pub(crate) struct Setup {
    pub input: Input,
    pub pace: Pace,
    pub start: Start,
    pub segments: Option<SegmentDir>,
    pub config: Config,
    /// The receiver closes after this many frames.
    pub close_after: usize,
    pub answer: Taken,
}

impl Setup {
    pub(crate) fn of(input: Input) -> Self {
        let (pace, start) = (Pace::Every, Start::Given(start()));
        let config = Config::default();
        Self {
            input,
            pace,
            start,
            segments: None,
            config,
            close_after: usize::MAX,
            answer: Taken::Kept,
        }
    }

    pub(crate) fn file(path: &Path) -> Self {
        Self::of(Input::File(path.to_owned()))
    }

    pub(crate) fn recorded(mut self, dir: &SegmentDir) -> Self {
        self.segments = Some(dir.clone());
        self
    }

    pub(crate) fn spawn(self) -> Watched {
        ingest::init().unwrap();
        let log = Arc::new((Mutex::new(Log::default()), Condvar::new()));
        let (frames, changes) = (Arc::clone(&log), Arc::clone(&log));
        let (close_after, answer) = (self.close_after, self.answer);
        let sink = move |frame: domain::Frame| {
            let Some(&[b, g, r]) = frame.bgr.last_chunk::<3>() else { panic!("an empty frame") };
            let mut log = frames.0.lock().unwrap();
            log.frames.push(Seen {
                number: frame.number,
                at: frame.at,
                basis: frame.basis,
                width: frame.size.width,
                height: frame.size.height,
                bytes: frame.bgr.len(),
                corner: [b, g, r],
            });
            frames.1.notify_all();
            if log.frames.len() >= close_after { Taken::Closed } else { answer }
        };
        let on_change = move |status: &SourceStatus| {
            changes.0.lock().unwrap().changes.push(status.clone());
            changes.1.notify_all();
        };
        let spec = SourceSpec {
            id: id(),
            name: "Test".into(),
            input: self.input,
            pace: self.pace,
            start: self.start,
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let source = ingest::spawn(
            spec,
            self.segments,
            Box::new(sink),
            Box::new(on_change),
            clock,
            &self.config,
        );
        Watched { source, log }
    }
}

impl Watched {
    /// Waits until `done` holds of the frames and changes so far.
    pub(crate) fn until(&self, what: &str, done: impl Fn(&[Seen], &[SourceStatus]) -> bool) {
        let begun = Instant::now();
        let mut log = self.log.0.lock().unwrap();
        while !done(&log.frames, &log.changes) {
            let left = DEADLINE.saturating_sub(begun.elapsed());
            let status = || self.source.status();
            assert!(!left.is_zero(), "no {what}: {:?}, now {:?}", log.changes, status());
            log = self.log.1.wait_timeout(log, left).unwrap().0;
        }
    }

    /// Waits for the end; returns all frames and the last status.
    pub(crate) fn finish(self) -> (Vec<Seen>, SourceStatus) {
        self.until("the end", |_, changes| {
            let state = changes.last().map(|status| status.state);
            matches!(state, Some(SourceState::Ended | SourceState::Failed))
        });
        let (frames, status) = (self.frames(), self.source.status());
        assert!(self.source.join(), "the source's thread panicked");
        (frames, status)
    }

    pub(crate) fn frames(&self) -> Vec<Seen> {
        self.log.0.lock().unwrap().frames.clone()
    }
}

pub(crate) fn id() -> SourceId {
    SourceId::new("cam-1").unwrap()
}

/// When every test clip was taken.
pub(crate) fn start() -> Timestamp {
    "2026-03-01T08:00:00Z".parse().unwrap()
}

pub(crate) fn after(millis: i64) -> Timestamp {
    start() + jiff::SignedDuration::from_millis(millis)
}

/// Runs a pipeline to its end.
pub(crate) fn run(pipeline: &str) {
    ingest::init().unwrap();
    let pipeline = gst::parse::launch(pipeline).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    end(&pipeline);
}

fn end(pipeline: &gst::Element) {
    let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
    let patience = gst::ClockTime::from_seconds(DEADLINE.as_secs());
    let message = pipeline.bus().unwrap().timed_pop_filtered(patience, &wanted);
    pipeline.set_state(gst::State::Null).unwrap();
    let message = message.expect("the pipeline ends in time");
    assert_eq!(message.type_(), gst::MessageType::Eos, "{message:?}");
}

/// Writes a black Matroska film whose pictures are shown at `times`, in milliseconds.
pub(crate) fn film(path: &Path, times: &[u64]) {
    ingest::init().unwrap();
    let pipeline = gst::parse::launch(&format!(
        "appsrc name=in format=time \
         caps=video/x-raw,format=I420,width=64,height=64,framerate=0/1 \
         ! {H264} ! matroskamux ! filesink location={}",
        path.display()
    ));
    let pipeline = pipeline.unwrap().downcast::<gst::Pipeline>().unwrap();
    let source = pipeline.by_name("in").unwrap().downcast::<gstreamer_app::AppSrc>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    for &time in times {
        let mut buffer = gst::Buffer::from_slice([0_u8; 64 * 64 * 3 / 2]);
        buffer.get_mut().unwrap().set_pts(gst::ClockTime::from_mseconds(time));
        source.push_buffer(buffer).unwrap();
    }
    source.end_of_stream().unwrap();
    end(pipeline.upcast_ref());
}

/// What a test clip is like. 25 frames a second, one key frame a second, all of it red.
#[derive(Clone, Copy)]
pub(crate) struct Make {
    pub frames: u32,
    pub width: u32,
    pub height: u32,
    pub encode: &'static str,
    pub mux: &'static str,
}

pub(crate) const H264: &str =
    "x264enc key-int-max=25 speed-preset=ultrafast ! video/x-h264,profile=main ! h264parse";
pub(crate) const H264_REORDERED: &str =
    "x264enc key-int-max=25 bframes=2 b-adapt=false ! video/x-h264,profile=main ! h264parse";
pub(crate) const H265: &str = "x265enc key-int-max=25 speed-preset=ultrafast ! h265parse";

pub(crate) const CLIP: Make =
    Make { frames: 50, width: 322, height: 242, encode: H264, mux: "mp4mux" };

impl Make {
    pub(crate) fn at(self, folder: &Path, name: &str) -> PathBuf {
        let Self { frames, width, height, encode, mux } = self;
        let path = folder.join(name);
        run(&format!(
            "videotestsrc num-buffers={frames} pattern=red \
             ! video/x-raw,format=I420,width={width},height={height},framerate=25/1 \
             ! videoconvert ! {encode} ! {mux} ! filesink location={}",
            path.display()
        ));
        path
    }
}

/// Decodes a file by itself: (frames, first and last time in milliseconds).
pub(crate) fn decoded(path: &Path) -> (usize, u64, u64) {
    let pipeline = gst::parse::launch(&format!(
        "filesrc location={} ! decodebin ! appsink name=out sync=false",
        path.display()
    ));
    let pipeline = pipeline.unwrap().downcast::<gst::Pipeline>().unwrap();
    let sink = pipeline.by_name("out").unwrap().downcast::<gstreamer_app::AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let mut times = Vec::new();
    while let Ok(sample) = sink.pull_sample() {
        let segment = sample.segment().unwrap().downcast_ref::<gst::ClockTime>().unwrap();
        let pts = sample.buffer().unwrap().pts().unwrap();
        times.push(segment.to_running_time(pts).unwrap().mseconds());
    }
    pipeline.set_state(gst::State::Null).unwrap();
    assert!(times.is_sorted(), "{} plays out of order: {times:?}", path.display());
    (times.len(), times.first().copied().unwrap_or(0), times.last().copied().unwrap_or(0))
}
