//! Runs the parking rule over the views of every source.
//!
//! Holds, per source, the vehicles in sight that may be standing and those lost from sight while
//! standing. What is lost on a crash is rebuilt from the open alerts by [`Engine::resume`]; dwell times
//! that had not yet become an alert begin again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{
    Alert, AlertId, EndReason, Observation, Queue, Review, Rule, SourceId, TrackId, View,
};
use jiff::Timestamp;

use crate::chance::{Chance, Thing, dwell_of};
use crate::fence::Fence;
use crate::gaze::Gaze;
use crate::inside::Inside;
use crate::kind::Kind;
use crate::look_again::{LookAgain, Remedy};
use crate::parking::{Motion, Standing, Stay, longer};
use crate::{Fences, Parking};

/// Views in, outcomes out.
#[derive(Debug)]
pub struct Engine {
    fences: Arc<Fences>,
    config: Parking,
    lanes: BTreeMap<SourceId, Lane>,
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
    /// Still standing.
    Updated(Box<Alert>),
    Ended(Box<Alert>),
    /// Stands still for the dwell time where inside or outside cannot be told.
    LookAgain(Box<LookAgain>),
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

    /// What was not looked at is not missed.
    fn look(&mut self, gaze: &Gaze<'_>) {
        for standing in self.standing() {
            standing.avert(gaze.averted(&standing.place));
        }
    }
}

/// The most vehicles followed per source; beyond it new ones wait.
const MOST_VEHICLES: usize = 2048;

impl Engine {
    pub fn new(fences: Arc<Fences>, config: Parking) -> Self {
        Self { fences, config, lanes: BTreeMap::new() }
    }

    /// Begins to follow a source. `open` are its alerts that had not ended when the program last stopped:
    /// a vehicle that still stands in its place takes its alert up again.
    pub fn resume(&mut self, source: SourceId, name: String, open: &[Alert]) {
        let adrift = open.iter().map(Standing::resume).collect();
        let last_at = Timestamp::MIN;
        self.lanes.insert(source, Lane { name, last_at, in_sight: BTreeMap::new(), adrift });
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
            lane.look(&Gaze::new(view, view.at.duration_since(lane.last_at)));
        }
        lane.last_at = view.at;
        let mut judge = Judge { fences: &self.fences, config: &self.config, out: Vec::new() };
        judge.view(lane, view);
        judge.out
    }

    /// Judges by other fences from the next view on. A stay goes on in the fence of its name, however that was redrawn, and
    /// its alert keeps the version that it was raised with; stays in fences that are gone are over.
    pub fn change_fences(&mut self, fences: Arc<Fences>) -> Vec<Outcome> {
        let mut judge = Judge { fences: &fences, config: &self.config, out: Vec::new() };
        for standing in self.lanes.values_mut().flat_map(Lane::standing) {
            let gone = |stay: &Stay| {
                judge.fences.get(&stay.fence).is_none_or(|fence| fence.kind != Kind::NoParking)
            };
            if let Some(stay) = standing.stay.take_if(|stay| gone(stay)) {
                judge.end_stay(stay, standing.last_seen, EndReason::FenceWithdrawn);
            }
            standing.told_ambiguous = false;
        }
        let out = judge.out;
        self.fences = fences;
        out
    }

    /// The source has ended: what still stands ends with it.
    pub fn finish(&mut self, source: &SourceId) -> Vec<Outcome> {
        let Some(lane) = self.lanes.remove(source) else { return Vec::new() };
        let mut judge = Judge { fences: &self.fences, config: &self.config, out: Vec::new() };
        for standing in lane.in_sight.into_values() {
            judge.end(standing, EndReason::SourceEnded);
        }
        for standing in lane.adrift {
            let reason = judge.why_gone(&standing);
            judge.end(standing, reason);
        }
        judge.out
    }
}

/// One view being judged.
struct Judge<'a> {
    fences: &'a Fences,
    config: &'a Parking,
    out: Vec<Outcome>,
}

