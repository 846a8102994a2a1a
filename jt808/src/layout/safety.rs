//! Active safety: T/JSATL 12 (苏标) in frames of 2013, T/GDRTA 002 (粤标), whose identifiers are longer, in those of
//! 2019.

use super::{Count, Field, Form, Kind, Size, field, list, only, string, text, time, u8, u16, u32};

pub(super) fn layout(id: u16) -> Option<&'static [Field]> {
    Some(match id {
        0x1210 => FILES,
        0x1211 | 0x1212 => const { &[string("name", 1), u8("type"), u32("size")] },
        0x9208 => ASK_FILES,
        0x9212 => FILE_DONE,
        _ => return None,
    })
}

const fn device(form: Form, name: &'static str) -> Field {
    let bytes = match form {
        Form::Of2013 => 7,
        Form::Of2019 => 30,
    };
    only(form, name, Kind::Text(Size::Fixed(bytes)))
}

const ID_2013: Field = device(Form::Of2013, "deviceId");
const ID_2019: Field = device(Form::Of2019, "deviceId");
const RESERVED_2013: Field = only(Form::Of2013, "reserved", Kind::Unsigned(1));
const RESERVED_2019: Field = only(Form::Of2019, "reserved", Kind::Unsigned(2));

const FILES: &[Field] = &[
    ID_2013,
    ID_2019,
    device(Form::Of2013, "deviceId_"),
    device(Form::Of2019, "deviceId_"),
    time("dateTime"),
    u8("sequenceNo"),
    u8("fileTotal"),
    RESERVED_2013,
    RESERVED_2019,
    text("platformAlarmId", 32),
    u8("type"),
    list("items", 1, &[string("name", 1), u32("size")]),
];

const ASK_FILES: &[Field] = &[
    string("ip", 1),
    u16("tcpPort"),
    u16("udpPort"),
    ID_2013,
    ID_2019,
    time("dateTime"),
    u8("sequenceNo"),
    u8("fileTotal"),
    RESERVED_2013,
    RESERVED_2019,
    text("platformAlarmId", 32),
    field("reserves", Kind::Bytes(Size::Fixed(16))),
];

/// Pieces to be sent again: offset and length in turn.
const FILE_DONE: &[Field] = &[
    string("name", 1),
    u8("type"),
    u8("result"),
    u8("total"),
    field("items", Kind::Numbers(Count::Rest, 4)),
];

/// Where and when an alarm was, and how it is named. The fields before differ from alarm to alarm.
macro_rules! alarm {
    ($($before:expr),* ; $($after:expr),*) => {
        &[
            u32("id"),
            u8("state"),
            $($before,)*
            u8("speed"),
            u16("altitude"),
            u32("latitude"),
            u32("longitude"),
            time("alarmTime"),
            u16("statusBit"),
            ID_2013,
            ID_2019,
            time("dateTime"),
            u8("sequenceNo"),
            u8("fileTotal"),
            RESERVED_2013,
            RESERVED_2019,
            $($after,)*
        ]
    };
}

/// Additional item 0x64, driver assistance.
pub(super) const ASSISTANCE: &[Field] = alarm!(
    u8("type"), u8("level"), u8("frontSpeed"), u8("frontDistance"), u8("deviateType"),
    u8("roadSign"), u8("roadSignValue"); );

/// 0x65, the driver.
pub(super) const DRIVER: &[Field] =
    alarm!(u8("type"), u8("level"), u8("fatigueDegree"), u32("reserves"); );

/// 0x66, tyres.
pub(super) const TYRES: &[Field] = alarm!( ; list("items", 1, TYRE));

const TYRE: &[Field] =
    &[u8("position"), u16("type"), u16("pressure"), u16("temperature"), u16("batteryLevel")];

/// 0x67, blind spots.
pub(super) const BLIND_SPOT: &[Field] = alarm!(u8("type"); );

/// What a peripheral says through 0900.
pub(super) fn passed_on(key: u32, _: Form) -> Kind {
    match key {
        0xf7 => const { Kind::Record(&[list("items", 1, STATES)]) },
        0xf8 => const { Kind::Record(&[list("items", 1, SYSTEMS)]) },
        _ => Kind::Bytes(Size::Rest),
    }
}

const STATES: &[Field] = &[u8("id"), field("", Kind::Sized(1, STATE))];

const STATE: &[Field] = &[u8("workState"), u32("alarmState")];

const SYSTEMS: &[Field] = &[u8("id"), field("", Kind::Sized(1, SYSTEM))];

const SYSTEM: &[Field] = &[
    string("companyName", 1),
    string("productModel", 1),
    string("hardwareVersion", 1),
    string("firmwareVersion", 1),
    string("deviceId", 1),
    string("userCode", 1),
];
