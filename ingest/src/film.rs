//! Pictures to an MP4 that browsers play: H.264, its index in front.
//!
//! For what is made to be looked at. What is kept as evidence is never encoded again, see
//! [`SegmentDir`](crate::SegmentDir). The same pictures give the same bytes: no clock is in the file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use domain::Size;
use gstreamer::{self as gst, prelude::*};
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use crate::elements::{InitError, make};
use crate::segments::undate;

/// A film being written.
pub struct Film {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    dest: PathBuf,
    size: Size,
    last: Option<gst::ClockTime>,
}

/// Why there is no film.
#[derive(Debug, thiserror::Error)]
pub enum FilmError {
    #[error(transparent)]
    Init(#[from] InitError),
    #[error(
        "a film of {width}x{height} pixels: sides must be 16 to 3840 and even, the width a multiple of 4"
    )]
    Size { width: u32, height: u32 },
    #[error("a picture of {bytes} bytes does not fill {width}x{height} pixels")]
    Picture { bytes: usize, width: u32, height: u32 },
    #[error("cannot write the film `{}`: {reason}", dest.display())]
    Write { dest: PathBuf, reason: String },
}

/// Whoever tells rates by the number of pictures believes in this many a second. Pictures keep their own times.
const NOMINAL_RATE: i32 = 25;
/// Enough that the picture does not suffer where nothing was masked.
const BITS_PER_PIXEL: f64 = 0.15;
/// A jump to a time shows at once what is there.
const KEY_EVERY: u32 = 50;
/// Closing a film of an hour takes seconds unless the disk hangs.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(60);

impl Film {
    /// The longest side that the encoder takes.
    pub const MAX_SIDE: u32 = 3840;

    /// Begins a film at `dest`, in a folder that is there. What lies at `dest` is overwritten.
    pub fn create(dest: &Path, size: Size) -> Result<Self, FilmError> {
        let Size { width, height } = size;
        let fits = |side: u32| (16..=Self::MAX_SIDE).contains(&side);
        if !fits(width) || !fits(height) || width % 4 != 0 || height % 2 != 0 {
            return Err(FilmError::Size { width, height });
        }
        crate::init()?;
        let (pipeline, source) = graph(dest, size)?;
        let film = Self { pipeline, source, dest: dest.to_owned(), size, last: None };
        if film.pipeline.set_state(gst::State::Playing).is_err() {
            return Err(film.failed());
        }
        Ok(film)
    }

    /// Adds a picture of packed BGR, `at` after the beginning. One that is no later than the last is left out.
    pub fn push(&mut self, at: Duration, bgr: Bytes) -> Result<(), FilmError> {
        if bgr.len() != self.size.bgr_bytes() {
            let Size { width, height } = self.size;
            return Err(FilmError::Picture { bytes: bgr.len(), width, height });
        }
        let at = gst::ClockTime::from_nseconds(u64::try_from(at.as_nanos()).unwrap_or(u64::MAX));
        if self.last.is_some_and(|last| at <= last) {
            return Ok(());
        }
        self.last = Some(at);
        let mut buffer = gst::Buffer::from_slice(bgr);
        buffer.get_mut().expect("nobody else has the new buffer").set_pts(at);
        self.source.push_buffer(buffer).map(drop).map_err(|_flow| self.failed())
    }

    /// Ends the film; it is whole when this returns.
    pub fn finish(self) -> Result<(), FilmError> {
        self.source.end_of_stream().map_err(|_flow| self.failed())?;
        let bus = self.pipeline.bus().expect("a pipeline has a bus");
        let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
        let write = |reason: String| FilmError::Write { dest: self.dest.clone(), reason };
        match bus.timed_pop_filtered(PATIENCE, &wanted) {
            Some(message) if message.type_() == gst::MessageType::Eos => {}
            Some(message) => return Err(write(words(&message))),
            None => return Err(write("the disk does not answer".to_owned())),
        }
        if self.pipeline.set_state(gst::State::Null).is_err() {
            return Err(write("the file cannot be closed".to_owned()));
        }
        undate(&self.dest).map_err(|error| write(error.to_string()))
    }

    fn failed(&self) -> FilmError {
        let bus = self.pipeline.bus().expect("a pipeline has a bus");
        let message = bus.timed_pop_filtered(gst::ClockTime::SECOND, &[gst::MessageType::Error]);
        let reason = message.map_or_else(|| "the encoder stopped".to_owned(), |m| words(&m));
        FilmError::Write { dest: self.dest.clone(), reason }
    }
}

impl Drop for Film {
    fn drop(&mut self) {
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            tracing::debug!(%error, "a film's writer did not stop cleanly");
        }
    }
}

