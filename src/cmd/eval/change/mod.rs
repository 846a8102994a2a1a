//! Masks of change against labelled ones, pixel for pixel, over all pairs together and pair by pair.
//!
//! Masks are given, or a network's. Of a network there are two rows: all that reaches its threshold, and what
//! remains once vehicles, shadows, plants and small regions are taken away.

mod model;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use detector::picture;
use detector::score::ChangeCounts;
use serde::Serialize;

use crate::cli;

/// What folders of masks are called.
const PREFIX: &str = "predict_";

/// One set of masks.
#[derive(Debug, Serialize)]
struct Row {
    model: String,
    pairs: usize,
    #[serde(flatten)]
    counts: ChangeCounts,
    f1: f64,
    iou: f64,
    precision: f64,
    recall: f64,
    each: Vec<Pair>,
}

/// One pair of pictures.
#[derive(Debug, Serialize)]
struct Pair {
    name: String,
    f1: f64,
    iou: f64,
}

/// A byte a pixel, by the name of the pair.
type Masks = BTreeMap<String, Vec<u8>>;

pub(super) fn eval(args: &cli::EvalChange) -> anyhow::Result<String> {
    let pairs = &args.pairs;
    let labels = read_all(&files(&pairs.join("label"))?)?;
    anyhow::ensure!(!labels.is_empty(), "no label in `{}`", pairs.join("label").display());
    let mut rows = Vec::new();
    if let Some(id) = &args.model {
        let looked = model::look(id, args, &labels)?;
        rows.push(row(id.clone(), &looked.all, &labels)?);
        rows.push(row(format!("{id}, kept"), &looked.kept, &labels)?);
        if let Some(file) = &args.html {
            let html = page::page(&rows[0], &looked, &labels)?;
            std::fs::write(file, html)
                .with_context(|| format!("cannot write `{}`", file.display()))?;
        }
    }
    for (name, folder) in models(pairs)? {
        rows.push(row(name, &read_all(&files(&folder)?)?, &labels)?);
    }
    anyhow::ensure!(
        !rows.is_empty(),
        "no folder {PREFIX}NAME with masks in `{}`, and no --model to make some",
        pairs.display()
    );
    if args.json {
        return Ok(serde_json::to_string_pretty(&rows)? + "\n");
    }
    Ok(table(&rows)?)
}

fn models(pairs: &Path) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let named = |path: &PathBuf| {
        let name = path.file_name()?.to_str()?.strip_prefix(PREFIX)?.to_owned();
        path.is_dir().then_some(name)
    };
    let entries = entries(pairs)?.into_iter();
    Ok(entries.filter_map(|path| Some((named(&path)?, path))).collect())
}

fn row(model: String, masks: &Masks, labels: &Masks) -> anyhow::Result<Row> {
    let (ours, theirs): (BTreeSet<_>, BTreeSet<_>) =
        (masks.keys().collect(), labels.keys().collect());
    if let Some(name) = ours.symmetric_difference(&theirs).next() {
        let there = if masks.contains_key(*name) { "no label" } else { "no mask" };
        anyhow::bail!("`{name}` has {there}: `{model}` and `label` must hold the same pairs");
    }
    let mut counts = ChangeCounts::default();
    let mut each = Vec::new();
    for (name, mask) in masks {
        let mut pair = ChangeCounts::default();
        for counts in [&mut counts, &mut pair] {
            counts.add(&labels[name], mask).with_context(|| format!("`{name}` of `{model}`"))?;
        }
        each.push(Pair { name: name.clone(), f1: pair.f1(), iou: pair.iou() });
    }
    Ok(Row {
        pairs: masks.len(),
        f1: counts.f1(),
        iou: counts.iou(),
        precision: counts.precision(),
        recall: counts.recall(),
        counts,
        model,
        each,
    })
}

fn read_all(files: &BTreeMap<String, PathBuf>) -> anyhow::Result<Masks> {
    files.iter().map(|(name, path)| Ok((name.clone(), grey(path)?))).collect()
}

/// A byte a pixel. Masks are grey, so any channel does.
fn grey(path: &Path) -> anyhow::Result<Vec<u8>> {
    let (_, pixels) = picture::read(path)?;
    Ok(pixels.iter().step_by(3).copied().collect())
}

/// By their name without its ending: a label may be a PNG where a mask is a JPEG.
fn files(folder: &Path) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let stem = |path: &PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let entries = entries(folder)?.into_iter().filter(|path| path.is_file());
    Ok(entries.filter_map(|path| Some((stem(&path)?, path))).collect())
}

fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let context = || format!("cannot read the folder `{}`", folder.display());
    let entries = std::fs::read_dir(folder).with_context(context)?;
    entries.map(|entry| Ok(entry.with_context(context)?.path())).collect()
}

fn table(rows: &[Row]) -> Result<String, std::fmt::Error> {
    let width = rows.iter().map(|row| row.model.chars().count()).max().unwrap_or(0).max(5);
    let mut text = String::new();
    writeln!(text, "{:width$} pairs     F1    IoU      P      R", "model")?;
    for row in rows {
        let Row { model, pairs, f1, iou, precision, recall, .. } = row;
        writeln!(text, "{model:width$} {pairs:5} {f1:6.3} {iou:6.3} {precision:6.3} {recall:6.3}")?;
    }
    if let Some(first) = rows.first() {
        let each = first.each.iter();
        let each: Vec<String> =
            each.map(|pair| format!("{} {:.3} / {:.3}", pair.name, pair.f1, pair.iou)).collect();
        writeln!(text, "{}, F1 / IoU of each pair: {}", first.model, each.join(", "))?;
    }
    Ok(text)
}
