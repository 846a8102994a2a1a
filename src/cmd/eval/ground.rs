//! Projection against the frame centres that a MISB ST 0601 stream says itself.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use domain::{Heights, Lens, Plane, Pose, Size};
use flight::klv::{Checksum, Packet};
use ground::{Aerial, Budget, Relief};
use jiff::Timestamp;

/// Every packet's middle of the picture from its pose alone, against the frame centre it says.
pub(super) fn eval(path: &Path) -> anyhow::Result<String> {
    let bytes = super::read(path)?;
    let mut tally = Tally::default();
    for packet in flight::klv::packets(&bytes) {
        tally.packets += 1;
        match packet {
            Ok(packet) => tally.take(&packet),
            Err(_) => tally.broken += 1,
        }
    }
    anyhow::ensure!(tally.packets > 0, "`{}` holds no KLV packet", path.display());
    tally.told().with_context(|| format!("nothing in `{}` can be compared", path.display()))
}

#[derive(Default)]
struct Tally {
    packets: u64,
    broken: u64,
    checksums: u64,
    /// Without pose or frame centre.
    silent: u64,
    refused: u64,
    misses_m: Vec<f64>,
    /// Of the misses, in units of their own covariance.
    held: u64,
    slants_m: Vec<f64>,
}

impl Tally {
    fn take(&mut self, packet: &Packet) {
        self.checksums += u64::from(matches!(packet.checksum, Checksum::Wrong { .. }));
        let Some((pose, aerial, truth)) = question(packet) else {
            self.silent += 1;
            return;
        };
        let Ok(landed) = aerial.project(&pose, MIDDLE) else {
            self.refused += 1;
            return;
        };
        let [east, north] = Plane::at(truth).metres(landed.position);
        self.misses_m.push(east.hypot(north));
        self.slants_m.push(landed.slant_m);
        self.held += u64::from(landed.covariance.holds95([east, north]));
    }

    fn told(mut self) -> Option<String> {
        let count = self.misses_m.len();
        let [median, p90, worst] =
            [0.5, 0.9, 1.0].map(|part| super::quantile(&mut self.misses_m, part));
        let slant = super::quantile(&mut self.slants_m, 0.5)?;
        let mut text = String::new();
        writeln!(
            text,
            "packets {}, unreadable {}, wrong checksum {}, without pose or frame centre {}, refused {}",
            self.packets, self.broken, self.checksums, self.silent, self.refused
        )
        .ok()?;
        writeln!(
            text,
            "compared {count}: median {:.2} m, p90 {:.2} m, worst {:.2} m at a median slant of {slant:.0} m; {} in their 95 % ellipse",
            median?, p90?, worst?, self.held
        )
        .ok()?;
        Some(text)
    }
}

const MIDDLE: [f64; 2] = [960.0, 540.0];

/// The pose, the camera over ground as high as the frame centre, and the frame centre.
fn question(packet: &Packet) -> Option<(Pose, Aerial, domain::LonLat)> {
    let by_ellipsoid = packet.above_ellipsoid_m.zip(packet.frame_centre_above_ellipsoid_m);
    let (camera_m, ground_m) =
        by_ellipsoid.or(packet.above_sea_m.zip(packet.frame_centre_above_sea_m))?;
    let pose = Pose {
        at: packet.at.unwrap_or(Timestamp::UNIX_EPOCH),
        position: packet.sensor?,
        heights: Heights { above_sea_m: Some(camera_m), ..Heights::default() },
        camera: Some(packet.camera()?),
        heading_deg: packet.heading_deg,
        speed_mps: packet.ground_speed_mps.unwrap_or(0.0),
        yaw_rate_dps: 0.0,
        fix: domain::Fix::Unknown,
        age_s: 0.0,
        zoom: 1.0,
        laser: None,
    };
    let relief =
        Relief::Flat { above_takeoff_m: 0.0, above_sea_m: Some(ground_m), undulation_m: None };
    let size = Size::new(1920, 1080).ok()?;
    let budget = Budget { worst_sigma_m: 10_000.0, ..Budget::default() };
    Some((
        pose,
        Aerial::new(Lens::pinhole(size, 2000.0, MIDDLE), relief, budget),
        packet.frame_centre?,
    ))
}
