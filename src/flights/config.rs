//! The `[flight]` section: what cannot be read from what a drone brings back.

use std::path::PathBuf;

use ground::Budget;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::fetch::ObjectStoreConfig;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FlightConfig {
    /// The zone of cameras that write local times. Default: Asia/Shanghai.
    pub time_zone: String,
    /// Heights of the ground, a `GeoTIFF`. Default: the ground is flat.
    pub dem: Option<PathBuf>,
    /// Where the ground is flat: how far it lies above the point of take-off, metres. Default: 0.
    pub ground_above_takeoff_m: f64,
    /// Where the ground is flat and only a height above the sea is known. Default: not known.
    pub ground_above_sea_m: Option<f64>,
    /// How sure the telemetry is: `bad`, `no_rtk`, `rtk_flat`, `rtk_dsm`, or its terms. Default: `no_rtk`.
    pub budget: BudgetWord,
    /// Which `[[model]]` of `models/manifest.toml` looks at flights. Default: `detector.model`.
    pub model: Option<String>,
    /// Folders that are taken in as flights when the program starts, each once; a flight is called like
    /// its folder. Default: none.
    pub import: Vec<PathBuf>,
    /// `[flight.object_store]`: where docks leave their files. Default: none are fetched.
    pub object_store: Option<ObjectStoreConfig>,
    /// `[[flight.aircraft]]`: what holds for some aircraft only.
    pub aircraft: Vec<Aircraft>,
}

/// What is known about one aircraft, or about all of one kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Aircraft {
    /// The beginning of its model's name or of its serial number, as telemetry or photos tell it.
    pub name: String,
    pub budget: Option<BudgetWord>,
    /// Added to the yaw it reports, degrees clockwise.
    pub yaw_offset_deg: Option<f64>,
    /// How wide its video shows, degrees.
    pub hfov_deg: Option<f64>,
}

/// A budget by name or by its terms.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum BudgetWord {
    Named(String),
    Given(Box<Budget>),
}

impl Default for FlightConfig {
    fn default() -> Self {
        Self {
            time_zone: "Asia/Shanghai".to_owned(),
            dem: None,
            ground_above_takeoff_m: 0.0,
            ground_above_sea_m: None,
            budget: BudgetWord::Named("no_rtk".to_owned()),
            model: None,
            import: Vec::new(),
            object_store: None,
            aircraft: Vec::new(),
        }
    }
}

impl FlightConfig {
    /// Each problem as (key, rule and value).
    pub(crate) fn validate(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        if let Err(error) = self.zone() {
            problems.push((
                "flight.time_zone".to_owned(),
                format!("must be a zone like Asia/Shanghai, got `{}` ({error})", self.time_zone),
            ));
        }
        let level = self.ground_above_takeoff_m;
        if !(-1000.0..=1000.0).contains(&level) {
            let rule = format!("must be from -1000 to 1000 metres, got `{level}`");
            problems.push(("flight.ground_above_takeoff_m".to_owned(), rule));
        }
        if self.model.as_ref().is_some_and(String::is_empty) {
            let rule = "must name a model of models/manifest.toml, got ``";
            problems.push(("flight.model".to_owned(), rule.to_owned()));
        }
        problems.extend(self.budget.problem("flight.budget"));
        problems.extend(self.object_store.as_ref().and_then(ObjectStoreConfig::problem));
        for aircraft in &self.aircraft {
            let key = |field: &str| format!("flight.aircraft.{}.{field}", aircraft.name);
            problems.extend(aircraft.budget.iter().filter_map(|b| b.problem(&key("budget"))));
            if aircraft.hfov_deg.is_some_and(|hfov| !(1.0..179.0).contains(&hfov)) {
                problems.push((key("hfov_deg"), "must be from 1 to 179 degrees".to_owned()));
            }
            if aircraft.yaw_offset_deg.is_some_and(|yaw| !(-180.0..=180.0).contains(&yaw)) {
                problems.push((key("yaw_offset_deg"), "must be from -180 to 180".to_owned()));
            }
        }
        problems
    }

    pub(crate) fn zone(&self) -> Result<TimeZone, jiff::Error> {
        TimeZone::get(&self.time_zone)
    }

    /// What is said about an aircraft that calls itself by one of `names`.
    pub(crate) fn about(&self, names: &[&str]) -> Option<&Aircraft> {
        self.aircraft.iter().find(|known| names.iter().any(|name| name.starts_with(&known.name)))
    }

    /// How sure the telemetry of an aircraft is.
    pub(crate) fn budget_of(&self, names: &[&str]) -> Budget {
        let known = self.about(names);
        let word = known.and_then(|known| known.budget.as_ref()).unwrap_or(&self.budget);
        let budget = word.budget().unwrap_or_default();
        let offset = known.and_then(|known| known.yaw_offset_deg);
        Budget { yaw_offset_deg: offset.unwrap_or(budget.yaw_offset_deg), ..budget }
    }
}

impl BudgetWord {
    fn budget(&self) -> Option<Budget> {
        match self {
            Self::Named(name) => Budget::named(name),
            Self::Given(budget) => Some(**budget),
        }
    }

    fn problem(&self, key: &str) -> Option<(String, String)> {
        let Some(budget) = self.budget() else {
            let rule = "must be `bad`, `no_rtk`, `rtk_flat`, `rtk_dsm` or a table of its terms";
            return Some((key.to_owned(), rule.to_owned()));
        };
        budget.validate().err().map(|error| (key.to_owned(), error.to_string()))
    }
}
