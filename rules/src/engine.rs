//! Runs the parking rule over the views of every source.
//!
//! Holds, per source, the vehicles in sight that may be standing and those lost from sight while
//! standing. What is lost on a crash is rebuilt from the open alerts by [`Engine::resume`]; dwell times
//! that had not yet become an alert begin again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{
    Alert, AlertId, EndReason, Fact, Observation, Queue, Reminder, Review, RuleId, Severity,
    SourceId, TrackId, Unit, View, Why,
};
use jiff::{SignedDuration, Timestamp};

use crate::asked::{Answer, Asked};
use crate::chance::{Chance, Thing, dwell_of, share_of};
use crate::company::{self, Neighbour};
use crate::fence::Fence;
use crate::gaze::Gaze;
use crate::inside::Inside;
use crate::kind::Kind;
use crate::look_again::{LookAgain, Remedy};
use crate::parking::{Motion, Standing, Stay, longer};
use crate::scene::{Scenes, Watch};
use crate::{Fences, Parking, Recollection, remind};

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
                None if lane.is_full(at, self.config.lost_after) => {}
                None => {
                    lane.in_sight.insert(seen.track, Standing::begin(seen, at));
                }
            }
        }
        self.rejoin(lane, view);
        let mut in_sight = std::mem::take(&mut lane.in_sight);
        let others: Vec<Neighbour> =
            in_sight.values().filter_map(|standing| Neighbour::of(standing, at)).collect();
        for standing in in_sight.values_mut().filter(|s| s.last_seen == at && s.settled()) {
            self.keep_company(standing, &others, view);
            self.dwell(standing, lane, view);
        }
        lane.in_sight = in_sight;
    }

    /// Notes who stands with it and who is beside it.
    fn keep_company(&self, standing: &mut Standing, others: &[Neighbour], view: &View) {
        if standing.stay.as_ref().is_some_and(|stay| stay.alert.is_some()) {
            return;
        }
        let since = standing.company_at.replace(view.at).unwrap_or(standing.since);
        let step = view.at.duration_since(since);
        if company::waits(standing, others, self.config) {
            standing.queued += step;
        }
        if company::attended(standing, view) {
            standing.attended += step;
        }
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
        let fences = self.fences;
        let about = fences.about(&view.source, &standing.place);
        let open: Vec<bool> =
            about.iter().map(|f| f.schedule.open_since(view.at).is_some()).collect();
        let class = standing.last.class;
        let asked = standing.asked.take();
        let again = asked.as_ref().and_then(|a| a.again(&standing.place, class, &about, &open));
        if let Some(answer) = again {
            let known = answer.chances.iter();
            let chances: Vec<Chance<'_>> =
                known.map(|(nth, numbers)| Chance::again(about[*nth], view.at, *numbers)).collect();
            standing.asked = asked;
            return self.weigh(standing, &chances, lane, view);
        }
        let chances = self.ask(standing, &about, view);
        let answer = Answer::of(&about, &chances);
        standing.asked = Some(Asked::new(standing.place, class, &about, open, answer));
        self.weigh(standing, &chances, lane, view);
    }

    /// How each fence fares; none where all is legal, or nothing may be recorded.
    fn ask<'f>(&self, standing: &Standing, about: &[&'f Fence], view: &View) -> Vec<Chance<'f>> {
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
        if legal || unrecorded {
            return Vec::new();
        }
        Chance::each(&thing, of_kind(Kind::NoParking), view.at, self.config)
    }

    fn weigh(
        &mut self,
        standing: &mut Standing,
        no_parking: &[Chance<'_>],
        lane: &mut Lane,
        view: &View,
    ) {
        match standing.stay.take() {
            Some(stay) => self.stay_on(standing, stay, no_parking, lane, view),
            None => self.stay_begins(standing, no_parking, lane, view),
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
                let id = AlertId::derive(&parking(), &view.source, Some(&fence.id), track, since);
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
            self.end_stay(stay, standing.last_seen, EndReason::ScheduleClosed, false);
            return;
        }
        // What stands over the border of two fences that are one ground stands in both, while some of it is here.
        let touched = here.filter(|chance| Inside::of(chance.touched) != Inside::No);
        let probability = touched.map_or(0.0, |chance| chance.together);
        if stay.is_over(probability, view.at, self.config) {
            let redrawn = self.fences.get(&stay.fence).is_none_or(|f| f.version != stay.version);
            let reason = if redrawn { EndReason::FenceWithdrawn } else { EndReason::Left };
            let gone = reason == EndReason::Left;
            self.end_stay(stay, standing.last_seen, reason, gone);
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
                let inside = Inside::of(probability) == Inside::Yes;
                let reminder = alert.reminder.as_mut().filter(|_| inside);
                if reminder.is_some_and(|reminder| reminder.seen(view.at)) {
                    stay.reported_at = view.at;
                    self.out.push(Outcome::StillThere(alert.clone()));
                } else if longer(view.at, stay.reported_at, self.config.update_every) {
                    stay.reported_at = view.at;
                    self.out.push(Outcome::Updated(alert.clone()));
                }
            }
            None if Inside::of(probability) == Inside::Yes
                && longer(standing.stood_at(view.at), stay.since, dwell_of(fence, self.config))
                && !company::is_loaded(
                    standing,
                    view.at,
                    dwell_of(fence, self.config),
                    self.config,
                ) =>
            {
                let alert = Box::new(raised(stay, standing, fence, lane, view, self.config));
                stay.reported_at = view.at;
                stay.alert = Some(alert.clone());
                self.out.push(Outcome::Raised(alert));
            }
            None => {}
        }
    }

    fn end(&mut self, mut standing: Standing, reason: EndReason) {
        let gone = standing.seen_gone(self.config);
        if let Some(stay) = standing.stay.take() {
            self.end_stay(stay, standing.last_seen, reason, gone);
        }
    }

    /// `gone`: its place was seen without it.
    fn end_stay(&mut self, stay: Stay, last_seen: Timestamp, reason: EndReason, gone: bool) {
        match stay.alert {
            Some(mut alert) => {
                if let Some(reminder) = &mut alert.reminder {
                    reminder.close(last_seen, gone);
                }
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
        rule: parking(),
        rule_version: None,
        rule_name: None,
        severity: Severity::General,
        matter_code: None,
        legal_basis: None,
        queue: queue(fence),
        source: view.source.clone(),
        source_name: lane.name.clone(),
        track: Some(standing.track()),
        terminal: None,
        class: standing.class(),
        score: Some(standing.last.score),
        fence: Some(fence.reference()),
        place: standing.place,
        outline: None,
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
        reminder: remind::reminder(&config.reminder, fence, standing.class(), view.basis),
        also: Vec::new(),
        part_of: None,
        why: Some(Box::new(why(stay, standing, fence, view.at, config))),
        review: Review::default(),
    }
}

fn why(stay: &Stay, standing: &Standing, fence: &Fence, at: Timestamp, config: &Parking) -> Why {
    let mut why = Why::default();
    why.turn(standing.since, "standing", None);
    why.turn(stay.since, "inside", Some(&fence.id));
    why.turn(at, "confirmed", Some(&fence.id));
    let seconds = |span: SignedDuration| span.as_secs_f64();
    let stood = seconds(standing.stood_at(at).duration_since(stay.since));
    why.facts = vec![
        Fact::new("stood", stood, Unit::Second).at_least(dwell_of(fence, config).as_secs_f64()),
        Fact::new("unseen", seconds(standing.unseen), Unit::Second),
        Fact::new("queued", seconds(standing.queued), Unit::Second),
        Fact::new("attended", seconds(standing.attended), Unit::Second),
        Fact::new("inside", stay.probability, Unit::Share).at_least(Inside::SURE),
        Fact::new("footprint", share_of(fence, config), Unit::Share),
    ];
    why
}

/// Whether its time to drive off may still run.
fn is_reminded(standing: &Standing) -> bool {
    let alert = standing.stay.as_ref().and_then(|stay| stay.alert.as_ref());
    alert.and_then(|alert| alert.reminder.as_ref()).is_some_and(|one| one.state.is_pending())
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
