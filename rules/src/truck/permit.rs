//! Permits to carry muck (核准证): who may take it from where to where, on which way and when.
//!
//! Data of an authority, read from files and held to `docs/permits.schema.json`. Every mistake names the permit and
//! its key, and one bad permit refuses them all: a truck must not be taken for unpermitted because of a slip.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use domain::FenceId;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::Fences;
use crate::calendar::Calendar;
use crate::kind::Kind;
use crate::schedule::{RawSchedule, Schedule, ScheduleError};

/// One permit.
#[derive(Debug, Clone, PartialEq)]
pub struct MuckPermit {
    pub number: String,
    pub project: String,
    pub carrier: String,
    /// As they stand on the trucks, without separators.
    pub plates: BTreeSet<String>,
    pub construction_site: FenceId,
    pub disposal_sites: Vec<FenceId>,
    /// None: any way.
    pub routes: Vec<FenceId>,
    /// Its hours, and from when to when it holds.
    pub schedule: Schedule,
    /// In all, cubic metres.
    pub volume_m3: Option<f64>,
}

/// All permits.
#[derive(Debug, Default, PartialEq)]
pub struct Permits {
    list: Vec<MuckPermit>,
    by_plate: BTreeMap<String, Vec<usize>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    number: String,
    project: String,
    carrier: String,
    plates: Vec<String>,
    construction_site: FenceId,
    disposal_sites: Vec<FenceId>,
    #[serde(default)]
    routes: Vec<FenceId>,
    #[serde(default)]
    schedule: Option<RawSchedule>,
    valid_from: Timestamp,
    valid_to: Timestamp,
    #[serde(default)]
    volume_m3: Option<f64>,
}

/// What is wrong with a permit.
#[derive(Debug, thiserror::Error)]
pub enum PermitError {
    #[error("a file of permits has `[[permit]]` tables and nothing else, got {0}")]
    NoTables(String),
    #[error("more than {} permits", Permits::MOST)]
    TooMany,
    #[error("{permit} cannot be used: {source}")]
    Unreadable { permit: Called, source: serde_json::Error },
    #[error("{permit}: `{key}` {problem}")]
    Key { permit: Called, key: &'static str, problem: String },
    #[error("{permit}: `schedule` cannot be used: {source}")]
    Schedule { permit: Called, source: ScheduleError },
}

/// A permit in an error: by its number, or by its place in the file where it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    nth: usize,
    number: Option<String>,
}

impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.number {
            Some(number) => write!(f, "permit `{number}`"),
            None => write!(f, "permit {} of the file", self.nth + 1),
        }
    }
}

impl Permits {
    /// The most permits of all files.
    pub const MOST: usize = 100_000;
    /// The most plates, disposal sites or routes of one.
    const MOST_NAMED: usize = 10_000;

    /// Reads files of permits, each as a document with a list `permit`; tells everything that is wrong.
    pub fn read(
        files: impl IntoIterator<Item = Value>,
        calendar: &Arc<Calendar>,
    ) -> Result<Self, Vec<PermitError>> {
        let (mut list, mut problems) = (Vec::new(), Vec::new());
        for file in files {
            match tables(file) {
                Ok(tables) if list.len() + tables.len() > Self::MOST => {
                    return Err(vec![PermitError::TooMany]);
                }
                Ok(tables) => {
                    for (nth, table) in tables.into_iter().enumerate() {
                        match permit(nth, table, calendar) {
                            Ok(permit) => list.push(permit),
                            Err(errors) => problems.extend(errors),
                        }
                    }
                }
                Err(error) => problems.push(error),
            }
        }
        let mut numbers = BTreeSet::new();
        for (nth, permit) in list.iter().enumerate() {
            if !numbers.insert(&permit.number) {
                let problem = "appears twice".to_owned();
                problems.push(PermitError::Key {
                    permit: permit.called(nth),
                    key: "number",
                    problem,
                });
            }
        }
        if problems.is_empty() { Ok(Self::of(list)) } else { Err(problems) }
    }

    /// Fences that permits name and that are not there, or are of another kind.
    pub fn unknown_fences(&self, fences: &Fences) -> Vec<PermitError> {
        let kinds: BTreeMap<&FenceId, Kind> =
            fences.all().iter().map(|fence| (&fence.id, fence.kind)).collect();
        let mut problems = Vec::new();
        for (nth, permit) in self.list.iter().enumerate() {
            let site = std::slice::from_ref(&permit.construction_site);
            let named = [
                ("construction_site", site, Kind::ConstructionSite),
                ("disposal_sites", &permit.disposal_sites, Kind::DisposalSite),
                ("routes", &permit.routes, Kind::ApprovedRoute),
            ];
            for (key, ids, wanted) in named {
                for id in ids {
                    let problem = match kinds.get(id) {
                        Some(kind) if *kind == wanted => continue,
                        Some(kind) => format!(
                            "names the fence `{id}` of kind `{}`, must be `{}`",
                            kind.as_str(),
                            wanted.as_str()
                        ),
                        None => format!("names the fence `{id}`, which `rules.fences` has not"),
                    };
                    problems.push(PermitError::Key { permit: permit.called(nth), key, problem });
                }
            }
        }
        problems
    }

