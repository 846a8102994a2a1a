//! Verdicts to the store: the alert first, durable with its message, then its evidence.
//!
//! The store failing (disk full, file locked) makes this stage wait and try again, and with it, through the
//! bounded channels, the whole road: an alert is never given up.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use domain::{Alert, AlertId, SameAct, SourceId};
use jiff::{SignedDuration, Timestamp};
use rules::Merge;
use store::{Awaited, EvidenceState, ManifestContext, NewEvidence, Store};
use tokio::sync::mpsc;

use crate::stage::clip::{self, Cut, Cutter, Job};
use crate::stage::judge::{Again, Verdict};
use crate::stage::shot::{self, Shot};
use crate::stage::told::{self, Words};

/// Writes verdicts, and cuts clips as their video becomes complete.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub store: Store,
    /// None: clips are not kept.
    pub cutter: Option<Cutter>,
    pub manifest: ManifestContext,
    merge: Merge,
    whose: Whose,
    jobs: VecDeque<Job>,
}

/// Whose alerts are recorded: flights are looked at beside the cameras, and trucks are heard. Each recorder finishes
/// what its own alerts wait for.
#[derive(Debug, Clone)]
pub(crate) enum Whose {
    Cameras,
    /// Of a flight, or of the terminals in trucks.
    One(SourceId),
}

impl Whose {
    fn is(&self, source: &SourceId) -> bool {
        match self {
            Self::Cameras => !is_flight(source),
            Self::One(one) => source == one,
        }
    }
}

/// Whether a source is a flight.
pub(crate) fn is_flight(source: &SourceId) -> bool {
    source.as_str().starts_with(FLIGHT)
}

/// How ids of flights begin, as sources.
pub(crate) const FLIGHT: &str = "flight-";

/// What is shown of a moment, and how each picture was made.
const SHOWN: [(&str, &str); 3] =
    [("scene", shot::SCENE), ("annotated", shot::ANNOTATED), ("crop", shot::CROP)];
const JPEG: &str = "image/jpeg";
const JSON: &str = "application/json";
const FIRST_WORDS: &str = "first_message.json";
const LAST_WORDS: &str = "last_message.json";
const AGAIN_WORDS: &str = "again_message.json";
const CLIP: &str = "clip.mp4";
const CLIP_TO_COME: Awaited<'_> = Awaited {
    name: CLIP,
    media_type: "video/mp4",
    detail: "waiting for the video after the alert",
};
const RETRY: Duration = Duration::from_secs(1);

impl Recorder {
    pub(crate) fn new(
        store: Store,
        cutter: Option<Cutter>,
        manifest: ManifestContext,
        merge: Merge,
        whose: Whose,
    ) -> Self {
        Self { store, cutter, manifest, merge, whose, jobs: VecDeque::new() }
    }

