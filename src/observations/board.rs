//! How the sources that are told of do, as status shows them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Clock, SourceId, SourceKind, SourceState, SourceStatus};
use jiff::{SignedDuration, Timestamp};

use super::tellers::Listened;

/// All of them.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    of: Arc<Mutex<BTreeMap<SourceId, Voice>>>,
    clock: Arc<dyn Clock>,
    silent_after: SignedDuration,
}

#[derive(Debug)]
struct Voice {
    listened: Listened,
    began: Timestamp,
    /// The last message by the source's clock and by ours.
    last: Option<(Timestamp, Timestamp)>,
    messages: u64,
    refused: u64,
    /// Why the last one was, until one is not.
    why: String,
}

impl Told {
    pub(crate) fn new(
        listened: &[Listened],
        clock: Arc<dyn Clock>,
        silent_after: Duration,
    ) -> Self {
        let began = clock.now();
        let voice = |listened: &Listened| {
            let (last, why) = (None, String::new());
            let voice =
                Voice { listened: listened.clone(), began, last, messages: 0, refused: 0, why };
            (listened.id.clone(), voice)
        };
        let of = listened.iter().map(voice).collect();
        let silent_after = SignedDuration::try_from(silent_after).unwrap_or(SignedDuration::MAX);
        Self { of: Arc::new(Mutex::new(of)), clock, silent_after }
    }

    /// A message was taken.
    pub(super) fn heard(&self, source: &SourceId, at: Timestamp, now: Timestamp) {
        if let Some(voice) = self.of().get_mut(source) {
            voice.last = Some((at, now));
            voice.messages += 1;
            voice.why.clear();
        }
    }

    /// A message was refused; whether the one before was not.
    pub(super) fn refused(&self, source: &SourceId, why: &str) -> bool {
        let mut of = self.of();
        let Some(voice) = of.get_mut(source) else { return true };
        voice.refused += 1;
        let news = voice.why != why;
        voice.why = why.chars().take(200).collect();
        news
    }

    /// Every source as it is at this moment.
    pub(crate) fn statuses(&self) -> Vec<SourceStatus> {
        let now = self.clock.now();
        self.of().values().map(|voice| voice.status(now, self.silent_after)).collect()
    }

    fn of(&self) -> MutexGuard<'_, BTreeMap<SourceId, Voice>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Voice {
    fn status(&self, now: Timestamp, silent_after: SignedDuration) -> SourceStatus {
        let Listened { id, name, surveyed, .. } = &self.listened;
        let age = self.last.map(|(_, heard)| now.duration_since(heard));
        let (state, since) = match (age, self.last) {
            (Some(age), Some((_, heard))) if age > silent_after => {
                (SourceState::Silent, heard.saturating_add(silent_after).unwrap_or(heard))
            }
            (Some(_), _) => (SourceState::Live, self.began),
            (None, _) => (SourceState::Starting, self.began),
        };
        SourceStatus {
            id: id.clone(),
            name: name.clone(),
            kind: SourceKind::Observation,
            state,
            detail: self.why.clone(),
            since,
            fps: 0.0,
            frames: self.messages,
            dropped: self.refused,
            reconnects: 0,
            last_frame_at: self.last.map(|(at, _)| at),
            frame_age_s: age.map(|age| age.as_secs_f64()),
            clock_offset_s: None,
            nothing_found_s: None,
            unseen: 0,
            width: None,
            height: None,
            position: self.listened.position(),
            footprint: surveyed.as_ref().map(|surveyed| surveyed.footprint.clone()),
            placement: self.listened.placement(),
            residual_m: surveyed.as_ref().and_then(|s| s.camera.survey().residual.leave_one_out_m),
        }
    }
}
