//! Drives one flight through the road: every picture of every file, in the order of time.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use detector::Tiled;
use domain::{Alert, Clock, FlightReport, FlightWarning, MediaKind, SourceId};
use ingest::{Input, Pace, SegmentDir, SourceSpec, Start};
use jiff::SignedDuration;
use rules::{Engine, Fences, Scenes};
use store::Store;
use tokio_util::sync::CancellationToken;

use super::account::{self, Landed};
use super::airborne::Airborne;
use super::legs::{Leg, Legs};
use super::luggage::Luggage;
use super::memory::{Counted, Memory};
use crate::cmd::manifest;
use crate::config::Loaded;
use crate::locate::{Eye, Eyes};
use crate::pipeline::{self, Ends, Parts, Stages};
use crate::reading::{End, Road};
use crate::reminders::Reminded;
use crate::sources::{Board, Extent, Ready};
use crate::stage::clip::Cutter;
use crate::stage::detect::Share;
use crate::stage::inbox::Inbox;
use crate::stage::judge::Court;
use crate::stage::plates::Plates;
use crate::stage::record::{Recorder, Whose, is_flight};
use crate::{detectors, supervise};

/// Where flights are looked at.
pub(crate) struct Hangar<'a> {
    pub loaded: &'a Loaded,
    pub fences: Arc<Fences>,
    pub scenes: Arc<Scenes>,
    pub store: &'a Store,
    pub clock: Arc<dyn Clock>,
    /// For encoded video and clips in the making.
    pub scratch: &'a Path,
    /// Whether `scratch` outlives the program, so that a restart goes on with what was not looked at yet.
    pub resumes: bool,
    pub stop: &'a CancellationToken,
}

/// Encoded video of a flight is kept until its clips are cut.
const KEEP: Duration = Duration::from_hours(24 * 365 * 100);

/// Pictures that are older remind nobody.
const FRESH: SignedDuration = SignedDuration::from_hours(1);

/// Looks at a flight. `progress` hears how much of its pictures has been read, 0..=1.
pub(crate) async fn fly(
    hangar: &Hangar<'_>,
    name: &str,
    luggage: Luggage,
    mut progress: impl FnMut(f64),
) -> anyhow::Result<FlightReport> {
    let source = luggage.source.clone();
    let config = &hangar.loaded.config;
    let segments =
        SegmentDir::new(hangar.scratch.join("segments"), KEEP, config.ingest.segment_max_bytes)?;
    let parts = hangar.parts(name, &luggage, &segments).await?;
    let memory = parts.court.memory.clone();
    let (inbox, stop, mut stages) =
        (Arc::new(Inbox::default()), hangar.stop.child_token(), Stages::new());
    let begun = Instant::now();
    let Ends { tally, judged, .. } = pipeline::start(&inbox, parts, &mut stages);
    // Else a photo would tell that this source's video is of a kind that no clips are cut from.
    let aside = SegmentDir::new(hangar.scratch.join("photos"), KEEP, 0)?;
    let [videos, photos] = [segments, aside].map(|segments| Road {
        inbox: &inbox,
        segments,
        clock: Arc::clone(&hangar.clock),
        config: &config.ingest,
        stop: &stop,
    });
    let way = |leg: &Leg| if leg.kind == MediaKind::Photo { &photos } else { &videos };
    let legs = Arc::clone(&luggage.legs);
    let way_through = Legwork { name, source: &source, inbox: &inbox, memory: memory.as_ref() };
    let reading = async {
        let read = way_through.read(way, legs.all(), &mut progress).await;
        stop.cancel();
        inbox.close();
        read
    };
    let ((warnings, end), outcome) = tokio::join!(reading, supervise::drained(stages, &stop));
    outcome?;
    anyhow::ensure!(end == End::Reached, "interrupted: not everything was looked at");
    let tally = tally.await.context("the detector ended without a tally")?;
    let mut judged = judged.await.context("the judge ended without a word")?;
    let (noted, joiner) =
        judged.eyes.landed(&source).context("the flight was lost on its way")?.into_results();
    let alerts = account::alerts_of(hangar.store, &source).await?;
    let landed = Landed {
        noted,
        joiner,
        tally,
        judge: judged.judge,
        whole: begun.elapsed(),
        warnings,
        alerts,
    };
    // Footprints of hours take seconds to join.
    let accounting = tokio::task::spawn_blocking(move || account::report(luggage, landed));
    accounting.await.context("the account panicked")
}

