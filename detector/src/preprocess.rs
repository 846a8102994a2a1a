//! From a frame to the tensor that the model takes.
//!
//! The tensor and every picture in between are allocated once and used again. OpenCV makes the picture
//! small, the planes of video each by itself; then one pass turns colours, normalises and writes the
//! tensor. So a video picture is never converted as a whole. Frames may change their size at any time.

mod write;

use domain::{Frame, Planes, Size};
use opencv::boxed_ref::BoxedRef;
use opencv::core::{Mat, Rect, Vec3b};
use opencv::prelude::*;
use opencv::{core, imgproc};

use self::write::{Line, Normal};
use crate::manifest::{Fit, Input};
use crate::tile::Part;

/// Fills one tensor, again and again.
#[derive(Debug)]
pub(crate) struct Preprocess {
    input: Input,
    normal: Normal,
    /// The picture as large as it is in the input: BGR in the first, or luma and chroma.
    small: [Mat; 3],
    line: Line,
    /// The tensor's border is right for parts of this width and height.
    prepared: Option<(u32, u32)>,
}

/// Where a part of a frame lies in the input: input = (frame − corner) × scale + offset, per axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Geometry {
    /// Pixels of the input that the part covers: left, top, width, height.
    x: i32,
    y: i32,
    width: i32,
    height: i32,
    scale_x: f32,
    scale_y: f32,
    /// The corner of the part, pixels of the frame.
    left: f32,
    top: f32,
}

impl Geometry {
    #[expect(clippy::cast_possible_truncation, reason = "cutting off is what is meant")]
    #[expect(clippy::cast_precision_loss, reason = "sides are far below 2^24")]
    fn new(input: &Input, part: Part) -> Self {
        let (columns, rows) = (f64::from(input.width), f64::from(input.height));
        let (frame_width, frame_height) = (f64::from(part.width), f64::from(part.height));
        let (width, height) = match input.fit {
            Fit::Squash => (columns as i32, rows as i32),
            Fit::Letterbox => {
                let ratio = (columns / frame_width).min(rows / frame_height);
                let side = |length: f64| ((length * ratio) as i32).max(1);
                (side(frame_width), side(frame_height))
            }
        };
        Self {
            x: (columns as i32 - width) / 2,
            y: (rows as i32 - height) / 2,
            width,
            height,
            scale_x: width as f32 / part.width as f32,
            scale_y: height as f32 / part.height as f32,
            left: part.x as f32,
            top: part.y as f32,
        }
    }

    /// From pixels of the input to pixels of the frame.
    #[expect(clippy::cast_precision_loss, reason = "sides are far below 2^24")]
    pub(crate) fn to_frame(self, bbox: domain::Bbox) -> domain::Bbox {
        let x = |value: f32| (value - self.x as f32) / self.scale_x + self.left;
        let y = |value: f32| (value - self.y as f32) / self.scale_y + self.top;
        domain::Bbox { x1: x(bbox.x1), y1: y(bbox.y1), x2: x(bbox.x2), y2: y(bbox.y2) }
    }
}

impl Preprocess {
    pub(crate) fn new(input: &Input) -> Self {
        Self {
            input: input.clone(),
            normal: Normal::of(input),
            small: std::array::from_fn(|_| Mat::default()),
            line: Line::default(),
            prepared: None,
        }
    }

    /// Puts a part of `frame` into `tensor`: always the same one, as long as the input. The part must
    /// lie inside the frame.
    pub(crate) fn fill(
        &mut self,
        frame: &Frame,
        part: Part,
        tensor: &mut [f32],
    ) -> opencv::Result<Geometry> {
        let geometry = Geometry::new(&self.input, part);
        if self.prepared != Some((part.width, part.height)) {
            self.normal.blacken(tensor);
            self.prepared = Some((part.width, part.height));
        }
        match frame.bgr.planes() {
            None => self.fill_bgr(frame, part, &geometry, tensor)?,
            Some(planes) => self.fill_planes(planes, part, &geometry, tensor)?,
        }
        Ok(geometry)
    }

    fn fill_bgr(
        &mut self,
        frame: &Frame,
        part: Part,
        geometry: &Geometry,
        tensor: &mut [f32],
    ) -> opencv::Result<()> {
        let [small, ..] = &mut self.small;
        shrink(&as_mat(frame)?, part, geometry, small)?;
        let rows = small.data_bytes()?.chunks_exact(3 * geometry.columns());
        for (row, bgr) in rows.enumerate() {
            self.line.of_bgr(bgr);
            self.normal.write(&self.line, geometry.column(), geometry.row() + row, tensor);
        }
        Ok(())
    }

