//! The manifest: what makes a folder of evidence checkable by anyone, without this program.
//!
//! Written last and once. Equal contents give equal bytes: files are sorted by name, no field
//! depends on when or where it was written.

use std::collections::BTreeMap;

use domain::{Alert, AlertId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{EvidenceError, EvidenceRow, EvidenceState, NewEvidence, Store};

/// The name of the manifest among the evidence of an alert.
pub const MANIFEST_NAME: &str = "manifest.json";

/// What the alert came from, as far as the alert itself does not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestContext {
    /// As in `models/manifest.toml`.
    pub model_id: String,
    /// Of the model file, in hex.
    pub model_sha256: String,
    /// The rule's parameters as they were in force, with their units: `dwell` = `3m`.
    pub rule_parameters: BTreeMap<String, String>,
    pub software_version: String,
    /// Of the configuration file, in hex.
    pub config_sha256: String,
}

impl Store {
    /// Writes `manifest.json` over the evidence of an alert, after which nothing can be added.
    ///
    /// Refused while anything is pending. Files that are missing are listed with the reason. Sealing
    /// again returns the manifest of the first time. Seal when the alert has ended and its last
    /// files are in: the alert's document is the one of this moment.
    pub async fn seal_manifest(
        &self,
        id: AlertId,
        context: ManifestContext,
    ) -> Result<EvidenceRow, EvidenceError> {
        let alert = self.alert(id).await?.ok_or(EvidenceError::NoAlert { alert: id })?;
        let mut rows = self.evidence(id).await?;
        if let Some(at) = rows.iter().position(|row| row.name == MANIFEST_NAME) {
            return Ok(rows.swap_remove(at));
        }
        let pending: Vec<String> = rows
            .iter()
            .filter(|row| row.state == EvidenceState::Pending)
            .map(|row| row.name.clone())
            .collect();
        if !pending.is_empty() {
            return Err(EvidenceError::Pending { alert: id, names: pending });
        }
        let bytes = Manifest::new(alert, context, rows).to_json();
        let manifest = NewEvidence {
            name: MANIFEST_NAME.to_owned(),
            media_type: "application/json".to_owned(),
            taken_at: None,
            transform: "written from the records".to_owned(),
            bytes: bytes.into(),
        };
        self.keep(id, manifest).await
    }
}

#[derive(Serialize)]
struct Manifest {
    format: &'static str,
    /// The alert as it was when sealed.
    alert: Alert,
    fence_version: String,
    #[serde(flatten)]
    context: ManifestContext,
    /// By name.
    files: Vec<ManifestFile>,
    missing: Vec<MissingFile>,
}

#[derive(Serialize)]
struct ManifestFile {
    name: String,
    media_type: String,
    bytes: u64,
    sha256: String,
    taken_at: Option<Timestamp>,
    transform: String,
}

#[derive(Serialize)]
struct MissingFile {
    name: String,
    detail: String,
}

impl Manifest {
    fn new(alert: Alert, context: ManifestContext, rows: Vec<EvidenceRow>) -> Self {
        let (ready, missing): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row.state == EvidenceState::Ready);
        let mut files: Vec<_> = ready.into_iter().map(ManifestFile::from).collect();
        let mut missing: Vec<_> = missing
            .into_iter()
            .map(|row| MissingFile { name: row.name, detail: row.detail })
            .collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        missing.sort_by(|a, b| a.name.cmp(&b.name));
        let fence_version = alert.fence.version.clone();
        Self { format: "xunjian-evidence/1", alert, fence_version, context, files, missing }
    }

    fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self)
            .expect("every part has been read from JSON or holds only text and whole numbers");
        json.push(b'\n');
        json
    }
}

impl From<EvidenceRow> for ManifestFile {
    fn from(row: EvidenceRow) -> Self {
        let EvidenceRow { name, media_type, bytes, sha256, taken_at, transform, .. } = row;
        Self { name, media_type, bytes, sha256, taken_at, transform }
    }
}
