//! Carries messages from the outbox into a session with a broker.
//!
//! One courier, so messages leave in outbox order. A row is marked only after the broker has
//! acknowledged it. When a session is lost the next one begins again at the first undelivered row:
//! what was under way may arrive twice, never not at all.

use std::{borrow::Cow, collections::BTreeMap, future::Future, time::Duration};

use bytes::Bytes;
use domain::{SourceId, SourceStatus};
use jiff::SignedDuration;
use store::{Change, StoreError};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, Interval, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::Context;

/// How often the outbox is looked at without being told of a change.
const LOOK: Duration = Duration::from_secs(2);
/// How long the courier goes on after `stop`.
const DRAIN: Duration = Duration::from_secs(3);
/// Delivered rows are kept for this long, for whoever asks what was sent.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How often delivered rows that are older are removed: each 1800th look is one hour.
const LOOKS_PER_PRUNE: u32 = 1800;

/// The topic that says whether the program is there.
pub(super) const AVAILABLE: &str = "xunjian/available";

/// One message for the broker.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub topic: String,
    pub payload: Bytes,
    pub retain: bool,
    pub content_type: &'static str,
    /// The user property `event_id`.
    pub event_id: Option<String>,
    /// The outbox row, to be marked once acknowledged.
    pub row: Option<i64>,
}

impl Message {
    pub(super) fn available(word: &'static str) -> Self {
        Self {
            topic: AVAILABLE.to_owned(),
            payload: Bytes::from_static(word.as_bytes()),
            retain: true,
            content_type: "text/plain",
            event_id: None,
            row: None,
        }
    }

    fn status(status: &SourceStatus) -> Option<Self> {
        // Never fails: every field has a JSON form.
        let payload = serde_json::to_vec(status).ok()?;
        Some(Self {
            topic: format!("xunjian/source/{}/status", status.id),
            payload: payload.into(),
            retain: true,
            content_type: "application/json",
            event_id: None,
            row: None,
        })
    }
}

/// A connection to a broker, embedded or not.
pub(super) trait Session: Send {
    /// Hands over one message. The caller keeps to the window.
    fn send(&mut self, message: Message) -> impl Future<Output = Result<(), Lost>> + Send;
    /// Waits for acknowledgements; the outbox rows they are for. Dropping the future loses none.
    fn acknowledged(&mut self) -> impl Future<Output = Result<Vec<i64>, Lost>> + Send;
    /// Messages that wait for their acknowledgement.
    fn unacknowledged(&self) -> usize;
}

/// The session is over.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Lost(Cow<'static, str>);

impl Lost {
    pub(super) fn new(why: impl Into<Cow<'static, str>>) -> Self {
        Self(why.into())
    }
}

/// Why the courier came back.
#[derive(Debug, thiserror::Error)]
pub(super) enum Interrupted {
    #[error(transparent)]
    Lost(#[from] Lost),
    #[error("outbox")]
    Store(#[from] StoreError),
}

/// Carries what there is to carry.
pub(super) struct Courier {
    context: Context,
    window: usize,
    /// The last row handed over in this session.
    after: i64,
    /// Whether the outbox may hold rows beyond `after`.
    more: bool,
    /// States to publish; a newer one replaces an older of the same source.
    statuses: BTreeMap<SourceId, SourceStatus>,
    changes: broadcast::Receiver<Change>,
    states: broadcast::Receiver<SourceStatus>,
    look: Interval,
    looks: u32,
}

impl Courier {
    pub(super) fn new(context: &Context, window: u16) -> Self {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            window: usize::from(window),
            after: 0,
            more: true,
            statuses: BTreeMap::new(),
            changes: context.store.changes(),
            states: context.sources.changes(),
            look,
            looks: 0,
            context: context.clone(),
        }
    }

    /// Serves one session until it is lost, or until `stop` and what was ready is delivered.
    pub(super) async fn run<S: Session>(
        &mut self,
        session: &mut S,
        stop: &CancellationToken,
    ) -> Result<(), Interrupted> {
        self.after = 0;
        self.more = true;
        self.all_statuses();
        session.send(Message::available("online")).await?;
        loop {
            self.fill(session).await?;
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                rows = session.acknowledged() => self.settle(&rows?).await?,
                change = self.changes.recv() => self.note_change(&change),
                state = self.states.recv() => self.note_state(state),
                _ = self.look.tick() => self.look_after().await?,
            }
        }
        self.drain(session).await
    }