impl std::fmt::Debug for Film {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Film").field("dest", &self.dest).finish_non_exhaustive()
    }
}

fn graph(dest: &Path, size: Size) -> Result<(gst::Pipeline, gst_app::AppSrc), InitError> {
    let caps = gst_video::VideoCapsBuilder::new()
        .format(gst_video::VideoFormat::Bgr)
        .width(i32::try_from(size.width).unwrap_or(i32::MAX))
        .height(i32::try_from(size.height).unwrap_or(i32::MAX))
        .framerate(gst::Fraction::new(NOMINAL_RATE, 1))
        .build();
    let source = gst_app::AppSrc::builder()
        .caps(&caps)
        .format(gst::Format::Time)
        .block(true)
        .max_bytes(4 * size.bgr_bytes() as u64)
        .build();
    let (convert, encoder, parse) = (make("videoconvert")?, encoder(size)?, make("h264parse")?);
    convert.set_property("n-threads", 1_u32);
    let (mux, sink) = (make("mp4mux")?, make("filesink")?);
    mux.set_property("faststart", true);
    mux.set_property("faststart-file", dest.with_extension("index"));
    sink.set_property("location", dest);
    sink.set_property("sync", false);
    sink.set_property("async", false);
    let pipeline = gst::Pipeline::new();
    let chain = [source.upcast_ref(), &convert, &encoder, &parse, &mux, &sink];
    pipeline.add_many(chain).expect("the elements are new and belong to no other bin");
    gst::Element::link_many(chain).expect("each takes what the one before it gives");
    Ok((pipeline, source))
}

/// `OpenH264`: BSD, and in a package that decoding needs anyway.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2^28, above 0")]
fn encoder(size: Size) -> Result<gst::Element, InitError> {
    let encoder = make("openh264enc")?;
    let pixels = f64::from(size.width) * f64::from(size.height);
    let bitrate = (pixels * BITS_PER_PIXEL * f64::from(NOMINAL_RATE)) as u32;
    encoder.set_property_from_str("rate-control", "bitrate");
    encoder.set_property("bitrate", bitrate.max(100_000));
    encoder.set_property("gop-size", KEY_EVERY);
    encoder.set_property("multi-thread", 1_u32);
    Ok(encoder)
}

fn words(message: &gst::Message) -> String {
    match message.view() {
        gst::MessageView::Error(error) => error.error().message().to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Input, probe};

    fn film(dest: &Path) {
        let size = Size::new(320, 180).unwrap();
        let mut film = Film::create(dest, size).unwrap();
        for n in 0..30_u8 {
            let at = Duration::from_millis(u64::from(n) * 100);
            let mut bgr = vec![40; size.bgr_bytes()];
            bgr[usize::from(n) * 3000..][..3000].fill(250);
            film.push(at, bgr.into()).unwrap();
            film.push(at, vec![0; size.bgr_bytes()].into()).unwrap();
        }
        film.finish().unwrap();
    }

    #[test]
    fn a_film_keeps_its_times_and_is_the_same_again() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (dir.path().join("one.mp4"), dir.path().join("two.mp4"));
        film(&one);
        let probed = probe(&Input::File(one.clone())).unwrap();
        assert_eq!((probed.codec.as_str(), probed.width, probed.height), ("H.264", 320, 180));
        let length = probed.duration.unwrap().as_secs_f64();
        assert!((2.9..3.2).contains(&length), "{length}");
        film(&two);
        assert!(std::fs::read(&one).unwrap() == std::fs::read(&two).unwrap());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "nothing else is left");
    }

    #[test]
    fn what_no_encoder_takes_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let dest = dir.path().join("a.mp4");
        for (width, height) in [(14, 16), (322, 180), (320, 181), (3844, 2160), (1, 1)] {
            let size = Size::new(width, height).unwrap();
            let error = Film::create(&dest, size).unwrap_err();
            assert!(matches!(error, FilmError::Size { .. }), "{error}");
        }
        let mut film = Film::create(&dest, Size::new(16, 16).unwrap()).unwrap();
        assert!(matches!(film.push(Duration::ZERO, Bytes::new()), Err(FilmError::Picture { .. })));
        let nowhere = dir.path().join("no/a.mp4");
        let size = Size::new(64, 64).unwrap();
        let error = Film::create(&nowhere, size).and_then(|mut film| {
            film.push(Duration::ZERO, vec![0; size.bgr_bytes()].into())?;
            film.finish()
        });
        assert!(matches!(error, Err(FilmError::Write { .. })));
    }
}
