//! An outline as points spread evenly over it, and the places where it may really lie.
//!
//! The outline moves as a whole, so its share of some ground is a function of one offset, and a probability is the mass
//! of the offsets that have it. Points and offsets follow from the outline alone, never from where fences were cut or
//! how they are ordered: a point is on ground that any polygon covers.

use domain::{Covariance, LonLat, Outline, Plane};
use geo::Polygon;

use crate::footprint::Spread;

/// So many points stand for an outline, of so many in the box around it.
const POINTS: usize = 400;
const TRIED: u16 = 40_000;
/// Rings of offsets, and offsets on each; all are equally likely.
const RINGS: u16 = 12;
const WAYS: u16 = 12;
/// Further off than this many standard deviations it is not looked for: the outermost ring of offsets.
const FURTHEST: f64 = 2.6;

/// An outline on a flat map around its middle, metres.
pub(super) struct Shape {
    around: Plane,
    points: Vec<[f64; 2]>,
    area: Area,
    spread: Spread,
    offsets: Vec<[f64; 2]>,
}

/// Ground on the map of a shape, metres.
#[derive(Debug, Clone)]
pub(super) struct Area {
    rings: Vec<Vec<[f64; 2]>>,
    min: [f64; 2],
    max: [f64; 2],
}

impl Shape {
    pub(super) fn of(outline: &Outline) -> Self {
        let around = Plane::at(outline.middle);
        let area = Area::on(&around, &outline.rings);
        let spread = Spread::of(outline.covariance_m2);
        Self { points: area.points(), offsets: offsets(&spread), area, around, spread }
    }

    /// How far it reaches from its middle, with what is not known of its place.
    pub(super) fn reach_m(&self) -> f64 {
        let corners = self.area.rings.iter().flatten();
        let far = corners.map(|[east, north]| east.hypot(*north)).fold(0.0, f64::max);
        far + FURTHEST * self.spread.longest()
    }

    /// A fence on its map.
    pub(super) fn laid(&self, fence: &Polygon) -> Area {
        let ring = |ring: &geo::LineString| ring.coords().map(|c| [c.x, c.y]).collect();
        let rings = std::iter::once(fence.exterior()).chain(fence.interiors());
        Area::on(&self.around, &rings.map(ring).collect::<Vec<Vec<[f64; 2]>>>())
    }

    /// Metres to a place; 0 for one in it.
    pub(super) fn metres_to(&self, place: LonLat) -> f64 {
        let at = self.around.metres(place);
        if self.area.holds(at) {
            return 0.0;
        }
        let edges = self.area.rings.iter().flat_map(|ring| ring.iter().zip(ring.iter().skip(1)));
        edges.map(|(&a, &b)| to_edge(at, a, b)).fold(f64::INFINITY, f64::min)
    }

    /// The share of it for which `holds`, where it most likely lies.
    pub(super) fn share(&self, holds: impl Fn([f64; 2]) -> bool) -> f64 {
        self.share_at([0.0; 2], &holds)
    }

    /// The same for every place where it may lie, each as likely as the others.
    pub(super) fn shares(&self, holds: impl Fn([f64; 2]) -> bool) -> Vec<f64> {
        self.offsets.iter().map(|&at| self.share_at(at, &holds)).collect()
    }

    fn share_at(&self, [east, north]: [f64; 2], holds: &impl Fn([f64; 2]) -> bool) -> f64 {
        let on = |[x, y]: &&[f64; 2]| holds([x + east, y + north]);
        ratio(self.points.iter().filter(on).count(), self.points.len())
    }

