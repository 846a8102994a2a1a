//! Both pictures beside each other with what changed drawn in, for a person.

use bytes::Bytes;
use domain::{Frame, Size};
use opencv::core::{self, Mat, Point, Rect, Scalar, Vec3b, Vector};
use opencv::imgproc;
use opencv::prelude::*;

use super::Change;
use super::sheet::Sheet;
use crate::preprocess::side;

/// Each of the two pictures is shown no larger, pixels.
const LONGEST: f64 = 1400.0;
/// And no smaller, so that lines and numbers can be seen.
const SHORTEST: f64 = 480.0;
/// Between the two, pixels.
const GAP: i32 = 8;
/// BGR. What is told of, what is not, what is drawn for comparison.
const KEPT: Scalar = Scalar::new(40.0, 40.0, 214.0, 0.0);
const SUPPRESSED: Scalar = Scalar::new(170.0, 170.0, 170.0, 0.0);

/// Before on the left, after on the right, each change with its number (from 1) in both: red if it is told of, grey
/// if it is suppressed. `like` gives the new frame its time and source.
pub fn side_by_side(sheet: &Sheet, changes: &[Change], like: &Frame) -> opencv::Result<Frame> {
    let longer = f64::from(sheet.size.width.max(sheet.size.height));
    let zoom = (LONGEST / longer).min(1.0).max((SHORTEST / longer).min(4.0));
    let (width, height) = (pixels(sheet.size.width, zoom), pixels(sheet.size.height, zoom));
    let mut canvas = Mat::new_rows_cols_with_default(
        height,
        2 * width + GAP,
        Vec3b::opencv_type(),
        Scalar::all(255.0),
    )?;
    for (bgr, left) in [(&sheet.before, 0), (&sheet.after, width + GAP)] {
        let picture = Mat::new_rows_cols_with_bytes::<Vec3b>(
            side(sheet.size.height)?,
            side(sheet.size.width)?,
            bgr,
        )?;
        let mut shown = Mat::roi_mut(&mut canvas, Rect::new(left, 0, width, height))?;
        let mut sized = Mat::default();
        let to = core::Size::new(width, height);
        imgproc::resize(&picture, &mut sized, to, 0.0, 0.0, imgproc::INTER_AREA)?;
        sized.copy_to(&mut shown)?;
        for (number, change) in (1..).zip(changes) {
            draw(&mut shown, change, number, sheet.scale.map(|scale| scale * zoom))?;
        }
    }
    let size = Size { width: canvas.cols().unsigned_abs(), height: canvas.rows().unsigned_abs() };
    let bgr = Bytes::copy_from_slice(canvas.data_bytes()?);
    Ok(Frame { size, bgr: bgr.into(), ..like.clone() })
}

fn draw(
    picture: &mut impl core::ToInputOutputArray,
    change: &Change,
    number: usize,
    [sx, sy]: [f64; 2],
) -> opencv::Result<()> {
    let at = |&[x, y]: &[f64; 2]| Point::new(whole(x * sx), whole(y * sy));
    let rings: Vector<Vector<Point>> =
        change.rings.iter().map(|ring| ring.iter().map(at).collect::<Vector<Point>>()).collect();
    let kept = change.suppressed.is_none();
    let (colour, line) = if kept { (KEPT, 2) } else { (SUPPRESSED, 1) };
    imgproc::polylines(picture, &rings, true, colour, line, imgproc::LINE_AA, 0)?;
    let Some(corner) = change.rings.first().and_then(|ring| ring.first()) else { return Ok(()) };
    let Point { x, y } = at(corner);
    let text = Point::new(x + 3, (y - 4).max(12));
    let font = imgproc::FONT_HERSHEY_SIMPLEX;
    imgproc::put_text(
        picture,
        &number.to_string(),
        text,
        font,
        0.5,
        colour,
        1,
        imgproc::LINE_AA,
        false,
    )
}

fn pixels(side: u32, zoom: f64) -> i32 {
    whole(f64::from(side) * zoom).max(1)
}

#[expect(clippy::cast_possible_truncation, reason = "pixels of a picture")]
fn whole(value: f64) -> i32 {
    value.round() as i32
}
