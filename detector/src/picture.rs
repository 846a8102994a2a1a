//! Pictures for people: encoding, marking, cutting out, reading.
//!
//! Works on whole frames and never changes the one it is given.

mod header;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use domain::{BadFrame, Frame, RelBox, Size};
use opencv::boxed_ref::BoxedRefMut;
use opencv::core::{Mat, Point, Rect, Scalar, Vec3b, Vector};
use opencv::prelude::*;
use opencv::{imgcodecs, imgproc};

use crate::preprocess::{as_mat, side};

/// A box to draw, with a few words.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub seen: RelBox,
    /// Printable ASCII; other characters are drawn as `?`. Cut to 48 characters.
    pub label: String,
    pub tone: Tone,
}

/// How a mark looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// What the picture is about: red.
    Subject,
    /// What is really there: green.
    Truth,
    /// What else is there: grey.
    Other,
}

/// Why a picture could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    #[error("cannot {what} a picture of {width}x{height} pixels")]
    Pixels { what: &'static str, width: u32, height: u32, source: opencv::Error },
    #[error("cannot read the picture {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{} is larger than the {MAX_FILE_BYTES} bytes allowed for a picture", path.display())]
    TooLarge { path: PathBuf },
    #[error("{} is no picture that can be read (JPEG, PNG, …)", path.display())]
    NoPicture { path: PathBuf },
    #[error("it is no picture that can be read (JPEG, PNG, …)")]
    Undecodable,
    #[error("cannot use the picture {}", path.display())]
    Unfit { path: PathBuf, source: BadFrame },
    #[error(transparent)]
    Frame(#[from] BadFrame),
}

/// Larger files are not read.
const MAX_FILE_BYTES: u64 = 64 << 20;
const MAX_LABEL: usize = 48;
const FONT: i32 = imgproc::FONT_HERSHEY_SIMPLEX;

/// Compresses a frame; `quality` 1..=100.
pub fn encode_jpeg(frame: &Frame, quality: u8) -> Result<Bytes, PictureError> {
    let quality = i32::from(quality.clamp(1, 100));
    let settings = Vector::from_slice(&[imgcodecs::IMWRITE_JPEG_QUALITY, quality]);
    let mut encoded = Vector::<u8>::new();
    as_mat(frame)
        .and_then(|picture| imgcodecs::imencode(".jpg", &picture, &mut encoded, &settings))
        .map_err(failed("encode", frame.size))?;
    Ok(Bytes::from(encoded.to_vec()))
}

/// Compresses a frame without losing anything: masks.
pub fn encode_png(frame: &Frame) -> Result<Bytes, PictureError> {
    let mut encoded = Vector::<u8>::new();
    as_mat(frame)
        .and_then(|picture| imgcodecs::imencode_def(".png", &picture, &mut encoded))
        .map_err(failed("encode", frame.size))?;
    Ok(Bytes::from(encoded.to_vec()))
}

/// A copy of the frame with boxes and words drawn on it. The subject is drawn last, on top.
pub fn annotated(frame: &Frame, marks: &[Mark]) -> Result<Frame, PictureError> {
    let mut pixels = frame.bgr.to_vec();
    draw(&mut pixels, frame.size, marks).map_err(failed("mark", frame.size))?;
    Ok(Frame { bgr: pixels.into(), ..frame.clone() })
}

/// The part of the frame around `seen`, enlarged on each side by `margin` times its width or
/// height, cut to the frame; at least one pixel.
pub fn crop(frame: &Frame, seen: RelBox, margin: f64) -> Result<Frame, PictureError> {
    let margin = if margin.is_finite() { margin.clamp(0.0, 10.0) } else { 0.0 };
    let (left, right) = span(seen.x, seen.w, margin, frame.size.width);
    let (top, bottom) = span(seen.y, seen.h, margin, frame.size.height);
    let size = Size::new(right - left, bottom - top)?;
    let mut pixels = Vec::with_capacity(size.bgr_bytes());
    for row in top..bottom {
        let start = (row as usize * frame.size.width as usize + left as usize) * 3;
        pixels.extend_from_slice(&frame.bgr[start..start + size.width as usize * 3]);
    }
    Ok(Frame { size, bgr: pixels.into(), ..frame.clone() })
}

/// The frame made narrower, each pixel the mean of what it covers; as it is where it is not wider than `width`.
pub fn narrowed(frame: &Frame, width: u32) -> Result<Frame, PictureError> {
    let Size { width: from, height } = frame.size;
    if width >= from {
        return Ok(frame.clone());
    }
    let height = (u64::from(height) * u64::from(width) / u64::from(from)).max(1);
    let size = Size::new(width, u32::try_from(height).unwrap_or(u32::MAX))?;
    let shrink = || {
        let mut small = Mat::default();
        let to = opencv::core::Size::new(side(size.width)?, side(size.height)?);
        imgproc::resize(&as_mat(frame)?, &mut small, to, 0.0, 0.0, imgproc::INTER_AREA)?;
        opencv::Result::Ok(Bytes::copy_from_slice(small.data_bytes()?))
    };
    let bgr = shrink().map_err(failed("shrink", frame.size))?.into();
    Ok(Frame { bgr, size, ..frame.clone() })
}

/// Reads a picture file into packed BGR, upright as its EXIF says. Grey, CMYK, 16 bit and transparent
/// pictures become 8 bit BGR; what is transparent keeps the colour it has. One that is too large is refused
/// by its header, before memory is taken for it.
pub fn read(path: &Path) -> Result<(Size, Bytes), PictureError> {
    let unreadable = |source| PictureError::Read { path: path.to_owned(), source };
    let mut encoded = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut encoded).map_err(unreadable)?;
    if encoded.len() as u64 > MAX_FILE_BYTES {
        return Err(PictureError::TooLarge { path: path.to_owned() });
    }
    from_bytes(&encoded).map_err(|error| match error {
        PictureError::Frame(source) => PictureError::Unfit { path: path.to_owned(), source },
        _ => PictureError::NoPicture { path: path.to_owned() },
    })
}

