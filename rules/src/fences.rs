//! The fences as a layer: read from GeoJSON, checked, indexed.
//!
//! Every problem names the feature, and all of them are told. One bad feature refuses the layer: a fence that silently
//! is not there is worse than a program that does not start.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use domain::{FenceId, LonLat, SourceId};
use geo::{BoundingRect, Polygon};
use geojson::{FeatureCollection, GeoJson};
use rstar::{AABB, RTree, RTreeObject};

use crate::calendar::Calendar;
use crate::fence::{Fence, Shape, Zone};
use crate::index::{Index, Position};
use crate::read::{self, FenceError};

/// All fences, indexed by place.
#[derive(Debug, Default)]
pub struct Fences {
    list: Vec<Fence>,
    /// Boxes around those on the ground: what lies about a place.
    boxes: RTree<Entry>,
    /// What holds a place.
    index: Index,
    /// Which fence each polygon of `index` is.
    indexed: Vec<usize>,
}

/// Why fences are refused.
#[derive(Debug, thiserror::Error)]
pub enum FencesError {
    #[error("not valid GeoJSON")]
    Json(#[source] Box<geojson::Error>),
    #[error("GeoJSON, but no FeatureCollection")]
    NoCollection,
    #[error("more than {} fences", Fences::MOST)]
    TooMany,
    #[error("{0}")]
    Bad(Problems),
}

/// What is wrong with fences, each named.
#[derive(Debug, Default)]
pub struct Problems {
    pub told: Vec<FenceError>,
    /// How many more there are.
    pub more: usize,
}

impl Problems {
    /// The most that are told.
    const MOST: usize = 50;