    /// Records until the judge is gone; then finishes the clips that can still be cut.
    pub(crate) async fn run(mut self, mut verdicts: mpsc::Receiver<Verdict>) -> anyhow::Result<()> {
        self.go_on_where_it_stopped().await?;
        let mut tick = tokio::time::interval(clip::PAUSE);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                verdict = verdicts.recv() => match verdict {
                    Some(verdict) => self.record(verdict).await,
                    None => break,
                },
                _ = tick.tick() => self.cut_clips().await,
            }
        }
        self.cut_clips().await;
        Ok(())
    }

    /// Evidence that was announced before the program stopped: clips may still be cut, pictures are gone.
    async fn go_on_where_it_stopped(&mut self) -> anyhow::Result<()> {
        for row in self.store.pending_evidence().await.context("cannot list pending evidence")? {
            let alert = self.store.alert(row.alert).await.context("cannot read an alert")?;
            if !alert.as_ref().is_none_or(|alert| self.whose.is(&alert.source)) {
                continue;
            }
            match alert {
                Some(alert) if row.name == CLIP => {
                    self.jobs.push_back(Job { alert: Arc::new(alert), tries: 0 });
                }
                _ => {
                    let why = "the program stopped before it was written";
                    self.missing(row.alert, &row.name, why).await;
                }
            }
        }
        Ok(())
    }

    async fn record(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Raised { alert, first, last } => self.raise(*alert, first, last).await,
            Verdict::StillThere { alert, again } => self.still_there(&alert, again).await,
            Verdict::RaisedTold { alert, first, last } => {
                self.raise_told(*alert, first, last).await;
            }
            Verdict::Judged(mark) => mark.recorded(),
            Verdict::Updated(alert) => {
                self.persist(Report::Update, &alert).await;
            }
            Verdict::Ended(alert) => {
                self.persist(Report::End, &alert).await;
                self.seal(alert.id).await;
            }
            Verdict::Remember(all) => {
                if let Err(error) = self.store.keep_recollections(&all).await {
                    tracing::warn!(%error, "a restart would begin some dwells again");
                }
            }
            Verdict::Read(file) => {
                if let Err(error) = file.close() {
                    tracing::warn!(%error, "a restart would look at this file again");
                }
            }
        }
    }

    async fn raise(&mut self, alert: Alert, first: Option<Box<Shot>>, last: Option<Box<Shot>>) {
        let shots = [("first", &first), ("last", &last)];
        let names: Vec<String> = shots
            .iter()
            .filter(|(_, shot)| shot.is_some())
            .flat_map(|(when, _)| SHOWN.map(|(what, _)| picture_name(when, what)))
            .collect();
        let picture = |name| Awaited { name, media_type: JPEG, detail: "being written" };
        let mut awaited: Vec<Awaited<'_>> = names.iter().map(|name| picture(name)).collect();
        awaited.extend(self.cutter.as_ref().map(|_| CLIP_TO_COME));
        let part_of = self.act_of(&alert).await;
        // Who was reminded once is not reminded again.
        let reminder = alert.reminder.clone().filter(|_| part_of.is_none());
        let alert = Alert { reminder, ..alert };
        self.persist(Report::Raise(&awaited, part_of), &alert).await;
        for (when, shot) in shots {
            if let Some(shot) = shot {
                self.keep_shot(alert.id, when, shot).await;
            } else if alert.track.is_some() {
                // What no camera followed has no picture that could be missing.
                let why = "no frame of this moment was kept";
                self.missing(alert.id, &picture_name(when, "scene"), why).await;
            }
        }
        if self.cutter.is_some() {
            // Again, for an alert that an earlier run raised and whose clip it could not cut.
            let Awaited { name, media_type, detail } = CLIP_TO_COME;
            let expected = self.store.expect_evidence(alert.id, name, media_type, detail).await;
            match expected {
                Ok(row) if row.state == EvidenceState::Ready => {}
                Ok(_) => self.jobs.push_back(Job { alert: Arc::new(alert), tries: 0 }),
                Err(error) => {
                    tracing::error!(alert = %alert.id, %error, "clip cannot be announced");
                }
            }
        }
    }

    /// The alert that told of the same act before, if another source did.
    async fn act_of(&self, alert: &Alert) -> Option<(AlertId, SameAct)> {
        let within = SignedDuration::try_from(self.merge.within).unwrap_or(SignedDuration::MAX);
        let from = alert.since.saturating_sub(within).unwrap_or(Timestamp::MIN);
        let known = self.store.acts(&alert.rule, from).await.unwrap_or_else(|error| {
            tracing::warn!(alert = %alert.id, %error, "what told of it before cannot be read");
            Vec::new()
        });
        // The oldest of them, so that it does not matter in which order they are listed.
        let same = known.iter().filter_map(|one| Some((one, self.merge.same_act(one, alert)?)));
        let first = same.min_by_key(|(one, _)| (one.raised_at, one.id));
        first.map(|(one, because)| (one.id, because))
    }

    /// The second capture first: whoever is told of the alert finds it.
    async fn still_there(&self, alert: &Alert, again: Option<Again>) {
        match again {
            Some(Again::Seen(shot)) => self.keep_shot(alert.id, "again", &shot).await,
            Some(Again::Said(words)) => self.keep_words(alert.id, AGAIN_WORDS, words).await,
            None => {
                let why = "no frame of this moment was kept";
                self.missing(alert.id, &picture_name("again", "scene"), why).await;
            }
        }
        self.persist(Report::StillThere, alert).await;
    }

    /// There is no picture, and none is waited for: what was said is the evidence.
    async fn raise_told(&self, alert: Alert, first: Option<Words>, last: Words) {
        let words = [(FIRST_WORDS, first), (LAST_WORDS, Some(last))];
        let awaited = |(name, words): &(&'static str, Option<Words>)| {
            let detail = "being written";
            words.as_ref().map(|_| Awaited { name, media_type: JSON, detail })
        };
        let awaited: Vec<Awaited<'_>> = words.iter().filter_map(awaited).collect();
        let part_of = self.act_of(&alert).await;
        // Who was reminded once is not reminded again.
        let reminder = alert.reminder.clone().filter(|_| part_of.is_none());
        let alert = Alert { reminder, ..alert };
        self.persist(Report::Raise(&awaited, part_of), &alert).await;
        for (name, words) in words {
            match words {
                Some(words) => self.keep_words(alert.id, name, words).await,
                None => self.missing(alert.id, name, "it began before the program did").await,
            }
        }
    }

    async fn keep_words(&self, id: AlertId, name: &str, Words { at, line }: Words) {
        let file = NewEvidence {
            name: name.to_owned(),
            media_type: JSON.to_owned(),
            taken_at: Some(at),
            transform: told::WORDS.to_owned(),
            bytes: line,
        };
        self.put(id, file).await;
    }

    async fn keep_shot(&self, id: AlertId, when: &str, shot: &Shot) {
        let pictures = [&shot.scene, &shot.annotated, &shot.crop];
        for ((what, transform), bytes) in SHOWN.into_iter().zip(pictures) {
            let file = NewEvidence {
                name: picture_name(when, what),
                media_type: JPEG.to_owned(),
                taken_at: Some(shot.taken_at),
                transform: transform.to_owned(),
                bytes: bytes.clone(),
            };
            self.put(id, file).await;
        }
    }

    /// Evidence that cannot be kept is told on the alert's page and in the log; the alert stands.
    async fn put(&self, id: AlertId, file: NewEvidence) {
        let name = file.name.clone();
        if let Err(error) = self.store.put_evidence(id, file).await {
            let why = format!("{:#}", anyhow::Error::from(error));
            tracing::error!(alert = %id, name, why, "evidence lost");
            self.missing(id, &name, &why).await;
        }
    }

    async fn missing(&self, id: AlertId, name: &str, why: &str) {
        let why: String = why.chars().take(400).collect();
        if let Err(error) = self.store.miss_evidence(id, name, &why).await {
            tracing::error!(alert = %id, name, %error, "missing evidence cannot be noted");
        }
    }

    async fn cut_clips(&mut self) {
        let Some(cutter) = self.cutter.clone() else { return };
        for _ in 0..self.jobs.len() {
            let Some(mut job) = self.jobs.pop_front() else { return };
            let (alert, cutter) = (Arc::clone(&job.alert), cutter.clone());
            let cut = tokio::task::spawn_blocking(move || cutter.cut(&alert)).await;
            let cut = cut.unwrap_or_else(|error| Cut::Never(format!("cutting failed: {error}")));
            job.tries += 1;
            match cut {
                Cut::NotYet if job.tries < clip::MOST_TRIES => self.jobs.push_back(job),
                Cut::NotYet => {
                    self.missing(job.alert.id, CLIP, "the stream ended before the clip").await;
                    self.seal(job.alert.id).await;
                }
                Cut::Never(why) => {
                    self.missing(job.alert.id, CLIP, &why).await;
                    self.seal(job.alert.id).await;
                }
                Cut::Done { from, bytes } => {
                    let file = NewEvidence {
                        name: CLIP.to_owned(),
                        media_type: "video/mp4".to_owned(),
                        taken_at: Some(from),
                        transform: "encoded video as received, cut at key frames and put into MP4 \
                                    without re-encoding"
                            .to_owned(),
                        bytes,
                    };
                    self.put(job.alert.id, file).await;
                    self.seal(job.alert.id).await;
                }
            }
        }
    }

    /// The manifest is written once the alert has ended and nothing is awaited any more.
    async fn seal(&self, id: AlertId) {
        let ended =
            matches!(self.store.alert(id).await, Ok(Some(alert)) if alert.ended_at.is_some());
        let waiting = self.jobs.iter().any(|job| job.alert.id == id);
        if !ended || waiting {
            return;
        }
        if let Err(error) = self.store.seal_manifest(id, self.manifest.clone()).await {
            tracing::error!(alert = %id, %error, "evidence manifest not written");
        }
    }

    /// Writes until it is written.
    async fn persist(&self, report: Report<'_>, alert: &Alert) {
        let mut told = false;
        loop {
            let written = match report {
                Report::Raise(awaited, part_of) => {
                    self.store.raise_with(alert, awaited, part_of).await
                }
                Report::StillThere => {
                    let at = alert.reminder.as_ref().and_then(|one| one.settled_at);
                    self.store
                        .seen_again_after_reminder(alert.id, at.unwrap_or(alert.last_seen))
                        .await
                }
                Report::Update => self.store.update(alert).await,
                Report::End => self.store.end(alert).await,
            };
            match written {
                Ok(store::Written::New(_) | store::Written::Already) => return,
                Ok(store::Written::Unknown) => {
                    tracing::warn!(alert = %alert.id, ?report, "the store does not know this alert");
                    return;
                }
                Err(error) if told => tracing::debug!(%error, "still failing"),
                Err(error) => {
                    let error = format!("{:#}", anyhow::Error::from(error));
                    tracing::error!(alert = %alert.id, ?report, error, "store fails, trying again each second");
                    told = true;
                }
            }
            tokio::time::sleep(RETRY).await;
        }
    }
}

fn picture_name(when: &str, what: &str) -> String {
    format!("{when}_{what}.jpg")
}

/// What the rules say about an alert.
#[derive(Debug, Clone, Copy)]
enum Report<'a> {
    Raise(&'a [Awaited<'a>], Option<(AlertId, SameAct)>),
    StillThere,
    Update,
    End,
}
