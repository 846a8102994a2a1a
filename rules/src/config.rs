//! The `[rules]` section.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::act::Merge;
use crate::remind::Remind;
use crate::{Construction, TruckRules};

/// What the rules are told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// GeoJSON files with fences. Default: none.
    pub fences: Vec<PathBuf>,
    /// TOML files with the public holidays, and the days worked for them, that schedules of fences speak of.
    /// Default: none, and Monday to Friday are worked.
    pub calendars: Vec<PathBuf>,
    /// TOML files with rules for scenes of the city. Default: none.
    pub files: Vec<PathBuf>,
    /// Files of fences, calendars and rules are looked at this often, and read again when they have changed. Default: 5s.
    #[serde(with = "humantime_serde")]
    pub reload_every: Duration,
    /// A folder in which `serve` writes down what cameras saw, for `xunjian replay`. Default: none.
    pub record: Option<PathBuf>,
    /// Of each source at most one view is written in this time. Default: 500ms.
    #[serde(with = "humantime_serde")]
    pub record_every: Duration,
    /// How long a day's views are kept. Default: 30days.
    #[serde(with = "humantime_serde")]
    pub record_keep: Duration,
    /// Which alerts of different sources are one act.
    pub merge: Merge,
    /// TOML files with permits to carry muck. Default: none, and nobody is asked for one.
    pub permits: Vec<PathBuf>,
    pub parking: Parking,
    pub trucks: TruckRules,
    pub construction: Construction,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            fences: Vec::new(),
            calendars: Vec::new(),
            files: Vec::new(),
            reload_every: Duration::from_secs(5),
            record: None,
            record_every: Duration::from_millis(500),
            record_keep: Duration::from_hours(24 * 30),
            merge: Merge::default(),
            permits: Vec::new(),
            parking: Parking::default(),
            trucks: TruckRules::default(),
            construction: Construction::default(),
        }
    }
}

/// The parking rule (违停).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parking {
    /// A vehicle that stands this long inside an active no-parking fence raises one alert.
    /// Default: 60s.
    #[serde(with = "humantime_serde")]
    pub dwell: Duration,
    /// A box that overlaps the place where it first stood by less than `moved_iou` for this long has
    /// moved away; also how long a place may be outside the fence before the stay is over.
    /// Default: 2s.
    #[serde(with = "humantime_serde")]
    pub grace: Duration,
    /// A vehicle not seen for this long is lost from sight. Default: 3s.
    #[serde(with = "humantime_serde")]
    pub lost_after: Duration,
    /// A vehicle that is seen again in its place within this time never left. Default: 60s.
    #[serde(with = "humantime_serde")]
    pub rejoin_within: Duration,
    /// A standing vehicle that has been alerted is reported again this often. Default: 60s.
    #[serde(with = "humantime_serde")]
    pub update_every: Duration,
    /// Boxes of a vehicle that stands overlap its first by at least this. Default: 0.7.
    pub still_iou: f64,
    /// Once it stands, less overlap than this is movement. Default: 0.4.
    pub moved_iou: f64,
    /// Under a moving camera: places of a vehicle that stands lie within this of each other, metres,
    /// or within half their 95 % ellipse where that is wider. Default: 1.5.
    pub still_m: f64,
    /// Once it stands, more than this is movement, metres. Default: 3.
    pub moved_m: f64,
    /// The part of a vehicle's footprint that must lie in a fence, 0.01..=1; a fence may set its own. Default: 0.5.
    pub overlap: f64,
    /// A vehicle that drove up and stopped within this time of at least two others beside it waits with them, in a queue
    /// of traffic or at a red light, while they stand. Default: 45s.
    #[serde(with = "humantime_serde")]
    pub jam_onset: Duration,
    /// Beside each other are vehicles this near, metres; in the picture of an unsurveyed camera, three widths. Default: 20.
    pub jam_within_m: f64,
    /// A vehicle that somebody was beside of for a third of the time is being loaded, and may stand so much longer; 0s turns
    /// that off. Default: 5min.
    #[serde(with = "humantime_serde")]
    pub loading: Duration,
    /// Who is reminded first. Default: nobody, and alerts are queued at once.
    pub reminder: Vec<Remind>,
}

