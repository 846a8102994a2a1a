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
        let (mut earlier, seen) = moved(before, &onto, to)?;
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
    let shrink = growth[0].max(growth[1]).clamp(1e-3, 1.0);
    let sides = [before.size.width, before.size.height].map(|side| scaled(side, shrink));
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
    let white = Mat::new_size_with_default(size, core::CV_8U, Scalar::all(255.0))?;
    imgproc::warp_perspective(
        &white,
        &mut seen,
        &rows,
        to,
        imgproc::INTER_NEAREST,
        core::BORDER_CONSTANT,
        Scalar::default(),
    )?;
    let kernel = Mat::ones(FRAYED, FRAYED, core::CV_8U)?.to_mat()?;
    let mut sound = Mat::default();
    imgproc::erode(
        &seen,
        &mut sound,
        &kernel,
        core::Point::new(-1, -1),
        1,
        core::BORDER_CONSTANT,
        Scalar::all(255.0),
    )?;
    Ok((earlier, sound))
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
