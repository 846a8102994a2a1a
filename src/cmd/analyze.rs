//! `xunjian analyze`: recordings in, alerts and evidence out, once.
//!
//! One input after the other through the same road as `serve`, every frame looked at. Ids and times come
//! from the material, so analysing it again gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use domain::{Alert, Clock, SourceId, SourceState, SourceStatus, SystemClock};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ingest::{Input, Pace, SegmentDir, SourceSpec, Start};
use rules::{Engine, Parking};
use serde::Serialize;
use store::{AlertFilter, Store};
use tokio_util::sync::CancellationToken;

use super::{fences, scenes, serve};
use crate::cli;
use crate::config::Loaded;
use crate::flights;
use crate::pipeline::{self, Parts, Stages};
use crate::reading::{End, Road};
use crate::reminders::Reminded;
use crate::sources::{Board, Extent, Ready};
use crate::stage::clip::Cutter;
use crate::stage::inbox::Inbox;
use crate::stage::judge::Court;
use crate::stage::look::Tally;
use crate::stage::record::{Recorder, Whose};
use crate::stage::viewlog::ViewLog;
use crate::{detectors, masking, report, spent, supervise};

pub(crate) fn run(args: &cli::Analyze) -> anyhow::Result<ExitCode> {
    let mut loaded = match &args.config {
        Some(path) => super::load(Some(path))?,
        None => Loaded::default(),
    };
    if args.config.is_none() {
        loaded.config.rules.parking.dwell = Duration::from_secs(10);
    }
    super::overrule(&mut loaded, &args.unsurveyed)?;
    let (configured, problems) = fences::ready_sources(&loaded);
    super::refuse(&problems)?;
    let mut ids = BTreeSet::new();
    let paths: Vec<PathBuf> = args.inputs.iter().map(PathBuf::from).collect();
    if args.unsurveyed.zone.is_empty() && !known(&configured, &paths) && flights::is_flight(&paths)
    {
        let paths: Vec<PathBuf> = paths.iter().flat_map(|p| flights::with_telemetry(p)).collect();
        return super::flight::analyze(args, &loaded, &paths);
    }
    let inputs = args.inputs.iter().map(|text| {
        let input = Input::parse(text).with_context(|| format!("cannot analyse `{text}`"))?;
        ready(input, &configured, &args.unsurveyed.zone, &mut ids)
    });
    let inputs = inputs.collect::<anyhow::Result<Vec<_>>>()?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(analyze(args, loaded, inputs))
}

/// Whether the configuration has a source for every one of them.
fn known(configured: &[Ready], paths: &[PathBuf]) -> bool {
    paths.iter().all(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        name.is_some() && configured.iter().any(|ready| file_name(&ready.spec.input) == name)
    })
}

/// The source of the configuration that reads a file of this name, else one nobody surveyed.
fn ready(
    input: Input,
    configured: &[Ready],
    zone: &[f64],
    ids: &mut BTreeSet<SourceId>,
) -> anyhow::Result<Ready> {
    let known = configured.iter().find(|ready| file_name(&ready.spec.input) == file_name(&input));
    if let Some(known) = known.filter(|known| !ids.contains(&known.spec.id)) {
        ids.insert(known.spec.id.clone());
        let start = match known.spec.start {
            Start::Given(at) => Start::Given(at),
            Start::Now | Start::Media => Start::Media,
        };
        let spec = SourceSpec { input, pace: Pace::Every, start, ..known.spec.clone() };
        return Ok(Ready { spec, ..known.clone() });
    }
    let name = file_name(&input).unwrap_or_else(|| input.to_string());
    let id = (1..=100_000)
        .map(|n: u32| if n == 1 { slug(&name) } else { format!("{}-{n}", slug(&name)) })
        .filter_map(|id| SourceId::new(&id).ok())
        .find(|id| !ids.contains(id))
        .context("no id is left for an input")?;
    ids.insert(id.clone());
    let spec = SourceSpec { id, name, input, pace: Pace::Every, start: Start::Media };
    let mut zone = fences::whole_picture(zone)?;
    zone.id = domain::FenceId::new(&format!("picture-{}", ids.len()))?;
    Ok(Ready { spec, surveyed: None, zones: vec![zone] })
}

fn file_name(input: &Input) -> Option<String> {
    match input {
        Input::Rtsp { .. } => None,
        Input::File(path) | Input::Images(path) => {
            path.file_name().map(|name| name.to_string_lossy().into_owned())
        }
    }
}

/// At most 48 characters that are valid in an id.
fn slug(name: &str) -> String {
    let stem = Path::new(name).file_stem().map_or(name.into(), |stem| stem.to_string_lossy());
    let plain: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(48)
        .collect();
    let plain = plain.trim_start_matches('-');
    if plain.is_empty() { "input".to_owned() } else { plain.to_owned() }
}

