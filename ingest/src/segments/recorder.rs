//! Writes the encoded video of one connection as segments.
//!
//! It is called from the pipeline's own thread for every access unit. A new segment begins at the
//! first key frame after the set length. A full or broken disk loses segments, is logged once, and
//! never stops detection.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::TimeBasis;
use gstreamer::{self as gst, prelude::*};
use gstreamer_app as gst_app;
use jiff::Timestamp;

use super::{Run, micros};
use crate::elements::{InitError, make};

/// From running time to the frame-time axis; `None` while that is not known.
pub(crate) type At<'a> = &'a dyn Fn(gst::ClockTime) -> Option<(Timestamp, TimeBasis)>;

/// Writes segments for one connection.
#[derive(Debug)]
pub(crate) struct Recorder {
    length: Duration,
    open: Mutex<State>,
}

#[derive(Debug)]
struct State {
    run: Run,
    writer: Option<Writer>,
    /// Where the last segment ended, microseconds.
    ended: i64,
    /// The last problem was logged; the next is only logged after something worked.
    complained: bool,
}

impl Recorder {
    /// For one connection of the source of `run`.
    pub(crate) fn new(run: &Run, length: Duration) -> Self {
        let run = run.renewed();
        let open = State { run, writer: None, ended: i64::MIN, complained: false };
        Self { length, open: Mutex::new(open) }
    }

    /// This stream's codec is not kept.
    pub(crate) fn cannot_keep(&self, codec: &str) {
        self.state().run.cannot_keep(codec);
    }

    /// Takes the next access unit.
    pub(crate) fn unit(&self, sample: &gst::Sample, at: At<'_>) {
        let (Some(buffer), Some(caps)) = (sample.buffer(), sample.caps()) else { return };
        let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let mut state = self.state();
        let Some(running) = crate::source::running_time(sample) else {
            if key && state.writer.is_none() {
                state.run.cannot_keep("a raw stream without times");
            }
            return;
        };
        let length = gst::ClockTime::from_nseconds(
            u64::try_from(self.length.as_nanos()).unwrap_or(u64::MAX),
        );
        let due = state.writer.as_ref().is_none_or(|writer| running >= writer.began + length);
        if key && due {
            let Some((start, _)) = at(running) else { return };
            state.close(Some(running));
            let writer = state.start(start.as_microsecond(), running, caps);
            state.writer = state.complain(writer);
        }
        let Some(writer) = &mut state.writer else { return };
        let written = writer.write(buffer, running);
        if state.complain(written).is_none() {
            state.writer = None;
        }
    }

    /// Closes the open segment: the stream is over.
    pub(crate) fn finish(&self) {
        let mut state = self.state();
        state.close(None);
        state.run.paused();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A clock set back by more than this makes what follows a run of its own, in microseconds.
const SET_BACK: i64 = 500_000;

impl State {
    fn start(
        &mut self,
        start: i64,
        running: gst::ClockTime,
        caps: &gst::CapsRef,
    ) -> Result<Writer, WriteError> {
        if start.saturating_add(SET_BACK) < self.ended {
            self.run = self.run.renewed();
        }
        let folder = self.run.folder();
        std::fs::create_dir_all(&folder).map_err(|source| WriteError::Folder { folder, source })?;
        Writer::open(self.run.opened(start), start, running, caps)
    }

    fn close(&mut self, next: Option<gst::ClockTime>) {
        let Some(writer) = self.writer.take() else { return };
        let (path, start) = (writer.path.clone(), writer.start);
        let end = start.saturating_add(writer.span(next).max(1));
        let closed = writer.close();
        if self.complain(closed).is_some() {
            self.ended = end;
            self.complained = false;
            self.run.closed(&path, start, end);
        }
    }

    fn complain<T>(&mut self, result: Result<T, WriteError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                if !std::mem::replace(&mut self.complained, true) {
                    let error: &dyn std::error::Error = &error;
                    tracing::error!(source = %self.run.source, error, "video is not being kept");
                }
                None
            }
        }
    }
}

/// Why a segment could not be written.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error("cannot make the folder `{}`", folder.display())]
    Folder { folder: PathBuf, source: std::io::Error },
    #[error("cannot write the video segment `{}`: {reason}", path.display())]
    File { path: PathBuf, reason: String },
    #[error(transparent)]
    Missing(#[from] InitError),
}

