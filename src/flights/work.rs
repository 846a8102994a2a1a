//! Looks at uploaded flights, one after the other, while the program serves.
//!
//! A flight is a durable job: the store says which is next and keeps what came of it. When the
//! program stops in the middle the flight goes back into the queue, ahead of the others. The files that were
//! looked at whole are then recalled from its folder of work, the one in between is read again, and what
//! it raised before is raised once, for its ids come from its pictures.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use domain::{Clock, FlightId, FlightReport, FlightState, FlightWarning, WarningCode};
use jiff::SignedDuration;
use store::{FileOutcome, Flight, Store};
use tokio::runtime::Handle;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::import::import;
use super::{Gathered, Hangar, Item, Luggage, Radio, fly};
use crate::config::Loaded;
use crate::reload::{Layer, Live};

/// What the work needs.
#[derive(Clone)]
pub(crate) struct Works {
    pub loaded: Arc<Loaded>,
    /// A flight is judged by those that hold when its turn comes.
    pub fences: Live,
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub stop: CancellationToken,
}

/// A queue that nobody announced anything about is looked at this often, and cleaned up.
const IDLE: Duration = Duration::from_mins(5);
/// How often it is noted how far a flight is.
const NOTE_EVERY: Duration = Duration::from_secs(1);
/// After the store failed.
const RETRY: Duration = Duration::from_secs(5);

/// Works until the stop.
pub(crate) async fn work(works: Works) -> anyhow::Result<()> {
    let Works { store, stop, .. } = &works;
    let mut changes = store.flight_changes();
    for flight in store.resume_flights().await.context("cannot read the queue of flights")? {
        tracing::info!(%flight, "the program stopped in the middle of it: it goes on");
    }
    works.sweep().await;
    if let Err(error) = import(&works.loaded, store).await {
        tracing::error!(error = format!("{error:#}"), "flights of `flight.import`");
    }
    while !stop.is_cancelled() {
        match store.claim_flight().await {
            Ok(Some(flight)) => works.look_at(&flight).await,
            Ok(None) => {
                works.clean_up().await;
                tokio::select! {
                    () = stop.cancelled() => {}
                    change = changes.recv() => if change == Err(RecvError::Closed) { break },
                    () = tokio::time::sleep(IDLE) => {}
                }
            }
            Err(error) => {
                tracing::error!(
                    error = format!("{:#}", anyhow::Error::from(error)),
                    "queue of flights"
                );
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(RETRY) => {}
                }
            }
        }
    }
    Ok(())
}

/// How the folders begin in which flights are worked on.
const BENCH: &str = ".flight-";

fn remove(folder: &Path) {
    if let Err(error) = std::fs::remove_dir_all(folder) {
        tracing::warn!(folder = %folder.display(), %error, "a folder of work stays");
    }
}

impl Works {
    async fn look_at(&self, flight: &Flight) {
        tracing::info!(flight = %flight.id, name = flight.name, "looking at a flight");
        let outcome = self.report(flight).await;
        if self.stop.is_cancelled() && outcome.is_err() {
            return;
        }
        let kept = match &outcome {
            Ok(report) => {
                self.mark_files(flight.id, report).await;
                self.store.finish(flight.id, report).await
            }
            Err(error) => {
                let reason = format!("{error:#}");
                tracing::error!(flight = %flight.id, reason, "flight failed");
                self.store.fail(flight.id, &reason).await
            }
        };
        match kept {
            Ok(_) => remove(&self.bench(flight.id)),
            Err(error) => {
                let error = format!("{:#}", anyhow::Error::from(error));
                tracing::error!(flight = %flight.id, error, "what came of a flight cannot be stored");
            }
        }
    }

    /// Where a flight is worked on: outlives the program, and goes with the end of the work.
    fn bench(&self, flight: FlightId) -> PathBuf {
        self.loaded.config.segments_dir().join(format!("{BENCH}{flight}"))
    }

