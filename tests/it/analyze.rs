//! Recordings analysed once, and once more.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::program::{root, run, text};

#[test]
fn the_demo_story_gives_its_alert() {
    let out = tempfile::tempdir().unwrap();
    let clip = root().join("demo/clips/parking.mp4");
    let output = run(&[
        "analyze",
        clip.to_str().unwrap(),
        "--config",
        "demo/demo.toml",
        "--model",
        "nanodet-g",
        "--provider",
        "cpu",
        "--json",
        "--summary",
        "--out",
        out.path().to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [alert, summary] = lines.as_slice() else { panic!("one alert and a summary: {lines:?}") };
    assert_eq!(summary["frames"], 420);
    assert_eq!(alert["fence"]["id"], "kerb-west-1");
    assert_eq!(alert["queue"], "parking-traffic_police");
    near_truth(alert);
    let report = std::fs::read_to_string(out.path().join("report.html")).unwrap();
    assert!(report.contains("data:image/jpeg;base64,") && !report.contains("src=\"http"));
    let files = evidence(out.path());
    let names: Vec<&str> = files.keys().map(|path| path.rsplit('/').next().unwrap()).collect();
    assert_eq!(
        names,
        [
            "clip.mp4",
            "first_annotated.jpg",
            "first_crop.jpg",
            "first_scene.jpg",
            "last_annotated.jpg",
            "last_crop.jpg",
            "last_scene.jpg",
            "manifest.json"
        ]
    );
}

/// The red car stands from 7.0 s on; its true place is in the truth file.
fn near_truth(alert: &Value) {
    let since = alert["since"].as_str().unwrap();
    assert!(("1970-01-01T00:00:05"..="1970-01-01T00:00:09").contains(&since), "{since}");
    let truth = std::fs::read_to_string(root().join("demo/truth/parking.truth.json")).unwrap();
    let frame: Value = serde_json::from_str(truth.lines().nth(1 + 150).unwrap()).unwrap();
    let (lon, lat) = (number(&alert["place"]["lon"]), number(&alert["place"]["lat"]));
    let metres = |object: &Value| {
        let (east, north) = (number(&object[6]) - lon, number(&object[7]) - lat);
        (east * 95_600.0).hypot(north * 110_900.0)
    };
    let nearest =
        frame["objects"].as_array().unwrap().iter().map(metres).min_by(f64::total_cmp).unwrap();
    assert!(nearest < 1.5, "{nearest:.2} m from the nearest true object");
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn the_same_recording_gives_the_same_bytes() {
    let once = |out: &Path| {
        let clip = root().join("demo/clips/parking.mp4");
        let output = run(&[
            "analyze",
            clip.to_str().unwrap(),
            "--model",
            "nanodet-g",
            "--provider",
            "cpu",
            "--dwell",
            "1s",
            "--json",
            "--out",
            out.to_str().unwrap(),
        ]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        (text(&output.stdout), evidence(out))
    };
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (alerts, files) = once(first.path());
    assert!(alerts.lines().count() >= 2, "{alerts}");
    let (again, same_files) = once(second.path());
    assert_eq!(alerts, again);
    assert!(files == same_files, "evidence differs");
}

/// Every evidence file by its path, with its bytes.
fn evidence(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for alert in std::fs::read_dir(out.join("evidence")).unwrap() {
        for file in std::fs::read_dir(alert.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.strip_prefix(out).unwrap().display().to_string();
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
    files
}
