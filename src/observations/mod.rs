//! Sensors and other detectors (`sensors`): what they say over MQTT is kept, acknowledged, and judged like what cameras see.
//!
//! ```text
//! broker ─► Publication ─► desk (thread: read, sort out repeats) ─► keep (one transaction, then PUBACK) ─► judge
//! ```
//! `tellers` knows who reads what, `gate` what was said before, `scenes` which cameras do not look any more where they were
//! surveyed. After a restart what was kept and not judged is judged first.

mod board;
mod config;
mod desk;
mod gate;
mod keep;
mod scenes;
mod tellers;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use dashboard::{Intake, Publication, Receipt};
use domain::{Clock, SourceId};
use ingest::Broker;
use jiff::{SignedDuration, Timestamp};
use store::{Observations, Store};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

pub(crate) use board::Told;
pub(crate) use config::{MappingWord, ObservationsConfig, Observing};
pub(crate) use desk::Item;
pub(crate) use keep::{Heard, Mark};
pub(crate) use scenes::Scenes;
pub(crate) use tellers::Listened;

use crate::config::{Config, Loaded};
use crate::stage::look::Seen;
use desk::{Batch, Desk};
use gate::Gate;
use keep::Keeper;
use tellers::Tellers;

/// Publications that may wait to be read; connections that have more wait themselves.
const WAITING: usize = 4096;
/// Batches that may wait for the disk: what comes meanwhile is put together to the next one.
const TO_KEEP: usize = 1;
/// How often old ones are looked for.
const PRUNE_EVERY: Duration = Duration::from_mins(10);

/// Everything that listening needs, made before the stages start.
pub(crate) struct Ears {
    tellers: Arc<Tellers>,
    published: mpsc::Receiver<Publication>,
    to_desk: mpsc::Sender<Publication>,
    pub told: Told,
    pub scenes: Scenes,
}

impl Ears {
    /// Reads what the configuration says, and which scenes had changed.
    pub(crate) async fn new(
        loaded: &Loaded,
        listened: &[Listened],
        store: &Store,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let tellers = Arc::new(Tellers::of(loaded)?);
        let scenes = Scenes::default();
        if tellers.tells_of_scenes() {
            tellers.recall_scenes(store, &scenes).await?;
        }
        let (to_desk, published) = mpsc::channel(WAITING);
        let silent_after = loaded.config.observations.silent_after;
        let told = Told::new(listened, Arc::clone(clock), silent_after);
        Ok(Self { tellers, published, to_desk, told, scenes })
    }

    /// Where the embedded broker brings what is published; none where another broker is listened to.
    pub(crate) fn intake(&self, config: &Config) -> Option<Intake> {
        if self.tellers.is_empty() || url(config).is_some() {
            return None;
        }
        let tellers = Arc::clone(&self.tellers);
        let wanted = move |topic: &str| tellers.wants(topic);
        Some(Intake::new(self.to_desk.clone(), wanted, config.observations.max_bytes))
    }
}

fn url(config: &Config) -> Option<url::Url> {
    config.observations.url.clone().or_else(|| config.mqtt.url.clone())
}

/// Listens until the stop.
pub(crate) async fn listen(
    config: &Config,
    ears: Ears,
    store: Store,
    clock: Arc<dyn Clock>,
    to_judge: mpsc::Sender<Seen>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let Ears { tellers, published, to_desk, told, scenes } = ears;
    if tellers.is_empty() {
        drop(to_judge);
        stop.cancelled().await;
        return Ok(());
    }
    let filters = tellers.filters();
    let keeper = Keeper::new(store.clone(), to_judge);
    let mut gates = BTreeMap::new();
    judge_what_was_kept(&keeper, &mut gates).await?;
    let desk = Desk { tellers, gates, told, scenes, clock: Arc::clone(&clock) };
    let (to_keep, batches) = mpsc::channel(TO_KEEP);
    let ended = read(desk, published, to_keep, stop)?;
    let hearing = hear(config, &filters, to_desk, stop);
    let keeping = keeper.keep(batches, stop);
    let read = async { ended.await.context("the thread that reads observations panicked") };
    tokio::try_join!(keeping, hearing, read, prune(config, &store, &clock, stop))?;
    Ok(())
}

