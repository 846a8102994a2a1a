//! How probably what stands somewhere breaks a fence: its footprint against the ground, not its middle.
//!
//! A footprint breaks a fence where at least a share of it lies inside. Whether it does depends on where it really is,
//! so the probability is the mass of the doubt over all places where it would. That region is found along rays from
//! the likeliest place, and its mass summed over them as for a point: nothing is drawn by lot, so equal input gives
//! equal output. Which way something points is rarely known; then the ways are equally likely.

use domain::{Class, Covariance};
use geo::{Coord, LineString, Polygon, unary_union};

/// What something covers of the ground, around the middle of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Footprint {
    pub length_m: f64,
    pub width_m: f64,
    /// Clockwise from north; `None` where nobody knows which way it points.
    pub heading_deg: Option<f64>,
}

/// Rays, and steps along each.
const RAYS: u16 = 64;
const STEPS: u16 = 20;
/// What lies further off than this many standard deviations does not count: less than 2 in 10 million.
const FURTHEST: f64 = 5.5;
/// Halvings of a step: a border is found to a thousandth of a standard deviation.
const HALVINGS: u8 = 8;
/// Ways it may point, of the half circle; from behind it covers the same ground.
const WAYS: u16 = 4;
/// A place surer than this is taken as this sure, metres.
const SMALLEST_SIGMA: f64 = 1e-6;

impl Footprint {
    /// About what vehicles of a class measure, pointing anywhere. Types on the roads differ by a quarter.
    pub fn of(class: Class) -> Option<Self> {
        let (length_m, width_m) = match class {
            Class::Car => (4.6, 1.8),
            Class::Van => (5.3, 2.0),
            Class::Truck => (8.0, 2.5),
            Class::Bus => (11.0, 2.5),
            _ => return None,
        };
        Some(Self { length_m, width_m, heading_deg: None })
    }

    /// The probability that at least `share` of it lies on `ground`, when its middle is at the origin give or take
    /// `covariance`. Polygons may lie over each other; what they share counts once. Metres.
    pub fn breaks(&self, share: f64, covariance: Covariance, ground: &[Polygon]) -> f64 {
        let joined;
        let ground = match ground {
            [] => return 0.0,
            [_] => ground,
            several => {
                joined = unary_union(several).0;
                joined.as_slice()
            }
        };
        let ways: Vec<f64> = match self.heading_deg {
            Some(heading) => vec![heading],
            None => (0..WAYS).map(|way| f64::from(way) * 180.0 / f64::from(WAYS)).collect(),
        };
        let sum: f64 = ways.iter().map(|&way| self.pointing(way, share, covariance, ground)).sum();
        (sum / f64::from(u16::try_from(ways.len()).unwrap_or(1))).clamp(0.0, 1.0)
    }

    fn pointing(&self, way: f64, share: f64, covariance: Covariance, ground: &[Polygon]) -> f64 {
        let body = Body::new(self, way);
        let spread = Spread::of(covariance);
        let reach = FURTHEST * spread.longest() + self.length_m.hypot(self.width_m);
        let near: Vec<Ring> =
            ground.iter().flat_map(|polygon| body.rings(polygon, reach)).collect();
        if near.is_empty() {
            return 0.0;
        }
        let excess = |x: f64, y: f64| body.share(spread.offset(x, y), &near) - share;
        let step = FURTHEST / f64::from(STEPS);
        let sum: f64 = (0..RAYS)
            .map(|ray| {
                let angle = (f64::from(ray) + 0.5) * std::f64::consts::TAU / f64::from(RAYS);
                let (sin, cos) = angle.sin_cos();
                along(step, |r| excess(r * cos, r * sin) >= -1e-9)
            })
            .sum();
        sum / f64::from(RAYS)
    }
}

