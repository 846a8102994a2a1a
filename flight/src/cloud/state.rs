//! The newest value of every key that a device has sent, and what it says about the pose.

use std::collections::BTreeMap;

use domain::{Attitude, Fix, Heights, Laser, LonLat};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::json::{Object, count, number, object, text};
use crate::sample::{Sample, Stamp};

/// Nodes and letters of one device's state; real ones have some thousand.
const MAX_WEIGHT: usize = 64 << 10;

/// The merged state of one device.
#[derive(Debug, Default)]
pub(super) struct State {
    values: Object,
    /// When each key of `values` was sent.
    times: BTreeMap<String, Timestamp>,
}

/// How an aircraft is right now.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// The newest of everything, however old each part is.
    pub sample: Sample,
    /// 0 to 100.
    pub battery_percent: Option<f64>,
    /// By its mode; `None` where it has not said.
    pub flying: Option<bool>,
    /// Docks and remote controllers have a place too, but no nose and no height above a take-off.
    pub is_aircraft: bool,
}

/// What is older than this is not said of an instant.
const FRESH: SignedDuration = SignedDuration::from_secs(1);

/// A state grew beyond its bound and was emptied.
pub(super) struct TooLarge;

impl State {
    /// Takes in what is not older than what is known; the keys that it brought.
    pub(super) fn merge(
        &mut self,
        data: Object,
        at: Option<Timestamp>,
    ) -> Result<Vec<String>, TooLarge> {
        let mut changed = Vec::new();
        for (key, value) in data {
            if let Some(at) = at {
                if self.times.get(&key).is_some_and(|&known| at < known) {
                    continue;
                }
                self.times.insert(key.clone(), at);
            }
            changed.push(key.clone());
            merge(self.values.entry(key).or_insert(Value::Null), value);
        }
        if object_weight(&self.values) > MAX_WEIGHT {
            *self = Self::default();
            return Err(TooLarge);
        }
        changed.sort();
        Ok(changed)
    }

    pub(super) fn json(&self) -> String {
        // A map of JSON values always has a text.
        serde_json::to_string(&self.values).unwrap_or_default()
    }

    pub(super) fn sample(&self, at: Option<Timestamp>) -> Sample {
        let values = &self.values;
        let payload = payload(values);
        Sample {
            media: None,
            stamp: at.map_or(Stamp::None, Stamp::Utc),
            position: place(number(values, "longitude"), number(values, "latitude")),
            heights: Heights {
                above_takeoff_m: number(values, "elevation"),
                above_sea_m: None,
                above_ellipsoid_m: number(values, "height"),
            },
            camera: payload.and_then(|(_, gimbal)| camera(gimbal)),
            heading_deg: number(values, "attitude_head"),
            speed_mps: number(values, "horizontal_speed"),
            fix: fix(values),
            zoom: payload.and_then(|(index, _)| zoom(values, index)),
            focal_mm: None,
            view_deg: None,
            laser: payload.and_then(|(_, block)| laser(block)).or_else(|| laser(values)),
        }
    }
}

impl State {
    /// What was said about the instant `at`: nothing that is older than [`FRESH`].
    pub(super) fn row(&self, at: Timestamp) -> Sample {
        let fresh = |key: &str| {
            self.times.get(key).is_some_and(|said| at.duration_since(*said).abs() <= FRESH)
        };
        let sample = self.sample(Some(at));
        let gimbal = payload(&self.values).is_some_and(|(key, _)| fresh(key));
        Sample {
            position: sample.position.filter(|_| fresh("latitude") && fresh("longitude")),
            heights: Heights {
                above_takeoff_m: sample.heights.above_takeoff_m.filter(|_| fresh("elevation")),
                above_sea_m: None,
                above_ellipsoid_m: sample.heights.above_ellipsoid_m.filter(|_| fresh("height")),
            },
            camera: sample.camera.filter(|_| gimbal),
            heading_deg: sample.heading_deg.filter(|_| fresh("attitude_head")),
            speed_mps: sample.speed_mps.filter(|_| fresh("horizontal_speed")),
            laser: sample.laser.filter(|_| gimbal),
            ..sample
        }
    }

