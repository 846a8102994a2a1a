//! One report of one truck: how far its trip is, and what is wrong.

use domain::{BodyState, EndReason, Fact, LidState, LoadState, LonLat, SourceId, Unit};
use jiff::{SignedDuration, Timestamp};

use super::alert::Case;
use super::config::TruckRules;
use super::ground::{Ground, Names};
use super::licence::{Licence, Ways};
use super::motion::Motion;
use super::one::{Act, Truck};
use super::permit::Permits;
use super::said::Said;
use super::sights::Sights;
use super::time::{after, span};
use super::trip::{Change, Spot, State};
use super::violation::Violation;
use super::watch::{Reading, Step};
use super::{Counts, Outcome};
use crate::Fences;
use crate::fence::Fence;
use crate::inside::Inside;
use crate::kind::Kind;

/// What reports are judged by, and what comes of it.
pub(super) struct Judge<'a> {
    pub(super) fences: &'a Fences,
    pub(super) names: &'a Names,
    pub(super) permits: &'a Permits,
    pub(super) config: &'a TruckRules,
    pub(super) source: &'a SourceId,
    /// What began before this was seen by an earlier run.
    pub(super) fresh_from: Option<Timestamp>,
    pub(super) sights: &'a mut Sights,
    pub(super) counts: &'a mut Counts,
    pub(super) out: &'a mut Vec<Outcome>,
}

/// The report that is judged, with what is known of its place.
struct Now<'a> {
    said: &'a Said,
    ground: Option<Ground<'a>>,
    licence: Licence<'a>,
}

/// What lies under the lid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cargo {
    /// A load that is driven about.
    Driven,
    None,
    Unknown,
}

impl Now<'_> {
    fn loaded(&self) -> Option<bool> {
        self.said.load.map(|load| load != LoadState::Empty)
    }
}

impl<'a> Judge<'a> {
    pub(super) fn report(&mut self, truck: &mut Truck, said: &Said) {
        self.silence(truck, said.at);
        truck.heard = Some(said.at);
        truck.motion.take(said.at, said.speed_kmh, self.config);
        let here = said.place.and_then(|place| self.place(truck, said.at, place));
        let matters = truck.trip.is_loaded()
            || said.load.is_some_and(|load| load != LoadState::Empty)
            || said.body == Some(BodyState::Raised);
        let ground = here.filter(|_| matters).map(|place| self.ground(said.at, place));
        let plate = truck.bare_plate();
        let licence = Licence::of(self.permits, plate, &truck.trip, said.at);
        let now = Now { said, ground, licence };
        Self::stop(truck, &now, here);
        let motion = &truck.motion;
        let spot = || Self::spot(&now, motion);
        let change = truck.trip.take(said.at, now.loaded(), spot, self.config);
        self.turn(truck, &now, &change);
        self.look(truck, &now);
        if let Change::Emptied(turning) = change {
            self.emptied(truck, said.at, &turning);
        }
        self.settle(truck, said.at);
    }

    fn place(&mut self, truck: &mut Truck, at: Timestamp, place: LonLat) -> Option<LonLat> {
        let taken = truck.path.take(at, place, self.config);
        self.counts.jumps += u64::from(taken.is_none());
        taken
    }

