//! The embedded broker, for installations that bring none of their own.
//!
//! rumqttd keeps subscriptions, sessions and retained messages; the listener is ours, because
//! rumqttd 0.20 wants one port per protocol version, never sets `TCP_NODELAY`, and stops taking
//! connections for good after a client with a bad id came twice. What clients publish goes to the intake, past the router. Publishing goes through its
//! in-process link: a message the router has accepted is delivered. Everything is in memory; a
//! restart of the program forgets subscriptions, and the gap shows in `seq`.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::{BufMut, BytesMut};
use futures_util::FutureExt;
use rumqttd::{
    Notification, RouterConfig,
    local::{LinkBuilder, LinkError, LinkRx, LinkTx},
    protocol::{Packet, Publish, PublishProperties},
};
use sha2::{Digest, Sha256};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinSet, spawn_blocking},
};

use super::{
    client::{Client, Ended, Right},
    courier::{Lost, Message, Session},
    intake::{Intake, WINDOW},
    wire::{Codec, Farewell, Hello},
};
use crate::config::MqttConfig;

/// Clients at a time; the next one is told that the server is busy.
const MAX_CLIENTS: usize = 256;
/// Client ids that may keep a session over a reconnect.
const MAX_SESSIONS: usize = 64;
/// What the router keeps for slow subscribers, per subscribed filter: 8 segments of 1 MiB, some
/// 5000 alerts. Beyond that the oldest are dropped, and the subscriber sees a gap in `seq`.
const SEGMENT_BYTES: usize = 1 << 20;
const SEGMENTS: usize = 8;
/// How long clients get at the end to receive what the router has accepted.
const LINGER: Duration = Duration::from_millis(300);

/// The broker could not start.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    #[error(
        "cannot listen on {listen} (`mqtt.listen`): if a broker is running there, name it in \
         `mqtt.url`, else choose another port"
    )]
    Listen { listen: SocketAddr, source: io::Error },
    #[error("cannot link to the embedded broker")]
    Link(#[source] Box<LinkError>),
}

/// The broker with the publisher's link into it.
pub(super) struct Embedded {
    tx: LinkTx,
    rx: LinkRx,
    /// What was sent and not yet acknowledged, in order: the outbox row, or none for a state.
    sent: VecDeque<Option<i64>>,
    /// Ends with the broker.
    tasks: JoinSet<()>,
}

impl Embedded {
    /// Listens, starts the router and serves clients.
    pub(super) async fn start(
        config: &MqttConfig,
        intake: Option<Intake>,
    ) -> Result<Self, BrokerError> {
        let listen = config.listen;
        let listener = TcpListener::bind(listen)
            .await
            .map_err(|source| BrokerError::Listen { listen, source })?;
        let router = rumqttd::Router::new(0, limits()).spawn();
        let link: Linker = Box::new(move |name, keeps| {
            LinkBuilder::new(name, router.clone())
                .clean_session(!keeps)
                .dynamic_filters(true)
                .build()
                .map_err(Box::new)
        });
        let (tx, rx, _) = link("xunjian", false).map_err(BrokerError::Link)?;
        let door = Arc::new(Door::new(link, config, intake));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, door));
        Ok(Self { tx, rx, sent: VecDeque::new(), tasks })
    }

    /// Lets clients receive what is under way, then ends them.
    pub(super) async fn close(mut self) {
        tokio::time::sleep(LINGER).await;
        self.tasks.shutdown().await;
    }
}

fn limits() -> RouterConfig {
    RouterConfig {
        max_connections: MAX_CLIENTS + 1,
        max_outgoing_packet_count: 200,
        max_segment_size: SEGMENT_BYTES,
        max_segment_count: SEGMENTS,
        ..Default::default()
    }
}

impl Session for Embedded {
    async fn send(&mut self, message: Message) -> Result<(), Lost> {
        let properties = PublishProperties {
            content_type: Some(message.content_type.to_owned()),
            user_properties: message
                .event_id
                .map(|id| ("event_id".to_owned(), id))
                .into_iter()
                .collect(),
            ..Default::default()
        };
        let publish = Publish::deserialize(qos_1(&message.topic, &message.payload, message.retain));
        self.tx.send(Packet::Publish(publish, Some(properties))).await.map_err(|e| gone(&e))?;
        self.sent.push_back(message.row);
        Ok(())
    }

    async fn acknowledged(&mut self) -> Result<Vec<i64>, Lost> {
        let mut rows = Vec::new();
        let mut next = tokio::select! {
            next = self.rx.next() => next.map_err(|e| gone(&e))?,
            _ = self.tasks.join_next() => return Err(Lost::new("the embedded broker stopped")),
        };
        // From here on nothing waits, so nothing is lost when this future is dropped.
        while let Some(notification) = next.take() {
            if matches!(notification, Notification::DeviceAck(_)) {
                rows.extend(self.sent.pop_front().flatten());
            }
            next = self.rx.next().now_or_never().transpose().map_err(|e| gone(&e))?.flatten();
        }
        Ok(rows)
    }

    fn unacknowledged(&self) -> usize {
        self.sent.len()
    }
}

fn gone(error: &LinkError) -> Lost {
    Lost::new(format!("the embedded broker does not answer: {error}"))
}

