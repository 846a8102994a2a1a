//! The section `[detector]` of the configuration.
//!
//! Only what the file may say and which values make sense. Whether the model exists is known to the
//! manifest, whether the provider works to [`crate::Onnx::open`].

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::plate::PlateConfig;
use crate::tile::TileConfig;

/// How objects are found and followed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Which `[[model]]` of `models/manifest.toml`. Default: `nanodet-g`.
    pub model: String,
    /// What runs the networks. Default: `auto`; but `cpu` in [`Config::default`], which gives the same on
    /// every machine.
    #[serde(default = "automatic")]
    pub provider: Provider,
    /// What `openvino` calculates in; the others know `f32` only. Default: `bf16` where the CPU has it.
    pub precision: Option<Precision>,
    /// An ONNX Runtime library to use instead of the manifest's, unchecked; `cuda` needs one that was built
    /// with it. Default: none.
    pub runtime: Option<PathBuf>,
    /// Threads of one inference, 1 to 64. Default: 1.
    pub threads: u16,
    /// Detectors that work side by side, up to 64; 0 is one for each core, where there is that much to look
    /// at. Default: 0.
    pub sessions: u16,
    /// Detections scoring below this are dropped. Default: the model's operating threshold.
    pub min_score: Option<f32>,
    /// Of two boxes of one class that overlap by more than this (`IoU`), the weaker is dropped.
    /// Default: the model's.
    pub nms_iou: Option<f32>,
    /// A camera in whose pictures nothing was found for longer is pointed out, 1 min to 30 days. Default: 6h.
    #[serde(with = "humantime_serde")]
    pub quiet_after: Duration,
    /// Looking at frames in parts.
    pub tiles: TileConfig,
    /// Reading plates, of sources that say why.
    pub plates: PlateConfig,
    pub tracker: TrackerConfig,
}

/// What runs the networks. There is no silent fall-back from one to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// What is fastest on this machine of what was fetched; [`crate::choose`] has the rule.
    Auto,
    /// ONNX Runtime's own kernels.
    Cpu,
    /// The manifest's library with `OpenVINO`.
    OpenVino,
    /// An NVIDIA GPU; needs `runtime`.
    Cuda,
}

impl FromStr for Provider {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "openvino" => Ok(Self::OpenVino),
            "cuda" => Ok(Self::Cuda),
            _ => Err("must be auto, cpu, openvino or cuda".to_owned()),
        }
    }
}

fn automatic() -> Provider {
    Provider::Auto
}

/// What the network calculates in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    F32,
    /// Scores differ in the third decimal. Pays only on CPUs with AMX or AVX512-BF16.
    Bf16,
}

impl Precision {
    /// The word used in configuration and on status pages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
        }
    }
}

/// How boxes become tracks. All times are frame time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrackerConfig {
    /// Detections scoring at least this are matched first. Weaker ones only continue a track that
    /// nothing stronger continues. Default: 0.45.
    pub high_score: f32,
    /// Detections scoring at least this begin a track; not below `high_score`. Default: 0.5.
    pub new_score: f32,
    /// A track counts once it was seen in this many successive frames, 1 to 100. Default: 3.
    pub min_hits: u32,
    /// A standing object that is no longer seen is waited for this long. Default: 3s.
    #[serde(with = "humantime_serde")]
    pub lost_after: Duration,
    /// A moving object that is no longer seen is waited for this long; not longer than
    /// `lost_after`. Default: 1s.
    #[serde(with = "humantime_serde")]
    pub lost_after_moving: Duration,
}

const QUIET: std::ops::RangeInclusive<Duration> =
    Duration::from_mins(1)..=Duration::from_hours(30 * 24);

impl Default for Config {
    fn default() -> Self {
        Self {
            model: "nanodet-g".into(),
            provider: Provider::Cpu,
            precision: None,
            runtime: None,
            threads: 1,
            sessions: 0,
            min_score: None,
            nms_iou: None,
            quiet_after: Duration::from_hours(6),
            tiles: TileConfig::default(),
            plates: PlateConfig::default(),
            tracker: TrackerConfig::default(),
        }
    }
}

impl Default for TrackerConfig {
    fn default() -> Self {
        Self {
            high_score: 0.45,
            new_score: 0.5,
            min_hits: 3,
            lost_after: Duration::from_secs(3),
            lost_after_moving: Duration::from_secs(1),
        }
    }
}

impl Config {
    /// What an empty section means.
    pub fn automatic() -> Self {
        Self { provider: Provider::Auto, ..Self::default() }
    }

