use proptest::prelude::*;

use super::*;

/// domain.md, section 12: both checksums verify, the second frame was computed.
const REPORT_2013: &str = "7e02000026123456789012007d02000000010000000200ba7f0e07e4f11c0028003c0000\
    1810151010100104000000640202007d01137e";
const REPORT_2019: &str = "7e0200402c0100000000013812345678000700000000000c030301d768dc07286110000c0164\
    005724061514300501040001e2402a02000030011931010ed97e";
const HEARTBEAT: &str = "7e0002000001381234567800083b7e";
const REPLY: &str = "7e80014005010000000001381234567800010007020000f07e";

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().map(|c| c.to_digit(16).unwrap()).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()).collect()
}

#[test]
fn golden_frames_are_read_and_written() {
    let cases = [
        (REPORT_2013, 0x0200, Form::Of2013, 0, "123456789012", 0x7e, 38),
        (REPORT_2019, 0x0200, Form::Of2019, 1, "13812345678", 7, 44),
        (HEARTBEAT, 0x0002, Form::Of2013, 0, "13812345678", 8, 0),
        (REPLY, 0x8001, Form::Of2019, 1, "13812345678", 1, 5),
    ];
    for (hex, id, form, version, phone, serial, length) in cases {
        let frame = Frame::decode(&bytes(hex)).unwrap();
        let phone = phone.parse().unwrap();
        assert_eq!(frame.header, Header { id, form, version, phone, serial, part: None });
        assert_eq!(frame.body.len(), length, "{hex}");
        assert_eq!(frame.encode().unwrap(), bytes(hex));
    }
}

/// Header and body as they are before escaping.
fn framed(plain: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::new();
    for byte in plain.iter().copied().chain([checksum(plain)]) {
        match byte {
            0x7e => escaped.extend([0x7d, 2]),
            0x7d => escaped.extend([0x7d, 1]),
            byte => escaped.push(byte),
        }
    }
    escaped
}

#[test]
fn what_is_no_frame_is_refused_by_name() {
    let check = |bytes: &[u8], wanted: &str| {
        let error = Frame::decode(bytes).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}\nshould contain\n{wanted}");
    };
    check(&[], "ends in its header");
    check(&[0x7e, 0x7e], "ends in its header");
    check(&[0x7d], "followed by 01 or 02, not by the end");
    check(&[0x7d, 3], "not by 03");
    check(&[1, 0x7e, 1], "inside the frame");
    check(&[1, 2], "the checksum is 02, it should be 01");
    check(&framed(&[2, 0, 0, 0, 1]), "ends in its header");
    let head = |properties: u8| [2, 0, properties, 0, 1, 0x38, 0x12, 0x34, 0x56, 0x78, 0, 1];
    check(&framed(&head(0x04)), "encrypted (bits 10 to 12 of the properties are 001)");
    check(&framed(&head(0x80)), "bit 15");
    check(&framed(&head(0x01)), "256 bytes of body, there are 0");
    check(&framed(&[&head(0x20)[..], &[0, 2, 0, 3]].concat()), "part 3 of 2");
    check(&framed(&[2, 0, 0, 0, 0xa1, 0, 0, 0, 0, 0, 0, 1]), "`a10000000000` is no number");
}

#[test]
fn what_does_not_fit_is_not_written() {
    let mut frame = Frame::decode(&bytes(HEARTBEAT)).unwrap();
    frame.body = vec![0x7e; MOST_BODY];
    assert!(frame.encode().is_ok_and(|bytes| bytes.len() <= crate::MOST_FRAME + 2));
    frame.body.push(0);
    assert_eq!(frame.encode(), Err(FrameError::TooLong(1024)));
    frame.body.clear();
    frame.header.phone = "1234567890123".parse().unwrap();
    assert!(matches!(frame.encode(), Err(FrameError::NoRoom(_))));
}

prop_compose! {
    pub(crate) fn any_frame()(
        id: u16, new: bool, version: u8, digits in "[0-9]{1,12}", serial: u16,
        part in prop::option::of((1u16.., 1u16..)),
        body in prop::collection::vec(prop_oneof![Just(0x7e), Just(0x7d), any::<u8>()], 0..=MOST_BODY),
    ) -> Frame {
        let form = if new { Form::Of2019 } else { Form::Of2013 };
        let part = part.map(|(one, other)| Part { total: one.max(other), index: one.min(other) });
        let version = if new { version } else { 0 };
        let header = Header { id, form, version, phone: digits.parse().unwrap(), serial, part };
        Frame { header, body }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(frame in any_frame()) {
        let written = frame.encode().unwrap();
        prop_assert!(!written[1..written.len() - 1].contains(&0x7e));
        prop_assert_eq!(Frame::decode(&written).unwrap(), frame);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        if let Ok(frame) = Frame::decode(&framed(&bytes)) {
            let written = frame.encode().unwrap();
            prop_assert_eq!(&written[1..written.len() - 1], &framed(&bytes)[..]);
        }
    }
}
