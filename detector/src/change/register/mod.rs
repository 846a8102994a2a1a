//! Laying the earlier picture over the later one.
//!
//! Points that both pictures show are matched (AKAZE, which measured best on real neighbours: docs/change.md) and
//! the homography most of them agree on is taken. It holds for what is flat: roofs lean by the camera's way between
//! the two pictures, which no homography undoes. Whatever is not good enough to compare is refused by name; a
//! comparison of two different places finds changes everywhere.

mod check;
mod points;

use domain::{Frame, Size};
use opencv::core::{Mat, Vector};
use opencv::prelude::*;
use opencv::{core, imgproc};
use serde::Serialize;

use crate::motion::Warp;
use crate::preprocess::as_mat;
use crate::stabiliser::fit::{Pair, Search, projective};

/// How the earlier picture lies over the later one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Registration {
    /// From pixels of the earlier picture to pixels of the later one.
    pub warp: Warp,
    pub basis: Basis,
    /// `None` where no points were compared: nothing is known of how well it fits.
    pub residual: Option<Residual>,
    /// The share of the later picture that the earlier one shows too, 0..=1.
    pub overlap: f64,
}

/// What a registration rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Points that both pictures show.
    Features,
    /// The same, looked for near where poses or coordinates say.
    Guided,
    /// Poses or coordinates alone.
    Pose,
    /// The caller says that both pictures already lie one over the other.
    Given,
}

/// How well the points that agree on the map do agree, pixels of the later picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Residual {
    pub median_px: f64,
    pub p95_px: f64,
    /// Points that agree.
    pub inliers: usize,
    /// Of all matched points, 0..=1.
    pub share: f64,
    /// The share of the common area, in cells of 1/8 of the picture's sides, with such a point in it.
    pub cover: f64,
}

/// Why two pictures cannot be compared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Unregistered {
    #[error(
        "the {which} picture has only {found} points to hold on to: it is blurred, dark or empty"
    )]
    Featureless { which: &'static str, found: usize },
    #[error(
        "the two pictures do not show the same place, or too much of it has changed: of {pairs} points that look alike only {inliers} agree"
    )]
    Strangers { pairs: usize, inliers: usize },
    #[error(
        "the two pictures do not show the same place, or too much of it has changed: only {pairs} points look alike"
    )]
    Unlike { pairs: usize },
    #[error(
        "the points that both pictures show lie in {:.0} % of their common area only: it would be stretched over the rest", 100.0 * cover
    )]
    Uneven { cover: f64 },
    #[error(
        "the pictures lie {median_px:.1} pixels apart (median) where they agree best, more than {most_px:.1}"
    )]
    Residual { median_px: f64, most_px: f64 },
    #[error(
        "the map from one picture to the other folds or tears: they were taken from too different directions"
    )]
    Degenerate,
    #[error("the earlier picture shows only {:.0} % of the later one, less than {:.0} %", 100.0 * overlap, 100.0 * least)]
    Overlap { overlap: f64, least: f64 },
    #[error("cannot work on the pictures: {0}")]
    Pixels(String),
}

impl From<opencv::Error> for Unregistered {
    fn from(error: opencv::Error) -> Self {
        Self::Pixels(error.message)
    }
}

/// The longer side that points are looked for at, pixels. Larger pictures are shrunk: their finest grain differs
/// between two days.
const WORKING_SIDE: f64 = 1600.0;
/// A pair farther from the map does not agree with it, pixels of the shrunk picture.
const TOLERANCE_PX: f64 = 3.0;
/// With a guess, points are looked for so near, as a share of the longer side. A position without RTK is metres off,
/// a compass degrees.
const REACH: f64 = 0.12;

/// Lays `before` over `after`. `guess`, from poses or coordinates, tells where to look; where that finds nothing the
/// whole picture is searched.
pub fn register(
    before: &Frame,
    after: &Frame,
    guess: Option<Warp>,
) -> Result<Registration, Unregistered> {
    let guided = guess.map(|guess| near(before, after, &guess));
    if let Some(Ok(registration)) = guided {
        return Ok(registration);
    }
    let (small_before, small_after) = (Small::of(before)?, Small::of(after)?);
    let from = points::find(&small_before.grey, "earlier")?;
    let to = points::find(&small_after.grey, "later")?;
    let pairs = points::pairs(&from, &to, None)?;
    let fitted = fit(&pairs)?;
    let warp = small_before.shrunk.then(&fitted.warp).and_then(|w| w.then(&small_after.enlarged));
    let judged = check::Judged { pairs: &pairs, fitted, enlarged: small_after.enlarged };
    judged.registration(
        warp.ok_or(Unregistered::Degenerate)?,
        [before.size, after.size],
        Basis::Features,
    )
}

