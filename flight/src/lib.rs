//! What a drone brings back: telemetry of every kind, in; poses at any instant, out.
//!
//! Pure: bytes and values in, values out. Every parser here takes hostile bytes: it is bounded,
//! keeps what can be read, and counts what cannot in [`Warnings`].

mod sample;

pub use sample::{Sample, Stamp, Telemetry, Warnings};
