//! What sensors and other detectors say over MQTT: bytes to [`Message`]s.
//!
//! Three ways of saying it, one file each: our own JSON (`own`), the events of ONVIF cameras (`onvif`), and Frigate's
//! (`frigate`). Past this crate nothing knows their formats. Pure: the present time is given, and places that are only
//! known in a picture are left there for whoever knows its survey.
//!
//! Every reader takes hostile bytes: it is bounded, never panics, and says what it refuses and by which key.

mod class;
mod frigate;
mod message;
mod onvif;
mod own;
mod refused;

use std::collections::BTreeMap;

use domain::{Class, Datum, GroundFix, Size, SourceId};
use jiff::{SignedDuration, Timestamp};

pub use message::{Looked, Message, Told};
pub use own::{Canonical, read_canonical};
pub use refused::Refused;

/// How a source is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Reader {
    pub source: SourceId,
    pub mapping: Mapping,
    /// Of places whose message says none.
    pub datum: Datum,
    /// Standard deviation in each direction of places whose message says none, metres.
    pub accuracy_m: f64,
    pub limits: Limits,
}

/// Whose messages they are.
#[derive(Debug, Clone, PartialEq)]
pub enum Mapping {
    /// `xunjian/observation/{source}`.
    Own,
    /// `{prefix}/onvif-ej/…`. `fields` are the rules of the camera whose ground somebody measured.
    Onvif { fields: BTreeMap<String, Field> },
    /// `frigate/events`, of one of its cameras. `picture` is the size of what it detects in.
    Frigate { camera: String, picture: Size },
}

/// A field or a line that a camera watches, as a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    pub place: GroundFix,
    /// What its objects are, where the event does not say.
    pub class: Option<Class>,
}

/// What a message may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes.
    pub bytes: usize,
    /// Things in one message.
    pub observations: usize,
    /// Clocks of sources may go ahead of this machine's by this.
    pub ahead: SignedDuration,
    /// What happened longer ago is not judged any more.
    pub behind: SignedDuration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 256 << 10,
            observations: 1000,
            ahead: SignedDuration::from_secs(5),
            behind: SignedDuration::from_mins(10),
        }
    }
}

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    Observed(Message),
    /// The camera looks at something else than when it was surveyed.
    SceneChanged {
        at: Timestamp,
    },
    /// Nothing about this source, or nothing to be judged.
    Nothing,
}

impl Reader {
    /// Reads one message. `now` is the time at which it was received.
    pub fn read(&self, topic: &str, payload: &[u8], now: Timestamp) -> Result<Said, Refused> {
        if payload.len() > self.limits.bytes {
            return Err(Refused::Bytes { got: payload.len(), most: self.limits.bytes });
        }
        let said = match &self.mapping {
            Mapping::Own => own::read(self, payload).map(Said::Observed)?,
            Mapping::Onvif { fields } => onvif::read(self, fields, topic, payload)?,
            Mapping::Frigate { camera, picture } => frigate::read(self, camera, *picture, payload)?,
        };
        let Said::Observed(message) = said else { return Ok(said) };
        self.in_time(message.at, now)?;
        Ok(Said::Observed(message.settled()))
    }

    fn in_time(&self, at: Timestamp, now: Timestamp) -> Result<(), Refused> {
        let Limits { ahead, behind, .. } = self.limits;
        let late = now.duration_since(at);
        if late < -ahead {
            return Err(Refused::Ahead { at, by: -late });
        }
        if late > behind {
            return Err(Refused::Old { at, by: late });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn reader(mapping: Mapping) -> Reader {
        let source = SourceId::new("gate").unwrap();
        let limits = Limits::default();
        Reader { source, mapping, datum: Datum::Wgs84, accuracy_m: 3.0, limits }
    }

    #[test]
    fn what_is_too_long_is_not_looked_into() {
        let reader =
            Reader { limits: Limits { bytes: 8, ..Limits::default() }, ..reader(Mapping::Own) };
        let told = reader.read("a", b"012345678", Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!((told.reason(), told), ("too_long", Refused::Bytes { got: 9, most: 8 }));
    }
}
