//! Runs the parking rule over the views of every source.
//!
//! Holds, per source, the vehicles in sight that may be standing and those lost from sight while
//! standing. What is lost on a crash is rebuilt from the open alerts by [`Engine::resume`], and what had not yet become one by
//! [`Engine::recall`]. `judge` takes one view, `raise` makes the alert.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

mod judge;
mod raise;

use domain::{Alert, AlertId, EndReason, Observation, Reminder, RuleId, SourceId, TrackId, View};
use jiff::Timestamp;

use crate::gaze::Gaze;
use crate::kind::Kind;
use crate::look_again::LookAgain;
use crate::parking::{Standing, Stay};
use crate::scene::{Scenes, Watch};
use crate::{Fences, Parking, Recollection};
use judge::Judge;
use raise::is_reminded;

/// Views in, outcomes out.
#[derive(Debug)]
pub struct Engine {
    fences: Arc<Fences>,
    config: Parking,
    lanes: BTreeMap<SourceId, Lane>,
    /// The rules of files.
    watch: Watch,
}

/// What a view led to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A vehicle began to stand inside a fence. This frame is the first moment of what may become alert
    /// `id`: keep it.
    Standing {
        id: AlertId,
        seen: Box<Observation>,
    },
    /// What began to stand went away in time. Drop what was kept.
    Passed {
        id: AlertId,
    },
    Raised(Box<Alert>),
    /// Reminded, and still there after the time was up.
    StillThere(Box<Alert>),
    /// Still standing.
    Updated(Box<Alert>),
    Ended(Box<Alert>),
    /// Stands still for the dwell time where inside or outside cannot be told.
    LookAgain(Box<LookAgain>),
    /// What a rule in shadow mode would have raised. Count it; tell nobody.
    Shadow(Box<Alert>),
}

#[derive(Debug)]
struct Lane {
    name: String,
    last_at: Timestamp,
    in_sight: BTreeMap<TrackId, Standing>,
    /// Lost from sight while standing, oldest first.
    adrift: Vec<Standing>,
}

impl Lane {
    /// Nobody looked while the program was away: what stood then is waited for from the first view on.
    fn wait_from(&mut self, first_view: Timestamp) {
        for standing in &mut self.adrift {
            standing.sighted = standing.sighted.max(first_view);
        }
    }

    fn standing(&mut self) -> impl Iterator<Item = &mut Standing> {
        self.in_sight.values_mut().chain(&mut self.adrift)
    }

    /// Whether nobody more can be followed. Who was seen before and never reported again gives way, the first one first:
    /// a source that only reports never says that it is gone.
    fn is_full(&mut self, at: Timestamp, unseen_for: Duration) -> bool {
        if self.in_sight.len() < MOST_VEHICLES {
            return false;
        }
        let idle = self.in_sight.iter().filter(|(_, one)| one.is_idle(at, unseen_for));
        let oldest = idle.min_by_key(|(_, one)| one.sighted).map(|(track, _)| *track);
        oldest.and_then(|track| self.in_sight.remove(&track)).is_none()
    }

    /// What was not looked at is not missed.
    fn look(&mut self, gaze: &Gaze<'_>, view: &View, config: &Parking) {
        let step = view.at.duration_since(self.last_at);
        for standing in self.standing() {
            let averted = gaze.averted(&standing.place);
            standing.avert(averted);
            if standing.stay.is_some() {
                standing.miss(step - averted, view, config);
            }
        }
    }
}

const PARKING: &str = "parking";

fn parking() -> RuleId {
    RuleId::known(PARKING)
}

/// The most vehicles followed per source; beyond it new ones wait.
const MOST_VEHICLES: usize = 2048;

impl Engine {
    pub fn new(fences: Arc<Fences>, config: Parking) -> Self {
        Self { fences, config, lanes: BTreeMap::new(), watch: Watch::default() }
    }

    /// Judges by these rules of files too.
    #[must_use]
    pub fn with_scenes(mut self, scenes: Arc<Scenes>) -> Self {
        self.watch = Watch::new(scenes, &self.fences);
        self
    }

    /// Begins to follow a source. `open` are its alerts that had not ended when the program last stopped:
    /// a vehicle that still stands in its place takes its alert up again.
    pub fn resume(&mut self, source: SourceId, name: String, open: &[Alert]) {
        let of_parking = open.iter().filter(|alert| alert.rule.as_str() == PARKING);
        let adrift = of_parking.filter_map(Standing::resume).collect();
        self.watch.resume(&source, open);
        let last_at = Timestamp::MIN;
        self.lanes.insert(source, Lane { name, last_at, in_sight: BTreeMap::new(), adrift });
    }

    /// Goes on where an earlier run was, after [`Self::resume`] with the same alerts.
    pub fn recall(&mut self, source: &SourceId, past: Recollection, open: &[Alert]) {
        if let Some(lane) = self.lanes.get_mut(source) {
            lane.adrift.extend(past.standing(open));
        }
    }

