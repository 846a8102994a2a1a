//! `xunjian models`: what the manifest offers, and whether it is here and what it says it is.

use std::io::Write as _;
use std::process::{Command, ExitCode};

use anyhow::Context as _;
use detector::{Config, Manifest, Network, Onnx, choose};

use crate::cli;

pub(crate) fn run(args: &cli::Models) -> anyhow::Result<ExitCode> {
    match args {
        cli::Models::List(dir) => list(dir),
        cli::Models::Verify(dir) => verify(dir),
        cli::Models::Fetch { ids, dir } => fetch(ids, dir),
    }
}

fn list(args: &cli::ModelsDir) -> anyhow::Result<ExitCode> {
    let manifest = Manifest::load(&args.models_dir)?;
    let mut out = std::io::stdout().lock();
    for card in manifest.models() {
        let here = match card.verify(&args.models_dir) {
            Ok(()) => "here",
            Err(_) => "not here, or not as in the manifest",
        };
        let input = &card.input;
        writeln!(out, "{:<22} {}x{}  {here}", card.id, input.width, input.height)
            .context("cannot print")?;
    }
    for card in manifest.networks() {
        let here = match card.verify(&args.models_dir) {
            Ok(()) => "here",
            Err(_) => "not here, or not as in the manifest",
        };
        writeln!(out, "{:<22} {:<8} {here}", card.id, card.does.as_str())
            .context("cannot print")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Every file by its hash, and every model that is there by what it takes and gives.
fn verify(args: &cli::ModelsDir) -> anyhow::Result<ExitCode> {
    let manifest = Manifest::load(&args.models_dir)?;
    let mut out = std::io::stdout().lock();
    let mut sound = true;
    for (name, result) in manifest.verify(&args.models_dir) {
        let told = match result {
            Err(error) => Err(anyhow::Error::from(error)),
            Ok(()) if manifest.model(&name).is_some() => opens(&name, args),
            Ok(()) if manifest.network(&name).is_some() => {
                Network::open(&name, &Config::default(), &args.models_dir)
                    .map(|_| ())
                    .map_err(Into::into)
            }
            Ok(()) => Ok(()),
        };
        sound &= told.is_ok();
        let told =
            told.map_or_else(|error| format!("{error:#}"), |()| "as in the manifest".to_owned());
        writeln!(out, "{name}: {told}").context("cannot print")?;
    }
    match choose(&Config::automatic(), &manifest, &args.models_dir) {
        Ok(choice) => writeln!(out, "they run on {}", choice.shown()).context("cannot print")?,
        Err(error) => {
            sound = false;
            writeln!(out, "they cannot run: {:#}", anyhow::Error::from(error))
                .context("cannot print")?;
        }
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(super::PROBLEMS) })
}

/// Opening a model compares its tensors and classes with the manifest.
fn opens(model: &str, args: &cli::ModelsDir) -> anyhow::Result<()> {
    let config = Config { model: model.to_owned(), ..Config::default() };
    Onnx::open(&config, &args.models_dir)?;
    Ok(())
}

/// The downloading and converting is Python's: the models come as TensorFlow.js graphs.
fn fetch(ids: &[String], args: &cli::ModelsDir) -> anyhow::Result<ExitCode> {
    let script = args.models_dir.join("fetch.py");
    let mut command = Command::new("python3");
    command.arg(&script);
    if !ids.is_empty() {
        command.arg("--only").args(ids);
    }
    let status =
        command.status().with_context(|| format!("cannot run python3 {}", script.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
