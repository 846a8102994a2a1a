//! `xunjian check`: every problem of the configuration, with file, line and key.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use detector::{Manifest, OpenError, Provider, choose};

use super::{fences, scenes};
use crate::cli;
use crate::config::{Loaded, Source};
use crate::observations::Listened;
use crate::problem::Problem;
use crate::sources::Ready;

pub(crate) fn run(args: &cli::Check) -> anyhow::Result<ExitCode> {
    let path = args.config.clone().unwrap_or_else(|| super::DEFAULT_FILE.into());
    let (problems, notes) = match Loaded::read(&path) {
        Ok(loaded) => check(&loaded, args.offline),
        Err(problem) => (vec![problem], Vec::new()),
    };
    let mut out = std::io::stdout().lock();
    for line in notes {
        writeln!(out, "{line}").context("cannot print")?;
    }
    for problem in &problems {
        writeln!(out, "{problem}").context("cannot print")?;
    }
    if problems.is_empty() {
        writeln!(out, "{}: no problem found", path.display()).context("cannot print")?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::from(super::PROBLEMS))
}

fn check(loaded: &Loaded, offline: bool) -> (Vec<Problem>, Vec<String>) {
    let mut problems = loaded.problems();
    let mut notes = Vec::new();
    let (ready, found) = fences::ready_sources(loaded);
    problems.extend(found);
    notes.extend(ready.iter().filter_map(survey_note));
    let (listened, found) = Listened::all(loaded);
    problems.extend(found);
    let zones = ready
        .iter()
        .flat_map(|source| source.zones.iter().map(|zone| (source.spec.id.clone(), zone.clone())));
    let told = listened
        .iter()
        .flat_map(|source| source.zones.iter().map(|zone| (source.id.clone(), zone.clone())));
    match fences::load(loaded, zones.chain(told).collect()) {
        Err(problem) => problems.push(problem),
        Ok(fences) => {
            notes.push(format!("fences: {}", fences.all().len()));
            match fences::permits(loaded, &fences) {
                Ok(permits) if permits.all().is_empty() => {}
                Ok(permits) => notes.push(format!("permits: {}", permits.all().len())),
                Err(problem) => problems.push(problem),
            }
            let told = listened.iter().filter_map(Listened::position);
            let places: Vec<_> = ready
                .iter()
                .filter_map(|source| source.surveyed.as_ref()?.position)
                .chain(told)
                .collect();
            problems.extend(fences::wrong_datum(&fences, &places).into_iter().map(|(fence, m)| {
                let message = format!(
                    "fence `{}` lies {m:.0} m off every source and would be near one in GCJ-02: set its property `datum` to \"GCJ-02\"",
                    fence.id
                );
                loaded.problem("rules.fences", message)
            }));
        }
    }
    match scenes::load(loaded) {
        Err(problem) => problems.push(problem),
        Ok(scenes) => {
            let reports = scenes.test();
            notes.extend(reports.iter().filter_map(scenes::success));
            if !scenes.is_empty() {
                notes.push(scenes::note(&scenes, &reports));
            }
            let failed = reports.iter().filter_map(scenes::failure);
            problems.extend(failed.map(|told| loaded.problem("rules.files", told)));
        }
    }
    problems.extend(check_models(loaded));
    match provider_note(loaded) {
        Ok(note) => notes.extend(note),
        Err(problem) => problems.push(problem),
    }
    notes.push(privacy_note(loaded));
    notes.extend(loaded.config.source.iter().filter_map(purpose_note));
    if !offline {
        problems.extend(ready.iter().filter_map(|source| check_source(loaded, source)));
    }
    (problems, notes)
}

fn survey_note(source: &Ready) -> Option<String> {
    let residual = &source.surveyed.as_ref()?.camera.survey().residual;
    let id = &source.spec.id;
    Some(match (residual.leave_one_out_m, &residual.worst) {
        (Some(rms), Some((name, miss))) => {
            format!(
                "survey of `{id}`: leave-one-out residual {rms:.2} m; worst point `{name}` {miss:.2} m"
            )
        }
        _ => format!(
            "survey of `{id}`: 4 points, whose accuracy cannot be judged; measure 6 or more"
        ),
    })
}

fn purpose_note(source: &Source) -> Option<String> {
    let plates = if source.read_plates { "are read" } else { "are not read" };
    let purpose = source.purpose.as_ref()?;
    Some(format!("purpose of `{}`: {purpose}; plates {plates}", source.id))
}

fn check_models(loaded: &Loaded) -> Vec<Problem> {
    let dir = loaded.config.models_dir();
    let wanted = &loaded.config.detector.model;
    let manifest = match Manifest::load(&dir) {
        Ok(manifest) => manifest,
        Err(error) => {
            return vec![loaded.problem("models_dir", format!("{:#}", anyhow::Error::from(error)))];
        }
    };
    if manifest.model(wanted).is_none() {
        let known: Vec<&str> = manifest.models().iter().map(|card| card.id.as_str()).collect();
        let message = format!("no model `{wanted}`; there are: {}", known.join(", "));
        return vec![loaded.problem("detector.model", message)];
    }
    let faults = manifest.verify(&dir).into_iter().filter_map(|(name, result)| {
        let key = key_of(loaded, &manifest, &name)?;
        Some(loaded.problem(key, format!("{:#}", anyhow::Error::from(result.err()?))))
    });
    faults.collect()
}

/// The key that asks for a file of the manifest, if any does.
fn key_of(loaded: &Loaded, manifest: &Manifest, name: &str) -> Option<&'static str> {
    let masks = loaded.config.privacy.mask.iter().any(|kind| kind.network() == Some(name));
    if masks {
        return Some("privacy.mask");
    }
    let reads_plates = !loaded.config.plate_sources().is_empty();
    if reads_plates && detector::plate::NETWORKS.contains(&name) {
        return Some("source.read_plates");
    }
    let other = name != loaded.config.detector.model && manifest.model(name).is_some();
    (!other && manifest.network(name).is_none()).then_some("detector.model")
}

fn privacy_note(loaded: &Loaded) -> String {
    let kinds: Vec<&str> = loaded.config.privacy.mask.iter().map(|kind| kind.as_str()).collect();
    if kinds.is_empty() {
        return "privacy: nothing is masked; everybody who is signed in sees faces and plates"
            .into();
    }
    format!("privacy: {} are masked in what is shown and handed over", kinds.join(", "))
}

/// What will run the models. What is wrong with the models themselves is told elsewhere.
fn provider_note(loaded: &Loaded) -> Result<Option<String>, Problem> {
    let (config, dir) = (&loaded.config.detector, loaded.config.models_dir());
    let Ok(manifest) = Manifest::load(&dir) else { return Ok(None) };
    match choose(config, &manifest, &dir) {
        Ok(choice) => Ok(Some(format!("`{}` runs on {}", config.model, choice.shown()))),
        // A file of a library that every machine needs is among the faults of the models.
        Err(OpenError::File(_)) if config.provider == Provider::Cpu => Ok(None),
        Err(error) => {
            let message = format!("{:#}", anyhow::Error::from(error));
            Err(loaded.problem("detector.provider", message))
        }
    }
}

fn check_source(loaded: &Loaded, source: &Ready) -> Option<Problem> {
    let error = ingest::probe(&source.spec.input).err()?;
    let key = format!("source.{}.url", source.spec.id);
    Some(loaded.problem(&key, format!("{:#}", anyhow::Error::from(error))))
}