    pub(super) fn ground(&self, at: Timestamp, place: LonLat) -> Ground<'a> {
        let fix = Ground::round(place, self.config.gps_sigma_m);
        Ground::new(self.fences, self.source, at, fix)
    }

    /// What is known of the stop that it is in.
    fn stop(truck: &mut Truck, now: &Now<'_>, place: Option<LonLat>) {
        let loaded = truck.trip.is_loaded();
        let Some(stop) = truck.motion.stop.as_mut().filter(|stop| !stop.over) else { return };
        if stop.place.is_none() && place.is_some() {
            (stop.place, stop.loaded) = (place, loaded);
        }
        if let Some(ground) = now.ground.as_ref().filter(|_| stop.fence.is_none()) {
            stop.fence = ground.within(Kind::NoDumping).map(|(fence, _)| fence.id.clone());
        }
    }

    fn spot(now: &Now<'_>, motion: &Motion) -> Spot {
        let Some(ground) = &now.ground else { return Spot::default() };
        let id = |found: Option<(&Fence, f64)>| found.map(|(fence, _)| fence.id.clone());
        let tip = ground.within(Kind::DisposalSite).or_else(|| ground.within(Kind::NoDumping));
        Spot {
            place: Some(ground.fix.position),
            site: id(ground.within(Kind::ConstructionSite)),
            tip: id(tip),
            legal: Self::may_tip(now) != Inside::No,
            stop: motion.stop.clone(),
        }
    }

    /// Whether it stands where it may tip: on the sites of its permits, or on any where none is known.
    fn may_tip(now: &Now<'_>) -> Inside {
        let Some(ground) = &now.ground else { return Inside::Ambiguous };
        ground.inside(&[Kind::DisposalSite, Kind::ConstructionSite], |fence| {
            now.licence.may_tip_in(fence)
        })
    }

    fn turn(&self, truck: &mut Truck, now: &Now<'_>, change: &Change) {
        let at = now.said.at;
        if matches!(change, Change::Loaded) {
            truck.told = None;
        }
        let Some(ground) = &now.ground else { return };
        if truck.trip.state == State::Loaded && truck.motion.drives() {
            let origin = truck.trip.origin.as_ref();
            let origin = origin.and_then(|id| self.names.get(self.fences, id));
            let left = origin.is_none_or(|f| Inside::of(ground.probability(f)) == Inside::No);
            if left {
                truck.trip.enter(at, State::EnRoute, None);
            }
        }
        if !truck.trip.is_under_way() {
            return;
        }
        let site = ground.within(Kind::DisposalSite).map(|(fence, _)| fence.id.clone());
        let raised = now.said.body == Some(BodyState::Raised);
        if raised || (truck.motion.standing().is_some() && site.is_some()) {
            truck.trip.enter(at, State::Unloading, site);
        } else if truck.motion.drives() && site.is_none() {
            truck.trip.enter(at, State::EnRoute, None);
        }
    }

    /// Holds every rule against the report.
    fn look(&mut self, truck: &mut Truck, now: &Now<'_>) {
        let drives = truck.motion.drives();
        let loaded = truck.trip.is_loaded() && now.loaded() == Some(true);
        let carries = loaded && truck.trip.is_under_way();
        let empty = now.loaded() == Some(false) && !truck.trip.is_loaded();
        let of_load = |carried: Reading| match (carries, empty) {
            (true, _) => carried,
            (_, true) => Reading::Right,
            _ => Reading::Unknown,
        };
        let (unpermitted, hours) =
            (now.licence.unpermitted(), now.licence.out_of_hours(now.said.at));
        let (off_route, off_m) = self.off_route(now);
        let cargo = match (drives && loaded, empty) {
            (true, _) => Cargo::Driven,
            (_, true) => Cargo::None,
            _ => Cargo::Unknown,
        };
        let lid = Self::lid(now, cargo);
        let body = self.body(truck, now);
        let while_driving = |wrong: Option<bool>| match wrong {
            Some(true) if drives => Reading::Wrong,
            Some(false) => Reading::Right,
            _ => Reading::Unknown,
        };
        let parked = Self::dumped_still(truck);
        let none = || Fact::new("permits", 0.0, Unit::Count).at_most(0.0);
        let open = || Fact::new("permits_open", 0.0, Unit::Count).at_most(0.0);
        let off = || Fact::new("off_route", off_m, Unit::Metre).at_least(self.config.off_route_m);
        let speed = || {
            let (speed, least) = (now.said.speed_kmh, self.config.moving_kmh);
            Fact::new("speed", speed, Unit::KilometrePerHour).at_least(least)
        };
        let found = [
            (Violation::Unpermitted, of_load(while_driving(unpermitted)), none()),
            (Violation::OutOfHours, of_load(while_driving(hours)), open()),
            (Violation::OffRoute, of_load(off_route), off()),
            (Violation::LidOpen, lid, speed()),
        ];
        for (violation, reading, fact) in found {
            self.watch(truck, now, violation, reading, fact);
        }
        self.watch_body(truck, now, body);
        self.step(truck, now, Violation::Dumping, parked);
    }

    /// Whether it is off all its routes and sites, and how far.
    fn off_route(&self, now: &Now<'_>) -> (Reading, f64) {
        let Some(ground) = &now.ground else { return (Reading::Unknown, 0.0) };
        let ways = match now.licence.ways() {
            Ways::Unknown => return (Reading::Unknown, 0.0),
            Ways::Any => return (Reading::Right, 0.0),
            Ways::These(ways) => ways,
        };
        let known = ways.iter().filter_map(|id| self.names.get(self.fences, id));
        let off = known.map(|fence| ground.metres_to(fence)).fold(f64::INFINITY, f64::min);
        let limit = self.config.off_route_m;
        let reading = match off {
            off if off.is_infinite() => Reading::Unknown,
            off if off > limit => Reading::Wrong,
            // A step back over the border is not yet back.
            off if off < BACK * limit => Reading::Right,
            _ => Reading::Unknown,
        };
        (reading, off)
    }

    fn lid(now: &Now<'_>, cargo: Cargo) -> Reading {
        let sites = [Kind::DisposalSite, Kind::ConstructionSite];
        match now.said.lid {
            Some(LidState::Closed) => Reading::Right,
            Some(LidState::Open) if cargo == Cargo::None => Reading::Right,
            Some(LidState::Open) if cargo == Cargo::Driven => match &now.ground {
                // On a site it is opened before the truck stands.
                Some(ground) if ground.inside(&sites, |_| true) == Inside::No => Reading::Wrong,
                _ => Reading::Unknown,
            },
            _ => Reading::Unknown,
        }
    }

    fn body(&self, truck: &Truck, now: &Now<'_>) -> Reading {
        match now.said.body {
            Some(BodyState::Down) => Reading::Right,
            Some(BodyState::Raised) if truck.told.is_some() || truck.act.is_some() => {
                Reading::Unknown
            }
            Some(BodyState::Raised) if self.tips_nothing(truck, now) => Reading::Right,
            Some(BodyState::Raised) => match Self::may_tip(now) {
                Inside::Yes => Reading::Right,
                Inside::Ambiguous => Reading::Unknown,
                Inside::No => Reading::Wrong,
            },
            None => Reading::Unknown,
        }
    }

    /// An empty truck tips nothing: one that was empty all along, or for so long.
    fn tips_nothing(&self, truck: &Truck, now: &Now<'_>) -> bool {
        let long =
            |since: Timestamp| now.said.at.duration_since(since) >= span(self.config.dump_within);
        now.loaded() == Some(false)
            && truck.trip.is_empty()
            && truck.trip.empty_since().is_none_or(long)
    }

    /// What was dumped is told until its truck drives off.
    fn dumped_still(truck: &Truck) -> Reading {
        Reading::wrong(!truck.motion.drives())
    }

    fn watch(
        &mut self,
        truck: &mut Truck,
        now: &Now<'_>,
        violation: Violation,
        reading: Reading,
        fact: Fact,
    ) {
        let Some((since, held)) = self.step(truck, now, violation, reading) else { return };
        let Some(fix) = now.ground.as_ref().map(|ground| ground.fix) else { return };
        let origin = self.fence_of(truck, now, violation);
        let lasted = lasted(violation, held, self.config);
        let case = Case {
            violation,
            terminal: Some(&truck.terminal),
            plate: truck.plate.as_ref().map(|plate| plate.full.as_str()),
            turns: &truck.trip.turns,
            since,
            raised_at: now.said.at,
            fix,
            fence: origin,
            probability: 1.0,
            facts: vec![fact, lasted],
            seen: None,
        };
        let alert = case.alert(self.config);
        self.raise(truck, violation, alert);
    }

    /// Where the permit of this trip is, or the route that it is off.
    fn fence_of(&self, truck: &Truck, now: &Now<'_>, violation: Violation) -> Option<&'a Fence> {
        let get = |id| self.names.get(self.fences, id);
        match violation {
            Violation::Unpermitted => truck.trip.origin.as_ref().and_then(get),
            Violation::OutOfHours => now.licence.sites().find_map(get),
            Violation::OffRoute => now.licence.routes().find_map(get),
            _ => None,
        }
    }

    fn watch_body(&mut self, truck: &mut Truck, now: &Now<'_>, reading: Reading) {
        let Some((since, held)) = self.step(truck, now, Violation::BodyRaised, reading) else {
            return;
        };
        let Some(ground) = &now.ground else { return };
        let legal = ground.likeliest(Kind::DisposalSite).map_or(0.0, |(_, p)| p);
        let due = after(now.said.at, self.config.join_within);
        truck.watch(Violation::BodyRaised).hold();
        if self.is_old(since) {
            return;
        }
        truck.act = Some(Box::new(Act { since, held, due, fix: ground.fix, legal, seen: None }));
    }

    /// Takes a reading, and tells what lasts or is over; the beginning of what is ripe.
    fn step(
        &mut self,
        truck: &mut Truck,
        now: &Now<'_>,
        violation: Violation,
        reading: Reading,
    ) -> Option<(Timestamp, SignedDuration)> {
        let (watch, need) = (truck.watch(violation), violation.needs(self.config));
        if violation == Violation::Dumping && watch.alert().is_none() {
            return None;
        }
        match watch.take(reading, now.said.at, need, self.config) {
            Step::Nothing => {}
            Step::Ripe { since, held } => return Some((since, held)),
            Step::Again => {
                let again = watch.alert().map(|alert| Outcome::Updated(Box::new(alert.clone())));
                self.out.extend(again);
            }
            Step::Over(at, reason) => {
                let reason = if violation == Violation::Dumping { EndReason::Left } else { reason };
                self.out.extend(watch.close(at, reason).map(Outcome::Ended));
            }
        }
        None
    }

    /// After a silence: it may have been too long, and it is over.
    fn silence(&mut self, truck: &mut Truck, at: Timestamp) {
        let Some(heard) = truck.heard else { return };
        let gap = at.duration_since(heard);
        if gap >= span(self.config.signal_lost_after) {
            self.signal_lost(truck, heard);
        }
        if gap >= span(self.config.lost_after) {
            self.lose(truck);
        }
        let watch = truck.watch(Violation::SignalLost);
        if watch.alert().is_some_and(|alert| alert.since < at) {
            self.out.extend(watch.close(at, EndReason::Cleared).map(Outcome::Ended));
        }
    }

    /// Nothing was heard of it since `heard`, for long enough.
    pub(super) fn signal_lost(&mut self, truck: &mut Truck, heard: Timestamp) {
        let parked = truck
            .motion
            .standing()
            .is_some_and(|stop| heard.duration_since(stop.since) >= span(self.config.parked_after));
        let open = truck.watch(Violation::SignalLost).alert().is_some();
        let Some(place) = truck.path.last() else { return };
        if !truck.trip.is_loaded() || parked || open {
            return;
        }
        let ground = self.ground(heard, place);
        if ground.inside(&[Kind::DisposalSite], |_| true) != Inside::No {
            return;
        }
        let limit = self.config.signal_lost_after;
        let case = Case {
            violation: Violation::SignalLost,
            terminal: Some(&truck.terminal),
            plate: truck.plate.as_ref().map(|plate| plate.full.as_str()),
            turns: &truck.trip.turns,
            since: heard,
            raised_at: after(heard, limit),
            fix: ground.fix,
            fence: None,
            probability: 1.0,
            facts: vec![lasted(Violation::SignalLost, span(limit), self.config)],
            seen: None,
        };
        let alert = case.alert(self.config);
        self.raise(truck, Violation::SignalLost, alert);
    }

    /// Nothing is known any more of what was wrong.
    pub(super) fn lose(&mut self, truck: &mut Truck) {
        for violation in Violation::OF_TERMINALS {
            if violation == Violation::SignalLost {
                continue;
            }
            let watch = truck.watch(violation);
            let Some(last) = watch.alert().map(|alert| alert.last_seen) else { continue };
            self.out.extend(watch.close(last, EndReason::Lost).map(Outcome::Ended));
        }
    }

    pub(super) fn raise(&mut self, truck: &mut Truck, violation: Violation, alert: domain::Alert) {
        if truck.watch(violation).alert().is_some() {
            return;
        }
        if self.is_old(alert.since) {
            truck.watch(violation).hold();
            return;
        }
        truck.watch(violation).open(alert.clone());
        self.out.push(Outcome::Raised(Box::new(alert)));
    }

    /// What may have begun before what is judged again was told by the run that saw it begin.
    fn is_old(&self, since: Timestamp) -> bool {
        self.fresh_from.is_some_and(|fresh| since <= fresh)
    }
}

/// Back on the route is nearer to it than this part of what counts as off it.
const BACK: f64 = 0.8;
pub(super) fn lasted(violation: Violation, held: SignedDuration, config: &TruckRules) -> Fact {
    let need = violation.needs(config).as_secs_f64();
    Fact::new("lasted", held.as_secs_f64(), Unit::Second).at_least(need)
}
