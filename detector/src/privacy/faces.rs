//! Faces, by the network `CenterFace`: the centre of each as a peak, its size beside it.

use std::path::Path;

use domain::{Bbox, Class, Detection, Frame, Size};
use opencv::core::{CV_32F, Mat, Vector};
use opencv::prelude::*;
use opencv::{core, imgproc};

use super::Find;
use crate::config::Config;
use crate::detect::DetectProblem;
use crate::network::{Given, Network};
use crate::nms::suppress;
use crate::preprocess::{as_mat, side};
use crate::runtime::OpenError;

/// The network that finds faces, loaded.
#[derive(Debug)]
pub(super) struct Faces {
    network: Network,
    resized: Mat,
    planes: Vector<Mat>,
    tensor: Vec<f32>,
}

/// `[[network]]` in the manifest.
const NETWORK: &str = "centerface";
/// The network halves the picture five times.
const CELL: u32 = 32;
/// Pixels of the input that a value of the outputs stands for.
const STEP: usize = 4;
/// Of two boxes that overlap by more (`IoU`) the weaker is dropped.
const SAME: f32 = 0.3;
/// In a crowd every box counts, overlapping or not: suppression would stop counting before the last face.
const CROWD: usize = 300;
/// A probability, with what rounding may add.
const MOST_SCORE: f32 = 1.01;
/// exp of more is larger than any picture, and soon no number.
const MOST_LOG_SIZE: f32 = 9.0;

impl Faces {
    pub(super) fn open(config: &Config, models_dir: &Path) -> Result<Self, OpenError> {
        let network = Network::open(NETWORK, config, models_dir)?;
        let (resized, planes) = (Mat::default(), Vector::new());
        Ok(Self { network, resized, planes, tensor: Vec::new() })
    }

    /// RGB 0..=255, as large as the frame, its sides up to whole cells.
    fn fill(&mut self, frame: &Frame, input: Size) -> opencv::Result<()> {
        let size = core::Size::new(side(input.width)?, side(input.height)?);
        let picture = as_mat(frame)?;
        imgproc::resize(&picture, &mut self.resized, size, 0.0, 0.0, imgproc::INTER_LINEAR)?;
        core::split(&self.resized, &mut self.planes)?;
        let pixels = input.width as usize * input.height as usize;
        self.tensor.resize(3 * pixels, 0.0);
        for (channel, plane) in self.tensor.chunks_exact_mut(pixels).enumerate() {
            let mut plane = Mat::new_rows_cols_with_data_mut(size.height, size.width, plane)?;
            self.planes.get(2 - channel)?.convert_to(&mut plane, CV_32F, 1.0, 0.0)?;
        }
        Ok(())
    }
}

impl Find for Faces {
    fn recipe(&self) -> String {
        let card = self.network.card();
        format!("faces {NETWORK} {} {:.2}", &card.sha256[..8], card.min_score)
    }

    fn find(&mut self, frame: &Frame) -> Result<Vec<Bbox>, DetectProblem> {
        let Size { width, height } = frame.size;
        let input =
            Size { width: width.next_multiple_of(CELL), height: height.next_multiple_of(CELL) };
        self.fill(frame, input).map_err(|e| DetectProblem::Picture(Box::new(e)))?;
        let shape = [1, 3, i64::from(input.height), i64::from(input.width)];
        let given = self.network.run(&[(&shape, &self.tensor)])?;
        let map = Map::of(&given, input)?;
        let mut found = map.peaks(self.network.card().min_score)?;
        if found.len() <= CROWD {
            suppress(&mut found, SAME);
        }
        let scale = Scale::of(frame.size, input);
        Ok(found.into_iter().map(|face| scale.to_frame(face.bbox)).collect())
    }
}

/// From pixels of the input to pixels of the frame.
struct Scale {
    x: f32,
    y: f32,
}

impl Scale {
    #[expect(clippy::cast_precision_loss, reason = "sides are far below 2^24")]
    fn of(frame: Size, input: Size) -> Self {
        Self {
            x: frame.width as f32 / input.width as f32,
            y: frame.height as f32 / input.height as f32,
        }
    }

    fn to_frame(&self, bbox: Bbox) -> Bbox {
        let Self { x, y } = self;
        Bbox { x1: bbox.x1 * x, y1: bbox.y1 * y, x2: bbox.x2 * x, y2: bbox.y2 * y }
    }
}

