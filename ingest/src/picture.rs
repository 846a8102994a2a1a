//! From GStreamer's sample to pixels.
//!
//! Decoded video stays as it is: planes of luma and chroma, where the decoder put them. What is no such
//! video (a PNG, say) comes as packed BGR.

use std::sync::Arc;

use bytes::Bytes;
use domain::{BadFrame, ColourMatrix, ColourRange, Pixels, Planes, Rows, Size};
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video::{
    self as gst_video, VideoColorMatrix, VideoColorRange, VideoFormat, prelude::*,
};

/// The pixel layouts that leave the pipeline. The first is what nearly all video is decoded to, so that
/// nothing is converted.
pub(crate) fn caps() -> gst::Caps {
    let formats = [VideoFormat::I420, VideoFormat::Bgr];
    gst_video::VideoCapsBuilder::new().format_list(formats).build()
}

/// The sink of decoded pictures. Holds two: one being read, one ready. When full it blocks the
/// decoder; what a live source may lose is lost before the decoder or in the receiver.
pub(crate) fn picture_sink(sync: bool) -> gst_app::AppSink {
    gst_app::AppSink::builder()
        .caps(&caps())
        .max_buffers(2)
        .drop(false)
        .sync(sync)
        .enable_last_sample(false)
        .build()
}

