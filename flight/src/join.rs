//! One thing on the ground stays one thing: tracks joined across gaps and across passes.
//!
//! A tracker follows boxes through one stretch of pictures. A drone looks away and comes back, and
//! photos are single pictures; what is then found in the place of something that stood there, of the
//! same kind and colours, is taken for it. A track is joined once it has stood still for a second
//! itself, so that a car driving past does not become the one it passes. Takes time from the data.

mod thing;

use std::collections::{BTreeMap, BTreeSet};

use domain::{Finding, Observation, Place, TrackId};
use jiff::{SignedDuration, Timestamp};

use self::thing::Thing;

/// Remembers what a flight saw on the ground.
#[derive(Debug, Default)]
pub struct Joiner {
    /// In the order in which they were first seen; what was joined to an older one is `None`.
    things: Vec<Option<Thing>>,
    by_track: BTreeMap<TrackId, usize>,
}

/// What a picture is, for joining.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// One of many a second: a track must be seen standing first.
    Video,
    /// Alone: what is found in the place of something is it.
    Photo,
}

/// The most things that are remembered; later ones keep their tracks and are not found again.
const MOST_THINGS: usize = 65_536;
/// A track that has stood for so long may be something that stood there before.
const STOOD_FOR: SignedDuration = SignedDuration::from_secs(1);
/// Looks that have less in common are of different things.
const ALIKE: f64 = 0.5;

impl Joiner {
    /// Gives everything that is seen on the ground the track of the thing it is. Pictures come in the
    /// order of their time.
    pub fn join(&mut self, at: Timestamp, picture: Picture, seen: &mut [Observation]) {
        let indices: Vec<Option<usize>> =
            seen.iter().map(|observation| self.note(at, observation)).collect();
        let mut in_sight: BTreeSet<usize> = indices.iter().flatten().copied().collect();
        for (observation, index) in seen.iter_mut().zip(indices) {
            let Some(index) = index else { continue };
            let thing = self.settle(index, at, picture, &mut in_sight);
            if let Some(thing) = self.things.get(thing).and_then(Option::as_ref) {
                observation.track = thing.track;
            }
        }
    }

    /// The track of the thing that `track` turned out to be; itself where it is its own.
    pub fn known_as(&self, track: TrackId) -> TrackId {
        let thing = self.by_track.get(&track).and_then(|&index| self.things.get(index)?.as_ref());
        thing.map_or(track, |thing| thing.track)
    }

    /// Everything that was seen on the ground, oldest first, without alerts.
    pub fn findings(&self) -> Vec<Finding> {
        self.things.iter().flatten().filter_map(Thing::finding).collect()
    }

    /// Writes one observation down; `None` where it is not placed on the ground.
    fn note(&mut self, at: Timestamp, seen: &Observation) -> Option<usize> {
        let Place::Ground { .. } = seen.place else { return None };
        if let Some(&index) = self.by_track.get(&seen.track)
            && let Some(thing) = self.things.get_mut(index).and_then(Option::as_mut)
        {
            thing.see(at, seen);
            return Some(index);
        }
        if self.things.len() >= MOST_THINGS {
            return None;
        }
        self.things.push(Some(Thing::new(at, seen)?));
        let index = self.things.len() - 1;
        self.by_track.insert(seen.track, index);
        Some(index)
    }

    /// Joins a thing to the older one whose place it has. Returns the one that is left.
    fn settle(
        &mut self,
        index: usize,
        at: Timestamp,
        picture: Picture,
        in_sight: &mut BTreeSet<usize>,
    ) -> usize {
        let Some(new) = self.things.get(index).and_then(Option::as_ref) else { return index };
        let ready = match picture {
            Picture::Video => new.stands_since().is_some_and(|s| at.duration_since(s) >= STOOD_FOR),
            Picture::Photo => new.is_single(),
        };
        if new.is_joined() || !ready {
            return index;
        }
        let candidates = self.things[..index].iter().enumerate();
        let nearest = candidates
            .filter(|(older, _)| !in_sight.contains(older))
            .filter_map(|(older, thing)| Some((older, thing.as_ref()?.distance_as_same(new)?)))
            .min_by(|a, b| a.1.total_cmp(&b.1));
        let Some((older, _)) = nearest else {
            if let Some(thing) = self.things.get_mut(index).and_then(Option::as_mut) {
                thing.stays_itself();
            }
            return index;
        };
        self.merge(older, index);
        in_sight.insert(older);
        older
    }

