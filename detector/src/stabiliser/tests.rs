//! A drawn street, seen by a camera whose every movement is known.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels of a scene are small"
)]

use domain::{Bbox, Class, Detection, Frame, Sighting, Size, SourceId, TimeBasis};
use jiff::{SignedDuration, Timestamp};

use super::Stabiliser;
use crate::config::TrackerConfig;
use crate::motion::{Motion, Warp};
use crate::tracker::Tracker;

const WIDTH: u32 = 480;
const HEIGHT: u32 = 270;

fn dice(x: i64, y: i64, seed: u64) -> f64 {
    let mixed = (x as u64)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add((y as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f))
        .wrapping_add(seed.wrapping_mul(0x1656_67b1_9e37_79f9));
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    f64::from((mixed >> 40) as u32) / f64::from(1_u32 << 24)
}

/// Smooth grey spots of about `cell` pixels, 0..=1.
fn spots(x: f64, y: f64, cell: f64, seed: u64) -> f64 {
    let at = [x / cell, y / cell];
    let [i, j] = at.map(|side| side.floor() as i64);
    let [right, down] = at.map(|side| {
        let part = side - side.floor();
        part * part * (3.0 - 2.0 * part)
    });
    let row = |j: i64| dice(i, j, seed) * (1.0 - right) + dice(i + 1, j, seed) * right;
    row(j) * (1.0 - down) + row(j + 1) * down
}

/// What the camera sees of the ground `seed`, which `camera` takes to pixels; the cars are boxes of
/// ground, each with a pattern that goes with it.
fn picture(camera: &Warp, seed: u64, cars: &[Bbox]) -> Frame {
    let back = camera.inverse().unwrap();
    let mut pixels = Vec::new();
    for row in 0..HEIGHT {
        for column in 0..WIDTH {
            let [x, y] = back.point([f64::from(column), f64::from(row)]).unwrap();
            let on = |car: &&Bbox| {
                (f64::from(car.x1)..f64::from(car.x2)).contains(&x)
                    && (f64::from(car.y1)..f64::from(car.y2)).contains(&y)
            };
            let shade = match cars.iter().find(on) {
                Some(car) => spots(x - f64::from(car.x1), y - f64::from(car.y1), 5.0, 99),
                None => 0.6 * spots(x, y, 7.0, seed) + 0.4 * spots(x, y, 60.0, seed + 1),
            };
            let noise = dice(i64::from(column), i64::from(row), x.to_bits() ^ y.to_bits()) * 6.0;
            pixels.extend([(20.0 + 210.0 * shade + noise) as u8; 3]);
        }
    }
    frame(WIDTH, HEIGHT, pixels)
}

fn frame(width: u32, height: u32, pixels: Vec<u8>) -> Frame {
    let (source, size) = (SourceId::new("drone").unwrap(), Size::new(width, height).unwrap());
    let at = Timestamp::UNIX_EPOCH;
    Frame::new(source, 0, at, TimeBasis::Media, size, pixels.into()).unwrap()
}

/// Turn by `turn` radians and zoom about the middle, then shift.
fn step(turn: f64, zoom: f64, x: f64, y: f64) -> Warp {
    let (sin, cos) = (zoom * turn.sin(), zoom * turn.cos());
    let (cx, cy) = (f64::from(WIDTH) / 2.0, f64::from(HEIGHT) / 2.0);
    let rows =
        [[cos, -sin, cx - cos * cx + sin * cy + x], [sin, cos, cy - sin * cx - cos * cy + y]];
    Warp::new([rows[0], rows[1], [0.0, 0.0, 1.0]]).unwrap()
}

fn tilt() -> Warp {
    Warp::new([[1.0, 0.003, -2.0], [0.0, 1.01, -3.0], [0.0, 4e-5, 1.0]]).unwrap()
}

