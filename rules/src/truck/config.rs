//! The `[rules.trucks]` section: every threshold of the muck truck rule, with its reason.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The muck truck rule (渣土车).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TruckRules {
    /// Reports are judged when their truck has told of so much later, so that those that overtook each other are
    /// judged in their order. Default: 30s.
    #[serde(with = "humantime_serde")]
    pub window: Duration,
    /// After a silence longer than `gap`, so long is waited for what the terminal could not send in it (0704).
    /// Default: 5min.
    #[serde(with = "humantime_serde")]
    pub backfill: Duration,
    /// Time between two reports that counts as watched; what lies in a longer one is unknown. Default: 2min.
    #[serde(with = "humantime_serde")]
    pub gap: Duration,
    /// A sensor that says otherwise for less than this has not changed. Default: 30s.
    #[serde(with = "humantime_serde")]
    pub settle: Duration,
    /// What is right again for so long is over. Default: 30s.
    #[serde(with = "humantime_serde")]
    pub grace: Duration,
    /// What nobody could tell for so long is over, as lost. Default: 30min.
    #[serde(with = "humantime_serde")]
    pub lost_after: Duration,
    /// What lasts is reported again this often. Default: 5min.
    #[serde(with = "humantime_serde")]
    pub update_every: Duration,
    /// A truck that was not heard for so long is forgotten. Default: 24h.
    #[serde(with = "humantime_serde")]
    pub forget_after: Duration,
    /// So much of what was kept is judged again after a start. Default: 6h.
    #[serde(with = "humantime_serde")]
    pub replay: Duration,
    /// A place that could only be reached faster is thrown out, km/h. Default: 150.
    pub fastest_kmh: f64,
    /// Standard deviation of a place by satellite in a street, metres. Default: 5.
    pub gps_sigma_m: f64,
    /// At least this is driving, km/h. Default: 10.
    pub moving_kmh: f64,
    /// At most this is standing, km/h. Default: 3.
    pub stopped_kmh: f64,
    /// Drives loaded without a permit. Default: 2min.
    #[serde(with = "humantime_serde")]
    pub unpermitted_for: Duration,
    /// Drives loaded outside the hours of its permit. Default: 5min.
    #[serde(with = "humantime_serde")]
    pub out_of_hours_for: Duration,
    /// Off the approved route is farther than this from it, metres … Default: 50.
    pub off_route_m: f64,
    /// … for so long, loaded. Default: 10min.
    #[serde(with = "humantime_serde")]
    pub off_route_for: Duration,
    /// Drives loaded with its lid open. Default: 1min.
    #[serde(with = "humantime_serde")]
    pub lid_open_for: Duration,
    /// Its body is up outside a site where it may tip. Default: 20s.
    #[serde(with = "humantime_serde")]
    pub body_raised_for: Duration,
    /// Stands in a `no_dumping` fence at least so long … Default: 2min.
    #[serde(with = "humantime_serde")]
    pub dump_stop: Duration,
    /// … and is empty then, or so long after. Default: 5min.
    #[serde(with = "humantime_serde")]
    pub dump_within: Duration,
    /// Nothing is heard of a loaded truck. Default: 10min.
    #[serde(with = "humantime_serde")]
    pub signal_lost_after: Duration,
    /// One that stood so long is parked, and its terminal may sleep. Default: 15min.
    #[serde(with = "humantime_serde")]
    pub parked_after: Duration,
    /// A camera sees a body up, or a new heap beside a standing truck. Default: 5s.
    #[serde(with = "humantime_serde")]
    pub tipping_for: Duration,
    /// What terminal and camera tell of one act lies within this of each other; an alert of tipping waits as long.
    /// Default: 2min.
    #[serde(with = "humantime_serde")]
    pub join_within: Duration,
    /// The same in metres, beyond what either is unsure. Default: 25.
    pub join_m: f64,
}

