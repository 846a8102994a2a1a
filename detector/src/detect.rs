//! What finds objects in a frame.

use domain::{Detection, Frame, Size, SourceId};

/// Finds objects. Two implementations: [`crate::Onnx`] looks, [`crate::Scripted`] has been told.
pub trait Detect: Send {
    /// The objects of one frame, strongest first, cut to the frame. Blocks for as long as the
    /// inference takes.
    fn detect(&mut self, frame: &Frame) -> Result<Vec<Detection>, DetectError>;
}

/// Why a frame could not be looked at. The next one may work.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot run `{model}` on frame {frame} of source `{origin}` ({}x{})",
    size.width,
    size.height
)]
pub struct DetectError {
    pub model: String,
    pub origin: SourceId,
    pub frame: u64,
    pub size: Size,
    #[source]
    pub cause: DetectProblem,
}

/// Which part of the work failed.
#[derive(Debug, thiserror::Error)]
pub enum DetectProblem {
    #[error("cannot fit the picture to the model")]
    Picture(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the inference failed")]
    Inference(#[source] Box<dyn std::error::Error + Send + Sync>),
}
