//! `NanoDet`: a grid of cells at strides 8, 16 and 32.
//!
//! Each cell has 80 class probabilities and, for left, top, right and bottom, a distribution over
//! 11 distances of 0 to 10 strides from its centre; the expected distance counts.

use domain::Detection;

use super::{Columns, detection, expect_outputs};
use crate::manifest::ModelCard;

const STRIDES: [u32; 3] = [8, 16, 32];
const CLASSES: usize = 80;
const BINS: usize = 11;

#[derive(Debug)]
pub(crate) struct Nanodet {
    columns: Columns,
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
        expect_outputs(
            card,
            &[
                ("cls8", [a, CLASSES]),
                ("cls16", [b, CLASSES]),
                ("cls32", [c, CLASSES]),
                ("dis8", [a, 4 * BINS]),
                ("dis16", [b, 4 * BINS]),
                ("dis32", [c, 4 * BINS]),
            ],
        )?;
        Ok(Self { columns: Columns::new(card, CLASSES)?, grids })
    }

    pub(super) fn decode(&self, outputs: &[&[f32]], min_score: f32) -> Vec<Detection> {
        let mut found = Vec::new();
        let (scores, distances) = outputs.split_at(STRIDES.len());
        for ((grid, scores), distances) in self.grids.iter().zip(scores).zip(distances) {
            for (cell, row) in scores.chunks_exact(CLASSES).enumerate() {
                let Some(best) = self.columns.best(row, min_score) else { continue };
                let logits = &distances[cell * 4 * BINS..][..4 * BINS];
                found.push(detection(grid.bbox(cell, logits), best));
            }
        }
        found
    }
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

    use super::super::testing::{card, compare, made_up};
    use super::*;

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
        let found = Nanodet::new(&card("nanodet-g")).unwrap().decode(&outputs, 0.4);
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
