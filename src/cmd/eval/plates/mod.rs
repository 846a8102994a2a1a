//! Plates that are read against labelled ones.
//!
//! Two figures of each: what is told at the operating threshold, where unknown is an answer, and the best guess
//! without one, which says how good the reader is by itself.

mod labels;
mod page;
mod table;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use detector::Part;
use detector::picture;
use detector::plate::{Finder, FoundPlate, PlateConfig, Reader, Reading, Vote};
use detector::score::PlateCounts;
use domain::{Frame, Plate};
use serde::Serialize;

use self::labels::Label;
use crate::cli;

/// What was found out with pictures of one width.
#[derive(Debug, Serialize)]
struct Report {
    sets: Vec<String>,
    part: &'static str,
    /// Wider pictures were made so narrow.
    narrowed_to: Option<u32>,
    min_confidence: f32,
    min_width: u16,
    /// Of finding and reading one plate, milliseconds.
    median_ms: f64,
    found: Option<Found>,
    rows: Vec<Row>,
    #[serde(skip)]
    errors: Vec<Error>,
}

/// How plates were found in streets.
#[derive(Debug, Default, Serialize)]
struct Found {
    labelled: u32,
    /// Of these.
    right: u32,
    /// Found where nothing is labelled.
    extra: u32,
    /// Of these, read as a plate.
    extra_read: u32,
}

/// Plates with something in common.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    /// What is told.
    told: PlateCounts,
    /// The best guess.
    guess: PlateCounts,
}

/// A plate that was read wrong or not at all.
#[derive(Debug)]
struct Error {
    frame: Frame,
    truth: String,
    told: String,
    guess: String,
    confidences: Vec<f32>,
}

/// Where a row of widths begins, pixels.
const WIDTHS: [u16; 8] = [0, 40, 50, 60, 70, 80, 100, 140];

