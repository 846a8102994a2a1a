//! Real video through the real pipeline: clips are made on the fly, cameras are served in-process.

mod bad;
mod camera;
mod files;
mod kit;
mod segments;
