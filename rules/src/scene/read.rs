//! Rule files to rules: strict, bounded, and every mistake named. `docs/rules.schema.json` says the same in JSON Schema.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use domain::{Class, FenceId, Queue, RuleId, RuleName, Severity, SourceId};
use serde::Deserialize;

use crate::calendar::Calendar;
use crate::kind::Kind;
use crate::scene::condition::RawCondition;
use crate::scene::rule::{Area, Condition, Evidence, Route, Rule, Scope};
use crate::scene::story::{RawTest, Test};
use crate::schedule::{RawSchedule, Schedule};

/// What was read of one rule, with its tests.
#[derive(Debug, Clone)]
pub(crate) struct Tested {
    pub(crate) rule: Rule,
    pub(crate) tests: Vec<Test>,
}

/// What is wrong with rule files.
#[derive(Debug, thiserror::Error)]
#[error("{}", shown(.told, *.more))]
pub struct ScenesError {
    pub told: Vec<RuleProblem>,
    /// How many more there are.
    pub more: usize,
}

/// One mistake, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleProblem {
    pub file: String,
    /// The rule's id, or its number in the file from 1; none where the file is no TOML.
    pub rule: Option<String>,
    pub problem: String,
}

impl fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rule {
            Some(rule) => write!(f, "{}: rule `{rule}`: {}", self.file, self.problem),
            None => write!(f, "{}: {}", self.file, self.problem),
        }
    }
}

fn shown(told: &[RuleProblem], more: usize) -> String {
    let mut lines: Vec<String> = told.iter().map(ToString::to_string).collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

/// The most that are told.
const MOST_TOLD: usize = 50;
/// The most rules of all files together.
pub(crate) const MOST_RULES: usize = 200;
/// The longest file, bytes.
pub(crate) const MOST_BYTES: usize = 1 << 20;
/// The most names in a list of a rule.
const MOST_NAMES: usize = 100;
/// The most tests of a rule.
const MOST_TESTS: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: RuleId,
    version: String,
    name: String,
    name_en: String,
    #[serde(default)]
    matter: Option<RawMatter>,
    #[serde(default)]
    legal_basis: Option<String>,
    #[serde(default)]
    severity: Severity,
    #[serde(default)]
    evidence: Evidence,
    queue: RawRoute,
    #[serde(default)]
    sources: Vec<SourceId>,
    classes: Vec<Class>,
    #[serde(rename = "in")]
    scope: RawScope,
    #[serde(default)]
    except: Option<RawArea>,
    #[serde(default)]
    schedule: Option<RawSchedule>,
    #[serde(default)]
    valid_from: Option<jiff::Timestamp>,
    #[serde(default)]
    valid_to: Option<jiff::Timestamp>,
    #[serde(default)]
    shadow: bool,
    #[serde(default, with = "humantime_serde")]
    grace: Option<Duration>,
    condition: RawCondition,
    #[serde(default)]
    test: Vec<RawTest>,
}

/// `{ edition = "GB/T 30428.2-2013", code = "0501", local = "…" }`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMatter {
    edition: String,
    code: String,
    #[serde(default)]
    local: Option<String>,
}

