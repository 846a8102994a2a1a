//! Rules of files, end to end.

use serde_json::Value;

use crate::program::{root, run, text};

const RULE: &str = r#"
[[rule]]
id = "kerb-stay"
version = "7"
name = "路缘停留"
name_en = "Stays at the kerb"
severity = "minor"
queue = { by_authority = "kerb" }
classes = ["car"]
in = { kinds = ["no_parking"] }
condition = { is = "stays", for = "10s" }

[[rule.test]]
name = "a car"
fences = [{ id = "kerb", kind = "no_parking", area = [-10, -3, 10, 3] }]
rows = ["0..30 car#1 0,0"]
expect = ["EXPECTED"]
"#;

/// A configuration in a folder of its own, with the demo's camera and fences.
fn site(rules: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let demo = |path: &str| root().join("demo").join(path).display().to_string();
    let config = format!(
        "models_dir = \"{}\"\n[rules]\nfences = [\"{}\"]\nfiles = [\"rules.toml\"]\n\
         [[source]]\nid = \"demo-street\"\nurl = \"{}\"\nsurvey = \"{}\"\n",
        root().join("models").display(),
        demo("fences.geojson"),
        demo("clips/parking.mp4"),
        demo("survey/parking.json"),
    );
    std::fs::write(dir.path().join("xunjian.toml"), config).unwrap();
    std::fs::write(dir.path().join("rules.toml"), rules).unwrap();
    dir
}

fn check(dir: &tempfile::TempDir) -> (Option<i32>, String) {
    let config = dir.path().join("xunjian.toml");
    let output = run(&["check", "--offline", "--config", config.to_str().unwrap()]);
    (output.status.code(), text(&output.stdout))
}

#[test]
fn check_plays_the_tests_of_rules() {
    let (code, told) = check(&site(&RULE.replace("EXPECTED", "10 raised car#1")));
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("rule `kerb-stay`, test `a car`: passed 通过"), "{told}");
    let (code, told) = check(&site(&RULE.replace("EXPECTED", "9 raised car#1")));
    assert_eq!(code, Some(3), "{told}");
    for wanted in [
        "rule `kerb-stay` (Stays at the kerb), test `a car` failed",
        "规则「路缘停留」的测试「a car」未通过",
        "expected 预期: 9 raised car#1",
        "got 实际: 10 raised car#1 since 0",
    ] {
        assert!(told.contains(wanted), "{told}\nshould hold\n{wanted}");
    }
    let (code, told) = check(&site("[[rule]]\nid = \"a\"\nversoin = \"1\"\n"));
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("rules.toml: rule `a`: unknown field `versoin`"), "{told}");
}

#[test]
fn a_rule_of_a_file_alerts_with_its_evidence() {
    let dir = site(&RULE.replace("EXPECTED", "10 raised"));
    let (config, out) = (dir.path().join("xunjian.toml"), dir.path().join("out"));
    let clip = root().join("demo/clips/parking.mp4");
    let [clip, config, out] = [&clip, &config, &out].map(|path| path.to_str().unwrap().to_owned());
    let model = ["--model", "nanodet-g", "--provider", "cpu"];
    let output =
        run(&[&["analyze", &clip, "--config", &config, "--json", "--out", &out], &model[..]]
            .concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let alerts: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [alert] = alerts.as_slice() else { panic!("parking waits a minute: {alerts:?}") };
    assert_eq!(alert["rule"], "kerb-stay");
    assert_eq!(alert["rule_name"]["zh"], "路缘停留");
    assert!(alert["rule_version"].as_str().unwrap().starts_with("7+"), "{alert}");
    assert_eq!(alert["severity"], "minor");
    assert_eq!(alert["queue"], "kerb-traffic_police");
    assert_eq!(alert["fence"]["id"], "kerb-west-1");
    assert_eq!(alert["why"]["facts"][0]["name"], "lasted");
    let folder = alert["id"].as_str().unwrap();
    let pictures = find(std::path::Path::new(&out), folder);
    for name in ["first_scene.jpg", "last_scene.jpg", "clip.mp4"] {
        assert!(pictures.iter().any(|path| path.ends_with(name)), "{name} of {pictures:?}");
    }
}

/// Every file whose path has a part of this name.
fn find(dir: &std::path::Path, part: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(find(&path, part));
        } else if path.display().to_string().contains(part) {
            found.push(path.display().to_string());
        }
    }
    found
}
