//! What is said about illegal construction.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Construction {
    /// What stands or stood there, newest first.
    List(OfStore),
    /// Places of what was demolished that are to be looked at again, longest due first.
    Due(OfStore),
    /// Record that something was demolished: ends its alert and asks for visits.
    Demolished {
        /// The alert that it is known by.
        alert: domain::AlertId,
        /// Who says so.
        #[arg(long)]
        by: String,
        /// When, RFC 3339. Default: now.
        #[arg(long)]
        at: Option<jiff::Timestamp>,
        #[command(flatten)]
        of: OfStore,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct OfStore {
    /// The configuration file. Default: xunjian.toml if it is there.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// JSON instead of a table.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct EvalConstruction {
    /// A folder of PNG files, each with before, after and the change side by side.
    #[arg(long)]
    pub pairs: PathBuf,
    /// A pixel shows so many centimetres of ground.
    #[arg(long, value_name = "CM", default_value_t = 20.0)]
    pub gsd: f64,
    /// How sure places are, 1 σ in metres: as much is drawn by lot.
    #[arg(long, value_name = "METRES", default_value_t = 1.0)]
    pub sigma: f64,
    /// Which network compares.
    #[arg(long, default_value = "change")]
    pub model: String,
    /// Take rule and detector settings from here.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Where manifest.toml and cache/ are. Default: as configured, else `models`.
    #[arg(long)]
    pub models_dir: Option<PathBuf>,
    /// JSON instead of tables.
    #[arg(long)]
    pub json: bool,
}
