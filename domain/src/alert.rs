//! An alert: one rule broken once by one object in one fence.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AlertId, Class, FenceId, MaskedPlate, Place, Queue, RelBox, SourceId, TimeBasis, TrackId,
};

/// A machine result: a lead (线索) until a person has reviewed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alert {
    pub id: AlertId,
    /// Counts the published states of this alert, from 1.
    pub revision: u32,
    pub rule: Rule,
    pub queue: Queue,
    pub source: SourceId,
    pub source_name: String,
    pub track: TrackId,
    pub class: Class,
    pub score: f32,
    /// Where plates are read and its was legible; never in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate: Option<MaskedPlate>,
    pub fence: FenceRef,
    pub place: Place,
    /// The object in the frame of `raised_at`.
    #[serde(rename = "box")]
    pub seen: RelBox,
    /// Probability that it stood inside the fence, from the covariance of its place.
    pub probability_inside: f64,
    /// It stood still inside the active fence from here on.
    pub since: Timestamp,
    pub raised_at: Timestamp,
    pub last_seen: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub end_reason: Option<EndReason>,
    /// `raised_at` − `since`, seconds.
    pub dwell_s: f64,
    /// What the rule asks for, seconds.
    pub dwell_needed_s: f64,
    pub time_basis: TimeBasis,
    pub review: Review,
}

/// Which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Rule {
    /// 违停
    Parking,
}

impl Rule {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parking => "parking",
        }
    }
}

/// The fence as it was when the alert was raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FenceRef {
    pub id: FenceId,
    pub name: String,
    pub name_en: Option<String>,
    pub kind: String,
    pub authority: Option<Authority>,
    /// The first 12 hex digits of the SHA-256 of what was read of it.
    pub version: String,
    /// The version that its authority gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// 事项编码
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matter_code: Option<String>,
    /// The articles that it stands on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<String>,
}

/// Who decides a parking case at a place: the carriageway is the traffic police's, pavements and
/// plazas the city management's by delegation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Authority {
    /// 公安交警
    TrafficPolice,
    /// 综合行政执法
    UrbanMgmt,
}

/// Why an alert is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EndReason {
    /// It was followed while it moved away.
    Left,
    /// Nothing is known: it was not seen again. Not the same as having left.
    Lost,
    /// The source ended while it still stood there.
    SourceEnded,
    /// The fence's schedule closed.
    ScheduleClosed,
    /// The fence was taken out of the layer.
    FenceWithdrawn,
}

/// What a person decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Review {
    pub state: ReviewState,
    pub by: Option<String>,
    pub at: Option<Timestamp>,
    pub reason: Option<String>,
    pub note: Option<String>,
}

/// How far the review is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ReviewState {
    #[default]
    Open,
    /// A person has seen the evidence and stands by it. Still no penalty.
    Confirmed,
    Dismissed,
}

impl ReviewState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::Dismissed => "dismissed",
        }
    }
}

/// What goes out on `xunjian/alert/{queue}`; its JSON Schema is `docs/alert-message.schema.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertMessage {
    #[serde(rename = "type")]
    pub kind: MessageKind,
    /// `{alert id}/{revision}`: unique. Delivery is at least once; drop what was seen before.
    pub event_id: String,
    /// Counts the messages of this queue from 1 without a gap: a subscriber that misses a number
    /// has missed a message.
    pub seq: u64,
    pub alert: Alert,
}

/// What happened to the alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    New,
    /// Still standing, or reviewed.
    Update,
    End,
}

impl MessageKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Update => "update",
            Self::End => "end",
        }
    }
}
