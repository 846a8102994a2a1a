use domain::LonLat;
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::klv::{Packet, writing};

/// Writes a transport stream of one program: a picture stream at 0x100, KLV at 0x101.
struct Muxer {
    out: Vec<u8>,
    counters: BTreeMap<u16, u8>,
}

impl Muxer {
    fn new(klv_type: u8) -> Self {
        let mut muxer = Self { out: Vec::new(), counters: BTreeMap::new() };
        let pat = [0, 0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe1, 0x10];
        muxer.section(0, &pat);
        let klva = [5, 4, b'K', b'L', b'V', b'A'];
        let mut pmt = vec![0, 2, 0xb0, 0, 0, 1, 0xc1, 0, 0, 0xe1, 0x00, 0xf0, 0];
        pmt.extend([0x1b, 0xe1, 0x00, 0xf0, 0]);
        pmt.extend([klv_type, 0xe1, 0x01, 0xf0, 6]);
        pmt.extend(klva);
        pmt[3] = u8::try_from(pmt.len() - 4 + 4).unwrap();
        muxer.section(0x110, &pmt);
        muxer
    }

    fn section(&mut self, pid: u16, section: &[u8]) {
        let mut bytes = section.to_vec();
        let crc = crc32_mpeg2(&section[1..]);
        bytes.extend(crc.to_be_bytes());
        bytes.resize(184, 0xff);
        self.packets(pid, &bytes);
    }

    fn pes(&mut self, pid: u16, stream_id: u8, pts: Option<u64>, payload: &[u8]) {
        let mut pes = vec![0, 0, 1, stream_id];
        let head: Vec<u8> = pts.map_or_else(
            || vec![0x80, 0, 0],
            |pts| {
                let part = |shift: u32, mask: u64| u8::try_from((pts >> shift) & mask).unwrap();
                vec![
                    0x80,
                    0x80,
                    5,
                    0x21 | part(30, 7) << 1,
                    part(22, 0xff),
                    part(15, 0x7f) << 1 | 1,
                    part(7, 0xff),
                    part(0, 0x7f) << 1 | 1,
                ]
            },
        );
        pes.extend(u16::try_from(head.len() + payload.len()).unwrap().to_be_bytes());
        pes.extend(head);
        pes.extend(payload);
        self.packets(pid, &pes);
    }

    fn packets(&mut self, pid: u16, bytes: &[u8]) {
        for (at, part) in bytes.chunks(184).enumerate() {
            let counter = self.counters.entry(pid).or_insert(0);
            let [high, low] = pid.to_be_bytes();
            let start = if at == 0 { 0x40 } else { 0 };
            let stuffing = 184 - part.len();
            let control = if stuffing == 0 { 0x10 } else { 0x30 };
            self.out.extend([SYNC, high | start, low, control | *counter]);
            if stuffing > 0 {
                self.out.push(u8::try_from(stuffing - 1).unwrap());
                if stuffing > 1 {
                    self.out.push(0);
                    self.out.resize(self.out.len() + stuffing - 2, 0xff);
                }
            }
            self.out.extend(part);
            *counter = (*counter + 1) & 0xf;
        }
    }
}

fn crc32_mpeg2(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte) << 24, |crc, _| {
            if crc & 0x8000_0000 == 0 { crc << 1 } else { crc << 1 ^ 0x04c1_1db7 }
        })
    })
}

fn klv(second: i64) -> Vec<u8> {
    writing::encode(&Packet {
        at: Timestamp::from_second(1_700_000_000 + second).ok(),
        sensor: LonLat::new(120.0, 30.0),
        above_sea_m: Some(100.0),
        ..Packet::default()
    })
}

fn cell(klv: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(klv.len()).unwrap().to_be_bytes();
    [&[0, 0, 0xcf, high, low], klv].concat()
}

/// A second before time stamps wrap.
const START: u64 = (1 << 33) - 90_000;

fn synchronous() -> Vec<u8> {
    let mut muxer = Muxer::new(0x15);
    for second in 0..3 {
        let pts = (START + second * 90_000) % (1 << 33);
        let bytes = klv(i64::try_from(second).unwrap());
        muxer.pes(0x101, 0xfc, Some(pts), &cell(&bytes));
        muxer.pes(0x100, 0xe0, Some(pts), &[0; 400]);
    }
    muxer.out
}

fn asynchronous() -> Vec<u8> {
    let mut muxer = Muxer::new(0x06);
    for second in 0..3 {
        muxer.pes(0x100, 0xe0, Some(900_000 + second * 90_000), &[0; 400]);
        muxer.pes(0x101, 0xbd, None, &klv(i64::try_from(second).unwrap()));
    }
    muxer.out
}

