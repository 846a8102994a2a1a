//! Starts GStreamer and knows which of its elements are needed and which Debian package holds each.

use gstreamer as gst;

/// Why video cannot be read on this machine.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error("cannot start GStreamer")]
    Start(#[source] gst::glib::Error),
    #[error("GStreamer lacks the element `{element}`: install the package `{package}`")]
    Missing { element: &'static str, package: &'static str },
}

/// Starts GStreamer once and checks that what this crate needs is installed.
pub fn init() -> Result<(), InitError> {
    gst::init().map_err(InitError::Start)?;
    NEEDED
        .iter()
        .find(|(element, _)| gst::ElementFactory::find(element).is_none())
        .map_or(Ok(()), |&(element, package)| Err(InitError::Missing { element, package }))
}

/// Makes an element; a missing one is named together with its package.
pub(crate) fn make(element: &'static str) -> Result<gst::Element, InitError> {
    gst::ElementFactory::make(element).build().map_err(|_missing| {
        let known = NEEDED.iter().find(|(name, _)| *name == element);
        InitError::Missing { element, package: known.map_or(BASE, |(_, package)| package) }
    })
}

const BASE: &str = "gstreamer1.0-plugins-base";
const GOOD: &str = "gstreamer1.0-plugins-good";
const BAD: &str = "gstreamer1.0-plugins-bad";
const LIBAV: &str = "gstreamer1.0-libav";

const NEEDED: &[(&str, &str)] = &[
    ("queue", "libgstreamer1.0-0"),
    ("parsebin", BASE),
    ("decodebin", BASE),
    ("videoconvert", BASE),
    ("appsink", BASE),
    ("appsrc", BASE),
    ("rtspsrc", GOOD),
    ("rtph264depay", GOOD),
    ("rtph265depay", GOOD),
    ("qtdemux", GOOD),
    ("mp4mux", GOOD),
    ("matroskademux", GOOD),
    ("jpegdec", GOOD),
    ("pngdec", GOOD),
    ("h264parse", BAD),
    ("h265parse", BAD),
    ("mpegtsmux", BAD),
    ("tsdemux", BAD),
    ("openh264enc", BAD),
    ("avdec_h264", LIBAV),
    ("avdec_h265", LIBAV),
];
