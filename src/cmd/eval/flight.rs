//! Findings of a flight against what really stood where.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use domain::{Finding, FlightReport, LonLat, Motion, Plane};
use serde::Deserialize;

use crate::cmd::flight;

/// What really was there: `truth/flight.json` of the demo is one.
#[derive(Debug, Deserialize)]
struct Truth {
    things: Vec<Thing>,
    expect: Vec<Expected>,
}

#[derive(Debug, Deserialize)]
struct Thing {
    id: u64,
    kind: String,
    /// Kept its place; only then it has one.
    standing: bool,
    lon: Option<f64>,
    lat: Option<f64>,
}

/// One alert that must be raised, once.
#[derive(Debug, Deserialize)]
struct Expected {
    thing: u64,
}

/// What parking rules are about.
const VEHICLES: [&str; 5] = ["car", "van", "bus", "truck", "muck_truck"];

/// A finding farther from a thing than this is none of them, metres.
const REACH_M: f64 = 6.0;

pub(super) fn eval(
    files: &[PathBuf],
    truth: &Path,
    config: Option<&Path>,
) -> anyhow::Result<String> {
    let truth: Truth = serde_json::from_slice(&super::read(truth)?)
        .with_context(|| format!("`{}` is no truth of a flight", truth.display()))?;
    let report = flight::report_of(files, config)?;
    compare(&report, &truth).context("no finding can be compared")
}

fn compare(report: &FlightReport, truth: &Truth) -> Option<String> {
    let still = report.findings.iter().filter(|found| found.motion != Motion::Moving);
    let still: Vec<&Finding> = still.collect();
    let mut misses = Vec::new();
    let (mut held, mut found, mut doubled, mut text) = (0, 0, 0, String::new());
    let vehicles = truth.things.iter().filter(|thing| VEHICLES.contains(&thing.kind.as_str()));
    let parked: Vec<&Thing> = vehicles.filter(|thing| thing.standing).collect();
    for thing in &parked {
        let at = LonLat::new(thing.lon?, thing.lat?)?;
        let mut near: Vec<(&Finding, [f64; 2])> = still
            .iter()
            .filter_map(|finding| Some((*finding, Plane::at(at).metres(finding.position()?))))
            .filter(|(_, off)| off[0].hypot(off[1]) <= REACH_M)
            .collect();
        near.sort_by(|a, b| a.1[0].hypot(a.1[1]).total_cmp(&b.1[0].hypot(b.1[1])));
        let alerts: usize = near.iter().map(|(finding, _)| finding.alerts.len()).sum();
        let wanted = truth.expect.iter().filter(|expected| expected.thing == thing.id).count();
        let verdict = if alerts == wanted { "as it should be" } else { "WRONG" };
        let Some(&(finding, off)) = near.first() else {
            writeln!(text, "{:3} {} not found, {alerts} alerts: {verdict}", thing.id, thing.kind)
                .ok()?;
            continue;
        };
        found += 1;
        doubled += near.len() - 1;
        held += usize::from(finding.ellipse95.holds(off));
        misses.push(off[0].hypot(off[1]));
        writeln!(
            text,
            "{:3} {} seen {} times in {} passes, {:.2} m off (east {:+.2}, north {:+.2}), ellipse {:.1} m x {:.1} m, {alerts} alerts: {verdict}",
            thing.id,
            finding.class,
            finding.sightings,
            finding.passes,
            off[0].hypot(off[1]),
            off[0],
            off[1],
            finding.ellipse95.semi_major_m,
            finding.ellipse95.semi_minor_m,
        )
        .ok()?;
    }
    let moved = report.findings.iter().filter(|found| found.motion == Motion::Moving);
    let stray: usize = moved.map(|found| found.alerts.len()).sum();
    let (median, p95) = (super::quantile(&mut misses, 0.5)?, super::quantile(&mut misses, 0.95)?);
    writeln!(
        text,
        "found {found} of {}, {doubled} more findings beside them; position error median {median:.2} m, p95 {p95:.2} m; {held} of {found} in their 95 % ellipse; {stray} alerts about what moved; {} alerts in all",
        parked.len(),
        report.summary.alerts,
    )
    .ok()?;
    Some(text)
}