/// rumqttd's constructor makes `QoS` 0 messages only, which it never acknowledges; its own storage
/// format carries the rest: flags, packet id, topic length, topic, payload.
fn qos_1(topic: &str, payload: &[u8], retain: bool) -> bytes::Bytes {
    let mut bytes = BytesMut::with_capacity(5 + topic.len() + payload.len());
    bytes.put_u8(0b0011_0010 | u8::from(retain));
    bytes.put_u16(1);
    bytes.put_u16(u16::try_from(topic.len()).unwrap_or(u16::MAX));
    bytes.put_slice(topic.as_bytes());
    bytes.put_slice(payload);
    bytes.freeze()
}

/// Takes connections until the broker is dropped.
async fn accept(listener: TcpListener, door: Arc<Door>) {
    let mut clients = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => {
                    clients.spawn(attend(stream, from, Arc::clone(&door)));
                }
                // Out of file descriptors, mostly: wait for some to be closed.
                Err(error) => {
                    tracing::warn!(%error, "cannot take an MQTT connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(ended) = clients.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "an MQTT connection ended badly");
                }
            }
        }
    }
}

async fn attend(stream: TcpStream, from: SocketAddr, door: Arc<Door>) {
    match door.let_in(stream).await {
        Ok(()) | Err(Ended::Io(_)) => tracing::debug!(%from, "MQTT client left"),
        Err(error) => tracing::info!(%from, error = %error, "MQTT client sent away"),
    }
}

/// Opens a link into the router: client id, and whether the session outlives the connection.
/// Waits for the router's answer.
type Linker =
    Box<dyn Fn(&str, bool) -> Result<(LinkTx, LinkRx, Notification), Box<LinkError>> + Send + Sync>;

/// Who may come in, and how many.
struct Door {
    link: Linker,
    /// User name → SHA-256 of the password; empty: anybody.
    users: BTreeMap<String, [u8; 32]>,
    /// User name → what it may publish to; where there are no users, anybody may publish what is wanted.
    publish: BTreeMap<String, Vec<String>>,
    intake: Option<Intake>,
    guests: Mutex<Guests>,
}

#[derive(Default)]
struct Guests {
    slots: BTreeSet<usize>,
    sessions: BTreeSet<String>,
}

impl Door {
    fn new(link: Linker, config: &MqttConfig, intake: Option<Intake>) -> Self {
        let digest = |password: &String| Sha256::digest(password.as_bytes()).into();
        let users = config.users.iter();
        let users = users.map(|(name, password)| (name.clone(), digest(password))).collect();
        Self { link, users, publish: config.publish.clone(), intake, guests: Mutex::default() }
    }

    /// What a client may publish.
    fn right(&self, hello: &Hello) -> Option<Right> {
        let intake = self.intake.clone()?;
        let filters = if self.users.is_empty() {
            None
        } else {
            let name = &hello.login.as_ref()?.username;
            Some(self.publish.get(name)?.clone())
        };
        Some(Right { intake, filters })
    }

    async fn let_in(self: &Arc<Self>, stream: TcpStream) -> Result<(), Ended> {
        stream.set_nodelay(true)?;
        let mut client = Client::new(stream);
        let hello = client.hello().await?;
        let slot = match self.admit(&hello) {
            Ok(slot) => slot,
            Err(farewell) => return client.refuse(hello.codec, farewell).await,
        };
        let (door, name) = (Arc::clone(self), slot.name.clone());
        let keeps = !hello.connect.clean_session;
        let linked = spawn_blocking(move || (door.link)(&name, keeps)).await;
        let (mut tx, mut rx, greeting) =
            linked.map_err(io::Error::other)?.map_err(Ended::Router)?;
        let greeting: Option<Packet> = greeting.into();
        let present = matches!(greeting, Some(Packet::ConnAck(ack, _)) if ack.session_present);
        let assigned = hello.connect.client_id.is_empty().then(|| slot.name.clone());
        let welcome = Codec::welcome(present, assigned, WINDOW);
        let right = self.right(&hello);
        client.serve(&hello, welcome, right, (&mut tx, &mut rx)).await
    }

    fn admit(self: &Arc<Self>, hello: &Hello) -> Result<Slot, Farewell> {
        if !self.knows(hello) {
            return Err(Farewell::BadLogin);
        }
        let id = &hello.connect.client_id;
        let keeps = !hello.connect.clean_session;
        if id.len() > 128 || id.contains(['+', '$', '#', '/']) || (keeps && id.is_empty()) {
            return Err(Farewell::BadClientId);
        }
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        let free = (0..MAX_CLIENTS).find(|slot| !guests.slots.contains(slot));
        let number = free.ok_or(Farewell::Full)?;
        if keeps && !guests.sessions.contains(id) {
            if guests.sessions.len() >= MAX_SESSIONS {
                return Err(Farewell::Full);
            }
            guests.sessions.insert(id.clone());
        }
        guests.slots.insert(number);
        // The router remembers every id it ever saw. Only a kept session needs the client's own.
        let name = if keeps { format!("kept.{id}") } else { format!("guest.{number}") };
        Ok(Slot { number, name, door: Arc::clone(self) })
    }

    fn knows(&self, hello: &Hello) -> bool {
        let Some(login) = &hello.login else { return self.users.is_empty() };
        let given: [u8; 32] = Sha256::digest(login.password.as_bytes()).into();
        self.users.is_empty() || self.users.get(&login.username) == Some(&given)
    }
}

/// A place among the clients, given back on drop.
struct Slot {
    number: usize,
    name: String,
    door: Arc<Door>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut guests = self.door.guests.lock().unwrap_or_else(PoisonError::into_inner);
        guests.slots.remove(&self.number);
    }
}
