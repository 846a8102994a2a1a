//! Finds packets among bytes, by their label.

use super::packet::Packet;
use super::{KlvError, ber};

/// The UAS datalink local set.
pub(super) const LABEL: [u8; 16] =
    *b"\x06\x0e\x2b\x34\x02\x0b\x01\x01\x0e\x01\x03\x01\x01\x00\x00\x00";

/// The largest value part that is believed; real ones have some hundred bytes.
pub const MAX_PACKET: usize = 64 << 10;
/// The packets of `bytes`, which may begin and break anywhere.
pub fn packets(bytes: &[u8]) -> Packets<'_> {
    packets_behind(0, bytes)
}

/// The packets of `bytes`, before which `base` others went by.
pub(super) fn packets_behind(base: usize, bytes: &[u8]) -> Packets<'_> {
    Packets { base, bytes, at: 0 }
}

/// See [`packets`].
#[derive(Debug, Clone)]
pub struct Packets<'a> {
    base: usize,
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for Packets<'_> {
    type Item = Result<Packet, KlvError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.at..)?;
        let found = find_label(rest)?;
        let at = self.at + found;
        self.at = at + LABEL.len();
        let rest = rest.get(found..)?;
        Some(self.take(at, rest))
    }
}

impl Packets<'_> {
    /// Reads the packet that begins `rest`, itself at `at`, and steps over it if it is sound.
    fn take(&mut self, at: usize, rest: &[u8]) -> Result<Packet, KlvError> {
        let (from, at) = (at, at + self.base);
        let body = rest.get(LABEL.len()..).unwrap_or_default();
        let (length, body) = ber::length(body).ok_or(KlvError::Length { at })?;
        if length > MAX_PACKET {
            return Err(KlvError::Length { at });
        }
        let head = rest.len() - body.len();
        let value = body.get(..length).ok_or(KlvError::Truncated { at })?;
        // A label inside this packet, or where its length should be: bytes are missing, and the
        // length reaches into the next packet.
        let end = (head + length + LABEL.len() - 1).min(rest.len());
        if rest.get(LABEL.len()..end).is_some_and(|inside| find_label(inside).is_some()) {
            return Err(KlvError::Truncated { at });
        }
        let packet = Packet::of(rest.get(..head + length).unwrap_or_default(), value);
        self.at = from + head + length;
        Ok(packet)
    }
}

/// Where `bytes` end in the middle of a packet, or of a label; else their length.
pub(super) fn cut(bytes: &[u8]) -> usize {
    let last = bytes.windows(LABEL.len()).rposition(|window| window == LABEL);
    if let Some(at) = last.filter(|&at| !complete(&bytes[at + LABEL.len()..])) {
        return at;
    }
    let ends_as_label_begins = |&count: &usize| bytes.ends_with(&LABEL[..count]);
    let begun = (1..LABEL.len()).rev().find(ends_as_label_begins);
    bytes.len() - begun.unwrap_or(0)
}

/// Whether more bytes would not help to read the packet whose label stands before `body`.
fn complete(body: &[u8]) -> bool {
    match ber::length(body) {
        Some((length, value)) => length > MAX_PACKET || value.len() >= length,
        None => body.len() >= 5,
    }
}

fn find_label(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let ahead = bytes.get(from..)?;
        let at = from + ahead.iter().position(|&byte| byte == LABEL[0])?;
        if bytes.get(at..)?.starts_with(&LABEL) {
            return Some(at);
        }
        from = at + 1;
    }
}
