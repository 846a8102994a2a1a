//! One view judged: who is followed, who stands, and what that is by the fences.

use std::time::Duration;

use domain::{AlertId, EndReason, Mount, Observation, TrackId, View};
use jiff::Timestamp;

use super::raise::raised;
use super::{Lane, Outcome, parking};
use crate::asked::{Answer, Asked};
use crate::chance::{Chance, Thing, dwell_of};
use crate::company::{self, Neighbour};
use crate::fence::Fence;
use crate::inside::Inside;
use crate::kind::Kind;
use crate::look_again::{LookAgain, Remedy};
use crate::parking::{Motion, Standing, Stay, longer};
use crate::{Fences, Parking};

/// One view being judged.
pub(super) struct Judge<'a> {
    pub(super) fences: &'a Fences,
    pub(super) config: &'a Parking,
    pub(super) out: Vec<Outcome>,
}

impl Judge<'_> {
    pub(super) fn view(&mut self, lane: &mut Lane, view: &View) {
        let at = view.at;
        // Before anything is matched: who was not seen for long is not followed on across the gap.
        self.lose(lane, view);
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
                    && lost.was_there_before(new, at)
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
    fn lose(&mut self, lane: &mut Lane, view: &View) {
        let at = view.at;
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
        // Who only reports does not look, but tells who went where.
        let reports = matches!(&view.mount, Mount::Moving { looked } if looked.is_empty());
        let is_over = |lost: &mut Standing| {
            let patience = self.patience(lost);
            let went = reports && lost.left(self.config.grace);
            lost.missed_for(at, patience) || (went && longer(at, lost.sighted, patience))
        };
        let given_up: Vec<Standing> = lane.adrift.extract_if(.., is_over).collect();
        for lost in given_up {
            let reason = self.why_gone(&lost);
            self.end(lost, reason);
        }
    }

    pub(super) fn why_gone(&self, lost: &Standing) -> EndReason {
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

    pub(super) fn end(&mut self, mut standing: Standing, reason: EndReason) {
        let gone = standing.seen_gone(self.config);
        if let Some(stay) = standing.stay.take() {
            self.end_stay(stay, standing.last_seen, reason, gone);
        }
    }

    /// `gone`: its place was seen without it.
    pub(super) fn end_stay(
        &mut self,
        stay: Stay,
        last_seen: Timestamp,
        reason: EndReason,
        gone: bool,
    ) {
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
