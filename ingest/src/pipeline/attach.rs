//! Builds the rest of the pipeline once GStreamer has found out what the stream holds.
//!
//! These functions run in GStreamer's threads. What they hold of the pipeline is weak: a pipeline
//! that owned a closure that owned the pipeline would never be freed.

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use gstreamer::{self as gst, prelude::*};
use gstreamer_app as gst_app;

use super::{Flow, Plan, Seen, arrived, camera_time};
use crate::config::Decoder;
use crate::elements::{InitError, make};
use crate::segments::Recorder;

/// The name of the element that decoded pictures go to.
pub(super) const CONVERT: &str = "convert";

/// How a codec is handled. Only these two are kept as segments.
struct Codec {
    name: &'static str,
    depay: &'static str,
    parse: &'static str,
    decode: &'static str,
    units: &'static str,
}

const H264: Codec = Codec {
    name: "H.264",
    depay: "rtph264depay",
    parse: "h264parse",
    decode: "avdec_h264",
    units: "video/x-h264, stream-format=byte-stream, alignment=au",
};

const H265: Codec = Codec {
    name: "H.265",
    depay: "rtph265depay",
    parse: "h265parse",
    decode: "avdec_h265",
    units: "video/x-h265, stream-format=byte-stream, alignment=au",
};

pub(super) fn to_camera(
    source: &gst::Element,
    pipeline: &gst::Pipeline,
    seen: &Arc<Seen>,
    plan: &Plan,
) {
    // Sound and metadata are not even asked for.
    source.connect("select-stream", false, |args| {
        let caps = args.get(2).and_then(|caps| caps.get::<gst::Caps>().ok());
        let media = caps.and_then(|caps| field(&caps, "media"));
        Some((media.as_deref() == Some("video")).to_value())
    });
    let (pipeline, seen, plan) = (pipeline.downgrade(), Arc::clone(seen), plan.clone());
    source.connect_pad_added(move |_, pad| {
        let Some(pipeline) = pipeline.upgrade() else { return };
        let Some(caps) = pad.current_caps() else { return };
        let is_video = field(&caps, "media").as_deref() == Some("video");
        if !is_video || seen.video.swap(true, Ordering::AcqRel) {
            report(&pipeline, discard(&pipeline, pad));
            return;
        }
        note_camera_time(pad, &pipeline, &seen, &plan);
        let name = field(&caps, "encoding-name").unwrap_or_default();
        let built = match name.as_str() {
            "H264" => encoded(&pipeline, pad, &H264, true, &seen, &plan),
            "H265" => encoded(&pipeline, pad, &H265, true, &seen, &plan),
            _ => other(&pipeline, pad, &name, &seen, &plan),
        };
        report(&pipeline, built);
    });
}

pub(super) fn to_file(
    parsebin: &gst::Element,
    pipeline: &gst::Pipeline,
    seen: &Arc<Seen>,
    plan: &Plan,
) {
    let all = Arc::clone(seen);
    parsebin.connect_no_more_pads(move |_| all.all.store(true, Ordering::Release));
    let (pipeline, seen, plan) = (pipeline.downgrade(), Arc::clone(seen), plan.clone());
    parsebin.connect_pad_added(move |_, pad| {
        let Some(pipeline) = pipeline.upgrade() else { return };
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let name = caps.structure(0).map(|s| s.name().to_string()).unwrap_or_default();
        let is_video = name.starts_with("video/") || name.starts_with("image/");
        if !is_video || seen.video.swap(true, Ordering::AcqRel) {
            let seen = Arc::clone(&seen);
            // Where there is only one stream, nothing else says that there is no other.
            pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, probe| {
                if probe.event().is_some_and(|event| event.type_() == gst::EventType::Eos) {
                    seen.all.store(true, Ordering::Release);
                }
                gst::PadProbeReturn::Ok
            });
            report(&pipeline, discard(&pipeline, pad));
            return;
        }
        *seen.length.lock().unwrap_or_else(PoisonError::into_inner) =
            pad.query_duration::<gst::ClockTime>();
        let built = match name.as_str() {
            "video/x-h264" => encoded(&pipeline, pad, &H264, false, &seen, &plan),
            "video/x-h265" => encoded(&pipeline, pad, &H265, false, &seen, &plan),
            _ => other(&pipeline, pad, &name, &seen, &plan),
        };
        report(&pipeline, built);
    });
}

