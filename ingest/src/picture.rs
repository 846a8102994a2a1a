//! From GStreamer's sample to packed BGR.

use bytes::Bytes;
use domain::{BadFrame, Size};
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video::{self as gst_video, prelude::*};

/// The only pixel layout that leaves the pipeline.
pub(crate) fn bgr_caps() -> gst::Caps {
    gst_video::VideoCapsBuilder::new().format(gst_video::VideoFormat::Bgr).build()
}

/// The sink of decoded pictures. Holds two: one being read, one ready. When full it blocks the
/// decoder; what a live source may lose is lost before the decoder or in the receiver.
pub(crate) fn picture_sink(sync: bool) -> gst_app::AppSink {
    gst_app::AppSink::builder()
        .caps(&bgr_caps())
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

/// The size and the packed pixels of a decoded sample. Pixels are copied only where GStreamer has
/// padded the rows.
pub(crate) fn picture(sample: &gst::Sample) -> Result<(Size, Bytes), BadPicture> {
    let caps = sample.caps().ok_or(BadPicture::Without("a format"))?;
    let info = gst_video::VideoInfo::from_caps(caps).map_err(|_reason| no_format(caps))?;
    let size = Size::new(info.width(), info.height())?;
    let buffer = sample.buffer_owned().ok_or(BadPicture::Without("pixels"))?;
    let frame = gst_video::VideoFrame::from_buffer_readable(buffer, &info)
        .map_err(|_buffer| BadPicture::Without("readable pixels"))?;
    let row = size.width as usize * 3;
    let stride = usize::try_from(frame.plane_stride()[0]).unwrap_or(0);
    let pixels = frame.plane_data(0).map_err(|_reason| BadPicture::Without("pixels"))?;
    let needed = stride * (size.height as usize - 1) + row;
    if stride < row || pixels.len() < needed {
        let Size { width, height } = size;
        let got = pixels.len();
        return Err(BadFrame::Length { width, height, needed: size.bgr_bytes(), got }.into());
    }
    if stride == row {
        return Ok((size, Bytes::from_owner(Packed { frame, bytes: needed })));
    }
    let mut packed = Vec::with_capacity(size.bgr_bytes());
    for line in pixels.chunks(stride).take(size.height as usize) {
        packed.extend_from_slice(&line[..row]);
    }
    Ok((size, packed.into()))
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

/// A mapped picture whose rows are not padded, kept until the last user of its pixels is gone.
struct Packed {
    frame: gst_video::VideoFrame<gst_video::video_frame::Readable>,
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
        assert_eq!(bgr.as_ref(), [7; 36]);
    }

    #[test]
    fn a_picture_of_no_size_is_refused_by_its_size() {
        let refused = picture(&sample(0, 0, 16)).unwrap_err().to_string();
        assert_eq!(refused, "a frame of 0x0 pixels: each side must be 1 to 16384");
        assert!(picture(&sample(8, 8, 16)).is_err());
    }
}
