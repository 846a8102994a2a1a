//! The fences as a map shows them.

use geojson::{Feature, FeatureCollection, Geometry, GeometryValue};
use jiff::Timestamp;
use serde::Serialize;

use crate::Fences;
use crate::fence::{Fence, Shape};
use crate::schedule::RawSchedule;

#[derive(Serialize)]
struct Properties<'a> {
    name: &'a str,
    name_en: Option<&'a str>,
    kind: &'static str,
    parking_authority: Option<domain::Authority>,
    schedule: Option<&'a RawSchedule>,
    valid_from: Option<Timestamp>,
    valid_to: Option<Timestamp>,
    /// Whether it applies at the moment asked for.
    active: bool,
}

impl Fences {
    /// The fences on the ground as a GeoJSON `FeatureCollection` in WGS-84, with `active` as of `at`. Zones
    /// drawn in a picture have no place on a map and are left out.
    pub fn geojson(&self, at: Timestamp) -> String {
        let features = self.all().iter().filter_map(|fence| feature(fence, at));
        FeatureCollection::new(features).to_string()
    }
}

fn feature(fence: &Fence, at: Timestamp) -> Option<Feature> {
    let Shape::Ground(polygon) = &fence.shape else { return None };
    let properties = Properties {
        name: &fence.name,
        name_en: fence.name_en.as_deref(),
        kind: fence.kind.as_str(),
        parking_authority: fence.authority,
        schedule: fence.schedule.weekly_hours(),
        valid_from: fence.schedule.valid_from,
        valid_to: fence.schedule.valid_to,
        active: fence.schedule.open_since(at).is_some(),
    };
    let properties = serde_json::to_value(properties).ok()?;
    Some(Feature {
        id: Some(geojson::feature::Id::String(fence.id.to_string())),
        geometry: Some(Geometry::new(GeometryValue::from(polygon))),
        properties: properties.as_object().cloned(),
        ..Feature::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_read_again() {
        let text = r#"{"type":"FeatureCollection","features":[{"type":"Feature","id":"a",
            "geometry":{"type":"Polygon","coordinates":[[[120.0,30.0],[120.001,30.0],[120.0,30.001],[120.0,30.0]]]},
            "properties":{"name":"甲","kind":"no_parking","valid_to":"2026-01-01T00:00:00Z",
            "schedule":{"time_zone":"Asia/Shanghai","weekly":[{"days":["mon"],"from":"07:00","to":"20:00"}]}}}]}"#;
        let fences = Fences::new([text], []).unwrap();
        let shown = fences.geojson("2026-11-16T09:00:00+08:00".parse().unwrap());
        assert!(shown.contains(r#""active":false"#), "{shown}");
        assert!(shown.contains(r#""days":["mon"]"#), "{shown}");
        assert!(shown.contains("[120.001,30.0]"), "{shown}");
    }
}
