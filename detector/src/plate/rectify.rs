//! A plate as it hangs in the picture, turned upright.

use domain::Frame;
use opencv::core::{BORDER_REPLICATE, Mat, Point2f, Rect, Size, VecN};
use opencv::imgproc;

use super::find::{FoundPlate, Point};
use crate::preprocess::as_mat;

/// How high the reader wants a line, pixels.
pub(super) const LINE: i32 = 48;
/// A line of one row is so wide: of 144, 168 and 200 the one that was read best.
const ONE_ROW: i32 = 168;
/// A plate of two rows before it is cut; 440 × 220 mm by GA 36.
const TWO_ROWS: (i32, i32) = (240, 120);
/// The upper row ends and the lower begins at these parts of the height; the upper row's two characters stand in
/// the middle.
const UPPER_ENDS: f64 = 0.42;
const LOWER_BEGINS: f64 = 0.37;
const UPPER_INSET: f64 = 0.2;
/// So wide they stand side by side.
const UPPER: i32 = 64;
const LOWER: i32 = 136;

/// How much around the four corners is taken along, as a part of the width and of the height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Margin {
    pub x: f32,
    pub y: f32,
}

impl Margin {
    /// For corners that were found: they are a little off.
    pub(super) const FOUND: Self = Self { x: 0.05, y: 0.1 };
    /// For pictures that are a plate from edge to edge.
    pub(super) const NONE: Self = Self { x: 0.0, y: 0.0 };
}

/// The plate as one line, 48 pixels high.
pub(super) fn one_row(frame: &Frame, plate: &FoundPlate, margin: Margin) -> opencv::Result<Mat> {
    upright(frame, plate, (ONE_ROW, LINE), margin)
}

/// The two rows of the plate side by side, 48 pixels high.
pub(super) fn two_rows(frame: &Frame, plate: &FoundPlate, margin: Margin) -> opencv::Result<Mat> {
    let both = upright(frame, plate, TWO_ROWS, margin)?;
    let (width, height) = (f64::from(TWO_ROWS.0), f64::from(TWO_ROWS.1));
    let inset = pixel(UPPER_INSET * width);
    let upper = Rect::new(inset, 0, TWO_ROWS.0 - 2 * inset, pixel(UPPER_ENDS * height));
    let begins = pixel(LOWER_BEGINS * height);
    let lower = Rect::new(0, begins, TWO_ROWS.0, TWO_ROWS.1 - begins);
    let (mut left, mut right, mut line) = (Mat::default(), Mat::default(), Mat::default());
    for (row, part, width) in [(upper, &mut left, UPPER), (lower, &mut right, LOWER)] {
        let row = Mat::roi(&both, row)?;
        imgproc::resize(&row, part, Size::new(width, LINE), 0.0, 0.0, imgproc::INTER_LINEAR)?;
    }
    opencv::core::hconcat2(&left, &right, &mut line)?;
    Ok(line)
}

/// Whether the corners go around something, clockwise and without a dent: nothing else can be turned upright.
pub(super) fn encloses(plate: &FoundPlate) -> bool {
    let c = plate.corners;
    let turn = |i: usize| {
        let (a, b, d) = (c[i], c[(i + 1) % 4], c[(i + 2) % 4]);
        (b.x - a.x) * (d.y - b.y) - (b.y - a.y) * (d.x - b.x)
    };
    // Pixels²; what is flatter shows nothing. No comparison holds for what is no number.
    c.iter().all(|p| p.x.is_finite() && p.y.is_finite()) && (0..4).all(|i| turn(i) > 4.0)
}

#[expect(clippy::cast_precision_loss, reason = "sides are far below 2^24")]
fn upright(
    frame: &Frame,
    plate: &FoundPlate,
    (width, height): (i32, i32),
    margin: Margin,
) -> opencv::Result<Mat> {
    let finer = finer(plate, width);
    let (w, h) = ((width * finer) as f32, (height * finer) as f32);
    let (x, y) = (margin.x * w, margin.y * h);
    // Corners are edges of pixels, OpenCV counts from their middles.
    let middle = |x: f32, y: f32| Point2f::new(x - 0.5, y - 0.5);
    let to = [middle(x, y), middle(w - x, y), middle(w - x, h - y), middle(x, h - y)];
    let from = plate.corners.map(|Point { x, y }| middle(x, y));
    let warp = imgproc::get_perspective_transform_slice_def(from, to)?;
    let mut large = Mat::default();
    imgproc::warp_perspective(
        &as_mat(frame)?,
        &mut large,
        &warp,
        Size::new(width * finer, height * finer),
        imgproc::INTER_LINEAR,
        BORDER_REPLICATE,
        VecN::default(),
    )?;
    let mut line = Mat::default();
    imgproc::resize(&large, &mut line, Size::new(width, height), 0.0, 0.0, imgproc::INTER_AREA)?;
    Ok(line)
}

/// How much finer a large plate is taken from the picture before it is made as small as the reader wants it, so that
/// no pixel is passed over.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "1 to 8")]
fn finer(plate: &FoundPlate, width: i32) -> i32 {
    (plate.width() / width as f32).ceil().clamp(1.0, 8.0) as i32
}

#[expect(clippy::cast_possible_truncation, reason = "a part of a small picture")]
fn pixel(place: f64) -> i32 {
    place.round() as i32
}

#[cfg(test)]
mod tests {
    use domain::{SourceId, TimeBasis};
    use jiff::Timestamp;
    use opencv::core::Vec3b;
    use opencv::prelude::*;
    use proptest::prelude::*;

