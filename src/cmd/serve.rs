//! `xunjian serve`: watch, judge, show, deliver, until told to stop.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use dashboard::{Context, Delivery, Intake, Masking, Readiness, Sources};
use domain::{Clock, LonLat, SourceId, SourceStatus, SystemClock};
use ingest::{Input, Pace, SegmentDir, SourceSpec, Start};
use metrics_exporter_prometheus::PrometheusHandle;
use rules::{Engine, Recollection, Zone};
use store::{ManifestContext, Store};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::fences;
use crate::aircraft::{self, Sky};
use crate::cli;
use crate::config::{Config, Loaded};
use crate::flights::{self, Works};
use crate::locate::{Eye, Eyes};
use crate::observations::{self, Ears, Listened, Scenes};
use crate::pipeline::{self, Parts, Stages};
use crate::reload::{self, Live, Material};
use crate::reminders::{self, Reminded};
use crate::sight::Sights;
use crate::sources::{Board, Extent, Ready, To};
use crate::stage::clip::Cutter;
use crate::stage::detect::Share;
use crate::stage::inbox::Inbox;
use crate::stage::judge::Court;
use crate::stage::keepsake::Keepsake;
use crate::stage::look::Seen;
use crate::stage::plates::Plates;
use crate::stage::record::{Recorder, Whose};
use crate::stage::viewlog::ViewLog;
use crate::{coverage, detectors, masking, metric, supervise, terminals, trucks};

pub(crate) fn run(args: &cli::Serve) -> anyhow::Result<ExitCode> {
    let mut loaded = super::load(args.config.as_deref())?;
    super::overrule(&mut loaded, &args.unsurveyed)?;
    let (mut ready, problems) = fences::ready_sources(&loaded);
    super::refuse(&problems)?;
    let (listened, problems) = Listened::all(&loaded);
    super::refuse(&problems)?;
    if let Some(video) = &args.video {
        if args.unsurveyed.dwell.is_none() && !loaded.was_read() {
            loaded.config.rules.parking.dwell = Duration::from_secs(10);
        }
        ready.push(unsurveyed(video, &args.unsurveyed.zone)?);
    }
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(serve(loaded, Watched { ready, listened }))?;
    Ok(ExitCode::SUCCESS)
}

/// A source given on the command line.
fn unsurveyed(video: &str, zone: &[f64]) -> anyhow::Result<Ready> {
    let input = Input::parse(video).with_context(|| format!("cannot watch `{video}`"))?;
    let id = SourceId::new("video").expect("`video` is a valid id");
    let name = input.to_string();
    let spec = SourceSpec { id, name, input, pace: Pace::Realtime, start: Start::Now };
    Ok(Ready { spec, surveyed: None, zones: vec![fences::whole_picture(zone)?] })
}

/// The sources, filmed and told of.
struct Watched {
    ready: Vec<Ready>,
    listened: Vec<Listened>,
}

impl Watched {
    fn zones(&self) -> Vec<(SourceId, Zone)> {
        let of = |id: &SourceId, zones: &[Zone]| -> Vec<_> {
            zones.iter().map(|zone| (id.clone(), zone.clone())).collect()
        };
        let filmed = self.ready.iter().flat_map(|one| of(&one.spec.id, &one.zones));
        filmed.chain(self.listened.iter().flat_map(|one| of(&one.id, &one.zones))).collect()
    }

    fn places(&self) -> Vec<LonLat> {
        let filmed = self.ready.iter().filter_map(|source| source.surveyed.as_ref()?.position);
        filmed.chain(self.listened.iter().filter_map(Listened::position)).collect()
    }

    /// Cameras whose scene changed since they were surveyed have none.
    fn eyes(&self, scenes: &Scenes) -> Eyes {
        let Eyes(mut eyes) = eyes(&self.ready);
        let told = self.listened.iter().filter_map(|source| {
            let camera = source.surveyed.as_ref()?.camera.clone();
            Some((source.id.clone(), Eye::Surveyed(camera)))
        });
        eyes.extend(told);
        eyes.retain(|source, _| !scenes.changed(source));
        Eyes(eyes)
    }

