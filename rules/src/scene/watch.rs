//! What is going on, per source: who is in sight, who was lost, and what each rule makes of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{Alert, EndReason, Observation, RelBox, SourceId, TrackId, View};
use jiff::{SignedDuration, Timestamp};

use crate::Parking;
use crate::engine::Outcome;
use crate::fences::Fences;
use crate::gaze::Gaze;
use crate::parking::{Standing, longer};
use crate::scene::Scenes;
use crate::scene::act::{Act, ended};
use crate::scene::muster::{Grounds, Musters};
use crate::scene::rule::{Condition, Rule};
use crate::scene::subject::{Subject, stays_by_itself};
use crate::scene::thing::Judge;

/// All sources.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    scenes: Arc<Scenes>,
    grounds: Grounds,
    crowds: BTreeMap<SourceId, Crowd>,
}

/// What one source sees.
#[derive(Debug, Default)]
pub(crate) struct Crowd {
    /// Of the view before the one that is judged, and of the first.
    pub(crate) before: Option<Timestamp>,
    pub(crate) first: Option<Timestamp>,
    pub(crate) in_sight: BTreeMap<TrackId, Subject>,
    /// Out of sight, oldest first.
    adrift: Vec<Subject>,
    pub(crate) musters: Musters,
    /// Alerts of rules that are gone, which end with the next view.
    orphans: Vec<Alert>,
}

/// The most things followed per source, in sight and out of it; beyond that new ones wait, and the oldest lost are given up.
pub(crate) const MOST: usize = 2048;
/// How much longer what does not walk off is waited for.
const PATIENCE: u32 = 10;
/// A thing is hidden by one whose box covers this part of its own.
const HIDDEN: f64 = 0.5;

impl Watch {
    pub(crate) fn new(scenes: Arc<Scenes>, fences: &Fences) -> Self {
        let grounds = Grounds::of(&scenes, fences);
        Self { scenes, grounds, crowds: BTreeMap::new() }
    }

    /// Takes up alerts of rules of files that had not ended when the program last stopped.
    pub(crate) fn resume(&mut self, source: &SourceId, open: &[Alert]) {
        let mut crowd = Crowd::default();
        for alert in open.iter().filter(|alert| alert.rule_version.is_some()) {
            let rule = self.scenes.get(&alert.rule);
            match rule.map(|rule| &rule.condition) {
                Some(Condition::Place { .. }) => crowd.musters.resume(alert),
                Some(Condition::State { .. }) => match standing(alert) {
                    Some(spot) => {
                        let act = Act::resume(alert);
                        crowd.adrift.push(Subject::resume(&alert.rule, act, spot));
                    }
                    None => crowd.orphans.push(alert.clone()),
                },
                Some(Condition::Deed(_)) | None => crowd.orphans.push(alert.clone()),
            }
        }
        self.crowds.insert(source.clone(), crowd);
    }

    /// Views come in the order of their time.
    pub(crate) fn observe(
        &mut self,
        view: &View,
        fences: &Fences,
        config: &Parking,
        source_name: &str,
        out: &mut Vec<Outcome>,
    ) {
        let idle = self.crowds.get(&view.source).is_none_or(Crowd::is_empty);
        if self.scenes.is_empty() && idle {
            return;
        }
        let crowd = self.crowds.entry(view.source.clone()).or_default();
        crowd.orphans.drain(..).for_each(|alert| orphaned(alert, out));
        let begun = out.len();
        let gaze = crowd.look(view, config);
        crowd.follow(view, &self.scenes, config, out);
        let mut judge = Judge { fences, config, view, source_name, scenes: &self.scenes, out };
        judge.things(crowd);
        judge.musters(crowd, &self.grounds, gaze.as_ref());
        crowd.meet(&out[begun..]);
        crowd.before = Some(view.at);
    }

    /// Goes on by other rules, other fences, or both. What a rule began goes on if the rule still asks for the same.
    pub(crate) fn change(&mut self, scenes: Arc<Scenes>, fences: &Fences, out: &mut Vec<Outcome>) {
        let old = std::mem::replace(&mut self.scenes, scenes);
        self.grounds = Grounds::of(&self.scenes, fences);
        let stays = |rule: &domain::RuleId, act: &Act| {
            let fence = act.fence.as_ref().map(|id| fences.get(id));
            old.get(rule).zip(self.scenes.get(rule)).is_some_and(|(old, new)| {
                new.goes_on_as(old)
                    && fence.is_none_or(|fence| fence.is_some_and(|f| new.scope.holds(f)))
            })
        };
        let shadow = |rule: &domain::RuleId| old.get(rule).is_some_and(|rule| rule.shadow);
        for crowd in self.crowds.values_mut() {
            for subject in crowd.in_sight.values_mut().chain(&mut crowd.adrift) {
                let at = subject.at;
                for (rule, course) in &mut subject.courses {
                    (course.inside, course.exit, course.beside) = (None, None, None);
                    (course.doubtful, course.told_doubtful) = (None, false);
                    if let Some(act) = course.act.take_if(|act| !stays(rule, act)) {
                        ended(act, EndReason::FenceWithdrawn, at, shadow(rule), out);
                    }
                }
                subject.courses.retain(|rule, _| self.scenes.get(rule).is_some());
            }
            crowd.musters.change(&self.grounds, stays, shadow, fences, out);
        }
    }

