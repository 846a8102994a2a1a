//! What a change is to a place at which something is known to stand, or to have stood.
//!
//! A comparison tells that two pictures differ and not which way. The times of the pictures do: what was bare in the
//! earlier one was built since, and what stood in it was altered or taken away.

use domain::{BuildState, ChangeFound, ChangeKind, KnownBuild};

use super::shape::Shape;
use crate::Construction;

/// How a change and something known go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meeting {
    /// It is still there.
    Stands,
    /// It was there in the earlier picture, and is another now, or gone.
    Altered,
    /// It was there and is gone.
    Gone,
    /// It was recorded as demolished, and the pictures are from before and after that.
    Removed,
    /// The pictures are from before what is known.
    Past,
    /// It was demolished, and something stands there again.
    Rebuilt,
}

/// The latest of what is known in the place of a change.
pub(super) fn in_place<'a>(
    change: &ChangeFound,
    shape: &Shape,
    known: &'a [KnownBuild],
    config: &Construction,
) -> Option<&'a KnownBuild> {
    let here = known
        .iter()
        .filter(|one| shape.in_common(&change.outline, &one.outline) >= config.same_share);
    here.max_by_key(|one| one.since)
}

pub(super) fn meeting(change: &ChangeFound, known: &KnownBuild) -> Meeting {
    let (before, after) = (change.before.at, change.after.at);
    let stood_before = known.since <= before;
    match &known.state {
        BuildState::Standing if !stood_before => match change.kind {
            ChangeKind::Gone => Meeting::Past,
            ChangeKind::Unknown | ChangeKind::Built => Meeting::Stands,
        },
        BuildState::Standing => match change.kind {
            ChangeKind::Built => Meeting::Stands,
            ChangeKind::Gone => Meeting::Gone,
            ChangeKind::Unknown => Meeting::Altered,
        },
        BuildState::Demolished { at, .. } if after <= *at => Meeting::Past,
        BuildState::Demolished { at, .. } if stood_before && before < *at => match change.kind {
            ChangeKind::Built => Meeting::Rebuilt,
            ChangeKind::Unknown | ChangeKind::Gone => Meeting::Removed,
        },
        BuildState::Demolished { .. } => match change.kind {
            // Something else was there for a while.
            ChangeKind::Gone => Meeting::Removed,
            ChangeKind::Unknown | ChangeKind::Built => Meeting::Rebuilt,
        },
    }
}
