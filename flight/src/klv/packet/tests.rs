use proptest::prelude::*;

use super::*;
use crate::klv::search::LABEL;
use crate::klv::{KlvError, packets, read, writing};

const REAL: &str = "060e2b34020b01010e0103010100000061020800046050584e0180050271c20602fd3d070208b80d045595b66d0e045b5360c40f02c2211002cd9c1102d9171204724a0a20130487f84b86140400000000150403830926160212811704f101a229180414bc082b190234f34101060102c850";
const COMPUTED: &str = "060e2b34020b01010e010301010000005d020800061ae7dcd55540050271c20602fd3d070208b80d042bf045780e04556522810f020d4810025999110236301204000000001304e000000014040000000015040002396b17042befe57718045565370219020bbb4101110102f09d";

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digit).collect()
}

fn only(bytes: &[u8]) -> Packet {
    let found: Vec<_> = packets(bytes).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().unwrap().unwrap()
}

/// Name, found, expected, how far apart they may be: half of the last digit given.
fn check(found: &[(&str, Option<f64>, f64, f64)]) {
    for (name, found, expected, within) in found {
        let found = found.unwrap_or_else(|| panic!("{name} is missing"));
        assert!((found - expected).abs() <= *within, "{name}: {found}, expected {expected}");
    }
}

#[test]
fn the_real_packet() {
    let packet = only(&bytes(REAL));
    assert_eq!(packet.checksum, Checksum::Good);
    assert_eq!(packet.at.unwrap().as_microsecond(), 1_231_798_102_000_000);
    assert_eq!(packet.refused, [0; 0]);
    let (sensor, centre) = (packet.sensor.unwrap(), packet.frame_centre.unwrap());
    check(&[
        ("heading", packet.heading_deg, 159.974_36, 5e-6),
        ("pitch", packet.pitch_deg, -0.431_53, 5e-6),
        ("roll", packet.roll_deg, 3.405_87, 5e-6),
        ("latitude", Some(sensor.lat()), 60.176_822_967, 5e-10),
        ("longitude", Some(sensor.lon()), 128.426_759_042, 5e-10),
        ("altitude", packet.above_sea_m, 14_190.72, 5e-3),
        ("hfov", packet.hfov_deg, 144.571, 5e-4),
        ("vfov", packet.vfov_deg, 152.644, 5e-4),
        ("azimuth", packet.relative_azimuth_deg, 160.719, 5e-4),
        ("elevation", packet.relative_elevation_deg, -168.792, 5e-4),
        ("relative roll", packet.relative_roll_deg, 0.0, 0.0),
        ("slant range", packet.slant_range_m, 68_590.98, 5e-3),
        ("width", packet.target_width_m, 722.82, 5e-3),
        ("centre latitude", Some(centre.lat()), -10.542_388_633, 5e-10),
        ("centre longitude", Some(centre.lon()), 29.157_890_123, 5e-10),
        ("centre elevation", packet.frame_centre_above_sea_m, 3_216.04, 5e-3),
    ]);
    assert_eq!(packet.version, Some(6));
}

/// Its values follow from the mapping alone.
#[test]
fn the_computed_packet() {
    let packet = only(&bytes(COMPUTED));
    assert_eq!(packet.checksum, Checksum::Good);
    assert_eq!(checksum(&bytes(COMPUTED)[..bytes(COMPUTED).len() - 2]), 0xf09d);
    let sensor = packet.sensor.unwrap();
    check(&[
        ("latitude", Some(sensor.lat()), f64::from(0x2bf0_4578) * 90.0 / 2_147_483_647.0, 1e-12),
        ("longitude", Some(sensor.lon()), f64::from(0x5565_2281) * 180.0 / 2_147_483_647.0, 1e-12),
        ("altitude", packet.above_sea_m, f64::from(0x0d48) * 19_900.0 / 65_535.0 - 900.0, 1e-9),
        ("elevation", packet.relative_elevation_deg, -45.0, 1e-6),
    ]);
    let camera = packet.camera().unwrap();
    assert!((camera.pitch_deg + 45.4).abs() < 0.1, "{camera:?}");
}

#[test]
fn checksums() {
    assert_eq!(checksum(&[0x06, 0x0e, 0x2b, 0x34, 0x02, 0x00, 0x81, 0xbb]), 0xb4fd);
    let real = bytes(REAL);
    assert_eq!(checksum(&real[..real.len() - 2]), 0xc850);
    assert_eq!(checksum(&[0x01]), 0x0100);
}

#[test]
fn a_wrong_checksum_is_flagged_and_the_packet_kept() {
    let mut wrong = bytes(REAL);
    wrong[42] ^= 1;
    let packet = only(&wrong);
    assert!(matches!(packet.checksum, Checksum::Wrong { stored: 0xc850, .. }), "{packet:?}");
    let telemetry = read(wrong.as_slice()).unwrap();
    assert_eq!(telemetry.samples.len(), 1);
    let codes: Vec<_> = telemetry.warnings.into_iter().map(|warning| warning.code).collect();
    assert!(codes.contains(&domain::WarningCode::Checksum), "{codes:?}");
}

#[test]
fn broken_packets_cost_only_themselves() {
    let (real, other) = (bytes(REAL), bytes(COMPUTED));
    let cut = &real[..60];
    let endless = [&LABEL[..], &[0x84, 0x7f, 0xff, 0xff, 0xff]].concat();
    let stream = [b"noise\x06\x0e".as_slice(), &real, cut, &other, &endless, &other, cut].concat();
    let found: Vec<_> = packets(&stream).collect();
    let good = found.iter().flatten().filter(|p| p.checksum == Checksum::Good).count();
    assert_eq!(good, 3, "{found:?}");
    assert_eq!(found.iter().filter(|p| p.is_err()).count(), 3, "{found:?}");
    let telemetry = read(stream.as_slice()).unwrap();
    assert_eq!(telemetry.samples.len(), 3);
}

