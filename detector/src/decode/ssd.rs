//! SSD as the TensorFlow Object Detection API trains it: offsets against 1917 anchors.
//!
//! Scores are probabilities per COCO id, with the background in column 0.

use domain::Detection;

use super::{Columns, detection, expect_outputs};
use crate::manifest::ModelCard;

const CLASSES: usize = 91;
/// Cells along a side, per layer.
const GRIDS: [u16; 6] = [19, 10, 5, 3, 2, 1];
/// Sizes of anchors per layer, as a part of the picture; a seventh only bounds the last.
const SCALES: [f32; 7] = [0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0];
/// What the network's offsets were multiplied by in training: of the centre, of the size.
const VARIANCES: (f32, f32) = (10.0, 5.0);

#[derive(Debug)]
pub(crate) struct Ssd {
    columns: Columns,
    anchors: Vec<Anchor>,
    /// Pixels of the input.
    size: (f32, f32),
}

/// Relative to the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Anchor {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
}

impl Ssd {
    #[expect(clippy::cast_precision_loss, reason = "an input's side is at most 4096")]
    pub(super) fn new(card: &ModelCard) -> Result<Self, String> {
        let anchors = anchors();
        let rows = anchors.len();
        expect_outputs(card, &[("box_encodings", [rows, 4]), ("scores", [rows, CLASSES])])?;
        let size = (card.input.width as f32, card.input.height as f32);
        Ok(Self { columns: Columns::new(card, CLASSES)?, anchors, size })
    }

    pub(super) fn decode(&self, outputs: &[&[f32]], min_score: f32, found: &mut Vec<Detection>) {
        let &[codes, scores] = outputs else { return };
        for (row, (scores, anchor)) in scores.chunks_exact(CLASSES).zip(&self.anchors).enumerate() {
            let Some(best) = self.columns.best(scores, min_score) else { continue };
            let bbox = anchor.bbox(&codes[4 * row..][..4], self.size);
            found.push(detection(bbox, best));
        }
    }
}

impl Anchor {
    /// `code` is y, x, height, width.
    fn bbox(&self, code: &[f32], (width, height): (f32, f32)) -> [f32; 4] {
        let y = code[0] / VARIANCES.0 * self.height + self.y;
        let x = code[1] / VARIANCES.0 * self.width + self.x;
        let half_height = (code[2] / VARIANCES.1).exp() * self.height / 2.0;
        let half_width = (code[3] / VARIANCES.1).exp() * self.width / 2.0;
        [
            (x - half_width) * width,
            (y - half_height) * height,
            (x + half_width) * width,
            (y + half_height) * height,
        ]
    }
}

fn anchors() -> Vec<Anchor> {
    let mut anchors = Vec::with_capacity(1917);
    for (layer, &side) in GRIDS.iter().enumerate() {
        let shapes = shapes(layer);
        for row in 0..side {
            for column in 0..side {
                let centre = |cell: u16| (f32::from(cell) + 0.5) / f32::from(side);
                anchors.extend(shapes.iter().map(|&(scale, aspect)| Anchor {
                    x: centre(column),
                    y: centre(row),
                    width: scale * aspect.sqrt(),
                    height: scale / aspect.sqrt(),
                }));
            }
        }
    }
    anchors
}

/// Scale and aspect of the anchors of one cell.
fn shapes(layer: usize) -> Vec<(f32, f32)> {
    let scale = SCALES[layer];
    if layer == 0 {
        return vec![(0.1, 1.0), (scale, 2.0), (scale, 0.5)];
    }
    let between = (scale * SCALES[layer + 1]).sqrt();
    vec![(scale, 1.0), (scale, 2.0), (scale, 0.5), (scale, 3.0), (scale, 1.0 / 3.0), (between, 1.0)]
}

#[cfg(test)]
mod tests {
    use domain::Class;

    use super::super::testing::{card, compare, made_up};
    use super::*;

    /// The numbers are those of the Python peer's generator.
    #[test]
    fn the_anchors_are_those_of_the_training() {
        let anchors = anchors();
        assert_eq!(anchors.len(), 1917);
        for (index, [y, x, height, width]) in ANCHORS {
            let found = anchors[index];
            for (a, b) in
                [found.y, found.x, found.height, found.width].into_iter().zip([y, x, height, width])
            {
                assert!((a - b).abs() < 1e-6, "anchor {index}: {found:?}");
            }
        }
    }

    /// y, x, height, width.
    const ANCHORS: [(usize, [f32; 4]); 10] = [
        (0, [0.026_315_8, 0.026_315_8, 0.1, 0.1]),
        (1, [0.026_315_8, 0.026_315_8, 0.141_421_4, 0.282_842_7]),
        (2, [0.026_315_8, 0.026_315_8, 0.282_842_7, 0.141_421_4]),
        (500, [0.447_368_4, 0.763_157_9, 0.282_842_7, 0.141_421_4]),
        (1083, [0.05, 0.05, 0.35, 0.35]),
        (1088, [0.05, 0.05, 0.418_33, 0.418_33]),
        (1683, [0.1, 0.1, 0.5, 0.5]),
        (1900, [0.75, 0.25, 0.565_685_5, 1.131_371]),
        (1911, [0.5, 0.5, 0.95, 0.95]),
        (1916, [0.5, 0.5, 0.974_679_4, 0.974_679_4]),
    ];

    /// The numbers are those of the Python peer's decoder on the same made-up outputs.
    #[test]
    fn boxes_are_the_peers() {
        let mut codes = made_up(1917 * 4, 5);
        for code in &mut codes {
            *code = *code * 4.0 - 2.0;
        }
        let mut scores = made_up(1917 * CLASSES, 6);
        for score in &mut scores {
            *score *= 0.3;
        }
        for (row, column, score) in [
            (0, 3, 0.9),
            (1083, 8, 0.5),
            (1916, 1, 0.45),
            (700, 6, 0.8),
            // COCO ids that we have no word for.
            (701, 0, 0.99),
            (702, 5, 0.99),
            (1700, 4, 0.66),
        ] {
            scores[row * CLASSES + column] = score;
        }
        let decoder = Ssd::new(&card("ssdlite-mobilenetv2")).unwrap();
        let mut found = Vec::new();
        decoder.decode(&[&codes, &scores], 0.4, &mut found);
        let expected = [
            (Class::Car, 0.9, [-9.214_056, -7.462_308, 30.573_586, 16.963_919]),
            (Class::Bus, 0.8, [41.797_27, 182.822_19, 160.089_04, 212.883_39]),
            (Class::Truck, 0.5, [-10.090_813, -21.525_639, 64.548_82, 50.542_08]),
            (Class::Motorcycle, 0.66, [91.559_944, -112.171_715, 230.703_96, 114.956_62]),
            (Class::Person, 0.45, [-46.918_74, 19.480_839, 376.413_6, 223.325_16]),
        ];
        compare(&found, &expected);
    }
}
