//! Tracks to verdicts: places, rules, and the first moment of what may become an alert.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::{Alert, AlertId, Frame, Observation, SourceId, View};
use rules::{Engine, Outcome};
use sensors::Message;
use tokio::sync::mpsc;

use crate::flights::{Memory, Written};
use crate::locate::Eyes;
use crate::observations::Mark;
use crate::reload::{Layer, Live};
use crate::reminders::Reminded;
use crate::stage::keepsake::Keepsake;
use crate::stage::look::Seen;
use crate::stage::plates::Plates;
use crate::stage::shot::Shot;
use crate::stage::told::{Judgement, Tellings, Words};
use crate::stage::viewlog::ViewLog;

/// What has to be recorded.
#[derive(Debug)]
pub(crate) enum Verdict {
    Raised {
        alert: Box<Alert>,
        /// None where it began before the program did, or could not be drawn.
        first: Option<Box<Shot>>,
        last: Option<Box<Shot>>,
    },
    /// Reminded, and seen again when the time was up.
    StillThere {
        alert: Box<Alert>,
        again: Option<Again>,
    },
    /// Of a source that shows no pictures: what it said at the first moment and at the last.
    RaisedTold {
        alert: Box<Alert>,
        first: Option<Words>,
        last: Words,
    },
    Updated(Box<Alert>),
    Ended(Box<Alert>),
    /// What the rules remember of each source; `None`: nothing.
    Remember(Vec<(SourceId, Option<String>)>),
    /// What was told is judged: with everything before this recorded it need not be again.
    Judged(Mark),
    /// A file of a flight was looked at whole: with everything before this recorded it need not be again.
    Read(Written),
}

/// The second capture: as a camera saw it, or as a source without pictures said it.
#[derive(Debug)]
pub(crate) enum Again {
    Seen(Box<Shot>),
    Said(Words),
}

/// What the judge has at the end: flights with what was noted of them.
#[derive(Debug)]
pub(crate) struct Judged {
    pub eyes: Eyes,
    /// Spent on rules.
    pub judge: Duration,
}

/// What the judge works with.
pub(crate) struct Court {
    pub eyes: Eyes,
    pub engine: Engine,
    pub plates: Plates,
    pub memory: Option<Memory>,
    /// Of cameras: fences that may change while they are judged by.
    pub fences: Option<Live>,
    /// Of cameras: what became of reminders.
    pub reminded: Reminded,
    /// Of cameras: what a restart goes on with.
    pub keepsake: Option<Keepsake>,
    /// Where views are written down for a replay.
    pub log: Option<ViewLog>,
}

/// Judges until nobody looks any more, or nobody records.
pub(crate) fn judge(
    mut seen: mpsc::Receiver<Seen>,
    court: Court,
    to_record: &mpsc::Sender<Verdict>,
) -> Judged {
    let Court {
        mut eyes,
        mut engine,
        mut plates,
        memory,
        mut fences,
        reminded,
        mut keepsake,
        mut log,
    } = court;
    let mut first_moments = FirstMoments { memory, ..FirstMoments::default() };
    let mut tellings = Tellings::default();
    let mut spent = Duration::ZERO;
    while let Some(seen) = seen.blocking_recv() {
        let changed = fences.as_mut().and_then(changed).map(|new| {
            let mut outcomes = engine.change_fences(new.fences);
            outcomes.extend(engine.change_scenes(new.scenes));
            outcomes
        });
        for (alert, reminder) in reminded.take() {
            engine.reminded(alert, &reminder);
        }
        let withdrawn = first_moments.settle(changed.unwrap_or_default(), Now::Over);
        let verdicts = match seen {
            Seen::End(source) => {
                let mut outcomes = engine.finish(&source);
                plates.settle(&source, &mut outcomes);
                first_moments.settle(outcomes, Now::Over)
            }
            Seen::Frame { frame, sightings } => {
                let view = eyes.view(&frame.moment(), &sightings);
                if let Some(log) = &mut log {
                    log.note(&view);
                }
                let begun = Instant::now();
                let mut outcomes = engine.observe(&view);
                spent += begun.elapsed();
                plates.attend(&frame, &view, &mut outcomes);
                first_moments.settle(outcomes, Now::Picture(&frame, &view))
            }
            Seen::Recalled { moment, sightings } => {
                let outcomes = engine.observe(&eyes.view(&moment, &sightings));
                first_moments.settle(outcomes, Now::Recalled)
            }
            Seen::Told(heard) => {
                let begun = Instant::now();
                let told = tellings.told(*heard, &mut eyes, &mut engine, log.as_mut());
                spent += begun.elapsed();
                first_moments.settle_told(told)
            }
            Seen::Read(written) => vec![Verdict::Read(written)],
        };
        let written = keepsake.as_mut().and_then(|keepsake| keepsake.when_due(&engine));
        for verdict in withdrawn.into_iter().chain(verdicts).chain(written) {
            if to_record.blocking_send(verdict).is_err() {
                return Judged { eyes, judge: spent };
            }
        }
    }
    let written = keepsake.and_then(|mut keepsake| keepsake.changed(&engine));
    if written.is_some_and(|verdict| to_record.blocking_send(verdict).is_err()) {
        tracing::debug!("nobody writes down what stands");
    }
    Judged { eyes, judge: spent }
}

