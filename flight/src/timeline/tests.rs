use std::path::Path;

use domain::WarningCode;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::{Stamp, srt};

fn at(second: f64) -> Timestamp {
    let start = Timestamp::from_second(1_700_000_000).unwrap();
    start + SignedDuration::from_secs_f64(second)
}

fn row(second: f64, lon: f64) -> Sample {
    Sample {
        stamp: Stamp::Utc(at(second)),
        position: LonLat::new(lon, 30.0),
        heights: Heights { above_takeoff_m: Some(60.0 + second), ..Heights::default() },
        camera: Some(Attitude { yaw_deg: 170.0 + 20.0 * second, pitch_deg: -45.0, roll_deg: 0.0 }),
        heading_deg: Some(350.0 + 20.0 * second),
        ..Sample::default()
    }
}

fn seconds(i: usize) -> f64 {
    f64::from(u32::try_from(i).unwrap())
}

fn timeline(samples: Vec<Sample>) -> Timeline {
    let telemetry = Telemetry { samples, ..Telemetry::default() };
    Timeline::new(telemetry, &TimeZone::UTC).unwrap()
}

fn codes(timeline: &Timeline) -> Vec<WarningCode> {
    timeline.warnings().into_iter().map(|warning| warning.code).collect()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-6
}

#[test]
fn a_pose_lies_between_two_rows() {
    let pose = timeline(vec![row(0.0, 120.0), row(1.0, 120.0001)]).pose_at(at(0.75)).unwrap();
    assert!(near(pose.position.lon(), 120.000_075));
    assert_eq!(pose.heights.above_takeoff_m.map(|h| near(h, 60.75)), Some(true));
    assert!(near(pose.camera.unwrap().yaw_deg, -175.0), "{pose:?}");
    assert!(near(pose.heading_deg.unwrap(), 5.0));
    assert!(near(pose.age_s, 0.25) && near(pose.zoom, 1.0));
    // 1e-4° of longitude at 30° north.
    assert!((pose.speed_mps - 9.649).abs() < 0.01, "{}", pose.speed_mps);
    assert!((pose.yaw_rate_dps - 20.0).abs() < 1e-6, "{}", pose.yaw_rate_dps);
}

#[test]
fn nothing_is_known_far_from_the_rows() {
    let known = timeline(vec![row(0.0, 120.0), row(1.0, 120.0), row(6.0, 120.0), row(11.1, 120.0)]);
    for (second, age) in [
        (-2.1, None),
        (-1.9, Some(1.9)),
        (0.0, Some(0.0)),
        (3.5, Some(2.5)),
        (6.0, Some(0.0)),
        (6.1, None),
        (11.1, Some(0.0)),
        (13.0, Some(1.9)),
        (13.2, None),
    ] {
        let found = known.pose_at(at(second)).map(|pose| pose.age_s);
        let agree = match (found, age) {
            (Some(found), Some(age)) => near(found, age),
            (found, age) => found.is_none() && age.is_none(),
        };
        assert!(agree, "{second}: {found:?}");
    }
}

#[test]
fn what_is_missing_stays_missing() {
    let silent = Sample { camera: None, ..row(1.0, 120.0) };
    let known =
        timeline(vec![row(0.0, 120.0), silent, Sample { position: None, ..row(2.0, 120.0) }]);
    assert!(known.pose_at(at(0.4)).unwrap().camera.is_some());
    assert!(known.pose_at(at(0.6)).unwrap().camera.is_none());
    assert!(near(known.pose_at(at(2.0)).unwrap().age_s, 1.0));
    assert_eq!(known.ended_at(), at(2.0));
}

