//! Makes what is shown instead of pictures and videos: masked renditions, on request, kept by the store.
//!
//! Owns the two queues (pictures do not wait behind videos), what is being made, and the one [`Masker`] that both
//! use. Fails closed: without its models, and of what cannot be read, there is a reason and no rendition. Leaves to
//! `detector` what is masked, to `dashboard` who may see the original.

mod film;
mod folder;
mod make;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dashboard::{Masked, Masking, MaskingState, Wanted};
use domain::Clock;
use store::{Original, Store};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::pipeline::Stages;
pub(crate) use folder::{Shown, mask_all};
use make::{Maker, Making};

/// Starts what makes renditions, where the configuration wants any.
pub(crate) fn start(
    config: &Config,
    store: &Store,
    clock: &Arc<dyn Clock>,
    stop: &CancellationToken,
    stages: &mut Stages,
) -> Masking {
    if !config.privacy.is_on() {
        tracing::warn!("`privacy.mask` is empty: everybody who is signed in sees faces and plates");
        let never = |_| Masked::Refused { why: "nothing is masked".to_owned() };
        return Masking::new(
            move |wanted| Box::pin(std::future::ready(never(wanted))),
            || MaskingState::Off,
        );
    }
    let (room, orders) = Darkroom::new(store.clone());
    let (worker, config) = (room.clone(), config.clone());
    let (clock, stop) = (Arc::clone(clock), stop.clone());
    stages.spawn(async move { ("masking", worker.work(config, clock, orders, stop).await) });
    let asked = room.clone();
    Masking::new(
        move |wanted| {
            let room = asked.clone();
            Box::pin(async move { room.ask(wanted).await })
        },
        move || room.state(),
    )
}

/// Where renditions are made. Cloning is cheap.
#[derive(Clone)]
pub(crate) struct Darkroom {
    store: Store,
    opened: watch::Receiver<Opened>,
    jobs: Arc<Mutex<BTreeMap<Original, Job>>>,
    pictures: mpsc::Sender<Wanted>,
    videos: mpsc::Sender<Wanted>,
}

/// The other ends, for [`Darkroom::work`].
pub(crate) struct Orders {
    pictures: mpsc::Receiver<Wanted>,
    videos: mpsc::Receiver<Wanted>,
    opened: watch::Sender<Opened>,
}

/// The models, which take a moment to load.
#[derive(Debug, Clone)]
enum Opened {
    NotYet,
    Ready(Box<Maker>),
    Failed(String),
}

/// A rendition that is being made, or could not be.
#[derive(Debug)]
struct Job {
    state: watch::Sender<State>,
    since: Instant,
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Working { progress: f64 },
    Done,
    Failed(String),
}

/// Pictures that may wait; a page asks for no more at a time. Whoever asks for more is told to ask again.
const PICTURES: usize = 64;
/// Videos that may wait; one is made at a time.
const VIDEOS: usize = 8;
/// Who asks waits this long for what is soon done.
const PATIENCE: Duration = Duration::from_secs(15);
/// A video takes longer than anybody waits: they are told how far it is.
const PATIENCE_FOR_VIDEO: Duration = Duration::from_secs(1);
/// What failed is tried again after this: a full disk may have been emptied.
const AGAIN: Duration = Duration::from_mins(1);

impl Darkroom {
    pub(crate) fn new(store: Store) -> (Self, Orders) {
        let (to_pictures, pictures) = mpsc::channel(PICTURES);
        let (to_videos, videos) = mpsc::channel(VIDEOS);
        let (tell, opened) = watch::channel(Opened::NotYet);
        let jobs = Arc::default();
        let room = Self { store, opened, jobs, pictures: to_pictures, videos: to_videos };
        (room, Orders { pictures, videos, opened: tell })
    }

    /// Whether anything can be masked.
    pub(crate) fn state(&self) -> MaskingState {
        match &*self.opened.borrow() {
            Opened::NotYet | Opened::Ready(_) => MaskingState::On,
            Opened::Failed(why) => MaskingState::Unable { why: why.clone() },
        }
    }

