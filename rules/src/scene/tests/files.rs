//! What a rule file may hold.

use serde_json::Value;

use super::*;

/// Every mistake names the file and the rule, and says what is wrong.
#[test]
fn bad_files_are_refused_by_name() {
    let dwell = r#"is = "dwell", for = "10s""#;
    for (text, wanted) in [
        ("rule = 1".to_owned(), "rules.toml: `rule` is no list"),
        ("x = 1".to_owned(), "rules.toml: unknown key `x`"),
        ("[[rule]\n".to_owned(), "rules.toml: is no TOML"),
        (rule(dwell, "colour = 1"), "rules.toml: rule `rule`: unknown field `colour`"),
        (rule(dwell, "id = \"a b\""), "rules.toml: rule `a b`: `a b` is no valid id"),
        (rule(dwell, "id = 5"), "rules.toml: rule `1`: "),
        (rule(dwell, "id = \"parking\""), "`id` is taken by another rule"),
        (rule(dwell, "id = \"muck-dumping\""), "`id` is taken by another rule"),
        (rule(dwell, "classes = [\"cat\"]"), "unknown variant `cat`"),
        (rule(dwell, "classes = []"), "`classes` has 0 entries, must have 1 to 100"),
        (rule(dwell, "in = \"here\""), "\"anywhere\", or"),
        (rule(dwell, "in = {}"), "`in` names 0 kinds and ids"),
        (rule(dwell, "queue = \"a/b\""), "a queue's name, or"),
        (rule(dwell, "name = \"\""), "`name` has 0 letters, must have 1 to 200"),
        (rule(dwell, "grace = \"2h\""), "`grace` must lie between 0 and 3600 seconds, got 7200"),
        (rule(dwell, "severity = \"awful\""), "unknown variant `awful`"),
        (
            rule(
                dwell,
                "schedule = { time_zone = \"Mars\", weekly = [{ days = [\"mon\"], from = \"07:00\", to = \"08:00\" }] }",
            ),
            "`schedule`: `Mars` is no time zone",
        ),
        (rule(r#"is = "dwell""#, ""), "missing field `for`"),
        (rule(r#"is = "dwell", for = "10s", n = 1"#, ""), "unknown field `n`"),
        (rule(r#"is = "dwells", for = "10s""#, ""), "unknown variant `dwells`"),
        (rule(r#"is = "dwell", for = "100ms""#, ""), "`condition.for` must lie between 0.5 and"),
        (rule(r#"is = "absence", for = "2s""#, ""), "`condition.for` must lie between 5 and"),
        (rule(r#"is = "count", at_least = 0, for = "10s""#, ""), "`condition.at_least`"),
        (rule(r#"is = "speed", over_kmh = 900, for = "10s""#, ""), "`condition.over_kmh`"),
        (
            rule(r#"is = "without", company = [], within_m = 5, for = "9s""#, ""),
            "`condition.company`",
        ),
        (rule(r#"is = "outside", of = [], for = "9s""#, ""), "`condition.of`"),
        (
            rule(r#"is = "outside", of = ["bay"], for = "9s""#, "except = { ids = [\"a\"] }"),
            "`except` says twice",
        ),
        (rule(r#"is = "exit""#, "in = \"anywhere\""), "`in` must name fences"),
        (
            rule(r#"is = "crossing", line = { from = [0, 0], to = [0, 0] }"#, ""),
            "`condition.line` must lie",
        ),
        (
            rule(r#"is = "crossing", line = { from = [30, 120], to = [30, 121] }"#, ""),
            "no place on earth",
        ),
        (
            rule(r#"is = "crossing", line = { source = "a", from = [0, 0], to = [2, 2] }"#, ""),
            "in a picture has two points",
        ),
    ] {
        let told = read(&text).unwrap_err().to_string();
        assert!(told.contains(wanted), "{wanted} is not in: {told}");
    }
    let one = rule(dwell, "");
    let told = read(&format!("{one}{one}")).unwrap_err().to_string();
    assert_eq!(told, "rules.toml: rule `rule`: `id` is taken by another rule");
    let many = one.repeat(201);
    assert!(read(&many).unwrap_err().to_string().contains("more than 200 rules"));
    let long = "#".repeat(read::MOST_BYTES + 1);
    assert!(read(&long).unwrap_err().to_string().contains("is longer than"));
}

/// All of them, to a point.
#[test]
fn every_mistake_is_told() {
    let text = rule(r#"is = "speed", over_kmh = 900, for = "10s""#, "name = \"\"\nclasses = []");
    assert_eq!(read(&text).unwrap_err().told.len(), 3);
    let many: String = (0..80).map(|n| rule("is = 1", &format!("id = \"a{n}\""))).collect();
    let told = read(&many).unwrap_err().to_string();
    assert_eq!((told.lines().count(), told.ends_with("and 30 more")), (51, true), "{told}");
}

#[test]
fn bad_tests_are_refused_by_name() {
    let one = rule(r#"is = "dwell", for = "10s""#, "");
    for (test, wanted) in [
        ("rows = []\nexpect = []", "rule `rule`: test `t`: `rows` has 0, must have 1 to 200"),
        (
            "rows = [\"0..9 cat 0,0\"]\nexpect = []",
            "test `t`: `rows`: `0..9 cat 0,0` names no class",
        ),
        ("rows = [\"0..9 away\"]\nexpect = []", "a fixed camera looks nowhere else"),
        (
            "rows = [\"0..9 dark\"]\nexpect = [\"raised\"]",
            "test `t`: `expect`: `raised` is no event",
        ),
        ("rows = [\"0..9 dark\"]\nexpect = [\"5 sings\"]", "`5 sings` is no event"),
        ("rows = [\"0..9 dark\"]\nexpect = []\nat = \"noon\"", "`at` is `noon`"),
        ("rows = [\"0..9 dark\"]\nexpect = []\ntime_zone = \"Mars\"", "`time_zone`"),
        (
            "rows = [\"0..9 dark\"]\nexpect = []\nfences = [{ id = \"a\", kind = \"bay\", area = [5, 0, 0, 5] }]",
            "`a` has no `area` of west, south, east and north",
        ),
    ] {
        let text = format!("{one}\n[[rule.test]]\nname = \"t\"\n{test}\n");
        let told = read(&text).unwrap_err().to_string();
        assert!(told.contains(wanted), "{wanted} is not in: {told}");
    }
}

/// A rule is another if it says something else, not if it is tested otherwise.
#[test]
fn the_version_is_of_what_is_said() {
    let version = |text: &str| read(text).unwrap().all()[0].version.clone();
    let dwell = r#"is = "dwell", for = "10s""#;
    let one = rule(dwell, "");
    let test = "[[rule.test]]\nname = \"t\"\nrows = [\"0..1 dark\"]\nexpect = []\n";
    assert_eq!(version(&one), version(&format!("{one}{test}")));
    assert_ne!(version(&one), version(&rule(dwell, "severity = \"serious\"")));
}

fn schema() -> jsonschema::Validator {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rules.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

const CONDITIONS: &[(&str, bool)] = &[
    (r#"is = "dwell", for = "1h 30m""#, true),
    (r#"is = "stays", for = "10min""#, true),
    (r#"is = "outside", of = ["bay"], for = "10s""#, true),
    (r#"is = "entry""#, true),
    (r#"is = "entry", for = "3s", seen_coming = true"#, true),
    (r#"is = "exit""#, true),
    (
        r#"is = "crossing", line = { from = [120, 30], to = [120, 30.001], datum = "GCJ-02" }, way = "both""#,
        true,
    ),
    (r#"is = "crossing", line = { source = "cam", from = [0, 0], to = [1, 1] }"#, true),
    (r#"is = "count", at_least = 3, for = "10s""#, true),
    (r#"is = "speed", over_kmh = 25, for = "3s""#, true),
    (r#"is = "absence", for = "10s""#, true),
    (r#"is = "without", company = ["person"], within_m = 5, for = "10s""#, true),
    (r#"is = "dwell""#, false),
    (r#"is = "dwell", for = 10"#, false),
    (r#"is = "dwell", for = "soon""#, false),
    (r#"is = "dwell", for = "10s", at_least = 2"#, false),
    (r#"is = "count", at_least = 0, for = "10s""#, false),
    (r#"is = "count", at_least = 2.5, for = "10s""#, false),
    (r#"is = "speed", over_kmh = 0, for = "10s""#, false),
    (r#"is = "without", company = [], within_m = 5, for = "10s""#, false),
    (r#"is = "outside", of = [], for = "10s""#, false),
    (r#"is = "crossing", line = { from = [120, 30] }"#, false),
    (r#"is = "crossing", line = { source = "cam", from = [0, 0], to = [2, 1] }"#, false),
    (r#"is = "dances", for = "10s""#, false),
    (r#"for = "10s""#, false),
];

/// What the schema takes is read, and what it refuses is refused: each row with its verdict.
#[test]
fn the_schema_and_the_reader_agree() {
    let schema = schema();
    let everything = r#"matter = { edition = "GB/T 30428.2-2013", code = "0501", local = "7" }
        legal_basis = "条例"
        severity = "trivial"
        evidence = "one_moment"
        queue = { by_authority = "street" }
        sources = ["cam"]
        except = { kinds = ["bay"], ids = ["a"] }
        schedule = { time_zone = "UTC", weekly = [{ days = ["workdays"], from = "07:00", to = "24:00" }] }
        shadow = true
        grace = "5s""#;
    let test = |keys: &str| {
        let one = rule(r#"is = "dwell", for = "10s""#, "");
        format!("{one}[[rule.test]]\nname = \"t\"\nrows = [\"0..1 dark\"]\nexpect = []\n{keys}\n")
    };
    let mut rows = vec![
        (String::new(), true),
        ("x = 1".to_owned(), false),
        (rule(r#"is = "dwell", for = "10s""#, everything), true),
        (test("at = \"22:30\"\ntime_zone = \"UTC\"\ncamera = \"drone\""), true),
        (
            test(
                "fences = [{ id = \"a\", kind = \"bay\", area = [0, 0, 5, 5], authority = \"urban_mgmt\" }]",
            ),
            true,
        ),
        (test("fences = [{ id = \"a\", kind = \"bay\", area = [0, 0, 5] }]"), false),
        (test("camera = \"phone\""), false),
        (test("rowz = []"), false),
    ];
    for (condition, valid) in CONDITIONS {
        rows.push((rule(condition, ""), *valid));
    }
    for (more, valid) in [
        ("name = \"\"", false),
        ("id = \"A\"", false),
        ("classes = []", false),
        ("classes = [\"cat\"]", false),
        ("in = \"anywhere\"", true),
        ("in = \"somewhere\"", false),
        ("in = {}", false),
        ("in = { kinds = [\"moon\"] }", false),
        ("queue = { by_authority = \"a\", b = 1 }", false),
        ("severity = \"awful\"", false),
        ("evidence = \"none\"", false),
        ("matter = { code = \"1\" }", false),
        ("shadow = 1", false),
        ("schedule = { time_zone = \"UTC\", weekly = [] }", false),
        ("colour = 1", false),
    ] {
        rows.push((rule(r#"is = "dwell", for = "10s""#, more), valid));
    }
    for (text, wanted) in rows {
        let table: toml::Table = text.parse().unwrap();
        let json = serde_json::to_value(&table).unwrap();
        assert_eq!(schema.is_valid(&json), wanted, "schema: {text}");
        assert_eq!(read(&text).is_ok(), wanted, "reader: {text}");
    }
}

#[test]
fn the_examples_fit_the_schema() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/rules-example.toml");
    let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let json = serde_json::to_value(&table).unwrap();
    let problems: Vec<String> = schema().iter_errors(&json).map(|e| e.to_string()).collect();
    assert!(problems.is_empty(), "{problems:?}");
}
