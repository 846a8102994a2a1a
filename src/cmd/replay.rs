//! `xunjian replay`: recorded views judged again by changed rules and fences, and what that changes.
//!
//! Both sides are judged from the same record, so that every difference comes from the change.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use domain::{Alert, AlertId, SourceId, View};
use flate2::read::MultiGzDecoder;
use rules::{Engine, Outcome, Parking};
use serde::Serialize;

use super::{fences, scenes};
use crate::cli;
use crate::config::Loaded;

pub(crate) fn run(args: &cli::Replay) -> anyhow::Result<ExitCode> {
    let now = super::load(args.config.as_deref())?;
    let mut then = match &args.with {
        Some(path) => super::load(Some(path))?,
        None => now.clone(),
    };
    if !args.fences.is_empty() {
        // Named on the command line: from the working directory.
        then.config.rules.fences =
            args.fences.iter().map(|path| absolute(path)).collect::<Result<_, _>>()?;
    }
    if !args.rules.is_empty() {
        then.config.rules.files =
            args.rules.iter().map(|path| absolute(path)).collect::<Result<_, _>>()?;
    }
    let files = files(&args.views)?;
    anyhow::ensure!(!files.is_empty(), "no file *.jsonl or *.jsonl.gz among what was named");
    let (mut before, mut after) = (Side::new(&now)?, Side::new(&then)?);
    let mut read = Read::default();
    for file in &files {
        read_views(file, &mut read, |view| {
            before.see(view);
            after.see(view);
        })?;
    }
    let difference = Difference::between(before.finish(), &after.finish());
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &difference).context("cannot print")?;
        writeln!(out).context("cannot print")?;
    } else {
        difference.print(&mut out, &read).context("cannot print")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("cannot find `{}`", path.display()))
}

/// The records under what was named, in the order of their names.
fn files(named: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<PathBuf> = named.to_vec();
    while let Some(path) = waiting.pop() {
        let cannot = || format!("cannot read `{}`", path.display());
        if path.metadata().with_context(cannot)?.is_dir() {
            for entry in std::fs::read_dir(&path).with_context(cannot)? {
                waiting.push(entry.with_context(cannot)?.path());
            }
        } else if is_record(&path) || named.contains(&path) {
            found.insert(path);
        }
    }
    Ok(found.into_iter().collect())
}

fn is_record(path: &Path) -> bool {
    let ends_in = |path: &Path, end: &str| path.extension().is_some_and(|ending| ending == end);
    let packed =
        ends_in(path, "gz") && path.file_stem().is_some_and(|stem| ends_in(stem.as_ref(), "jsonl"));
    packed || ends_in(path, "jsonl")
}

/// What was read.
#[derive(Debug, Default)]
struct Read {
    views: u64,
    /// Lines that are no view: the end of a record that a crash cut off.
    broken: u64,
}

/// Longer lines are no views.
const LONGEST_LINE: u64 = 4 << 20;

fn read_views(path: &Path, read: &mut Read, mut see: impl FnMut(&View)) -> anyhow::Result<()> {
    let cannot = || format!("cannot read `{}`", path.display());
    let file = std::fs::File::open(path).with_context(cannot)?;
    let mut lines: Box<dyn std::io::BufRead> = if path.extension().is_some_and(|end| end == "gz") {
        Box::new(BufReader::new(MultiGzDecoder::new(file)))
    } else {
        Box::new(BufReader::new(file))
    };
    let mut line = String::new();
    loop {
        line.clear();
        match std::io::Read::take(&mut lines, LONGEST_LINE).read_line(&mut line) {
            Ok(0) => return Ok(()),
            Ok(_) => match serde_json::from_str(&line) {
                Ok(view) => {
                    read.views += 1;
                    see(&view);
                }
                Err(_) => read.broken += 1,
            },
            // A record that is being written, or was cut off, ends in the middle of its packing.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                read.broken += 1;
                return Ok(());
            }
            Err(error) => return Err(error).with_context(cannot),
        }
    }
}

/// Rules and fences, and what they made of the record.
struct Side {
    engine: Engine,
    sources: BTreeSet<SourceId>,
    alerts: BTreeMap<AlertId, Alert>,
}

