//! Finding plates by their four corners.

use std::path::Path;

use domain::Frame;
use opencv::core::{CV_32F, Mat, Rect, Vector};
use opencv::prelude::*;
use opencv::{core, imgproc};

use super::anchor::{self, Candidate, Outputs};
use crate::config::Config;
use crate::detect::DetectProblem;
use crate::manifest::NetworkCard;
use crate::network::{Given, Network};
use crate::preprocess::{as_mat, side};
use crate::runtime::OpenError;
use crate::tile::Part;

/// A place in a picture, pixels of it from its left top; may lie a little outside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

/// Where a plate is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FoundPlate {
    /// Left top, right top, right bottom, left bottom, as one reads it.
    pub corners: [Point; 4],
    /// 0..=1.
    pub score: f32,
}

impl FoundPlate {
    /// Mean of its upper and lower edge, pixels.
    pub fn width(&self) -> f32 {
        let [a, b, c, d] = self.corners;
        f32::midpoint(distance(a, b), distance(d, c))
    }

    /// Mean of its left and right edge, pixels.
    pub fn height(&self) -> f32 {
        let [a, b, c, d] = self.corners;
        f32::midpoint(distance(a, d), distance(b, c))
    }
}

fn distance(a: Point, b: Point) -> f32 {
    (a.x - b.x).hypot(a.y - b.y)
}

/// The network that finds plates, loaded.
#[derive(Debug)]
pub struct Finder {
    network: Network,
    min_score: f32,
    resized: Mat,
    planes: Vector<Mat>,
    tensor: Vec<f32>,
}

/// `[[network]]` in the manifest.
pub(super) const NETWORK: &str = "plate-corners";
/// What is longer is made smaller before it is looked at, pixels.
const LONGEST: u32 = 2048;
/// The coarsest cells: an input is filled up to whole ones.
const CELL: u32 = 32;
/// Taken from blue, green, red. What is filled up has this colour.
const MEAN: [f64; 3] = [104.0, 117.0, 123.0];
/// Of two boxes that overlap by more (`IoU`) the weaker is dropped.
const SAME: f32 = 0.4;
const MAX_CANDIDATES: usize = 1000;
const MAX_PLATES: usize = 100;
/// A probability, with what rounding may add.
const MOST_SCORE: f32 = 1.01;

impl Finder {
    /// Loads the network. `models_dir` holds `manifest.toml` and `cache/`.
    pub fn open(config: &Config, models_dir: &Path) -> Result<Self, OpenError> {
        let network = Network::open(NETWORK, config, models_dir)?;
        let min_score = network.card().min_score;
        Ok(Self {
            network,
            min_score,
            resized: Mat::default(),
            planes: Vector::new(),
            tensor: Vec::new(),
        })
    }

    /// What the manifest says of the network.
    pub fn card(&self) -> &NetworkCard {
        self.network.card()
    }

    /// The plates in a part of a frame, strongest first, in pixels of the frame. The part must lie inside it. One
    /// with a side beyond 2048 pixels is made smaller, and small plates in it are missed.
    pub fn find(&mut self, frame: &Frame, part: Part) -> Result<Vec<FoundPlate>, DetectProblem> {
        let fit = Fit::of(part);
        self.fill(frame, part, fit).map_err(|e| DetectProblem::Picture(Box::new(e)))?;
        let shape = [1, 3, i64::from(fit.rows), i64::from(fit.columns)];
        let given = self.network.run(&[(&shape, &self.tensor)])?;
        let candidates = read(&given, fit, self.min_score)?;
        Ok(suppress(candidates).iter().map(|one| fit.to_frame(one, part)).collect())
    }

    fn fill(&mut self, frame: &Frame, part: Part, fit: Fit) -> opencv::Result<()> {
        let whole = as_mat(frame)?;
        let shown = Rect::new(side(part.x)?, side(part.y)?, side(part.width)?, side(part.height)?);
        let picture = Mat::roi(&whole, shown)?;
        let (width, height) = (side(fit.width)?, side(fit.height)?);
        let size = core::Size::new(width, height);
        imgproc::resize(&picture, &mut self.resized, size, 0.0, 0.0, imgproc::INTER_AREA)?;
        core::split(&self.resized, &mut self.planes)?;
        let plane_size = fit.columns as usize * fit.rows as usize;
        self.tensor.clear();
        self.tensor.resize(3 * plane_size, 0.0);
        let (columns, rows) = (side(fit.columns)?, side(fit.rows)?);
        for (channel, plane) in self.tensor.chunks_exact_mut(plane_size).enumerate() {
            let mut plane = Mat::new_rows_cols_with_data_mut(rows, columns, plane)?;
            let mut covered = Mat::roi_mut(&mut plane, Rect::new(0, 0, width, height))?;
            self.planes.get(channel)?.convert_to(&mut covered, CV_32F, 1.0, -MEAN[channel])?;
        }
        Ok(())
    }
}

/// How a part lies in the input: in its left top corner, made smaller where it is too large.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fit {
    /// Pixels of the input that the part covers.
    width: u32,
    height: u32,
    /// Sides of the input.
    columns: u32,
    rows: u32,
    /// Pixels of the frame a pixel of the input.
    scale_x: f32,
    scale_y: f32,
}

