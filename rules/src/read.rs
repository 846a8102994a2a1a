//! One `GeoJSON` feature to one fence, and back: `docs/fences.schema.json` says the same in JSON Schema.

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use domain::{Authority, Datum, FenceId, SourceId};
use geo::{Coord, LineString, Polygon};
use geojson::{Feature, GeometryValue, Position};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::border::{self, BorderError};
use crate::calendar::Calendar;
use crate::fence::{Course, Fence, Here, Permit, Shape, Zone};
use crate::kind::Kind;
use crate::schedule::{RawSchedule, Schedule, ScheduleError};

/// What is wrong with a fence.
#[derive(Debug, thiserror::Error)]
pub enum FenceError {
    #[error("feature {index} has no usable `id`")]
    Id { index: usize, source: domain::BadId },
    #[error("feature {index} has no `id`: give it a string like \"renmin-road-north\"")]
    NoId { index: usize },
    #[error("fence `{0}` appears twice")]
    Twice(FenceId),
    #[error("fence `{id}` has properties that cannot be used")]
    Properties { id: FenceId, source: serde_json::Error },
    #[error("fence `{id}`: `{key}` {problem}")]
    Property { id: FenceId, key: &'static str, problem: String },
    #[error("fence `{id}` has a schedule that cannot be used")]
    Schedule { id: FenceId, source: ScheduleError },
    #[error("fence `{0}` is no Polygon; several polygons are several fences")]
    NoPolygon(FenceId),
    #[error("fence `{id}` {source}")]
    Border { id: FenceId, source: BorderError },
}

/// The properties of a feature, in the order in which they are written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Properties {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name_en: Option<String>,
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parking_authority: Option<Authority>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authority_name: Option<String>,
    #[serde(default)]
    datum: Datum,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schedule: Option<RawSchedule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_from: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_to: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    matter_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    legal_basis: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    permit: Option<Permit>,
    /// From edge to edge of a route that is a line, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    width_m: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "humantime_serde")]
    dwell: Option<Duration>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    overlap: Option<f64>,
}

/// The most problems of one fence that are told.
const MOST_PROBLEMS: usize = 5;

