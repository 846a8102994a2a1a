//! From a frame to the tensor that the model takes.
//!
//! The tensor and every picture in between are allocated once and used again. OpenCV does the
//! per-pixel work, straight into the tensor. Frames may change their size at any time.

use domain::{Frame, Size};
use opencv::core::{CV_32F, Mat, Rect, Vec3b, Vector};
use opencv::prelude::*;
use opencv::{core, imgproc};

use crate::manifest::{Channels, Fit, Input, Layout};
use crate::tile::Part;

/// Fills one tensor, again and again.
#[derive(Debug)]
pub(crate) struct Preprocess {
    input: Input,
    tensor: Vec<f32>,
    resized: Mat,
    swapped: Mat,
    planes: Vector<Mat>,
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
        let values = input.width as usize * input.height as usize * 3;
        Self {
            input: input.clone(),
            tensor: vec![0.0; values],
            resized: Mat::default(),
            swapped: Mat::default(),
            planes: Vector::new(),
            prepared: None,
        }
    }

    /// Puts a part of `frame` into the tensor. The part must lie inside it.
    pub(crate) fn fill(&mut self, frame: &Frame, part: Part) -> opencv::Result<Geometry> {
        let geometry = Geometry::new(&self.input, part);
        if self.prepared != Some((part.width, part.height)) {
            self.blacken();
            self.prepared = Some((part.width, part.height));
        }
        let whole = as_mat(frame)?;
        let (x, y) = (side(part.x)?, side(part.y)?);
        let shown = Rect::new(x, y, side(part.width)?, side(part.height)?);
        let picture = Mat::roi(&whole, shown)?;
        imgproc::resize(
            &picture,
            &mut self.resized,
            core::Size::new(geometry.width, geometry.height),
            0.0,
            0.0,
            imgproc::INTER_LINEAR,
        )?;
        match self.input.layout {
            Layout::Nchw => self.fill_planes(&geometry)?,
            Layout::Nhwc => self.fill_pixels(&geometry)?,
        }
        Ok(geometry)
    }

    /// What the latest [`Self::fill`] made.
    pub(crate) fn tensor(&self) -> ([i64; 4], &[f32]) {
        (self.input.shape(), &self.tensor)
    }

    fn fill_planes(&mut self, geometry: &Geometry) -> opencv::Result<()> {
        core::split(&self.resized, &mut self.planes)?;
        let (rows, columns) = (side(self.input.height)?, side(self.input.width)?);
        let plane_size = self.input.height as usize * self.input.width as usize;
        for (channel, plane) in self.tensor.chunks_exact_mut(plane_size).enumerate() {
            let (scale, shift) = normalisation(&self.input, channel);
            let from = match self.input.colour {
                Channels::Bgr => channel,
                Channels::Rgb => 2 - channel,
            };
            let mut plane = Mat::new_rows_cols_with_data_mut(rows, columns, plane)?;
            let mut covered = Mat::roi_mut(&mut plane, geometry.rect(1))?;
            self.planes.get(from)?.convert_to(&mut covered, CV_32F, scale, shift)?;
        }
        Ok(())
    }

    /// All channels are scaled alike, so a row of pixels is a row of numbers.
    fn fill_pixels(&mut self, geometry: &Geometry) -> opencv::Result<()> {
        let pixels = match self.input.colour {
            Channels::Bgr => &self.resized,
            Channels::Rgb => {
                imgproc::cvt_color_def(&self.resized, &mut self.swapped, imgproc::COLOR_BGR2RGB)?;
                &self.swapped
            }
        };
        let (scale, shift) = normalisation(&self.input, 0);
        let (rows, columns) = (side(self.input.height)?, 3 * side(self.input.width)?);
        let mut all = Mat::new_rows_cols_with_data_mut(rows, columns, &mut self.tensor)?;
        let mut covered = Mat::roi_mut(&mut all, geometry.rect(3))?;
        pixels.reshape(1, 0)?.convert_to(&mut covered, CV_32F, scale, shift)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the tensor holds f32")]
    fn blacken(&mut self) {
        let black = |channel| normalisation(&self.input, channel).1 as f32;
        match self.input.layout {
            Layout::Nhwc => self.tensor.fill(black(0)),
            Layout::Nchw => {
                let plane_size = self.input.height as usize * self.input.width as usize;
                for (channel, plane) in self.tensor.chunks_exact_mut(plane_size).enumerate() {
                    plane.fill(normalisation(&self.input, channel).1 as f32);
                }
            }
        }
    }
}

impl Geometry {
    /// The covered part of a matrix with `channels` numbers per pixel side by side.
    fn rect(&self, channels: i32) -> Rect {
        Rect::new(channels * self.x, self.y, channels * self.width, self.height)
    }
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

/// Factor and summand that do (pixel − mean) / std.
fn normalisation(input: &Input, channel: usize) -> (f64, f64) {
    let (mean, std) = (f64::from(input.mean[channel]), f64::from(input.std[channel]));
    (1.0 / std, -mean / std)
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "sides are far below 2^24")]
mod tests {
    use domain::{Bbox, SourceId, TimeBasis};
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

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

    #[test]
    fn planes_are_normalised_and_the_border_is_black() {
        let mut preprocess = Preprocess::new(&input(Layout::Nchw, Channels::Bgr, Fit::Letterbox));
        // Twice as wide as high, then as high as wide, then the first again.
        for (width, height, top) in [(64, 32, 8), (50, 50, 0), (64, 32, 8)] {
            let frame = frame(width, height, [110, 220, 130]);
            preprocess.fill(&frame, Part::whole(frame.size)).unwrap();
            let (shape, tensor) = preprocess.tensor();
            assert_eq!(shape, [1, 3, 32, 32]);
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
            let mut preprocess = Preprocess::new(&input(layout, colour, Fit::Squash));
            let frame = frame(100, 20, [1, 2, 3]);
            preprocess.fill(&frame, Part::whole(frame.size)).unwrap();
            let (_, tensor) = preprocess.tensor();
            let found = match layout {
                Layout::Nhwc => [tensor[300], tensor[301], tensor[302]],
                Layout::Nchw => [tensor[300], tensor[1324], tensor[2348]],
            };
            for (found, expected) in found.into_iter().zip(expected) {
                assert!((found - expected).abs() < 1e-5, "{layout:?} {colour:?}: {found}");
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
