//! Scenes seen by a camera that moves, and breaks between scenes.
#![expect(clippy::cast_possible_truncation, reason = "pixels of a scene are small")]

use domain::{Bbox, Class, Detection, Sighting, TrackId};
use jiff::{SignedDuration, Timestamp};

use super::Tracker;
use crate::config::TrackerConfig;
use crate::motion::{Motion, Warp};

/// 25 frames a second.
fn at(frame: u32) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_millis(40 * i64::from(frame))
}

/// A car of 80 × 50 pixels of ground, as the camera that `seen_by` describes sees it.
fn car(x: f64, y: f64, seen_by: &Warp) -> Detection {
    let (x, y) = (x as f32, y as f32);
    let bbox = Bbox { x1: x - 40.0, y1: y - 25.0, x2: x + 40.0, y2: y + 25.0 };
    Detection { bbox: seen_by.bbox(bbox).unwrap(), class: Class::Car, score: 0.8 }
}

fn known(warp: Warp) -> Motion {
    Motion::Known { warp, inliers: 100 }
}

/// Turn by `turn` radians and zoom about the pixel (640, 360), then shift.
fn step(turn: f64, zoom: f64, x: f64, y: f64) -> Warp {
    let (sin, cos) = (zoom * turn.sin(), zoom * turn.cos());
    let (cx, cy) = (640.0, 360.0);
    Warp::new([
        [cos, -sin, cx - cos * cx + sin * cy + x],
        [sin, cos, cy - sin * cx - cos * cy + y],
        [0.0, 0.0, 1.0],
    ])
    .unwrap()
}

/// How the camera moves from frame to frame.
type Flight = fn(u32) -> Warp;

fn sway(n: u32) -> f64 {
    f64::from(n * 37 % 17) - 8.0
}

const FLIGHTS: [(&str, Flight); 5] = [
    ("pan", |_| step(0.0, 1.0, -9.0, 2.0)),
    ("zoom", |_| step(0.0, 1.008, 0.0, 0.0)),
    ("turn", |_| step(0.01, 1.0, 0.0, 0.0)),
    ("hover", |n| step(0.002 * sway(n), 1.0, 2.0 * sway(n), -2.0 * sway(n + 5))),
    ("tilt", |_| Warp::new([[1.0, 0.0, 0.0], [0.0, 1.004, -6.0], [0.0, 4e-6, 1.0]]).unwrap()),
];

struct Played {
    sightings: Vec<Vec<Sighting>>,
    parked_stands: bool,
    mover_stands: bool,
}

/// Four seconds of a parked car that is hidden for one, and of one that drives.
fn fly(flight: Flight, told: fn(Warp) -> Motion) -> Played {
    let mut tracker = Tracker::new(&TrackerConfig::default());
    let mut camera = Warp::IDENTITY;
    let mut sightings = vec![];
    for n in 0..100 {
        let warp = if n == 0 { Warp::IDENTITY } else { flight(n) };
        camera = camera.then(&warp).unwrap();
        let mut seen = vec![car(700.0 + 5.0 * f64::from(n), 500.0, &camera)];
        if !(50..75).contains(&n) {
            seen.push(car(600.0, 330.0, &camera));
        }
        sightings.push(tracker.update_moved(&seen, at(n), &told(warp)));
    }
    let last = sightings.last().unwrap();
    let stands = |index: usize| last.get(index).is_some_and(|s| tracker.stands(s.track));
    let (mover_stands, parked_stands) = (stands(0), stands(1));
    Played { sightings, parked_stands, mover_stands }
}

fn ids(played: &[Vec<Sighting>]) -> Vec<u64> {
    let mut ids: Vec<u64> = played.iter().flatten().map(|sighting| sighting.track.0).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[test]
fn what_is_parked_stands_though_the_camera_moves() {
    for (name, flight) in FLIGHTS {
        let played = fly(flight, known);
        assert_eq!(ids(&played.sightings), [1, 2], "{name}");
        assert!(played.parked_stands && !played.mover_stands, "{name}");
        // Nobody told the tracker of the camera: it takes the street for moving.
        let fooled = fly(flight, |_| Motion::Blind);
        assert!(!fooled.parked_stands || ids(&fooled.sightings).len() > 2, "{name}");
    }
}

#[test]
fn a_camera_that_does_not_move_changes_nothing() {
    let still = |_| Warp::IDENTITY;
    let (told, blind) = (fly(still, known), fly(still, |_| Motion::Blind));
    assert_eq!(told.sightings, blind.sightings);
    assert!(told.parked_stands);
    let mut tracker = Tracker::new(&TrackerConfig::default());
    for (n, expected) in (0..).zip(&told.sightings) {
        let mut seen = vec![car(700.0 + 5.0 * f64::from(n), 500.0, &Warp::IDENTITY)];
        if !(50..75).contains(&n) {
            seen.push(car(600.0, 330.0, &Warp::IDENTITY));
        }
        assert_eq!(&tracker.update(&seen, at(n)), expected);
    }
}

/// The ids of a car that stays at one place of the picture, around something between two frames.
fn around(between: impl Fn(&mut Tracker) -> Motion, gap: SignedDuration) -> Vec<u64> {
    let mut tracker = Tracker::new(&TrackerConfig::default());
    let mut told = vec![];
    let seen = [car(600.0, 330.0, &Warp::IDENTITY)];
    for n in 0..50 {
        told.push(tracker.update(&seen, at(n)));
    }
    let motion = between(&mut tracker);
    told.push(tracker.update_moved(&seen, at(50) + gap, &motion));
    for n in 51..60 {
        told.push(tracker.update(&seen, at(n) + gap));
    }
    ids(&told)
}

#[test]
fn nothing_continues_over_a_cut_a_gap_or_the_end_of_a_session() {
    let none = SignedDuration::ZERO;
    assert_eq!(around(|_| Motion::STILL, none), [1]);
    assert_eq!(around(|_| Motion::Blind, none), [1]);
    assert_eq!(around(|_| Motion::Cut, none), [1, 2]);
    assert_eq!(around(|_| Motion::STILL, SignedDuration::from_millis(2900)), [1]);
    assert_eq!(around(|_| Motion::STILL, SignedDuration::from_secs(3)), [1, 2]);
    assert_eq!(around(|_| Motion::STILL, SignedDuration::from_hours(1)), [1, 2]);
    let ended = |tracker: &mut Tracker| {
        tracker.end_session();
        Motion::STILL
    };
    assert_eq!(around(ended, none), [1, 2]);
    // A session may begin before the one before ended.
    assert_eq!(around(ended, SignedDuration::from_secs(-60)), [1, 2]);
}

#[test]
fn a_short_wait_does_not_make_slow_frames_a_gap() {
    let zero = std::time::Duration::ZERO;
    let config =
        TrackerConfig { lost_after: zero, lost_after_moving: zero, ..TrackerConfig::default() };
    let mut tracker = Tracker::new(&config);
    let seen = [car(600.0, 330.0, &Warp::IDENTITY)];
    let told: Vec<_> = (0..20).map(|n| tracker.update(&seen, at(20 * n))).collect();
    assert_eq!(ids(&told), [1]);
}

#[test]
fn what_passed_the_horizon_is_no_harm() {
    let tilted = Warp::new([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-0.002, 0.0, 1.0]]).unwrap();
    let mut tracker = Tracker::new(&TrackerConfig::default());
    let seen = [car(600.0, 330.0, &Warp::IDENTITY)];
    for n in 0..10 {
        let told = tracker.update_moved(&seen, at(n), &known(tilted));
        assert!(told.iter().all(|sighting| sighting.track >= TrackId(1)));
    }
}
