//! The made-up city of the night: a grid of roads, sites, tips, lots where dumping happens, and permits.
//!
//! Metres east and north of [`ORIGIN`]; a road runs along every multiple of 500 m.

use domain::{LonLat, Plane};
use serde_json::{Value, json};

pub(super) const ORIGIN: [f64; 2] = [120.1, 30.9];

/// Where the trucks sleep.
pub(super) const DEPOT: [f64; 2] = [2500.0, 2500.0];
/// Construction sites lie south of their gate, tips north of theirs.
pub(super) const SITES: [[f64; 2]; 4] =
    [[500.0, 500.0], [1500.0, 4500.0], [4500.0, 1500.0], [3500.0, 3500.0]];
pub(super) const TIPS: [[f64; 2]; 3] = [[5500.0, 5500.0], [500.0, 5500.0], [5500.0, 500.0]];
/// Dumping happened here, on both sides of the road.
pub(super) const LOTS: [[f64; 2]; 4] =
    [[3000.0, 500.0], [5500.0, 3200.0], [2500.0, 5000.0], [1000.0, 2000.0]];

/// The permits: number, site, tip, whether the way is approved, first and last day, hours.
pub(super) const PERMITS: [Issued; 7] = [
    ("P1", 0, 0, true, ALWAYS, ["19:00", "06:00"]),
    ("P2", 1, 2, true, ALWAYS, ["19:00", "06:00"]),
    ("P3", 2, 1, true, ALWAYS, ["19:00", "06:00"]),
    ("P4", 3, 0, true, ALWAYS, ["19:00", "23:00"]),
    ("P5", 0, 1, true, ALWAYS, ["21:00", "06:00"]),
    ("P6", 1, 2, true, ["2026-10-01", "2026-11-15"], ["19:00", "06:00"]),
    ("P7", 2, 0, false, ALWAYS, ["19:00", "06:00"]),
];
type Issued = (&'static str, usize, usize, bool, [&'static str; 2], [&'static str; 2]);
const ALWAYS: [&str; 2] = ["2026-11-01", "2026-12-01"];

/// Inside, past the gate.
pub(super) fn site(nth: usize) -> [f64; 2] {
    [SITES[nth][0], SITES[nth][1] - 100.0]
}

pub(super) fn tip(nth: usize) -> [f64; 2] {
    [TIPS[nth][0], TIPS[nth][1] + 100.0]
}

/// Along roads, first to the east or west.
pub(super) fn way(from: [f64; 2], to: [f64; 2]) -> Vec<[f64; 2]> {
    vec![from, [to[0], from[1]], to]
}

/// The way of a permit, from gate to gate.
pub(super) fn route(permit: usize) -> Vec<[f64; 2]> {
    let (_, from, to, ..) = PERMITS[permit];
    way(SITES[from], TIPS[to])
}

pub(super) fn degrees([east, north]: [f64; 2]) -> [f64; 2] {
    let origin = LonLat::new(ORIGIN[0], ORIGIN[1]).unwrap();
    let place = Plane::at(origin).place([east, north]).unwrap();
    [place.lon(), place.lat()]
}

pub(super) fn fences() -> String {
    let mut features = Vec::new();
    let square = |[east, north]: [f64; 2], half: f64| {
        let corners = [[-half, -half], [half, -half], [half, half], [-half, half], [-half, -half]];
        json!({"type": "Polygon", "coordinates": [corners.map(|[e, n]| degrees([east + e, north + n]))]})
    };
    let mut add = |id: String, kind: &str, geometry: Value, more: Value| {
        let mut properties = json!({"name": id, "kind": kind});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        features.push(
            json!({"type": "Feature", "id": id, "geometry": geometry, "properties": properties}),
        );
    };
    for nth in 0..SITES.len() {
        let permit = json!({"permit": {"number": format!("S{nth}")}});
        add(format!("site-{nth}"), "construction_site", square(site(nth), 70.0), permit);
    }
    for nth in 0..TIPS.len() {
        add(format!("tip-{nth}"), "disposal_site", square(tip(nth), 70.0), json!({}));
    }
    for (nth, lot) in LOTS.into_iter().enumerate() {
        let more = json!({"parking_authority": "urban_mgmt"});
        add(format!("lot-{nth}"), "no_dumping", square(lot, 40.0), more);
    }
    for (nth, (_, _, _, fixed, ..)) in PERMITS.into_iter().enumerate() {
        if fixed {
            let line: Vec<_> = route(nth).into_iter().map(degrees).collect();
            let line = json!({"type": "LineString", "coordinates": line});
            add(format!("route-{nth}"), "approved_route", line, json!({"width_m": 40}));
        }
    }
    json!({"type": "FeatureCollection", "features": features}).to_string()
}

/// As a file of permits; `plates` says who has which.
pub(super) fn permits(plates: &[(usize, String)]) -> Value {
    let list = PERMITS.into_iter().enumerate().map(|(nth, permit)| {
        let (number, from, to, fixed, [first, last], [opens, closes]) = permit;
        let of: Vec<&String> = plates.iter().filter(|(p, _)| *p == nth).map(|(_, p)| p).collect();
        let routes: Vec<String> = fixed.then(|| format!("route-{nth}")).into_iter().collect();
        json!({
            "number": number, "project": "made up", "carrier": "made up", "plates": of,
            "construction_site": format!("site-{from}"), "disposal_sites": [format!("tip-{to}")],
            "routes": routes,
            "schedule": {"time_zone": "Asia/Shanghai", "weekly": [{
                "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": opens, "to": closes}]},
            "valid_from": format!("{first}T00:00:00+08:00"),
            "valid_to": format!("{last}T00:00:00+08:00"),
        })
    });
    json!({ "permit": list.collect::<Vec<_>>() })
}
