//! Precision over recall, and the twelve numbers that COCO makes of it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::judge::{Cell, Judged, LEVELS, MOST, Sizes};
use super::{Found, Label};
use crate::score::share;

/// Points of recall at which precision is read: 0, 0.01, … 1.
const POINTS: usize = 101;
/// How many boxes a picture counts for the three recalls.
const ALLOWED: [usize; 3] = [1, 10, MOST];

/// The twelve numbers, each 0..=1; nothing where no label of that size is there to be found (the
/// official evaluation prints −1).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DetectionFigures {
    /// Mean over `IoU` 0.50 to 0.95.
    pub ap: Option<f64>,
    pub ap50: Option<f64>,
    pub ap75: Option<f64>,
    /// Below 32² square pixels, up to 96², above.
    pub ap_small: Option<f64>,
    pub ap_medium: Option<f64>,
    pub ap_large: Option<f64>,
    /// With the strongest 1, 10 and 100 boxes of a class in a picture.
    pub ar1: Option<f64>,
    pub ar10: Option<f64>,
    pub ar100: Option<f64>,
    pub ar_small: Option<f64>,
    pub ar_medium: Option<f64>,
    pub ar_large: Option<f64>,
}

/// Scores of every class.
#[derive(Debug, Clone, PartialEq)]
pub struct DetectionScore {
    classes: Vec<ClassScore>,
}

/// By sizes: all, small, medium, large.
#[derive(Debug, Clone, PartialEq)]
struct ClassScore([Option<Level>; 4]);

/// Objects of one class and size.
#[derive(Debug, Clone, PartialEq)]
struct Level {
    /// By threshold of overlap.
    precision: [f64; LEVELS],
    /// By how many boxes count, then by threshold.
    recall: [[f64; LEVELS]; 3],
}

/// Scores `found` against `labels`, classes 0 to `classes` − 1. What has another class is left out.
pub fn evaluate(classes: usize, labels: &[Label], found: &[Found]) -> DetectionScore {
    let mut cells: BTreeMap<(usize, usize), Cell<'_>> = BTreeMap::new();
    for label in labels {
        cells.entry((label.class, label.image)).or_default().labels.push(label);
    }
    for found in found {
        cells.entry((found.class, found.image)).or_default().found.push(found);
    }
    cells.values_mut().for_each(Cell::sort);
    let score = |class: usize| {
        let cells: Vec<&Cell<'_>> =
            cells.range((class, 0)..=(class, usize::MAX)).map(|(_, cell)| cell).collect();
        ClassScore(Sizes::ALL.map(|sizes| level(&cells, sizes)))
    };
    DetectionScore { classes: (0..classes).map(score).collect() }
}

fn level(cells: &[&Cell<'_>], sizes: Sizes) -> Option<Level> {
    let (mut judged, mut to_find) = (Vec::new(), 0);
    for cell in cells {
        let (boxes, labels) = cell.judge(sizes);
        judged.extend(boxes);
        to_find += labels;
    }
    judged.sort_by(|a: &Judged, b: &Judged| b.score.total_cmp(&a.score));
    (to_find > 0).then(|| Level {
        precision: std::array::from_fn(|at| Curve::of(&judged, at, MOST, to_find).precision()),
        recall: ALLOWED.map(|allowed| {
            std::array::from_fn(|at| Curve::of(&judged, at, allowed, to_find).recall())
        }),
    })
}

/// Recall and precision after each box, strongest first.
struct Curve(Vec<(f64, f64)>);

impl Curve {
    fn of(judged: &[Judged], level: usize, allowed: usize, to_find: usize) -> Self {
        let (mut right, mut wrong) = (0.0_f64, 0.0_f64);
        let bit = |bits: u16| bits >> level & 1 == 1;
        let counted = judged.iter().filter(|judged| judged.rank < allowed);
        let points = counted.map(|judged| {
            if !bit(judged.ignored) {
                *(if bit(judged.matched) { &mut right } else { &mut wrong }) += 1.0;
            }
            // The official evaluation adds the spacing of 1 so as not to divide by 0.
            (right / real(to_find), right / (right + wrong + f64::EPSILON))
        });
        Self(points.collect())
    }

    fn recall(&self) -> f64 {
        self.0.last().map_or(0.0, |(recall, _)| *recall)
    }

    /// The mean over the points of recall of the best precision from there on.
    fn precision(mut self) -> f64 {
        let mut best = 0.0_f64;
        for (_, precision) in self.0.iter_mut().rev() {
            best = best.max(*precision);
            *precision = best;
        }
        let at = |point: usize| {
            let wanted = if point + 1 == POINTS { 1.0 } else { real(point) * 0.01 };
            let first = self.0.partition_point(|(recall, _)| *recall < wanted);
            self.0.get(first).map_or(0.0, |(_, precision)| *precision)
        };
        (0..POINTS).map(at).sum::<f64>() / real(POINTS)
    }
}

impl DetectionScore {
    /// Means over all classes of which there is anything to find.
    pub fn figures(&self) -> DetectionFigures {
        figures(&self.classes)
    }

    /// The numbers of one class; nothing in them for a class that was not scored.
    pub fn of_class(&self, class: usize) -> DetectionFigures {
        figures(self.classes.get(class..=class).unwrap_or_default())
    }
}

fn figures(classes: &[ClassScore]) -> DetectionFigures {
    let over = |size: usize, value: &dyn Fn(&Level) -> f64| {
        let values: Vec<f64> =
            classes.iter().filter_map(|class| class.0[size].as_ref()).map(value).collect();
        (!values.is_empty()).then(|| share(values.iter().sum(), real(values.len())))
    };
    let ap = |size: usize| over(size, &|level| mean(&level.precision));
    let ar = |size: usize, allowed: usize| over(size, &|level| mean(&level.recall[allowed]));
    DetectionFigures {
        ap: ap(0),
        ap50: over(0, &|level| level.precision[0]),
        ap75: over(0, &|level| level.precision[5]),
        ap_small: ap(1),
        ap_medium: ap(2),
        ap_large: ap(3),
        ar1: ar(0, 0),
        ar10: ar(0, 1),
        ar100: ar(0, 2),
        ar_small: ar(1, 2),
        ar_medium: ar(2, 2),
        ar_large: ar(3, 2),
    }
}

fn mean(values: &[f64; LEVELS]) -> f64 {
    values.iter().sum::<f64>() / real(LEVELS)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn real(count: usize) -> f64 {
    count as f64
}