    /// What to remember of every source whose views something stands in.
    pub fn recollect(&self) -> impl Iterator<Item = (&SourceId, Recollection)> {
        self.lanes.iter().map(|(source, lane)| {
            let standing = lane.in_sight.values().chain(&lane.adrift);
            (source, Recollection::new(lane.last_at, standing))
        })
    }

    /// Judges everything a source saw at one instant. Views must come in the order of their time; a view
    /// that is not newer than the last one of its source is ignored.
    pub fn observe(&mut self, view: &View) -> Vec<Outcome> {
        let lane = self.lanes.entry(view.source.clone()).or_insert_with(|| Lane {
            name: view.source.to_string(),
            last_at: Timestamp::MIN,
            in_sight: BTreeMap::new(),
            adrift: Vec::new(),
        });
        if view.at <= lane.last_at {
            return Vec::new();
        }
        if lane.last_at == Timestamp::MIN {
            lane.wait_from(view.at);
        } else {
            let step = view.at.duration_since(lane.last_at);
            lane.look(&Gaze::new(view, step), view, &self.config);
        }
        lane.last_at = view.at;
        let mut judge = Judge { fences: &self.fences, config: &self.config, out: Vec::new() };
        judge.view(lane, view);
        let mut out = judge.out;
        self.watch.observe(view, &self.fences, &self.config, &lane.name, &mut out);
        out
    }

    /// Takes what became of the reminder of an alert.
    pub fn reminded(&mut self, id: AlertId, reminder: &Reminder) {
        let stays = self.lanes.values_mut().flat_map(Lane::standing);
        let alerts = stays.filter_map(|standing| standing.stay.as_mut()?.alert.as_mut());
        for alert in alerts.filter(|alert| alert.id == id) {
            alert.reminder = Some(reminder.clone());
        }
    }

    /// Judges by other fences from the next view on. A stay goes on in the fence of its name, however that was redrawn, and
    /// its alert keeps the version that it was raised with; stays in fences that are gone are over.
    pub fn change_fences(&mut self, fences: Arc<Fences>) -> Vec<Outcome> {
        if Arc::ptr_eq(&fences, &self.fences) {
            return Vec::new();
        }
        let mut judge = Judge { fences: &fences, config: &self.config, out: Vec::new() };
        for standing in self.lanes.values_mut().flat_map(Lane::standing) {
            let gone = |stay: &Stay| {
                judge.fences.get(&stay.fence).is_none_or(|fence| fence.kind != Kind::NoParking)
            };
            if let Some(stay) = standing.stay.take_if(|stay| gone(stay)) {
                judge.end_stay(stay, standing.last_seen, EndReason::FenceWithdrawn, false);
            }
            standing.told_ambiguous = false;
            standing.asked = None;
        }
        let mut out = judge.out;
        self.watch.change(self.watch.scenes(), &fences, &mut out);
        self.fences = fences;
        out
    }

    /// Judges by other rules of files from the next view on. What a rule began goes on where it asks for the same.
    pub fn change_scenes(&mut self, scenes: Arc<Scenes>) -> Vec<Outcome> {
        let mut out = Vec::new();
        if !Arc::ptr_eq(&scenes, &self.watch.scenes()) {
            self.watch.change(scenes, &self.fences, &mut out);
        }
        out
    }

    /// A source that does not look, but reports, says that it follows these no longer: unless they are found again, they
    /// are lost.
    pub fn give_up(&mut self, source: &SourceId, tracks: &[TrackId]) {
        let Some(lane) = self.lanes.get_mut(source) else { return };
        for standing in lane.standing().filter(|standing| tracks.contains(&standing.track())) {
            standing.give_up();
        }
    }

    /// What the source says from now on has nothing to do with what it said before: what stands ends, and it is followed anew.
    pub fn begin_again(&mut self, source: &SourceId) -> Vec<Outcome> {
        let Some(lane) = self.lanes.get(source) else { return Vec::new() };
        let (name, last_at) = (lane.name.clone(), lane.last_at);
        let outcomes = self.finish(source);
        let lane = Lane { name, last_at, in_sight: BTreeMap::new(), adrift: Vec::new() };
        self.lanes.insert(source.clone(), lane);
        outcomes
    }

    /// The source has ended: what still stands ends with it, but for what was reminded: the next look at the place decides.
    pub fn finish(&mut self, source: &SourceId) -> Vec<Outcome> {
        let Some(lane) = self.lanes.remove(source) else { return Vec::new() };
        let mut judge = Judge { fences: &self.fences, config: &self.config, out: Vec::new() };
        for standing in lane.in_sight.into_values() {
            if !is_reminded(&standing) {
                judge.end(standing, EndReason::SourceEnded);
            }
        }
        for standing in lane.adrift {
            let reason = judge.why_gone(&standing);
            if !is_reminded(&standing) || standing.seen_gone(judge.config) {
                judge.end(standing, reason);
            }
        }
        let mut out = judge.out;
        self.watch.finish(source, &mut out);
        out
    }
}

#[cfg(test)]
mod tests;