impl Judge<'_> {
    fn view(&mut self, lane: &mut Lane, view: &View) {
        let at = view.at;
        // Before anything is matched: who was not seen for long is not followed on across the gap.
        self.lose(lane, at);
        for seen in vehicles(view) {
            match lane.in_sight.remove(&seen.track) {
                Some(standing) => self.follow(lane, standing, seen, view),
                None if lane.in_sight.len() >= MOST_VEHICLES => {}
                None => {
                    lane.in_sight.insert(seen.track, Standing::begin(seen, at));
                }
            }
        }
        self.rejoin(lane, view);
        let mut in_sight = std::mem::take(&mut lane.in_sight);
        for standing in in_sight.values_mut().filter(|s| s.last_seen == at && s.settled()) {
            self.dwell(standing, lane, view);
        }
        lane.in_sight = in_sight;
    }

    /// A track that was followed is seen again.
    fn follow(&mut self, lane: &mut Lane, mut standing: Standing, seen: Observation, view: &View) {
        let at = view.at;
        match standing.advance(seen.clone(), at, &view.mount, self.config) {
            Motion::Still | Motion::Doubtful => {
                lane.in_sight.insert(seen.track, standing);
            }
            Motion::Moved => {
                lane.in_sight.insert(seen.track, Standing::begin(seen, at));
                lane.adrift.push(standing);
            }
        }
    }

    /// A new track in the place of a vehicle that was lost there is that vehicle: its detection dropped out,
    /// or a passer-by stole its track.
    fn rejoin(&self, lane: &mut Lane, view: &View) {
        let at = view.at;
        let (adrift, in_sight) = (&mut lane.adrift, &mut lane.in_sight);
        adrift.retain(|lost| {
            let found = in_sight.iter().find(|(_, new)| {
                new.stay.is_none()
                    && new.last_seen == at
                    && lost.last_seen < at
                    && new.may_take_over(&view.mount)
                    && lost.is_place_of(&new.last, &view.mount, self.config)
            });
            let Some((&track, new)) = found else { return true };
            let mut standing = lost.clone();
            standing.hand_over(new.last.clone(), at);
            in_sight.insert(track, standing);
            false
        });
    }

    /// Puts vehicles out of sight aside, and gives up those out of sight for too long.
    fn lose(&mut self, lane: &mut Lane, at: Timestamp) {
        let unseen: Vec<TrackId> = lane
            .in_sight
            .iter()
            .filter(|(_, standing)| standing.missed_for(at, self.config.lost_after))
            .map(|(track, _)| *track)
            .collect();
        for track in unseen {
            let Some(standing) = lane.in_sight.remove(&track) else { continue };
            if standing.settled() {
                lane.adrift.push(standing);
            }
        }
        // A stay taken up from an earlier run lies in the future when its file is read again: it waits.
        let given_up: Vec<Standing> =
            lane.adrift.extract_if(.., |lost| lost.missed_for(at, self.patience(lost))).collect();
        for lost in given_up {
            let reason = self.why_gone(&lost);
            self.end(lost, reason);
        }
    }

    fn why_gone(&self, lost: &Standing) -> EndReason {
        if lost.left(self.config.grace) { EndReason::Left } else { EndReason::Lost }
    }

    /// How long a vehicle out of sight may come back to its place. One that was seen to move off gets just
    /// the time in which a track stolen by a passer-by is found again.
    fn patience(&self, lost: &Standing) -> Duration {
        if lost.left(self.config.grace) {
            self.config.lost_after * 2
        } else {
            self.config.rejoin_within
        }
    }

    /// Looks where a standing vehicle stands, and for how long.
    fn dwell(&mut self, standing: &mut Standing, lane: &mut Lane, view: &View) {
        let about = self.fences.about(&view.source, &standing.place);
        let thing = Thing {
            source: &view.source,
            place: standing.place,
            seen: standing.last.seen,
            class: standing.last.class,
        };
        let of_kind = |kind: Kind| about.iter().copied().filter(move |fence| fence.kind == kind);
        let is_open = |fence: &&Fence| fence.schedule.open_since(view.at).is_some();
        let share = self.config.overlap;
        let bays: Vec<&Fence> = of_kind(Kind::Bay).filter(is_open).collect();
        let legal = Inside::of(thing.breaks(&bays, share)) == Inside::Yes;
        let sensitive: Vec<&Fence> = of_kind(Kind::Sensitive).filter(is_open).collect();
        // Nothing is recorded where it may not be: there doubt is for silence.
        let unrecorded = Inside::of(thing.breaks(&sensitive, share)) != Inside::No;
        let no_parking: Vec<Chance<'_>> = if legal || unrecorded {
            Vec::new()
        } else {
            Chance::each(&thing, of_kind(Kind::NoParking), view.at, self.config)
        };
        match standing.stay.take() {
            Some(stay) => self.stay_on(standing, stay, &no_parking, lane, view),
            None => self.stay_begins(standing, &no_parking, lane, view),
        }
    }

    fn stay_begins(
        &mut self,
        standing: &mut Standing,
        chances: &[Chance<'_>],
        lane: &mut Lane,
        view: &View,
    ) {
        let open: Vec<Chance<'_>> =
            chances.iter().filter(|chance| chance.opened.is_some()).copied().collect();
        let Some(chance) = Chance::surest(&open) else { return };
        let (fence, Some(opened)) = (chance.fence, chance.opened) else { return };
        match Inside::of(chance.together) {
            Inside::No => {}
            Inside::Ambiguous => self.tell_ambiguous(standing, chance, view),
            Inside::Yes => {
                let since = standing.since.max(opened);
                let track = standing.track();
                let id =
                    AlertId::derive(Rule::Parking.as_str(), &view.source, &fence.id, track, since);
                // A file read again meets the stay that its first reading left open.
                lane.adrift.retain(|lost| lost.stay.as_ref().is_none_or(|stay| stay.id != id));
                standing.stay = Some(Stay {
                    id,
                    fence: fence.id.clone(),
                    version: fence.version.clone(),
                    since,
                    probability: chance.together,
                    outside_since: None,
                    alert: None,
                    reported_at: view.at,
                });
                self.out.push(Outcome::Standing { id, seen: Box::new(standing.last.clone()) });
            }
        }
    }

    fn tell_ambiguous(&mut self, standing: &mut Standing, chance: &Chance<'_>, view: &View) {
        let dwell = dwell_of(chance.fence, self.config);
        if !standing.told_ambiguous && longer(view.at, standing.since, dwell) {
            standing.told_ambiguous = true;
            self.out.push(Outcome::LookAgain(Box::new(LookAgain {
                track: standing.track(),
                fence: chance.fence.reference(),
                place: standing.place,
                probability: chance.together,
                since: standing.since,
                at: view.at,
                remedy: Remedy::of(chance.fence, &standing.place, &view.mount),
            })));
        }
    }

    fn stay_on(
        &mut self,
        standing: &mut Standing,
        mut stay: Stay,
        chances: &[Chance<'_>],
        lane: &Lane,
        view: &View,
    ) {
        let here = chances.iter().find(|chance| chance.fence.id == stay.fence);
        if here.is_some_and(|chance| chance.opened.is_none()) {
            self.end_stay(stay, standing.last_seen, EndReason::ScheduleClosed);
            return;
        }
        // What stands over the border of two fences that are one ground stands in both, while some of it is here.
        let touched = here.filter(|chance| Inside::of(chance.touched) != Inside::No);
        let probability = touched.map_or(0.0, |chance| chance.together);
        if stay.is_over(probability, view.at, self.config) {
            let redrawn = self.fences.get(&stay.fence).is_none_or(|f| f.version != stay.version);
            let reason = if redrawn { EndReason::FenceWithdrawn } else { EndReason::Left };
            self.end_stay(stay, standing.last_seen, reason);
            return;
        }
        if let Some(chance) = here {
            self.report(&mut stay, standing, (chance.fence, probability), lane, view);
        }
        standing.stay = Some(stay);
    }

    /// Raises the alert when the time has come, and repeats it from time to time.
    fn report(
        &mut self,
        stay: &mut Stay,
        standing: &Standing,
        (fence, probability): (&Fence, f64),
        lane: &Lane,
        view: &View,
    ) {
        match &mut stay.alert {
            Some(alert) => {
                alert.last_seen = view.at;
                if longer(view.at, stay.reported_at, self.config.update_every) {
                    stay.reported_at = view.at;
                    self.out.push(Outcome::Updated(alert.clone()));
                }
            }
            None if Inside::of(probability) == Inside::Yes
                && longer(view.at - standing.unseen, stay.since, dwell_of(fence, self.config)) =>
            {
                let alert = Box::new(raised(stay, standing, fence, lane, view, self.config));
                stay.reported_at = view.at;
                stay.alert = Some(alert.clone());
                self.out.push(Outcome::Raised(alert));
            }
            None => {}
        }
    }

    fn end(&mut self, standing: Standing, reason: EndReason) {
        if let Some(stay) = standing.stay {
            self.end_stay(stay, standing.last_seen, reason);
        }
    }

    fn end_stay(&mut self, stay: Stay, last_seen: Timestamp, reason: EndReason) {
        match stay.alert {
            Some(mut alert) => {
                alert.last_seen = last_seen;
                alert.ended_at = Some(last_seen);
                alert.end_reason = Some(reason);
                self.out.push(Outcome::Ended(alert));
            }
            None => self.out.push(Outcome::Passed { id: stay.id }),
        }
    }
}

fn vehicles(view: &View) -> impl Iterator<Item = Observation> {
    view.observations.iter().filter(|seen| seen.class.is_motor_vehicle()).cloned()
}

fn raised(
    stay: &Stay,
    standing: &Standing,
    fence: &Fence,
    lane: &Lane,
    view: &View,
    config: &Parking,
) -> Alert {
    Alert {
        id: stay.id,
        revision: 1,
        rule: Rule::Parking,
        queue: queue(fence),
        source: view.source.clone(),
        source_name: lane.name.clone(),
        track: standing.track(),
        class: standing.class(),
        score: standing.last.score,
        fence: fence.reference(),
        place: standing.place,
        seen: standing.last.seen,
        probability_inside: stay.probability,
        since: stay.since,
        raised_at: view.at,
        last_seen: view.at,
        ended_at: None,
        end_reason: None,
        dwell_s: view.at.duration_since(stay.since).as_secs_f64(),
        plate: None,
        dwell_needed_s: dwell_of(fence, config).as_secs_f64(),
        time_basis: view.basis,
        review: Review::default(),
    }
}

/// Whoever decides a parking case at the place gets it.
fn queue(fence: &Fence) -> Queue {
    let name = match fence.authority {
        Some(domain::Authority::TrafficPolice) => "parking-traffic_police",
        Some(domain::Authority::UrbanMgmt) => "parking-urban_mgmt",
        None => "parking-unassigned",
    };
    Queue::new(name).expect("these names are valid ids")
}

#[cfg(test)]
mod tests;
