//! A detector against a labelled set in the layout of COCO.
//!
//! Scores a model on the set's pictures, or given results on their own: then the numbers are those of
//! the official COCO evaluation. What each category of the set is taken for is printed with the figures.

mod look;
mod names;
mod page;
mod score;
mod table;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;
use detector::score::detection::{Coco, CocoImage};
use detector::{Active, Manifest, Masker, Onnx, TileConfig, Tiled};
use domain::Class;
use serde::Serialize;

use self::look::{Latency, Pictures, look};
use self::names::{Meaning, meanings};
use self::score::{Confused, Exam, Row};
use crate::cli;

/// What was found out.
#[derive(Debug, Serialize)]
struct Report {
    set: String,
    split: Option<String>,
    pictures: usize,
    boxes: usize,
    names: Vec<Named>,
    /// Classes that the model tells and the set does not: what it found of them is left out.
    not_in_set: Vec<Class>,
    looked: Option<Looked>,
    min_score: f64,
    rows: Vec<Row>,
    confusion: Vec<Confused>,
}

#[derive(Debug, Serialize)]
struct Named {
    category: String,
    meaning: String,
    boxes: usize,
}

/// Who looked, and how long it took.
#[derive(Debug, Serialize)]
struct Looked {
    #[serde(flatten)]
    active: Active,
    #[serde(flatten)]
    latency: Latency,
    /// Pixels of a tile's side, or else centimetres of ground a pixel of the set shows.
    tile: Option<u32>,
    gsd_cm: Option<f64>,
    /// Inferences a picture, on average.
    looks: f64,
}

/// Where nobody says otherwise, given results count from this score on.
const USUAL_MIN_SCORE: f64 = 0.5;
/// Weaker boxes of a model are not scored: the curve of precision has to end somewhere.
const WEAKEST: f32 = 0.02;

