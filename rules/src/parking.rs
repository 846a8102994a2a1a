//! One vehicle that may be standing: from the first still box to the end of its stay.
//!
//! In the picture of a fixed camera a vehicle stands while its boxes keep overlapping the first one;
//! under a moving camera, while its places on the ground stay together. Two thresholds give
//! hysteresis: sightings must agree well before it counts as standing, and must disagree clearly,
//! for a while, before it counts as gone.

use domain::{
    Alert, AlertId, Class, LonLat, Mount, Observation, Place, Plane, RelBox, TrackId, View,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Parking;
use crate::asked::Asked;
use crate::inside::Inside;

/// A vehicle followed since it was last known to move.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Standing {
    /// The box at `since`, of a source that shows pictures.
    pub(crate) anchor: Option<RelBox>,
    pub(crate) since: Timestamp,
    /// As last seen in its place.
    pub(crate) last: Observation,
    pub(crate) last_seen: Timestamp,
    /// Where it stands: the mean over its boxes, so that one jittery box decides nothing.
    pub(crate) place: Place,
    averaged: f64,
    /// Its track was last seen, wherever that was.
    pub(crate) sighted: Timestamp,
    /// Time since `sighted` in which nobody looked at its place.
    averted: SignedDuration,
    /// Its source says that it follows it no longer: it is missed whether its place is looked at or not.
    gone: bool,
    /// Time since `since` in which nobody saw it: it does not count as standing.
    pub(crate) unseen: SignedDuration,
    /// Time since `since` in which it waited with others that stopped with it: it does not count as standing.
    pub(crate) queued: SignedDuration,
    /// Time since `since` in which somebody was beside it.
    pub(crate) attended: SignedDuration,
    /// Company was looked for last.
    pub(crate) company_at: Option<Timestamp>,
    /// It was seen to drive before it stood.
    pub(crate) arrived: bool,
    /// Its place was looked at for so long without anything standing in it, since it was last seen there.
    pub(crate) empty: SignedDuration,
    /// Boxes have disagreed with the anchor since.
    moving_since: Option<Timestamp>,
    pub(crate) stay: Option<Stay>,
    /// What was asked about its place last.
    #[serde(skip)]
    pub(crate) asked: Option<Asked>,
    /// Told once that the place is ambiguous.
    pub(crate) told_ambiguous: bool,
}

/// A standing vehicle inside an active fence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stay {
    pub(crate) id: AlertId,
    pub(crate) fence: domain::FenceId,
    /// Of the fence, when the stay began.
    pub(crate) version: String,
    pub(crate) since: Timestamp,
    pub(crate) probability: f64,
    pub(crate) outside_since: Option<Timestamp>,
    pub(crate) alert: Option<Box<Alert>>,
    pub(crate) reported_at: Timestamp,
}

/// What a new box says about a vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Motion {
    Still,
    /// It disagrees with the anchor, but not yet for long.
    Doubtful,
    Moved,
}

/// How a sighting fits a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Agreement {
    /// Close enough to begin standing.
    Same,
    /// Close enough for one that stands already.
    Near,
    Apart,
}

impl Agreement {
    /// `fits` says whether a sighting keeps within a limit.
    fn within(same: f64, near: f64, fits: impl Fn(f64) -> bool) -> Self {
        if fits(same) {
            Self::Same
        } else if fits(near) {
            Self::Near
        } else {
            Self::Apart
        }
    }
}

/// Looks that have less in common are of different vehicles.
const ALIKE: f64 = 0.5;

/// A vehicle still settling is taken as standing after this; until then any disagreement re-anchors.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(2);

/// After so many boxes the mean place follows slowly instead of freezing.
const MOST_AVERAGED: f64 = 100.0;

impl Standing {
    pub(crate) fn begin(seen: Observation, at: Timestamp) -> Self {
        Self {
            anchor: seen.seen,
            queued: SignedDuration::ZERO,
            attended: SignedDuration::ZERO,
            company_at: None,
            arrived: false,
            empty: SignedDuration::ZERO,
            since: at,
            place: seen.place,
            averaged: 1.0,
            last: seen,
            last_seen: at,
            sighted: at,
            averted: SignedDuration::ZERO,
            gone: false,
            unseen: SignedDuration::ZERO,
            moving_since: None,
            stay: None,
            asked: None,
            told_ambiguous: false,
        }
    }

