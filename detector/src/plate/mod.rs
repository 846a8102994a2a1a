//! Plates of vehicles: where they are, what stands on them, and how sure that is.
//!
//! [`Finder`] finds the four corners of plates in a part of a frame. [`Reader`] turns what they enclose upright
//! ([`rectify`]), reads it, and lets through only what the standard allows ([`grammar`]); what it cannot tell it
//! leaves unknown. [`Looks`] joins the readings of one vehicle at several moments into one.
//!
//! Plates are personal data. Nothing here decides whether they may be read: who calls does.

mod anchor;
mod find;

pub use find::{Finder, FoundPlate, Point};