    fn names(&self) -> impl Iterator<Item = (&SourceId, &String)> {
        let filmed = self.ready.iter().map(|source| (&source.spec.id, &source.spec.name));
        filmed.chain(self.listened.iter().map(|source| (&source.id, &source.name)))
    }
}

async fn serve(loaded: Loaded, watched: Watched) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let metrics = metric::install()?;
    ingest::init().context("cannot use GStreamer")?;
    let loaded = Arc::new(loaded);
    let material = Material::new(Arc::clone(&loaded), watched.zones(), watched.places());
    let read = material.read().map_err(|problem| super::refused(&problem))?;
    let (layer, live) = reload::live(read);
    let count = loaded.config.sessions(watched.ready.len());
    let (detectors, model) =
        detectors::open(&loaded.config.detector, &loaded.config.models_dir(), count)?;
    let store = open_store(&loaded, &clock).await?;
    let quiet_after = loaded.config.detector.quiet_after;
    let sights = Arc::new(Sights::new(Arc::clone(&clock), quiet_after));
    let board = Board::watching(Arc::clone(&sights));
    let ears = Ears::new(&loaded, &watched.listened, &store, &clock).await?;
    let eyes = watched.eyes(&ears.scenes);
    let statuses = statuses(&board, &ears);
    let sources = Sources::new(statuses.clone());
    let sky = Sky::default();
    let config = &loaded.config;
    let (stop, mut stages) = (CancellationToken::new(), Stages::new());
    let masking = masking::start(config, &store, &clock, &stop, &mut stages);
    let shown = Shown {
        store: &store,
        clock: &clock,
        sources: &sources,
        fences: &live,
        sky: &sky,
        scenes: &ears.scenes,
    };
    let mut context = shown.context(&model, masking, metrics.clone());
    let receipts = reminders::Desk::new();
    context.intake = intake(&ears, &receipts, config);
    let segments = SegmentDir::new(
        config.segments_dir(),
        config.ingest.segment_keep,
        config.ingest.segment_max_bytes,
    )?;
    let recorder = recorder(&loaded, &store, &model, &segments)?;
    let reminded = Reminded::default();
    let parts = Parts {
        sights: Some(sights),
        detectors: detectors::looking(detectors, |onnx| config.tiled(onnx)),
        share: Share::BySource,
        tracker: config.detector.tracker.clone(),
        flights: BTreeMap::new(),
        court: Court { eyes, ..court(&loaded, &live, &watched, &store, &reminded).await? },
        recorder,
    };

    let inbox = Arc::new(Inbox::default());
    let ends = pipeline::start(&inbox, parts, &mut stages);
    for source in &watched.ready {
        let sources = sources.clone();
        let changed = move |status| sources.changed(status);
        board.start(
            source,
            &To { inbox: &inbox, extent: Extent::Whole },
            Some(segments.clone()),
            changed,
            Arc::clone(&clock),
            &config.ingest,
        );
    }
    stages.spawn(stop_sources(board.clone(), Arc::clone(&inbox), stop.clone()));
    stages.spawn(tell_figures(statuses, sources, metrics, stop.clone()));
    start_outlets(config, context, &stop, &mut stages);
    let to_judge = ends.to_judge.upgrade().context("the judge ended before anything was judged")?;
    stages.spawn(listen_to_sensors(&loaded, ears, (&store, &clock), to_judge, &stop));
    stages.spawn(listen(&loaded, &store, sky, &clock, &stop));
    stages.spawn(follow_reminders(&loaded, receipts, &store, reminded, &clock, &stop));
    start_terminals(&loaded, &live, &store, &clock, &stop, &mut stages).await?;
    let (reading, until) = (reload::watch_files(material, layer, stop.clone()), live);
    stages.spawn(async move { ("fences", reading.await) });
    start_flights(&loaded, until, &store, &clock, &stop, &mut stages);
    let outcome = supervise::supervise(stages, stop).await;
    store.close().await.context("cannot close the store")?;
    outcome
}

