//! The `[store.uploads]` section of the configuration file.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// What may be uploaded, and where it lies.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Uploads {
    /// The folder of the files of flights. Default: `flights` beside the evidence folder, that is
    /// `data/flights`.
    pub folder: Option<PathBuf>,
    /// The longest file that is accepted, in bytes. Default: 17179869184 (16 GiB).
    pub max_file_bytes: u64,
    /// The most that the files of one flight may have together, in bytes. Default: 68719476736
    /// (64 GiB).
    pub max_flight_bytes: u64,
    /// Room on the disk that uploads leave free for alerts and evidence, in bytes: below it new
    /// bytes are refused. Default: 2147483648 (2 GiB).
    pub keep_free_bytes: u64,
    /// Uploads to which nothing came for so long are removed. Default: 7d.
    #[serde(with = "humantime_serde")]
    pub abandon_after: Duration,
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            folder: None,
            max_file_bytes: 16 << 30,
            max_flight_bytes: 64 << 30,
            keep_free_bytes: 2 << 30,
            abandon_after: Duration::from_hours(7 * 24),
        }
    }
}

impl Uploads {
    /// What is wrong, each as (key, rule and value). Empty when all is well.
    pub(crate) fn validate(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut rule = |ok: bool, key: &str, message: String| {
            if !ok {
                problems.push((format!("store.uploads.{key}"), message));
            }
        };
        let Self { folder, max_file_bytes, max_flight_bytes, keep_free_bytes, abandon_after } =
            self;
        rule(
            folder.as_ref().is_none_or(|folder| !folder.as_os_str().is_empty()),
            "folder",
            "must name a folder, got ``".to_owned(),
        );
        rule(
            (1 << 20..=1 << 40).contains(max_file_bytes),
            "max_file_bytes",
            format!("must lie between 1 MiB and 1 TiB, got {max_file_bytes}"),
        );
        rule(
            (*max_file_bytes..=16 << 40).contains(max_flight_bytes),
            "max_flight_bytes",
            format!("must lie between `max_file_bytes` and 16 TiB, got {max_flight_bytes}"),
        );
        rule(
            *keep_free_bytes >= 64 << 20,
            "keep_free_bytes",
            format!("must be at least 64 MiB, got {keep_free_bytes}"),
        );
        rule(
            (Duration::from_hours(1)..=Duration::from_hours(24 * 365)).contains(abandon_after),
            "abandon_after",
            format!("must lie between 1h and 365d, got {abandon_after:?}"),
        );
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_names_its_key_and_value() {
        type Spoil = fn(&mut Uploads);
        assert!(Uploads::default().validate().is_empty());
        let cases: [(Spoil, &str, &str); 5] = [
            (|u| u.folder = Some("".into()), "store.uploads.folder", "folder"),
            (|u| u.max_file_bytes = 9, "store.uploads.max_file_bytes", "got 9"),
            (|u| u.max_flight_bytes = 9, "store.uploads.max_flight_bytes", "got 9"),
            (|u| u.keep_free_bytes = 0, "store.uploads.keep_free_bytes", "got 0"),
            (|u| u.abandon_after = Duration::ZERO, "store.uploads.abandon_after", "0ns"),
        ];
        for (spoil, key, value) in cases {
            let mut uploads = Uploads::default();
            spoil(&mut uploads);
            let problems = uploads.validate();
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert_eq!(problems[0].0, key);
            assert!(problems[0].1.contains(value), "{problems:?}");
        }
    }
}
