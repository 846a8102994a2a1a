//! The map that most pairs of points agree on.

use opencv::calib3d;
use opencv::core::{Point2f, Vector};
use opencv::prelude::*;

use crate::motion::Warp;

/// How the map between two frames of a video is looked for, in pixels of the view.
const SEARCH: Search = Search { tolerance: 1.0, draws: 500, confidence: 0.995 };

/// How hard the estimator looks.
pub(crate) struct Search {
    /// A pair further from the map than this does not agree with it, pixels.
    pub(crate) tolerance: f64,
    pub(crate) draws: i32,
    /// How sure it wants to be, 0..1.
    pub(crate) confidence: f64,
}

/// One point in both pictures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) from: [f64; 2],
    pub(crate) to: [f64; 2],
}

pub(super) struct Fit {
    pub(super) warp: Warp,
    pub(super) inliers: usize,
}

pub(super) fn fit(pairs: &[Pair]) -> opencv::Result<Option<Fit>> {
    let Some(projective) = projective(pairs, &SEARCH)? else { return Ok(None) };
    let agreeing: Vec<Pair> =
        pairs.iter().filter(|pair| miss(&projective, pair) <= SEARCH.tolerance).copied().collect();
    let warp = simplest(&agreeing, projective);
    Ok(Some(Fit { warp, inliers: agreeing.len() }))
}

/// The map with the fewest numbers that explains the pairs, by the Bayesian information criterion: a
/// camera on a pole stands still, and one in the air mostly shifts, turns and zooms. Eight numbers
/// where four suffice follow the noise of the corners, most of all where there are none.
fn simplest(agreeing: &[Pair], projective: Warp) -> Warp {
    let observed = 2.0 * count(agreeing);
    let cost = |warp: &Warp, numbers: f64| {
        let missed: f64 = agreeing.iter().map(|pair| miss(warp, pair).powi(2)).sum();
        observed * (missed.max(f64::MIN_POSITIVE) / observed).ln() + numbers * observed.ln()
    };
    let mut best = (cost(&projective, 8.0), projective);
    for (warp, numbers) in
        similarity(agreeing).map(|warp| (warp, 4.0)).into_iter().chain([(Warp::IDENTITY, 0.0)])
    {
        let cost = cost(&warp, numbers);
        if cost <= best.0 {
            best = (cost, warp);
        }
    }
    best.1
}

/// The OpenCV estimator draws from a generator of its own, which begins anew each time.
pub(crate) fn projective(pairs: &[Pair], search: &Search) -> opencv::Result<Option<Warp>> {
    #[expect(clippy::cast_possible_truncation, reason = "pixels need no more than f32")]
    let points = |of: fn(&Pair) -> [f64; 2]| -> Vector<Point2f> {
        pairs.iter().map(of).map(|[x, y]| Point2f::new(x as f32, y as f32)).collect()
    };
    let (from, to) = (points(|pair| pair.from), points(|pair| pair.to));
    let mut agreeing = Vector::<u8>::new();
    let found = calib3d::find_homography_ext(
        &from,
        &to,
        calib3d::USAC_MAGSAC,
        search.tolerance,
        &mut agreeing,
        search.draws,
        search.confidence,
    )?;
    if found.empty() {
        return Ok(None);
    }
    let mut rows = [[0.0; 3]; 3];
    for (i, row) in (0..).zip(&mut rows) {
        for (j, number) in (0..).zip(row) {
            *number = *found.at_2d::<f64>(i, j)?;
        }
    }
    Ok(Warp::new(rows))
}

/// Shift, turn and zoom alone, by least squares.
fn similarity(pairs: &[Pair]) -> Option<Warp> {
    let mean = |of: fn(&Pair) -> f64| pairs.iter().map(of).sum::<f64>() / count(pairs);
    let (fx, fy) = (mean(|p| p.from[0]), mean(|p| p.from[1]));
    let (tx, ty) = (mean(|p| p.to[0]), mean(|p| p.to[1]));
    let (mut along, mut across, mut spread) = (0.0, 0.0, 0.0);
    for Pair { from, to } in pairs {
        let (from, to) = ([from[0] - fx, from[1] - fy], [to[0] - tx, to[1] - ty]);
        along += from[0] * to[0] + from[1] * to[1];
        across += from[0] * to[1] - from[1] * to[0];
        spread += from[0] * from[0] + from[1] * from[1];
    }
    let (cos, sin) = (along / spread, across / spread);
    Warp::new([
        [cos, -sin, tx - cos * fx + sin * fy],
        [sin, cos, ty - sin * fx - cos * fy],
        [0.0, 0.0, 1.0],
    ])
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred pairs")]
fn count(pairs: &[Pair]) -> f64 {
    pairs.len() as f64
}

fn miss(warp: &Warp, pair: &Pair) -> f64 {
    let Some([x, y]) = warp.point(pair.from) else { return f64::INFINITY };
    (x - pair.to[0]).hypot(y - pair.to[1])
}
