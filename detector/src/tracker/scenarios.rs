//! Scenes in which a track must hold, frame by frame, at 25 frames a second.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "frame numbers and pixels of a scene are small"
)]

use domain::{Bbox, Class, Detection, Sighting, TrackId};
use jiff::{SignedDuration, Timestamp};

use super::Tracker;
use crate::config::TrackerConfig;

const RATE: u32 = 25;

fn at(frame: u32) -> Timestamp {
    let micros = i64::from(frame) * 1_000_000 / i64::from(RATE);
    Timestamp::UNIX_EPOCH + SignedDuration::from_micros(micros)
}

fn found(class: Class, score: f32, x: f32, y: f32, width: f32, height: f32) -> Detection {
    Detection { bbox: Bbox { x1: x, y1: y, x2: x + width, y2: y + height }, class, score }
}

fn car(x: f32, y: f32) -> Detection {
    found(Class::Car, 0.8, x, y, 80.0, 50.0)
}

/// The sightings of each frame of a scene.
fn play(frames: u32, scene: impl FnMut(u32) -> Vec<Detection>) -> Vec<Vec<Sighting>> {
    let mut tracker = Tracker::new(&TrackerConfig::default());
    let mut scene = scene;
    (0..frames).map(|n| tracker.update(&scene(n), at(n))).collect()
}

fn ids(played: &[Vec<Sighting>]) -> Vec<u64> {
    let mut ids: Vec<u64> = played.iter().flatten().map(|sighting| sighting.track.0).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// About ±`size`.
    fn shake(&mut self, size: f32) -> f32 {
        (self.roll() - 0.5) * 2.0 * size
    }
}

#[test]
fn a_parked_car_is_one_track_through_drop_outs() {
    for (missing, wobble) in [(0.0, 0.0), (0.01, 1.0), (0.01, 3.0), (0.2, 2.0)] {
        for seed in 1..=20 {
            let mut dice = Dice(seed);
            let mut shown = 0;
            // One minute.
            let played = play(60 * RATE, |_| {
                if dice.roll() < missing {
                    return vec![];
                }
                shown += 1;
                let mut seen = car(300.0 + dice.shake(wobble), 200.0 + dice.shake(wobble));
                seen.score = 0.7 + dice.shake(0.15);
                vec![seen]
            });
            assert_eq!(ids(&played), [1], "missing {missing}, wobble {wobble}, seed {seed}");
            // Told of in every frame in which it was found, but for the first few.
            let told = played.iter().filter(|sightings| !sightings.is_empty()).count();
            assert!(told + 25 >= shown, "told {told} times of {shown}, missing {missing}");
        }
    }
}

/// Each frame of a bus that passes before a parked car: the car shrinks, is hidden, comes back.
#[test]
fn a_parked_car_is_one_track_behind_a_passing_bus() {
    for hidden_s in [0.5, 1.0, 2.0] {
        let speed = 10.0;
        let width = hidden_s * RATE as f32 * speed + 80.0;
        let played = play(20 * RATE, |n| {
            let bus = n as f32 * speed - 100.0 - width;
            let (left, right) = (bus.max(300.0), (bus + width).min(380.0));
            let mut seen = vec![];
            let mut parked = car(300.0, 200.0);
            if left < right {
                if left > 300.0 {
                    parked.bbox.x2 = left;
                } else {
                    parked.bbox.x1 = right;
                }
            }
            if parked.bbox.width() > 15.0 {
                seen.push(parked);
            }
            let (from, to) = (bus.clamp(0.0, 1280.0), (bus + width).clamp(0.0, 1280.0));
            if to - from > 40.0 {
                seen.push(found(Class::Bus, 0.9, from, 150.0, to - from, 130.0));
            }
            seen
        });
        let last = played.last().unwrap();
        assert_eq!(last.len(), 1, "hidden for {hidden_s} s");
        assert_eq!(last[0].track, TrackId(1), "hidden for {hidden_s} s");
        assert_eq!(last[0].bbox, car(300.0, 200.0).bbox);
        assert!(ids(&played).len() <= 2, "hidden for {hidden_s} s: {:?}", ids(&played));
    }
}

#[test]
fn a_car_that_is_gone_for_longer_is_a_new_track() {
    for (gap_s, tracks) in [(2, 1), (4, 2)] {
        let played = play(12 * RATE, |n| {
            let gone = (4 * RATE..(4 + gap_s) * RATE).contains(&n);
            if gone { vec![] } else { vec![car(300.0, 200.0)] }
        });
        assert_eq!(ids(&played).len(), tracks, "{gap_s} s");
    }
}

#[test]
fn two_cars_that_cross_keep_their_tracks() {
    // One goes right, one left, in lanes that overlap by a part of their height.
    let right = |n: u32| car(100.0 + 6.0 * n as f32, 200.0);
    let left = |n: u32| car(900.0 - 6.0 * n as f32, 222.0);
    let played = play(5 * RATE, |n| vec![left(n), right(n)]);
    assert_eq!(ids(&played).len(), 2);
    let track_of = |frame: usize, bbox: Bbox| {
        played[frame].iter().find(|s| s.bbox == bbox).map(|s| s.track).unwrap()
    };
    assert_eq!(track_of(10, right(10).bbox), track_of(120, right(120).bbox));
    assert_eq!(track_of(10, left(10).bbox), track_of(120, left(120).bbox));
}

