//! The plane-to-plane map between a picture and flat ground.
//!
//! Fitted by the normalised direct linear transform (Hartley 1997): a handful of surveyed points is
//! no image work, so this stands on nalgebra and the crate stays free of `OpenCV`.

use nalgebra::{DMatrix, Matrix2, Matrix3, Vector2, Vector3};

/// Maps picture points to ground points (or any plane to any plane).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Homography(Matrix3<f64>);

impl Homography {
    /// Fits `to ≈ H·from` to at least 4 pairs. `None` when the points do not fix a homography:
    /// too few, three of four on a line, or numbers that are not finite.
    pub fn fit(pairs: &[(Vector2<f64>, Vector2<f64>)]) -> Option<Self> {
        if pairs.len() < 4 {
            return None;
        }
        let from = normaliser(pairs.iter().map(|p| p.0))?;
        let to = normaliser(pairs.iter().map(|p| p.1))?;
        let mut rows = DMatrix::zeros(2 * pairs.len().max(5), 9);
        for (i, (a, b)) in pairs.iter().enumerate() {
            let (p, q) = (from * a.push(1.0), to * b.push(1.0));
            for (j, value) in [-p.x, -p.y, -1.0].into_iter().enumerate() {
                rows[(2 * i, j)] = value;
                rows[(2 * i + 1, j + 3)] = value;
                rows[(2 * i, j + 6)] = -value * q.x;
                rows[(2 * i + 1, j + 6)] = -value * q.y;
            }
        }
        let svd = rows.svd(false, true);
        let (smallest, second) = two_smallest(svd.singular_values.as_slice())?;
        let determined = svd.singular_values[second] > 1e-9 * svd.singular_values.max();
        let v = svd.v_t?.row(smallest).transpose();
        let h = Matrix3::new(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8]);
        let h = to.try_inverse()? * h * from;
        // The sign is free; with it, points in front of the camera get a positive scale.
        let h = if (h * pairs[0].0.push(1.0)).z < 0.0 { -h } else { h };
        let same_side = pairs.iter().all(|(a, _)| (h * a.push(1.0)).z > 0.0);
        (determined && same_side && h.iter().all(|x| x.is_finite())).then_some(Self(h))
    }

    /// Maps a point. `None` on the far side of the horizon.
    pub fn map(&self, point: Vector2<f64>) -> Option<Vector2<f64>> {
        let p = self.0 * point.push(1.0);
        (p.z > f64::EPSILON * self.0.norm()).then(|| Vector2::new(p.x / p.z, p.y / p.z))
    }

    /// Row-major, the last number 1 unless it would be 0.
    pub fn rows(&self) -> [[f64; 3]; 3] {
        let scale = if self.0[(2, 2)].abs() > f64::EPSILON { self.0[(2, 2)] } else { 1.0 };
        let h = self.0 / scale;
        [0, 1, 2].map(|row| [0, 1, 2].map(|column| h[(row, column)]))
    }

    /// How the mapped point moves per unit of the point: columns ∂/∂x and ∂/∂y.
    pub fn jacobian(&self, point: Vector2<f64>) -> Option<Matrix2<f64>> {
        let at = self.map(point)?;
        let h = &self.0;
        let w = (h * point.push(1.0)).z;
        Some(
            Matrix2::new(
                h[(0, 0)] - at.x * h[(2, 0)],
                h[(0, 1)] - at.x * h[(2, 1)],
                h[(1, 0)] - at.y * h[(2, 0)],
                h[(1, 1)] - at.y * h[(2, 1)],
            ) / w,
        )
    }
}

/// Moves points to their centroid and scales them to a mean distance of √2.
fn normaliser(points: impl Iterator<Item = Vector2<f64>> + Clone) -> Option<Matrix3<f64>> {
    let (mut sum, mut count) = (Vector2::zeros(), 0.0);
    for p in points.clone() {
        sum += p;
        count += 1.0;
    }
    let centre: Vector2<f64> = sum / count;
    let spread = points.map(|p| (p - centre).norm()).sum::<f64>() / count;
    let scale = std::f64::consts::SQRT_2 / spread;
    let shift = Vector3::new(-centre.x * scale, -centre.y * scale, 1.0);
    scale.is_finite().then(|| Matrix3::new(scale, 0.0, shift.x, 0.0, scale, shift.y, 0.0, 0.0, 1.0))
}

/// Indices of the smallest and second smallest value.
fn two_smallest(values: &[f64]) -> Option<(usize, usize)> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    Some((*order.first()?, *order.get(1)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grid(map: impl Fn(f64, f64) -> (f64, f64)) -> Vec<(Vector2<f64>, Vector2<f64>)> {
        [(0.0, 0.0), (640.0, 0.0), (640.0, 360.0), (0.0, 360.0), (300.0, 200.0), (100.0, 250.0)]
            .iter()
            .map(|&(x, y)| {
                let (e, n) = map(x, y);
                (Vector2::new(x, y), Vector2::new(e, n))
            })
            .collect()
    }

    fn oblique(x: f64, y: f64) -> (f64, f64) {
        let w = 0.002 * y + 0.4;
        ((0.05 * x - 12.0) / w, (-0.01 * x - 0.05 * y + 40.0) / w)
    }

    #[test]
    fn points_on_a_line_fix_nothing() {
        let line: Vec<_> = (0..6)
            .map(|i| (Vector2::new(f64::from(i), 1.0), Vector2::new(f64::from(i), 2.0)))
            .collect();
        assert_eq!(Homography::fit(&line), None);
        assert_eq!(Homography::fit(&grid(oblique)[..3]), None);
        assert_eq!(Homography::fit(&[(Vector2::zeros(), Vector2::zeros()); 5]), None);
    }

    #[test]
    fn four_points_are_enough() {
        let h = Homography::fit(&grid(oblique)[..4]).unwrap();
        let (e, n) = oblique(320.0, 180.0);
        assert!((h.map(Vector2::new(320.0, 180.0)).unwrap() - Vector2::new(e, n)).norm() < 1e-9);
    }

    #[test]
    fn nothing_lies_beyond_the_horizon() {
        let h = Homography::fit(&grid(oblique)).unwrap();
        assert!(h.map(Vector2::new(320.0, -150.0)).is_some());
        assert!(h.map(Vector2::new(320.0, -250.0)).is_none());
    }

    proptest! {
        #[test]
        fn the_jacobian_is_the_slope(x in 0.0..640.0, y in 0.0..360.0) {
            let h = Homography::fit(&grid(oblique)).unwrap();
            let (at, j) = (Vector2::new(x, y), h.jacobian(Vector2::new(x, y)).unwrap());
            let step = 1e-4;
            for (k, d) in [Vector2::new(step, 0.0), Vector2::new(0.0, step)].into_iter().enumerate() {
                let slope = (h.map(at + d).unwrap() - h.map(at - d).unwrap()) / (2.0 * step);
                prop_assert!((slope - j.column(k)).norm() < 1e-5 * (1.0 + slope.norm()));
            }
        }
    }
}
