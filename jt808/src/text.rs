//! Text is GBK, and fields of fixed length are filled up with zero bytes.

use encoding_rs::GBK;

/// Reads GBK without the zero bytes behind it. What is no GBK becomes `U+FFFD`.
pub fn gbk(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    GBK.decode_without_bom_handling(&bytes[..end]).0.into_owned()
}

/// Binary coded decimals as digits; half-bytes above 9 as `a` to `f`.
pub(crate) fn digits(bytes: &[u8]) -> String {
    hex(bytes)
}

/// Two digits for each byte.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.map(|half| char::from(DIGITS[usize::from(half)])).collect()
}

/// Bytes from hex digits of either case; spaces between them say nothing.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_there_and_back() {
        assert_eq!(unhex("7E 0a\nff"), Some(vec![0x7e, 0x0a, 0xff]));
        assert_eq!(unhex("").as_deref(), Some(&[][..]));
        assert_eq!((unhex("7"), unhex("xx"), unhex("é0")), (None, None, None));
        assert_eq!(hex(&[0x7e, 0x0a]), "7e0a");
    }
}
