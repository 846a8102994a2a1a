//! What of the ground was seen: the question that the binary answers, and its answer.
//!
//! The maths of polygons is `ground`'s, and the fences are the binary's; this crate only carries
//! the one to the other.

mod geojson;

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

/// What of the fences and of the grid was seen in some days.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Coverage {
    /// Later than asked for where there are more looks than can be joined.
    pub from: Timestamp,
    pub to: Timestamp,
    /// All but the cells of the grid, in the order of the configuration.
    pub fences: Vec<FenceCoverage>,
    /// The cells of the grid 执法网格, in the order of the configuration.
    pub grid: Vec<FenceCoverage>,
    /// What was looked at, WGS-84.
    pub area: MultiPolygon,
    pub area_m2: f64,
    /// How many looks this rests on.
    pub looks: u64,
}

/// How well one fence, or one cell of the grid, was seen.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FenceCoverage {
    #[schema(value_type = String)]
    pub id: FenceId,
    pub name: String,
    pub name_en: Option<String>,
    pub kind: String,
    /// Of the fence.
    pub area_m2: f64,
    pub last_seen: Option<Timestamp>,
    /// The flight that saw it last.
    pub flight: Option<FlightId>,
    /// Of that look.
    pub gsd_cm: Option<f64>,
    /// Of its area, 0 to 1.
    pub share: f64,
    /// When nearly all of it was last in one view.
    pub whole_seen: Option<Timestamp>,
    /// Of that view.
    pub whole_gsd_cm: Option<f64>,
    /// Whether nothing stood there in that view.
    pub empty_at_last_look: Option<bool>,
    /// Parts of it that were not seen, WGS-84.
    pub gaps: MultiPolygon,
    /// Its own rings, WGS-84, as RFC 7946 turns them; the page has them from `/api/fences`.
    #[serde(skip)]
    pub outline: Vec<Vec<[f64; 2]>>,
}

/// A `GeoJSON` geometry: polygons of closed rings of [lon, lat], the first of each its outside.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type")]
pub struct MultiPolygon {
    pub coordinates: Vec<Vec<Vec<[f64; 2]>>>,
}