/// The furthest that a corner of the frame lies from where it should.
fn error(found: &Warp, truth: &Warp) -> f64 {
    let (w, h) = (f64::from(WIDTH), f64::from(HEIGHT));
    let miss = |corner: [f64; 2]| {
        let (a, b) = (found.point(corner).unwrap(), truth.point(corner).unwrap());
        (a[0] - b[0]).hypot(a[1] - b[1])
    };
    [[0.0, 0.0], [w, 0.0], [0.0, h], [w, h]].into_iter().map(miss).fold(0.0, f64::max)
}

fn box_at(x: f32, y: f32, width: f32, height: f32) -> Bbox {
    Bbox { x1: x, y1: y, x2: x + width, y2: y + height }
}

#[test]
fn each_movement_is_found_again() {
    let first = picture(&Warp::IDENTITY, 1, &[]);
    for truth in [
        Warp::IDENTITY,
        step(0.0, 1.0, 0.4, -0.2),
        step(0.0, 1.0, 12.0, -7.0),
        // An eighth of the width.
        step(0.0, 1.0, 60.0, -5.0),
        step(0.03, 1.0, 3.0, 0.0),
        step(0.0, 1.03, 0.0, 2.0),
        step(0.0, 0.97, 0.0, 2.0),
        tilt(),
    ] {
        let mut stabiliser = Stabiliser::new();
        assert_eq!(stabiliser.follow(&first, &[]).unwrap(), Motion::Blind);
        let second = picture(&truth, 1, &[]);
        let Motion::Known { warp, inliers } = stabiliser.follow(&second, &[]).unwrap() else {
            panic!("{truth:?} is not known");
        };
        assert!(error(&warp, &truth) < 0.4, "{warp:?} is not {truth:?}");
        assert!(inliers > 60, "{inliers} of {truth:?}");
    }
}

#[test]
fn the_same_pictures_give_the_same_motion() {
    let pictures = [Warp::IDENTITY, tilt(), step(0.02, 1.0, 1.0, 1.0)].map(|w| picture(&w, 1, &[]));
    let follow = || {
        let mut stabiliser = Stabiliser::new();
        pictures.each_ref().map(|picture| stabiliser.follow(picture, &[]).unwrap())
    };
    assert_eq!(follow(), follow());
}

/// Nearly half of the picture is a lorry that drives: the road wins because the lorry is left out.
#[test]
fn what_moves_by_itself_does_not_count() {
    let lorry = |x: f32| box_at(x, 40.0, 300.0, 180.0);
    let truth = step(0.0, 1.0, 4.0, 1.0);
    let first = picture(&Warp::IDENTITY, 1, &[lorry(20.0)]);
    let second = picture(&truth, 1, &[lorry(29.0)]);
    let mut stabiliser = Stabiliser::new();
    stabiliser.follow(&first, &[lorry(20.0)]).unwrap();
    let motion = stabiliser.follow(&second, &[truth.bbox(lorry(29.0)).unwrap()]).unwrap();
    let Motion::Known { warp, .. } = motion else { panic!("{motion:?}") };
    assert!(error(&warp, &truth) < 0.5, "{warp:?}");
}

#[test]
fn another_scene_is_a_cut_and_a_bare_one_is_not() {
    let street = picture(&Warp::IDENTITY, 1, &[]);
    let elsewhere = picture(&Warp::IDENTITY, 50, &[]);
    let grey = |noise: f64, seed: u64| {
        let pixel = |n: u32| (60.0 + noise * dice(i64::from(n), 0, seed)) as u8;
        frame(WIDTH, HEIGHT, (0..WIDTH * HEIGHT).flat_map(|n| [pixel(n); 3]).collect())
    };
    let mut stabiliser = Stabiliser::new();
    let mut next = |picture: &Frame| stabiliser.follow(picture, &[]).unwrap();
    assert_eq!(next(&street), Motion::Blind);
    assert!(matches!(next(&street), Motion::Known { .. }));
    assert_eq!(next(&elsewhere), Motion::Cut);
    assert!(matches!(next(&elsewhere), Motion::Known { .. }));
    // Fog, night, and a fade.
    for bare in [grey(0.0, 1), grey(0.0, 2), grey(20.0, 3), grey(20.0, 4)] {
        assert_eq!(next(&bare), Motion::Blind);
    }
    assert_eq!(next(&street), Motion::Blind);
    assert!(matches!(next(&street), Motion::Known { .. }));
    assert_eq!(next(&frame(64, 48, vec![9; 64 * 48 * 3])), Motion::Cut);
}

