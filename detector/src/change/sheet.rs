//! Both pictures pixel on pixel, at the scale at which they are compared.
//!
//! The later picture is only scaled; the earlier one is moved onto it. Where the earlier one shows nothing the sheet
//! holds the later picture twice, so that nothing is found there, and says so.

use domain::{Frame, Size};
use opencv::core::{self, Mat, Scalar, Vec3b};
use opencv::imgproc;
use opencv::prelude::*;

use super::register::zoom;
use crate::motion::Warp;
use crate::preprocess::{as_mat, side};

/// Two pictures of one place as one of them shows it.
#[derive(Debug, Clone)]
pub struct Sheet {
    pub size: Size,
    /// Pixels of the sheet for one pixel of the later picture.
    pub scale: [f64; 2],
    /// Packed BGR, rows from the top; light and contrast are those of the later picture.
    pub(crate) before: Vec<u8>,
    pub(crate) after: Vec<u8>,
    /// Whether the earlier picture shows this pixel.
    pub(crate) seen: Vec<bool>,
}

/// The longest side of a sheet, pixels: 4096 × 4096 are some 300 looks of a network.
const LONGEST: f64 = 4096.0;
/// Enlarged more, a picture shows no more.
const MOST_ENLARGED: f64 = 2.0;
/// Pixels by which the common area is cut at its edge, where the earlier picture fades.
const FRAYED: i32 = 5;
/// A collar takes at least one part in so many of a picture.
const COLLAR: i64 = 200;

impl Sheet {
    /// `warp` takes pixels of `before` to those of `after`; `scale` is how many pixels of the sheet one of `after`
    /// becomes, bounded.
    pub fn new(
        before: &Frame,
        after: &Frame,
        warp: &Warp,
        scale: f64,
        tone: Tone,
    ) -> opencv::Result<Self> {
        let longer = f64::from(after.size.width.max(after.size.height));
        let scale = if scale.is_finite() && scale > 0.0 { scale } else { 1.0 };
        let scale = scale.min(MOST_ENLARGED).min(LONGEST / longer);
        let [width, height] = [after.size.width, after.size.height].map(|side| scaled(side, scale));
        let to = core::Size::new(side(width)?, side(height)?);
        let exact = [
            f64::from(width) / f64::from(after.size.width),
            f64::from(height) / f64::from(after.size.height),
        ];
        let mut later = Mat::default();
        imgproc::resize(&as_mat(after)?, &mut later, to, 0.0, 0.0, smooth(scale))?;
        let onto = zoom(exact[0], exact[1]).and_then(|zoom| warp.then(&zoom));
        let onto = onto.ok_or_else(|| opencv::Error::new(core::StsBadArg, "no map"))?;
        let (mut earlier, shown) = moved(before, &onto, to)?;
        let mut seen = Mat::default();
        core::bitwise_and_def(&shown, &frayed(&inside(&later)?)?, &mut seen)?;
        if tone == Tone::Matched {
            match_tone(&mut earlier, &later, &seen)?;
        }
        later.copy_to_masked(&mut earlier, &inverted(&seen)?)?;
        Ok(Self {
            size: Size { width, height },
            scale: exact,
            before: earlier.data_bytes()?.to_vec(),
            after: later.data_bytes()?.to_vec(),
            seen: seen.data_bytes()?.iter().map(|&byte| byte > 0).collect(),
        })
    }

    pub(crate) fn index(&self, x: usize, y: usize) -> usize {
        y * self.size.width as usize + x
    }
}

/// Whether the light of the earlier picture is made that of the later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    AsTaken,
    /// Mean and spread of each channel over the common area.
    Matched,
}

/// The earlier picture on the sheet, and where it is (255).
fn moved(before: &Frame, onto: &Warp, to: core::Size) -> opencv::Result<(Mat, Mat)> {
    let picture = as_mat(before)?;
    // Shrunk first where it has many more pixels than the sheet: a warp alone would skip most of them.
    let middle = [f64::from(before.size.width) / 2.0, f64::from(before.size.height) / 2.0];
    let growth = onto.near(middle).map_or([1.0; 2], |local| local.growth());
    let factor = growth[0].max(growth[1]).clamp(1e-3, 1.0);
    let sides = [before.size.width, before.size.height].map(|side| scaled(side, factor));
    let mut small = Mat::default();
    let size = core::Size::new(side(sides[0])?, side(sides[1])?);
    imgproc::resize(&picture, &mut small, size, 0.0, 0.0, imgproc::INTER_AREA)?;
    let shrunk = zoom(
        f64::from(sides[0]) / f64::from(before.size.width),
        f64::from(sides[1]) / f64::from(before.size.height),
    );
    let onto = shrunk.and_then(|shrunk| shrunk.inverse()?.then(onto));
    let onto = onto.ok_or_else(|| opencv::Error::new(core::StsBadArg, "no map"))?;
    let rows = onto.rows();
    let rows = Mat::from_slice_2d(&rows)?;
    let (mut earlier, mut seen) = (Mat::default(), Mat::default());
    imgproc::warp_perspective_def(&small, &mut earlier, &rows, to)?;
    let shown = inside(&small)?;
    imgproc::warp_perspective(
        &shown,
        &mut seen,
        &rows,
        to,
        imgproc::INTER_NEAREST,
        core::BORDER_CONSTANT,
        Scalar::default(),
    )?;
    Ok((earlier, frayed(&seen)?))
}

