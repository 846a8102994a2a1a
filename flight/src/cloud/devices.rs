//! Every device that was heard of, and what it said last.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use super::envelope::Envelope;
use super::state::State;
use super::{CloudError, Live, Osd, Serial, Topic, TopicKind, Topology, Update, event, model};

/// More devices than a city flies.
pub const MAX_DEVICES: usize = 4096;

/// Messages of a device that are remembered to know a repeated one.
const RECENT: usize = 64;

/// The newest state of each device. Holds at most [`MAX_DEVICES`] of bounded size.
#[derive(Debug, Default)]
pub struct Devices(BTreeMap<Serial, Device>);

#[derive(Debug, Default)]
struct Device {
    state: State,
    recent: VecDeque<String>,
}

impl Devices {
    /// Takes one message in. One that cannot be used leaves what is known as it was.
    pub fn take(&mut self, topic: &Topic, payload: &[u8]) -> Result<Update, CloudError> {
        let envelope = Envelope::read(payload)?;
        let serial = topic.serial.clone();
        let device = self.device(&serial)?;
        if device.repeats(topic.kind, &envelope) {
            return Ok(Update::Repeated { serial, reply: envelope.reply() });
        }
        let update = match topic.kind {
            TopicKind::Osd | TopicKind::State => {
                let key = key(topic.kind, &envelope);
                let update = device.osd(serial, envelope)?;
                device.remember(key);
                return Ok(update);
            }
            TopicKind::Events => event::read(serial, &envelope)?,
            TopicKind::Status => {
                let devices = model::sub_devices(&envelope.data)
                    .ok_or(CloudError::Field { field: "data.sub_devices" })?;
                let (at, reply) = (envelope.at, envelope.reply());
                Update::Topology(Topology { gateway: serial, at, devices, reply })
            }
        };
        device.remember(key(topic.kind, &envelope));
        Ok(update)
    }

    /// All that a device has sent, the newest value of each key, as JSON; keys that nothing here
    /// knows included.
    pub fn state_json(&self, serial: &Serial) -> Option<String> {
        self.0.get(serial).map(|device| device.state.json())
    }

    /// How a device is right now; `None` for one that was never heard of.
    pub fn live(&self, serial: &Serial, at: Option<Timestamp>) -> Option<Live> {
        self.0.get(serial).map(|device| device.state.live(at))
    }

    fn device(&mut self, serial: &Serial) -> Result<&mut Device, CloudError> {
        if self.0.len() >= MAX_DEVICES && !self.0.contains_key(serial) {
            return Err(CloudError::TooManyDevices { serial: serial.clone() });
        }
        Ok(self.0.entry(serial.clone()).or_default())
    }
}

impl Device {
    fn repeats(&self, kind: TopicKind, envelope: &Envelope) -> bool {
        key(kind, envelope).is_some_and(|key| self.recent.contains(&key))
    }

    fn remember(&mut self, key: Option<String>) {
        let Some(key) = key else { return };
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(key);
    }

    fn osd(&mut self, serial: Serial, envelope: Envelope) -> Result<Update, CloudError> {
        let at = envelope.at;
        let Ok(changed) = self.state.merge(envelope.data, at) else {
            return Err(CloudError::State { serial });
        };
        Ok(Update::Osd(Osd { serial, at, sample: self.state.sample(at), changed }))
    }
}

/// What makes a message the same as another. An event keeps its `tid` when it is sent again for
/// want of an answer; parts of one OSD have times of their own.
fn key(kind: TopicKind, envelope: &Envelope) -> Option<String> {
    let Envelope { tid, method, at, .. } = envelope;
    if tid.is_empty() || tid.len() > 64 {
        return None;
    }
    Some(match kind {
        TopicKind::Osd | TopicKind::State => format!("{kind:?} {tid} {at:?}"),
        TopicKind::Events | TopicKind::Status => format!("{kind:?} {tid} {method:.64}"),
    })
}
