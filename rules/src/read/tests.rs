use geo::Contains;
use serde_json::{Value, json};

use super::*;
use crate::Fences;

fn collection(feature: &Value) -> Value {
    json!({"type": "FeatureCollection", "features": [feature]})
}

fn square() -> Value {
    let ring = [[120.0, 30.0], [120.001, 30.0], [120.001, 30.001], [120.0, 30.001], [120.0, 30.0]];
    json!({"type": "Polygon", "coordinates": [ring]})
}

fn route() -> Value {
    json!({"type": "LineString", "coordinates": [[120.0, 30.0], [120.01, 30.0], [120.01, 30.01]]})
}

/// The properties of a fence of a kind, with more.
fn with(kind: &str, more: &Value, geometry: impl Into<Value>) -> Value {
    let geometry = geometry.into();
    let mut properties = json!({"name": "甲", "kind": kind});
    let all = properties.as_object_mut().unwrap();
    all.extend(more.as_object().unwrap().clone());
    json!({"type": "Feature", "id": "a", "properties": properties, "geometry": geometry})
}

fn everything() -> Value {
    json!({
        "name_en": "a", "parking_authority": "urban_mgmt", "authority_name": "综合行政执法局",
        "version": "2026-3", "matter_code": "330217A01", "legal_basis": "道路交通安全法 56",
        "valid_from": "2026-01-01T00:00:00Z", "valid_to": "2027-01-01T00:00:00Z",
        "dwell": "5m", "overlap": 0.3,
        "schedule": {"time_zone": "Asia/Shanghai",
            "weekly": [{"days": ["workdays", "sat"], "from": "07:00", "to": "20:00"}]},
    })
}

fn read(feature: &Value) -> Result<Fences, crate::FencesError> {
    Fences::new([collection(feature).to_string().as_str()], [])
}

/// What the schema takes is read, and what it refuses is refused: each row with its verdict.
#[test]
fn the_schema_and_the_reader_agree() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/fences.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let permit = json!({"permit": {"number": "建渣 2026-17"}});
    let mut rows: Vec<(Value, bool)> = Kind::ALL
        .iter()
        .map(|kind| {
            let more = if *kind == Kind::ConstructionSite { &permit } else { &json!({}) };
            (with(kind.as_str(), more, square()), true)
        })
        .collect();
    rows.extend([
        (with("no_parking", &everything(), square()), true),
        (
            with(
                "no_parking",
                &json!({"name_en": null, "schedule": null, "valid_to": null}),
                square(),
            ),
            true,
        ),
        (with("approved_route", &json!({"width_m": 20}), route()), true),
        (with("approved_route", &permit, square()), true),
        (with("approved_route", &json!({}), route()), false),
        (with("approved_route", &json!({"width_m": 0.5}), route()), false),
        (with("river", &json!({"width_m": 20}), route()), false),
        (with("river", &json!({"width_m": 20}), square()), false),
        (with("construction_site", &json!({}), square()), false),
        (with("no_parking", &permit, square()), false),
        (with("no_entry", &json!({}), square()), false),
        (with("bay", &json!({"knid": 1}), square()), false),
        (with("bay", &json!({"name": ""}), square()), false),
        (with("bay", &json!({"name": "x".repeat(201)}), square()), false),
        (with("bay", &json!({"overlap": 0.0}), square()), false),
        (with("bay", &json!({"overlap": 1.5}), square()), false),
        (with("bay", &json!({"datum": "wgs"}), square()), false),
        (with("bay", &json!({"parking_authority": "mayor"}), square()), false),
        (with("bay", &json!({"schedule": {"time_zone": "UTC", "weekly": []}}), square()), false),
        (with("bay", &json!({"matter_code": ""}), square()), false),
        (with("bay", &json!({}), json!({"type": "Point", "coordinates": [120.0, 30.0]})), false),
    ]);
    for (feature, wanted) in rows {
        assert_eq!(schema.is_valid(&collection(&feature)), wanted, "schema: {feature}");
        assert_eq!(read(&feature).is_ok(), wanted, "reader: {feature}");
    }
}

