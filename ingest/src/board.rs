//! What is known about a running source: its status, its frame rate and its metrics.
//!
//! The source's thread writes, anybody reads. A change of state is logged here and nowhere else.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::{Clock, Placement, Size, SourceState, SourceStatus};
use jiff::{SignedDuration, Timestamp};

use crate::SourceSpec;

/// Shared by the source's thread and its handle.
#[derive(Debug)]
pub(crate) struct Board(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    status: SourceStatus,
    last_frame: Option<Instant>,
    /// (when, frames so far), one entry per [`TICK`], no longer than [`WINDOW`].
    pace: VecDeque<(Instant, u64)>,
}

/// The frame rate is measured over this long.
const WINDOW: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(250);

impl Board {
    pub(crate) fn new(spec: &SourceSpec, now: Timestamp) -> Self {
        let status = SourceStatus {
            id: spec.id.clone(),
            name: spec.name.clone(),
            kind: spec.input.kind(),
            state: SourceState::Starting,
            detail: String::new(),
            since: now,
            fps: 0.0,
            frames: 0,
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
        };
        Self(Mutex::new(Inner { status, last_frame: None, pace: VecDeque::new() }))
    }

    /// The status at this moment.
    pub(crate) fn snapshot(&self) -> SourceStatus {
        let inner = self.inner();
        let mut status = inner.status.clone();
        status.frame_age_s = inner.last_frame.map(|at| at.elapsed().as_secs_f64());
        status.fps = if finished(status.state) { 0.0 } else { inner.rate(Instant::now()) };
        status
    }

    /// For a source whose thread never began.
    pub(crate) fn set_failed(&self, why: &str) {
        let mut inner = self.inner();
        inner.status.state = SourceState::Failed;
        why.clone_into(&mut inner.status.detail);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn rate(&self, now: Instant) -> f64 {
        let recent = |&&(at, _): &&(Instant, u64)| now.duration_since(at) <= WINDOW;
        let Some(&(since, before)) = self.pace.iter().find(recent) else { return 0.0 };
        let seconds = now.duration_since(since).as_secs_f64();
        let frames = u32::try_from(self.status.frames - before).unwrap_or(u32::MAX);
        // Less than two ticks say nothing yet.
        if seconds < 0.5 { 0.0 } else { f64::from(frames) / seconds }
    }
}

pub(crate) const fn finished(state: SourceState) -> bool {
    matches!(state, SourceState::Ended | SourceState::Failed)
}

/// The writing side, owned by the source's thread.
pub(crate) struct Reporter {
    board: Arc<Board>,
    on_change: Box<dyn Fn(&SourceStatus) + Send>,
    clock: Arc<dyn Clock>,
    frames: metrics::Counter,
    dropped: metrics::Counter,
    reconnects: metrics::Counter,
    source: String,
}

impl Reporter {
    pub(crate) fn new(
        board: Arc<Board>,
        on_change: Box<dyn Fn(&SourceStatus) + Send>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let source = board.inner().status.id.to_string();
        let count = |name: &'static str| metrics::counter!(name, "source" => source.clone());
        let reporter = Self {
            frames: count("xunjian_frames_total"),
            dropped: count("xunjian_frames_dropped_total"),
            reconnects: count("xunjian_source_reconnects_total"),
            board,
            on_change,
            clock,
            source,
        };
        reporter.gauge(SourceState::Starting);
        reporter
    }

    /// Sets state and reason; tells the listener when either is new.
    pub(crate) fn state(&self, state: SourceState, detail: &str) {
        let now = self.clock.now();
        {
            let mut inner = self.board.inner();
            if inner.status.state == state && inner.status.detail == detail {
                return;
            }
            if inner.status.state != state {
                inner.status.since = now;
            }
            inner.status.state = state;
            detail.clone_into(&mut inner.status.detail);
        }
        let source = self.source.as_str();
        match state {
            SourceState::Starting | SourceState::Live | SourceState::Ended => {
                tracing::info!(source, ?state, detail, "source");
            }
            SourceState::Silent | SourceState::Reconnecting => {
                tracing::warn!(source, ?state, detail, "source");
            }
            SourceState::Failed => tracing::error!(source, detail, "source cannot be used"),
        }
        self.gauge(state);
        (self.on_change)(&self.board.snapshot());
    }

    pub(crate) fn current(&self) -> SourceState {
        self.board.inner().status.state
    }

    pub(crate) fn frames(&self) -> u64 {
        self.board.inner().status.frames
    }

    pub(crate) fn frame(&self, at: Timestamp, size: Size) {
        self.frames.increment(1);
        let now = Instant::now();
        let mut inner = self.board.inner();
        if inner.pace.back().is_none_or(|&(last, _)| now.duration_since(last) >= TICK) {
            let frames = inner.status.frames;
            inner.pace.push_back((now, frames));
            // One entry beyond the window stays, so that the rate always covers all of it.
            while inner.pace.len() > 2 && now.duration_since(inner.pace[0].0) > WINDOW {
                inner.pace.pop_front();
            }
        }
        inner.status.frames += 1;
        inner.status.last_frame_at = Some(at);
        inner.status.width = Some(size.width);
        inner.status.height = Some(size.height);
        inner.last_frame = Some(now);
    }

    pub(crate) fn dropped(&self, count: u64) {
        if count > 0 {
            self.dropped.increment(count);
            self.board.inner().status.dropped += count;
        }
    }

    pub(crate) fn reconnected(&self) {
        self.reconnects.increment(1);
        self.board.inner().status.reconnects += 1;
    }

    pub(crate) fn clock_offset(&self, offset: SignedDuration) {
        self.board.inner().status.clock_offset_s = Some(offset.as_secs_f64());
    }

    fn gauge(&self, now: SourceState) {
        for (state, name) in STATES {
            let value = if state == now { 1.0 } else { 0.0 };
            let source = self.source.clone();
            metrics::gauge!("xunjian_source_state", "source" => source, "state" => name).set(value);
        }
    }
}

const STATES: [(SourceState, &str); 6] = [
    (SourceState::Starting, "starting"),
    (SourceState::Live, "live"),
    (SourceState::Silent, "silent"),
    (SourceState::Reconnecting, "reconnecting"),
    (SourceState::Ended, "ended"),
    (SourceState::Failed, "failed"),
];
