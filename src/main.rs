//! Xunjian 巡检: the program. It wires the stages together and decides nothing itself.
//!
//! Exit codes: 0 done; 1 failed; 2 wrong arguments; 3 the configuration has problems, or an input of
//! `analyze` could not be read (the others were).

mod aircraft;
mod cli;
mod cmd;
mod config;
mod coverage;
mod detectors;
mod flights;
mod locate;
mod masking;
mod memory;
mod metric;
mod observations;
mod pipeline;
mod problem;
mod reading;
mod reload;
mod reminders;
mod report;
mod sight;
mod sources;
mod spent;
mod stage;
mod supervise;
mod survey;
mod terminals;
mod trucks;
mod words;

use std::io::{IsTerminal, Write as _};
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::cli::Args;

fn main() -> ExitCode {
    let args = Args::parse();
    memory::cap_arenas();
    start_logging(args.log_json);
    match cmd::run(args) {
        Ok(code) => code,
        Err(error) => {
            complain(&error);
            if error.is::<cmd::ConfigRefused>() {
                return cmd::ConfigRefused::exit_code();
            }
            ExitCode::FAILURE
        }
    }
}

/// Logs go to stderr: stdout belongs to results.
fn start_logging(json: bool) {
    let filter = EnvFilter::try_from_env("XUNJIAN_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,rumqttd=warn,sqlx=warn,ort=warn"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    if json { subscriber.json().init() } else { subscriber.init() }
}

fn complain(error: &anyhow::Error) {
    let written = writeln!(std::io::stderr(), "xunjian: {error:#}");
    if let Err(error) = written {
        tracing::error!(%error, "cannot write to stderr");
    }
}
