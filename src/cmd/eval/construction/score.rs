//! Counts: of what ought to be alerted of, and of what was.

use std::collections::BTreeMap;
use std::fmt;

use rules::{Construction, Decision, Judged, Passed};
use serde::Serialize;

use super::city::Permit;
use super::pair::{Pair, Region};

/// How one set of outlines fared.
#[derive(Debug, Serialize)]
pub(super) struct Score {
    outlines: &'static str,
    by_permit: BTreeMap<Permit, Row>,
    all: Row,
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Row {
    cells: u32,
    /// Changes that were drawn.
    drawn: u32,
    /// Of these, without a permit and large enough: each ought to be alerted of.
    wanted: Fate,
    alerts: Alerts,
    /// Changes that were told as what is no alert.
    passed: Reasons,
}

/// What became of what ought to be alerted of.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Fate {
    all: u32,
    alerted: u32,
    look_again: u32,
    /// Found, and passed as too small, permitted or outside.
    passed: u32,
    /// Found, and suppressed as a shadow, a season, …
    suppressed: u32,
    /// No outline lies there.
    not_found: u32,
}

/// What alerts are about.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Alerts {
    all: u32,
    /// On something without a permit.
    right: u32,
    /// That, but less than the rule asks for.
    small: u32,
    /// On something drawn that has a permit, or stands outside all fences.
    permitted: u32,
    /// Where nothing was drawn.
    nothing: u32,
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Reasons {
    look_again: u32,
    permitted: u32,
    outside: u32,
    too_small: u32,
    suppressed: u32,
}

/// An outline is of something drawn if they share this much of either.
const SAME: f64 = 0.3;

/// What a drawn change is, as far as the rule is concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Truth {
    Wanted,
    Small,
    Permitted,
}

impl Score {
    pub(super) fn new(outlines: &'static str) -> Self {
        Self { outlines, by_permit: BTreeMap::new(), all: Row::default() }
    }

    pub(super) fn add(
        &mut self,
        permit: Permit,
        pair: &Pair,
        found: &[Region],
        judged: &[Judged],
        rule: &Construction,
    ) {
        let mut row = Row { cells: 1, ..Row::default() };
        let truths: Vec<(&Region, Truth)> =
            pair.drawn.iter().map(|one| (one, truth(one, permit, pair, rule))).collect();
        for (drawn, truth) in &truths {
            row.drawn += 1;
            if *truth == Truth::Wanted {
                let here = found.iter().zip(judged).filter(|(one, _)| drawn.in_common(one) >= SAME);
                row.wanted.count(&here.map(|(_, judged)| judged).collect::<Vec<_>>());
            }
        }
        for (one, judged) in found.iter().zip(judged) {
            row.passed.count(judged);
            if matches!(judged.decision, Decision::Raised { .. }) {
                let about = truths.iter().filter(|(drawn, _)| drawn.in_common(one) >= SAME);
                row.alerts.count(&about.map(|(_, truth)| *truth).collect::<Vec<_>>());
            }
        }
        self.all.add(&row);
        self.by_permit.entry(permit).or_default().add(&row);
    }
}

fn truth(drawn: &Region, permit: Permit, pair: &Pair, rule: &Construction) -> Truth {
    let share = permit.unpermitted(pair.east(drawn));
    if share <= 0.0 {
        Truth::Permitted
    } else if share >= rule.share && share * drawn.area.m2 >= rule.least_m2 {
        Truth::Wanted
    } else {
        Truth::Small
    }
}

impl Fate {
    fn count(&mut self, judged: &[&Judged]) {
        let any = |is: fn(&Decision) -> bool| judged.iter().any(|one| is(&one.decision));
        self.all += 1;
        if any(|one| matches!(one, Decision::Raised { .. })) {
            self.alerted += 1;
        } else if any(|one| matches!(one, Decision::LookAgain { .. })) {
            self.look_again += 1;
        } else if any(|one| !matches!(one, Decision::Passed(Passed::Suppressed(_)))) {
            self.passed += 1;
        } else if !judged.is_empty() {
            self.suppressed += 1;
        } else {
            self.not_found += 1;
        }
    }
}

impl Alerts {
    fn count(&mut self, about: &[Truth]) {
        self.all += 1;
        if about.contains(&Truth::Wanted) {
            self.right += 1;
        } else if about.contains(&Truth::Small) {
            self.small += 1;
        } else if about.is_empty() {
            self.nothing += 1;
        } else {
            self.permitted += 1;
        }
    }
}

impl Reasons {
    fn count(&mut self, judged: &Judged) {
        match &judged.decision {
            Decision::LookAgain { .. } => self.look_again += 1,
            Decision::Passed(Passed::Permitted(_)) => self.permitted += 1,
            Decision::Passed(Passed::Outside) => self.outside += 1,
            Decision::Passed(Passed::TooSmall) => self.too_small += 1,
            Decision::Passed(Passed::Suppressed(_)) => self.suppressed += 1,
            _ => {}
        }
    }
}

impl Row {
    fn add(&mut self, other: &Self) {
        self.cells += other.cells;
        self.drawn += other.drawn;
        let (fate, more) = (&mut self.wanted, &other.wanted);
        fate.all += more.all;
        fate.alerted += more.alerted;
        fate.look_again += more.look_again;
        fate.passed += more.passed;
        fate.suppressed += more.suppressed;
        fate.not_found += more.not_found;
        let (alerts, more) = (&mut self.alerts, &other.alerts);
        alerts.all += more.all;
        alerts.right += more.right;
        alerts.small += more.small;
        alerts.permitted += more.permitted;
        alerts.nothing += more.nothing;
        let (passed, more) = (&mut self.passed, &other.passed);
        passed.look_again += more.look_again;
        passed.permitted += more.permitted;
        passed.outside += more.outside;
        passed.too_small += more.too_small;
        passed.suppressed += more.suppressed;
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.outlines)?;
        writeln!(
            f,
            "{:18} cells drawn | wanted alerted again passed suppr. unseen | alerts right small permitted nothing | again permit outside small suppr.",
            "permit"
        )?;
        let rows = self.by_permit.iter().map(|(permit, row)| (permit.name(), row));
        for (name, row) in rows.chain([("all", &self.all)]) {
            writeln!(f, "{name:18} {row}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cells, drawn, wanted, alerts, passed } = self;
        write!(
            f,
            "{cells:5} {drawn:5} | {:6} {:7} {:5} ",
            wanted.all, wanted.alerted, wanted.look_again
        )?;
        write!(f, "{:6} {:6} {:6} | ", wanted.passed, wanted.suppressed, wanted.not_found)?;
        write!(f, "{:6} {:5} {:5} ", alerts.all, alerts.right, alerts.small)?;
        write!(f, "{:9} {:7} | ", alerts.permitted, alerts.nothing)?;
        write!(f, "{:5} {:6} {:7} ", passed.look_again, passed.permitted, passed.outside)?;
        write!(f, "{:5} {:6}", passed.too_small, passed.suppressed)
    }
}
