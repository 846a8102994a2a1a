//! Terminals: a stream of frames, and bodies of every message. What is read is written again as it was.

#![no_main]

use jiff::{SignedDuration, Timestamp};
use jt808::{
    Body, Form, Frame, Header, Joined, Joiner, Limits, MOST_BODY, Overlong, Part, Splitter,
};

const LIMITS: Limits = Limits { messages: 4, bytes: 4096, age: SignedDuration::from_secs(60) };

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((&cut, stream)) = bytes.split_first() else { return };
    frames(stream, usize::from(cut).max(1));
    // A checksum is not found by chance, and a kind of message hardly.
    if let Some((id, rest)) = bytes.split_first_chunk() {
        made(u16::from_be_bytes(*id), rest);
    }
});

/// A stream, cut anywhere.
fn frames(stream: &[u8], cut: usize) {
    let mut splitter = Splitter::default();
    let mut joiner = Joiner::new(LIMITS);
    let mut seconds = 0;
    for chunk in stream.chunks(cut) {
        splitter.push(chunk, |frame: Result<&[u8], Overlong>| {
            let Some(Ok(frame)) = frame.ok().map(Frame::decode) else { return };
            seconds += 20;
            take(frame, &mut joiner, seconds);
        });
        assert!(splitter.held() <= jt808::MOST_FRAME);
    }
}

/// A frame of this kind, whole or as a part, with the rest as its body.
fn made(id: u16, bytes: &[u8]) {
    let Some((&[flags, version, serial, index], body)) = bytes.split_first_chunk() else { return };
    let form = if flags & 1 == 0 { Form::Of2013 } else { Form::Of2019 };
    let part = (flags & 2 != 0).then(|| Part {
        total: u16::from(index % 4) + 1,
        index: 1 + u16::from(serial) % (u16::from(index % 4) + 1),
    });
    let header = Header {
        id,
        form,
        version: if form == Form::Of2019 { version } else { 0 },
        phone: "13812345678".parse().expect("digits"),
        serial: u16::from(serial),
        part,
    };
    let mut joiner = Joiner::new(LIMITS);
    for (nth, piece) in body.chunks(MOST_BODY).enumerate() {
        let frame = Frame { header, body: piece.to_vec() };
        let written = frame.encode().expect("a body that fits");
        assert_eq!(Frame::decode(&written).as_ref(), Ok(&frame));
        take(frame, &mut joiner, nth as i64);
    }
}

fn take(frame: Frame, joiner: &mut Joiner, second: i64) {
    let written = frame.encode().expect("what was read can be written");
    assert_eq!(Frame::decode(&written).as_ref(), Ok(&frame));
    let now = Timestamp::from_second(second).expect("a few seconds");
    if let Some(message) = joiner.take(frame, now) {
        read(&message);
    }
    for missing in joiner.missing(now) {
        assert!(!missing.parts.is_empty() && missing.parts.len() <= usize::from(missing.total));
    }
    assert!(joiner.waiting() <= LIMITS.messages);
}

fn read(Joined { header, body, .. }: &Joined) {
    if let Body::Named(named) = Body::read(header, body) {
        assert_eq!(named.bytes().as_ref(), Some(body));
        let json = serde_json::to_string(&named.json(header, body.len())).expect("it is JSON");
        assert!(
            json.len() < 4096 + body.len() * 256,
            "{} bytes told in {}",
            body.len(),
            json.len()
        );
    }
    for position in jt808::batch(header.id, body).into_iter().flatten().flatten() {
        let place = position.place(domain::Datum::Gcj02);
        assert!(place.is_none_or(|place| place.lon().is_finite() && place.lat().is_finite()));
        assert!(position.items.iter().count() <= body.len());
    }
    let _ = jt808::Register::read(header.form, body);
    let _ = jt808::Authenticate::read(header.form, body);
}
