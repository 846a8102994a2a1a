//! Lengths and tags as BER writes them.

/// Takes a BER length (short, or long of up to 4 bytes) off the front: the length and the rest.
pub(super) fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first < 0x80 {
        return Some((usize::from(first), rest));
    }
    let count = usize::from(first & 0x7f);
    if !(1..=4).contains(&count) {
        return None;
    }
    let (digits, rest) = rest.split_at_checked(count)?;
    let length = digits.iter().fold(0_usize, |sum, &digit| sum << 8 | usize::from(digit));
    Some((length, rest))
}

/// Takes a BER-OID tag (7 bits a byte, at most 4 bytes) off the front: the tag and the rest.
pub(super) fn tag(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut tag = 0;
    for (at, &byte) in bytes.iter().enumerate().take(4) {
        tag = tag << 7 | u32::from(byte & 0x7f);
        if byte < 0x80 {
            return Some((tag, bytes.get(at + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes, and what is taken off them with the rest.
    type Case<'a, T> = (&'a [u8], Option<(T, &'a [u8])>);

    #[test]
    fn lengths() {
        let cases: [Case<usize>; 8] = [
            (&[0x61, 9], Some((0x61, &[9]))),
            (&[0x81, 0x90], Some((0x90, &[]))),
            (&[0x82, 0x01, 0x00, 7], Some((256, &[7]))),
            (&[0x84, 0, 0, 0, 5], Some((5, &[]))),
            (&[0x80], None),
            (&[0x85, 0, 0, 0, 0, 5], None),
            (&[0x82, 0x01], None),
            (&[], None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(length(bytes), expected, "{bytes:02x?}");
        }
    }

    #[test]
    fn tags() {
        let cases: [Case<u32>; 5] = [
            (&[5, 1], Some((5, &[1]))),
            (&[0x81, 0x00], Some((128, &[]))),
            (&[0x81, 0x0d, 3], Some((141, &[3]))),
            (&[0xff, 0xff, 0xff, 0xff, 1], None),
            (&[0x81], None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(tag(bytes), expected, "{bytes:02x?}");
        }
    }
}
