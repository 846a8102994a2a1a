//! `analyze` on what a drone brought back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use serde_json::Value;

use super::{away, demo, list, metres, number, rules, truth, word};
use crate::program::{root, text, xunjian};

/// The demo's flight, looked at once for all tests.
static FIRST: LazyLock<Analysed> = LazyLock::new(|| Analysed::new(&[demo()]));

struct Analysed {
    dir: tempfile::TempDir,
    told: Value,
}

impl Analysed {
    fn new(inputs: &[PathBuf]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let output = analyze(inputs, dir.path());
        assert!(output.status.success(), "{}", text(&output.stderr));
        Self { told: serde_json::from_slice(&output.stdout).unwrap(), dir }
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir.path().join("out").join(name)).unwrap()
    }

    /// Every file by its alert and name, with its bytes.
    fn evidence(&self) -> BTreeMap<String, Vec<u8>> {
        let folder = self.dir.path().join("out/evidence");
        let files = std::fs::read_dir(&folder).unwrap().flat_map(|alert| {
            std::fs::read_dir(alert.unwrap().path()).unwrap().map(|file| file.unwrap().path())
        });
        let name = |path: &Path| path.strip_prefix(&folder).unwrap().display().to_string();
        files.map(|path| (name(&path), std::fs::read(&path).unwrap())).collect()
    }

    fn alert_ids(&self) -> BTreeSet<&str> {
        let ids: BTreeSet<&str> =
            list(&self.told["alerts"]).iter().map(|alert| word(&alert["id"])).collect();
        assert_eq!(ids.len(), list(&self.told["alerts"]).len(), "an id comes once");
        ids
    }
}

/// With `dir/out` for what is kept.
fn analyze(inputs: &[PathBuf], dir: &Path) -> Output {
    let config = dir.join("xunjian.toml");
    let models = root().join("models");
    std::fs::write(&config, format!("models_dir = \"{}\"\n{}", models.display(), rules())).unwrap();
    let mut command = xunjian();
    command.arg("analyze").args(inputs).arg("--config").arg(config).arg("--json");
    command.arg("--out").arg(dir.join("out")).output().unwrap()
}