    fn fill_planes(
        &mut self,
        planes: &Planes,
        part: Part,
        geometry: &Geometry,
        tensor: &mut [f32],
    ) -> opencv::Result<()> {
        for (index, small) in self.small.iter_mut().enumerate() {
            let shown = if index == 0 { part } else { half(part) };
            shrink(&as_plane(planes, index)?, shown, geometry, small)?;
        }
        let [y, cb, cr] = &self.small;
        let (y, cb, cr) = (y.data_bytes()?, cb.data_bytes()?, cr.data_bytes()?);
        let rows = |plane| <[u8]>::chunks_exact(plane, geometry.columns());
        let matrix = planes.matrix();
        for (row, ((y, cb), cr)) in rows(y).zip(rows(cb)).zip(rows(cr)).enumerate() {
            self.line.of_planes(&matrix, [y, cb, cr]);
            self.normal.write(&self.line, geometry.column(), geometry.row() + row, tensor);
        }
        Ok(())
    }
}

/// Where the covered part of the input lies, for counting.
impl Geometry {
    fn column(&self) -> usize {
        count(self.x)
    }

    fn row(&self) -> usize {
        count(self.y)
    }

    /// At least 1.
    fn columns(&self) -> usize {
        count(self.width).max(1)
    }
}

fn count(pixels: i32) -> usize {
    usize::try_from(pixels).unwrap_or(0)
}

/// A part of a picture, as large as it is in the input.
fn shrink(
    whole: &impl MatTraitConst,
    part: Part,
    geometry: &Geometry,
    small: &mut Mat,
) -> opencv::Result<()> {
    let shown = Rect::new(side(part.x)?, side(part.y)?, side(part.width)?, side(part.height)?);
    let to = core::Size::new(geometry.width, geometry.height);
    imgproc::resize(&Mat::roi(whole, shown)?, small, to, 0.0, 0.0, imgproc::INTER_LINEAR)
}

/// The part in a plane of chroma.
fn half(part: Part) -> Part {
    let (x, y) = (part.x / 2, part.y / 2);
    let width = (part.x + part.width).div_ceil(2) - x;
    let height = (part.y + part.height).div_ceil(2) - y;
    Part { x, y, width, height }
}

/// Luma or chroma, not copied; the columns behind its own are padding.
fn as_plane(planes: &Planes, index: usize) -> opencv::Result<BoxedRef<'_, Mat>> {
    let rows = planes.size_of(index).height;
    let plane = &planes.planes()[index];
    let bytes = &plane.bytes[..plane.stride * rows as usize];
    Mat::new_rows_cols_with_bytes::<u8>(side(rows)?, i32::try_from(plane.stride)?, bytes)
}

/// The pixels of `frame`, not copied.
pub(crate) fn as_mat(frame: &Frame) -> opencv::Result<opencv::boxed_ref::BoxedRef<'_, Mat>> {
    let Size { width, height } = frame.size;
    Mat::new_rows_cols_with_bytes::<Vec3b>(side(height)?, side(width)?, &frame.bgr)
}

/// OpenCV counts in `i32`.
pub(crate) fn side(length: u32) -> opencv::Result<i32> {
    Ok(i32::try_from(length)?)
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "sides are far below 2^24")]
mod tests {
    use bytes::Bytes;
    use domain::{Bbox, ColourMatrix, ColourRange, Planes, Rows, SourceId, TimeBasis};
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::manifest::{Channels, Layout};

    fn input(layout: Layout, colour: Channels, fit: Fit) -> Input {
        let normal = layout == Layout::Nchw;
        Input {
            tensor: None,
            name: "image".into(),
            layout,
            width: 32,
            height: 32,
            colour,
            fit,
            mean: if normal { [10.0, 20.0, 30.0] } else { [0.0; 3] },
            std: if normal { [2.0, 4.0, 5.0] } else { [1.0; 3] },
        }
    }

    fn frame(width: u32, height: u32, bgr: [u8; 3]) -> Frame {
        let size = Size::new(width, height).unwrap();
        let pixels = bgr.repeat(width as usize * height as usize);
        let source = SourceId::new("test").unwrap();
        Frame::new(source, 0, Timestamp::UNIX_EPOCH, TimeBasis::Media, size, pixels.into()).unwrap()
    }

    fn tensor(input: &Input) -> Vec<f32> {
        vec![0.0; input.width as usize * input.height as usize * 3]
    }

    #[test]
    fn planes_are_normalised_and_the_border_is_black() {
        let input = input(Layout::Nchw, Channels::Bgr, Fit::Letterbox);
        let (mut preprocess, mut tensor) = (Preprocess::new(&input), tensor(&input));
        // Twice as wide as high, then as high as wide, then the first again.
        for (width, height, top) in [(64, 32, 8), (50, 50, 0), (64, 32, 8)] {
            let frame = frame(width, height, [110, 220, 130]);
            preprocess.fill(&frame, Part::whole(frame.size), &mut tensor).unwrap();
            let at = |channel: usize, row: usize| tensor[(channel * 32 + row) * 32 + 5];
            for row in 0..32 {
                let inside = (top..32 - top).contains(&row);
                let expected = if inside { [50.0, 50.0, 20.0] } else { [-5.0, -5.0, -6.0] };
                for (channel, expected) in expected.into_iter().enumerate() {
                    let found = at(channel, row);
                    assert!((found - expected).abs() < 1e-4, "row {row}: {found}");
                }
            }
        }
    }

