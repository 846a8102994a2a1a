//! What the stabiliser keeps of a frame: a small grey copy, halved several times, and its corners.

use domain::{Bbox, Frame, Size};
use opencv::core::{CV_8U, Mat, Point2f, Rect, Scalar, Size as Sides, Vector};
use opencv::prelude::*;
use opencv::{imgproc, video};

use super::coarse::Coarse;
use super::{LEVELS, WINDOW};
use crate::motion::Warp;
use crate::preprocess::{as_mat, side};

/// Wider frames are made this wide. At 320 dense traffic drags the street along with it.
const WIDTH: u32 = 480;
/// The strongest corners are found first, then so many are kept in each cell of a grid: a lorry with
/// letters on it has more and better corners than all the road around it.
const MAX_CORNERS: i32 = 800;
const PER_CELL: u32 = 3;
const COLUMNS: usize = 12;
const ROWS: usize = 8;
/// Corners weaker than this share of the strongest are left out.
const QUALITY: f64 = 0.002;
/// Corners are at least this far apart, in pixels of the view.
const APART: f64 = 7.0;
/// What moves is given a border of this share of its size: its shadow and its edges move, too.
const BORDER: f32 = 0.1;

#[derive(Debug)]
pub(super) struct View {
    pub(super) pyramid: Vector<Mat>,
    pub(super) corners: Vector<Point2f>,
    pub(super) coarse: Coarse,
    /// Pixels of the view per pixel of the frame.
    scale: [f64; 2],
    /// Where nothing moves by itself: 255, elsewhere 0.
    ground: Mat,
}

impl View {
    pub(super) fn new(frame: &Frame, moving: &[Bbox]) -> opencv::Result<Self> {
        let grey = small(frame)?;
        let scale = [
            f64::from(grey.cols()) / f64::from(frame.size.width),
            f64::from(grey.rows()) / f64::from(frame.size.height),
        ];
        let ground = ground(grey.size()?, scale, moving)?;
        let corners = spread(&corners(&grey, &ground)?, grey.size()?);
        let mut pyramid = Vector::<Mat>::new();
        let window = Sides::new(WINDOW, WINDOW);
        video::build_optical_flow_pyramid_def(&grey, &mut pyramid, window, LEVELS)?;
        let coarse = Coarse::new(&grey)?;
        Ok(Self { pyramid, corners, coarse, scale, ground })
    }

    /// Whether the point lies in the view and not on what moves.
    #[expect(clippy::cast_possible_truncation, reason = "checked to lie in the view")]
    pub(super) fn is_ground(&self, point: Point2f) -> bool {
        let (column, row) = (point.x.round() as i32, point.y.round() as i32);
        let inside =
            (0..self.ground.cols()).contains(&column) && (0..self.ground.rows()).contains(&row);
        inside && self.ground.at_2d::<u8>(row, column).is_ok_and(|value| *value > 0)
    }

    /// The same map in pixels of the whole frame. The middles of the pixels lie half a pixel in.
    pub(super) fn whole(&self, warp: &Warp) -> Option<Warp> {
        let [x, y] = self.scale;
        let shift = |scale: f64| (scale - 1.0) / 2.0;
        let shrink = Warp::new([[x, 0.0, shift(x)], [0.0, y, shift(y)], [0.0, 0.0, 1.0]])?;
        shrink.then(warp)?.then(&shrink.inverse()?)
    }
}

/// The strongest first.
fn corners(grey: &Mat, ground: &Mat) -> opencv::Result<Vector<Point2f>> {
    let mut corners = Vector::<Point2f>::new();
    imgproc::good_features_to_track(
        grey,
        &mut corners,
        MAX_CORNERS,
        QUALITY,
        APART,
        ground,
        3,
        false,
        0.04,
    )?;
    Ok(corners)
}

/// The first few of each cell of the grid.
fn spread(corners: &Vector<Point2f>, sides: Sides) -> Vector<Point2f> {
    let mut taken = [[0; COLUMNS]; ROWS];
    let mut room = |corner: &Point2f| {
        let row = cell(corner.y, sides.height, ROWS);
        let count = &mut taken[row][cell(corner.x, sides.width, COLUMNS)];
        *count += 1;
        *count <= PER_CELL
    };
    corners.iter().filter(|corner| room(corner)).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "`as` saturates, and is cut to the grid"
)]
fn cell(at: f32, side: i32, cells: usize) -> usize {
    ((at / side as f32 * cells as f32) as usize).min(cells - 1)
}

fn small(frame: &Frame) -> opencv::Result<Mat> {
    let Size { width, height } = frame.size;
    let picture = as_mat(frame)?;
    let mut grey = Mat::default();
    if width <= WIDTH {
        imgproc::cvt_color_def(&picture, &mut grey, imgproc::COLOR_BGR2GRAY)?;
        return Ok(grey);
    }
    let rows = side((height * WIDTH).div_ceil(width))?;
    let (mut shrunk, sides) = (Mat::default(), Sides::new(side(WIDTH)?, rows));
    imgproc::resize(&picture, &mut shrunk, sides, 0.0, 0.0, imgproc::INTER_AREA)?;
    imgproc::cvt_color_def(&shrunk, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    Ok(grey)
}

fn ground(sides: Sides, scale: [f64; 2], moving: &[Bbox]) -> opencv::Result<Mat> {
    let mut ground = Mat::new_size_with_default(sides, CV_8U, Scalar::all(255.0))?;
    for bbox in moving {
        let (border_x, border_y) = (BORDER * bbox.width(), BORDER * bbox.height());
        let (left, right) = span(bbox.x1 - border_x, bbox.x2 + border_x, scale[0], sides.width);
        let (top, bottom) = span(bbox.y1 - border_y, bbox.y2 + border_y, scale[1], sides.height);
        if left < right && top < bottom {
            let covered = Rect::new(left, top, right - left, bottom - top);
            Mat::roi_mut(&mut ground, covered)?.set_to_def(&Scalar::all(0.0))?;
        }
    }
    Ok(ground)
}

/// Pixels of the view that a part of one side of the frame touches.
#[expect(clippy::cast_possible_truncation, reason = "clamped to the side")]
fn span(from: f32, to: f32, scale: f64, side: i32) -> (i32, i32) {
    let at = |pixel: f32| {
        let at = f64::from(pixel) * scale;
        if at.is_finite() { at.clamp(0.0, f64::from(side)) } else { 0.0 }
    };
    (at(from).floor() as i32, at(to).ceil() as i32)
}
