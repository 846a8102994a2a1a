//! Boxes to tracks: one follower per source, in a thread of their own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use detector::TrackerConfig;
use domain::{Class, Detection, Frame, Moment, Sighting, SourceId, TrackId};
use tokio::sync::mpsc;

use crate::flights::{Counted, Legs, Memory, Written};
use crate::observations::Heard;
use crate::sight::Sights;
use crate::stage::detect::{Detectors, Examined, Looked};
use crate::stage::diary::Diary;
use crate::stage::follow::Follower;
use crate::stage::inbox::Item;

/// What was seen.
#[derive(Debug)]
pub(crate) enum Seen {
    Frame {
        frame: Frame,
        sightings: Vec<Sighting>,
    },
    /// By an earlier run.
    Recalled {
        moment: Moment,
        sightings: Vec<Sighting>,
    },
    /// By sensors and other detectors, without a picture.
    Told(Box<Heard>),
    /// A file of a flight to its end; its sightings are on disk.
    Read(Written),
    End(SourceId),
}

/// What the stage is told beside the frames.
pub(crate) struct Looking {
    pub tracker: TrackerConfig,
    /// Sources that are flights.
    pub flights: BTreeMap<SourceId, Arc<Legs>>,
    /// What is found in which source, where somebody watches that.
    pub sights: Option<Arc<Sights>>,
    /// Of the flight, where a restart is to pass over what was looked at.
    pub memory: Option<Memory>,
}

impl Looking {
    fn note(&self, source: &SourceId, detections: Option<&[Detection]>) {
        match (&self.sights, detections) {
            (Some(sights), Some(found)) => sights.looked(source, found.len()),
            (Some(sights), None) => sights.failed(source),
            (None, _) => {}
        }
    }
}

/// Takes what the detectors give until there is no more, or nobody listens any more. Returns what it saw.
pub(crate) fn look(
    detectors: &mut Detectors<'_>,
    looking: &Looking,
    to_judge: &mpsc::Sender<Seen>,
) -> Tally {
    let mut followers = Followers { looking, of: BTreeMap::new() };
    let mut diary = Diary::of(looking.memory.clone());
    let mut tally = Tally::default();
    while let Some(looked) = detectors.next() {
        let seen = match looked {
            Looked::Other(Item::End(source)) => {
                tally.settle(&source, followers.of.remove(&source));
                Seen::End(source)
            }
            Looked::Other(Item::Recall(flight, part)) => {
                followers.at(&flight).count_from(&diary.counted(part));
                if !diary.recall(part, to_judge) {
                    break;
                }
                continue;
            }
            Looked::Other(Item::Read(flight, part, warning)) => {
                let counted = Counted { warning, ..followers.at(&flight).counted() };
                let Some(written) = diary.close(part, &counted) else { continue };
                Seen::Read(written)
            }
            // The detectors look at every frame.
            Looked::Other(Item::Frame(_)) => continue,
            Looked::Frame(Examined { frame, found, took }) => {
                looking.note(&frame.source, found.as_deref());
                let Some(detections) = found else { continue };
                tally.detect += took;
                let sightings = followers.at(&frame.source).follow(&frame, &detections);
                tally.count(&frame, &sightings);
                diary.note(&frame, &sightings);
                Seen::Frame { frame, sightings }
            }
        };
        let waited = Instant::now();
        if to_judge.blocking_send(seen).is_err() {
            break;
        }
        metrics::gauge!("xunjian_blocked_seconds", "stage" => "look").increment(waited.elapsed());
    }
    tally.wait = detectors.idle;
    tally
}

/// Who follows each source.
struct Followers<'a> {
    looking: &'a Looking,
    of: BTreeMap<SourceId, Follower>,
}

impl Followers<'_> {
    fn at(&mut self, source: &SourceId) -> &mut Follower {
        let Looking { tracker, flights, .. } = self.looking;
        self.of.entry(source.clone()).or_insert_with(|| Follower::new(tracker, flights.get(source)))
    }
}

/// What was looked at and found.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub frames: u64,
    /// Tracks of sources that have ended, by the class they were seen as last.
    pub by_class: BTreeMap<Class, u64>,
    /// Spent on waiting for pictures.
    pub wait: Duration,
    /// Spent on detecting, by all detectors together.
    pub detect: Duration,
    /// Spent on following, by sources that have ended.
    pub track: Duration,
    running: BTreeMap<SourceId, BTreeMap<TrackId, Class>>,
}

impl Tally {
    /// The most tracks remembered per source, for the count alone.
    const MOST: usize = 1_000_000;

    fn count(&mut self, frame: &Frame, sightings: &[Sighting]) {
        self.frames += 1;
        let tracks = self.running.entry(frame.source.clone()).or_default();
        for sighting in sightings {
            if tracks.len() < Self::MOST {
                tracks.insert(sighting.track, sighting.class);
            }
        }
    }

    fn settle(&mut self, source: &SourceId, follower: Option<Follower>) {
        self.track += follower.map_or(Duration::ZERO, |follower| follower.spent);
        for class in self.running.remove(source).unwrap_or_default().into_values() {
            *self.by_class.entry(class).or_default() += 1;
        }
    }
}
