//! How the picture moved from one frame to the next, because the camera did.
//!
//! Plain numbers: how they are found is the stabiliser's business, what they mean for tracks is the
//! tracker's. Pixels are those of the whole frame, x to the right and y down.

use domain::Bbox;

/// What is known of the way from the frame before to this one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Motion {
    /// The ground moved like this.
    Known {
        warp: Warp,
        /// Points of the picture that say so.
        inliers: u32,
    },
    /// There is nothing to hold on to (night, fog, bare water), or no frame before. Tracks are
    /// followed as if the camera had stood still, which is most often nearly right.
    Blind,
    /// There is plenty to see and none of it is where it could have moved to: another scene. No
    /// track continues.
    Cut,
}

impl Motion {
    /// A camera that does not move.
    pub const STILL: Self = Self::Known { warp: Warp::IDENTITY, inliers: 0 };
}

/// A projective map of the picture plane: row-major 3 × 3, the last number 1. Takes pixels of the
/// frame before to pixels of this frame. Neither mirrors nor tears: its determinant is positive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Warp([[f64; 3]; 3]);

/// A denominator smaller than this is the horizon or beyond.
const HORIZON: f64 = 1e-6;

impl Warp {
    pub const IDENTITY: Self = Self([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);

    /// Nothing if a number is not finite, if the last is 0, or if the picture would be mirrored or
    /// flattened.
    pub fn new(rows: [[f64; 3]; 3]) -> Option<Self> {
        let last = rows[2][2];
        let warp = Self(rows.map(|row| row.map(|number| number / last)));
        let sound = warp.0.iter().flatten().all(|number| number.is_finite());
        (sound && warp.determinant() > 1e-9).then_some(warp)
    }

    /// A shift by so many pixels.
    pub fn shift(x: f64, y: f64) -> Option<Self> {
        Self::new([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])
    }

    pub fn rows(&self) -> [[f64; 3]; 3] {
        self.0
    }

    /// Where the pixel is now; nothing if it is beyond the horizon.
    pub fn point(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        let [across, down, depth] = self.0.map(|row| row[0] * x + row[1] * y + row[2]);
        (depth > HORIZON).then(|| [across / depth, down / depth])
    }

    /// This, and then `next`.
    pub fn then(&self, next: &Self) -> Option<Self> {
        let column = |j: usize| self.0.map(|row| row[j]);
        let times = |row: [f64; 3], j: usize| -> f64 {
            row.iter().zip(column(j)).map(|(a, b)| a * b).sum()
        };
        Self::new(next.0.map(|row| [times(row, 0), times(row, 1), times(row, 2)]))
    }

    /// The way back.
    pub fn inverse(&self) -> Option<Self> {
        let minor = |i: usize, j: usize| {
            let at = |down: usize, right: usize| self.0[(i + down) % 3][(j + right) % 3];
            at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)
        };
        let adjugate =
            std::array::from_fn(|i| std::array::from_fn(|j| minor(j, i) / self.determinant()));
        Self::new(adjugate)
    }

    /// Where the box is now: its middle moves, its sides grow as the picture does there. It does
    /// not turn: a box around a thing that turned is not known from the box before.
    pub fn bbox(&self, bbox: Bbox) -> Option<Bbox> {
        let local = self.near(middle(bbox))?;
        let [grow_x, grow_y] = local.growth();
        let half = |length: f32, grow: f64| f64::from(length) / 2.0 * grow;
        let (w, h) = (half(bbox.width(), grow_x), half(bbox.height(), grow_y));
        let [x, y] = local.at;
        Some(Bbox { x1: pixel(x - w), y1: pixel(y - h), x2: pixel(x + w), y2: pixel(y + h) })
    }

    /// What the map does to the neighbourhood of a pixel.
    pub(crate) fn near(&self, [x, y]: [f64; 2]) -> Option<Local> {
        let at = self.point([x, y])?;
        let w = self.0[2][0] * x + self.0[2][1] * y + self.0[2][2];
        let slope = |i: usize, j: usize| (self.0[i][j] - at[i] * self.0[2][j]) / w;
        let jacobian = [[slope(0, 0), slope(0, 1)], [slope(1, 0), slope(1, 1)]];
        Some(Local { at, jacobian })
    }

    fn determinant(&self) -> f64 {
        let m = &self.0;
        let minor = |p: usize, q: usize| m[1][p] * m[2][q] - m[1][q] * m[2][p];
        m[0][0] * minor(1, 2) - m[0][1] * minor(0, 2) + m[0][2] * minor(0, 1)
    }
}