    /// The larger of the shares that two outlines have in common, if either may lie over the other.
    pub(super) fn in_common(&self, own: &Outline, other: &Outline) -> f64 {
        let theirs = Self::of(other);
        let apart = self.around.metres(other.middle);
        let (ours, doubt) = (own.covariance_m2, other.covariance_m2);
        let doubt = Covariance {
            east_east: ours.east_east + doubt.east_east,
            east_north: ours.east_north + doubt.east_north,
            north_north: ours.north_north + doubt.north_north,
        };
        let there = Area::on(&self.around, &other.rings);
        let here = Area::on(&theirs.around, &own.rings);
        let common = |[east, north]: [f64; 2]| {
            let ours = self.share_at([east, north], &|at| there.holds(at));
            let back = theirs.share_at([-east, -north], &|at| here.holds(at));
            ours.max(back)
        };
        // What lies no farther apart than its doubt may be laid middle on middle.
        let laid = if doubt.holds95(apart) { common(apart) } else { 0.0 };
        common([0.0; 2]).max(laid)
    }
}

impl Area {
    fn on(around: &Plane, rings: &[Vec<[f64; 2]>]) -> Self {
        let metres = |&[lon, lat]: &[f64; 2]| Some(around.metres(LonLat::new(lon, lat)?));
        let ring = |ring: &Vec<[f64; 2]>| {
            let mut corners: Vec<[f64; 2]> = ring.iter().filter_map(metres).collect();
            if corners.first() != corners.last() {
                corners.extend(corners.first().copied());
            }
            corners
        };
        let rings: Vec<Vec<[f64; 2]>> = rings.iter().map(ring).collect();
        let (mut min, mut max) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for [x, y] in rings.iter().flatten() {
            (min, max) = ([min[0].min(*x), min[1].min(*y)], [max[0].max(*x), max[1].max(*y)]);
        }
        Self { rings, min, max }
    }

    /// By how many edges lie to the right of it. Of areas that share a border a point on it is in one.
    pub(super) fn holds(&self, [x, y]: [f64; 2]) -> bool {
        if x < self.min[0] || x > self.max[0] || y < self.min[1] || y > self.max[1] {
            return false;
        }
        let edges = self.rings.iter().flat_map(|ring| ring.iter().zip(ring.iter().skip(1)));
        let crossed = edges.filter(|(a, b)| {
            (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]
        });
        crossed.count() % 2 == 1
    }

    /// Spread over the box around it as evenly as points can be along any line (the sequence R2), as far as they lie
    /// inside; of something too thin for any, its corners. A grid would see borders only at its columns.
    fn points(&self) -> Vec<[f64; 2]> {
        let [wide, high] = [0, 1].map(|axis| self.max[axis] - self.min[axis]);
        let point = |n: u16| {
            let [x, y] = R2.map(|step| (0.5 + f64::from(n) * step).fract());
            [self.min[0] + x * wide, self.min[1] + y * high]
        };
        let inside = (0..TRIED).map(point).filter(|&at| self.holds(at)).take(POINTS);
        let inside: Vec<[f64; 2]> = inside.collect();
        if inside.is_empty() { self.rings.first().cloned().unwrap_or_default() } else { inside }
    }
}

/// 1/g and 1/g², where g is the one real solution of g³ = g + 1.
const R2: [f64; 2] = [0.754_877_666_246_692_7, 0.569_840_290_998_053_2];

/// The middles of `RINGS` rings of equal mass, in directions that alternate.
fn offsets(spread: &Spread) -> Vec<[f64; 2]> {
    let ring = |ring: u16| {
        let outside = 1.0 - (f64::from(ring) + 0.5) / f64::from(RINGS);
        let radius = (-2.0 * outside.ln()).sqrt();
        (0..WAYS).map(move |way| {
            let turn = f64::from(way) + 0.5 * f64::from(ring % 2);
            let (sin, cos) = (turn * std::f64::consts::TAU / f64::from(WAYS)).sin_cos();
            (radius * cos, radius * sin)
        })
    };
    (0..RINGS).flat_map(ring).map(|(x, y)| spread.offset(x, y)).collect()
}

fn to_edge([x, y]: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let (along, from) = ([b[0] - a[0], b[1] - a[1]], [x - a[0], y - a[1]]);
    let squared = along[0].powi(2) + along[1].powi(2);
    let part = (from[0] * along[0] + from[1] * along[1]) / squared.max(1e-12);
    let part = part.clamp(0.0, 1.0);
    (from[0] - part * along[0]).hypot(from[1] - part * along[1])
}

