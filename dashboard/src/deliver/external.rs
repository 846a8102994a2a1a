//! A session with a broker outside: MQTT 5, `QoS` 1.
//!
//! rumqttc would resend what was under way by itself after a reconnect, in an order of its own and
//! without telling which outbox rows it means. So a session here ends with its connection, and the
//! next one begins with the outbox.

use std::{
    collections::{HashMap, VecDeque},
    fs, io,
    path::{Path, PathBuf},
    pin::Pin,
    time::Duration,
};

use futures_util::{FutureExt, Stream, StreamExt, stream};
use rumqttc::{
    Outgoing, TlsConfiguration, Transport,
    v5::{
        AsyncClient, ConnectionError, Event, EventLoop, MqttOptions,
        mqttbytes::{
            QoS,
            v5::{LastWill, Packet, PubAck, PubAckReason, PublishProperties},
        },
    },
};
use url::Url;

use super::courier::{AVAILABLE, Lost, Message, Session};
use crate::config::MqttConfig;

const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Seconds for the connection and the broker's answer.
const CONNECT_TIMEOUT_S: u64 = 5;

/// The settings cannot be used, and trying again will not help.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{path}` (`mqtt.ca_file`)")]
pub struct CaFileError {
    path: PathBuf,
    source: io::Error,
}

/// How to reach the broker.
pub(super) struct Dial {
    options: MqttOptions,
    window: u16,
}

impl Dial {
    pub(super) fn new(url: &Url, config: &MqttConfig) -> Result<Self, CaFileError> {
        let secure = url.scheme() == "mqtts";
        let port = url.port().unwrap_or(if secure { 8883 } else { 1883 });
        // An IPv6 address stands in brackets in a URL, and without them in a socket address.
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let mut options = MqttOptions::new(&config.client_id, host, port);
        if !url.username().is_empty() {
            options.set_credentials(decoded(url.username()), decoded(url.password().unwrap_or("")));
        }
        if secure {
            options.set_transport(Transport::Tls(tls(config.ca_file.as_deref())?));
        }
        let mut network = rumqttc::NetworkOptions::new();
        network.set_tcp_nodelay(true);
        network.set_connection_timeout(CONNECT_TIMEOUT_S);
        options
            .set_network_options(network)
            .set_connection_timeout(CONNECT_TIMEOUT_S)
            .set_keep_alive(KEEP_ALIVE)
            .set_clean_start(true)
            .set_outgoing_inflight_upper_limit(config.window)
            .set_last_will(LastWill::new(AVAILABLE, "offline", QoS::AtLeastOnce, true, None));
        Ok(Self { options, window: config.window })
    }

    /// Connects once.
    pub(super) async fn connect(&self) -> Result<External, Lost> {
        // Room for a full window and the last word.
        let room = usize::from(self.window) + 2;
        let (client, events) = AsyncClient::new(self.options.clone(), room);
        let mut session = External {
            client,
            events: Box::pin(until_lost(events)),
            lost: None,
            handed: VecDeque::new(),
            sent: HashMap::new(),
        };
        loop {
            match session.events.next().await {
                Some(Ok(Event::Incoming(Packet::ConnAck(_)))) => return Ok(session),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(told(&error)),
                None => return Err(Lost::new("the connection ended")),
            }
        }
    }
}

/// A live connection.
pub(super) struct External {
    client: AsyncClient,
    events: Pin<Box<dyn Stream<Item = Result<Event, ConnectionError>> + Send>>,
    /// The end of the connection, held back until the acknowledgements before it were reported.
    lost: Option<Lost>,
    /// Handed to the client, not yet given a packet id; in order.
    handed: VecDeque<Option<i64>>,
    /// Packet id → outbox row.
    sent: HashMap<u16, Option<i64>>,
}

