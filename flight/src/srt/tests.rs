use std::path::Path;

use domain::Fix;
use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::Stamp;

/// Entries, entries with a position, entries with camera angles, dialect.
type Expected = (&'static str, usize, usize, usize, &'static str);

const FILES: [Expected; 11] = [
    ("MAVIC3.srt", 1376, 1376, 0, "DJI SRT, bracketed"),
    ("air2s.srt", 17, 17, 0, "DJI SRT, bracketed"),
    ("matrice_300.srt", 381, 381, 0, "DJI SRT, GPS() lines"),
    ("mavic_pro_buggy.SRT", 546, 530, 0, "DJI SRT, GPS() lines"),
    ("old_format.SRT", 468, 468, 0, "DJI SRT, GPS() lines"),
    ("mavic_mini.SRT", 117, 117, 0, "DJI SRT, listed"),
    ("p4_rtk.SRT", 55, 55, 55, "DJI SRT, listed"),
    ("mix_p4rtk_mavic2pro.srt", 12, 12, 6, "DJI SRT, bracketed + listed"),
    ("mavic_2_style.SRT", 468, 468, 0, "DJI SRT, bracketed"),
    ("mavic_air.SRT", 2, 0, 0, "DJI SRT, bracketed"),
    ("broken_incomplete2.SRT", 6, 4, 0, "DJI SRT, bracketed"),
];

/// The shared samples; `None` where they are not mounted.
fn samples() -> Option<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/telemetry");
    folder.is_dir().then_some(folder)
}

#[test]
fn every_dialect_is_read() {
    let Some(folder) = samples() else { return };
    for (name, entries, places, cameras, dialect) in FILES {
        let telemetry =
            read(std::fs::read(folder.join("dji-srt").join(name)).unwrap().as_slice()).unwrap();
        let placed = telemetry.samples.iter().filter(|s| s.position.is_some()).count();
        let aimed = telemetry.samples.iter().filter(|s| s.camera.is_some()).count();
        let found = (telemetry.samples.len(), placed, aimed, telemetry.dialect.as_str());
        assert_eq!(found, (entries, places, cameras, dialect), "{name}");
        let codes: Vec<_> = telemetry.warnings.into_iter().map(|w| (w.code, w.count)).collect();
        let missing = (entries - places) as u64;
        let warned = codes.iter().find(|(code, _)| *code == WarningCode::NoPosition);
        assert_eq!(warned.map_or(0, |(_, count)| *count), missing, "{name}: {codes:?}");
    }
    let empty = std::fs::read(folder.join("dji-srt/broken_empty.SRT")).unwrap();
    assert!(matches!(read(empty.as_slice()), Err(SrtError::Empty)));
}

#[test]
fn the_first_entries_of_the_samples_are_where_they_are() {
    let Some(folder) = samples() else { return };
    for (name, lon, lat, height) in [
        ("dji-srt/MAVIC3.srt", -3.3744, 3.41531, Some(-2.4)),
        ("dji-srt/air2s.srt", 2.234_156, 41.424_724, None),
        ("dji-srt/matrice_300.srt", -6.1120, 36.6146, Some(0.3)),
        ("dji-srt/old_format.SRT", 149.0251, -20.2533, Some(1.9)),
        ("dji-srt/mavic_mini.SRT", -121.7458, 48.0771, Some(200.7)),
        ("dji-srt/p4_rtk.SRT", -58.851_745, -34.237_922, Some(85.8)),
        ("dji-srt/mix_p4rtk_mavic2pro.srt", -59.409_424, -34.650_200, Some(17.39)),
        ("dji-srt/mavic_2_style.SRT", 149.0251, -20.2533, None),
        ("airdata/2023-12-22-video.srt", -121.1689, 38.7225, Some(-1.5)),
    ] {
        let telemetry = read(std::fs::read(folder.join(name)).unwrap().as_slice()).unwrap();
        let first = &telemetry.samples[0];
        let place = first.position.unwrap();
        let found = (place.lon(), place.lat(), first.heights.above_takeoff_m);
        assert_eq!(found, (lon, lat, height), "{name}");
    }
}

