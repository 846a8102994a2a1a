//! Tells listeners in this process that something changed.
//!
//! The queue is bounded. A listener that falls behind by more than `store.changes_kept` loses the
//! oldest changes and is told so (`RecvError::Lagged`); it must then read what it shows again. That
//! loses nothing: a change carries no content, the database does. Changes made by another process
//! are not announced.

use domain::AlertId;
use tokio::sync::broadcast;

use crate::Store;

/// Something about an alert is different from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub alert: AlertId,
    pub what: Changed,
}

/// What is different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// The alert has a new revision, and a message about it waits in the outbox.
    Alert,
    /// A file of it arrived, is expected or is known to be missing. No new revision, no message.
    Evidence,
}

impl Store {
    /// Changes from now on.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.changes.subscribe()
    }

    /// Called after the commit, never before: a listener reads at once.
    pub(crate) fn announce(&self, alert: AlertId, what: Changed) {
        if self.inner.changes.send(Change { alert, what }).is_err() {
            tracing::trace!(%alert, "nobody listens for changes");
        }
    }
}