impl Side {
    fn new(loaded: &Loaded) -> anyhow::Result<Self> {
        let (ready, problems) = fences::ready_sources(loaded);
        super::refuse(&problems)?;
        let zones = ready
            .iter()
            .flat_map(|one| one.zones.iter().map(|zone| (one.spec.id.clone(), zone.clone())));
        let fences =
            fences::load(loaded, zones.collect()).map_err(|problem| super::refused(&problem))?;
        // Whether somebody was reminded then says nothing about the rules.
        let parking = Parking { reminder: Vec::new(), ..loaded.config.rules.parking.clone() };
        let scenes = scenes::load(loaded).map_err(|problem| super::refused(&problem))?;
        let engine = Engine::new(Arc::new(fences), parking).with_scenes(Arc::new(scenes));
        Ok(Self { engine, sources: BTreeSet::new(), alerts: BTreeMap::new() })
    }

    fn see(&mut self, view: &View) {
        self.sources.insert(view.source.clone());
        let outcomes = self.engine.observe(view);
        self.note(outcomes);
    }

    fn note(&mut self, outcomes: Vec<Outcome>) {
        for outcome in outcomes {
            if let Outcome::Raised(alert) | Outcome::Updated(alert) | Outcome::Ended(alert) =
                outcome
            {
                self.alerts.insert(alert.id, *alert);
            }
        }
    }

    fn finish(mut self) -> BTreeMap<AlertId, Alert> {
        for source in std::mem::take(&mut self.sources) {
            let outcomes = self.engine.finish(&source);
            self.note(outcomes);
        }
        self.alerts
    }
}

/// What the change would have done.
#[derive(Debug, Serialize)]
struct Difference {
    gained: Vec<Alert>,
    lost: Vec<Alert>,
    changed: Vec<Changed>,
    same: usize,
}

#[derive(Debug, Serialize)]
struct Changed {
    before: Alert,
    after: Alert,
}

impl Difference {
    fn between(before: BTreeMap<AlertId, Alert>, after: &BTreeMap<AlertId, Alert>) -> Self {
        let gained =
            after.values().filter(|alert| !before.contains_key(&alert.id)).cloned().collect();
        let (mut lost, mut changed, mut same) = (Vec::new(), Vec::new(), 0);
        for (id, alert) in before {
            match after.get(&id) {
                None => lost.push(alert),
                Some(other) if is_same(&alert, other) => same += 1,
                Some(other) => changed.push(Changed { before: alert, after: other.clone() }),
            }
        }
        Self { gained, lost, changed, same }
    }

    fn print(&self, out: &mut impl std::io::Write, read: &Read) -> std::io::Result<()> {
        writeln!(
            out,
            "{} 个画面 views, {} 行无法读取 lines could not be read",
            read.views, read.broken
        )?;
        writeln!(
            out,
            "预警 alerts: +{} 新增 gained, -{} 消失 lost, ~{} 变化 changed, {} 不变 the same",
            self.gained.len(),
            self.lost.len(),
            self.changed.len(),
            self.same
        )?;
        for (sign, alerts) in [('+', &self.gained), ('-', &self.lost)] {
            for alert in alerts {
                writeln!(out, "{sign} {}", line(alert))?;
            }
        }
        for Changed { before, after } in &self.changed {
            writeln!(out, "~ {}\n  {}", line(before), line(after))?;
        }
        Ok(())
    }
}

/// Everything but the version of fence and rule, which are what changed, and the numbers held against limits.
fn is_same(a: &Alert, b: &Alert) -> bool {
    let facts = |alert: &Alert| {
        let fence = alert.fence.as_ref().map(|fence| (fence.id.clone(), fence.authority));
        (
            alert.raised_at,
            alert.ended_at,
            alert.end_reason,
            alert.queue.clone(),
            alert.severity,
            fence,
        )
    };
    facts(a) == facts(b)
}

fn line(alert: &Alert) -> String {
    let fence = alert.fence.as_ref().map_or("–", |fence| fence.id.as_str());
    let ended = alert.ended_at.map_or_else(|| "–".to_owned(), |at| at.to_string());
    format!(
        "{} {} {} {} {fence} since {} raised {} ended {ended} {}",
        alert.id, alert.rule, alert.source, alert.class, alert.since, alert.raised_at, alert.queue
    )
}