    fn of(list: Vec<MuckPermit>) -> Self {
        let mut by_plate: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (nth, permit) in list.iter().enumerate() {
            for plate in &permit.plates {
                by_plate.entry(plate.clone()).or_default().push(nth);
            }
        }
        Self { list, by_plate }
    }

    pub fn all(&self) -> &[MuckPermit] {
        &self.list
    }

    /// Those of a plate that hold at a time, whatever their hours.
    pub(super) fn of_plate(&self, plate: &str, at: Timestamp) -> Vec<&MuckPermit> {
        let numbers = self.by_plate.get(plate).map_or(&[][..], Vec::as_slice);
        numbers.iter().map(|&nth| &self.list[nth]).filter(|p| p.schedule.is_valid(at)).collect()
    }
}

impl MuckPermit {
    fn called(&self, nth: usize) -> Called {
        Called { nth, number: Some(self.number.clone()) }
    }
}

/// As plates are compared: without separators, letters large.
pub(super) fn bare(plate: &str) -> String {
    plate
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == domain::UNKNOWN_PROVINCE)
        .flat_map(char::to_uppercase)
        .collect()
}

fn tables(file: Value) -> Result<Vec<Value>, PermitError> {
    let Value::Object(mut file) = file else {
        return Err(PermitError::NoTables("something else".to_owned()));
    };
    let found = match file.remove("permit") {
        Some(Value::Array(tables)) => tables,
        None => Vec::new(),
        Some(_) => return Err(PermitError::NoTables("another `permit`".to_owned())),
    };
    match file.keys().next() {
        Some(other) => Err(PermitError::NoTables(format!("`{other}`"))),
        None => Ok(found),
    }
}

fn permit(
    nth: usize,
    table: Value,
    calendar: &Arc<Calendar>,
) -> Result<MuckPermit, Vec<PermitError>> {
    let number = table.get("number").and_then(Value::as_str);
    let number = number.map(|number| number.chars().take(80).collect());
    let called = Called { nth, number };
    let raw: Raw = serde_json::from_value(table)
        .map_err(|source| vec![PermitError::Unreadable { permit: called.clone(), source }])?;
    let mut problems = raw.problems(&called);
    let (from, to) = (Some(raw.valid_from), Some(raw.valid_to));
    match Schedule::new(raw.schedule, from, to, calendar) {
        Ok(schedule) if problems.is_empty() => Ok(MuckPermit {
            number: raw.number,
            project: raw.project,
            carrier: raw.carrier,
            plates: raw.plates.iter().map(|plate| bare(plate)).collect(),
            construction_site: raw.construction_site,
            disposal_sites: raw.disposal_sites,
            routes: raw.routes,
            schedule,
            volume_m3: raw.volume_m3,
        }),
        schedule => {
            let bad = schedule.err();
            problems.extend(bad.map(|source| PermitError::Schedule { permit: called, source }));
            Err(problems)
        }
    }
}

