//! Points that a picture can be recognised by, and which of two pictures' are the same.

use opencv::core::{DMatch, Mat, NORM_HAMMING, Scalar, Vector};
use opencv::features2d::{
    AKAZE, AKAZE_DescriptorType, BFMatcher, KAZE_DiffusivityType, KeyPointsFilter,
};
use opencv::prelude::*;

use super::{KeyPoints, Unregistered};
use crate::stabiliser::fit::Pair;

/// The strongest points of a picture that are kept: matching costs their square.
const MOST: i32 = 6000;
/// A picture with fewer has nothing to hold on to.
const LEAST: usize = 60;
/// The shorter side of a picture that can be recognised at all, pixels.
const SMALLEST: i32 = 48;
/// Half of `OpenCV`'s default: haze and shade leave faint corners.
const THRESHOLD: f32 = 0.0005;
/// The best match must be so much nearer than the second best.
const RATIO: f32 = 0.8;
/// Bits of 486 by which two descriptions may differ where nothing else lies near.
const ALONE: f32 = 90.0;

pub(super) struct Points {
    at: Vec<[f64; 2]>,
    described: Mat,
}

pub(super) fn find(grey: &Mat, which: &'static str) -> Result<Points, Unregistered> {
    if grey.rows().min(grey.cols()) < SMALLEST {
        return Err(Unregistered::Featureless { which, found: 0 });
    }
    let mut akaze = AKAZE::create(
        AKAZE_DescriptorType::DESCRIPTOR_MLDB,
        0,
        3,
        THRESHOLD,
        4,
        4,
        KAZE_DiffusivityType::DIFF_PM_G2,
    )?;
    let (mut found, mut described) = (KeyPoints::new(), Mat::default());
    akaze.detect(grey, &mut found, &opencv::core::no_array())?;
    KeyPointsFilter::retain_best(&mut found, MOST)?;
    if found.len() >= LEAST {
        akaze.compute(grey, &mut found, &mut described)?;
    }
    if found.len() < LEAST {
        return Err(Unregistered::Featureless { which, found: found.len() });
    }
    let at = found.iter().map(|point| [f64::from(point.pt().x), f64::from(point.pt().y)]);
    Ok(Points { at: at.collect(), described })
}

/// Points that look alike and no third one nearly as much; with `reach`, only within so many pixels.
pub(super) fn pairs(
    from: &Points,
    to: &Points,
    reach: Option<f64>,
) -> Result<Vec<Pair>, Unregistered> {
    let matcher = BFMatcher::create(NORM_HAMMING, false)?;
    let mut alike = Vector::<Vector<DMatch>>::new();
    let mask = match reach {
        Some(reach) => within(from, to, reach)?,
        None => Mat::default(),
    };
    matcher.knn_train_match(&from.described, &to.described, &mut alike, 2, &mask, false)?;
    let pair = |best: DMatch| {
        let from = from.at.get(usize::try_from(best.query_idx).ok()?)?;
        let to = to.at.get(usize::try_from(best.train_idx).ok()?)?;
        Some(Pair { from: *from, to: *to })
    };
    Ok(alike.iter().filter_map(|near| distinct(&near)).filter_map(pair).collect())
}

fn distinct(near: &Vector<DMatch>) -> Option<DMatch> {
    let best = near.get(0).ok()?;
    let clear = match near.get(1) {
        Ok(second) => best.distance < RATIO * second.distance,
        Err(_) => best.distance < ALONE,
    };
    clear.then_some(best)
}

/// A byte for each two points: whether they lie near each other.
fn within(from: &Points, to: &Points, reach: f64) -> opencv::Result<Mat> {
    let rows = i32::try_from(from.at.len())?;
    let columns = i32::try_from(to.at.len())?;
    let mut mask =
        Mat::new_rows_cols_with_default(rows, columns, opencv::core::CV_8U, Scalar::all(0.0))?;
    let bytes = mask.data_bytes_mut()?;
    for (row, a) in bytes.chunks_exact_mut(to.at.len()).zip(&from.at) {
        for (near, b) in row.iter_mut().zip(&to.at) {
            *near = u8::from((a[0] - b[0]).hypot(a[1] - b[1]) <= reach);
        }
    }
    Ok(mask)
}
