//! Flights: what a patrol squad uploaded, from files to findings.
//!
//! `luggage` reads what came with a flight, `legs` is the plan made of it, `airborne` places what the
//! pictures show, `fly` drives a flight through the road, `account` puts its report together.

mod account;
mod airborne;
mod config;
mod fetch;
mod fly;
mod gather;
mod import;
mod legs;
mod luggage;
mod media;
mod memory;
mod photographer;
mod radio;
mod recognise;
mod track;
mod work;

pub(crate) use account::alerts_of;
pub(crate) use airborne::Airborne;
pub(crate) use config::FlightConfig;
pub(crate) use fetch::fetch;
pub(crate) use fly::{Hangar, fly};
pub(crate) use gather::Gathered;
pub(crate) use legs::Legs;
pub(crate) use luggage::{Item, Luggage};
pub(crate) use memory::{Counted, Memory, Page, Seen as Remembered, Written};
pub(crate) use photographer::{Photographer, photographer};
pub(crate) use radio::Radio;
pub(crate) use recognise::{is_flight, with_telemetry};
pub(crate) use work::{Works, work};