impl Registration {
    /// By what is known from elsewhere: poses, coordinates, or that the pictures lie one over the other. Refuses
    /// what overlaps too little or cannot be a picture of the same ground.
    pub fn by(warp: Warp, basis: Basis, before: Size, after: Size) -> Result<Self, Unregistered> {
        let overlap = check::sound(&warp, before, after)?;
        Ok(Self { warp, basis, residual: None, overlap })
    }
}

/// Points near where a guess says.
fn near(before: &Frame, after: &Frame, guess: &Warp) -> Result<Registration, Unregistered> {
    check::sound(guess, before.size, after.size)?;
    let small = Small::of(after)?;
    let shrunk = small.enlarged.inverse().ok_or(Unregistered::Degenerate)?;
    let to_small = guess.then(&shrunk).ok_or(Unregistered::Degenerate)?;
    let moved = warped(before, &to_small, small.grey.size()?)?;
    let from = points::find(&moved, "earlier")?;
    let to = points::find(&small.grey, "later")?;
    let reach = REACH * f64::from(small.grey.cols().max(small.grey.rows()));
    let pairs = points::pairs(&from, &to, Some(reach))?;
    let fitted = fit(&pairs)?;
    let warp = to_small.then(&fitted.warp).and_then(|warp| warp.then(&small.enlarged));
    let judged = check::Judged { pairs: &pairs, fitted, enlarged: small.enlarged };
    judged.registration(
        warp.ok_or(Unregistered::Degenerate)?,
        [before.size, after.size],
        Basis::Guided,
    )
}

/// A grey picture to look for points in.
struct Small {
    grey: Mat,
    /// From the picture to this one, and back.
    shrunk: Warp,
    enlarged: Warp,
}

impl Small {
    fn of(frame: &Frame) -> Result<Self, Unregistered> {
        let longer = f64::from(frame.size.width.max(frame.size.height));
        let scale = (WORKING_SIDE / longer).min(1.0);
        let sides =
            [frame.size.width, frame.size.height].map(|side| whole(f64::from(side) * scale));
        let (mut small, mut grey) = (Mat::default(), Mat::default());
        let to = core::Size::new(sides[0], sides[1]);
        imgproc::resize(&as_mat(frame)?, &mut small, to, 0.0, 0.0, imgproc::INTER_AREA)?;
        imgproc::cvt_color_def(&small, &mut grey, imgproc::COLOR_BGR2GRAY)?;
        let sx = f64::from(sides[0]) / f64::from(frame.size.width);
        let sy = f64::from(sides[1]) / f64::from(frame.size.height);
        let shrunk = zoom(sx, sy).ok_or(Unregistered::Degenerate)?;
        let enlarged = shrunk.inverse().ok_or(Unregistered::Degenerate)?;
        Ok(Self { grey, shrunk, enlarged })
    }
}

/// Larger by these factors. Pixels are counted by their middles, and what stays in place is the picture's edge.
pub(super) fn zoom(sx: f64, sy: f64) -> Option<Warp> {
    let shift = |scale: f64| 0.5 * scale - 0.5;
    Warp::new([[sx, 0.0, shift(sx)], [0.0, sy, shift(sy)], [0.0, 0.0, 1.0]])
}

/// The earlier picture, grey, as the later one would show it.
fn warped(before: &Frame, warp: &Warp, size: core::Size) -> opencv::Result<Mat> {
    let (mut grey, mut moved) = (Mat::default(), Mat::default());
    imgproc::cvt_color_def(&as_mat(before)?, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    let rows = Mat::from_slice_2d(&warp.rows())?;
    imgproc::warp_perspective_def(&grey, &mut moved, &rows, size)?;
    Ok(moved)
}

struct Fitted {
    warp: Warp,
    /// How far each pair that agrees is off, pixels of the shrunk picture.
    missed: Vec<f64>,
    /// Where each of them lies in the shrunk later picture.
    at: Vec<[f64; 2]>,
}

fn fit(pairs: &[Pair]) -> Result<Fitted, Unregistered> {
    let strangers = |inliers| Unregistered::Strangers { pairs: pairs.len(), inliers };
    if pairs.len() < check::LEAST_INLIERS {
        return Err(Unregistered::Unlike { pairs: pairs.len() });
    }
    let search = Search { tolerance: TOLERANCE_PX, draws: 10_000, confidence: 0.999 };
    let warp = projective(pairs, &search)?.ok_or_else(|| strangers(0))?;
    let miss = |pair: &Pair| {
        let [x, y] = warp.point(pair.from)?;
        let missed = (x - pair.to[0]).hypot(y - pair.to[1]);
        (missed <= TOLERANCE_PX).then_some((missed, pair.to))
    };
    let (missed, at) = pairs.iter().filter_map(miss).unzip();
    Ok(Fitted { warp, missed, at })
}

#[expect(clippy::cast_possible_truncation, reason = "sides of a picture, at most 16384")]
fn whole(side: f64) -> i32 {
    (side.round() as i32).max(1)
}

/// What `OpenCV` takes as a list of points.
type KeyPoints = Vector<core::KeyPoint>;

#[cfg(test)]
mod tests;