/// The same of a file that is in memory.
pub fn from_bytes(encoded: &[u8]) -> Result<(Size, Bytes), PictureError> {
    if let Some((width, height)) = header::size(encoded) {
        Size::new(width, height)?;
    }
    let ((width, height), pixels) =
        decode(encoded).ok().flatten().ok_or(PictureError::Undecodable)?;
    Ok((Size::new(width, height)?, pixels))
}

/// The frame, made smaller until no side is longer than `longest` pixels; the same where none is.
pub fn within(frame: &Frame, longest: u32) -> Result<Frame, PictureError> {
    resized(frame, within_size(frame.size, longest))
}

/// The size of a picture that is made smaller until no side is longer than `longest` pixels.
pub fn within_size(size: Size, longest: u32) -> Size {
    let longer = size.width.max(size.height);
    if longer <= longest {
        return size;
    }
    let part = |side: u32| {
        let part = u64::from(side) * u64::from(longest) / u64::from(longer);
        u32::try_from(part).unwrap_or(longest).max(1)
    };
    Size { width: part(size.width), height: part(size.height) }
}

/// The frame in another size.
pub fn resized(frame: &Frame, size: Size) -> Result<Frame, PictureError> {
    if size == frame.size {
        return Ok(frame.clone());
    }
    let pixels = resize(frame, size).map_err(failed("resize", frame.size))?;
    Ok(Frame { size, bgr: pixels.into(), ..frame.clone() })
}

fn resize(frame: &Frame, size: Size) -> opencv::Result<Vec<u8>> {
    let mut pixels = vec![0; size.bgr_bytes()];
    let (width, height) = (side(size.width)?, side(size.height)?);
    let mut smaller = Mat::new_rows_cols_with_bytes_mut::<Vec3b>(height, width, &mut pixels)?;
    let wanted = opencv::core::Size::new(width, height);
    imgproc::resize(&as_mat(frame)?, &mut smaller, wanted, 0.0, 0.0, imgproc::INTER_AREA)?;
    drop(smaller);
    Ok(pixels)
}

type Decoded = ((u32, u32), Bytes);

fn decode(encoded: &[u8]) -> opencv::Result<Option<Decoded>> {
    if encoded.is_empty() {
        return Ok(None);
    }
    let encoded = Mat::from_slice(encoded)?;
    let picture = imgcodecs::imdecode(&encoded, imgcodecs::IMREAD_COLOR)?;
    if picture.empty() {
        return Ok(None);
    }
    let size = (u32::try_from(picture.cols())?, u32::try_from(picture.rows())?);
    Ok(Some((size, Bytes::copy_from_slice(picture.data_bytes()?))))
}

