//! Terminals in trucks (JT/T 808): heard over TCP, where they are answered, and over MQTT, where a platform forwards
//! them.
//!
//! Both ways end in `Store::keep_positions`: a position is acknowledged once it is on disk, never before. `keep`
//! writes the messages of many connections together, `session` decides what is answered, `serve` holds the sockets.

mod config;
mod fleet;
mod forwarded;
mod keep;
mod serve;
mod session;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use domain::Clock;
use jiff::SignedDuration;
use store::{NewPosition, Store};
use tokio::sync::mpsc::{self, Sender};
use tokio_util::sync::CancellationToken;

pub(crate) use config::TerminalsConfig;
pub(crate) use fleet::Fleet;

use crate::config::Loaded;
use crate::trucks::Heard;

/// What everybody here works with.
#[derive(Clone)]
struct Desk {
    store: Store,
    fleet: Arc<Fleet>,
    clock: Arc<dyn Clock>,
    /// Whoever judges what is kept.
    to_judge: Sender<Heard>,
}

impl Desk {
    /// Positions that are on disk are judged; full: whoever keeps waits.
    async fn judge(&self, rows: Vec<NewPosition>) {
        if rows.is_empty() {
            return;
        }
        let reports = rows.into_iter().map(|row| row.report).collect();
        if self.to_judge.send(Heard::Kept(reports)).await.is_err() {
            tracing::debug!("positions are kept and not judged: the program stops");
        }
    }
}

/// How often old positions are looked for.
const PRUNE_EVERY: Duration = Duration::from_mins(10);

/// Clocks of terminals may go ahead by this before what they say is taken for rubbish.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// Listens until the stop.
pub(crate) async fn listen(
    loaded: &Loaded,
    store: Store,
    clock: Arc<dyn Clock>,
    to_judge: Sender<Heard>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let config = &loaded.config.terminals;
    let fleet = Fleet::read(config, |path| loaded.resolve(path))
        .map_err(anyhow::Error::msg)
        .context("cannot read the list of terminals")?;
    let desk = Desk { store, fleet: Arc::new(fleet), clock, to_judge };
    // A connection waits where the disk does not keep up: nothing is dropped, the terminal feels it through TCP.
    let (to_keep, waiting) = mpsc::channel(keep::WAITING);
    let keeper = keep::keep(desk.clone(), waiting, stop);
    let server = serve::serve(config, desk.clone(), to_keep, stop);
    let hearing = forwarded::hear(&loaded.config, desk.clone(), stop);
    tokio::try_join!(keeper, server, hearing, prune(&desk, config.keep, stop))?;
    Ok(())
}

async fn prune(desk: &Desk, keep: Duration, stop: &CancellationToken) -> anyhow::Result<()> {
    let keep = SignedDuration::try_from(keep).unwrap_or(SignedDuration::MAX);
    let mut tick = tokio::time::interval(PRUNE_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = tick.tick() => {}
        }
        let now = desk.clock.now();
        let (before, behind) = (now.saturating_sub(keep), now.saturating_add(AHEAD));
        let (Ok(before), Ok(behind)) = (before, behind) else { continue };
        if let Err(error) = desk.store.prune_positions(before, behind).await {
            tracing::warn!(%error, "old positions of terminals cannot be removed");
        }
    }
}