    #[test]
    fn the_colour_order_is_the_models() {
        for (layout, colour, expected) in [
            (Layout::Nhwc, Channels::Rgb, [3.0, 2.0, 1.0]),
            (Layout::Nhwc, Channels::Bgr, [1.0, 2.0, 3.0]),
            (Layout::Nchw, Channels::Rgb, [-3.5, -4.5, -5.8]),
            (Layout::Nchw, Channels::Bgr, [-4.5, -4.5, -5.4]),
        ] {
            let input = input(layout, colour, Fit::Squash);
            let (mut preprocess, mut tensor) = (Preprocess::new(&input), tensor(&input));
            let frame = frame(100, 20, [1, 2, 3]);
            preprocess.fill(&frame, Part::whole(frame.size), &mut tensor).unwrap();
            let found = match layout {
                Layout::Nhwc => [tensor[300], tensor[301], tensor[302]],
                Layout::Nchw => [tensor[300], tensor[1324], tensor[2348]],
            };
            for (found, expected) in found.into_iter().zip(expected) {
                assert!((found - expected).abs() < 1e-5, "{layout:?} {colour:?}: {found}");
            }
        }
    }

    /// A picture with slopes of colour, of luma and chroma with padded rows.
    fn video(width: u32, height: u32) -> Frame {
        let size = Size::new(width, height).unwrap();
        let rows = |width: u32, height: u32, across: u32, down: u32, base: u32| {
            let stride = width as usize + 7;
            let mut bytes = vec![0; stride * height as usize];
            for (y, row) in (0_u32..).zip(bytes.chunks_mut(stride)) {
                for (x, value) in (0_u32..).zip(&mut row[..width as usize]) {
                    let slope = across * x / width + down * y / height;
                    *value = u8::try_from(base + slope).unwrap();
                }
            }
            Rows { bytes: Bytes::from(bytes), stride }
        };
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        let planes = [
            rows(width, height, 90, 60, 40),
            rows(half_width, half_height, 40, 0, 110),
            rows(half_width, half_height, 0, 40, 100),
        ];
        let matrix = ColourMatrix::new(0.299, 0.114, ColourRange::Limited);
        let pixels = Planes::new(size, planes, matrix).unwrap().into();
        let (source, at) = (SourceId::new("test").unwrap(), Timestamp::UNIX_EPOCH);
        Frame::of(source, 0, at, TimeBasis::Media, size, pixels).unwrap()
    }

    #[test]
    fn video_gives_what_its_bgr_gives() {
        for (layout, colour, fit) in [
            (Layout::Nchw, Channels::Bgr, Fit::Letterbox),
            (Layout::Nhwc, Channels::Rgb, Fit::Squash),
        ] {
            let input = input(layout, colour, fit);
            let video = video(203, 151);
            let bgr = Bytes::copy_from_slice(&video.bgr);
            let packed = Frame { bgr: bgr.into(), ..video.clone() };
            for part in [Part::whole(video.size), Part { x: 51, y: 33, width: 101, height: 97 }] {
                let fill = |frame: &Frame| {
                    let mut tensor = tensor(&input);
                    Preprocess::new(&input).fill(frame, part, &mut tensor).unwrap();
                    tensor
                };
                for (found, expected) in fill(&video).iter().zip(fill(&packed)) {
                    assert!((found - expected).abs() < 4.0, "{part:?}: {found} {expected}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_box_finds_its_way_back(
            width in 1_u32..=16_384, height in 1_u32..=16_384,
            left in 0.0_f32..1.0, top in 0.0_f32..1.0, squash: bool,
        ) {
            let fit = if squash { Fit::Squash } else { Fit::Letterbox };
            let mut input = input(Layout::Nchw, Channels::Bgr, fit);
            (input.width, input.height) = (416, 320);
            let corner = (width / 3, height / 7);
            let part = Part { x: corner.0, y: corner.1, width, height };
            let geometry = Geometry::new(&input, part);
            prop_assert!(geometry.x >= 0 && geometry.x + geometry.width <= 416);
            prop_assert!(geometry.y >= 0 && geometry.y + geometry.height <= 320);
            let covered = |share: f32, start: i32, length: i32| start as f32 + share * length as f32;
            let (x, y) = (covered(left, geometry.x, geometry.width), covered(top, geometry.y, geometry.height));
            let back = geometry.to_frame(Bbox { x1: x, y1: y, x2: x, y2: y });
            let close = |found: f32, share: f32, from: u32, side: u32| {
                (found - from as f32 - share * side as f32).abs() <= 1e-3 * side as f32 + 0.01
            };
            prop_assert!(
                close(back.x1, left, corner.0, width) && close(back.y1, top, corner.1, height),
                "{back:?}"
            );
        }
    }
}
