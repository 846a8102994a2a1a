//! Plates of vehicles: where they are, what stands on them, and how sure that is.
//!
//! [`Finder`] finds the four corners of plates in a part of a frame. [`Reader`] turns what they enclose upright
//! (`rectify`), reads it, and lets through only what the standard allows (`grammar`, `ctc`); what it cannot tell it
//! leaves unknown. [`PlateEye`] does both for one vehicle; [`Vote`] joins the looks at it at several moments into
//! one plate.
//!
//! Plates are personal data. Nothing here decides whether they may be read: who calls does.

mod anchor;
mod colour;
mod config;
mod ctc;
mod eye;
mod find;
mod grammar;
mod reader;
mod rectify;
mod vote;

pub use config::PlateConfig;
pub use eye::{Glance, PlateEye};
pub use find::{Finder, FoundPlate, Point};
pub use grammar::is_legal;
pub use reader::{Reader, Reading};
pub use vote::Vote;

/// What reading needs of the manifest.
pub const NETWORKS: [&str; 2] = [find::NETWORK, reader::NETWORK];