#[test]
fn a_cut_file_is_read_as_far_as_it_goes() {
    let Some(folder) = samples() else { return };
    let bytes = std::fs::read(folder.join("dji-srt/broken_incomplete2.SRT")).unwrap();
    let telemetry = read(bytes.as_slice()).unwrap();
    let codes: Vec<_> = telemetry.warnings.into_iter().map(|w| (w.code, w.count)).collect();
    assert!(codes.contains(&(WarningCode::Truncated, 1)), "{codes:?}");
    assert!(codes.contains(&(WarningCode::BadEntry, 1)), "{codes:?}");
}

fn entry(second: u32, rest: &str) -> String {
    format!("{second}\n00:00:{second:02},000 --> 00:00:{:02},000\n{rest}\n\n", second + 1)
}

fn codes(text: &str) -> Vec<(WarningCode, u64)> {
    let telemetry = read(text.as_bytes()).unwrap();
    telemetry.warnings.into_iter().map(|warning| (warning.code, warning.count)).collect()
}

const AIMED: &str = "[latitude: 30.9] [longitude: 120.1] [rel_alt: 60.0 abs_alt: 70.0] \
                     [gb_yaw: 10.0 gb_pitch: -90.0 gb_roll: 0.0]";

#[test]
fn flaws_have_names() {
    let good = entry(1, AIMED);
    for (text, expected) in [
        (good.clone(), vec![]),
        (entry(2, AIMED) + &good, vec![(WarningCode::OutOfOrder, 1)]),
        (
            good.clone() + &entry(2, &AIMED.replace("30.9", "0.0").replace("120.1", "0.0")),
            vec![(WarningCode::NoPosition, 1)],
        ),
        (
            good.clone() + &entry(2, AIMED.split("[gb_").next().unwrap()),
            vec![(WarningCode::NoAttitude, 1)],
        ),
        (
            entry(1, &format!("{AIMED} [dzoom_ratio: 10000, delta:0]"))
                + &entry(2, &format!("{AIMED} [dzoom_ratio: 20000, delta:0]")),
            vec![(WarningCode::LensChanged, 1)],
        ),
        (
            entry(1, &AIMED.replace("10.0 ", "0.0 ").replace("-90.0", "0.0")),
            vec![(WarningCode::NoAttitude, 1)],
        ),
        (
            good.clone() + "2\n00:00:02,000 --> 00:00:03,000\n[latit",
            vec![
                (WarningCode::Truncated, 1),
                (WarningCode::NoPosition, 1),
                (WarningCode::NoAttitude, 1),
                (WarningCode::NoHeight, 1),
            ],
        ),
    ] {
        assert_eq!(codes(&text), expected, "{text}");
    }
}

#[test]
fn entries_are_sorted_by_their_cues() {
    let telemetry = read((entry(2, AIMED) + &entry(1, AIMED)).as_bytes()).unwrap();
    let media: Vec<_> = telemetry.samples.iter().map(|sample| sample.media).collect();
    assert_eq!(media, [1, 2].map(|s| Some(SignedDuration::from_secs(s))));
    assert_eq!(telemetry.samples[0].fix, Fix::Unknown);
    assert_eq!(telemetry.samples[0].stamp, Stamp::None);
}

