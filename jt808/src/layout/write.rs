//! A record to bytes, by the layout that it was read by.

use super::read::number;
use super::{Count, Field, Keyed, Kind, REST, Size};
use crate::frame::Form;
use crate::value::{Record, Value};

/// The record does not fit its layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` does not fit the layout of its message")]
pub(crate) struct Unfit(&'static str);

impl Unfit {
    /// The innermost field that has a name is told.
    const fn within(self, name: &'static str) -> Self {
        if self.0.is_empty() { Self(name) } else { self }
    }
}

/// Writes a body.
pub(crate) fn write(fields: &[Field], form: Form, record: &Record) -> Result<Vec<u8>, Unfit> {
    let mut body = Vec::new();
    fields_to(fields, form, record, &mut body)?;
    Ok(body)
}

fn fields_to(
    fields: &[Field],
    form: Form,
    record: &Record,
    out: &mut Vec<u8>,
) -> Result<(), Unfit> {
    let mut entries = record.iter().enumerate().peekable();
    for field in fields {
        let Some(&(nth, (name, given))) = entries.peek() else { break };
        let before = &record[..nth].to_vec();
        if *name == field.name && field.when.holds(form, before) {
            value(field.kind, form, before, given, out).map_err(|inner| inner.within(name))?;
            entries.next();
        }
    }
    match entries.next() {
        None => Ok(()),
        Some((_, (name, Value::Hex(bytes)))) if *name == REST => {
            out.extend(bytes);
            Ok(())
        }
        Some((_, (name, _))) => Err(Unfit(name)),
    }
}

pub(super) fn value(
    kind: Kind,
    form: Form,
    before: &Record,
    given: &Value,
    out: &mut Vec<u8>,
) -> Result<(), Unfit> {
    match (kind, given) {
        (Kind::Nought, _) => {}
        (Kind::Unsigned(width), Value::Unsigned(number)) => put(out, *number, width)?,
        (Kind::Signed(width), Value::Signed(number)) => {
            let unused = 64 - u32::from(width) * 8;
            put(out, number.cast_unsigned() << unused >> unused, width)?;
        }
        (Kind::Digits(_), Value::Digits(bytes))
        | (Kind::ShortDigits(_), Value::ShortDigits(bytes)) => out.extend(bytes),
        (Kind::Time, Value::Time(bytes)) => out.extend(bytes),
        (Kind::HourMinute, Value::HourMinute(bytes)) => out.extend(bytes),
        (Kind::Text(size), Value::Text(bytes))
        | (Kind::Bytes(size), Value::Bytes(bytes))
        | (Kind::Hex(size), Value::Hex(bytes)) => size.put(bytes, out)?,
        (Kind::Record(fields), Value::Record(record)) => fields_to(fields, form, record, out)?,
        (Kind::Sized(width, fields), Value::Record(record)) => {
            Size::Prefixed(width).put(&write(fields, form, record)?, out)?;
        }
        (Kind::List(count, fields), Value::List(values)) => {
            count.put(values.len(), out)?;
            for element in values {
                value(Kind::Record(fields), form, before, element, out)?;
            }
        }
        (Kind::Numbers(count, width), Value::List(values)) => {
            count.put(values.len(), out)?;
            for element in values {
                value(Kind::Unsigned(width), form, before, element, out)?;
            }
        }
        (Kind::Items(keyed), Value::Items(items)) => items_to(keyed, form, items, out)?,
        (Kind::Choice(by, kind), given) => {
            value(kind(number(before, by), form), form, before, given, out)?;
        }
        _ => return Err(Unfit("")),
    }
    Ok(())
}

fn items_to(
    keyed: Keyed,
    form: Form,
    items: &[(u32, Value)],
    out: &mut Vec<u8>,
) -> Result<(), Unfit> {
    if let Some(width) = keyed.count {
        put(out, items.len() as u64, width)?;
    }
    for (id, given) in items {
        let kind = match given {
            Value::Bytes(_) => Kind::Bytes(Size::Rest),
            _ => (keyed.of)(*id, form),
        };
        let mut bytes = Vec::new();
        value(kind, form, &Record::new(), given, &mut bytes)?;
        put(out, u64::from(*id), keyed.id)?;
        Size::Prefixed(1).put(&bytes, out)?;
    }
    Ok(())
}

fn put(out: &mut Vec<u8>, number: u64, width: u8) -> Result<(), Unfit> {
    let bytes = number.to_be_bytes();
    let (front, bytes) = bytes.split_at(8 - usize::from(width));
    if front.iter().any(|&byte| byte != 0) {
        return Err(Unfit(""));
    }
    out.extend(bytes);
    Ok(())
}

impl Size {
    fn put(self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Unfit> {
        match self {
            Self::Fixed(length) if length != bytes.len() => return Err(Unfit("")),
            Self::Prefixed(width) => put(out, bytes.len() as u64, width)?,
            Self::Fixed(_) | Self::Rest => {}
        }
        out.extend(bytes);
        Ok(())
    }
}

impl Count {
    fn put(self, count: usize, out: &mut Vec<u8>) -> Result<(), Unfit> {
        match self {
            Self::Prefixed(width) => put(out, count as u64, width),
            Self::Rest => Ok(()),
        }
    }
}
