//! Both pictures about one change, pixel on pixel and as they were taken: what is kept as evidence.

use bytes::Bytes;
use domain::{Frame, Size};
use opencv::core::{self, Mat, Point, Rect, Scalar, Vec3b, Vector};
use opencv::imgproc;
use opencv::prelude::*;

use super::Change;
use super::sheet::{Sheet, Tone};
use crate::motion::Warp;
use crate::preprocess::{as_mat, side};

/// One of the two pictures.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The change with the place around it.
    pub scene: Frame,
    /// The same with the outline drawn in.
    pub annotated: Frame,
    /// The change alone.
    pub crop: Frame,
}

/// A scene is at least so large, pixels of the later picture, where that reaches.
const SCENE: f64 = 1280.0;
/// And no larger: what is larger is shrunk.
const LARGEST: f64 = 1600.0;
/// Around the change, as a part of its longer side.
const MARGIN: f64 = 0.5;
/// BGR.
const OUTLINE: Scalar = Scalar::new(40.0, 40.0, 214.0, 0.0);

/// The earlier picture, moved over the later one by `warp` and black where it shows nothing, and the later one.
pub fn about(
    before: &Frame,
    after: &Frame,
    warp: &Warp,
    change: &Change,
) -> opencv::Result<[Shown; 2]> {
    let bounds = bounds(change);
    let longer = (bounds[2] - bounds[0]).max(bounds[3] - bounds[1]);
    let scene = window(bounds, (MARGIN * longer).max((SCENE - longer) / 2.0), after.size)?;
    let close = window(bounds, MARGIN * longer, after.size)?;
    let [before_scene, after_scene] = laid(before, after, warp, scene)?;
    let [before_crop, after_crop] = laid(before, after, warp, close)?;
    let shown = |scene: Frame, crop: Frame, window: Rect| -> opencv::Result<Shown> {
        let annotated = outlined(&scene, change, window)?;
        Ok(Shown { scene, annotated, crop })
    };
    Ok([shown(before_scene, before_crop, scene)?, shown(after_scene, after_crop, scene)?])
}

/// Both pictures in a window of the later one.
fn laid(before: &Frame, after: &Frame, warp: &Warp, window: Rect) -> opencv::Result<[Frame; 2]> {
    let cut = cut(after, window)?;
    let shift = Warp::shift(-f64::from(window.x), -f64::from(window.y));
    let onto = shift.and_then(|shift| warp.then(&shift));
    let onto = onto.ok_or_else(|| opencv::Error::new(core::StsBadArg, "no map"))?;
    let longer = f64::from(window.width.max(window.height));
    let mut sheet = Sheet::new(before, &cut, &onto, (LARGEST / longer).min(1.0), Tone::AsTaken)?;
    for (pixel, _) in sheet.before.chunks_exact_mut(3).zip(&sheet.seen).filter(|(_, seen)| !**seen)
    {
        pixel.fill(0);
    }
    let frame = |bgr: Vec<u8>, like: &Frame| Frame {
        size: sheet.size,
        bgr: Bytes::from(bgr).into(),
        ..like.clone()
    };
    Ok([frame(sheet.before, before), frame(sheet.after, after)])
}

fn cut(frame: &Frame, window: Rect) -> opencv::Result<Frame> {
    let whole = as_mat(frame)?;
    let part = Mat::roi(&whole, window)?.try_clone()?;
    let size = Size { width: window.width.unsigned_abs(), height: window.height.unsigned_abs() };
    let bgr = Bytes::copy_from_slice(part.data_bytes()?);
    Ok(Frame { size, bgr: bgr.into(), ..frame.clone() })
}

/// Left, top, right, bottom.
fn bounds(change: &Change) -> [f64; 4] {
    let none = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    change.rings.iter().flatten().fold(none, |[left, top, right, bottom], &[x, y]| {
        [left.min(x), top.min(y), right.max(x), bottom.max(y)]
    })
}

fn window(bounds: [f64; 4], around: f64, size: Size) -> opencv::Result<Rect> {
    let span = |from: f64, to: f64, length: u32| {
        let length = f64::from(length);
        let start = (from - around).floor().clamp(0.0, length - 1.0);
        (start, (to + around).ceil().clamp(start + 1.0, length) - start)
    };
    if !bounds.iter().all(|bound| bound.is_finite()) {
        return Err(opencv::Error::new(core::StsBadArg, "no outline"));
    }
    let (x, width) = span(bounds[0], bounds[2], size.width);
    let (y, height) = span(bounds[1], bounds[3], size.height);
    Ok(Rect::new(whole(x), whole(y), whole(width), whole(height)))
}

fn outlined(scene: &Frame, change: &Change, window: Rect) -> opencv::Result<Frame> {
    let mut pixels = scene.bgr.to_vec();
    let (rows, columns) = (side(scene.size.height)?, side(scene.size.width)?);
    let mut picture = Mat::new_rows_cols_with_bytes_mut::<Vec3b>(rows, columns, &mut pixels)?;
    let zoom = f64::from(scene.size.width) / f64::from(window.width);
    let (left, top) = (f64::from(window.x), f64::from(window.y));
    let at = |&[x, y]: &[f64; 2]| Point::new(whole((x - left) * zoom), whole((y - top) * zoom));
    let rings: Vector<Vector<Point>> =
        change.rings.iter().map(|ring| ring.iter().map(at).collect::<Vector<Point>>()).collect();
    imgproc::polylines(&mut picture, &rings, true, OUTLINE, 2, imgproc::LINE_AA, 0)?;
    Ok(Frame { bgr: pixels.into(), ..scene.clone() })
}

#[expect(clippy::cast_possible_truncation, reason = "pixels of a picture")]
fn whole(value: f64) -> i32 {
    value.round() as i32
}
