//! XMP as a map of local names to text.
//!
//! Names stand for themselves: what prefix a writer chose does not matter, and attributes and
//! elements say the same.

use std::collections::BTreeMap;

use domain::WarningCode;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::bad;
use crate::sample::Warnings;

/// More names than any camera writes.
const MAX_NAMES: usize = 512;

#[derive(Debug, Default)]
pub(super) struct Xmp(BTreeMap<String, String>);

impl Xmp {
    /// Reads as far as the XML is sound.
    pub(super) fn read(bytes: Option<&[u8]>, warnings: &mut Warnings) -> Self {
        let mut xmp = Self::default();
        let Some(bytes) = bytes else { return xmp };
        let text = String::from_utf8_lossy(bytes);
        if let Err(error) = xmp.take(text.trim_end_matches(['\0', ' ', '\n', '\r'])) {
            warnings.add(
                WarningCode::Truncated,
                format!("the photo's XMP breaks off, and is used as far as it goes: {error}"),
            );
        }
        xmp
    }

    fn take(&mut self, text: &str) -> Result<(), quick_xml::Error> {
        let mut reader = Reader::from_str(text);
        let mut element = String::new();
        loop {
            match reader.read_event()? {
                Event::Start(start) => {
                    self.attributes(&start);
                    start.local_name().as_ref().clone_into(&mut element);
                }
                Event::Empty(start) => self.attributes(&start),
                Event::Text(text) => self.put(&element, text.into_inner().trim()),
                Event::End(_) => element.clear(),
                Event::Eof => return Ok(()),
                _ => (),
            }
        }
    }

    fn attributes(&mut self, start: &BytesStart<'_>) {
        for attribute in start.attributes().flatten() {
            if let Ok(value) = attribute.normalized_value(XmlVersion::Implicit1_0) {
                self.put(attribute.key.local_name().as_ref(), &value);
            }
        }
    }

    fn put(&mut self, name: &str, value: &str) {
        if !name.is_empty() && !value.is_empty() && self.0.len() < MAX_NAMES {
            self.0.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// A finite number, which may begin with `+`.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// Like [`Xmp::number`]; a value that is there and no number is a warning.
    pub(super) fn checked(&self, name: &str, warnings: &mut Warnings) -> Option<f64> {
        let number = self.number(name);
        if let (None, Some(value)) = (number, self.get(name)) {
            bad(warnings, name, value);
        }
        number
    }
}
