//! One frame: header and body, without the flags around it and with its checksum checked.
//!
//! Numbers are big-endian. Every frame that is read gives the same bytes when it is written.

use crate::Phone;
use crate::bytes::{Cursor, Short};
use crate::phone::BadPhone;

/// The longest body of one frame, bytes: its length has ten bits.
pub const MOST_BODY: usize = 1023;

pub(crate) const FLAG: u8 = 0x7e;
const ESCAPE: u8 = 0x7d;
const LENGTH: u16 = 0x03ff;
const ENCRYPTION: u16 = 0x1c00;
const IN_PARTS: u16 = 0x2000;
const NEW_FORM: u16 = 0x4000;
const RESERVED: u16 = 0x8000;

/// Which edition of the standard a frame follows. Those of 2011 and 2013 have the same header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    Of2013,
    Of2019,
}

/// Where a frame stands in a message of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub total: u16,
    /// Counts from 1.
    pub index: u16,
}

/// What stands before a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What kind of message it is.
    pub id: u16,
    pub form: Form,
    /// Of the 2019 form, counted up with each revision from 1; 0 in the form of 2013.
    pub version: u8,
    pub phone: Phone,
    pub serial: u16,
    pub part: Option<Part>,
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub header: Header,
    pub body: Vec<u8>,
}

/// Bytes that are no frame, or that cannot be written as one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("0x7d must be followed by 01 or 02, not by {0}")]
    Escape(String),
    #[error("0x7e stands inside the frame")]
    Flag,
    #[error("the checksum is {found:02x}, it should be {wanted:02x}")]
    Checksum { found: u8, wanted: u8 },
    #[error("the frame ends in its header")]
    Header(#[from] Short),
    #[error(
        "the body is encrypted (bits 10 to 12 of the properties are {0:03b}): only plain bodies are read"
    )]
    Encrypted(u16),
    #[error("bit 15 of the properties is set, which no known form uses")]
    Reserved,
    #[error("the header says {said} bytes of body, there are {found}")]
    Length { said: usize, found: usize },
    #[error("part {index} of {total}: parts count from 1 to their total")]
    Part { index: u16, total: u16 },
    #[error(transparent)]
    Phone(#[from] BadPhone),
    #[error("a body of {0} bytes does not fit into one frame of at most {MOST_BODY}")]
    TooLong(usize),
    #[error("terminal {0} has more digits than the form of 2013 has room for")]
    NoRoom(Phone),
}

impl Frame {
    /// Reads a frame. The flags around it may be there or not.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let inner = bytes.strip_prefix(&[FLAG]).unwrap_or(bytes);
        let plain = unescaped(inner.strip_suffix(&[FLAG]).unwrap_or(inner))?;
        let Some((&found, plain)) = plain.split_last() else {
            return Err(Short { wanted: 1, left: 0 }.into());
        };
        let wanted = checksum(plain);
        if found != wanted {
            return Err(FrameError::Checksum { found, wanted });
        }
        let mut cursor = Cursor::new(plain);
        let (header, said) = Header::read(&mut cursor)?;
        let body = cursor.rest().to_vec();
        if body.len() != said {
            return Err(FrameError::Length { said, found: body.len() });
        }
        Ok(Self { header, body })
    }

    /// The frame with its flags.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        let mut plain = self.header.written(self.body.len())?;
        plain.extend_from_slice(&self.body);
        plain.push(checksum(&plain));
        let mut frame = Vec::with_capacity(plain.len() + 8);
        frame.push(FLAG);
        for byte in plain {
            match byte {
                FLAG => frame.extend([ESCAPE, 2]),
                ESCAPE => frame.extend([ESCAPE, 1]),
                byte => frame.push(byte),
            }
        }
        frame.push(FLAG);
        Ok(frame)
    }
}

impl Header {
    /// The header, and how long the body should be.
    fn read(cursor: &mut Cursor<'_>) -> Result<(Self, usize), FrameError> {
        let (id, properties) = (cursor.u16()?, cursor.u16()?);
        if properties & RESERVED != 0 {
            return Err(FrameError::Reserved);
        }
        let (form, version, phone) = if properties & NEW_FORM == 0 {
            (Form::Of2013, 0, Phone::from_bcd(cursor.take(6)?)?)
        } else {
            let version = cursor.u8()?;
            (Form::Of2019, version, Phone::from_bcd(cursor.take(10)?)?)
        };
        let serial = cursor.u16()?;
        if properties & ENCRYPTION != 0 {
            return Err(FrameError::Encrypted((properties & ENCRYPTION) >> 10));
        }
        let part = if properties & IN_PARTS == 0 { None } else { Some(Part::read(cursor)?) };
        let header = Self { id, form, version, phone, serial, part };
        Ok((header, usize::from(properties & LENGTH)))
    }

    /// The word of properties, with a body of so many bytes.
    pub fn properties(&self, body: usize) -> u16 {
        let form = if self.form == Form::Of2019 { NEW_FORM } else { 0 };
        let part = if self.part.is_some() { IN_PARTS } else { 0 };
        let length = u16::try_from(body).unwrap_or(u16::MAX) & LENGTH;
        form | part | length
    }

    fn written(&self, body: usize) -> Result<Vec<u8>, FrameError> {
        if body > MOST_BODY {
            return Err(FrameError::TooLong(body));
        }
        let phone = self.phone.bcd(self.form).ok_or(FrameError::NoRoom(self.phone))?;
        let mut bytes = Vec::with_capacity(22 + body);
        bytes.extend(self.id.to_be_bytes());
        bytes.extend(self.properties(body).to_be_bytes());
        if self.form == Form::Of2019 {
            bytes.push(self.version);
        }
        bytes.extend(phone);
        bytes.extend(self.serial.to_be_bytes());
        if let Some(Part { total, index }) = self.part {
            bytes.extend(total.to_be_bytes());
            bytes.extend(index.to_be_bytes());
        }
        Ok(bytes)
    }
}

impl Part {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, FrameError> {
        let (total, index) = (cursor.u16()?, cursor.u16()?);
        if index == 0 || index > total {
            return Err(FrameError::Part { index, total });
        }
        Ok(Self { total, index })
    }
}

fn unescaped(bytes: &[u8]) -> Result<Vec<u8>, FrameError> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut bytes = bytes.iter();
    while let Some(&byte) = bytes.next() {
        plain.push(match byte {
            FLAG => return Err(FrameError::Flag),
            ESCAPE => match bytes.next() {
                Some(1) => ESCAPE,
                Some(2) => FLAG,
                Some(other) => return Err(FrameError::Escape(format!("{other:02x}"))),
                None => return Err(FrameError::Escape("the end".to_owned())),
            },
            byte => byte,
        });
    }
    Ok(plain)
}

fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

#[cfg(test)]
pub(crate) mod tests;