impl Session for External {
    async fn send(&mut self, message: Message) -> Result<(), Lost> {
        let properties = PublishProperties {
            payload_format_indicator: Some(1),
            content_type: Some(message.content_type.to_owned()),
            user_properties: message
                .event_id
                .map(|id| ("event_id".to_owned(), id))
                .into_iter()
                .collect(),
            ..Default::default()
        };
        let Message { topic, payload, retain, row, .. } = message;
        self.client
            .try_publish_with_properties(topic, QoS::AtLeastOnce, retain, payload, properties)
            .map_err(|error| Lost::new(format!("the client takes no message: {error}")))?;
        self.handed.push_back(row);
        Ok(())
    }

    async fn acknowledged(&mut self) -> Result<Vec<i64>, Lost> {
        if let Some(lost) = self.lost.take() {
            return Err(lost);
        }
        let mut rows = Vec::new();
        let mut next = self.events.next().await;
        // From here on nothing waits, so nothing is lost when this future is dropped.
        loop {
            let outcome = match next {
                Some(Ok(event)) => self.note(&event, &mut rows),
                Some(Err(error)) => Err(told(&error)),
                None => Err(Lost::new("the connection ended")),
            };
            match outcome {
                Ok(()) => {}
                Err(lost) if rows.is_empty() => return Err(lost),
                Err(lost) => {
                    self.lost = Some(lost);
                    return Ok(rows);
                }
            }
            match self.events.next().now_or_never() {
                Some(ready) => next = ready,
                None => return Ok(rows),
            }
        }
    }

    fn unacknowledged(&self) -> usize {
        self.handed.len() + self.sent.len()
    }
}

impl External {
    fn note(&mut self, event: &Event, rows: &mut Vec<i64>) -> Result<(), Lost> {
        match event {
            Event::Outgoing(Outgoing::Publish(packet)) => {
                let row = self.handed.pop_front().flatten();
                self.sent.insert(*packet, row);
            }
            Event::Incoming(Packet::PubAck(PubAck { pkid, reason, .. })) => {
                if !matches!(reason, PubAckReason::Success | PubAckReason::NoMatchingSubscribers) {
                    return Err(Lost::new(format!("the broker refuses a message: {reason:?}")));
                }
                rows.extend(self.sent.remove(pkid).flatten());
            }
            Event::Incoming(Packet::Disconnect(disconnect)) => {
                let reason = disconnect.reason_code;
                return Err(Lost::new(format!("the broker closed the connection: {reason:?}")));
            }
            _ => {}
        }
        Ok(())
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

fn told(error: &ConnectionError) -> Lost {
    Lost::new(error.to_string())
}

fn tls(ca_file: Option<&Path>) -> Result<TlsConfiguration, CaFileError> {
    let Some(path) = ca_file else { return Ok(TlsConfiguration::Native) };
    let ca = fs::read(path).map_err(|source| CaFileError { path: path.to_owned(), source })?;
    Ok(TlsConfiguration::SimpleNative { ca, client_auth: None })
}

/// User and password stand percent-encoded in a URL.
fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, host: &str, port: u16, login: Option<(&str, &str)>) {
        let dial = Dial::new(&url.parse().unwrap(), &MqttConfig::default()).unwrap();
        assert_eq!(dial.options.broker_address(), (host.to_owned(), port), "{url}");
        let credentials = dial.options.credentials();
        let found = credentials.as_ref().map(|l| (l.username.as_str(), l.password.as_str()));
        assert_eq!(found, login, "{url}");
    }

    #[test]
    fn addresses_are_read_as_they_are_written() {
        check("mqtt://broker", "broker", 1883, None);
        check("mqtts://broker", "broker", 8883, None);
        check("mqtt://[::1]:1884", "::1", 1884, None);
        check("mqtt://li@broker", "broker", 1883, Some(("li", "")));
        check("mqtt://li:p%40s%2Bs+%26@broker:1", "broker", 1, Some(("li", "p@s+s+&")));
    }
}