/// Why a sample is no picture.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadPicture {
    #[error(transparent)]
    Frame(#[from] BadFrame),
    #[error("a picture without {0}")]
    Without(&'static str),
}

/// The size and the pixels of a decoded sample. Pixels are copied only where GStreamer has padded the rows
/// of packed BGR.
pub(crate) fn picture(sample: &gst::Sample) -> Result<(Size, Pixels), BadPicture> {
    let caps = sample.caps().ok_or(BadPicture::Without("a format"))?;
    let info = gst_video::VideoInfo::from_caps(caps).map_err(|_reason| no_format(caps))?;
    let size = Size::new(info.width(), info.height())?;
    let buffer = sample.buffer_owned().ok_or(BadPicture::Without("pixels"))?;
    let frame = gst_video::VideoFrame::from_buffer_readable(buffer, &info)
        .map_err(|_buffer| BadPicture::Without("readable pixels"))?;
    let pixels = match info.format() {
        VideoFormat::I420 => planes(frame, size)?.into(),
        _ => packed(frame, size)?.into(),
    };
    Ok((size, pixels))
}

type Mapped = gst_video::VideoFrame<gst_video::video_frame::Readable>;

fn planes(frame: Mapped, size: Size) -> Result<Planes, BadPicture> {
    let matrix = matrix(&frame.info().colorimetry());
    let frame = Arc::new(frame);
    let plane = |index: usize| Rows {
        stride: stride(&frame, index),
        bytes: Bytes::from_owner(Plane { frame: Arc::clone(&frame), index }),
    };
    Ok(Planes::new(size, [plane(0), plane(1), plane(2)], matrix)?)
}

fn stride(frame: &Mapped, plane: usize) -> usize {
    frame.plane_stride().get(plane).and_then(|&stride| usize::try_from(stride).ok()).unwrap_or(0)
}

/// What is not told is BT.601 in the limited range.
fn matrix(colour: &gst_video::VideoColorimetry) -> ColourMatrix {
    let (red, blue) = match colour.matrix() {
        VideoColorMatrix::Bt709 => (0.2126, 0.0722),
        VideoColorMatrix::Fcc => (0.30, 0.11),
        VideoColorMatrix::Smpte240m => (0.212, 0.087),
        VideoColorMatrix::Bt2020 => (0.2627, 0.0593),
        _ => (0.299, 0.114),
    };
    let range = match colour.range() {
        VideoColorRange::Range0_255 => ColourRange::Full,
        _ => ColourRange::Limited,
    };
    ColourMatrix::new(red, blue, range)
}

fn packed(frame: Mapped, size: Size) -> Result<Bytes, BadPicture> {
    let row = size.width as usize * 3;
    let stride = stride(&frame, 0);
    let pixels = frame.plane_data(0).map_err(|_reason| BadPicture::Without("pixels"))?;
    let needed = stride * (size.height as usize - 1) + row;
    if stride < row || pixels.len() < needed {
        let Size { width, height } = size;
        let got = pixels.len();
        return Err(BadFrame::Length { width, height, needed: size.bgr_bytes(), got }.into());
    }
    if stride == row {
        return Ok(Bytes::from_owner(Packed { frame, bytes: needed }));
    }
    let mut packed = Vec::with_capacity(size.bgr_bytes());
    for line in pixels.chunks(stride).take(size.height as usize) {
        packed.extend_from_slice(&line[..row]);
    }
    Ok(packed.into())
}

/// A caps text such as a 0×0 picture never becomes a [`gst_video::VideoInfo`]: say the size.
fn no_format(caps: &gst::CapsRef) -> BadPicture {
    let side = |name| {
        let value = caps.structure(0).and_then(|s| s.get::<i32>(name).ok());
        value.and_then(|side| u32::try_from(side).ok())
    };
    match (side("width"), side("height")) {
        (Some(width), Some(height)) if Size::new(width, height).is_err() => {
            BadPicture::Frame(BadFrame::Size { width, height })
        }
        _ => BadPicture::Without("a readable format"),
    }
}

/// A plane of a mapped picture, which is kept until the last user of its pixels is gone.
struct Plane {
    frame: Arc<Mapped>,
    index: usize,
}

impl AsRef<[u8]> for Plane {
    fn as_ref(&self) -> &[u8] {
        let plane = u32::try_from(self.index).ok();
        plane.and_then(|plane| self.frame.plane_data(plane).ok()).unwrap_or_default()
    }
}

/// A mapped picture whose rows are not padded, kept until the last user of its pixels is gone.
struct Packed {
    frame: Mapped,
    bytes: usize,
}

impl AsRef<[u8]> for Packed {
    fn as_ref(&self) -> &[u8] {
        let pixels = self.frame.plane_data(0).unwrap_or_default();
        pixels.get(..self.bytes).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(width: i32, height: i32, bytes: usize) -> gst::Sample {
        gst::init().unwrap();
        let caps = gst::Caps::builder("video/x-raw")
            .field("format", "BGR")
            .field("width", width)
            .field("height", height)
            .field("framerate", gst::Fraction::new(25, 1))
            .build();
        let buffer = gst::Buffer::from_slice(vec![7_u8; bytes]);
        gst::Sample::builder().caps(&caps).buffer(&buffer).build()
    }

    #[test]
    fn rows_lose_their_padding() {
        // 5 pixels are 15 bytes, which GStreamer pads to 16.
        let (size, bgr) = picture(&sample(5, 3, 48)).unwrap();
        assert_eq!((size.width, size.height, bgr.len()), (5, 3, 45));
        let (_, bgr) = picture(&sample(4, 3, 36)).unwrap();
        assert_eq!(bgr[..], [7; 36]);
    }

    /// 5 × 3 pixels: luma rows of 8 bytes, then chroma of 3 × 2 in rows of 4.
    #[test]
    fn decoded_video_is_not_converted() {
        gst::init().unwrap();
        let grey = "video/x-raw,format=I420,width=5,height=3,framerate=25/1,colorimetry=bt709";
        let caps: gst::Caps = grey.parse().unwrap();
        let mut bytes = [[50; 5].as_slice(), &[0; 3]].concat().repeat(4);
        bytes.extend([128; 16]);
        let buffer = gst::Buffer::from_slice(bytes);
        let sample = gst::Sample::builder().caps(&caps).buffer(&buffer).build();
        let (size, pixels) = picture(&sample).unwrap();
        assert_eq!((size.width, size.height, pixels.len()), (5, 3, 45));
        let planes = pixels.planes().unwrap();
        assert_eq!(planes.matrix(), ColourMatrix::new(0.2126, 0.0722, ColourRange::Limited));
        assert_eq!(planes.planes().each_ref().map(|rows| rows.stride), [8, 4, 4]);
        assert_eq!(pixels[..], [40; 45]);
    }

    #[test]
    fn a_picture_of_no_size_is_refused_by_its_size() {
        let refused = picture(&sample(0, 0, 16)).unwrap_err().to_string();
        assert_eq!(refused, "a frame of 0x0 pixels: each side must be 1 to 16384");
        assert!(picture(&sample(8, 8, 16)).is_err());
    }
}