/// The outputs, found to be as many as the input asks for.
#[derive(Debug)]
struct Map<'a> {
    columns: usize,
    scores: &'a [f32],
    /// Height, then width.
    sizes: [&'a [f32]; 2],
    /// Down, then across.
    offsets: [&'a [f32]; 2],
}

impl<'a> Map<'a> {
    fn of(given: &'a [Given], input: Size) -> Result<Self, DetectProblem> {
        let (columns, rows) = (input.width as usize / STEP, input.height as usize / STEP);
        let cells = columns * rows;
        let [scores, sizes, offsets, _landmarks] = given else {
            return Err(unexpected(format!("{} outputs, expected 4", given.len())));
        };
        for (output, channels) in [(scores, 1), (sizes, 2), (offsets, 2)] {
            if output.numbers.len() != channels * cells {
                let shape = &output.shape;
                let wanted = format!("[1, {channels}, {rows}, {columns}]");
                return Err(unexpected(format!("an output {shape:?}, expected {wanted}")));
            }
        }
        let halves = |numbers: &'a [f32]| {
            let (first, second) = numbers.split_at(cells);
            [first, second]
        };
        Ok(Self {
            columns,
            scores: &scores.numbers,
            sizes: halves(&sizes.numbers),
            offsets: halves(&offsets.numbers),
        })
    }

    /// Faces in pixels of the input.
    fn peaks(&self, min_score: f32) -> Result<Vec<Detection>, DetectProblem> {
        let mut found = Vec::new();
        for (cell, score) in self.scores.iter().enumerate() {
            if *score > MOST_SCORE || *score < 0.0 {
                return Err(DetectProblem::NotAProbability { score: *score });
            }
            if *score >= min_score {
                found.push(Detection {
                    bbox: self.bbox(cell),
                    class: Class::Person,
                    score: score.min(1.0),
                });
            }
        }
        Ok(found)
    }

    #[expect(clippy::cast_precision_loss, reason = "cells are far below 2^24")]
    fn bbox(&self, cell: usize) -> Bbox {
        let step = STEP as f32;
        let [height, width] = self.sizes.map(|of| of[cell].min(MOST_LOG_SIZE).exp() * step);
        let [down, across] = self.offsets.map(|of| of[cell]);
        let x = ((cell % self.columns) as f32 + 0.5 + across) * step;
        let y = ((cell / self.columns) as f32 + 0.5 + down) * step;
        let (half_width, half_height) = (width / 2.0, height / 2.0);
        Bbox { x1: x - half_width, y1: y - half_height, x2: x + half_width, y2: y + half_height }
    }
}

fn unexpected(what: String) -> DetectProblem {
    DetectProblem::Inference(what.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUT: Size = Size { width: 64, height: 32 };
    const CELLS: usize = 16 * 8;

    fn outputs() -> Vec<Given> {
        [1, 2, 2, 10]
            .map(|channels: usize| Given { shape: vec![], numbers: vec![0.0; channels * CELLS] })
            .into()
    }

    #[test]
    fn a_peak_is_a_face_of_the_size_beside_it() {
        let mut given = outputs();
        let cell = 3 * 16 + 5;
        given[0].numbers[cell] = 0.9;
        given[1].numbers[cell] = 5.0_f32.ln();
        given[1].numbers[CELLS + cell] = 3.0_f32.ln();
        given[2].numbers[cell] = 0.25;
        given[2].numbers[CELLS + cell] = -0.25;
        let faces = Map::of(&given, INPUT).unwrap().peaks(0.3).unwrap();
        let [face] = &faces[..] else { panic!("{faces:?}") };
        let Bbox { x1, y1, x2, y2 } = face.bbox;
        // Centre 5.25 × 4 across and 3.75 × 4 down, 12 wide, 20 high.
        for (got, wanted) in [(x1, 15.0), (x2, 27.0), (y1, 5.0), (y2, 25.0)] {
            assert!((got - wanted).abs() < 1e-4, "{got} {wanted}");
        }
        given[1].numbers[cell] = 1e30;
        let faces = Map::of(&given, INPUT).unwrap().peaks(0.3).unwrap();
        assert!(faces[0].bbox.height().is_finite());
    }

    #[test]
    fn another_network_is_refused() {
        let mut given = outputs();
        given[1].numbers.pop();
        let error = Map::of(&given, INPUT).unwrap_err();
        assert!(matches!(error, DetectProblem::Inference(_)), "{error}");
        assert!(Map::of(&outputs()[..3], INPUT).is_err());
        for score in [1.5, -0.5] {
            let mut given = outputs();
            given[0].numbers[7] = score;
            let error = Map::of(&given, INPUT).unwrap().peaks(0.3).unwrap_err();
            assert!(matches!(error, DetectProblem::NotAProbability { .. }), "{error}");
        }
    }
}