    pub(super) fn live(&self, at: Option<Timestamp>) -> Live {
        let known = |key| self.values.contains_key(key);
        Live {
            sample: self.sample(at),
            battery_percent: object(&self.values, "battery")
                .and_then(|battery| number(battery, "capacity_percent")),
            flying: count(&self.values, "mode_code").map(flies),
            is_aircraft: known("attitude_head") || known("elevation"),
        }
    }
}

/// Standing by, making ready, updating, not connected and fixing RTK are done on the ground.
const fn flies(mode: u64) -> bool {
    !matches!(mode, 0..=2 | 13 | 14 | 18 | 19)
}

/// Objects are joined key by key, anything else is replaced.
fn merge(known: &mut Value, new: Value) {
    match (known, new) {
        (Value::Object(known), Value::Object(new)) => {
            for (key, value) in new {
                merge(known.entry(key).or_insert(Value::Null), value);
            }
        }
        (known, new) => *known = new,
    }
}

fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => 1 + text.len(),
        Value::Array(list) => 1 + list.iter().map(weight).sum::<usize>(),
        Value::Object(object) => 1 + object_weight(object),
        _ => 1,
    }
}

fn object_weight(object: &Object) -> usize {
    object.iter().map(|(key, value)| key.len() + weight(value)).sum()
}

/// The gimbal block of the main camera: the first that is no FPV, dock or vision-assist camera.
fn payload(values: &Object) -> Option<(&str, &Object)> {
    let blocks = values.iter().filter_map(|(key, value)| {
        let kind = payload_type(key)?;
        let block = value.as_object()?;
        let turns = block.keys().any(|key| key.starts_with("gimbal_"));
        (turns && !matches!(kind, 39 | 165 | 176)).then_some((key.as_str(), block))
    });
    // `type-subtype-gimbalindex`: the main gimbal has index 0.
    blocks.min_by_key(|(key, _)| (!key.ends_with("-0"), *key))
}

/// The type of a key of the form `type-subtype-gimbalindex`, all of them digits.
fn payload_type(key: &str) -> Option<u32> {
    let digits =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?;
    let numbers: Vec<u32> = key.split('-').map(digits).collect::<Option<_>>()?;
    let &[kind, _, _] = numbers.as_slice() else { return None };
    Some(kind)
}

fn camera(gimbal: &Object) -> Option<Attitude> {
    Some(Attitude {
        yaw_deg: number(gimbal, "gimbal_yaw")?,
        pitch_deg: number(gimbal, "gimbal_pitch")?,
        roll_deg: number(gimbal, "gimbal_roll")?,
    })
}

fn zoom(values: &Object, index: &str) -> Option<f64> {
    let cameras = values.get("cameras")?.as_array()?;
    let mut cameras = cameras.iter().filter_map(Value::as_object);
    let camera = cameras.find(|camera| text(camera, "payload_index") == Some(index))?;
    number(camera, "zoom_factor").filter(|&zoom| zoom > 0.0)
}

/// A quality of 10 is RTK fixed, 1 to 5 is single; `is_fixed` 2 says that a fix was reached.
fn fix(values: &Object) -> Fix {
    let Some(state) = object(values, "position_state") else { return Fix::Unknown };
    match (number(state, "is_fixed"), number(state, "quality")) {
        (_, Some(10.0)) => Fix::Fixed,
        (Some(0.0 | 1.0 | 3.0), _) => Fix::Unknown,
        (_, Some(quality)) if (1.0..=5.0).contains(&quality) => Fix::Single,
        _ => Fix::Unknown,
    }
}

fn laser(block: &Object) -> Option<Laser> {
    let distance_m = number(block, "measure_target_distance").filter(|&distance| distance > 0.0)?;
    if number(block, "measure_target_error_state").is_some_and(|state| state.abs() > 0.5) {
        return None;
    }
    let [lon, lat] = ["measure_target_longitude", "measure_target_latitude"];
    Some(Laser { distance_m, target: place(number(block, lon), number(block, lat)) })
}

/// 0/0 means that the device does not know.
pub(super) fn place(lon: Option<f64>, lat: Option<f64>) -> Option<LonLat> {
    LonLat::new(lon?, lat?).filter(|at| at.lon().abs() > 1e-6 || at.lat().abs() > 1e-6)
}
