//! Which found boxes of one class in one picture are right, at ten thresholds of overlap at once.

use super::{Found, Label};

/// Thresholds of `IoU`, 0.50 to 0.95.
pub(super) const LEVELS: usize = 10;
/// More boxes of one class in one picture are not looked at.
pub(super) const MOST: usize = 100;

/// As numpy's `linspace(.5, .95, 10)` gives them, to the last bit.
#[expect(clippy::cast_precision_loss, reason = "below ten")]
pub(super) fn threshold(level: usize) -> f64 {
    level as f64 * ((0.95 - 0.5) / 9.0) + 0.5
}

/// Sizes of objects, square pixels, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sizes {
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Sizes {
    /// All, small, medium, large.
    pub(super) const ALL: [Self; 4] = [
        Self { least: 0.0, most: 1e10 },
        Self { least: 0.0, most: 1024.0 },
        Self { least: 1024.0, most: 9216.0 },
        Self { least: 9216.0, most: 1e10 },
    ];

    fn holds(self, size: f64) -> bool {
        (self.least..=self.most).contains(&size)
    }
}

/// One found box; a bit for each threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Judged {
    pub(super) score: f64,
    /// Among the boxes of its picture and class, strongest first.
    pub(super) rank: usize,
    pub(super) matched: u16,
    /// Counts neither as right nor as wrong.
    pub(super) ignored: u16,
}

/// What there is of one class in one picture.
#[derive(Debug, Default)]
pub(super) struct Cell<'a> {
    pub(super) labels: Vec<&'a Label>,
    pub(super) found: Vec<&'a Found>,
}

impl Cell<'_> {
    /// Strongest first, equal ones in their order, and no more than are looked at.
    pub(super) fn sort(&mut self) {
        self.found.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.found.truncate(MOST);
    }

    /// Of a sorted cell: the judged boxes, and how many labels there are to be found.
    pub(super) fn judge(&self, sizes: Sizes) -> (Vec<Judged>, usize) {
        let ignored = |label: &Label| label.crowd || !sizes.holds(label.size);
        // What counts comes first; a sort that keeps the order.
        let mut order: Vec<&Label> = self.labels.clone();
        order.sort_by_key(|label| ignored(label));
        let ignored: Vec<bool> = order.iter().map(|label| ignored(label)).collect();
        let to_find = ignored.iter().filter(|ignored| !**ignored).count();
        let mut judged: Vec<Judged> = self.found.iter().enumerate().map(blank).collect();
        for level in 0..LEVELS {
            self.judge_at(level, &order, &ignored, &mut judged);
        }
        for (judged, found) in judged.iter_mut().zip(&self.found) {
            if !sizes.holds(found.area.w * found.area.h) {
                judged.ignored |= !judged.matched;
            }
        }
        (judged, to_find)
    }

    fn judge_at(&self, level: usize, order: &[&Label], ignored: &[bool], judged: &mut [Judged]) {
        let mut taken = vec![false; order.len()];
        for (found, judged) in self.found.iter().zip(judged) {
            let Some(best) = best(found, threshold(level), order, ignored, &taken) else {
                continue;
            };
            taken[best] = true;
            judged.matched |= 1 << level;
            judged.ignored |= u16::from(ignored[best]) << level;
        }
    }
}

fn blank((rank, found): (usize, &&Found)) -> Judged {
    Judged { score: found.score, rank, matched: 0, ignored: 0 }
}

/// The label that overlaps most, of equal ones the last; one that is ignored only if no other fits.
fn best(
    found: &Found,
    threshold: f64,
    order: &[&Label],
    ignored: &[bool],
    taken: &[bool],
) -> Option<usize> {
    let mut limit = threshold.min(1.0 - 1e-10);
    let mut best: Option<usize> = None;
    for (index, label) in order.iter().enumerate() {
        if taken[index] && !label.crowd {
            continue;
        }
        if best.is_some_and(|best| !ignored[best] && ignored[index]) {
            break;
        }
        let overlap = label.overlap(found);
        if overlap >= limit {
            limit = overlap;
            best = Some(index);
        }
    }
    best
}
