//! Detections of one source to tracks, as its camera needs: bolted down, in the air, or single photos.

use std::sync::Arc;
use std::time::{Duration, Instant};

use detector::{Motion, Stabiliser, Tracker, TrackerConfig, Warp};
use domain::{Bbox, Detection, Frame, Pose, Sighting, TrackId};
use flight::Picture;

use crate::flights::{Counted, Legs};

/// Follows what one source shows.
#[derive(Debug)]
pub(crate) struct Follower {
    tracker: Tracker,
    /// The file that it follows through.
    part: u32,
    air: Option<Air>,
    /// Spent on following.
    pub spent: Duration,
}

/// What a moving camera needs beside the tracker.
#[derive(Debug)]
struct Air {
    legs: Arc<Legs>,
    /// The last picture's pose, where it can tell the next motion.
    pose: Option<Steady>,
    /// Looks for the motion in the picture where poses do not tell it.
    stabiliser: Option<Stabiliser>,
    /// Tracks of photos count from far up, so that they never meet those of the tracker.
    photo_tracks: u64,
}

impl Follower {
    pub(crate) fn new(config: &TrackerConfig, flight: Option<&Arc<Legs>>) -> Self {
        let air = flight.map(|legs| Air {
            legs: Arc::clone(legs),
            pose: None,
            stabiliser: None,
            photo_tracks: FIRST_PHOTO_TRACK,
        });
        Self { tracker: Tracker::new(config), part: 0, air, spent: Duration::ZERO }
    }

    pub(crate) fn follow(&mut self, frame: &Frame, detections: &[Detection]) -> Vec<Sighting> {
        let begun = Instant::now();
        if self.part != frame.part {
            self.turn_to(frame.part);
        }
        let sightings = match &mut self.air {
            None => self.tracker.update(detections, frame.at),
            Some(air) => air.follow(&mut self.tracker, frame, detections),
        };
        self.spent += begun.elapsed();
        sightings
    }

    /// Another file is another look: it may be another lens, or an earlier time.
    fn turn_to(&mut self, part: u32) {
        self.part = part;
        self.tracker.end_session();
        if let Some(air) = &mut self.air {
            air.pose = None;
            air.stabiliser = None;
        }
    }

    /// How many tracks it has counted so far.
    pub(crate) fn counted(&self) -> Counted {
        let photos = self.air.as_ref().map_or(0, |air| air.photo_tracks - FIRST_PHOTO_TRACK);
        Counted { tracks: self.tracker.given(), photo_tracks: photos, warning: None }
    }

    /// Goes on counting where an earlier run was at the end of a file.
    pub(crate) fn count_from(&mut self, counted: &Counted) {
        self.tracker.count_from(counted.tracks);
        if let Some(air) = &mut self.air {
            air.photo_tracks = FIRST_PHOTO_TRACK.saturating_add(counted.photo_tracks);
        }
    }
}

/// A pose that tells where the picture moved.
#[derive(Debug)]
struct Steady {
    part: u32,
    pose: Pose,
}

/// Turning faster than this, degrees a second, a clock off by a tenth of a second moves the picture by
/// more than a car.
const SLOW_DPS: f64 = 5.0;
/// Poses farther from a sample than this are too much of a guess, seconds.
const FRESH_S: f64 = 0.5;

impl Steady {
    fn of(legs: &Legs, frame: &Frame) -> Option<Self> {
        let seat = legs.seat(frame.part)?;
        let pose = seat.pose_at(frame.at)?;
        let tells =
            pose.camera.is_some() && pose.age_s <= FRESH_S && pose.yaw_rate_dps.abs() <= SLOW_DPS;
        tells.then_some(Self { part: frame.part, pose })
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
        let seat = self.legs.seat(frame.part);
        let photo = seat.is_some_and(|seat| seat.picture() == Picture::Photo);
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
        let motion = self.by_poses(frame).unwrap_or_else(|| self.by_picture(frame, detections));
        tracker.update_moved(detections, frame.at, &motion)
    }

    /// Two poses tell the motion to a few pixels and cost nothing, while the camera turns slowly: then
    /// a clock that is a little off does not matter.
    fn by_poses(&mut self, frame: &Frame) -> Option<Motion> {
        let now = Steady::of(&self.legs, frame);
        let before = std::mem::replace(&mut self.pose, now);
        let (before, now) = (before?, self.pose.as_ref()?);
        let seat = self.legs.seat(frame.part)?;
        let rows = (before.part == now.part)
            .then(|| seat.camera(frame.size)?.motion(&before.pose, &now.pose))??;
        self.stabiliser = None;
        Some(Motion::Known { warp: Warp::new(rows)?, inliers: 0 })
    }

    fn by_picture(&mut self, frame: &Frame, detections: &[Detection]) -> Motion {
        let boxes: Vec<Bbox> = detections.iter().map(|detection| detection.bbox).collect();
        let stabiliser = self.stabiliser.get_or_insert_with(Stabiliser::new);
        stabiliser.follow(frame, &boxes).unwrap_or_else(|error| {
            tracing::warn!(%error, frame = frame.number, "the camera's motion cannot be told");
            Motion::Blind
        })
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
