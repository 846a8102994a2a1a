//! What the terminal of a truck says: where it is and how its sensors stand.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{LonLat, TerminalId};

/// One report of one terminal. What it did not say, or what nobody knows how to read, is `None` and never counts
/// as a violation.
#[derive(Debug, Clone, PartialEq)]
pub struct TerminalReport {
    pub terminal: TerminalId,
    pub plate: Option<String>,
    /// By the terminal's clock.
    pub at: Timestamp,
    /// `None` without a satellite fix.
    pub place: Option<LonLat>,
    pub speed_kmh: f64,
    /// Degrees clockwise from north.
    pub course_deg: Option<f64>,
    pub load: Option<LoadState>,
    pub lid: Option<LidState>,
    pub body: Option<BodyState>,
}

/// What lies in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadState {
    Empty,
    Partial,
    Full,
}

/// The cover over the body, also called sealing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LidState {
    Closed,
    Open,
}

/// The body itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyState {
    Down,
    Raised,
}
