//! What an object is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kinds of object that the product tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Class {
    Person,
    Bicycle,
    Motorcycle,
    /// A bicycle, motorcycle or scooter, by one who cannot tell which: from above they look alike.
    TwoWheeler,
    Car,
    Van,
    Bus,
    Truck,
    /// 渣土车
    MuckTruck,
    Excavator,
    Dog,
    /// 建筑物、构筑物
    Structure,
    /// 堆物: soil, rubble or material
    Heap,
    /// 暴露垃圾
    Garbage,
    /// 摊点
    Vendor,
    /// 烟
    Smoke,
}

impl Class {
    /// Whether parking rules apply to it.
    pub const fn is_motor_vehicle(self) -> bool {
        matches!(self, Self::Car | Self::Van | Self::Bus | Self::Truck | Self::MuckTruck)
    }

    /// Whether it has two wheels and, mostly, a rider.
    pub const fn is_two_wheeler(self) -> bool {
        matches!(self, Self::Bicycle | Self::Motorcycle | Self::TwoWheeler)
    }

    /// Whether a detector may take one for the other from frame to frame: a van is a car in one
    /// frame and a bus in the next, but never a person.
    pub const fn confusable_with(self, other: Self) -> bool {
        self.family() == other.family()
    }

    const fn family(self) -> u8 {
        match self {
            Self::Person => 0,
            Self::Bicycle | Self::Motorcycle | Self::TwoWheeler => 1,
            Self::Car | Self::Van | Self::Bus | Self::Truck | Self::MuckTruck => 2,
            Self::Excavator => 3,
            Self::Dog => 4,
            Self::Structure => 5,
            // A heap of rubbish is a heap.
            Self::Heap | Self::Garbage => 6,
            Self::Vendor => 7,
            Self::Smoke => 8,
        }
    }

    /// The word used in JSON, configuration and topics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Bicycle => "bicycle",
            Self::Motorcycle => "motorcycle",
            Self::TwoWheeler => "two_wheeler",
            Self::Car => "car",
            Self::Van => "van",
            Self::Bus => "bus",
            Self::Truck => "truck",
            Self::MuckTruck => "muck_truck",
            Self::Excavator => "excavator",
            Self::Dog => "dog",
            Self::Structure => "structure",
            Self::Heap => "heap",
            Self::Garbage => "garbage",
            Self::Vendor => "vendor",
            Self::Smoke => "smoke",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
