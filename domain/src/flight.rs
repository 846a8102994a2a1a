//! A flight, one take-off to one landing, as pages, reports and the command line show it.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AlertId, Class, Ellipse, FenceId, Fix, LonLat, TrackId};

/// A flight that was uploaded; counts from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = u64))]
pub struct FlightId(pub u64);

impl fmt::Display for FlightId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How far a flight is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FlightState {
    /// Files are still to come.
    Uploading,
    /// Waits for its turn.
    Queued,
    Processing,
    Done,
    /// See the reason; it can be tried again.
    Failed,
}

/// What came of looking at a flight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FlightReport {
    pub summary: FlightSummary,
    /// In the order of their time.
    pub media: Vec<FlightMedia>,
    pub warnings: Vec<FlightWarning>,
    pub findings: Vec<Finding>,
    /// The way that was flown, at most ten points a second, oldest first.
    pub track: Vec<TrackPoint>,
    /// What was looked at, one a second of video and one a photo, oldest first.
    pub looks: Vec<GroundLook>,
    /// The route that was planned, if a route came with the flight: [lon, lat, height] of its waypoints.
    pub route: Vec<[f64; 3]>,
    /// Metres between what was flown and the route; `None` without a route.
    pub off_route_m: Option<f64>,
}

/// A flight in figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FlightSummary {
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Of video, added up.
    pub video_s: f64,
    pub frames: u64,
    pub photos: u64,
    /// Along the ground.
    pub path_m: f64,
    /// Ground that was seen at least once, square metres.
    pub area_m2: f64,
    /// Ground sampling distance in the middle of the picture, finest and coarsest, cm a pixel.
    pub gsd_cm: Option<[f64; 2]>,
    /// Frames whose camera could be placed, 0..=1.
    pub placed: f64,
    pub findings: u64,
    pub alerts: u64,
    pub by_class: BTreeMap<Class, u64>,
    /// Aircraft as its telemetry or photos name it; may be empty.
    pub aircraft: String,
    /// Video clock minus telemetry clock, seconds; `None` where nothing tells.
    pub clock_offset_s: Option<f64>,
    /// Seconds of work by stage: `read`, `detect`, `track`, `place`, `judge`.
    pub stage_s: BTreeMap<String, f64>,
}

/// One file of a flight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FlightMedia {
    /// Path inside the flight, `/` between folders.
    pub name: String,
    pub kind: MediaKind,
    pub started_at: Option<Timestamp>,
    pub duration_s: f64,
    pub frames: u64,
    /// Where its poses come from; empty when nothing tells.
    pub telemetry: String,
    pub width: u32,
    pub height: u32,
}

/// What a file of a flight is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum MediaKind {
    Video,
    Photo,
    Telemetry,
    Route,
    /// Not understood, and left alone.
    Other,
}

/// Something about a flight that its reader should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FlightWarning {
    pub code: WarningCode,
    /// The file it is about; empty for the whole flight.
    pub file: String,
    /// What was found and what follows from it, in English.
    pub detail: String,
    /// How often.
    pub count: u64,
}

/// Warnings have names, so that pages say them in the reader's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum WarningCode {
    /// A file or a part of it could not be read.
    Unreadable,
    /// A file ends too early.
    Truncated,
    /// Entries that make no sense were left out.
    BadEntry,
    /// Positions of 0/0 or outside the earth were left out.
    NoPosition,
    /// The gimbal's angles are missing: no ground position.
    NoAttitude,
    /// No height: no ground position.
    NoHeight,
    /// Nothing says what the lens is: no ground position, or one guessed from the aircraft.
    NoLens,
    /// Zoom or lens changed in the middle of a video.
    LensChanged,
    /// No telemetry belongs to this video.
    NoTelemetry,
    /// The telemetry is that of another time or place than the video.
    OtherTelemetry,
    /// Video and telemetry clocks differ.
    ClockOffset,
    /// Only a local time without a zone is known; a zone was assumed.
    ZoneAssumed,
    /// Times had to be put in order.
    OutOfOrder,
    /// A checksum does not hold.
    Checksum,
    /// RTK was expected and was lost.
    RtkLost,
    /// Camera and aircraft disagree about where they point.
    YawDisagrees,
    /// Rays too flat to be placed.
    RaysRefused,
    /// The same file is in an earlier flight.
    Duplicate,
    /// Flown elsewhere than planned.
    OffRoute,
    /// The height of the ground under the target is not known; it is taken as that of the take-off.
    FlatGround,
}

/// One thing on the ground that a flight saw, however often it came by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    pub track: TrackId,
    pub class: Class,
    /// The best score of its sightings, 0..=1.
    pub score: f32,
    pub lon: f64,
    pub lat: f64,
    pub ellipse95: Ellipse,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    /// How many frames saw it.
    pub sightings: u64,
    /// How often it came into view.
    pub passes: u64,
    pub motion: Motion,
    /// The alerts raised about it.
    pub alerts: Vec<AlertId>,
}

/// What a thing did on the ground while it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Motion {
    /// In one place for a second or longer, and there when last seen.
    Standing,
    /// It left its place.
    Moving,
    /// It was not seen long enough to tell: for less than a second, or in one photo.
    Unknown,
}

impl Motion {
    /// As it is written in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standing => "standing",
            Self::Moving => "moving",
            Self::Unknown => "unknown",
        }
    }
}

/// Where the aircraft was, and its telemetry as plots show it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrackPoint {
    pub at: Timestamp,
    pub lon: f64,
    pub lat: f64,
    /// Above take-off, else above the sea.
    pub height_m: Option<f64>,
    pub yaw_deg: Option<f64>,
    pub pitch_deg: Option<f64>,
    pub roll_deg: Option<f64>,
    pub heading_deg: Option<f64>,
    pub speed_mps: f64,
    pub fix: Fix,
}

/// The ground that one moment showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroundLook {
    pub at: Timestamp,
    /// Which file, by its place in [`FlightReport::media`], and seconds into it.
    pub media: usize,
    pub media_s: f64,
    /// Closed ring of [lon, lat].
    pub ring: Vec<[f64; 2]>,
    /// Ground sampling distance in the middle of the picture, cm a pixel.
    pub gsd_cm: f64,
    /// Objects in view.
    pub objects: u64,
    /// Fences of which nearly all was in view with nothing in them.
    #[serde(default)]
    pub empty: Vec<FenceId>,
}

impl Finding {
    /// Where it is.
    pub fn position(&self) -> Option<LonLat> {
        LonLat::new(self.lon, self.lat)
    }
}
