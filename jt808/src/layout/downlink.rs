//! What the platform says (JT/T 808).

use super::{
    Field, Form, Kind, Size, When, field, list, list_to_end, numbers, only, parameters, string,
    text, text_to_end, time, u8, u16, u32,
};

pub(super) fn layout(id: u16, form: Form) -> Option<&'static [Field]> {
    Some(match id {
        0x8001 => REPLY,
        0x8003 | 0x0005 if form == Form::Of2013 => {
            const { &[u16("responseSerialNo"), numbers("id", 1, 2)] }
        }
        0x8003 | 0x0005 => const { &[u16("responseSerialNo"), numbers("id", 2, 2)] },
        0x8004 => const { &[time("dateTime")] },
        0x8100 => const { &[u16("responseSerialNo"), u8("resultCode"), text_to_end("token")] },
        0x8103 => const { &[field("parameters", parameters::PARAMETERS)] },
        0x8104 | 0x8107 | 0x8201 => &[],
        0x8105 => const { &[u8("command"), text_to_end("parameter")] },
        0x8108 => PACKAGE,
        0x8202 => const { &[u16("interval"), u32("validityPeriod")] },
        0x8203 => const { &[u16("responseSerialNo"), u32("type")] },
        0x8300 => MESSAGE,
        0x8301 => const { &[u8("type"), list("events", 1, EVENT)] },
        0x8302 => QUESTION,
        0x8303 => const { &[u8("type"), list("infos", 1, INFO)] },
        0x8304 => const { &[u8("type"), string("content", 2)] },
        0x8400 => const { &[u8("type"), text("phoneNumber", 20)] },
        0x8401 => const { &[u8("type"), list("contacts", 1, CONTACT)] },
        0x8500 => CONTROL,
        0x8600 => const { &[u8("action"), list("items", 1, CIRCLE)] },
        0x8602 => const { &[u8("action"), list("items", 1, RECTANGLE)] },
        0x8604 => POLYGON,
        0x8606 => ROUTE,
        0x8106 | 0x8601 | 0x8603 | 0x8605 | 0x8607 => const { &[numbers("id", 1, 4)] },
        0x8608 => const { &[u8("type"), numbers("id", 4, 4)] },
        0x8800 => const { &[u32("mediaId"), numbers("id", 1, 2)] },
        0x8801 => SHOOT,
        0x8802 => MEDIA,
        0x8803 => MEDIA_AND_DELETE,
        0x8804 => const { &[u8("command"), u16("time"), u8("save"), u8("audioSamplingRate")] },
        0x8805 => const { &[u32("id"), u8("delete")] },
        _ => return None,
    })
}

/// The answer that has no message of its own, in both directions.
pub(super) const REPLY: &[Field] =
    &[u16("responseSerialNo"), u16("responseMessageId"), u8("resultCode")];

const PACKAGE: &[Field] = &[
    u8("type"),
    text("makerId", 5),
    string("version", 1),
    field("packet", Kind::Bytes(Size::Prefixed(4))),
];

const MESSAGE: &[Field] = &[
    u8("sign"),
    only(Form::Of2013, "type", Kind::Nought),
    only(Form::Of2019, "type", Kind::Unsigned(1)),
    text_to_end("content"),
];

const QUESTION: &[Field] =
    &[u8("sign"), string("content", 1), list_to_end("options", &[u8("id"), string("content", 2)])];

const EVENT: &[Field] = &[u8("id"), string("content", 1)];

const INFO: &[Field] = &[u8("type"), string("name", 2)];

const CONTACT: &[Field] = &[u8("sign"), string("phone", 1), string("name", 1)];

const CONTROL: &[Field] = &[
    only(Form::Of2013, "type", Kind::Unsigned(1)),
    only(Form::Of2013, "param", Kind::Nought),
    only(Form::Of2019, "type", Kind::Unsigned(2)),
    only(Form::Of2019, "param", Kind::Unsigned(1)),
];

/// A field that the bit of `attribute` says is there.
const fn with_bit(bit: u8, name: &'static str, kind: Kind) -> Field {
    Field { name, kind, when: When::Bit("attribute", bit) }
}

const FROM: Field = with_bit(0, "startTime", Kind::Time);
const TO: Field = with_bit(0, "endTime", Kind::Time);
const MAX_SPEED: Field = with_bit(1, "maxSpeed", Kind::Unsigned(2));
const DURATION: Field = with_bit(1, "duration", Kind::Unsigned(1));
const NIGHT_MAX_SPEED: Field = Field {
    name: "nightMaxSpeed",
    kind: Kind::Unsigned(2),
    when: When::InWithBit(Form::Of2019, "attribute", 1),
};
const NAME: Field = only(Form::Of2019, "name", Kind::Text(Size::Prefixed(2)));

const CIRCLE: &[Field] = &[
    u32("id"),
    u16("attribute"),
    u32("latitude"),
    u32("longitude"),
    u32("radius"),
    FROM,
    TO,
    MAX_SPEED,
    DURATION,
    NIGHT_MAX_SPEED,
    NAME,
];

const RECTANGLE: &[Field] = &[
    u32("id"),
    u16("attribute"),
    u32("latitudeUL"),
    u32("longitudeUL"),
    u32("latitudeLR"),
    u32("longitudeLR"),
    FROM,
    TO,
    MAX_SPEED,
    DURATION,
    NIGHT_MAX_SPEED,
    NAME,
];

const POLYGON: &[Field] = &[
    u32("id"),
    u16("attribute"),
    FROM,
    TO,
    MAX_SPEED,
    DURATION,
    list("points", 2, &[u32("latitude"), u32("longitude")]),
    NIGHT_MAX_SPEED,
    NAME,
];

const ROUTE: &[Field] = &[u32("id"), u16("attribute"), FROM, TO, list("items", 2, TURN), NAME];

const TURN: &[Field] = &[
    u32("id"),
    u32("routeId"),
    u32("latitude"),
    u32("longitude"),
    u8("width"),
    u8("attribute"),
    with_bit(0, "upperLimit", Kind::Unsigned(2)),
    with_bit(0, "lowerLimit", Kind::Unsigned(2)),
    MAX_SPEED,
    DURATION,
    NIGHT_MAX_SPEED,
];

const SHOOT: &[Field] = &[
    u8("channelId"),
    u16("command"),
    u16("time"),
    u8("save"),
    u8("resolution"),
    u8("quality"),
    u8("brightness"),
    u8("contrast"),
    u8("saturation"),
    u8("chroma"),
];

const MEDIA: &[Field] =
    &[u8("type"), u8("channelId"), u8("event"), time("startTime"), time("endTime")];

const MEDIA_AND_DELETE: &[Field] =
    &[u8("type"), u8("channelId"), u8("event"), time("startTime"), time("endTime"), u8("delete")];
