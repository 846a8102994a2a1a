//! `[[network]]`: networks that are no detectors of objects on the road.
//!
//! What their numbers mean is known to the code that uses them; the card says where the file comes from and
//! which tensors it has, so that another file is refused before it is asked anything.

use std::path::Path;

use serde::Deserialize;

use super::stored::Place;
use super::{GraphSource, Licence, ModelError, Trained, stored_file_problem};

/// One network.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkCard {
    pub id: String,
    pub version: u32,
    pub does: Does,
    pub licence: Licence,
    pub file: String,
    pub sha256: String,
    /// Operating threshold, 0..1.
    pub min_score: f32,
    /// Centimetres of ground that a pixel of the input should show.
    pub gsd_cm: Option<f32>,
    /// Set-up declares the tensors as they are given here, in place of fixed sizes in the file.
    #[serde(default)]
    pub reshape: bool,
    /// In the order of the ONNX file.
    pub inputs: Vec<Tensor>,
    /// In the order of the ONNX file.
    pub outputs: Vec<Tensor>,
    /// A wheel that holds the ONNX file; or else the network is our own.
    pub source: Option<GraphSource>,
    pub trained: Option<Trained>,
}

/// What a network is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    /// Finds faces, to mask them.
    Faces,
    /// Finds number plates by their corners.
    Plates,
    /// Reads a line of text.
    Text,
    /// Says where two pictures of one place differ in what is built.
    Change,
}

impl Does {
    /// The word of the manifest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Faces => "faces",
            Self::Plates => "plates",
            Self::Text => "text",
            Self::Change => "change",
        }
    }
}

/// A float32 tensor; −1 is a side that may have any length.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tensor {
    pub name: String,
    pub shape: Vec<i64>,
}

impl NetworkCard {
    /// Hashes the file.
    pub fn verify(&self, models_dir: &Path) -> Result<(), ModelError> {
        self.place(models_dir).verify()
    }

    /// The file, of which exactly these bytes have been hashed.
    pub(crate) fn read(&self, models_dir: &Path) -> Result<Vec<u8>, ModelError> {
        self.place(models_dir).read()
    }

    fn place(&self, models_dir: &Path) -> Place<'_> {
        Place::new(models_dir, &self.file, &self.sha256, self.trained.is_some())
    }

    pub(super) fn problem(&self) -> Option<String> {
        if let Some(problem) = stored_file_problem(&self.file, &self.sha256) {
            return Some(problem);
        }
        if !(0.0 < self.min_score && self.min_score < 1.0) {
            return Some(format!("`min_score` must lie between 0 and 1, got `{}`", self.min_score));
        }
        if let Some(gsd) = self.gsd_cm.filter(|gsd| !(0.1..=1000.0).contains(gsd)) {
            return Some(format!("`gsd_cm` must be 0.1 to 1000, got `{gsd}`"));
        }
        if self.source.is_some() == self.trained.is_some() {
            return Some("there must be either a `source` or `trained`".into());
        }
        if self.inputs.is_empty() || self.outputs.is_empty() {
            return Some("`inputs` and `outputs` must not be empty".into());
        }
        None
    }
}
