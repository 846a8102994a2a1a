//! Illegal construction end to end: the roof of the demo, with the real network, fences, permits and the register.

use std::path::Path;

use serde_json::{Value, json};

use crate::program::{root, run, text};

const BEFORE: &str = "demo/flight-before/DJI_0001.JPG";
const AFTER: &str = "demo/flight/DJI_0003.JPG";

/// A configuration with the demo's fences, these besides, and a store of its own.
fn configured(dir: &Path, more: &[Value]) -> String {
    let permits = dir.join("permits.geojson");
    let layer = json!({ "type": "FeatureCollection", "features": more });
    std::fs::write(&permits, layer.to_string()).unwrap();
    let config = dir.join("xunjian.toml");
    let text = format!(
        "models_dir = \"{}\"\n[rules]\nfences = [\"{}\", \"{}\"]\n[store]\ndatabase = \"{}\"\n\
         evidence = \"{}\"\n[flight.budget]\nsingle = {{ xy_m = 0.5, z_m = 0.3 }}\n\
         yaw_deg = 0.5\npitch_deg = 0.2\nroll_deg = 0.2\nterrain_m = 0.2\n",
        root().join("models").display(),
        root().join("demo/fences.geojson").display(),
        permits.display(),
        dir.join("xunjian.db").display(),
        dir.join("evidence").display()
    );
    std::fs::write(&config, text).unwrap();
    config.to_str().unwrap().to_owned()
}

fn told(args: &[&str]) -> String {
    let output = run(args);
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// The decision about the largest change.
fn raised(config: &str, more: &[&str]) -> Value {
    let args =
        ["compare", BEFORE, AFTER, "--above", "9.3", "--raise", "--json", "--config", config];
    let told: Value = serde_json::from_str(&told(&[&args[..], more].concat())).unwrap();
    let changes = told["changes"].as_array().unwrap();
    let kept = changes.iter().find(|change| change["suppressed"].is_null());
    kept.expect("the room is found")["decision"].clone()
}

/// Around the roof of the demo, with room to spare.
fn permit(number: &str, to: &str) -> Value {
    let (west, south, east, north) = (120.0933, 30.8798, 120.0938, 30.8802);
    json!({
        "type": "Feature", "id": format!("permit-{number}"),
        "properties": {
            "name": number, "kind": "construction_site", "permit": { "number": number },
            "valid_from": "2020-01-01T00:00:00Z", "valid_to": to,
        },
        "geometry": { "type": "Polygon", "coordinates": [[
            [west, south], [east, south], [east, north], [west, north], [west, south],
        ]] },
    })
}

#[test]
fn a_room_on_a_roof_is_one_alert_until_it_is_demolished_and_another_when_it_is_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let config = configured(dir.path(), &[]);
    let first = raised(&config, &[]);
    assert_eq!(first["decision"], "raised", "{first}");
    assert_eq!(first["reason"], "construction-new");
    let id = first["detail"].as_str().unwrap().to_owned();
    let folder = dir.path().join("evidence").join(&id);
    for name in ["first_scene", "first_annotated", "first_crop", "last_scene", "last_crop"] {
        let bytes = std::fs::read(folder.join(format!("{name}.jpg"))).unwrap();
        assert!(bytes.starts_with(&[0xff, 0xd8]) && bytes.len() > 2000, "{name}");
    }
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["files"].as_array().unwrap().len(), 6);
    assert_eq!(manifest["alert"]["fence"]["id"], "no-build-1");
    assert!(manifest["alert"]["outline"].as_array().unwrap().len() > 3);

    let again = raised(&config, &[]);
    assert_eq!((&again["decision"], &again["detail"]), (&json!("standing"), &json!(id)));
    let list = told(&["construction", "list", "--config", &config]);
    assert!(list.ends_with("1 places\n") && list.contains("standing"), "{list}");

    let demolished = ["construction", "demolished", &id, "--by", "wang", "--config", &config];
    let at = ["--at", "2027-01-10T00:00:00Z"];
    let said = told(&[&demolished[..], &at].concat());
    assert!(said.contains("from 2027-01-13T00:00:00Z (day 3)"), "{said}");
    let refused = run(&[&demolished[..], &at].concat());
    assert!(text(&refused.stderr).contains("recorded as demolished"), "{refused:?}");

    // Flown over on the eighth day: bare before, and it stands again.
    let later = ["--before-at", "2027-01-11T00:00:00Z", "--after-at", "2027-01-18T00:00:00Z"];
    let rebuilt = raised(&config, &later);
    assert_eq!(rebuilt["reason"], "construction-rebuilt", "{rebuilt}");
    let list = told(&["construction", "list", "--config", &config, "--json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list[0]["rebuilt_of"], json!(id), "{list}");
}

#[test]
fn a_permit_is_heeded_as_long_as_it_holds() {
    for (to, decision, reason) in [
        ("2099-01-01T00:00:00Z", "passed", "permitted"),
        ("2021-01-01T00:00:00Z", "raised", "construction-new"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let config = configured(dir.path(), &[permit("2020-17", to)]);
        let held = raised(&config, &[]);
        assert_eq!(
            (&held["decision"], &held["reason"]),
            (&json!(decision), &json!(reason)),
            "{held}"
        );
    }
}

#[test]
fn a_time_that_is_none_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let config = configured(dir.path(), &[]);
    let output =
        run(&["compare", BEFORE, AFTER, "--raise", "--config", &config, "--before-at", "x"]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("--before-at"), "{}", text(&output.stderr));
}