#[test]
fn any_picture_and_any_box_can_be_looked_at() {
    let boxes = [
        box_at(f32::NAN, 0.0, 9.0, 9.0),
        box_at(0.0, f32::NEG_INFINITY, f32::INFINITY, 9.0),
        box_at(-1e9, -1e9, 2e9, 2e9),
        box_at(90.0, 9.0, -50.0, -5.0),
    ];
    for (width, height) in [(1, 1), (2, 300), (300, 2), (16_384, 1), (1, 2000), (321, 7)] {
        let mut stabiliser = Stabiliser::new();
        for shade in [0, 200] {
            let pixels = vec![shade; Size::new(width, height).unwrap().bgr_bytes()];
            stabiliser.follow(&frame(width, height, pixels), &boxes).unwrap();
        }
    }
}

/// Pixels to tracks: two parked cars and one that drives, under a camera that moves.
fn patrol(moves: fn(u32) -> Warp, told: fn(Motion) -> Motion) -> (Vec<Vec<Sighting>>, Vec<bool>) {
    let (mut stabiliser, mut tracker) =
        (Stabiliser::new(), Tracker::new(&TrackerConfig::default()));
    let (mut camera, mut played) = (Warp::IDENTITY, vec![]);
    for n in 0..40_u16 {
        camera = camera.then(&moves(n.into())).unwrap();
        let driven = 3.0 * f32::from(n);
        let cars = [
            box_at(180.0, 90.0, 50.0, 30.0),
            box_at(250.0, 150.0, 50.0, 30.0),
            box_at(130.0 + driven, 200.0, 50.0, 30.0),
        ];
        let boxes = cars.map(|car| camera.bbox(car).unwrap());
        let motion = stabiliser.follow(&picture(&camera, 1, &cars), &boxes).unwrap();
        let found = boxes.map(|bbox| Detection { bbox, class: Class::Car, score: 0.8 });
        let at = Timestamp::UNIX_EPOCH + SignedDuration::from_millis(40 * i64::from(n));
        played.push(tracker.update_moved(&found, at, &told(motion)));
    }
    let last = played.last().unwrap();
    let stands = last.iter().map(|sighting| tracker.stands(sighting.track)).collect();
    (played, stands)
}

fn sway(n: u32) -> f64 {
    f64::from(n * 37 % 17) - 8.0
}

#[test]
fn a_parked_car_stays_one_track_and_stands() {
    let flights: [fn(u32) -> Warp; 3] = [
        |n| step(0.001 * sway(n), 1.0, 0.8 * sway(n), 0.6 * sway(n + 4)),
        |_| step(0.004, 1.0, -2.5, 0.5),
        |n| step(0.0, 1.006, 0.5 * sway(n), 0.0),
    ];
    for (which, flight) in flights.into_iter().enumerate() {
        let (played, stands) = patrol(flight, |motion| motion);
        let mut ids: Vec<u64> = played.iter().flatten().map(|s| s.track.0).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids, [1, 2, 3], "flight {which}");
        assert_eq!(stands, [true, true, false], "flight {which}");
    }
    // In a pan that nobody tells the tracker of, nothing stands.
    let (_, fooled) = patrol(flights[1], |_| Motion::Blind);
    assert!(!fooled.contains(&true), "{fooled:?}");
}
