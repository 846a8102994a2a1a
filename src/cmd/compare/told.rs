//! A comparison told: for a person, as JSON, and as `GeoJSON`.

use std::fmt::Write as _;

use anyhow::Context as _;
use detector::change::{Change, Reason, Registration};
use ground::{Area, Patch};
use rules::Judged;
use serde::Serialize;
use serde_json::{Value, json};

use super::verdict;

/// A comparison of two pictures.
pub(super) struct Told {
    pub before: String,
    pub after: String,
    pub model: String,
    pub sha256: String,
    pub registration: Registration,
    /// What areas take the two pictures to lie apart, 1 σ.
    pub apart_px: f64,
    /// How far poses or coordinates alone would have put the pictures apart, the median over the earlier one.
    pub guess_off_px: Option<f64>,
    /// Whether that is more than such doubt explains.
    pub contradicted: bool,
    /// What a pixel of the later picture shows.
    pub gsd_cm: Option<f64>,
    pub changes: Vec<Tale>,
    /// Regions too small to have a shape.
    pub specks: usize,
    /// What was decided of each change, where that was asked; `None` of one without a place.
    pub held: Option<Vec<Option<Judged>>>,
}

/// One change.
pub(super) struct Tale {
    pub number: usize,
    pub change: Change,
    pub area: Option<Area>,
    pub patch: Option<Patch>,
}

/// What is told of a change beside its shape.
#[derive(Serialize)]
struct Properties<'a> {
    number: usize,
    suppressed: Option<Reason>,
    probability: f64,
    area_m2: Option<f64>,
    area_sigma_m2: Option<f64>,
    area_px: f64,
    edge_px: f64,
    lon: Option<f64>,
    lat: Option<f64>,
    covariance_m2: Option<domain::Covariance>,
    signs: &'a detector::change::Signs,
}

impl Told {
    pub(super) fn text(&self) -> String {
        let mut lines = vec![self.laid()];
        let kept = self.changes.iter().filter(|tale| tale.change.suppressed.is_none()).count();
        lines.push(format!(
            "{kept} changes, {} suppressed, {} specks ({})",
            self.changes.len() - kept,
            self.specks,
            self.model
        ));
        lines.extend((0..).zip(&self.changes).map(|(nth, tale)| tale.line() + &self.decided(nth)));
        lines.join("\n") + "\n"
    }

    /// What was decided of a change, as the end of its line.
    fn decided(&self, nth: usize) -> String {
        match self.held.as_ref().and_then(|held| held.get(nth)) {
            // A line of what was suppressed says why.
            Some(Some(judged)) if !verdict::is_suppressed(judged) => {
                format!("  {}", verdict::words(judged))
            }
            Some(None) => "  no place on the ground".to_owned(),
            Some(Some(_)) | None => String::new(),
        }
    }

    fn laid(&self) -> String {
        let Registration { basis, residual, overlap, .. } = &self.registration;
        let by = match basis {
            detector::change::Basis::Features => "by points of both pictures",
            detector::change::Basis::Guided => "by points near where poses or coordinates say",
            detector::change::Basis::Pose => "by coordinates alone",
            detector::change::Basis::Given => "as given",
        };
        let mut text = format!("registered {by}, common area {:.0} %", 100.0 * overlap);
        let cm =
            |px: f64| self.gsd_cm.map(|gsd| format!(" ({:.0} cm)", px * gsd)).unwrap_or_default();
        match residual {
            Some(r) => write!(
                text,
                "; residual median {:.2} px{}, p95 {:.2} px; {} points, {:.0} % of those matched, in {:.0} % of the common area",
                r.median_px, cm(r.median_px), r.p95_px, r.inliers, 100.0 * r.share, 100.0 * r.cover
            ),
            None => write!(text, "; residual not known, taken as {:.0} px", self.apart_px),
        }
        .unwrap_or_default();
        if let Some(off) = self.guess_off_px {
            let alone = format!("; poses or coordinates alone are {off:.0} px{} off", cm(off));
            text.push_str(&alone);
            if self.contradicted {
                text.push_str("\nwarning: the poses or coordinates contradict the pictures; places on the map may be as far off");
            }
        }
        text
    }

