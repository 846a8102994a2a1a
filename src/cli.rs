//! What a person can type.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

/// Xunjian 巡检: video in, reviewed enforcement work out.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// Log lines as JSON. What is logged: the variable `XUNJIAN_LOG`, for example `debug`.
    #[arg(long, global = true)]
    pub log_json: bool,
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done; 1 failed; 2 wrong arguments; 3 the configuration has \
    problems, or an input of `analyze` could not be read.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Watch the configured sources, serve the page and the API, deliver alerts over MQTT.
    Serve(Serve),
    /// Look at recordings once: alerts, evidence and a report.
    Analyze(Analyze),
    /// Check configuration, fences, models and sources; name every problem with key, file and line.
    Check(Check),
    /// The detectors.
    #[command(subcommand)]
    Models(Models),
    /// The people who sign in.
    #[command(subcommand)]
    User(User),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// The configuration file. Default: xunjian.toml if it is there.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Watch this file or rtsp:// address, without a survey; nothing may stand anywhere in its picture
    /// longer than `--dwell` (unless `--zone` says where).
    #[arg(long)]
    pub video: Option<String>,
    #[command(flatten)]
    pub unsurveyed: Unsurveyed,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Analyze {
    /// Video files, folders of pictures or rtsp:// addresses.
    #[arg(required = true)]
    pub inputs: Vec<String>,
    /// Take model, rules, and the source of the same file name from here.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Keep evidence, report.html and alerts.jsonl in this folder.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Alerts as JSON lines on stdout.
    #[arg(long)]
    pub json: bool,
    /// A last line of JSON on stdout: frames, seconds, frames per second, vehicles by class.
    #[arg(long)]
    pub summary: bool,
    #[command(flatten)]
    pub unsurveyed: Unsurveyed,
}

/// What holds for video that no configuration knows.
#[derive(Debug, clap::Args)]
pub(crate) struct Unsurveyed {
    /// Where nothing may stand: x,y,x,y,… of the picture, 0..1 from the left and from the top. Default: anywhere.
    #[arg(long, value_delimiter = ',')]
    pub zone: Vec<f64>,
    /// How long a vehicle may stand. Default: as configured, else 10s.
    #[arg(long, value_parser = humantime_serde::re::humantime::parse_duration)]
    pub dwell: Option<Duration>,
    /// The detector. Default: as configured, else nanodet-g.
    #[arg(long)]
    pub model: Option<String>,
    /// Threads of one inference. Default: as configured, else 1.
    #[arg(long)]
    pub threads: Option<u16>,
    /// Where manifest.toml and cache/ are. Default: as configured, else `models`.
    #[arg(long)]
    pub models_dir: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The configuration file. Default: xunjian.toml.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Do not connect to cameras or open files.
    #[arg(long)]
    pub offline: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Models {
    /// What the manifest offers, and what is here.
    List(ModelsDir),
    /// Download and convert: all, or those named.
    Fetch {
        ids: Vec<String>,
        #[command(flatten)]
        dir: ModelsDir,
    },
    /// Compare every file with the manifest.
    Verify(ModelsDir),
}

#[derive(Debug, clap::Args)]
pub(crate) struct ModelsDir {
    /// Where manifest.toml and cache/ are.
    #[arg(long, default_value = "models")]
    pub models_dir: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Add somebody, or with --reset give them a new password. The password is read from stdin, or made up
    /// and printed when stdin is a terminal or empty.
    Add {
        name: String,
        #[arg(long, value_enum, default_value = "reviewer")]
        role: Role,
        #[arg(long)]
        reset: bool,
        /// The configuration file. Default: xunjian.toml if it is there.
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Role {
    Admin,
    Reviewer,
    Viewer,
}
