//! `NanoDet`: a grid of cells at strides 8, 16 and 32.
//!
//! Each cell has a probability for each class (80 of COCO; a model of our own has fewer) and, for left,
//! top, right and bottom, a distribution over 11 distances of 0 to 10 strides from its centre; the expected
//! distance counts.

use domain::Detection;

use super::{Columns, detection, expect_outputs};
use crate::manifest::ModelCard;

const STRIDES: [u32; 3] = [8, 16, 32];
const BINS: usize = 11;

#[derive(Debug)]
pub(crate) struct Nanodet {
    columns: Columns,
    /// Numbers of a cell's row of scores.
    classes: usize,
    grids: [Grid; 3],
}

#[derive(Debug, Clone, Copy)]
struct Grid {
    stride: f32,
    /// Cells in a row.
    width: usize,
    cells: usize,
}

impl Nanodet {
    pub(super) fn new(card: &ModelCard) -> Result<Self, String> {
        let grids = STRIDES.map(|stride| grid(card.input.width, card.input.height, stride));
        let [a, b, c] = grids.map(|grid| grid.cells);
        let classes = score_columns(card);
        expect_outputs(
            card,
            &[
                ("cls8", [a, classes]),
                ("cls16", [b, classes]),
                ("cls32", [c, classes]),
                ("dis8", [a, 4 * BINS]),
                ("dis16", [b, 4 * BINS]),
                ("dis32", [c, 4 * BINS]),
            ],
        )?;
        Ok(Self { columns: Columns::new(card, classes)?, classes, grids })
    }

    pub(super) fn decode(&self, outputs: &[&[f32]], min_score: f32, found: &mut Vec<Detection>) {
        let (scores, distances) = outputs.split_at(STRIDES.len());
        for ((grid, scores), distances) in self.grids.iter().zip(scores).zip(distances) {
            for (cell, row) in scores.chunks_exact(self.classes).enumerate() {
                let Some(best) = self.columns.best(row, min_score) else { continue };
                let logits = &distances[cell * 4 * BINS..][..4 * BINS];
                found.push(detection(grid.bbox(cell, logits), best));
            }
        }
    }
}

/// How many classes the first table of scores has; all must have as many.
fn score_columns(card: &ModelCard) -> usize {
    let width = card.outputs.first().and_then(|output| output.shape.last());
    width.and_then(|&width| usize::try_from(width).ok()).filter(|&width| width > 0).unwrap_or(1)
}

fn grid(width: u32, height: u32, stride: u32) -> Grid {
    let (columns, rows) = ((width / stride) as usize, (height / stride) as usize);
    #[expect(clippy::cast_precision_loss, reason = "a stride is at most 32")]
    Grid { stride: stride as f32, width: columns, cells: columns * rows }
}

impl Grid {
    #[expect(clippy::cast_precision_loss, reason = "a cell's number is far below 2^24")]
    fn bbox(&self, cell: usize, logits: &[f32]) -> [f32; 4] {
        let x = ((cell % self.width) as f32 + 0.5) * self.stride;
        let y = ((cell / self.width) as f32 + 0.5) * self.stride;
        let distance = |side: usize| expected(&logits[side * BINS..][..BINS]) * self.stride;
        [x - distance(0), y - distance(1), x + distance(2), y + distance(3)]
    }
}

/// The mean of 0..=10 under the softmax of `logits`.
fn expected(logits: &[f32]) -> f32 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (mut sum, mut weighted, mut bin) = (0.0, 0.0, 0.0);
    for logit in logits {
        let weight = (logit - top).exp();
        sum += weight;
        weighted += weight * bin;
        bin += 1.0;
    }
    weighted / sum
}

#[cfg(test)]
mod tests {
    use domain::Class;

    use crate::manifest::ClassEntry;

    use super::super::testing::{card, compare, made_up};
    use super::*;

    const CLASSES: usize = 80;

    /// A model of our own tells fewer classes; where they stand says its entry alone.
    #[test]
    fn the_classes_are_those_of_the_manifest() {
        let mut ours = card("nanodet-g");
        for output in &mut ours.outputs[..3] {
            output.shape[2] = 2;
        }
        let entry = |index: usize, class: Class| ClassEntry { index, class };
        ours.classes = vec![entry(0, Class::MuckTruck), entry(1, Class::TwoWheeler)];
        let decoder = Nanodet::new(&ours).unwrap();
        let mut outputs = [2704, 676, 169, 2704, 676, 169].map(|cells| vec![0.0; cells * 2]);
        for (output, cells) in outputs[3..].iter_mut().zip([2704, 676, 169]) {
            *output = vec![0.0; cells * 4 * BINS];
        }
        outputs[1][2 * 27 + 1] = 0.8;
        let outputs: Vec<&[f32]> = outputs.iter().map(Vec::as_slice).collect();
        // Even weights: five strides of 16 to each side of the second cell of the second row.
        let mut found = Vec::new();
        decoder.decode(&outputs, 0.4, &mut found);
        compare(&found, &[(Class::TwoWheeler, 0.8, [-56.0, -56.0, 104.0, 104.0])]);
        ours.outputs[1].shape[2] = 3;
        assert!(Nanodet::new(&ours).unwrap_err().contains("`outputs` must be"));
    }

    /// The numbers are those of the Python peer's decoder on the same made-up outputs.
    #[test]
    fn boxes_are_the_peers() {
        let cells = [2704, 676, 169];
        let scaled = |length: usize, seed: u32, factor: f32| {
            let mut numbers = made_up(length, seed);
            for number in &mut numbers {
                *number *= factor;
            }
            numbers
        };
        let mut outputs: Vec<Vec<f32>> = (1..)
            .zip(cells)
            .map(|(seed, cells)| scaled(cells * CLASSES, seed, 0.3))
            .chain((11..).zip(cells).map(|(seed, cells)| scaled(cells * 4 * BINS, seed, 8.0)))
            .collect();
        for (grid, cell, class, score) in [
            (0, 0, 2, 0.9),
            (0, 1403, 7, 0.5),
            (0, 2703, 0, 0.41),
            (1, 300, 5, 0.77),
            (1, 301, 16, 0.6),
            (2, 168, 3, 0.95),
            // A class that we have no word for.
            (2, 84, 4, 0.99),
            // Not above the threshold.
            (1, 10, 2, 0.4),
            // The better of two classes.
            (1, 11, 2, 0.55),
            (1, 11, 7, 0.66),
        ] {
            outputs[grid][cell * CLASSES + class] = score;
        }
        let outputs: Vec<&[f32]> = outputs.iter().map(Vec::as_slice).collect();
        let mut found = Vec::new();
        Nanodet::new(&card("nanodet-g")).unwrap().decode(&outputs, 0.4, &mut found);
        let expected = [
            (Class::Car, 0.9, [-47.350_29, -51.806_793, 66.398_19, 64.616_52]),
            (Class::Truck, 0.5, [378.925_96, 159.514_22, 455.630_77, 267.621_58]),
            (Class::Person, 0.41, [369.635_5, 374.702_33, 452.215_03, 475.13]),
            (Class::Truck, 0.66, [116.931_69, -79.950_455, 256.351_35, 105.434_89]),
            (Class::Bus, 0.77, [207.853_42, 123.907_24, 338.618_65, 268.251_9]),
            (Class::Dog, 0.6, [176.861_54, 115.883_125, 303.206_97, 231.199_52]),
            (Class::Motorcycle, 0.95, [249.034_03, 290.173_1, 499.229_65, 564.190_3]),
        ];
        compare(&found, &expected);
    }
}
