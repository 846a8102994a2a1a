//! What a drone brings back: telemetry of every kind, in; poses at any instant, out.
//!
//! Pure: bytes and values in, values out. Every parser here takes hostile bytes: it is bounded,
//! keeps what can be read, and counts what cannot in [`Warnings`].

mod join;
pub mod klv;
pub mod photo;
pub mod route;
pub mod cloud;
pub mod export;
pub mod lens;
pub mod airdata;
pub mod archive;
pub mod clock;
mod epoch;
pub mod plan;
mod timeline;
mod flaws;
mod sample;
pub mod srt;

pub use join::{Joiner, Picture};
pub use sample::{Sample, Stamp, Telemetry, Warnings};
pub use timeline::{HELD, LONGEST_GAP, NoTimeline, Timeline};