/// What clients of the embedded broker may publish.
fn intake(ears: &Ears, receipts: &reminders::Desk, config: &Config) -> Option<Intake> {
    match (ears.intake(config), receipts.intake(config)) {
        (Some(observations), Some(receipts)) => Some(observations.and(receipts)),
        (observations, receipts) => observations.or(receipts),
    }
}

/// Records what comes of cameras.
fn recorder(
    loaded: &Loaded,
    store: &Store,
    model: &dashboard::Model,
    segments: &SegmentDir,
) -> anyhow::Result<Recorder> {
    let config = &loaded.config;
    let cutter = Cutter::new(segments.clone(), config.segments_dir().join("clips"))
        .context("cannot make a folder for clips")?;
    let (manifest, merge) = (manifest(loaded, model), config.rules.merge.clone());
    Ok(Recorder::new(store.clone(), Some(cutter), manifest, merge, Whose::Cameras))
}

/// The store, with somebody who may sign in.
async fn open_store(loaded: &Loaded, clock: &Arc<dyn Clock>) -> anyhow::Result<Store> {
    let store = Store::open(&loaded.config.store, Arc::clone(clock))
        .await
        .context("cannot open the store")?;
    if let Some(password) = dashboard::first_admin(&store).await? {
        print_first_admin(&password)?;
    }
    Ok(store)
}

/// Aircraft are listened to.
fn listen(
    loaded: &Loaded,
    store: &Store,
    sky: Sky,
    clock: &Arc<dyn Clock>,
    stop: &CancellationToken,
) -> impl Future<Output = Ended> + Send + use<> {
    let (config, store) = (loaded.config.clone(), store.clone());
    let (clock, stop) = (Arc::clone(clock), stop.clone());
    async move { ("aircraft", aircraft::listen(&config, store, sky, clock, &stop).await) }
}

/// Terminals in trucks are listened to, and what they say is judged.
async fn start_terminals(
    loaded: &Arc<Loaded>,
    fences: &Live,
    store: &Store,
    clock: &Arc<dyn Clock>,
    stop: &CancellationToken,
    stages: &mut Stages,
) -> anyhow::Result<()> {
    let (to_judge, heard) = trucks::channel();
    let parts = trucks::Parts { loaded, store, clock, fences, stop };
    trucks::start(&parts, (to_judge.clone(), heard), stages).await?;
    let (loaded, store) = (Arc::clone(loaded), store.clone());
    let (clock, stop) = (Arc::clone(clock), stop.clone());
    stages.spawn(async move {
        ("terminals", terminals::listen(&loaded, store, clock, to_judge, &stop).await)
    });
    Ok(())
}

/// The web, and delivery over MQTT.
fn start_outlets(config: &Config, context: Context, stop: &CancellationToken, stages: &mut Stages) {
    let (web, web_context, web_stop) = (config.dashboard(), context.clone(), stop.clone());
    stages.spawn(async move {
        ("web", dashboard::serve(&web, web_context, web_stop).await.map_err(Into::into))
    });
    let (mqtt, mqtt_stop) = (config.mqtt.clone(), stop.clone());
    stages.spawn(async move {
        ("mqtt", dashboard::deliver(&mqtt, &context, mqtt_stop).await.map_err(Into::into))
    });
}

/// Sensors and other detectors are listened to.
fn listen_to_sensors(
    loaded: &Loaded,
    ears: Ears,
    (store, clock): (&Store, &Arc<dyn Clock>),
    to_judge: mpsc::Sender<Seen>,
    stop: &CancellationToken,
) -> impl Future<Output = Ended> + Send + use<> {
    let (config, store) = (loaded.config.clone(), store.clone());
    let (clock, stop) = (Arc::clone(clock), stop.clone());
    async move {
        let listening = observations::listen(&config, ears, store, clock, to_judge, &stop);
        ("observations", listening.await)
    }
}

