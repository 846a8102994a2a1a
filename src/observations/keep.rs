//! Writes what came together, tells who sent it, and only then has it judged.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use store::Store;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::desk::{Batch, Item};
use crate::stage::look::Seen;

/// Between two tries while the store fails.
const PAUSE: Duration = Duration::from_secs(1);
/// How often it is noted what was judged, while nothing else is written.
const NOTE_EVERY: Duration = Duration::from_secs(1);

/// What was said, on disk, to be judged.
#[derive(Debug)]
pub(crate) struct Heard {
    pub items: Vec<Item>,
    pub mark: Mark,
}

/// A row of the journal: once everything before it and of it is recorded, a restart need not judge it again.
#[derive(Debug)]
pub(crate) struct Mark {
    row: i64,
    /// When the first message of it was taken up.
    began: Instant,
    judged: Arc<AtomicI64>,
}

impl Mark {
    /// It has been judged.
    pub(crate) fn judged(&self) {
        metrics::histogram!("xunjian_observation_judged_seconds").record(self.began.elapsed());
    }

    /// What came of it is recorded.
    pub(crate) fn recorded(self) {
        self.judged.fetch_max(self.row, Ordering::SeqCst);
    }
}

/// Whoever writes.
pub(super) struct Keeper {
    pub store: Store,
    pub to_judge: mpsc::Sender<Seen>,
    /// The row up to which everything is judged and recorded.
    judged: Arc<AtomicI64>,
    /// The same, as it was noted last.
    noted: i64,
}

impl Keeper {
    pub(super) fn new(store: Store, to_judge: mpsc::Sender<Seen>) -> Self {
        Self { store, to_judge, judged: Arc::default(), noted: 0 }
    }

    /// Keeps what comes until nobody reads any more, or until the stop while the store fails.
    pub(super) async fn keep(
        mut self,
        mut batches: mpsc::Receiver<Batch>,
        stop: &CancellationToken,
    ) -> anyhow::Result<()> {
        let mut tick = tokio::time::interval(NOTE_EVERY);
        loop {
            tokio::select! {
                biased;
                batch = batches.recv() => {
                    let Some(batch) = batch else { break };
                    if !self.take(batch, stop).await {
                        break;
                    }
                }
                _ = tick.tick() => self.note().await,
            }
        }
        self.note().await;
        Ok(())
    }

    /// What was kept before, of row `row`.
    pub(super) fn again(&self, row: i64, items: Vec<Item>) -> Heard {
        Heard { items, mark: self.mark(row, Instant::now()) }
    }

    /// `false`: nobody judges any more, or the program stops.
    async fn take(&mut self, batch: Batch, stop: &CancellationToken) -> bool {
        let Some(row) = self.write(&batch, stop).await else { return false };
        let Batch { items, answers, began, .. } = batch;
        for (receipt, fate) in answers {
            receipt.answer(fate);
        }
        metrics::histogram!("xunjian_observation_kept_seconds").record(began.elapsed());
        if items.is_empty() {
            return true;
        }
        let heard = Heard { items, mark: self.mark(row, began) };
        self.to_judge.send(Seen::Told(Box::new(heard))).await.is_ok()
    }

    /// Tries until it is written; its row. `None`: the program stops.
    async fn write(&mut self, batch: &Batch, stop: &CancellationToken) -> Option<i64> {
        loop {
            match self.try_write(batch).await {
                Ok(row) => return Some(row),
                Err(error) => {
                    tracing::warn!(%error, "observations cannot be kept, trying again");
                }
            }
            tokio::select! {
                () = stop.cancelled() => return None,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    async fn try_write(&mut self, batch: &Batch) -> Result<i64, store::StoreError> {
        for (source, change) in &batch.scenes {
            self.store.note_scene_change(source, change).await?;
        }
        let Some(journal) = &batch.journal else { return Ok(0) };
        let judged = self.judged.load(Ordering::SeqCst);
        let row = self.store.keep_observations(journal, judged).await?;
        self.noted = judged;
        metrics::counter!("xunjian_observation_messages_total").increment(journal.messages.into());
        Ok(row)
    }

    async fn note(&mut self) {
        let judged = self.judged.load(Ordering::SeqCst);
        if judged == self.noted {
            return;
        }
        match self.store.mark_judged(judged).await {
            Ok(()) => self.noted = judged,
            Err(error) => tracing::debug!(%error, "what was judged cannot be noted"),
        }
    }

    fn mark(&self, row: i64, began: Instant) -> Mark {
        Mark { row, began, judged: Arc::clone(&self.judged) }
    }
}
