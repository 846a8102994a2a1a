//! Measures how fast places find the fences that hold them: `benches/fences.py` runs it beside shapely.
//!
//! `matching DIR`: reads `zones.geojson`, `points.f64` and `hits.u64` as `peers/geofence.py --export` writes them, asks
//! one place after the other, and fails unless every pair is found. `matching moving`: 100 000 objects that report
//! once a second, against 10 000 fences of 30 corners, on one thread. Prints one line of JSON with CPU seconds.

#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::path::Path;

use domain::{LonLat, Plane, SourceId};
use rules::{Fences, Position, Zone};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let told = match std::env::args().nth(1).as_deref() {
        Some("moving") => moving()?,
        Some(folder) => exported(Path::new(folder))?,
        None => return Err("matching DIR, or matching moving".into()),
    };
    println!("{told}");
    Ok(())
}

fn exported(folder: &Path) -> Result<Value, Failure> {
    let wanted = std::fs::read(folder.join("hits.u64"))?;
    let wanted = u64::from_le_bytes(wanted.as_slice().try_into()?);
    let fences = read(&collection(&std::fs::read_to_string(folder.join("zones.geojson"))?)?)?;
    let points = places(&std::fs::read(folder.join("points.f64"))?)?;
    let before = memory_mb();
    let began = cpu_seconds()?;
    let mut pairs = 0u64;
    for point in &points {
        fences.at(*point, |_, position| pairs += u64::from(position == Position::Inside));
    }
    let cpu = cpu_seconds()? - began;
    if pairs != wanted {
        return Err(format!("{pairs} pairs found of {wanted}").into());
    }
    Ok(json!({"points": points.len(), "pairs": pairs, "cpu_seconds": cpu, "memory_mb": before}))
}

/// The features of the export have no names and no kinds.
fn collection(text: &str) -> Result<String, Failure> {
    let mut collection: Value = serde_json::from_str(text)?;
    for feature in collection["features"].as_array_mut().ok_or("no features")? {
        let id = feature["properties"]["id"].as_u64().ok_or("no id")?;
        feature["id"] = json!(id.to_string());
        feature["properties"] = json!({"name": "zone", "kind": "no_parking"});
    }
    Ok(collection.to_string())
}

fn read(collection: &str) -> Result<Fences, Failure> {
    Ok(Fences::new([collection], None::<(SourceId, Zone)>)?)
}

fn places(bytes: &[u8]) -> Result<Vec<LonLat>, Failure> {
    let number = |bytes: &[u8]| bytes.try_into().map(f64::from_le_bytes);
    let pairs = bytes.chunks_exact(16);
    pairs
        .map(|pair| {
            let (lon, lat) = (number(&pair[..8])?, number(&pair[8..])?);
            LonLat::new(lon, lat).ok_or_else(|| format!("{lon}, {lat} is no place").into())
        })
        .collect()
}

const OBJECTS: usize = 100_000;
const SECONDS: u32 = 60;
/// Half the side of the city, metres.
const HALF: f64 = 20_000.0;

/// What the program keeps of an object between two reports.
struct Object {
    metres: [f64; 2],
    speed: [f64; 2],
    inside: Vec<usize>,
}

fn moving() -> Result<Value, Failure> {
    let mut dice = Dice(7);
    let plane = Plane::at(LonLat::new(120.0868, 30.8943).ok_or("no place")?);
    let fences = read(&city(&mut dice, &plane)?)?;
    let bare = memory_mb();
    let mut objects: Vec<Object> = (0..OBJECTS)
        .map(|_| Object {
            metres: dice.pair().map(|part| (2.0 * part - 1.0) * HALF),
            speed: dice.pair().map(|part| (2.0 * part - 1.0) * 15.0),
            inside: Vec::new(),
        })
        .collect();
    let (mut asking, mut crossings, mut here) = (0.0, 0u64, Vec::new());
    for _ in 0..SECONDS {
        let step = |object: &mut Object| {
            object.metres = [0, 1].map(|axis| object.metres[axis] + object.speed[axis]);
            plane.place(object.metres).ok_or("left the earth")
        };
        let reported = objects.iter_mut().map(step).collect::<Result<Vec<_>, _>>()?;
        let began = cpu_seconds()?;
        for (object, place) in objects.iter_mut().zip(reported) {
            here.clear();
            fences.at(place, |number, _| here.push(number));
            here.sort_unstable();
            crossings += u64::from(here != object.inside);
            object.inside.clone_from(&here);
        }
        asking += cpu_seconds()? - began;
    }
    let head_room = f64::from(SECONDS) / asking;
    Ok(
        json!({"objects": OBJECTS, "seconds": SECONDS, "cpu_seconds": asking, "crossings": crossings,
        "head_room": head_room, "fences_mb": bare, "with_objects_mb": memory_mb()}),
    )
}

/// 10 000 fences of 30 corners, 15 m to 500 m across.
fn city(dice: &mut Dice, plane: &Plane) -> Result<String, Failure> {
    let mut features = Vec::new();
    for number in 0..10_000 {
        let centre = dice.pair().map(|part| (2.0 * part - 1.0) * HALF);
        let radius = 15.0 + 235.0 * dice.next().powi(3);
        let corner = |n: u32| {
            let (sin, cos) = (f64::from(n % 30) * std::f64::consts::TAU / 30.0).sin_cos();
            let reach = radius * (1.0 + 0.3 * f64::from(n % 3));
            plane
                .place([centre[0] + reach * cos, centre[1] + reach * sin])
                .map(|there| [there.lon(), there.lat()])
        };
        let ring = (0..=30).map(corner).collect::<Option<Vec<_>>>().ok_or("no place")?;
        features.push(json!({"type": "Feature", "id": number.to_string(),
            "properties": {"name": "zone", "kind": "no_parking"},
            "geometry": {"type": "Polygon", "coordinates": [ring]}}));
    }
    Ok(json!({"type": "FeatureCollection", "features": features}).to_string())
}

/// Knuth's linear congruential generator: the same city every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from((self.0 >> 32) as u32) / f64::from(u32::MAX)
    }

    fn pair(&mut self) -> [f64; 2] {
        [self.next(), self.next()]
    }
}

/// Of this thread, which is the only one.
fn cpu_seconds() -> Result<f64, Failure> {
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanoseconds: f64 = text.split(' ').next().ok_or("no time")?.parse()?;
    Ok(nanoseconds / 1e9)
}

fn memory_mb() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = text.split(' ').nth(1).and_then(|n| n.parse().ok()).unwrap_or_default();
    pages * 4096.0 / 1e6
}
