//! An alert: one rule broken once by one object in one fence.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AlertId, Class, FenceId, MaskedPlate, Place, Queue, RelBox, Reminder, RuleId, SourceId,
    TerminalId, TimeBasis, TrackId, Why,
};

/// A machine result: a lead (线索) until a person has reviewed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alert {
    pub id: AlertId,
    /// Counts the published states of this alert, from 1.
    pub revision: u32,
    pub rule: RuleId,
    /// Of the rule, where it comes from a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_version: Option<String>,
    /// Where a page does not know the rule by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_name: Option<RuleName>,
    #[serde(default)]
    pub severity: Severity,
    /// 事项编码, of the rule; else that of the fence holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matter_code: Option<String>,
    /// The articles that the rule stands on; else those of the fence hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<String>,
    pub queue: Queue,
    pub source: SourceId,
    pub source_name: String,
    /// Where it was followed in pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track: Option<TrackId>,
    /// Where a vehicle's own terminal told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<TerminalId>,
    pub class: Class,
    /// The model's confidence, 0..=1, where a model saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// Where plates are read and its was legible; never in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate: Option<MaskedPlate>,
    /// The fence that it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<FenceRef>,
    pub place: Place,
    /// What has an extent on the ground: a closed ring of [lon, lat] in WGS-84.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outline: Option<Vec<[f64; 2]>>,
    /// The object in the frame of `raised_at`.
    #[serde(default, rename = "box", skip_serializing_if = "Option::is_none")]
    pub seen: Option<RelBox>,
    /// Probability that the place breaks the rule, from its covariance: that it stood inside the fence, or was outside of
    /// where it may be. 1 where no place decides.
    pub probability_inside: f64,
    /// It went on from here; for parking: it stood still inside the active fence.
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
    /// Where whoever parked is reminded first. While it is pending, the alert is in nobody's queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminder: Option<Reminder>,
    /// What other sources told of the same act.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Also>,
    /// The alert that this one is a part of: another source told of the act before. It is in nobody's queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<AlertId>,
    /// The grounds, as far as the rule tells them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Box<Why>>,
    pub review: Review,
}

impl Alert {
    /// Whether people are to look at it: a reminder that runs, or that was heeded, keeps it from them, and so does being a
    /// part of another alert.
    pub fn is_queued(&self) -> bool {
        let told = self
            .reminder
            .as_ref()
            .is_none_or(|reminder| !reminder.state.is_pending() && !reminder.state.is_closed());
        told && self.part_of.is_none()
    }
}

/// An alert of another source that tells of the same act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Also {
    pub alert: AlertId,
    pub source: SourceId,
    pub source_name: String,
    pub since: Timestamp,
    pub because: SameAct,
}

/// Why two alerts are one act.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SameAct {
    pub apart_m: f64,
    /// Half the long axis of the joint 95 % ellipse of both places, metres.
    pub doubt_m: f64,
    /// From the end of one to the beginning of the other, seconds; 0 where they overlap.
    pub gap_s: f64,
    /// Both plates were read and agree.
    pub plate: bool,
}

/// What a rule from a file is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleName {
    pub zh: String,
    pub en: String,
}

/// 违法行为分类分级: how grave, and with it, which way it goes.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Severity {
    /// 轻微
    Trivial,
    /// 较轻
    Minor,
    /// 一般
    #[default]
    General,
    /// 严重
    Serious,
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
    /// What was wrong is right again: a lid closed, a route found back to, a heap gone.
    Cleared,
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
