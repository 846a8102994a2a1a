//! One box per object: greedy non-maximum suppression.

use domain::{Bbox, Detection};

use crate::tile::Part;

/// More candidates than this are not compared: the weakest are left out.
const MAX_CANDIDATES: usize = 1024;
/// More objects than this are not told of one frame.
pub(crate) const MAX_KEPT: usize = 300;
/// One vehicle is often found twice, as a car and as a truck. Boxes of classes that the detector
/// confuses are one object from this `IoU` on: higher than within a class, because a real car before
/// a real truck overlaps too.
const CONFUSED_IOU: f32 = 0.75;

/// Keeps, strongest first, what no stronger box of the same class covers by more than `iou`. Equal
/// scores keep their order. Takes no memory.
pub(crate) fn suppress(candidates: &mut Vec<Detection>, iou: f32) {
    for next in 1..candidates.len() {
        let score = candidates[next].score;
        let at = candidates[..next].partition_point(|one| one.score.total_cmp(&score).is_ge());
        candidates[at..=next].rotate_right(1);
    }
    candidates.truncate(MAX_CANDIDATES);
    let mut kept = 0;
    for next in 0..candidates.len() {
        let candidate = candidates[next];
        if kept == MAX_KEPT {
            break;
        }
        if !candidates[..kept].iter().any(|stronger| covers(stronger, &candidate, iou)) {
            candidates[kept] = candidate;
            kept += 1;
        }
    }
    candidates.truncate(kept);
}

fn covers(stronger: &Detection, weaker: &Detection, iou: f32) -> bool {
    let limit = if stronger.class == weaker.class {
        iou
    } else if stronger.class.confusable_with(weaker.class) {
        iou.max(CONFUSED_IOU)
    } else {
        return false;
    };
    stronger.bbox.iou(weaker.bbox) > limit
}

/// Cuts a box to a part of the picture; nothing is left of one that lies outside or is no box.
#[expect(clippy::cast_precision_loss, reason = "sides are far below 2^24")]
pub(crate) fn clip(bbox: Bbox, part: Part) -> Option<Bbox> {
    let (left, top) = (part.x as f32, part.y as f32);
    let (right, bottom) = ((part.x + part.width) as f32, (part.y + part.height) as f32);
    let finite = [bbox.x1, bbox.y1, bbox.x2, bbox.y2].iter().all(|v| v.is_finite());
    let cut = Bbox {
        x1: bbox.x1.clamp(left, right),
        y1: bbox.y1.clamp(top, bottom),
        x2: bbox.x2.clamp(left, right),
        y2: bbox.y2.clamp(top, bottom),
    };
    (finite && cut.x2 > cut.x1 && cut.y2 > cut.y1).then_some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Class::{self, Bus, Car, Person, Truck};

    fn check(given: &[(Class, f32, f32)], kept: &[usize]) {
        let all: Vec<Detection> = given
            .iter()
            .map(|&(class, score, x)| Detection {
                bbox: Bbox { x1: x, y1: 0.0, x2: x + 100.0, y2: 100.0 },
                class,
                score,
            })
            .collect();
        let expected: Vec<Detection> = kept.iter().map(|&i| all[i]).collect();
        let mut found = all;
        suppress(&mut found, 0.6);
        assert_eq!(found, expected, "{given:?}");
    }

    /// Boxes of 100×100 that are `d` apart have an `IoU` of (100 − d) / (100 + d).
    #[test]
    fn one_box_per_object() {
        check(&[], &[]);
        // `IoU` .82: the weaker of a class goes, whatever comes first.
        check(&[(Car, 0.5, 10.0), (Car, 0.9, 0.0)], &[1]);
        // `IoU` .54: two cars.
        check(&[(Car, 0.9, 0.0), (Car, 0.5, 30.0)], &[0, 1]);
        // The same vehicle as car and as truck.
        check(&[(Car, 0.6, 0.0), (Truck, 0.7, 5.0), (Bus, 0.5, 5.0)], &[1]);
        // `IoU` .67: a car before a truck stays.
        check(&[(Car, 0.6, 0.0), (Truck, 0.7, 20.0)], &[1, 0]);
        // A person in a car is no car.
        check(&[(Car, 0.9, 0.0), (Person, 0.5, 0.0)], &[0, 1]);
        // What was suppressed suppresses nothing.
        check(&[(Car, 0.9, 0.0), (Car, 0.8, 20.0), (Car, 0.7, 40.0)], &[0, 2]);
        // Equal scores: the first stays.
        check(&[(Car, 0.9, 1.0), (Car, 0.9, 0.0)], &[0]);
    }

    #[test]
    fn a_box_is_cut_to_the_picture() {
        let bbox = |x1, y1, x2, y2| Bbox { x1, y1, x2, y2 };
        let cut = |b| clip(b, Part { x: 0, y: 0, width: 100, height: 50 });
        assert_eq!(cut(bbox(-5.0, 10.0, 120.0, 60.0)), Some(bbox(0.0, 10.0, 100.0, 50.0)));
        let tile = Part { x: 50, y: 20, width: 30, height: 10 };
        assert_eq!(clip(bbox(0.0, 0.0, 60.0, 90.0), tile), Some(bbox(50.0, 20.0, 60.0, 30.0)));
        assert_eq!(cut(bbox(101.0, 0.0, 120.0, 10.0)), None);
        assert_eq!(cut(bbox(20.0, 0.0, 10.0, 10.0)), None);
        assert_eq!(cut(bbox(f32::NAN, 0.0, 10.0, 10.0)), None);
        assert_eq!(cut(bbox(0.0, 0.0, f32::INFINITY, 10.0)), None);
    }
}