    /// Waits some seconds for the rendition of a file, then says how far it is.
    pub(crate) async fn ask(&self, wanted: Wanted) -> Masked {
        let mut opened = self.opened.clone();
        let opened = opened.wait_for(|opened| !matches!(opened, Opened::NotYet)).await;
        let maker = match opened.map(|opened| opened.clone()) {
            Ok(Opened::Ready(maker)) => maker,
            Ok(Opened::Failed(why)) => return Masked::Refused { why },
            Ok(Opened::NotYet) | Err(_) => return Masked::Preparing { progress: 0.0 },
        };
        let Some(recipe) = maker.recipe(&wanted.media_type) else {
            let why = format!("nothing is known about masking `{}`", wanted.media_type);
            return Masked::Refused { why };
        };
        match self.store.rendition(&wanted.of).await {
            Ok(Some(kept)) if kept.recipe == recipe && kept.original_sha256 == wanted.sha256 => {
                return Masked::Ready;
            }
            Ok(_) => {}
            Err(error) => {
                let why = format!("{:#}", anyhow::Error::from(error));
                tracing::error!(of = %wanted.of, why, "cannot look up a rendition");
                return Masked::Refused { why: "the store does not answer".to_owned() };
            }
        }
        let video = wanted.media_type.starts_with("video/");
        let Some(mut state) = self.order(wanted) else {
            return Masked::Preparing { progress: 0.0 };
        };
        let patience = if video { PATIENCE_FOR_VIDEO } else { PATIENCE };
        let ended = state.wait_for(|state| !matches!(state, State::Working { .. }));
        let ended = tokio::time::timeout(patience, ended).await;
        match ended.map(|state| state.map(|state| state.clone())) {
            Ok(Ok(State::Done)) => Masked::Ready,
            Ok(Ok(State::Failed(why))) => Masked::Refused { why },
            _ => match &*state.borrow() {
                State::Working { progress } => Masked::Preparing { progress: *progress },
                State::Done => Masked::Ready,
                State::Failed(why) => Masked::Refused { why: why.clone() },
            },
        }
    }

    /// Puts it into its queue, unless it is being made or has just failed; `None` where the queue is full.
    fn order(&self, wanted: Wanted) -> Option<watch::Receiver<State>> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|_, job| {
            matches!(*job.state.borrow(), State::Working { .. }) || job.since.elapsed() < AGAIN
        });
        let known = jobs.get(&wanted.of).filter(|job| *job.state.borrow() != State::Done);
        if let Some(job) = known {
            return Some(job.state.subscribe());
        }
        let video = wanted.media_type.starts_with("video/");
        let queue = if video { &self.videos } else { &self.pictures };
        let of = wanted.of.clone();
        queue.try_send(wanted).ok()?;
        let (state, told) = watch::channel(State::Working { progress: 0.0 });
        jobs.insert(of, Job { state, since: Instant::now() });
        Some(told)
    }

    fn tell(&self, of: &Original, state: State) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(job) = jobs.get_mut(of) {
            job.since = Instant::now();
            job.state.send_replace(state);
        }
    }

    /// Loads the models, then makes what is ordered until `stop`.
    pub(crate) async fn work(
        self,
        config: Config,
        clock: Arc<dyn Clock>,
        orders: Orders,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let Orders { pictures, videos, opened } = orders;
        match open(config, clock).await {
            Ok(maker) => {
                opened.send_replace(Opened::Ready(Box::new(maker.clone())));
                let (one, two) = (self.clone(), self.clone());
                let pictures = one.make_all(&maker, pictures, &stop);
                let videos = two.make_all(&maker, videos, &stop);
                tokio::join!(pictures, videos);
            }
            Err(why) => {
                metrics::counter!("xunjian_masking_unable_total").increment(1);
                tracing::error!(why, "nothing can be masked, so no picture is shown");
                opened.send_replace(Opened::Failed(why));
                stop.cancelled().await;
            }
        }
        Ok(())
    }

    async fn make_all(
        &self,
        maker: &Maker,
        mut orders: mpsc::Receiver<Wanted>,
        stop: &CancellationToken,
    ) {
        loop {
            let wanted = tokio::select! {
                () = stop.cancelled() => return,
                wanted = orders.recv() => match wanted {
                    Some(wanted) => wanted,
                    None => return,
                },
            };
            let of = wanted.of.clone();
            let (room, told) = (self.clone(), of.clone());
            let making = Making {
                progress: Box::new(move |progress| room.tell(&told, State::Working { progress })),
                stop: stop.clone(),
            };
            match maker.make(&self.store, &wanted, making).await {
                Ok(kept) => {
                    tracing::debug!(%of, places = kept.places, bytes = kept.bytes, "masked");
                    self.tell(&of, State::Done);
                }
                Err(_) if stop.is_cancelled() => return,
                Err(error) => {
                    let why = format!("{error:#}");
                    metrics::counter!("xunjian_masking_failed_total").increment(1);
                    tracing::warn!(%of, why, "cannot be masked, so it is not shown");
                    self.tell(&of, State::Failed(why));
                }
            }
        }
    }
}

async fn open(config: Config, clock: Arc<dyn Clock>) -> Result<Maker, String> {
    let opened = tokio::task::spawn_blocking(move || Maker::open(&config, clock)).await;
    match opened {
        Ok(Ok(maker)) => Ok(maker),
        Ok(Err(error)) => Err(format!("{:#}", anyhow::Error::from(error))),
        Err(error) => Err(format!("loading the models panicked: {error}")),
    }
}
