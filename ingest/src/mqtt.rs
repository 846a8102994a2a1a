//! Messages from an MQTT 5 broker, acknowledged only once they are kept.
//!
//! The broker keeps the session while the program is away, and sends again what was not acknowledged:
//! whoever keeps messages must take repeats. What a message means is decided elsewhere.

use std::fmt::Display;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Filter, Packet, Publish};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::backoff::Backoff;

/// Where messages come from.
#[derive(Debug, Clone)]
pub struct Broker {
    /// `mqtt://user:password@host:1883`, or `mqtts://…` for TLS.
    pub url: Url,
    /// PEM file with the authority that signed the broker's certificate.
    pub ca_file: Option<PathBuf>,
    /// Names the session that the broker keeps.
    pub client_id: String,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub topic: String,
    pub payload: Bytes,
}

/// Keeps messages.
pub trait Keep: Send {
    type Error: Display;

    /// Keeps all of them or none. They are in the order in which they came, may have come before, and
    /// are acknowledged once this says that they are kept.
    fn keep(&mut self, messages: &[Heard]) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// The settings cannot be used, and trying again will not help.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{}`, the authority of the MQTT broker", path.display())]
pub struct BrokerError {
    path: PathBuf,
    source: std::io::Error,
}

/// What the broker may send before it is acknowledged.
const WINDOW: u16 = 500;
/// Messages of so long are kept together: one write to the disk instead of hundreds.
const TOGETHER: Duration = Duration::from_millis(200);
/// How long the broker keeps the session while the program is away, seconds.
const SESSION_S: u32 = 24 * 3600;
/// Longer packets are not sent by the broker: with a topic around the largest message that is read.
const MOST_BYTES: u32 = 512 << 10;
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const CONNECT_TIMEOUT_S: u64 = 5;
/// Between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

type Events = Pin<Box<dyn Stream<Item = Result<Event, ConnectionError>> + Send>>;

/// Hears what is published under `filters` until `stop`, and acknowledges what is kept.
pub async fn hear(
    broker: &Broker,
    filters: &[&str],
    stop: &CancellationToken,
    mut keep: impl Keep,
) -> Result<(), BrokerError> {
    let options = broker.options()?;
    let mut backoff = Backoff::new(LONGEST_PAUSE);
    loop {
        let ended = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            ended = session(&options, filters, &mut keep) => ended,
        };
        if ended.worked {
            backoff.reset();
        }
        tracing::warn!(error = ended.why, "no messages from the MQTT broker, trying again");
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(backoff.wait()) => {}
        }
    }
}

/// How a session ended.
struct Ended {
    /// Messages were kept.
    worked: bool,
    why: String,
}

async fn session(options: &MqttOptions, filters: &[&str], keep: &mut impl Keep) -> Ended {
    // Room for every acknowledgement that can be owed, so that giving them never waits.
    let (client, events) = AsyncClient::new(options.clone(), usize::from(WINDOW) * 2);
    let mut events: Events = Box::pin(until_lost(events));
    let mut worked = false;
    let why = loop {
        let batch = match next_batch(&client, &mut events, filters).await {
            Ok(batch) => batch,
            Err(why) => break why,
        };
        let heard: Vec<Heard> = batch.iter().map(Heard::from).collect();
        if let Err(error) = keep.keep(&heard).await {
            break format!("messages cannot be kept: {error}");
        }
        worked = true;
        let refused = batch.iter().find_map(|publish| client.try_ack(publish).err());
        if let Some(error) = refused {
            break error.to_string();
        }
    };
    Ended { worked, why }
}

/// Waits for a message, and takes those that follow within [`TOGETHER`].
async fn next_batch(
    client: &AsyncClient,
    events: &mut Events,
    filters: &[&str],
) -> Result<Vec<Publish>, String> {
    let mut batch = Vec::new();
    let mut deadline: Option<Instant> = None;
    loop {
        let event = match deadline {
            None => events.next().await,
            Some(deadline) => match timeout_at(deadline, events.next()).await {
                Ok(event) => event,
                Err(_) => return Ok(batch),
            },
        };
        match event {
            Some(Ok(Event::Incoming(Packet::Publish(publish)))) => {
                batch.push(publish);
                deadline.get_or_insert_with(|| Instant::now() + TOGETHER);
                if batch.len() >= usize::from(WINDOW) {
                    return Ok(batch);
                }
            }
            Some(Ok(Event::Incoming(Packet::ConnAck(_)))) => {
                tracing::info!("listening to the MQTT broker");
                subscribe(client, filters)?;
            }
            Some(Ok(Event::Incoming(Packet::Disconnect(bye)))) => {
                return Err(format!("the broker closed the connection: {:?}", bye.reason_code));
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.to_string()),
            None => return Err("the connection ended".to_owned()),
        }
    }
}

fn subscribe(client: &AsyncClient, filters: &[&str]) -> Result<(), String> {
    let filters = filters.iter().map(|filter| Filter::new(*filter, QoS::AtLeastOnce));
    client.try_subscribe_many(filters).map_err(|error| error.to_string())
}

impl From<&Publish> for Heard {
    fn from(publish: &Publish) -> Self {
        let topic = String::from_utf8_lossy(&publish.topic).into_owned();
        Self { topic, payload: publish.payload.clone() }
    }
}

impl Broker {
    fn options(&self) -> Result<MqttOptions, BrokerError> {
        let secure = self.url.scheme() == "mqtts";
        let port = self.url.port().unwrap_or(if secure { 8883 } else { 1883 });
        // An IPv6 address stands in brackets in a URL, and without them in a socket address.
        let host = self.url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let mut options = MqttOptions::new(&self.client_id, host, port);
        if !self.url.username().is_empty() {
            let password = self.url.password().unwrap_or_default();
            options.set_credentials(decoded(self.url.username()), decoded(password));
        }
        if secure {
            options.set_transport(Transport::Tls(self.tls()?));
        }
        options
            .set_connection_timeout(CONNECT_TIMEOUT_S)
            .set_keep_alive(KEEP_ALIVE)
            .set_clean_start(false)
            .set_session_expiry_interval(Some(SESSION_S))
            .set_receive_maximum(Some(WINDOW))
            .set_max_packet_size(Some(MOST_BYTES))
            .set_manual_acks(true);
        Ok(options)
    }

    fn tls(&self) -> Result<TlsConfiguration, BrokerError> {
        let Some(path) = &self.ca_file else { return Ok(TlsConfiguration::Native) };
        let ca =
            std::fs::read(path).map_err(|source| BrokerError { path: path.clone(), source })?;
        Ok(TlsConfiguration::SimpleNative { ca, client_auth: None })
    }
}

/// The events of one connection. rumqttc would connect again when polled after an error; here the
/// stream ends instead. A stream also keeps a half-done poll when its `next` is dropped.
fn until_lost(events: EventLoop) -> impl Stream<Item = Result<Event, ConnectionError>> + Send {
    stream::unfold(Some(events), |events| async {
        let mut events = events?;
        let event = events.poll().await;
        let events = event.is_ok().then_some(events);
        Some((event, events))
    })
}

/// User and password stand percent-encoded in a URL.
fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
