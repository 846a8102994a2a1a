//! Drives one flight through the road: every picture of every file, in the order of time.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use detector::Onnx;
use domain::{Clock, FlightReport, MediaKind, SourceId, SourceStatus};
use ingest::{Input, Pace, SegmentDir, SourceSpec, Start};
use rules::{Engine, Fences};
use store::Store;
use tokio_util::sync::CancellationToken;

use super::account::{self, Landed};
use super::airborne::Airborne;
use super::legs::Leg;
use super::luggage::Luggage;
use crate::cmd::manifest;
use crate::config::Loaded;
use crate::locate::{Eye, Eyes};
use crate::pipeline::{self, Ends, Parts, Stages};
use crate::reading::{End, Road};
use crate::sources::{Board, Ready, Then};
use crate::stage::clip::Cutter;
use crate::stage::inbox::Inbox;
use crate::stage::record::{Recorder, Whose};
use crate::supervise;

/// Where flights are looked at.
pub(crate) struct Hangar<'a> {
    pub loaded: &'a Loaded,
    pub fences: Arc<Fences>,
    pub store: &'a Store,
    pub clock: Arc<dyn Clock>,
    /// For encoded video and clips in the making.
    pub scratch: &'a Path,
    pub stop: &'a CancellationToken,
}

/// Encoded video of a flight is kept until its clips are cut.
const KEEP: Duration = Duration::from_hours(24 * 365 * 100);

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
    let (inbox, stop, mut stages) =
        (Arc::new(Inbox::default()), hangar.stop.child_token(), Stages::new());
    let begun = Instant::now();
    let Ends { tally, judged } = pipeline::start(&inbox, parts, &mut stages);
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
    let reading = async {
        let read = read_legs(way, name, &source, legs.all(), &mut progress).await;
        stop.cancel();
        inbox.close();
        read
    };
    let ((statuses, end), outcome) = tokio::join!(reading, supervise::drained(stages, &stop));
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
        statuses,
        alerts,
    };
    Ok(account::report(luggage, landed))
}

impl Hangar<'_> {
    async fn parts(
        &self,
        name: &str,
        luggage: &Luggage,
        segments: &SegmentDir,
    ) -> anyhow::Result<Parts> {
        let config = &self.loaded.config;
        let mut detector = Onnx::open(&config.detector, &config.models_dir())
            .context("cannot start the detector")?;
        detector.warm_up().context("cannot run the detector")?;
        let active = detector.active();
        let model = dashboard::Model {
            id: active.model.clone(),
            sha256: active.sha256.clone(),
            provider: active.provider.to_owned(),
        };
        let source = &luggage.source;
        let open = self.store.open_alerts(source).await.context("cannot read the open alerts")?;
        let mut engine = Engine::new(Arc::clone(&self.fences), config.rules.parking.clone());
        engine.resume(source.clone(), name.to_owned(), &open);
        let cutter = Cutter::new(segments.clone(), self.scratch.join("clips"))
            .context("cannot make a folder for clips")?;
        let manifest = manifest(self.loaded, &model);
        let whose = Whose::Flight(source.clone());
        let airborne = Box::new(Airborne::new(Arc::clone(&luggage.legs), Arc::clone(&self.fences)));
        Ok(Parts {
            detector: Box::new(detector),
            tracker: config.detector.tracker.clone(),
            eyes: Eyes(BTreeMap::from([(source.clone(), Eye::Airborne(airborne))])),
            flights: BTreeMap::from([(source.clone(), Arc::clone(&luggage.legs))]),
            engine,
            recorder: Recorder::new(self.store.clone(), Some(cutter), manifest, whose),
        })
    }
}

/// Each file to its end, and the end of the source behind the last.
async fn read_legs<'a>(
    way: impl Fn(&Leg) -> &'a Road<'a>,
    name: &str,
    source: &SourceId,
    legs: &[Leg],
    progress: &mut impl FnMut(f64),
) -> (Vec<(usize, SourceStatus)>, End) {
    let whole: f64 = legs.iter().map(weight).sum();
    let mut read = 0.0;
    let mut statuses = Vec::new();
    for (index, leg) in legs.iter().enumerate() {
        let spec = SourceSpec {
            id: source.clone(),
            name: name.to_owned(),
            input: Input::File(leg.path.clone()),
            pace: Pace::Every,
            start: Start::Given(leg.from),
        };
        let ready = Ready { spec, surveyed: None, zones: Vec::new() };
        let then = if index + 1 == legs.len() { Then::End } else { Then::More };
        let (status, end) = way(leg)
            .read(&ready, then, |board| progress((read + weight(leg) * part(board, leg)) / whole))
            .await;
        statuses.extend(status.map(|status| (leg.media, status)));
        if end == End::Interrupted {
            return (statuses, end);
        }
        read += weight(leg);
    }
    (statuses, End::Reached)
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