async fn analyze(
    args: &cli::Analyze,
    loaded: Loaded,
    inputs: Vec<Ready>,
) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    ingest::init().context("cannot use GStreamer")?;
    let places = Places::new(args.out.as_deref(), args.views.clone())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let config = store::Config {
        database: places.scratch.path().join("alerts.db"),
        evidence: places.evidence.clone(),
        ..loaded.config.store.clone()
    };
    let store = Store::open(&config, Arc::clone(&clock)).await.context("cannot open the store")?;
    let looked = look_at_all(&loaded, &inputs, &store, &places, Arc::clone(&clock), begun).await?;
    let alerts = all_alerts(&store).await?;
    if args.json {
        print(alerts.iter())?;
    }
    if let Some(out) = &args.out {
        let shown = masking::mask_all(&loaded.config, &store, &alerts, clock).await?;
        report::write(out, &store, shown, &alerts, &looked.statuses).await?;
    }
    if args.summary {
        print(std::iter::once(&Summary::new(&looked, alerts.len())))?;
    }
    store.close().await.context("cannot close the store")?;
    Ok(if looked.unreadable() { ExitCode::from(super::PROBLEMS) } else { ExitCode::SUCCESS })
}

/// Where a run keeps what, some of it only while it runs.
struct Places {
    scratch: tempfile::TempDir,
    evidence: PathBuf,
    /// Where views are written down.
    views: Option<PathBuf>,
}

impl Places {
    fn new(out: Option<&Path>, views: Option<PathBuf>) -> anyhow::Result<Self> {
        let scratch = tempfile::tempdir().context("cannot make a temporary folder")?;
        let evidence = match out {
            None => scratch.path().join("evidence"),
            Some(out) => {
                std::fs::create_dir_all(out)
                    .with_context(|| format!("cannot make the folder `{}`", out.display()))?;
                out.join("evidence")
            }
        };
        Ok(Self { scratch, evidence, views })
    }
}

/// What came of a run.
struct Looked {
    tally: Tally,
    startup: Duration,
    seconds: f64,
    cpu_seconds: Option<f64>,
    statuses: Vec<SourceStatus>,
}

impl Looked {
    fn unreadable(&self) -> bool {
        self.statuses.iter().any(|status| status.state == SourceState::Failed)
    }
}

async fn look_at_all(
    loaded: &Loaded,
    inputs: &[Ready],
    store: &Store,
    places: &Places,
    clock: Arc<dyn Clock>,
    begun: Instant,
) -> anyhow::Result<Looked> {
    let config = &loaded.config;
    let zones =
        inputs.iter().flat_map(|i| i.zones.iter().map(|zone| (i.spec.id.clone(), zone.clone())));
    let fences =
        fences::load(loaded, zones.collect()).map_err(|problem| super::refused(&problem))?;
    let count = config.sessions(usize::MAX);
    let (detectors, model) = detectors::open(&config.detector, &config.models_dir(), count)?;
    // Whoever is seen in a recording has long driven off, or has not: there is nobody to remind.
    let parking = Parking { reminder: Vec::new(), ..config.rules.parking.clone() };
    let scenes = scenes::load(loaded).map_err(|problem| super::refused(&problem))?;
    let mut engine = Engine::new(Arc::new(fences), parking).with_scenes(Arc::new(scenes));
    for input in inputs {
        engine.resume(input.spec.id.clone(), input.spec.name.clone(), &[]);
    }
    let segments = SegmentDir::new(
        places.scratch.path().join("segments"),
        KEEP,
        config.ingest.segment_max_bytes,
    )?;
    let cutter = Cutter::new(segments.clone(), places.scratch.path().join("clips"))
        .context("cannot make a folder for clips")?;
    let parts = Parts {
        sights: None,
        detectors: detectors::looking(detectors, |onnx| config.tiled(onnx)),
        share: config.share(),
        tracker: config.detector.tracker.clone(),
        flights: BTreeMap::new(),
        court: Court {
            eyes: serve::eyes(inputs),
            engine,
            plates: serve::plates(loaded)?,
            memory: None,
            fences: None,
            reminded: Reminded::default(),
            keepsake: None,
            log: places
                .views
                .clone()
                .map(|folder| ViewLog::new(folder, Duration::ZERO, Duration::MAX)),
        },
        recorder: Recorder::new(
            store.clone(),
            Some(cutter),
            serve::manifest(loaded, &model),
            config.rules.merge.clone(),
            Whose::Cameras,
        ),
    };
    let (inbox, stop, mut stages) =
        (Arc::new(Inbox::default()), CancellationToken::new(), Stages::new());
    let ends = pipeline::start(&inbox, parts, &mut stages);
    let (startup, started, used) = (begun.elapsed(), Instant::now(), spent::cpu_seconds());
    let reading = {
        let (inbox, stop, inputs) = (Arc::clone(&inbox), stop.clone(), inputs.to_vec());
        let ingest = config.ingest.clone();
        async move { read_in_turn(&inputs, &inbox, segments, clock, &ingest, &stop).await }
    };
    let ((statuses, end), outcome) = tokio::join!(reading, supervise::supervise(stages, stop));
    outcome?;
    anyhow::ensure!(end == End::Reached, "interrupted: not everything was looked at");
    let tally = ends.tally.await.context("the detector ended without a tally")?;
    let cpu_seconds = spent::cpu_seconds().zip(used).map(|(now, then)| now - then);
    Ok(Looked { tally, startup, seconds: started.elapsed().as_secs_f64(), cpu_seconds, statuses })
}

