//! Topics that devices publish to.

use std::fmt;

use super::CloudError;

/// A serial number: 1 to 64 letters and digits, safe in topics and file names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(Box<str>);

impl Serial {
    pub fn new(text: &str) -> Option<Self> {
        let sound =
            (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        sound.then(|| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who publishes, and what kind of message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    pub serial: Serial,
    pub kind: TopicKind,
}

/// Kinds of message that come up from devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicKind {
    /// `thing/product/{sn}/osd`: at a fixed rate.
    Osd,
    /// `thing/product/{sn}/state`: on change.
    State,
    /// `thing/product/{sn}/events`: of a gateway.
    Events,
    /// `sys/product/{sn}/status`: which aircraft a gateway has.
    Status,
}

impl Topic {
    pub fn parse(topic: &str) -> Result<Self, CloudError> {
        let parse = || {
            let mut levels = topic.split('/');
            let (root, product) = (levels.next()?, levels.next()?);
            let serial = Serial::new(levels.next()?)?;
            let kind = match (root, levels.next()?) {
                ("thing", "osd") => TopicKind::Osd,
                ("thing", "state") => TopicKind::State,
                ("thing", "events") => TopicKind::Events,
                ("sys", "status") => TopicKind::Status,
                _ => return None,
            };
            (product == "product" && levels.next().is_none()).then_some(Self { serial, kind })
        };
        parse().ok_or_else(|| CloudError::Topic { topic: topic.chars().take(100).collect() })
    }
}
