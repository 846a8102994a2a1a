//! Whether anything is found in the pictures of a source.
//!
//! A view in which nothing was found for hours may be an empty street. It may as well be a lens that is dirty, a camera
//! that was turned, or a model that is not for this view; nobody would notice, because no alert comes. So it is said.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{Clock, SourceId, SourceStatus};
use jiff::Timestamp;

/// What was found in the pictures of each source that is looked at, and when.
#[derive(Debug)]
pub(crate) struct Sights {
    clock: Arc<dyn Clock>,
    quiet_after: Duration,
    of: Mutex<BTreeMap<SourceId, Sight>>,
}

#[derive(Debug, Clone, Copy)]
struct Sight {
    /// When something was found last; before that, when it was first looked at.
    found: Timestamp,
    /// Pictures that could not be looked at.
    unseen: u64,
    told: bool,
}

impl Sights {
    pub(crate) fn new(clock: Arc<dyn Clock>, quiet_after: Duration) -> Self {
        Self { clock, quiet_after, of: Mutex::default() }
    }

    /// A picture was looked at, and `found` things were in it.
    pub(crate) fn looked(&self, source: &SourceId, found: usize) {
        self.note(source, |sight, now| {
            if found > 0 {
                (sight.found, sight.told) = (now, false);
            }
        });
    }

    /// A picture could not be looked at.
    pub(crate) fn failed(&self, source: &SourceId) {
        self.note(source, |sight, _| sight.unseen += 1);
    }

    /// `status`, with what is known of its sight.
    pub(crate) fn fill(&self, status: SourceStatus) -> SourceStatus {
        let Some(sight) = self.of().get(&status.id).copied() else { return status };
        let nothing_found_s = self.quiet(sight, self.clock.now()).map(|quiet| quiet.as_secs_f64());
        SourceStatus { nothing_found_s, unseen: sight.unseen, ..status }
    }

    fn note(&self, source: &SourceId, change: impl FnOnce(&mut Sight, Timestamp)) {
        let now = self.clock.now();
        let mut of = self.of();
        if !of.contains_key(source) {
            of.insert(source.clone(), Sight { found: now, unseen: 0, told: false });
        }
        let Some(sight) = of.get_mut(source) else { return };
        change(sight, now);
        if !sight.told
            && let Some(quiet) = self.quiet(*sight, now)
        {
            sight.told = true;
            let hours = quiet.as_secs_f64() / 3600.0;
            tracing::warn!(%source, hours, "nothing found in its pictures; is the view right?");
        }
    }

    /// For how long nothing was found, where that is long.
    fn quiet(&self, sight: Sight, now: Timestamp) -> Option<Duration> {
        let quiet = Duration::try_from(now.duration_since(sight.found)).ok()?;
        (quiet >= self.quiet_after).then_some(quiet)
    }

    fn of(&self) -> std::sync::MutexGuard<'_, BTreeMap<SourceId, Sight>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use domain::{Placement, SimulatedClock, SourceKind, SourceState};

    use super::*;

    const HOURS: Duration = Duration::from_hours(6);
    const SIX_HOURS: SignedDuration = SignedDuration::from_hours(6);

    fn status(id: &SourceId) -> SourceStatus {
        SourceStatus {
            id: id.clone(),
            name: String::new(),
            kind: SourceKind::Rtsp,
            state: SourceState::Live,
            detail: String::new(),
            since: Timestamp::UNIX_EPOCH,
            fps: 25.0,
            frames: 1,
            dropped: 0,
            reconnects: 0,
            last_frame_at: None,
            frame_age_s: None,
            clock_offset_s: None,
            nothing_found_s: None,
            unseen: 0,
            width: None,
            height: None,
            position: None,
            footprint: None,
            placement: Placement::None,
            residual_m: None,
        }
    }

    #[test]
    fn nothing_found_for_hours_is_said_until_something_is() {
        let clock = Arc::new(SimulatedClock::at(Timestamp::UNIX_EPOCH));
        let sights = Sights::new(Arc::clone(&clock) as Arc<dyn Clock>, HOURS);
        let gate = SourceId::new("gate").unwrap();
        let quiet = || sights.fill(status(&gate)).nothing_found_s;
        assert_eq!(quiet(), None, "never looked at");
        sights.looked(&gate, 0);
        clock.advance(SIX_HOURS - SignedDuration::from_secs(1));
        sights.looked(&gate, 0);
        assert_eq!(quiet(), None);
        clock.advance(SignedDuration::from_secs(1));
        assert_eq!(quiet(), Some(21_600.0), "also without another picture");
        sights.looked(&gate, 2);
        assert_eq!(quiet(), None);
        clock.advance(SIX_HOURS);
        assert_eq!(quiet(), Some(21_600.0));
    }

    #[test]
    fn pictures_that_could_not_be_looked_at_are_counted_and_show_nothing() {
        let clock = Arc::new(SimulatedClock::at(Timestamp::UNIX_EPOCH));
        let sights = Sights::new(Arc::clone(&clock) as Arc<dyn Clock>, HOURS);
        let gate = SourceId::new("gate").unwrap();
        sights.failed(&gate);
        clock.advance(SIX_HOURS);
        sights.failed(&gate);
        let status = sights.fill(status(&gate));
        assert_eq!((status.unseen, status.nothing_found_s), (2, Some(21_600.0)));
    }
}