/// Encoded video of a whole recording is kept until its clips are cut.
const KEEP: Duration = Duration::from_hours(24);

/// Each input is read to its end before the next begins; the end of the last lets the road drain.
async fn read_in_turn(
    inputs: &[Ready],
    inbox: &Arc<Inbox>,
    segments: SegmentDir,
    clock: Arc<dyn Clock>,
    config: &ingest::Config,
    stop: &CancellationToken,
) -> (Vec<SourceStatus>, End) {
    let mut statuses = Vec::new();
    let mut end = End::Reached;
    let road = Road { inbox, segments, clock, config, stop };
    for input in inputs {
        let bar = progress(&input.spec);
        let (status, how) = road.read(input, Extent::Whole, |board| show(&bar, board)).await;
        finish(&bar, status.as_ref());
        statuses.extend(status);
        if how == End::Interrupted {
            end = how;
        }
    }
    stop.cancel();
    inbox.close();
    (statuses, end)
}

fn progress(spec: &SourceSpec) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let probed = ingest::probe(&spec.input).ok();
    let frames = probed.and_then(|p| Some(p.duration?.as_secs_f64() * p.frame_rate?));
    let target = ProgressDrawTarget::stderr();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of frames"
    )]
    let bar = match frames {
        Some(frames) => ProgressBar::with_draw_target(Some(frames.max(1.0) as u64), target),
        None => ProgressBar::with_draw_target(None, target),
    };
    let style =
        ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} frames, {per_sec}, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style).with_message(spec.name.clone())
}

fn show(bar: &ProgressBar, board: &Board) {
    if let Some(status) = board.statuses().first() {
        bar.set_position(status.frames);
    }
}

fn finish(bar: &ProgressBar, status: Option<&SourceStatus>) {
    bar.finish_and_clear();
    let Some(status) = status else { return };
    if status.state == SourceState::Failed {
        tracing::error!(input = status.name, "{}", status.detail);
    } else if !status.detail.is_empty() {
        tracing::warn!(input = status.name, frames = status.frames, "{}", status.detail);
    } else {
        tracing::info!(input = status.name, frames = status.frames, "read to its end");
    }
}

/// In the order of their source, then time.
async fn all_alerts(store: &Store) -> anyhow::Result<Vec<Alert>> {
    let mut alerts = Vec::new();
    let mut filter = AlertFilter { limit: 200, ..AlertFilter::default() };
    loop {
        let page = store.alerts(&filter).await.context("cannot read the alerts")?;
        alerts.extend(page.items);
        filter.cursor = page.next;
        if filter.cursor.is_none() {
            break;
        }
    }
    alerts.sort_by(|a, b| (&a.source, a.raised_at, a.id).cmp(&(&b.source, b.raised_at, b.id)));
    Ok(alerts)
}

/// The last line of `--summary`.
#[derive(Serialize)]
struct Summary {
    frames: u64,
    /// From the first input opened to the last alert recorded; loading the model is not in it.
    seconds: f64,
    /// Of the processor, in the same time.
    cpu_seconds: Option<f64>,
    /// Before: loading the model, mostly.
    startup_seconds: f64,
    fps: f64,
    alerts: usize,
    tracks: u64,
    /// Tracks by class.
    vehicles: std::collections::BTreeMap<&'static str, u64>,
}

impl Summary {
    fn new(looked: &Looked, alerts: usize) -> Self {
        let Looked { tally, seconds, cpu_seconds, startup, .. } = looked;
        #[expect(clippy::cast_precision_loss, reason = "frames are counted far below 2^52")]
        let fps = tally.frames as f64 / seconds;
        Self {
            frames: tally.frames,
            seconds: *seconds,
            cpu_seconds: *cpu_seconds,
            startup_seconds: startup.as_secs_f64(),
            fps,
            alerts,
            tracks: tally.by_class.values().sum(),
            vehicles: tally.by_class.iter().map(|(class, n)| (class.as_str(), *n)).collect(),
        }
    }
}

/// JSON lines on stdout.
fn print<'a, T: Serialize + 'a>(values: impl Iterator<Item = &'a T>) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    for value in values {
        serde_json::to_writer(&mut stdout, value).context("cannot print JSON")?;
        stdout.write_all(b"\n").context("cannot print JSON")?;
    }
    stdout.flush().context("cannot print JSON")
}
