//! Video in: RTSP cameras, files and image folders through GStreamer, and rolling encoded segments; what aircraft
//! say over MQTT, and the files that they leave in an object store.
//!
//! Owns the threads that read video ([`spawn`]), the times that frames carry, and the encoded video
//! on disk ([`SegmentDir`]) that clips of an alert are cut from, and films of pictures that were made ([`Film`]). Leaves to others what is done with
//! a frame, and how many may wait: see [`Sink`].

mod axis;
mod backoff;
mod board;
mod config;
mod elements;
mod file;
mod film;
mod images;
mod input;
mod live;
mod mqtt;
mod objects;
mod picture;
mod pipeline;
mod probe;
mod reason;
mod segments;
mod source;
mod stop;

pub use config::{Config, Decoder};
pub use elements::{InitError, init};
pub use film::{Film, FilmError};
pub use input::{Input, InputError, Transport};
pub use mqtt::{Broker, BrokerError, Heard, Keep, hear};
pub use objects::{Bucket, ObjectError};
pub use probe::{Probe, ProbeError, probe};
pub use segments::{Clip, ClipError, SegmentDir, SegmentError};
pub use source::{Pace, Sink, Source, SourceSpec, Start, Taken, spawn};