    /// Removes folders of flights that no longer wait.
    async fn sweep(&self) {
        let Ok(entries) = std::fs::read_dir(self.loaded.config.segments_dir()) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(id) = name.to_str().and_then(|name| name.strip_prefix(BENCH)) else {
                continue;
            };
            let waits = match id.parse() {
                Ok(id) => matches!(
                    self.store.flight(FlightId(id)).await,
                    Ok(Some(flight)) if flight.state == FlightState::Queued
                ),
                Err(_) => false,
            };
            if !waits {
                remove(&entry.path());
            }
        }
    }

    async fn report(&self, flight: &Flight) -> anyhow::Result<FlightReport> {
        let scratch = self.bench(flight.id);
        std::fs::create_dir_all(&scratch).context("cannot make a folder for the work")?;
        let luggage = self.luggage(flight, &scratch).await?;
        let Layer { fences, scenes, .. } = self.fences.borrow().clone();
        let hangar = Hangar {
            loaded: &self.loaded,
            fences,
            scenes,
            store: &self.store,
            clock: Arc::clone(&self.clock),
            scratch: &scratch,
            resumes: true,
            stop: &self.stop,
        };
        let (tell, told) = watch::channel(0.0);
        let flying = fly(&hangar, &flight.name, luggage, |part| {
            tell.send_replace(part);
        });
        tokio::select! {
            report = flying => report,
            never = self.note(flight.id, told) => match never {},
        }
    }

    /// Reads what was uploaded, off the threads that serve.
    async fn luggage(&self, flight: &Flight, scratch: &Path) -> anyhow::Result<Luggage> {
        let files =
            self.store.flight_files(flight.id).await.context("cannot list the flight's files")?;
        let repeated = files.iter().filter_map(|file| {
            let same = file.duplicate_of.as_ref()?;
            Some(FlightWarning {
                code: WarningCode::Duplicate,
                file: file.name.clone(),
                detail: format!("the same file is `{}` in flight {}", same.name, same.flight),
                count: 1,
            })
        });
        let repeated: Vec<FlightWarning> = repeated.collect();
        let items: Vec<Item> = files
            .into_iter()
            .map(|file| Item {
                path: self.store.file_path(flight.id, file.n),
                name: file.name,
                sha256: file.sha256,
            })
            .collect();
        let (loaded, scratch) = (Arc::clone(&self.loaded), scratch.to_owned());
        let (aircraft, store) = (flight.aircraft.clone(), self.store.clone());
        let runtime = Handle::current();
        let opening = tokio::task::spawn_blocking(move || {
            let gathered = Gathered::unpacked(items, &scratch);
            let resolve = |path: &Path| loaded.resolve(path);
            let heard = |serial: &str, from, to| {
                let said = runtime.block_on(store.telemetry(serial, from, to))?;
                Ok(said.into_iter().map(|message| message.body).collect())
            };
            let radio = Radio { aircraft, heard: &heard };
            let config = &loaded.config.flight;
            let mut luggage = Luggage::open(&gathered.items, &radio, config, resolve)?;
            luggage.warnings.extend(gathered.warnings);
            anyhow::Ok(luggage)
        });
        let mut luggage = opening.await.context("reading the files panicked")??;
        luggage.warnings.extend(repeated);
        Ok(luggage)
    }

    /// Notes how far a flight is, until it is looked at; never ends by itself.
    async fn note(&self, flight: FlightId, mut told: watch::Receiver<f64>) -> Infallible {
        let begun = Instant::now();
        while told.changed().await.is_ok() {
            let done = *told.borrow_and_update();
            let left = begun.elapsed().as_secs_f64() * (1.0 - done) / done;
            let eta_s = (done > 0.0).then_some(left);
            if let Err(error) = self.store.progress(flight, done, eta_s).await {
                tracing::warn!(%flight, %error, "progress cannot be noted");
            }
            tokio::time::sleep(NOTE_EVERY).await;
        }
        std::future::pending().await
    }

    /// Tells of each file whether it could be used.
    async fn mark_files(&self, flight: FlightId, report: &FlightReport) {
        let Ok(files) = self.store.flight_files(flight).await else { return };
        for file in files {
            let unreadable = report.warnings.iter().find(|warning| {
                warning.code == WarningCode::Unreadable && warning.file == file.name
            });
            let outcome = unreadable
                .map_or(FileOutcome::Done, |warning| FileOutcome::Failed(warning.detail.clone()));
            if let Err(error) = self.store.mark_file(flight, file.n, &outcome).await {
                tracing::warn!(%flight, file = file.name, %error, "cannot be marked");
            }
        }
    }

    async fn clean_up(&self) {
        let keep = SignedDuration::try_from(self.loaded.config.aircraft.keep);
        let before = keep.ok().and_then(|keep| self.clock.now().checked_sub(keep).ok());
        if let Some(before) = before
            && let Err(error) = self.store.prune_telemetry(before).await
        {
            tracing::warn!(%error, "old telemetry cannot be removed");
        }
        match self.store.remove_abandoned().await {
            Ok(gone) if gone.is_empty() => {}
            Ok(gone) => tracing::info!(flights = gone.len(), "abandoned uploads removed"),
            Err(error) => tracing::warn!(%error, "abandoned uploads cannot be removed"),
        }
    }
}