/// Reads a feature, or tells everything that is wrong with it.
pub(crate) fn fence(
    index: usize,
    feature: Feature,
    calendar: &Arc<Calendar>,
) -> Result<Fence, Vec<FenceError>> {
    let id = feature_id(index, feature.id).map_err(|error| vec![error])?;
    let properties = serde_json::Value::Object(feature.properties.unwrap_or_default());
    let geometry = feature.geometry.map(|geometry| geometry.value);
    let properties: Properties = match serde_json::from_value(properties) {
        Ok(properties) => properties,
        Err(source) => {
            let mut problems = vec![FenceError::Properties { id: id.clone(), source }];
            // The border can be looked at even so, in whatever datum it was meant.
            problems
                .extend(ground(&id, geometry, Datum::Wgs84, Some(1.0)).err().into_iter().flatten());
            return Err(problems);
        }
    };
    let mut problems = properties.problems(&id);
    let raw = properties.schedule.clone();
    let schedule = Schedule::new(raw, properties.valid_from, properties.valid_to, calendar);
    let width = (properties.kind == Kind::ApprovedRoute).then_some(properties.width_m).flatten();
    let drawn = ground(&id, geometry, properties.datum, width);
    match (schedule, drawn) {
        (Ok(schedule), Ok(drawn)) if problems.is_empty() => {
            Ok(made(id, properties, schedule, drawn))
        }
        (schedule, drawn) => {
            let bad = schedule.err().map(|source| FenceError::Schedule { id, source });
            problems.extend(bad);
            problems.extend(drawn.err().into_iter().flatten());
            problems.truncate(MOST_PROBLEMS);
            Err(problems)
        }
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

impl Properties {
    fn problems(&self, id: &FenceId) -> Vec<FenceError> {
        let mut problems = Vec::new();
        let mut refuse = |key, problem: String| {
            problems.push(FenceError::Property { id: id.clone(), key, problem });
        };
        let texts = [
            ("name", Some(&self.name), 200),
            ("name_en", self.name_en.as_ref(), 200),
            ("authority_name", self.authority_name.as_ref(), 200),
            ("version", self.version.as_ref(), 64),
            ("matter_code", self.matter_code.as_ref(), 64),
            ("legal_basis", self.legal_basis.as_ref(), 2000),
            ("permit", self.permit.as_ref().map(|permit| &permit.number), 200),
            ("permit", self.permit.as_ref().and_then(|permit| permit.holder.as_ref()), 200),
        ];
        for (key, text, most) in texts {
            let length = text.map_or(1, |text| text.chars().count());
            if !(1..=most).contains(&length) {
                refuse(key, format!("has {length} letters, must have 1 to {most}"));
            }
        }
        if self.kind == Kind::ConstructionSite && self.permit.is_none() {
            refuse("permit", "is missing: a construction site works under one".to_owned());
        }
        if self.permit.is_some() && !self.kind.may_have_permit() {
            refuse("permit", format!("says nothing of a fence of kind `{}`", self.kind.as_str()));
        }
        if self.width_m.is_some() && self.kind != Kind::ApprovedRoute {
            refuse("width_m", "is for a line of kind `approved_route`".to_owned());
        }
        let numbers: [(_, _, RangeInclusive<f64>); 3] = [
            ("width_m", self.width_m, 1.0..=1000.0),
            ("overlap", self.overlap, 0.01..=1.0),
            ("dwell", self.dwell.map(|dwell| dwell.as_secs_f64()), 0.1..=86_400.0),
        ];
        for (key, number, range) in numbers {
            if let Some(number) = number.filter(|number| !range.contains(number)) {
                let (least, most) = (range.start(), range.end());
                refuse(key, format!("must lie between {least} and {most}, got {number}"));
            }
        }
        problems
    }

    /// As they are written again: coordinates are in WGS-84 by now.
    fn of(fence: &Fence) -> Self {
        Self {
            name: fence.name.clone(),
            name_en: fence.name_en.clone(),
            kind: fence.kind,
            parking_authority: fence.authority,
            authority_name: fence.authority_name.clone(),
            datum: Datum::Wgs84,
            schedule: fence.schedule.weekly_hours().cloned(),
            valid_from: fence.schedule.valid_from,
            valid_to: fence.schedule.valid_to,
            version: fence.edition.clone(),
            matter_code: fence.matter_code.clone(),
            legal_basis: fence.legal_basis.clone(),
            permit: fence.permit.clone(),
            width_m: fence.course.as_ref().map(|course| course.width_m),
            dwell: fence.here.dwell,
            overlap: fence.here.overlap,
        }
    }
}

/// What was drawn: an area, and the line that it was drawn around.
type Drawn = (Polygon, Option<Course>);

fn ground(
    id: &FenceId,
    geometry: Option<GeometryValue>,
    datum: Datum,
    width_m: Option<f64>,
) -> Result<Drawn, Vec<FenceError>> {
    let refuse = |source| FenceError::Border { id: id.clone(), source };
    match (geometry, width_m) {
        (Some(GeometryValue::LineString { coordinates }), Some(width_m)) => {
            let corners = coordinates.iter().map(Position::as_slice);
            let course = border::line(corners, datum).map(|line| Course { line, width_m });
            let drawn = course.and_then(|course| Ok((border::around(&course)?, Some(course))));
            drawn.map_err(|error| vec![refuse(error)])
        }
        (Some(GeometryValue::LineString { .. }), None) => {
            let problem =
                "is a LineString, which only an `approved_route` with `width_m` can be".to_owned();
            Err(vec![FenceError::Property { id: id.clone(), key: "geometry", problem }])
        }
        (Some(GeometryValue::Polygon { coordinates }), _) => {
            let rings = coordinates.iter().map(|ring| ring.iter().map(Position::as_slice));
            let polygon = border::ground(rings, datum);
            let told = |errors: Vec<BorderError>| errors.into_iter().map(refuse).collect();
            polygon.map(|polygon| (polygon, None)).map_err(told)
        }
        _ => Err(vec![FenceError::NoPolygon(id.clone())]),
    }
}

fn made(
    id: FenceId,
    properties: Properties,
    schedule: Schedule,
    (polygon, course): Drawn,
) -> Fence {
    let mut fence = Fence {
        id,
        name: properties.name,
        name_en: properties.name_en,
        kind: properties.kind,
        authority: properties.parking_authority,
        authority_name: properties.authority_name,
        schedule,
        shape: Shape::Ground(polygon),
        course,
        version: String::new(),
        edition: properties.version,
        matter_code: properties.matter_code,
        legal_basis: properties.legal_basis,
        permit: properties.permit,
        here: Here { dwell: properties.dwell, overlap: properties.overlap },
    };
    fence.version = feature(&fence).map(|feature| hash(&feature.to_string())).unwrap_or_default();
    fence
}

/// A fence on the ground as it is read.
pub(crate) fn feature(fence: &Fence) -> Option<Feature> {
    let geometry = match (&fence.shape, &fence.course) {
        (_, Some(course)) => {
            let line: LineString = course.line.iter().copied().map(Coord::from).collect();
            GeometryValue::from(&line)
        }
        (Shape::Ground(polygon), None) => GeometryValue::from(polygon),
        (Shape::Image { .. }, None) => return None,
    };
    let properties = serde_json::to_value(Properties::of(fence)).ok()?;
    Some(Feature {
        id: Some(geojson::feature::Id::String(fence.id.to_string())),
        geometry: Some(geojson::Geometry::new(geometry)),
        properties: properties.as_object().cloned(),
        ..Feature::default()
    })
}

/// A zone that is drawn in the picture of a source.
pub(crate) fn zone(source: SourceId, zone: Zone) -> Result<Fence, FenceError> {
    if zone.kind.needs_ground() {
        let problem = format!("`{}` lies on the ground, not in a picture", zone.kind.as_str());
        return Err(FenceError::Property { id: zone.id, key: "kind", problem });
    }
    let polygon = border::picture(&zone.polygon)
        .map_err(|source| FenceError::Border { id: zone.id.clone(), source })?;
    Ok(Fence {
        version: hash(&format!("{source}{:?}", zone.polygon)),
        id: zone.id,
        name: zone.name,
        name_en: zone.name_en,
        kind: zone.kind,
        authority: zone.parking_authority,
        authority_name: None,
        schedule: Schedule::default(),
        shape: Shape::Image { source, polygon },
        course: None,
        edition: None,
        matter_code: None,
        legal_basis: None,
        permit: None,
        here: Here::default(),
    })
}

/// The first 12 hex digits of a text's SHA-256.
pub(crate) fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut hex = String::new();
    for byte in &digest[..6] {
        write!(hex, "{byte:02x}").expect("a String takes every byte");
    }
    hex
}

#[cfg(test)]
mod tests;
