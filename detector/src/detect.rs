//! What finds objects in a frame.

use domain::{Detection, Frame, Size, SourceId};

/// Finds objects. Two implementations: [`crate::Onnx`] looks, [`crate::Scripted`] has been told.
pub trait Detect: Send {
    /// The objects of one frame, strongest first, cut to the frame. Blocks for as long as the
    /// inference takes.
    fn detect(&mut self, frame: &Frame) -> Result<Vec<Detection>, DetectError>;

    /// The same where it may be known how much ground a pixel shows, in centimetres, so that a detector
    /// can choose how closely to look.
    fn detect_at(
        &mut self,
        frame: &Frame,
        _gsd_cm: Option<f64>,
    ) -> Result<Vec<Detection>, DetectError> {
        self.detect(frame)
    }
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
    #[error(
        "its output `{output}` holds what is no number: the model file or its provider is broken"
    )]
    NotANumber { output: String },
    #[error(
        "it scores {score}, which is no probability: the model is not the one that it is read as"
    )]
    NotAProbability { score: f32 },
    #[error("it gives {given} numbers where {expected} pixels are compared: it is another network")]
    NotAMap { given: usize, expected: usize },
}
