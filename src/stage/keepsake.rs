//! When to write down what the rules remember, and of which sources.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::SourceId;
use rules::Engine;

use crate::stage::judge::Verdict;

/// A crash loses so much dwell at most.
const EVERY: Duration = Duration::from_secs(10);

/// What was written down last.
#[derive(Debug)]
pub(crate) struct Keepsake {
    next: Instant,
    kept: BTreeMap<SourceId, String>,
}

impl Keepsake {
    /// `kept`: the sources of which something is kept.
    pub(crate) fn new(kept: BTreeMap<SourceId, String>) -> Self {
        Self { next: Instant::now() + EVERY, kept }
    }

    /// What has changed, when it is time.
    pub(crate) fn when_due(&mut self, engine: &Engine) -> Option<Verdict> {
        if Instant::now() < self.next {
            return None;
        }
        self.next = Instant::now() + EVERY;
        self.changed(engine)
    }

    /// What has changed.
    pub(crate) fn changed(&mut self, engine: &Engine) -> Option<Verdict> {
        let mut changed = Vec::new();
        let mut now = BTreeMap::new();
        for (source, past) in engine.recollect().filter(|(_, past)| !past.is_empty()) {
            match serde_json::to_string(&past) {
                Ok(text) => drop(now.insert(source.clone(), text)),
                Err(error) => tracing::warn!(%source, %error, "what stands cannot be written down"),
            }
        }
        for source in self.kept.keys().filter(|source| !now.contains_key(*source)) {
            changed.push((source.clone(), None));
        }
        for (source, text) in
            now.iter().filter(|(source, text)| self.kept.get(*source) != Some(*text))
        {
            changed.push((source.clone(), Some(text.clone())));
        }
        self.kept = now;
        (!changed.is_empty()).then_some(Verdict::Remember(changed))
    }
}
