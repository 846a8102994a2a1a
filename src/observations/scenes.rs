//! Cameras that look at something else than when they were surveyed: none of their places is used any more.
//!
//! It is told by the camera itself (ONVIF `GlobalSceneChange`), kept over restarts, and ends with another survey.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use domain::{Placement, SourceId, SourceStatus};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use store::SceneChange;

/// Which cameras, since when.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scenes(Arc<Mutex<BTreeMap<SourceId, Timestamp>>>);

/// Which survey a camera has.
#[derive(Debug, Clone)]
pub(super) struct Stamp {
    /// In hex.
    pub sha256: String,
    /// What changed before is what was surveyed.
    pub modified: Timestamp,
}

impl Stamp {
    pub(super) fn of(survey: &Path) -> anyhow::Result<Self> {
        let read = || -> std::io::Result<_> {
            Ok((std::fs::read(survey)?, std::fs::metadata(survey)?.modified()?))
        };
        let (bytes, modified) =
            read().with_context(|| format!("cannot read the survey `{}`", survey.display()))?;
        let mut sha256 = String::new();
        for byte in Sha256::digest(&bytes) {
            write!(sha256, "{byte:02x}").expect("a String takes every byte");
        }
        let modified = modified.try_into().unwrap_or(Timestamp::MIN);
        Ok(Self { sha256, modified })
    }

    /// Whether a change that was noted is about this survey.
    pub(super) fn is_of(&self, change: &SceneChange) -> bool {
        self.sha256 == change.survey
    }
}

impl Scenes {
    pub(crate) fn changed(&self, source: &SourceId) -> bool {
        self.all().contains_key(source)
    }

    /// `false`: it was known.
    pub(super) fn note(&self, source: &SourceId, at: Timestamp) -> bool {
        self.all().insert(source.clone(), at).is_none()
    }

    /// `status`, with what is known of its scene.
    pub(crate) fn fill(&self, status: SourceStatus) -> SourceStatus {
        let Some(at) = self.all().get(&status.id).copied() else { return status };
        let detail = [told(at), status.detail].into_iter().filter(|text| !text.is_empty());
        SourceStatus {
            detail: detail.collect::<Vec<_>>().join("; "),
            placement: Placement::None,
            footprint: None,
            ..status
        }
    }

    /// For an operator.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.all().iter().map(|(source, at)| format!("source {source}: {}", told(*at))).collect()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<SourceId, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told(at: Timestamp) -> String {
    format!(
        "镜头已移动，须重新标定 the scene changed at {at:.0}: survey it again; its places are not used"
    )
}
