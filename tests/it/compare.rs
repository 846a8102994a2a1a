//! Two pictures of one place, and what was built in between: the roof of the demo, with the real network.

use std::path::Path;

use serde_json::Value;

use crate::program::{root, run, text};

const BEFORE: &str = "demo/flight-before/DJI_0001.JPG";
const AFTER: &str = "demo/flight/DJI_0003.JPG";

/// The room on the roof is told of, where it is and as large as it is; nothing else that is not on that roof.
#[test]
fn the_new_room_on_the_roof_is_found() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().to_str().unwrap();
    let output = run(&["compare", BEFORE, AFTER, "--above", "9.3", "--out", folder, "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let residual = number(&told["registration"]["residual"]["median_px"]);
    assert!(residual < 1.5, "{residual}");
    let changes = told["changes"].as_array().unwrap();
    let kept: Vec<&Value> =
        changes.iter().filter(|change| change["suppressed"].is_null()).collect();
    let truth = &read(&root().join("demo/truth/flight.json"))["changes"][0];
    let ring = ring(&truth["pixels_after"]);
    let best = kept.iter().map(|change| (overlap(change, &ring), change));
    let (iou, room) = best.max_by(|a, b| a.0.total_cmp(&b.0)).expect("something is told of");
    assert!(iou > 0.5, "the best change covers the room by an IoU of {iou:.2}: {kept:?}");
    assert_eq!(kept.len(), 1, "cars, shadows and leaves are not told of: {kept:?}");
    // 94.8 m² in the truth, which also says how high the room is.
    let (area, sigma) = (number(&room["area_m2"]), number(&room["area_sigma_m2"]));
    assert!((area - 94.8).abs() <= 3.0 * sigma && sigma < 40.0, "{area} ± {sigma}");
    let middle = [120.093_512_7, 30.879_995_9];
    let off = [number(&room["lon"]) - middle[0], number(&room["lat"]) - middle[1]];
    let metres = (off[0] * 95_500.0).hypot(off[1] * 110_870.0);
    assert!(metres < 6.0, "{metres:.1} m off: {room}");
    let geojson = read(&out.path().join("changes.geojson"));
    assert_eq!(geojson["features"].as_array().unwrap().len(), changes.len());
    assert!(out.path().join("compare.jpg").metadata().unwrap().len() > 10_000);
}

#[test]
fn what_cannot_be_compared_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let no_picture = file("notes.jpg", b"no picture");
    // The smallest picture there is: one grey pixel.
    let dot = file("dot.pgm", b"P5 1 1 255\n\x80");
    // Tiles of many greys, so that there is something to hold on to.
    let tile = |at: u32| ((at % 320) / 13) * 7919 + (at / 320 / 11) * 104_729;
    let grey = |at: u32| (tile(at).wrapping_mul(2_654_435_761) >> 7).to_be_bytes()[3];
    let noise: Vec<u8> = (0..320 * 240).map(grey).collect();
    let elsewhere = file("elsewhere.pgm", &[&b"P5 320 240 255\n"[..], &noise].concat());
    for (arguments, said) in [
        (vec!["missing.jpg", AFTER], "missing.jpg"),
        (vec![&no_picture, AFTER], "notes.jpg is no picture"),
        (vec![&dot, AFTER], "the earlier picture has only 0 points to hold on to"),
        (vec![&elsewhere, AFTER], "do not show the same place"),
        (vec![&elsewhere, AFTER, "--registered"], "320x240 and 640x360"),
        (vec![BEFORE, AFTER, "--gsd", "0"], "`--gsd` must be from 0.1 to 1000"),
        (vec![BEFORE, AFTER, "--model", "nothing"], "no model `nothing`"),
    ] {
        let output = run(&[&["compare"][..], &arguments].concat());
        let error = text(&output.stderr);
        assert!(!output.status.success() && error.contains(said), "{arguments:?}: {error}");
    }
}

/// Five labelled pairs of a real city, for measuring only.
#[test]
fn a_network_is_scored_on_real_pairs() {
    let pairs = root().join("../shared/data/change/dsifn");
    if !pairs.exists() {
        return; // The pairs are for measuring and stay outside the project.
    }
    let out = tempfile::tempdir().unwrap();
    let masks = out.path().join("masks");
    let output = run(&[
        "eval",
        "change",
        "--pairs",
        pairs.to_str().unwrap(),
        "--model",
        "change",
        "--json",
        "--out",
        masks.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<&str> =
        rows.as_array().unwrap().iter().map(|row| row["model"].as_str().unwrap()).collect();
    assert_eq!(names[..3], ["change", "change, kept", "BIT"]);
    assert_eq!(rows[0]["each"].as_array().unwrap().len(), 5);
    let f1 = number(&rows[0]["f1"]);
    assert!(f1 > 0.0 && f1 < 1.0, "{f1}");
    assert_eq!(std::fs::read_dir(&masks).unwrap().count(), 5);
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[track_caller]
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn ring(value: &Value) -> Vec<[f64; 2]> {
    let point = |point: &Value| [number(&point[0]), number(&point[1])];
    value.as_array().unwrap().iter().map(point).collect()
}

/// Intersection over union of a change and a ring, by points of a grid.
fn overlap(change: &Value, truth: &[[f64; 2]]) -> f64 {
    let rings: Vec<_> = change["rings_px"].as_array().unwrap().iter().map(ring).collect();
    let (mut both, mut either) = (0_u32, 0_u32);
    for y in 0..180 {
        for x in 0..320 {
            let at = [2.0 * f64::from(x) + 1.0, 2.0 * f64::from(y) + 1.0];
            let ours = rings.iter().filter(|ring| holds(ring, at)).count() % 2 == 1;
            let theirs = holds(truth, at);
            both += u32::from(ours && theirs);
            either += u32::from(ours || theirs);
        }
    }
    f64::from(both) / f64::from(either.max(1))
}

/// Whether a line to the right crosses the ring an odd number of times.
fn holds(ring: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let next = ring.iter().cycle().skip(1);
    let crossed = ring.iter().zip(next).filter(|(a, b)| {
        (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]
    });
    crossed.count() % 2 == 1
}
