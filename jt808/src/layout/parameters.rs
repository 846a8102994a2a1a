//! Parameters of a terminal, by their number (JT/T 808 8103 and 0104, JT/T 1078, T/JSATL 12).

use super::{Field, Form, Keyed, Kind, Size, field, text, u8, u16};

pub(super) const PARAMETERS: Kind = Kind::Items(Keyed { count: Some(1), id: 4, of: parameter });

fn parameter(id: u32, _: Form) -> Kind {
    match id {
        0x0010..=0x0017
        | 0x001a
        | 0x001d
        | 0x0023..=0x0026
        | 0x0040..=0x0044
        | 0x0048
        | 0x0049
        | 0x0083 => Kind::Text(Size::Rest),
        0x0032 => Kind::Record(TIMES),
        0x0031 | 0x005b..=0x005e | 0x0081 | 0x0082 | 0x0101 | 0x0103 => Kind::Unsigned(2),
        0x0084 | 0x0090..=0x0092 | 0x0094 | 0xf370 => Kind::Unsigned(1),
        0x0001..=0x0080 if !matches!(id, 0x0075..=0x0079 | 0x007b | 0x007c) => Kind::Unsigned(4),
        0x0093 | 0x0095 | 0x0100 | 0x0102 => Kind::Unsigned(4),
        0x0075 => Kind::Record(VIDEO),
        0x0079 => {
            const { Kind::Record(&[u8("storageThreshold"), u8("duration"), u8("startTime")]) }
        }
        0x007b => const { Kind::Record(&[u8("overloadThreshold"), u8("fatigueThreshold")]) },
        0x007c => Kind::Record(WAKING),
        0xf364 => Kind::Record(ASSISTANCE),
        0xf365 => Kind::Record(DRIVER),
        0xf366 => Kind::Record(TYRES),
        0xf367 => Kind::Record(BLIND_SPOT),
        _ => Kind::Bytes(Size::Rest),
    }
}

const fn i8(name: &'static str) -> Field {
    field(name, Kind::Signed(1))
}

const fn i16(name: &'static str) -> Field {
    field(name, Kind::Signed(2))
}

const fn i32(name: &'static str) -> Field {
    field(name, Kind::Signed(4))
}

const TIMES: &[Field] = &[field("startTime", Kind::HourMinute), field("endTime", Kind::HourMinute)];

const VIDEO: &[Field] = &[
    i8("realtimeEncode"),
    i8("realtimeResolution"),
    i16("realtimeFrameInterval"),
    i8("realtimeFrameRate"),
    i32("realtimeBitRate"),
    i8("storageEncode"),
    i8("storageResolution"),
    i16("storageFrameInterval"),
    i8("storageFrameRate"),
    i32("storageBitRate"),
    i16("odsConfig"),
    i8("audioEnabled"),
];

const WAKING: &[Field] = &[
    u8("mode"),
    u8("conditionType"),
    u8("dayOfWeek"),
    u8("timeFlag"),
    field("wakeTime1", Kind::HourMinute),
    field("sleepTime1", Kind::HourMinute),
    field("wakeTime2", Kind::HourMinute),
    field("sleepTime2", Kind::HourMinute),
    field("wakeTime3", Kind::HourMinute),
    field("sleepTime3", Kind::HourMinute),
    field("wakeTime4", Kind::HourMinute),
    field("sleepTime4", Kind::HourMinute),
];

/// The names are offsets; −1 is "leave it as it is".
const ASSISTANCE: &[Field] = &[
    i8("p00"),
    i8("p01"),
    i8("p02"),
    i16("p03"),
    i16("p05"),
    i8("p07"),
    i8("p08"),
    i8("p09"),
    i8("p10"),
    i32("p11"),
    i32("p15"),
    i8("p19"),
    i8("p20"),
    i8("p21"),
    i8("p22"),
    i8("p23"),
    i8("p24"),
    i8("p25"),
    i8("p26"),
    i8("p27"),
    i8("p28"),
    i8("p29"),
    i8("p30"),
    i8("p31"),
    i8("p32"),
    i8("p33"),
    i8("p34"),
    i8("p35"),
    i8("p36"),
    i8("p37"),
    i8("p38"),
    i8("p39"),
    i8("p40"),
    i8("p41"),
    i8("p42"),
    i8("p43"),
    i8("p44"),
    i8("p45"),
    i8("p46"),
    i8("p47"),
    i8("p48"),
    i8("p49"),
    i8("p50"),
    i8("p51"),
    i8("p52"),
    i8("p53"),
    i8("p54"),
    i8("p55"),
    i8("p56"),
];

/// The same, of the driver's camera.
const DRIVER: &[Field] = &[
    i8("p00"),
    i8("p01"),
    i8("p02"),
    i16("p03"),
    i16("p05"),
    i8("p07"),
    i8("p08"),
    i8("p09"),
    i8("p10"),
    i32("p11"),
    i32("p15"),
    i16("p19"),
    i16("p21"),
    field("p23", Kind::Bytes(Size::Fixed(3))),
    i8("p26"),
    i8("p27"),
    i8("p28"),
    i8("p29"),
    i8("p30"),
    i8("p31"),
    i8("p32"),
    i8("p33"),
    i8("p34"),
    i8("p35"),
    i8("p36"),
    i8("p37"),
    i8("p38"),
    i8("p39"),
    i8("p40"),
    i8("p41"),
    i8("p42"),
    i8("p43"),
    i8("p44"),
    i8("p45"),
    i8("p46"),
    i8("p47"),
    i8("p48"),
    i8("p49"),
    i8("p50"),
    i8("p51"),
    i8("p52"),
    i8("p53"),
    i8("p54"),
    i8("p55"),
    i8("p56"),
    i8("p57"),
    i8("p58"),
    i8("p59"),
    i8("p60"),
    i8("p61"),
    i8("p62"),
    i8("p63"),
    i8("p64"),
];

const TYRES: &[Field] = &[
    text("tireType", 12),
    u16("pressureUnit"),
    u16("normalValue"),
    u16("imbalanceThreshold"),
    u16("lowLeakThreshold"),
    u16("lowPressureThreshold"),
    u16("highPressureThreshold"),
    u16("highTemperatureThreshold"),
    u16("voltageThreshold"),
    u16("reportInterval"),
    field("reserved", Kind::Bytes(Size::Fixed(6))),
];

const BLIND_SPOT: &[Field] =
    &[i8("rearApproachAlarmTimeThreshold"), i8("rearSideApproachAlarmTimeThreshold")];
