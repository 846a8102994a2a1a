//! The EXIF fields that place a photo.

use domain::{LonLat, WarningCode};
use exif::{In, Tag, Value};
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::sample::{Stamp, Warnings};

#[derive(Default)]
pub(super) struct Exif(Option<exif::Exif>);

impl Exif {
    /// Reads what can be read; the rest is a warning.
    pub(super) fn read(tiff: Option<&[u8]>, warnings: &mut Warnings) -> Self {
        let Some(tiff) = tiff else { return Self::default() };
        let mut reader = exif::Reader::new();
        reader.continue_on_error(true);
        match reader.read_raw(tiff.to_vec()) {
            Ok(exif) => Self(Some(exif)),
            // Makers write bad fields of their own so often that a part is no news.
            Err(exif::Error::PartialResult(part)) => Self(Some(part.into_inner().0)),
            Err(error) => {
                warnings.add(
                    WarningCode::BadEntry,
                    format!("the photo's EXIF cannot be read: {error}"),
                );
                Self::default()
            }
        }
    }

    fn value(&self, tag: Tag) -> Option<&Value> {
        self.0.as_ref()?.get_field(tag, In::PRIMARY).map(|field| &field.value)
    }

    pub(super) fn text(&self, tag: Tag) -> Option<String> {
        let Value::Ascii(lines) = self.value(tag)? else { return None };
        let text = String::from_utf8_lossy(lines.first()?);
        let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The numbers of a field of fractions or whole numbers; a fraction of 0 is none.
    fn numbers(&self, tag: Tag) -> Option<Vec<f64>> {
        let numbers: Vec<f64> = match self.value(tag)? {
            Value::Rational(fractions) => fractions.iter().map(exif::Rational::to_f64).collect(),
            Value::SRational(fractions) => fractions.iter().map(exif::SRational::to_f64).collect(),
            whole => whole.iter_uint()?.map(f64::from).collect(),
        };
        numbers.iter().all(|number| number.is_finite()).then_some(numbers)
    }

    pub(super) fn number(&self, tag: Tag) -> Option<f64> {
        self.numbers(tag)?.first().copied()
    }

    /// Degrees, minutes, seconds and the letter of the hemisphere.
    pub(super) fn position(&self) -> Option<LonLat> {
        let degrees = |value: Tag, hemisphere: Tag, negative: &str| {
            let &[degrees, minutes, seconds] = self.numbers(value)?.first_chunk::<3>()?;
            let size = degrees + minutes / 60.0 + seconds / 3600.0;
            Some(if self.text(hemisphere)? == negative { -size } else { size })
        };
        LonLat::new(
            degrees(Tag::GPSLongitude, Tag::GPSLongitudeRef, "W")?,
            degrees(Tag::GPSLatitude, Tag::GPSLatitudeRef, "S")?,
        )
    }

    /// Metres above the sea, negative below it.
    pub(super) fn altitude(&self) -> Option<f64> {
        let size = self.number(Tag::GPSAltitude)?;
        let below = self.value(Tag::GPSAltitudeRef).and_then(|v| v.get_uint(0)) == Some(1);
        Some(if below { -size } else { size })
    }

    /// When it was taken: an instant where the camera says its zone, else a local time.
    pub(super) fn taken(&self) -> Option<Stamp> {
        let text = self.text(Tag::DateTimeOriginal)?;
        let local: DateTime = DateTime::strptime("%Y:%m:%d %H:%M:%S", text).ok()?;
        Some(match self.text(Tag::OffsetTimeOriginal).and_then(|text| offset(&text)) {
            Some(offset) => Stamp::Utc(offset.to_timestamp(local).ok()?),
            None => Stamp::Local(local),
        })
    }
}

/// `+08:00`
fn offset(text: &str) -> Option<Offset> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let sound = (0..=15).contains(&hours) && (0..60).contains(&minutes);
    sound.then(|| Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()).flatten()
}