fn ratio(part: usize, whole: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "points of an outline")]
    let (part, whole) = (part as f64, whole.max(1) as f64);
    part / whole
}

/// The mean of a function of values that are equally likely.
pub(super) fn mean(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some offsets")]
    let count = values.len().max(1) as f64;
    values.iter().map(|&value| of(value)).sum::<f64>() / count
}

/// Φ: the mass of a standard Gaussian below `z`, to 2e-7 (Abramowitz & Stegun 7.1.26).
pub(super) fn below(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let sum = ((((1.061_405_429 * t - 1.453_152_027) * t + 1.421_413_741) * t - 0.284_496_736) * t
        + 0.254_829_592)
        * t;
    let tail = 0.5 * sum * (-x * x).exp();
    if z < 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::construction::story::{outline, rectangle};

    /// By the tables.
    #[test]
    fn the_gaussian_is_that_of_the_tables() {
        for (z, mass) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746),
            (-1.0, 0.158_655_254),
            (1.644_853_6, 0.95),
            (3.0, 0.998_650_102),
            (9.0, 1.0),
        ] {
            assert!((below(z) - mass).abs() < 2e-7, "{z}: {}", below(z));
        }
    }

    /// Half of it lies west of its middle; moved by one σ the other way, Φ(1) of the mass.
    #[test]
    fn shares_and_their_probabilities() {
        let shape = Shape::of(&outline([0.0, 0.0], 10.0, 10.0, 2.0));
        let west_of = |border: f64| move |at: [f64; 2]| at[0] <= border;
        assert!((shape.share(west_of(0.0)) - 0.5).abs() < 0.04);
        assert!((shape.share(west_of(-3.0)) - 0.2).abs() < 0.04);
        for (border, mass) in [(0.0, 0.5), (2.0, 0.841), (-2.0, 0.159), (20.0, 1.0), (-20.0, 0.0)] {
            let half = |share: f64| f64::from(u8::from(share >= 0.5));
            let got = mean(&shape.shares(west_of(border)), half);
            assert!((got - mass).abs() < 0.035, "{border}: {got}");
        }
    }

    #[test]
    fn the_same_thing_is_known_again_within_its_doubt() {
        for (name, east, side, sigma, expected) in [
            ("itself", 0.0, 10.0, 0.1, true),
            ("a metre off", 1.0, 10.0, 0.1, true),
            ("beside it", 12.0, 10.0, 0.1, false),
            ("beside it, in doubt", 12.0, 10.0, 6.0, true),
            ("grown", 4.0, 30.0, 0.1, true),
            ("far away", 60.0, 10.0, 6.0, false),
        ] {
            let (own, other) =
                (outline([0.0, 0.0], 10.0, 10.0, sigma), outline([east, 0.0], side, side, sigma));
            let common = Shape::of(&own).in_common(&own, &other);
            assert_eq!(common >= 0.3, expected, "{name}: {common}");
        }
    }

    #[test]
    fn metres_from_an_outline() {
        let shape = Shape::of(&outline([0.0, 0.0], 10.0, 20.0, 0.1));
        let plane = Plane::at(crate::construction::story::origin());
        for (place, metres) in [([0.0, 0.0], 0.0), ([8.0, 0.0], 3.0), ([8.0, 14.0], 5.0)] {
            let got = shape.metres_to(plane.place(place).unwrap());
            assert!((got - metres).abs() < 0.01, "{place:?}: {got}");
        }
    }

    #[test]
    fn a_hole_is_no_part_of_it() {
        let mut ring = outline([0.0, 0.0], 20.0, 20.0, 0.1);
        ring.rings.push(rectangle([0.0, 0.0], 10.0, 10.0));
        let middle = |[x, y]: [f64; 2]| x.abs() < 4.9 && y.abs() < 4.9;
        assert!(Shape::of(&ring).share(middle) < 1e-9);
    }
}