#[test]
fn zoom_laser_and_fix_are_those_of_rows() {
    let laser = domain::Laser { distance_m: 80.0, target: None };
    let zoomed = Sample { zoom: Some(2.0), laser: Some(laser), fix: Fix::Fixed, ..row(2.0, 120.0) };
    let known = timeline(vec![Sample { fix: Fix::Float, ..row(0.0, 120.0) }, zoomed]);
    let (early, late) = (known.pose_at(at(0.9)).unwrap(), known.pose_at(at(1.8)).unwrap());
    assert!(near(early.zoom, 1.0) && near(late.zoom, 2.0));
    assert_eq!((early.laser, late.laser), (None, Some(laser)));
    assert!(known.pose_at(at(1.2)).unwrap().laser.is_none());
    assert_eq!((early.fix, known.pose_at(at(2.0)).unwrap().fix), (Fix::Float, Fix::Fixed));
}

#[test]
fn local_stamps_need_a_zone() {
    let local = date(2024, 5, 6).at(10, 11, 12, 0);
    let sample = Sample { stamp: Stamp::Local(local), ..row(0.0, 120.0) };
    let telemetry = Telemetry { samples: vec![sample], ..Telemetry::default() };
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let known = Timeline::new(telemetry, &zone).unwrap();
    assert_eq!(known.first_at().to_string(), "2024-05-06T02:11:12Z");
    assert_eq!(codes(&known), [WarningCode::ZoneAssumed]);
}

#[test]
fn a_video_clock_alone_needs_a_start() {
    let media = |second| Sample {
        stamp: Stamp::None,
        media: Some(SignedDuration::from_secs(second)),
        ..row(0.0, 120.0)
    };
    let telemetry = Telemetry { samples: vec![media(1), media(2)], ..Telemetry::default() };
    let Err(NoTimeline::NoClock(back)) = Timeline::new(telemetry, &TimeZone::UTC) else { panic!() };
    let known = Timeline::anchored(*back, at(100.0)).unwrap();
    assert_eq!(known.started_at(), Some(at(100.0)));
    assert_eq!((known.first_at(), known.ended_at()), (at(101.0), at(102.0)));
    let empty = Timeline::new(Telemetry::default(), &TimeZone::UTC);
    assert_eq!(empty, Err(NoTimeline::Empty));
    let stamped = Telemetry { samples: vec![row(0.0, 120.0)], ..Telemetry::default() };
    assert_eq!(Timeline::anchored(stamped, at(0.0)), Err(NoTimeline::NoMediaTime));
}

#[test]
fn uneven_stamps_follow_the_video() {
    let jitter = [0.0, 0.004, -0.003, 0.002, 3600.0];
    let samples = jitter.iter().enumerate().map(|(i, jitter)| {
        let media = seconds(i) * 0.02;
        let media_time = Some(SignedDuration::from_secs_f64(media));
        Sample { media: media_time, ..row(media + jitter, 120.0) }
    });
    let known = timeline(samples.collect());
    let start = known.started_at().unwrap();
    assert!(start.duration_since(at(0.0)).as_secs_f64().abs() < 0.005, "{start}");
    let last = known.ended_at().duration_since(start);
    assert!((last.as_secs_f64() - 0.08).abs() < 1e-9, "{last}");
}

#[test]
fn whole_seconds_start_in_the_middle_of_what_is_possible() {
    let samples = (0..5_u32).map(|i| Sample {
        media: Some(SignedDuration::from_secs(i.into())),
        ..row(f64::from(i), 120.0)
    });
    assert_eq!(timeline(samples.collect()).started_at(), Some(at(0.5)));
}

#[test]
fn clocks_are_shifted_and_compasses_turned() {
    let by = SignedDuration::from_millis(-1500);
    let known = timeline(vec![row(0.0, 120.0), row(1.0, 120.0)]).shifted(by).with_yaw_offset(15.0);
    assert_eq!((known.first_at(), known.ended_at()), (at(-1.5), at(-0.5)));
    let pose = known.pose_at(at(-1.5)).unwrap();
    assert!(near(pose.camera.unwrap().yaw_deg, -175.0));
    assert!(near(pose.heading_deg.unwrap(), 350.0));
}

