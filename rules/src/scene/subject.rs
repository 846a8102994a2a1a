//! One thing that is followed, standing or moving, through drop-outs and new tracks.
//!
//! Where it stands it is known by its place, as a parked car is; where it moves, by its track, and by where it was about to be.

use std::collections::{BTreeMap, VecDeque};

use domain::{Class, Covariance, LonLat, Mount, Observation, Place, Plane, RuleId};
use jiff::{SignedDuration, Timestamp};

use crate::Parking;
use crate::parking::{Motion, Standing};
use crate::scene::act::Act;
use crate::scene::line::Beside;

/// A thing that is followed.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// Where it stands, or was when it last moved.
    pub(crate) spot: Standing,
    /// As last seen, wherever.
    pub(crate) now: Observation,
    pub(crate) at: Timestamp,
    /// Seen before that.
    pub(crate) before: Timestamp,
    pub(crate) born: Timestamp,
    trail: VecDeque<Step>,
    /// Where it stood until lately.
    left: Option<Box<Standing>>,
    /// What each rule thinks of it.
    pub(crate) courses: BTreeMap<RuleId, Course>,
}

/// What one rule thinks of one thing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Course {
    pub(crate) act: Option<Act>,
    /// Whether it was last surely inside or surely outside.
    pub(crate) inside: Option<bool>,
    /// It was seen to come in while the rule applied, and has not left.
    pub(crate) came_in: bool,
    pub(crate) exit: Option<Exit>,
    pub(crate) beside: Option<Beside>,
    /// Until then it was, or may have been, where the rule allows it.
    pub(crate) allowed_until: Option<Timestamp>,
    /// It may be wrong since then, and nobody can tell.
    pub(crate) doubtful: Option<Timestamp>,
    pub(crate) told_doubtful: bool,
}

/// It was surely inside.
#[derive(Debug, Clone)]
pub(crate) struct Exit {
    /// And is surely outside.
    pub(crate) since: Option<Timestamp>,
    pub(crate) fence: Option<domain::FenceId>,
}

/// Where it was, and how sure that was.
#[derive(Debug, Clone, Copy)]
struct Step {
    at: Timestamp,
    place: LonLat,
    covariance: Covariance,
}

/// Steps are kept this far apart, and for this long.
const STEP: SignedDuration = SignedDuration::from_millis(400);
const TRAIL: SignedDuration = SignedDuration::from_millis(2500);
/// A speed is measured over at least this.
const SHORTEST_TRAIL: SignedDuration = SignedDuration::from_millis(900);
/// What goes faster has jumped: its track was stolen.
const FASTEST_MPS: f64 = 60.0;
/// How far beside its way a moving thing may be found again, metres, and metres more for each second.
const BESIDE_M: f64 = 1.5;
/// Of a thing in a picture, in widths and heights of its box.
const BESIDE_BOXES: f64 = 0.7;
/// One who was there first is not looked for while it may only have dropped out.
pub(crate) const SWITCHED_AFTER: SignedDuration = SignedDuration::from_millis(900);

/// Over the ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Speed {
    pub(crate) mps: f64,
    pub(crate) sigma_mps: f64,
}

impl Subject {
    pub(crate) fn begin(seen: Observation, at: Timestamp) -> Self {
        let mut subject = Self {
            spot: Standing::begin(seen.clone(), at),
            now: seen,
            at,
            before: at,
            born: at,
            trail: VecDeque::new(),
            left: None,
            courses: BTreeMap::new(),
        };
        subject.step();
        subject
    }

    /// Takes up an act whose alert was open when the program last stopped.
    pub(crate) fn resume(rule: &RuleId, act: Act, spot: Standing) -> Self {
        let (now, at) = (spot.last.clone(), spot.last_seen);
        let course =
            Course { act: Some(act), inside: Some(true), came_in: true, ..Course::default() };
        let courses = BTreeMap::from([(rule.clone(), course)]);
        let (before, born) = (at, at);
        Self { spot, now, at, before, born, trail: VecDeque::new(), left: None, courses }
    }

    /// Its track is seen again.
    pub(crate) fn see(
        &mut self,
        seen: Observation,
        at: Timestamp,
        mount: &Mount,
        config: &Parking,
    ) {
        if self.spot.advance(seen.clone(), at, mount, config) == Motion::Moved {
            let left = std::mem::replace(&mut self.spot, Standing::begin(seen.clone(), at));
            self.left = Some(Box::new(left));
        }
        let recent = SignedDuration::try_from(config.lost_after * 2).unwrap_or(SignedDuration::MAX);
        self.left.take_if(|left| at.duration_since(left.last_seen) > recent);
        self.before = self.at;
        self.now = seen;
        self.at = at;
        self.step();
    }

    /// Another track has it now.
    pub(crate) fn found(&mut self, seen: Observation, at: Timestamp, config: &Parking) {
        let gap = at.duration_since(self.at) - self.spot.averted();
        let dropped = SignedDuration::try_from(config.lost_after).unwrap_or(SignedDuration::MAX);
        if gap > dropped {
            let acts = self.courses.values_mut().filter_map(|course| course.act.as_mut());
            acts.for_each(|act| act.miss(gap, at));
        }
        if self.spot.settled() {
            self.spot.hand_over(seen.clone(), at);
        } else {
            self.spot = Standing::begin(seen.clone(), at);
        }
        self.before = self.at;
        self.now = seen;
        self.at = at;
        self.trail.clear();
        self.step();
    }