    fn add(&mut self, errors: impl IntoIterator<Item = FenceError>) {
        for error in errors {
            if self.told.len() < Self::MOST {
                self.told.push(error);
            } else {
                self.more += 1;
            }
        }
    }
}

/// One a line, with what lies behind each.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, error) in self.told.iter().enumerate() {
            let line = if number == 0 { "" } else { "\n" };
            write!(f, "{line}{error}")?;
            // A border is told with its fence.
            let mut cause = match error {
                FenceError::Border { .. } => None,
                other => std::error::Error::source(other),
            };
            while let Some(inner) = cause {
                write!(f, ": {inner}")?;
                cause = inner.source();
            }
        }
        if self.more > 0 {
            write!(f, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct Entry {
    fence: usize,
    bounds: AABB<[f64; 2]>,
}

impl RTreeObject for Entry {
    type Envelope = AABB<[f64; 2]>;
    fn envelope(&self) -> Self::Envelope {
        self.bounds
    }
}

impl Fences {
    /// The most fences of one layer.
    pub const MOST: usize = 100_000;
    /// Places are looked up this far around, degrees (about 500 m): no place is less sure than that.
    const LOOK_AROUND_DEG: f64 = 0.005;

    /// Reads GeoJSON texts and zones drawn in pictures, with a week without holidays.
    pub fn new<'a>(
        geojson: impl IntoIterator<Item = &'a str>,
        zones: impl IntoIterator<Item = (SourceId, Zone)>,
    ) -> Result<Self, FencesError> {
        Self::by_calendar(geojson, zones, &Arc::default())
    }

    /// Reads GeoJSON texts and zones drawn in pictures; `calendar` says which days are worked.
    pub fn by_calendar<'a>(
        geojson: impl IntoIterator<Item = &'a str>,
        zones: impl IntoIterator<Item = (SourceId, Zone)>,
        calendar: &Arc<Calendar>,
    ) -> Result<Self, FencesError> {
        let (mut fences, mut problems) = (Vec::new(), Problems::default());
        for text in geojson {
            for (index, feature) in collection(text)?.features.into_iter().enumerate() {
                if fences.len() >= Self::MOST {
                    return Err(FencesError::TooMany);
                }
                match read::fence(index, feature, calendar) {
                    Ok(fence) => fences.push(fence),
                    Err(errors) => problems.add(errors),
                }
            }
        }
        for (source, zone) in zones {
            match read::zone(source, zone) {
                Ok(fence) => fences.push(fence),
                Err(error) => problems.add([error]),
            }
        }
        let mut ids = BTreeSet::new();
        let twice = fences.iter().filter(|fence| !ids.insert(&fence.id));
        problems.add(twice.map(|fence| FenceError::Twice(fence.id.clone())));
        if !problems.told.is_empty() {
            return Err(FencesError::Bad(problems));
        }
        Ok(Self::indexing(fences))
    }

    fn indexing(fences: Vec<Fence>) -> Self {
        let ground = |fence: &Fence| match &fence.shape {
            Shape::Ground(polygon) => Some(polygon.clone()),
            Shape::Image { .. } => None,
        };
        let (indexed, polygons): (Vec<usize>, Vec<Polygon>) = fences
            .iter()
            .enumerate()
            .filter_map(|(number, fence)| Some((number, ground(fence)?)))
            .unzip();
        let (boxes, index) = (RTree::bulk_load(entries(&fences)), Index::new(&polygons));
        Self { list: fences, boxes, index, indexed }
    }

    /// Tells every fence on the ground that holds a place, by its number in [`Fences::all`], exactly and in no
    /// particular order. A place on a border is told as such: `covers` counts it, `contains` does not.
    pub fn at(&self, place: LonLat, mut found: impl FnMut(usize, Position)) {
        self.index.at([place.lon(), place.lat()], |number, position| {
            found(self.indexed[number], position);
        });
    }

    /// Whether they are the same fences, in the same order.
    pub fn same_as(&self, other: &Self) -> bool {
        self.list == other.list
    }

    /// The fence of this name.
    pub fn get(&self, id: &FenceId) -> Option<&Fence> {
        self.list.iter().find(|fence| fence.id == *id)
    }

    /// All fences, in the order they were read.
    pub fn all(&self) -> &[Fence] {
        &self.list
    }

    /// The fences on the ground that a place about here may lie in, and those of `source`'s picture;
    /// in the order they were read.
    pub fn about(&self, source: &SourceId, place: &domain::Place) -> Vec<&Fence> {
        match *place {
            domain::Place::Ground { lon, lat, .. } => {
                let reach = Self::LOOK_AROUND_DEG;
                let around =
                    AABB::from_corners([lon - reach, lat - reach], [lon + reach, lat + reach]);
                let mut found: Vec<usize> = self
                    .boxes
                    .locate_in_envelope_intersecting(around)
                    .map(|entry| entry.fence)
                    .collect();
                found.sort_unstable();
                found.into_iter().map(|i| &self.list[i]).collect()
            }
            domain::Place::Image { .. } => self
                .list
                .iter()
                .filter(|f| matches!(&f.shape, Shape::Image { source: of, .. } if of == source))
                .collect(),
        }
    }
}

fn entries(fences: &[Fence]) -> Vec<Entry> {
    fences
        .iter()
        .enumerate()
        .filter_map(|(fence, f)| match &f.shape {
            Shape::Ground(polygon) => polygon.bounding_rect().map(|rect| Entry {
                fence,
                bounds: AABB::from_corners(rect.min().into(), rect.max().into()),
            }),
            Shape::Image { .. } => None,
        })
        .collect()
}

fn collection(text: &str) -> Result<FeatureCollection, FencesError> {
    match text.parse::<GeoJson>().map_err(|error| FencesError::Json(Box::new(error)))? {
        GeoJson::FeatureCollection(collection) => Ok(collection),
        GeoJson::Feature(_) | GeoJson::Geometry(_) => Err(FencesError::NoCollection),
    }
}

#[cfg(test)]
mod tests {
    use domain::Authority;

    use super::*;

