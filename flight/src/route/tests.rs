use std::io::{Cursor, Write};

use domain::{Fix, TrackPoint, WarningCode};
use jiff::Timestamp;
use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use super::*;

const WAYLINES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:wpml="http://www.dji.com/wpmz/1.0.6"><Document>
<wpml:missionConfig><wpml:globalTransitionalSpeed>12</wpml:globalTransitionalSpeed></wpml:missionConfig>
<Folder><wpml:executeHeightMode>relativeToStartPoint</wpml:executeHeightMode>
<wpml:autoFlightSpeed>10</wpml:autoFlightSpeed>
<Placemark><Point><coordinates>
  120.0868,30.8943
</coordinates></Point><wpml:index>0</wpml:index><wpml:executeHeight>80</wpml:executeHeight>
<wpml:waypointSpeed>5</wpml:waypointSpeed>
<wpml:actionGroup><wpml:action><wpml:actionActuatorFunc>gimbalRotate</wpml:actionActuatorFunc></wpml:action>
<wpml:action><wpml:actionActuatorFunc>takePhoto</wpml:actionActuatorFunc></wpml:action></wpml:actionGroup>
</Placemark>
<Placemark><Point><coordinates>120.0878,30.8943</coordinates></Point>
<wpml:executeHeight>90.5</wpml:executeHeight></Placemark>
</Folder></Document></kml>"#;

const TEMPLATE: &str = r#"<kml xmlns:wpml="http://www.dji.com/wpmz/1.0.2"><Document><Folder>
<wpml:templateType>waypoint</wpml:templateType><wpml:globalHeight>60</wpml:globalHeight>
<wpml:waylineCoordinateSysParam><wpml:heightMode>EGM96</wpml:heightMode></wpml:waylineCoordinateSysParam>
<Placemark><Point><coordinates>119.5,30.5</coordinates></Point><wpml:useGlobalHeight>1</wpml:useGlobalHeight></Placemark>
<Placemark><Point><coordinates>119.6,30.5</coordinates></Point><wpml:height>70</wpml:height></Placemark>
</Folder></Document></kml>"#;

const PLAIN: &str = r#"<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>x</name>
<Placemark><name>home</name><Point><coordinates>120,30,0</coordinates></Point></Placemark>
<Placemark><Polygon><outerBoundaryIs><LinearRing><coordinates>1,1 2,2 3,3 1,1</coordinates>
</LinearRing></outerBoundaryIs></Polygon></Placemark>
<Placemark><LineString><altitudeMode>relativeToGround</altitudeMode><coordinates>
120.1,30.1,50 120.2,30.1,51
0,0,0 oops 120.2,30.2</coordinates></LineString></Placemark></Document></kml>"#;