#[test]
fn out_of_range_says_nothing() {
    let lowest = writing::packet(1, &[(13, vec![0x80, 0, 0, 0]), (14, vec![0; 4]), (5, vec![0])]);
    let packet = only(&lowest);
    assert_eq!((packet.sensor, packet.heading_deg), (None, None));
    assert_eq!(packet.refused, [13, 5]);
}

#[test]
fn full_corners_win_over_offsets() {
    let offsets = (26..=33).map(|tag| (tag, vec![0x7f, 0xff]));
    let centre = [(23, vec![0; 4]), (24, vec![0; 4])];
    let with_offsets: Vec<_> = centre.iter().cloned().chain(offsets).collect();
    let found = only(&writing::packet(1, &with_offsets)).corners.unwrap();
    assert!((found[0].lat() - 0.075).abs() < 1e-12 && (found[3].lon() - 0.075).abs() < 1e-12);

    let full = (82..=89).map(|tag| (tag, vec![0x3f, 0xff, 0xff, 0xff]));
    let both: Vec<_> = with_offsets.into_iter().chain(full).collect();
    let found = only(&writing::packet(1, &both)).corners.unwrap();
    assert!((found[0].lat() - 45.0).abs() < 1e-6 && (found[0].lon() - 90.0).abs() < 1e-6);
}

#[test]
fn an_empty_file_says_what_it_is_not() {
    assert!(matches!(read(b"hello".as_slice()), Err(KlvError::NoPackets)));
}

/// 407 packets of a real flight, where the development data lies beside the project.
#[test]
fn cheyenne() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/telemetry/klv/Cheyenne.bin");
    let Ok(stream) = std::fs::read(path) else { return };
    let found: Vec<Packet> = packets(&stream).map(Result::unwrap).collect();
    assert_eq!(found.len(), 407);
    for packet in &found {
        assert_eq!(packet.checksum, Checksum::Good);
        assert!(packet.camera().is_some() && packet.frame_centre.is_some(), "{packet:?}");
        assert!(packet.corners.is_some() && packet.slant_range_m.is_some(), "{packet:?}");
    }
    let telemetry = read(stream.as_slice()).unwrap();
    assert_eq!(telemetry.samples.len(), 407);
    assert!(telemetry.warnings.is_empty(), "{:?}", telemetry.warnings);

    // A flat-earth ray from the pose alone; the data's own notes say 10.1 m and 28.3 m.
    let mut errors: Vec<f64> = found.iter().map(|packet| ray_error_m(packet).unwrap()).collect();
    errors.sort_by(f64::total_cmp);
    let (median, p90) = (errors[203], errors[366]);
    assert!(median < 10.15 && p90 < 28.35, "{median} {p90}");
}

/// Metres between where the camera's axis meets the frame centre's height and the frame centre.
fn ray_error_m(packet: &Packet) -> Option<f64> {
    let camera = packet.camera()?;
    let height = packet.above_sea_m? - packet.frame_centre_above_sea_m?;
    let distance = height / (-camera.pitch_deg).to_radians().tan();
    let (east, north) = camera.yaw_deg.to_radians().sin_cos();
    let [e, n] = domain::Plane::at(packet.sensor?).metres(packet.frame_centre?);
    Some((e - distance * east).hypot(n - distance * north))
}

fn angles() -> impl Strategy<Value = Packet> {
    let place = (-180.0..180.0, -90.0..90.0);
    (place, [0.0..360.0, 0.0..360.0, 0.0..360.0], [-90.0..90.0, -90.0..90.0, -180.0..180.0])
        .prop_map(|((lon, lat), turns, tilts)| Packet {
            checksum: Checksum::Good,
            at: Timestamp::from_microsecond(1_700_000_000_000_000).ok(),
            sensor: LonLat::new(lon, lat),
            heading_deg: Some(turns[0]),
            relative_azimuth_deg: Some(turns[1]),
            relative_roll_deg: Some(turns[2]),
            pitch_deg: Some(tilts[0]),
            roll_deg: Some(tilts[1]),
            relative_elevation_deg: Some(tilts[2]),
            above_sea_m: Some(turns[0]),
            slant_range_m: Some(turns[1]),
            ..Packet::default()
        })
}

proptest! {
    /// What was read is written and read as the same: the mapping loses no more than its step.
    #[test]
    fn written_and_read(packet in angles()) {
        let once = only(&writing::encode(&packet));
        prop_assert!((once.sensor.unwrap().lat() - packet.sensor.unwrap().lat()).abs() < 5e-8);
        prop_assert!((once.heading_deg.unwrap() - packet.heading_deg.unwrap()).abs() < 3e-3);
        prop_assert_eq!(&only(&writing::encode(&once)), &once);
    }

    #[test]
    fn no_bytes_break_it(noise in prop::collection::vec(any::<u8>(), 0..400)) {
        let labelled = [&LABEL[..], &noise].concat();
        prop_assert!(packets(&noise).count() <= 25 && packets(&labelled).count() <= 26);
    }

    #[test]
    fn no_change_breaks_it(at in 0_usize..114, to in any::<u8>(), cut in 0_usize..115) {
        let mut changed = bytes(REAL);
        changed[at] = to;
        let stream = [&changed[..cut.min(changed.len())], &bytes(COMPUTED)].concat();
        let good = packets(&stream).flatten().filter(|p| p.checksum == Checksum::Good).count();
        prop_assert!(good >= 1, "the packet behind a broken one was lost");
    }
}
