//! Messages that came in several frames.
//!
//! The parts of one message have successive serial numbers; they may come in any order and more than once. What
//! is held is bounded in messages, in bytes and in time: what does not become whole is told with what it lacks.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::frame::{Frame, Header, Part};

/// How much is held of messages that are not whole.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Messages; the oldest makes room for a new one.
    pub messages: usize,
    /// Bytes of bodies, of all messages together; a message that is larger is never whole.
    pub bytes: usize,
    /// After so long without a new part a message is given up.
    pub age: SignedDuration,
}

/// A message, of one frame or of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// That of its first part.
    pub header: Header,
    pub body: Vec<u8>,
    /// The serial numbers of its frames, in the order of the parts.
    pub serials: Vec<u16>,
}

/// A message that was given up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("message {:04x} of terminal {} lacks {} of {total} parts: {}", header.id, header.phone, parts.len(), some(parts))]
pub struct Missing {
    /// That of a part that came.
    pub header: Header,
    pub total: u16,
    /// Those that did not come.
    pub parts: Vec<u16>,
}

/// Joins parts.
#[derive(Debug, Clone)]
pub struct Joiner {
    limits: Limits,
    open: BTreeMap<Key, Open>,
    bytes: usize,
    given_up: Vec<Missing>,
}

type Key = (crate::Phone, u16, u16, u16);

#[derive(Debug, Clone)]
struct Open {
    header: Header,
    total: u16,
    parts: BTreeMap<u16, (u16, Vec<u8>)>,
    bytes: usize,
    heard_at: Timestamp,
}

impl Joiner {
    pub const fn new(limits: Limits) -> Self {
        Self { limits, open: BTreeMap::new(), bytes: 0, given_up: Vec::new() }
    }

    /// Takes a frame that came at `now`; gives the message that it makes whole.
    pub fn take(&mut self, frame: Frame, now: Timestamp) -> Option<Joined> {
        let Frame { header, body } = frame;
        let Some(part) = header.part else {
            return Some(Joined { header, body, serials: vec![header.serial] });
        };
        let first = header.serial.wrapping_sub(part.index - 1);
        let key = (header.phone, header.id, part.total, first);
        self.make_room(&key, body.len());
        if self.bytes + body.len() > self.limits.bytes {
            return None;
        }
        let open = self.open.entry(key).or_insert_with(|| Open::new(header, part, now));
        self.bytes += open.add(header, part, body, now);
        let whole = open.parts.len() == usize::from(part.total);
        whole.then(|| self.close(&key)).flatten().map(Open::join)
    }

    /// Gives up what is older than the limit, and tells all that was given up since the last call.
    pub fn missing(&mut self, now: Timestamp) -> Vec<Missing> {
        let oldest = now.saturating_sub(self.limits.age).unwrap_or(now);
        let old = self.open.iter().filter(|(_, open)| open.heard_at < oldest);
        let old: Vec<Key> = old.map(|(key, _)| *key).collect();
        for key in old {
            self.give_up(&key);
        }
        std::mem::take(&mut self.given_up)
    }

    /// Messages that are not whole.
    pub fn waiting(&self) -> usize {
        self.open.len()
    }

    fn make_room(&mut self, key: &Key, bytes: usize) {
        let full = |joiner: &Self| {
            let another = usize::from(!joiner.open.contains_key(key));
            joiner.open.len() + another > joiner.limits.messages
                || joiner.bytes + bytes > joiner.limits.bytes
        };
        while full(self) {
            let oldest = self.open.iter().min_by_key(|(_, open)| open.heard_at);
            let Some(oldest) = oldest.map(|(key, _)| *key) else { return };
            self.give_up(&oldest);
        }
    }

    fn give_up(&mut self, key: &Key) {
        let Some(open) = self.close(key) else { return };
        // As many as can be open: a caller that does not ask loses the news, not the memory.
        if self.given_up.len() < self.limits.messages {
            self.given_up.push(open.missing());
        }
    }

    fn close(&mut self, key: &Key) -> Option<Open> {
        let open = self.open.remove(key)?;
        self.bytes -= open.bytes;
        Some(open)
    }
}

