//! The conditions of things: what one look at one of them says.

use domain::{EndReason, Fact, Unit, View};
use jiff::Timestamp;

use crate::Parking;
use crate::engine::Outcome;
use crate::fences::Fences;
use crate::inside::Inside;
use crate::look_again::{LookAgain, Remedy};
use crate::parking::longer;
use crate::scene::Scenes;
use crate::scene::act::{Clerk, Over, Verdict, Whom};
use crate::scene::line::{Line, normal};
use crate::scene::nearness;
use crate::scene::rule::{Condition, Deed, Presence, Rule, State, Way};
use crate::scene::subject::{Course, Exit, Subject};
use crate::scene::watch::Crowd;
use crate::scene::whereabouts::{Whereabouts, thing};

/// One view being judged.
pub(crate) struct Judge<'a> {
    pub(crate) fences: &'a Fences,
    pub(crate) config: &'a Parking,
    pub(crate) view: &'a View,
    pub(crate) source_name: &'a str,
    pub(crate) scenes: &'a Scenes,
    pub(crate) out: &'a mut Vec<Outcome>,
}

/// One who was seen so lately is where it was: detections drop out.
const FRESH: jiff::SignedDuration = jiff::SignedDuration::from_secs(1);
/// A speed is never known better than this, metres a second.
const SMALLEST_SIGMA_MPS: f64 = 0.05;

impl<'a> Judge<'a> {
    pub(crate) fn things(&mut self, crowd: &mut Crowd) {
        let tracks: Vec<_> = crowd
            .in_sight
            .iter()
            .filter(|(_, subject)| self.view.at.duration_since(subject.at) <= FRESH)
            .map(|(track, _)| *track)
            .collect();
        for track in tracks {
            let Some(mut subject) = crowd.in_sight.remove(&track) else { continue };
            let place = subject.place();
            let about = self.fences.about(&self.view.source, &place);
            let thing = thing(&self.view.source, &subject.now, place);
            for rule in self.scenes.all().iter().filter(|rule| rule.heeds(&self.view.source)) {
                if matches!(rule.condition, Condition::Place { .. })
                    || !(rule.classes.contains(&thing.class) || acts(&subject, rule))
                {
                    continue;
                }
                let here = Whereabouts::of(rule, &thing, &about, self.view.at);
                let mut course = subject.courses.remove(&rule.id).unwrap_or_default();
                match &rule.condition {
                    Condition::State { state, .. } => {
                        let verdict = self.state(state, &here, &subject, &course, crowd);
                        self.feed(rule, &here, &verdict, &subject, &mut course);
                    }
                    Condition::Deed(deed) => self.deed(rule, deed, &here, &subject, &mut course),
                    Condition::Place { .. } => {}
                }
                course.settle(&here, self.view.at);
                subject.courses.insert(rule.id.clone(), course);
            }
            crowd.in_sight.insert(track, subject);
        }
    }

    /// The clerk of one rule.
    pub(crate) fn clerk<'b>(&'b mut self, rule: &'b Rule) -> Clerk<'b> {
        Clerk {
            rule,
            view: self.view,
            source_name: self.source_name,
            grace: rule.grace.unwrap_or(self.config.grace),
            update_every: self.config.update_every,
            out: self.out,
        }
    }

