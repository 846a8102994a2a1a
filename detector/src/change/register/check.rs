//! Whether a map from one picture to another can be relied on.

use domain::Size;

use super::{Basis, Fitted, Registration, Residual, Unregistered};
use crate::motion::Warp;
use crate::stabiliser::fit::Pair;

/// Pictures of two different places agree in up to two dozen points by chance.
pub(super) const LEAST_INLIERS: usize = 30;
/// Of the matched points.
const LEAST_SHARE: f64 = 0.25;
const LEAST_COVER: f64 = 0.2;
/// Of the later picture.
const LEAST_OVERLAP: f64 = 0.15;
/// Random points within the tolerance of 3 pixels would lie 2.1 apart in the median.
const MOST_MEDIAN_PX: f64 = 1.8;
/// By how much the scale may differ across the picture, as areas.
const MOST_BENT: f64 = 8.0;
/// By how much pixels of one picture may be larger than those of the other, as areas.
const MOST_ZOOM: f64 = 64.0;
/// Cells along a side in which points are looked for.
const CELLS: u32 = 8;

/// What was found, before it is believed.
pub(super) struct Judged<'a> {
    pub(super) pairs: &'a [Pair],
    pub(super) fitted: Fitted,
    /// From the shrunk later picture to the later picture.
    pub(super) enlarged: Warp,
}

impl Judged<'_> {
    pub(super) fn registration(
        self,
        warp: Warp,
        [before, after]: [Size; 2],
        basis: Basis,
    ) -> Result<Registration, Unregistered> {
        let inliers = self.fitted.missed.len();
        let share = real(inliers) / real(self.pairs.len().max(1));
        if inliers < LEAST_INLIERS || share < LEAST_SHARE {
            return Err(Unregistered::Strangers { pairs: self.pairs.len(), inliers });
        }
        let overlap = sound(&warp, before, after)?;
        let at: Vec<[f64; 2]> =
            self.fitted.at.iter().filter_map(|&at| self.enlarged.point(at)).collect();
        let cover = cover(&warp, before, after, &at);
        if cover < LEAST_COVER {
            return Err(Unregistered::Uneven { cover });
        }
        let mut missed = self.fitted.missed;
        missed.sort_by(f64::total_cmp);
        let scale = self.enlarged.rows()[0][0];
        let [median, p95] = [0.5, 0.95].map(|part| quantile(&missed, part));
        if median > MOST_MEDIAN_PX {
            let most_px = MOST_MEDIAN_PX * scale;
            return Err(Unregistered::Residual { median_px: median * scale, most_px });
        }
        let residual =
            Residual { median_px: median * scale, p95_px: p95 * scale, inliers, share, cover };
        Ok(Registration { warp, basis, residual: Some(residual), overlap })
    }
}

/// The share of the later picture that the earlier one shows. Refuses too little of it, and maps that no camera makes.
pub(super) fn sound(warp: &Warp, before: Size, after: Size) -> Result<f64, Unregistered> {
    let back = warp.inverse().ok_or(Unregistered::Degenerate)?;
    let common: Vec<[f64; 2]> = grid(after, 32).filter(|&at| shows(&back, before, at)).collect();
    let overlap = real(common.len()) / (32.0 * 32.0);
    if overlap < LEAST_OVERLAP {
        return Err(Unregistered::Overlap { overlap, least: LEAST_OVERLAP });
    }
    let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
    for at in common {
        let local = back.near(at).ok_or(Unregistered::Degenerate)?;
        let [[a, b], [c, d]] = local.jacobian;
        let area = a * d - b * c;
        least = least.min(area);
        most = most.max(area);
    }
    let camera =
        least > 0.0 && most / least <= MOST_BENT && most <= MOST_ZOOM && least >= 1.0 / MOST_ZOOM;
    if camera { Ok(overlap) } else { Err(Unregistered::Degenerate) }
}

/// The share of the cells of the common area that hold a point.
fn cover(warp: &Warp, before: Size, after: Size, points: &[[f64; 2]]) -> f64 {
    let Some(back) = warp.inverse() else { return 0.0 };
    let [width, height] = [after.width, after.height].map(f64::from);
    let cell = |[x, y]: [f64; 2]| (part(x / width), part(y / height));
    let filled: std::collections::BTreeSet<(u32, u32)> = points.iter().copied().map(cell).collect();
    let common: Vec<[f64; 2]> = grid(after, CELLS).filter(|&at| shows(&back, before, at)).collect();
    let held = common.iter().filter(|&&at| filled.contains(&cell(at))).count();
    real(held) / real(common.len().max(1))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the cells")]
fn part(share: f64) -> u32 {
    (share * f64::from(CELLS)).clamp(0.0, f64::from(CELLS - 1)) as u32
}

fn shows(back: &Warp, before: Size, at: [f64; 2]) -> bool {
    back.point(at).is_some_and(|[x, y]| {
        (0.0..=f64::from(before.width)).contains(&x)
            && (0.0..=f64::from(before.height)).contains(&y)
    })
}

/// Middles of `cells` × `cells` cells.
fn grid(size: Size, cells: u32) -> impl Iterator<Item = [f64; 2]> {
    let at = move |i: u32, side: u32| (f64::from(i) + 0.5) / f64::from(cells) * f64::from(side);
    (0..cells).flat_map(move |row| {
        (0..cells).map(move |column| [at(column, size.width), at(row, size.height)])
    })
}

/// Of sorted values.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index into a list")]
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let index = (part * (real(sorted.len()) - 1.0)).round().max(0.0) as usize;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}

#[expect(clippy::cast_precision_loss, reason = "some thousand points")]
fn real(count: usize) -> f64 {
    count as f64
}
