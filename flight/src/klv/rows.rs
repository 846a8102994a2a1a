//! Packets to rows of telemetry.

use std::io::Read;

use domain::{Fix, Heights, LonLat, WarningCode};
use jiff::{SignedDuration, Timestamp};

use super::search::{cut, packets_behind};
use super::{Checksum, KlvError, Packet};
use crate::sample::{Sample, Stamp, Telemetry, Warnings};
use crate::thinned::{Full, MOST, Thinned};

/// Packets that are read of one file: 12 hours at 60 a second, rounded up.
const MAX_PACKETS: usize = 3_000_000;
/// Of a file of bare packets: as many, of 700 bytes each.
const MAX_BYTES: u64 = 2 << 30;
/// So much is read at once.
const PIECE: u64 = 1 << 20;

/// Reads a file of ST 0601 packets, one after the other. Files of more than two hours at 30 a second
/// keep at most ten rows a second and what changes between them.
///
/// A slant range is not a laser's: it is often computed from the pose itself.
pub fn read(input: impl Read) -> Result<Telemetry, KlvError> {
    let mut rows = Rows::default();
    let mut input = input.take(MAX_BYTES);
    let (mut bytes, mut base) = (Vec::new(), 0);
    while (&mut input).take(PIECE).read_to_end(&mut bytes)? > 0 {
        let whole = cut(&bytes);
        rows.take_behind(base, &bytes[..whole], None);
        bytes.drain(..whole);
        base += whole;
    }
    rows.take_behind(base, &bytes, None);
    if input.limit() == 0 {
        let detail = format!("only the first {} GiB were read", MAX_BYTES >> 30);
        rows.warnings.add(WarningCode::Truncated, detail);
    }
    rows.finish("MISB ST 0601")
}

/// Rows as they are collected.
#[derive(Debug, Default)]
pub(super) struct Rows {
    packets: usize,
    samples: Thinned,
    aircraft: String,
    pub(super) warnings: Warnings,
    last: Option<Timestamp>,
}

impl Rows {
    /// Adds the packets of `bytes`, shown at `media`.
    pub(super) fn take(&mut self, bytes: &[u8], media: Option<SignedDuration>) {
        self.take_behind(0, bytes, media);
    }

    fn take_behind(&mut self, base: usize, bytes: &[u8], media: Option<SignedDuration>) {
        for packet in packets_behind(base, bytes) {
            match packet {
                Ok(packet) => self.add(&packet, media),
                Err(error @ KlvError::Truncated { .. }) => {
                    self.warnings.add(WarningCode::Truncated, error.to_string());
                }
                Err(error) => self.warnings.add(WarningCode::BadEntry, error.to_string()),
            }
        }
    }

    fn add(&mut self, packet: &Packet, media: Option<SignedDuration>) {
        if self.packets == MAX_PACKETS {
            let detail = format!("only the first {MAX_PACKETS} KLV packets are used");
            return self.warnings.add(WarningCode::Truncated, detail);
        }
        self.packets += 1;
        self.judge(packet);
        if self.aircraft.is_empty() {
            self.aircraft = packet.platform.clone().unwrap_or_default();
        }
        if self.samples.push(Sample { media, ..sample(packet) }) == Err(Full) {
            let detail = format!("only the first {MOST} positions and changes are used");
            self.warnings.add(WarningCode::Truncated, detail);
        }
    }

    fn judge(&mut self, packet: &Packet) {
        if let Checksum::Wrong { stored, computed } = packet.checksum {
            self.warnings.add(
                WarningCode::Checksum,
                format!(
                    "a KLV packet's checksum is {stored:04X}, its bytes give {computed:04X}; \
                     it was used all the same"
                ),
            );
        }
        if let Some(tag) = packet.refused.first() {
            self.warnings.add(
                WarningCode::BadEntry,
                format!("KLV tag {tag} holds no value that can be read; it was left out"),
            );
        }
        if position(packet).is_none() {
            self.warnings.add(WarningCode::NoPosition, "a KLV packet without a sensor position");
        }
        if packet.camera().is_none() {
            self.warnings.add(
                WarningCode::NoAttitude,
                "a KLV packet lacks one of platform heading, pitch, roll or sensor azimuth, \
                 elevation, roll",
            );
        }
        if packet.at.zip(self.last).is_some_and(|(now, last)| now < last) {
            self.warnings.add(WarningCode::OutOfOrder, "KLV times go backwards");
        }
        self.last = packet.at.or(self.last);
    }

    /// Moves every media time.
    pub(super) fn shift(&mut self, shift: SignedDuration) {
        for sample in self.samples.rows_mut() {
            sample.media = sample.media.and_then(|media| media.checked_add(shift));
        }
    }

    pub(super) fn finish(self, dialect: &str) -> Result<Telemetry, KlvError> {
        let Self { samples, aircraft, warnings, .. } = self;
        let samples = samples.into_rows();
        if samples.is_empty() {
            return Err(KlvError::NoPackets);
        }
        Ok(Telemetry { samples, dialect: dialect.to_owned(), aircraft, warnings })
    }
}

fn sample(packet: &Packet) -> Sample {
    Sample {
        media: None,
        stamp: packet.at.map_or(Stamp::None, Stamp::Utc),
        position: position(packet),
        heights: Heights {
            above_takeoff_m: None,
            above_sea_m: packet.above_sea_m,
            above_ellipsoid_m: packet.above_ellipsoid_m,
        },
        camera: packet.camera(),
        heading_deg: packet.heading_deg,
        speed_mps: packet.ground_speed_mps,
        fix: Fix::Unknown,
        zoom: None,
        focal_mm: None,
        view_deg: packet.hfov_deg.zip(packet.vfov_deg).map(<[f64; 2]>::from),
        laser: None,
    }
}

/// The sensor's place, unless it is 0/0, which means that nothing was known.
fn position(packet: &Packet) -> Option<LonLat> {
    packet.sensor.filter(|at| at.lon().abs() > 1e-6 || at.lat().abs() > 1e-6)
}