/// A map near one pixel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Local {
    /// Where the pixel is now.
    pub(crate) at: [f64; 2],
    /// What becomes of a small step: new = jacobian × old.
    pub(crate) jacobian: [[f64; 2]; 2],
}

impl Local {
    /// By how much a step to the right and a step down grow.
    pub(crate) fn growth(&self) -> [f64; 2] {
        let [[a, b], [c, d]] = self.jacobian;
        [a.hypot(c), b.hypot(d)]
    }
}

fn middle(bbox: Bbox) -> [f64; 2] {
    let half = |from: f32, to: f32| f64::midpoint(f64::from(from), f64::from(to));
    [half(bbox.x1, bbox.x2), half(bbox.y1, bbox.y2)]
}

#[expect(clippy::cast_possible_truncation, reason = "pixels need no more than f32")]
fn pixel(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn warp(a: f64, scale: f64, x: f64, tilt: f64) -> Warp {
        let (sin, cos) = (scale * a.sin(), scale * a.cos());
        Warp::new([[cos, -sin, x], [sin, cos, -x / 2.0], [tilt, -tilt / 2.0, 1.0]]).unwrap()
    }

    #[test]
    fn what_is_no_map_is_refused() {
        let sane = Warp::IDENTITY.rows();
        for (i, j, value) in [(0, 0, f64::NAN), (2, 2, 0.0), (0, 0, -1.0), (1, 1, 0.0)] {
            let mut rows = sane;
            rows[i][j] = value;
            assert_eq!(Warp::new(rows), None, "{rows:?}");
        }
        assert_eq!(Warp::new(sane.map(|row| row.map(|n| 2.0 * n))), Some(Warp::IDENTITY));
    }

    #[test]
    fn a_box_moves_and_grows_but_does_not_turn() {
        let bbox = Bbox { x1: 10.0, y1: 20.0, x2: 50.0, y2: 30.0 };
        assert_eq!(Warp::IDENTITY.bbox(bbox), Some(bbox));
        let moved = Warp::shift(5.0, -3.0).unwrap().bbox(bbox).unwrap();
        assert_eq!(moved, Bbox { x1: 15.0, y1: 17.0, x2: 55.0, y2: 27.0 });
        let grown = warp(0.0, 2.0, 0.0, 0.0).bbox(bbox).unwrap();
        assert_eq!(grown, Bbox { x1: 20.0, y1: 40.0, x2: 100.0, y2: 60.0 });
        let turned = warp(1.0, 1.0, 0.0, 0.0).bbox(bbox).unwrap();
        assert!((turned.width() - 40.0).abs() < 1e-4 && (turned.height() - 10.0).abs() < 1e-4);
    }

    #[test]
    fn beyond_the_horizon_there_is_nothing() {
        let tilted = warp(0.0, 1.0, 0.0, -0.01);
        assert!(tilted.point([50.0, 0.0]).is_some());
        assert_eq!(tilted.point([100.0, 0.0]), None);
        assert!(tilted.bbox(Bbox { x1: 150.0, y1: 0.0, x2: 160.0, y2: 9.0 }).is_none());
    }

    proptest! {
        #[test]
        fn there_and_back_and_on(
            a in -1.0_f64..1.0, scale in 0.5_f64..2.0, x in -99.0_f64..99.0,
            tilt in -1e-4_f64..1e-4, px in 0.0_f64..640.0, py in 0.0_f64..360.0,
        ) {
            let (one, other) = (warp(a, scale, x, tilt), warp(-a / 2.0, 1.1, -x, tilt / 2.0));
            let there = one.point([px, py]).unwrap();
            let back = one.inverse().unwrap().point(there).unwrap();
            prop_assert!((back[0] - px).abs() < 1e-6 && (back[1] - py).abs() < 1e-6);
            let (stepwise, at_once) =
                (other.point(there).unwrap(), one.then(&other).unwrap().point([px, py]).unwrap());
            prop_assert!((stepwise[0] - at_once[0]).abs() < 1e-6);
            prop_assert!((stepwise[1] - at_once[1]).abs() < 1e-6);
            // The neighbourhood is what a small step shows.
            let local = one.near([px, py]).unwrap();
            let step = one.point([px + 1e-3, py]).unwrap();
            prop_assert!(((step[0] - there[0]) / 1e-3 - local.jacobian[0][0]).abs() < 1e-3);
            prop_assert!(((step[1] - there[1]) / 1e-3 - local.jacobian[1][0]).abs() < 1e-3);
        }
    }
}
