//! How large a picture says it is, without decoding it.
//!
//! JPEG, PNG, BMP, WebP and TIFF; of others nothing is known, and the decoder's own limit holds.

/// Width and height as stored, before any turning; nothing if the format is another or the header is torn.
pub(super) fn size(file: &[u8]) -> Option<(u32, u32)> {
    match file {
        [0x89, b'P', b'N', b'G', ..] => Some((big(file, 16, 4)?, big(file, 20, 4)?)),
        [0xFF, 0xD8, ..] => jpeg(file),
        [b'B', b'M', ..] => {
            // A negative height is one from the top.
            let side =
                |at| Some(i32::from_ne_bytes(little(file, at, 4)?.to_ne_bytes()).unsigned_abs());
            Some((side(18)?, side(22)?))
        }
        [b'R', b'I', b'F', b'F', ..] if file.get(8..12)? == b"WEBP" => webp(file),
        [b'I', b'I', 42, 0, ..] => tiff(file, little),
        [b'M', b'M', 0, 42, ..] => tiff(file, big),
        _ => None,
    }
}

/// The sides among the entries of the first directory.
fn tiff(file: &[u8], number: fn(&[u8], usize, usize) -> Option<u32>) -> Option<(u32, u32)> {
    let directory = usize::try_from(number(file, 4, 4)?).ok()?;
    let entries = usize::try_from(number(file, directory, 2)?).ok()?;
    let side = |tag: u32| {
        let mut starts = (0..entries).map(|nth| directory.checked_add(2 + 12 * nth));
        let entry = starts.find_map(|at| at.filter(|&at| number(file, at, 2) == Some(tag)))?;
        // 3 is a short number, 4 a long one.
        let length = if number(file, entry + 2, 2)? == 3 { 2 } else { 4 };
        number(file, entry + 8, length)
    };
    Some((side(256)?, side(257)?))
}

/// From marker to marker until one that starts a frame.
fn jpeg(file: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let marker = match file.get(at..at + 2)? {
            // Filling.
            [0xFF, 0xFF] => {
                at += 1;
                continue;
            }
            [0xFF, marker] => *marker,
            _ => return None,
        };
        match marker {
            // Markers without a length.
            0x01 | 0xD0..=0xD8 => at += 2,
            // Start of a frame; C4, C8 and CC are something else.
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                return Some((big(file, at + 7, 2)?, big(file, at + 5, 2)?));
            }
            // The picture itself, before any size.
            0xD9 | 0xDA => return None,
            _ => at += 2 + usize::try_from(big(file, at + 2, 2)?.max(2)).ok()?,
        }
    }
}

fn webp(file: &[u8]) -> Option<(u32, u32)> {
    match file.get(12..16)? {
        b"VP8X" => Some((little(file, 24, 3)? + 1, little(file, 27, 3)? + 1)),
        b"VP8 " => Some((little(file, 26, 2)? & 0x3FFF, little(file, 28, 2)? & 0x3FFF)),
        b"VP8L" => {
            let bits = little(file, 21, 4)?;
            Some(((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1))
        }
        _ => None,
    }
}

fn big(file: &[u8], at: usize, length: usize) -> Option<u32> {
    let bytes = file.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}

fn little(file: &[u8], at: usize, length: usize) -> Option<u32> {
    let bytes = file.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_size_stands_in_the_header() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 0x4E, 0x20, 0, 0, 0, 7]);
        // Filling, an application segment, tables, and the start of a progressive frame.
        let mut jpeg = b"\xFF\xD8\xFF\xFF\xE1\0\x04ab\xFF\xC4\0\x02\xFF\xC2\0\x11\x08".to_vec();
        jpeg.extend([0x01, 0xE0, 0x02, 0x80]);
        let mut bmp = b"BM".to_vec();
        bmp.resize(18, 0);
        bmp.extend(640_i32.to_le_bytes());
        bmp.extend((-480_i32).to_le_bytes());
        let mut vp8x = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0".to_vec();
        vp8x.extend([0x7F, 0x02, 0, 0xDF, 0x01, 0]);
        // A long width and a short height behind another entry.
        let mut tiff = b"MM\0*\0\0\0\x08\0\x03".to_vec();
        tiff.extend([0, 254, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0]);
        tiff.extend([1, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0x9C, 0x40]);
        tiff.extend([1, 1, 0, 3, 0, 0, 0, 1, 0x01, 0xE0, 0, 0]);
        for (file, expected) in [
            (png, Some((20_000, 7))),
            (jpeg, Some((640, 480))),
            (bmp, Some((640, 480))),
            (vp8x, Some((640, 480))),
            (tiff, Some((40_000, 480))),
            (b"II*\0\xFF\xFF\xFF\xFF".to_vec(), None),
            (b"GIF89a".to_vec(), None),
            (b"\xFF\xD8\xFF\xDA".to_vec(), None),
            (b"\xFF\xD8 torn".to_vec(), None),
        ] {
            assert_eq!(size(&file), expected, "{file:02x?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(
            head in prop::sample::select(vec![&b"\x89PNG"[..], b"\xFF\xD8", b"BM", b"RIFF", b"II*\0", b"MM\0*", b""]),
            rest in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let file = [head, &rest].concat();
            let _size = size(&file);
            let webp = [b"RIFF\0\0\0\0WEBP".as_slice(), &rest].concat();
            prop_assert!(size(&webp).is_none_or(|(width, height)| width.min(height) < 1 << 24));
        }
    }
}
