//! What clients of the embedded broker publish.
//!
//! A publication is handed on as it came and acknowledged (PUBACK) when whoever takes it says that it is kept. Nothing of it is
//! given out to subscribers. Whoever takes publications may be slow: then connections wait.

use std::{fmt, sync::Arc};

use bytes::{Buf, Bytes, BytesMut};
use tokio::sync::mpsc;

use super::wire::{Codec, Refused};

/// Publications of one client that may wait for their acknowledgement; it is told so, and one that sends more waits.
pub(super) const WINDOW: u16 = 1000;

/// Takes publications on the topics that somebody listens to.
#[derive(Debug, Clone)]
pub struct Intake {
    routes: Vec<Route>,
}

/// Who takes what.
#[derive(Clone)]
struct Route {
    to: mpsc::Sender<Publication>,
    wanted: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    most_bytes: usize,
}

/// One message of a client.
#[derive(Debug)]
pub struct Publication {
    pub topic: String,
    pub payload: Bytes,
    pub receipt: Receipt,
}

/// Acknowledges a publication. Dropped without, its sender is not told, and sends it again when it comes back.
pub struct Receipt(Box<dyn FnOnce(Fate) + Send + Sync>);

/// What became of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is on disk, or need not be.
    Kept,
    /// It will never be kept: sent again it would be as wrong. MQTT 5 clients are told.
    Refused,
}

/// What a client is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    id: u16,
    fate: Fate,
}

impl Intake {
    /// `wanted` says whether anybody takes a topic; larger payloads than `most_bytes` end their connection.
    pub fn new(
        to: mpsc::Sender<Publication>,
        wanted: impl Fn(&str) -> bool + Send + Sync + 'static,
        most_bytes: usize,
    ) -> Self {
        Self { routes: vec![Route { to, wanted: Arc::new(wanted), most_bytes }] }
    }

    /// Both: what the first does not want goes to the second.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.routes.extend(other.routes);
        self
    }

    pub(super) fn wants(&self, topic: &str) -> bool {
        self.route(topic).is_some()
    }

    fn route(&self, topic: &str) -> Option<&Route> {
        self.routes.iter().find(|route| (route.wanted)(topic))
    }

    /// The largest packet that is read.
    pub(super) fn most_packet(&self) -> usize {
        // A topic, an id and a few properties stand beside the payload.
        let most = self.routes.iter().map(|route| route.most_bytes).max();
        most.unwrap_or(0).saturating_add(4096)
    }

    /// Waits while too many wait. `false`: nobody takes them any more.
    pub(super) async fn put(&self, published: Published, tell: mpsc::Sender<Answer>) -> bool {
        let Published { topic, payload, id } = published;
        let Some(route) = self.route(&topic) else { return false };
        // Nobody waits for the answer to `QoS` 0. A client that is gone comes back and sends again what it was not told.
        let receipt = Receipt::new(move |fate| {
            let told = id.is_none_or(|id| tell.try_send(Answer { id, fate }).is_ok());
            tracing::trace!(told, "publication answered");
        });
        route.to.send(Publication { topic, payload, receipt }).await.is_ok()
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").finish_non_exhaustive()
    }
}

impl Receipt {
    /// `tell` must not block.
    pub fn new(tell: impl FnOnce(Fate) + Send + Sync + 'static) -> Self {
        Self(Box::new(tell))
    }

    /// Tells whoever sent it.
    pub fn answer(self, fate: Fate) {
        (self.0)(fate);
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt").finish_non_exhaustive()
    }
}

impl Answer {
    /// Appends the PUBACK (MQTT 5.0, 3.4: without a reason it means success; 0x99 is "payload format invalid").
    pub(super) fn write(self, codec: Codec, out: &mut BytesMut) {
        let [high, low] = self.id.to_be_bytes();
        match (codec, self.fate) {
            (Codec::V5, Fate::Refused) => out.extend_from_slice(&[0x40, 3, high, low, 0x99]),
            _ => out.extend_from_slice(&[0x40, 2, high, low]),
        }
    }
}

