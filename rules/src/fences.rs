//! The fences as a layer: read from GeoJSON, checked, indexed.
//!
//! Every problem names the feature. One bad feature refuses the file: a fence that silently is not
//! there is worse than a program that does not start.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::{Authority, Datum, FenceId, LonLat, SourceId};
use geo::{Area, BoundingRect, Coord, LineString, Polygon, Validation};
use geojson::{Feature, FeatureCollection, GeoJson, GeometryValue};
use jiff::Timestamp;
use rstar::{AABB, RTree, RTreeObject};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::fence::{Fence, Kind, Shape, Zone};
use crate::index::{Index, Position};
use crate::schedule::{RawSchedule, Schedule, ScheduleError};

/// All fences, indexed by place.
#[derive(Debug, Default)]
pub struct Fences {
    fences: Vec<Fence>,
    /// Boxes around those on the ground: what lies about a place.
    boxes: RTree<Entry>,
    /// What holds a place.
    index: Index,
    /// Which fence each polygon of `index` is.
    indexed: Vec<usize>,
}

/// Why fences are refused.
#[derive(Debug, thiserror::Error)]
pub enum FenceError {
    #[error("not valid GeoJSON")]
    Json(#[source] Box<geojson::Error>),
    #[error("GeoJSON, but no FeatureCollection")]
    NoCollection,
    #[error("more than {} fences", Fences::MOST)]
    TooMany,
    #[error("feature {index} has no usable `id`")]
    Id { index: usize, source: domain::BadId },
    #[error("feature {index} has no `id`: give it a string like \"renmin-road-north\"")]
    NoId { index: usize },
    #[error("fence `{0}` appears twice")]
    Twice(FenceId),
    #[error("fence `{id}` has properties that cannot be used")]
    Properties { id: FenceId, source: serde_json::Error },
    #[error("fence `{id}` has a schedule that cannot be used")]
    Schedule { id: FenceId, source: ScheduleError },
    #[error("fence `{0}` is no Polygon")]
    NoPolygon(FenceId),
    #[error("fence `{id}` is no valid polygon: {problem}")]
    Polygon { id: FenceId, problem: String },
    #[error("fence `{id}` has the point {lon}, {lat}, which is no place on earth (lon, lat?)")]
    NoPlace { id: FenceId, lon: f64, lat: f64 },
    #[error("fence `{id}` spans {degrees:.2}°: larger than a prefecture, so probably a mistake")]
    TooLarge { id: FenceId, degrees: f64 },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Properties {
    name: String,
    #[serde(default)]
    name_en: Option<String>,
    kind: Kind,
    #[serde(default)]
    parking_authority: Option<Authority>,
    #[serde(default)]
    datum: Datum,
    #[serde(default)]
    schedule: Option<RawSchedule>,
    #[serde(default)]
    valid_from: Option<Timestamp>,
    #[serde(default)]
    valid_to: Option<Timestamp>,
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
    /// The most corners of one fence.
    const MOST_CORNERS: usize = 10_000;
    /// The widest a fence may be, degrees.
    const WIDEST_DEG: f64 = 3.0;
    /// Places are looked up this far around, degrees (about 500 m): no place is less sure than that.
    const LOOK_AROUND_DEG: f64 = 0.005;

    /// Reads GeoJSON texts and zones drawn in pictures.
    pub fn new<'a>(
        geojson: impl IntoIterator<Item = &'a str>,
        zones: impl IntoIterator<Item = (SourceId, Zone)>,
    ) -> Result<Self, FenceError> {
        let mut fences = Vec::new();
        for text in geojson {
            for (index, feature) in collection(text)?.features.into_iter().enumerate() {
                if fences.len() >= Self::MOST {
                    return Err(FenceError::TooMany);
                }
                fences.push(ground_fence(index, feature)?);
            }
        }
        for (source, zone) in zones {
            fences.push(image_fence(source, zone)?);
        }
        let mut ids = BTreeSet::new();
        if let Some(twice) = fences.iter().find(|fence| !ids.insert(&fence.id)) {
            return Err(FenceError::Twice(twice.id.clone()));
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
        Self { fences, boxes, index, indexed }
    }

    /// Tells every fence on the ground that holds a place, by its number in [`Fences::all`], exactly and in no
    /// particular order. A place on a border is told as such: `covers` counts it, `contains` does not.
    pub fn at(&self, place: LonLat, mut found: impl FnMut(usize, Position)) {
        self.index.at([place.lon(), place.lat()], |number, position| {
            found(self.indexed[number], position);
        });
    }

    /// All fences, in the order they were read.
    pub fn all(&self) -> &[Fence] {
        &self.fences
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
                found.into_iter().map(|i| &self.fences[i]).collect()
            }
            domain::Place::Image { .. } => self
                .fences
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

fn collection(text: &str) -> Result<FeatureCollection, FenceError> {
    match text.parse::<GeoJson>().map_err(|error| FenceError::Json(Box::new(error)))? {
        GeoJson::FeatureCollection(collection) => Ok(collection),
        GeoJson::Feature(_) | GeoJson::Geometry(_) => Err(FenceError::NoCollection),
    }
}

fn ground_fence(index: usize, feature: Feature) -> Result<Fence, FenceError> {
    let version = version(&feature.to_string());
    let id = feature_id(index, feature.id)?;
    let properties = serde_json::Value::Object(feature.properties.unwrap_or_default());
    let properties: Properties = serde_json::from_value(properties)
        .map_err(|source| FenceError::Properties { id: id.clone(), source })?;
    let Some(GeometryValue::Polygon { coordinates }) = feature.geometry.map(|g| g.value) else {
        return Err(FenceError::NoPolygon(id));
    };
    let rings = coordinates
        .iter()
        .map(|ring| ring.iter().map(|position| corner(&id, position.as_slice())).collect())
        .collect::<Result<Vec<Vec<(f64, f64)>>, _>>()?;
    let polygon = ground_polygon(&id, &rings, properties.datum)?;
    let schedule = Schedule::new(properties.schedule, properties.valid_from, properties.valid_to)
        .map_err(|source| FenceError::Schedule { id: id.clone(), source })?;
    Ok(Fence {
        id,
        name: properties.name,
        name_en: properties.name_en,
        kind: properties.kind,
        authority: properties.parking_authority,
        schedule,
        shape: Shape::Ground(polygon),
        version,
    })
}

/// A position may be of any length in JSON.
fn corner(id: &FenceId, position: &[f64]) -> Result<(f64, f64), FenceError> {
    match *position {
        [lon, lat, ..] => Ok((lon, lat)),
        _ => Err(FenceError::Polygon {
            id: id.clone(),
            problem: "a corner has no longitude or no latitude".to_owned(),
        }),
    }
}

fn feature_id(index: usize, id: Option<geojson::feature::Id>) -> Result<FenceId, FenceError> {
    let text = match id {
        Some(geojson::feature::Id::String(text)) => text,
        Some(geojson::feature::Id::Number(number)) => number.to_string(),
        None => return Err(FenceError::NoId { index }),
    };
    FenceId::new(&text).map_err(|source| FenceError::Id { index, source })
}

fn ground_polygon(
    id: &FenceId,
    rings: &[Vec<(f64, f64)>],
    datum: Datum,
) -> Result<Polygon, FenceError> {
    let place = |&(lon, lat): &(f64, f64)| {
        let place = datum.to_wgs84(lon, lat);
        place.map(|p| Coord { x: p.lon(), y: p.lat() }).ok_or_else(|| FenceError::NoPlace {
            id: id.clone(),
            lon,
            lat,
        })
    };
    let rings = rings
        .iter()
        .map(|ring| ring.iter().map(place).collect::<Result<Vec<Coord>, _>>())
        .collect::<Result<Vec<_>, _>>()?;
    let polygon = checked(id, rings)?;
    let degrees = polygon.bounding_rect().map_or(0.0, |r| r.width().max(r.height()));
    if degrees > Fences::WIDEST_DEG {
        return Err(FenceError::TooLarge { id: id.clone(), degrees });
    }
    Ok(polygon)
}

fn image_fence(source: SourceId, zone: Zone) -> Result<Fence, FenceError> {
    let ring: Vec<Coord> = zone.polygon.iter().map(|&[x, y]| Coord { x, y }).collect();
    let outside = ring.iter().find(|c| !(0.0..=1.0).contains(&c.x) || !(0.0..=1.0).contains(&c.y));
    if let Some(corner) = outside {
        let problem = format!("corner {}, {} is outside the picture (0..1)", corner.x, corner.y);
        return Err(FenceError::Polygon { id: zone.id, problem });
    }
    if zone.kind == Kind::Grid {
        return Err(FenceError::Polygon {
            id: zone.id,
            problem: "a cell of the grid lies on the ground, not in a picture".to_owned(),
        });
    }
    let polygon = checked(&zone.id, vec![ring])?;
    Ok(Fence {
        version: version(&format!("{source}{:?}", zone.polygon)),
        id: zone.id,
        name: zone.name,
        name_en: zone.name_en,
        kind: zone.kind,
        authority: zone.parking_authority,
        schedule: Schedule::default(),
        shape: Shape::Image { source, polygon },
    })
}

fn checked(id: &FenceId, rings: Vec<Vec<Coord>>) -> Result<Polygon, FenceError> {
    let refuse = |problem: String| FenceError::Polygon { id: id.clone(), problem };
    let corners: usize = rings.iter().map(Vec::len).sum();
    if corners > Fences::MOST_CORNERS {
        return Err(refuse(format!("{corners} corners, at most {}", Fences::MOST_CORNERS)));
    }
    let mut rings = rings.into_iter().map(LineString::new);
    let outer = rings.next().ok_or_else(|| refuse("it has no ring".to_owned()))?;
    if outer.0.len() < 3 {
        return Err(refuse(format!("{} corners, at least 3", outer.0.len())));
    }
    let polygon = Polygon::new(outer, rings.collect());
    polygon.check_validation().map_err(|problem| refuse(problem.to_string()))?;
    if polygon.unsigned_area() <= 0.0 {
        return Err(refuse("it has no area".to_owned()));
    }
    Ok(polygon)
}

fn version(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut hex = String::new();
    for byte in &digest[..6] {
        write!(hex, "{byte:02x}").expect("a String takes every byte");
    }
    hex
}

#[cfg(test)]
mod tests {
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
            (feature("\"short\"", "[[121.0]]", ""), "a corner has no longitude or no latitude"),
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
