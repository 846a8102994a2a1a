//! What a drone brings back: telemetry of every kind, in; poses at any instant, out.
//!
//! Pure: bytes and values in, values out. Every parser here takes hostile bytes: it is bounded,
//! keeps what can be read, and counts what cannot in [`Warnings`].

pub mod airdata;
pub mod archive;
pub mod clock;
pub mod cloud;
mod epoch;
pub mod export;
mod flaws;
mod join;
pub mod klv;
pub mod lens;
pub mod mp4;
pub mod photo;
pub mod plan;
pub mod route;
mod sample;
pub mod srt;
mod thinned;
mod timeline;

pub use join::{Joiner, Picture};
pub use sample::{Sample, Stamp, Telemetry, Warnings};
pub use timeline::{HELD, LONGEST_GAP, NoTimeline, Timeline};
