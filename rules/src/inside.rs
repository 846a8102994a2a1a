//! How probably a place with doubt lies inside a polygon.
//!
//! Exact up to quadrature, not sampled, so that equal input gives equal output: the place's Gaussian
//! is whitened to the unit circle, and the mass inside the polygon is, by Green's theorem in polar
//! coordinates, a sum over edges of `∫ (1 − exp(−r(θ)²/2)) dθ / 2π`.

use domain::Covariance;

/// What a probability means for a fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// P ≥ 0.95
    Yes,
    /// P ≤ 0.05
    No,
    /// Look again: never escalates by itself.
    Ambiguous,
}

impl Inside {
    /// From here on it is inside.
    pub const SURE: f64 = 0.95;

    pub fn of(probability: f64) -> Self {
        if probability >= Self::SURE {
            Self::Yes
        } else if probability <= 0.05 {
            Self::No
        } else {
            Self::Ambiguous
        }
    }
}

/// The probability that a Gaussian at `mean` lies inside `rings` (closed or open, any orientation; the
/// first is the outer ring, the rest are holes). Coordinates and the root of `covariance` share a unit.
///
/// A covariance without extent is taken as a point.
pub fn probability_in_polygon(
    mean: [f64; 2],
    covariance: Covariance,
    rings: &[Vec<[f64; 2]>],
) -> f64 {
    let whiten = Whitening::of(covariance);
    let mass = |ring: &[[f64; 2]]| {
        let mut sum = 0.0;
        let mut previous = whiten.apply(mean, *ring.last().unwrap_or(&mean));
        for &corner in ring {
            let corner = whiten.apply(mean, corner);
            sum += edge_mass(previous, corner);
            previous = corner;
        }
        sum.abs()
    };
    let Some((outer, holes)) = rings.split_first() else { return 0.0 };
    (mass(outer) - holes.iter().map(|hole| mass(hole)).sum::<f64>()).clamp(0.0, 1.0)
}

/// `W` with `W·Σ·Wᵀ = 1`: the inverse of Σ's Cholesky factor.
struct Whitening {
    east: f64,
    cross: f64,
    north: f64,
}

impl Whitening {
    /// Below this, metres or parts of a frame, a place counts as a point.
    const SMALLEST_SIGMA: f64 = 1e-6;

    fn of(covariance: Covariance) -> Self {
        let l11 = covariance.east_east.max(0.0).sqrt().max(Self::SMALLEST_SIGMA);
        let l21 = covariance.east_north / l11;
        let l22 = (covariance.north_north - l21 * l21).max(0.0).sqrt().max(Self::SMALLEST_SIGMA);
        Self { east: 1.0 / l11, cross: -l21 / (l11 * l22), north: 1.0 / l22 }
    }

    fn apply(&self, mean: [f64; 2], point: [f64; 2]) -> [f64; 2] {
        let (east, north) = (point[0] - mean[0], point[1] - mean[1]);
        [self.east * east, self.cross * east + self.north * north]
    }
}

/// The signed mass of the triangle between the origin and the edge from `a` to `b`.
fn edge_mass(a: [f64; 2], b: [f64; 2]) -> f64 {
    let edge = [b[0] - a[0], b[1] - a[1]];
    let length = edge[0].hypot(edge[1]);
    let cross = a[0] * b[1] - a[1] * b[0];
    let distance = cross.abs() / length;
    if length == 0.0 || distance < 1e-12 {
        return 0.0;
    }
    let along = |p: [f64; 2]| (p[0] * edge[0] + p[1] * edge[1]) / length;
    // Angles measured from the foot of the perpendicular, where the edge is nearest.
    let (from, to) = (along(a).atan2(distance), along(b).atan2(distance));
    cross.signum() * wedge(distance, from, to) / std::f64::consts::TAU
}

/// `∫ 1 − exp(−(d / cos φ)² / 2) dφ`, by composite Gauss-Legendre quadrature.
fn wedge(distance: f64, from: f64, to: f64) -> f64 {
    // The integrand turns within about `distance` of a right angle: many short pieces catch it.
    let pieces = 16u8;
    let step = (to - from) / f64::from(pieces);
    (0..pieces)
        .map(|piece| {
            let middle = from + step * (f64::from(piece) + 0.5);
            NODES
                .iter()
                .map(|&(x, weight)| {
                    let value = |phi: f64| {
                        let r = distance / phi.cos();
                        -(-0.5 * r * r).exp_m1()
                    };
                    weight * (value(middle - x * step / 2.0) + value(middle + x * step / 2.0))
                })
                .sum::<f64>()
                * step
                / 2.0
        })
        .sum()
}

