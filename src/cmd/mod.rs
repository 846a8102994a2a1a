//! One file per subcommand.

mod analyze;
mod check;
pub(crate) mod compare;
mod construction;
pub(crate) mod eval;
mod explain;
pub(crate) mod fences;
mod flight;
mod jt808;
mod models;
mod replay;
pub(crate) mod scenes;
mod serve;
mod upload;
mod user;

pub(crate) use serve::manifest;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::cli::{Args, Command, Unsurveyed};
use crate::config::Loaded;
use crate::problem::Problem;

/// The configuration has problems, or an input could not be read.
const PROBLEMS: u8 = 3;
const DEFAULT_FILE: &str = "xunjian.toml";

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Serve(args) => serve::run(&args),
        Command::Analyze(args) => analyze::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Models(args) => models::run(&args),
        Command::Upload(args) => upload::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Jt808(args) => jt808::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Construction(args) => construction::run(&args),
        Command::User(args) => user::run(&args),
    }
}

/// The configuration named, or `xunjian.toml` if it is there, or the defaults.
fn load(path: Option<&Path>) -> anyhow::Result<Loaded> {
    let path = match path {
        Some(path) => path.to_owned(),
        None if Path::new(DEFAULT_FILE).exists() => PathBuf::from(DEFAULT_FILE),
        None => return Ok(Loaded::default()),
    };
    let loaded = Loaded::read(&path).map_err(|problem| refused(&problem))?;
    refuse(&loaded.problems())?;
    Ok(loaded)
}

/// The configuration cannot be used: exit code 3.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has problems:{0}")]
pub(crate) struct ConfigRefused(String);

impl ConfigRefused {
    /// What `main` exits with.
    pub(crate) fn exit_code() -> ExitCode {
        ExitCode::from(PROBLEMS)
    }
}

/// All problems as one error, each on its own line.
fn refuse(problems: &[Problem]) -> anyhow::Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = problems.iter().map(|problem| format!("\n  {problem}")).collect();
    Err(ConfigRefused(lines.concat()).into())
}

fn refused(problem: &Problem) -> ConfigRefused {
    ConfigRefused(format!("\n  {problem}"))
}

/// What the command line says instead of the file; the sum is checked again.
fn overrule(loaded: &mut Loaded, args: &Unsurveyed) -> anyhow::Result<()> {
    let config = &mut loaded.config;
    if let Some(model) = &args.model {
        config.detector.model.clone_from(model);
    }
    if let Some(provider) = args.provider {
        config.detector.provider = provider;
    }
    if let Some(threads) = args.threads {
        config.detector.threads = threads;
    }
    if let Some(dir) = &args.models_dir {
        config.models_dir = Some(dir.clone());
    }
    if let Some(dwell) = args.dwell {
        config.rules.parking.dwell = dwell;
    }
    refuse(&loaded.problems())
}
