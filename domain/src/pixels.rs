//! The pixels of a picture, as they came: packed BGR, or the planes that video decoders give.
//!
//! Video stays as it was decoded: whoever wants few of its pixels (the detector, which makes a picture a
//! fifth as wide) does not pay for all of them. Whoever reads the pixels as bytes gets packed BGR, which
//! is made once, when it is first read.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::{BadFrame, Size};

/// Packed BGR, 8 bit, rows top to bottom without padding (H×W×3, 0..=255), made of planes where need be.
///
/// Cloning is cheap: the pixels are shared.
#[derive(Debug, Clone)]
pub struct Pixels(Kept);

#[derive(Debug, Clone)]
enum Kept {
    Bgr(Bytes),
    Planes(Arc<Converted>),
}

#[derive(Debug)]
struct Converted {
    planes: Planes,
    bgr: OnceLock<Vec<u8>>,
}

/// Y′CbCr 4:2:0, 8 bit: a plane of luma, and two of chroma with half as many columns and rows, rounded up.
#[derive(Debug)]
pub struct Planes {
    size: Size,
    rows: [Rows; 3],
    matrix: ColourMatrix,
}

/// Rows of numbers, `stride` bytes each: what is behind the picture's width is padding.
#[derive(Debug, Clone)]
pub struct Rows {
    pub bytes: Bytes,
    pub stride: usize,
}

/// What makes blue, green and red (0..=255, to be rounded and cut) of luma and chroma as stored:
/// luma = `gain` × (y − `black`), blue = luma + `blue` × (cb − 128),
/// green = luma − `green[0]` × (cb − 128) − `green[1]` × (cr − 128), red = luma + `red` × (cr − 128).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColourMatrix {
    pub gain: f32,
    pub black: f32,
    pub blue: f32,
    pub green: [f32; 2],
    pub red: f32,
}

/// Which numbers stand for black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColourRange {
    /// 0 and 255.
    Full,
    /// 16 and 235, chroma 16 to 240: nearly all video.
    Limited,
}

impl ColourMatrix {
    /// From the shares of red and blue in luma (ITU-R BT.601: 0.299 and 0.114).
    pub fn new(red: f64, blue: f64, range: ColourRange) -> Self {
        let (gain, black, chroma) = match range {
            ColourRange::Full => (1.0, 0.0, 1.0),
            ColourRange::Limited => (255.0 / 219.0, 16.0, 255.0 / 224.0),
        };
        let green = 1.0 - red - blue;
        let (to_red, to_blue) = (2.0 * (1.0 - red) * chroma, 2.0 * (1.0 - blue) * chroma);
        Self {
            gain: single(gain),
            black,
            blue: single(to_blue),
            green: [single(to_blue * blue / green), single(to_red * red / green)],
            red: single(to_red),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "24 bits are enough for 8")]
fn single(value: f64) -> f32 {
    value as f32
}

impl Planes {
    /// Refuses planes that do not hold `size`.
    pub fn new(size: Size, rows: [Rows; 3], matrix: ColourMatrix) -> Result<Self, BadFrame> {
        let this = Self { size, rows, matrix };
        for (index, plane) in this.rows.iter().enumerate() {
            let Size { width, height } = this.size_of(index);
            let needed = plane.stride.saturating_mul(height as usize);
            let got = plane.bytes.len();
            if plane.stride < width as usize || got < needed {
                return Err(BadFrame::Length { width, height, needed, got });
            }
        }
        Ok(this)
    }

    /// Luma, then the chroma of blue and of red.
    pub fn planes(&self) -> &[Rows; 3] {
        &self.rows
    }

    /// Columns and rows of one of [`Self::planes`].
    pub fn size_of(&self, plane: usize) -> Size {
        let Size { width, height } = self.size;
        match plane {
            0 => self.size,
            _ => Size { width: width.div_ceil(2), height: height.div_ceil(2) },
        }
    }

    pub fn matrix(&self) -> ColourMatrix {
        self.matrix
    }