/// Abscissae and weights of the 8-point rule, positive half (Abramowitz & Stegun 25.4.30).
const NODES: [(f64, f64); 4] = [
    (0.183_434_642_495_65, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887),
    (0.796_666_477_413_627, 0.222_381_034_453_374),
    (0.960_289_856_497_536, 0.101_228_536_290_376),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn square(half: f64) -> Vec<[f64; 2]> {
        vec![[-half, -half], [half, -half], [half, half], [-half, half], [-half, -half]]
    }

    /// Φ(1) − Φ(−1) = 0.682689492, squared for a square.
    #[test]
    fn known_masses() {
        let unit = Covariance::round(1.0);
        let check = |mean, rings: &[Vec<[f64; 2]>], wanted: f64| {
            let got = probability_in_polygon(mean, unit, rings);
            assert!((got - wanted).abs() < 1e-6, "{mean:?}: {got}, not {wanted}");
        };
        check([0.0, 0.0], &[square(1.0)], 0.682_689_492_137f64.powi(2));
        check([0.0, 0.0], &[square(50.0)], 1.0);
        check([0.0, 0.0], &[], 0.0);
        check([100.0, 0.0], &[square(1.0)], 0.0);
        check([50.0, 0.0], &[square(50.0)], 0.5);
        check([50.0, 50.0], &[square(50.0)], 0.25);
        check([0.0, 0.0], &[square(50.0), square(1.0)], 1.0 - 0.682_689_492_137f64.powi(2));
        // Φ(1.5) − Φ(0.5) in one direction.
        let strip = vec![[0.5, -60.0], [1.5, -60.0], [1.5, 60.0], [0.5, 60.0]];
        check([0.0, 0.0], &[strip], 0.933_192_799 - 0.691_462_461);
    }

    #[test]
    fn a_parking_lane_cannot_be_decided_with_metres_of_doubt() {
        let lane = vec![[-1.25, -100.0], [1.25, -100.0], [1.25, 100.0], [-1.25, 100.0]];
        let sure =
            probability_in_polygon([0.0, 0.0], Covariance::round(0.4), std::slice::from_ref(&lane));
        let unsure = probability_in_polygon([0.0, 0.0], Covariance::round(2.0), &[lane]);
        assert_eq!(Inside::of(sure), Inside::Yes);
        assert_eq!(Inside::of(unsure), Inside::Ambiguous);
    }

    #[test]
    fn a_point_without_doubt_is_in_or_out() {
        let exact = Covariance::round(0.0);
        assert!(probability_in_polygon([0.2, 0.1], exact, &[square(1.0)]) > 0.999);
        assert!(probability_in_polygon([1.2, 0.1], exact, &[square(1.0)]) < 0.001);
    }

    proptest! {
        /// A tilted rectangle and a tilted Gaussian against a plain sum over a fine grid.
        #[test]
        fn agrees_with_a_plain_sum(
            x in -3.0..3.0f64, y in -3.0..3.0f64, turn in 0.0..3.1f64,
            ee in 0.2..4.0f64, nn in 0.2..4.0f64, part in -0.9..0.9f64,
        ) {
            let covariance = Covariance { east_east: ee, east_north: part * (ee * nn).sqrt(), north_north: nn };
            let (sin, cos) = turn.sin_cos();
            let ring: Vec<[f64; 2]> = [[-2.0, -1.0], [2.0, -1.0], [2.0, 1.0], [-2.0, 1.0]]
                .iter().map(|[a, b]| [a * cos - b * sin, a * sin + b * cos]).collect();
            let det = ee * nn - covariance.east_north.powi(2);
            let (steps, mut sum) = (160, 0.0);
            for i in 0..steps { for j in 0..steps / 2 {
                let a = -2.0 + (f64::from(i) + 0.5) * 4.0 / f64::from(steps);
                let b = -1.0 + (f64::from(j) + 0.5) * 4.0 / f64::from(steps);
                let (e, n) = (a * cos - b * sin - x, a * sin + b * cos - y);
                let q = (nn * e * e - 2.0 * covariance.east_north * e * n + ee * n * n) / det;
                sum += (-0.5 * q).exp();
            } }
            let wanted = sum * (4.0 / f64::from(steps)).powi(2) / (std::f64::consts::TAU * det.sqrt());
            let got = probability_in_polygon([x, y], covariance, &[ring]);
            prop_assert!((got - wanted).abs() < 2e-3, "{} against {}", got, wanted);
        }
    }
}
