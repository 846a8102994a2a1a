//! Average precision as Pascal VOC defines it (Everingham et al. 2010), for comparison with older
//! figures: a box is judged against the label it overlaps most, whether or not that was found before.

use super::{Found, Label};
use crate::score::{Area, share};

/// How the curve is made a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    /// Mean of the best precision at recall 0, 0.1, … 1 (until 2009).
    ElevenPoint,
    /// The area under the curve (from 2010).
    EveryPoint,
}

/// The average precision of one class, 0..=1; nothing without a label. Boxes are whole pixels, both
/// edges included, as the VOC tools count them.
pub fn voc_ap(
    labels: &[Label],
    found: &[Found],
    min_iou: f64,
    interpolation: Interpolation,
) -> Option<f64> {
    let to_find = labels.iter().filter(|label| !label.crowd).count();
    if to_find == 0 {
        return None;
    }
    let mut order: Vec<&Found> = found.iter().collect();
    order.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut taken = vec![false; labels.len()];
    let (mut right, mut all) = (0.0, 0.0);
    let mut curve = Vec::with_capacity(order.len());
    for found in order {
        let overlaps = labels.iter().enumerate().filter(|(_, label)| label.image == found.image);
        let overlaps = overlaps.map(|(index, label)| (index, whole_iou(label.area, found.area)));
        let best = overlaps.max_by(|a, b| a.1.total_cmp(&b.1));
        let hit = best.filter(|(_, iou)| *iou >= min_iou).map(|(index, _)| index);
        if hit.is_some_and(|index| labels[index].crowd) {
            continue;
        }
        all += 1.0;
        if let Some(index) = hit.filter(|&index| !taken[index]) {
            taken[index] = true;
            right += 1.0;
        }
        curve.push((right / real(to_find), right / all));
    }
    Some(match interpolation {
        Interpolation::ElevenPoint => {
            // The usual tools take 6 × 0.1, which is more than 0.6; so does this, to give their figures.
            (0..=10).map(|tenth| best_from(&curve, f64::from(tenth) * 0.1)).sum::<f64>() / 11.0
        }
        Interpolation::EveryPoint => area_under(&curve),
    })
}

/// The best precision at this recall or a higher one.
fn best_from(curve: &[(f64, f64)], recall: f64) -> f64 {
    let beyond = curve.iter().filter(|point| point.0 >= recall);
    beyond.map(|point| point.1).fold(0.0, f64::max)
}

fn area_under(curve: &[(f64, f64)]) -> f64 {
    let mut before = 0.0;
    let mut area = 0.0;
    for &(recall, _) in curve {
        area += (recall - before) * best_from(curve, recall);
        before = recall;
    }
    area
}

fn whole_iou(a: Area, b: Area) -> f64 {
    let grown = |area: Area| Area { w: area.w + 1.0, h: area.h + 1.0, ..area };
    let (a, b) = (grown(a), grown(b));
    let both = a.common(b);
    share(both, a.w * a.h + b.w * b.h - both)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn real(count: usize) -> f64 {
    count as f64
}