pub(super) fn eval(args: &cli::Detect) -> anyhow::Result<String> {
    let path = args.coco.display();
    let mut set = Coco::read(&super::read(&args.coco)?).with_context(|| format!("`{path}`"))?;
    let results = match &args.detections {
        Some(file) => Some(
            set.results(&super::read(file)?).with_context(|| format!("`{}`", file.display()))?,
        ),
        None => None,
    };
    let meanings = meanings(&set.classes, &args.map)?;
    let pictures = Pictures::of(&args.coco, args.images.as_deref());
    let (exam, looked) = if let Some(found) = results {
        anyhow::ensure!(args.split.is_none(), "--split cannot be used with --detections");
        (Exam::of_results(&set, &meanings, found), None)
    } else {
        if let Some(file) = &args.split {
            split(&mut set, file)?;
        }
        let (exam, looked) = by_model(args, &set, &meanings, &pictures)?;
        (exam, Some(looked))
    };
    let of_model = looked.as_ref().map(|(looked, _)| f64::from(looked.active.min_score));
    let min_score = args.min_score.or(of_model).unwrap_or(USUAL_MIN_SCORE);
    let confusion = exam.confusion(min_score);
    let boxes = |class| set.labels.iter().filter(|label| label.class == class).count();
    let report = Report {
        set: path.to_string(),
        split: args.split.as_ref().map(|file| file.display().to_string()),
        pictures: set.images.len(),
        boxes: set.labels.len(),
        names: (0..set.classes.len())
            .map(|class| Named {
                category: set.classes[class].clone(),
                meaning: meanings[class].to_string(),
                boxes: boxes(class),
            })
            .collect(),
        not_in_set: looked.as_ref().map(|(_, unasked)| unasked.clone()).unwrap_or_default(),
        looked: looked.map(|(looked, _)| looked),
        min_score,
        rows: exam.rows(min_score),
        confusion,
    };
    if let Some(file) = &args.html {
        let html = page::page(&report, &set, &exam, &pictures, masker(args)?)?;
        std::fs::write(file, html).with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    if args.json {
        return Ok(serde_json::to_string_pretty(&report)? + "\n");
    }
    Ok(table::text(&report))
}

/// Pages of errors are handed around: people in them are masked, as in everything that is shown.
fn masker(args: &cli::Detect) -> anyhow::Result<Option<Masker>> {
    let config = crate::cmd::load(args.config.as_deref())?.config;
    if !config.privacy.is_on() {
        return Ok(None);
    }
    let dir = args.models_dir.clone().unwrap_or_else(|| config.models_dir());
    let opened = Masker::open(&config.privacy, &config.detector, &dir);
    Ok(Some(opened.context("--html shows pictures, and nothing can be masked")?))
}

/// Lets the model look. Beside the exam: who looked, and classes nobody asked for.
fn by_model(
    args: &cli::Detect,
    set: &Coco,
    meanings: &[Meaning],
    pictures: &Pictures,
) -> anyhow::Result<(Exam, (Looked, Vec<Class>))> {
    let loaded = crate::cmd::load(args.config.as_deref())?;
    let mut config = loaded.config.detector.clone();
    if let Some(model) = &args.model {
        config.model.clone_from(model);
    }
    if let Some(provider) = args.provider {
        config.provider = provider;
    }
    if let Some(threads) = args.threads {
        config.threads = threads;
    }
    let dir = args.models_dir.clone().unwrap_or_else(|| loaded.config.models_dir());
    let manifest = Manifest::load(&dir)?;
    let card = manifest.model(&config.model);
    let operating = config.min_score.or(card.map(|card| card.min_score));
    config.min_score = Some(WEAKEST);
    let mut onnx = Onnx::open(&config, &dir)?;
    onnx.warm_up()?;
    let mut tiled = Tiled::new(onnx, tiles(args)?, std::collections::BTreeMap::new());
    let (seen, latency) = look(set, pictures, &mut tiled, args.gsd)?;
    let known: BTreeSet<Class> =
        card.iter().flat_map(|card| card.classes.iter().map(|entry| entry.class)).collect();
    let known: Vec<Class> = known.into_iter().collect();
    let exam = Exam::of_model(set, meanings, &seen, &known);
    let vehicles = meanings.contains(&Meaning::Vehicle);
    let asked = |class: &Class| {
        (vehicles && class.is_motor_vehicle())
            || exam.classes.iter().any(|scored| scored.name == class.as_str())
    };
    let unasked = known.into_iter().filter(|class| !asked(class)).collect();
    let active = Active { min_score: operating.unwrap_or(WEAKEST), ..tiled.active().clone() };
    let looks = tiled.looks();
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let looks = looks.run as f64 / looks.frames.max(1) as f64;
    let looked = Looked { active, latency, tile: args.tile, gsd_cm: args.gsd, looks };
    Ok((exam, (looked, unasked)))
}

/// Every part of every picture is looked at, and as many as it takes.
fn tiles(args: &cli::Detect) -> anyhow::Result<TileConfig> {
    let config = TileConfig {
        side: args.tile.unwrap_or(0),
        overlap: args.overlap,
        whole: !args.no_whole,
        most: 256,
        ..TileConfig::default()
    };
    let config = config.always();
    match config.validate().into_iter().next() {
        Some((key, problem)) => {
            anyhow::bail!("--{}: {problem}", if key == "side" { "tile" } else { key })
        }
        None => Ok(config),
    }
}

/// Keeps the pictures whose file name, scene, part or flight a line of the file names.
fn split(set: &mut Coco, file: &Path) -> anyhow::Result<()> {
    let text = super::text(file)?;
    let lines = text.lines().map(str::trim);
    let wanted: BTreeSet<&str> =
        lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let named = |image: &CocoImage, line: &str| {
        image.file_name == line || image.groups.iter().any(|group| group == line)
    };
    for &line in &wanted {
        anyhow::ensure!(
            set.images.iter().any(|image| named(image, line)),
            "`{line}` in `{}` is neither a picture nor a scene, part or flight of the set",
            file.display()
        );
    }
    set.keep(|image| wanted.iter().any(|line| named(image, line)));
    anyhow::ensure!(!set.images.is_empty(), "`{}` names no picture", file.display());
    Ok(())
}