fn draw(pixels: &mut [u8], size: Size, marks: &[Mark]) -> opencv::Result<()> {
    let (width, height) = (side(size.width)?, side(size.height)?);
    let mut picture = Mat::new_rows_cols_with_bytes_mut::<Vec3b>(height, width, pixels)?;
    let pen = Pen::new(height);
    for tone in [Tone::Other, Tone::Truth, Tone::Subject] {
        for mark in marks.iter().filter(|mark| mark.tone == tone) {
            pen.draw(&mut picture, size, mark)?;
        }
    }
    Ok(())
}

/// Line and letter sizes that suit the picture.
struct Pen {
    line: i32,
    letters: f64,
}

impl Pen {
    fn new(height: i32) -> Self {
        Self { line: (height / 360).max(1) + 1, letters: (f64::from(height) / 900.0).max(0.4) }
    }

    fn draw(
        &self,
        picture: &mut BoxedRefMut<'_, Mat>,
        size: Size,
        mark: &Mark,
    ) -> opencv::Result<()> {
        let (left, right) = span(mark.seen.x, mark.seen.w, 0.0, size.width);
        let (top, bottom) = span(mark.seen.y, mark.seen.h, 0.0, size.height);
        let (x, y) = (side(left)?, side(top)?);
        let outline = Rect::new(x, y, side(right - left)?, side(bottom - top)?);
        let colour = mark.tone.colour();
        imgproc::rectangle(picture, outline, colour, self.line, imgproc::LINE_8, 0)?;
        if mark.label.is_empty() {
            return Ok(());
        }
        let printable = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
        let label: String = mark.label.chars().take(MAX_LABEL).map(printable).collect();
        let mut below = 0;
        let text = imgproc::get_text_size(&label, FONT, self.letters, 1, &mut below)?;
        // Above the box, or inside it where there is no room above.
        let base = if y > text.height + below { y - below } else { y + text.height + self.line };
        let x = x.min((side(size.width)? - text.width).max(0));
        let ground = Rect::new(x, base - text.height, text.width, text.height + below);
        imgproc::rectangle(picture, ground, colour, imgproc::FILLED, imgproc::LINE_8, 0)?;
        let ink = Scalar::new(255.0, 255.0, 255.0, 0.0);
        let at = Point::new(x, base);
        imgproc::put_text(picture, &label, at, FONT, self.letters, ink, 1, imgproc::LINE_AA, false)
    }
}

impl Tone {
    /// BGR.
    fn colour(self) -> Scalar {
        match self {
            Self::Subject => Scalar::new(40.0, 40.0, 214.0, 0.0),
            Self::Truth => Scalar::new(60.0, 170.0, 40.0, 0.0),
            Self::Other => Scalar::new(110.0, 110.0, 110.0, 0.0),
        }
    }
}

/// Pixels `from..to` of a side that is `pixels` long, for a part of it given as a share.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the side")]
fn span(start: f64, length: f64, margin: f64, pixels: u32) -> (u32, u32) {
    let whole = f64::from(pixels);
    let at = |share: f64| if share.is_finite() { (share * whole).clamp(0.0, whole) } else { 0.0 };
    let from = (at(start - margin * length).floor() as u32).min(pixels - 1);
    let to = at(start + length * (1.0 + margin)).ceil() as u32;
    (from, to.clamp(from + 1, pixels))
}

fn failed(what: &'static str, size: Size) -> impl FnOnce(opencv::Error) -> PictureError {
    let Size { width, height } = size;
    move |source| PictureError::Pixels { what, width, height, source }
}

#[cfg(test)]
mod tests {
    use domain::{SourceId, TimeBasis};
    use jiff::Timestamp;

    use super::*;

    /// Grey, with a white pixel at column 3, row 2.
    fn frame(width: u32, height: u32) -> Frame {
        let size = Size::new(width, height).unwrap();
        let mut pixels = vec![100; size.bgr_bytes()];
        let start = (2 * width as usize + 3) * 3;
        pixels[start..start + 3].fill(255);
        let source = SourceId::new("test").unwrap();
        Frame::new(source, 0, Timestamp::UNIX_EPOCH, TimeBasis::Media, size, pixels.into()).unwrap()
    }

    fn seen(x: f64, y: f64, w: f64, h: f64) -> RelBox {
        RelBox { x, y, w, h }
    }