/// Why the pipeline could not be completed.
#[derive(Debug, thiserror::Error)]
enum AttachError {
    #[error(transparent)]
    Missing(#[from] InitError),
    #[error("cannot connect the parts of the pipeline: {0}")]
    Link(#[from] gst::glib::BoolError),
    #[error("cannot connect the parts of the pipeline: {0}")]
    Pad(#[from] gst::PadLinkError),
}

fn report(pipeline: &gst::Pipeline, built: Result<(), AttachError>) {
    if let Err(error) = built {
        gst::element_error!(pipeline, gst::CoreError::Failed, ("{error}"));
    }
}

/// H.264 and H.265: decoded and, where wanted, recorded.
fn encoded(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    codec: &'static Codec,
    packets: bool,
    seen: &Arc<Seen>,
    plan: &Plan,
) -> Result<(), AttachError> {
    seen.named(codec.name);
    let tee = make("tee")?;
    let queue = decoder_queue(seen, plan)?;
    let mut chain = Vec::new();
    if packets {
        let depay = make(codec.depay)?;
        // After a loss, no picture rather than a smeared one.
        depay.set_property("wait-for-keyframe", true);
        chain.extend([depay, make(codec.parse)?]);
    }
    chain.extend([tee.clone(), queue.clone()]);
    pipeline.add_many(&chain)?;
    gst::Element::link_many(&chain)?;
    if let Some(recorder) = &plan.recorder {
        record(pipeline, &tee, codec, recorder, plan)?;
    }
    let decoder = match plan.config.decoder {
        Decoder::Software => software(pipeline, codec, plan)?,
        Decoder::Auto => any_decoder(pipeline, plan)?,
    };
    queue.link(&decoder)?;
    for element in std::iter::once(&decoder).chain(chain.iter().rev()) {
        element.sync_state_with_parent()?;
    }
    link_to(pad, &chain[0])
}

/// Any other codec: decoded only.
fn other(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    codec: &str,
    seen: &Arc<Seen>,
    plan: &Plan,
) -> Result<(), AttachError> {
    seen.named(codec);
    if let Some(recorder) = &plan.recorder {
        recorder.cannot_keep(codec);
    }
    let queue = match plan.flow {
        // Packets: the decoder's own depayloader comes after, so nothing may be left out here.
        Flow::Live => make("queue")?,
        Flow::Paced | Flow::Every => decoder_queue(seen, plan)?,
    };
    pipeline.add(&queue)?;
    let decoder = any_decoder(pipeline, plan)?;
    queue.link(&decoder)?;
    decoder.sync_state_with_parent()?;
    queue.sync_state_with_parent()?;
    link_to(pad, &queue)
}

fn software(
    pipeline: &gst::Pipeline,
    codec: &Codec,
    plan: &Plan,
) -> Result<gst::Element, AttachError> {
    let decoder = make(codec.decode)?;
    limit_threads(&decoder, plan);
    pipeline.add(&decoder)?;
    decoder.link(&convert(pipeline)?)?;
    Ok(decoder)
}

fn any_decoder(pipeline: &gst::Pipeline, plan: &Plan) -> Result<gst::Element, AttachError> {
    let decoder = make("decodebin")?;
    pipeline.add(&decoder)?;
    let plan = plan.clone();
    if let Some(bin) = decoder.downcast_ref::<gst::Bin>() {
        bin.connect_deep_element_added(move |_, _, element| limit_threads(element, &plan));
    }
    let weak = pipeline.downgrade();
    decoder.connect_pad_added(move |_, pad| {
        let Some(pipeline) = weak.upgrade() else { return };
        let built = convert(&pipeline).and_then(|convert| link_to(pad, &convert));
        report(&pipeline, built);
    });
    Ok(decoder)
}

fn convert(pipeline: &gst::Pipeline) -> Result<gst::Element, AttachError> {
    let gone = || AttachError::Link(gst::glib::bool_error!("no converter"));
    pipeline.by_name(CONVERT).ok_or_else(gone)
}

fn limit_threads(decoder: &gst::Element, plan: &Plan) {
    let Some(property) = decoder.find_property("max-threads") else { return };
    if property.value_type() == i32::static_type() {
        let threads = i32::try_from(plan.config.decoder_threads).unwrap_or(0);
        decoder.set_property("max-threads", threads);
    }
}

/// Encoded video before the decoder, at most 2 s or 16 MB. Full: a file waits; a live source leaves
/// out whole groups of pictures and counts them.
fn decoder_queue(seen: &Arc<Seen>, plan: &Plan) -> Result<gst::Element, AttachError> {
    let queue = make("queue")?;
    let most = gst::ClockTime::from_seconds(2);
    queue.set_property("max-size-buffers", 0_u32);
    queue.set_property("max-size-bytes", 16_u32 << 20);
    queue.set_property("max-size-time", most);
    if plan.flow != Flow::Live {
        return Ok(queue);
    }
    // The limits of the queue itself lie beyond those of the probe, so that it never blocks.
    queue.set_property("max-size-bytes", 64_u32 << 20);
    queue.set_property("max-size-time", most * 4);
    let (weak, seen) = (queue.downgrade(), Arc::clone(seen));
    let skipping = std::sync::atomic::AtomicBool::new(false);
    let sink = queue.static_pad("sink").expect("a queue has a sink pad");
    sink.add_probe(gst::PadProbeType::BUFFER, move |_, probe| {
        let (Some(queue), Some(buffer)) = (weak.upgrade(), probe.buffer()) else {
            return gst::PadProbeReturn::Ok;
        };
        let full = queue.property::<u64>("current-level-time") > most.nseconds()
            || queue.property::<u32>("current-level-bytes") > 16 << 20;
        let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let skip = full || (skipping.load(Ordering::Relaxed) && !key);
        skipping.store(skip, Ordering::Relaxed);
        if !skip {
            return gst::PadProbeReturn::Ok;
        }
        seen.skipped.fetch_add(1, Ordering::Relaxed);
        gst::PadProbeReturn::Drop
    });
    Ok(queue)
}

/// The tap: every access unit with its time goes to the recorder, in a thread of its own.
fn record(
    pipeline: &gst::Pipeline,
    tee: &gst::Element,
    codec: &'static Codec,
    recorder: &Arc<Recorder>,
    plan: &Plan,
) -> Result<(), AttachError> {
    // At most 10 s or 64 MB. Full, which takes a disk that hangs: a file waits, a live source loses
    // the oldest rather than stop detecting.
    let queue = make("queue")?;
    queue.set_property("max-size-buffers", 0_u32);
    queue.set_property("max-size-bytes", 64_u32 << 20);
    queue.set_property("max-size-time", gst::ClockTime::from_seconds(10));
    if plan.flow == Flow::Live {
        queue.set_property_from_str("leaky", "downstream");
    }
    let parse = make(codec.parse)?;
    // Every segment must carry its own parameter sets.
    parse.set_property("config-interval", -1_i32);
    let caps: gst::Caps = codec.units.parse().expect("the caps are a constant");
    let (unit, end) = (Arc::clone(recorder), Arc::clone(recorder));
    let plan = plan.clone();
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_nothing| gst::FlowError::Eos)?;
            unit.unit(&sample, &|running| {
                plan.axis.at(running, arrived(&plan, sink.upcast_ref(), running))
            });
            Ok(gst::FlowSuccess::Ok)
        })
        .eos(move |_| end.finish())
        .build();
    let sink = gst_app::AppSink::builder()
        .caps(&caps)
        .callbacks(callbacks)
        .sync(false)
        .async_(false)
        .max_buffers(4)
        .enable_last_sample(false)
        .build();
    let chain = [queue, parse, sink.upcast()];
    pipeline.add_many(&chain)?;
    gst::Element::link_many(&chain)?;
    tee.link(&chain[0])?;
    for element in chain.iter().rev() {
        element.sync_state_with_parent()?;
    }
    Ok(())
}