/// The mass along a ray where it breaks: `Σ exp(−a²/2) − exp(−b²/2)` over the stretches from a to b.
fn along(step: f64, breaks: impl Fn(f64) -> bool) -> f64 {
    let weight = |r: f64| (-0.5 * r * r).exp();
    let (mut mass, mut began) = (0.0, breaks(0.0).then_some(0.0));
    for number in 1..=STEPS {
        let (from, to) = (step * f64::from(number - 1), step * f64::from(number));
        match (began, breaks(to)) {
            (None, true) => began = Some(turn(from, to, |r| !breaks(r))),
            (Some(a), false) => {
                mass += weight(a) - weight(turn(from, to, &breaks));
                began = None;
            }
            _ => {}
        }
    }
    // Beyond the last step everything stays as it is.
    mass + began.map_or(0.0, weight)
}

/// Where something that holds at `from` and not at `to` ends.
fn turn(mut from: f64, mut to: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(from, to);
        if holds(middle) {
            from = middle;
        } else {
            to = middle;
        }
    }
    f64::midpoint(from, to)
}

/// The root of a covariance: from the unit circle to metres.
pub(crate) struct Spread {
    east: f64,
    cross: f64,
    north: f64,
}

impl Spread {
    pub(crate) fn of(covariance: Covariance) -> Self {
        let east = covariance.east_east.max(0.0).sqrt().max(SMALLEST_SIGMA);
        let cross = covariance.east_north / east;
        let north = (covariance.north_north - cross * cross).max(0.0).sqrt().max(SMALLEST_SIGMA);
        Self { east, cross, north }
    }

    pub(crate) fn offset(&self, x: f64, y: f64) -> [f64; 2] {
        [self.east * x, self.cross * x + self.north * y]
    }

    pub(crate) fn longest(&self) -> f64 {
        self.east.hypot(self.cross).max(self.cross.hypot(self.north)).max(self.east)
    }
}

/// A ring in metres along and across a footprint; holes count less than nothing.
struct Ring {
    corners: Vec<[f64; 2]>,
    sign: f64,
}

/// A footprint that points one way.
struct Body {
    sin: f64,
    cos: f64,
    half: [f64; 2],
}

impl Body {
    fn new(footprint: &Footprint, way: f64) -> Self {
        let (sin, cos) = way.to_radians().sin_cos();
        let half = [footprint.length_m / 2.0, footprint.width_m / 2.0];
        Self { sin, cos, half: half.map(|half| half.max(0.005)) }
    }

    /// East and north to along and across.
    fn turned(&self, [east, north]: [f64; 2]) -> [f64; 2] {
        [east * self.sin + north * self.cos, east * self.cos - north * self.sin]
    }

    /// What lies within reach of a polygon.
    fn rings(&self, polygon: &Polygon, reach: f64) -> Vec<Ring> {
        let window = [[-reach; 2], [reach; 2]];
        let ring = |line: &LineString, sign: f64| {
            let turned: Vec<[f64; 2]> =
                line.coords().map(|c: &Coord| self.turned([c.x, c.y])).collect();
            Ring { corners: clipped(turned, window), sign }
        };
        let outer = ring(polygon.exterior(), 1.0);
        if outer.corners.is_empty() {
            return Vec::new();
        }
        let holes = polygon.interiors().iter().map(|hole| ring(hole, -1.0));
        std::iter::once(outer).chain(holes).filter(|ring| !ring.corners.is_empty()).collect()
    }

    /// The part of the footprint that lies within, when it is off by `offset`.
    fn share(&self, offset: [f64; 2], rings: &[Ring]) -> f64 {
        let [along, across] = self.turned(offset);
        let [length, width] = self.half;
        let window = [[along - length, across - width], [along + length, across + width]];
        let covered: f64 =
            rings.iter().map(|ring| ring.sign * area(&clipped(ring.corners.clone(), window))).sum();
        covered / (4.0 * length * width)
    }
}

/// What of a ring lies in a window, by Sutherland and Hodgman: pieces may hang together by edges without area.
fn clipped(mut ring: Vec<[f64; 2]>, [min, max]: [[f64; 2]; 2]) -> Vec<[f64; 2]> {
    for axis in [0, 1] {
        for (limit, side) in [(min[axis], 1.0), (max[axis], -1.0)] {
            if ring.iter().any(|corner| (corner[axis] - limit) * side < 0.0) {
                ring = cut(&ring, axis, limit, side);
            }
        }
    }
    ring
}

