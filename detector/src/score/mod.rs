//! How good an answer is against the truth, by the field's own numbers: tracks here, boxes in
//! [`detection`], masks of change in [`ChangeCounts`], plates in [`PlateCounts`].
//!
//! Reads `MOTChallenge` text, scores it as py-motmetrics 1.4 (CLEAR-MOT, identity) and `TrackEval`
//! 1.x (HOTA) do, and runs our own tracker on given boxes so that the two can be compared. Pure:
//! text in, numbers out; which files there are is the caller's business.
//!
//! Conventions: a pair counts from `IoU` 0.5 on; truth whose seventh column is 0 is left out; no
//! class is filtered, because `MOT15` writes world coordinates where `MOT16` writes the class.

mod change;
mod clear;
pub mod detection;
mod figures;
mod follow;
mod hota;
mod identity;
mod plates;
mod read;
mod report;

pub use change::{ChangeCounts, MaskSizes};
pub use figures::Figures;
pub use follow::follow;
pub use plates::PlateCounts;
pub use read::{RowProblem, ScoreError, Side};
pub use report::{Given, Report, ReportError, ReportRow, Tracked, frame_rate, report};

use serde::Serialize;

use self::clear::Clear;
use self::hota::Hota;
use self::identity::Identity;

/// More boxes on one side of one frame are refused.
pub const MAX_BOXES_PER_FRAME: usize = 1024;
/// More objects or tracks of one sequence are refused.
pub const MAX_IDS: usize = 4096;
/// Frames are numbered from 1 to this.
pub const MAX_FRAME: u32 = 1_000_000;
/// More lines of one file are refused.
pub const MAX_ROWS: usize = 4_000_000;

/// Two boxes whose `IoU` is lower than this are not of one object.
const MIN_IOU: f64 = 0.5;

/// The truth and a tracker's answer, frame by frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence {
    /// Ascending by number: the frames in which there is anything.
    frames: Vec<Shot>,
    objects: usize,
    tracks: usize,
    /// Whether the answer told its boxes apart; detections without ids do not.
    identified: bool,
}

/// One frame.
#[derive(Debug, Clone, PartialEq)]
struct Shot {
    number: u32,
    truth: Vec<Seen>,
    found: Vec<Seen>,
}

/// One box of one object or track, which are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Seen {
    who: usize,
    area: Area,
    /// 0..=1.
    confidence: f64,
}

/// Left, top, width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

impl Area {
    /// What both cover, square pixels.
    fn common(self, other: Self) -> f64 {
        let width = (self.x + self.w).min(other.x + other.w) - self.x.max(other.x);
        let height = (self.y + self.h).min(other.y + other.h) - self.y.max(other.y);
        width.max(0.0) * height.max(0.0)
    }

    fn iou(self, other: Self) -> f64 {
        let both = self.common(other);
        let size = |area: Self| area.w.max(0.0) * area.h.max(0.0);
        let either = size(self) + size(other) - both;
        if both > 0.0 { both / either } else { 0.0 }
    }
}

impl Sequence {
    /// Whether the answer carries track numbers, so that scoring it means something.
    pub fn identified(&self) -> bool {
        self.identified
    }
}

/// What was counted. Add them up with [`combine`], look at them with [`Score::figures`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(into = "Figures")]
pub struct Score {
    frames: u64,
    clear: Clear,
    identity: Identity,
    hota: Hota,
}

/// Scores one sequence.
pub fn evaluate(sequence: &Sequence) -> Score {
    Score {
        frames: sequence.frames.len() as u64,
        clear: Clear::of(sequence),
        identity: Identity::of(sequence),
        hota: Hota::of(sequence),
    }
}

/// The score of several sequences as one: counts are added, HOTA's association is weighted by its
/// matches, and no identity reaches from one sequence into another.
pub fn combine(scores: &[Score]) -> Score {
    let mut sum = Score {
        frames: 0,
        clear: Clear::default(),
        identity: Identity::default(),
        hota: Hota::default(),
    };
    for score in scores {
        sum.frames += score.frames;
        sum.clear.add(&score.clear);
        sum.identity.add(&score.identity);
        sum.hota.add(&score.hota);
    }
    sum
}

/// `a / b`, and 0 where there is nothing to divide by.
fn share(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// Counts stay far below 2^53: [`MAX_ROWS`] bounds them.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