/// Whether a topic filter takes a topic (MQTT 5.0, 4.7). rumqttd's own cuts the first byte off a topic, also where that is a
/// part of a character.
pub fn matches(topic: &str, filter: &str) -> bool {
    let mut levels = topic.split('/');
    for wanted in filter.split('/') {
        match (wanted, levels.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (wanted, Some(level)) if wanted == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

/// A PUBLISH packet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Published {
    pub topic: String,
    pub payload: Bytes,
    /// None for `QoS` 0.
    pub id: Option<u16>,
}

/// Whether the next packet of a client is a PUBLISH.
pub(super) fn is_next(stream: &[u8]) -> bool {
    stream.first().is_some_and(|kind| kind >> 4 == 3)
}

/// Takes a PUBLISH packet off `stream`; `None`: more bytes are needed. rumqttd keeps `QoS` and id to itself, so it is read
/// here.
pub(super) fn take(
    codec: Codec,
    stream: &mut BytesMut,
    most: usize,
) -> Result<Option<Published>, Refused> {
    let Some((&flags, rest)) = stream.split_first() else { return Ok(None) };
    let Some((length, header)) = variable(rest)? else { return Ok(None) };
    if length > most {
        return Err(Refused::Long { got: length, most });
    }
    if stream.len() < 1 + header + length {
        return Ok(None);
    }
    stream.advance(1 + header);
    let mut body = stream.split_to(length).freeze();
    let topic = String::from_utf8(bytes(&mut body)?.to_vec()).ok().ok_or(Refused::Broken)?;
    let id = match flags >> 1 & 3 {
        0 => None,
        1 => Some(number(&mut body)?).filter(|id| *id > 0),
        _ => return Err(Refused::Forbidden("publish with QoS 2")),
    };
    if id.is_none() && flags >> 1 & 3 == 1 || topic.is_empty() || topic.contains(['+', '#', '\0']) {
        return Err(Refused::Broken);
    }
    if codec == Codec::V5 {
        let (length, header) = variable(&body)?.ok_or(Refused::Broken)?;
        if body.len() < header + length {
            return Err(Refused::Broken);
        }
        body.advance(header + length);
    }
    Ok(Some(Published { topic, payload: body, id }))
}

/// A variable byte integer (MQTT 5.0, 1.5.5) and its own length; `None`: more bytes are needed.
fn variable(bytes: &[u8]) -> Result<Option<(usize, usize)>, Refused> {
    let mut value = 0;
    for (nth, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * nth);
        if byte & 0x80 == 0 {
            return Ok(Some((value, nth + 1)));
        }
    }
    if bytes.len() < 4 { Ok(None) } else { Err(Refused::Broken) }
}

fn number(body: &mut Bytes) -> Result<u16, Refused> {
    body.try_get_u16().ok().ok_or(Refused::Broken)
}

fn bytes(body: &mut Bytes) -> Result<Bytes, Refused> {
    let length = usize::from(number(body)?);
    if body.len() < length {
        return Err(Refused::Broken);
    }
    Ok(body.split_to(length))
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};

    use super::*;

    const V4: &[u8] = b"\x32\x0b\x00\x03a/b\x01\x02data";
    const V5: &[u8] = b"\x32\x0e\x00\x03a/b\x01\x02\x02\x01\x01data";

    fn read(codec: Codec, bytes: &[u8]) -> Result<Option<Published>, Refused> {
        take(codec, &mut BytesMut::from(bytes), 64)
    }

    #[test]
    fn a_publication_is_read_byte_by_byte() {
        for (codec, bytes) in [(Codec::V4, V4), (Codec::V5, V5)] {
            for length in 0..bytes.len() {
                assert_eq!(read(codec, &bytes[..length]).unwrap(), None, "{length} bytes");
            }
            let published = read(codec, bytes).unwrap().unwrap();
            assert_eq!((published.topic.as_str(), published.id), ("a/b", Some(0x0102)));
            assert_eq!(published.payload, "data");
        }
        let once = read(Codec::V4, b"\x30\x05\x00\x03a/b").unwrap().unwrap();
        assert_eq!((once.id, once.payload.len()), (None, 0));
    }

    #[tokio::test]
    async fn each_topic_goes_to_who_wants_it() {
        let (to_a, mut a) = mpsc::channel(1);
        let (to_b, mut b) = mpsc::channel(1);
        let both = Intake::new(to_a, |topic| topic == "a", 10).and(Intake::new(
            to_b,
            |topic| topic == "b",
            20,
        ));
        assert_eq!(both.most_packet(), 4096 + 20);
        assert!(both.wants("a") && both.wants("b") && !both.wants("c"));
        let (tell, _told) = mpsc::channel(1);
        let publish = |topic: &str| {
            let published = Published { topic: topic.to_owned(), payload: Bytes::new(), id: None };
            let (both, tell) = (both.clone(), tell.clone());
            async move { both.put(published, tell).await }
        };
        assert!(publish("b").await);
        assert_eq!(b.recv().await.unwrap().topic, "b");
        assert!(publish("a").await);
        assert_eq!(a.recv().await.unwrap().topic, "a");
        assert!(!publish("c").await);
    }

    #[test]
    fn filters_take_topics() {
        for (topic, filter, taken) in [
            ("a/b", "a/b", true),
            ("a/b", "a/+", true),
            ("a/b", "#", true),
            ("a/b", "a/#", true),
            ("a", "a/#", true),
            ("a/b", "a", false),
            ("a", "a/b", false),
            ("a/b/c", "a/+", false),
            ("违停/b", "+/b", true),
        ] {
            assert_eq!(matches(topic, filter), taken, "{topic} {filter}");
        }
    }

    #[test]
    fn what_is_no_publication_is_refused() {
        for bytes in [
            &b"\x34\x0b\x00\x03a/b\x01\x02data"[..],
            b"\x32\x0b\x00\x03a/b\x00\x00data",
            b"\x32\x0b\x00\x03a/#\x01\x02data",
            b"\x32\x02\x00\x03",
            b"\x32\x04\x00\x02\xff\xfe",
            b"\x32\xff\xff\xff\xff\x01",
            b"\x32\x41\x00\x03a/b",
        ] {
            assert!(read(Codec::V4, bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn no_bytes_bring_it_down() {
        let mut random = rand::rngs::StdRng::seed_from_u64(7);
        for round in 0..100_000 {
            let mut bytes = if round % 2 == 0 { V4.to_vec() } else { V5.to_vec() };
            for _ in 0..random.random_range(1..4) {
                let at = random.random_range(0..bytes.len());
                bytes[at] = random.random();
            }
            bytes.truncate(random.random_range(1..=bytes.len()));
            drop(read(Codec::V4, &bytes));
            drop(read(Codec::V5, &bytes));
        }
    }

    #[test]
    fn what_is_answered() {
        let told = |codec, fate| {
            let mut out = BytesMut::new();
            Answer { id: 0x0102, fate }.write(codec, &mut out);
            out.to_vec()
        };
        assert_eq!(told(Codec::V4, Fate::Kept), [0x40, 2, 1, 2]);
        assert_eq!(told(Codec::V4, Fate::Refused), [0x40, 2, 1, 2], "3.1.1 knows no reasons");
        assert_eq!(told(Codec::V5, Fate::Kept), [0x40, 2, 1, 2]);
        assert_eq!(told(Codec::V5, Fate::Refused), [0x40, 3, 1, 2, 0x99]);
    }
}