/// Fences and rules, if they are others than before.
fn changed(fences: &mut Live) -> Option<Layer> {
    let changed = fences.has_changed().unwrap_or(false);
    changed.then(|| fences.borrow_and_update().clone())
}

/// What there is to be shown of the moment that is judged.
#[derive(Clone, Copy)]
enum Now<'a> {
    Picture(&'a Frame, &'a View),
    /// A source that shows no pictures said this.
    Told(&'a Message),
    /// An earlier run looked, and recorded what it raised.
    Recalled,
    /// The source has ended.
    Over,
}

/// Pictures of vehicles that began to stand and have not been alerted yet, or what was said of them; as many as the engine
/// follows.
#[derive(Default)]
struct FirstMoments {
    shots: BTreeMap<AlertId, Box<Shot>>,
    words: BTreeMap<AlertId, Words>,
    /// Of a flight: outlives the program.
    memory: Option<Memory>,
}

impl FirstMoments {
    fn settle(&mut self, outcomes: Vec<Outcome>, now: Now<'_>) -> Vec<Verdict> {
        outcomes.into_iter().filter_map(|outcome| self.verdict(outcome, now)).collect()
    }

    fn settle_told(&mut self, Judgement { outcomes, mark }: Judgement) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for (message, outcomes) in outcomes {
            let now = message.as_deref().map_or(Now::Over, Now::Told);
            verdicts.extend(self.settle(outcomes, now));
        }
        verdicts.push(Verdict::Judged(mark));
        verdicts
    }

    fn verdict(&mut self, outcome: Outcome, now: Now<'_>) -> Option<Verdict> {
        match outcome {
            Outcome::Standing { id, seen } => {
                if let Now::Told(message) = now {
                    self.words.insert(id, Words::about(message, seen.track));
                }
                self.shots.extend(self.first(id, now, &seen).map(|shot| (id, shot)));
                None
            }
            Outcome::Passed { id } => {
                self.shots.remove(&id);
                self.words.remove(&id);
                None
            }
            Outcome::LookAgain(again) => {
                metrics::counter!("xunjian_ambiguous_total").increment(1);
                let (track, probability) = (again.track, again.probability);
                let (fence, remedy) = (&again.fence.id, again.remedy.as_str());
                tracing::info!(%track, probability, %fence, remedy, "place is ambiguous: look again");
                None
            }
            Outcome::Raised(alert) => {
                if let (Now::Told(message), Some(track)) = (now, alert.track) {
                    let first = self.words.remove(&alert.id);
                    let last = Words::about(message, track);
                    return Some(Verdict::RaisedTold { alert, first, last });
                }
                let first = self.shots.remove(&alert.id);
                if matches!(now, Now::Recalled) {
                    return None;
                }
                let last = shot_of(now, &alert);
                Some(Verdict::Raised { alert, first, last })
            }
            Outcome::StillThere(alert) => {
                let again = match (now, alert.track) {
                    (Now::Told(message), Some(track)) => {
                        Some(Again::Said(Words::about(message, track)))
                    }
                    _ => shot_of(now, &alert).map(Again::Seen),
                };
                Some(Verdict::StillThere { alert, again })
            }
            Outcome::Shadow(alert) => {
                let rule = alert.rule.to_string();
                metrics::counter!("xunjian_shadow_total", "rule" => rule).increment(1);
                let (rule, source, since) = (&alert.rule, &alert.source, alert.since);
                tracing::info!(%rule, %source, %since, "would have been raised: the rule is in shadow mode");
                None
            }
            Outcome::Updated(alert) => Some(Verdict::Updated(alert)),
            Outcome::Ended(alert) => Some(Verdict::Ended(alert)),
        }
    }

    /// The first moment of what may become an alert, now or as an earlier run saw it.
    fn first(&self, id: AlertId, now: Now<'_>, seen: &Observation) -> Option<Box<Shot>> {
        let Some(memory) = &self.memory else { return shot(now, seen) };
        if matches!(now, Now::Recalled) {
            return match memory.moment_of(id) {
                Ok(shot) => Some(Box::new(shot)),
                Err(error) => {
                    lost(&error);
                    None
                }
            };
        }
        let shot = shot(now, seen)?;
        if let Err(error) = memory.keep(id, &shot) {
            tracing::warn!(
                error = format!("{error:#}"),
                "a first moment would be lost by a restart"
            );
        }
        Some(shot)
    }
}

/// What an alert is about, in the picture of now.
fn shot_of(now: Now<'_>, alert: &Alert) -> Option<Box<Shot>> {
    let Now::Picture(_, view) = now else { return None };
    let (track, seen) = (alert.track?, alert.seen);
    let as_now = view.observations.iter().find(|one| one.track == track).cloned();
    let (class, place, score) = (alert.class, alert.place, alert.score.unwrap_or_default());
    let as_raised = Observation { track, class, score, seen, place, look: None };
    shot(now, &as_now.unwrap_or(as_raised))
}

fn shot(now: Now<'_>, seen: &Observation) -> Option<Box<Shot>> {
    let Now::Picture(frame, view) = now else { return None };
    match Shot::take(frame, view, seen.track, seen.seen?) {
        Ok(shot) => Some(Box::new(shot)),
        Err(error) => {
            lost(&error.into());
            None
        }
    }
}

fn lost(error: &anyhow::Error) {
    tracing::error!(error = format!("{error:#}"), "evidence picture lost");
}