#[test]
fn cars_side_by_side_stay_apart() {
    let mut dice = Dice(7);
    let played = play(60 * RATE, |_| {
        let mut row = vec![];
        for place in 0..4_u8 {
            if dice.roll() >= 0.05 {
                let x = 100.0 + 70.0 * f32::from(place) + dice.shake(2.0);
                row.push(car(x, 200.0 + dice.shake(2.0)));
            }
        }
        row
    });
    assert_eq!(ids(&played), [1, 2, 3, 4]);
    for sighting in played.iter().flatten() {
        let place = ((sighting.bbox.x1 - 100.0) / 70.0).round() as i32;
        let home = played
            .iter()
            .flatten()
            .find(|s| s.track == sighting.track)
            .map(|s| ((s.bbox.x1 - 100.0) / 70.0).round() as i32);
        assert_eq!(home, Some(place), "{sighting:?}");
    }
}

#[test]
fn a_weak_detection_continues_a_track_but_begins_none() {
    let weak = |n: u32| found(Class::Car, 0.42, 300.0 + n as f32, 200.0, 80.0, 50.0);
    assert_eq!(ids(&play(RATE, |n| vec![weak(n)])), [0_u64; 0]);
    let strong = |n: u32| Detection { score: 0.8, ..weak(n) };
    let played = play(4 * RATE, |n| vec![if n < 10 { strong(n) } else { weak(n) }]);
    assert_eq!(ids(&played), [1]);
    assert_eq!(played[99].len(), 1);
}

#[test]
fn the_class_is_what_it_was_taken_for_most_often() {
    let played = play(100, |n| {
        let class = if n % 10 < 3 || n < 4 { Class::Truck } else { Class::Car };
        vec![Detection { class, ..car(300.0, 200.0) }]
    });
    assert_eq!(ids(&played), [1]);
    assert_eq!(played[5][0].class, Class::Truck);
    assert_eq!(played[99][0].class, Class::Car);
}

#[test]
fn a_person_never_continues_a_car() {
    let played = play(50, |n| {
        let class = if n < 25 { Class::Car } else { Class::Person };
        vec![Detection { class, ..car(300.0, 200.0) }]
    });
    assert_eq!(ids(&played), [1, 2]);
}

#[test]
fn seen_twice_is_not_yet_a_track() {
    assert_eq!(ids(&play(RATE, |n| if n < 2 { vec![car(0.0, 0.0)] } else { vec![] })), [0_u64; 0]);
    assert_eq!(ids(&play(3, |_| vec![car(0.0, 0.0)])), [1]);
}

/// Five frames a second, as a slow machine sees a street.
#[test]
fn times_are_seconds_not_frames() {
    let mut tracker = Tracker::new(&TrackerConfig::default());
    let mut ids = vec![];
    for n in 0..50 {
        let seen = [car(100.0 + 12.0 * n as f32, 200.0)];
        ids.extend(tracker.update(&seen, at(5 * n)).iter().map(|s| s.track.0));
    }
    ids.dedup();
    assert_eq!(ids, [1]);
}

#[test]
fn what_cannot_be_followed_is_passed_over() {
    let mut tracker = Tracker::new(&TrackerConfig::default());
    let broken = [
        found(Class::Car, 0.9, f32::NAN, 0.0, 10.0, 10.0),
        found(Class::Car, 0.9, 0.0, 0.0, 0.0, 10.0),
        found(Class::Car, 0.9, 10.0, 0.0, -5.0, 10.0),
        found(Class::Car, f32::NAN, 0.0, 0.0, 10.0, 10.0),
        found(Class::Car, 0.9, 0.0, 0.0, f32::INFINITY, 10.0),
    ];
    // Times may repeat and run backwards.
    for second in [5, 5, 3, 1_000_000_000, 0] {
        let at = Timestamp::from_second(second).unwrap();
        assert_eq!(tracker.update(&broken, at), []);
    }
    assert!(tracker.tracks.is_empty());
}

#[test]
fn a_flood_of_boxes_is_bounded() {
    let mut tracker = Tracker::new(&TrackerConfig::default());
    for n in 0..4 {
        let flood: Vec<Detection> = (0..3000_u16).map(|i| car(100.0 * f32::from(i), 0.0)).collect();
        let told = tracker.update(&flood, at(n));
        assert!(told.len() <= super::MAX_DETECTIONS);
        assert!(tracker.tracks.len() <= super::MAX_TRACKS);
    }
}

#[test]
fn the_same_input_gives_the_same_tracks() {
    let run = || {
        let mut dice = Dice(3);
        play(20 * RATE, |n| {
            (0..12)
                .filter(|_| dice.roll() > 0.1)
                .collect::<Vec<i32>>()
                .into_iter()
                .map(|i| {
                    let drift = (i % 3) as f32 * n as f32;
                    car(60.0 * i as f32 + drift + dice.shake(3.0), 30.0 * (i % 4) as f32)
                })
                .collect()
        })
    };
    assert_eq!(run(), run());
}