    /// Takes up an alert that was open when the program last stopped; `None` for one that this rule did not raise.
    pub(crate) fn resume(alert: &Alert) -> Option<Self> {
        let fence = alert.fence.as_ref()?;
        let last = Observation {
            track: alert.track?,
            class: alert.class,
            score: alert.score?,
            seen: alert.seen,
            place: alert.place,
            look: None,
        };
        let stay = Stay {
            id: alert.id,
            fence: fence.id.clone(),
            version: fence.version.clone(),
            since: alert.since,
            probability: alert.probability_inside,
            outside_since: None,
            reported_at: alert.last_seen,
            alert: Some(Box::new(alert.clone())),
        };
        Some(Self {
            anchor: alert.seen,
            queued: SignedDuration::ZERO,
            attended: SignedDuration::ZERO,
            company_at: None,
            arrived: false,
            empty: SignedDuration::ZERO,
            since: alert.since,
            place: alert.place,
            averaged: MOST_AVERAGED,
            last,
            last_seen: alert.last_seen,
            sighted: alert.last_seen,
            averted: SignedDuration::ZERO,
            gone: false,
            unseen: SignedDuration::ZERO,
            moving_since: None,
            stay: Some(stay),
            asked: None,
            told_ambiguous: false,
        })
    }

    pub(crate) fn settled(&self) -> bool {
        self.stay.is_some() || self.last_seen.duration_since(self.since) >= SETTLED_AFTER
    }

    /// Whether `seen` is a vehicle in this one's place that may be this one.
    pub(crate) fn is_place_of(&self, seen: &Observation, mount: &Mount, config: &Parking) -> bool {
        let looks = self.last.look.zip(seen.look);
        self.last.class.confusable_with(seen.class)
            && looks.is_none_or(|(mine, theirs)| mine.similarity(&theirs) >= ALIKE)
            && self.agreement(seen, mount, config) != Agreement::Apart
    }

    /// Takes the next sighting of the same track.
    pub(crate) fn advance(
        &mut self,
        seen: Observation,
        at: Timestamp,
        mount: &Mount,
        config: &Parking,
    ) -> Motion {
        let agreement = self.agreement(&seen, mount, config);
        let stays = match agreement {
            Agreement::Same => true,
            Agreement::Near => self.settled(),
            Agreement::Apart => false,
        };
        if stays {
            self.see(seen, at);
            return Motion::Still;
        }
        self.sight(at);
        if !self.settled() {
            *self = Self { arrived: true, ..Self::begin(seen, at) };
            return Motion::Still;
        }
        let since = *self.moving_since.get_or_insert(at);
        if longer(at, since, config.grace) { Motion::Moved } else { Motion::Doubtful }
    }

    /// Whether this new one may be a vehicle that stood here before. After minutes out of view, whoever
    /// drives past the place must not become what stood in it.
    pub(crate) fn may_take_over(&self, mount: &Mount) -> bool {
        matches!(mount, Mount::Fixed) || self.settled()
    }

    /// Whether it stood here before `new` did. What an earlier run saw may lie ahead of what is read again: then it must have
    /// begun before; if not, `new` is its beginning, read again.
    pub(crate) fn was_there_before(&self, new: &Self, at: Timestamp) -> bool {
        self.last_seen < at || self.since < new.since
    }

    /// How well `seen` fits the place where this one stands.
    fn agreement(&self, seen: &Observation, mount: &Mount, config: &Parking) -> Agreement {
        match mount {
            Mount::Fixed if self.anchor.is_some() && seen.seen.is_some() => {
                let boxes = self.anchor.zip(seen.seen);
                let overlap = boxes.map_or(0.0, |(anchor, seen)| anchor.iou(seen));
                Agreement::within(config.still_iou, config.moved_iou, |least| overlap >= least)
            }
            Mount::Fixed | Mount::Moving { .. } => {
                let Some(apart) = apart_m(&self.place, &seen.place) else {
                    return Agreement::Apart;
                };
                // What the telemetry gets wrong moves everything: doubt widens the place.
                let doubt = doubt_m(&self.place).max(doubt_m(&seen.place));
                Agreement::within(config.still_m, config.moved_m, |most| apart <= most.max(doubt))
            }
        }
    }

    /// Another track has this vehicle now.
    pub(crate) fn hand_over(&mut self, seen: Observation, at: Timestamp) {
        let away = at.duration_since(self.last_seen) - self.averted;
        self.unseen += away.max(SignedDuration::ZERO);
        self.see(seen, at);
    }

    /// Nobody looked at its place for `span`.
    pub(crate) fn avert(&mut self, span: SignedDuration) {
        if !self.gone {
            self.averted += span;
        }
    }

    /// Whether nothing hangs on it, and it was not reported for `span`.
    pub(crate) fn is_idle(&self, at: Timestamp, span: std::time::Duration) -> bool {
        self.stay.is_none() && longer(at, self.sighted, span)
    }

    /// Its source follows it no longer.
    pub(crate) fn give_up(&mut self) {
        self.gone = true;
    }

    /// The time since it was last sighted in which nobody looked at its place.
    pub(crate) fn averted(&self) -> SignedDuration {
        self.averted
    }

    /// Whether its boxes have begun to disagree with where it stands.
    pub(crate) fn is_leaving(&self) -> bool {
        self.moving_since.is_some()
    }

