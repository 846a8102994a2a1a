//! Where a photo was taken and how the camera looked.

use domain::{Attitude, Fix, Heights, Laser, LonLat, WarningCode};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::bad;
use super::exif_fields::Exif;
use super::xmp::Xmp;
use crate::sample::{Sample, Stamp, Warnings};

pub(super) fn sample(xmp: &Xmp, exif: &Exif, warnings: &mut Warnings) -> Sample {
    Sample {
        media: None,
        stamp: stamp(xmp, exif, warnings),
        position: position(xmp, exif, warnings),
        heights: heights(xmp, exif, warnings),
        camera: camera(xmp, warnings),
        heading_deg: xmp.checked("FlightYawDegree", warnings),
        speed_mps: speed(xmp),
        fix: fix(xmp),
        zoom: exif.number(exif::Tag::DigitalZoomRatio).filter(|&zoom| zoom >= 1.0),
        focal_mm: exif.number(exif::Tag::FocalLength).filter(|&focal| focal > 0.0),
        view_deg: None,
        laser: laser(xmp),
    }
}

fn stamp(xmp: &Xmp, exif: &Exif, warnings: &mut Warnings) -> Stamp {
    if let Some(text) = xmp.get("UTCAtExposure") {
        if let Some(at) = utc(text.trim()) {
            return Stamp::Utc(at);
        }
        bad(warnings, "UTCAtExposure", text);
    }
    exif.taken().unwrap_or_default()
}

/// UTC with or without saying so; `:` between the parts of the date is EXIF's habit.
fn utc(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once(['T', ' '])?;
    let text = format!("{}T{}", date.replace(':', "-"), time.trim_end_matches('Z'));
    Offset::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok()
}

fn position(xmp: &Xmp, exif: &Exif, warnings: &mut Warnings) -> Option<LonLat> {
    // Early firmware misspells the longitude.
    let lon = xmp.number("GpsLongitude").or_else(|| xmp.number("GpsLongtitude"));
    let lat = xmp.number("GpsLatitude");
    let written = lon.zip(lat).and_then(|(lon, lat)| LonLat::new(lon, lat));
    let found = written.or_else(|| exif.position());
    let real = found.filter(|at| at.lon().abs() > 1e-6 || at.lat().abs() > 1e-6);
    if real.is_none() {
        let why = if found.is_some() { "is at 0/0" } else { "has no position" };
        warnings.add(WarningCode::NoPosition, format!("the photo {why}: it cannot be placed"));
    }
    real
}

/// With RTK the absolute height is the ellipsoid's; else the aircraft has it from a geoid.
fn heights(xmp: &Xmp, exif: &Exif, warnings: &mut Warnings) -> Heights {
    let above_takeoff_m = xmp.checked("RelativeAltitude", warnings);
    let absolute = xmp.checked("AbsoluteAltitude", warnings).or_else(|| exif.altitude());
    let ellipsoid = xmp.get("AltitudeType") == Some("RtkAlt");
    let heights = Heights {
        above_takeoff_m,
        above_sea_m: absolute.filter(|_| !ellipsoid),
        above_ellipsoid_m: absolute.filter(|_| ellipsoid),
    };
    if heights == Heights::default() {
        warnings.add(WarningCode::NoHeight, "the photo has no height: it cannot be placed");
    }
    heights
}

fn camera(xmp: &Xmp, warnings: &mut Warnings) -> Option<Attitude> {
    let yaw = xmp.checked("GimbalYawDegree", warnings);
    let pitch = xmp.checked("GimbalPitchDegree", warnings);
    let roll = xmp.checked("GimbalRollDegree", warnings);
    let (Some(yaw_deg), Some(pitch_deg), Some(roll_deg)) = (yaw, pitch, roll) else {
        warnings.add(
            WarningCode::NoAttitude,
            "the photo lacks the gimbal's yaw, pitch or roll: nothing in it can be placed",
        );
        return None;
    };
    Some(Attitude { yaw_deg, pitch_deg, roll_deg })
}

fn speed(xmp: &Xmp) -> Option<f64> {
    Some(xmp.number("FlightXSpeed")?.hypot(xmp.number("FlightYSpeed")?))
}

fn fix(xmp: &Xmp) -> Fix {
    match xmp.number("RtkFlag") {
        Some(50.0) => Fix::Fixed,
        Some(flag) if (32.0..50.0).contains(&flag) => Fix::Float,
        Some(16.0) => Fix::Single,
        _ => Fix::Unknown,
    }
}

fn laser(xmp: &Xmp) -> Option<Laser> {
    let distance_m = xmp.number("LRFTargetDistance").filter(|&distance| distance > 0.0)?;
    // Where it says how it went, anything but this is a miss.
    if xmp.get("LRFStatus").is_some_and(|status| status.trim() != "Normal") {
        return None;
    }
    let at = xmp.number("LRFTargetLon").zip(xmp.number("LRFTargetLat"));
    let target = at.and_then(|(lon, lat)| LonLat::new(lon, lat));
    Some(Laser {
        distance_m,
        target: target.filter(|at| at.lon().abs() > 1e-6 || at.lat().abs() > 1e-6),
    })
}
