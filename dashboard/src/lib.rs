//! The only HTTP: the API, the page, and outbox delivery over MQTT.
//!
//! Owns who may do what over the network, the shape of every JSON document that leaves the
//! program, and the MQTT topics. Leaves all facts to `store` and the pipeline: this crate shows,
//! records decisions, takes uploads and delivers, and never raises or ends an alert.

mod aircraft;
mod api;
mod auth;
mod config;
mod context;
mod coverage;
mod deliver;
mod door;
mod masking;
mod page;
mod report;
mod serve;

#[cfg(test)]
mod testing;

pub use aircraft::AircraftNow;
pub use auth::{PeopleError, add_user, first_admin, random_password, set_password};
pub use config::{Config, HttpConfig, MapConfig, MqttConfig, Problem, TileDatum};
pub use context::{Context, Model, Readiness, Sources};
pub use coverage::{Coverage, FenceCoverage, LookedAt, MultiPolygon};
pub use deliver::{
    BrokerError, CaFileError, DeliverError, Delivery, Fate, Intake, Publication, Receipt, deliver,
    matches,
};
pub use masking::{Masked, Masking, MaskingState, Wanted};
pub use report::flight_html;
pub use serve::{ServeError, openapi_json, serve};
