//! Joins segments into one MP4 without re-encoding.
//!
//! The encoded pictures are taken out of each segment, given their place on the frame-time axis and
//! put into one file, so that gaps and new connections between segments keep the clip's clock right.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::path::Path;

use domain::SourceId;
use gstreamer::{self as gst, prelude::*};
use gstreamer_app as gst_app;
use jiff::Timestamp;

use super::shelf::Segment;
use super::units::{Unit, Units};
use super::{Clip, ClipError};
use crate::elements::{InitError, make};

pub(super) fn write(
    id: &SourceId,
    segments: &[Segment],
    from: Timestamp,
    to: Timestamp,
    dest: &Path,
) -> Result<Clip, ClipError> {
    let asked = (from.as_microsecond(), to.as_microsecond());
    let broken = |reason: String| ClipError::Join { id: id.clone(), reason };
    let mut joiner: Option<Joiner> = None;
    let mut held: Vec<Unit> = Vec::new();
    'all: for segment in segments {
        // It may have been removed by age a moment ago.
        if !segment.path.exists() {
            continue;
        }
        for unit in Units::open(&segment.path, segment.start)? {
            if unit.at > asked.1 && (unit.key || unit.at > asked.1 + REORDERED) {
                break 'all;
            }
            if let Some(joiner) = &mut joiner {
                // One file holds one size: the clip ends where the camera changed its own.
                if joiner.shape != shape(&unit.caps) {
                    break 'all;
                }
                joiner.push(unit).map_err(broken)?;
                continue;
            }
            // Nothing before the last key frame at or before what was asked for.
            if unit.key && unit.at <= asked.0 {
                held.clear();
            }
            let begins = unit.at >= asked.0;
            held.push(unit);
            if begins {
                joiner = Some(Joiner::begin(&mut held, dest)?);
            }
        }
    }
    if joiner.is_none() && !held.is_empty() {
        joiner = Some(Joiner::begin(&mut held, dest)?);
    }
    let gone = || ClipError::Gone { id: id.clone(), from, to };
    joiner.ok_or_else(gone)?.finish(id, dest)
}

/// Pictures may be stored out of order by this much, in microseconds.
const REORDERED: i64 = 500_000;

/// A clip being written beside its destination.
struct Joiner {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    part: std::path::PathBuf,
    order: Order,
    shape: Shape,
    first: i64,
    last: i64,
}

/// Codec, width, height, profile.
type Shape = (String, Option<i32>, Option<i32>, Option<String>);

fn shape(caps: &gst::Caps) -> Shape {
    let Some(s) = caps.structure(0) else { return Shape::default() };
    let side = |name| s.get::<i32>(name).ok();
    (s.name().to_string(), side("width"), side("height"), s.get("profile").ok())
}

/// The first picture lies here on the muxer's clock, so that no decoding time is negative.
const ROOM: gst::ClockTime = gst::ClockTime::from_seconds(10);

impl Joiner {
    fn begin(held: &mut Vec<Unit>, dest: &Path) -> Result<Self, ClipError> {
        let first = held.first().expect("called with at least one unit held");
        let part = dest.with_extension("part");
        let writable = |source| ClipError::Write { dest: dest.to_owned(), source };
        if let Some(folder) = dest.parent() {
            std::fs::create_dir_all(folder).map_err(writable)?;
        }
        std::fs::File::create(&part).map_err(writable)?;
        let (pipeline, source) = joining(&first.caps, &part)?;
        let (order, shape, first) = (Order::default(), shape(&first.caps), first.at);
        let mut joiner = Self { pipeline, source, part, order, shape, first, last: first };
        if joiner.pipeline.set_state(gst::State::Playing).is_err() {
            return Err(writable(std::io::Error::other(joiner.reason())));
        }
        for unit in held.drain(..) {
            let pushed = joiner.push(unit);
            pushed.map_err(|reason| writable(std::io::Error::other(reason)))?;
        }
        Ok(joiner)
    }

    fn push(&mut self, unit: Unit) -> Result<(), String> {
        self.last = self.last.max(unit.at);
        match self.order.push(unit) {
            Some((unit, decoded)) => self.write(unit, decoded),
            None => Ok(()),
        }
    }

    fn write(&self, unit: Unit, decoded: i64) -> Result<(), String> {
        let Unit { at, mut data, .. } = unit;
        let buffer = data.make_mut();
        buffer.set_pts(self.on_muxer_clock(at));
        buffer.set_dts(self.on_muxer_clock(decoded));
        buffer.set_duration(gst::ClockTime::NONE);
        self.source.push_buffer(data).map(drop).map_err(|_flow| self.reason())
    }

    fn on_muxer_clock(&self, at: i64) -> gst::ClockTime {
        let since = at.saturating_sub(self.first);
        let span = gst::ClockTime::from_useconds(since.unsigned_abs());
        if since < 0 { ROOM.saturating_sub(span) } else { ROOM + span }
    }

