//! Events of a gateway: how a task goes, files that were uploaded, what is wrong.

use domain::LonLat;
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::Value;

use super::envelope::{Envelope, Reply};
use super::json::{Object, count, flag, label, number, object, text};
use super::state::place;
use super::{CloudError, Serial, Update};
use crate::sample::Stamp;

/// Health messages of one event that are kept.
const MAX_HEALTH: usize = 256;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub gateway: Serial,
    pub at: Option<Timestamp>,
    pub kind: EventKind,
    pub reply: Option<Reply>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    /// `flighttask_progress`
    Task(TaskProgress),
    /// `hms`
    Health(Vec<Health>),
    /// Any other, by its method.
    Other(String),
}

/// How far a wayline task is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaskProgress {
    pub flight_id: String,
    /// `sent`, `in_progress`, `ok`, `partially_done`, `paused`, `rejected`, `failed`, `canceled`
    /// or `timeout`.
    pub status: String,
    /// 0..=100.
    pub percent: Option<f64>,
    pub waypoint: Option<u64>,
    /// Photos and videos so far.
    pub media: Option<u64>,
    /// The vendor's error code, 0 for none.
    pub result: Option<u64>,
}

/// One message of the health management system.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// 0 notice, 1 caution, 2 warning.
    pub level: u64,
    /// Such as `0x16100083`.
    pub code: String,
    pub in_the_sky: bool,
    pub imminent: bool,
}

/// A file that a dock has put into the object store, `file_upload_callback`.
#[derive(Debug, Clone, PartialEq)]
pub struct Upload {
    pub gateway: Serial,
    pub at: Option<Timestamp>,
    /// Where it lies in the bucket.
    pub object_key: String,
    /// Its folder on the aircraft.
    pub path: String,
    pub name: String,
    pub flight_id: String,
    /// Of the aircraft, `domain-type-sub_type`.
    pub drone_model_key: String,
    /// Of the camera.
    pub payload_model_key: String,
    /// Whether it is what the camera wrote, not a smaller copy.
    pub original: bool,
    /// A local time, mostly.
    pub taken: Stamp,
    pub position: Option<LonLat>,
    /// The vendor does not say which sea.
    pub absolute_altitude_m: Option<f64>,
    pub above_takeoff_m: Option<f64>,
    /// Pitch and roll are in the file itself.
    pub gimbal_yaw_deg: Option<f64>,
    /// Files of the flight so far, and in all.
    pub uploaded: Option<u64>,
    pub expected: Option<u64>,
    pub reply: Option<Reply>,
}

pub(super) fn read(gateway: Serial, envelope: &Envelope) -> Result<Update, CloudError> {
    let data = &envelope.data;
    let kind = match envelope.method.as_str() {
        "" => return Err(CloudError::Field { field: "method" }),
        "file_upload_callback" => return upload(gateway, envelope).map(Update::Upload),
        "flighttask_progress" => EventKind::Task(progress(data)),
        "hms" => EventKind::Health(health(data)),
        other => EventKind::Other(other.to_owned()),
    };
    Ok(Update::Event(Event { gateway, at: envelope.at, kind, reply: envelope.reply() }))
}

fn progress(data: &Object) -> TaskProgress {
    let empty = Object::new();
    let output = object(data, "output").unwrap_or(data);
    let ext = object(output, "ext").unwrap_or(&empty);
    TaskProgress {
        flight_id: label(ext, "flight_id"),
        status: label(output, "status"),
        percent: object(output, "progress").and_then(|progress| number(progress, "percent")),
        waypoint: count(ext, "current_waypoint_index"),
        media: count(ext, "media_count"),
        result: count(data, "result"),
    }
}

fn health(data: &Object) -> Vec<Health> {
    let list = data.get("list").and_then(Value::as_array);
    let entries = list.into_iter().flatten().filter_map(Value::as_object);
    entries.take(MAX_HEALTH).map(one_health).collect()
}

fn one_health(entry: &Object) -> Health {
    Health {
        level: count(entry, "level").unwrap_or(0),
        code: label(entry, "code"),
        in_the_sky: flag(entry, "in_the_sky"),
        imminent: flag(entry, "imminent"),
    }
}

fn upload(gateway: Serial, envelope: &Envelope) -> Result<Upload, CloudError> {
    let empty = Object::new();
    let file = object(&envelope.data, "file").ok_or(CloudError::Field { field: "data.file" })?;
    let key =
        text(file, "object_key").ok_or(CloudError::Field { field: "data.file.object_key" })?;
    let ext = object(file, "ext").unwrap_or(&empty);
    let metadata = object(file, "metadata").unwrap_or(&empty);
    let shot = object(metadata, "shoot_position").unwrap_or(&empty);
    let task = object(&envelope.data, "flight_task").unwrap_or(&empty);
    Ok(Upload {
        gateway,
        at: envelope.at,
        object_key: key.to_owned(),
        path: label(file, "path"),
        name: label(file, "name"),
        flight_id: label(ext, "flight_id"),
        drone_model_key: label(ext, "drone_model_key"),
        payload_model_key: label(ext, "payload_model_key"),
        original: flag(ext, "is_original"),
        taken: text(metadata, "create_time").map_or(Stamp::None, taken),
        position: place(number(shot, "lng"), number(shot, "lat")),
        absolute_altitude_m: number(metadata, "absolute_altitude"),
        above_takeoff_m: number(metadata, "relative_altitude"),
        gimbal_yaw_deg: number(metadata, "gimbal_yaw_degree"),
        uploaded: count(task, "uploaded_file_count"),
        expected: count(task, "expected_file_count"),
        reply: envelope.reply(),
    })
}

/// ISO 8601 with its zone is an instant; `2021-05-10 16:04:20` is not.
fn taken(text: &str) -> Stamp {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Stamp::Utc(at);
    }
    text.parse::<DateTime>().map_or(Stamp::None, Stamp::Local)
}
