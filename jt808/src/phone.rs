//! The number that names a terminal, usually that of its SIM card.

use std::fmt;
use std::str::FromStr;

use crate::frame::Form;
use crate::text;

/// A terminal's number: 1 to 20 digits, without zeros in front. The same terminal fills its number up to 12 digits
/// in the form of 2013 and to 20 in that of 2019, so zeros in front say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone([u8; 10]);

/// It is no number of a terminal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no number of a terminal: 1 to 20 digits")]
pub struct BadPhone(String);

impl Phone {
    /// Reads binary coded decimals, 6 bytes or 10.
    pub(crate) fn from_bcd(bytes: &[u8]) -> Result<Self, BadPhone> {
        let decimal = bytes.iter().all(|byte| byte >> 4 < 10 && byte & 15 < 10);
        let start = 10usize.checked_sub(bytes.len());
        let (Some(start), true) = (start, decimal) else {
            return Err(BadPhone(text::hex(bytes)));
        };
        let mut phone = [0; 10];
        phone[start..].copy_from_slice(bytes);
        Ok(Self(phone))
    }

    /// As binary coded decimals. `None` where it has more digits than the form has room for.
    pub(crate) fn bcd(&self, form: Form) -> Option<&[u8]> {
        let start = match form {
            Form::Of2013 => 4,
            Form::Of2019 => 0,
        };
        let (front, bytes) = self.0.split_at(start);
        front.iter().all(|&byte| byte == 0).then_some(bytes)
    }

    /// All digits that a form has, with zeros in front.
    pub fn full(&self, form: Form) -> String {
        self.bcd(form).map_or_else(|| text::digits(&self.0), text::digits)
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = text::digits(&self.0);
        let number = digits.trim_start_matches('0');
        f.write_str(if number.is_empty() { "0" } else { number })
    }
}

impl FromStr for Phone {
    type Err = BadPhone;

    fn from_str(text: &str) -> Result<Self, BadPhone> {
        let bad = || BadPhone(text.chars().take(40).collect());
        if !(1..=20).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad());
        }
        let padded = format!("{text:0>20}");
        let mut phone = [0; 10];
        for (byte, pair) in phone.iter_mut().zip(padded.as_bytes().chunks(2)) {
            *byte = pair.iter().fold(0, |byte, digit| byte << 4 | (digit - b'0'));
        }
        Ok(Self(phone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_name_the_same_terminal() {
        let phone: Phone = "13812345678".parse().unwrap();
        assert_eq!(Phone::from_bcd(&[0x01, 0x38, 0x12, 0x34, 0x56, 0x78]), Ok(phone));
        assert_eq!(phone.full(Form::Of2013), "013812345678");
        assert_eq!(phone.full(Form::Of2019), "00000000013812345678");
        assert_eq!(phone.to_string(), "13812345678");
        let long: Phone = "12345678901234567890".parse().unwrap();
        assert_eq!((long.bcd(Form::Of2013), long.to_string().len()), (None, 20));
        for bad in ["", "x", "123456789012345678901", "１２"] {
            assert!(bad.parse::<Phone>().is_err(), "{bad}");
        }
        assert!(Phone::from_bcd(&[0xa1; 6]).is_err());
    }
}
