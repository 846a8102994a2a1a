//! What a model's numbers mean.
//!
//! Scores are read first; only rows that score enough are turned into boxes. Boxes are in pixels of
//! the model's input. Assumes outputs in the order and of the shapes that the manifest says, which
//! [`Decoder::new`] checks against the manifest and [`crate::Onnx`] against the file.

mod nanodet;
mod ssd;

use domain::{Bbox, Class, Detection};

use self::nanodet::Nanodet;
use self::ssd::Ssd;
use crate::manifest::{ClassEntry, Decode, ModelCard};

/// No way of decoding has more outputs.
pub(crate) const MOST_OUTPUTS: usize = 6;

/// Turns the outputs of one inference into boxes.
#[derive(Debug)]
pub(crate) enum Decoder {
    Nanodet(Nanodet),
    Ssd(Ssd),
}

impl Decoder {
    /// Or why the manifest's outputs do not fit the way of decoding.
    pub(crate) fn new(card: &ModelCard) -> Result<Self, String> {
        match card.decode {
            Decode::Nanodet => Nanodet::new(card).map(Self::Nanodet),
            Decode::Ssd => Ssd::new(card).map(Self::Ssd),
        }
    }

    /// Adds everything that scores above `min_score`.
    pub(crate) fn decode(&self, outputs: &[&[f32]], min_score: f32, found: &mut Vec<Detection>) {
        match self {
            Self::Nanodet(decoder) => decoder.decode(outputs, min_score, found),
            Self::Ssd(decoder) => decoder.decode(outputs, min_score, found),
        }
    }
}

/// The columns of a score table that mean something to us.
#[derive(Debug)]
struct Columns(Vec<ClassEntry>);

impl Columns {
    fn new(card: &ModelCard, width: usize) -> Result<Self, String> {
        match card.classes.iter().find(|entry| entry.index >= width) {
            Some(entry) => Err(format!(
                "`classes` has index {} for `{}`, but there are {width} columns",
                entry.index, entry.class
            )),
            None => Ok(Self(card.classes.clone())),
        }
    }

    /// The best class of a row, if it scores above `min_score`. Of equal ones the first. What is no number is
    /// the best, so that it is seen.
    fn best(&self, row: &[f32], min_score: f32) -> Option<(Class, f32)> {
        let mut best = None;
        let mut limit = min_score;
        for entry in &self.0 {
            let score = row[entry.index];
            if score > limit {
                limit = score;
                best = Some((entry.class, score));
            } else if !score.is_finite() {
                return Some((entry.class, score));
            }
        }
        best
    }
}

/// Whether the manifest's outputs have exactly these names and shapes (without the batch).
fn expect_outputs(card: &ModelCard, expected: &[(&str, [usize; 2])]) -> Result<(), String> {
    let found: Vec<(&str, Vec<i64>)> =
        card.outputs.iter().map(|o| (o.name.as_str(), o.shape.clone())).collect();
    let wanted: Vec<(&str, Vec<i64>)> = expected
        .iter()
        .map(|(name, shape)| {
            let sides = shape.iter().map(|&side| i64::try_from(side).unwrap_or(i64::MAX));
            (*name, std::iter::once(-1).chain(sides).collect())
        })
        .collect();
    if found == wanted {
        return Ok(());
    }
    Err(format!("`outputs` must be {wanted:?} to be decoded, got {found:?}"))
}

fn detection([x1, y1, x2, y2]: [f32; 4], (class, score): (Class, f32)) -> Detection {
    Detection { bbox: Bbox { x1, y1, x2, y2 }, class, score }
}

#[cfg(test)]
mod testing {
    use std::path::Path;

    use super::*;
    use crate::manifest::Manifest;

    /// A model of the real manifest.
    pub(super) fn card(id: &str) -> ModelCard {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
        Manifest::load(&models).unwrap().model(id).unwrap().clone()
    }

    /// Numbers of 0..1 that are the same in Python.
    #[expect(clippy::cast_precision_loss, reason = "24 bits fit")]
    pub(super) fn made_up(length: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1_u32 << 24) as f32
        };
        (0..length).map(|_| next()).collect()
    }

    pub(super) fn compare(found: &[Detection], expected: &[(Class, f32, [f32; 4])]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, (class, score, corners)) in found.iter().zip(expected) {
            let Bbox { x1, y1, x2, y2 } = found.bbox;
            let near = [x1, y1, x2, y2].iter().zip(corners).all(|(a, b)| (a - b).abs() < 1e-3);
            assert!(found.class == *class && near, "{found:?} is not {class} at {corners:?}");
            assert!((found.score - score).abs() < 1e-6, "{found:?}");
        }
    }

    #[test]
    fn outputs_that_do_not_fit_are_refused() {
        let mut wrong = card("nanodet-g");
        wrong.input.width = 320;
        assert!(Decoder::new(&wrong).unwrap_err().contains("`outputs` must be"));
        let mut wrong = card("nanodet-g");
        wrong.classes[0].index = 80;
        assert_eq!(
            Decoder::new(&wrong).unwrap_err(),
            "`classes` has index 80 for `person`, but there are 80 columns"
        );
        let mut wrong = card("ssdlite-mobilenetv2");
        wrong.outputs.swap(0, 1);
        assert!(Decoder::new(&wrong).is_err());
    }
}