    /// Whether its place was looked at for `span` since it was last seen, without finding it.
    pub(crate) fn missed_for(&self, at: Timestamp, span: std::time::Duration) -> bool {
        longer(at, self.sighted + self.averted, span)
    }

    fn sight(&mut self, at: Timestamp) {
        self.sighted = at;
        self.averted = SignedDuration::ZERO;
        self.gone = false;
    }

    fn see(&mut self, seen: Observation, at: Timestamp) {
        self.averaged = (self.averaged + 1.0).min(MOST_AVERAGED);
        self.place = nudged(self.place, seen.place, 1.0 / self.averaged);
        self.last = seen;
        self.last_seen = at;
        self.empty = SignedDuration::ZERO;
        self.sight(at);
        self.moving_since = None;
    }

    /// Its place was looked at for `span`, and it was not seen there: was anything?
    pub(crate) fn miss(&mut self, span: SignedDuration, view: &View, config: &Parking) {
        let taken =
            view.observations.iter().any(|seen| self.is_covered_by(seen, &view.mount, config));
        self.empty = if taken { SignedDuration::ZERO } else { self.empty + span };
    }

    /// Whether something stands so that it would hide this one, or be it.
    fn is_covered_by(&self, seen: &Observation, mount: &Mount, config: &Parking) -> bool {
        match mount {
            Mount::Fixed if self.anchor.is_some() && seen.seen.is_some() => {
                self.anchor.zip(seen.seen).is_some_and(|(anchor, seen)| anchor.iou(seen) > 0.05)
            }
            Mount::Fixed | Mount::Moving { .. } => apart_m(&self.place, &seen.place)
                .is_some_and(|apart| apart <= config.moved_m.max(doubt_m(&self.place))),
        }
    }

    /// Whether its place was seen without it: it moved off in sight, or nothing stood there any more.
    pub(crate) fn seen_gone(&self, config: &Parking) -> bool {
        self.left(config.grace)
            || self.empty
                >= SignedDuration::try_from(config.lost_after).unwrap_or(SignedDuration::MAX)
    }

    /// Whether it was followed while it moved off. Being lost from sight at the first doubtful box is not leaving.
    pub(crate) fn left(&self, grace: std::time::Duration) -> bool {
        self.moving_since.is_some_and(|since| longer(self.sighted, since, grace))
    }

    /// `at`, less the time that does not count as standing.
    pub(crate) fn stood_at(&self, at: Timestamp) -> Timestamp {
        at - self.unseen - self.queued
    }

    pub(crate) fn track(&self) -> TrackId {
        self.last.track
    }

    pub(crate) fn class(&self) -> Class {
        self.last.class
    }
}

impl Stay {
    /// Whether the place has been outside the fence for longer than the grace.
    pub(crate) fn is_over(&mut self, probability: f64, at: Timestamp, config: &Parking) -> bool {
        match Inside::of(probability) {
            Inside::No => {
                let since = *self.outside_since.get_or_insert(at);
                longer(at, since, config.grace)
            }
            Inside::Yes => {
                self.probability = probability;
                self.outside_since = None;
                false
            }
            Inside::Ambiguous => {
                self.outside_since = None;
                false
            }
        }
    }
}

/// `mean` moved towards `next` by `part`; the doubt is the newer one's, since what a camera gets wrong
/// it gets wrong every time.
fn nudged(mean: Place, next: Place, part: f64) -> Place {
    let towards = |from: f64, to: f64| from + (to - from) * part;
    match (mean, next) {
        (
            Place::Ground { lon, lat, .. },
            Place::Ground { lon: x, lat: y, covariance_m2, ellipse95 },
        ) => Place::Ground { lon: towards(lon, x), lat: towards(lat, y), covariance_m2, ellipse95 },
        (Place::Image { x, y }, Place::Image { x: next_x, y: next_y }) => {
            Place::Image { x: towards(x, next_x), y: towards(y, next_y) }
        }
        (_, next) => next,
    }
}

/// Metres between two places on the ground.
fn apart_m(a: &Place, b: &Place) -> Option<f64> {
    let (a, b) = (position(a)?, position(b)?);
    let [east, north] = Plane::at(a).metres(b);
    Some(east.hypot(north))
}

/// Half the long half-axis of the 95 % ellipse: about one and a quarter standard deviations.
fn doubt_m(place: &Place) -> f64 {
    match place {
        Place::Ground { ellipse95, .. } => ellipse95.semi_major_m / 2.0,
        Place::Image { .. } => 0.0,
    }
}

fn position(place: &Place) -> Option<LonLat> {
    match *place {
        Place::Ground { lon, lat, .. } => LonLat::new(lon, lat),
        Place::Image { .. } => None,
    }
}

/// Whether at least `span` has gone by from `since` to `at`.
pub(crate) fn longer(at: Timestamp, since: Timestamp, span: std::time::Duration) -> bool {
    at.duration_since(since) >= SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX)
}
