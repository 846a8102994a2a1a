//! Rule files, and their short tests.

#![no_main]

use std::collections::BTreeSet;
use std::sync::Arc;

use rules::Scenes;

libfuzzer_sys::fuzz_target!(|text: &str| {
    match Scenes::new([("rules.toml", text)], &Arc::default()) {
        Ok(scenes) => {
            let ids: BTreeSet<_> = scenes.all().iter().map(|rule| &rule.id).collect();
            assert_eq!(ids.len(), scenes.all().len());
            // A day takes seconds to play; what is short must play without a panic.
            if !text.contains("000") {
                for report in scenes.test() {
                    assert!(scenes.get(&report.rule).is_some());
                }
            }
        }
        Err(error) => {
            assert!(!error.told.is_empty() && error.told.len() <= 50);
            assert!(error.to_string().starts_with("rules.toml: "), "{error}");
        }
    }
});
