//! The section `[detector.plates]`.

use serde::Deserialize;

/// How plates are read. Whether they are is said at each source.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlateConfig {
    /// A plate that is narrower in the picture is not read, pixels, 30 to 1000. Default: 60.
    pub min_width: u16,
    /// A character that is less sure makes the plate unknown, or its province alone; between 0 and 1. Default: 0.8.
    pub min_confidence: f32,
    /// Looks at one vehicle, 1 to 50. Default: 5.
    pub looks: u16,
}

impl Default for PlateConfig {
    fn default() -> Self {
        Self { min_width: 60, min_confidence: 0.8, looks: 5 }
    }
}

impl PlateConfig {
    /// Everything that is wrong: the key, and the rule with the value.
    pub(crate) fn validate(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        if !(30..=1000).contains(&self.min_width) {
            let rule = format!("must be 30 to 1000, got `{}`", self.min_width);
            problems.push(("detector.plates.min_width".into(), rule));
        }
        if !(self.min_confidence > 0.0 && self.min_confidence < 1.0) {
            let rule = format!("must lie between 0 and 1, got `{}`", self.min_confidence);
            problems.push(("detector.plates.min_confidence".into(), rule));
        }
        if !(1..=50).contains(&self.looks) {
            let rule = format!("must be 1 to 50, got `{}`", self.looks);
            problems.push(("detector.plates.looks".into(), rule));
        }
        problems
    }
}