pub(super) fn eval(args: &cli::Plates) -> anyhow::Result<String> {
    let loaded = crate::cmd::load(args.config.as_deref())?;
    let mut config = loaded.config.detector.clone();
    if let Some(min_confidence) = args.min_confidence {
        config.plates.min_confidence = min_confidence;
    }
    if let Some((key, problem)) = config.validate().into_iter().next() {
        anyhow::bail!("`{key}` {problem}");
    }
    let dir = args.models_dir.clone().unwrap_or_else(|| loaded.config.models_dir());
    let mut labels = Vec::new();
    for list in &args.labels {
        labels.extend(labels::read(list, args.part)?);
    }
    let finder = if args.find { Some(Finder::open(&config, &dir)?) } else { None };
    let mut eye = Eye { finder, reader: Reader::open(&config, &dir)?, config: config.plates };
    let widths: Vec<Option<u32>> = match args.width.as_slice() {
        [] => vec![None],
        widths => widths.iter().copied().map(Some).collect(),
    };
    let reports = widths
        .into_iter()
        .map(|width| eye.report(args, &labels, width))
        .collect::<anyhow::Result<Vec<Report>>>()?;
    if let Some(file) = &args.html {
        let html = page::page(&reports)?;
        std::fs::write(file, html).with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    if args.json {
        return Ok(serde_json::to_string_pretty(&reports)? + "\n");
    }
    Ok(reports.iter().map(table::text).collect::<Vec<String>>().join("\n"))
}

/// What looks at the pictures.
struct Eye {
    finder: Option<Finder>,
    reader: Reader,
    config: PlateConfig,
}

/// One answer.
struct Answer {
    width: f32,
    told: Option<Plate>,
    guess: Option<Reading>,
}

impl Eye {
    fn report(
        &mut self,
        args: &cli::Plates,
        labels: &[Label],
        width: Option<u32>,
    ) -> anyhow::Result<Report> {
        let mut rows = Rows::default();
        let (mut errors, mut spent) = (Vec::new(), Vec::new());
        let mut found = self.finder.is_some().then(Found::default);
        for label in labels {
            let mut frame = label.frame()?;
            if let Some(width) = width {
                frame = picture::narrowed(&frame, width)?;
            }
            let begun = Instant::now();
            let answer = self.answer(&frame, label, found.as_mut())?;
            spent.push(begun.elapsed());
            rows.add(label, &answer);
            errors.extend(answer.error(frame, label));
        }
        Ok(Report {
            sets: args.labels.iter().map(|list| list.display().to_string()).collect(),
            part: match args.part {
                cli::Part::All => "all",
                cli::Part::Odd => "odd",
                cli::Part::Even => "even",
            },
            narrowed_to: width,
            min_confidence: self.config.min_confidence,
            min_width: self.config.min_width,
            median_ms: median_ms(&spent),
            found,
            rows: rows.in_order(),
            errors,
        })
    }

    fn answer(
        &mut self,
        frame: &Frame,
        label: &Label,
        found: Option<&mut Found>,
    ) -> anyhow::Result<Answer> {
        #[expect(clippy::cast_precision_loss, reason = "sides are far below 2^24")]
        let whole = frame.size.width as f32;
        let (width, guess) = match (&mut self.finder, found) {
            (Some(finder), Some(found)) => {
                let plates = finder.find(frame, Part::whole(frame.size))?;
                let at = plates.iter().position(|one| label.is_at(one));
                found.labelled += 1;
                found.right += u32::from(at.is_some());
                for (index, one) in plates.iter().enumerate() {
                    if Some(index) != at {
                        found.extra += 1;
                        let read = self.reader.read(frame, one)?;
                        found.extra_read += u32::from(told(read.as_ref(), &self.config).is_some());
                    }
                }
                match at.map(|at| plates[at]) {
                    Some(one) => (one.width(), self.reader.read(frame, &one)?),
                    None => (0.0, None),
                }
            }
            _ => (whole, self.reader.read_whole(frame)?),
        };
        Ok(Answer { width, told: told(guess.as_ref(), &self.config), guess })
    }
}

/// What one look is enough to tell.
fn told(reading: Option<&Reading>, config: &PlateConfig) -> Option<Plate> {
    let mut vote = Vote::new();
    vote.add(reading?);
    vote.plate(config.min_confidence)
}

impl Label {
    /// Whether the plate lies where the label says; anywhere where it does not say.
    fn is_at(&self, plate: &FoundPlate) -> bool {
        let Some(corners) = self.corners else { return true };
        let middle = |at: fn(&detector::plate::Point) -> f32| {
            plate.corners.iter().map(at).sum::<f32>() / 4.0
        };
        let inside = |axis: usize, value: f32| {
            let side = corners.map(|corner| corner[axis]);
            let least = side.iter().copied().fold(f32::INFINITY, f32::min);
            let most = side.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            (least..=most).contains(&value)
        };
        inside(0, middle(|point| point.x)) && inside(1, middle(|point| point.y))
    }
}

impl Answer {
    fn texts(&self) -> (String, String) {
        let told = self.told.as_ref().map(|plate| plate.full().to_owned()).unwrap_or_default();
        let guess = self.guess.iter().flat_map(|reading| &reading.characters);
        (told, guess.map(|(character, _)| character).collect())
    }

    fn error(&self, frame: Frame, label: &Label) -> Option<Error> {
        let (told, guess) = self.texts();
        let confidences = self.guess.iter().flat_map(|reading| &reading.characters);
        let confidences = confidences.map(|(_, confidence)| *confidence).collect();
        let mut counts = PlateCounts::default();
        counts.add(&label.text, &told);
        (counts.exact == 0).then(|| Error {
            frame,
            truth: label.text.clone(),
            told,
            guess,
            confidences,
        })
    }
}

/// Rows as they are printed: all, then colours, then widths.
#[derive(Default)]
struct Rows(std::collections::BTreeMap<(u16, String), (PlateCounts, PlateCounts)>);

impl Rows {
    fn add(&mut self, label: &Label, answer: &Answer) {
        let (told, guess) = answer.texts();
        let colour = label.colour.map_or("colour not labelled", domain::PlateColour::as_str);
        let at = WIDTHS.iter().rposition(|&from| f32::from(from) <= answer.width).unwrap_or(0);
        let width = match WIDTHS.get(at + 1) {
            Some(to) => format!("{} to {} px", WIDTHS[at], to - 1),
            None => format!("{} px and more", WIDTHS[at]),
        };
        for key in [(0, "all".to_owned()), (1, colour.to_owned()), (2 + WIDTHS[at], width)] {
            let (all_told, all_guess) = self.0.entry(key).or_default();
            all_told.add(&label.text, &told);
            all_guess.add(&label.text, &guess);
        }
    }

    fn in_order(self) -> Vec<Row> {
        self.0.into_iter().map(|((_, name), (told, guess))| Row { name, told, guess }).collect()
    }
}

fn median_ms(spent: &[Duration]) -> f64 {
    let mut ms: Vec<f64> = spent.iter().map(|spent| spent.as_secs_f64() * 1e3).collect();
    super::quantile(&mut ms, 0.5).unwrap_or(0.0)
}
