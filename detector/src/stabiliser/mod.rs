//! How the camera moved between two frames, seen from the pixels alone.
//!
//! Corners of the frame before, outside the boxes of things that move by themselves, are followed
//! into this frame by sparse optical flow; the map that most of them agree on is the camera's. Works
//! on a small grey copy. Deterministic: the same frames and boxes give the same motion.
//!
//! Assumes that most of what it sees is the ground or nearly flat. Leaves to others what the motion
//! does to tracks ([`crate::Tracker::update_moved`]) and whether a source moves at all.

mod coarse;
pub(crate) mod fit;
mod view;

use domain::{Bbox, Frame, Size};
use opencv::core::{
    Point2f, Size as Sides, TermCriteria, TermCriteria_COUNT, TermCriteria_EPS, Vector,
};
use opencv::video;

use self::fit::{Pair, fit};
use self::view::View;
use crate::motion::Motion;

/// With fewer pairs that agree there is no motion.
const MIN_INLIERS: usize = 16;
/// With a smaller share of pairs that agree there is no motion: by chance, some always do.
const MIN_SHARE: f64 = 0.4;
/// A corner that is followed there and back must come home this close, in pixels of the view.
const MAX_RETURN: f32 = 0.7;
/// Side of the window in which a corner is looked for, and how often the picture is halved first:
/// together they bound the motion that can be followed, to about an eighth of the width.
const WINDOW: i32 = 15;
const LEVELS: i32 = 3;

/// Follows the camera of one source. A new session of the source needs a new one.
#[derive(Debug, Default)]
pub struct Stabiliser {
    before: Option<(Size, View)>,
}

/// A frame could not be looked at.
#[derive(Debug, thiserror::Error)]
#[error("cannot compare a picture of {width}x{height} pixels with the one before")]
pub struct StabiliseError {
    width: u32,
    height: u32,
    source: opencv::Error,
}

impl Stabiliser {
    /// One that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// How the camera moved since the frame before. `moving`: what in *this* frame may move by
    /// itself, in pixels.
    ///
    /// A frame of another size than the one before is a cut. After an error the next frame is
    /// compared with the last one that could be looked at.
    pub fn follow(&mut self, frame: &Frame, moving: &[Bbox]) -> Result<Motion, StabiliseError> {
        let Size { width, height } = frame.size;
        let failed = |source| StabiliseError { width, height, source };
        let now = View::new(frame, moving).map_err(failed)?;
        let motion = match &self.before {
            None => Motion::Blind,
            Some((size, _)) if *size != frame.size => Motion::Cut,
            Some((_, before)) => between(before, &now).map_err(failed)?,
        };
        self.before = Some((frame.size, now));
        Ok(motion)
    }
}

fn between(before: &View, now: &View) -> opencv::Result<Motion> {
    // A blur or the dark hides where the picture went. Only another picture is a cut.
    let untold = if before.coarse.resembles(&now.coarse) { Motion::Blind } else { Motion::Cut };
    let pairs = pairs(before, now)?;
    if pairs.len() < MIN_INLIERS {
        return Ok(untold);
    }
    let agreed = fit(&pairs)?
        .filter(|fit| fit.inliers >= MIN_INLIERS && share(fit.inliers, pairs.len()) >= MIN_SHARE);
    let known = agreed.and_then(|fit| {
        let inliers = u32::try_from(fit.inliers).ok()?;
        Some(Motion::Known { warp: now.whole(&fit.warp)?, inliers })
    });
    Ok(known.unwrap_or(untold))
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred corners")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// Where the corners of the view before are now, in pixels of the view.
fn pairs(before: &View, now: &View) -> opencv::Result<Vec<Pair>> {
    if before.corners.is_empty() {
        return Ok(vec![]);
    }
    let (there, found) = flow(before, now, &before.corners)?;
    let (back, returned) = flow(now, before, &there)?;
    let mut pairs = vec![];
    for (i, from) in before.corners.iter().enumerate() {
        let (to, home) = (there.get(i)?, back.get(i)?);
        let followed = found.get(i)? == 1 && returned.get(i)? == 1;
        let close = (home.x - from.x).hypot(home.y - from.y) <= MAX_RETURN;
        if followed && close && now.is_ground(to) {
            let place = |p: Point2f| [f64::from(p.x), f64::from(p.y)];
            pairs.push(Pair { from: place(from), to: place(to) });
        }
    }
    Ok(pairs)
}

type Flow = (Vector<Point2f>, Vector<u8>);

fn flow(from: &View, to: &View, points: &Vector<Point2f>) -> opencv::Result<Flow> {
    let (mut there, mut found, mut error) =
        (Vector::<Point2f>::new(), Vector::<u8>::new(), Vector::<f32>::new());
    video::calc_optical_flow_pyr_lk(
        &from.pyramid,
        &to.pyramid,
        points,
        &mut there,
        &mut found,
        &mut error,
        Sides::new(WINDOW, WINDOW),
        LEVELS,
        TermCriteria { typ: TermCriteria_COUNT + TermCriteria_EPS, max_count: 20, epsilon: 0.03 },
        0,
        1e-4,
    )?;
    Ok((there, found))
}

#[cfg(test)]
mod tests;
