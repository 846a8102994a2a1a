//! What an entry says, picked out by name.

use domain::{Attitude, Fix, Heights, LonLat};

use super::entry::Entry;
use super::words::{Words, number};
use super::{order, stamp};
use crate::{Sample, Stamp};

/// The ways in which DJI aircraft write; what follows a name is never taken from the dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dialect {
    /// `[iso : 100] [latitude: 41.4] …`
    Bracketed,
    /// `F/2.8, SS 30.15, …, GPS (lon, lat, n), D 221.21m, H 200.70m, …`
    Listed,
    /// `HOME(…) date`, `GPS(…) BAROMETER:0.3`
    Old,
}

impl Dialect {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bracketed => "bracketed",
            Self::Listed => "listed",
            Self::Old => "GPS() lines",
        }
    }

    fn of(words: &Words) -> Option<Self> {
        if ["iso", "shutter", "latitude", "fnum"].iter().any(|name| words.has(name)) && !old(words)
        {
            return Some(if words.any_starts("F/") { Self::Listed } else { Self::Bracketed });
        }
        old(words).then_some(if words.any_starts("F/") { Self::Listed } else { Self::Old })
    }
}

fn old(words: &Words) -> bool {
    ["GPS", "RTK", "HOME"].iter().any(|name| words.group(name).is_some())
}

/// An entry, understood as far as it can be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Read {
    pub(super) sample: Sample,
    /// `None`: nothing here is telemetry.
    pub(super) dialect: Option<Dialect>,
    /// It stops in the middle of a field.
    pub(super) cut: bool,
}

pub(super) fn read(entry: &Entry) -> Read {
    let words = Words::of(&entry.text);
    let whole = pick(entry, &words);
    let shorter = words.without_last().filter(|_| entry.open_end).map(|words| pick(entry, &words));
    shorter.filter(|shorter| shorter.sample != whole.sample).unwrap_or(whole)
}

fn pick(entry: &Entry, words: &Words) -> Read {
    let sample = Sample {
        media: entry.start,
        stamp: stamp::local(&entry.text).map_or(Stamp::None, Stamp::Local),
        position: position(words),
        heights: heights(words),
        camera: camera(words),
        heading_deg: angles(words, "F.PRY").map(|aircraft| aircraft.yaw_deg.rem_euclid(360.0)),
        speed_mps: words.number("H.S").map(f64::abs).filter(|speed| *speed < 150.0),
        fix: fix(words),
        zoom: zoom(words),
        focal_mm: words.text("focal_len").and_then(focal),
        ..Sample::default()
    };
    let dated = || (sample.stamp != Stamp::None).then_some(Dialect::Bracketed);
    Read { dialect: Dialect::of(words).or_else(dated), cut: words.cut, sample }
}

fn position(words: &Words) -> Option<LonLat> {
    let lon = words.number("longitude").or_else(|| words.number("longtitude"));
    match (lon, words.number("latitude")) {
        (Some(lon), Some(lat)) => order::on_earth(lon, lat),
        _ => words.group("GPS").or_else(|| words.group("RTK")).and_then(|it| order::place(&it)),
    }
}

/// A height that an aircraft can have, metres.
const HEIGHTS_M: std::ops::RangeInclusive<f64> = -1000.0..=20_000.0;

/// `altitude` is the satellites' height. The third of `GPS(lat, lon, 0.0M)` is never filled in.
fn heights(words: &Words) -> Heights {
    let first = |names: &[&str]| {
        let found = names.iter().find_map(|name| words.number(name));
        found.filter(|height| HEIGHTS_M.contains(height))
    };
    Heights {
        above_takeoff_m: first(&["rel_alt", "BAROMETER", "Hb", "H"]),
        above_sea_m: first(&["abs_alt", "altitude"]),
        above_ellipsoid_m: None,
    }
}

fn camera(words: &Words) -> Option<Attitude> {
    let named =
        || attitude(words.number("gb_pitch")?, words.number("gb_roll")?, words.number("gb_yaw")?);
    named().or_else(|| angles(words, "G.PRY"))
}

/// `F.PRY (-8.9°, 2.9°, -75.0°)`: pitch, roll, yaw.
fn angles(words: &Words, name: &str) -> Option<Attitude> {
    match words.group(name)?.as_slice() {
        [pitch, roll, yaw] => attitude(number(pitch)?, number(roll)?, number(yaw)?),
        _ => None,
    }
}

