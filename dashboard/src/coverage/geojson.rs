//! Coverage as a file for other programs (RFC 7946, WGS-84).
//!
//! Features are told apart by `kind`: the kind of a fence (`grid` for a cell of the grid), `gap` for what
//! of a fence was not seen, and `seen`, one feature with all ground that was seen.

use serde_json::{Value, json};

use super::{Coverage, FenceCoverage, MultiPolygon};

impl Coverage {
    /// A `FeatureCollection`; `days` is what was asked for.
    pub(crate) fn geojson(&self, days: u32) -> String {
        let fences = || self.fences.iter().chain(&self.grid);
        let features: Vec<Value> = std::iter::once(self.seen(days))
            .chain(fences().map(|fence| fence.feature(days)))
            .chain(fences().filter_map(FenceCoverage::gap))
            .collect();
        json!({ "type": "FeatureCollection", "features": features }).to_string()
    }

    fn seen(&self, days: u32) -> Value {
        let properties = json!({
            "kind": "seen",
            "days": days,
            "from": self.from,
            "to": self.to,
            "area_m2": self.area_m2,
            "looks": self.looks,
        });
        json!({ "type": "Feature", "geometry": self.area.geometry(), "properties": properties })
    }
}

impl FenceCoverage {
    fn feature(&self, days: u32) -> Value {
        let properties = json!({
            "kind": self.kind,
            "id": self.id,
            "name": self.name,
            "name_en": self.name_en,
            "days": days,
            "share": self.share,
            "area_m2": self.area_m2,
            "last_seen": self.last_seen,
            "flight": self.flight,
            "gsd_cm": self.gsd_cm,
            "whole_seen": self.whole_seen,
            "whole_gsd_cm": self.whole_gsd_cm,
            "empty": self.empty_at_last_look,
        });
        json!({
            "type": "Feature",
            "id": self.id,
            "geometry": { "type": "Polygon", "coordinates": self.outline },
            "properties": properties,
        })
    }

    fn gap(&self) -> Option<Value> {
        let geometry = self.gaps.geometry()?;
        let properties = json!({
            "kind": "gap",
            "of": self.id,
            "name": self.name,
            "area_m2": self.area_m2 * (1.0 - self.share),
        });
        Some(json!({ "type": "Feature", "geometry": geometry, "properties": properties }))
    }
}

impl MultiPolygon {
    /// `None` for nothing at all, which has no place.
    fn geometry(&self) -> Option<&Self> {
        (!self.coordinates.is_empty()).then_some(self)
    }
}
