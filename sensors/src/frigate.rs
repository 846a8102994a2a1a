//! Frigate's `frigate/events`: an object was found (`new`), changed (`update`), or is no longer followed (`end`).
//!
//! Form: Frigate documentation, "MQTT". Boxes are pixels of what the camera detects in: left, top, right, bottom. A
//! followed object is told of at least once a minute (`frigate/track/tracked_object.py`), and at its end. Frigate has other
//! keys, and more with each version: unknown ones are passed over.

use domain::Size;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::class::of_word;
use crate::message::{boxed, score, track_of};
use crate::{Looked, Message, Reader, Refused, Said, Told};

#[derive(Debug, Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: Kind,
    after: After,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    New,
    Update,
    End,
}

#[derive(Debug, Deserialize)]
struct After {
    id: String,
    camera: String,
    /// Seconds since 1970.
    frame_time: f64,
    end_time: Option<f64>,
    label: String,
    score: Option<f64>,
    #[serde(default)]
    false_positive: bool,
    #[serde(rename = "box")]
    seen: [f64; 4],
}

const LONGEST_ID: usize = 128;

pub(crate) fn read(
    reader: &Reader,
    camera: &str,
    picture: Size,
    payload: &[u8],
) -> Result<Said, Refused> {
    let Event { kind, after } =
        serde_json::from_slice(payload).map_err(|error| form(payload, &error))?;
    let Some(class) = of_word(&after.label) else { return Ok(Said::Nothing) };
    if after.camera != camera || after.false_positive {
        return Ok(Said::Nothing);
    }
    if !(1..=LONGEST_ID).contains(&after.id.len()) {
        return Err(Refused::value("after.id", "must be 1 to 128 bytes", after.id.len()));
    }
    let track = track_of(&after.id);
    let mut message = Message {
        source: reader.source.clone(),
        at: time("after.frame_time", after.frame_time)?,
        // Objects of one frame come in messages of their own.
        seq: track.0,
        looked: Looked::Unsaid,
        observations: Vec::new(),
        gone: Vec::new(),
    };
    if kind == Kind::End {
        // The last box is told again, of the time when it was seen.
        message.at = after.end_time.map_or(Ok(message.at), |at| time("after.end_time", at))?;
        message.gone.push(track);
    } else {
        let mut told = Told::new(track, class, score("after.score", after.score.unwrap_or(1.0))?);
        told.seen = Some(boxed("after.box", parts(after.seen, picture))?);
        message.observations.push(told);
    }
    Ok(Said::Observed(message))
}

/// Left, top, width and height as parts of the picture.
fn parts([left, top, right, bottom]: [f64; 4], picture: Size) -> [f64; 4] {
    let (width, height) = (f64::from(picture.width), f64::from(picture.height));
    [left / width, top / height, (right - left) / width, (bottom - top) / height]
}

fn time(key: &str, seconds: f64) -> Result<Timestamp, Refused> {
    SignedDuration::try_from_secs_f64(seconds)
        .ok()
        .and_then(|since| Timestamp::UNIX_EPOCH.checked_add(since).ok())
        .ok_or_else(|| Refused::value(key, "must be seconds since 1970", seconds))
}

fn form(payload: &[u8], error: &serde_json::Error) -> Refused {
    let mut json = serde_json::Deserializer::from_slice(payload);
    let path = serde_path_to_error::deserialize::<_, Event>(&mut json).err();
    let key = path.map_or_else(|| ".".to_owned(), |error| error.path().to_string());
    Refused::Form { key, why: error.to_string().chars().take(300).collect() }
}

#[cfg(test)]
#[path = "frigate/tests.rs"]
mod tests;