fn kmz(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_mission_is_read_from_its_waylines() {
    let files = [("wpmz/template.kml", TEMPLATE), ("wpmz/waylines.wpml", WAYLINES)];
    let route = read(&kmz(&files)).unwrap();
    assert!(route.warnings.is_empty());
    assert_eq!(route.points(), [[120.0868, 30.8943, 80.0], [120.0878, 30.8943, 90.5]]);
    assert_eq!((route.heights, route.speed_mps), (RouteHeights::Takeoff, Some(10.0)));
    assert_eq!(route.waypoints[0].speed_mps, Some(5.0));
    assert_eq!(route.waypoints[0].actions, ["gimbalRotate", "takePhoto"]);
    assert_eq!(route.waypoints[1].actions, [""; 0]);
}

#[test]
fn without_waylines_the_template_says() {
    let route = read(&kmz(&[("wpmz/template.kml", TEMPLATE), ("wpmz/res/a.jpg", "")])).unwrap();
    let heights: Vec<_> = route.waypoints.iter().map(|w| w.height_m).collect();
    assert_eq!(heights, [Some(60.0), Some(70.0)]);
    assert_eq!(route.heights, RouteHeights::Sea);
}

#[test]
fn a_drawn_line_is_a_route() {
    for bytes in [PLAIN.as_bytes().to_vec(), kmz(&[("doc.kml", PLAIN)])] {
        let route = read(&bytes).unwrap();
        let expected = [[120.1, 30.1, 50.0], [120.2, 30.1, 51.0], [120.2, 30.2, 0.0]];
        assert_eq!(route.points(), expected);
        assert_eq!(route.heights, RouteHeights::Ground);
        let bad: Vec<_> = (&route.warnings).into_iter().map(|w| (w.code, w.count)).collect();
        assert_eq!(bad, [(WarningCode::BadEntry, 2)]);
    }
}

#[test]
fn a_recorded_track_is_a_line() {
    let track = "<kml xmlns:gx=\"http://www.google.com/kml/ext/2.2\"><Placemark><gx:Track>\
                 <gx:coord>120.1 30.1 50</gx:coord><gx:coord>120.2 30.1 51</gx:coord>\
                 </gx:Track></Placemark></kml>";
    let route = read(track.as_bytes()).unwrap();
    assert_eq!(route.points(), [[120.1, 30.1, 50.0], [120.2, 30.1, 51.0]]);
}

#[test]
fn a_cut_route_is_used_as_far_as_it_goes() {
    let cut = &WAYLINES[..WAYLINES.find("120.0878").unwrap()];
    // The end of a file is no error of XML: nothing says that more was to come but the open tags.
    let route = read(cut.as_bytes()).unwrap();
    assert_eq!(route.waypoints.len(), 1);
    let broken = format!("{cut}</nonsense>");
    let route = read(broken.as_bytes()).unwrap();
    let codes: Vec<_> = (&route.warnings).into_iter().map(|w| w.code).collect();
    assert_eq!((route.waypoints.len(), codes), (1, vec![WarningCode::Truncated]));
}

#[test]
fn other_files_are_refused() {
    let says = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
    assert!(says(b"PK\x03\x04 not a zip").contains("cannot open the KMZ"));
    assert!(says(&kmz(&[("readme.txt", "")])).contains("no `.wpml` or `.kml`"));
    assert!(says(b"<kml></kml>").contains("no waypoints"));
    assert!(says(b"<kml></wrong>").contains("broken"));
}

/// 40 MiB of blanks pack into 40 KiB.
#[test]
fn a_bomb_is_refused() {
    let blanks = " ".repeat(40 << 20);
    let bomb = kmz(&[("wpmz/waylines.wpml", &blanks)]);
    assert!(bomb.len() < 100_000);
    assert!(matches!(read(&bomb), Err(RouteError::TooLarge)));
}

#[test]
fn elements_that_nest_without_end_stop_the_reading() {
    let deep = format!("<kml>{}", "<a>".repeat(100_000));
    assert!(matches!(read(deep.as_bytes()), Err(RouteError::NoWaypoints)));
}

fn point(lon: f64, lat: f64) -> TrackPoint {
    TrackPoint {
        at: Timestamp::UNIX_EPOCH,
        lon,
        lat,
        height_m: None,
        yaw_deg: None,
        pitch_deg: None,
        roll_deg: None,
        heading_deg: None,
        speed_mps: 0.0,
        fix: Fix::Single,
    }
}

#[test]
fn distance_to_the_planned_line() {
    let route = read(WAYLINES.as_bytes()).unwrap();
    assert_eq!(route.distance_m(&[]), None);
    // Ten points on the line, then ten 0.0001° north of it: 11.09 m.
    let on = (0..10).map(|at| point(120.0868 + f64::from(at) * 1e-4, 30.8943));
    let off = (0..10).map(|at| point(120.0868 + f64::from(at) * 1e-4, 30.8944));
    let track: Vec<_> = on.chain(off).collect();
    let found = route.distance_m(&track).unwrap();
    assert!(found.median_m < 1e-6, "{found:?}");
    assert!((found.p95_m - 11.088).abs() < 0.01, "{found:?}");
    // Beyond the end, it is the way to the end: 0.001° of longitude, 95.6 m.
    let beyond = route.distance_m(&[point(120.0888, 30.8943)]).unwrap();
    assert!((beyond.median_m - 95.6).abs() < 0.1, "{beyond:?}");
}

proptest! {
    #[test]
    fn no_change_breaks_it(changes in prop::collection::vec((0_usize..2000, any::<u8>()), 0..20)) {
        let files = [("wpmz/waylines.wpml", WAYLINES)];
        for mut bytes in [kmz(&files), WAYLINES.as_bytes().to_vec(), PLAIN.as_bytes().to_vec()] {
            for &(at, to) in &changes {
                let at = at % bytes.len();
                bytes[at] = to;
            }
            if let Ok(route) = read(&bytes) {
                // Of the five that the plain line writes, one is nowhere and one is nonsense: a change may mend them.
                prop_assert!((1..=5).contains(&route.waypoints.len()));
            }
        }
    }
}
