//! Reads what is published, in a thread of its own: what is new is put together for the disk, the rest is answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use dashboard::{Fate, Publication, Receipt};
use domain::{Clock, SourceId};
use jiff::Timestamp;
use sensors::{Canonical, Message, Refused, Said};
use store::{NewObservations, SceneChange};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::board::Told;
use super::gate::{Gate, Pass};
use super::scenes::Scenes;
use super::tellers::{Teller, Tellers};

/// What one transaction holds at most, so that nobody waits long for its end.
const MOST_MESSAGES: usize = 2000;
const MOST_BYTES: usize = 1 << 20;

/// What is to be judged, in its order.
#[derive(Debug)]
pub(crate) enum Item {
    Message(Box<Message>),
    /// The camera of this source looks at something else than when it was surveyed.
    SceneChanged(SourceId),
}

/// What came together.
#[derive(Debug)]
pub(super) struct Batch {
    pub items: Vec<Item>,
    /// Where anything is to be kept.
    pub journal: Option<NewObservations>,
    pub scenes: Vec<(SourceId, SceneChange)>,
    /// Who is to be told what, in the order in which they came, once it is kept.
    pub answers: Vec<(Receipt, Fate)>,
    /// When the first of them was taken up.
    pub began: Instant,
}

/// Whoever reads.
pub(super) struct Desk {
    pub tellers: Arc<Tellers>,
    pub gates: BTreeMap<SourceId, Gate>,
    pub told: Told,
    pub scenes: Scenes,
    pub clock: Arc<dyn Clock>,
}

/// Reads until the stop, or until nobody keeps. What is left then was not acknowledged, and comes again. What comes while the disk writes is written together next.
pub(super) fn sort(
    mut desk: Desk,
    mut published: mpsc::Receiver<Publication>,
    to_keep: &mpsc::Sender<Batch>,
    stop: &CancellationToken,
    runtime: &Handle,
) {
    while let Some(first) = runtime.block_on(stop.run_until_cancelled(published.recv())).flatten() {
        let mut batch = Batch::new();
        desk.take(first, &mut batch);
        while batch.has_room() {
            let Ok(next) = published.try_recv() else { break };
            desk.take(next, &mut batch);
        }
        if to_keep.blocking_send(batch).is_err() {
            return;
        }
    }
}

impl Desk {
    fn take(&mut self, publication: Publication, batch: &mut Batch) {
        let Publication { topic, payload, receipt } = publication;
        let now = self.clock.now();
        let tellers = Arc::clone(&self.tellers);
        let mut fate = Fate::Kept;
        for teller in tellers.listening(&topic) {
            match teller.reader.read(&topic, &payload, now) {
                Ok(Said::Nothing) => {}
                Ok(Said::SceneChanged { at }) => self.scene_changed(teller, at, batch),
                Ok(Said::Observed(_)) if teller.filmed => {}
                Ok(Said::Observed(message)) => self.observed(message, now, batch),
                Err(refused) => {
                    fate = Fate::Refused;
                    self.refused(teller, &refused);
                }
            }
        }
        batch.answers.push((receipt, fate));
    }

    fn observed(&mut self, message: Message, now: Timestamp, batch: &mut Batch) {
        let source = &message.source;
        if !self.gates.contains_key(source) {
            self.gates.insert(source.clone(), Gate::default());
        }
        let Some(gate) = self.gates.get_mut(source) else { return };
        match gate.pass(&message) {
            Pass::New => {
                self.told.heard(source, message.at, now);
                batch.push(message);
            }
            Pass::Repeated => count_other("repeated"),
            Pass::Overtaken => {
                count_other("overtaken");
                tracing::debug!(%source, at = %message.at, "message came too late to tell whether it is news");
            }
        }
    }

    fn scene_changed(&self, teller: &Teller, at: Timestamp, batch: &mut Batch) {
        let source = &teller.reader.source;
        let Some(survey) = &teller.survey else { return };
        if at <= survey.modified || !self.scenes.note(source, at) {
            return;
        }
        metrics::counter!("xunjian_scene_changes_total").increment(1);
        tracing::error!(%source, %at, "its scene changed: its places are not used until it is surveyed again");
        let change = SceneChange { at, survey: survey.sha256.clone() };
        batch.scenes.push((source.clone(), change));
        batch.items.push(Item::SceneChanged(source.clone()));
    }

    fn refused(&self, teller: &Teller, refused: &Refused) {
        let source = &teller.reader.source;
        metrics::counter!("xunjian_observations_refused_total", "why" => refused.reason())
            .increment(1);
        let why = refused.to_string();
        if self.told.refused(source, &why) {
            tracing::warn!(%source, why, "message refused");
        }
    }
}

fn count_other(what: &'static str) {
    metrics::counter!("xunjian_observations_refused_total", "why" => what).increment(1);
}

impl Batch {
    fn new() -> Self {
        let (items, scenes, answers) = (Vec::new(), Vec::new(), Vec::new());
        Self { items, journal: None, scenes, answers, began: Instant::now() }
    }

    fn has_room(&self) -> bool {
        let bytes = self.journal.as_ref().map_or(0, |journal| journal.body.len());
        self.answers.len() < MOST_MESSAGES && bytes < MOST_BYTES
    }

    fn push(&mut self, message: Message) {
        let at = message.at;
        let journal = self.journal.get_or_insert_with(|| NewObservations {
            first_at: at,
            last_at: at,
            messages: 0,
            body: Vec::new(),
        });
        journal.first_at = journal.first_at.min(at);
        journal.last_at = journal.last_at.max(at);
        journal.messages += 1;
        Canonical::of(&message).write(&mut journal.body);
        journal.body.push(b'\n');
        self.items.push(Item::Message(Box::new(message)));
    }
}
