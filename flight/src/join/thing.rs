//! One thing on the ground, as far as it is known.

use std::collections::BTreeMap;

use domain::{
    Class, Covariance, Finding, GroundFix, LonLat, Look, Motion, Observation, Place, Plane, TrackId,
};
use jiff::{SignedDuration, Timestamp};

use super::{ALIKE, STOOD_FOR};

#[derive(Debug)]
pub(super) struct Thing {
    /// That of its first sighting.
    pub(super) track: TrackId,
    plane: Plane,
    /// It began, or last moved.
    since: Timestamp,
    /// Sightings in a row that were away from where it stands.
    away: u32,
    moved: bool,
    joined: bool,
    at: Weighted,
    votes: BTreeMap<Class, u64>,
    score: f32,
    look: Option<Look>,
    first_seen: Timestamp,
    last_seen: Timestamp,
    sightings: u64,
    passes: u64,
}

/// Sightings of one place under a moving camera differ by up to this, or by their doubt, metres.
const STILL_M: f64 = 2.0;
/// One box that is cut off by a tree or the edge of the picture has not moved.
const MOVED_AFTER: u32 = 3;
/// Things farther apart than this are two, however great the doubt, metres. Half a parked car's pitch.
const FARTHEST_M: f64 = 3.5;
/// χ² of two dimensions, 99 %.
const GATE: f64 = 9.21;
/// Not seen for so long, a thing comes into view again in another pass.
const PASS: SignedDuration = SignedDuration::from_secs(5);

impl Thing {
    pub(super) fn new(at: Timestamp, seen: &Observation) -> Option<Self> {
        let fix = fix(seen)?;
        Some(Self {
            track: seen.track,
            plane: Plane::at(fix.position),
            since: at,
            away: 0,
            moved: false,
            joined: false,
            at: Weighted::new([0.0, 0.0], fix.covariance),
            votes: BTreeMap::from([(seen.class, 1)]),
            score: seen.score,
            look: seen.look,
            first_seen: at,
            last_seen: at,
            sightings: 1,
            passes: 1,
        })
    }

    pub(super) fn see(&mut self, at: Timestamp, seen: &Observation) {
        let Some(fix) = fix(seen) else { return };
        let here = self.plane.metres(fix.position);
        let apart = (here[0] - self.at.mean[0]).hypot(here[1] - self.at.mean[1]);
        if apart <= STILL_M.max(fix.covariance.ellipse95().semi_major_m / 2.0) {
            self.away = 0;
            self.at.add(here, fix.covariance);
        } else {
            self.away += 1;
            if self.away >= MOVED_AFTER {
                (self.since, self.away, self.moved) = (at, 0, true);
                self.at = Weighted::new(here, fix.covariance);
            }
        }
        if at.duration_since(self.last_seen) > PASS {
            self.passes += 1;
        }
        *self.votes.entry(seen.class).or_default() += 1;
        if seen.score > self.score {
            (self.score, self.look) = (seen.score, seen.look.or(self.look));
        }
        self.last_seen = self.last_seen.max(at);
        self.sightings += 1;
    }

    /// Never seen to move, and in its place when last seen: of something that drives by in a few pictures
    /// the first would else be its place.
    fn stands(&self) -> bool {
        !self.moved && self.away == 0
    }

    fn motion(&self) -> Motion {
        match (self.moved, self.stands() && self.watched()) {
            (true, _) => Motion::Moving,
            (false, true) => Motion::Standing,
            (false, false) => Motion::Unknown,
        }
    }

    /// Seen long enough to tell standing from driving by.
    fn watched(&self) -> bool {
        self.last_seen.duration_since(self.since) >= STOOD_FOR
    }

    /// Since when it has been standing, if it has never been seen to move.
    pub(super) fn stands_since(&self) -> Option<Timestamp> {
        self.stands().then_some(self.since)
    }

    pub(super) fn is_single(&self) -> bool {
        self.sightings == 1
    }

    pub(super) fn is_joined(&self) -> bool {
        self.joined
    }

    /// It was looked for among the older ones and is none of them.
    pub(super) fn stays_itself(&mut self) {
        self.joined = true;
    }

