//! What aircraft say while they fly: DJI Cloud API telemetry over MQTT, kept before it is
//! acknowledged.
//!
//! `sky` shows how each is right now. The program only listens. Two platforms that answer the same dock confuse it, so nothing here
//! answers, and nothing is sent to an aircraft.

mod sky;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::Clock;
use flight::cloud::{Devices, Serial, Topic, TopicKind, Update, Upload};
use ingest::{Broker, Heard, Keep};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use store::{NewObject, NewTelemetry, Store, StoreError};
use tokio_util::sync::CancellationToken;
use url::Url;

pub(crate) use sky::Sky;

use crate::config::Config;

/// The `[aircraft]` section.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AircraftConfig {
    /// Whether telemetry is listened to. Default: true.
    pub listen: bool,
    /// The broker of the aircraft's platform, `mqtt://user:password@host:1883`. Default: `mqtt.url`; the embedded
    /// broker takes nothing from outside.
    pub url: Option<Url>,
    /// Names the session at that broker. Default: xunjian-aircraft.
    pub client_id: String,
    /// How long messages are kept. Default: 30days.
    #[serde(with = "humantime_serde")]
    pub keep: Duration,
}

impl Default for AircraftConfig {
    fn default() -> Self {
        Self {
            listen: true,
            url: None,
            client_id: "xunjian-aircraft".to_owned(),
            keep: Duration::from_hours(24 * 30),
        }
    }
}

impl AircraftConfig {
    /// Each problem as (key, rule and value).
    pub(crate) fn validate(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        if let Some(url) = self.url.as_ref().filter(|url| !matches!(url.scheme(), "mqtt" | "mqtts"))
        {
            let rule = format!("must begin with mqtt:// or mqtts://, got `{}://`", url.scheme());
            problems.push(("aircraft.url".to_owned(), rule));
        }
        let id = self.client_id.as_bytes();
        let plain = id.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b));
        if !(1..=64).contains(&id.len()) || !plain {
            let rule = format!(
                "must be 1 to 64 of letters, digits, `-`, `_` and `.`, got `{}`",
                self.client_id
            );
            problems.push(("aircraft.client_id".to_owned(), rule));
        }
        problems
    }
}

/// What of the Cloud API is listened to (Cloud API documentation, "Topic Definition").
const FILTERS: [&str; 4] = [
    "thing/product/+/osd",
    "thing/product/+/state",
    "thing/product/+/events",
    "sys/product/+/status",
];

/// Of what was kept before the start, this much is read to know how each aircraft was last.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// Listens until the stop, and shows in `sky` what it hears.
pub(crate) async fn listen(
    config: &Config,
    store: Store,
    sky: Sky,
    clock: Arc<dyn Clock>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let Some(broker) = broker(config) else {
        stop.cancelled().await;
        return Ok(());
    };
    let fetch = config.flight.object_store.is_some();
    let mut log = Log { devices: Devices::default(), sky, fetch, store, clock };
    log.remember().await.context("cannot read what aircraft said last")?;
    ingest::hear(&broker, &FILTERS, stop, log).await.context("cannot listen to aircraft")
}

/// Where messages are kept.
struct Log {
    devices: Devices,
    sky: Sky,
    /// Whether files that a dock announces are fetched.
    fetch: bool,
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Log {
    /// Goes on from what was kept before the program stopped.
    async fn remember(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let since = now.saturating_sub(REMEMBERED).unwrap_or(now);
        for message in self.store.last_telemetry(since).await? {
            let Some(topic) = topic(&message.device, &message.kind) else { continue };
            // What was kept was understood; where it is not any more, it says nothing.
            if let Ok(update) = self.devices.take(&topic, message.body.as_bytes()) {
                self.sky.take(&update, &self.devices, message.received_at);
            }
        }
        Ok(())
    }
}

impl Keep for Log {
    type Error = StoreError;

