//! What clippy cannot see: which crate may depend on what, and how long a file may be.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::program::root;

const CRATES: [&str; 10] = [
    "dashboard",
    "detector",
    "domain",
    "flight",
    "ground",
    "ingest",
    "jt808",
    "rules",
    "sensors",
    "store",
];

fn dependencies(folder: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    manifest["dependencies"].as_table().unwrap().keys().cloned().collect()
}

fn among(folder: &str, names: &[&str]) -> Vec<String> {
    let names: BTreeSet<String> = names.iter().map(|&name| name.to_owned()).collect();
    dependencies(folder).intersection(&names).cloned().collect()
}

/// `domain`, `ground` and `rules` do no I/O and run nothing, so they depend on nothing that does.
#[test]
fn pure_crates_stay_pure() {
    let io = [
        "axum",
        "gstreamer",
        "object_store",
        "opencv",
        "ort",
        "rumqttc",
        "rumqttd",
        "sqlx",
        "tokio",
        "ureq",
    ];
    for folder in ["domain", "flight", "ground", "jt808", "rules", "sensors"] {
        assert_eq!(among(folder, &io), [""; 0], "{folder}");
    }
}

/// Stages know `domain` and not each other; only the dashboard reads the store and shows fences.
#[test]
fn stages_do_not_know_each_other() {
    for folder in CRATES {
        let allowed: &[&str] = match folder {
            "domain" => &[],
            "dashboard" => &["domain", "flight", "rules", "store"],
            _ => &["domain"],
        };
        for other in among(folder, &CRATES) {
            assert!(allowed.contains(&other.as_str()), "{folder} depends on {other}");
        }
    }
}

/// Each heavy thing has one home.
#[test]
fn heavy_things_have_one_home() {
    for (name, home) in [
        ("opencv", "detector"),
        ("ort", "detector"),
        ("gstreamer", "ingest"),
        ("sqlx", "store"),
        ("object_store", "store and ingest"),
        ("reqwest", "ingest"),
        ("axum", "dashboard"),
        ("rumqttc", "dashboard and ingest"),
        ("rumqttd", "dashboard"),
    ] {
        for folder in CRATES.into_iter().chain(["."]) {
            let found = dependencies(folder).contains(name);
            let homes: Vec<&str> = home.split(" and ").collect();
            assert!(
                !found || homes.contains(&folder),
                "{folder} depends on {name}, whose home is {home}"
            );
        }
    }
}

/// `rules` and `ground` take the time from the data.
#[test]
fn no_clock_in_the_pure_middle() {
    for folder in ["ground", "jt808", "rules", "sensors"] {
        for path in sources(&root().join(folder).join("src")) {
            let text = std::fs::read_to_string(&path).unwrap();
            for clock in ["Timestamp::now", "SystemTime", "Instant::now", "dyn Clock"] {
                assert!(!text.contains(clock), "{} asks a clock: {clock}", path.display());
            }
        }
    }
}

/// Lines before the tests of a file; 500 is where nobody reads it whole any more.
#[test]
fn files_are_short() {
    let folders = CRATES.iter().map(|folder| root().join(folder).join("src"));
    for folder in folders.chain([root().join("src")]) {
        for path in sources(&folder) {
            let tests = path.file_name().is_some_and(|name| name == "tests.rs");
            let text = if tests { String::new() } else { std::fs::read_to_string(&path).unwrap() };
            let lines = text.lines().take_while(|line| *line != "#[cfg(test)]").count();
            assert!(lines <= 500, "{} has {lines} lines", path.display());
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
