//! Packets to rows of telemetry.

use domain::{Fix, Heights, LonLat, WarningCode};
use jiff::{SignedDuration, Timestamp};

use super::{Checksum, KlvError, Packet, packets};
use crate::sample::{Sample, Stamp, Telemetry, Warnings};

/// Rows that are kept of one file: 12 hours at 60 a second, rounded up.
const MAX_ROWS: usize = 3_000_000;

/// Reads a file of ST 0601 packets, one after the other.
///
/// A slant range is not a laser's: it is often computed from the pose itself.
pub fn read(bytes: &[u8]) -> Result<Telemetry, KlvError> {
    let mut rows = Rows::default();
    rows.take(bytes, None);
    rows.finish("MISB ST 0601")
}

/// Rows as they are collected.
#[derive(Debug, Default)]
pub(super) struct Rows {
    samples: Vec<Sample>,
    aircraft: String,
    pub(super) warnings: Warnings,
    last: Option<Timestamp>,
}

impl Rows {
    /// Adds the packets of `bytes`, shown at `media`.
    pub(super) fn take(&mut self, bytes: &[u8], media: Option<SignedDuration>) {
        for packet in packets(bytes) {
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
        if self.samples.len() >= MAX_ROWS {
            self.warnings.add(
                WarningCode::Truncated,
                format!("only the first {MAX_ROWS} KLV packets are used"),
            );
            return;
        }
        self.judge(packet);
        if self.aircraft.is_empty() {
            self.aircraft = packet.platform.clone().unwrap_or_default();
        }
        self.samples.push(Sample { media, ..sample(packet) });
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
        for sample in &mut self.samples {
            sample.media = sample.media.and_then(|media| media.checked_add(shift));
        }
    }

    pub(super) fn finish(self, dialect: &str) -> Result<Telemetry, KlvError> {
        let Self { samples, aircraft, warnings, .. } = self;
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