/// A queue's name, or `{ by_authority = "…" }`.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a queue's name, or `{ by_authority = \"…\" }`")]
enum RawRoute {
    Named(Queue),
    Split(Split),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Split {
    by_authority: Queue,
}

/// `"anywhere"`, or fences.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "\"anywhere\", or `{ kinds = […], ids = […] }` with kinds and ids of fences"
)]
enum RawScope {
    Word(Anywhere),
    Area(RawArea),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Anywhere {
    Anywhere,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawArea {
    #[serde(default)]
    kinds: Vec<Kind>,
    #[serde(default)]
    ids: Vec<FenceId>,
}

/// The rules of one file, or all of its mistakes.
pub(crate) fn file(
    name: &str,
    text: &str,
    calendar: &Arc<Calendar>,
) -> Result<Vec<Tested>, ScenesError> {
    let whole = |problem: String| {
        let file = name.to_owned();
        ScenesError { told: vec![RuleProblem { file, rule: None, problem }], more: 0 }
    };
    if text.len() > MOST_BYTES {
        return Err(whole(format!("is longer than {MOST_BYTES} bytes")));
    }
    let mut table: toml::Table =
        text.parse().map_err(|error| whole(format!("is no TOML: {error}")))?;
    let rules = match table.remove("rule") {
        Some(toml::Value::Array(rules)) => rules,
        Some(_) => return Err(whole("`rule` is no list; begin each rule with `[[rule]]`".into())),
        None => Vec::new(),
    };
    if let Some(key) = table.keys().next() {
        return Err(whole(format!("unknown key `{key}`; a rule file holds `[[rule]]` alone")));
    }
    if rules.len() > MOST_RULES {
        return Err(whole(format!("holds more than {MOST_RULES} rules")));
    }
    let (mut read, mut told) = (Vec::new(), Vec::new());
    for (index, raw) in rules.into_iter().enumerate() {
        let id = raw.get("id").and_then(toml::Value::as_str).map(shortened);
        let label = id.unwrap_or_else(|| (index + 1).to_string());
        match one(raw, calendar) {
            Ok(tested) => read.push(tested),
            Err(problems) => told.extend(problems.into_iter().map(|problem| RuleProblem {
                file: name.to_owned(),
                rule: Some(label.clone()),
                problem,
            })),
        }
    }
    if told.is_empty() { Ok(read) } else { Err(bounded(told)) }
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

pub(crate) fn bounded(mut told: Vec<RuleProblem>) -> ScenesError {
    let more = told.len().saturating_sub(MOST_TOLD);
    told.truncate(MOST_TOLD);
    ScenesError { told, more }
}

/// Whether the program's own rules have this id, or may have it: parking, construction and those of trucks.
fn is_built_in(id: &RuleId) -> bool {
    matches!(id.as_str(), "parking" | "construction") || id.as_str().starts_with("muck-")
}

/// Rules whose id another has.
pub(crate) fn twice(files: &[(&str, &[Tested])]) -> Vec<RuleProblem> {
    let mut ids = BTreeSet::new();
    let all = files.iter().flat_map(|(name, list)| list.iter().map(move |one| (*name, one)));
    all.filter(|(_, one)| is_built_in(&one.rule.id) || !ids.insert(&one.rule.id))
        .map(|(name, one)| RuleProblem {
            file: name.to_owned(),
            rule: Some(one.rule.id.to_string()),
            problem: "`id` is taken by another rule".to_owned(),
        })
        .collect()
}

fn one(raw: toml::Value, calendar: &Arc<Calendar>) -> Result<Tested, Vec<String>> {
    let mut said = raw.clone();
    // What a rule is tested with does not make it another.
    said.as_table_mut().and_then(|table| table.remove("test"));
    let hash = crate::read::hash(&said.to_string());
    let raw: RawRule =
        raw.try_into().map_err(|error: toml::de::Error| vec![error.message().to_owned()])?;
    let mut problems = raw.problems();
    let schedule = Schedule::new(raw.schedule, raw.valid_from, raw.valid_to, calendar);
    let scope = match raw.scope {
        RawScope::Word(Anywhere::Anywhere) => Scope::Anywhere,
        RawScope::Area(area) => Scope::Fences(area.into()),
    };
    let condition = raw.condition.made();
    let told = |error: &dyn std::error::Error| format!("`schedule`: {error}");
    let condition = match (&schedule, condition) {
        (Ok(_), Ok((condition, except))) => {
            problems.extend(contradictions(&condition, &scope));
            if except.is_some() && raw.except.is_some() {
                problems.push("`except` says twice what `outside` asks; leave one out".to_owned());
            }
            Some((condition, except.or(raw.except.map(Into::into))))
        }
        (schedule, condition) => {
            problems.extend(schedule.as_ref().err().map(|error| told(error)));
            problems.extend(condition.err());
            None
        }
    };
    let (Ok(schedule), Some((condition, except))) = (schedule, condition) else {
        return Err(problems);
    };
    let rule = Rule {
        id: raw.id,
        version: format!("{}+{hash}", raw.version),
        name: RuleName { zh: raw.name, en: raw.name_en },
        matter_code: raw.matter.map(RawMatter::code),
        legal_basis: raw.legal_basis,
        severity: raw.severity,
        evidence: raw.evidence,
        route: route(raw.queue).map_err(|problem| vec![problem])?,
        sources: raw.sources,
        classes: raw.classes,
        scope,
        except,
        schedule,
        shadow: raw.shadow,
        condition,
        grace: raw.grace,
    };
    let mut tests = Vec::new();
    for test in raw.test {
        match test.made(&rule, calendar) {
            Ok(test) => tests.push(test),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(Tested { rule, tests }) } else { Err(problems) }
}

/// What each part allows and all together do not.
fn contradictions(condition: &Condition, scope: &Scope) -> Option<String> {
    use crate::scene::rule::{Deed, Muster, Presence, State};
    let fences = match condition {
        Condition::State { state: State::Inside { presence: Presence::CameIn }, .. } => "entry",
        Condition::Deed(Deed::Exit { .. }) => "exit",
        Condition::Place { muster: Muster::Nobody, .. } => "absence",
        _ => return None,
    };
    (*scope == Scope::Anywhere)
        .then(|| format!("`in` must name fences: `{fences}` is about a border, not anywhere"))
}

fn route(raw: RawRoute) -> Result<Route, String> {
    match raw {
        RawRoute::Named(queue) => Ok(Route::Named(queue)),
        RawRoute::Split(Split { by_authority: base }) => {
            let name = |authority: &str| {
                Queue::new(&format!("{base}-{authority}"))
                    .map_err(|error| format!("`queue`: {error}"))
            };
            Ok(Route::ByAuthority([
                name("traffic_police")?,
                name("urban_mgmt")?,
                name("unassigned")?,
            ]))
        }
    }
}

impl RawMatter {
    fn code(self) -> String {
        let Self { edition, code, local } = self;
        let local = local.map(|local| format!("; {local}")).unwrap_or_default();
        format!("{edition} {code}{local}")
    }
}

impl From<RawArea> for Area {
    fn from(raw: RawArea) -> Self {
        Self { kinds: raw.kinds, ids: raw.ids }
    }
}

impl RawArea {
    fn problem(&self, key: &str) -> Option<String> {
        let count = self.kinds.len() + self.ids.len();
        (!(1..=MOST_NAMES).contains(&count))
            .then(|| format!("`{key}` names {count} kinds and ids, must name 1 to {MOST_NAMES}"))
    }
}

impl RawRule {
    fn problems(&self) -> Vec<String> {
        let matter = self.matter.as_ref();
        let texts = [
            ("version", Some(&self.version), 50),
            ("name", Some(&self.name), 200),
            ("name_en", Some(&self.name_en), 200),
            ("matter.edition", matter.map(|matter| &matter.edition), 40),
            ("matter.code", matter.map(|matter| &matter.code), 40),
            ("matter.local", matter.and_then(|matter| matter.local.as_ref()), 64),
            ("legal_basis", self.legal_basis.as_ref(), 2000),
        ];
        let mut problems: Vec<String> = texts
            .into_iter()
            .filter_map(|(key, text, most)| {
                let length = text?.chars().count();
                (!(1..=most).contains(&length))
                    .then(|| format!("`{key}` has {length} letters, must have 1 to {most}"))
            })
            .collect();
        let lists = [
            ("classes", self.classes.len(), 1..=MOST_NAMES),
            ("sources", self.sources.len(), 0..=MOST_NAMES),
            ("test", self.test.len(), 0..=MOST_TESTS),
        ];
        problems.extend(lists.into_iter().filter_map(|(key, count, range)| {
            (!range.contains(&count)).then(|| {
                let (least, most) = (range.start(), range.end());
                format!("`{key}` has {count} entries, must have {least} to {most}")
            })
        }));
        problems.extend(self.except.as_ref().and_then(|area| area.problem("except")));
        if let RawScope::Area(area) = &self.scope {
            problems.extend(area.problem("in"));
        }
        let grace = self.grace.map(|grace| grace.as_secs_f64());
        problems.extend(grace.and_then(|grace| out_of("grace", grace, &(0.0..=3600.0), "seconds")));
        problems
    }
}

/// What is wrong with a number.
pub(crate) fn out_of(
    key: &str,
    number: f64,
    range: &RangeInclusive<f64>,
    unit: &str,
) -> Option<String> {
    (!range.contains(&number)).then(|| {
        let (least, most) = (range.start(), range.end());
        format!("`{key}` must lie between {least} and {most} {unit}, got {number}")
    })
}
