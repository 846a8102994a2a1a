//! What aircraft say right now, as the API tells it.
//!
//! Hearing them is the binary's; this crate only carries what it knows to the page.

use domain::{Attitude, Fix, TrackPoint};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// An aircraft that was heard of. What it has not said is null.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AircraftNow {
    pub serial: String,
    /// As people call it; null for one that no gateway named, or that is newer than our list.
    pub model: Option<String>,
    /// The dock or remote controller that it flies from.
    pub gateway: Option<String>,
    /// Heard in the last seconds, and its gateway has not said that it is off.
    pub online: bool,
    pub flying: Option<bool>,
    /// By this machine's clock.
    pub heard_at: Timestamp,
    /// Seconds since.
    pub age_s: f64,
    /// Of what follows, by the aircraft's clock.
    pub at: Option<Timestamp>,
    /// WGS-84.
    pub lon: Option<f64>,
    pub lat: Option<f64>,
    /// Above the point of take-off, metres.
    pub height_m: Option<f64>,
    pub above_ellipsoid_m: Option<f64>,
    /// Clockwise from north.
    pub heading_deg: Option<f64>,
    /// Of the main camera.
    pub gimbal: Option<Attitude>,
    pub speed_mps: Option<f64>,
    /// 0 to 100.
    pub battery_percent: Option<f64>,
    pub fix: Fix,
}

/// Where an aircraft was, thinned out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AircraftTrack {
    pub(crate) serial: String,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// In order of time.
    pub(crate) points: Vec<TrackPoint>,
}
