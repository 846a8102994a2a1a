//! What must not be shown: faces, plates and heads are found and burned out of pictures.
//!
//! Owns the finding ([`Find`], [`Masker`]) and the burning out, of single pictures and between the looks at a
//! film ([`Bridge`]). What comes out is another picture; the one that went in is not changed. Fails closed: a
//! picture that cannot be examined gives an error and no picture. Leaves to others what is masked when, where it
//! is kept and who may see the original.

mod blot;
mod bridge;
mod config;
mod faces;
mod heads;
mod masker;
mod plates;

use std::fmt;

use domain::{Bbox, Frame};

use crate::detect::DetectProblem;
use crate::picture::PictureError;
use crate::runtime::OpenError;

pub use bridge::Bridge;
pub use config::{Kind, PrivacyConfig};
pub use masker::{MaskedPicture, Masker};

/// Finds what must not be shown. Implementations: faces, heads, plates.
pub(crate) trait Find: Send + fmt::Debug {
    /// Which model, by its hash, and its threshold: what a rendition says about how it was made.
    fn recipe(&self) -> String;

    /// Boxes in pixels of the frame, perhaps beyond its border.
    fn find(&mut self, frame: &Frame) -> Result<Vec<Bbox>, DetectProblem>;
}

/// Why there is no masked picture. Nothing may be shown instead of it.
#[derive(Debug, thiserror::Error)]
pub enum MaskError {
    #[error("cannot look for {what}")]
    Find { what: &'static str, source: DetectProblem },
    #[error(transparent)]
    Picture(#[from] PictureError),
}

/// Why nothing can be masked.
#[derive(Debug, thiserror::Error)]
#[error("cannot look for {what}")]
pub struct NoMasker {
    pub what: &'static str,
    pub source: Box<OpenError>,
}
