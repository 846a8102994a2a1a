//! Our own JSON, `xunjian/observation/{source}`: docs/observation.schema.json.
//!
//! Strict: an unknown key is an error, and so is a value that cannot be. What is written ([`Canonical`]) has every place
//! in WGS-84 with its covariance, so that it reads the same whatever the settings of its source are by then.

use std::fmt;

use domain::{
    BodyState, Class, Covariance, Datum, GroundFix, LidState, LoadState, RelBox, SourceId, TrackId,
};
use jiff::Timestamp;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use crate::message::{boxed, covariance, on_earth, score, sigma, track_of};
use crate::{Limits, Looked, Message, Reader, Refused, Told};

/// As it stands in the message.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    source: Option<SourceId>,
    at: Timestamp,
    #[serde(default)]
    seq: u64,
    datum: Option<Datum>,
    #[serde(default)]
    complete: bool,
    looked: Option<Vec<[f64; 2]>>,
    observations: Vec<RawTold>,
    #[serde(default)]
    gone: Vec<Track>,
}

#[derive(Debug, Deserialize)]
struct Track(#[serde(deserialize_with = "track")] TrackId);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTold {
    #[serde(deserialize_with = "track")]
    track: TrackId,
    class: Class,
    score: Option<f64>,
    lon: Option<f64>,
    lat: Option<f64>,
    accuracy_m: Option<f64>,
    covariance_m2: Option<[[f64; 2]; 2]>,
    #[serde(rename = "box")]
    seen: Option<[f64; 4]>,
    load: Option<LoadState>,
    lid: Option<LidState>,
    body: Option<BodyState>,
}

/// Corners of a `looked` ring; a view of the ground needs few.
const MOST_CORNERS: usize = 256;
/// The largest number that every reader of JSON keeps.
const MOST_TRACK: u64 = (1 << 53) - 1;
const LONGEST_TRACK: usize = 128;

pub(crate) fn read(reader: &Reader, payload: &[u8]) -> Result<Message, Refused> {
    let Ok(raw) = serde_json::from_slice::<Raw>(payload) else { return Err(told(payload)) };
    if raw.source.as_ref().is_some_and(|source| *source != reader.source) {
        let rule = "must be the source that the topic names, or be left out";
        return Err(Refused::value("source", rule, raw.source.map_or(String::new(), String::from)));
    }
    raw.message(&reader.source, reader.datum, reader.accuracy_m, reader.limits)
}

/// Reads what [`Canonical`] wrote.
pub fn read_canonical(line: &[u8]) -> Result<Message, Refused> {
    let Ok(raw) = serde_json::from_slice::<Raw>(line) else { return Err(told(line)) };
    let Some(source) = raw.source.clone() else {
        return Err(Refused::value("source", "is missing", ""));
    };
    let limits = Limits { observations: usize::MAX, ..Limits::default() };
    raw.message(&source, Datum::Wgs84, 1.0, limits)
}

/// Why it is not of this form. Asked again for the key only where reading failed.
fn told(payload: &[u8]) -> Refused {
    let mut json = serde_json::Deserializer::from_slice(payload);
    match serde_path_to_error::deserialize::<_, Raw>(&mut json) {
        Ok(_) => Refused::Form { key: ".".to_owned(), why: "more than one value".to_owned() },
        Err(error) => {
            let (key, why) = (error.path().to_string(), error.into_inner().to_string());
            Refused::Form { key, why: why.chars().take(300).collect() }
        }
    }
}

impl Raw {
    fn message(
        self,
        source: &SourceId,
        datum: Datum,
        accuracy_m: f64,
        limits: Limits,
    ) -> Result<Message, Refused> {
        let got = self.observations.len().max(self.gone.len());
        if got > limits.observations {
            let most = limits.observations;
            return Err(Refused::Many { got, most });
        }
        let datum = self.datum.unwrap_or(datum);
        let looked = match (self.complete, self.looked) {
            (true, None) => Looked::Everywhere,
            (false, None) => Looked::Unsaid,
            (false, Some(ring)) => Looked::Ring(closed(ring, datum)?),
            (true, Some(_)) => {
                let rule = "goes with `complete` false: it says which part was looked at";
                return Err(Refused::value("looked", rule, "both"));
            }
        };
        let read = |(nth, raw): (usize, RawTold)| {
            raw.told(datum, accuracy_m).map_err(|refused| at_observation(nth, refused))
        };
        let observations =
            self.observations.into_iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
        let gone = self.gone.into_iter().map(|Track(track)| track).collect();
        let source = source.clone();
        Ok(Message { source, at: self.at, seq: self.seq, looked, observations, gone })
    }
}

fn at_observation(nth: usize, refused: Refused) -> Refused {
    match refused {
        Refused::Value { key, rule, got } => {
            Refused::Value { key: format!("observations[{nth}].{key}"), rule, got }
        }
        other => other,
    }
}

impl RawTold {
    fn told(self, datum: Datum, accuracy_m: f64) -> Result<Told, Refused> {
        let place = self.place(datum, accuracy_m)?;
        let seen = self.seen.map(|numbers| boxed("box", numbers)).transpose()?;
        if place.is_none() && seen.is_none() {
            let way_out = "give `lon` and `lat`, or `box`";
            return Err(Refused::NoPlace { key: "observations", way_out });
        }
        Ok(Told {
            track: self.track,
            class: self.class,
            score: score("score", self.score.unwrap_or(1.0))?,
            place,
            seen,
            load: self.load,
            lid: self.lid,
            body: self.body,
        })
    }

