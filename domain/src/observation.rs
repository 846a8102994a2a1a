//! The one thing that rules read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Class, Place, RelBox, Size, SourceId, TimeBasis, TrackId};

/// Who saw what class of object where and when (the OGC's word and sense).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    pub track: TrackId,
    pub class: Class,
    /// The model's confidence, 0..=1.
    pub score: f32,
    /// The object in the picture, relative to the frame.
    pub seen: RelBox,
    /// Where it touches the ground.
    pub place: Place,
}

/// Everything one source saw at one instant; empty when it looked and saw nothing.
///
/// That it *looked* matters: absence counts only when the place was in view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    pub source: SourceId,
    /// Frame time.
    pub at: Timestamp,
    pub basis: TimeBasis,
    /// The number of the frame in its session.
    pub frame: u64,
    /// Pixels of the frame.
    pub size: Size,
    pub observations: Vec<Observation>,
}
