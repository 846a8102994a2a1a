//! Real video through the real pipeline: clips are made on the fly, cameras are served in-process.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it stands")]

mod bad;
mod camera;
mod files;
mod kit;
mod segments;
