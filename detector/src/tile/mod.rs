//! Looking at a frame in parts, so that small objects arrive at the size the model likes.
//!
//! [`Tiled`] lays tiles over a frame ([`plan`]), looks at each with one [`crate::Onnx`], and makes one list of
//! boxes of it ([`merge`]): objects in the overlap of two tiles are told once, those that a seam cuts are
//! put together. Over a fixed camera a tile in which nothing changed keeps its boxes ([`gate`]), at most for
//! a stated time. One tile after the other: a batch of four was measured to gain nothing on a CPU.

mod config;
mod gate;
mod merge;
mod plan;
mod tiled;

pub use config::TileConfig;
pub(crate) use plan::spans;
pub use plan::{Part, plan};
pub use tiled::{Looks, Tiled};
