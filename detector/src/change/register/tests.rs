use bytes::Bytes;
use domain::{SourceId, TimeBasis};
use jiff::Timestamp;

use super::*;

fn frame(width: u32, height: u32, bgr: Vec<u8>) -> Frame {
    let source = SourceId::new("test").unwrap();
    let size = Size::new(width, height).unwrap();
    Frame::new(source, 0, Timestamp::UNIX_EPOCH, TimeBasis::Media, size, Bytes::from(bgr)).unwrap()
}

/// A place seen from above: grey blocks of all sizes at places that `seed` tells, within the left `part` of it.
fn town(seed: u64, part: f64) -> Frame {
    let (width, height) = (640_usize, 480_usize);
    let mut state = seed;
    let mut draw = |most: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % most
    };
    let mut bgr = vec![120_u8; 3 * width * height];
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of a width"
    )]
    let across = (part * 640.0) as u64;
    for _ in 0..700 {
        let (left, top) =
            (usize::try_from(draw(across)).unwrap(), usize::try_from(draw(480)).unwrap());
        let (wide, high) =
            (usize::try_from(4 + draw(36)).unwrap(), usize::try_from(4 + draw(36)).unwrap());
        let grey = u8::try_from(20 + draw(220)).unwrap();
        for y in top..(top + high).min(height) {
            let right = (left + wide).min(usize::try_from(across).unwrap());
            bgr[3 * (y * width + left)..3 * (y * width + right.max(left))].fill(grey);
        }
    }
    frame(640, 480, bgr)
}

/// The picture as another camera shows it: `warp` takes its pixels to those of the new one.
fn taken(of: &Frame, warp: &Warp) -> Frame {
    let mut moved = Mat::default();
    let rows = warp.rows();
    let rows = Mat::from_slice_2d(&rows).unwrap();
    let size = core::Size::new(640, 480);
    imgproc::warp_perspective_def(&as_mat(of).unwrap(), &mut moved, &rows, size).unwrap();
    frame(640, 480, moved.data_bytes().unwrap().to_vec())
}

/// A turn, a zoom, a shift and a little perspective.
fn way(turn_deg: f64, zoom: f64, x: f64, y: f64) -> Warp {
    let (sin, cos) = turn_deg.to_radians().sin_cos();
    let (sin, cos) = (zoom * sin, zoom * cos);
    Warp::new([[cos, -sin, x], [sin, cos, y], [2e-5, -1e-5, 1.0]]).unwrap()
}

fn farthest(one: &Warp, other: &Warp) -> f64 {
    let corners = [[80.0, 60.0], [560.0, 60.0], [560.0, 420.0], [80.0, 420.0], [320.0, 240.0]];
    corners.iter().fold(0.0, |most: f64, &at| {
        let (here, there) = (one.point(at).unwrap(), other.point(at).unwrap());
        most.max((here[0] - there[0]).hypot(here[1] - there[1]))
    })
}

#[test]
fn the_way_between_two_pictures_is_found() {
    let before = town(1, 1.0);
    for (warp, guess) in [
        (way(0.0, 1.0, 0.0, 0.0), None),
        (way(4.0, 1.05, 20.0, -15.0), None),
        (way(90.0, 1.0, 520.0, -60.0), None),
        (way(4.0, 1.05, 20.0, -15.0), Some(way(3.0, 1.02, 35.0, 0.0))),
        // A guess that is wholly wrong is given up.
        (way(4.0, 1.05, 20.0, -15.0), Some(way(90.0, 1.0, 520.0, -60.0))),
    ] {
        let after = taken(&before, &warp);
        let found = register(&before, &after, guess).unwrap();
        assert!(farthest(&found.warp, &warp) < 0.7, "{warp:?}: {found:?}");
        let residual = found.residual.unwrap();
        assert!(residual.median_px < 1.0 && residual.p95_px < 3.0, "{residual:?}");
        assert!(residual.inliers > 100 && residual.share > 0.5 && residual.cover > 0.5);
        let near = guess.is_some_and(|guess| farthest(&guess, &warp) < 50.0);
        assert_eq!(found.basis, if near { Basis::Guided } else { Basis::Features });
    }
}

#[test]
fn the_common_area_is_known() {
    let before = town(2, 1.0);
    let warp = way(0.0, 1.0, 320.0, 0.0);
    let found = register(&before, &taken(&before, &warp), None).unwrap();
    assert!((found.overlap - 0.5).abs() < 0.05, "{found:?}");
}

#[test]
fn what_cannot_be_compared_says_why() {
    let place = town(3, 1.0);
    let grey = frame(640, 480, vec![128; 640 * 480 * 3]);
    let dot = frame(1, 1, vec![128; 3]);
    let error = |before: &Frame, after: &Frame| register(before, after, None).unwrap_err();
    let other = error(&place, &town(4, 1.0)).to_string();
    assert!(other.starts_with("the two pictures do not show the same place"), "{other}");
    let features = error(&place, &grey);
    assert!(matches!(features, Unregistered::Featureless { which: "later", .. }), "{features}");
    assert!(matches!(error(&grey, &place), Unregistered::Featureless { which: "earlier", .. }));
    assert!(matches!(error(&place, &dot), Unregistered::Featureless { .. }));
    // Two nights that share one lit corner.
    let corner = town(5, 0.09);
    let uneven = error(&corner, &taken(&corner, &way(0.0, 1.0, 3.0, 2.0)));
    assert!(matches!(uneven, Unregistered::Uneven { .. }), "{uneven}");
}

#[test]
fn what_is_known_from_elsewhere_is_checked_too() {
    let size = Size::new(640, 480).unwrap();
    let by = |warp: Warp| Registration::by(warp, Basis::Given, size, size);
    assert!((by(Warp::IDENTITY).unwrap().overlap - 1.0).abs() < 1e-9);
    let far = by(way(0.0, 1.0, 900.0, 0.0)).unwrap_err();
    assert!(matches!(far, Unregistered::Overlap { .. }), "{far}");
    let tiny = by(way(0.0, 60.0, 0.0, 0.0)).unwrap_err();
    assert!(matches!(tiny, Unregistered::Degenerate), "{tiny}");
    let bent = Warp::new([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.004, 0.0, 1.0]]).unwrap();
    assert!(by(bent).is_err());
}
