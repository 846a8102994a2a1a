//! The segments of a JPEG file that come before the picture.

use super::PhotoError;

/// What matters of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Segments<'a> {
    /// TIFF structure, without the `Exif` header.
    pub(super) exif: Option<&'a [u8]>,
    pub(super) xmp: Option<&'a [u8]>,
    /// Width and height.
    pub(super) size: Option<(u32, u32)>,
}

const EXIF: &[u8] = b"Exif\0\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// Walks to the picture's data or to the end of `bytes`. The first of each kind counts: an MPO's
/// second picture has segments of its own, behind the first picture.
pub(super) fn segments(bytes: &[u8]) -> Result<Segments<'_>, PhotoError> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8]).ok_or(PhotoError::NotJpeg)?;
    let mut found = Segments::default();
    while let Some((marker, payload, after)) = segment(rest) {
        match marker {
            0xda | 0xd9 => break,
            0xe1 => {
                found.exif = found.exif.or_else(|| payload.strip_prefix(EXIF));
                found.xmp = found.xmp.or_else(|| payload.strip_prefix(XMP));
            }
            // Start of frame, whatever the coding; C4, C8 and CC are other tables.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                found.size = found.size.or_else(|| size(payload));
            }
            _ => (),
        }
        rest = after;
    }
    Ok(found)
}

/// Marker, payload, and what follows. A segment that is cut off is given as far as it goes.
fn segment(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let at = bytes.iter().position(|&byte| byte == 0xff)?;
    let bytes = bytes.get(at..)?;
    let at = bytes.iter().position(|&byte| byte != 0xff)?;
    let (&marker, bytes) = bytes.get(at..)?.split_first()?;
    if matches!(marker, 0x00 | 0x01 | 0xd0..=0xd9) {
        return Some((marker, &[], bytes));
    }
    let (length, bytes) = bytes.split_first_chunk::<2>()?;
    let length = usize::from(u16::from_be_bytes(*length)).saturating_sub(2).min(bytes.len());
    let (payload, after) = bytes.split_at(length);
    Some((marker, payload, after))
}

fn size(frame: &[u8]) -> Option<(u32, u32)> {
    let [_, h1, h0, w1, w0] = *frame.first_chunk::<5>()?;
    Some((u32::from(u16::from_be_bytes([w1, w0])), u32::from(u16::from_be_bytes([h1, h0]))))
}