    fn merge(&mut self, older: usize, newer: usize) {
        let Some(new) = self.things.get_mut(newer).and_then(Option::take) else { return };
        for index in self.by_track.values_mut().filter(|index| **index == newer) {
            *index = older;
        }
        if let Some(thing) = self.things.get_mut(older).and_then(Option::as_mut) {
            thing.take_in(new);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Class, Covariance, GroundFix, LonLat, Look, Motion, Plane, RelBox};

    use super::*;

    fn seen(track: u64, east: f64, colour: usize) -> Observation {
        let plane = Plane::at(LonLat::new(120.08, 30.89).unwrap());
        let mut bins = [0; 16];
        bins[colour] = 255;
        Observation {
            track: TrackId(track),
            class: Class::Car,
            score: 0.6,
            seen: Some(RelBox { x: 0.1, y: 0.1, w: 0.1, h: 0.1 }),
            place: GroundFix {
                position: plane.place([east, 0.0]).unwrap(),
                covariance: Covariance::round(0.6),
            }
            .into(),
            look: Some(Look(bins)),
        }
    }

    struct Flight(Joiner, Timestamp);

    impl Flight {
        fn new() -> Self {
            Self(Joiner::default(), Timestamp::UNIX_EPOCH)
        }

        /// Half a second of video; the tracks that came out.
        fn see(&mut self, mut all: Vec<Observation>) -> Vec<u64> {
            self.1 += SignedDuration::from_millis(500);
            self.0.join(self.1, Picture::Video, &mut all);
            all.iter().map(|o| o.track.0).collect()
        }

        fn later(&mut self) {
            self.1 += SignedDuration::from_mins(10);
        }
    }

    #[test]
    fn two_passes_over_two_parked_cars() {
        let mut flight = Flight::new();
        for _ in 0..6 {
            flight.see(vec![seen(1, 0.0, 0), seen(2, 6.0, 15)]);
        }
        flight.later();
        let mut last = Vec::new();
        for _ in 0..6 {
            last = flight.see(vec![seen(8, 6.4, 15), seen(9, 0.5, 0)]);
        }
        assert_eq!(last, [2, 1]);
        let findings = flight.0.findings();
        assert_eq!(findings.len(), 2);
        assert!(
            findings
                .iter()
                .all(|f| f.passes == 2 && f.motion == Motion::Standing && f.sightings == 12)
        );
    }

    #[test]
    fn another_car_in_the_same_place_is_another_car() {
        let mut flight = Flight::new();
        for _ in 0..6 {
            flight.see(vec![seen(1, 0.0, 0)]);
        }
        flight.later();
        for _ in 0..6 {
            flight.see(vec![seen(5, 0.2, 15)]);
        }
        assert_eq!(flight.0.findings().len(), 2);
    }

    #[test]
    fn a_car_that_drives_past_is_not_the_parked_one() {
        let mut flight = Flight::new();
        for _ in 0..6 {
            flight.see(vec![seen(1, 0.0, 0)]);
        }
        flight.later();
        for step in 0..10 {
            let track = flight.see(vec![seen(5, -10.0 + 3.0 * f64::from(step), 0)]);
            assert_eq!(track, [5]);
        }
        let findings = flight.0.findings();
        assert_eq!((findings.len(), findings[1].motion), (2, Motion::Moving));
    }

    #[test]
    fn a_photo_joins_at_once() {
        let mut flight = Flight::new();
        for _ in 0..6 {
            flight.see(vec![seen(1, 0.0, 0)]);
        }
        flight.later();
        let mut photo = vec![seen(7, 0.3, 0), seen(8, 30.0, 0)];
        flight.0.join(flight.1, Picture::Photo, &mut photo);
        assert_eq!(photo.iter().map(|o| o.track.0).collect::<Vec<_>>(), [1, 8]);
    }

    #[test]
    fn what_was_seen_too_shortly_cannot_be_told() {
        // East of one thing, metres, every half second.
        for (places, motion) in [
            (&[0.0][..], Motion::Unknown),
            (&[0.0, 0.1], Motion::Unknown),
            (&[0.0, 0.1, 0.0], Motion::Standing),
            // A box that is cut off, or a car that starts: the next sighting would tell.
            (&[0.0, 0.0, 0.0, 4.0], Motion::Unknown),
            (&[0.0, 4.0, 8.0, 12.0], Motion::Moving),
            (&[0.0, 0.0, 0.0, 4.0, 8.0, 12.0, 12.0, 12.0, 12.0, 12.0], Motion::Moving),
        ] {
            let mut flight = Flight::new();
            for &east in places {
                flight.see(vec![seen(1, east, 0)]);
            }
            assert_eq!(flight.0.findings()[0].motion, motion, "{places:?}");
        }
    }

    #[test]
    fn what_two_photos_show_in_one_place_stood_there() {
        let mut flight = Flight::new();
        let mut motions = Vec::new();
        for track in [7, 8] {
            flight.later();
            flight.0.join(flight.1, Picture::Photo, &mut [seen(track, 0.0, 0)]);
            motions.extend(flight.0.findings().into_iter().map(|found| found.motion));
        }
        assert_eq!(motions, [Motion::Unknown, Motion::Standing]);
    }

    #[test]
    fn a_track_broken_in_sight_goes_on() {
        let mut flight = Flight::new();
        for _ in 0..4 {
            flight.see(vec![seen(1, 0.0, 0)]);
        }
        let tracks: Vec<_> = (0..4).flat_map(|_| flight.see(vec![seen(2, 0.3, 0)])).collect();
        assert_eq!(tracks, [2, 2, 1, 1]);
        assert_eq!(flight.0.known_as(TrackId(2)), TrackId(1));
        assert_eq!(flight.0.known_as(TrackId(7)), TrackId(7));
        assert_eq!(flight.0.findings()[0].passes, 1);
    }
}
