//! Measures what following costs: objects that sensors tell of once a second, against 10 000 fences of 30 corners.
//!
//! `followed`: 50 sources tell of 1000 objects each, every tenth of which stands in a fence while the others drive by, through
//! the engine as `serve` runs it, on one thread. Prints one line of JSON: observations for each CPU second, and bytes of
//! memory for each object that is followed.

#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::sync::Arc;

use domain::{
    Class, Covariance, GroundFix, LonLat, Mount, Observation, Size, SourceId, TimeBasis, TrackId,
    View,
};
use jiff::{SignedDuration, Timestamp};
use rules::{Engine, Fences, Parking, Zone};
use serde_json::json;

type Failure = Box<dyn std::error::Error>;

const SOURCES: u32 = 50;
const EACH: u32 = 1000;
const SECONDS: u32 = 20;
/// Fences stand in a grid of so many columns, a thousandth of a degree apart.
const SIDE: u32 = 100;

fn main() -> Result<(), Failure> {
    let fences = Arc::new(Fences::new([collection().as_str()], None::<(SourceId, Zone)>)?);
    let mut engine = Engine::new(fences, Parking::default());
    let sources: Vec<SourceId> =
        (0..SOURCES).map(|n| SourceId::new(&format!("s{n}"))).collect::<Result<_, _>>()?;
    let before = resident()?;
    let mut spent = 0.0;
    let mut outcomes = 0;
    for second in 0..SECONDS {
        for (nth, source) in (0..).zip(&sources) {
            let view = view(source, nth, second)?;
            let began = cpu_seconds()?;
            outcomes += engine.observe(&view).len();
            spent += cpu_seconds()? - began;
        }
    }
    let told = f64::from(SOURCES) * f64::from(EACH);
    println!(
        "{}",
        json!({
            "observations_per_cpu_second": (told * f64::from(SECONDS) / spent).round(),
            "bytes_per_object": ((resident()? - before) * 1024.0 / told).round(),
            "outcomes": outcomes,
        })
    );
    Ok(())
}

fn view(source: &SourceId, number: u32, second: u32) -> Result<View, Failure> {
    let observation = |nth: u32| {
        let kerb = (number * EACH + nth) % (SIDE * SIDE);
        let stands = nth.is_multiple_of(10);
        let drives = f64::from(second) * 1e-4;
        let east = f64::from(kerb % SIDE) * 1e-3 + if stands { 0.0 } else { drives };
        let north = f64::from(kerb / SIDE) * 1e-3 + if stands { 0.0 } else { 5e-4 };
        let position = LonLat::new(120.0 + east, 30.8 + north)?;
        let place = GroundFix { position, covariance: Covariance::round(0.8) }.into();
        let (track, class) = (TrackId(u64::from(nth)), Class::Car);
        Some(Observation { track, class, score: 0.9, seen: None, place, look: None })
    };
    let observations: Option<Vec<_>> = (0..EACH).map(observation).collect();
    Ok(View {
        source: source.clone(),
        at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second.into()),
        basis: TimeBasis::Capture,
        frame: u64::from(second),
        size: Size::new(1, 1)?,
        mount: Mount::Moving { looked: Vec::new() },
        observations: observations.ok_or("a place that is none")?,
    })
}

fn collection() -> String {
    let fence = |nth: u32| {
        let (lon, lat) =
            (120.0 + f64::from(nth % SIDE) * 1e-3, 30.8 + f64::from(nth / SIDE) * 1e-3);
        let corner = |k: u32| {
            let (sin, cos) = (std::f64::consts::TAU * f64::from(k % 30) / 30.0).sin_cos();
            [lon + 1.5e-4 * cos, lat + 1e-4 * sin]
        };
        let ring: Vec<[f64; 2]> = (0..=30).map(corner).collect();
        json!({"type": "Feature", "id": format!("f{nth}"), "geometry": {"type": "Polygon", "coordinates": [ring]},
               "properties": {"name": "kerb", "kind": "no_parking"}})
    };
    let features: Vec<_> = (0..SIDE * SIDE).map(fence).collect();
    json!({"type": "FeatureCollection", "features": features}).to_string()
}

fn cpu_seconds() -> Result<f64, Failure> {
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanos: f64 = text.split_whitespace().next().ok_or("no schedstat")?.parse()?;
    Ok(nanos / 1e9)
}

/// KiB.
fn resident() -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
}
