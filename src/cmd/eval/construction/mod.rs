//! The rule of illegal construction on drawn pairs, placed on a grid with a layer of permits.
//!
//! Twice: with the outlines as they were drawn, which shows what the rule decides, and with those that the network
//! finds, which shows both together. What the network does not see is counted by itself.

mod city;
mod pair;
mod score;

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use detector::change::ChangeNet;
use domain::{ChangeFound, ChangeKind, Epoch, SourceId, TimeBasis};
use rules::{Construction, Judged, Site, judge};

use self::city::{Cell, fences, time};
use self::pair::{Pair, Region};
use self::score::Score;
use crate::cli;

pub(super) fn eval(args: &cli::EvalConstruction) -> anyhow::Result<String> {
    let loaded = crate::cmd::load(args.config.as_deref())?;
    let dir = args.models_dir.clone().unwrap_or_else(|| loaded.config.models_dir());
    let mut net = ChangeNet::open(&args.model, &loaded.config.detector, &dir)?;
    let mut rule = loaded.config.rules.construction.clone();
    rule.ground = Construction::default().ground;
    let files = files(args)?;
    let (mut pairs, mut cells) = (Vec::new(), Vec::new());
    for (number, file) in files.iter().enumerate() {
        let pair = Pair::read(file, &mut net, args.gsd)
            .with_context(|| format!("`{}`", file.display()))?;
        let cell = Cell::new(number, pair.side(), args.gsd / 100.0, args.sigma);
        cells.push(cell.context("the city is too large")?);
        pairs.push(pair);
    }
    let fences = fences(&cells)?;
    let mut scores = [Score::new("outlines as drawn"), Score::new("outlines of the network")];
    for (pair, cell) in pairs.iter().zip(&cells) {
        for (score, found) in scores.iter_mut().zip([&pair.drawn, &pair.found]) {
            let judged = |region: &Region| decide(region, cell, &fences, &rule);
            let judged = found.iter().map(judged).collect::<anyhow::Result<Vec<_>>>()?;
            score.add(cell.permit, pair, found, &judged, &rule);
        }
    }
    if args.json {
        return Ok(serde_json::to_string_pretty(&scores)? + "\n");
    }
    let mut text = format!(
        "{} pairs, {} drawn changes; a pixel shows {} cm, places to {} m (1 σ); at least {} m², {} of it\n",
        pairs.len(),
        pairs.iter().map(|pair| pair.drawn.len()).sum::<usize>(),
        args.gsd,
        args.sigma,
        rule.least_m2,
        rule.share
    );
    for score in &scores {
        write!(text, "\n{score}")?;
    }
    Ok(text)
}

fn files(args: &cli::EvalConstruction) -> anyhow::Result<Vec<PathBuf>> {
    let context = || format!("cannot read the folder `{}`", args.pairs.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&args.pairs).with_context(context)? {
        let path = entry.with_context(context)?.path();
        if path.extension().is_some_and(|ending| ending == "png") {
            files.push(path);
        }
    }
    anyhow::ensure!(!files.is_empty(), "no pair (PNG) in `{}`", args.pairs.display());
    files.sort();
    Ok(files)
}

fn decide(
    region: &Region,
    cell: &Cell,
    fences: &rules::Fences,
    config: &Construction,
) -> anyhow::Result<Judged> {
    let epoch = |at: &str| {
        anyhow::Ok(Epoch {
            source: SourceId::new("drawn")?,
            source_name: "drawn".to_owned(),
            at: time(at)?,
            basis: TimeBasis::Capture,
        })
    };
    let outline = cell.outline(&region.rings, region.area).context("no place on earth")?;
    let change = ChangeFound {
        before: epoch(city::BEFORE)?,
        after: epoch(city::AFTER)?,
        outline,
        probability: region.probability,
        kind: ChangeKind::Unknown,
        suppressed: region.suppressed,
        residual_m: None,
    };
    Ok(judge(&change, &Site { fences, known: &[], signs: &[], config }))
}
