//! The life of the stages: a stage that ends early stops the program, and stopping is soft, then hard.

use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::pipeline::Stages;

/// How long the stages have to drain.
const DRAIN: Duration = Duration::from_secs(30);

/// Waits for every stage. SIGINT and SIGTERM cancel `stop`; a stage that ends before that is an error and
/// stops the others. A second signal, or 30 s, ends the wait.
pub(crate) async fn supervise(stages: Stages, stop: CancellationToken) -> anyhow::Result<()> {
    interruptible(drained(stages, &stop), &stop).await
}

/// Does `work` while signals are heard: the first cancels `stop`, the second ends the wait.
pub(crate) async fn interruptible<T>(
    work: impl Future<Output = anyhow::Result<T>>,
    stop: &CancellationToken,
) -> anyhow::Result<T> {
    tokio::select! {
        outcome = work => outcome,
        Err(error) = listen_for_signals(stop) => Err(error),
    }
}

/// Waits for every stage; one that ends before `stop` is an error and stops the others.
pub(crate) async fn drained(stages: Stages, stop: &CancellationToken) -> anyhow::Result<()> {
    tokio::select! {
        outcome = drain(stages, stop) => outcome,
        () = overdue(stop) => bail!("stages did not drain within {} s of the stop", DRAIN.as_secs()),
    }
}

/// Returns at the second signal only.
async fn listen_for_signals(stop: &CancellationToken) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if stop.is_cancelled() {
            bail!("stopped by a second signal");
        }
        tracing::info!("stopping; once more to stop at once");
        stop.cancel();
    }
}

async fn drain(mut stages: Stages, stop: &CancellationToken) -> anyhow::Result<()> {
    let mut outcome = Ok(());
    while let Some(joined) = stages.join_next().await {
        let (stage, result) = joined.context("a stage panicked")?;
        if !stop.is_cancelled() {
            tracing::error!(stage, "stage ended before the program was asked to stop");
            stop.cancel();
        }
        let result = result.with_context(|| format!("stage `{stage}` failed"));
        if outcome.is_ok() {
            outcome = result;
        }
    }
    outcome
}

async fn overdue(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(DRAIN).await;
}