/// A mask cut at its edge. The sheet's own edge is none.
fn frayed(mask: &Mat) -> opencv::Result<Mat> {
    let kernel = Mat::ones(FRAYED, FRAYED, core::CV_8U)?.to_mat()?;
    let (mut cut, middle) = (Mat::default(), core::Point::new(-1, -1));
    let beyond = Scalar::all(255.0);
    imgproc::erode(mask, &mut cut, &kernel, middle, 1, core::BORDER_CONSTANT, beyond)?;
    Ok(cut)
}

/// 255 but where an orthophoto has its black collar: pixels without any light that hang together up to the edge of
/// the picture. A deep shadow does not, or is small.
fn inside(picture: &Mat) -> opencv::Result<Mat> {
    let (mut black, mut labels) = (Mat::default(), Mat::default());
    core::in_range(picture, &Scalar::all(0.0), &Scalar::all(0.0), &mut black)?;
    let (mut boxes, mut middles) = (Mat::default(), Mat::default());
    let count = imgproc::connected_components_with_stats_def(
        &black,
        &mut labels,
        &mut boxes,
        &mut middles,
    )?;
    let (columns, rows) = (picture.cols(), picture.rows());
    let mut collar = vec![false; usize::try_from(count)?];
    for (label, collar) in (0..count).zip(&mut collar).skip(1) {
        let [left, top, width, height, area] = boxes.at_row::<i32>(label)? else { continue };
        let at_edge = *left == 0 || *top == 0 || left + width == columns || top + height == rows;
        *collar = at_edge && i64::from(*area) * COLLAR >= i64::from(columns) * i64::from(rows);
    }
    let mut mask = Mat::new_rows_cols_with_default(rows, columns, core::CV_8U, Scalar::all(255.0))?;
    let outside =
        |label: &i32| usize::try_from(*label).is_ok_and(|at| collar.get(at) == Some(&true));
    for (byte, label) in mask.data_bytes_mut()?.iter_mut().zip(labels.data_typed::<i32>()?) {
        if outside(label) {
            *byte = 0;
        }
    }
    Ok(mask)
}

/// Gives `earlier` the mean and the spread of each channel that `later` has where both are seen.
fn match_tone(earlier: &mut Mat, later: &Mat, seen: &Mat) -> opencv::Result<()> {
    if core::count_non_zero(seen)? == 0 {
        return Ok(());
    }
    let statistics = |picture: &Mat| -> opencv::Result<[Vec<f64>; 2]> {
        let (mut mean, mut spread) = (Mat::default(), Mat::default());
        core::mean_std_dev(picture, &mut mean, &mut spread, seen)?;
        Ok([mean.data_typed::<f64>()?.to_vec(), spread.data_typed::<f64>()?.to_vec()])
    };
    let ([mean, spread], [wanted, wanted_spread]) = (statistics(earlier)?, statistics(later)?);
    let table = |channel: usize| {
        // Haze and exposure change contrast by less than this; more is another scene.
        let gain = (wanted_spread[channel] / spread[channel].max(1.0)).clamp(0.5, 2.0);
        std::array::from_fn(|value: usize| {
            byte((count(value) - mean[channel]) * gain + wanted[channel])
        })
    };
    let tables: [[u8; 256]; 3] = std::array::from_fn(table);
    for pixel in earlier.data_typed_mut::<Vec3b>()? {
        for (value, table) in pixel.0.iter_mut().zip(&tables) {
            *value = table[usize::from(*value)];
        }
    }
    Ok(())
}

fn inverted(mask: &Mat) -> opencv::Result<Mat> {
    let mut other = Mat::default();
    core::bitwise_not_def(mask, &mut other)?;
    Ok(other)
}

