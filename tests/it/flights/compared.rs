//! `eval`: figures against truth.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{demo, number, rules};
use crate::program::{root, run, text};

fn eval(args: &[&str]) -> String {
    let output = run(&[&["eval"], args].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn findings_are_compared_with_what_stood_there() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("xunjian.toml");
    let models = root().join("models");
    std::fs::write(&config, format!("models_dir = \"{}\"\n{}", models.display(), rules())).unwrap();
    let (flight, truth) = (demo(), root().join("demo/truth/flight.json"));
    let told = eval(&["flight", said(&flight), "--truth", said(&truth), "--config", said(&config)]);
    let (rows, last) = told.trim_end().rsplit_once('\n').unwrap();
    assert!(last.ends_with("3 alerts in all"), "{told}");
    assert!(last.contains("; 0 alerts about what moved;"), "{told}");
    let rows: Vec<&str> = rows.lines().collect();
    assert_eq!(rows.len(), 9, "a row for each vehicle that stood: {told}");
    assert!(rows.iter().all(|row| row.ends_with("alerts: as it should be")), "{told}");
    for (row, id) in rows.iter().zip(1..) {
        assert_eq!(row.split_whitespace().next(), Some(format!("{id}").as_str()), "{told}");
        assert_eq!(row.contains(", 1 alerts:"), id <= 3, "{row}");
    }
}

fn said(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Real files that are no part of the project, where they are there.
fn shared(name: &str) -> Option<PathBuf> {
    let path = root().join("../shared/data").join(name);
    path.exists().then_some(path)
}

#[test]
fn rays_land_where_a_real_stream_says_the_picture_is() {
    let Some(stream) = shared("telemetry/klv/Cheyenne.bin") else { return };
    let told = eval(&["ground", "--klv", said(&stream)]);
    let figure = |key: &str| {
        let (_, rest) = told.split_once(key).unwrap_or_else(|| panic!("no `{key}`: {told}"));
        rest.split_whitespace().next().unwrap().parse::<f64>().unwrap()
    };
    assert!(told.starts_with("packets 407, unreadable 0, wrong checksum 0,"), "{told}");
    assert!(figure("median ") <= 10.1, "{told}");
    assert!(figure("p90 ") <= 28.3, "{told}");
    assert!(figure("median slant of ") > 2_000.0, "{told}");
}

#[test]
fn tracks_score_as_the_reference_scores_them() {
    let Some(folder) = shared("tracking") else { return };
    let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let told = eval(&["track", "--mot", said(&folder)]);
    let head: Vec<&str> = told.lines().next().unwrap().split_whitespace().collect();
    for sequence in ["TUD-Campus", "TUD-Stadtmitte"] {
        let row: Vec<&str> = told
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .find(|row| row.starts_with(&[sequence, "given"]))
            .unwrap_or_else(|| panic!("no row of {sequence}: {told}"));
        assert_eq!(row.len(), head.len(), "{told}");
        for (column, key, unit) in COLUMNS {
            let at = head.iter().position(|name| *name == column);
            let printed: f64 =
                row[at.unwrap_or_else(|| panic!("{column}: {told}"))].parse().unwrap();
            let wanted = number(&expected["sequences"][sequence][key]);
            assert!(
                (printed / unit - wanted).abs() <= 1e-3,
                "{sequence} {key}: {printed}, {wanted}"
            );
        }
    }
}

/// Column, its name in the reference, and what it is printed in.
const COLUMNS: [(&str, &str, f64); 14] = [
    ("MOTA", "mota", 100.0),
    ("MOTP", "motp", 1.0),
    ("IDF1", "idf1", 100.0),
    ("IDP", "idp", 100.0),
    ("IDR", "idr", 100.0),
    ("Rcll", "recall", 100.0),
    ("Prcn", "precision", 100.0),
    ("GT", "num_unique_objects", 1.0),
    ("MT", "mostly_tracked", 1.0),
    ("PT", "partially_tracked", 1.0),
    ("ML", "mostly_lost", 1.0),
    ("FP", "num_false_positives", 1.0),
    ("FN", "num_misses", 1.0),
    ("IDs", "num_switches", 1.0),
];
