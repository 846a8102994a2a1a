//! Writes packets and a transport stream around them, for tests.

use super::packet::{Packet, checksum};
use super::search::LABEL;

/// Items to a packet, with its time first and its checksum last.
pub(super) fn packet(micros: u64, items: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut value = vec![2, 8];
    value.extend(micros.to_be_bytes());
    for (tag, item) in items {
        value.push(*tag);
        value.push(u8::try_from(item.len()).unwrap());
        value.extend(item);
    }
    value.extend([1, 2]);
    let mut whole = LABEL.to_vec();
    let length = value.len() + 2;
    if length < 128 {
        whole.push(u8::try_from(length).unwrap());
    } else {
        whole.push(0x82);
        whole.extend(u16::try_from(length).unwrap().to_be_bytes());
    }
    whole.extend(value);
    let sum = checksum(&whole);
    whole.extend(sum.to_be_bytes());
    whole
}

/// What [`packet`] writes of the angles, places and lengths of `packet`.
pub(super) fn encode(packet_: &Packet) -> Vec<u8> {
    let mut items = Vec::new();
    let mut put = |tag: u8, value: Option<Vec<u8>>| items.extend(value.map(|value| (tag, value)));
    put(5, packet_.heading_deg.map(|v| unsigned16(v, 0.0, 360.0)));
    put(90, packet_.pitch_deg.map(|v| signed32(v, 90.0)));
    put(91, packet_.roll_deg.map(|v| signed32(v, 90.0)));
    put(13, packet_.sensor.map(|at| signed32(at.lat(), 90.0)));
    put(14, packet_.sensor.map(|at| signed32(at.lon(), 180.0)));
    put(15, packet_.above_sea_m.map(|v| unsigned16(v, -900.0, 19_000.0)));
    put(18, packet_.relative_azimuth_deg.map(|v| unsigned32(v, 0.0, 360.0)));
    put(19, packet_.relative_elevation_deg.map(|v| signed32(v, 180.0)));
    put(20, packet_.relative_roll_deg.map(|v| unsigned32(v, 0.0, 360.0)));
    put(21, packet_.slant_range_m.map(|v| unsigned32(v, 0.0, 5_000_000.0)));
    packet(u64::try_from(packet_.at.unwrap().as_microsecond()).unwrap(), &items)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded into range")]
fn unsigned16(value: f64, min: f64, max: f64) -> Vec<u8> {
    (((value - min) * 65_535.0 / (max - min)).round() as u16).to_be_bytes().to_vec()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded into range")]
fn unsigned32(value: f64, min: f64, max: f64) -> Vec<u8> {
    (((value - min) * 4_294_967_295.0 / (max - min)).round() as u32).to_be_bytes().to_vec()
}

#[expect(clippy::cast_possible_truncation, reason = "rounded into range")]
fn signed32(value: f64, max: f64) -> Vec<u8> {
    ((value * 2_147_483_647.0 / max).round() as i32).to_be_bytes().to_vec()
}
