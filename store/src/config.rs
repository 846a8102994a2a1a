//! The `[store]` section of the configuration file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::Uploads;

/// Where things are kept. Relative paths count from the working directory of the program.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The SQLite file; missing parent folders are made. Default: `data/xunjian.db`.
    pub database: PathBuf,
    /// The folder of the evidence files. Default: `data/evidence`.
    pub evidence: PathBuf,
    /// How long to wait for another process that holds the database, for example a backup, before
    /// giving up. Default: 5s.
    #[serde(with = "humantime_serde")]
    pub busy_timeout: Duration,
    /// Connections that read, besides the one that writes. Default: 4.
    pub readers: u32,
    /// The longest evidence file that is accepted, in bytes. Default: 268435456 (256 MiB).
    pub max_evidence_bytes: u64,
    /// Changes that a slow listener may fall behind before it is told to read everything again.
    /// Default: 1024.
    pub changes_kept: usize,
    /// Files of flights.
    pub uploads: Uploads,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database: "data/xunjian.db".into(),
            evidence: "data/evidence".into(),
            busy_timeout: Duration::from_secs(5),
            readers: 4,
            max_evidence_bytes: 256 << 20,
            changes_kept: 1024,
            uploads: Uploads::default(),
        }
    }
}

impl Config {
    /// What is wrong, each as (key, rule and value). Empty when all is well.
    pub fn validate(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut rule = |ok: bool, key: &str, message: String| {
            if !ok {
                problems.push((format!("store.{key}"), message));
            }
        };
        let Self {
            database,
            evidence,
            busy_timeout,
            readers,
            max_evidence_bytes,
            changes_kept,
            uploads,
        } = self;
        rule(
            database.file_name().is_some(),
            "database",
            format!("must name a file, got `{}`", database.display()),
        );
        rule(!evidence.as_os_str().is_empty(), "evidence", "must name a folder, got ``".to_owned());
        rule(
            (Duration::from_millis(100)..=Duration::from_mins(1)).contains(busy_timeout),
            "busy_timeout",
            format!("must lie between 100ms and 60s, got {busy_timeout:?}"),
        );
        rule((1..=64).contains(readers), "readers", format!("must be 1 to 64, got {readers}"));
        rule(
            (1 << 20..=4 << 30).contains(max_evidence_bytes),
            "max_evidence_bytes",
            format!("must lie between 1 MiB and 4 GiB, got {max_evidence_bytes}"),
        );
        rule(
            (16..=65_536).contains(changes_kept),
            "changes_kept",
            format!("must be 16 to 65536, got {changes_kept}"),
        );
        problems.extend(uploads.validate());
        problems
    }

    /// The folder of the masked renditions of evidence: `masked` beside the evidence folder.
    pub(crate) fn masked(&self) -> PathBuf {
        self.evidence.parent().unwrap_or(Path::new("")).join("masked")
    }

    /// The folder of the files of flights.
    pub(crate) fn flights(&self) -> PathBuf {
        let beside = || self.evidence.parent().unwrap_or(Path::new("")).join("flights");
        self.uploads.folder.clone().unwrap_or_else(beside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert!(Config::default().validate().is_empty());
    }

    #[test]
    fn flights_lie_beside_the_evidence() {
        let mut config = Config::default();
        assert_eq!(config.flights(), Path::new("data/flights"));
        assert_eq!(config.masked(), Path::new("data/masked"));
        config.uploads.folder = Some("/big/disk".into());
        assert_eq!(config.flights(), Path::new("/big/disk"));
    }

    #[test]
    fn each_rule_names_its_key_and_value() {
        type Spoil = fn(&mut Config);
        let cases: [(Spoil, &str, &str); 6] = [
            (|c| c.database = "..".into(), "store.database", ".."),
            (|c| c.evidence = "".into(), "store.evidence", "folder"),
            (|c| c.busy_timeout = Duration::ZERO, "store.busy_timeout", "0ns"),
            (|c| c.readers = 0, "store.readers", "got 0"),
            (|c| c.max_evidence_bytes = 1, "store.max_evidence_bytes", "got 1"),
            (|c| c.changes_kept = 1, "store.changes_kept", "got 1"),
        ];
        for (spoil, key, value) in cases {
            let mut config = Config::default();
            spoil(&mut config);
            let problems = config.validate();
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert_eq!(problems[0].0, key);
            assert!(problems[0].1.contains(value), "{problems:?}");
        }
    }
}
