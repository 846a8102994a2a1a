//! Flights: what was uploaded, how far the work on it is, and what came of it.
//!
//! A flight is a durable job, see [`Step`] for its states. Owns the rows and the files below the
//! folder of uploads. Leaves HTTP to `dashboard`, and reading media and telemetry to the pipeline,
//! which claims queued flights and hands their reports back.

mod append;
mod body;
mod clean;
mod error;
mod file;
mod free;
mod job;
mod list;
mod looks;
mod name;
mod objects;
mod report;
mod row;
mod step;
mod telemetry;
mod uploads;
mod writers;

use domain::{FlightId, FlightState, FlightSummary};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use append::hash_file;
pub use body::FlightBody;
pub(crate) use body::pieces;
pub use error::FlightError;
pub use file::FileOutcome;
pub use free::FreeSpace;
pub use list::FlightPage;
pub use looks::{Look, MOST_LOOKS};
pub use objects::{FlightObject, NewObject, ObjectState};
pub use step::Step;
pub use telemetry::{NewTelemetry, Telemetry};
pub use uploads::Uploads;
pub(crate) use writers::Writers;

/// One take-off to one landing, as it was uploaded.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Flight {
    pub id: FlightId,
    pub name: String,
    /// Serial number of the aircraft that flew it, where somebody said.
    pub aircraft: Option<String>,
    pub state: FlightState,
    /// Why it failed, in English; else empty.
    pub detail: String,
    /// 0 to 1; known only while it is processed.
    pub progress: Option<f64>,
    /// Seconds until it is done.
    pub eta_s: Option<f64>,
    pub created_by: String,
    pub created_at: Timestamp,
    /// How many files were announced.
    pub files: u64,
    /// Their lengths as announced, added up.
    pub bytes: u64,
    /// Of these, what has arrived.
    pub received: u64,
    /// Figures of the report; none before it is done.
    pub summary: Option<FlightSummary>,
}

/// One file of a flight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FlightFile {
    /// Counts from 1 within the flight.
    pub n: u64,
    /// Path inside the flight, `/` between folders.
    pub name: String,
    /// The length that was announced.
    pub bytes: u64,
    /// How much has arrived.
    pub received: u64,
    pub state: FileState,
    /// Of the whole file, in hex; none while it is uploading.
    pub sha256: Option<String>,
    /// The same bytes in an earlier flight.
    pub duplicate_of: Option<SameFile>,
    /// For a person; may be empty.
    pub detail: String,
}

/// A file of another flight with the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SameFile {
    pub flight: FlightId,
    pub name: String,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FileState {
    Uploading,
    /// Whole, and its hash is known.
    Received,
    /// Processed.
    Done,
    /// Could not be processed; `detail` says why.
    Failed,
}

impl FileState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Received => "received",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

#[cfg(test)]
mod tests;
