use std::collections::BTreeMap;

use domain::{
    AlertId, Class, Ellipse, Finding, Fix, FlightMedia, FlightReport, FlightSummary, GroundLook,
    MediaKind, TrackId, TrackPoint,
};
use jiff::Timestamp;
use serde_json::Value;

use super::*;
use crate::route;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_718_433_000 + second).unwrap()
}

fn point(second: i64, lon: f64) -> TrackPoint {
    TrackPoint {
        at: at(second),
        lon,
        lat: 30.8943,
        height_m: Some(100.0),
        yaw_deg: Some(90.0),
        pitch_deg: Some(-90.0),
        roll_deg: None,
        heading_deg: Some(90.0),
        speed_mps: 10.0,
        fix: Fix::Single,
    }
}

fn finding(track: u64, lon: f64) -> Finding {
    Finding {
        track: TrackId(track),
        class: Class::MuckTruck,
        score: 0.75,
        lon,
        lat: 30.8945,
        ellipse95: Ellipse { semi_major_m: 4.0, semi_minor_m: 2.0, bearing_deg: 90.0 },
        first_seen: at(1),
        last_seen: at(2),
        sightings: 50,
        passes: 1,
        motion: domain::Motion::Standing,
        alerts: vec!["6f9619ff-8b86-d011-b42d-00cf4fc964ff".parse::<AlertId>().unwrap()],
    }
}

/// Two seconds east, one clockwise footprint, one finding; and one of each that is nowhere.
fn report() -> FlightReport {
    let ring = vec![
        [120.0868, 30.8943],
        [120.0868, 30.8953],
        [120.0878, 30.8953],
        [120.0878, 30.8943],
        [120.0868, 30.8943],
    ];
    let look = GroundLook {
        at: at(1),
        media: 0,
        media_s: 1.0,
        ring,
        gsd_cm: 2.1,
        objects: 3,
        empty: Vec::new(),
    };
    let flat = GroundLook { ring: vec![[120.0, 30.0], [120.1, 30.0]], ..look.clone() };
    FlightReport {
        summary: FlightSummary {
            started_at: Some(at(0)),
            ended_at: Some(at(2)),
            path_m: 191.1,
            by_class: BTreeMap::new(),
            aircraft: "M3E <\"1\">".to_owned(),
            ..FlightSummary::default()
        },
        media: vec![FlightMedia {
            name: "一&二/DJI_0001.MP4".to_owned(),
            kind: MediaKind::Video,
            started_at: Some(at(0)),
            duration_s: 2.0,
            frames: 60,
            telemetry: "DJI SRT".to_owned(),
            width: 3840,
            height: 2160,
        }],
        warnings: Vec::new(),
        findings: vec![finding(7, 120.0870), finding(8, f64::NAN)],
        track: vec![point(0, 120.0868), point(1, 120.0878), point(2, f64::NAN)],
        looks: vec![look, flat],
        route: vec![[120.0868, 30.8943, 80.0], [120.0888, 30.8943, 80.0]],
        off_route_m: Some(1.25),
    }
}

#[test]
fn geojson_as_it_was() {
    let whole: Value = serde_json::from_str(&geojson(&report())).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&whole).unwrap());
}

#[test]
fn kml_as_it_was() {
    insta::assert_snapshot!(kml(&report(), "湖州 <1> & \"2\"\u{0}"));
}

fn features(kind: &str) -> Vec<Value> {
    let whole: Value = serde_json::from_str(&geojson(&report())).unwrap();
    let features = whole["features"].as_array().unwrap().iter();
    features.filter(|feature| feature["properties"]["kind"] == kind).cloned().collect()
}

#[test]
fn what_is_nowhere_is_left_out() {
    for kind in ["path", "route", "footprint", "finding", "ellipse95"] {
        assert_eq!(features(kind).len(), 1, "{kind}");
    }
    let path = &features("path")[0];
    assert_eq!(path["geometry"]["coordinates"].as_array().unwrap().len(), 2);
    assert_eq!(path["properties"]["times"].as_array().unwrap().len(), 2);
}

#[test]
fn rings_are_closed_and_counter_clockwise() {
    for kind in ["footprint", "ellipse95"] {
        let feature = &features(kind)[0];
        let ring: Vec<[f64; 2]> =
            serde_json::from_value(feature["geometry"]["coordinates"][0].clone()).unwrap();
        assert_eq!(ring.first(), ring.last(), "{kind}");
        let [lon, lat] = ring[0];
        let local = ring.iter().map(|p| [p[0] - lon, p[1] - lat]).collect::<Vec<_>>();
        let area: f64 = local.windows(2).map(|w| w[0][0] * w[1][1] - w[1][0] * w[0][1]).sum();
        assert!(area > 0.0, "{kind}: {area}");
    }
}

/// Its long axis lies east and west: 4 m either way, 2 m to the north.
#[test]
fn the_ellipse_has_its_size_and_bearing() {
    let feature = &features("ellipse95")[0];
    let ring: Vec<[f64; 2]> =
        serde_json::from_value(feature["geometry"]["coordinates"][0].clone()).unwrap();
    let around = domain::LonLat::new(120.0870, 30.8945).unwrap();
    let plane = domain::Plane::at(around);
    let metres = ring.iter().map(|p| plane.metres(domain::LonLat::new(p[0], p[1]).unwrap()));
    let reach = metres.fold([0.0_f64; 2], |[e, n], at| [e.max(at[0]), n.max(at[1])]);
    assert!((reach[0] - 4.0).abs() < 0.01 && (reach[1] - 2.0).abs() < 0.01, "{reach:?}");
}

/// What was written is read back: the first line in it is the flown way.
#[test]
fn kml_is_read_back() {
    let text = kml(&report(), "a & b");
    assert!(text.contains("<name>a &amp; b</name>"), "{text}");
    let back = route::read(text.as_bytes()).unwrap();
    assert!(back.warnings.is_empty(), "{:?}", back.warnings);
    let expected: Vec<_> = [120.0868, 120.0878, 120.0868, 120.0888].into();
    let found: Vec<_> = back.waypoints.iter().map(|waypoint| waypoint.at.lon()).collect();
    assert_eq!(found, expected);
}

#[test]
fn an_empty_report_is_still_a_document() {
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
    assert_eq!(geojson(&empty), r#"{"features":[],"type":"FeatureCollection"}"#);
    assert!(kml(&empty, "").contains("<Document>"));
}