impl Default for Parking {
    fn default() -> Self {
        Self {
            dwell: Duration::from_mins(1),
            grace: Duration::from_secs(2),
            lost_after: Duration::from_secs(3),
            rejoin_within: Duration::from_mins(1),
            update_every: Duration::from_mins(1),
            still_iou: 0.7,
            moved_iou: 0.4,
            still_m: 1.5,
            moved_m: 3.0,
            overlap: 0.5,
            jam_onset: Duration::from_secs(45),
            jam_within_m: 20.0,
            loading: Duration::from_mins(5),
            reminder: Vec::new(),
        }
    }
}

impl Config {
    /// Each problem as (key, rule and value).
    pub fn validate(&self) -> Vec<(String, String)> {
        let mut problems = self.trucks.validate();
        let parking = &self.parking;
        let durations = [
            ("dwell", parking.dwell),
            ("grace", parking.grace),
            ("lost_after", parking.lost_after),
            ("rejoin_within", parking.rejoin_within),
            ("update_every", parking.update_every),
        ];
        for (key, value) in durations {
            if !(Duration::from_millis(100)..=Duration::from_hours(24)).contains(&value) {
                problems.push((
                    format!("rules.parking.{key}"),
                    format!("must lie between 100ms and 24h, got `{}`", humantime(value)),
                ));
            }
        }
        if !(Duration::from_secs(1)..=Duration::from_hours(1)).contains(&self.reload_every) {
            problems.push((
                "rules.reload_every".to_owned(),
                format!("must lie between 1s and 1h, got `{}`", humantime(self.reload_every)),
            ));
        }
        if self.record_every > Duration::from_mins(1) {
            problems.push((
                "rules.record_every".to_owned(),
                format!("must be at most 1min, got `{}`", humantime(self.record_every)),
            ));
        }
        if self.record_keep < Duration::from_hours(24) {
            problems.push((
                "rules.record_keep".to_owned(),
                format!("must be at least 1day, got `{}`", humantime(self.record_keep)),
            ));
        }
        if !(0.01..=1.0).contains(&parking.overlap) {
            problems.push((
                "rules.parking.overlap".to_owned(),
                format!("must lie between 0.01 and 1, got `{}`", parking.overlap),
            ));
        }
        problems.extend(parking.company_problems());
        problems.extend(self.merge.validate());
        problems.extend(parking.reminder.iter().enumerate().flat_map(|(n, one)| one.validate(n)));
        let ordered = 0.0 < parking.moved_iou
            && parking.moved_iou < parking.still_iou
            && parking.still_iou < 1.0;
        if !ordered {
            problems.push((
                "rules.parking.moved_iou".to_owned(),
                format!(
                    "0 < moved_iou < still_iou < 1 must hold, got `{}` and `{}`",
                    parking.moved_iou, parking.still_iou
                ),
            ));
        }
        if !(0.1 <= parking.still_m && parking.still_m < parking.moved_m && parking.moved_m <= 50.0)
        {
            problems.push((
                "rules.parking.moved_m".to_owned(),
                format!(
                    "0.1 ≤ still_m < moved_m ≤ 50 must hold, got `{}` and `{}`",
                    parking.still_m, parking.moved_m
                ),
            ));
        }
        problems.extend(self.construction.validate());
        problems
    }
}

impl Parking {
    /// Of what stands around a vehicle.
    fn company_problems(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        for (key, value) in [("jam_onset", self.jam_onset), ("loading", self.loading)] {
            if value > Duration::from_hours(1) {
                problems.push((
                    format!("rules.parking.{key}"),
                    format!("must lie between 0s and 1h, got `{}`", humantime(value)),
                ));
            }
        }
        if !(1.0..=100.0).contains(&self.jam_within_m) {
            problems.push((
                "rules.parking.jam_within_m".to_owned(),
                format!("must lie between 1 and 100, got `{}`", self.jam_within_m),
            ));
        }
        problems
    }
}

fn humantime(value: Duration) -> String {
    humantime_serde::re::humantime::format_duration(value).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(Config::default().validate(), []);
    }

    #[test]
    fn problems_name_key_rule_and_value() {
        let config = Config {
            parking: Parking { dwell: Duration::ZERO, still_iou: 0.3, ..Parking::default() },
            ..Config::default()
        };
        let problems = config.validate();
        assert_eq!(problems[0].0, "rules.parking.dwell");
        assert_eq!(problems[0].1, "must lie between 100ms and 24h, got `0s`");
        assert_eq!(problems[1].1, "0 < moved_iou < still_iou < 1 must hold, got `0.4` and `0.3`");
    }
}
