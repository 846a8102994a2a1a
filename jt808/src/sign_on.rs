//! How a terminal introduces itself.

use crate::bytes::{Cursor, Short};
use crate::frame::Form;
use crate::text::gbk;

/// What a terminal says of itself and its vehicle (0100).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    pub maker: String,
    pub model: String,
    pub device: String,
    /// By JT/T 415 5.4.12: 1 blue, 2 yellow, 3 black, 4 white; 0 has no plate.
    pub plate_color: u8,
    /// The plate; without one the frame number of the vehicle.
    pub plate: String,
}

/// What a terminal proves itself with (0102).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticate {
    pub code: String,
}

impl Register {
    pub fn read(form: Form, body: &[u8]) -> Result<Self, Short> {
        // Manufacturer, model and id of the terminal; the model was shorter in 2011, which only the length tells.
        let widths = match form {
            Form::Of2013 if body.len() < 37 => [5, 8, 7],
            Form::Of2013 => [5, 20, 7],
            Form::Of2019 => [11, 30, 30],
        };
        let mut cursor = Cursor::new(body);
        cursor.take(4)?;
        let [maker, model, device] = widths;
        Ok(Self {
            maker: gbk(cursor.take(maker)?),
            model: gbk(cursor.take(model)?),
            device: gbk(cursor.take(device)?),
            plate_color: cursor.u8()?,
            plate: gbk(cursor.rest()),
        })
    }
}

impl Authenticate {
    pub fn read(form: Form, body: &[u8]) -> Result<Self, Short> {
        let mut cursor = Cursor::new(body);
        let code = match form {
            Form::Of2013 => cursor.rest(),
            Form::Of2019 => {
                let length = cursor.u8()?;
                cursor.take(usize::from(length))?
            }
        };
        Ok(Self { code: gbk(code) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_editions_of_a_registration() {
        for (form, widths) in
            [(Form::Of2013, [5, 8, 7]), (Form::Of2013, [5, 20, 7]), (Form::Of2019, [11, 30, 30])]
        {
            let mut body = vec![0, 31, 0, 115];
            for (text, width) in ["YZH", "MODEL", "ID"].into_iter().zip(widths) {
                body.extend(text.bytes().chain(std::iter::repeat(0)).take(width));
            }
            body.push(2);
            body.extend([0xd5, 0xe3, b'E', b'1', b'2', b'3', b'4', b'5']);
            let read = Register::read(form, &body).unwrap();
            assert_eq!((&*read.maker, &*read.model, &*read.device), ("YZH", "MODEL", "ID"));
            assert_eq!((read.plate_color, &*read.plate), (2, "浙E12345"));
            assert!(Register::read(form, &body[..20]).is_err());
        }
    }

    #[test]
    fn two_forms_of_a_code() {
        let code = |form, body| Authenticate::read(form, body).map(|read| read.code);
        assert_eq!(code(Form::Of2013, b"abc123".as_slice()), Ok("abc123".to_owned()));
        assert_eq!(code(Form::Of2019, b"\x03abc012345678901234".as_slice()), Ok("abc".to_owned()));
        assert!(code(Form::Of2019, b"\x09abc".as_slice()).is_err());
    }
}