    fn state(
        &self,
        state: &State,
        here: &Whereabouts<'a>,
        subject: &Subject,
        course: &Course,
        crowd: &Crowd,
    ) -> Verdict<'a> {
        let at = self.view.at;
        let (holds, word, facts) = match state {
            State::Inside { presence } => {
                let (holds, word) = of_presence(*presence, here, subject, course);
                (holds, word, Vec::new())
            }
            State::Fast { over_mps } => fast(subject, *over_mps),
            State::Alone { without, within_m } => self.alone(subject, without, *within_m, crowd),
        };
        let applies = here.applies();
        let probability = applies.min(holds);
        let mut facts = facts;
        facts.insert(0, Fact::new("inside", applies, Unit::Share).at_least(Inside::SURE));
        let since = match state {
            State::Inside { presence: Presence::Still } => {
                subject.spot.since.max(course.allowed_until.unwrap_or(subject.spot.since))
            }
            _ if course.act.is_none() => self.counts_from(here.opened, subject),
            _ => at,
        };
        Verdict {
            holds: Inside::of(probability),
            probability,
            fence: here.fence.or_else(|| self.fence_of(course)),
            since: since.max(here.opened.unwrap_or(since)),
            over: self.over(here, holds, state, course),
            word,
            facts,
        }
    }

    fn fence_of(&self, course: &Course) -> Option<&'a crate::Fence> {
        self.fences.get(course.act.as_ref()?.fence.as_ref()?)
    }

    /// What was wrong before a schedule opened counts from its opening; what begins now, from now.
    fn counts_from(&self, opened: Option<Timestamp>, subject: &Subject) -> Timestamp {
        let opens = opened.filter(|&opened| opened > subject.before && subject.before < subject.at);
        opens.map_or(self.view.at, |opened| opened.max(subject.born))
    }

    fn alone(
        &self,
        subject: &Subject,
        without: &[domain::Class],
        within_m: f64,
        crowd: &Crowd,
    ) -> (f64, &'static str, Vec<Fact>) {
        let recent = jiff::SignedDuration::try_from(self.config.lost_after)
            .unwrap_or(jiff::SignedDuration::MAX);
        let place = subject.place();
        let others = crowd.in_sight.values().filter(|other| {
            without.contains(&other.now.class) && self.view.at.duration_since(other.at) <= recent
        });
        let near: Option<Vec<(f64, f64)>> =
            others.map(|other| nearness::near(&place, &other.place(), within_m)).collect();
        let on_ground = crate::scene::subject::ground(&place).is_some();
        let Some(near) = near.filter(|_| on_ground) else { return (0.5, "alone", Vec::new()) };
        let nearest = near.iter().map(|(_, distance)| *distance).reduce(f64::min);
        let surest = near.iter().map(|(sure, _)| *sure).fold(0.0, f64::max);
        let facts: Vec<Fact> = nearest
            .map(|metres| Fact::new("nearest_company", metres, Unit::Metre).at_least(within_m))
            .into_iter()
            .collect();
        let now = &subject.now;
        let seen =
            nearness::surroundings_seen(&self.view.mount, &place, now.seen, now.class, within_m);
        let alone = 1.0 - surest;
        (if seen { alone } else { alone.min(0.5) }, "alone", facts)
    }

    fn over(&self, here: &Whereabouts<'a>, holds: f64, state: &State, course: &Course) -> Over {
        if here.opened.is_none() && here.is_closed() {
            return Over::Now(EndReason::ScheduleClosed);
        }
        let redrawn = course.act.as_ref().is_some_and(|act| act.is_redrawn(self.fences));
        let right_again = Inside::of(holds) == Inside::No && !matches!(state, State::Inside { .. });
        let reason = if Inside::of(here.within) == Inside::No {
            if redrawn { EndReason::FenceWithdrawn } else { EndReason::Left }
        } else if right_again || Inside::of(here.exempt) == Inside::Yes {
            EndReason::Cleared
        } else {
            EndReason::Left
        };
        Over::After(reason)
    }

    fn feed(
        &mut self,
        rule: &Rule,
        here: &Whereabouts<'a>,
        verdict: &Verdict<'a>,
        subject: &Subject,
        course: &mut Course,
    ) {
        let whom = whom(subject);
        self.clerk(rule).feed(&mut course.act, verdict, &whom);
        self.doubt(rule, here, verdict, subject, course);
    }

    /// Where inside or outside cannot be told for as long as the rule asks, somebody should look again.
    fn doubt(
        &mut self,
        rule: &Rule,
        here: &Whereabouts<'a>,
        verdict: &Verdict<'a>,
        subject: &Subject,
        course: &mut Course,
    ) {
        let doubtful = verdict.holds == Inside::Ambiguous
            && Inside::of(here.applies()) == Inside::Ambiguous
            && course.act.is_none();
        let (Some(fence), true) = (here.fence, doubtful) else {
            course.doubtful = None;
            return;
        };
        let at = self.view.at;
        let since = *course.doubtful.get_or_insert(at);
        if course.told_doubtful || rule.shadow || !longer(at, since, rule.needed()) {
            return;
        }
        course.told_doubtful = true;
        let place = subject.place();
        self.out.push(Outcome::LookAgain(Box::new(LookAgain {
            track: subject.now.track,
            fence: fence.reference(),
            place,
            probability: verdict.probability,
            since,
            at,
            remedy: Remedy::of(fence, &place, &self.view.mount),
        })));
    }

    fn deed(
        &mut self,
        rule: &Rule,
        deed: &Deed,
        here: &Whereabouts<'a>,
        subject: &Subject,
        course: &mut Course,
    ) {
        let done = match deed {
            Deed::Exit { .. } => self.exit(rule, here, course),
            Deed::Cross { line, way } => self.cross(line, *way, here, subject, course),
        };
        if let Some(verdict) = done.filter(|verdict| verdict.holds == Inside::Yes) {
            let whom = whom(subject);
            self.clerk(rule).deed(&verdict, &whom);
        }
    }

    fn cross(
        &self,
        line: &Line,
        way: Way,
        here: &Whereabouts<'a>,
        subject: &Subject,
        course: &mut Course,
    ) -> Option<Verdict<'a>> {
        let (source, now) = (&self.view.source, &subject.now);
        let sure = line.step(&mut course.beside, source, &now.place, now.seen, way)?;
        let probability = here.applies().min(sure);
        let beyond = Fact::new("beyond_line", sure, Unit::Share).at_least(Inside::SURE);
        Some(Self::moment(here.fence, probability, "crossed", beyond, self.view.at))
    }

    /// It was surely inside while the rule applied, and is surely outside.
    fn exit(
        &self,
        rule: &Rule,
        here: &Whereabouts<'a>,
        course: &mut Course,
    ) -> Option<Verdict<'a>> {
        let at = self.view.at;
        if Inside::of(here.applies()) == Inside::Yes {
            let fence = here.fence.map(|fence| fence.id.clone());
            course.exit = Some(Exit { since: None, fence });
            return None;
        }
        let exit = course.exit.as_mut()?;
        if Inside::of(here.within_any) != Inside::No {
            exit.since = None;
            if here.is_closed() || Inside::of(here.exempt) == Inside::Yes {
                course.exit = None;
            }
            return None;
        }
        let since = *exit.since.get_or_insert(at);
        if !longer(at, since, rule.needed()) {
            return None;
        }
        let fence = course.exit.take().and_then(|exit| exit.fence);
        let fence = fence.and_then(|id| self.fences.get(&id));
        let open = rule.schedule.open_since(at).is_some()
            && fence.is_none_or(|fence| fence.schedule.open_since(at).is_some());
        let probability = 1.0 - here.within_any;
        let outside = Fact::new("outside", probability, Unit::Share).at_least(Inside::SURE);
        open.then(|| Self::moment(fence, probability, "left", outside, since))
    }

    fn moment(
        fence: Option<&'a crate::Fence>,
        probability: f64,
        word: &'static str,
        decided: Fact,
        since: Timestamp,
    ) -> Verdict<'a> {
        Verdict {
            holds: Inside::of(probability),
            probability,
            fence,
            since,
            over: Over::Now(EndReason::Left),
            word,
            facts: vec![decided],
        }
    }
}

