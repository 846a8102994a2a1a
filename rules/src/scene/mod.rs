//! Scenes of the city by configuration: rules that are read from files, run over the views of every source.
//!
//! Owns the form of rule files (`read`, `condition`), their tests (`story`), who is followed (`subject`), what is held
//! against each rule (`thing`, `muster`) and what becomes of it (`act`). Views come in order from [`crate::Engine`]; fences
//! and schedules are those of the layer. A file is a whole: one mistake refuses it.

mod act;
mod condition;
mod line;
mod muster;
mod nearness;
mod read;
mod row;
mod rule;
mod story;
mod subject;
mod thing;
mod watch;
mod whereabouts;

use std::sync::Arc;

use domain::{Class, RuleId};

use crate::calendar::Calendar;

pub use line::Line;
pub use read::{RuleProblem, ScenesError};
pub use rule::{Area, Condition, Deed, Evidence, Muster, Presence, Route, Rule, Scope, State, Way};
pub use story::{Mismatch, TestReport};
pub(crate) use watch::Watch;

/// All rules that were configured, with the tests in their files.
#[derive(Debug, Clone, Default)]
pub struct Scenes {
    rules: Vec<Rule>,
    tests: Vec<(String, RuleId, story::Test)>,
}

impl Scenes {
    /// Reads rule files, each a name for people and a text; `calendar` says which days are worked.
    pub fn new<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
        calendar: &Arc<Calendar>,
    ) -> Result<Self, ScenesError> {
        let (mut read, mut told, mut more) = (Vec::new(), Vec::new(), 0);
        for (name, text) in files {
            match read::file(name, text, calendar) {
                Ok(rules) => read.push((name, rules)),
                Err(error) => {
                    told.extend(error.told);
                    more += error.more;
                }
            }
        }
        let all: Vec<(&str, &[read::Tested])> =
            read.iter().map(|(name, rules)| (*name, rules.as_slice())).collect();
        told.extend(read::twice(&all));
        if !told.is_empty() {
            let mut error = read::bounded(told);
            error.more += more;
            return Err(error);
        }
        let mut scenes = Self::default();
        for (name, one) in
            read.into_iter().flat_map(|(name, rules)| rules.into_iter().map(move |one| (name, one)))
        {
            let id = one.rule.id.clone();
            scenes.tests.extend(one.tests.into_iter().map(|t| (name.to_owned(), id.clone(), t)));
            scenes.rules.push(one.rule);
        }
        Ok(scenes)
    }

    /// In the order in which they were read.
    pub fn all(&self) -> &[Rule] {
        &self.rules
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rule of this name.
    pub fn get(&self, id: &RuleId) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == *id)
    }

    /// Whether they are the same rules, in the same order.
    pub fn same_as(&self, other: &Self) -> bool {
        self.rules == other.rules
    }

    /// Runs every test that the files have.
    pub fn test(&self) -> Vec<TestReport> {
        self.tests
            .iter()
            .filter_map(|(file, id, test)| Some(test.run(file, self.get(id)?)))
            .collect()
    }

    /// One rule alone, for its tests.
    fn alone(rule: &Rule) -> Self {
        Self { rules: vec![rule.clone()], tests: Vec::new() }
    }

    fn look_at(&self, class: Class) -> bool {
        self.rules.iter().any(|rule| rule.looks_at(class))
    }
}

#[cfg(test)]
mod tests;
