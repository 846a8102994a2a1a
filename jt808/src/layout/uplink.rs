//! What terminals say (JT/T 808).

use super::{
    Count, Field, Form, Keyed, Kind, Size, additional, digits, field, list, list_to_end, numbers,
    only, parameters, safety, string, text, text_to_end, time, u8, u16, u32,
};

pub(super) fn layout(id: u16, form: Form, length: usize) -> Option<&'static [Field]> {
    Some(match id {
        0x0001 => super::downlink::REPLY,
        0x0002..=0x0004 => &[],
        // The terminal's model had 8 bytes in 2011; a body of 2013 is never so short.
        0x0100 if form == Form::Of2013 && length < 37 => REGISTER_2011,
        0x0100 => REGISTER,
        0x0102 => AUTHENTICATE,
        0x0104 => const { &[u16("responseSerialNo"), field("parameters", parameters::PARAMETERS)] },
        0x0107 => ATTRIBUTES,
        0x0108 => const { &[u8("type"), u8("result")] },
        0x0200 => POSITION,
        0x0201 | 0x0500 => POSITION_REPLY,
        0x0301 => const { &[u8("eventId")] },
        0x0302 => const { &[u16("responseSerialNo"), u8("answerId")] },
        0x0303 => const { &[u8("type"), u8("action")] },
        0x0702 => DRIVER,
        0x0704 => BATCH,
        0x0705 => CAN,
        0x0800 => MEDIA_EVENT,
        0x0801 => MEDIA,
        0x0802 => MEDIA_FOUND,
        0x0805 => const { &[u16("responseSerialNo"), u8("result"), numbers("id", 2, 4)] },
        0x0900 | 0x8900 => const { &[field("message", Kind::Record(PASSED_ON))] },
        0x0901 => const { &[field("body", Kind::Bytes(Size::Prefixed(4)))] },
        0x0a00 | 0x8a00 => const { &[u32("e"), field("n", Kind::Bytes(Size::Fixed(128)))] },
        _ => return None,
    })
}

const REGISTER_2011: &[Field] = &[
    u16("provinceId"),
    u16("cityId"),
    text("makerId", 5),
    text("deviceModel", 8),
    text("deviceId", 7),
    u8("plateColor"),
    text_to_end("plateNo"),
];

const REGISTER: &[Field] = &[
    u16("provinceId"),
    u16("cityId"),
    only(Form::Of2013, "makerId", Kind::Text(Size::Fixed(5))),
    only(Form::Of2013, "deviceModel", Kind::Text(Size::Fixed(20))),
    only(Form::Of2013, "deviceId", Kind::Text(Size::Fixed(7))),
    only(Form::Of2019, "makerId", Kind::Text(Size::Fixed(11))),
    only(Form::Of2019, "deviceModel", Kind::Text(Size::Fixed(30))),
    only(Form::Of2019, "deviceId", Kind::Text(Size::Fixed(30))),
    u8("plateColor"),
    text_to_end("plateNo"),
];

const AUTHENTICATE: &[Field] = &[
    only(Form::Of2013, "token", Kind::Text(Size::Rest)),
    only(Form::Of2019, "token", Kind::Text(Size::Prefixed(1))),
    only(Form::Of2019, "imei", Kind::Text(Size::Fixed(15))),
    only(Form::Of2019, "softwareVersion", Kind::Text(Size::Fixed(20))),
];

const ATTRIBUTES: &[Field] = &[
    u16("deviceType"),
    text("makerId", 5),
    only(Form::Of2013, "deviceModel", Kind::Text(Size::Fixed(20))),
    only(Form::Of2013, "deviceId", Kind::Text(Size::Fixed(7))),
    only(Form::Of2019, "deviceModel", Kind::Text(Size::Fixed(30))),
    only(Form::Of2019, "deviceId", Kind::Text(Size::Fixed(30))),
    digits("iccid", 10),
    string("hardwareVersion", 1),
    string("firmwareVersion", 1),
    u8("gnssAttribute"),
    u8("networkAttribute"),
];

const ADDITIONAL: Kind = Kind::Items(Keyed { count: None, id: 1, of: additional::item });

/// 28 bytes, and additional items.
const POSITION: &[Field] = &[
    u32("warnBit"),
    u32("statusBit"),
    u32("latitude"),
    u32("longitude"),
    u16("altitude"),
    u16("speed"),
    u16("direction"),
    time("deviceTime"),
    field("attributes", ADDITIONAL),
];

const POSITION_REPLY: &[Field] = &[u16("responseSerialNo"), field("", Kind::Record(POSITION))];

/// A position inside of another message, where it has no additional items.
const PLACE: &[Field] = &[
    u32("warnBit"),
    u32("statusBit"),
    u32("latitude"),
    u32("longitude"),
    u16("altitude"),
    u16("speed"),
    u16("direction"),
    time("deviceTime"),
];

const DRIVER: &[Field] = &[
    u8("status"),
    digits("dateTime", 6),
    u8("cardStatus"),
    string("name", 1),
    text("licenseNo", 20),
    string("institution", 1),
    digits("licenseValidPeriod", 4),
    only(Form::Of2019, "idCard", Kind::Text(Size::Fixed(20))),
];

const BATCH: &[Field] = &[
    u16("total"),
    u8("type"),
    field("items", Kind::List(Count::Rest, &[field("", Kind::Sized(2, POSITION))])),
];

const CAN: &[Field] = &[
    u16("total"),
    field("dateTime", Kind::ShortDigits(5)),
    list_to_end("items", &[u32("id"), field("data", Kind::Bytes(Size::Fixed(8)))]),
];

const MEDIA_EVENT: &[Field] = &[u32("id"), u8("type"), u8("format"), u8("event"), u8("channelId")];

const MEDIA: &[Field] = &[
    u32("id"),
    u8("type"),
    u8("format"),
    u8("event"),
    u8("channelId"),
    field("location", Kind::Record(PLACE)),
    field("packet", Kind::Hex(Size::Rest)),
];

const MEDIA_FOUND: &[Field] = &[
    u16("responseSerialNo"),
    list(
        "items",
        2,
        &[
            u32("id"),
            u8("type"),
            u8("channelId"),
            u8("event"),
            field("location", Kind::Record(PLACE)),
        ],
    ),
];

const PASSED_ON: &[Field] = &[u8("key"), field("value", Kind::Choice("key", safety::passed_on))];
