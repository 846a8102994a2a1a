//! Which devices a gateway has.

use jiff::Timestamp;
use serde_json::Value;

use super::json::{Object, count, text};
use super::{Reply, Serial};

/// More than any dock or remote controller carries.
const MAX_SUB_DEVICES: usize = 64;

/// What a gateway, a dock or a remote controller, says about its aircraft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    pub gateway: Serial,
    pub at: Option<Timestamp>,
    /// Online now; empty when the aircraft went offline.
    pub devices: Vec<SubDevice>,
    pub reply: Option<Reply>,
}

/// An aircraft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubDevice {
    pub serial: Serial,
    /// `domain-type-sub_type`.
    pub model_key: String,
}

impl SubDevice {
    /// Gateways have payloads and controllers below them too.
    pub fn is_aircraft(&self) -> bool {
        self.model_key.starts_with("0-")
    }

    /// The model as people call it; `None` for one that is newer than this list.
    pub fn model(&self) -> Option<&'static str> {
        Some(match self.model_key.as_str() {
            "0-89-0" => "Matrice 350 RTK",
            "0-60-0" => "Matrice 300 RTK",
            "0-67-0" => "Matrice 30",
            "0-67-1" => "Matrice 30T",
            "0-77-0" => "Mavic 3E",
            "0-77-1" => "Mavic 3T",
            "0-91-0" => "Matrice 3D",
            "0-91-1" => "Matrice 3TD",
            _ => return None,
        })
    }
}

/// The sub-devices of an `update_topo`; entries without a serial number are left out.
pub(super) fn sub_devices(data: &Object) -> Option<Vec<SubDevice>> {
    let list = data.get("sub_devices")?.as_array()?;
    Some(list.iter().take(MAX_SUB_DEVICES).filter_map(sub_device).collect())
}

fn sub_device(entry: &Value) -> Option<SubDevice> {
    let entry = entry.as_object()?;
    let part = |key| count(entry, key).unwrap_or(0);
    Some(SubDevice {
        serial: Serial::new(text(entry, "sn")?)?,
        model_key: format!("{}-{}-{}", part("domain"), part("type"), part("sub_type")),
    })
}
