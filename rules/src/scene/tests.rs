use super::*;

fn read(text: &str) -> Result<Scenes, ScenesError> {
    Scenes::new([("rules.toml", text)], &Arc::default())
}

/// The rules that are shipped pass the tests that are in them.
#[test]
fn the_examples_pass_their_tests() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/rules-example.toml");
    let scenes = read(&std::fs::read_to_string(path).unwrap()).unwrap();
    let reports = scenes.test();
    assert!(reports.len() >= 2 * scenes.all().len(), "each rule has tests of both kinds");
    let failed: Vec<_> = reports.iter().filter(|report| report.mismatch.is_some()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