    /// Every pixel takes the chroma that lies nearest.
    fn bgr(&self) -> Vec<u8> {
        let (width, matrix) = (self.size.width as usize, self.matrix);
        let [luma, cb, cr] = &self.rows;
        let mut bgr = vec![0; self.size.bgr_bytes()];
        for (row, line) in bgr.chunks_exact_mut(3 * width).enumerate() {
            let luma = &luma.bytes[row * luma.stride..][..width];
            let chroma = |plane: &Rows| plane.bytes.slice(row / 2 * plane.stride..);
            let (cb, cr) = (chroma(cb), chroma(cr));
            let pairs = line.chunks_mut(6).zip(luma.chunks(2)).zip(cb.iter().zip(cr.iter()));
            for ((pixels, luma), (&cb, &cr)) in pairs {
                let colour = matrix.colour(cb, cr);
                for (pixel, &luma) in pixels.chunks_exact_mut(3).zip(luma) {
                    pixel.copy_from_slice(&matrix.pixel(luma, colour));
                }
            }
        }
        bgr
    }
}

impl ColourMatrix {
    /// What chroma adds to luma: blue, green, red.
    fn colour(&self, cb: u8, cr: u8) -> [f32; 3] {
        let (cb, cr) = (f32::from(cb) - 128.0, f32::from(cr) - 128.0);
        [self.blue * cb, -self.green[0] * cb - self.green[1] * cr, self.red * cr]
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` cuts")]
    fn pixel(&self, luma: u8, colour: [f32; 3]) -> [u8; 3] {
        let luma = self.gain * (f32::from(luma) - self.black) + 0.5;
        colour.map(|colour| (luma + colour) as u8)
    }
}

impl Pixels {
    /// Whether they are a picture of this size.
    pub fn fill(&self, size: Size) -> Result<(), BadFrame> {
        let got = match &self.0 {
            Kept::Bgr(bgr) => bgr.len(),
            Kept::Planes(converted) => converted.planes.size.bgr_bytes(),
        };
        let Size { width, height } = size;
        let needed = size.bgr_bytes();
        if got == needed { Ok(()) } else { Err(BadFrame::Length { width, height, needed, got }) }
    }

    /// The planes, where it is video as it was decoded.
    pub fn planes(&self) -> Option<&Planes> {
        match &self.0 {
            Kept::Bgr(_) => None,
            Kept::Planes(converted) => Some(&converted.planes),
        }
    }
}

impl Deref for Pixels {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Kept::Bgr(bgr) => bgr,
            Kept::Planes(converted) => converted.bgr.get_or_init(|| converted.planes.bgr()),
        }
    }
}

impl From<Bytes> for Pixels {
    fn from(bgr: Bytes) -> Self {
        Self(Kept::Bgr(bgr))
    }
}

impl From<Vec<u8>> for Pixels {
    fn from(bgr: Vec<u8>) -> Self {
        Bytes::from(bgr).into()
    }
}

impl From<Planes> for Pixels {
    fn from(planes: Planes) -> Self {
        Self(Kept::Planes(Arc::new(Converted { planes, bgr: OnceLock::new() })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(stride: usize, bytes: &[u8]) -> Rows {
        Rows { bytes: bytes.to_vec().into(), stride }
    }

    /// The colour bars of ITU-R BT.601 and BT.709, 100 %.
    #[test]
    fn bars_have_their_colours() {
        let bars = [
            (0.299, 0.114, [81, 90, 240], [0, 0, 255]),
            (0.299, 0.114, [41, 240, 110], [255, 0, 0]),
            (0.299, 0.114, [145, 54, 34], [0, 255, 0]),
            (0.2126, 0.0722, [63, 102, 240], [0, 0, 255]),
            (0.2126, 0.0722, [235, 128, 128], [255, 255, 255]),
            (0.2126, 0.0722, [16, 128, 128], [0, 0, 0]),
        ];
        for (red, blue, [y, cb, cr], expected) in bars {
            let matrix = ColourMatrix::new(red, blue, ColourRange::Limited);
            let found = matrix.pixel(y, matrix.colour(cb, cr));
            let near = found.iter().zip(expected).all(|(a, b): (&u8, u8)| a.abs_diff(b) <= 2);
            assert!(near, "{y} {cb} {cr}: {found:?}");
        }
        let full = ColourMatrix::new(0.299, 0.114, ColourRange::Full);
        assert_eq!(full.pixel(77, full.colour(128, 128)), [77; 3]);
    }

    /// 3 × 3 pixels: the last column and row have chroma of their own; rows are padded.
    #[test]
    fn odd_sides_and_padded_rows_are_read_right() {
        let size = Size::new(3, 3).unwrap();
        let grey = ColourMatrix::new(0.299, 0.114, ColourRange::Full);
        let luma = [10, 20, 30, 99, 40, 50, 60, 99, 70, 80, 90, 99];
        let cb = [128, 228, 9, 128, 128, 9];
        let planes = [plane(4, &luma), plane(3, &cb), plane(2, &[128; 4])];
        let pixels = Pixels::from(Planes::new(size, planes, grey).unwrap());
        assert_eq!(pixels.len(), 27);
        let blue: Vec<u8> = pixels.chunks(3).map(|pixel| pixel[0]).collect();
        assert_eq!(blue, [10, 20, 207, 40, 50, 237, 70, 80, 90]);
        assert_eq!(pixels[3 * 8..], [90, 90, 90]);
        assert!(pixels.planes().is_some() && pixels.clone()[..] == pixels[..]);
    }

    #[test]
    fn planes_that_are_too_short_are_refused() {
        let size = Size::new(4, 4).unwrap();
        let matrix = ColourMatrix::new(0.299, 0.114, ColourRange::Full);
        let make = |luma: Rows, chroma: Rows| {
            Planes::new(size, [luma, chroma.clone(), chroma], matrix).map(|_planes| ())
        };
        assert_eq!(make(plane(4, &[0; 16]), plane(2, &[0; 4])), Ok(()));
        assert!(make(plane(4, &[0; 15]), plane(2, &[0; 4])).is_err());
        assert!(make(plane(3, &[0; 16]), plane(2, &[0; 4])).is_err());
        assert!(make(plane(4, &[0; 16]), plane(2, &[0; 3])).is_err());
    }
}
