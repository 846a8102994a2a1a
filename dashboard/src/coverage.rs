//! What of the ground was seen: the question that the binary answers, and its answer.
//!
//! The maths of polygons is `ground`'s, and the fences are the binary's; this crate only carries
//! the one to the other.

use domain::{FenceId, FlightId};
use jiff::Timestamp;
use serde::Serialize;
use store::Look;
use utoipa::ToSchema;

/// What was looked at, for [`Context::coverage`](crate::Context::coverage).
#[derive(Debug, Clone, PartialEq)]
pub struct LookedAt {
    pub from: Timestamp,
    pub to: Timestamp,
    /// Newest first, at most [`store::MOST_LOOKS`].
    pub looks: Vec<Look>,
}

/// What of the fences was seen in some days.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Coverage {
    /// Later than asked for where there are more looks than can be joined.
    pub from: Timestamp,
    pub to: Timestamp,
    pub fences: Vec<FenceCoverage>,
    /// What was looked at, WGS-84.
    pub area: MultiPolygon,
    pub area_m2: f64,
    /// Parts of fences that were not seen.
    pub gaps: MultiPolygon,
    /// How many looks this rests on.
    pub looks: u64,
}

/// How well one fence was seen.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FenceCoverage {
    #[schema(value_type = String)]
    pub id: FenceId,
    pub name: String,
    pub kind: String,
    pub last_seen: Option<Timestamp>,
    /// The flight that saw it last.
    pub flight: Option<FlightId>,
    /// Of that look.
    pub gsd_cm: Option<f64>,
    /// Of its area, 0 to 1.
    pub share: f64,
    /// Whether nothing stood there when it was last seen.
    pub empty_at_last_look: Option<bool>,
}

/// A `GeoJSON` geometry: polygons of closed rings of [lon, lat], the first of each its outside.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type")]
pub struct MultiPolygon {
    pub coordinates: Vec<Vec<Vec<[f64; 2]>>>,
}