impl Default for TruckRules {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(30),
            backfill: Duration::from_mins(5),
            gap: Duration::from_mins(2),
            settle: Duration::from_secs(30),
            grace: Duration::from_secs(30),
            lost_after: Duration::from_mins(30),
            update_every: Duration::from_mins(5),
            forget_after: Duration::from_hours(24),
            replay: Duration::from_hours(6),
            fastest_kmh: 150.0,
            gps_sigma_m: 5.0,
            moving_kmh: 10.0,
            stopped_kmh: 3.0,
            unpermitted_for: Duration::from_mins(2),
            out_of_hours_for: Duration::from_mins(5),
            off_route_m: 50.0,
            off_route_for: Duration::from_mins(10),
            lid_open_for: Duration::from_mins(1),
            body_raised_for: Duration::from_secs(20),
            dump_stop: Duration::from_mins(2),
            dump_within: Duration::from_mins(5),
            signal_lost_after: Duration::from_mins(10),
            parked_after: Duration::from_mins(15),
            tipping_for: Duration::from_secs(5),
            join_within: Duration::from_mins(2),
            join_m: 25.0,
        }
    }
}

impl TruckRules {
    /// Each problem as (key, rule and value).
    pub(crate) fn validate(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut refuse = |key: &str, rule: String| {
            problems.push((format!("rules.trucks.{key}"), rule));
        };
        let (second, day) = (Duration::from_secs(1), Duration::from_hours(24));
        for (key, value) in self.durations() {
            if !(second..=day).contains(&value) {
                refuse(key, format!("must lie between 1s and 24h, got `{value:?}`"));
            }
        }
        let numbers = [
            ("fastest_kmh", self.fastest_kmh, 30.0, 500.0),
            ("gps_sigma_m", self.gps_sigma_m, 0.1, 100.0),
            ("off_route_m", self.off_route_m, 5.0, 5000.0),
            ("join_m", self.join_m, 1.0, 500.0),
        ];
        for (key, value, least, most) in numbers {
            if !(least..=most).contains(&value) {
                refuse(key, format!("must lie between {least} and {most}, got `{value}`"));
            }
        }
        let (still, moving) = (self.stopped_kmh, self.moving_kmh);
        if !(0.0 <= still && still < moving && moving <= 60.0) {
            let rule = "0 ≤ stopped_kmh < moving_kmh ≤ 60 must hold";
            refuse("moving_kmh", format!("{rule}, got `{still}` and `{moving}`"));
        }
        if self.signal_lost_after < self.backfill {
            let rule = "must not be shorter than `backfill`, in which a silence may be explained";
            refuse("signal_lost_after", format!("{rule}, got `{:?}`", self.signal_lost_after));
        }
        if self.backfill < self.window {
            let rule = "must not be shorter than `window`";
            refuse("backfill", format!("{rule}, got `{:?}`", self.backfill));
        }
        problems
    }

    const fn durations(&self) -> [(&'static str, Duration); 20] {
        [
            ("window", self.window),
            ("backfill", self.backfill),
            ("gap", self.gap),
            ("settle", self.settle),
            ("grace", self.grace),
            ("lost_after", self.lost_after),
            ("update_every", self.update_every),
            ("forget_after", self.forget_after),
            ("replay", self.replay),
            ("unpermitted_for", self.unpermitted_for),
            ("out_of_hours_for", self.out_of_hours_for),
            ("off_route_for", self.off_route_for),
            ("lid_open_for", self.lid_open_for),
            ("body_raised_for", self.body_raised_for),
            ("dump_stop", self.dump_stop),
            ("dump_within", self.dump_within),
            ("signal_lost_after", self.signal_lost_after),
            ("parked_after", self.parked_after),
            ("tipping_for", self.tipping_for),
            ("join_within", self.join_within),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_name_key_rule_and_value() {
        assert_eq!(TruckRules::default().validate(), []);
        let check = |bad: TruckRules, key: &str, wanted: &str| {
            let problems = bad.validate();
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert_eq!(problems[0].0, format!("rules.trucks.{key}"));
            assert!(problems[0].1.contains(wanted), "{problems:?}");
        };
        let good = TruckRules::default;
        let zero = TruckRules { dump_stop: Duration::ZERO, ..good() };
        check(zero, "dump_stop", "between 1s and 24h, got `0ns`");
        check(TruckRules { fastest_kmh: f64::NAN, ..good() }, "fastest_kmh", "got `NaN`");
        check(TruckRules { stopped_kmh: 10.0, ..good() }, "moving_kmh", "got `10` and `10`");
        let minute = Duration::from_mins(1);
        let short = TruckRules { signal_lost_after: minute, ..good() };
        check(short, "signal_lost_after", "shorter than `backfill`");
        check(TruckRules { window: minute * 6, ..good() }, "backfill", "than `window`");
    }
}
