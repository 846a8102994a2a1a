//! The one thing that rules read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Class, Look, Place, RelBox, Size, SourceId, TimeBasis, TrackId};

/// Who saw what class of object where and when (the OGC's word and sense).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    pub track: TrackId,
    pub class: Class,
    /// The model's confidence, 0..=1.
    pub score: f32,
    /// The object in the picture, relative to the frame; none where the source shows no picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<RelBox>,
    /// Where it touches the ground.
    pub place: Place,
    /// Its colours, where the camera moves and tracks have to be found again by them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<Look>,
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
    /// Pixels of the frame; 1×1 where the source shows no picture.
    pub size: Size,
    pub mount: Mount,
    pub observations: Vec<Observation>,
}

/// What carries the camera, and with it what standing still and having left mean.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mount {
    /// Bolted down: what keeps its place in the picture stands, and its ground is looked at in every
    /// frame.
    #[default]
    Fixed,
    /// In the air, or a source that only reports: only places on the ground tell who stands. `looked` is the ground that this frame
    /// shows, a closed ring of [lon, lat]; empty where it is not known, and then absence tells nothing.
    Moving { looked: Vec<[f64; 2]> },
}
