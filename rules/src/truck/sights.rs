//! What cameras see of trucks: a body that is up, or a heap that was not there before, beside one that stands.
//!
//! And how that becomes one with what a terminal tells: the same place, as far as both are sure of it, the same
//! time, and plates that do not contradict each other. Of several, the one with the same plate, then the nearest.

use std::collections::BTreeMap;

use domain::{BodyState, GroundFix, Plane, Plate, SourceId, TrackId, UNKNOWN_PROVINCE};
use jiff::{SignedDuration, Timestamp};

use super::config::TruckRules;
use super::time::{after, span};
use super::watch::{Reading, Step, Watch};

/// One look of a camera at a truck. What it cannot tell is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct TruckSeen {
    pub source: SourceId,
    pub source_name: String,
    pub track: TrackId,
    pub at: Timestamp,
    pub fix: GroundFix,
    /// The model's confidence, 0..=1.
    pub score: f32,
    pub stopped: Option<bool>,
    pub body: Option<BodyState>,
    /// A heap beside it that was not there before it came.
    pub new_heap: Option<bool>,
    pub plate: Option<Plate>,
}

/// Tipping that a camera saw.
#[derive(Debug, Clone)]
pub(super) struct Tip {
    pub(super) source: SourceId,
    pub(super) source_name: String,
    pub(super) track: TrackId,
    pub(super) since: Timestamp,
    pub(super) held: SignedDuration,
    pub(super) at: Timestamp,
    pub(super) fix: GroundFix,
    pub(super) score: f32,
    pub(super) plate: Option<Plate>,
}

/// One truck in one camera.
#[derive(Debug)]
pub(super) struct Sight {
    pub(super) watch: Watch,
    last: Timestamp,
    /// Found, and not told yet.
    pub(super) tip: Option<Tip>,
    /// Of what was told, here or with what a terminal said.
    told: Option<Tip>,
}

/// All cameras.
#[derive(Debug, Default)]
pub(super) struct Sights {
    list: BTreeMap<(SourceId, TrackId), Sight>,
}

/// What cameras know of an act that a terminal tells.
pub(super) enum Joined {
    Nothing,
    /// One saw it: it belongs to the alert of the terminal.
    Seen(Tip),
    /// One saw it, and an alert is out.
    Told,
}

/// An act of tipping, by whoever noticed it.
pub(super) struct Where<'a> {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) fix: &'a GroundFix,
    /// As plates are compared.
    pub(super) plate: Option<&'a str>,
}

impl Sights {
    /// The most trucks in sight of all cameras; further ones are not followed.
    const MOST: usize = 4096;

    /// Takes a look; `legal` says whether a truck may tip there.
    pub(super) fn take(
        &mut self,
        seen: TruckSeen,
        legal: Reading,
        config: &TruckRules,
    ) -> Option<(&mut Sight, Step)> {
        let key = (seen.source.clone(), seen.track);
        if self.list.len() >= Self::MOST && !self.list.contains_key(&key) {
            return None;
        }
        let sight = self.list.entry(key).or_insert_with(|| Sight::new(Watch::Quiet, seen.at));
        if seen.at < sight.last {
            return None;
        }
        sight.last = seen.at;
        if sight.told.is_some() && sight.watch.alert().is_none() {
            return None;
        }
        let step = sight.watch.take(reading(&seen, legal), seen.at, config.tipping_for, config);
        if let Step::Ripe { since, held } = step {
            sight.watch.hold();
            let TruckSeen { source, source_name, track, at, fix, score, plate, .. } = seen;
            let tip = Tip { source, source_name, track, since, held, at, fix, score, plate };
            sight.tip = Some(tip);
        }
        Some((sight, step))
    }

    /// An alert that was open when the program last stopped.
    pub(super) fn resume(&mut self, source: SourceId, track: TrackId, alert: domain::Alert) {
        let last = alert.last_seen;
        let mut watch = Watch::Quiet;
        watch.open(alert);
        self.list.insert((source, track), Sight::new(watch, last));
    }