/// Starts the thread that reads.
fn read(
    desk: Desk,
    published: mpsc::Receiver<Publication>,
    to_keep: mpsc::Sender<Batch>,
    stop: &CancellationToken,
) -> anyhow::Result<oneshot::Receiver<()>> {
    let (done, ended) = oneshot::channel();
    let (stop, runtime) = (stop.clone(), tokio::runtime::Handle::current());
    let work = move || {
        desk::sort(desk, published, &to_keep, &stop, &runtime);
        if done.send(()).is_err() {
            tracing::debug!("nobody waits for the reading of observations");
        }
    };
    std::thread::Builder::new()
        .name("observations".to_owned())
        .spawn(work)
        .context("cannot start the thread that reads observations")?;
    Ok(ended)
}

/// Goes on where an earlier run stopped, and remembers what was said last.
async fn judge_what_was_kept(
    keeper: &Keeper,
    gates: &mut BTreeMap<SourceId, Gate>,
) -> anyhow::Result<()> {
    let last = keeper.store.last_observations().await.context("cannot read what was said last")?;
    for item in last.iter().flat_map(items) {
        if let Item::Message(message) = item {
            gates.entry(message.source.clone()).or_default().pass(&message);
        }
    }
    let mut after = 0;
    loop {
        let rows =
            keeper.store.unjudged(after).await.context("cannot read what is to be judged")?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        tracing::info!(rows = rows.len(), "judging what was kept and not judged");
        for row in &rows {
            let heard = keeper.again(row.id, items(row));
            if keeper.to_judge.send(Seen::Told(Box::new(heard))).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// What a row holds. A line that cannot be read is told and passed over: it was written by another version.
fn items(row: &Observations) -> Vec<Item> {
    let read = |line: &[u8]| match sensors::read_canonical(line) {
        Ok(message) => Some(Item::Message(Box::new(message))),
        Err(error) => {
            tracing::error!(row = row.id, %error, "what was kept cannot be read again");
            None
        }
    };
    row.body.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).filter_map(read).collect()
}

/// Hears another broker than the embedded one, if there is one.
async fn hear(
    config: &Config,
    filters: &[String],
    to_desk: mpsc::Sender<Publication>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let Some(url) = url(config) else {
        stop.cancelled().await;
        return Ok(());
    };
    let (ca_file, client_id) = (config.mqtt.ca_file.clone(), config.observations.client_id.clone());
    let broker = Broker { url, ca_file, client_id };
    let filters: Vec<&str> = filters.iter().map(String::as_str).collect();
    ingest::hear(&broker, &filters, stop, Forward(to_desk)).await?;
    Ok(())
}

/// From another broker to the desk.
struct Forward(mpsc::Sender<Publication>);

/// The program stops.
#[derive(Debug, thiserror::Error)]
#[error("nobody keeps observations any more")]
struct Stopping;

impl ingest::Keep for Forward {
    type Error = Stopping;

    async fn keep(&mut self, messages: &[ingest::Heard]) -> Result<(), Stopping> {
        let (tell, mut told) = mpsc::channel(messages.len().max(1));
        for ingest::Heard { topic, payload } in messages {
            let tell = tell.clone();
            let receipt = Receipt::new(move |_| {
                let told = tell.try_send(()).is_ok();
                tracing::trace!(told, "message answered");
            });
            let publication =
                Publication { topic: topic.clone(), payload: payload.clone(), receipt };
            self.0.send(publication).await.ok().ok_or(Stopping)?;
        }
        drop(tell);
        for _ in messages {
            told.recv().await.ok_or(Stopping)?;
        }
        Ok(())
    }
}

async fn prune(
    config: &Config,
    store: &Store,
    clock: &Arc<dyn Clock>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let keep = SignedDuration::try_from(config.observations.keep).unwrap_or(SignedDuration::MAX);
    let mut tick = tokio::time::interval(PRUNE_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = tick.tick() => {}
        }
        let before = clock.now().saturating_sub(keep).unwrap_or(Timestamp::MIN);
        let most = config.observations.keep_bytes;
        if let Err(error) = store.prune_observations(before, most).await {
            tracing::warn!(%error, "old observations cannot be removed");
        }
    }
}
