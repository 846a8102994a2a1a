//! What every message is wrapped in.

use jiff::Timestamp;
use serde_json::Value;

use super::CloudError;
use super::json::{Object, flag, text, time};

/// The largest payload that is looked at; a dock's OSD has some kilobytes.
pub const MAX_PAYLOAD: usize = 256 << 10;

/// Ids that an answer must repeat; its `data` is `{"result": 0}` for "taken".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub tid: String,
    pub bid: String,
    pub method: String,
}

#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) tid: String,
    pub(super) bid: String,
    pub(super) method: String,
    pub(super) at: Option<Timestamp>,
    pub(super) data: Object,
    need_reply: bool,
}

impl Envelope {
    pub(super) fn read(payload: &[u8]) -> Result<Self, CloudError> {
        if payload.len() > MAX_PAYLOAD {
            return Err(CloudError::TooLarge { length: payload.len() });
        }
        let mut whole: Object = serde_json::from_slice(payload)?;
        let Some(Value::Object(data)) = whole.remove("data") else {
            return Err(CloudError::Field { field: "data" });
        };
        let word = |key| text(&whole, key).unwrap_or_default().to_owned();
        Ok(Self {
            tid: word("tid"),
            bid: word("bid"),
            method: word("method"),
            // One documented sample has the colon inside the quotes.
            at: time(&whole, "timestamp").or_else(|| time(&whole, "timestamp:")),
            data,
            need_reply: flag(&whole, "need_reply"),
        })
    }

    /// What an answer repeats, if one is asked for.
    pub(super) fn reply(&self) -> Option<Reply> {
        self.need_reply.then(|| Reply {
            tid: self.tid.clone(),
            bid: self.bid.clone(),
            method: self.method.clone(),
        })
    }
}