    fn feature(id: &str, ring: &str, more: &str) -> String {
        format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","id":{id},
            "geometry":{{"type":"Polygon","coordinates":[{ring}]}},
            "properties":{{"name":"人民路","kind":"no_parking"{more}}}}}]}}"#
        )
    }

    const SQUARE: &str =
        "[[120.0,30.0],[120.001,30.0],[120.001,30.001],[120.0,30.001],[120.0,30.0]]";

    fn refused(text: &str, wanted: &str) {
        let error = Fences::new([text], []).unwrap_err();
        let mut message = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            message = format!("{message}: {inner}");
            cause = inner.source();
        }
        assert!(message.contains(wanted), "{message}");
    }

    #[test]
    fn a_fence_is_read_with_its_properties() {
        let text = feature("\"renmin\"", SQUARE, r#","parking_authority":"urban_mgmt""#);
        let fences = Fences::new([text.as_str()], []).unwrap();
        let fence = &fences.all()[0];
        assert_eq!(fence.authority, Some(Authority::UrbanMgmt));
        assert_eq!(fence.version.len(), 12);
    }

    #[test]
    fn a_fence_in_gcj_02_is_moved() {
        let text = feature("\"renmin\"", SQUARE, r#","datum":"GCJ-02""#);
        let fences = Fences::new([text.as_str()], []).unwrap();
        let Shape::Ground(polygon) = &fences.all()[0].shape else { panic!("on the ground") };
        let corner = polygon.exterior().0[0];
        assert!((corner.x - 120.0).abs() > 0.003 && (corner.y - 30.0).abs() > 0.001);
    }

    #[test]
    fn bad_fences_are_refused_by_name() {
        let bow = "[[120.0,30.0],[120.001,30.001],[120.001,30.0],[120.0,30.001],[120.0,30.0]]";
        let swapped = "[[30.0,120.0],[30.0,120.001],[30.001,120.001],[30.0,120.0]]";
        let wide = "[[100.0,30.0],[120.0,30.0],[120.0,40.0],[100.0,30.0]]";
        let line = "[[120.0,30.0],[120.001,30.0],[120.0,30.0]]";
        for (text, wanted) in [
            ("{".to_owned(), "not valid GeoJSON"),
            (r#"{"type":"Point","coordinates":[1,2]}"#.to_owned(), "no FeatureCollection"),
            (feature("\"a b\"", SQUARE, ""), "`a b` is no valid id"),
            (feature("\"bow\"", bow, ""), "fence `bow` is no valid polygon"),
            (feature("\"swap\"", swapped, ""), "fence `swap` has the point 30, 120"),
            (feature("\"wide\"", wide, ""), "fence `wide` spans 20.00°"),
            (feature("\"line\"", line, ""), "fence `line` is no valid polygon"),
            (feature("\"short\"", "[[121.0]]", ""), "fence `short` has a corner without longitude"),
            (feature("\"x\"", SQUARE, r#","knid":1"#), "unknown field `knid`"),
            (feature("\"x\"", SQUARE, r#","datum":"wgs""#), "unknown variant `wgs`"),
            (
                feature("\"x\"", SQUARE, r#","schedule":{"time_zone":"Mars","weekly":[]}"#),
                "`Mars` is no time zone",
            ),
        ] {
            refused(&text, wanted);
        }
        let zone: Zone = serde_json::from_str(
            r#"{"id":"z","name":"z","kind":"grid","polygon":[[0,0],[1,0],[1,1]]}"#,
        )
        .unwrap();
        let error = Fences::new([], [(SourceId::new("cam").unwrap(), zone)]).unwrap_err();
        assert!(error.to_string().contains("lies on the ground, not in a picture"), "{error}");
        let twice = feature("\"x\"", SQUARE, "");
        let error = Fences::new([twice.as_str(), twice.as_str()], []).unwrap_err();
        assert_eq!(error.to_string(), "fence `x` appears twice");
    }
}
