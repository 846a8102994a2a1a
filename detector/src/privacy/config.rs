//! The section `[privacy]` of the configuration.

use serde::Deserialize;

/// What is masked in everything that is shown or handed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrivacyConfig {
    /// What is burned out. Default: all of `faces`, `plates` and `heads`. With none, everybody who is
    /// signed in sees every picture as it came.
    pub mask: Vec<Kind>,
    /// Boxes are widened on each side by this share of their width and height. Default: 0.25.
    pub margin: f64,
    /// The longest side of a masked picture, in pixels: larger ones are made smaller first, so that
    /// nothing is shown more closely than it was examined. Default: 2048, as large as plates are looked for in.
    pub picture_side: u32,
    /// The same for videos, whose every picture must be encoded anew. Default: 960.
    pub video_side: u32,
    /// How often a second a video is examined; in between, what was found before and after stays
    /// covered. Default: 4.
    pub looks_per_second: f64,
}

/// What can be masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Faces that are large enough to be found as such.
    Faces,
    /// Number plates.
    Plates,
    /// The upper part of every person, seen from behind or too small to have a face.
    Heads,
}

impl Kind {
    /// The word of the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Faces => "faces",
            Self::Plates => "plates",
            Self::Heads => "heads",
        }
    }

    /// The `[[network]]` of the manifest that finds it; none where the detector of objects does.
    pub const fn network(self) -> Option<&'static str> {
        match self {
            Self::Faces => Some("centerface"),
            Self::Plates => Some("plate-corners"),
            Self::Heads => None,
        }
    }
}

impl Default for PrivacyConfig {
    fn default() -> Self {
        Self {
            mask: vec![Kind::Faces, Kind::Plates, Kind::Heads],
            margin: 0.25,
            picture_side: 2048,
            video_side: 960,
            looks_per_second: 4.0,
        }
    }
}

impl PrivacyConfig {
    /// Whether anything is masked.
    pub fn is_on(&self) -> bool {
        !self.mask.is_empty()
    }

    /// Broken rules: key and message.
    pub fn validate(&self) -> Vec<(String, String)> {
        let Self { mask, margin, picture_side, video_side, looks_per_second } = self;
        let mut problems = Vec::new();
        let mut rule = |ok: bool, key: &str, message: String| {
            if !ok {
                problems.push((format!("privacy.{key}"), message));
            }
        };
        let mut kinds = mask.clone();
        kinds.sort_unstable();
        kinds.dedup();
        rule(kinds.len() == mask.len(), "mask", "names one kind twice".to_owned());
        rule(
            (0.0..=2.0).contains(margin),
            "margin",
            format!("must lie between 0 and 2, got {margin}"),
        );
        rule(
            (320..=2048).contains(picture_side),
            "picture_side",
            format!("must be 320 to 2048, got {picture_side}"),
        );
        rule(
            (320..=3840).contains(video_side),
            "video_side",
            format!("must be 320 to 3840, got {video_side}"),
        );
        rule(
            (1.0..=60.0).contains(looks_per_second),
            "looks_per_second",
            format!("must lie between 1 and 60, got {looks_per_second}"),
        );
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_names_its_key_and_value() {
        assert!(PrivacyConfig::default().validate().is_empty());
        for (text, wanted) in [
            ("margin = -0.1", "privacy.margin must lie between 0 and 2, got -0.1"),
            ("margin = nan", "privacy.margin must lie between 0 and 2, got NaN"),
            ("picture_side = 100", "privacy.picture_side must be 320 to 2048, got 100"),
            ("video_side = 4000", "privacy.video_side must be 320 to 3840, got 4000"),
            (
                "looks_per_second = 0.5",
                "privacy.looks_per_second must lie between 1 and 60, got 0.5",
            ),
            ("mask = [\"faces\", \"faces\"]", "privacy.mask names one kind twice"),
        ] {
            let config: PrivacyConfig = toml::from_str(text).unwrap();
            let [(key, message)] = &config.validate()[..] else { panic!("{text}") };
            assert_eq!(format!("{key} {message}"), wanted);
        }
        assert!(toml::from_str::<PrivacyConfig>("mask = [\"cars\"]").is_err());
        assert!(!toml::from_str::<PrivacyConfig>("mask = []").unwrap().is_on());
    }
}
