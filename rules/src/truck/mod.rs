//! The muck truck rule (渣土车): reports of terminals, and what cameras see, to alerts.
//!
//! Pure: it knows no clock. Reports carry their own time, and [`Trucks::advance`] says how far the time of all has come, for
//! what is noticed because nothing is heard. Reports may come late, twice and in any order within
//! `window`; an alert depends on what was said when, not on when it came.
//!
//! What is not known is never wrong: no load, lid, body, plate or place is made up, and time that nobody watched
//! does not count.

mod alert;
mod config;
mod ground;
mod judge;
mod licence;
mod motion;
mod one;
mod path;
mod permit;
mod said;
mod sights;
mod time;
mod tipping;
mod trip;
mod violation;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{
    Alert, EndReason, Fact, GroundFix, SourceId, TerminalId, TerminalReport, TrackId, Unit,
};
use jiff::{SignedDuration, Timestamp};

use self::alert::{Case, TERMINALS};
use self::ground::{Ground, Names};
use self::judge::Judge;
use self::one::Truck;
use self::said::{Pace, Put, Said};
use self::sights::{Sights, Tip, Where, better, fits};
use self::time::{after, span};
use self::violation::Violation;
use self::watch::{Reading, Step};
use crate::inside::Inside;
use crate::{Fences, Kind, Outcome};

pub use self::config::TruckRules;
pub use self::permit::{MuckPermit, PermitError, Permits};
pub use self::sights::TruckSeen;

/// All trucks, by their terminals.
#[derive(Debug)]
pub struct Trucks {
    fences: Arc<Fences>,
    names: Names,
    permits: Arc<Permits>,
    config: TruckRules,
    source: SourceId,
    list: BTreeMap<TerminalId, Truck>,
    sights: Sights,
    /// How far the time of all has come.
    now: Option<Timestamp>,
    fresh_from: Option<Timestamp>,
    counts: Counts,
}

/// What was not judged, and what became one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Reports that came after what follows them was judged.
    pub late: u64,
    /// Reports that were here already.
    pub twice: u64,
    /// Reports of a clock that is wrong: from the future, or from more than a day ago.
    pub wrong_clock: u64,
    /// Places that cannot be reached.
    pub jumps: u64,
    /// Acts that were told by another alert, or that a camera saw as well.
    pub joined: u64,
    /// Reports of trucks that there is no room for.
    pub no_room: u64,
}

/// Clocks of terminals may go ahead by this.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);
/// What is older than this when it comes is not judged.
const OLD: SignedDuration = SignedDuration::from_hours(24);

impl Trucks {
    /// The most trucks followed; further ones are counted and not judged.
    pub const MOST: usize = 200_000;

    pub fn new(fences: Arc<Fences>, permits: Arc<Permits>, config: TruckRules) -> Self {
        Self {
            names: Names::of(&fences),
            fences,
            permits,
            config,
            source: SourceId::known(TERMINALS),
            list: BTreeMap::new(),
            sights: Sights::default(),
            now: None,
            fresh_from: None,
            counts: Counts::default(),
        }
    }

