//! Lenient access to the vendor's JSON.

use jiff::Timestamp;
use serde_json::{Map, Value};

pub(super) type Object = Map<String, Value>;

/// A finite number, or a string that is one.
pub(super) fn number(object: &Object, key: &str) -> Option<f64> {
    let number = match object.get(key)? {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

/// A whole number from 0 on, or a string that is one.
pub(super) fn count(object: &Object, key: &str) -> Option<u64> {
    match object.get(key)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Text of 1 to 1024 bytes.
pub(super) fn text<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.get(key)?.as_str().filter(|text| (1..=1024).contains(&text.len()))
}

/// Text, or a whole number as its digits; empty where there is none.
pub(super) fn label(object: &Object, key: &str) -> String {
    text(object, key)
        .map(str::to_owned)
        .or_else(|| count(object, key).map(|number| number.to_string()))
        .unwrap_or_default()
}

pub(super) fn object<'a>(object: &'a Object, key: &str) -> Option<&'a Object> {
    object.get(key)?.as_object()
}

/// 1, "1" or true.
pub(super) fn flag(object: &Object, key: &str) -> bool {
    object.get(key) == Some(&Value::Bool(true)) || count(object, key) == Some(1)
}

/// Milliseconds since 1970.
pub(super) fn time(object: &Object, key: &str) -> Option<Timestamp> {
    let millis = i64::try_from(count(object, key)?).ok()?;
    Timestamp::from_millisecond(millis).ok()
}
