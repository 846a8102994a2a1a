//! What is known about a source while it runs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{LonLat, SourceId};

/// What a frame's time rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TimeBasis {
    /// The camera's own clock: RTCP sender reports, or a start time given for a file.
    Capture,
    /// This machine's clock when the stream began, plus the media time.
    Receive,
    /// A clip nobody gave a start time: times count from 1970-01-01T00:00:00Z.
    Media,
}

/// What kind of thing a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SourceKind {
    Rtsp,
    File,
    Images,
    /// Sensors or other detectors tell of what it sees; there are no pictures.
    Observation,
}

/// How a source does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SourceState {
    Starting,
    /// Frames flow.
    Live,
    /// Connected, but no frame came for longer than the watchdog allows.
    Silent,
    /// Lost; the next try is being waited for or made.
    Reconnecting,
    /// The file or folder has been read to its end.
    Ended,
    /// Cannot be used, and trying again will not help.
    Failed,
}

/// How objects of a source get their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Placement {
    /// Surveyed: pixels become WGS-84 with covariance.
    Ground,
    /// Not surveyed: zones are drawn in the picture.
    Image,
    /// Neither surveyed nor any zone drawn.
    None,
}

/// One source as pages, topics and health checks show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceStatus {
    pub id: SourceId,
    pub name: String,
    pub kind: SourceKind,
    pub state: SourceState,
    /// Why it is in this state, for a person; may be empty. Never holds a password.
    pub detail: String,
    /// In this state since.
    pub since: Timestamp,
    /// Decoded frames per second over the last few seconds.
    pub fps: f64,
    /// Decoded frames since the program started.
    pub frames: u64,
    /// Decoded frames that a newer one replaced before the detector was free.
    pub dropped: u64,
    pub reconnects: u64,
    pub last_frame_at: Option<Timestamp>,
    /// Seconds since the last frame arrived.
    pub frame_age_s: Option<f64>,
    /// Camera clock minus this machine's clock, in seconds, where the camera tells its time.
    pub clock_offset_s: Option<f64>,
    /// Seconds for which nothing at all was found in its pictures, once that is longer than
    /// `detector.quiet_after`: an empty street, or a lens, a view or a model that is not right.
    pub nothing_found_s: Option<f64>,
    /// Pictures that the detector could not look at.
    pub unseen: u64,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub position: Option<LonLat>,
    /// What the camera sees of the ground: closed ring of [lon, lat].
    pub footprint: Option<Vec<[f64; 2]>>,
    pub placement: Placement,
    /// Leave-one-out residual of the survey, metres (RMS).
    pub residual_m: Option<f64>,
}
