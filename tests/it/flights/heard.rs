//! A video that brings no telemetry, of an aircraft that was heard live.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::aircraft::{kept, publish_to};
use super::{Desk, away, demo, list, number, rules, truth, upload, word};
use crate::program::{Mosquitto, Site, free_port, text, wait_for};

const SERIAL: &str = "1581F5BKD23800000042";

#[test]
fn what_was_heard_live_places_a_video() {
    let port = free_port();
    // As wide as focal length and zoom in the subtitles say.
    let site = Site::new(
        &format!(
            "[aircraft]\nurl = \"mqtt://127.0.0.1:{port}\"\n{}\
             [[flight.aircraft]]\nname = \"{SERIAL}\"\nhfov_deg = 40.0\n",
            rules()
        ),
        false,
    );
    let broker = Mosquitto::new(port);
    let _broker = broker.start();
    let (program, password) = site.first_serve();
    let desk = Desk::sign_in(&site, &password);
    let said = reports();
    let lines: Vec<&str> = said.iter().map(String::as_str).collect();
    let all = u64::try_from(said.len()).unwrap();
    wait_for("what it says to be kept", || {
        publish_to(port, &format!("thing/product/{SERIAL}/osd"), &lines.join("\n"));
        (kept(&site)? >= all).then_some(())
    });

    let folder = site.dir.path().join("flight");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(demo().join("DJI_0001.MP4"), folder.join("DJI_0001.MP4")).unwrap();
    std::fs::write(folder.join("DJI_0002.MP4"), without_a_clock("DJI_0002.MP4")).unwrap();
    let send = |more: &[&str]| {
        let output = upload(site.http, &password).arg(&folder).args(more).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let place = text(&output.stdout);
        let id: u64 = place.trim_end().rsplit_once("/flights/").unwrap().1.parse().unwrap();
        desk.done(id);
        id
    };
    let flight = send(&["--aircraft", SERIAL]);
    assert_eq!(desk.flight(flight).unwrap()["aircraft"], SERIAL);
    let report = desk.get(&format!("/api/flights/{flight}/report")).unwrap();
    let [first, second] = list(&report["media"]) else { panic!("{report}") };
    assert_eq!(first["telemetry"], "DJI Cloud API");
    assert_eq!(first["started_at"], "2026-09-21T06:13:20Z");
    assert_eq!((&second["telemetry"], &second["started_at"]), (&json!(""), &Value::Null));
    assert_eq!(report["summary"]["aircraft"], SERIAL);
    assert!(number(&report["summary"]["path_m"]) > 20.0, "{}", report["summary"]);
    assert!(number(&report["summary"]["placed"]) > 0.4, "{}", report["summary"]);
    let told = missing(&report);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("container does not say when it was recorded"), "{told:?}");

    let truth = truth();
    let parked: Vec<_> =
        list(&truth["things"]).iter().filter(|thing| thing["standing"] == true).collect();
    let standing: Vec<_> =
        list(&report["findings"]).iter().filter(|found| found["motion"] == "standing").collect();
    let near = |found: &Value| {
        parked.iter().map(|parked| away(found, parked)).min_by(f64::total_cmp).unwrap()
    };
    let placed = standing.iter().filter(|found| near(found) < 3.0).count();
    assert!(placed >= 2, "{standing:?}");

    // The same files, and nobody says which aircraft it was.
    let unknown = send(&[]);
    let report = desk.get(&format!("/api/flights/{unknown}/report")).unwrap();
    assert_eq!(report["summary"]["placed"], 0.0);
    let told = missing(&report);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|told| told.contains("which aircraft")), "{told:?}");
    assert!(program.stop());
}

fn missing(report: &Value) -> Vec<String> {
    let warnings = list(&report["warnings"]).iter();
    let missing = warnings.filter(|warning| warning["code"] == "no_telemetry");
    missing
        .map(|warning| word(&warning["detail"]).to_owned())
        .filter(|detail| !detail.starts_with("no pose"))
        .collect()
}

/// What the subtitles of the demo say, as an aircraft says it twice a second or less.
fn reports() -> Vec<String> {
    let text = std::fs::read_to_string(demo().join("DJI_0001.SRT")).unwrap();
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let mut said = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for pair in lines.windows(2) {
        let Ok(at) = pair[0].parse::<DateTime>() else { continue };
        let value = |key: &str| -> f64 {
            let rest = pair[1].split_once(&format!("{key}: ")).unwrap().1;
            rest.split([' ', ']']).next().unwrap().parse().unwrap()
        };
        let at = at.to_zoned(zone.clone()).unwrap().timestamp().as_millisecond();
        let data = json!({
            "latitude": value("latitude"), "longitude": value("longitude"),
            "elevation": value("rel_alt"), "height": value("abs_alt"), "mode_code": 5,
            "81-0-0": {"gimbal_pitch": value("gb_pitch"), "gimbal_roll": value("gb_roll"),
                "gimbal_yaw": value("gb_yaw")},
        });
        said.push(json!({"tid": at.to_string(), "timestamp": at, "data": data}).to_string());
    }
    assert!(said.len() > 20, "{} entries", said.len());
    said.into_iter().step_by(3).collect()
}

fn without_a_clock(name: &str) -> Vec<u8> {
    let mut bytes = std::fs::read(demo().join(name)).unwrap();
    let header = bytes.windows(4).position(|four| four == b"mvhd").unwrap();
    bytes[header + 8..header + 12].fill(0);
    bytes
}
