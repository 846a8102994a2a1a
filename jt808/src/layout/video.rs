//! Video and its recordings (JT/T 1078).

use super::{Field, digits, list, string, time, u8, u16, u32, u64};

pub(super) fn layout(id: u16) -> Option<&'static [Field]> {
    Some(match id {
        0x1003 => ATTRIBUTES,
        0x1005 => PASSENGERS,
        0x1205 => RESOURCES,
        0x1206 => const { &[u16("responseSerialNo"), u8("result")] },
        0x9003 => &[],
        0x9101 => LIVE,
        0x9102 => const { &[u8("channelNo"), u8("command"), u8("closeType"), u8("streamType")] },
        0x9105 => const { &[u8("channelNo"), u8("packetLossRate")] },
        0x9201 => PLAYBACK,
        0x9202 => PLAYBACK_CONTROL,
        0x9205 => SEARCH,
        0x9206 => UPLOAD,
        0x9207 => const { &[u16("responseSerialNo"), u8("command")] },
        0x9301 => const { &[u8("channelNo"), u8("param1"), u8("param2")] },
        0x9302..=0x9306 => const { &[u8("channelNo"), u8("param")] },
        _ => return None,
    })
}

const ATTRIBUTES: &[Field] = &[
    u8("audioFormat"),
    u8("audioChannels"),
    u8("audioSamplingRate"),
    u8("audioBitDepth"),
    u16("audioFrameLength"),
    u8("audioSupport"),
    u8("videoFormat"),
    u8("maxAudioChannels"),
    u8("maxVideoChannels"),
];

const PASSENGERS: &[Field] =
    &[digits("startTime", 6), digits("endTime", 6), u16("getOnCount"), u16("getOffCount")];

const RESOURCES: &[Field] = &[
    u16("responseSerialNo"),
    list(
        "items",
        4,
        &[
            u8("channelNo"),
            time("startTime"),
            time("endTime"),
            u64("warnBit"),
            u8("mediaType"),
            u8("streamType"),
            u8("storageType"),
            u32("size"),
        ],
    ),
];

const LIVE: &[Field] = &[
    string("ip", 1),
    u16("tcpPort"),
    u16("udpPort"),
    u8("channelNo"),
    u8("mediaType"),
    u8("streamType"),
];

const PLAYBACK: &[Field] = &[
    string("ip", 1),
    u16("tcpPort"),
    u16("udpPort"),
    u8("channelNo"),
    u8("mediaType"),
    u8("streamType"),
    u8("storageType"),
    u8("playbackMode"),
    u8("playbackSpeed"),
    digits("startTime", 6),
    digits("endTime", 6),
];

const PLAYBACK_CONTROL: &[Field] =
    &[u8("channelNo"), u8("playbackMode"), u8("playbackSpeed"), digits("playbackTime", 6)];

const SEARCH: &[Field] = &[
    u8("channelNo"),
    digits("startTime", 6),
    digits("endTime", 6),
    u32("warnBit1"),
    u32("warnBit2"),
    u8("mediaType"),
    u8("streamType"),
    u8("storageType"),
];

const UPLOAD: &[Field] = &[
    string("ip", 1),
    u16("port"),
    string("username", 1),
    string("password", 1),
    string("path", 1),
    u8("channelNo"),
    time("startTime"),
    time("endTime"),
    u32("warnBit1"),
    u32("warnBit2"),
    u8("mediaType"),
    u8("streamType"),
    u8("storageType"),
    u8("condition"),
];