    async fn keep(&mut self, messages: &[Heard]) -> Result<(), StoreError> {
        let now = self.clock.now();
        let news: Vec<NewTelemetry> =
            messages.iter().filter_map(|heard| self.understood(heard, now)).collect();
        let written = self.store.append_telemetry(&news).await.inspect_err(|_| {
            // They come again, and are not to be taken for repeated.
            self.devices = Devices::default();
        })?;
        metrics::counter!("xunjian_aircraft_messages_total").increment(written);
        Ok(())
    }
}

fn broker(config: &Config) -> Option<Broker> {
    let url = config.aircraft.url.clone().or_else(|| config.mqtt.url.clone());
    Some(Broker {
        url: url.filter(|_| config.aircraft.listen)?,
        ca_file: config.mqtt.ca_file.clone(),
        client_id: config.aircraft.client_id.clone(),
    })
}

impl Log {
    /// What is kept of a message; one that says nothing is counted and let go.
    fn understood(&mut self, heard: &Heard, now: Timestamp) -> Option<NewTelemetry> {
        let read = Topic::parse(&heard.topic)
            .and_then(|topic| Ok((self.devices.take(&topic, &heard.payload)?, topic)));
        let (update, topic) = match read {
            Ok(read) => read,
            Err(error) => {
                metrics::counter!("xunjian_aircraft_bad_messages_total").increment(1);
                tracing::debug!(
                    topic = heard.topic,
                    error = format!("{:#}", anyhow::Error::from(error)),
                    "message not understood"
                );
                return None;
            }
        };
        self.sky.take(&update, &self.devices, now);
        let at = match &update {
            Update::Osd(osd) => osd.at,
            Update::Topology(topology) => topology.at,
            Update::Upload(upload) => upload.at,
            Update::Event(event) => event.at,
            Update::Repeated { .. } => None,
        };
        let object = match &update {
            Update::Upload(upload) if self.fetch => Some(self.object(upload)),
            _ => None,
        };
        Some(NewTelemetry {
            device: topic.serial.as_str().to_owned(),
            at: at.unwrap_or(now),
            kind: kind(topic.kind).to_owned(),
            // The store knows what it has by all that a message says: parts of one OSD share their `tid`,
            // and the time of a repeated message is that of its arrival.
            tid: Some(BASE64_STANDARD.encode(Sha256::digest(&heard.payload))),
            body: String::from_utf8_lossy(&heard.payload).into_owned(),
            object,
        })
    }

    fn object(&self, upload: &Upload) -> NewObject {
        let gateway = upload.gateway.as_str().to_owned();
        let aircraft = self.sky.aircraft_of(&upload.gateway);
        NewObject {
            // One that names no flight belongs to what its dock sent last.
            task: if upload.flight_id.is_empty() {
                gateway.clone()
            } else {
                upload.flight_id.clone()
            },
            object_key: upload.object_key.clone(),
            name: name_in_flight(upload),
            aircraft: aircraft.map(|serial| serial.as_str().to_owned()),
            by: gateway,
            uploaded: upload.uploaded,
            expected: upload.expected,
        }
    }
}

/// Where a file stands in its flight: its folder on the aircraft and its name, without what leads elsewhere.
fn name_in_flight(upload: &Upload) -> String {
    let given = format!("{}/{}", upload.path, upload.name).replace('\\', "/");
    let parts = |text: &str| {
        let parts = text.split('/').map(|part| part.trim().replace(char::is_control, ""));
        parts.filter(|part| !matches!(part.as_str(), "" | "." | "..")).collect::<Vec<_>>()
    };
    let name = if upload.name.is_empty() { parts(&upload.object_key) } else { parts(&given) };
    name.join("/")
}

/// The topic that a message was kept from.
fn topic(device: &str, kept: &str) -> Option<Topic> {
    let kinds = [TopicKind::Osd, TopicKind::State, TopicKind::Events, TopicKind::Status];
    let kind = kinds.into_iter().find(|known| kind(*known) == kept)?;
    Some(Topic { serial: Serial::new(device)?, kind })
}

const fn kind(kind: TopicKind) -> &'static str {
    match kind {
        TopicKind::Osd => "osd",
        TopicKind::State => "state",
        TopicKind::Events => "events",
        TopicKind::Status => "status",
    }
}
