//! The manifest: what makes a folder of evidence checkable by anyone, without this program.
//!
//! Written last and once. Equal contents give equal bytes: files are sorted by name, no field
//! depends on when or where it was written.

use std::collections::BTreeMap;

use domain::{Alert, AlertId, FenceId, RuleId};
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
        let _gate = self.inner.evidence_gate.lock().await;
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
        self.keep_gated(id, manifest).await
    }
}

#[derive(Serialize)]
struct Manifest {
    format: &'static str,
    /// The alert as it was when sealed.
    alert: Alert,
    /// Where the alert is about one.
    fence: Option<FenceEntry>,
    rule: RuleEntry,
    model: ModelEntry,
    software_version: String,
    config_sha256: String,
    /// By name.
    files: Vec<ManifestFile>,
    missing: Vec<MissingFile>,
}

#[derive(Serialize)]
struct FenceEntry {
    id: FenceId,
    version: String,
}

#[derive(Serialize)]
struct RuleEntry {
    name: RuleId,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    parameters: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct ModelEntry {
    id: String,
    sha256: String,
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
        Self {
            format: "xunjian-evidence/1",
            fence: alert
                .fence
                .as_ref()
                .map(|fence| FenceEntry { id: fence.id.clone(), version: fence.version.clone() }),
            rule: RuleEntry {
                name: alert.rule.clone(),
                version: alert.rule_version.clone(),
                parameters: context.rule_parameters,
            },
            model: ModelEntry { id: context.model_id, sha256: context.model_sha256 },
            software_version: context.software_version,
            config_sha256: context.config_sha256,
            files,
            missing,
            alert,
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, alert, file};

    fn context() -> ManifestContext {
        ManifestContext {
            model_id: "nanodet-plus-m-416".to_owned(),
            model_sha256: "ab".repeat(32),
            rule_parameters: BTreeMap::from([("dwell".to_owned(), "3m".to_owned())]),
            software_version: "0.1.0".to_owned(),
            config_sha256: "cd".repeat(32),
        }
    }

    async fn sealed(bench: &Bench, names: &[&str]) -> (EvidenceRow, String) {
        let alert = alert(1);
        bench.raise(&alert).await;
        for name in names {
            bench.store.put_evidence(alert.id, file(name, name)).await.unwrap();
        }
        bench.store.miss_evidence(alert.id, "clip.mp4", "segments gone").await.unwrap();
        let row = bench.store.seal_manifest(alert.id, context()).await.unwrap();
        (row, bench.text_of(alert.id, MANIFEST_NAME).await)
    }

    #[tokio::test]
    async fn equal_evidence_gives_equal_manifests_in_any_order() {
        let (one, two) = (Bench::new().await, Bench::new().await);
        let (_, first) = sealed(&one, &["a.jpg", "b.jpg"]).await;
        two.clock.advance(jiff::SignedDuration::from_secs(60));
        let (row, second) = sealed(&two, &["b.jpg", "a.jpg"]).await;
        assert_eq!(first, second);
        let json: serde_json::Value = serde_json::from_str(&first).unwrap();
        assert_eq!(json["files"][0]["name"], "a.jpg");
        assert_eq!(json["files"][0]["sha256"], crate::digest::sha256_hex(b"a.jpg"));
        assert_eq!(json["files"][1]["bytes"], 5);
        assert_eq!(json["missing"][0]["detail"], "segments gone");
        assert_eq!(json["model"]["id"], "nanodet-plus-m-416");
        assert_eq!(json["fence"]["version"], "0123456789ab");
        assert_eq!(json["rule"]["parameters"]["dwell"], "3m");
        assert_eq!(json["alert"]["id"], row.alert.to_string());
        assert_eq!(row.sha256, crate::digest::sha256_hex(first.as_bytes()));
    }

    #[tokio::test]
    async fn sealing_waits_for_what_is_pending_and_is_final() {
        let bench = Bench::new().await;
        let (store, id) = (&bench.store, alert(1).id);
        let unknown = store.seal_manifest(id, context()).await.unwrap_err();
        assert!(matches!(unknown, EvidenceError::NoAlert { .. }), "{unknown}");

        bench.raise(&alert(1)).await;
        store.expect_evidence(id, "clip.mp4", "video/mp4", "segment open").await.unwrap();
        let pending = store.seal_manifest(id, context()).await.unwrap_err();
        assert!(pending.to_string().ends_with("clip.mp4 still to come"), "{pending}");

        store.put_evidence(id, file("clip.mp4", "film")).await.unwrap();
        let row = store.seal_manifest(id, context()).await.unwrap();
        assert_eq!(store.seal_manifest(id, context()).await.unwrap(), row);

        // The same file again is still no news; anything else comes too late.
        store.put_evidence(id, file("clip.mp4", "film")).await.unwrap();
        store.miss_evidence(id, "clip.mp4", "lost").await.unwrap();
        for late in [
            store.put_evidence(id, file("late.jpg", "x")).await,
            store.expect_evidence(id, "late.jpg", "image/jpeg", "").await,
            store.miss_evidence(id, "late.jpg", "").await,
        ] {
            assert!(matches!(late, Err(EvidenceError::Sealed { .. })), "{late:?}");
        }
    }
}
