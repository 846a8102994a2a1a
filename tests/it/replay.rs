//! What cameras saw judged again by other rules.

use serde_json::Value;

use crate::program::{Site, busy_street, root, run, text};

#[test]
fn a_changed_rule_is_tried_on_what_was_seen() {
    let site = Site::new(&busy_street(), false);
    let (config, views) = (site.config(), site.dir.path().join("views"));
    let (config, views) = (config.to_str().unwrap(), views.to_str().unwrap());
    let clip = root().join("demo/clips/parking.mp4");
    let clip = clip.to_str().unwrap();
    let analyzed = run(&["analyze", clip, "--config", config, "--json", "--views", views]);
    assert!(analyzed.status.success(), "{}", text(&analyzed.stderr));
    let alerts = text(&analyzed.stdout).lines().count();
    assert!(alerts >= 3, "the story has alerts");

    let same = replayed(&[views, "--config", config]);
    assert_eq!(count(&same), [0, 0, 0, alerts], "nothing was changed");

    let with_dwell = |dwell: &str| {
        let path = site.dir.path().join(format!("{dwell}.toml"));
        let now = std::fs::read_to_string(config).unwrap();
        let then = now.replace("dwell = \"1s\"", &format!("dwell = \"{dwell}\""));
        std::fs::write(&path, then).unwrap();
        replayed(&[views, "--config", config, "--with", path.to_str().unwrap()])
    };
    assert_eq!(count(&with_dwell("1h")), [0, alerts, 0, 0], "nobody stands for an hour");
    let changed = with_dwell("5s");
    let [gained, lost, later, kept] = count(&changed);
    assert_eq!((gained, kept), (0, 0), "each comes later or not at all");
    assert_eq!(lost + later, alerts);
    assert!(later >= 1, "the red car stands for long");
    let one = &changed["changed"][0];
    assert_eq!(one["before"]["id"], one["after"]["id"]);
    assert!(one["after"]["dwell_s"].as_f64() >= Some(5.0), "{one}");
}

fn replayed(args: &[&str]) -> Value {
    let output = run(&[&["replay"], args, &["--json"]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Gained, lost, changed, the same.
fn count(difference: &Value) -> [usize; 4] {
    let of = |key: &str| difference[key].as_array().unwrap().len();
    let same = usize::try_from(difference["same"].as_u64().unwrap()).unwrap();
    [of("gained"), of("lost"), of("changed"), same]
}

#[test]
fn what_cannot_be_read_is_named() {
    let output = run(&["replay", "nowhere"]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("`nowhere`"), "{}", text(&output.stderr));
}