/// A video alone, and a log that says when the camera was recording: three seconds into it, for as
/// long as the video lasts.
#[test]
fn a_log_that_noted_the_recording_says_when_a_video_began() {
    let dir = tempfile::tempdir().unwrap();
    let flight = dir.path().join("flight");
    std::fs::create_dir(&flight).unwrap();
    std::fs::copy(demo().join("DJI_0001.MP4"), flight.join("DJI_0007.MP4")).unwrap();
    let head =
        "time(millisecond),datetime(utc),latitude,longitude,height_above_takeoff(feet),isVideo\n";
    let row = |tenth: u32| {
        let (second, recording) = (tenth / 10, u8::from((30..130).contains(&tenth)));
        let at = format!("{},2026-09-21 06:13:{second:02}", tenth * 100);
        format!("{at},30.8991,120.0800{tenth:03},85.3,{recording}\n")
    };
    let log: String = std::iter::once(head.to_owned()).chain((0..200).map(row)).collect();
    std::fs::write(flight.join("log.csv"), log).unwrap();
    let output = analyze(&[flight], dir.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let video = &told["media"][0];
    // The log dates its rows by whole seconds: a tenth either way.
    assert!(word(&video["started_at"]).starts_with("2026-09-21T06:13:03."), "{told}");
    assert_eq!(video["telemetry"], "AirData CSV");
}

#[test]
fn the_summary_says_what_was_flown() {
    let told = &FIRST.told;
    let summary = &told["summary"];
    assert_eq!(summary["frames"], 101);
    assert_eq!(summary["photos"], 1);
    assert_eq!(summary["aircraft"], truth()["aircraft"]);
    assert_eq!(summary["started_at"], truth()["media"][0]["start"]);
    assert!(number(&summary["placed"]) > 0.95, "{summary}");
    near(&summary["video_s"], 20.0, 0.3);
    near(&summary["path_m"], flown_m(), 3.0);
    // The roof from 92 m with a lens of 753.873 px is the coarsest, and by itself 640 x 360 such pixels.
    let roof_cm = 9_200.0 / 753.873;
    near(&summary["gsd_cm"][1], roof_cm, 0.1);
    // The street: 44 m from the camera, looked at 37 degrees down, through 1.1662 times that lens.
    near(&summary["gsd_cm"][0], 4_400.0 / 879.2 / 0.6_f64.sqrt(), 0.4);
    let photo_m2 = 640.0 * 360.0 * (roof_cm / 100.0).powi(2);
    assert!(number(&summary["area_m2"]) > photo_m2 + 1_500.0, "{summary}");
    assert_eq!(summary["findings"], list(&told["findings"]).len());
    assert_eq!(summary["alerts"], list(&told["alerts"]).len());
    let codes: BTreeSet<&str> =
        list(&told["warnings"]).iter().map(|warning| word(&warning["code"])).collect();
    assert_eq!(codes, BTreeSet::from(["flat_ground", "zone_assumed"]));
}

#[track_caller]
fn near(value: &Value, wanted: f64, within: f64) {
    let off = (number(value) - wanted).abs();
    assert!(off <= within, "{value} is not within {within} of {wanted}");
}

/// What the telemetry itself says: straight ahead in both passes.
fn flown_m() -> f64 {
    let place = |entry: &str| {
        let after = |key: &str| {
            let (_, rest) = entry.split_once(key).unwrap();
            rest.split(']').next().unwrap().trim().parse::<f64>().unwrap()
        };
        serde_json::json!({ "lon": after("[longitude:"), "lat": after("[latitude:") })
    };
    let pass = |name: &str| {
        let text = std::fs::read_to_string(demo().join(name)).unwrap();
        let places: Vec<Value> =
            text.lines().filter(|line| line.contains("[latitude:")).map(place).collect();
        away(&places[0], places.last().unwrap())
    };
    pass("DJI_0001.SRT") + pass("DJI_0002.SRT")
}

#[test]
fn each_expected_thing_gives_one_alert_and_nothing_else_does() {
    let (truth, alerts) = (truth(), list(&FIRST.told["alerts"]));
    for expected in list(&truth["expect"]) {
        let thing = thing(&truth, &expected["thing"]);
        let about: Vec<&Value> =
            alerts.iter().filter(|alert| away(&alert["place"], thing) < 3.0).collect();
        let [alert] = about.as_slice() else { panic!("one alert about {thing}: {about:?}") };
        assert_eq!(alert["rule"], expected["rule"]);
        assert_eq!(alert["fence"]["id"], expected["fence"]);
    }
    assert_eq!(alerts.len(), list(&truth["expect"]).len());
}

fn thing<'a>(truth: &'a Value, id: &Value) -> &'a Value {
    list(&truth["things"]).iter().find(|thing| thing["id"] == *id).unwrap()
}

#[test]
fn what_stands_is_where_it_stands() {
    let truth = truth();
    let standing: Vec<&Value> =
        list(&truth["things"]).iter().filter(|thing| thing["standing"] == true).collect();
    let found: Vec<&Value> = list(&FIRST.told["findings"])
        .iter()
        .filter(|finding| finding["motion"] == "standing")
        .collect();
    assert!(found.len() >= 4, "{found:?}");
    for finding in found {
        let off = |thing: &Value| away(finding, thing);
        let thing = standing.iter().min_by(|a, b| off(a).total_cmp(&off(b))).unwrap();
        assert!(off(thing) < 2.5, "{:.2} m from {thing}: {finding}", off(thing));
        assert!(holds(&finding["ellipse95"], metres(finding, thing)), "{finding} of {thing}");
    }
}

/// Whether a point lies in the ellipse, `bearing_deg` being that of its longer half.
fn holds(ellipse: &Value, [east, north]: [f64; 2]) -> bool {
    let (sin, cos) = number(&ellipse["bearing_deg"]).to_radians().sin_cos();
    let along = (east * sin + north * cos) / number(&ellipse["semi_major_m"]);
    let across = (east * cos - north * sin) / number(&ellipse["semi_minor_m"]);
    along.hypot(across) <= 1.0
}

