//! What was read of a body: fields by their names, in their order, and as JSON.
//!
//! Values hold what was on the wire, so that they can be written again byte for byte; only JSON is for people.

use serde_json::{Map, Value as Json};

use crate::text;

/// Fields in the order of the wire.
pub type Record = Vec<(&'static str, Value)>;

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Unsigned(u64),
    Signed(i64),
    /// GBK, with the zero bytes that fill it up.
    Text(Vec<u8>),
    /// Binary coded decimals.
    Digits(Vec<u8>),
    /// The same, of which zeros in front are not told.
    ShortDigits(Vec<u8>),
    /// Binary coded `YYMMDDhhmmss`, local time.
    Time([u8; 6]),
    /// Binary coded `hhmm`.
    HourMinute([u8; 2]),
    Bytes(Vec<u8>),
    /// Bytes that are told as hex.
    Hex(Vec<u8>),
    Record(Record),
    List(Vec<Value>),
    /// Things that carry their number: additional items of a position, parameters.
    Items(Vec<(u32, Value)>),
}

impl Value {
    /// As JSON. Times are `2020-07-07T19:23:59`, local to where the terminal is; bytes are numbers of −128 to 127.
    pub fn json(&self) -> Json {
        match self {
            Self::Unsigned(number) => (*number).into(),
            Self::Signed(number) => (*number).into(),
            Self::Text(bytes) => text::gbk(bytes).into(),
            Self::Digits(bytes) => text::digits(bytes).into(),
            Self::ShortDigits(bytes) => text::digits(bytes).trim_start_matches('0').into(),
            Self::Time(bytes) => time(*bytes).into(),
            Self::HourMinute([hour, minute]) => format!("{hour:02x}:{minute:02x}:00").into(),
            Self::Bytes(bytes) => bytes.iter().map(|byte| byte.cast_signed()).collect(),
            Self::Hex(bytes) => text::hex(bytes).into(),
            Self::Record(record) => Json::Object(json(record)),
            Self::List(values) => values.iter().map(Self::json).collect(),
            Self::Items(items) => Json::Object(numbered(items)),
        }
    }

    /// Nothing that would be told.
    const fn is_empty_list(&self) -> bool {
        match self {
            Self::List(values) => values.is_empty(),
            Self::Items(items) => items.is_empty(),
            _ => false,
        }
    }
}

/// A record as JSON; lists without elements are left out. Fields of a nameless record stand among those around it.
pub(crate) fn json(record: &Record) -> Map<String, Json> {
    let mut map = Map::new();
    for (name, value) in record {
        match value {
            Value::Record(inner) if name.is_empty() => map.extend(json(inner)),
            value if value.is_empty_list() => {}
            value => {
                map.insert((*name).to_owned(), value.json());
            }
        }
    }
    map
}

/// The second of one number gets a name of its own, so that none is lost.
fn numbered(items: &[(u32, Value)]) -> Map<String, Json> {
    let mut map = Map::new();
    for (id, value) in items {
        let mut name = id.to_string();
        let mut nth = 2;
        while map.contains_key(&name) {
            name = format!("{id}#{nth}");
            nth += 1;
        }
        map.insert(name, value.json());
    }
    map
}

/// What is no time stays digits.
fn time(bytes: [u8; 6]) -> String {
    let digits = text::digits(&bytes);
    civil(bytes).map_or(digits, |time| time.to_string())
}

/// Binary coded `YYMMDDhhmmss` of this century.
pub(crate) fn civil(bytes: [u8; 6]) -> Option<jiff::civil::DateTime> {
    let mut parts = [0i8; 6];
    for (part, byte) in parts.iter_mut().zip(bytes) {
        let (tens, ones) = (byte >> 4, byte & 15);
        *part = (tens < 10 && ones < 10).then_some((tens * 10 + ones).cast_signed())?;
    }
    let [year, month, day, hour, minute, second] = parts;
    jiff::civil::DateTime::new(2000 + i16::from(year), month, day, hour, minute, second, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told() {
        let record: Record = vec![
            ("time", Value::Time([0x20, 0x07, 0x07, 0x19, 0x23, 0x59])),
            ("no_time", Value::Time([0x20, 0x13, 0x07, 0x19, 0x23, 0x5a])),
            ("wake", Value::HourMinute([0x06, 0x30])),
            ("plate", Value::Text(vec![0xb2, 0xe2, b'A', 0, 0])),
            ("bytes", Value::Bytes(vec![1, 0xff])),
            ("none", Value::List(Vec::new())),
            ("", Value::Record(vec![("inner", Value::Signed(-1))])),
            ("twice", Value::Items(vec![(1, Value::Unsigned(5)), (1, Value::Unsigned(6))])),
        ];
        let wanted = serde_json::json!({
            "time": "2020-07-07T19:23:59", "no_time": "20130719235a", "wake": "06:30:00",
            "plate": "测A", "bytes": [1, -1], "inner": -1, "twice": {"1": 5, "1#2": 6},
        });
        assert_eq!(Value::Record(record).json(), wanted);
    }
}
