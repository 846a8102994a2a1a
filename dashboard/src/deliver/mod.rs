//! Delivery: outbox → MQTT.
//!
//! Owns the topics (`docs/mqtt.md`), the embedded broker and the connection to an external one.
//! Alerts wait in the outbox while no broker takes them; source states are retained and only the
//! newest counts. Leaves the outbox's content and its order to `store`.

mod client;
mod courier;
mod embedded;
mod external;
mod intake;
mod state;
mod wire;

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use rand::Rng;
use tokio_util::sync::CancellationToken;

pub use embedded::BrokerError;
pub use external::CaFileError;
pub use intake::{Fate, Intake, Publication, Receipt, matches};
pub use state::Delivery;

use crate::{Context, config::MqttConfig};
use courier::{Courier, Interrupted};
use embedded::Embedded;
use external::Dial;

/// The first pause after a lost broker; doubled up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Delivery cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    #[error(transparent)]
    Broker(#[from] BrokerError),
    #[error(transparent)]
    CaFile(#[from] CaFileError),
    #[error("the embedded MQTT broker failed: {0}")]
    Died(String),
}

/// Delivers until `stop`, then for at most 3 s more what is ready. What is left stays in the
/// outbox for the next start.
///
/// An external broker may come and go; only the embedded one failing is an error.
pub async fn deliver(
    config: &MqttConfig,
    context: &Context,
    stop: CancellationToken,
) -> Result<(), DeliverError> {
    let courier = Courier::new(context, config.window);
    match &config.url {
        Some(url) => {
            let dial = Dial::new(url, config)?;
            to_external(courier, &dial, &context.delivery, &stop).await;
            Ok(())
        }
        None => to_embedded(courier, config, context, &stop).await,
    }
}

async fn to_embedded(
    mut courier: Courier,
    config: &MqttConfig,
    context: &Context,
    stop: &CancellationToken,
) -> Result<(), DeliverError> {
    let state = &context.delivery;
    let mut broker = Embedded::start(config, context.intake.clone()).await?;
    tracing::info!(listen = %config.listen, "embedded MQTT broker listens");
    state.up();
    let mut pause = Pause::default();
    let outcome = loop {
        match courier.run(&mut broker, stop).await {
            Ok(()) => break Ok(()),
            Err(Interrupted::Lost(lost)) => break Err(DeliverError::Died(lost.to_string())),
            Err(Interrupted::Store(error)) => {
                let cause = with_causes(&error);
                tracing::error!(error = cause, "cannot read the outbox, trying again");
                if !pause.wait(stop).await {
                    break Ok(());
                }
            }
        }
    };
    state.down("stopped");
    broker.close().await;
    outcome
}

async fn to_external(
    mut courier: Courier,
    dial: &Dial,
    state: &Delivery,
    stop: &CancellationToken,
) {
    let mut pause = Pause::default();
    loop {
        let connected = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            connected = dial.connect() => connected,
        };
        let interrupted = match connected {
            Ok(mut session) => {
                tracing::info!("connected to the MQTT broker");
                state.up();
                let since = Instant::now();
                let interrupted = courier.run(&mut session, stop).await;
                // A broker that takes the connection and then refuses the messages is no better
                // than none.
                if since.elapsed() > LONGEST_PAUSE {
                    pause = Pause::default();
                }
                interrupted
            }
            Err(lost) => Err(lost.into()),
        };
        let Err(error) = interrupted else { break };
        let cause = with_causes(&error);
        if state.down(&cause) {
            tracing::warn!(error = cause, "no MQTT broker: alerts wait in the outbox");
        }
        if let Err(error) = courier.measure().await {
            tracing::error!(error = with_causes(&error), "cannot read the outbox");
        }
        if !pause.wait(stop).await {
            break;
        }
    }
    state.down("stopped");
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// Grows from try to try, with jitter so that many installations do not come back as one.
struct Pause(Duration);

impl Default for Pause {
    fn default() -> Self {
        Self(FIRST_PAUSE)
    }
}

impl Pause {
    /// `false`: stop was asked for meanwhile.
    async fn wait(&mut self, stop: &CancellationToken) -> bool {
        let this = self.0.mul_f64(rand::rng().random_range(0.5..=1.0));
        self.0 = (self.0 * 2).min(LONGEST_PAUSE);
        tokio::select! {
            biased;
            () = stop.cancelled() => false,
            () = tokio::time::sleep(this) => true,
        }
    }
}
