//! Which places a view looked at: absence must be seen.
//!
//! A camera on a pole looks at its ground in every frame. One in the air looks away, and what it does
//! not look at is neither lost nor gone.

use domain::{LonLat, Mount, Place, View};
use jiff::SignedDuration;

/// One view, and the time since the view before it.
#[derive(Debug)]
pub(crate) struct Gaze<'a> {
    mount: &'a Mount,
    step: SignedDuration,
}

/// Between views of a flight that are farther apart nobody looked: it is another pass, or a photo.
const LONGEST_STEP: SignedDuration = SignedDuration::from_secs(2);

impl<'a> Gaze<'a> {
    pub(crate) fn new(view: &'a View, step: SignedDuration) -> Self {
        Self { mount: &view.mount, step }
    }

    /// The time since the view before.
    pub(crate) fn step(&self) -> SignedDuration {
        self.step
    }

    /// Whether all of these points were looked at, from the last view to this one.
    pub(crate) fn holds(&self, points: impl IntoIterator<Item = LonLat>) -> bool {
        match self.mount {
            Mount::Fixed => true,
            Mount::Moving { looked } => {
                self.step <= LONGEST_STEP && points.into_iter().all(|point| shows(looked, point))
            }
        }
    }

    /// How much of the time since the last view nobody looked at `place`.
    pub(crate) fn averted(&self, place: &Place) -> SignedDuration {
        match self.mount {
            Mount::Fixed => SignedDuration::ZERO,
            Mount::Moving { looked } if self.step <= LONGEST_STEP && shows_place(looked, place) => {
                SignedDuration::ZERO
            }
            Mount::Moving { .. } => self.step,
        }
    }
}

fn shows_place(ring: &[[f64; 2]], place: &Place) -> bool {
    let Place::Ground { lon, lat, .. } = *place else { return false };
    LonLat::new(lon, lat).is_some_and(|point| shows(ring, point))
}

/// Whether the ground that was looked at holds a point.
pub(crate) fn shows(ring: &[[f64; 2]], point: LonLat) -> bool {
    inside(ring, [point.lon(), point.lat()])
}

/// Whether a ring goes around a point: crossings of the ray to the east. Degrees will do, for
/// stretching the map changes nothing about it.
fn inside(ring: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let mut odd = false;
    for edge in ring.windows(2) {
        let ([ax, ay], [bx, by]) = (edge[0], edge[1]);
        if (ay > y) != (by > y) && x < ax + (y - ay) / (by - ay) * (bx - ax) {
            odd = !odd;
        }
    }
    odd
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_a_ring_and_beside_it() {
        let ring = [[0.0, 0.0], [4.0, 0.0], [4.0, 2.0], [2.0, 1.0], [0.0, 2.0], [0.0, 0.0]];
        for (point, expected) in [
            ([1.0, 1.0], true),
            ([2.0, 1.5], false),
            ([3.5, 1.5], true),
            ([5.0, 1.0], false),
            ([-1.0, 1.0], false),
        ] {
            assert_eq!(inside(&ring, point), expected, "{point:?}");
        }
        assert!(!inside(&[], [0.0, 0.0]));
    }
}
