//! Masks of change against labelled ones, pixel for pixel, over all pairs together.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use detector::picture;
use detector::score::ChangeCounts;
use serde::Serialize;

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
}

pub(super) fn eval(pairs: &Path, json: bool) -> anyhow::Result<String> {
    let labels = files(&pairs.join("label"))?;
    anyhow::ensure!(!labels.is_empty(), "no label in `{}`", pairs.join("label").display());
    let rows = models(pairs)?
        .into_iter()
        .map(|(model, folder)| row(model, &folder, &labels))
        .collect::<anyhow::Result<Vec<Row>>>()?;
    anyhow::ensure!(!rows.is_empty(), "no folder {PREFIX}NAME with masks in `{}`", pairs.display());
    if json {
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

fn row(model: String, folder: &Path, labels: &BTreeMap<String, PathBuf>) -> anyhow::Result<Row> {
    let masks = files(folder)?;
    let (ours, theirs): (BTreeSet<_>, BTreeSet<_>) =
        (masks.keys().collect(), labels.keys().collect());
    if let Some(name) = ours.symmetric_difference(&theirs).next() {
        let there = if masks.contains_key(*name) { "no label" } else { "no mask" };
        anyhow::bail!(
            "`{name}` has {there}: `{}` and `label` must hold the same pairs",
            folder.display()
        );
    }
    let mut counts = ChangeCounts::default();
    for (name, mask) in &masks {
        let context = || format!("`{name}` of `{model}`");
        let (label, found) = (grey(&labels[name])?, grey(mask)?);
        counts.add(&label, &found).with_context(context)?;
    }
    Ok(Row {
        pairs: masks.len(),
        f1: counts.f1(),
        iou: counts.iou(),
        precision: counts.precision(),
        recall: counts.recall(),
        counts,
        model,
    })
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
    Ok(text)
}