    /// Everything that is wrong: the key, and the rule with the value.
    pub fn validate(&self) -> Vec<(String, String)> {
        let mut problems = Problems::default();
        let threads_fit = (1..=64).contains(&self.threads);
        problems.unless(threads_fit, "detector.threads", || {
            format!("must be 1 to 64, got `{}`", self.threads)
        });
        problems.unless(self.sessions <= 64, "detector.sessions", || {
            format!("must be at most 64, got `{}`", self.sessions)
        });
        problems.unless(!self.model.is_empty(), "detector.model", || {
            "must name a model of models/manifest.toml, got ``".into()
        });
        for (key, value) in
            [("detector.min_score", self.min_score), ("detector.nms_iou", self.nms_iou)]
        {
            problems.unless(value.is_none_or(is_share), key, || {
                format!("must lie between 0 and 1, got `{}`", value.unwrap_or_default())
            });
        }
        let quiet_fits = QUIET.contains(&self.quiet_after);
        problems.unless(quiet_fits, "detector.quiet_after", || {
            let got = humantime_serde::re::humantime::format_duration(self.quiet_after);
            format!("must be 1min to 30days, got `{got}`")
        });
        let asked = self.precision == Some(Precision::Bf16);
        let bf16_elsewhere = asked && self.provider != Provider::OpenVino;
        problems.unless(!bf16_elsewhere, "detector.precision", || {
            "must be `f32` unless `provider` is `openvino`, got `bf16`".into()
        });
        let library_missing = self.provider == Provider::Cuda && self.runtime.is_none();
        problems.unless(!library_missing, "detector.runtime", || {
            "must name an ONNX Runtime library with CUDA when `provider` is `cuda`".into()
        });
        self.tracker.check(&mut problems);
        let tiles = self.tiles.validate().into_iter();
        problems.0.extend(tiles.map(|(key, problem)| (format!("detector.tiles.{key}"), problem)));
        problems.0.extend(self.plates.validate());
        problems.0
    }
}

impl TrackerConfig {
    fn check(&self, problems: &mut Problems) {
        let high = self.high_score;
        problems.unless(is_share(high), "detector.tracker.high_score", || {
            format!("must lie between 0 and 1, got `{high}`")
        });
        let new_fits = is_share(self.new_score) && self.new_score >= high;
        problems.unless(new_fits, "detector.tracker.new_score", || {
            format!("must lie between high_score (`{high}`) and 1, got `{}`", self.new_score)
        });
        let hits_fit = (1..=100).contains(&self.min_hits);
        problems.unless(hits_fit, "detector.tracker.min_hits", || {
            format!("must be 1 to 100, got `{}`", self.min_hits)
        });
        let (standing, moving) = (self.lost_after, self.lost_after_moving);
        problems.unless(standing <= HOUR, "detector.tracker.lost_after", || {
            format!("must be at most 1h, got `{standing:?}`")
        });
        problems.unless(moving <= standing, "detector.tracker.lost_after_moving", || {
            format!("must be at most lost_after (`{standing:?}`), got `{moving:?}`")
        });
    }
}

const HOUR: Duration = Duration::from_hours(1);

#[derive(Default)]
struct Problems(Vec<(String, String)>);

impl Problems {
    fn unless(&mut self, holds: bool, key: &str, message: impl FnOnce() -> String) {
        if !holds {
            self.0.push((key.to_owned(), message()));
        }
    }
}

fn is_share(value: f32) -> bool {
    0.0 < value && value < 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(Config::default().validate(), []);
        assert_eq!(toml::from_str::<Config>("").unwrap(), Config::automatic());
    }

    #[test]
    fn a_bad_value_is_named_with_its_key() {
        let check = |text: &str, key: &str, message: &str| {
            let problems = toml::from_str::<Config>(text).unwrap().validate();
            assert_eq!(problems, [(key.to_owned(), message.to_owned())], "{text}");
        };
        check("threads = 0", "detector.threads", "must be 1 to 64, got `0`");
        check("min_score = 1.5", "detector.min_score", "must lie between 0 and 1, got `1.5`");
        check("min_score = nan", "detector.min_score", "must lie between 0 and 1, got `NaN`");
        check("nms_iou = 0.0", "detector.nms_iou", "must lie between 0 and 1, got `0`");
        check(
            "precision = 'bf16'",
            "detector.precision",
            "must be `f32` unless `provider` is `openvino`, got `bf16`",
        );
        check(
            "provider = 'cuda'",
            "detector.runtime",
            "must name an ONNX Runtime library with CUDA when `provider` is `cuda`",
        );
        check(
            "[tracker]\nnew_score = 0.3",
            "detector.tracker.new_score",
            "must lie between high_score (`0.45`) and 1, got `0.3`",
        );
        check(
            "[tracker]\nlost_after = '500ms'",
            "detector.tracker.lost_after_moving",
            "must be at most lost_after (`500ms`), got `1s`",
        );
        check(
            "[plates]\nmin_width = 5",
            "detector.plates.min_width",
            "must be 30 to 1000, got `5`",
        );
        check(
            "[plates]\nmin_confidence = nan",
            "detector.plates.min_confidence",
            "must lie between 0 and 1, got `NaN`",
        );
        check("[plates]\nlooks = 0", "detector.plates.looks", "must be 1 to 50, got `0`");
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        for text in ["min_scoer = 0.5", "[tracker]\nlost = '1s'", "provider = 'tpu'"] {
            assert!(toml::from_str::<Config>(text).is_err(), "{text}");
        }
    }
}