    /// Where alerts that terminals raise come from.
    pub fn source(&self) -> &SourceId {
        &self.source
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Trucks and what cameras see of trucks that are remembered.
    pub fn len(&self) -> usize {
        self.list.len() + self.sights.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes up alerts that were open when the program stopped. What was kept from `from` on is then to be heard again,
    /// in the order of its time for each terminal: alerts that come of it have the ids that they had, and what may have begun before
    /// `from` is not told again.
    pub fn resume(&mut self, open: &[Alert], from: Timestamp) {
        self.fresh_from = Some(after(from, self.config.gap));
        for alert in open {
            let Some(violation) = Violation::by_id(&alert.rule) else { continue };
            match (&alert.terminal, violation, alert.track) {
                (_, Violation::TippingSeen, Some(track)) => {
                    self.sights.resume(alert.source.clone(), track, alert.clone());
                }
                (Some(terminal), violation, _) if violation != Violation::TippingSeen => {
                    let new = || Truck::new(terminal.clone());
                    let truck = self.list.entry(terminal.clone()).or_insert_with(new);
                    truck.watch(violation).open(alert.clone());
                }
                _ => {}
            }
        }
    }

    /// Takes a report. What comes of it comes now or later.
    pub fn hear(&mut self, report: &TerminalReport) -> Vec<Outcome> {
        let wrong = |now: Timestamp| {
            report.at.duration_since(now) > AHEAD || now.duration_since(report.at) > OLD
        };
        if self.now.is_some_and(wrong) {
            self.counts.wrong_clock += 1;
            return Vec::new();
        }
        if self.list.len() >= Self::MOST && !self.list.contains_key(&report.terminal) {
            self.counts.no_room += 1;
            return Vec::new();
        }
        let new = || Truck::new(report.terminal.clone());
        let truck = self.list.entry(report.terminal.clone()).or_insert_with(new);
        if let Some(plate) = &report.plate {
            truck.name(report.at, plate);
        }
        match truck.waiting.put(Said::from(report), &self.config) {
            Put::Kept => {}
            Put::Twice => self.counts.twice += 1,
            Put::Late => self.counts.late += 1,
        }
        truck.arrived = self.now;
        let mut out = Vec::new();
        self.with(&report.terminal, &mut out, |judge, truck| release(judge, truck, Pace::Comes));
        out
    }

    /// Takes a look of a camera at a truck.
    pub fn see(&mut self, seen: TruckSeen) -> Vec<Outcome> {
        let ground = Ground::new(&self.fences, &self.source, seen.at, seen.fix);
        let sites = [Kind::DisposalSite, Kind::ConstructionSite];
        let legal = match ground.inside(&sites, |_| true) {
            Inside::No => Reading::Wrong,
            Inside::Yes => Reading::Right,
            Inside::Ambiguous => Reading::Unknown,
        };
        let Some((sight, step)) = self.sights.take(seen, legal, &self.config) else {
            return Vec::new();
        };
        match step {
            Step::Nothing | Step::Ripe { .. } => Vec::new(),
            Step::Again => {
                let alert = sight.watch.alert().cloned();
                alert.map(|alert| Outcome::Updated(Box::new(alert))).into_iter().collect()
            }
            Step::Over(at, reason) => {
                sight.watch.close(at, reason).map(Outcome::Ended).into_iter().collect()
            }
        }
    }

    /// The time of all has come to `now`: what is noticed by silence is noticed, and nobody waits for the silent.
    pub fn advance(&mut self, now: Timestamp) -> Vec<Outcome> {
        let now = self.now.map_or(now, |before| before.max(now));
        self.now = Some(now);
        let mut out = Vec::new();
        let terminals: Vec<TerminalId> = self.list.keys().cloned().collect();
        for terminal in terminals {
            self.with(&terminal, &mut out, |judge, truck| pass(judge, truck, now));
        }
        while let Some(key) = self.sights.due(now, &self.config) {
            self.tell(&key, &mut out);
        }
        for mut sight in self.sights.forget(now, &self.config) {
            let last = sight.watch.alert().map(|alert| alert.last_seen);
            let ended = last.and_then(|last| sight.watch.close(last, EndReason::Lost));
            out.extend(ended.map(Outcome::Ended));
        }
        let config = &self.config;
        let silent = |_: &TerminalId, truck: &mut Truck| {
            let newest = truck.newest();
            newest.is_none_or(|at| now.duration_since(at) >= span(config.forget_after))
        };
        for (_, mut truck) in self.list.extract_if(.., silent) {
            for violation in Violation::OF_TERMINALS {
                let watch = truck.watch(violation);
                let Some(last) = watch.alert().map(|alert| alert.last_seen) else { continue };
                out.extend(watch.close(last, EndReason::Lost).map(Outcome::Ended));
            }
        }
        out
    }

    /// Judges by other fences and permits from the next report on. What is open stays open until a report says otherwise,
    /// with the version of the fence that it was raised with.
    pub fn change(&mut self, fences: Arc<Fences>, permits: Arc<Permits>) {
        self.names = Names::of(&fences);
        (self.fences, self.permits) = (fences, permits);
    }

    fn with(
        &mut self,
        terminal: &TerminalId,
        out: &mut Vec<Outcome>,
        work: impl FnOnce(&mut Judge<'_>, &mut Truck),
    ) {
        let Some(truck) = self.list.get_mut(terminal) else { return };
        let mut judge = Judge {
            fences: &self.fences,
            names: &self.names,
            permits: &self.permits,
            config: &self.config,
            source: &self.source,
            fresh_from: self.fresh_from,
            sights: &mut self.sights,
            counts: &mut self.counts,
            out,
        };
        work(&mut judge, truck);
    }

    /// Tells of tipping that a camera saw, unless a terminal has told of it or is about to.
    fn tell(&mut self, key: &(SourceId, TrackId), out: &mut Vec<Outcome>) {
        let Some(tip) = self.sights.tell(key) else { return };
        let truck = match self.whose(&tip) {
            Whose::Told => {
                self.counts.joined += 1;
                return;
            }
            Whose::Pending(terminal) => {
                self.counts.joined += 1;
                let act = self.list.get_mut(&terminal).and_then(|truck| truck.act.as_mut());
                if let Some(act) = act {
                    act.seen = Some(tip);
                }
                return;
            }
            Whose::Stood(terminal) => self.list.get_mut(&terminal),
            Whose::Nobody => None,
        };
        let ground = Ground::new(&self.fences, &self.source, tip.at, tip.fix);
        let fence = ground.within(Kind::NoDumping);
        let need = self.config.tipping_for.as_secs_f64();
        let lasted = Fact::new("lasted", tip.held.as_secs_f64(), Unit::Second).at_least(need);
        let case = Case {
            violation: Violation::TippingSeen,
            terminal: truck.as_ref().map(|truck| &truck.terminal),
            plate: truck.as_ref().and_then(|truck| truck.plate.as_ref()).map(|p| p.full.as_str()),
            turns: truck.as_ref().map_or(&[], |truck| truck.trip.turns.as_slice()),
            since: tip.since,
            raised_at: after(tip.at, self.config.join_within),
            fix: tip.fix,
            fence: fence.map(|(fence, _)| fence),
            probability: fence.map_or(1.0, |(_, p)| p),
            facts: vec![lasted],
            seen: Some(&tip),
        };
        let alert = case.alert(&self.config);
        if let Some(truck) = truck {
            truck.told = Some(Box::new(one::Told { at: tip.at, fix: tip.fix }));
        }
        self.sights.open(key, alert.clone());
        out.push(Outcome::Raised(Box::new(alert)));
    }

    /// Whose tipping it was.
    fn whose(&self, tip: &Tip) -> Whose {
        let fits = |from, to, fix: GroundFix, truck: &Truck| {
            fits(tip, &Where { from, to, fix: &fix, plate: truck.bare_plate() }, &self.config)
        };
        let mut best: Option<((bool, f64), &Truck)> = None;
        for truck in self.list.values() {
            let told = truck.told.as_ref().and_then(|told| fits(told.at, told.at, told.fix, truck));
            if told.is_some() {
                return Whose::Told;
            }
            let act = truck.act.as_ref();
            if act.and_then(|act| fits(act.since, act.due, act.fix, truck)).is_some() {
                return Whose::Pending(truck.terminal.clone());
            }
            let stop = truck.motion.stop.as_deref();
            let stood = stop.and_then(|stop| {
                let fix = Ground::round(stop.place?, self.config.gps_sigma_m);
                fits(stop.since, stop.until, fix, truck)
            });
            let Some(stood) = stood else { continue };
            if best.is_none_or(|(best, _)| better(stood, best)) {
                best = Some((stood, truck));
            }
        }
        best.map_or(Whose::Nobody, |(_, truck)| Whose::Stood(truck.terminal.clone()))
    }
}

/// Whose tipping a camera saw.
enum Whose {
    /// That of a truck whose alert is out.
    Told,
    /// That of a truck whose alert is to come.
    Pending(TerminalId),
    /// That of a truck that stood there.
    Stood(TerminalId),
    Nobody,
}

/// Judges what need not wait any more.
fn release(judge: &mut Judge<'_>, truck: &mut Truck, pace: Pace) {
    while let Some(said) = truck.waiting.next(pace, judge.config) {
        judge.report(truck, &said);
    }
}

/// The time of all has passed a truck.
fn pass(judge: &mut Judge<'_>, truck: &mut Truck, now: Timestamp) {
    let config = judge.config;
    // Whoever forwards may lag behind: silence is that nothing comes, not that what comes is old.
    let arrived = *truck.arrived.get_or_insert(now);
    let quiet = |wait| now.duration_since(arrived) >= span(wait);
    release(judge, truck, if quiet(config.backfill) { Pace::Quiet } else { Pace::Comes });
    let Some(heard) = truck.heard.filter(|_| truck.waiting.is_empty()) else { return };
    let patient = |at: Timestamp| now >= after(at, config.window);
    if truck.act.as_ref().is_some_and(|act| patient(act.due)) {
        judge.settle(truck, now);
    }
    let lost = config.signal_lost_after;
    if quiet(lost) && patient(after(heard, lost)) {
        judge.signal_lost(truck, heard);
    }
    if quiet(config.lost_after) && patient(after(heard, config.lost_after)) {
        judge.lose(truck);
    }
}

#[cfg(test)]
mod tests;