#[test]
fn a_report_and_what_gis_programs_read_are_kept() {
    let report = FIRST.file("report.html");
    assert!(report.contains("DJI_0001.MP4") && !report.contains("src=\"http"), "{report:.200}");
    let geojson: Value = serde_json::from_str(&FIRST.file("flight.geojson")).unwrap();
    assert_eq!(geojson["type"], "FeatureCollection");
    let kinds: BTreeSet<&str> = list(&geojson["features"])
        .iter()
        .map(|feature| word(&feature["properties"]["kind"]))
        .collect();
    assert!(kinds.is_superset(&BTreeSet::from(["path", "footprint", "finding"])), "{kinds:?}");
    let kml = FIRST.file("flight.kml");
    let placemarks = kml.matches("<Placemark>").count();
    assert_eq!(kml.matches("</Placemark>").count(), placemarks);
    assert!(placemarks > list(&FIRST.told["findings"]).len(), "{placemarks}");
    assert!(kml.ends_with("</kml>") || kml.ends_with("</kml>\n"));
}

#[test]
fn the_same_flight_gives_the_same_alerts() {
    let again = Analysed::new(&[demo()]);
    let alerts = again.file("alerts.jsonl");
    assert_eq!(alerts.lines().count(), 3);
    assert_eq!(alerts, FIRST.file("alerts.jsonl"));
    assert_eq!(again.told["findings"], FIRST.told["findings"]);
    assert!(again.evidence() == FIRST.evidence(), "evidence differs");
}

#[test]
fn each_alert_has_its_pictures_and_its_clip() {
    let evidence = FIRST.evidence();
    for id in FIRST.alert_ids() {
        let of_alert = |name: &&str| evidence.contains_key(&format!("{id}/{name}"));
        assert_eq!(EVIDENCE.iter().copied().filter(of_alert).collect::<Vec<_>>(), EVIDENCE);
    }
    assert_eq!(evidence.len(), 3 * EVIDENCE.len());
}

const EVIDENCE: [&str; 8] = [
    "clip.mp4",
    "first_annotated.jpg",
    "first_crop.jpg",
    "first_scene.jpg",
    "last_annotated.jpg",
    "last_crop.jpg",
    "last_scene.jpg",
    "manifest.json",
];

#[test]
fn a_zip_of_the_flight_is_the_flight() {
    let dir = tempfile::tempdir().unwrap();
    let zip = dir.path().join("flight.zip");
    python(&["-m", "zipfile", "-c"], &[zip.clone(), demo()]);
    let zipped = Analysed::new(&[zip]);
    assert_eq!(zipped.alert_ids(), FIRST.alert_ids());
    assert_eq!(zipped.told["findings"], FIRST.told["findings"]);
}

#[test]
fn a_zip_that_leads_out_of_its_folder_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let zip = dir.path().join("flight.zip");
    let photo = demo().join("DJI_0003.JPG");
    let pack = "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w') as zip:\n    \
                zip.write(sys.argv[2], 'DJI_0003.JPG')\n    zip.write(sys.argv[2], '../evil.jpg')";
    python(&["-c", pack], &[zip.clone(), photo]);
    let output = analyze(&[zip], dir.path());
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let [warning] = list(&told["warnings"]) else { panic!("one warning: {told}") };
    assert_eq!(warning["code"], "unreadable");
    assert_eq!(warning["file"], "flight.zip");
    assert!(word(&warning["detail"]).contains("`../evil.jpg`"), "{warning}");
    assert_eq!(told["media"], serde_json::json!([]), "nothing of it is taken");
    assert!(!text(&output.stdout).contains("-0.0"), "{told}");
    assert!(!dir.path().join("evil.jpg").exists());
}

fn python(args: &[&str], paths: &[PathBuf]) {
    let output = Command::new("python3").args(args).args(paths).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}
