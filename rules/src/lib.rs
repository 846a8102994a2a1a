//! Observations to alerts: the right place, the right time, one alert for one act.
//!
//! Pure. This crate does not know what time it is and does no I/O: every [`domain::View`] carries its own time,
//! so replaying material gives the same alerts, byte for byte. It reads views of one source in
//! the order of their time ([`Reorder`] puts them there); a view older than the last is ignored.
//!
//! Fence decisions are by probability: *inside* (P ≥ 0.95), *outside* (P ≤ 0.05) or *ambiguous*,
//! and ambiguous never raises an alert.

mod act;
mod asked;
mod border;
mod calendar;
mod chance;
mod company;
mod config;
mod construction;
mod engine;
mod fence;
mod fences;
mod footprint;
mod gaze;
mod index;
mod inside;
mod kind;
mod look_again;
mod parking;
mod read;
mod recollection;
mod remind;
mod reorder;
mod scene;
mod schedule;
mod show;
mod truck;

pub use act::Merge;
pub use border::BorderError;
pub use calendar::{Calendar, CalendarError};
pub use config::{Config, Parking};
pub use construction::{
    Construction, Decision, Doubt, Figures, Judged, Passed, Site, WorkSign, judge, revisits,
};
pub use engine::{Engine, Outcome};
pub use fence::{Course, Fence, Here, Permit, Shape, Zone};
pub use fences::{Fences, FencesError, Problems};
pub use footprint::Footprint;
pub use index::Position;
pub use inside::{Inside, probability_in_polygon};
pub use kind::Kind;
pub use look_again::{LookAgain, Remedy};
pub use read::FenceError;
pub use recollection::{Recollection, RecollectionError};
pub use remind::{Remind, Undelivered};
pub use reorder::Reorder;
pub use scene::{
    Area, Condition, Deed, Evidence, Line, Mismatch, Muster, Presence, Route, Rule, RuleProblem,
    Scenes, ScenesError, Scope, State, TestReport, Way,
};
pub use schedule::{Schedule, ScheduleError};
pub use truck::{
    Counts as TruckCounts, MuckPermit, PermitError, Permits, TruckRules, TruckSeen, Trucks,
};