fn smooth(scale: f64) -> i32 {
    if scale < 1.0 { imgproc::INTER_AREA } else { imgproc::INTER_LINEAR }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most twice a picture's side"
)]
fn scaled(side: u32, scale: f64) -> u32 {
    ((f64::from(side) * scale).round() as u32).max(1)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
fn byte(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

#[expect(clippy::cast_precision_loss, reason = "below 256")]
fn count(value: usize) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use domain::{SourceId, TimeBasis};
    use jiff::Timestamp;

    use super::*;

    fn frame(width: u32, height: u32, paint: impl Fn(u32, u32) -> [u8; 3]) -> Frame {
        let size = Size::new(width, height).unwrap();
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let bgr: Vec<u8> = pixels.flat_map(|(x, y)| paint(x, y)).collect();
        let source = SourceId::new("test").unwrap();
        Frame::new(source, 0, Timestamp::UNIX_EPOCH, TimeBasis::Media, size, bgr.into()).unwrap()
    }

    fn slope(x: u32, y: u32) -> [u8; 3] {
        [40 + u8::try_from(x).unwrap(), 30 + u8::try_from(y).unwrap(), 90]
    }

    #[test]
    fn the_earlier_picture_is_moved_and_the_rest_is_not_compared() {
        let (before, after) = (frame(100, 80, |x, y| slope(x + 20, y)), frame(100, 80, slope));
        // What is at x in the earlier picture is at x + 20 in the later.
        let warp = Warp::shift(20.0, 0.0).unwrap();
        let sheet = Sheet::new(&before, &after, &warp, 1.0, Tone::AsTaken).unwrap();
        for (x, seen) in [(0, false), (19, false), (25, true), (99, true)] {
            assert_eq!(sheet.seen[sheet.index(x, 40)], seen, "{x}");
        }
        let most = sheet.before.iter().zip(&sheet.after).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(most <= Some(1), "{most:?}");
    }

    #[test]
    fn the_scale_is_bounded() {
        let picture = frame(100, 80, slope);
        for (scale, width) in
            [(0.5, 50), (1.0, 100), (9.0, 200), (1e-9, 1), (0.0, 100), (f64::NAN, 100)]
        {
            let sheet =
                Sheet::new(&picture, &picture, &Warp::IDENTITY, scale, Tone::AsTaken).unwrap();
            assert_eq!(sheet.size.width, width, "{scale}");
            assert!((sheet.scale[0] - f64::from(width) / 100.0).abs() < 1e-9);
        }
        // An eighth of the pixels of the later picture: shrunk, not skipped.
        let fine = frame(200, 160, |x, y| if (x + y) % 2 == 0 { [0; 3] } else { [200; 3] });
        let half = Warp::new([[0.25, 0.0, 0.0], [0.0, 0.25, 0.0], [0.0, 0.0, 1.0]]).unwrap();
        let small = frame(50, 40, |_, _| [100; 3]);
        let sheet = Sheet::new(&fine, &small, &half, 1.0, Tone::AsTaken).unwrap();
        let middle = 3 * sheet.index(25, 20);
        assert!(sheet.before[middle].abs_diff(100) <= 2, "{}", sheet.before[middle]);
    }

    #[test]
    fn light_and_contrast_become_those_of_the_later_picture() {
        let dull = |x, y| slope(x, y).map(|value| value / 2 + 60);
        let (before, after) = (frame(100, 80, dull), frame(100, 80, slope));
        for (tone, most) in [(Tone::Matched, 3), (Tone::AsTaken, 40)] {
            let sheet = Sheet::new(&before, &after, &Warp::IDENTITY, 1.0, tone).unwrap();
            let apart = sheet.before.iter().zip(&sheet.after).map(|(a, b)| a.abs_diff(*b)).max();
            assert_eq!(
                apart <= Some(most),
                tone == Tone::Matched || most == 255,
                "{tone:?}: {apart:?}"
            );
        }
    }

    #[test]
    fn the_black_collar_of_an_orthophoto_shows_nothing() {
        let cut = |x: u32, y: u32| if x + y < 60 { [0; 3] } else { slope(x, y) };
        let dark = |x: u32, y: u32| {
            if (50..60).contains(&x) && (30..40).contains(&y) { [0; 3] } else { cut(x, y) }
        };
        let (before, after) = (frame(100, 80, dark), frame(100, 80, slope));
        for [a, b] in [[&before, &after], [&after, &before]] {
            let sheet = Sheet::new(a, b, &Warp::IDENTITY, 1.0, Tone::AsTaken).unwrap();
            assert!(!sheet.seen[sheet.index(10, 10)], "collar");
            assert!(sheet.seen[sheet.index(55, 35)], "a dark roof");
            assert!(sheet.seen[sheet.index(80, 60)]);
        }
    }
}
