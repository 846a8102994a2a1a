//! Additional items of a position, by their number.

use super::{Field, Form, Kind, Size, When, field, safety, u8, u16, u32};

/// Those that are not known are told as bytes: vendors have their own from 0xe0 on.
pub(super) fn item(id: u32, _: Form) -> Kind {
    match id {
        // Mileage 0.1 km, extended signals, analog inputs; alarms and occlusion of video (JT/T 1078).
        0x01 | 0x14 | 0x15 | 0x16 | 0x17 | 0x25 | 0x2b => Kind::Unsigned(4),
        // Fuel 0.1 l, recorder's speed 0.1 km/h, alarm to be confirmed, temperature, driving video, inputs.
        0x02..=0x04 | 0x06 | 0x18 | 0x2a => Kind::Unsigned(2),
        0x05 => const { Kind::Record(&[field("value", Kind::Bytes(Size::Rest))]) },
        0x11 => Kind::Record(OVERSPEED),
        0x12 => const { Kind::Record(&[u8("areaType"), u32("areaId"), u8("direction")]) },
        0x13 => const { Kind::Record(&[u32("areaId"), u16("driveTime"), u8("result")]) },
        // Strength of the mobile signal, satellites.
        0x30 | 0x31 => Kind::Unsigned(1),
        0x64 => Kind::Record(safety::ASSISTANCE),
        0x65 => Kind::Record(safety::DRIVER),
        0x66 => Kind::Record(safety::TYRES),
        0x67 => Kind::Record(safety::BLIND_SPOT),
        _ => Kind::Bytes(Size::Rest),
    }
}

/// Type 0 is no particular place.
const OVERSPEED: &[Field] = &[
    u8("areaType"),
    Field { name: "areaId", kind: Kind::Unsigned(4), when: When::NotZero("areaType") },
];
