//! Names for people, in Chinese and English.

use domain::{Class, MediaKind, WarningCode};

pub(super) const fn class(class: Class) -> &'static str {
    match class {
        Class::Person => "行人 person",
        Class::Bicycle => "自行车 bicycle",
        Class::Motorcycle => "摩托车 motorcycle",
        Class::TwoWheeler => "两轮车 two-wheeler",
        Class::Car => "轿车 car",
        Class::Van => "面包车 van",
        Class::Bus => "客车 bus",
        Class::Truck => "货车 truck",
        Class::MuckTruck => "渣土车 muck truck",
        Class::Excavator => "挖掘机 excavator",
        Class::Dog => "犬 dog",
        Class::Structure => "建筑物 structure",
        Class::Heap => "堆物 heap",
        Class::Garbage => "垃圾 garbage",
        Class::Vendor => "摊点 vendor",
        Class::Smoke => "烟 smoke",
    }
}

pub(super) const fn kind(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Video => "视频 video",
        MediaKind::Photo => "照片 photo",
        MediaKind::Telemetry => "遥测 telemetry",
        MediaKind::Route => "航线 route",
        MediaKind::Other => "其他 other",
    }
}

pub(super) const fn warning(code: WarningCode) -> &'static str {
    match code {
        WarningCode::Unreadable => "无法读取 unreadable",
        WarningCode::Truncated => "文件不完整 truncated",
        WarningCode::BadEntry => "条目无效 bad entries",
        WarningCode::NoPosition => "无位置 no position",
        WarningCode::NoAttitude => "无云台姿态，不能定位 no gimbal attitude",
        WarningCode::NoHeight => "无高度，不能定位 no height",
        WarningCode::NoLens => "镜头参数未知 unknown lens",
        WarningCode::LensChanged => "变焦或换镜头 zoom or lens changed",
        WarningCode::NoTelemetry => "无遥测 no telemetry",
        WarningCode::OtherTelemetry => "遥测与视频不符 telemetry of another video",
        WarningCode::ClockOffset => "时钟不一致 clocks differ",
        WarningCode::ZoneAssumed => "时区为推定 time zone assumed",
        WarningCode::OutOfOrder => "时间乱序 out of order",
        WarningCode::Checksum => "校验和错误 wrong checksum",
        WarningCode::RtkLost => "RTK 丢失 RTK lost",
        WarningCode::YawDisagrees => "航向与云台不一致 yaw disagrees",
        WarningCode::RaysRefused => "视线过平，未定位 rays too flat",
        WarningCode::Duplicate => "重复文件 duplicate",
        WarningCode::OffRoute => "偏离航线 off route",
        WarningCode::FlatGround => "按平地计算 flat ground assumed",
    }
}