#[test]
fn what_is_written_reads_back_equal() {
    let moved = json!({"datum": "GCJ-02", "version": "2"});
    for feature in [
        with("no_parking", &everything(), square()),
        with("river", &moved, square()),
        with("approved_route", &json!({"width_m": 20, "datum": "BD-09"}), route()),
        with("construction_site", &json!({"permit": {"number": "1", "holder": "b"}}), square()),
    ] {
        let fences = read(&feature).unwrap();
        let again = Fences::new([fences.to_geojson().as_str()], []).unwrap();
        assert_eq!(fences.all(), again.all());
        assert_eq!(fences.all()[0].version, again.all()[0].version);
    }
}

#[test]
fn the_version_is_of_what_is_said_and_not_of_how() {
    let version = |feature: &Value| read(feature).unwrap().all()[0].version.clone();
    let plain = version(&with("bay", &json!({}), square()));
    assert_eq!(
        plain,
        version(&with("bay", &json!({"datum": "WGS-84", "name_en": null}), square()))
    );
    assert_ne!(plain, version(&with("bay", &json!({"overlap": 0.4}), square())));
    assert_ne!(plain, version(&with("bay", &json!({"version": "2"}), square())));
}

#[test]
fn a_route_is_the_ground_beside_its_line() {
    let fences = read(&with("approved_route", &json!({"width_m": 20}), route())).unwrap();
    let Shape::Ground(area) = &fences.all()[0].shape else { panic!("on the ground") };
    // A degree of latitude is 110 852 m here.
    for (north_m, inside) in [(0.0, true), (9.9, true), (-9.9, true), (10.1, false), (-10.1, false)]
    {
        let point = geo::Point::new(120.005, 30.0 + north_m / 110_852.0);
        assert_eq!(area.contains(&point), inside, "{north_m}");
    }
}

#[test]
fn every_problem_is_told() {
    let bow = json!({"type": "Polygon", "coordinates":
        [[[120.0, 30.0], [120.001, 30.001], [120.001, 30.0], [120.0, 30.001], [120.0, 30.0]]]});
    let open = json!({"type": "Polygon", "coordinates":
        [[[120.0, 30.0], [120.001, 30.0], [120.001, 30.001], [120.0, 30.001]]]});
    let tiny = json!({"type": "Polygon", "coordinates":
        [[[120.0, 30.0], [120.000_001, 30.0], [120.000_001, 30.000_001], [120.0, 30.0]]]});
    let hole = json!({"type": "Polygon", "coordinates": [
        [[120.0, 30.0], [120.001, 30.0], [120.001, 30.001], [120.0, 30.001], [120.0, 30.0]],
        [[120.01, 30.0], [120.011, 30.0], [120.011, 30.001], [120.01, 30.0]]]});
    let many: Vec<[f64; 2]> = (0..10_001).map(|n| [120.0, 30.0 + f64::from(n) * 1e-6]).collect();
    let closed = [many.as_slice(), &many[..1]].concat();
    let many = json!({"type": "Polygon", "coordinates": [closed]});
    let mars = json!({"time_zone": "Mars", "weekly": []});
    for (feature, wanted) in [
        (with("bay", &json!({}), bow.clone()), vec!["fence `a` is no valid polygon"]),
        (
            with("bay", &json!({}), open),
            vec!["fence `a` has a ring that does not end where it begins"],
        ),
        (with("bay", &json!({}), tiny), vec!["m²: too small for anything to stand in"]),
        (with("bay", &json!({}), hole), vec!["fence `a` is no valid polygon"]),
        (with("bay", &json!({}), many), vec!["10002 corners, at most 10000"]),
        (
            with("bay", &json!({"overlap": 2, "width_m": 3, "schedule": mars}), bow.clone()),
            vec![
                "`overlap` must lie between",
                "`width_m` is for a line",
                "`Mars`",
                "no valid polygon",
            ],
        ),
        (with("bay", &json!({"knid": 2}), bow), vec!["unknown field `knid`", "no valid polygon"]),
    ] {
        let told = read(&feature).unwrap_err().to_string();
        for part in wanted {
            assert!(told.contains(part), "{part} is not in: {told}");
        }
    }
    let features: Vec<Value> = (0..80).map(|_| with("none", &json!({}), square())).collect();
    let all = json!({"type": "FeatureCollection", "features": features}).to_string();
    let told = Fences::new([all.as_str()], []).unwrap_err().to_string();
    assert_eq!((told.lines().count(), told.ends_with("and 30 more")), (51, true), "{told}");
}
