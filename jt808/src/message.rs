//! A body by its names, the messages that a platform answers with, and what integrators are given as JSON.

use serde_json::{Map, Value as Json};

use crate::Form;
use crate::bytes::Short;
use crate::frame::{Frame, Header};
use crate::layout::{self, Field};
use crate::position::ids;
use crate::value::{self, Record};

/// What a body says.
#[derive(Debug, Clone)]
pub enum Body {
    Named(Named),
    /// Nobody here knows this message.
    Unknown,
    /// It ends in the middle of a field.
    Broken(Short),
}

/// A body whose fields have names.
#[derive(Debug, Clone)]
pub struct Named {
    fields: Record,
    layout: &'static [Field],
    form: Form,
}

/// How a message was taken, in the general answer 8001.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    Done = 0,
    Failed = 1,
    /// Its content is wrong.
    Bad = 2,
    Unsupported = 3,
}

impl Body {
    /// Reads the whole body of a message.
    pub fn read(header: &Header, body: &[u8]) -> Self {
        let Some(layout) = layout::layout(header.id, header.form, body.len()) else {
            return Self::Unknown;
        };
        match layout::read(layout, header.form, body) {
            Ok(fields) => Self::Named(Named { fields, layout, form: header.form }),
            Err(short) => Self::Broken(short),
        }
    }
}

impl Named {
    pub const fn fields(&self) -> &Record {
        &self.fields
    }

    /// The bytes that it was read from.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        layout::write(self.layout, self.form, &self.fields).ok()
    }

    /// The fields, and those of the header, by the names of yezhihao/jt808-server.
    pub fn json(&self, header: &Header, length: usize) -> Map<String, Json> {
        let mut map = value::json(&self.fields);
        inner_headers(header.id, &mut map);
        map.insert("messageId".to_owned(), header.id.into());
        map.insert("properties".to_owned(), header.properties(length).into());
        map.insert("protocolVersion".to_owned(), header.version.into());
        map.insert("clientId".to_owned(), header.phone.full(header.form).into());
        map.insert("serialNo".to_owned(), header.serial.into());
        map.insert("verified".to_owned(), true.into());
        map
    }
}

/// In jt808-server a position inside of a message is a message itself, with an empty header. Who compares or
/// reads both finds the same keys; they say nothing.
fn inner_headers(id: u16, map: &mut Map<String, Json>) {
    if let Some(place) = map.get_mut("location") {
        empty_header(place);
    }
    let Some(Json::Array(items)) = map.get_mut("items") else { return };
    for item in items {
        match item.get_mut("location") {
            Some(place) => empty_header(place),
            None if id == ids::BATCH => empty_header(item),
            None => {}
        }
    }
}

fn empty_header(place: &mut Json) {
    let Json::Object(place) = place else { return };
    for key in ["messageId", "properties", "protocolVersion", "serialNo"] {
        place.insert(key.to_owned(), 0.into());
    }
    place.insert("verified".to_owned(), true.into());
}

/// The general answer 8001 to the message with this header and serial number.
pub fn reply(to: &Header, to_serial: u16, serial: u16, result: Reply) -> Frame {
    let mut body = to_serial.to_be_bytes().to_vec();
    body.extend(to.id.to_be_bytes());
    body.push(result as u8);
    answer(to, ids::REPLY, serial, body)
}

/// The answer to a registration: a code to authenticate with, or why there is none (1 the vehicle is registered,
/// 2 no such vehicle, 3 the terminal is registered, 4 no such terminal).
pub fn reply_to_register(to: &Header, serial: u16, code: Result<&str, u8>) -> Frame {
    let mut body = to.serial.to_be_bytes().to_vec();
    match code {
        Ok(code) => {
            body.push(0);
            body.extend(code.bytes().take(crate::MOST_BODY - 3));
        }
        Err(why) => body.push(why),
    }
    answer(to, ids::REGISTER_REPLY, serial, body)
}

/// Answers have the form of what they answer.
fn answer(to: &Header, id: u16, serial: u16, body: Vec<u8>) -> Frame {
    Frame { header: Header { id, serial, part: None, ..*to }, body }
}

#[cfg(test)]
mod tests;
