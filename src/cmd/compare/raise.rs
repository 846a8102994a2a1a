//! What was found is held against ground, permits and the register, and what may not be is recorded with both pictures.
//!
//! Writes to the store of the configuration, as `serve` does: a running program delivers and shows what is raised here.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use detector::change::{Reason, Shown, about};
use detector::picture;
use domain::{
    Alert, AlertId, BuildState, ChangeFound, ChangeKind, Covariance, Frame, KnownBuild, Outline,
    Suppressed, SystemClock,
};
use jiff::Timestamp;
use rules::{Construction, Decision, Fences, Judged, Site, WorkSign, judge, revisits};
use store::{Awaited, ManifestContext, NewEvidence, Store, Written};
use tokio::runtime::Runtime;

use super::epoch::Epoch;
use super::told::{Tale, Told};
use crate::config::Loaded;

/// Where decisions are made and kept.
pub(super) struct Office {
    runtime: Runtime,
    store: Store,
    fences: Fences,
    rule: Construction,
    config_sha256: String,
}

/// Two pictures that were compared.
pub(super) struct Pair<'a> {
    pub before: &'a Epoch,
    pub after: &'a Epoch,
    pub told: &'a Told,
    pub signs: &'a [WorkSign],
}

/// Places this far around what is seen are looked up in the register, degrees: about 100 m.
const AROUND_DEG: f64 = 0.001;
const QUALITY: u8 = 92;
const JPEG: &str = "image/jpeg";

impl Office {
    pub(super) fn open(loaded: &Loaded) -> anyhow::Result<Self> {
        let fences = crate::cmd::fences::load(loaded, Vec::new())
            .map_err(|problem| crate::cmd::refused(&problem))?;
        let runtime = Runtime::new().context("cannot start the async runtime")?;
        let store = runtime
            .block_on(Store::open(&loaded.config.store, Arc::new(SystemClock)))
            .context("cannot open the store")?;
        let rule = loaded.config.rules.construction.clone();
        Ok(Self { runtime, store, fences, rule, config_sha256: loaded.sha256() })
    }

    pub(super) fn close(self) -> anyhow::Result<()> {
        self.runtime.block_on(self.store.close()).context("cannot close the store")
    }

    /// Decides every change that has a place, in their order, and records what came of it.
    pub(super) fn hold(&self, pair: &Pair<'_>) -> anyhow::Result<Vec<Option<Judged>>> {
        self.runtime.block_on(async {
            let mut known = self.store.builds_about(pair.bounds()).await?;
            for place in known.iter().filter(|place| pair.shows(place)) {
                self.store.visited(place.alert, pair.after.at()?).await?;
            }
            let mut held = Vec::new();
            for tale in &pair.told.changes {
                let Some(found) = pair.found(tale, &self.rule)? else {
                    held.push(None);
                    continue;
                };
                let site = Site {
                    fences: &self.fences,
                    known: &known,
                    signs: pair.signs,
                    config: &self.rule,
                };
                let judged = judge(&found, &site);
                if let Some(entry) = self.record(&judged.decision, pair, tale).await? {
                    known.push(entry);
                }
                held.push(Some(judged));
            }
            Ok(held)
        })
    }

    /// Returns what is new in the register.
    async fn record(
        &self,
        decision: &Decision,
        pair: &Pair<'_>,
        tale: &Tale,
    ) -> anyhow::Result<Option<KnownBuild>> {
        match decision {
            Decision::Raised { alert, known } => {
                self.raise(alert, known, pair, tale).await?;
                return Ok(Some(known.as_ref().clone()));
            }
            Decision::Standing { alert, at } => self.seen(*alert, *at).await?,
            Decision::Gone { alert, at } => {
                let visits = revisits(*alert, *at, &self.rule.revisit_days);
                self.store.demolish(*alert, *at, "machine", &visits).await?;
            }
            Decision::LookAgain { .. } | Decision::Passed(_) => {}
        }
        Ok(None)
    }

    async fn seen(&self, id: AlertId, at: Timestamp) -> anyhow::Result<()> {
        self.store.build_seen(id, at).await?;
        if let Some(alert) = self.store.alert(id).await? {
            drop(self.store.update(&Alert { last_seen: at, ..alert }).await?);
        }
        Ok(())
    }

    async fn raise(
        &self,
        alert: &Alert,
        known: &KnownBuild,
        pair: &Pair<'_>,
        tale: &Tale,
    ) -> anyhow::Result<()> {
        let files = pair.evidence(tale)?;
        let awaited = files.iter().map(|file| Awaited {
            name: &file.name,
            media_type: JPEG,
            detail: "being written",
        });
        let awaited: Vec<Awaited<'_>> = awaited.collect();
        match self.store.raise_built(alert, &awaited, known).await? {
            Written::New(_) => {}
            Written::Already | Written::Unknown => return Ok(()),
        }
        for file in files {
            self.store.put_evidence(alert.id, file).await?;
        }
        // Nothing is added later, also while what was built still stands.
        self.store.seal_manifest(alert.id, self.manifest(pair.told)).await?;
        Ok(())
    }

