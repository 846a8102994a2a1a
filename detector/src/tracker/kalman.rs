//! Where a box will be next: ByteTrack's Kalman filter of constant velocity.
//!
//! State: centre x, centre y, aspect (width / height), height, and the velocity of each. In the
//! original's matrices no axis ever touches another, so four filters of two states each give the
//! same numbers as one of eight. Noise grows with the height of the box and, unlike the original's,
//! with time: at 30 frames a second it is the original's.

use domain::Bbox;

use crate::motion::Warp;

/// The frame rate for which the original's noise was chosen; velocities are per such a frame.
const NOMINAL_RATE_HZ: f64 = 30.0;
/// Standard deviation of a position, in heights.
const POSITION: f64 = 1.0 / 20.0;
/// Standard deviation of a velocity, in heights per nominal frame.
const VELOCITY: f64 = 1.0 / 160.0;
/// Standard deviations of the aspect: of the prediction, its velocity, the measurement.
const ASPECT: (f64, f64, f64) = (1e-2, 1e-5, 1e-1);

/// A box in motion, in pixels.
#[derive(Debug, Clone)]
pub(super) struct Kalman {
    x: Axis,
    y: Axis,
    aspect: Axis,
    height: Axis,
}

impl Kalman {
    /// At rest, with the doubt of a first sight.
    pub(super) fn new(seen: Bbox) -> Self {
        let [x, y, aspect, height] = measured(seen);
        let length = |value| Axis::new(value, 2.0 * POSITION * height, 10.0 * VELOCITY * height);
        Self {
            x: length(x),
            y: length(y),
            aspect: Axis::new(aspect, ASPECT.0, ASPECT.1),
            height: length(height),
        }
    }

    /// Moves on by `seconds`.
    pub(super) fn predict(&mut self, seconds: f64) {
        let frames = seconds * NOMINAL_RATE_HZ;
        let scale = self.height.value.abs().max(1.0);
        for axis in [&mut self.x, &mut self.y, &mut self.height] {
            axis.predict(frames, POSITION * scale, VELOCITY * scale);
        }
        self.aspect.predict(frames, ASPECT.0, ASPECT.1);
    }

    /// Takes in where it was seen.
    pub(super) fn correct(&mut self, seen: Bbox) {
        let [x, y, aspect, height] = measured(seen);
        let sigma = POSITION * self.height.value.abs().max(1.0);
        self.x.correct(x, sigma);
        self.y.correct(y, sigma);
        self.height.correct(height, sigma);
        self.aspect.correct(aspect, ASPECT.2);
    }

    /// Moves with the picture. What two axes come to know of each other by a turn is left out: a
    /// camera turns little between two frames.
    pub(super) fn warp(&mut self, warp: &Warp) {
        let Some(local) = warp.near([self.x.value, self.y.value]) else { return };
        let [[a, b], [c, d]] = local.jacobian;
        let [width, height] = local.growth();
        let mixed = |at, to_x, to_y| Axis::mixed(at, (to_x, &self.x), (to_y, &self.y));
        (self.x, self.y) = (mixed(local.at[0], a, b), mixed(local.at[1], c, d));
        self.height.grow(height);
        self.aspect.grow(width / height);
    }

    /// Forgets that it grew or shrank: a guess that is worse than none once it is out of sight.
    pub(super) fn keep_size(&mut self) {
        self.height.velocity = 0.0;
    }

    /// Forgets that it moved.
    pub(super) fn stop(&mut self) {
        self.x.velocity = 0.0;
        self.y.velocity = 0.0;
        self.height.velocity = 0.0;
    }

    /// The box as believed now.
    #[expect(clippy::cast_possible_truncation, reason = "pixels need no more than f32")]
    pub(super) fn bbox(&self) -> Bbox {
        let half_height = self.height.value.max(0.0) / 2.0;
        let half_width = half_height * self.aspect.value.max(0.0);
        Bbox {
            x1: (self.x.value - half_width) as f32,
            y1: (self.y.value - half_height) as f32,
            x2: (self.x.value + half_width) as f32,
            y2: (self.y.value + half_height) as f32,
        }
    }
}

fn measured(seen: Bbox) -> [f64; 4] {
    let (width, height) = (f64::from(seen.width()), f64::from(seen.height()));
    let (left, top) = (f64::from(seen.x1), f64::from(seen.y1));
    [left + width / 2.0, top + height / 2.0, width / height.max(f64::MIN_POSITIVE), height]
}

