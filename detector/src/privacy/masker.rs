//! Everything that is looked for, in one.

use std::path::Path;

use bytes::Bytes;
use domain::{Bbox, Frame, SourceId, TimeBasis};
use jiff::Timestamp;

use super::blot::{blotted, widened};
use super::config::{Kind, PrivacyConfig};
use super::faces::Faces;
use super::heads::Heads;
use super::plates::Plates;
use super::{Find, MaskError, NoMasker};
use crate::config::Config;
use crate::onnx::Onnx;
use crate::picture::{self, PictureError};
use crate::runtime::OpenError;

/// Finds and burns out what the configuration says.
#[derive(Debug)]
pub struct Masker {
    finders: Vec<(Kind, Box<dyn Find>)>,
    margin: f64,
    picture_side: u32,
    recipe: String,
}

/// A picture that may be shown.
#[derive(Debug, Clone)]
pub struct MaskedPicture {
    /// Made from pixels alone: nothing that the original says about itself is in it.
    pub jpeg: Bytes,
    /// How many places were burned out.
    pub places: usize,
}

const QUALITY: u8 = 90;

impl Masker {
    /// Loads the models of everything that is to be masked. `models_dir` holds `manifest.toml` and `cache/`;
    /// `detector` says with which model and runtime objects are found.
    pub fn open(
        config: &PrivacyConfig,
        detector: &Config,
        models_dir: &Path,
    ) -> Result<Self, NoMasker> {
        let mut finders = Vec::new();
        for kind in &config.mask {
            let opened = open(*kind, detector, models_dir);
            let failed = |source| NoMasker { what: kind.as_str(), source: Box::new(source) };
            finders.push((*kind, opened.map_err(failed)?));
        }
        let PrivacyConfig { margin, picture_side, .. } = *config;
        let found: Vec<String> = finders.iter().map(|(_, finder)| finder.recipe()).collect();
        let recipe = format!("{}; margin {margin}; flat patches", found.join("; "));
        Ok(Self { finders, margin, picture_side, recipe })
    }

    /// Models with their hashes, thresholds and margin: what is made by another recipe may differ.
    pub fn recipe(&self) -> &str {
        &self.recipe
    }

    /// The same for pictures.
    pub fn picture_recipe(&self) -> String {
        format!("{}; at most {} px; JPEG {QUALITY}", self.recipe, self.picture_side)
    }

    /// What must not be shown of a frame, widened by the margin. Blocks for as long as the inferences take.
    pub fn find(&mut self, frame: &Frame) -> Result<Vec<Bbox>, MaskError> {
        let mut all = Vec::new();
        for (kind, finder) in &mut self.finders {
            let found = finder.find(frame);
            let found = found.map_err(|source| MaskError::Find { what: kind.as_str(), source })?;
            all.extend(found.into_iter().map(|bbox| widened(bbox, self.margin)));
        }
        Ok(all)
    }

    /// A copy of the frame with flat patches over `boxes`.
    pub fn cover(frame: &Frame, boxes: &[Bbox]) -> Frame {
        blotted(frame, boxes)
    }

    /// A copy of the frame without what must not be shown, and how many places that were.
    pub fn mask(&mut self, frame: &Frame) -> Result<(Frame, usize), MaskError> {
        let boxes = self.find(frame)?;
        Ok((blotted(frame, &boxes), boxes.len()))
    }

    /// The same of an encoded picture of any kind that can be read, turned upright, made smaller where it is large.
    pub fn mask_picture(&mut self, encoded: &[u8]) -> Result<MaskedPicture, MaskError> {
        let (size, bgr) = picture::from_bytes(encoded)?;
        let source = SourceId::new("masked").expect("`masked` is a valid id");
        let at = Timestamp::UNIX_EPOCH;
        let frame = Frame::new(source, 0, at, TimeBasis::Media, size, bgr);
        let frame = picture::within(&frame.map_err(PictureError::from)?, self.picture_side)?;
        let (masked, places) = self.mask(&frame)?;
        Ok(MaskedPicture { jpeg: picture::encode_jpeg(&masked, QUALITY)?, places })
    }
}

fn open(kind: Kind, detector: &Config, models_dir: &Path) -> Result<Box<dyn Find>, OpenError> {
    Ok(match kind {
        Kind::Faces => Box::new(Faces::open(detector, models_dir)?),
        Kind::Heads => Box::new(Heads(Onnx::open(detector, models_dir)?)),
        Kind::Plates => Box::new(Plates::open(detector, models_dir)?),
    })
}
