//! Writes what many connections heard, together.

use std::time::Duration;

use jt808::Header;
use store::NewPosition;
use tokio::sync::mpsc::{self, Receiver};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::Desk;

/// Messages that may wait to be written; connections that have more wait themselves.
pub(super) const WAITING: usize = 4096;

/// Messages of so long are written together: one write to the disk instead of hundreds.
const TOGETHER: Duration = Duration::from_millis(100);
/// Positions in one transaction at most, so that alerts do not wait long for the writer.
const MOST_ROWS: usize = 2000;
/// Between two tries while the store fails.
const PAUSE: Duration = Duration::from_secs(1);

/// A message to be kept.
pub(super) struct Keeping {
    pub(super) rows: Vec<NewPosition>,
    pub(super) kept: Kept,
    /// Has room for every message that its connection may have here.
    pub(super) tell: mpsc::Sender<Kept>,
}

/// A message that is on disk.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) header: Header,
    /// Of its frames; each is acknowledged.
    pub(super) serials: Vec<u16>,
}

/// Keeps what comes until every connection is gone, or until the stop while the store fails.
pub(super) async fn keep(
    desk: Desk,
    mut waiting: Receiver<Keeping>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    while let Some(first) = waiting.recv().await {
        let (rows, told) = batch(first, &mut waiting).await;
        while let Err(error) = desk.store.keep_positions(&rows).await.map(count) {
            tracing::warn!(%error, "positions of terminals cannot be kept, trying again");
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
        for (kept, tell) in told {
            // A connection that is gone comes back and sends again what it was not told.
            drop(tell.try_send(kept));
        }
        desk.judge(rows).await;
    }
    Ok(())
}

type Told = Vec<(Kept, mpsc::Sender<Kept>)>;

async fn batch(first: Keeping, waiting: &mut Receiver<Keeping>) -> (Vec<NewPosition>, Told) {
    let deadline = Instant::now() + TOGETHER;
    let (mut rows, mut told) = (first.rows, vec![(first.kept, first.tell)]);
    while rows.len() < MOST_ROWS {
        let Ok(Some(next)) = timeout_at(deadline, waiting.recv()).await else { break };
        rows.extend(next.rows);
        told.push((next.kept, next.tell));
    }
    (rows, told)
}

/// Counts what was news.
pub(super) fn count(news: u64) {
    metrics::counter!("xunjian_terminal_positions_total").increment(news);
}