    pub(crate) fn scenes(&self) -> Arc<Scenes> {
        Arc::clone(&self.scenes)
    }

    /// The source has ended.
    pub(crate) fn finish(&mut self, source: &SourceId, out: &mut Vec<Outcome>) {
        let Some(crowd) = self.crowds.remove(source) else { return };
        crowd.orphans.into_iter().for_each(|alert| orphaned(alert, out));
        for subject in crowd.in_sight.into_values() {
            over(subject, EndReason::SourceEnded, &self.scenes, out);
        }
        for subject in crowd.adrift {
            over(subject, EndReason::Lost, &self.scenes, out);
        }
        crowd.musters.finish(&self.scenes, out);
    }
}

impl Crowd {
    fn is_empty(&self) -> bool {
        self.in_sight.is_empty()
            && self.adrift.is_empty()
            && self.musters.is_empty()
            && self.orphans.is_empty()
    }

    /// What was not looked at is not missed, nor what something else stood before. Gives how the view was looked from.
    fn look<'a>(&mut self, view: &'a View, config: &Parking) -> Option<Gaze<'a>> {
        self.first.get_or_insert(view.at);
        let Some(before) = self.before else {
            // Nobody looked while the program was away.
            for subject in &mut self.adrift {
                subject.spot.sighted = subject.spot.sighted.max(view.at);
            }
            return None;
        };
        let gaze = Gaze::new(view, view.at.duration_since(before));
        for subject in self.in_sight.values_mut().chain(&mut self.adrift) {
            let mut averted = gaze.averted(&subject.place());
            let patient = !longer(view.at, subject.at, patience(subject, config));
            if averted.is_zero() && patient && hides(view, subject) {
                averted = gaze.step();
            }
            subject.spot.avert(averted);
        }
        Some(gaze)
    }

    fn follow(&mut self, view: &View, scenes: &Scenes, config: &Parking, out: &mut Vec<Outcome>) {
        self.lose(view, scenes, config, out);
        for seen in view.observations.iter().filter(|seen| scenes.look_at(seen.class)) {
            if let Some(subject) = self.in_sight.get_mut(&seen.track) {
                subject.see(seen.clone(), view.at, &view.mount, config);
            } else if self.in_sight.len() < MOST {
                self.in_sight.insert(seen.track, Subject::begin(seen.clone(), view.at));
            }
        }
        self.rejoin(view, scenes, config, out);
    }

    /// Puts things out of sight aside, and gives up those out of sight for too long.
    fn lose(&mut self, view: &View, scenes: &Scenes, config: &Parking, out: &mut Vec<Outcome>) {
        let at = view.at;
        let unseen: Vec<TrackId> = self
            .in_sight
            .iter()
            .filter(|(_, subject)| subject.spot.missed_for(at, config.lost_after))
            .map(|(track, _)| *track)
            .collect();
        self.adrift.extend(unseen.iter().filter_map(|track| self.in_sight.remove(track)));
        let too_many = self.adrift.len().saturating_sub(MOST);
        for lost in self.adrift.drain(..too_many) {
            over(lost, EndReason::Lost, scenes, out);
        }
        let given_up =
            self.adrift.extract_if(.., |lost| lost.spot.missed_for(at, patience(lost, config)));
        for lost in given_up {
            // Its place is seen, and it is not there.
            let gone =
                stays_by_itself(lost.now.class) && lost.spot.settled() && !hides(view, &lost);
            over(lost, if gone { EndReason::Cleared } else { EndReason::Lost }, scenes, out);
        }
    }

    /// A new track may be a thing that was lost, or one whose track a passer-by took.
    fn rejoin(&mut self, view: &View, scenes: &Scenes, config: &Parking, out: &mut Vec<Outcome>) {
        let recent = SignedDuration::try_from(config.lost_after).unwrap_or(SignedDuration::MAX);
        let fresh = |new: &Subject| new.at == view.at && view.at.duration_since(new.born) <= recent;
        let tracks: Vec<TrackId> =
            self.in_sight.iter().filter(|(_, new)| fresh(new)).map(|(track, _)| *track).collect();
        for track in tracks {
            let Some(mut new) = self.in_sight.remove(&track) else { continue };
            if let Some(mut lost) = self.take_lost(&new, view, config) {
                pass(&mut new, scenes, out);
                lost.found(new.now, view.at, config);
                self.in_sight.insert(track, lost);
                continue;
            }
            let thief = self.in_sight.values_mut().find(|thief| {
                thief.at == view.at && thief.was_stolen_from(&new, &view.mount, config)
            });
            if let Some(thief) = thief {
                pass(&mut new, scenes, out);
                thief.give_back(&mut new);
            }
            self.in_sight.insert(track, new);
        }
    }

    fn take_lost(&mut self, new: &Subject, view: &View, config: &Parking) -> Option<Subject> {
        let fits = |lost: &Subject| lost.may_be(new, &view.mount, config);
        if let Some(found) = self.adrift.iter().position(&fits) {
            return Some(self.adrift.remove(found));
        }
        let track = self.in_sight.iter().find(|(_, lost)| fits(lost)).map(|(track, _)| *track)?;
        self.in_sight.remove(&track)
    }

    /// A file read again meets the acts that its first reading left open.
    fn meet(&mut self, outcomes: &[Outcome]) {
        for outcome in outcomes {
            let Outcome::Raised(alert) = outcome else { continue };
            self.adrift.retain(|lost| {
                lost.courses.values().all(|c| c.act.as_ref().is_none_or(|act| act.id() != alert.id))
            });
        }
    }
}

