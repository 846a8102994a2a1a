//! HOTA (Luiten et al. 2021) as `TrackEval` counts it: finding and following weigh the same, averaged
//! over 19 thresholds of overlap, 0.05 to 0.95.

use std::collections::BTreeMap;

use super::{Sequence, Shot, real, share};
use crate::assign::assign_whole;

/// Thresholds of `IoU`: (1 + n) × 0.05.
const LEVELS: usize = 19;

/// By threshold.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hota([Level; LEVELS]);

/// What was counted at one threshold.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Level {
    right: u64,
    /// Boxes too many and boxes missing.
    wrong: u64,
    /// Sum of the `IoU` of all matches.
    overlap: f64,
    /// Sum over all matches of how well the two tracks they belong to agree, each 0..=1.
    association: f64,
}

/// The four numbers, each 0..=1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Means {
    pub(super) hota: f64,
    pub(super) detection: f64,
    pub(super) association: f64,
    pub(super) location: f64,
}

impl Default for Hota {
    fn default() -> Self {
        Self([Level::default(); LEVELS])
    }
}

impl Hota {
    pub(super) fn of(sequence: &Sequence) -> Self {
        let lengths = Lengths::of(sequence);
        let alignment = lengths.alignment(sequence);
        let mut hota = Self::default();
        let mut common: [BTreeMap<(usize, usize), u64>; LEVELS] =
            std::array::from_fn(|_| BTreeMap::new());
        for shot in &sequence.frames {
            let pairs = pairs(shot, &alignment);
            for (index, level) in hota.0.iter_mut().enumerate() {
                let all = (shot.truth.len() + shot.found.len()) as u64;
                let mut matched = 0;
                for &(i, j) in &pairs {
                    let (truth, found) = (shot.truth[i], shot.found[j]);
                    let iou = truth.area.iou(found.area);
                    if iou >= threshold(index) - f64::EPSILON {
                        matched += 1;
                        level.overlap += iou;
                        *common[index].entry((truth.who, found.who)).or_default() += 1;
                    }
                }
                level.right += matched;
                level.wrong += all - 2 * matched;
            }
        }
        for (level, common) in hota.0.iter_mut().zip(&common) {
            level.association = lengths.association(common);
        }
        hota
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (sum, level) in self.0.iter_mut().zip(&other.0) {
            sum.right += level.right;
            sum.wrong += level.wrong;
            sum.overlap += level.overlap;
            sum.association += level.association;
        }
    }

    pub(super) fn means(&self) -> Means {
        let mean = |of: fn(&Level) -> f64| self.0.iter().map(of).sum::<f64>() / real(LEVELS as u64);
        Means {
            hota: mean(|level| (level.detection() * level.association()).sqrt()),
            detection: mean(Level::detection),
            association: mean(Level::association),
            location: mean(Level::location),
        }
    }
}

impl Level {
    fn detection(&self) -> f64 {
        share(real(self.right), real(self.right + self.wrong))
    }

    fn association(&self) -> f64 {
        share(self.association, real(self.right))
    }

    /// Nothing matched counts as perfectly placed, as the original has it.
    fn location(&self) -> f64 {
        if self.right == 0 { 1.0 } else { self.overlap / real(self.right) }
    }
}

fn threshold(index: usize) -> f64 {
    0.05 * real(index as u64 + 1)
}

/// In how many frames each object and each track is.
struct Lengths {
    objects: Vec<u64>,
    tracks: Vec<u64>,
}

impl Lengths {
    fn of(sequence: &Sequence) -> Self {
        let mut lengths =
            Self { objects: vec![0; sequence.objects], tracks: vec![0; sequence.tracks] };
        for shot in &sequence.frames {
            shot.truth.iter().for_each(|seen| lengths.objects[seen.who] += 1);
            shot.found.iter().for_each(|seen| lengths.tracks[seen.who] += 1);
        }
        lengths
    }

    /// How well each object and track agree over the whole sequence, before anything is matched.
    fn alignment(&self, sequence: &Sequence) -> BTreeMap<(usize, usize), f64> {
        let mut possible = BTreeMap::<(usize, usize), f64>::new();
        for shot in &sequence.frames {
            let iou = |i: usize, j: usize| shot.truth[i].area.iou(shot.found[j].area);
            let rows: Vec<f64> = (0..shot.truth.len())
                .map(|i| (0..shot.found.len()).map(|j| iou(i, j)).sum())
                .collect();
            let columns: Vec<f64> = (0..shot.found.len())
                .map(|j| (0..shot.truth.len()).map(|i| iou(i, j)).sum())
                .collect();
            for (i, truth) in shot.truth.iter().enumerate() {
                for (j, found) in shot.found.iter().enumerate() {
                    let both = iou(i, j);
                    if both > 0.0 {
                        *possible.entry((truth.who, found.who)).or_default() +=
                            both / (rows[i] + columns[j] - both);
                    }
                }
            }
        }
        for ((who, track), both) in &mut possible {
            *both /= real(self.objects[*who] + self.tracks[*track]) - *both;
        }
        possible
    }

    fn association(&self, common: &BTreeMap<(usize, usize), u64>) -> f64 {
        let weighted = |(&(who, track), &both): (&(usize, usize), &u64)| {
            let either = self.objects[who] + self.tracks[track] - both;
            real(both) * real(both) / real(either)
        };
        common.iter().map(weighted).sum()
    }
}

/// The pairing of one frame that serves the whole sequence best, at every threshold.
fn pairs(shot: &Shot, alignment: &BTreeMap<(usize, usize), f64>) -> Vec<(usize, usize)> {
    assign_whole(shot.truth.len(), shot.found.len(), |i, j| {
        let (truth, found) = (shot.truth[i], shot.found[j]);
        let agreement = alignment.get(&(truth.who, found.who)).copied().unwrap_or(0.0);
        whole(agreement * truth.area.iou(found.area))
    })
}

/// In millionths of millionths.
#[expect(clippy::cast_possible_truncation, reason = "a gain is at most 1")]
fn whole(gain: f64) -> i64 {
    (gain * 1e12).ceil() as i64
}
