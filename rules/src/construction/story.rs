//! Changes, fences and registers to tell tests with, in metres east and north of one place.

use domain::{
    AlertId, BuildState, ChangeFound, ChangeKind, Covariance, Epoch, FenceId, KnownBuild, LonLat,
    Outline, Plane, RuleId, SourceId, TimeBasis,
};
use jiff::{SignedDuration, Timestamp};

use crate::Fences;

pub(super) fn origin() -> LonLat {
    LonLat::new(120.08, 30.89).unwrap()
}

/// Day 0 is 1 March 2026, noon in China.
pub(super) fn day(n: i64) -> Timestamp {
    let first: Timestamp = "2026-03-01T04:00:00Z".parse().unwrap();
    first + SignedDuration::from_hours(24 * n)
}

/// A closed ring around a middle.
pub(super) fn rectangle(middle: [f64; 2], wide: f64, high: f64) -> Vec<[f64; 2]> {
    on(origin(), middle, wide, high)
}

fn on(origin: LonLat, [east, north]: [f64; 2], wide: f64, high: f64) -> Vec<[f64; 2]> {
    let plane = Plane::at(origin);
    let corners = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0]];
    let corner = |[x, y]: [f64; 2]| {
        let there = plane.place([east + x * wide / 2.0, north + y * high / 2.0]).unwrap();
        [there.lon(), there.lat()]
    };
    corners.map(corner).to_vec()
}

/// Known to a tenth of its area.
pub(super) fn outline(middle: [f64; 2], wide: f64, high: f64, sigma_m: f64) -> Outline {
    Outline {
        rings: vec![rectangle(middle, wide, high)],
        middle: Plane::at(origin()).place(middle).unwrap(),
        covariance_m2: Covariance::round(sigma_m),
        area_m2: wide * high,
        area_sigma_m2: wide * high / 10.0,
    }
}

pub(super) fn epoch(at: Timestamp) -> Epoch {
    Epoch {
        source: SourceId::new("survey").unwrap(),
        source_name: "Survey".to_owned(),
        at,
        basis: TimeBasis::Capture,
    }
}

/// A roof of 10 m by 10 m, known to half a metre, that was not there on day 0 and was on day 30.
pub(super) fn roof() -> ChangeFound {
    ChangeFound {
        before: epoch(day(0)),
        after: epoch(day(30)),
        outline: outline([0.0, 0.0], 10.0, 10.0, 0.5),
        probability: 0.9,
        kind: ChangeKind::Unknown,
        suppressed: None,
        residual_m: Some(0.1),
    }
}

pub(super) fn between(before: i64, after: i64) -> ChangeFound {
    ChangeFound { before: epoch(day(before)), after: epoch(day(after)), ..roof() }
}

/// A fence of a kind around a ring; `more` are properties, each with a comma in front.
pub(super) fn feature(id: &str, kind: &str, ring: &[[f64; 2]], more: &str) -> String {
    let ring = serde_json::to_string(ring).unwrap();
    format!(
        r#"{{"type":"Feature","id":"{id}","geometry":{{"type":"Polygon","coordinates":[{ring}]}},
        "properties":{{"name":"{id}","kind":"{kind}"{more}}}}}"#
    )
}

pub(super) fn permit(id: &str, ring: &[[f64; 2]], from: i64, to: i64) -> String {
    let more = format!(
        r#","permit":{{"number":"{id}-1"}},"valid_from":"{}","valid_to":"{}""#,
        day(from),
        day(to)
    );
    feature(id, "construction_site", ring, &more)
}

pub(super) fn layer(features: &[String]) -> Fences {
    let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    Fences::new([text.as_str()], []).unwrap()
}

/// No-build ground of 100 m by 100 m about the roof.
pub(super) fn field() -> String {
    feature("field", "no_build", &rectangle([0.0, 0.0], 100.0, 100.0), "")
}

/// The roof, as it was raised on day 30.
pub(super) fn known(state: BuildState) -> KnownBuild {
    let alert = AlertId::derive(
        &RuleId::new("construction").unwrap(),
        &SourceId::new("survey").unwrap(),
        Some(&FenceId::new("field").unwrap()),
        "roof",
        day(30),
    );
    KnownBuild {
        alert,
        outline: roof().outline,
        bare_at: day(0),
        since: day(30),
        last_seen: day(30),
        state,
        rebuilt_of: None,
    }
}

pub(super) fn demolished(on: i64) -> KnownBuild {
    known(BuildState::Demolished { at: day(on), by: "wang".to_owned() })
}

/// The same corners, `metres` away.
pub(super) fn moved(ring: &[[f64; 2]], metres: [f64; 2]) -> Vec<[f64; 2]> {
    let (from, to) = (Plane::at(origin()), Plane::at(shifted(metres)));
    let corner = |&[lon, lat]: &[f64; 2]| {
        let place = to.place(from.metres(LonLat::new(lon, lat).unwrap())).unwrap();
        [place.lon(), place.lat()]
    };
    ring.iter().map(corner).collect()
}

pub(super) fn shifted(metres: [f64; 2]) -> LonLat {
    Plane::at(origin()).place(metres).unwrap()
}
