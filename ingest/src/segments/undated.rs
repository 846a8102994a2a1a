//! Takes the time of writing out of an MP4.
//!
//! The muxer puts the machine's clock into `mvhd`, `tkhd` and `mdhd` (ISO/IEC 14496-12, 8.2.2, 8.3.2, 8.4.2). A clip's
//! times come from the camera and stand in its manifest; without the clock, cutting it again gives the same bytes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// An index larger than this is left as it is.
const MOST_INDEX_BYTES: u64 = 64 << 20;

/// Sets the times of creation and modification to 0 in the file's index.
pub(crate) fn undate(path: &Path) -> io::Result<()> {
    let mut file = File::options().read(true).write(true).open(path)?;
    let length = file.metadata()?.len();
    let mut at = 0;
    while at + 8 <= length {
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 8];
        file.read_exact(&mut head)?;
        let (size, kind) = header(head);
        if kind == *b"moov" && size >= 8 && size <= MOST_INDEX_BYTES.min(length - at) {
            let mut index = Vec::new();
            (&mut file).take(size - 8).read_to_end(&mut index)?;
            clear(&mut index);
            file.seek(SeekFrom::Start(at + 8))?;
            return file.write_all(&index);
        }
        if size < 8 {
            break;
        }
        at = at.saturating_add(size);
    }
    Ok(())
}

/// Walks the boxes of `index` and those inside them.
fn clear(mut boxes: &mut [u8]) {
    while let Some(head) = boxes.first_chunk::<8>().copied() {
        let (size, kind) = header(head);
        let Ok(size) = usize::try_from(size) else { return };
        if size < 8 || size > boxes.len() {
            return;
        }
        let (this, rest) = boxes.split_at_mut(size);
        let body = &mut this[8..];
        match &kind {
            b"trak" | b"mdia" => clear(body),
            b"mvhd" | b"tkhd" | b"mdhd" => {
                // One byte of version, three of flags, then two times of 4 or (version 1) 8 bytes.
                let bytes = if body.first() == Some(&1) { 16 } else { 8 };
                if let Some(times) = body.get_mut(4..4 + bytes) {
                    times.fill(0);
                }
            }
            _ => {}
        }
        boxes = rest;
    }
}

fn header([a, b, c, d, kind @ ..]: [u8; 8]) -> (u64, [u8; 4]) {
    (u64::from(u32::from_be_bytes([a, b, c, d])), kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
        let size = u32::try_from(body.len() + 8).unwrap();
        [size.to_be_bytes().as_slice(), &kind, body].concat()
    }

    #[test]
    fn only_the_times_are_cleared() {
        let dated = [0, 0, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9];
        let undated = [0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 9, 9];
        let file = |time: &[u8]| {
            let media =
                boxed(*b"mdia", &[boxed(*b"mdhd", time), boxed(*b"hdlr", b"same")].concat());
            let track = boxed(*b"trak", &[boxed(*b"tkhd", time), media].concat());
            let index = boxed(*b"moov", &[boxed(*b"mvhd", time), track].concat());
            [boxed(*b"ftyp", b"isom"), index, boxed(*b"mdat", b"pictures")].concat()
        };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mp4");
        std::fs::write(&path, file(&dated)).unwrap();
        undate(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), file(&undated));
    }

    #[test]
    fn what_is_no_mp4_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mp4");
        for bytes in [
            b"".as_slice(),
            b"tiny",
            b"\0\0\0\x01mdat",
            b"\xff\xff\xff\xffmoov",
            b"\0\0\0\x09moov\x01",
        ] {
            std::fs::write(&path, bytes).unwrap();
            undate(&path).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), bytes);
        }
    }
}