    async fn drain<S: Session>(&mut self, session: &mut S) -> Result<(), Interrupted> {
        let deadline = Instant::now() + DRAIN;
        self.more = true;
        self.fill(session).await?;
        while session.unacknowledged() > 0 {
            let Ok(rows) = tokio::time::timeout_at(deadline, session.acknowledged()).await else {
                break;
            };
            self.settle(&rows?).await?;
            self.fill(session).await?;
        }
        session.send(Message::available("offline")).await?;
        let told = async {
            while session.unacknowledged() > 0 {
                let rows = session.acknowledged().await?;
                self.settle(&rows).await?;
            }
            Ok(())
        };
        tokio::time::timeout_at(deadline, told).await.unwrap_or(Ok(()))
    }

    /// Sends as much as the window allows: states first, they are few and replace each other.
    async fn fill<S: Session>(&mut self, session: &mut S) -> Result<(), Interrupted> {
        while session.unacknowledged() < self.window {
            let Some((_, status)) = self.statuses.pop_first() else { break };
            if let Some(message) = Message::status(&status) {
                session.send(message).await?;
            }
        }
        while self.more && session.unacknowledged() < self.window {
            let room = self.window - session.unacknowledged();
            let room = u32::try_from(room).unwrap_or(u32::MAX);
            let rows = self.context.store.undelivered(self.after, room).await?;
            self.more = rows.len() >= room as usize;
            for outgoing in rows {
                self.after = outgoing.row;
                session
                    .send(Message {
                        topic: outgoing.topic,
                        payload: outgoing.payload,
                        retain: false,
                        content_type: "application/json",
                        event_id: Some(outgoing.event_id),
                        row: Some(outgoing.row),
                    })
                    .await?;
            }
        }
        Ok(())
    }

    async fn settle(&mut self, rows: &[i64]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        self.context.store.mark_delivered(rows).await?;
        metrics::counter!("xunjian_mqtt_delivered_total").increment(rows.len() as u64);
        Ok(())
    }

    fn note_change(&mut self, change: &Result<Change, RecvError>) {
        // Lagging is no harm: the outbox itself is read.
        if !matches!(change, Err(RecvError::Closed)) {
            self.more = true;
        }
    }

    fn note_state(&mut self, state: Result<SourceStatus, RecvError>) {
        match state {
            Ok(status) => {
                self.statuses.insert(status.id.clone(), status);
            }
            Err(RecvError::Lagged(_)) => self.all_statuses(),
            Err(RecvError::Closed) => {}
        }
    }

    fn all_statuses(&mut self) {
        let all = self.context.sources.list();
        self.statuses = all.into_iter().map(|status| (status.id.clone(), status)).collect();
    }

    async fn look_after(&mut self) -> Result<(), StoreError> {
        self.more = true;
        self.measure().await?;
        if self.looks.is_multiple_of(LOOKS_PER_PRUNE) {
            let before =
                self.context.clock.now().saturating_sub(KEPT).unwrap_or(jiff::Timestamp::MIN);
            let removed = self.context.store.prune_delivered(before).await?;
            tracing::debug!(removed, "old delivered messages removed from the outbox");
        }
        self.looks = self.looks.wrapping_add(1);
        Ok(())
    }

    /// Shows how much waits; also called while there is no broker.
    pub(super) async fn measure(&self) -> Result<(), StoreError> {
        let depth = self.context.store.outbox_depth().await?;
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 messages")]
        metrics::gauge!("xunjian_outbox_depth").set(depth as f64);
        Ok(())
    }
}
