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
use store::Store;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(crate) use config::TerminalsConfig;
pub(crate) use fleet::Fleet;

use crate::config::Loaded;

/// What everybody here works with.
#[derive(Clone)]
struct Desk {
    store: Store,
    fleet: Arc<Fleet>,
    clock: Arc<dyn Clock>,
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
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let config = &loaded.config.terminals;
    let fleet = Fleet::read(config, |path| loaded.resolve(path))
        .map_err(anyhow::Error::msg)
        .context("cannot read the list of terminals")?;
    let desk = Desk { store, fleet: Arc::new(fleet), clock };
    // A connection waits where the disk does not keep up: nothing is dropped, the terminal feels it through TCP.
    let (to_keep, waiting) = mpsc::channel(keep::WAITING);
    let keeper = keep::keep(desk.store.clone(), waiting, stop);
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
