//! Frames that a platform forwards over MQTT, in hex or as they are. Nothing is answered.

use domain::TerminalId;
use ingest::{Broker, Heard, Keep};
use jiff::SignedDuration;
use jt808::{Frame, Joiner, Limits, Splitter};
use store::{NewPosition, StoreError};
use tokio_util::sync::CancellationToken;

use super::Desk;
use super::keep::count;
use super::session::{refused, rows};
use crate::config::Config;

/// Parts of all terminals together.
const LIMITS: Limits =
    Limits { messages: 1024, bytes: 16 << 20, age: SignedDuration::from_mins(2) };

/// Hears what is forwarded until the stop.
pub(super) async fn hear(
    config: &Config,
    desk: Desk,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let own = &config.terminals;
    let url = own.url.clone().or_else(|| config.mqtt.url.clone());
    let Some(url) = url.filter(|_| !own.topics.is_empty()) else {
        stop.cancelled().await;
        return Ok(());
    };
    let broker =
        Broker { url, ca_file: config.mqtt.ca_file.clone(), client_id: own.client_id.clone() };
    let filters: Vec<&str> = own.topics.iter().map(String::as_str).collect();
    let log = Log { desk, joiner: Joiner::new(LIMITS) };
    ingest::hear(&broker, &filters, stop, log).await?;
    Ok(())
}

struct Log {
    desk: Desk,
    joiner: Joiner,
}

impl Keep for Log {
    type Error = StoreError;

    async fn keep(&mut self, messages: &[Heard]) -> Result<(), StoreError> {
        let rows: Vec<NewPosition> =
            messages.iter().flat_map(|heard| self.positions(&heard.payload)).collect();
        self.desk.store.keep_positions(&rows).await.map(count)?;
        self.desk.judge(rows).await;
        Ok(())
    }
}

impl Log {
    fn positions(&mut self, payload: &[u8]) -> Vec<NewPosition> {
        let now = self.desk.clock.now();
        let mut kept = Vec::new();
        for frame in frames(payload) {
            if !self.desk.fleet.admits(&TerminalId::from(&frame.header.phone)) {
                refused("not_listed");
                continue;
            }
            let Some(message) = self.joiner.take(frame, now) else { continue };
            kept.extend(rows(&message, None, &self.desk));
        }
        for missing in self.joiner.missing(now) {
            refused("incomplete");
            tracing::warn!(%missing, "positions that were forwarded are lost");
        }
        kept
    }
}

/// The frames of a message, which may be hex; what is none is counted.
fn frames(payload: &[u8]) -> Vec<Frame> {
    let hex = std::str::from_utf8(payload).ok().and_then(jt808::unhex);
    let bytes = hex.as_deref().unwrap_or(payload);
    let mut frames = Vec::new();
    let mut splitter = Splitter::default();
    let mut take = |bytes: &[u8]| {
        splitter.push(bytes, |frame| match frame.map(Frame::decode) {
            Ok(Ok(frame)) => frames.push(frame),
            Ok(Err(error)) => bad(&error.to_string()),
            Err(error) => bad(&error.to_string()),
        });
    };
    take(bytes);
    // One without its flags ends with the message.
    take(&[0x7e]);
    frames
}

fn bad(error: &str) {
    refused("bad_frame");
    tracing::debug!(error, "forwarded frame not understood");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_in_hex_and_as_they_are() {
        // domain.md, section 12.
        let hex = "7e0002000001381234567800083b7e";
        let bytes = jt808::unhex(hex).unwrap();
        let twice = [&bytes[..], &bytes].concat();
        let upper = hex.to_uppercase();
        for (payload, wanted) in [
            (hex.as_bytes(), 1),
            (upper.as_bytes(), 1),
            (&bytes, 1),
            (&bytes[1..bytes.len() - 1], 1),
            (&twice, 2),
            (b"{}", 0),
            (b"", 0),
        ] {
            assert_eq!(frames(payload).len(), wanted, "{payload:?}");
        }
    }
}