    use super::*;

    const SIDE: u16 = 240;

    /// Blue counts columns, green rows, red is their mean.
    fn slope() -> Frame {
        let size = domain::Size::new(u32::from(SIDE), u32::from(SIDE)).unwrap();
        let pixel = |x: u16, y: u16| [x, y, u16::midpoint(x, y)].map(|v| u8::try_from(v).unwrap());
        let pixels: Vec<u8> =
            (0..SIDE).flat_map(|y| (0..SIDE).flat_map(move |x| pixel(x, y))).collect();
        let source = SourceId::new("test").unwrap();
        Frame::new(source, 0, Timestamp::UNIX_EPOCH, TimeBasis::Media, size, pixels.into()).unwrap()
    }

    fn plate(corners: [(f32, f32); 4]) -> FoundPlate {
        FoundPlate { corners: corners.map(|(x, y)| Point { x, y }), score: 0.9 }
    }

    fn at(line: &Mat, x: i32, y: i32) -> [f32; 2] {
        let pixel = line.at_2d::<Vec3b>(y, x).unwrap();
        [f32::from(pixel[0]), f32::from(pixel[1])]
    }

    proptest! {
        #[test]
        fn the_corners_of_the_plate_become_those_of_the_line(
            left in 10.0_f32..60.0, top in 10.0_f32..60.0,
            right in 140.0_f32..220.0, bottom in 110.0_f32..220.0,
            skew in proptest::array::uniform4((-9.0_f32..9.0, -9.0_f32..9.0)),
        ) {
            let straight = [(left, top), (right, top), (right, bottom), (left, bottom)];
            let corners: [(f32, f32); 4] =
                std::array::from_fn(|i| (straight[i].0 + skew[i].0, straight[i].1 + skew[i].1));
            let plate = plate(corners);
            prop_assert!(encloses(&plate));
            let line = one_row(&slope(), &plate, Margin::NONE).unwrap();
            prop_assert_eq!((line.cols(), line.rows()), (ONE_ROW, LINE));
            let ends = [(0, 0), (ONE_ROW - 1, 0), (ONE_ROW - 1, LINE - 1), (0, LINE - 1)];
            for ((x, y), corner) in ends.into_iter().zip(corners) {
                let found = at(&line, x, y);
                // Half a pixel of the line is up to 2.5 of the picture here.
                prop_assert!((found[0] - corner.0).abs() < 3.5, "{found:?} {corner:?}");
                prop_assert!((found[1] - corner.1).abs() < 3.5, "{found:?} {corner:?}");
            }
        }

        #[test]
        fn any_corners_are_survived(values in proptest::array::uniform8(proptest::num::f32::ANY)) {
            let corners = std::array::from_fn(|i| (values[2 * i], values[2 * i + 1]));
            let plate = plate(corners);
            if encloses(&plate) {
                prop_assert!(one_row(&slope(), &plate, Margin::FOUND).is_ok());
                prop_assert!(two_rows(&slope(), &plate, Margin::FOUND).is_ok());
            }
        }
    }

    #[test]
    fn what_cannot_be_turned_upright_is_told() {
        for (corners, fits) in [
            ([(10.0, 10.0), (90.0, 12.0), (88.0, 40.0), (9.0, 38.0)], true),
            // Anticlockwise, crossed, dented, flat, nowhere.
            ([(9.0, 38.0), (88.0, 40.0), (90.0, 12.0), (10.0, 10.0)], false),
            ([(10.0, 10.0), (88.0, 40.0), (90.0, 12.0), (9.0, 38.0)], false),
            ([(10.0, 10.0), (90.0, 12.0), (20.0, 15.0), (9.0, 38.0)], false),
            ([(10.0, 10.0), (90.0, 10.0), (90.0, 10.0), (10.0, 10.0)], false),
            ([(f32::NAN, 10.0), (90.0, 12.0), (88.0, 40.0), (9.0, 38.0)], false),
        ] {
            assert_eq!(encloses(&plate(corners)), fits, "{corners:?}");
        }
    }

    #[test]
    fn a_margin_takes_more_along() {
        let plate = plate([(60.0, 60.0), (180.0, 60.0), (180.0, 120.0), (60.0, 120.0)]);
        let tight = one_row(&slope(), &plate, Margin::NONE).unwrap();
        let wide = one_row(&slope(), &plate, Margin::FOUND).unwrap();
        let (tight, wide) = (at(&tight, 0, 0), at(&wide, 0, 0));
        // 0.05 / 0.9 of 120 pixels, 0.1 / 0.8 of 60.
        assert!((tight[0] - wide[0] - 6.7).abs() < 1.5, "{tight:?} {wide:?}");
        assert!((tight[1] - wide[1] - 7.5).abs() < 1.5, "{tight:?} {wide:?}");
    }

    #[test]
    fn two_rows_stand_side_by_side() {
        let plate = plate([(20.0, 20.0), (220.0, 20.0), (220.0, 120.0), (20.0, 120.0)]);
        let line = two_rows(&slope(), &plate, Margin::NONE).unwrap();
        assert_eq!((line.cols(), line.rows()), (UPPER + LOWER, LINE));
        let [upper, lower] = [at(&line, 0, 0), at(&line, UPPER, 0)];
        assert!((upper[0] - 60.0).abs() < 3.0 && (upper[1] - 20.0).abs() < 3.0, "{upper:?}");
        assert!((lower[0] - 20.0).abs() < 3.0 && (lower[1] - 57.0).abs() < 3.0, "{lower:?}");
    }
}
