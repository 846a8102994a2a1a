//! CLEAR-MOT (Bernardin and Stiefelhagen 2008) as py-motmetrics counts it: an object keeps the track
//! it last had, however long ago, while the two overlap enough; the rest is paired so that first as
//! many as possible match and then as closely as possible.

use super::{MIN_IOU, Sequence, Shot};
use crate::assign::assign_whole;

/// What was counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Clear {
    /// Boxes of the truth and of the answer.
    pub(super) objects: u64,
    pub(super) boxes: u64,
    pub(super) unique_objects: u64,
    /// Pairs, switches among them.
    pub(super) matches: u64,
    pub(super) switches: u64,
    pub(super) transfers: u64,
    pub(super) ascends: u64,
    pub(super) migrates: u64,
    pub(super) false_positives: u64,
    pub(super) misses: u64,
    pub(super) fragmentations: u64,
    pub(super) mostly_tracked: u64,
    pub(super) partially_tracked: u64,
    pub(super) mostly_lost: u64,
    /// Sum of 1 − `IoU` over the matched pairs.
    pub(super) distance: f64,
}

impl Clear {
    pub(super) fn of(sequence: &Sequence) -> Self {
        let mut count = Count {
            clear: Self::default(),
            objects: vec![Object::default(); sequence.objects],
            tracks: vec![Track::default(); sequence.tracks],
        };
        for shot in &sequence.frames {
            count.take(shot);
        }
        count.finish()
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.objects += other.objects;
        self.boxes += other.boxes;
        self.unique_objects += other.unique_objects;
        self.matches += other.matches;
        self.switches += other.switches;
        self.transfers += other.transfers;
        self.ascends += other.ascends;
        self.migrates += other.migrates;
        self.false_positives += other.false_positives;
        self.misses += other.misses;
        self.fragmentations += other.fragmentations;
        self.mostly_tracked += other.mostly_tracked;
        self.partially_tracked += other.partially_tracked;
        self.mostly_lost += other.mostly_lost;
        self.distance += other.distance;
    }
}

struct Count {
    clear: Clear,
    objects: Vec<Object>,
    tracks: Vec<Track>,
}

#[derive(Debug, Clone, Default)]
struct Object {
    /// The track it last had.
    track: Option<usize>,
    shown: u64,
    matched: u64,
    /// It was matched before and is not now.
    broken: bool,
}

#[derive(Debug, Clone, Default)]
struct Track {
    matched: bool,
    /// The object with which it was last paired anew.
    object: Option<usize>,
}

impl Count {
    fn take(&mut self, shot: &Shot) {
        let mut free_truth = vec![true; shot.truth.len()];
        let mut free_found = vec![true; shot.found.len()];
        for (i, truth) in shot.truth.iter().enumerate() {
            let Some(track) = self.objects[truth.who].track else { continue };
            let kept = shot.found.iter().position(|found| found.who == track);
            if let Some(j) = kept.filter(|&j| free_found[j] && iou(shot, i, j) >= MIN_IOU) {
                (free_truth[i], free_found[j]) = (false, false);
                self.pair(shot, i, j);
            }
        }
        for (i, j) in closest(shot, &free_truth, &free_found) {
            (free_truth[i], free_found[j]) = (false, false);
            self.pair_anew(shot, i, j);
        }
        for (truth, free) in shot.truth.iter().zip(&free_truth) {
            self.show(truth.who, *free);
        }
        self.clear.boxes += shot.found.len() as u64;
        self.clear.false_positives += free_found.iter().filter(|free| **free).count() as u64;
    }

    fn pair(&mut self, shot: &Shot, i: usize, j: usize) {
        self.tracks[shot.found[j].who].matched = true;
        self.clear.distance += 1.0 - iou(shot, i, j);
        self.clear.matches += 1;
    }

    fn pair_anew(&mut self, shot: &Shot, i: usize, j: usize) {
        let (who, track) = (shot.truth[i].who, shot.found[j].who);
        let before = self.objects[who].track;
        if before.is_some_and(|before| before != track) {
            self.clear.switches += 1;
            self.clear.ascends += u64::from(!self.tracks[track].matched);
        }
        if self.tracks[track].object.is_some_and(|object| object != who) {
            self.clear.transfers += 1;
            self.clear.migrates += u64::from(before.is_none());
        }
        self.objects[who].track = Some(track);
        self.tracks[track].object = Some(who);
        self.pair(shot, i, j);
    }

    fn show(&mut self, who: usize, missed: bool) {
        let object = &mut self.objects[who];
        object.shown += 1;
        self.clear.objects += 1;
        if missed {
            self.clear.misses += 1;
            object.broken = object.matched > 0;
            return;
        }
        object.matched += 1;
        self.clear.fragmentations += u64::from(std::mem::take(&mut object.broken));
    }

    fn finish(self) -> Clear {
        let mut clear = self.clear;
        for Object { shown, matched, .. } in self.objects {
            clear.unique_objects += 1;
            // At least 80 %, below 20 %, and between.
            if 5 * matched >= 4 * shown {
                clear.mostly_tracked += 1;
            } else if 5 * matched < shown {
                clear.mostly_lost += 1;
            } else {
                clear.partially_tracked += 1;
            }
        }
        clear
    }
}

fn iou(shot: &Shot, i: usize, j: usize) -> f64 {
    shot.truth[i].area.iou(shot.found[j].area)
}

/// As many pairs as can be made, and of these the closest: one more pair is worth more than any
/// gain in closeness.
fn closest(shot: &Shot, free_truth: &[bool], free_found: &[bool]) -> Vec<(usize, usize)> {
    const PAIR: i64 = 4096 * CLOSENESS;
    assign_whole(shot.truth.len(), shot.found.len(), |i, j| {
        let iou = if free_truth[i] && free_found[j] { iou(shot, i, j) } else { 0.0 };
        if iou >= MIN_IOU { PAIR + whole(iou) } else { 0 }
    })
}

const CLOSENESS: i64 = 1_000_000_000;

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "an IoU is ≤ 1")]
fn whole(iou: f64) -> i64 {
    (iou * CLOSENESS as f64) as i64
}
