//! Reads one recording to its end through the road.

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, SourceStatus};
use ingest::SegmentDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::sources::{Board, Extent, Ready, To, finished};
use crate::stage::inbox::Inbox;

/// Where recordings are read to.
pub(crate) struct Road<'a> {
    pub inbox: &'a Arc<Inbox>,
    pub segments: SegmentDir,
    pub clock: Arc<dyn Clock>,
    pub config: &'a ingest::Config,
    pub stop: &'a CancellationToken,
}

/// How the reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Reached,
    /// By a signal, or because a stage failed.
    Interrupted,
}

/// How often somebody is told how far it is.
const TICK: Duration = Duration::from_millis(200);

impl Road<'_> {
    /// Reads to the end, or until `stop`; `watch` is shown how far it is.
    pub(crate) async fn read(
        &self,
        input: &Ready,
        extent: Extent,
        mut watch: impl FnMut(&Board),
    ) -> (Option<SourceStatus>, End) {
        let board = Board::default();
        let (tell, mut told) = watch::channel(false);
        let changed = move |status: SourceStatus| {
            tell.send_if_modified(|ended| {
                *ended |= finished(status.state);
                *ended
            });
        };
        let (segments, clock) = (Some(self.segments.clone()), Arc::clone(&self.clock));
        let to = To { inbox: self.inbox, extent };
        board.start(input, &to, segments, changed, clock, self.config);
        let mut end = End::Reached;
        loop {
            tokio::select! {
                // The sender going away means the same: no more frames.
                _ = told.wait_for(|ended| *ended) => break,
                () = self.stop.cancelled() => {
                    self.inbox.close();
                    end = End::Interrupted;
                    break;
                }
                () = tokio::time::sleep(TICK) => watch(&board),
            }
        }
        watch(&board);
        let status = board.statuses().pop();
        let stopping = tokio::task::spawn_blocking(move || board.stop()).await;
        if stopping.is_err() {
            tracing::error!(source = %input.spec.id, "stopping the source panicked");
        }
        (status, end)
    }
}