/// Receipts of reminders are taken.
fn follow_reminders(
    loaded: &Loaded,
    desk: reminders::Desk,
    store: &Store,
    reminded: Reminded,
    clock: &Arc<dyn Clock>,
    stop: &CancellationToken,
) -> impl Future<Output = Ended> + Send + use<> {
    let (config, store) = (loaded.config.clone(), store.clone());
    let (clock, stop) = (Arc::clone(clock), stop.clone());
    async move {
        let following = reminders::follow(&config, desk, store, clock, reminded, &stop);
        ("reminders", following.await)
    }
}

/// Every source as it is at this moment.
fn statuses(
    board: &Board,
    ears: &Ears,
) -> impl Fn() -> Vec<SourceStatus> + Clone + Send + Sync + use<> {
    let (board, told, scenes) = (board.clone(), ears.told.clone(), ears.scenes.clone());
    move || {
        let all = board.statuses().into_iter().chain(told.statuses());
        all.map(|status| scenes.fill(status)).collect()
    }
}

/// Uploaded flights are looked at beside the cameras.
fn start_flights(
    loaded: &Arc<Loaded>,
    fences: Live,
    store: &Store,
    clock: &Arc<dyn Clock>,
    stop: &CancellationToken,
    stages: &mut Stages,
) {
    let works = Works {
        loaded: Arc::clone(loaded),
        fences,
        store: store.clone(),
        clock: Arc::clone(clock),
        stop: stop.clone(),
    };
    let fetching = works.clone();
    stages.spawn(async move { ("fetch", flights::fetch(fetching).await) });
    stages.spawn(async move { ("flights", flights::work(works).await) });
}

/// What the page and delivery are given.
struct Shown<'a> {
    store: &'a Store,
    clock: &'a Arc<dyn Clock>,
    sources: &'a Sources,
    fences: &'a Live,
    sky: &'a Sky,
    scenes: &'a Scenes,
}

impl Shown<'_> {
    fn context(
        &self,
        model: &dashboard::Model,
        masking: Masking,
        metrics: PrometheusHandle,
    ) -> Context {
        let (fences, clock) = (self.fences.clone(), Arc::clone(self.clock));
        let (model, seen, layer) = (model.clone(), self.fences.clone(), self.fences.clone());
        let (sky, time) = (self.sky.clone(), Arc::clone(self.clock));
        let scenes = self.scenes.clone();
        Context {
            store: self.store.clone(),
            clock: Arc::clone(self.clock),
            sources: self.sources.clone(),
            fences: Arc::new(move || {
                let layer = fences.borrow();
                layer.fences.geojson(clock.now(), layer.refused.as_deref())
            }),
            aircraft: Arc::new(move || sky.now(time.now())),
            coverage: Arc::new(move |asked| {
                let fences = Arc::clone(&seen.borrow().fences);
                coverage::coverage(&fences, asked)
            }),
            masking,
            ready: Arc::new(move || Readiness {
                model: Some(model.clone()),
                problems: Vec::new(),
                warnings: {
                    let layer = layer.borrow();
                    let fences = layer.refused.iter().map(|why| format!("fences: {why}"));
                    fences.chain(scenes.warnings()).collect()
                },
            }),
            metrics,
            delivery: Delivery::default(),
            intake: None,
        }
    }
}

pub(crate) fn eyes(ready: &[Ready]) -> Eyes {
    let surveyed = ready.iter().filter_map(|source| {
        let camera = source.surveyed.as_ref()?.camera.clone();
        Some((source.spec.id.clone(), Eye::Surveyed(camera)))
    });
    Eyes(surveyed.collect())
}

pub(crate) fn plates(loaded: &Loaded) -> anyhow::Result<Plates> {
    let config = &loaded.config;
    Plates::of(config.plate_sources(), &config.detector, &config.models_dir())
        .context("cannot start reading plates")
}

