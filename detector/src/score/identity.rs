//! Identity (Ristani et al. 2016): each object is given the one track that covers it in the most
//! frames, no track twice; what lies outside these pairs is wrong.

use std::collections::BTreeMap;

use super::{MIN_IOU, Sequence};
use crate::assign::assign_whole;

/// Boxes right, boxes too many, boxes missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Identity {
    pub(super) right: u64,
    pub(super) extra: u64,
    pub(super) missing: u64,
}

impl Identity {
    pub(super) fn of(sequence: &Sequence) -> Self {
        let mut common = BTreeMap::<(usize, usize), u32>::new();
        let (mut objects, mut boxes) = (0, 0);
        for shot in &sequence.frames {
            objects += shot.truth.len() as u64;
            boxes += shot.found.len() as u64;
            for truth in &shot.truth {
                for found in &shot.found {
                    if truth.area.iou(found.area) >= MIN_IOU {
                        *common.entry((truth.who, found.who)).or_default() += 1;
                    }
                }
            }
        }
        let frames = |who, track| common.get(&(who, track)).copied().unwrap_or(0);
        let pairs = assign_whole(sequence.objects, sequence.tracks, |who, track| {
            i64::from(frames(who, track))
        });
        let right = pairs.into_iter().map(|(who, track)| u64::from(frames(who, track))).sum();
        Self { right, extra: boxes - right, missing: objects - right }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.right += other.right;
        self.extra += other.extra;
        self.missing += other.missing;
    }
}