impl Raw {
    fn problems(&self, called: &Called) -> Vec<PermitError> {
        let mut problems = Vec::new();
        let mut refuse = |key, problem: String| {
            problems.push(PermitError::Key { permit: called.clone(), key, problem });
        };
        let texts =
            [("number", &self.number), ("project", &self.project), ("carrier", &self.carrier)];
        for (key, text) in texts {
            let length = text.chars().count();
            if !(1..=200).contains(&length) {
                refuse(key, format!("has {length} letters, must have 1 to 200"));
            }
        }
        let lists = [
            ("plates", self.plates.len(), 1),
            ("disposal_sites", self.disposal_sites.len(), 1),
            ("routes", self.routes.len(), 0),
        ];
        for (key, count, least) in lists {
            let most = Permits::MOST_NAMED;
            if !(least..=most).contains(&count) {
                refuse(key, format!("has {count} entries, must have {least} to {most}"));
            }
        }
        let no_plate = |plate: &&String| !(5..=12).contains(&bare(plate).chars().count());
        if let Some(plate) = self.plates.iter().find(no_plate) {
            let plate: String = plate.chars().take(40).collect();
            refuse(
                "plates",
                format!("has `{plate}`, which is no plate: 5 to 12 letters and digits"),
            );
        }
        if let Some(volume) = self.volume_m3.filter(|v| !(0.0..=1e9).contains(v)) {
            refuse("volume_m3", format!("must lie between 0 and 1000000000, got {volume}"));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use domain::FenceId;
    use serde_json::json;

    use super::*;

    fn one() -> Value {
        json!({"number": "H-1", "project": "p", "carrier": "c", "plates": ["浙E·12345"],
            "construction_site": "site", "disposal_sites": ["tip"],
            "valid_from": "2026-11-01T00:00:00+08:00", "valid_to": "2026-12-01T00:00:00+08:00"})
    }

    fn read(permits: &[Value]) -> Result<Permits, String> {
        let told = |errors: Vec<PermitError>| {
            errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        Permits::read([json!({ "permit": permits })], &Arc::default()).map_err(told)
    }

    #[test]
    fn a_permit_holds_for_its_plates_and_its_time() {
        let permits = read(&[one()]).unwrap();
        let at = |text: &str| format!("2026-{text}+08:00").parse().unwrap();
        let held = |plate: &str, text: &str| permits.of_plate(&bare(plate), at(text)).len();
        assert_eq!(held("浙e12345", "11-01T00:00:00"), 1);
        assert_eq!(held("浙E12345", "12-01T00:00:00"), 0, "the end is exclusive");
        assert_eq!(held("浙E12346", "11-10T00:00:00"), 0);
    }

    /// What the schema in `docs/` says of one.
    fn schema_refuses(permit: &Value) -> bool {
        let schema = include_str!("../../../docs/permits.schema.json");
        let schema: Value = serde_json::from_str(schema).unwrap();
        !jsonschema::draft202012::new(&schema).unwrap().is_valid(&json!({ "permit": [permit] }))
    }

    #[test]
    fn what_is_wrong_is_named_and_the_schema_agrees() {
        assert!(!schema_refuses(&one()));
        let check = |key: &str, value: Value, wanted: &str| {
            let mut permit = one();
            permit[key] = value;
            let told = read(&[permit.clone()]).unwrap_err();
            assert!(told.contains(wanted), "{told}\nshould contain\n{wanted}");
            assert!(schema_refuses(&permit), "the schema takes {permit}");
        };
        check("plates", json!([]), "permit `H-1`: `plates` has 0 entries, must have 1 to 10000");
        check("plates", json!(["x"]), "permit `H-1`: `plates` has `x`, which is no plate");
        check("project", json!(""), "`project` has 0 letters");
        check("volume_m3", json!(-1), "must lie between 0 and 1000000000, got -1");
        check(
            "disposal_sites",
            json!(["A b"]),
            "permit `H-1` cannot be used: `A b` is no valid id",
        );
        check("plate", json!(1), "unknown field `plate`");
        check("valid_to", json!("soon"), "permit `H-1` cannot be used");
        check(
            "schedule",
            json!({"time_zone": "Asia/Shanghai", "weekly": []}),
            "permit `H-1`: `schedule` cannot be used: a schedule without hours applies never",
        );
        check("number", json!(7), "permit 1 of the file cannot be used: invalid type");
        let mut backwards = one();
        backwards["valid_to"] = json!("2026-10-01T00:00:00+08:00");
        assert!(read(&[backwards]).unwrap_err().contains("`valid_to` is not after `valid_from`"));
        assert!(
            read(&[one(), one()]).unwrap_err().contains("permit `H-1`: `number` appears twice")
        );
        let other = Permits::read([json!({"permits": []})], &Arc::default()).unwrap_err();
        assert!(other[0].to_string().ends_with("got `permits`"), "{}", other[0]);
    }

    #[test]
    fn the_fences_of_a_permit_must_be_there() {
        let text = r#"{"type":"FeatureCollection","features":[{"type":"Feature","id":"site","geometry":
            {"type":"Polygon","coordinates":[[[120,30],[120.001,30],[120,30.001],[120,30]]]},
            "properties":{"name":"a","kind":"bay"}}]}"#;
        let fences = Fences::new([text], []).unwrap();
        let told: Vec<String> = read(&[one()])
            .unwrap()
            .unknown_fences(&fences)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            told,
            [
                "permit `H-1`: `construction_site` names the fence `site` of kind `bay`, must be `construction_site`",
                "permit `H-1`: `disposal_sites` names the fence `tip`, which `rules.fences` has not",
            ]
        );
        let _: FenceId = FenceId::new("site").unwrap();
    }
}