    fn place(&self, datum: Datum, accuracy_m: f64) -> Result<Option<GroundFix>, Refused> {
        let (lon, lat) = match (self.lon, self.lat) {
            (Some(lon), Some(lat)) => (lon, lat),
            (None, None) => return Ok(None),
            (None, _) => return Err(Refused::value("lon", "is missing beside `lat`", "nothing")),
            (_, None) => return Err(Refused::value("lat", "is missing beside `lon`", "nothing")),
        };
        on_earth("lon", lon, lat)?;
        let position = datum
            .to_wgs84(lon, lat)
            .ok_or_else(|| Refused::value("lon", "is no place on earth in its datum", lon))?;
        let covariance = match (self.covariance_m2, self.accuracy_m) {
            (Some(_), Some(_)) => {
                let rule = "and `covariance_m2` say the same: leave one out";
                return Err(Refused::value("accuracy_m", rule, "both"));
            }
            (Some(rows), None) => covariance("covariance_m2", rows)?,
            (None, Some(metres)) => sigma("accuracy_m", metres)?,
            (None, None) => Covariance::round(accuracy_m),
        };
        Ok(Some(GroundFix { position, covariance }))
    }
}

fn closed(ring: Vec<[f64; 2]>, datum: Datum) -> Result<Vec<[f64; 2]>, Refused> {
    if !(4..=MOST_CORNERS).contains(&ring.len()) || ring.first() != ring.last() {
        let rule = "must be a closed ring of 4 to 256 corners, the first again as the last";
        return Err(Refused::value("looked", rule, format!("{} corners", ring.len())));
    }
    let corner = |[lon, lat]: [f64; 2]| {
        on_earth("looked", lon, lat)?;
        let place = datum.to_wgs84(lon, lat);
        let place = place.ok_or_else(|| {
            Refused::value("looked", "is no place on earth", format!("{lon} {lat}"))
        })?;
        Ok([place.lon(), place.lat()])
    };
    ring.into_iter().map(corner).collect()
}

/// A number, or a word that becomes one.
fn track<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TrackId, D::Error> {
    struct Either;

    impl Visitor<'_> for Either {
        type Value = TrackId;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number from 0 to 2^53 - 1, or a text of 1 to 128 bytes")
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<TrackId, E> {
            if number <= MOST_TRACK {
                return Ok(TrackId(number));
            }
            Err(E::invalid_value(de::Unexpected::Unsigned(number), &self))
        }

        fn visit_str<E: de::Error>(self, word: &str) -> Result<TrackId, E> {
            if (1..=LONGEST_TRACK).contains(&word.len()) {
                return Ok(track_of(word));
            }
            Err(E::invalid_length(word.len(), &self))
        }
    }

    deserializer.deserialize_any(Either)
}

/// A message as JSON in one form, whoever said it.
#[derive(Debug, Serialize)]
pub struct Canonical<'a> {
    source: &'a SourceId,
    at: Timestamp,
    seq: u64,
    #[serde(skip_serializing_if = "is_false")]
    complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    looked: Option<&'a [[f64; 2]]>,
    observations: Vec<Written<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gone: Vec<TrackId>,
}

#[derive(Debug, Serialize)]
struct Written<'a> {
    track: TrackId,
    class: Class,
    score: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    lon: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lat: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    covariance_m2: Option<Covariance>,
    #[serde(rename = "box", skip_serializing_if = "Option::is_none")]
    seen: Option<[f64; 4]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    load: Option<&'a LoadState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lid: Option<&'a LidState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a BodyState>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl<'a> Canonical<'a> {
    /// All of a message.
    #[must_use]
    pub fn of(message: &'a Message) -> Self {
        Self::with(message, |_| true)
    }

    /// What it says of one track: evidence about it shows nobody else.
    #[must_use]
    pub fn about(message: &'a Message, track: TrackId) -> Self {
        Self::with(message, |other| other == track)
    }

    fn with(message: &'a Message, wanted: impl Fn(TrackId) -> bool) -> Self {
        let looked = match &message.looked {
            Looked::Ring(ring) => Some(ring.as_slice()),
            Looked::Unsaid | Looked::Everywhere => None,
        };
        let observations = message.observations.iter().filter(|told| wanted(told.track));
        Self {
            source: &message.source,
            at: message.at,
            seq: message.seq,
            complete: message.looked == Looked::Everywhere,
            looked,
            observations: observations.map(Written::of).collect(),
            gone: message.gone.iter().copied().filter(|track| wanted(*track)).collect(),
        }
    }

    /// As one line, without its end.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        let mut line = Vec::new();
        self.write(&mut line);
        line
    }

    /// Appends that line.
    pub fn write(&self, out: &mut Vec<u8>) {
        // Never fails: every field has a JSON form, its numbers are finite, and memory takes all.
        drop(serde_json::to_writer(out, self));
    }
}

impl<'a> Written<'a> {
    fn of(told: &'a Told) -> Self {
        Self {
            track: told.track,
            class: told.class,
            score: told.score,
            lon: told.place.map(|fix| fix.position.lon()),
            lat: told.place.map(|fix| fix.position.lat()),
            covariance_m2: told.place.map(|fix| fix.covariance),
            seen: told.seen.map(|RelBox { x, y, w, h }| [x, y, w, h]),
            load: told.load.as_ref(),
            lid: told.lid.as_ref(),
            body: told.body.as_ref(),
        }
    }
}

#[cfg(test)]
#[path = "own/tests.rs"]
mod tests;
