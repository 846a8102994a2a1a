use std::collections::BTreeMap;

use domain::{
    Class, Fix, FlightMedia, FlightWarning, GroundLook, MediaKind, TrackId, TrackPoint, WarningCode,
};

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

/// A flight of 100 m to the north that found a muck truck half-way.
pub(crate) fn sample() -> FlightReport {
    let point = |second: u8| TrackPoint {
        at: at(i64::from(second)),
        lon: 120.1,
        lat: 30.9 + f64::from(second) * 9e-6,
        height_m: Some(60.0),
        yaw_deg: Some(0.0),
        pitch_deg: Some(-90.0),
        roll_deg: Some(0.0),
        heading_deg: Some(0.0),
        speed_mps: 1.0,
        fix: Fix::Fixed,
    };
    let look = GroundLook {
        at: at(50),
        media: 0,
        media_s: 50.0,
        ring: [[120.0995, 30.9], [120.1005, 30.9], [120.1005, 30.901], [120.0995, 30.9]].to_vec(),
        gsd_cm: 2.1,
        objects: 1,
        empty: Vec::new(),
    };
    let finding = Finding {
        track: TrackId(1),
        class: Class::MuckTruck,
        score: 0.875,
        lon: 120.1001,
        lat: 30.90045,
        ellipse95: Ellipse { semi_major_m: 2.0, semi_minor_m: 1.0, bearing_deg: 30.0 },
        first_seen: at(40),
        last_seen: at(60),
        sightings: 500,
        passes: 1,
        motion: domain::Motion::Standing,
        alerts: Vec::new(),
    };
    FlightReport {
        summary: FlightSummary {
            started_at: Some(at(0)),
            findings: 1,
            by_class: BTreeMap::from([(Class::MuckTruck, 1)]),
            gsd_cm: Some([2.1, 2.4]),
            stage_s: [("track", 0.5), ("detect", 16.0), ("whole", 17.0)]
                .map(|(stage, seconds)| (stage.to_owned(), seconds))
                .into(),
            ..FlightSummary::default()
        },
        media: vec![FlightMedia {
            name: "100MEDIA/<a>.mp4".to_owned(),
            kind: MediaKind::Video,
            started_at: Some(at(0)),
            duration_s: 100.0,
            frames: 2500,
            telemetry: "a.srt".to_owned(),
            width: 3840,
            height: 2160,
        }],
        warnings: vec![FlightWarning {
            code: WarningCode::FlatGround,
            file: String::new(),
            detail: "no terrain model".to_owned(),
            count: 1,
        }],
        findings: vec![finding],
        track: (0..=100).map(point).collect(),
        looks: vec![look],
        route: vec![[120.1, 30.9, 60.0], [120.1, 30.901, 60.0]],
        off_route_m: Some(0.4),
    }
}

#[test]
fn one_page_with_everything_and_nothing_from_elsewhere() {
    let page = flight_html("早班 <1>", &sample());
    for part in [
        "早班 &lt;1&gt;",
        "渣土车 muck truck 1",
        "2.1–2.4 cm/px",
        "按平地计算 flat ground assumed",
        "120.1001000, 30.9004500",
        "2.0 × 1.0 m, 30°",
        "detect 16.0 s / 17.0 s",
        "100MEDIA/&lt;a&gt;.mp4",
        "<ellipse",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for outside in ["http:", "https:", "src=", "url(", "<script"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn everything_lies_within_the_map_and_in_proportion() {
    let mut report = sample();
    report.looks.clear();
    let map = map::svg(&report).into_string();
    let way = map.split("stroke=\"#165dff\"").next().unwrap();
    let points = way.rsplit("points=\"").next().unwrap().split('"').next().unwrap();
    let points: Vec<[f64; 2]> = points
        .split(' ')
        .map(|point| {
            let (x, y) = point.split_once(',').unwrap();
            [x.parse().unwrap(), y.parse().unwrap()]
        })
        .collect();
    assert_eq!(points.len(), 101);
    assert!(points.iter().all(|[x, y]| (0.0..=1000.0).contains(x) && (0.0..=640.0).contains(y)));
    // To the north is up, and 111 m of route fill the height.
    let (first, last) = (points[0], points[100]);
    assert!((first[0] - last[0]).abs() < 0.2 && first[1] - last[1] > 500.0);
}

#[test]
fn a_flight_without_positions_says_so() {
    let empty = FlightReport {
        summary: FlightSummary::default(),
        media: Vec::new(),
        warnings: Vec::new(),
        findings: Vec::new(),
        track: Vec::new(),
        looks: Vec::new(),
        route: Vec::new(),
        off_route_m: None,
    };
    assert!(flight_html("x", &empty).contains("no ground positions"));
}
