//! Bytes to a record, by a layout.

use super::{Count, Field, Keyed, Kind, REST, Size, When};
use crate::bytes::{Cursor, Short, unsigned};
use crate::frame::Form;
use crate::value::{Record, Value};

/// Reads a body to its end.
pub(crate) fn read(fields: &[Field], form: Form, body: &[u8]) -> Result<Record, Short> {
    let mut cursor = Cursor::new(body);
    let mut record = fields_of(fields, form, &mut cursor)?;
    rest(&mut record, &mut cursor);
    Ok(record)
}

fn rest(record: &mut Record, cursor: &mut Cursor<'_>) {
    if !cursor.is_empty() {
        record.push((REST, Value::Hex(cursor.rest().to_vec())));
    }
}

/// Stops where the bytes end between two fields.
fn fields_of(fields: &[Field], form: Form, cursor: &mut Cursor<'_>) -> Result<Record, Short> {
    let mut record = Record::with_capacity(fields.len());
    for field in fields {
        if !field.when.holds(form, &record) {
            continue;
        }
        if cursor.is_empty() && !matches!(field.kind, Kind::Nought) {
            break;
        }
        let value = value_of(field.kind, form, &record, cursor)?;
        record.push((field.name, value));
    }
    Ok(record)
}

fn value_of(
    kind: Kind,
    form: Form,
    before: &Record,
    cursor: &mut Cursor<'_>,
) -> Result<Value, Short> {
    Ok(match kind {
        Kind::Unsigned(width) => Value::Unsigned(cursor.number(width)?),
        Kind::Signed(width) => {
            let unused = 64 - u32::from(width) * 8;
            Value::Signed((cursor.number(width)? << unused).cast_signed() >> unused)
        }
        Kind::Digits(bytes) => Value::Digits(cursor.take(bytes)?.to_vec()),
        Kind::ShortDigits(bytes) => Value::ShortDigits(cursor.take(bytes)?.to_vec()),
        Kind::Time => Value::Time(cursor.array()?),
        Kind::HourMinute => Value::HourMinute(cursor.array()?),
        Kind::Text(size) => Value::Text(size.of(cursor)?),
        Kind::Bytes(size) => Value::Bytes(size.of(cursor)?),
        Kind::Hex(size) => Value::Hex(size.of(cursor)?),
        Kind::Record(fields) => Value::Record(fields_of(fields, form, cursor)?),
        Kind::Sized(width, fields) => {
            let inner = Size::Prefixed(width).slice(cursor)?;
            Value::Record(read(fields, form, inner)?)
        }
        Kind::List(count, fields) => Value::List(
            count.of(cursor, |cursor| Ok(Value::Record(fields_of(fields, form, cursor)?)))?,
        ),
        Kind::Numbers(count, width) => {
            Value::List(count.of(cursor, |cursor| Ok(Value::Unsigned(cursor.number(width)?)))?)
        }
        Kind::Items(keyed) => Value::Items(keyed.of(form, cursor)?),
        Kind::Choice(by, kind) => value_of(kind(number(before, by), form), form, before, cursor)?,
        Kind::Nought => Value::Unsigned(0),
    })
}

impl When {
    pub(super) fn holds(self, form: Form, before: &Record) -> bool {
        let bit = |of, bit: u8| number(before, of) >> bit & 1 == 1;
        match self {
            Self::Always => true,
            Self::In(only) => form == only,
            Self::Bit(of, nth) => bit(of, nth),
            Self::InWithBit(only, of, nth) => form == only && bit(of, nth),
            Self::NotZero(of) => number(before, of) != 0,
        }
    }
}

/// A number that was read before; 0 where there is none.
pub(super) fn number(before: &Record, name: &str) -> u32 {
    let found = before.iter().find_map(|(field, value)| match value {
        Value::Unsigned(number) if *field == name => u32::try_from(*number).ok(),
        _ => None,
    });
    found.unwrap_or(0)
}

impl Size {
    fn slice<'a>(self, cursor: &mut Cursor<'a>) -> Result<&'a [u8], Short> {
        match self {
            Self::Fixed(bytes) => cursor.take(bytes),
            Self::Prefixed(width) => {
                let length = cursor.number(width)?;
                // Longer than an address is longer than what is left.
                cursor.take(usize::try_from(length).unwrap_or(usize::MAX))
            }
            Self::Rest => Ok(cursor.rest()),
        }
    }

    fn of(self, cursor: &mut Cursor<'_>) -> Result<Vec<u8>, Short> {
        Ok(self.slice(cursor)?.to_vec())
    }
}

impl Count {
    fn of(
        self,
        cursor: &mut Cursor<'_>,
        mut one: impl FnMut(&mut Cursor<'_>) -> Result<Value, Short>,
    ) -> Result<Vec<Value>, Short> {
        let mut values = Vec::new();
        match self {
            Self::Prefixed(width) => {
                let count = cursor.number(width)?;
                for _ in 0..count {
                    // Every element takes bytes, so a count cannot take more memory than the body.
                    if cursor.is_empty() {
                        return Err(Short { wanted: 1, left: 0 });
                    }
                    values.push(one(cursor)?);
                }
            }
            Self::Rest => {
                while !cursor.is_empty() {
                    values.push(one(cursor)?);
                }
            }
        }
        Ok(values)
    }
}

impl Keyed {
    fn of(self, form: Form, cursor: &mut Cursor<'_>) -> Result<Vec<(u32, Value)>, Short> {
        let count = self.count.map(|width| cursor.number(width)).transpose()?;
        let mut items = Vec::new();
        while count.is_none_or(|count| (items.len() as u64) < count) {
            if cursor.is_empty() && count.is_none() {
                break;
            }
            let mut ahead = *cursor;
            match self.one(form, &mut ahead) {
                Ok(item) => {
                    items.push(item);
                    *cursor = ahead;
                }
                // What follows the items that can be read is kept as it is.
                Err(_) if count.is_none() => break,
                Err(short) => return Err(short),
            }
        }
        Ok(items)
    }

    fn one(self, form: Form, cursor: &mut Cursor<'_>) -> Result<(u32, Value), Short> {
        let id = u32::try_from(unsigned(cursor.take(usize::from(self.id))?)).unwrap_or(u32::MAX);
        let bytes = Size::Prefixed(1).slice(cursor)?;
        Ok((id, item(self, id, form, bytes)))
    }
}

/// One that does not fill its length as it should is told as bytes.
fn item(keyed: Keyed, id: u32, form: Form, bytes: &[u8]) -> Value {
    let mut cursor = Cursor::new(bytes);
    let read = value_of((keyed.of)(id, form), form, &Record::new(), &mut cursor);
    match read {
        Ok(value) if cursor.is_empty() && same(keyed, id, form, &value, bytes) => value,
        _ => Value::Bytes(bytes.to_vec()),
    }
}

/// Whether the value would be written as it was read.
fn same(keyed: Keyed, id: u32, form: Form, value: &Value, bytes: &[u8]) -> bool {
    let mut written = Vec::with_capacity(bytes.len());
    super::write::value((keyed.of)(id, form), form, &Record::new(), value, &mut written).is_ok()
        && written == bytes
}
