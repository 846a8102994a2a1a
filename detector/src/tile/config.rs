//! The section `[detector.tiles]` of the configuration, and `tiles` of a source.

use std::time::Duration;

use serde::Deserialize;

/// How a frame is looked at in parts.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TileConfig {
    /// Pixels of the frame that a tile's side shows, 64 to 16384; 0 looks at the whole frame at once.
    /// Default: 0.
    pub side: u32,
    /// Where the pose tells how much ground a pixel shows, tiles are cut so that vehicles are as large as
    /// the model likes (its `gsd_cm`), and `side` is not used. Default: true.
    pub by_scale: bool,
    /// The share of its side by which a tile overlaps the next at least, 0 to 0.5. Objects smaller than
    /// that are whole in one of them. Default: 0.2.
    pub overlap: f32,
    /// Looks at the whole frame too, for what is larger than a tile. Default: true.
    pub whole: bool,
    /// Tiles of a frame at most, 1 to 256; where there would be more, they show more. Default: 8, as
    /// many as a 4K picture from 100 m needs for a model that likes 11 cm.
    pub most: u16,
    /// A tile of a fixed camera in which nothing changed keeps its boxes for at most this long, 0s to 10s;
    /// 0s looks every time. Default: 1s.
    #[serde(with = "humantime_serde")]
    pub keep: Duration,
}

impl Default for TileConfig {
    fn default() -> Self {
        Self {
            side: 0,
            by_scale: true,
            overlap: 0.2,
            whole: true,
            most: 8,
            keep: Duration::from_secs(1),
        }
    }
}

impl TileConfig {
    /// Every part is looked at every time: for cameras that move.
    #[must_use]
    pub fn always(self) -> Self {
        Self { keep: Duration::ZERO, ..self }
    }

    /// Everything that is wrong: the key, and the rule with the value.
    pub fn validate(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        let mut unless = |holds: bool, key: &'static str, message: String| {
            if !holds {
                problems.push((key, message));
            }
        };
        let side = self.side;
        let fits = side == 0 || (64..=16_384).contains(&side);
        unless(fits, "side", format!("must be 0, or 64 to 16384, got `{side}`"));
        let overlap = self.overlap;
        unless(
            (0.0..=0.5).contains(&overlap),
            "overlap",
            format!("must be 0 to 0.5, got `{overlap}`"),
        );
        let most = self.most;
        unless((1..=256).contains(&most), "most", format!("must be 1 to 256, got `{most}`"));
        let keep = self.keep;
        unless(
            keep <= Duration::from_secs(10),
            "keep",
            format!("must be at most 10s, got `{keep:?}`"),
        );
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_value_is_named_with_its_key() {
        assert_eq!(TileConfig::default().validate(), []);
        for (text, key, message) in [
            ("side = 63", "side", "must be 0, or 64 to 16384, got `63`"),
            ("overlap = 0.6", "overlap", "must be 0 to 0.5, got `0.6`"),
            ("overlap = nan", "overlap", "must be 0 to 0.5, got `NaN`"),
            ("most = 0", "most", "must be 1 to 256, got `0`"),
            ("keep = '11s'", "keep", "must be at most 10s, got `11s`"),
        ] {
            let problems = toml::from_str::<TileConfig>(text).unwrap().validate();
            assert_eq!(problems, [(key, message.to_owned())], "{text}");
        }
    }
}