    /// What cameras know of this act, and that it is being told now.
    pub(super) fn join(&mut self, act: &Where<'_>, config: &TruckRules) -> Joined {
        let found = |sight: &Sight| -> Option<(bool, f64)> {
            let tip = sight.tip.as_ref().or(sight.told.as_ref())?;
            fits(tip, act, config)
        };
        let best = self.list.values_mut().filter_map(|sight| Some((found(sight)?, sight)));
        let best = best.reduce(|best, next| if better(next.0, best.0) { next } else { best });
        let Some((_, sight)) = best else { return Joined::Nothing };
        match sight.tip.take() {
            Some(tip) => {
                sight.told = Some(tip.clone());
                Joined::Seen(tip)
            }
            None => Joined::Told,
        }
    }

    /// The next tip that was waited for long enough; it counts as told.
    pub(super) fn due(
        &mut self,
        now: Timestamp,
        config: &TruckRules,
    ) -> Option<(SourceId, TrackId)> {
        let late = |tip: &Tip| now >= after(after(tip.at, config.join_within), config.window);
        self.list
            .iter()
            .find(|(_, sight)| sight.tip.as_ref().is_some_and(late))
            .map(|(key, _)| key.clone())
    }

    /// Takes a tip out; it counts as told.
    pub(super) fn tell(&mut self, key: &(SourceId, TrackId)) -> Option<Tip> {
        let sight = self.list.get_mut(key)?;
        let tip = sight.tip.take()?;
        sight.told = Some(tip.clone());
        Some(tip)
    }

    /// Its alert is raised.
    pub(super) fn open(&mut self, key: &(SourceId, TrackId), alert: domain::Alert) {
        if let Some(sight) = self.list.get_mut(key) {
            sight.watch.open(alert);
        }
    }

    /// Trucks that no camera sees any more; their open alerts end.
    pub(super) fn forget(&mut self, now: Timestamp, config: &TruckRules) -> Vec<Sight> {
        let gone = |_: &(SourceId, TrackId), sight: &mut Sight| {
            sight.tip.is_none() && now.duration_since(sight.last) >= span(config.lost_after)
        };
        self.list.extract_if(.., gone).map(|(_, sight)| sight).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }
}

impl Sight {
    const fn new(watch: Watch, last: Timestamp) -> Self {
        Self { watch, last, tip: None, told: None }
    }
}

fn reading(seen: &TruckSeen, legal: Reading) -> Reading {
    let tips = match (seen.body, seen.new_heap) {
        (Some(BodyState::Raised), _) | (_, Some(true)) => Some(true),
        (Some(BodyState::Down), _) | (None, Some(false)) => Some(false),
        (None, None) => None,
    };
    match (tips, seen.stopped) {
        (Some(false), _) => Reading::Right,
        (Some(true), Some(true)) => legal,
        _ => Reading::Unknown,
    }
}

/// Whether a camera saw this act: the same plate or not, and how far apart.
pub(super) fn fits(tip: &Tip, act: &Where<'_>, config: &TruckRules) -> Option<(bool, f64)> {
    let (from, to) = (tip.since, after(tip.at, config.join_within));
    let in_time = from <= after(act.to, config.join_within) && act.from <= to;
    let plate = tip.plate.as_ref().map(|plate| super::permit::bare(plate.full()));
    let same = same_plate(plate.as_deref(), act.plate);
    let apart = apart_m(&tip.fix, act.fix, config)?;
    (in_time && same != Some(false)).then_some((same == Some(true), apart))
}

/// With the same plate first, then the nearer.
pub(super) fn better((same, apart): (bool, f64), (other, other_apart): (bool, f64)) -> bool {
    (same && !other) || (same == other && apart < other_apart)
}

/// Metres between two places that may be one.
fn apart_m(a: &GroundFix, b: &GroundFix, config: &TruckRules) -> Option<f64> {
    let [east, north] = Plane::at(a.position).metres(b.position);
    let doubt = a.covariance.ellipse95().semi_major_m + b.covariance.ellipse95().semi_major_m;
    let apart = east.hypot(north);
    (apart <= config.join_m + doubt).then_some(apart)
}

/// `None` where one is unknown. A character that could not be read is like any.
fn same_plate(a: Option<&str>, b: Option<&str>) -> Option<bool> {
    let (a, b) = (a?, b?);
    let like = |(a, b): (char, char)| a == b || a == UNKNOWN_PROVINCE || b == UNKNOWN_PROVINCE;
    Some(a.chars().count() == b.chars().count() && a.chars().zip(b.chars()).all(like))
}