    fn step(&mut self) {
        let Some((place, covariance)) = ground(&self.now.place) else { return };
        let at = self.at;
        if self.trail.back().is_some_and(|last| at.duration_since(last.at) < STEP) {
            return;
        }
        self.trail.push_back(Step { at, place, covariance });
        while self.trail.front().is_some_and(|first| at.duration_since(first.at) > TRAIL) {
            self.trail.pop_front();
        }
    }

    /// Over the last one to two and a half seconds. `None`: it was not seen for long enough, or has jumped.
    pub(crate) fn speed(&self) -> Option<Speed> {
        let (first, last) = (self.trail.front()?, self.trail.back()?);
        let span = last.at.duration_since(first.at);
        if span < SHORTEST_TRAIL {
            return None;
        }
        let [east, north] = Plane::at(first.place).metres(last.place);
        let (way, seconds) = (east.hypot(north), span.as_secs_f64());
        let (x, y) = if way > 0.0 { (east / way, north / way) } else { (1.0, 0.0) };
        let along = |c: Covariance| {
            x * x * c.east_east + 2.0 * x * y * c.east_north + y * y * c.north_north
        };
        let variance = along(first.covariance) + along(last.covariance);
        let speed = Speed { mps: way / seconds, sigma_mps: variance.max(0.0).sqrt() / seconds };
        (speed.mps <= FASTEST_MPS).then_some(speed)
    }

    /// Where it is: the mean over its boxes while it stands.
    pub(crate) fn place(&self) -> Place {
        let stands = self.spot.settled() && self.spot.last_seen == self.at;
        if stands { self.spot.place } else { self.now.place }
    }

    /// Whether `new` may be this one, which is out of sight, under another track.
    pub(crate) fn may_be(&self, new: &Self, mount: &Mount, config: &Parking) -> bool {
        let first = new.born > self.at && self.at + SWITCHED_AFTER <= new.at;
        if !first || new.courses.values().any(|c| c.act.as_ref().is_some_and(|a| a.alert.is_some()))
        {
            return false;
        }
        if self.spot.settled() && self.spot.last_seen == self.at {
            return new.spot.may_take_over(mount) && self.spot.is_place_of(&new.now, mount, config);
        }
        self.now.class.confusable_with(new.now.class) && self.was_about_to_be(new, config)
    }

    /// Whether `new` is where this one was going.
    fn was_about_to_be(&self, new: &Self, config: &Parking) -> bool {
        let gap = new.born.duration_since(self.at);
        let recent = SignedDuration::try_from(config.lost_after * 2).unwrap_or(SignedDuration::MAX);
        if gap > recent {
            return false;
        }
        let seconds = gap.as_secs_f64();
        if let (Some((mine, c)), Some((theirs, d))) =
            (ground(&self.now.place), ground(&new.now.place))
        {
            let [east, north] = Plane::at(mine).metres(theirs);
            let [e, n] = self.velocity().map(|v| v * seconds);
            let doubt = (c.east_east + c.north_north + d.east_east + d.north_north).max(0.0).sqrt();
            return (east - e).hypot(north - n) <= BESIDE_M * (1.0 + seconds) + doubt;
        }
        let (Some(mine), Some(theirs)) = (self.now.seen, new.now.seen) else { return false };
        let part = |a: f64, b: f64, size: f64| (a - b).abs() / size.max(1e-6);
        let reach = BESIDE_BOXES * (1.0 + seconds);
        part(mine.x, theirs.x, mine.w) <= reach && part(mine.y, theirs.y, mine.h) <= reach
    }

    /// East and north, metres a second.
    fn velocity(&self) -> [f64; 2] {
        let (Some(first), Some(last)) = (self.trail.front(), self.trail.back()) else {
            return [0.0; 2];
        };
        let span = last.at.duration_since(first.at);
        if span < SHORTEST_TRAIL {
            return [0.0; 2];
        }
        Plane::at(first.place).metres(last.place).map(|way| way / span.as_secs_f64())
    }

    /// Whether `new` stands where this one, which moves off, stood: its track was stolen, and `new` is who it was.
    pub(crate) fn was_stolen_from(&self, new: &Self, mount: &Mount, config: &Parking) -> bool {
        let stood = self.left.as_deref().or_else(|| self.spot.is_leaving().then_some(&self.spot));
        let lately = |spot: &Standing| new.born >= spot.last_seen && spot.settled();
        stood.is_some_and(|spot| {
            lately(spot) && new.spot.since == new.born && spot.is_place_of(&new.now, mount, config)
        })
    }

    /// Gives what it did, and its place, to who it really was.
    pub(crate) fn give_back(&mut self, real: &mut Self) {
        let stood = self.left.take().map(|left| *left);
        let stood = stood.or_else(|| self.spot.is_leaving().then(|| self.spot.clone()));
        let Some(mut spot) = stood else { return };
        self.spot = Standing::begin(self.now.clone(), self.at);
        real.courses = std::mem::take(&mut self.courses);
        spot.hand_over(real.now.clone(), real.at);
        real.spot = spot;
    }
}

/// The longer patience is for what does not walk off: a heap that is not seen is hidden.
pub(crate) const fn stays_by_itself(class: Class) -> bool {
    matches!(class, Class::Heap | Class::Garbage | Class::Structure)
}

pub(crate) fn ground(place: &Place) -> Option<(LonLat, Covariance)> {
    match *place {
        Place::Ground { lon, lat, covariance_m2, .. } => {
            Some((LonLat::new(lon, lat)?, covariance_m2))
        }
        Place::Image { .. } => None,
    }
}
