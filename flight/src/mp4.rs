//! When a video was recorded, as its MP4 or `QuickTime` container tells.
//!
//! Reads nothing but the heads of boxes on the way to the movie header (ISO/IEC 14496-12 §8.2.2).
//! The standard says UTC, and nothing in the file tells whether the camera kept to it.

use std::io::{self, Read, Seek, SeekFrom};

use jiff::{SignedDuration, Timestamp};

/// Boxes that are looked at on one level: real files have some dozen.
const MOST_BOXES: usize = 1000;
/// From 1904-01-01, where movie headers count from, to 1970.
const TO_UNIX_S: i64 = 2_082_844_800;
/// Clocks that were never set begin at 1904, 1970 or 2000; no drone filmed before this.
const LEAST: Timestamp = Timestamp::constant(1_262_304_000, 0);

/// The creation time of the movie header; `None` where there is none, or it is one of a clock
/// that was never set.
pub fn recorded_at<R: Read + Seek>(mut file: R) -> io::Result<Option<Timestamp>> {
    let end = file.seek(SeekFrom::End(0))?;
    let Some((from, to)) = find(&mut file, *b"moov", 0, end)? else { return Ok(None) };
    let Some((from, to)) = find(&mut file, *b"mvhd", from, to)? else { return Ok(None) };
    if to - from < 12 {
        return Ok(None);
    }
    let mut head = [0; 12];
    file.seek(SeekFrom::Start(from))?;
    file.read_exact(&mut head)?;
    let [version, _, _, _, time @ ..] = head;
    let seconds = match version {
        0 => u64::from(u32::from_be_bytes([time[0], time[1], time[2], time[3]])),
        _ => u64::from_be_bytes(time),
    };
    let seconds = i64::try_from(seconds).ok().and_then(|s| s.checked_sub(TO_UNIX_S));
    let at = seconds.and_then(|seconds| {
        Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_secs(seconds)).ok()
    });
    Ok(at.filter(|at| *at >= LEAST))
}

/// Where the content of the first box of a kind begins and ends.
fn find<R: Read + Seek>(
    file: &mut R,
    kind: [u8; 4],
    from: u64,
    to: u64,
) -> io::Result<Option<(u64, u64)>> {
    let mut at = from;
    for _ in 0..MOST_BOXES {
        if to.saturating_sub(at) < 8 {
            break;
        }
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 8];
        file.read_exact(&mut head)?;
        let [a, b, c, d, found @ ..] = head;
        let (head, length) = match u32::from_be_bytes([a, b, c, d]) {
            0 => (8, to - at),
            1 if to - at >= 16 => {
                let mut length = [0; 8];
                file.read_exact(&mut length)?;
                (16, u64::from_be_bytes(length))
            }
            length => (8, u64::from(length)),
        };
        // A box that is cut off ends with the file.
        let end = at.saturating_add(length).min(to);
        if length < head || end < at + head {
            break;
        }
        if found == kind {
            return Ok(Some((at + head, end)));
        }
        at = end;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn boxed(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len() + 8).unwrap();
        [&length.to_be_bytes(), kind.as_slice(), content].concat()
    }

    fn movie(version: u8, seconds: u64) -> Vec<u8> {
        let time = if version == 0 {
            u32::try_from(seconds).unwrap().to_be_bytes().to_vec()
        } else {
            seconds.to_be_bytes().to_vec()
        };
        let header = [vec![version, 0, 0, 0], time, vec![0; 12]].concat();
        boxed(*b"moov", &[boxed(*b"udta", b"x"), boxed(*b"mvhd", &header)].concat())
    }

    #[track_caller]
    fn check(file: &[u8], expected: Option<&str>) {
        let found = recorded_at(Cursor::new(file)).unwrap();
        assert_eq!(found, expected.map(|at| at.parse().unwrap()));
    }

    #[test]
    fn the_movie_header_tells() {
        // 2024-06-15T06:30:05Z.
        let seconds = 1_718_433_005 + 2_082_844_800;
        let at = Some("2024-06-15T06:30:05Z");
        check(&[boxed(*b"ftyp", b"isom"), movie(0, seconds)].concat(), at);
        check(
            &[boxed(*b"ftyp", b"isom"), boxed(*b"mdat", &[7; 99]), movie(1, seconds)].concat(),
            at,
        );
        let long = [&1_u32.to_be_bytes(), b"mdat".as_slice(), &24_u64.to_be_bytes(), &[0; 8]];
        check(&[long.concat(), movie(0, seconds)].concat(), at);
        check(&movie(0, 0), None);
        check(&movie(0, 2_082_844_800), None);
        check(&movie(1, u64::MAX), None);
        check(&boxed(*b"moov", &boxed(*b"mvhd", b"12")), None);
        check(b"", None);
        check(b"RIFF....AVI LIST", None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(
            changes in prop::collection::vec((0_usize..60, any::<u8>()), 0..8), cut in 0_usize..70,
        ) {
            let mut file = [boxed(*b"ftyp", b"isom"), movie(0, 3_801_277_805)].concat();
            for (at, to) in changes {
                let at = at % file.len();
                file[at] = to;
            }
            file.truncate(cut);
            prop_assert!(recorded_at(Cursor::new(&file)).is_ok());
        }
    }
}
