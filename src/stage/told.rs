//! What sensors and other detectors told becomes views: boxes become places where their camera was surveyed.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::{Mount, Observation, Place, Size, SourceId, TimeBasis, TrackId, View};
use jiff::{SignedDuration, Timestamp};
use rules::{Engine, Outcome};
use sensors::{Canonical, Looked, Message};

use crate::locate::Eyes;
use crate::observations::{Heard, Item, Mark};
use crate::stage::viewlog::ViewLog;

/// The time of the last view of each source.
#[derive(Debug, Default)]
pub(crate) struct Tellings(BTreeMap<SourceId, Timestamp>);

/// What was said of one thing at one moment: evidence where there is no picture.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    pub at: Timestamp,
    pub line: Bytes,
}

impl Words {
    pub(crate) fn about(message: &Message, track: TrackId) -> Self {
        Self { at: message.at, line: Canonical::about(message, track).line().into() }
    }
}

/// How this line came about, for the manifest.
pub(crate) const WORDS: &str =
    "message as it was accepted, of this object alone, places in WGS-84, as JSON";

/// Messages of one instant are judged one after the other, this far apart.
const APART: SignedDuration = SignedDuration::from_micros(1);
/// What is behind by more than this is not of one instant with what came before.
const ONE_INSTANT: SignedDuration = SignedDuration::from_millis(1);

/// What came of what was told together.
#[derive(Debug)]
pub(crate) struct Judgement {
    /// Of each message, and of scenes that changed.
    pub outcomes: Vec<(Option<Box<Message>>, Vec<Outcome>)>,
    pub mark: Mark,
}

impl Tellings {
    /// Judges what was told together, in its order.
    pub(crate) fn told(
        &mut self,
        heard: Heard,
        eyes: &mut Eyes,
        engine: &mut Engine,
        mut log: Option<&mut ViewLog>,
    ) -> Judgement {
        let mut outcomes = Vec::new();
        for item in heard.items {
            let (message, of_it) = match item {
                Item::Message(message) => {
                    let view = self.view(&message, eyes);
                    if let Some(log) = &mut log {
                        log.note(&view);
                    }
                    let of_it = engine.observe(&view);
                    engine.give_up(&message.source, &message.gone);
                    (Some(message), of_it)
                }
                Item::SceneChanged(source) => {
                    eyes.lose(&source);
                    (None, engine.begin_again(&source))
                }
            };
            if !of_it.is_empty() {
                outcomes.push((message, of_it));
            }
        }
        heard.mark.judged();
        Judgement { outcomes, mark: heard.mark }
    }

    fn view(&mut self, message: &Message, eyes: &Eyes) -> View {
        let seen = |told: &sensors::Told| {
            let fix = told.place.or_else(|| eyes.place(&message.source, &told.seen?, told.class));
            let foot = || told.seen.map(|seen| Place::from(seen.foot()));
            Some(Observation {
                track: told.track,
                class: told.class,
                score: told.score,
                seen: told.seen,
                place: fix.map(Place::from).or_else(foot)?,
                look: None,
            })
        };
        View {
            source: message.source.clone(),
            at: self.after_the_last(message),
            basis: TimeBasis::Capture,
            frame: message.seq,
            size: NO_PICTURE,
            mount: mount(&message.looked),
            observations: message.observations.iter().filter_map(seen).collect(),
        }
    }

    /// Detectors that tell of each object by itself tell of several at one instant.
    fn after_the_last(&mut self, message: &Message) -> Timestamp {
        let last = self.0.get(&message.source).copied().unwrap_or(Timestamp::MIN);
        let behind = last.duration_since(message.at);
        let at = if (SignedDuration::ZERO..ONE_INSTANT).contains(&behind) {
            last.saturating_add(APART).unwrap_or(last)
        } else {
            message.at
        };
        if at > last {
            self.0.insert(message.source.clone(), at);
        }
        at
    }
}

const NO_PICTURE: Size = Size { width: 1, height: 1 };

/// What is not reported is there or not by what the source says about where it looked.
fn mount(looked: &Looked) -> Mount {
    match looked {
        Looked::Everywhere => Mount::Fixed,
        Looked::Ring(ring) => Mount::Moving { looked: ring.clone() },
        Looked::Unsaid => Mount::Moving { looked: Vec::new() },
    }
}

#[cfg(test)]
mod tests {
    use domain::{Class, Covariance, GroundFix, LonLat, RelBox};

    use super::*;

    fn message(at: Timestamp, place: Option<GroundFix>, seen: Option<RelBox>) -> Message {
        let told = sensors::Told {
            track: TrackId(1),
            class: Class::Car,
            score: 1.0,
            place,
            seen,
            load: None,
            lid: None,
            body: None,
        };
        Message {
            source: SourceId::new("gate").unwrap(),
            at,
            seq: 0,
            looked: Looked::Unsaid,
            observations: vec![told],
            gone: Vec::new(),
        }
    }

    #[test]
    fn messages_of_one_instant_are_views_one_after_the_other() {
        let mut tellings = Tellings::default();
        let start: Timestamp = "2026-11-22T08:00:00Z".parse().unwrap();
        let mut at = |millis: i64| {
            let at = start + SignedDuration::from_millis(millis);
            let view = tellings.view(&message(at, None, None), &Eyes::default());
            view.at.duration_since(start).as_micros()
        };
        assert_eq!(
            [at(0), at(0), at(0), at(1000), at(40), at(1000)],
            [0, 1, 2, 1_000_000, 40_000, 1_000_001]
        );
    }

    #[test]
    fn a_place_is_taken_as_it_was_told_and_a_box_without_a_survey_stays_in_its_picture() {
        let position = LonLat::new(120.0, 30.0).unwrap();
        let fix = GroundFix { position, covariance: Covariance::round(1.0) };
        let seen = RelBox { x: 0.25, y: 0.5, w: 0.5, h: 0.25 };
        for (place, seen, wanted) in [
            (Some(fix), None, Place::from(fix)),
            (Some(fix), Some(seen), Place::from(fix)),
            (None, Some(seen), Place::Image { x: 0.5, y: 0.75 }),
        ] {
            let message = message(Timestamp::UNIX_EPOCH, place, seen);
            let view = Tellings::default().view(&message, &Eyes::default());
            assert_eq!((view.observations[0].place, view.observations[0].seen), (wanted, seen));
        }
    }
}
