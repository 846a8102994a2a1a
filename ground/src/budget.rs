//! How well the terms of a ground position are known, for one class of aircraft at one site.

use domain::Fix;
use serde::{Deserialize, Serialize};

/// The error budget, 1σ each. A section of the configuration; what is left out is that of a common
/// aircraft without RTK over nearly flat ground.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Position without RTK; also where the telemetry does not say.
    pub single: PositionSigma,
    /// RTK float.
    pub float: PositionSigma,
    /// RTK fixed.
    pub fixed: PositionSigma,
    /// Camera angles, degrees. Compasses are off by degrees where steel or cables are near.
    pub yaw_deg: f64,
    pub pitch_deg: f64,
    pub roll_deg: f64,
    /// The ground's height under the target, metres.
    pub terrain_m: f64,
    /// Picture clock against telemetry clock, seconds.
    pub clock_s: f64,
    /// What part of a telemetry sample's age counts as doubt in time: poses are interpolated, and only
    /// a change of speed in between is lost.
    pub age_part: f64,
    /// A point in the picture, pixels.
    pub pixel_px: f64,
    /// The middle of a detector's box, as a part of the box's width and height.
    pub box_part: f64,
    /// The laser's distance, metres.
    pub laser_m: f64,
    /// Added to every reported yaw: measured once per aircraft, degrees clockwise.
    pub yaw_offset_deg: f64,
    /// Rays flatter than this are refused, degrees below the horizon. At least 15.
    pub flattest_deg: f64,
    /// An object whose place is less sure than this in any direction is refused, metres.
    pub worst_sigma_m: f64,
}

/// 1σ of a satellite position, metres.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PositionSigma {
    /// East and north, each.
    pub xy_m: f64,
    /// Height above the ground's reference: above take-off it is the barometer's.
    pub z_m: f64,
}

/// A budget that is none.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("ground budget: `{field}` is {value}, and must be from {least} to {most}")]
pub struct BadBudget {
    pub field: &'static str,
    pub value: f64,
    pub least: f64,
    pub most: f64,
}

impl Default for Budget {
    fn default() -> Self {
        Self::NO_RTK
    }
}

impl Budget {
    /// Satellite position without RTK, compass calibrated, ground height known to a metre.
    pub const NO_RTK: Self = Self {
        single: PositionSigma { xy_m: 1.5, z_m: 1.5 },
        float: PositionSigma { xy_m: 0.4, z_m: 0.6 },
        fixed: PositionSigma { xy_m: 0.03, z_m: 0.05 },
        yaw_deg: 2.0,
        pitch_deg: 0.5,
        roll_deg: 0.5,
        terrain_m: 1.0,
        clock_s: 0.1,
        age_part: 0.1,
        pixel_px: 1.0,
        box_part: 0.03,
        laser_m: 0.5,
        yaw_offset_deg: 0.0,
        flattest_deg: Self::FLATTEST_DEG,
        worst_sigma_m: 25.0,
    };

    /// Compass not calibrated, ground height a guess.
    pub const BAD: Self = Self {
        single: PositionSigma { xy_m: 1.5, z_m: 3.0 },
        yaw_deg: 5.0,
        pitch_deg: 1.0,
        roll_deg: 1.0,
        terrain_m: 5.0,
        ..Self::NO_RTK
    };

    /// RTK aircraft over ground taken as flat.
    pub const RTK_FLAT: Self = Self { yaw_deg: 1.0, pitch_deg: 0.3, roll_deg: 0.3, ..Self::NO_RTK };

    /// RTK aircraft over a surface model.
    pub const RTK_DSM: Self =
        Self { yaw_deg: 0.5, pitch_deg: 0.2, roll_deg: 0.2, terrain_m: 0.2, ..Self::NO_RTK };

    /// The flattest ray that can ever be allowed.
    pub const FLATTEST_DEG: f64 = 15.0;

    /// The budgets that have names in the configuration: `bad`, `no_rtk`, `rtk_flat`, `rtk_dsm`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "bad" => Some(Self::BAD),
            "no_rtk" => Some(Self::NO_RTK),
            "rtk_flat" => Some(Self::RTK_FLAT),
            "rtk_dsm" => Some(Self::RTK_DSM),
            _ => None,
        }
    }

    pub const fn position(&self, fix: Fix) -> PositionSigma {
        match fix {
            Fix::Unknown | Fix::Single => self.single,
            Fix::Float => self.float,
            Fix::Fixed => self.fixed,
        }
    }

    /// Refuses what is no number or beyond reason, naming the field.
    pub fn validate(&self) -> Result<(), BadBudget> {
        let fields = [
            ("single.xy_m", self.single.xy_m, 0.0, 1000.0),
            ("single.z_m", self.single.z_m, 0.0, 1000.0),
            ("float.xy_m", self.float.xy_m, 0.0, 1000.0),
            ("float.z_m", self.float.z_m, 0.0, 1000.0),
            ("fixed.xy_m", self.fixed.xy_m, 0.0, 1000.0),
            ("fixed.z_m", self.fixed.z_m, 0.0, 1000.0),
            ("yaw_deg", self.yaw_deg, 0.0, 90.0),
            ("pitch_deg", self.pitch_deg, 0.0, 45.0),
            ("roll_deg", self.roll_deg, 0.0, 45.0),
            ("terrain_m", self.terrain_m, 0.0, 1000.0),
            ("clock_s", self.clock_s, 0.0, 3600.0),
            ("age_part", self.age_part, 0.0, 1.0),
            ("pixel_px", self.pixel_px, 0.0, 1000.0),
            ("box_part", self.box_part, 0.0, 1.0),
            ("laser_m", self.laser_m, 0.0, 1000.0),
            ("yaw_offset_deg", self.yaw_offset_deg, -180.0, 180.0),
            ("flattest_deg", self.flattest_deg, Self::FLATTEST_DEG, 80.0),
            ("worst_sigma_m", self.worst_sigma_m, 0.1, 10_000.0),
        ];
        let bad =
            fields.into_iter().find(|(_, value, least, most)| !(least..=most).contains(&value));
        bad.map_or(Ok(()), |(field, value, least, most)| {
            Err(BadBudget { field, value, least, most })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_of_the_configuration() {
        let budget: Budget =
            toml::from_str("yaw_deg = 3\nfixed = { xy_m = 0.02, z_m = 0.04 }").unwrap();
        assert!((budget.position(Fix::Fixed).xy_m - 0.02).abs() < 1e-12);
        assert!((budget.position(Fix::Unknown).xy_m - 1.5).abs() < 1e-12);
        assert!(toml::from_str::<Budget>("jaw_deg = 3").is_err());
    }

    #[test]
    fn named_budgets_are_valid() {
        for name in ["bad", "no_rtk", "rtk_flat", "rtk_dsm"] {
            assert_eq!(Budget::named(name).unwrap().validate(), Ok(()), "{name}");
        }
        assert_eq!(Budget::named("perfect"), None);
    }

    #[test]
    fn nonsense_is_named() {
        let flat = Budget { flattest_deg: 3.0, ..Budget::default() };
        assert_eq!(
            flat.validate().unwrap_err().to_string(),
            "ground budget: `flattest_deg` is 3, and must be from 15 to 80"
        );
        let none = Budget { yaw_deg: f64::NAN, ..Budget::default() };
        assert_eq!(none.validate().unwrap_err().field, "yaw_deg");
    }
}
