//! How the API comes by masked renditions: whoever makes them is asked, and what was made is in the store.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use store::Original;

/// A file that somebody wants to see.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub of: Original,
    pub media_type: String,
    /// Of the file, in hex.
    pub sha256: String,
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq)]
pub enum Masked {
    /// The store has it.
    Ready,
    /// It is being made; `progress` 0..=1.
    Preparing { progress: f64 },
    /// It cannot be made, so nothing is shown. For a person, in English.
    Refused { why: String },
}

/// Whether pictures can be masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MaskingState {
    On,
    /// The operator has switched it off: everybody who is signed in sees everything.
    Off,
    /// Nothing can be masked, so no picture is shown to anybody but those who may see originals.
    Unable {
        why: String,
    },
}

/// Makes masked renditions. Cloning is cheap; all clones ask the same maker.
#[derive(Clone)]
pub struct Masking {
    ask: Arc<dyn Fn(Wanted) -> BoxFuture<'static, Masked> + Send + Sync>,
    state: Arc<dyn Fn() -> MaskingState + Send + Sync>,
}

impl Masking {
    /// `ask` waits some seconds for what is soon done, then says how far it is. `state` must not block.
    pub fn new(
        ask: impl Fn(Wanted) -> BoxFuture<'static, Masked> + Send + Sync + 'static,
        state: impl Fn() -> MaskingState + Send + Sync + 'static,
    ) -> Self {
        Self { ask: Arc::new(ask), state: Arc::new(state) }
    }

    pub(crate) async fn ask(&self, wanted: Wanted) -> Masked {
        (self.ask)(wanted).await
    }

    pub(crate) fn state(&self) -> MaskingState {
        (self.state)()
    }
}

impl fmt::Debug for Masking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Masking").field("state", &self.state()).finish_non_exhaustive()
    }
}