    /// How far off `new` is in metres, if it may be this very thing.
    pub(super) fn distance_as_same(&self, new: &Self) -> Option<f64> {
        let alike = match (&self.look, &new.look) {
            (Some(mine), Some(theirs)) => mine.similarity(theirs) >= ALIKE,
            _ => true,
        };
        if !self.stands() || !alike || !self.class().confusable_with(new.class()) {
            return None;
        }
        let [east, north] = self.plane.metres(new.position()?);
        let [mine_east, mine_north] = self.at.mean;
        let off = [east - mine_east, north - mine_north];
        let distance = off[0].hypot(off[1]);
        let fits = distance <= STILL_M || self.at.mahalanobis2(&new.at, off) <= GATE;
        (distance <= FARTHEST_M && fits).then_some(distance)
    }

    /// Takes over everything known of `new`, which is this very thing.
    pub(super) fn take_in(&mut self, new: Self) {
        if new.first_seen.duration_since(self.last_seen) > PASS {
            self.passes += 1;
        }
        self.passes += new.passes - 1;
        if let Some(position) = new.position() {
            let here = self.plane.metres(position);
            self.at.merge(here, &new.at);
        }
        for (class, count) in new.votes {
            *self.votes.entry(class).or_default() += count;
        }
        if new.score > self.score {
            (self.score, self.look) = (new.score, new.look.or(self.look));
        }
        self.last_seen = self.last_seen.max(new.last_seen);
        self.sightings += new.sightings;
    }

    pub(super) fn finding(&self) -> Option<Finding> {
        let position = self.position()?;
        Some(Finding {
            track: self.track,
            class: self.class(),
            score: self.score,
            lon: position.lon(),
            lat: position.lat(),
            ellipse95: self.at.covariance().ellipse95(),
            first_seen: self.first_seen,
            last_seen: self.last_seen,
            sightings: self.sightings,
            passes: self.passes,
            motion: self.motion(),
            alerts: Vec::new(),
        })
    }

    fn position(&self) -> Option<LonLat> {
        self.plane.place(self.at.mean)
    }

    /// What it was taken for most often; of equals the first.
    fn class(&self) -> Class {
        let mut winner = (Class::Car, 0);
        for (&class, &count) in &self.votes {
            if count > winner.1 {
                winner = (class, count);
            }
        }
        winner.0
    }
}

/// A mean place. What a flight gets wrong it gets wrong in every picture, so more pictures do not make
/// the place surer: the doubt is the mean of the doubts.
#[derive(Debug)]
struct Weighted {
    mean: [f64; 2],
    weight: f64,
    /// Sum of weight × the three terms of the covariance.
    doubt: [f64; 3],
}

impl Weighted {
    fn new(at: [f64; 2], covariance: Covariance) -> Self {
        let mut new = Self { mean: at, weight: 0.0, doubt: [0.0; 3] };
        new.add(at, covariance);
        new
    }

    fn add(&mut self, at: [f64; 2], covariance: Covariance) {
        let Covariance { east_east, east_north, north_north } = covariance;
        let weight = 1.0 / (east_east + north_north).max(1e-4);
        let doubt = [east_east, east_north, north_north].map(|term| term * weight);
        self.merge(at, &Self { mean: at, weight, doubt });
    }

    fn merge(&mut self, at: [f64; 2], other: &Self) {
        self.weight += other.weight;
        let part = other.weight / self.weight;
        for (mean, at) in self.mean.iter_mut().zip(at) {
            *mean += (at - *mean) * part;
        }
        for (doubt, more) in self.doubt.iter_mut().zip(other.doubt) {
            *doubt += more;
        }
    }

    fn covariance(&self) -> Covariance {
        let [east_east, east_north, north_north] = self.doubt.map(|term| term / self.weight);
        Covariance { east_east, east_north, north_north }
    }

    /// Of an offset between two places with doubts of their own.
    fn mahalanobis2(&self, other: &Self, [east, north]: [f64; 2]) -> f64 {
        let (mine, theirs) = (self.covariance(), other.covariance());
        let ee = mine.east_east + theirs.east_east;
        let en = mine.east_north + theirs.east_north;
        let nn = mine.north_north + theirs.north_north;
        let determinant = (ee * nn - en * en).max(1e-9);
        (nn * east * east - 2.0 * en * east * north + ee * north * north) / determinant
    }
}

fn fix(seen: &Observation) -> Option<GroundFix> {
    let Place::Ground { lon, lat, covariance_m2, .. } = seen.place else { return None };
    Some(GroundFix { position: LonLat::new(lon, lat)?, covariance: covariance_m2 })
}