/// Notes the camera's clock on its way past, before any element can lose it.
fn note_camera_time(pad: &gst::Pad, pipeline: &gst::Pipeline, seen: &Arc<Seen>, plan: &Plan) {
    let (pipeline, seen, plan) = (pipeline.downgrade(), Arc::clone(seen), plan.clone());
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, probe| {
        let noted = probe.buffer().and_then(|buffer| {
            let camera = camera_time(buffer)?;
            let segment = pad.sticky_event::<gst::event::Segment>(0)?;
            let segment = segment.segment().downcast_ref::<gst::ClockTime>()?.clone();
            let running = segment.to_running_time(buffer.pts()?)?;
            plan.axis.told(running, camera);
            let machine = arrived(&plan, pipeline.upgrade()?.upcast_ref(), running);
            Some(camera.duration_since(machine))
        });
        if noted.is_some() {
            *seen.offset.lock().unwrap_or_else(PoisonError::into_inner) = noted;
        }
        gst::PadProbeReturn::Ok
    });
}

fn discard(pipeline: &gst::Pipeline, pad: &gst::Pad) -> Result<(), AttachError> {
    let sink = make("fakesink")?;
    sink.set_property("sync", false);
    sink.set_property("async", false);
    pipeline.add(&sink)?;
    sink.sync_state_with_parent()?;
    link_to(pad, &sink)
}

fn link_to(pad: &gst::Pad, element: &gst::Element) -> Result<(), AttachError> {
    let sink = element.static_pad("sink").expect("this element has one fixed sink pad");
    if !sink.is_linked() {
        pad.link(&sink)?;
    }
    Ok(())
}

fn field(caps: &gst::Caps, name: &str) -> Option<String> {
    caps.structure(0).and_then(|s| s.get::<String>(name).ok())
}