    pub(super) fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(&self.value()?).context("a comparison is no JSON")? + "\n")
    }

    pub(super) fn value(&self) -> anyhow::Result<Value> {
        let mut changes: Vec<Value> =
            self.changes.iter().map(Tale::json).collect::<anyhow::Result<_>>()?;
        for (change, judged) in changes.iter_mut().zip(self.held.iter().flatten()) {
            change["decision"] = judged.as_ref().map_or(Value::Null, verdict::json);
        }
        Ok(json!({
            "before": self.before,
            "after": self.after,
            "model": { "id": self.model, "sha256": self.sha256 },
            "registration": {
                "basis": self.registration.basis,
                "overlap": self.registration.overlap,
                "residual": self.registration.residual,
                "apart_px": self.apart_px,
                "guess_off_px": self.guess_off_px,
                "contradicted": self.contradicted,
                "before_to_after": self.registration.warp.rows(),
            },
            "gsd_cm": self.gsd_cm,
            "specks": self.specks,
            "changes": changes,
        }))
    }

    /// WGS-84; nothing where no place is known.
    pub(super) fn geojson(&self) -> anyhow::Result<Option<String>> {
        let placed = self.changes.iter().filter_map(|tale| Some((tale, tale.patch.as_ref()?)));
        let features = placed.map(|(tale, patch)| {
            Ok(json!({
                "type": "Feature",
                "id": tale.number,
                "geometry": { "type": "MultiPolygon", "coordinates": patch.polygons },
                "properties": serde_json::to_value(tale.properties())?,
            }))
        });
        let features = features.collect::<anyhow::Result<Vec<Value>>>()?;
        if features.is_empty() && !self.changes.is_empty() {
            return Ok(None);
        }
        let all = json!({ "type": "FeatureCollection", "features": features });
        Ok(Some(serde_json::to_string_pretty(&all)? + "\n"))
    }
}

impl Tale {
    fn line(&self) -> String {
        let Change { suppressed, probability, area_px, .. } = &self.change;
        let size = match self.area {
            Some(Area { m2, sigma_m2 }) => format!("{m2:8.1} m² ± {sigma_m2:.1}"),
            None => format!("{area_px:8.0} px²"),
        };
        let place = self
            .patch
            .as_ref()
            .map(|patch| format!("  {:.6}, {:.6}", patch.middle.lon(), patch.middle.lat()));
        let why = match suppressed {
            Some(reason) => format!("  suppressed: {}", word(*reason)),
            None => String::new(),
        };
        format!("{:3}  {size}  p {probability:.2}{}{why}", self.number, place.unwrap_or_default())
    }

    fn properties(&self) -> Properties<'_> {
        let Change { suppressed, probability, area_px, edge_px, signs, .. } = &self.change;
        let middle = self.patch.as_ref().map(|patch| patch.middle);
        Properties {
            number: self.number,
            suppressed: *suppressed,
            probability: *probability,
            area_m2: self.area.map(|area| area.m2),
            area_sigma_m2: self.area.map(|area| area.sigma_m2),
            area_px: *area_px,
            edge_px: *edge_px,
            lon: middle.map(domain::LonLat::lon),
            lat: middle.map(domain::LonLat::lat),
            covariance_m2: self.patch.as_ref().and_then(|patch| patch.covariance),
            signs,
        }
    }

    fn json(&self) -> anyhow::Result<Value> {
        let mut value = serde_json::to_value(self.properties()).context("a change is no JSON")?;
        if let Some(object) = value.as_object_mut() {
            object.insert("rings_px".to_owned(), json!(self.change.rings));
            let ground = self.patch.as_ref().map(|patch| &patch.polygons);
            object.insert("polygons".to_owned(), json!(ground));
        }
        Ok(value)
    }
}

fn word(reason: Reason) -> &'static str {
    match reason {
        Reason::TooSmall => "too small",
        Reason::Edge => "at the edge of the common area",
        Reason::Vehicle => "a vehicle",
        Reason::Shadow => "a shadow",
        Reason::Season => "plants",
    }
}
