//! One object in the making, in sight, or out of sight.

use domain::{Bbox, Class, Detection, Sighting, TrackId};
use jiff::{SignedDuration, Timestamp};

use super::kalman::Kalman;
use crate::motion::Warp;

/// A box that stays within this `IoU` of where it stood has not moved.
const SAME_PLACE_IOU: f32 = 0.7;
/// So long at one place is standing; so long away from it is having left. Shorter deviations are
/// those of a box that somebody passes in front of.
const SETTLING: SignedDuration = SignedDuration::from_secs(1);

#[derive(Debug)]
pub(super) struct Track {
    pub(super) stage: Stage,
    kalman: Kalman,
    place: Place,
    votes: Votes,
    hits: u32,
    began_at: Timestamp,
    seen_at: Timestamp,
    last: Detection,
}

/// How far a track is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Seen too few times to count; forgotten when it is missed once.
    Tentative,
    /// Counts, and was seen in the latest frame.
    Followed(TrackId),
    /// Counts, and is being waited for.
    Lost(TrackId),
}

impl Track {
    pub(super) fn new(first: &Detection, at: Timestamp) -> Self {
        Self {
            stage: Stage::Tentative,
            kalman: Kalman::new(first.bbox),
            place: Place::new(first.bbox, at),
            votes: Votes::new(first.class),
            hits: 1,
            began_at: at,
            seen_at: at,
            last: *first,
        }
    }

    /// Moves on by `seconds`. What stood when it was lost stays where it stood.
    pub(super) fn predict(&mut self, seconds: f64) {
        if let Stage::Lost(_) = self.stage {
            if self.standing() {
                self.kalman.stop();
            } else {
                self.kalman.keep_size();
            }
        }
        self.kalman.predict(seconds);
    }

    /// Moves with the picture, and so does the place where it stands: that is on the ground.
    pub(super) fn warp(&mut self, warp: &Warp) {
        self.kalman.warp(warp);
        self.place.bbox = warp.bbox(self.place.bbox).unwrap_or(self.place.bbox);
    }

    /// Takes in that it was seen.
    pub(super) fn see(&mut self, detection: &Detection, at: Timestamp) {
        self.kalman.correct(detection.bbox);
        self.place.see(detection.bbox, at);
        self.votes.add(detection.class);
        self.hits = self.hits.saturating_add(1);
        self.seen_at = at;
        self.last = *detection;
        if let Stage::Lost(id) = self.stage {
            self.stage = Stage::Followed(id);
        }
    }

    /// Takes in that it was not seen.
    pub(super) fn miss(&mut self) {
        if let Stage::Followed(id) = self.stage {
            self.stage = Stage::Lost(id);
        }
    }

    /// How well `seen` covers the box that is expected. One that stands is also expected exactly
    /// where it stood: whoever passes in front of it spoils the prediction, not the place.
    pub(super) fn overlap(&self, seen: Bbox) -> f32 {
        let predicted = self.kalman.bbox().iou(seen);
        if self.standing() { predicted.max(self.place.bbox.iou(seen)) } else { predicted }
    }

    pub(super) fn standing(&self) -> bool {
        self.place.settled
    }

    pub(super) fn confirmed(&self) -> bool {
        self.stage != Stage::Tentative
    }

    /// The class it was given most often so far.
    pub(super) fn class(&self) -> Class {
        self.votes.winner
    }

    pub(super) fn hits(&self) -> u32 {
        self.hits
    }

    pub(super) fn bbox(&self) -> Bbox {
        self.kalman.bbox()
    }

    /// For how long it has been followed, up to when it was last seen.
    pub(super) fn age(&self) -> SignedDuration {
        self.seen_at.duration_since(self.began_at)
    }

    pub(super) fn unseen_for(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.seen_at)
    }

    /// What is told of it, if it counts and was seen in the latest frame.
    pub(super) fn sighting(&self) -> Option<Sighting> {
        let Stage::Followed(track) = self.stage else { return None };
        let Detection { bbox, score, .. } = self.last;
        Some(Sighting { track, bbox, class: self.class(), score, look: None })
    }
}

/// Where it stands, if it stands.
#[derive(Debug)]
struct Place {
    bbox: Bbox,
    since: Timestamp,
    away_since: Option<Timestamp>,
    settled: bool,
}

impl Place {
    fn new(bbox: Bbox, at: Timestamp) -> Self {
        Self { bbox, since: at, away_since: None, settled: false }
    }

    fn see(&mut self, seen: Bbox, at: Timestamp) {
        if self.bbox.iou(seen) >= SAME_PLACE_IOU {
            self.away_since = None;
            self.settled |= at.duration_since(self.since) >= SETTLING;
            return;
        }
        let away_since = *self.away_since.get_or_insert(at);
        if !self.settled || at.duration_since(away_since) >= SETTLING {
            *self = Self::new(seen, at);
        }
    }
}

/// How often it was taken for what. The winner changes only when another class has strictly more.
#[derive(Debug)]
struct Votes {
    counts: Vec<(Class, u32)>,
    winner: Class,
}

impl Votes {
    fn new(first: Class) -> Self {
        Self { counts: vec![(first, 1)], winner: first }
    }

    fn add(&mut self, class: Class) {
        match self.counts.iter_mut().find(|(known, _)| *known == class) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => self.counts.push((class, 1)),
        }
        if self.count(class) > self.count(self.winner) {
            self.winner = class;
        }
    }

    fn count(&self, class: Class) -> u32 {
        self.counts.iter().find(|(known, _)| *known == class).map_or(0, |(_, count)| *count)
    }
}
