//! What a detector sees in the two pictures beside what changed: vehicles, and signs that somebody is at work.

use anyhow::Context as _;
use detector::{Detect as _, Tiled, Warp};
use domain::{Bbox, Detection, Frame};
use ground::{Raised, Traced};
use rules::WorkSign;

use super::epoch::Epoch;

/// What was seen in the earlier and in the later picture.
#[derive(Default)]
pub(super) struct Seen([Vec<Detection>; 2]);

/// A machine or a heap stands on the ground, give or take.
const LOW: Raised = Raised { m: 1.0, sigma_m: 1.0 };

impl Seen {
    pub(super) fn of(
        detector: &mut Tiled,
        frames: [&Frame; 2],
        gsd_cm: Option<f64>,
    ) -> anyhow::Result<Self> {
        let mut look =
            |frame| detector.detect_at(frame, gsd_cm).context("cannot look for vehicles");
        let [before, after] = frames;
        Ok(Self([look(before)?, look(after)?]))
    }

    /// Boxes of vehicles in both pictures, in pixels of the later one.
    pub(super) fn vehicles(&self, warp: &Warp) -> Vec<Bbox> {
        let [before, after] = &self.0;
        let vehicle = |one: &&Detection| one.class.is_motor_vehicle();
        let moved = before.iter().filter(vehicle).filter_map(|one| warp.bbox(one.bbox));
        moved.chain(after.iter().filter(vehicle).map(|one| one.bbox)).collect()
    }

    /// All that stands in the later picture and has a place; the rule picks what it takes for work.
    pub(super) fn signs(&self, after: &Epoch) -> anyhow::Result<Vec<WorkSign>> {
        let [_, seen] = &self.0;
        let mut signs = Vec::new();
        for one in seen {
            let Bbox { x1, y1, x2, y2 } = one.bbox;
            let [x1, y1, x2, y2] = [x1, y1, x2, y2].map(f64::from);
            let rings = [vec![[x1, y1], [x2, y1], [x2, y2], [x1, y2]]];
            let (wide, high) = (x2 - x1, y2 - y1);
            let traced = Traced {
                rings: &rings,
                area_px: wide * high,
                perimeter_px: 2.0 * (wide + high),
                edge_px: 1.0,
                apart_px: 0.0,
                drawn_share: 0.0,
            };
            let Some(patch) = after.patch(&traced, LOW) else { continue };
            let Some(covariance) = patch.covariance else { continue };
            let (class, position, at) = (one.class, patch.middle, after.at()?);
            signs.push(WorkSign { class, position, covariance, at });
        }
        Ok(signs)
    }
}