impl Open {
    const fn new(header: Header, part: Part, now: Timestamp) -> Self {
        let parts = BTreeMap::new();
        Self { header, total: part.total, parts, bytes: 0, heard_at: now }
    }

    /// Keeps a part; returns how many bytes that takes. One that came before stays as it is.
    fn add(&mut self, header: Header, part: Part, body: Vec<u8>, now: Timestamp) -> usize {
        self.heard_at = now;
        if self.parts.contains_key(&part.index) {
            return 0;
        }
        if part.index == 1 {
            self.header = header;
        }
        let bytes = body.len();
        self.parts.insert(part.index, (header.serial, body));
        self.bytes += bytes;
        bytes
    }

    fn join(self) -> Joined {
        let header = Header { part: None, ..self.header };
        let (serials, bodies): (Vec<u16>, Vec<Vec<u8>>) = self.parts.into_values().unzip();
        Joined { header, body: bodies.concat(), serials }
    }

    fn missing(self) -> Missing {
        let parts = (1..=self.total).filter(|index| !self.parts.contains_key(index)).collect();
        Missing { header: self.header, total: self.total, parts }
    }
}

/// The first few.
fn some(parts: &[u16]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = parts.iter().take(SHOWN).map(u16::to_string).collect();
    let more = if parts.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Form;

    const LIMITS: Limits = Limits { messages: 2, bytes: 100, age: SignedDuration::from_secs(60) };

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn part(id: u16, serial: u16, index: u16, total: u16, body: &[u8]) -> Frame {
        let phone = "13812345678".parse().unwrap();
        let part = Some(Part { total, index });
        let header = Header { id, form: Form::Of2013, version: 0, phone, serial, part };
        Frame { header, body: body.to_vec() }
    }

    #[test]
    fn parts_come_in_any_order_and_twice() {
        let mut joiner = Joiner::new(LIMITS);
        // The serial number passes its end between the parts.
        assert_eq!(joiner.take(part(1, 0, 2, 3, b"b"), second(0)), None);
        assert_eq!(joiner.take(part(1, 0, 2, 3, b"x"), second(0)), None);
        assert_eq!(joiner.take(part(1, 1, 3, 3, b"c"), second(1)), None);
        let whole = joiner.take(part(1, 0xffff, 1, 3, b"a"), second(2)).unwrap();
        assert_eq!((whole.body, whole.serials), (b"abc".to_vec(), vec![0xffff, 0, 1]));
        assert_eq!((whole.header.part, whole.header.serial), (None, 0xffff));
        assert_eq!((joiner.waiting(), joiner.bytes, joiner.missing(second(999))), (0, 0, vec![]));
        assert!(joiner.take(part(1, 5, 1, 1, b"one"), second(2)).is_some());
    }

    #[test]
    fn what_does_not_become_whole_is_told() {
        let mut joiner = Joiner::new(LIMITS);
        for (id, at) in [(1, 0), (2, 1), (3, 2)] {
            assert_eq!(joiner.take(part(id, 7, 2, 3, b"b"), second(at)), None);
        }
        let told = |missing: Vec<Missing>| -> Vec<String> {
            missing.iter().map(ToString::to_string).collect()
        };
        let wanted = "message 0001 of terminal 13812345678 lacks 2 of 3 parts: 1, 3";
        assert_eq!(told(joiner.missing(second(3))), [wanted], "it made room");
        assert_eq!(joiner.missing(second(62)).len(), 1);
        assert_eq!(joiner.missing(second(63)).len(), 1);
        assert_eq!((joiner.waiting(), joiner.bytes), (0, 0));
    }

    #[test]
    fn bytes_are_bounded() {
        let mut joiner = Joiner::new(LIMITS);
        for serial in 0..50 {
            assert_eq!(joiner.take(part(1, serial, serial + 1, 60, &[0; 20]), second(0)), None);
            assert!(joiner.bytes <= LIMITS.bytes && joiner.waiting() <= LIMITS.messages);
        }
        assert_eq!(joiner.take(part(2, 1, 1, 2, &[0; 101]), second(0)), None);
        assert_eq!(joiner.waiting(), 0);
    }
}
