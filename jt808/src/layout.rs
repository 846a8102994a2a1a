//! How bodies are laid out: tables of fields, which the reader and the writer both walk.
//!
//! Reading is lenient where terminals differ: a body may end between two fields (older editions have fewer), and
//! what follows the last is kept as `rest`. Writing a record that was read gives the same bytes.

mod additional;
mod downlink;
mod parameters;
mod read;
mod safety;
mod uplink;
mod video;
mod write;

use crate::frame::Form;

pub(crate) use read::read;
pub(crate) use write::write;

/// What stands behind the fields that are known.
pub(crate) const REST: &str = "rest";

/// One field of a layout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) when: When,
}

/// Under which condition a field is there.
#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    Always,
    In(Form),
    /// A bit of a field before it is set.
    Bit(&'static str, u8),
    InWithBit(Form, &'static str, u8),
    /// A field before it is not zero.
    NotZero(&'static str),
}

/// What a field holds. Widths are in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Unsigned(u8),
    Signed(u8),
    Digits(usize),
    ShortDigits(usize),
    Time,
    HourMinute,
    Text(Size),
    Bytes(Size),
    Hex(Size),
    Record(&'static [Field]),
    /// A length of so many bytes, and fields within it, which are told among those around.
    Sized(u8, &'static [Field]),
    List(Count, &'static [Field]),
    Numbers(Count, u8),
    Items(Keyed),
    /// What it holds depends on a field before it.
    Choice(&'static str, fn(u32, Form) -> Kind),
    /// This form has no such field; it is told as 0.
    Nought,
}

/// How long a field is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Size {
    Fixed(usize),
    /// As a number of so many bytes before it says.
    Prefixed(u8),
    /// To the end of what it stands in.
    Rest,
}

/// How many elements a list has.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Count {
    Prefixed(u8),
    Rest,
}

/// Things that carry number and length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keyed {
    /// Width of their count before them; without one they go to the end.
    pub(crate) count: Option<u8>,
    /// Width of the number.
    pub(crate) id: u8,
    pub(crate) of: fn(u32, Form) -> Kind,
}

/// The layout of a message; `None` where it is not known.
pub(crate) fn layout(id: u16, form: Form, length: usize) -> Option<&'static [Field]> {
    uplink::layout(id, form, length)
        .or_else(|| downlink::layout(id, form))
        .or_else(|| video::layout(id))
        .or_else(|| safety::layout(id))
}

// Short names keep the tables tables.
const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, when: When::Always }
}

const fn only(form: Form, name: &'static str, kind: Kind) -> Field {
    Field { name, kind, when: When::In(form) }
}

const fn u8(name: &'static str) -> Field {
    field(name, Kind::Unsigned(1))
}

const fn u16(name: &'static str) -> Field {
    field(name, Kind::Unsigned(2))
}

const fn u32(name: &'static str) -> Field {
    field(name, Kind::Unsigned(4))
}

const fn u64(name: &'static str) -> Field {
    field(name, Kind::Unsigned(8))
}

const fn time(name: &'static str) -> Field {
    field(name, Kind::Time)
}

const fn digits(name: &'static str, bytes: usize) -> Field {
    field(name, Kind::Digits(bytes))
}

const fn text(name: &'static str, bytes: usize) -> Field {
    field(name, Kind::Text(Size::Fixed(bytes)))
}

/// Text with its length before it, a number of so many bytes.
const fn string(name: &'static str, width: u8) -> Field {
    field(name, Kind::Text(Size::Prefixed(width)))
}

const fn text_to_end(name: &'static str) -> Field {
    field(name, Kind::Text(Size::Rest))
}

const fn list(name: &'static str, count: u8, of: &'static [Field]) -> Field {
    field(name, Kind::List(Count::Prefixed(count), of))
}

const fn list_to_end(name: &'static str, of: &'static [Field]) -> Field {
    field(name, Kind::List(Count::Rest, of))
}

const fn numbers(name: &'static str, count: u8, width: u8) -> Field {
    field(name, Kind::Numbers(Count::Prefixed(count), width))
}

#[cfg(test)]
mod tests;
