//! Between two looks at a film: what was found before or after is covered all the while.
//!
//! A box of one look and a near one of the next are one thing that moved, and what lies between them is covered too.
//! What one look misses stays covered until the look after it. So a face is seen bare only where two looks in
//! succession miss it.

use domain::Bbox;

/// What is covered from one look to the next.
#[derive(Debug, Clone, Default)]
pub struct Bridge {
    /// Of the last look.
    last: Vec<Bbox>,
    /// Of the look before, where the last one found nothing near.
    carried: Vec<Bbox>,
}

impl Bridge {
    /// Takes what a look has found; returns what to cover from the last look up to and with this one.
    pub fn step(&mut self, found: Vec<Bbox>) -> Vec<Bbox> {
        let mut covered = self.covered(&found);
        let lost = |old: &&Bbox| !found.iter().any(|new| near(**old, *new));
        let carried: Vec<Bbox> = self.last.iter().filter(lost).copied().collect();
        covered.extend(found.iter().copied());
        self.carried = carried;
        self.last = found;
        covered
    }

    /// What to cover after the last look.
    pub fn rest(&self) -> Vec<Bbox> {
        self.last.iter().chain(&self.carried).copied().collect()
    }

    fn covered(&self, found: &[Bbox]) -> Vec<Bbox> {
        let before = self.last.iter().chain(&self.carried);
        let mut covered: Vec<Bbox> = before.clone().copied().collect();
        for old in before {
            covered
                .extend(found.iter().filter(|new| near(*old, **new)).map(|new| hull(*old, *new)));
        }
        covered
    }
}

/// Centres closer than this many times the larger box's longer side: in a quarter of a second a walker's face, and
/// the plate of a car in town that is not close by, moves less.
const REACH: f32 = 2.0;
/// Boxes whose areas differ by more are two things.
const ALIKE: f32 = 4.0;

fn near(a: Bbox, b: Bbox) -> bool {
    let (small, large) = (a.area().min(b.area()), a.area().max(b.area()));
    let middle = |bbox: Bbox| (f32::midpoint(bbox.x1, bbox.x2), f32::midpoint(bbox.y1, bbox.y2));
    let ((ax, ay), (bx, by)) = (middle(a), middle(b));
    let longest = [a.width(), a.height(), b.width(), b.height()].into_iter().fold(0.0, f32::max);
    large <= ALIKE * small && (ax - bx).hypot(ay - by) <= REACH * longest
}

fn hull(a: Bbox, b: Bbox) -> Bbox {
    Bbox { x1: a.x1.min(b.x1), y1: a.y1.min(b.y1), x2: a.x2.max(b.x2), y2: a.y2.max(b.y2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A face of 10 pixels, its left side at `x`.
    fn face(x: f32) -> Bbox {
        Bbox { x1: x, y1: 0.0, x2: x + 10.0, y2: 10.0 }
    }

    /// Each number is a look with a face there, `-` one that finds none; behind it, which of the places 0, 10, 20, …
    /// are covered up to it.
    #[track_caller]
    fn check(looks: &str, wanted: &str) {
        let mut bridge = Bridge::default();
        let covered = looks.split(' ').map(|look| {
            let found = look.parse().map(face).into_iter().collect();
            let covered = bridge.step(found);
            let at = |x: f32| covered.iter().any(|bbox| bbox.x1 <= x && x + 10.0 <= bbox.x2);
            (0_u8..8).map(|n| if at(f32::from(n) * 10.0) { '#' } else { '.' }).collect::<String>()
        });
        assert_eq!(covered.collect::<Vec<_>>().join(" "), wanted);
    }

    #[test]
    fn what_moves_is_covered_on_its_way() {
        check("0 20 20", "#....... ###..... ..#.....");
        check("0 70", "#....... #......#");
    }

    #[test]
    fn what_one_look_misses_stays_covered_until_the_next() {
        check("10 - 10", ".#...... .#...... .#......");
        check("10 - - -", ".#...... .#...... .#...... ........");
        check("10 - 30", ".#...... .#...... .###....");
        check("- 10", "........ .#......");
    }

    #[test]
    fn the_end_is_covered_as_the_last_look_was() {
        let mut bridge = Bridge::default();
        bridge.step(vec![face(0.0)]);
        bridge.step(Vec::new());
        assert_eq!(bridge.rest(), [face(0.0)]);
        bridge.step(Vec::new());
        assert_eq!(bridge.rest(), []);
    }

    #[test]
    fn a_face_is_not_a_lorry() {
        let large = Bbox { x1: 0.0, y1: 0.0, x2: 40.0, y2: 40.0 };
        assert!(!near(face(0.0), large));
        assert!(near(face(0.0), face(20.0)) && !near(face(0.0), face(21.0)));
    }
}