impl Hangar<'_> {
    async fn parts(
        &self,
        name: &str,
        luggage: &Luggage,
        segments: &SegmentDir,
    ) -> anyhow::Result<Parts> {
        let config = &self.loaded.config;
        let mut looking = config.detector.clone();
        looking.model = config.flight.model.clone().unwrap_or(looking.model);
        // Beside cameras, which come first, a flight has one core.
        let useful = if self.resumes { 1 } else { usize::MAX };
        let count = config.sessions(useful);
        let (detectors, model) = detectors::open(&looking, &config.models_dir(), count)?;
        let source = &luggage.source;
        let engine = self.engine(luggage, name).await?;
        let cutter = Cutter::new(segments.clone(), self.scratch.join("clips"))
            .context("cannot make a folder for clips")?;
        let manifest = manifest(self.loaded, &model);
        let whose = Whose::One(source.clone());
        let memory = if self.resumes { Some(self.memory(luggage, &model).await?) } else { None };
        let airborne = Box::new(Airborne::new(Arc::clone(&luggage.legs), Arc::clone(&self.fences)));
        Ok(Parts {
            sights: None,
            detectors: detectors::looking(detectors, |onnx| {
                Tiled::new(onnx, config.detector.tiles.always(), BTreeMap::new())
            }),
            share: Share::InTurn,
            tracker: config.detector.tracker.clone(),
            flights: BTreeMap::from([(source.clone(), Arc::clone(&luggage.legs))]),
            court: Court {
                eyes: Eyes(BTreeMap::from([(source.clone(), Eye::Airborne(airborne))])),
                engine,
                plates: Plates::never(),
                memory,
                fences: None,
                reminded: Reminded::default(),
                keepsake: None,
                log: None,
            },
            recorder: Recorder::new(
                self.store.clone(),
                Some(cutter),
                manifest,
                config.rules.merge.clone(),
                whose,
            ),
        })
    }

    /// The rules, with the alerts of this flight that are open, and those of others that were reminded: this look may
    /// tell what became of them.
    async fn engine(&self, luggage: &Luggage, name: &str) -> anyhow::Result<Engine> {
        let source = &luggage.source;
        let mut open =
            self.store.open_alerts(source).await.context("cannot read the open alerts")?;
        let mut parking = self.loaded.config.rules.parking.clone();
        if self.resumes && self.is_fresh(&luggage.legs) {
            let reminded = self.store.pending_reminders(None).await;
            let reminded = reminded.context("cannot read the reminders")?;
            let of_others = |alert: &Alert| alert.source != *source && is_flight(&alert.source);
            open.extend(reminded.into_iter().filter(of_others));
        } else {
            // Whoever stood there has long driven off, or has not: there is nobody to remind.
            parking.reminder.clear();
        }
        let mut engine =
            Engine::new(Arc::clone(&self.fences), parking).with_scenes(Arc::clone(&self.scenes));
        engine.resume(source.clone(), name.to_owned(), &open);
        Ok(engine)
    }

    fn is_fresh(&self, legs: &Legs) -> bool {
        let now = self.clock.now();
        legs.all().last().is_some_and(|leg| now.duration_since(leg.from + leg.length) <= FRESH)
    }

    /// What an earlier run saw of the same pictures with the same model and settings. A picture that it
    /// could not keep can only be taken again by looking again.
    async fn memory(&self, luggage: &Luggage, model: &dashboard::Model) -> anyhow::Result<Memory> {
        let file =
            |leg: &Leg| serde_json::json!([leg.path.file_name()?.to_str()?, leg.from]).into();
        let key = serde_json::json!({
            "software": env!("CARGO_PKG_VERSION"),
            "config": self.loaded.sha256(),
            "model": model,
            "pictures": luggage.source,
            "files": luggage.legs.all().iter().map(file).collect::<Vec<Option<serde_json::Value>>>(),
        });
        let memory = Memory::open(&self.scratch.join("memory"), &key)?;
        if account::lacks_pictures(self.store, &luggage.source).await? {
            tracing::info!("pictures of an alert were not written: every file is looked at again");
            memory.forget()?;
        }
        Ok(memory)
    }
}

/// The way through the files of one flight.
struct Legwork<'a> {
    name: &'a str,
    source: &'a SourceId,
    inbox: &'a Inbox,
    memory: Option<&'a Memory>,
}

impl Legwork<'_> {
    /// Each file to its end, and the end of the source behind the last; with what was wrong with them.
    async fn read<'a>(
        &self,
        way: impl Fn(&Leg) -> &'a Road<'a>,
        legs: &[Leg],
        progress: &mut impl FnMut(f64),
    ) -> (Vec<(usize, FlightWarning)>, End) {
        let whole: f64 = legs.iter().map(weight).sum();
        let (mut read, mut warnings) = (0.0, Vec::new());
        for (part, leg) in (0..).zip(legs) {
            let seen = self.memory.and_then(|memory| memory.counted(part));
            let (warning, end) = if let Some(Counted { warning, .. }) = seen {
                tracing::info!(file = %leg.path.display(), "looked at before the restart");
                self.inbox.recall(self.source, part);
                (warning, End::Reached)
            } else {
                let tell = |done: f64| progress((read + weight(leg) * done) / whole);
                self.read_one(way(leg), part, leg, tell).await
            };
            warnings.extend(warning.map(|warning| (leg.media, warning)));
            if end == End::Interrupted {
                return (warnings, end);
            }
            read += weight(leg);
        }
        self.inbox.end(self.source.clone());
        (warnings, End::Reached)
    }

    async fn read_one(
        &self,
        road: &Road<'_>,
        number: u32,
        leg: &Leg,
        mut tell: impl FnMut(f64),
    ) -> (Option<FlightWarning>, End) {
        let spec = SourceSpec {
            id: self.source.clone(),
            name: self.name.to_owned(),
            input: Input::File(leg.path.clone()),
            pace: Pace::Every,
            start: Start::Given(leg.from),
        };
        let ready = Ready { spec, surveyed: None, zones: Vec::new() };
        let (status, end) =
            road.read(&ready, Extent::File(number), |board| tell(part(board, leg))).await;
        let warning = status.as_ref().and_then(account::unread);
        if end == End::Reached {
            self.inbox.read(self.source, number, warning.clone());
        }
        (warning, end)
    }
}

/// A photo takes about as long as this many seconds of video.
const PHOTO_S: f64 = 0.2;

fn weight(leg: &Leg) -> f64 {
    if leg.kind == MediaKind::Photo { PHOTO_S } else { leg.length.as_secs_f64().max(PHOTO_S) }
}

/// How much of a file has been read, 0..=1.
fn part(board: &Board, leg: &Leg) -> f64 {
    let last = board.statuses().first().and_then(|status| status.last_frame_at);
    let Some(last) = last else { return 0.0 };
    (last.duration_since(leg.from).as_secs_f64() / weight(leg)).clamp(0.0, 1.0)
}