fn attitude(pitch_deg: f64, roll_deg: f64, yaw_deg: f64) -> Option<Attitude> {
    let sound = [pitch_deg, roll_deg, yaw_deg].iter().all(|angle| angle.abs() <= 360.0);
    sound.then_some(Attitude { yaw_deg, pitch_deg, roll_deg })
}

/// `RTK (…)` does not say how well it was solved: the poorer is taken.
fn fix(words: &Words) -> Fix {
    if words.group("RTK").is_some() { Fix::Float } else { Fix::Unknown }
}

/// `dzoom_ratio: 10000` is 1.0×, `DZOOM 1.000` too.
fn zoom(words: &Words) -> Option<f64> {
    let ratio = words.number("dzoom_ratio").or_else(|| words.number("DZOOM"))?;
    let zoom = if ratio >= 1000.0 { ratio / 10_000.0 } else { ratio };
    (0.1..=500.0).contains(&zoom).then_some(zoom)
}

/// `24.00` is millimetres, `240` tenths of them.
fn focal(text: &str) -> Option<f64> {
    let value = number(text).filter(|value| *value > 0.0)?;
    Some(if !text.contains('.') && value >= 100.0 { value / 10.0 } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(text: &str) -> Sample {
        read(&Entry { text: text.to_owned(), ..Entry::default() }).sample
    }

    #[test]
    fn an_enterprise_entry_says_everything() {
        let sample = sample(
            "<font size=\"28\">FrameCnt: 1, DiffTime: 33ms\n2024-05-06 10:11:12.345\n\
             [iso: 100] [shutter: 1/800.0] [fnum: 2.8] [ev: 0] [color_md: default] [focal_len: 24.00] \
             [dzoom_ratio: 20000, delta:0],[latitude: 30.894300] [longitude: 120.086800] \
             [rel_alt: 60.021 abs_alt: 72.567] [ct: 5500] [gb_yaw: -170.5 gb_pitch: -60.1 gb_roll: 0.2] </font>",
        );
        assert_eq!(sample.position, LonLat::new(120.0868, 30.8943));
        assert_eq!(sample.heights.above_takeoff_m, Some(60.021));
        assert_eq!(sample.heights.above_sea_m, Some(72.567));
        let camera = Attitude { yaw_deg: -170.5, pitch_deg: -60.1, roll_deg: 0.2 };
        assert_eq!(sample.camera, Some(camera));
        assert_eq!((sample.zoom, sample.focal_mm), (Some(2.0), Some(24.0)));
        assert!(matches!(sample.stamp, Stamp::Local(_)));
    }

    #[test]
    fn rtk_entries_say_how_aircraft_and_camera_are_turned() {
        let sample = sample(
            "F/5.6, SS 400, ISO 100, EV 0, RTK (120.08, 30.89, 15), HOME (120.08, 30.89, -57.98m), \
             D 1m, H 85.80m, H.S 2.88m/s, V.S 0.00m/s, F.PRY (2.7°, -7.0°, -110.1°), G.PRY (-24.4°, 0.5°, 110.4°)",
        );
        assert_eq!(sample.fix, Fix::Float);
        assert_eq!(sample.heading_deg, Some(249.9));
        let camera = Attitude { yaw_deg: 110.4, pitch_deg: -24.4, roll_deg: 0.5 };
        assert_eq!(sample.camera, Some(camera));
        assert_eq!((sample.heights.above_takeoff_m, sample.speed_mps), (Some(85.8), Some(2.88)));
    }

    #[test]
    fn what_is_not_said_is_not_zero() {
        let sample = sample(
            "[latitude: 0.000000] [longitude: 0.000000] [gb_yaw: 1 gb_pitch: 2] [rel_alt: n/a]",
        );
        assert_eq!(sample, Sample::default());
    }

    #[test]
    fn a_word_cut_at_the_end_is_no_number() {
        let text = "F/2.8, SS 30, GPS (-121.7, 48.0, 17), D 221.21m, H 200".to_owned();
        let cut = read(&Entry { text: text.clone(), open_end: true, ..Entry::default() });
        assert!(cut.cut && cut.sample.heights.above_takeoff_m.is_none());
        let whole = read(&Entry { text: text + ".7m", open_end: true, ..Entry::default() });
        assert!(!whole.cut && whole.sample.heights.above_takeoff_m == Some(200.7));
    }
}
