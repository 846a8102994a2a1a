//! Reads a segment back: its access units in decoding order, with their times.

use std::path::Path;

use gstreamer::{self as gst, prelude::*};
use gstreamer_app as gst_app;

use crate::InitError;
use crate::elements::make;

/// One encoded picture.
#[derive(Debug)]
pub(super) struct Unit {
    /// When it was taken: microseconds since 1970 on the frame-time axis.
    pub at: i64,
    pub key: bool,
    pub data: gst::Buffer,
    /// H.264 or H.265, byte stream.
    pub caps: gst::Caps,
}

/// The access units of one file. A file cut short ends where it was cut.
pub(super) struct Units {
    pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
    start: i64,
    /// Presentation time of the first unit, which was taken at `start`.
    first: Option<gst::ClockTime>,
}

/// A unit that does not come within this time never will.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(5);

impl Units {
    pub(super) fn open(path: &Path, start: i64) -> Result<Self, InitError> {
        crate::init()?;
        let pipeline = gst::Pipeline::new();
        let (source, demux) = (make("filesrc")?, make("tsdemux")?);
        source.set_property("location", path);
        let caps = ["video/x-h264", "video/x-h265"].map(|name| {
            gst::Structure::builder(name)
                .field("stream-format", "byte-stream")
                .field("alignment", "au")
                .build()
        });
        let sink = gst_app::AppSink::builder()
            .caps(&caps.into_iter().collect())
            .sync(false)
            .max_buffers(64)
            .build();
        pipeline
            .add_many([&source, &demux, sink.upcast_ref()])
            .expect("the elements are new and belong to no other bin");
        source.link(&demux).expect("tsdemux takes what filesrc gives");
        let weak = pipeline.downgrade();
        let target = sink.downgrade();
        demux.connect_pad_added(move |_, pad| {
            let (Some(pipeline), Some(sink)) = (weak.upgrade(), target.upgrade()) else { return };
            if let Err(error) = parsed(&pipeline, pad, sink.upcast_ref()) {
                gst::element_error!(pipeline, gst::CoreError::Failed, ("{error}"));
            }
        });
        if let Err(error) = pipeline.set_state(gst::State::Playing) {
            tracing::debug!(%error, segment = %path.display(), "unreadable");
        }
        Ok(Self { pipeline, sink, start, first: None })
    }
}

fn parsed(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    sink: &gst::Element,
) -> Result<(), gst::glib::BoolError> {
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    let parse = match caps.structure(0).map(|s| s.name().as_str()) {
        Some("video/x-h264") => "h264parse",
        Some("video/x-h265") => "h265parse",
        _ => return Ok(()),
    };
    let parse = gst::ElementFactory::make(parse).build()?;
    pipeline.add(&parse)?;
    parse.link(sink)?;
    parse.sync_state_with_parent()?;
    let entry = parse.static_pad("sink").ok_or_else(|| gst::glib::bool_error!("no pad"))?;
    pad.link(&entry).map(drop).map_err(|error| gst::glib::bool_error!("{error}"))
}

impl Iterator for Units {
    type Item = Unit;

    fn next(&mut self) -> Option<Unit> {
        let sample = self.sink.try_pull_sample(PATIENCE)?;
        let (data, caps) = (sample.buffer_owned()?, sample.caps_owned()?);
        let key = !data.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let shown = data.pts().or(data.dts())?;
        let first = *self.first.get_or_insert(shown);
        let micros = |time: gst::ClockTime| i64::try_from(time.useconds()).unwrap_or(i64::MAX);
        let since = micros(shown) - micros(first);
        Some(Unit { at: self.start.saturating_add(since), key, data, caps })
    }
}

impl Drop for Units {
    fn drop(&mut self) {
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            tracing::debug!(%error, "a reader of segments did not stop cleanly");
        }
    }
}