/// The rules, with the alerts that were open and what stood when the program last stopped.
async fn court(
    loaded: &Loaded,
    fences: &Live,
    watched: &Watched,
    store: &Store,
    reminded: &Reminded,
) -> anyhow::Result<Court> {
    let mut kept = BTreeMap::new();
    let layer = fences.borrow().clone();
    let mut engine =
        Engine::new(layer.fences, loaded.config.rules.parking.clone()).with_scenes(layer.scenes);
    for (id, name) in watched.names() {
        let open = store.open_alerts(id).await.context("cannot read the open alerts")?;
        engine.resume(id.clone(), name.clone(), &open);
        let Some(text) = store.recollection(id).await.context("cannot read what stood")? else {
            continue;
        };
        match Recollection::read(&text) {
            Ok(past) => engine.recall(id, past, &open),
            Err(error) => tracing::warn!(source = %id, %error, "what stood is forgotten"),
        }
        kept.insert(id.clone(), text);
    }
    Ok(Court {
        eyes: Eyes::default(),
        engine,
        plates: plates(loaded)?,
        memory: None,
        fences: Some(fences.clone()),
        reminded: reminded.clone(),
        keepsake: Some(Keepsake::new(kept)),
        log: view_log(&loaded.config.rules),
    })
}

/// Views are written down where the configuration says so.
fn view_log(config: &rules::Config) -> Option<ViewLog> {
    let folder = config.record.clone()?;
    Some(ViewLog::new(folder, config.record_every, config.record_keep))
}

pub(crate) fn manifest(loaded: &Loaded, model: &dashboard::Model) -> ManifestContext {
    let parking = &loaded.config.rules.parking;
    let time = |d| humantime_serde::re::humantime::format_duration(d).to_string();
    ManifestContext {
        model_id: model.id.clone(),
        model_sha256: model.sha256.clone(),
        rule_parameters: BTreeMap::from([
            ("dwell".to_owned(), time(parking.dwell)),
            ("grace".to_owned(), time(parking.grace)),
            ("lost_after".to_owned(), time(parking.lost_after)),
            ("rejoin_within".to_owned(), time(parking.rejoin_within)),
            ("still_iou".to_owned(), parking.still_iou.to_string()),
            ("moved_iou".to_owned(), parking.moved_iou.to_string()),
            ("still_m".to_owned(), parking.still_m.to_string()),
            ("moved_m".to_owned(), parking.moved_m.to_string()),
        ]),
        software_version: env!("CARGO_PKG_VERSION").to_owned(),
        config_sha256: loaded.sha256(),
    }
}

/// The password is shown here once and kept nowhere.
fn print_first_admin(password: &str) -> anyhow::Result<()> {
    let text = format!(
        "\n  First start. Sign in as  admin  with the password  {password}\n  首次启动。用户名 admin，密码 {password}（只显示一次）\n\n"
    );
    std::io::stdout().write_all(text.as_bytes()).context("cannot print the first password")
}

type Ended = (&'static str, anyhow::Result<()>);

/// Sources hear the stop; everything behind them drains.
async fn stop_sources(board: Board, inbox: Arc<Inbox>, stop: CancellationToken) -> Ended {
    stop.cancelled().await;
    // Closing first lets go of readers that wait for room.
    inbox.close();
    let stopped = tokio::task::spawn_blocking(move || board.stop()).await;
    ("sources", stopped.context("stopping the sources panicked"))
}

/// Changes of state are told as they happen; the figures now and then.
async fn tell_figures(
    statuses: impl Fn() -> Vec<SourceStatus>,
    sources: Sources,
    metrics: PrometheusHandle,
    stop: CancellationToken,
) -> Ended {
    let mut tick = tokio::time::interval(Duration::from_secs(5));
    loop {
        tokio::select! {
            () = stop.cancelled() => return ("figures", Ok(())),
            _ = tick.tick() => {
                metrics.run_upkeep();
                for status in statuses() {
                    sources.changed(status);
                }
            }
        }
    }
}