#[test]
fn a_lost_fix_is_counted_once_a_time() {
    let fixes = [Fix::Fixed, Fix::Single, Fix::Single, Fix::Float, Fix::Unknown];
    let samples =
        fixes.iter().enumerate().map(|(i, fix)| Sample { fix: *fix, ..row(seconds(i), 120.0) });
    let known = timeline(samples.collect());
    let counts: Vec<_> = known.warnings().into_iter().map(|w| (w.code, w.count)).collect();
    assert_eq!(counts, [(WarningCode::RtkLost, 2)]);
}

#[test]
fn a_yaw_that_disagrees_is_told_from_a_camera_turned_away() {
    let flight = |beside: fn(f64) -> f64, pitch_deg: f64| {
        let samples = (0..40).map(|i| {
            let heading = f64::from(i) * 20.0;
            let camera =
                Attitude { yaw_deg: heading + beside(f64::from(i)), pitch_deg, roll_deg: 0.0 };
            Sample { heading_deg: Some(heading), camera: Some(camera), ..row(f64::from(i), 120.0) }
        });
        codes(&timeline(samples.collect()))
    };
    assert_eq!(flight(|_| -7.6, -20.1), [WarningCode::YawDisagrees]);
    assert_eq!(flight(|_| 4.0, -20.1), []);
    assert_eq!(flight(|_| 90.0, -20.1), []);
    assert_eq!(flight(|i| i - 20.0, -20.1), []);
    assert_eq!(flight(|_| 7.6, -90.0), []);
}

/// Twelve hours at fifty rows a second are two million rows; the look-up must not walk them.
#[test]
fn a_long_video_is_searched_not_walked() {
    let samples = (0..100_000).map(|i| {
        let second = f64::from(i) / 50.0;
        Sample { camera: None, heading_deg: None, ..row(second, 120.0 + second * 1e-5) }
    });
    let known = timeline(samples.collect());
    for i in 0..20_000 {
        let second = f64::from(i) * 0.0999;
        let pose = known.pose_at(at(second)).unwrap();
        assert!(near(pose.position.lon(), 120.0 + second * 1e-5), "{second}");
    }
}

#[test]
fn shared_subtitles_have_poses() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/telemetry/dji-srt");
    if !folder.is_dir() {
        return;
    }
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    for (name, started_at) in [
        ("MAVIC3.srt", "2021-12-25T04:27:52.37"),
        ("air2s.srt", "2022-08-07T05:40:40.77"),
        ("matrice_300.srt", "2022-06-21T08:06:17.5"),
        ("mavic_air.SRT", "2018-02-19T00:04:51.26"),
    ] {
        let telemetry = srt::read(std::fs::read(folder.join(name)).unwrap().as_slice()).unwrap();
        let known = Timeline::new(telemetry, &zone).unwrap();
        let start = known.started_at().unwrap();
        assert!(start.to_string().starts_with(started_at), "{name}: {start}");
        let middle = start + SignedDuration::from_millis(200);
        assert_eq!(known.pose_at(middle).is_some(), name != "mavic_air.SRT", "{name}");
    }
}

proptest! {
    #[test]
    fn a_pose_stays_between_its_rows(
        lons in prop::collection::vec(119.0..121.0_f64, 2..20),
        pick in any::<prop::sample::Index>(),
        share in 0.0..1.0_f64,
    ) {
        let i = pick.index(lons.len() - 1);
        let rows = lons.iter().enumerate().map(|(i, lon)| row(seconds(i), *lon));
        let pose = timeline(rows.collect()).pose_at(at(seconds(i) + share)).unwrap();
        let (a, b) = (lons[i], lons[i + 1]);
        let lon = pose.position.lon();
        prop_assert!(lon >= a.min(b) - 1e-6 && lon <= a.max(b) + 1e-6);
        prop_assert!(pose.age_s <= 0.5 + 1e-6 && pose.speed_mps.is_finite());
        prop_assert!(pose.camera.unwrap().yaw_deg.abs() <= 180.0);
    }
}
