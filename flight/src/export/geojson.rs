//! RFC 7946.

use domain::{Finding, FlightReport, GroundLook, TrackPoint};
use serde_json::{Value, json};

use super::shapes::{self, Point};

/// A `FeatureCollection`; the module's table says what its features are.
pub fn geojson(report: &FlightReport) -> String {
    let lines = path(report).into_iter().chain(route(report));
    let looks = report.looks.iter().filter_map(|look| footprint(report, look));
    let findings = report.findings.iter().flat_map(|found| [finding(found), ellipse(found)]);
    let features: Vec<Value> = lines.chain(looks).chain(findings.flatten()).collect();
    json!({ "type": "FeatureCollection", "features": features }).to_string()
}

fn feature(geometry: &str, coordinates: &Value, properties: &Value) -> Value {
    json!({
        "type": "Feature",
        "geometry": { "type": geometry, "coordinates": coordinates },
        "properties": properties,
    })
}

fn line(points: &[Point], properties: &Value) -> Option<Value> {
    (points.len() > 1).then(|| feature("LineString", &json!(points), properties))
}

fn path(report: &FlightReport) -> Option<Value> {
    let on_earth = |point: &&TrackPoint| shapes::at(point.lon, point.lat).is_some();
    let points: Vec<_> = report.track.iter().filter(on_earth).collect();
    let summary = &report.summary;
    let properties = json!({
        "kind": "path",
        "aircraft": summary.aircraft,
        "started_at": summary.started_at,
        "ended_at": summary.ended_at,
        "path_m": summary.path_m,
        "times": points.iter().map(|point| point.at).collect::<Vec<_>>(),
        "heights_m": points.iter().map(|point| point.height_m).collect::<Vec<_>>(),
    });
    line(&shapes::path(report), &properties)
}

fn route(report: &FlightReport) -> Option<Value> {
    let on_earth = |&&[lon, lat, _]: &&[f64; 3]| shapes::at(lon, lat).is_some();
    let heights: Vec<f64> = report.route.iter().filter(on_earth).map(|point| point[2]).collect();
    let properties = json!({
        "kind": "route",
        "heights_m": heights,
        "off_route_m": report.off_route_m,
    });
    line(&shapes::route(report), &properties)
}

fn footprint(report: &FlightReport, look: &GroundLook) -> Option<Value> {
    let ring = shapes::ring(&look.ring)?;
    let properties = json!({
        "kind": "footprint",
        "at": look.at,
        "media": report.media.get(look.media).map(|media| &media.name),
        "media_s": look.media_s,
        "gsd_cm": look.gsd_cm,
        "objects": look.objects,
    });
    Some(feature("Polygon", &json!([ring]), &properties))
}

fn finding(found: &Finding) -> Option<Value> {
    let point = shapes::at(found.lon, found.lat)?;
    let properties = json!({
        "kind": "finding",
        "track": found.track,
        "class": found.class,
        "score": found.score,
        "first_seen": found.first_seen,
        "last_seen": found.last_seen,
        "sightings": found.sightings,
        "passes": found.passes,
        "motion": found.motion,
        "alerts": found.alerts,
        "semi_major_m": found.ellipse95.semi_major_m,
        "semi_minor_m": found.ellipse95.semi_minor_m,
        "bearing_deg": found.ellipse95.bearing_deg,
    });
    Some(feature("Point", &json!(point), &properties))
}

fn ellipse(found: &Finding) -> Option<Value> {
    let ring = shapes::ellipse(found.position()?, &found.ellipse95)?;
    let properties = json!({ "kind": "ellipse95", "track": found.track });
    Some(feature("Polygon", &json!([ring]), &properties))
}