impl Fit {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most LONGEST")]
    #[expect(clippy::cast_precision_loss, reason = "sides are far below 2^24")]
    fn of(part: Part) -> Self {
        let longer = f64::from(part.width.max(part.height));
        let ratio = (f64::from(LONGEST) / longer).min(1.0);
        let shown = |length: u32| ((f64::from(length) * ratio).round() as u32).max(1);
        let (width, height) = (shown(part.width), shown(part.height));
        Self {
            width,
            height,
            columns: width.next_multiple_of(CELL),
            rows: height.next_multiple_of(CELL),
            scale_x: part.width as f32 / width as f32,
            scale_y: part.height as f32 / height as f32,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "sides are far below 2^24")]
    fn to_frame(self, one: &Candidate, part: Part) -> FoundPlate {
        let place = |[x, y]: [f32; 2]| Point {
            x: x * self.scale_x + part.x as f32,
            y: y * self.scale_y + part.y as f32,
        };
        FoundPlate { corners: one.corners.map(place), score: one.score.min(1.0) }
    }
}

/// The three outputs, if they are as many as the squares of the input.
fn read(given: &[Given], fit: Fit, min_score: f32) -> Result<Vec<Candidate>, DetectProblem> {
    let squares = anchor::count(fit.columns, fit.rows);
    let [boxes, scores, corners] = given else {
        return Err(unexpected(format!("{} outputs, expected 3", given.len())));
    };
    for (output, width) in [(boxes, 4), (scores, 2), (corners, 8)] {
        if output.numbers.len() != squares * width {
            let shape = &output.shape;
            return Err(unexpected(format!(
                "an output {shape:?}, expected [1, {squares}, {width}]"
            )));
        }
    }
    let outputs =
        Outputs { boxes: &boxes.numbers, scores: &scores.numbers, corners: &corners.numbers };
    let mut candidates = anchor::decode(outputs, fit.columns, fit.rows, min_score);
    if let Some(Candidate { score, .. }) = candidates.first().filter(|c| c.score > MOST_SCORE) {
        return Err(DetectProblem::NotAProbability { score: *score });
    }
    candidates.truncate(MAX_CANDIDATES);
    Ok(candidates)
}

fn unexpected(what: String) -> DetectProblem {
    DetectProblem::Inference(what.into())
}

/// Keeps what no stronger one covers; candidates come strongest first.
fn suppress(candidates: Vec<Candidate>) -> Vec<Candidate> {
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        if kept.len() == MAX_PLATES {
            break;
        }
        if kept.iter().all(|stronger| stronger.bbox.iou(candidate.bbox) <= SAME) {
            kept.push(candidate);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use domain::Bbox;
    use proptest::prelude::*;

    use super::*;

    fn candidate(x: f32, score: f32) -> Candidate {
        let bbox = Bbox { x1: x, y1: 10.0, x2: x + 100.0, y2: 40.0 };
        let corners = [[x, 10.0], [x + 100.0, 10.0], [x + 100.0, 40.0], [x, 40.0]];
        Candidate { bbox, corners, score }
    }

    #[test]
    fn a_plate_is_told_once() {
        let all = vec![candidate(0.0, 0.9), candidate(20.0, 0.8), candidate(90.0, 0.7)];
        let kept: Vec<f32> = suppress(all).iter().map(|one| one.score).collect();
        assert_eq!(kept, [0.9, 0.7]);
        let many = (0..300_u16).map(|i| candidate(f32::from(i) * 200.0, 0.9)).collect();
        assert_eq!(suppress(many).len(), MAX_PLATES);
    }

    #[test]
    fn outputs_of_another_network_are_refused() {
        let fit = Fit::of(Part { x: 0, y: 0, width: 30, height: 20 });
        let given = |numbers: usize| Given { shape: vec![1], numbers: vec![0.5; numbers] };
        let squares = anchor::count(32, 32);
        let right = [given(squares * 4), given(squares * 2), given(squares * 8)];
        assert_eq!(read(&right, fit, 0.4).unwrap().len(), squares);
        assert!(read(&right[..2], fit, 0.4).is_err());
        let wrong = [given(squares * 4), given(squares * 3), given(squares * 8)];
        let error = read(&wrong, fit, 0.4).unwrap_err();
        assert!(matches!(error, DetectProblem::Inference(_)), "{error:?}");
        let mut loud = right;
        loud[1].numbers[1] = 7.0;
        let error = read(&loud, fit, 0.4).unwrap_err();
        assert!(matches!(error, DetectProblem::NotAProbability { .. }), "{error:?}");
    }

    proptest! {
        #[test]
        #[expect(clippy::cast_precision_loss, reason = "sides are far below 2^24")]
        fn corners_find_their_way_back(
            x in 0_u32..5000, y in 0_u32..5000,
            width in 1_u32..=16_384, height in 1_u32..=16_384,
        ) {
            let part = Part { x, y, width, height };
            let fit = Fit::of(part);
            prop_assert!(fit.width <= LONGEST && fit.height <= LONGEST);
            prop_assert!(fit.columns.is_multiple_of(CELL) && fit.columns >= fit.width);
            prop_assert!(fit.rows.is_multiple_of(CELL) && fit.rows >= fit.height);
            let far = [fit.width as f32, fit.height as f32];
            let one = Candidate { corners: [far; 4], ..candidate(0.0, 0.5) };
            let Point { x: right, y: bottom } = fit.to_frame(&one, part).corners[0];
            prop_assert!((right - (x + width) as f32).abs() < 0.1);
            prop_assert!((bottom - (y + height) as f32).abs() < 0.1);
        }
    }
}
