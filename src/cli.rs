//! What a person can type.

mod construction;
mod eval;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use domain::AlertId;

use crate::words::Language;

pub(crate) use self::construction::{Construction, EvalConstruction, OfStore};
pub(crate) use self::eval::{Detect, Eval, EvalChange, Plates};

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
    problems, or an input of `analyze` or `jt808` could not be read.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Watch the configured sources, serve the page and the API, deliver alerts over MQTT.
    Serve(Serve),
    /// Look at recordings once: alerts, evidence and a report.
    Analyze(Analyze),
    /// What was built between two pictures of one place: photos of a drone, or orthophotos.
    Compare(Compare),
    /// Check configuration, fences, models and sources; name every problem with key, file and line.
    Check(Check),
    /// The detectors.
    #[command(subcommand)]
    Models(Models),
    /// Send what a drone brought back to a running program, as one flight.
    Upload(Upload),
    /// Compare with truth: boxes, changes, plates, positions, tracks.
    #[command(subcommand)]
    Eval(Eval),
    /// What terminals in trucks say (JT/T 808).
    #[command(subcommand)]
    Jt808(Jt808),
    /// Why an alert was raised, what became of it, and what would have changed the decision.
    Explain(Explain),
    /// Judge what cameras saw again by changed rules or fences: alerts gained, lost and changed.
    Replay(Replay),
    /// Places where something was built without a permit, and which are due to be flown over again.
    #[command(subcommand)]
    Construction(Construction),
    /// The people who sign in.
    #[command(subcommand)]
    User(User),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    /// The alert's number, as the page shows it.
    pub alert: AlertId,
    /// Default: both.
    #[arg(long)]
    pub lang: Option<Language>,
    #[arg(long)]
    pub json: bool,
    /// Default: xunjian.toml if it is there.
    #[arg(long)]
    pub config: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Replay {
    /// Files of views, or folders of them: what `[rules] record` or `analyze --views` wrote.
    #[arg(required = true)]
    pub views: Vec<PathBuf>,
    /// The configuration that holds now. Default: xunjian.toml if it is there.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// The configuration that is to hold. Default: the one that holds now.
    #[arg(long)]
    pub with: Option<PathBuf>,
    /// Fences that are to hold, instead of those of `--with`.
    #[arg(long, value_name = "FILE")]
    pub fences: Vec<PathBuf>,
    /// Rule files that are to hold, instead of those of `--with`.
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Jt808 {
    /// Read frames, one in hex on each line; what stands before its first `7e` is passed over. Lines that are no
    /// frame are named and counted.
    Decode {
        file: PathBuf,
        /// One JSON object on each line.
        #[arg(long)]
        json: bool,
    },
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
    /// Video files, folders of pictures or rtsp:// addresses; or flights: folders, zip files or single files
    /// with the telemetry of a drone.
    #[arg(required = true)]
    pub inputs: Vec<String>,
    /// Take model, rules, and the source of the same file name from here.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Keep evidence, report.html and alerts.jsonl in this folder.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Write down in this folder what the rules were told, for `replay`.
    #[arg(long, value_name = "FOLDER")]
    pub views: Option<PathBuf>,
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
    /// What runs the model: auto, cpu, openvino or cuda. Default: as configured, else auto.
    #[arg(long)]
    pub provider: Option<detector::Provider>,
    /// Threads of one inference. Default: as configured, else 1.
    #[arg(long)]
    pub threads: Option<u16>,
    /// Where manifest.toml and cache/ are. Default: as configured, else `models`.
    #[arg(long)]
    pub models_dir: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Upload {
    /// Videos, photos, telemetry, routes, zip files, or folders of them: one flight.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Where the program is, for example `http://127.0.0.1:8080`.
    #[arg(long)]
    pub to: String,
    /// Who uploads. The password is read from stdin, or from the variable `XUNJIAN_PASSWORD`.
    #[arg(long)]
    pub user: String,
    /// What the flight is called. Default: the folder or file that is named first.
    #[arg(long)]
    pub name: Option<String>,
    /// Serial number of the aircraft: what was heard of it live places videos that bring no telemetry.
    #[arg(long, value_name = "SN", conflicts_with = "flight")]
    pub aircraft: Option<String>,
    /// Go on with this flight; what has arrived is not sent again.
    #[arg(long)]
    pub flight: Option<u64>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Compare {
    /// The earlier picture: a photo with or without its pose, a `GeoTIFF`, or a picture with a world file beside it.
    /// Or a folder of photos with poses: then each later photo is compared with the earlier one of its waypoint.
    pub before: PathBuf,
    /// The later picture, or folder. What has changed is told in its pixels.
    pub after: PathBuf,
    /// Write changes.json, a picture of both with the outlines, and, where the place is known, changes.geojson.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// JSON instead of a table.
    #[arg(long)]
    pub json: bool,
    /// A pixel of the later picture shows so many centimetres of ground. Default: what its pose or coordinates tell.
    #[arg(long, value_name = "CM")]
    pub gsd: Option<f64>,
    /// The pictures already lie one over the other, pixel on pixel: they are not moved.
    #[arg(long)]
    pub registered: bool,
    /// How high above the ground what is built ends, metres, good to 1 m. Default: 6, give or take 6.
    #[arg(long, value_name = "METRES")]
    pub above: Option<f64>,
    /// Smaller changes are suppressed, square metres.
    #[arg(long, value_name = "M2", default_value_t = 4.0)]
    pub least: f64,
    /// The coordinate system of world files.
    #[arg(long, value_name = "CODE")]
    pub epsg: Option<u16>,
    /// Hold what was found against fences, permits and the register of the configuration, and record alerts of what may
    /// not be in its store, with both pictures.
    #[arg(long)]
    pub raise: bool,
    /// When the earlier picture was taken, RFC 3339. Default: what a photo says.
    #[arg(long, value_name = "TIME")]
    pub before_at: Option<jiff::Timestamp>,
    /// When the later picture was taken.
    #[arg(long, value_name = "TIME")]
    pub after_at: Option<jiff::Timestamp>,
    /// Which network compares.
    #[arg(long, default_value = "change")]
    pub model: String,
    /// From this probability on a pixel has changed. Default: the network's.
    #[arg(long)]
    pub threshold: Option<f32>,
    /// Which detector finds vehicles, or `none`.
    #[arg(long, default_value = "aerial")]
    pub vehicles: String,
    /// Take detector and flight settings from here.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Threads of one inference. Default: as configured, else 1.
    #[arg(long)]
    pub threads: Option<u16>,
    /// Where manifest.toml and cache/ are. Default: as configured, else `models`.
    #[arg(long)]
    pub models_dir: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    All,
    Odd,
    Even,
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