    fn finish(mut self, id: &SourceId, dest: &Path) -> Result<Clip, ClipError> {
        let join = |reason: String| ClipError::Join { id: id.clone(), reason };
        while let Some((unit, decoded)) = self.order.pop() {
            self.write(unit, decoded).map_err(join)?;
        }
        self.source.end_of_stream().map_err(|_flow| join(self.reason()))?;
        let bus = self.pipeline.bus().expect("a pipeline has a bus");
        let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
        let ended = bus.timed_pop_filtered(PATIENCE, &wanted);
        match ended {
            Some(message) if message.type_() == gst::MessageType::Eos => {}
            Some(message) => return Err(join(words(&message))),
            None => return Err(join("the disk does not answer".to_owned())),
        }
        if self.pipeline.set_state(gst::State::Null).is_err() {
            return Err(join("the file cannot be closed".to_owned()));
        }
        let written = super::undated::undate(&self.part)
            .and_then(|()| std::fs::rename(&self.part, dest))
            .and_then(|()| std::fs::metadata(dest));
        let written =
            written.map_err(|source| ClipError::Write { dest: dest.to_owned(), source })?;
        let time = |micros| Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(Clip { from: time(self.first), to: time(self.last), bytes: written.len() })
    }

    fn reason(&self) -> String {
        let bus = self.pipeline.bus().expect("a pipeline has a bus");
        let message = bus.pop_filtered(&[gst::MessageType::Error]);
        message.map_or_else(|| "the muxer stopped".to_owned(), |m| words(&m))
    }
}

/// Gives each unit its decoding time, which cameras do not send: the times of presentation in rising
/// order, early enough that none comes after its own presentation. (`h264timestamper` does the same,
/// but in GStreamer 1.22 fails behind a demuxer.)
#[derive(Default)]
struct Order {
    waiting: VecDeque<Unit>,
    times: BinaryHeap<Reverse<i64>>,
    /// How much earlier than presentation, microseconds; measured on the first units.
    ahead: Option<i64>,
    last: Option<i64>,
}

/// More pictures than any encoder stores out of order.
const WINDOW: usize = 17;

impl Order {
    fn push(&mut self, unit: Unit) -> Option<(Unit, i64)> {
        self.times.push(Reverse(unit.at));
        self.waiting.push_back(unit);
        if self.waiting.len() < WINDOW { None } else { self.pop() }
    }

    fn pop(&mut self) -> Option<(Unit, i64)> {
        let ahead = *self.ahead.get_or_insert_with(|| {
            let rising = self.times.clone().into_sorted_vec();
            let pairs = rising.iter().rev().zip(&self.waiting);
            pairs.map(|(Reverse(time), unit)| time - unit.at).max().unwrap_or(0).max(0)
        });
        let (unit, Reverse(time)) = (self.waiting.pop_front()?, self.times.pop()?);
        let least = self.last.map_or(i64::MIN, |last| last + 1);
        let decoded = (time - ahead).min(unit.at).max(least);
        self.last = Some(decoded);
        Some((unit, decoded))
    }
}

/// Writing a clip of minutes takes seconds unless the disk hangs.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(60);

impl Drop for Joiner {
    fn drop(&mut self) {
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            tracing::debug!(%error, "a clip's writer did not stop cleanly");
        }
        // After a success it has its final name already.
        if self.part.exists() && std::fs::remove_file(&self.part).is_err() {
            tracing::warn!(part = %self.part.display(), "an unfinished clip stays");
        }
    }
}

fn joining(caps: &gst::Caps, part: &Path) -> Result<(gst::Pipeline, gst_app::AppSrc), InitError> {
    let h265 = caps.structure(0).is_some_and(|s| s.name() == "video/x-h265");
    let parse = if h265 { "h265parse" } else { "h264parse" };
    let pipeline = gst::Pipeline::new();
    let source = gst_app::AppSrc::builder()
        .caps(caps)
        .format(gst::Format::Time)
        .block(true)
        .max_bytes(8 << 20)
        .build();
    let parse = make(parse)?;
    let (mux, sink) = (make("mp4mux")?, make("filesink")?);
    mux.set_property("faststart", true);
    mux.set_property("faststart-file", part.with_extension("part2"));
    sink.set_property("location", part);
    sink.set_property("sync", false);
    sink.set_property("async", false);
    let chain = [source.upcast_ref(), &parse, &mux, &sink];
    pipeline.add_many(chain).expect("the elements are new and belong to no other bin");
    gst::Element::link_many(chain).expect("a muxer takes what its parser gives");
    Ok((pipeline, source))
}

fn words(message: &gst::Message) -> String {
    match message.view() {
        gst::MessageView::Error(error) => error.error().message().to_owned(),
        _ => String::new(),
    }
}