    #[test]
    fn what_is_written_can_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jpg");
        std::fs::write(&path, encode_jpeg(&frame(64, 48), 92).unwrap()).unwrap();
        let (size, pixels) = read(&path).unwrap();
        assert_eq!((size.width, size.height), (64, 48));
        assert_eq!(pixels.len(), size.bgr_bytes());
        assert!(pixels[size.bgr_bytes() - 1].abs_diff(100) < 4);
    }

    #[test]
    fn a_large_frame_is_made_smaller_and_keeps_its_aspect() {
        for (width, height, longest, wanted) in [
            (64, 48, 64, (64, 48)),
            (64, 48, 32, (32, 24)),
            (48, 64, 32, (24, 32)),
            (640, 5, 64, (64, 1)),
        ] {
            let small = within(&frame(width, height), longest).unwrap();
            assert_eq!((small.size.width, small.size.height), wanted);
            assert_eq!(small.bgr.len(), small.size.bgr_bytes());
            assert_eq!(small.bgr[small.bgr.len() - 1], 100);
        }
    }

    #[test]
    fn what_is_no_picture_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jpg");
        assert!(read(&path).unwrap_err().to_string().ends_with("a.jpg"));
        for content in [&b""[..], b"no picture", b"\xff\xd8\xff\xe0 torn"] {
            std::fs::write(&path, content).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(
                error.ends_with("a.jpg is no picture that can be read (JPEG, PNG, …)"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_crop_is_cut_to_the_frame() {
        let frame = frame(40, 20);
        for (part, margin, width, height) in [
            (seen(0.25, 0.25, 0.5, 0.5), 0.0, 20, 10),
            (seen(0.25, 0.25, 0.5, 0.5), 0.25, 30, 16),
            (seen(0.25, 0.25, 0.5, 0.5), 9.0, 40, 20),
            (seen(-1.0, -1.0, 5.0, 5.0), 0.0, 40, 20),
            (seen(0.5, 0.5, 0.0, 0.0), 0.0, 1, 1),
            (seen(7.0, 7.0, 1.0, 1.0), 0.0, 1, 1),
            (seen(f64::NAN, 0.0, 1.0, f64::INFINITY), f64::NAN, 1, 1),
        ] {
            let cut = crop(&frame, part, margin).unwrap();
            assert_eq!((cut.size.width, cut.size.height), (width, height), "{part:?}");
            assert_eq!(cut.bgr.len(), cut.size.bgr_bytes());
        }
        let cut = crop(&frame, seen(3.0 / 40.0, 2.0 / 20.0, 1.0 / 40.0, 1.0 / 20.0), 0.0).unwrap();
        assert_eq!(&cut.bgr[..3], [255; 3]);
    }

    #[test]
    fn a_narrowed_frame_keeps_its_shape() {
        for (width, height, to, expected) in [
            (300, 100, 60, (60, 20)),
            (60, 20, 60, (60, 20)),
            (60, 20, 90, (60, 20)),
            (300, 4, 1, (1, 1)),
        ] {
            let small = narrowed(&frame(width, height), to).unwrap();
            assert_eq!((small.size.width, small.size.height), expected);
            assert_eq!(small.bgr.len(), small.size.bgr_bytes());
        }
        assert!(narrowed(&frame(300, 100), 0).is_err());
    }

    #[test]
    fn a_mark_is_drawn_on_a_copy() {
        let frame = frame(320, 180);
        let mark = |label: &str, seen| Mark { seen, label: label.into(), tone: Tone::Subject };
        let marks = [
            mark("car 0.83", seen(0.5, 0.5, 0.25, 0.25)),
            mark("\u{8fdd}\u{505c}\0 %s", seen(0.9, 0.0, 0.3, 0.1)),
            mark(&"x".repeat(5000), seen(0.0, 0.9, 2.0, 2.0)),
            mark("", seen(f64::NAN, -1.0, 0.0, f64::INFINITY)),
        ];
        let drawn = annotated(&frame, &marks).unwrap();
        assert_eq!(drawn.size, frame.size);
        let corner = (90 * 320 + 160) * 3;
        assert_eq!(&drawn.bgr[corner..corner + 3], [40, 40, 214]);
        assert_eq!(&frame.bgr[corner..corner + 3], [100; 3]);
    }
}
