//! The rule files of the configuration, and how their tests went.

use std::sync::Arc;

use rules::{Scenes, TestReport};

use super::fences;
use crate::config::Loaded;
use crate::problem::Problem;

/// Reads every rule file. The problems name file, rule and key.
pub(crate) fn load(loaded: &Loaded) -> Result<Scenes, Problem> {
    let calendar = Arc::new(fences::calendar(loaded)?);
    let mut files = Vec::new();
    for path in &loaded.config.rules.files {
        let path = loaded.resolve(path);
        files.push((path.display().to_string(), fences::read(&path)?));
    }
    let named = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    Scenes::new(named, &calendar)
        .map_err(|error| Problem::whole(&loaded.path, format!("rule files are refused\n{error}")))
}

/// A test that did not go as it says, in both languages.
pub(crate) fn failure(report: &TestReport) -> Option<String> {
    let TestReport { file, rule, rule_name, test, mismatch } = report;
    let mismatch = mismatch.as_ref()?;
    let list = |events: &[String]| {
        if events.is_empty() { "-".to_owned() } else { events.join("; ") }
    };
    let (wanted, got) = (list(&mismatch.expected), list(&mismatch.got));
    Some(format!(
        "{file}: rule `{rule}` ({}), test `{test}` failed\n  规则「{}」的测试「{test}」未通过\n  expected 预期: {wanted}\n  got 实际: {got}",
        rule_name.en, rule_name.zh
    ))
}

/// A test that went as it says.
pub(crate) fn success(report: &TestReport) -> Option<String> {
    let TestReport { rule, test, mismatch, .. } = report;
    mismatch.is_none().then(|| format!("rule `{rule}`, test `{test}`: passed 通过"))
}

/// How many rules there are and how their tests went.
pub(crate) fn note(scenes: &Scenes, reports: &[TestReport]) -> String {
    let failed = reports.iter().filter(|report| report.mismatch.is_some()).count();
    let passed = reports.len() - failed;
    let shadows = scenes.all().iter().filter(|rule| rule.shadow).count();
    format!(
        "rules of files: {} ({shadows} in shadow mode); tests 测试: {passed} passed 通过, {failed} failed 未通过",
        scenes.all().len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = r#"
[[rule]]
id = "dwells"
version = "1"
name = "停留"
name_en = "Stays"
queue = "q"
classes = ["person"]
in = { kinds = ["river"] }
condition = { is = "dwell", for = "10s" }
[[rule.test]]
name = "stands"
fences = [{ id = "river", kind = "river", area = [-9, -9, 9, 9] }]
rows = ["0..20 person#1 0,0"]
expect = ["EXPECTED"]
"#;

    #[test]
    fn a_test_that_fails_is_told_in_both_languages() {
        let run = |expected: &str| {
            let text = RULE.replace("EXPECTED", expected);
            let scenes = Scenes::new([("a.toml", text.as_str())], &Arc::default()).unwrap();
            let reports = scenes.test();
            (failure(&reports[0]), success(&reports[0]), note(&scenes, &reports))
        };
        let (failed, passed, note) = run("10 raised");
        assert_eq!(failed, None);
        assert_eq!(passed.as_deref(), Some("rule `dwells`, test `stands`: passed 通过"));
        assert_eq!(
            note,
            "rules of files: 1 (0 in shadow mode); tests 测试: 1 passed 通过, 0 failed 未通过"
        );
        let (told, passed, _) = run("12 raised");
        assert_eq!(passed, None);
        let told = told.unwrap();
        assert!(
            told.starts_with("a.toml: rule `dwells` (Stays), test `stands` failed\n"),
            "{told}"
        );
        assert!(told.contains("规则「停留」的测试「stands」未通过"), "{told}");
        assert!(
            told.ends_with("expected 预期: 12 raised\n  got 实际: 10 raised person#1 since 0"),
            "{told}"
        );
    }
}