fn check(stream: &[u8]) {
    let telemetry = from_transport_stream(stream).unwrap();
    let media: Vec<_> = telemetry.samples.iter().map(|s| s.media.unwrap().as_secs_f64()).collect();
    assert_eq!(media, [0.0, 1.0, 2.0]);
    let first = telemetry.samples[0].position.unwrap();
    assert!((first.lon() - 120.0).abs() < 1e-6 && (first.lat() - 30.0).abs() < 1e-6);
    assert_eq!(telemetry.dialect, "MISB ST 0601 in MPEG-TS");
}

#[test]
fn synchronous_klv_has_the_time_of_its_picture() {
    check(&synchronous());
}

#[test]
fn asynchronous_klv_has_the_time_of_the_picture_before_it() {
    check(&asynchronous());
}

#[test]
fn sync_is_found_again() {
    let stream = synchronous();
    check(&[b"GET / HTTP/1.1\r\n\r\n".as_slice(), &stream].concat());
}

/// See `make.py` there. GStreamer stamps what its source stamps, here the first packet alone, and
/// puts the others behind the last picture.
#[test]
fn streams_of_other_multiplexers_are_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/klv/transport/muxers");
    for (name, expected) in [
        ("libavformat_async", [0.0, 1.0, 2.0]),
        ("libavformat_cells", [0.0, 1.0, 2.0]),
        ("libavformat_sync", [0.0, 1.0, 2.0]),
        ("gstreamer_async", [0.0, 2.0, 2.0]),
    ] {
        let stream = std::fs::read(format!("{folder}/{name}.ts")).unwrap();
        let telemetry = from_transport_stream(stream.as_slice()).unwrap();
        let seconds: Vec<f64> = telemetry
            .samples
            .iter()
            .map(|sample| (sample.media.unwrap().as_secs_f64() * 1000.0).round() / 1000.0)
            .collect();
        assert_eq!(seconds, expected, "{name}");
        let at = telemetry.samples[2].position.unwrap();
        assert!((at.lon() - 120.0).abs() < 1e-6 && (at.lat() - 30.0).abs() < 1e-6, "{name}");
        assert!(telemetry.warnings.iter().all(|w| w.code != WarningCode::Checksum), "{name}");
    }
}

/// Multiplexers that know nothing of KLV cut it anywhere.
#[test]
fn klv_is_put_together_across_pes_packets() {
    let klv: Vec<u8> = (0..40).flat_map(klv).collect();
    for size in [1, 7, 60, 100, 184, 1024] {
        let mut muxer = Muxer::new(0x06);
        muxer.pes(0x100, 0xe0, Some(900_000), &[0; 400]);
        for part in klv.chunks(size) {
            muxer.pes(0x101, 0xbd, Some(900_000), part);
        }
        let telemetry = from_transport_stream(muxer.out.as_slice()).unwrap();
        assert_eq!(telemetry.samples.len(), 40, "cut every {size} bytes");
        let codes: Vec<_> = (&telemetry.warnings).into_iter().map(|w| w.code).collect();
        assert!(!codes.contains(&WarningCode::Truncated), "cut every {size} bytes: {codes:?}");
    }
}

#[test]
fn a_lost_packet_costs_its_klv_only() {
    let stream = asynchronous();
    let klv_of_second_1 = stream
        .chunks(188)
        .enumerate()
        .filter(|(_, packet)| packet[1] & 0x1f == 1 && packet[2] == 1)
        .nth(1)
        .map(|(at, _)| at * 188)
        .unwrap();
    let cut = [&stream[..klv_of_second_1], &stream[klv_of_second_1 + 188..]].concat();
    let telemetry = from_transport_stream(cut.as_slice()).unwrap();
    assert!(!telemetry.samples.is_empty() && telemetry.samples.len() < 3);
}

#[test]
fn other_files_are_refused() {
    let text = "no transport stream ".repeat(100);
    let refused = from_transport_stream(text.as_bytes());
    assert!(matches!(refused, Err(KlvError::NotTransportStream)), "{refused:?}");
    let without = Muxer::new(0x15).out;
    assert!(matches!(from_transport_stream(without.as_slice()), Err(KlvError::NoPackets)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_change_breaks_it(changes in prop::collection::vec((0_usize..5000, any::<u8>()), 1..40)) {
        for mut stream in [synchronous(), asynchronous()] {
            for &(at, to) in &changes {
                let at = at % stream.len();
                stream[at] = to;
            }
            let rows = from_transport_stream(stream.as_slice()).map_or(0, |t| t.samples.len());
            prop_assert!(rows <= 6, "{rows}");
        }
    }
}
