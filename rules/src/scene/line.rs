//! A line that is crossed: one straight piece, on the ground or in the picture of one source.

use domain::{Covariance, LonLat, Place, Plane, RelBox, SourceId};

use crate::inside::Inside;
use crate::scene::rule::Way;

/// From one end to the other.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    Ground {
        from: LonLat,
        to: LonLat,
    },
    /// 0..1 from the left and from the top.
    Picture {
        source: SourceId,
        from: [f64; 2],
        to: [f64; 2],
    },
}

/// Where something surely was last, beside a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Beside {
    left: bool,
    at: [f64; 2],
}

impl Line {
    /// Looks at a thing again. Sides are told apart when they are sure; then a step from one to the other between the ends
    /// of the line is a crossing, told with how sure it is.
    pub(crate) fn step(
        &self,
        last: &mut Option<Beside>,
        source: &SourceId,
        place: &Place,
        seen: Option<RelBox>,
        way: Way,
    ) -> Option<f64> {
        let drawn = self.drawn(source, place, seen)?;
        let (left, sure) = drawn.side();
        if Inside::of(sure) != Inside::Yes {
            return None;
        }
        let now = Beside { left, at: drawn.at };
        let before = last.replace(now)?;
        let wanted = match way {
            Way::LeftToRight => before.left,
            Way::RightToLeft => !before.left,
            Way::Both => true,
        };
        (wanted && before.left != now.left && drawn.meets(before.at)).then_some(sure)
    }

    /// Line and thing on one flat sheet, its axes right-handed.
    fn drawn(&self, source: &SourceId, place: &Place, seen: Option<RelBox>) -> Option<Drawn> {
        match (self, *place) {
            (Self::Ground { from, to }, Place::Ground { lon, lat, covariance_m2, .. }) => {
                let sheet = Plane::at(*from);
                let at = sheet.metres(LonLat::new(lon, lat)?);
                let (from, to) = ([0.0, 0.0], sheet.metres(*to));
                Some(Drawn { from, to, at, covariance: covariance_m2 })
            }
            (Self::Picture { source: of, from, to }, Place::Image { x, y }) if of == source => {
                // Down is up: left of a line is what a person who looks at the picture calls left.
                let up = |[x, y]: [f64; 2]| [x, -y];
                let covariance = crate::fence::foot_covariance(seen?);
                Some(Drawn { from: up(*from), to: up(*to), at: up([x, y]), covariance })
            }
            _ => None,
        }
    }
}

/// A line and a thing on one flat sheet.
struct Drawn {
    from: [f64; 2],
    to: [f64; 2],
    at: [f64; 2],
    covariance: Covariance,
}

impl Drawn {
    /// Whether the thing is left of the line, and how sure that is, 0.5..=1.
    fn side(&self) -> (bool, f64) {
        let Self { from, to, at, covariance } = self;
        let (along_x, along_y) = (to[0] - from[0], to[1] - from[1]);
        let length = along_x.hypot(along_y);
        let (x, y) = (-along_y / length, along_x / length);
        let distance = x * (at[0] - from[0]) + y * (at[1] - from[1]);
        let variance = x * x * covariance.east_east
            + 2.0 * x * y * covariance.east_north
            + y * y * covariance.north_north;
        (distance > 0.0, normal(distance.abs() / variance.max(1e-18).sqrt()))
    }

    /// Whether the way from `before` meets the line between its ends.
    fn meets(&self, before: [f64; 2]) -> bool {
        let turn = |p: [f64; 2], q: [f64; 2], r: [f64; 2]| {
            (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]) > 0.0
        };
        let Self { from, to, at, .. } = *self;
        turn(before, at, from) != turn(before, at, to)
            && turn(from, to, before) != turn(from, to, at)
    }
}

/// The mass of the normal distribution below `x` standard deviations (Abramowitz & Stegun 26.2.17, within 7.5e-8).
pub(crate) fn normal(x: f64) -> f64 {
    let near = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let terms = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let sum = terms.iter().rev().fold(0.0, |sum, term| near * (term + sum));
    let tail = (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt() * sum;
    if x >= 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use domain::GroundFix;

    use super::*;

    #[test]
    fn known_masses() {
        for (x, mass) in
            [(0.0, 0.5), (1.0, 0.841_344_746), (-1.644_853_627, 0.05), (3.0, 0.998_650_102)]
        {
            assert!((normal(x) - mass).abs() < 1e-7, "{x}");
        }
    }

    /// A line of 10 m to the north; steps from and to metres east and north of its first end.
    #[test]
    fn only_steps_between_the_ends_cross() {
        let home = LonLat::new(120.0868, 30.8943).unwrap();
        let plane = Plane::at(home);
        let line = Line::Ground { from: home, to: plane.place([0.0, 10.0]).unwrap() };
        let cam = SourceId::new("cam").unwrap();
        let seen = Some(RelBox { x: 0.0, y: 0.0, w: 0.1, h: 0.1 });
        for (steps, way, crossed) in [
            ([[-2.0, 5.0], [2.0, 5.0]], Way::LeftToRight, true),
            ([[-2.0, 5.0], [2.0, 5.0]], Way::RightToLeft, false),
            ([[2.0, 5.0], [-2.0, 5.0]], Way::RightToLeft, true),
            ([[-2.0, 5.0], [2.0, 5.0]], Way::Both, true),
            ([[-2.0, 15.0], [2.0, 15.0]], Way::Both, false),
            ([[-2.0, -5.0], [2.0, -5.0]], Way::Both, false),
            // Not surely on the other side.
            ([[-2.0, 5.0], [0.3, 5.0]], Way::Both, false),
            ([[-2.0, 5.0], [-1.0, 5.0]], Way::Both, false),
        ] {
            let mut last = None;
            let told = steps.map(|step| {
                let fix = GroundFix {
                    position: plane.place(step).unwrap(),
                    covariance: Covariance::round(0.3),
                };
                line.step(&mut last, &cam, &fix.into(), seen, way).is_some()
            });
            assert_eq!(told, [false, crossed], "{steps:?} {way:?}");
        }
    }

    #[test]
    fn in_the_picture_left_is_left() {
        let cam = SourceId::new("cam").unwrap();
        // From the lower edge up: the left half of the picture is its left.
        let line = Line::Picture { source: cam.clone(), from: [0.5, 1.0], to: [0.5, 0.0] };
        let seen = Some(RelBox { x: 0.0, y: 0.0, w: 0.1, h: 0.1 });
        let step = |source: &SourceId| {
            let mut last = None;
            [0.3, 0.7].map(|x| {
                let place = Place::Image { x, y: 0.5 };
                line.step(&mut last, source, &place, seen, Way::LeftToRight).is_some()
            })
        };
        assert_eq!(step(&cam), [false, true]);
        assert_eq!(step(&SourceId::new("other").unwrap()), [false, false]);
    }
}