/// Longer than the two hours of which every entry is kept, with a zoom of one entry near its end.
#[test]
fn of_a_long_video_ten_entries_a_second_are_kept() {
    let count = crate::thinned::ALL + 9000;
    let entry = |n: usize| {
        let millis = n * 100 / 3;
        let (seconds, millis) = (millis / 1000, millis % 1000);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let zoom = if n == count - 301 { 20_000 } else { 10_000 };
        let cue = format!("{}\n{hours:02}:{minutes:02}:{seconds:02},{millis:03} --> x", n + 1);
        [cue, format!("{AIMED} [dzoom_ratio: {zoom}, delta:0]\n\n")].join("\n")
    };
    let text = (0..count).map(entry).collect::<Vec<_>>().concat();
    let telemetry = read(text.as_bytes()).unwrap();
    assert!(telemetry.samples.len().abs_diff(count / 3) < 9, "{}", telemetry.samples.len());
    assert_eq!(telemetry.samples.iter().filter(|sample| sample.zoom == Some(2.0)).count(), 1);
    let codes: Vec<_> = telemetry.warnings.iter().map(|w| (w.code, w.count)).collect();
    assert_eq!(codes, [(WarningCode::LensChanged, 2)]);
}

#[test]
fn what_is_no_telemetry_is_refused() {
    for (bytes, expected) in [
        (&b""[..], SrtError::Empty),
        (b"\xEF\xBB\xBF\r\n \n", SrtError::Empty),
        (b"\n7\n\n8\n", SrtError::NoEntries),
        (b"1\n00:00:00,000 --> 00:00:02,000\nHello!\n", SrtError::NoTelemetry { entries: 1 }),
    ] {
        let refused = read(bytes).unwrap_err();
        assert_eq!(refused.to_string(), expected.to_string(), "{bytes:?}");
    }
}

/// Every kind of line once, to be cut and garbled.
const MIXED: &str = "\u{FEFF}1\r\n00:00:00,000 --> 00:00:00,033\r\n<font size=\"28\">FrameCnt: 1, DiffTime: 33ms\r\n\
    2024-05-06 10:11:12,345,678\r\n[iso: 100] [focal_len: 240] [dzoom_ratio: 10000, delta:0] [latitude: 30.9] \
    [longtitude: 120.1] [rel_alt: 60.0 abs_alt: 70.0] [gb_yaw: 10.0 gb_pitch: -90.0 gb_roll: 0.0] </font>\r\n\r\n\
    2\n00:00:01,000 --> 00:00:02,000\nHOME(149.0251,-20.2532) 2017.8.5 14:11:51\nGPS(149.0251,-20.2533,16) Hb:1.9 Hs:1.9\n\n\
    3\n00:00:02,000 --> 00:00:03,000\nF/5.6, SS 400, ISO 100, GPS (-58.85, -34.23, 15), H 85.80m, H.S 0.00m/s, \
    F.PRY (2.7°, -7.0°, 110.1°), G.PRY (-24.4°, 0.0°, 110.4°)\n";

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        if let Ok(telemetry) = read(bytes.as_slice()) {
            prop_assert!(telemetry.samples.len() <= bytes.len());
        }
    }

    #[test]
    fn any_damage_is_survived(
        cut in 0..MIXED.len(),
        hits in prop::collection::vec((0..MIXED.len(), any::<u8>()), 0..8),
    ) {
        let mut bytes = MIXED.as_bytes().to_vec();
        for (at, byte) in hits {
            bytes[at] = byte;
        }
        bytes.truncate(cut);
        if let Ok(telemetry) = read(bytes.as_slice()) {
            let sound = telemetry.samples.iter().filter_map(|s| s.camera).all(|c| c.yaw_deg.abs() <= 360.0);
            prop_assert!(sound && !telemetry.samples.is_empty());
        }
    }

    /// A file that stops anywhere never gives a place that the whole file does not give.
    #[test]
    fn a_cut_file_invents_nothing(cut in 0..MIXED.len()) {
        let whole = read(MIXED.as_bytes()).unwrap();
        if let Ok(telemetry) = read(&MIXED.as_bytes()[..cut]) {
            for (part, full) in telemetry.samples.iter().zip(&whole.samples) {
                prop_assert!(part.position.is_none() || part.position == full.position);
                prop_assert!(part.camera.is_none() || part.camera == full.camera);
            }
        }
    }
}
