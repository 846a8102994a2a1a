//! The `[rules.construction]` section.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Kind;

/// The rule of illegal construction (违建).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Construction {
    /// Fences of these kinds are ground on which nothing may be built without a permit; of `no_build`, `farmland`, `river`,
    /// `grid`. With `grid` that is all of the jurisdiction. Default: `no_build`, `farmland`, `river`.
    pub ground: Vec<Kind>,
    /// Less than this built on such ground is no alert, square metres. Default: 10.
    pub least_m2: f64,
    /// And at least this part of what was built must lie there, 0.01..=1: outlines reach a little over borders. Default: 0.2.
    pub share: f64,
    /// A change of which at least this part lies over something known, or the other way round, is that, 0.01..=1. Default: 0.3.
    pub same_share: f64,
    /// Excavators, muck trucks, heaps and structures this near say that work goes on, metres. Default: 30.
    pub signs_within_m: f64,
    /// And seen not longer than this before or after the later picture. Default: 2days.
    #[serde(with = "humantime_serde")]
    pub signs_within: Duration,
    /// An orthophoto says nothing of its doubt: 1 σ of its place, metres. Default: 1.
    pub orthophoto_sigma_m: f64,
    /// The place of something demolished is to be flown over again so many days later. Default: 3, 7, 30.
    pub revisit_days: Vec<u16>,
    /// 事项编码 of the alerts; where empty, that of the fence. Default: empty.
    pub matter_code: String,
    /// The articles that the alerts stand on; where empty, those of the fence. Default: empty.
    pub legal_basis: String,
}

impl Default for Construction {
    fn default() -> Self {
        Self {
            ground: vec![Kind::NoBuild, Kind::Farmland, Kind::River],
            least_m2: 10.0,
            share: 0.2,
            same_share: 0.3,
            signs_within_m: 30.0,
            signs_within: Duration::from_hours(48),
            orthophoto_sigma_m: 1.0,
            revisit_days: vec![3, 7, 30],
            matter_code: String::new(),
            legal_basis: String::new(),
        }
    }
}

/// Kinds of ground on which building may be forbidden.
const GROUND: [Kind; 4] = [Kind::NoBuild, Kind::Farmland, Kind::River, Kind::Grid];
const MOST_REVISITS: usize = 20;
const MOST_TEXT: usize = 400;

impl Construction {
    /// Each problem as (key, rule and value).
    pub(crate) fn validate(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut problem =
            |key: &str, rule: String| problems.push((format!("rules.construction.{key}"), rule));
        for kind in self.ground.iter().filter(|kind| !GROUND.contains(kind)) {
            let kind = kind.as_str();
            let rule = "must be of no_build, farmland, river and grid";
            problem("ground", format!("{rule}, got `{kind}`"));
        }
        for (key, value, least, most) in [
            ("least_m2", self.least_m2, 1.0, 1e5),
            ("share", self.share, 0.01, 1.0),
            ("same_share", self.same_share, 0.01, 1.0),
            ("signs_within_m", self.signs_within_m, 0.0, 1000.0),
            ("orthophoto_sigma_m", self.orthophoto_sigma_m, 0.01, 100.0),
        ] {
            if !(least..=most).contains(&value) {
                problem(key, format!("must lie between {least} and {most}, got `{value}`"));
            }
        }
        if self.signs_within > Duration::from_hours(24 * 365) {
            problem("signs_within", "must be at most 365days".to_owned());
        }
        let ascending = self.revisit_days.is_sorted_by(|a, b| a < b);
        let counted = self.revisit_days.len() <= MOST_REVISITS;
        if !ascending || !counted || self.revisit_days.iter().any(|day| !(1..=3650).contains(day)) {
            let days = &self.revisit_days;
            let rule = format!("must be at most {MOST_REVISITS} days from 1 to 3650, ascending");
            problem("revisit_days", format!("{rule}, got `{days:?}`"));
        }
        for (key, text) in [("matter_code", &self.matter_code), ("legal_basis", &self.legal_basis)]
        {
            if text.chars().count() > MOST_TEXT {
                problem(key, format!("must have at most {MOST_TEXT} characters"));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_name_key_rule_and_value() {
        assert_eq!(Construction::default().validate(), []);
        let check = |text: &str, key: &str, said: &str| {
            let config: Construction = serde_json::from_str(text).unwrap();
            let problems = config.validate();
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            assert_eq!(problems[0].0, format!("rules.construction.{key}"));
            assert!(problems[0].1.contains(said), "{problems:?}");
        };
        check(r#"{"ground":["bay"]}"#, "ground", "got `bay`");
        check(r#"{"least_m2":0.5}"#, "least_m2", "between 1 and 100000, got `0.5`");
        check(r#"{"share":2}"#, "share", "got `2`");
        check(r#"{"revisit_days":[7,3]}"#, "revisit_days", "ascending, got `[7, 3]`");
        check(r#"{"revisit_days":[0]}"#, "revisit_days", "from 1 to 3650");
        check(r#"{"signs_within":"366days"}"#, "signs_within", "365days");
        assert!(serde_json::from_str::<Construction>(r#"{"leats_m2":3}"#).is_err());
    }
}
