//! Recorded frames of jt808-server, which lie beside the repository.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::frame::tests::bytes;
use crate::{Joiner, Limits};

fn recorded(name: &str) -> Option<String> {
    let path: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/jt808").join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("skipped: {} is not there", path.display());
    }
    text
}

#[test]
fn recorded_frames_are_read_as_expected_and_written_as_they_were() {
    let (Some(frames), Some(expected)) = (recorded("frames.hex"), recorded("expected.json")) else {
        return;
    };
    let expected: Vec<Json> = serde_json::from_str(&expected).unwrap();
    let limits = Limits { messages: 9, bytes: 1 << 20, age: SignedDuration::from_secs(60) };
    let mut joiner = Joiner::new(limits);
    let (mut equal, mut whole) = (0, 0);
    for (line, expected) in frames.lines().zip(&expected) {
        let (id, hex) = line.split_once(' ').unwrap();
        let frame = Frame::decode(&bytes(hex)).unwrap();
        assert_eq!(frame.encode().unwrap(), bytes(hex), "{line}");
        assert_eq!(format!("{:04x}", frame.header.id), id);
        assert_eq!(expected["header"]["serial"], frame.header.serial);
        let phone = frame.header.phone.full(frame.header.form);
        assert_eq!(expected["header"]["terminal_bcd"], phone);
        let part = frame.header.part;
        let Some(message) = joiner.take(frame, Timestamp::UNIX_EPOCH) else { continue };
        whole += usize::from(part.is_some());
        let Body::Named(named) = Body::read(&message.header, &message.body) else {
            panic!("{line}")
        };
        assert_eq!(named.bytes().unwrap(), message.body, "{line}");
        let json = named.json(&message.header, message.body.len());
        // A terminal whose message came in two parts fills up with zeros where no parameter is.
        assert!(part.is_some() || !json.contains_key("rest"), "{line}\n{json:?}");
        if let Some(fields) = expected.get("fields") {
            assert_eq!(&Json::Object(json), fields, "{line}");
            equal += 1;
        }
    }
    assert_eq!((equal, whole, joiner.waiting()), (95, 2, 0));
}

#[test]
fn answers_have_the_form_of_what_they_answer() {
    let check = |frame: &Frame, wanted: &str| assert_eq!(frame.encode().unwrap(), bytes(wanted));
    let report = "7e0200402c0100000000013812345678000700000000000c030301d768dc07286110000c01640057\
        24061514300501040001e2402a02000030011931010ed97e";
    let to = Frame::decode(&bytes(report)).unwrap().header;
    // domain.md, section 12.
    check(&reply(&to, 7, 1, Reply::Done), "7e80014005010000000001381234567800010007020000f07e");
    let registered = reply_to_register(&to, 2, Ok("ab"));
    assert_eq!(registered.body, b"\0\x07\0ab");
    assert_eq!(reply_to_register(&to, 2, Err(4)).body, b"\0\x07\x04");
}
