//! What gives cells another meaning than heights in metres.
//!
//! Each would be read without a complaint, and give wrong ground.

use tiff::tags::Tag;

use super::{BadGeoTiff, File};

/// GDAL's tag for what TIFF has no tags for: XML, one `Item` a line.
const GDAL_METADATA: u16 = 42_112;
/// Pictures of one file that are looked at.
const MOST_PICTURES: usize = 64;
/// Bit of `NewSubfileType`: says which cells of another picture count.
const IS_MASK: u32 = 4;
const WHITE_IS_ZERO: u16 = 0;

pub(super) fn check(file: &mut File<'_>) -> Result<(), BadGeoTiff> {
    compression(file)?;
    if file.find_tag_unsigned(Tag::PhotometricInterpretation)? == Some(WHITE_IS_ZERO) {
        return Err(BadGeoTiff::NotHeights("ink, where white is 0".to_owned()));
    }
    if let Ok(items) = file.get_tag_ascii_string(Tag::Unknown(GDAL_METADATA)) {
        metadata(&items)?;
    }
    mask(file)
}

fn compression(file: &mut File<'_>) -> Result<(), BadGeoTiff> {
    let name = match file.find_tag_unsigned::<u16>(Tag::Compression)? {
        // None, LZW, Deflate by both of its numbers, PackBits.
        None | Some(1 | 5 | 8 | 32_946 | 32_773) => return Ok(()),
        Some(50_000) => "ZSTD",
        Some(34_887) => "LERC",
        Some(34_925) => "LZMA",
        Some(50_001) => "WebP",
        Some(7) => "JPEG",
        Some(other) => return Err(BadGeoTiff::Compression(format!("method {other}"))),
    };
    Err(BadGeoTiff::Compression(name.to_owned()))
}

fn metadata(items: &str) -> Result<(), BadGeoTiff> {
    let value = |role: &str| {
        let (_, after) = items.split_once(&format!("role=\"{role}\">"))?;
        Some(after.split('<').next().unwrap_or_default().trim())
    };
    let differs = |role, neutral: f64| value(role).is_some_and(|text| text.parse() != Ok(neutral));
    if differs("scale", 1.0) || differs("offset", 0.0) {
        return Err(BadGeoTiff::Scaled);
    }
    match value("unittype") {
        None | Some("" | "m" | "metre" | "meter" | "metres" | "meters") => Ok(()),
        Some(unit) => Err(BadGeoTiff::UnitName(unit.chars().take(40).collect())),
    }
}

/// Whether another picture of the file says which cells count. Overviews are passed over.
fn mask(file: &mut File<'_>) -> Result<(), BadGeoTiff> {
    let mut next = file.ifd_pointer();
    for _ in 0..MOST_PICTURES {
        let Some(picture) = next.and_then(|at| file.read_directory(at).ok()) else { break };
        let mut tags = file.read_directory_tags(&picture);
        if let Ok(Some(kind)) = tags.find_tag_unsigned::<u32>(Tag::NewSubfileType)
            && kind & IS_MASK != 0
        {
            return Err(BadGeoTiff::Mask);
        }
        next = picture.next();
    }
    Ok(())
}
