//! The fences as a map shows them.

use geojson::{FeatureCollection, Geometry, GeometryValue};
use jiff::Timestamp;

use crate::Fences;
use crate::fence::Shape;
use crate::read::feature;

impl Fences {
    /// The fences on the ground as a GeoJSON `FeatureCollection` in WGS-84, which reads back as the same fences. Zones
    /// drawn in a picture have no place on a map and are left out.
    pub fn to_geojson(&self) -> String {
        FeatureCollection::new(self.all().iter().filter_map(feature)).to_string()
    }

    /// The same for a map, with more properties: `active` as of `at`, `hash` of the content, and for a route that is a
    /// line the area that it was taken for. `refused` says why newer fences are not shown.
    pub fn geojson(&self, at: Timestamp, refused: Option<&str>) -> String {
        let features = self.all().iter().filter_map(|fence| {
            let mut feature = feature(fence)?;
            if let Shape::Ground(polygon) = &fence.shape {
                feature.geometry = Some(Geometry::new(GeometryValue::from(polygon)));
            }
            feature.set_property("active", fence.schedule.open_since(at).is_some());
            feature.set_property("hash", fence.version.as_str());
            // A map asks for these of every fence.
            for key in ["name_en", "parking_authority", "schedule", "valid_from", "valid_to"] {
                if feature.property(key).is_none() {
                    feature.set_property(key, serde_json::Value::Null);
                }
            }
            Some(feature)
        });
        let mut collection = FeatureCollection::new(features);
        if let Some(refused) = refused {
            let why = serde_json::Value::from(refused);
            collection.foreign_members = Some([("refused".to_owned(), why)].into_iter().collect());
        }
        collection.to_string()
    }
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
        let shown = fences.geojson("2026-11-16T09:00:00+08:00".parse().unwrap(), Some("bad"));
        assert!(shown.contains(r#""refused":"bad""#), "{shown}");
        assert!(shown.contains(r#""active":false"#), "{shown}");
        assert!(shown.contains(r#""days":["mon"]"#), "{shown}");
        assert!(shown.contains("[120.001,30.0]"), "{shown}");
    }
}
