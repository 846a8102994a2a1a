//! `xunjian analyze` for what a drone brought back: findings on the ground, coverage, alerts.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use domain::{
    Alert, Clock, Finding, FlightMedia, FlightReport, FlightSummary, FlightWarning, SystemClock,
    WarningCode,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use store::Store;
use tokio_util::sync::CancellationToken;

use super::{fences, scenes};
use crate::cli;
use crate::config::Loaded;
use crate::flights::{self, Gathered, Hangar, Luggage, Radio};
use crate::{masking, report, supervise};

/// What `--json` prints: the report without the points of track and footprints.
#[derive(Serialize)]
struct Printed<'a> {
    summary: &'a FlightSummary,
    media: &'a [FlightMedia],
    warnings: &'a [FlightWarning],
    findings: &'a [Finding],
    off_route_m: Option<f64>,
    alerts: &'a [Alert],
}

/// Looks at `paths` as one flight.
pub(super) fn analyze(
    args: &cli::Analyze,
    loaded: &Loaded,
    paths: &[PathBuf],
) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(async {
        let desk = Desk::open(loaded, args.out.as_deref()).await?;
        let (flown, alerts) = desk.fly(paths).await?;
        if args.json || args.summary {
            let printed = Printed {
                summary: &flown.summary,
                media: &flown.media,
                warnings: &flown.warnings,
                findings: &flown.findings,
                off_route_m: flown.off_route_m,
                alerts: &alerts,
            };
            let line = serde_json::to_string(&printed).context("a result is no JSON")?;
            writeln!(std::io::stdout(), "{line}").context("cannot print")?;
        }
        if let Some(out) = &args.out {
            let clock = Arc::clone(&desk.clock);
            masking::mask_all(&loaded.config, &desk.store, &alerts, clock).await?;
            report::write_flight(out, &name(paths), &flown, &alerts)?;
        }
        desk.close().await?;
        let unreadable = flown.warnings.iter().any(|w| w.code == WarningCode::Unreadable);
        Ok(if unreadable { ExitCode::from(super::PROBLEMS) } else { ExitCode::SUCCESS })
    })
}

/// Looks at one flight for its report alone.
pub(super) fn report_of(paths: &[PathBuf], config: Option<&Path>) -> anyhow::Result<FlightReport> {
    let loaded = super::load(config)?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(async {
        let desk = Desk::open(&loaded, None).await?;
        let (flown, _) = desk.fly(paths).await?;
        desk.close().await?;
        Ok(flown)
    })
}

/// A place to look at a flight once.
struct Desk<'a> {
    loaded: &'a Loaded,
    store: Store,
    clock: Arc<dyn Clock>,
    scratch: tempfile::TempDir,
}

impl<'a> Desk<'a> {
    async fn open(loaded: &'a Loaded, out: Option<&Path>) -> anyhow::Result<Self> {
        ingest::init().context("cannot use GStreamer")?;
        let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
        let evidence = match out {
            None => scratch.path().join("evidence"),
            Some(out) => {
                std::fs::create_dir_all(out)
                    .with_context(|| format!("cannot make the folder `{}`", out.display()))?;
                out.join("evidence")
            }
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let config = store::Config {
            database: scratch.path().join("alerts.db"),
            evidence,
            ..loaded.config.store.clone()
        };
        let store =
            Store::open(&config, Arc::clone(&clock)).await.context("cannot open the store")?;
        Ok(Self { loaded, store, clock, scratch })
    }

    async fn fly(&self, paths: &[PathBuf]) -> anyhow::Result<(FlightReport, Vec<Alert>)> {
        let fences =
            fences::load(self.loaded, Vec::new()).map_err(|problem| super::refused(&problem))?;
        let scenes = scenes::load(self.loaded).map_err(|problem| super::refused(&problem))?;
        let gathered = Gathered::from_paths(paths, self.scratch.path())?;
        let config = &self.loaded.config.flight;
        let resolve = |path: &Path| self.loaded.resolve(path);
        let mut luggage = Luggage::open(&gathered.items, &Radio::SILENT, config, resolve)?;
        luggage.warnings.extend(gathered.warnings);
        let stop = CancellationToken::new();
        let hangar = Hangar {
            loaded: self.loaded,
            fences: Arc::new(fences),
            scenes: Arc::new(scenes),
            store: &self.store,
            clock: Arc::clone(&self.clock),
            scratch: self.scratch.path(),
            resumes: false,
            stop: &stop,
        };
        let source = luggage.source.clone();
        let bar = progress();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share, 0..=1, in thousandths"
        )]
        let tell = |part: f64| bar.set_position((part * 1000.0) as u64);
        let flown =
            supervise::interruptible(flights::fly(&hangar, &name(paths), luggage, tell), &stop)
                .await?;
        bar.finish_and_clear();
        Ok((flown, flights::alerts_of(&self.store, &source).await?))
    }

    async fn close(self) -> anyhow::Result<()> {
        self.store.close().await.context("cannot close the store")
    }
}

fn name(paths: &[PathBuf]) -> String {
    let first = paths.first().and_then(|path| path.file_name());
    first.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn progress() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {percent} %, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::stderr()).with_style(style)
}
