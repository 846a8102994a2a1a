//! One list of boxes out of those of all parts.
//!
//! Boxes that end at a seam are the trouble: such a box shows a part of something that another tile may show
//! whole. So whole boxes come first; a cut one goes where a whole one of its kind covers most of it, and two
//! cut ones that meet over a seam become one.

use domain::{Bbox, Detection};

use super::Part;
use crate::nms::MAX_KEPT;

/// A box, and where it was seen. Pixels of the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    pub(super) detection: Detection,
    /// Which part of the plan.
    pub(super) part: usize,
    /// Ends at a seam: at an edge of its part that is none of the frame.
    cut: bool,
}

/// A box that ends so near a seam ends at it, as a share of the tile's side.
const AT_SEAM: f32 = 0.012;
/// Two boxes of one kind in different parts are one object from this `IoU` on: lower than within a part,
/// because scale and neighbourhood differ and a small box moves more.
const SAME_IOU: f32 = 0.45;
/// A cut box of which a whole one covers this share is a part of that.
const COVERED: f32 = 0.6;
/// Two cut boxes are of one object if, along the seam, they share this much of what they span together.
const ALONG: f32 = 0.6;
/// A whole box much less sure than a cut one does not take its place.
const SURE: f32 = 0.5;

impl Seen {
    #[expect(clippy::cast_precision_loss, reason = "pixels of a side")]
    pub(super) fn new(detection: Detection, part: usize, of: Part, frame: Part) -> Self {
        let Bbox { x1, y1, x2, y2 } = detection.bbox;
        let slack = (of.width.max(of.height) as f32 * AT_SEAM).max(1.0);
        let seam =
            |edge: u32, outer: u32, at: f32| edge != outer && (at - edge as f32).abs() <= slack;
        let cut = seam(of.x, 0, x1)
            || seam(of.y, 0, y1)
            || seam(of.x + of.width, frame.width, x2)
            || seam(of.y + of.height, frame.height, y2);
        Self { detection, part, cut }
    }

    fn kin(&self, other: &Self) -> bool {
        self.detection.class.confusable_with(other.detection.class)
    }
}

/// The objects, strongest first.
pub(super) fn merge(mut seen: Vec<Seen>) -> Vec<Detection> {
    seen.sort_by(|a, b| a.cut.cmp(&b.cut).then(b.detection.score.total_cmp(&a.detection.score)));
    let mut kept: Vec<Seen> = Vec::with_capacity(seen.len());
    for candidate in seen {
        if kept.iter().any(|other| stands_for(other, &candidate)) {
            continue;
        }
        match kept.iter_mut().find(|other| meets(other, &candidate)) {
            Some(half) => half.detection = joined(half.detection, candidate.detection),
            None => kept.push(candidate),
        }
    }
    let mut found: Vec<Detection> = kept.into_iter().map(|seen| seen.detection).collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(MAX_KEPT);
    found
}

/// Whether `kept` is the same object. Within one part that was settled before.
fn stands_for(kept: &Seen, candidate: &Seen) -> bool {
    if kept.part == candidate.part || !kept.kin(candidate) {
        return false;
    }
    let (a, b) = (kept.detection, candidate.detection);
    if a.bbox.iou(b.bbox) > SAME_IOU {
        return true;
    }
    let covered = common(a.bbox, b.bbox) > COVERED * b.bbox.area();
    candidate.cut && covered && (kept.cut || a.score >= SURE * b.score)
}

/// Whether two cut boxes are two ends of one object: they overlap, and lie side by side along the seam.
fn meets(kept: &Seen, candidate: &Seen) -> bool {
    if !kept.cut || !candidate.cut || kept.part == candidate.part || !kept.kin(candidate) {
        return false;
    }
    let (a, b) = (kept.detection.bbox, candidate.detection.bbox);
    let across = shared([a.x1, a.x2], [b.x1, b.x2]);
    let down = shared([a.y1, a.y2], [b.y1, b.y2]);
    (across > ALONG && down > 0.0) || (down > ALONG && across > 0.0)
}

/// What both cover, as a share of what they span together.
fn shared(a: [f32; 2], b: [f32; 2]) -> f32 {
    let both = (a[1].min(b[1]) - a[0].max(b[0])).max(0.0);
    let span = a[1].max(b[1]) - a[0].min(b[0]);
    if span > 0.0 { both / span } else { 0.0 }
}

fn joined(a: Detection, b: Detection) -> Detection {
    let bbox = Bbox {
        x1: a.bbox.x1.min(b.bbox.x1),
        y1: a.bbox.y1.min(b.bbox.y1),
        x2: a.bbox.x2.max(b.bbox.x2),
        y2: a.bbox.y2.max(b.bbox.y2),
    };
    Detection { bbox, ..if a.score >= b.score { a } else { b } }
}

fn common(a: Bbox, b: Bbox) -> f32 {
    let width = a.x2.min(b.x2) - a.x1.max(b.x1);
    let height = a.y2.min(b.y2) - a.y1.max(b.y1);
    width.max(0.0) * height.max(0.0)
}