/// One open segment.
#[derive(Debug)]
struct Writer {
    path: PathBuf,
    /// Microseconds since 1970 on the frame-time axis.
    start: i64,
    /// Running time of its first unit.
    began: gst::ClockTime,
    /// Running time of the latest picture, and how long pictures last.
    latest: gst::ClockTime,
    step: gst::ClockTime,
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
}

/// Decoding may precede presentation: the first unit is put here so that no time is negative.
const ROOM: gst::ClockTime = gst::ClockTime::from_seconds(10);

/// Closing takes milliseconds unless the disk hangs.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(5);

impl Writer {
    fn open(
        path: PathBuf,
        start: i64,
        began: gst::ClockTime,
        caps: &gst::CapsRef,
    ) -> Result<Self, WriteError> {
        let pipeline = gst::Pipeline::new();
        let source = gst_app::AppSrc::builder()
            .caps(&caps.to_owned())
            .format(gst::Format::Time)
            .block(true)
            .max_bytes(8 << 20)
            .build();
        let (mux, sink) = (make("mpegtsmux")?, make("filesink")?);
        sink.set_property("location", &path);
        sink.set_property("sync", false);
        sink.set_property("async", false);
        // Every access unit reaches the kernel at once: a killed program leaves all but the last.
        sink.set_property_from_str("buffer-mode", "unbuffered");
        let chain = [source.upcast_ref(), &mux, &sink];
        pipeline.add_many(chain).expect("the elements are new and belong to no other bin");
        gst::Element::link_many(chain).map_err(|error| failed(&path, &error.to_string()))?;
        let writer = Self {
            path,
            start,
            began,
            latest: began,
            step: gst::ClockTime::ZERO,
            pipeline,
            source,
        };
        match writer.pipeline.set_state(gst::State::Playing) {
            Ok(_) => Ok(writer),
            Err(_no_more_is_said) => Err(writer.failure()),
        }
    }

    fn write(&mut self, unit: &gst::BufferRef, running: gst::ClockTime) -> Result<(), WriteError> {
        let mut copy = unit.copy();
        let unit_dts = unit.dts().zip(unit.pts());
        {
            let copy = copy.get_mut().expect("the copy has one owner");
            let shown = ROOM + running.saturating_sub(self.began);
            let early = self.began.saturating_sub(running);
            let shown = shown.saturating_sub(early);
            copy.set_pts(shown);
            // Decoding precedes presentation by as much as it did.
            copy.set_dts(unit_dts.map(|(dts, pts)| shown.saturating_sub(pts.saturating_sub(dts))));
        }
        if running > self.latest {
            self.step = running - self.latest;
            self.latest = running;
        }
        self.source.push_buffer(copy).map(drop).map_err(|_flow| self.failure())
    }

    /// Microseconds from the first picture to the end of the last, or to the segment that follows.
    fn span(&self, next: Option<gst::ClockTime>) -> i64 {
        let step = self.step.min(gst::ClockTime::from_seconds(1));
        let end = next.unwrap_or(self.latest + step).max(self.latest);
        micros(Duration::from(end.saturating_sub(self.began)))
    }

    fn close(self) -> Result<(), WriteError> {
        if self.source.end_of_stream().is_err() {
            return Err(self.failure());
        }
        let bus = self.pipeline.bus().expect("a pipeline has a bus");
        let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
        match bus.timed_pop_filtered(PATIENCE, &wanted) {
            Some(message) if message.type_() == gst::MessageType::Eos => Ok(()),
            Some(message) => Err(failed(&self.path, &words(&message))),
            None => Err(failed(&self.path, "the disk does not answer")),
        }
    }

    fn failure(&self) -> WriteError {
        let bus = self.pipeline.bus().expect("a pipeline has a bus");
        let message = bus.pop_filtered(&[gst::MessageType::Error]);
        let reason = message.map_or_else(|| "it cannot be opened".to_owned(), |m| words(&m));
        failed(&self.path, &reason)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            tracing::debug!(%error, "a segment's writer did not stop cleanly");
        }
    }
}

fn failed(path: &std::path::Path, reason: &str) -> WriteError {
    WriteError::File { path: path.to_owned(), reason: reason.to_owned() }
}

fn words(message: &gst::Message) -> String {
    match message.view() {
        gst::MessageView::Error(error) => error.error().message().to_owned(),
        _ => String::new(),
    }
}
