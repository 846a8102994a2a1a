//! The numbers by which trackers are compared.

use serde::Serialize;

use super::{Score, real, share};

/// All numbers of one score. Shares are 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figures {
    /// Frames in which there was anything.
    pub frames: u64,
    /// Boxes of the truth.
    pub objects: u64,
    /// Boxes of the answer.
    pub boxes: u64,
    pub unique_objects: u64,
    /// √(`det_a` · `ass_a`), averaged over the 19 thresholds; so are the next three.
    pub hota: f64,
    pub det_a: f64,
    pub ass_a: f64,
    /// Mean `IoU` of what matched.
    pub loc_a: f64,
    /// 1 − (misses + false positives + switches) / objects; may be below 0.
    pub mota: f64,
    /// Mean of 1 − `IoU` of what matched, as py-motmetrics gives it: smaller is better.
    pub motp: f64,
    pub idf1: f64,
    pub idp: f64,
    pub idr: f64,
    pub recall: f64,
    pub precision: f64,
    /// Objects matched in at least 80 % of their frames, between, and in less than 20 %.
    pub mostly_tracked: u64,
    pub partially_tracked: u64,
    pub mostly_lost: u64,
    pub false_positives: u64,
    pub misses: u64,
    /// An object is matched with another track than before.
    pub switches: u64,
    /// An object is lost and found again.
    pub fragmentations: u64,
    /// A track is matched with another object than before.
    pub transfers: u64,
    /// Switches to a track that was never matched before.
    pub ascends: u64,
    /// Transfers to an object that was never matched before.
    pub migrates: u64,
}

impl Score {
    /// All numbers.
    pub fn figures(&self) -> Figures {
        let Self { frames, clear, identity, hota } = self;
        let detected = real(clear.matches);
        let means = hota.means();
        let wrong = clear.misses + clear.false_positives + clear.switches;
        let right = real(identity.right);
        Figures {
            frames: *frames,
            objects: clear.objects,
            boxes: clear.boxes,
            unique_objects: clear.unique_objects,
            hota: means.hota,
            det_a: means.detection,
            ass_a: means.association,
            loc_a: means.location,
            mota: 1.0 - share(real(wrong), real(clear.objects)),
            motp: share(clear.distance, detected),
            idf1: share(2.0 * right, real(clear.objects + clear.boxes)),
            idp: share(right, right + real(identity.extra)),
            idr: share(right, right + real(identity.missing)),
            recall: share(detected, real(clear.objects)),
            precision: share(detected, detected + real(clear.false_positives)),
            mostly_tracked: clear.mostly_tracked,
            partially_tracked: clear.partially_tracked,
            mostly_lost: clear.mostly_lost,
            false_positives: clear.false_positives,
            misses: clear.misses,
            switches: clear.switches,
            fragmentations: clear.fragmentations,
            transfers: clear.transfers,
            ascends: clear.ascends,
            migrates: clear.migrates,
        }
    }
}

impl From<Score> for Figures {
    fn from(score: Score) -> Self {
        score.figures()
    }
}
