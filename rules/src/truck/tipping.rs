//! Tipping where nobody may: a load that is gone, a body that is up, and cameras that saw it.

use domain::{Fact, GroundFix, Unit};
use jiff::{SignedDuration, Timestamp};

use super::alert::Case;
use super::judge::{Judge, lasted};
use super::one::{Told, Truck};
use super::sights::{Joined, Where};
use super::time::span;
use super::trip::Turning;
use super::violation::Violation;
use crate::fence::Fence;
use crate::inside::Inside;
use crate::kind::Kind;

impl Judge<'_> {
    /// The load is gone: was it left where nothing may be left?
    pub(super) fn emptied(&mut self, truck: &mut Truck, at: Timestamp, turning: &Turning) {
        let Some(then) = turning.spot.stop.as_deref() else { return };
        // The same stop may have gone on since.
        let still = truck.motion.stop.as_deref().filter(|stop| stop.since == then.since);
        let stop = still.unwrap_or(then);
        let Some(fence) = stop.fence.as_ref().and_then(|id| self.names.get(self.fences, id)) else {
            return;
        };
        let until = if stop.over { stop.until } else { turning.at.max(stop.until) };
        let (stood, late) = (until.duration_since(stop.since), turning.at.duration_since(until));
        let dumped = stop.loaded
            && !turning.spot.legal
            && turning.spot.place.is_some()
            && stood >= span(self.config.dump_stop)
            && turning.at >= stop.since
            && late <= span(self.config.dump_within);
        let Some(place) = stop.place.filter(|_| dumped) else { return };
        let (since, ground) = (stop.since, self.ground(at, place));
        let (inside, fix) = (ground.probability(fence), ground.fix);
        self.dumped(truck, (since, stood, late), (fence, inside, fix), at);
    }

    fn dumped(
        &mut self,
        truck: &mut Truck,
        (since, stood, late): (Timestamp, SignedDuration, SignedDuration),
        (fence, inside, fix): (&Fence, f64, GroundFix),
        at: Timestamp,
    ) {
        let act = truck.act.take();
        if act.is_none() && truck.told.as_ref().is_some_and(|told| told.at >= since) {
            // The body that was up told of it already.
            self.counts.joined += 1;
            return;
        }
        truck.told = Some(Box::new(Told { at, fix }));
        // Where a camera waits with the act already, nobody else is asked.
        let seen = match act.and_then(|act| act.seen) {
            Some(tip) => Some(tip),
            None => match self.join(truck, (since, at), &fix) {
                Joined::Nothing => None,
                Joined::Seen(tip) => Some(tip),
                Joined::Told => return,
            },
        };
        let within = self.config.dump_within.as_secs_f64();
        let facts = vec![
            Fact::new("stood", stood.as_secs_f64(), Unit::Second)
                .at_least(self.config.dump_stop.as_secs_f64()),
            Fact::new("inside", inside, Unit::Share).at_least(Inside::SURE),
            Fact::new("emptied_after", late.as_secs_f64().max(0.0), Unit::Second).at_most(within),
        ];
        let case = Case {
            violation: Violation::Dumping,
            terminal: Some(&truck.terminal),
            plate: truck.plate.as_ref().map(|plate| plate.full.as_str()),
            turns: &truck.trip.turns,
            since,
            raised_at: at,
            fix,
            fence: Some(fence),
            probability: inside,
            facts: with_camera(facts, seen.is_some()),
            seen: seen.as_ref(),
        };
        let alert = case.alert(self.config);
        self.raise(truck, Violation::Dumping, alert);
    }

    /// A body that was up is told once nobody else can have seen it any more.
    pub(super) fn settle(&mut self, truck: &mut Truck, at: Timestamp) {
        let Some(act) = truck.act.take_if(|act| act.due <= at) else { return };
        truck.told = Some(Box::new(Told { at: act.due, fix: act.fix }));
        let seen = match act.seen {
            Some(tip) => Some(tip),
            None => match self.join(truck, (act.since, act.due), &act.fix) {
                Joined::Nothing => None,
                Joined::Seen(tip) => Some(tip),
                Joined::Told => return,
            },
        };
        let ground = self.ground(act.due, act.fix.position);
        let fence = ground.within(Kind::NoDumping).or_else(|| ground.within(Kind::DisposalSite));
        let facts = vec![
            Fact::new("inside_site", act.legal, Unit::Share).at_most(1.0 - Inside::SURE),
            lasted(Violation::BodyRaised, act.held, self.config),
        ];
        let case = Case {
            violation: Violation::BodyRaised,
            terminal: Some(&truck.terminal),
            plate: truck.plate.as_ref().map(|plate| plate.full.as_str()),
            turns: &truck.trip.turns,
            since: act.since,
            raised_at: act.due,
            fix: act.fix,
            fence: fence.map(|(fence, _)| fence),
            probability: fence.map_or(1.0, |(_, p)| p),
            facts: with_camera(facts, seen.is_some()),
            seen: seen.as_ref(),
        };
        let alert = case.alert(self.config);
        self.raise(truck, Violation::BodyRaised, alert);
    }

    /// What cameras know of an act.
    fn join(
        &mut self,
        truck: &Truck,
        (from, to): (Timestamp, Timestamp),
        fix: &GroundFix,
    ) -> Joined {
        let act = Where { from, to, fix, plate: truck.bare_plate() };
        let joined = self.sights.join(&act, self.config);
        self.counts.joined += u64::from(!matches!(joined, Joined::Nothing));
        joined
    }
}

fn with_camera(mut facts: Vec<Fact>, seen: bool) -> Vec<Fact> {
    if seen {
        facts.push(Fact::new("cameras", 1.0, Unit::Count));
    }
    facts
}