#[cfg(test)]
mod tests {
    use domain::Class;
    use proptest::prelude::*;

    use super::*;

    const FRAME: Part = Part { x: 0, y: 0, width: 1000, height: 500 };
    const LEFT: Part = Part { x: 0, y: 0, width: 600, height: 500 };
    const RIGHT: Part = Part { x: 400, y: 0, width: 600, height: 500 };

    fn seen(part: usize, class: Class, score: f32, corners: [f32; 4]) -> Seen {
        let [x1, y1, x2, y2] = corners;
        let detection = Detection { bbox: Bbox { x1, y1, x2, y2 }, class, score };
        Seen::new(detection, part, [LEFT, RIGHT, FRAME][part], FRAME)
    }

    fn check(given: &[Seen], expected: &[(Class, [f32; 4])]) {
        for order in [given.to_vec(), given.iter().rev().copied().collect()] {
            let found = merge(order)
                .into_iter()
                .map(|d| (d.class, [d.bbox.x1, d.bbox.y1, d.bbox.x2, d.bbox.y2]));
            assert_eq!(found.collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn nothing_is_told_twice_over_a_seam() {
        use Class::{Bus, Car, Person, Truck};
        let car = [450.0, 100.0, 550.0, 160.0];
        // In the overlap, whole in both tiles and in the whole frame, where it is coarser and a truck.
        check(
            &[
                seen(0, Car, 0.9, car),
                seen(1, Car, 0.8, [452.0, 101.0, 553.0, 161.0]),
                seen(2, Truck, 0.5, [440.0, 95.0, 560.0, 165.0]),
            ],
            &[(Car, car)],
        );
        // Whole in the right tile, cut in the left, which is surer of its half.
        let right = [560.0, 100.0, 660.0, 160.0];
        check(
            &[seen(0, Car, 0.9, [560.0, 100.0, 600.0, 160.0]), seen(1, Car, 0.7, right)],
            &[(Car, right)],
        );
        // A bus longer than the overlap, cut by both; and in the whole frame.
        let halves = [
            seen(0, Bus, 0.8, [300.0, 50.0, 599.0, 150.0]),
            seen(1, Bus, 0.6, [401.0, 52.0, 800.0, 151.0]),
        ];
        check(&halves, &[(Bus, [300.0, 50.0, 800.0, 151.0])]);
        let whole = [302.0, 48.0, 797.0, 152.0];
        check(&[halves[0], halves[1], seen(2, Bus, 0.5, whole)], &[(Bus, whole)]);
        // A person in front of the bus is no part of it.
        let person = [580.0, 90.0, 600.0, 150.0];
        check(
            &[seen(1, Bus, 0.8, [500.0, 50.0, 900.0, 150.0]), seen(0, Person, 0.7, person)],
            &[(Bus, [500.0, 50.0, 900.0, 150.0]), (Person, person)],
        );
    }

    #[test]
    fn two_are_not_made_one() {
        use Class::Car;
        // Side by side across the seam.
        let (a, b) = ([500.0, 100.0, 600.0, 160.0], [400.0, 165.0, 500.0, 225.0]);
        check(&[seen(0, Car, 0.9, a), seen(1, Car, 0.8, b)], &[(Car, a), (Car, b)]);
        // What one part tells as two stays two.
        let (a, b) = ([100.0, 100.0, 200.0, 160.0], [130.0, 100.0, 230.0, 160.0]);
        check(&[seen(0, Car, 0.9, a), seen(0, Car, 0.8, b)], &[(Car, a), (Car, b)]);
        // At the frame's own edge nothing is cut.
        assert!(!seen(0, Car, 0.9, [0.0, 0.0, 50.0, 50.0]).cut);
        assert!(!seen(1, Car, 0.9, [950.0, 450.0, 1000.0, 500.0]).cut);
    }

    proptest! {
        /// Objects apart from each other, each told by every tile that shows some of it.
        #[test]
        fn each_object_is_told_once(
            objects in prop::collection::btree_set((0_u16..9, 0_u16..4), 1..20),
            width in 20.0_f32..99.0, shift in 0.0_f32..4.0,
        ) {
            let mut told = Vec::new();
            for &(column, row) in &objects {
                let (x, y) = (110.0 * f32::from(column), 120.0 * f32::from(row));
                let whole = [x, y, x + width, y + 60.0];
                for (part, of) in [LEFT, RIGHT, FRAME].into_iter().enumerate() {
                    #[expect(clippy::cast_precision_loss, reason = "pixels")]
                    let (from, to) = (of.x as f32, (of.x + of.width) as f32);
                    let cut = [whole[0].max(from), whole[1], whole[2].min(to), whole[3]];
                    // A detector finds no sliver, and is a little off.
                    if cut[2] - cut[0] > 0.3 * width {
                        let off = if part == 1 { shift } else { 0.0 };
                        let moved = [cut[0], cut[1] + off, cut[2], cut[3] + off];
                        told.push(seen(part, Class::Car, 0.9 - 0.1 * off, moved));
                    }
                }
            }
            prop_assert_eq!(merge(told).len(), objects.len());
        }
    }
}
