//! What was found to be built, or gone, between two pictures of one place, and what is known of places where something was.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AlertId, Covariance, LonLat, SourceId, TimeBasis};

/// A region of the ground that differs between two pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeFound {
    pub before: Epoch,
    pub after: Epoch,
    pub outline: Outline,
    /// Of the network, mean over the region, 0..=1.
    pub probability: f64,
    pub kind: ChangeKind,
    /// Why it is not taken for something built.
    pub suppressed: Option<Suppressed>,
    /// How far the two pictures lie apart, the median, metres; `None` where nobody compared points.
    pub residual_m: Option<f64>,
}

/// One of the two pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    pub source: SourceId,
    pub source_name: String,
    pub at: Timestamp,
    pub basis: TimeBasis,
}

/// A polygon on the ground, with the doubt of where it lies and how large it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outline {
    /// Closed rings of [lon, lat] in WGS-84: the outer one, then holes.
    pub rings: Vec<Vec<[f64; 2]>>,
    /// About the middle of the outer ring.
    pub middle: LonLat,
    /// Of its place as a whole.
    pub covariance_m2: Covariance,
    pub area_m2: f64,
    /// 1 σ.
    pub area_sigma_m2: f64,
}

/// Which way something changed, where anybody can tell: a network that compares cannot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    #[default]
    Unknown,
    Built,
    Gone,
}

/// What a change is that is not taken for something built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suppressed {
    TooSmall,
    /// It lies along the edge of what both pictures show.
    Edge,
    Vehicle,
    Shadow,
    /// Plants.
    Season,
}

impl Suppressed {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooSmall => "too_small",
            Self::Edge => "edge",
            Self::Vehicle => "vehicle",
            Self::Shadow => "shadow",
            Self::Season => "season",
        }
    }
}

/// Something that was alerted of as built: what stands, or stood, in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownBuild {
    /// It is known by its alert.
    pub alert: AlertId,
    pub outline: Outline,
    /// The latest picture without it.
    pub bare_at: Timestamp,
    /// The first picture with it.
    pub since: Timestamp,
    /// The latest picture that was compared and has it.
    pub last_seen: Timestamp,
    pub state: BuildState,
    /// What stood here before and was taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebuilt_of: Option<AlertId>,
}

/// Whether it is still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum BuildState {
    Standing,
    Demolished {
        at: Timestamp,
        /// Who recorded it: a user, or `machine`, which saw it gone.
        by: String,
    },
}

/// A flight that is due over the place of something demolished: whether it is being built again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RebuildVisit {
    pub alert: AlertId,
    /// Days after the demolition.
    pub day: u16,
    pub due_at: Timestamp,
    /// When a picture of the place was compared, at or after `due_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flown_at: Option<Timestamp>,
}
