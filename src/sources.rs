//! The sources of one run: what the configuration says about each, made ready and started.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::{Clock, LonLat, Placement, SourceId, SourceState, SourceStatus};
use ingest::{Input, Pace, SegmentDir, SourceSpec};
use rules::Zone;

use crate::config::{Loaded, PaceWord, Source};
use crate::problem::Problem;
use crate::sight::Sights;
use crate::stage::inbox::{Inbox, WhenFull};
use crate::survey::{SurveyFile, Surveyed};

/// A source that is ready to start.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    pub spec: SourceSpec,
    pub surveyed: Option<Surveyed>,
    pub zones: Vec<Zone>,
}

impl Ready {
    /// Reads the survey; a bad one is a problem of the configuration.
    pub(crate) fn prepare(loaded: &Loaded, source: &Source) -> Result<Self, Problem> {
        let problem = |key: &str, message: String| {
            loaded.problem(&format!("source.{}.{key}", source.id), message)
        };
        let input = input(loaded, source).map_err(|message| problem("url", message))?;
        let start = source.start().map_err(|message| problem("start", message))?;
        let surveyed = match &source.survey {
            None => None,
            Some(path) => Some(SurveyFile::read(&loaded.resolve(path)).map_err(|error| {
                let error = format!("{:#}", anyhow::Error::from(error));
                problem("survey", format!("`{}`: {error}", path.display()))
            })?),
        };
        let pace = match source.pace {
            PaceWord::Realtime => Pace::Realtime,
            PaceWord::Every => Pace::Every,
        };
        let spec = SourceSpec { id: source.id.clone(), name: source.name(), input, pace, start };
        Ok(Self { spec, surveyed, zones: source.zone.clone() })
    }

    fn placement(&self) -> Placement {
        match (&self.surveyed, self.zones.is_empty()) {
            (Some(_), _) => Placement::Ground,
            (None, false) => Placement::Image,
            (None, true) => Placement::None,
        }
    }
}

fn input(loaded: &Loaded, source: &Source) -> Result<Input, String> {
    let input = Input::parse(&source.url).map_err(|error| error.to_string())?;
    Ok(match input {
        Input::Rtsp { url, .. } => Input::Rtsp { url, transport: source.transport.into() },
        Input::File(path) | Input::Images(path) => {
            let path = loaded.resolve(&path);
            if path.is_dir() { Input::Images(path) } else { Input::File(path) }
        }
    })
}

/// What of a source is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All there is: what still stands at its end ends with it.
    Whole,
    /// One of its files, counted from 0; others may follow.
    File(u32),
}

/// Where frames go, and what they are of their source.
pub(crate) struct To<'a> {
    pub inbox: &'a Arc<Inbox>,
    pub extent: Extent,
}

/// All running sources, as status shows them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Board {
    running: Arc<Mutex<BTreeMap<SourceId, Running>>>,
    sights: Option<Arc<Sights>>,
}

#[derive(Debug)]
struct Running {
    source: ingest::Source,
    facts: Facts,
}

/// What is known about a source beside its stream.
#[derive(Debug, Clone)]
struct Facts {
    position: Option<LonLat>,
    footprint: Option<Vec<[f64; 2]>>,
    placement: Placement,
    residual_m: Option<f64>,
}

impl Board {
    /// One that also shows what is found in the sources.
    pub(crate) fn watching(sights: Arc<Sights>) -> Self {
        Self { sights: Some(sights), ..Self::default() }
    }

    /// Starts a source whose frames go to an inbox. `changed` hears of every change of its state.
    pub(crate) fn start(
        &self,
        ready: &Ready,
        to: &To<'_>,
        segments: Option<SegmentDir>,
        changed: impl Fn(SourceStatus) + Send + 'static,
        clock: Arc<dyn Clock>,
        config: &ingest::Config,
    ) {
        let when_full = match (&ready.spec.input, ready.spec.pace) {
            (Input::Rtsp { .. }, _) | (_, Pace::Realtime) => WhenFull::KeepNewest,
            (_, Pace::Every) => WhenFull::Block,
        };
        let facts = Facts::of(ready);
        let (frames, ends) = (Arc::clone(to.inbox), Arc::clone(to.inbox));
        let extent = to.extent;
        let part = match extent {
            Extent::Whole => 0,
            Extent::File(part) => part,
        };
        let told = facts.clone();
        let on_change = move |status: &SourceStatus| {
            if finished(status.state) && extent == Extent::Whole {
                ends.end(status.id.clone());
            }
            changed(told.fill(status.clone()));
        };
        let source = ingest::spawn(
            ready.spec.clone(),
            segments,
            Box::new(move |frame| frames.put(frame.of_part(part), when_full)),
            Box::new(on_change),
            clock,
            config,
        );
        self.running().insert(ready.spec.id.clone(), Running { source, facts });
    }

    /// Every source as it is at this moment.
    pub(crate) fn statuses(&self) -> Vec<SourceStatus> {
        let statuses: Vec<_> =
            self.running().values().map(|r| r.facts.fill(r.source.status())).collect();
        match &self.sights {
            Some(sights) => statuses.into_iter().map(|status| sights.fill(status)).collect(),
            None => statuses,
        }
    }

    /// Asks every source to end and waits until it has. Blocks.
    pub(crate) fn stop(&self) {
        let running = std::mem::take(&mut *self.running());
        for one in running.values() {
            one.source.stop();
        }
        for (id, one) in running {
            if !one.source.join() {
                tracing::error!(source = %id, "its thread panicked");
            }
        }
    }

    fn running(&self) -> std::sync::MutexGuard<'_, BTreeMap<SourceId, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Facts {
    fn of(ready: &Ready) -> Self {
        let surveyed = ready.surveyed.as_ref();
        Self {
            position: surveyed.and_then(|s| s.position),
            footprint: surveyed.map(|s| s.footprint.clone()),
            placement: ready.placement(),
            residual_m: surveyed.and_then(|s| s.camera.survey().residual.leave_one_out_m),
        }
    }

    fn fill(&self, status: SourceStatus) -> SourceStatus {
        SourceStatus {
            position: self.position,
            footprint: self.footprint.clone(),
            placement: self.placement,
            residual_m: self.residual_m,
            ..status
        }
    }
}

/// No more frames will come.
pub(crate) fn finished(state: SourceState) -> bool {
    matches!(state, SourceState::Ended | SourceState::Failed)
}
