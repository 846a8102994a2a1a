//! Pixels to tracks: preprocessing, ONNX Runtime, decoding, tracking.
//!
//! Owns what a model is fed and how its answer is read ([`Manifest`], [`Onnx`]), which boxes of
//! successive frames are one object ([`Tracker`]), what must not be shown of a picture ([`Masker`]), and
//! everything done to pixels ([`picture`]).
//! This is the only crate that links OpenCV and ONNX Runtime; both stay private to it.
//!
//! Assumes frames as `domain::Frame` guarantees them. Leaves to others where frames come from, on
//! which thread this blocking work runs, and what a track means on the ground.

mod assign;
pub mod change;
mod config;
mod decode;
mod detect;
mod look;
mod manifest;
mod motion;
mod network;
mod nms;
mod onnx;
pub mod picture;
pub mod plate;
mod preprocess;
mod privacy;
mod provider;
mod runtime;
pub mod score;
mod scripted;
mod stabiliser;
mod tile;
mod tracker;

pub use config::{Config, Precision, Provider, TrackerConfig};
pub use detect::{Detect, DetectError, DetectProblem};
pub use look::look;
pub use manifest::{
    Channels, ClassEntry, Decode, Does, Fit, GraphSource, Input, Layout, Licence, Manifest,
    ManifestError, ModelCard, ModelError, NetworkCard, Output, RuntimeCard, SourceFile, Tensor,
    Trained, WheelSource,
};
pub use motion::{Motion, Warp};
pub use network::{Given, Network};
pub use onnx::{Active, Onnx};
pub use privacy::{Bridge, Kind, MaskError, MaskedPicture, Masker, NoMasker, PrivacyConfig};
pub use provider::{Choice, Kernels, choose};
pub use runtime::OpenError;
pub use scripted::{ScriptError, Scripted};
pub use stabiliser::{StabiliseError, Stabiliser};
pub use tile::{Looks, Part, TileConfig, Tiled, plan};
pub use tracker::{MAX_DETECTIONS, MAX_TRACKS, Tracker};
