//! Photos: where and how each was taken, from what the aircraft wrote into the file.
//!
//! DJI writes XMP (`drone-dji`), every camera EXIF. XMP wins, for it has the gimbal and more
//! digits. Only the beginning of a file is looked at, up to the picture itself: 1 MiB is enough.
//! What is missing stays missing: small aircraft leave the gimbal out, and then nothing may be
//! placed by such a photo.

mod exif_fields;
mod jpeg;
mod optics;
mod pose;
mod xmp;

use domain::{Lens, Size, WarningCode};

use crate::sample::{Sample, Warnings};
use exif_fields::Exif;
use xmp::Xmp;

/// A photo's pose and lens.
#[derive(Debug, Clone, PartialEq)]
pub struct Photo {
    /// Without `media`: a photo is a file of its own.
    pub sample: Sample,
    /// For pixels of this file, at magnification 1.
    pub lens: Option<Lens>,
    /// Where the lens is known from; `None` together with `lens`.
    pub lens_from: Option<LensFrom>,
    /// Of the file as it is, which may have been scaled since it was taken.
    pub size: Size,
    /// What the camera calls itself; may be empty.
    pub model: String,
    /// The aircraft's serial number; may be empty.
    pub serial: String,
    pub source: PhotoSource,
    /// [`domain::FlightWarning::file`] is left empty.
    pub warnings: Warnings,
}

/// Which of an aircraft's cameras took a photo; DJI `ImageSource`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PhotoSource {
    /// There is one camera, or the photo does not say.
    #[default]
    Only,
    Wide,
    Zoom,
    Thermal,
}

/// How sure a photo's lens is, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LensFrom {
    /// `DewarpData`: measured for this camera at the factory, with distortion.
    Dewarp,
    /// `CalibratedFocalLength`, without distortion.
    Calibrated,
    /// The table of known cameras and the focal length in EXIF.
    Table,
    /// The focal length "as on 35 mm film", a whole number: good to 2 %.
    Equivalent35mm,
}

/// Why bytes are no photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    #[error("this is no JPEG file: photos are read as .jpg or .mpo")]
    NotJpeg,
    #[error("the photo ends before its size: the file is cut, or more of its beginning is needed")]
    NoSize,
    #[error(
        "a photo of {width}x{height} pixels is refused: each side must be 1 to {}",
        Size::MAX_SIDE
    )]
    Size { width: u32, height: u32 },
}

/// Reads the beginning of a JPEG or MPO file.
pub fn read(bytes: &[u8]) -> Result<Photo, PhotoError> {
    let segments = jpeg::segments(bytes)?;
    let (width, height) = segments.size.ok_or(PhotoError::NoSize)?;
    let size = Size::new(width, height).ok().ok_or(PhotoError::Size { width, height })?;
    let mut warnings = Warnings::default();
    let exif = Exif::read(segments.exif, &mut warnings);
    let xmp = Xmp::read(segments.xmp, &mut warnings);
    let source = source(&xmp);
    let model = [exif.text(exif::Tag::Model), xmp.text("Model"), xmp.text("DroneModel")]
        .into_iter()
        .flatten()
        .next()
        .unwrap_or_default();
    let known = optics::lens(&xmp, &exif, &model, size, source);
    optics::warn(known.as_ref(), &mut warnings);
    Ok(Photo {
        sample: pose::sample(&xmp, &exif, &mut warnings),
        lens: known.map(|(lens, _)| lens),
        lens_from: known.map(|(_, from)| from),
        size,
        model,
        serial: xmp.text("DroneSerialNumber").unwrap_or_default(),
        source,
        warnings,
    })
}

fn source(xmp: &Xmp) -> PhotoSource {
    match xmp.get("ImageSource") {
        Some("WideCamera") => PhotoSource::Wide,
        Some("ZoomCamera") => PhotoSource::Zoom,
        Some("InfraredCamera") => PhotoSource::Thermal,
        _ => PhotoSource::Only,
    }
}

/// Adds a warning about one entry that makes no sense.
fn bad(warnings: &mut Warnings, name: &str, value: &str) {
    let value: String = value.chars().take(40).collect();
    warnings.add(WarningCode::BadEntry, format!("`{name}` is `{value}`, which makes no sense"));
}

#[cfg(test)]
mod tests;