/// One number and its velocity per nominal frame, with their covariance.
#[derive(Debug, Clone)]
struct Axis {
    value: f64,
    velocity: f64,
    /// Variance of the value, covariance, variance of the velocity.
    covariance: [f64; 3],
}

impl Axis {
    fn new(value: f64, sigma: f64, velocity_sigma: f64) -> Self {
        let covariance = [sigma * sigma, 0.0, velocity_sigma * velocity_sigma];
        Self { value, velocity: 0.0, covariance }
    }

    /// At `value`, with the doubt and the velocity of two axes in these shares.
    fn mixed(value: f64, (m, one): (f64, &Self), (n, other): (f64, &Self)) -> Self {
        let covariance =
            std::array::from_fn(|i| m * m * one.covariance[i] + n * n * other.covariance[i]);
        Self { value, velocity: m * one.velocity + n * other.velocity, covariance }
    }

    fn grow(&mut self, times: f64) {
        self.value *= times;
        self.velocity *= times;
        self.covariance = self.covariance.map(|number| number * times * times);
    }

    fn predict(&mut self, frames: f64, sigma: f64, velocity_sigma: f64) {
        let [p, c, v] = self.covariance;
        self.value += frames * self.velocity;
        self.covariance = [
            p + frames * (2.0 * c + frames * v + sigma * sigma),
            c + frames * v,
            v + frames * velocity_sigma * velocity_sigma,
        ];
    }

    fn correct(&mut self, measured: f64, sigma: f64) {
        let [p, c, v] = self.covariance;
        let sum = p + sigma * sigma;
        let (gain, velocity_gain) = (p / sum, c / sum);
        let surprise = measured - self.value;
        self.value += gain * surprise;
        self.velocity += velocity_gain * surprise;
        self.covariance = [p * (1.0 - gain), c * (1.0 - gain), v - velocity_gain * c];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bbox(x: f32, y: f32, width: f32, height: f32) -> Bbox {
        Bbox { x1: x, y1: y, x2: x + width, y2: y + height }
    }

    /// The numbers are those of an eight-state filter with the original's matrices.
    #[test]
    fn as_the_filter_of_eight_states() {
        let mut kalman = Kalman::new(bbox(100.0, 50.0, 40.0, 20.0));
        for (x, y, width, height) in SEEN {
            kalman.predict(1.0 / 30.0);
            kalman.correct(bbox(x, y, width, height));
        }
        kalman.predict(1.0 / 30.0);
        let found = kalman.bbox();
        let expected = REFERENCE;
        for (a, b) in [found.x1, found.y1, found.x2, found.y2].into_iter().zip(expected) {
            assert!((a - b).abs() < 1e-3, "{found:?} is not {expected:?}");
        }
    }

    /// Warping what was seen, or what is believed of it, is the same.
    #[test]
    fn warped_as_if_it_had_been_seen_in_the_new_frame() {
        let quarter = [[0.0, -1.0, 300.0], [1.0, 0.0, 20.0], [0.0, 0.0, 1.0]];
        let zoom = [[1.5, 0.0, -40.0], [0.0, 1.2, 30.0], [0.0, 0.0, 1.0]];
        for rows in [quarter, zoom] {
            let warp = Warp::new(rows).unwrap();
            let (mut before, mut after) = (None, None);
            for (x, y, width, height) in SEEN {
                let seen = bbox(x, y, width, height);
                let moved = warp.bbox(seen).unwrap();
                let (old, new): (&mut Kalman, &mut Kalman) = (
                    before.get_or_insert_with(|| Kalman::new(seen)),
                    after.get_or_insert_with(|| Kalman::new(moved)),
                );
                old.predict(1.0 / 30.0);
                old.correct(seen);
                new.predict(1.0 / 30.0);
                new.correct(moved);
            }
            let (mut before, mut after) = (before.unwrap(), after.unwrap());
            before.warp(&warp);
            before.predict(0.1);
            after.predict(0.1);
            let (a, b) = (before.bbox(), after.bbox());
            for (a, b) in [(a.x1, b.x1), (a.y1, b.y1), (a.x2, b.x2), (a.y2, b.y2)] {
                assert!((a - b).abs() < 0.2, "{before:?} is not {after:?}");
            }
        }
    }

    const SEEN: [(f32, f32, f32, f32); 3] =
        [(103.0, 51.0, 40.0, 20.0), (106.5, 51.5, 41.0, 21.0), (109.0, 52.5, 41.0, 22.0)];
    const REFERENCE: [f32; 4] = [109.087_43, 52.845_28, 153.592_56, 75.169_35];
}
