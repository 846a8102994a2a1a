use std::path::Path;

use proptest::prelude::*;

use super::*;

const IMPERIAL: &str = "time(millisecond),datetime(utc),latitude,longitude,height_above_takeoff(feet),\
    altitude_above_seaLevel(feet),speed(mph), compass_heading(degrees),isVideo,gimbal_heading(degrees),\
    gimbal_pitch(degrees),gimbal_roll(degrees),message\n\
    0,2023-12-22 19:56:32,30.9,120.1,Available with any subscription,1000,10,350,0,355,-90,0,Motors\n\
    800,2023-12-22 19:56:33,30.9,120.1,100,1000,10,-10,1,355,-90,0,\"a, b\"\n";

fn codes(telemetry: &Telemetry) -> Vec<(WarningCode, u64)> {
    telemetry.warnings.into_iter().map(|warning| (warning.code, warning.count)).collect()
}

#[test]
fn units_come_from_the_header() {
    let feet = read(IMPERIAL.as_bytes()).unwrap().telemetry;
    let metric = IMPERIAL
        .replace("(feet)", "(meters)")
        .replace("(mph)", "(m/s)")
        .replace(",100,1000,10,", ",30.48,304.8,4.4704,");
    let metres = read(metric.as_bytes()).unwrap().telemetry;
    for telemetry in [feet, metres] {
        let last = &telemetry.samples[1];
        assert!((last.heights.above_takeoff_m.unwrap() - 30.48).abs() < 1e-9);
        assert!((last.heights.above_sea_m.unwrap() - 304.8).abs() < 1e-9);
        assert!((last.speed_mps.unwrap() - 4.4704).abs() < 1e-9);
        assert_eq!(last.heading_deg, Some(350.0));
        assert_eq!(last.position, LonLat::new(120.1, 30.9));
        assert_eq!(last.camera.map(|camera| camera.pitch_deg), Some(-90.0));
        assert_eq!(telemetry.samples[0].heights.above_takeoff_m, None);
        assert_eq!(codes(&telemetry), []);
    }
}

#[test]
fn milliseconds_refine_the_seconds() {
    let Log { telemetry, recordings } = read(IMPERIAL.as_bytes()).unwrap();
    let stamps: Vec<Stamp> = telemetry.samples.iter().map(|sample| sample.stamp).collect();
    let [Stamp::Utc(first), Stamp::Utc(second)] = stamps[..] else { panic!("{stamps:?}") };
    assert_eq!(second.duration_since(first), SignedDuration::from_millis(800));
    let start: Timestamp = "2023-12-22T19:56:32.6Z".parse().unwrap();
    assert_eq!(first, start);
    assert_eq!(recordings, [(second, second)]);
}

#[test]
fn bad_rows_are_counted_and_the_rest_is_kept() {
    for (rows, expected, kept) in [
        ("900,2023-12-22 19:56:33,0,0\n", (WarningCode::NoPosition, 1), 3),
        ("900,2023-12-22 19:56:33,N/A,N/A\n", (WarningCode::NoPosition, 1), 3),
        ("900\n", (WarningCode::BadEntry, 1), 2),
        ("400,2023-12-22 19:56:32,30.9,120.1,1,1,1,1,1,1,1,1,\n", (WarningCode::OutOfOrder, 1), 3),
        ("900,2023-12-22 19:56:33,30.9,120", (WarningCode::Truncated, 1), 3),
    ] {
        let telemetry = read(format!("{IMPERIAL}{rows}").as_bytes()).unwrap().telemetry;
        let codes = codes(&telemetry);
        assert!(codes.contains(&expected), "{rows}: {codes:?}");
        assert_eq!(telemetry.samples.len(), kept, "{rows}");
    }
}

#[test]
fn what_is_no_flight_log_is_refused() {
    for (text, message) in [
        ("", "the flight log is empty"),
        ("a,b\n1,2\n", "the flight log has no column `longitude`; export it from AirData as CSV"),
        ("latitude,longitude\n", "the flight log has a header and no rows"),
    ] {
        assert_eq!(read(text.as_bytes()).unwrap_err().to_string(), message);
    }
}

#[test]
fn a_log_without_dates_counts_from_its_start() {
    let text = "time(millisecond),latitude,longitude\n1500,30.9,120.1\n";
    let telemetry = read(text.as_bytes()).unwrap().telemetry;
    assert_eq!(telemetry.samples[0].media, Some(SignedDuration::from_millis(1500)));
    assert_eq!(telemetry.samples[0].stamp, Stamp::None);
}

#[test]
fn shared_logs_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/telemetry/airdata");
    if !folder.is_dir() {
        return;
    }
    for (name, runs) in [("2023-12-22-flight.csv", 4), ("2024-01-04-flight.csv", 3)] {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let Log { telemetry, recordings } = read(bytes.as_slice()).unwrap();
        assert_eq!(telemetry.samples.len(), 3000, "{name}");
        assert!(telemetry.samples.iter().all(|s| s.position.is_some() && s.camera.is_some()));
        assert_eq!(codes(&telemetry), [], "{name}");
        assert_eq!(recordings.len(), runs, "{name}");
    }
    let bytes = std::fs::read(folder.join("2023-12-22-flight.csv")).unwrap();
    let row = &read(bytes.as_slice()).unwrap().telemetry.samples[1998];
    assert!((row.heights.above_takeoff_m.unwrap() - 1.0).abs() < 1e-5);
    assert!((row.speed_mps.unwrap() - 0.73).abs() < 1e-4);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..1000)) {
        if let Ok(log) = read(bytes.as_slice()) {
            prop_assert!(!log.telemetry.samples.is_empty());
        }
    }

    #[test]
    fn any_damage_is_survived(
        cut in 0..IMPERIAL.len(),
        hits in prop::collection::vec((0..IMPERIAL.len(), any::<u8>()), 0..8),
    ) {
        let mut bytes = IMPERIAL.as_bytes().to_vec();
        for (at, byte) in hits {
            bytes[at] = byte;
        }
        bytes.truncate(cut);
        if let Ok(log) = read(bytes.as_slice()) {
            prop_assert!(!log.telemetry.samples.is_empty());
        }
    }
}
