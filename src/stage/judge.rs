//! Tracks to verdicts: places, rules, and the first moment of what may become an alert.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::{Alert, AlertId, Frame, Observation, View};
use rules::{Engine, Outcome};
use tokio::sync::mpsc;

use crate::locate::Eyes;
use crate::stage::look::Seen;
use crate::stage::shot::Shot;

/// What has to be recorded.
#[derive(Debug)]
pub(crate) enum Verdict {
    Raised {
        alert: Box<Alert>,
        /// None where it began before the program did, or could not be drawn.
        first: Option<Box<Shot>>,
        last: Option<Box<Shot>>,
    },
    Updated(Box<Alert>),
    Ended(Box<Alert>),
}

/// What the judge has at the end: flights with what was noted of them.
#[derive(Debug)]
pub(crate) struct Judged {
    pub eyes: Eyes,
    /// Spent on rules.
    pub judge: Duration,
}

/// Judges until nobody looks any more, or nobody records.
pub(crate) fn judge(
    mut seen: mpsc::Receiver<Seen>,
    mut eyes: Eyes,
    mut engine: Engine,
    to_record: &mpsc::Sender<Verdict>,
) -> Judged {
    let mut first_moments = FirstMoments::default();
    let mut spent = Duration::ZERO;
    while let Some(seen) = seen.blocking_recv() {
        let verdicts = match seen {
            Seen::End(source) => {
                let outcomes = engine.finish(&source);
                first_moments.settle(outcomes, None)
            }
            Seen::Frame { frame, sightings } => {
                let view = eyes.view(&frame, &sightings);
                let begun = Instant::now();
                let outcomes = engine.observe(&view);
                spent += begun.elapsed();
                first_moments.settle(outcomes, Some((&frame, &view)))
            }
        };
        for verdict in verdicts {
            if to_record.blocking_send(verdict).is_err() {
                return Judged { eyes, judge: spent };
            }
        }
    }
    Judged { eyes, judge: spent }
}

/// Pictures of vehicles that began to stand and have not been alerted yet; as many as the engine follows.
#[derive(Default)]
struct FirstMoments(BTreeMap<AlertId, Box<Shot>>);

impl FirstMoments {
    fn settle(&mut self, outcomes: Vec<Outcome>, now: Option<(&Frame, &View)>) -> Vec<Verdict> {
        outcomes.into_iter().filter_map(|outcome| self.verdict(outcome, now)).collect()
    }

    fn verdict(&mut self, outcome: Outcome, now: Option<(&Frame, &View)>) -> Option<Verdict> {
        match outcome {
            Outcome::Standing { id, seen } => {
                if let Some(shot) = shot(now, &seen) {
                    self.0.insert(id, shot);
                }
                None
            }
            Outcome::Passed { id } => {
                self.0.remove(&id);
                None
            }
            Outcome::Ambiguous { track, probability } => {
                metrics::counter!("xunjian_ambiguous_total").increment(1);
                tracing::info!(%track, probability, "place is ambiguous: look again");
                None
            }
            Outcome::Raised(alert) => {
                let seen = Observation {
                    track: alert.track,
                    class: alert.class,
                    score: alert.score,
                    seen: alert.seen,
                    place: alert.place,
                    look: None,
                };
                let (first, last) = (self.0.remove(&alert.id), shot(now, &seen));
                Some(Verdict::Raised { alert, first, last })
            }
            Outcome::Updated(alert) => Some(Verdict::Updated(alert)),
            Outcome::Ended(alert) => Some(Verdict::Ended(alert)),
        }
    }
}

fn shot(now: Option<(&Frame, &View)>, seen: &Observation) -> Option<Box<Shot>> {
    let (frame, view) = now?;
    match Shot::take(frame, view, seen.track, seen.seen) {
        Ok(shot) => Some(Box::new(shot)),
        Err(error) => {
            tracing::error!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "evidence picture lost"
            );
            None
        }
    }
}