impl Course {
    /// Remembers on which side of its fences a thing surely is.
    fn settle(&mut self, here: &Whereabouts<'_>, at: Timestamp) {
        let elsewhere = Inside::of(here.within_any) == Inside::No;
        if elsewhere || here.secret || Inside::of(here.exempt) != Inside::No {
            self.allowed_until = Some(at);
        }
        if elsewhere {
            self.inside = Some(false);
            self.came_in = false;
        } else if Inside::of(here.within_any) == Inside::Yes {
            let came = self.came_in || self.inside == Some(false);
            self.came_in = came && here.opened.is_some();
            self.inside = Some(true);
        }
    }
}

/// Whether it is inside as the rule asks, and the word for that.
fn of_presence(
    presence: Presence,
    here: &Whereabouts<'_>,
    subject: &Subject,
    course: &Course,
) -> (f64, &'static str) {
    let came = course.came_in || (course.inside == Some(false) && here.opened.is_some());
    match presence {
        Presence::Any => (1.0, "inside"),
        Presence::CameIn => (f64::from(u8::from(came)), "came_in"),
        Presence::Still if !subject.spot.settled() => (0.0, "still"),
        // It disagrees with its place, but not yet for long.
        Presence::Still if subject.spot.is_leaving() => (0.5, "still"),
        Presence::Still => (1.0, "still"),
    }
}

/// A class flickers: what began as one of the rule's classes goes on.
fn acts(subject: &Subject, rule: &Rule) -> bool {
    subject.courses.get(&rule.id).is_some_and(|course| course.act.is_some())
}

fn whom(subject: &Subject) -> Whom<'_> {
    Whom {
        subject: subject.now.track.to_string(),
        class: subject.now.class,
        place: subject.place(),
        last_seen: subject.at,
        outline: None,
        shown: Some(&subject.now),
    }
}

fn fast(subject: &Subject, over_mps: f64) -> (f64, &'static str, Vec<Fact>) {
    let Some(speed) = subject.speed() else { return (0.5, "fast", Vec::new()) };
    let sure = normal((speed.mps - over_mps) / speed.sigma_mps.max(SMALLEST_SIGMA_MPS));
    (
        sure,
        "fast",
        vec![Fact::new("speed", speed.mps * 3.6, Unit::KilometrePerHour).at_least(over_mps * 3.6)],
    )
}