/// What of a ring lies on one side of a line.
fn cut(ring: &[[f64; 2]], axis: usize, limit: f64, side: f64) -> Vec<[f64; 2]> {
    let mut kept = Vec::with_capacity(ring.len() + 2);
    let Some(&last) = ring.last() else { return kept };
    let mut from = last;
    for &to in ring {
        let (before, here) = ((from[axis] - limit) * side, (to[axis] - limit) * side);
        if (before < 0.0) != (here < 0.0) {
            let part = before / (before - here);
            let other = from[1 - axis] + (to[1 - axis] - from[1 - axis]) * part;
            kept.push(if axis == 0 { [limit, other] } else { [other, limit] });
        }
        if here >= 0.0 {
            kept.push(to);
        }
        from = to;
    }
    kept
}

fn area(ring: &[[f64; 2]]) -> f64 {
    let Some(&last) = ring.last() else { return 0.0 };
    let mut from = last;
    let mut doubled = 0.0;
    for &to in ring {
        doubled += from[0] * to[1] - to[0] * from[1];
        from = to;
    }
    doubled.abs() / 2.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inside::{Inside, probability_in_polygon};

    fn rectangle(west: f64, south: f64, east: f64, north: f64) -> Polygon {
        geo::Rect::new((west, south), (east, north)).to_polygon()
    }

    const CAR: Footprint = Footprint { length_m: 4.6, width_m: 1.8, heading_deg: Some(0.0) };

    /// Φ(1) = 0.841344746, Φ(2) = 0.977249868, by the tables.
    #[test]
    fn half_a_car_over_a_straight_kerb_is_a_point_over_it() {
        let check = |kerb: f64, sigma: f64, wanted: f64| {
            let ground = [rectangle(-500.0, -500.0, kerb, 500.0)];
            for heading_deg in [None, Some(0.0), Some(90.0), Some(33.0)] {
                let car = Footprint { heading_deg, ..CAR };
                let got = car.breaks(0.5, Covariance::round(sigma), &ground);
                assert!((got - wanted).abs() < 2e-3, "{kerb} {sigma} {heading_deg:?}: {got}");
            }
        };
        check(0.0, 1.0, 0.5);
        check(1.0, 1.0, 0.841_344_746);
        check(-1.0, 1.0, 1.0 - 0.841_344_746);
        check(1.0, 0.5, 0.977_249_868);
        check(3.0, 0.0, 1.0);
        check(-3.0, 0.0, 0.0);
    }

    /// The middle stands a metre outside; its wheels do not.
    #[test]
    fn the_share_decides_and_not_the_middle() {
        let pavement = [rectangle(-500.0, -500.0, -0.6, 500.0)];
        let sure = Covariance::round(0.05);
        let check = |share: f64, heading_deg: f64, wanted: Inside| {
            let car = Footprint { heading_deg: Some(heading_deg), ..CAR };
            let p = car.breaks(share, sure, &pavement);
            assert_eq!(Inside::of(p), wanted, "{share} {heading_deg}: {p}");
        };
        // 0.3 of 1.8 m.
        check(0.1, 0.0, Inside::Yes);
        check(0.25, 0.0, Inside::No);
        // Across it, 1.7 of 4.6 m.
        check(0.25, 90.0, Inside::Yes);
        check(0.5, 90.0, Inside::No);
        // Nobody knows which way.
        let somehow = Footprint { heading_deg: None, ..CAR };
        assert_eq!(Inside::of(somehow.breaks(0.25, sure, &pavement)), Inside::Ambiguous);
    }

    #[test]
    fn a_hole_is_not_ground() {
        let ring = rectangle(-20.0, -20.0, 20.0, 20.0).into_inner().0;
        let hole = rectangle(-5.0, -5.0, 5.0, 5.0).into_inner().0;
        let yard = [Polygon::new(ring, vec![hole])];
        let p = CAR.breaks(0.5, Covariance::round(0.3), &yard);
        assert!(p < 1e-6, "{p}");
        assert!(CAR.breaks(0.5, Covariance::round(0.3), &[]) < 1e-12);
    }

    #[test]
    fn what_lies_over_each_other_counts_once() {
        let one = rectangle(-500.0, -500.0, -0.5, 500.0);
        let alone = CAR.breaks(0.5, Covariance::round(0.4), std::slice::from_ref(&one));
        let twice = CAR.breaks(0.5, Covariance::round(0.4), &[one.clone(), one]);
        assert!((alone - twice).abs() < 1e-4, "{alone} {twice}");
    }

    fn turned_strip(turn: f64, width: f64, shift: f64) -> [Polygon; 3] {
        let (sin, cos) = turn.sin_cos();
        let at = |a: f64, b: f64| {
            let b = b + shift;
            (a * cos - b * sin, a * sin + b * cos)
        };
        let strip = |from: f64, to: f64| {
            let ring = vec![at(from, -width), at(to, -width), at(to, width), at(from, width)];
            Polygon::new(ring.into(), Vec::new())
        };
        [strip(-40.0, 40.0), strip(-40.0, 0.7), strip(0.7, 40.0)]
    }

    proptest! {
        /// Cut in two, a fence holds what it held.
        #[test]
        fn a_fence_may_be_split(
            turn in 0.0..3.1f64, width in 0.6..4.0f64, shift in -4.0..4.0f64, sigma in 0.05..3.0f64,
            share in 0.05..0.9f64,
        ) {
            let [whole, west, east] = turned_strip(turn, width, shift);
            let covariance = Covariance::round(sigma);
            let car = Footprint { heading_deg: None, ..CAR };
            let one = car.breaks(share, covariance, &[whole]);
            let two = car.breaks(share, covariance, &[west, east]);
            prop_assert!((one - two).abs() < 5e-3, "{} {}", one, two);
        }

        /// More doubt never makes surer: beside a straight border the probability only comes nearer to a half.
        #[test]
        fn doubt_makes_nothing_surer(
            border in -5.0..5.0f64, heading in 0.0..180.0f64, sigma in 0.05..3.0f64, more in 1.0..3.0f64,
        ) {
            let ground = [rectangle(-500.0, -500.0, border, 500.0)];
            let car = Footprint { heading_deg: Some(heading), ..CAR };
            let certain = |sigma: f64| {
                (car.breaks(0.5, Covariance::round(sigma), &ground) - 0.5).abs()
            };
            prop_assert!(certain(sigma * more) <= certain(sigma) + 3e-3);
        }

        /// A footprint of a hand's breadth is a point.
        #[test]
        fn what_is_small_is_a_point(
            turn in 0.0..3.1f64, width in 0.6..4.0f64, shift in -4.0..4.0f64, sigma in 0.3..3.0f64,
        ) {
            let [whole, ..] = turned_strip(turn, width, shift);
            let covariance = Covariance::round(sigma);
            let ring = whole.exterior().coords().map(|c| [c.x, c.y]).collect();
            let point = probability_in_polygon([0.0, 0.0], covariance, &[ring]);
            let small = Footprint { length_m: 0.02, width_m: 0.02, heading_deg: Some(0.0) };
            let hand = small.breaks(0.5, covariance, &[whole]);
            prop_assert!((point - hand).abs() < 0.02, "{} {}", point, hand);
        }

        /// Larger ground is never less likely broken, and a larger share never more likely.
        #[test]
        fn ground_and_share_are_monotone(
            turn in 0.0..3.1f64, width in 0.6..3.0f64, wider in 1.0..2.0f64, shift in -3.0..3.0f64,
            sigma in 0.05..3.0f64, share in 0.05..0.6f64, more in 1.0..1.5f64,
        ) {
            let ([small, ..], [large, ..]) =
                (turned_strip(turn, width, shift), turned_strip(turn, width * wider, shift));
            let covariance = Covariance::round(sigma);
            let p = |share: f64, ground: &Polygon| CAR.breaks(share, covariance, std::slice::from_ref(ground));
            prop_assert!(p(share, &large) >= p(share, &small) - 5e-3);
            prop_assert!(p(share * more, &small) <= p(share, &small) + 5e-3);
        }
    }
}
