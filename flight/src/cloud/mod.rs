//! DJI Cloud API telemetry as it comes over MQTT: topics and payloads in, what they mean out.
//!
//! Pure: who subscribes and who answers is decided elsewhere; what wants an answer carries a
//! [`Reply`]. An aircraft's OSD is partial, so the newest value of every key is kept for each
//! device, keys that nothing here knows included. Messages may repeat or arrive late: a repeated
//! one is said to be that, and a late one does not overwrite what is newer.
//!
//! Source: `dji-sdk/Cloud-API-Doc` of 2024-11. Its samples spell numbers as strings, leave out
//! `gateway` and miswrite `timestamp`; all of that is tolerated.

mod devices;
mod envelope;
mod event;
mod json;
mod model;
mod replay;
mod state;
mod topic;

pub use devices::{Devices, MAX_DEVICES};
pub use envelope::{MAX_PAYLOAD, Reply};
pub use event::{Event, EventKind, Health, TaskProgress, Upload};
pub use model::{SubDevice, Topology};
pub use replay::replay;
pub use state::Live;
pub use topic::{Serial, Topic, TopicKind};

use jiff::Timestamp;

use crate::sample::Sample;

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// From `osd` and `state` topics alike.
    Osd(Osd),
    Topology(Topology),
    /// A file lies in the object store.
    Upload(Upload),
    Event(Event),
    /// Taken before; answer it again if it asks for that.
    Repeated {
        serial: Serial,
        reply: Option<Reply>,
    },
}

/// The state of a device after a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Osd {
    pub serial: Serial,
    /// When the device sent it.
    pub at: Option<Timestamp>,
    /// Of the merged state; of a dock, its own place.
    pub sample: Sample,
    /// The keys that this message brought or renewed, sorted.
    pub changed: Vec<String>,
}

/// Why a message is not used.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    #[error("`{topic}` is no topic of a DJI device: osd, state, events or status")]
    Topic { topic: String },
    #[error("a payload of {length} bytes is refused: at most {MAX_PAYLOAD} are taken")]
    TooLarge { length: usize },
    #[error("the payload is no JSON object")]
    Json {
        #[from]
        source: serde_json::Error,
    },
    #[error("`{field}` is missing or of the wrong kind")]
    Field { field: &'static str },
    #[error("{MAX_DEVICES} devices are known already; `{serial}` is refused")]
    TooManyDevices { serial: Serial },
    #[error("the state of `{serial}` has grown too large and is begun anew")]
    State { serial: Serial },
}

#[cfg(test)]
mod tests;
