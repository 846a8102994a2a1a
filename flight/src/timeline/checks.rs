//! What only a whole flight shows to be wrong.

use domain::{Fix, WarningCode};

use super::{is_rtk, turn};
use crate::{Sample, Warnings};

/// Camera and aircraft may differ by this much without a word, degrees.
const YAW_TOLERANCE_DEG: f64 = 5.0;
/// Nobody turns a camera away by less than this and leaves it there: such a camera claims to be
/// centred, and a difference is the compass or the gimbal. Degrees.
const CENTRED_DEG: f64 = 15.0;
/// The share of rows that must be within [`CENTRED_DEG`].
const CENTRED_SHARE: f64 = 0.9;
/// Fewer rows prove nothing.
const FEWEST_ROWS: usize = 10;

pub(super) fn check<'a>(rows: impl Iterator<Item = &'a Sample> + Clone, warnings: &mut Warnings) {
    rtk_lost(rows.clone(), warnings);
    yaw_disagrees(rows, warnings);
}

/// Counts how often a good fix was lost, not how long it was away.
fn rtk_lost<'a>(rows: impl Iterator<Item = &'a Sample>, warnings: &mut Warnings) {
    let mut before = Fix::Unknown;
    for sample in rows {
        if is_rtk(before) && !is_rtk(sample.fix) {
            let detail = "positions fell back from RTK to metres in flight";
            warnings.add(WarningCode::RtkLost, detail);
        }
        before = sample.fix;
    }
}

/// Looking straight down, yaw and roll cannot be told apart: such rows do not vote.
const STEEPEST_DEG: f64 = 80.0;

fn yaw_disagrees<'a>(rows: impl Iterator<Item = &'a Sample>, warnings: &mut Warnings) {
    let difference = |sample: &Sample| {
        let camera = sample.camera.filter(|camera| camera.pitch_deg.abs() < STEEPEST_DEG)?;
        Some(turn(sample.heading_deg?, camera.yaw_deg))
    };
    let mut differences: Vec<f64> = rows.filter_map(difference).collect();
    differences.sort_by(f64::total_cmp);
    let Some(median) = differences.get(differences.len() / 2).copied() else { return };
    if differences.len() < FEWEST_ROWS
        || median.abs() <= YAW_TOLERANCE_DEG
        || !centred(&differences)
    {
        return;
    }
    let detail = format!(
        "the camera looks {median:.1}° beside the aircraft's heading in most rows; \
         if it was meant to look ahead, set the yaw offset of this aircraft"
    );
    warnings.add(WarningCode::YawDisagrees, detail);
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^52")]
fn centred(differences: &[f64]) -> bool {
    let near = differences.iter().filter(|turn| turn.abs() <= CENTRED_DEG).count();
    near as f64 >= differences.len() as f64 * CENTRED_SHARE
}
