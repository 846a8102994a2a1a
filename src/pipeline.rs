//! The road on one screen: every channel, its capacity, and what happens when it is full.
//!
//! ```text
//! source ─► Inbox ─► look ─► judge ─► record ─► store (alert + outbox) ─► dashboard: page, MQTT
//! sensors, other detectors ─► observations ─► journal ─┘
//! ```
//! Only the sources hear `stop`. They close the inbox behind them, and every later stage drains and ends
//! by itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use detector::{Detect, TrackerConfig};
use domain::SourceId;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::flights::Legs;
use crate::sight::Sights;
use crate::stage::detect::{Detectors, Share};
use crate::stage::inbox::Inbox;
use crate::stage::judge::{Court, Judged, judge};
use crate::stage::look::{Looking, Seen, Tally, look};
use crate::stage::record::Recorder;

/// Stages that run; each ends with its name and how it went.
pub(crate) type Stages = JoinSet<(&'static str, anyhow::Result<()>)>;

/// What the stages are made of.
pub(crate) struct Parts {
    /// One, or several that work side by side.
    pub detectors: Vec<Box<dyn Detect>>,
    pub share: Share,
    pub tracker: TrackerConfig,
    /// Sources that are flights.
    pub flights: BTreeMap<SourceId, Arc<Legs>>,
    pub court: Court,
    pub recorder: Recorder,
    /// Of cameras: whether anything is found.
    pub sights: Option<Arc<Sights>>,
}

/// What comes out at the end: what was looked at, and what was made of it.
pub(crate) struct Ends {
    pub tally: oneshot::Receiver<Tally>,
    pub judged: oneshot::Receiver<Judged>,
    /// For those who see without pictures; gone once the look at pictures has ended and nobody else has one.
    pub to_judge: mpsc::WeakSender<Seen>,
}

/// Starts everything behind the inbox.
pub(crate) fn start(inbox: &Arc<Inbox>, parts: Parts, stages: &mut Stages) -> Ends {
    // Inbox: per live source the newest frame, the older one is dropped and counted; per recording 4
    // frames, then the reader waits.
    let (to_judge, seen) = mpsc::channel(8); // full: look waits, and the inbox keeps the newest
    let weak = to_judge.downgrade();
    let (to_record, verdicts) = mpsc::channel(64); // full: judge waits; no verdict is dropped
    let (tally, counted) = oneshot::channel();
    let (verdict, judged) = oneshot::channel();

    let Parts { detectors, share, tracker, flights, court, recorder, sights } = parts;
    let looking = Looking { tracker, flights, sights, memory: court.memory.clone() };
    let inbox = Arc::clone(inbox);
    thread(stages, "look", move || {
        let started = Detectors::new(detectors, share, &inbox, &looking.flights);
        let seen = started.map(|mut detectors| look(&mut detectors, &looking, &to_judge));
        inbox.close();
        let seen = seen.unwrap_or_else(|error| {
            tracing::error!(%error, "no thread can be started for a detector");
            Tally::default()
        });
        if tally.send(seen).is_err() {
            tracing::debug!("nobody asked for the tally");
        }
    });
    thread(stages, "judge", move || {
        if verdict.send(judge(seen, court, &to_record)).is_err() {
            tracing::debug!("nobody asked what was judged");
        }
    });
    stages.spawn(async move { ("record", recorder.run(verdicts).await) });
    Ends { tally: counted, judged, to_judge: weak }
}

/// A stage that computes or blocks has a named thread of its own; a panic in it ends the stage.
pub(crate) fn thread(
    stages: &mut Stages,
    name: &'static str,
    work: impl FnOnce() + Send + 'static,
) {
    let (done, ended) = oneshot::channel();
    let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        work();
        if done.send(()).is_err() {
            tracing::debug!(name, "nobody waits for this stage");
        }
    });
    stages.spawn(async move {
        let outcome = async {
            spawned.context("its thread cannot be started")?;
            ended.await.context("its thread panicked")
        };
        (name, outcome.await)
    });
}
