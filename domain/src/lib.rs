//! The nouns of the road: what every stage means by a frame, a track, a place, an alert.
//!
//! No I/O, no async, no clock but the [`Clock`] seam. Every type here is a plain value that can
//! be serialised and sent between processes; invalid values cannot be built.
//!
//! Datum: every [`LonLat`] is WGS-84 (CGCS2000 is equal to it at the accuracy of enforcement).
//! Other datums have types of their own and are converted at the edge.

mod alert;
mod build;
mod class;
mod clock;
mod datum;
mod flight;
mod frame;
mod id;
mod look;
mod observation;
mod pixels;
mod place;
mod plane;
mod plate;
mod pose;
mod reminder;
mod sighting;
mod source;
mod terminal;
mod why;

pub use alert::{
    Alert, AlertMessage, Also, Authority, EndReason, FenceRef, MessageKind, Review, ReviewState,
    RuleName, SameAct, Severity,
};
pub use build::{
    BuildState, ChangeFound, ChangeKind, Epoch, KnownBuild, Outline, RebuildVisit, Suppressed,
};
pub use class::Class;
pub use clock::{Clock, SimulatedClock, SystemClock};
pub use datum::{Bd09, Datum, Gcj02};
pub use flight::{
    Finding, FlightId, FlightMedia, FlightReport, FlightState, FlightSummary, FlightWarning,
    GroundLook, MediaKind, Motion, TrackPoint, WarningCode,
};
pub use frame::{BadFrame, Frame, Moment, Size};
pub use id::{AlertId, BadId, FenceId, Queue, RuleId, SourceId, TerminalId, TrackId};
pub use look::Look;
pub use observation::{Mount, Observation, View};
pub use pixels::{ColourMatrix, ColourRange, Pixels, Planes, Rows};
pub use place::{Covariance, Ellipse, GroundFix, ImagePoint, LonLat, Place};
pub use plane::Plane;
pub use plate::{MaskedPlate, Plate, PlateColour, UNKNOWN_PROVINCE};
pub use pose::{Attitude, Fix, Heights, Laser, Lens, Pose};
pub use reminder::{Receipt, Reminder, ReminderState};
pub use sighting::{Bbox, Detection, RelBox, Sighting};
pub use source::{Placement, SourceKind, SourceState, SourceStatus, TimeBasis};
pub use terminal::{BodyState, LidState, LoadState, TerminalReport};
pub use why::{Fact, Limit, Sense, Turn, Unit, Why};