    fn manifest(&self, told: &Told) -> ManifestContext {
        let Construction { ground, least_m2, share, same_share, .. } = &self.rule;
        let kinds: Vec<&str> = ground.iter().map(|kind| kind.as_str()).collect();
        ManifestContext {
            model_id: told.model.clone(),
            model_sha256: told.sha256.clone(),
            rule_parameters: BTreeMap::from([
                ("ground".to_owned(), kinds.join(" ")),
                ("least_m2".to_owned(), least_m2.to_string()),
                ("share".to_owned(), share.to_string()),
                ("same_share".to_owned(), same_share.to_string()),
            ]),
            software_version: env!("CARGO_PKG_VERSION").to_owned(),
            config_sha256: self.config_sha256.clone(),
        }
    }
}

impl Pair<'_> {
    /// [west, south, east, north] of what is seen and found, and a little more.
    fn bounds(&self) -> [f64; 4] {
        let rings = self.told.changes.iter().filter_map(|tale| tale.patch.as_ref());
        let corners = rings.flat_map(|patch| patch.polygons.iter().flatten().flatten());
        let ground = self.after.ground();
        let all = corners.chain(ground.iter().flatten());
        let none = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        let [west, south, east, north] = all.fold(none, |[w, s, e, n], &[lon, lat]| {
            [w.min(lon), s.min(lat), e.max(lon), n.max(lat)]
        });
        [west - AROUND_DEG, south - AROUND_DEG, east + AROUND_DEG, north + AROUND_DEG]
    }

    /// Whether something was demolished there, and both pictures show the place.
    fn shows(&self, known: &KnownBuild) -> bool {
        let at = [known.outline.middle.lon(), known.outline.middle.lat()];
        let sees = |epoch: &Epoch| epoch.ground().is_some_and(|ring| holds(&ring, at));
        matches!(known.state, BuildState::Demolished { .. })
            && sees(self.before)
            && sees(self.after)
    }

    /// `None` where nothing tells the place.
    fn found(&self, tale: &Tale, rule: &Construction) -> anyhow::Result<Option<ChangeFound>> {
        let Some((patch, area)) = tale.patch.as_ref().zip(tale.area) else { return Ok(None) };
        let unsure = Covariance::round(rule.orthophoto_sigma_m);
        let apart = self.told.registration.residual.zip(self.told.gsd_cm);
        Ok(Some(ChangeFound {
            before: self.before.epoch()?,
            after: self.after.epoch()?,
            outline: Outline {
                rings: patch.polygons.first().cloned().unwrap_or_default(),
                middle: patch.middle,
                covariance_m2: patch.covariance.unwrap_or(unsure),
                area_m2: area.m2,
                area_sigma_m2: area.sigma_m2,
            },
            probability: tale.change.probability,
            kind: ChangeKind::Unknown,
            suppressed: tale.change.suppressed.map(suppressed),
            residual_m: apart.map(|(residual, gsd)| residual.median_px * gsd / 100.0),
        }))
    }

    /// Both pictures, one over the other.
    fn evidence(&self, tale: &Tale) -> anyhow::Result<Vec<NewEvidence>> {
        let (from, to) = (self.before, self.after);
        let [before, after] =
            about(&from.frame, &to.frame, &self.told.registration.warp, &tale.change)
                .context("cannot cut both pictures")?;
        let moved = "moved over the later picture, cut, to JPEG, quality 92";
        let mut files = pictures("first", from, &before, moved)?;
        files.extend(pictures("last", to, &after, "cut, to JPEG, quality 92")?);
        Ok(files)
    }
}

fn pictures(
    when: &str,
    epoch: &Epoch,
    shown: &Shown,
    how: &str,
) -> anyhow::Result<Vec<NewEvidence>> {
    let taken_at = Some(epoch.at()?);
    let file = |what: &str, frame: &Frame, more: &str| {
        Ok(NewEvidence {
            name: format!("{when}_{what}.jpg"),
            media_type: JPEG.to_owned(),
            taken_at,
            transform: format!("file with SHA-256 {}: {how}{more}", epoch.sha256),
            bytes: picture::encode_jpeg(frame, QUALITY)?,
        })
    };
    [
        file("scene", &shown.scene, ""),
        file("annotated", &shown.annotated, ", with the outline drawn in"),
        file("crop", &shown.crop, ", near the change"),
    ]
    .into_iter()
    .collect()
}

/// Why the comparison leaves it out, as rules name it.
pub(in crate::cmd) const fn suppressed(reason: Reason) -> Suppressed {
    match reason {
        Reason::TooSmall => Suppressed::TooSmall,
        Reason::Edge => Suppressed::Edge,
        Reason::Vehicle => Suppressed::Vehicle,
        Reason::Shadow => Suppressed::Shadow,
        Reason::Season => Suppressed::Season,
    }
}

/// Whether a line to the east crosses a closed ring an odd number of times.
fn holds(ring: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let crossed = ring.iter().zip(ring.iter().skip(1)).filter(|(a, b)| {
        (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]
    });
    crossed.count() % 2 == 1
}