/// Whether something stands before it that hides it.
fn hides(view: &View, subject: &Subject) -> bool {
    let Some(mine) = subject.now.seen else { return false };
    let others = view.observations.iter().filter(|other| other.track != subject.now.track);
    let covered = others.filter_map(|other| Some(covered(mine, other.seen?)));
    mine.w * mine.h > 0.0 && covered.reduce(f64::max).is_some_and(|part| part >= HIDDEN)
}

/// The part of a box that another covers whose foot is nearer to who looks.
fn covered(mine: RelBox, other: RelBox) -> f64 {
    if other.y + other.h < mine.y + mine.h {
        return 0.0;
    }
    let side = |from: f64, size: f64, start: f64, length: f64| {
        ((from + size).min(start + length) - from.max(start)).max(0.0)
    };
    side(other.x, other.w, mine.x, mine.w) * side(other.y, other.h, mine.y, mine.h)
        / (mine.w * mine.h)
}

fn patience(lost: &Subject, config: &Parking) -> Duration {
    let stands = lost.spot.settled() && lost.spot.last_seen == lost.at;
    match (stands, stays_by_itself(lost.now.class)) {
        (true, true) => config.rejoin_within * PATIENCE,
        (true, false) => config.rejoin_within,
        (false, _) => config.lost_after * 2,
    }
}

/// Where the thing of an open alert was.
fn standing(alert: &Alert) -> Option<Standing> {
    let seen = Observation {
        track: alert.track?,
        class: alert.class,
        score: alert.score.unwrap_or_default(),
        seen: alert.seen,
        place: alert.place,
        look: None,
    };
    let mut spot = Standing::begin(seen, alert.since);
    (spot.last_seen, spot.sighted) = (alert.last_seen, alert.last_seen);
    Some(spot)
}

fn orphaned(mut alert: Alert, out: &mut Vec<Outcome>) {
    alert.ended_at = Some(alert.last_seen);
    alert.end_reason = Some(EndReason::FenceWithdrawn);
    out.push(Outcome::Ended(Box::new(alert)));
}

/// Everything that a thing did is over.
fn over(subject: Subject, reason: EndReason, scenes: &Scenes, out: &mut Vec<Outcome>) {
    for (rule, course) in subject.courses {
        let shadow = scenes.get(&rule).is_none_or(|rule: &Rule| rule.shadow);
        if let Some(act) = course.act {
            ended(act, reason, subject.at, shadow, out);
        }
    }
}

/// What a new track began is not its own.
fn pass(new: &mut Subject, scenes: &Scenes, out: &mut Vec<Outcome>) {
    for (rule, course) in std::mem::take(&mut new.courses) {
        let shadow = scenes.get(&rule).is_none_or(|rule| rule.shadow);
        if let Some(act) = course.act {
            ended(act, EndReason::Lost, new.at, shadow, out);
        }
    }
}
