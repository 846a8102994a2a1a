//! Detections of one source to tracks, as its camera needs: bolted down, in the air, or single photos.

use std::sync::Arc;
use std::time::{Duration, Instant};

use detector::{Motion, Stabiliser, Tracker, TrackerConfig};
use domain::{Bbox, Detection, Frame, Sighting, TrackId};
use flight::Picture;

use crate::flights::Legs;

/// Follows what one source shows.
#[derive(Debug)]
pub(crate) struct Follower {
    tracker: Tracker,
    air: Option<Air>,
    /// Spent on following.
    pub spent: Duration,
}

/// What a moving camera needs beside the tracker.
#[derive(Debug)]
struct Air {
    legs: Arc<Legs>,
    stabiliser: Stabiliser,
    /// Tracks of photos count from far up, so that they never meet those of the tracker.
    photo_tracks: u64,
}

impl Follower {
    pub(crate) fn new(config: &TrackerConfig, flight: Option<&Arc<Legs>>) -> Self {
        let air = flight.map(|legs| Air {
            legs: Arc::clone(legs),
            stabiliser: Stabiliser::new(),
            photo_tracks: FIRST_PHOTO_TRACK,
        });
        Self { tracker: Tracker::new(config), air, spent: Duration::ZERO }
    }

    pub(crate) fn follow(&mut self, frame: &Frame, detections: &[Detection]) -> Vec<Sighting> {
        let begun = Instant::now();
        let sightings = match &mut self.air {
            None => self.tracker.update(detections, frame.at),
            Some(air) => air.follow(&mut self.tracker, frame, detections),
        };
        self.spent += begun.elapsed();
        sightings
    }
}

/// JSON numbers are exact up to 2^53.
pub(crate) const FIRST_PHOTO_TRACK: u64 = 1 << 52;

impl Air {
    fn follow(
        &mut self,
        tracker: &mut Tracker,
        frame: &Frame,
        detections: &[Detection],
    ) -> Vec<Sighting> {
        let photo = self.legs.at(frame.at).is_some_and(|seat| seat.picture() == Picture::Photo);
        let mut sightings = if photo {
            self.each_alone(detections)
        } else {
            self.track(tracker, frame, detections)
        };
        for sighting in &mut sightings {
            sighting.look = Some(detector::look(frame, sighting.bbox));
        }
        sightings
    }

    fn track(
        &mut self,
        tracker: &mut Tracker,
        frame: &Frame,
        detections: &[Detection],
    ) -> Vec<Sighting> {
        let boxes: Vec<Bbox> = detections.iter().map(|detection| detection.bbox).collect();
        let motion = self.stabiliser.follow(frame, &boxes).unwrap_or_else(|error| {
            tracing::warn!(%error, frame = frame.number, "the camera's motion cannot be told");
            Motion::Blind
        });
        tracker.update_moved(detections, frame.at, &motion)
    }

    /// What one photo shows has no past in the picture.
    fn each_alone(&mut self, detections: &[Detection]) -> Vec<Sighting> {
        detections
            .iter()
            .map(|&Detection { bbox, class, score }| {
                self.photo_tracks += 1;
                Sighting { track: TrackId(self.photo_tracks), bbox, class, score, look: None }
            })
            .collect()
    }
}
