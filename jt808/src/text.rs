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

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.map(|half| char::from(DIGITS[usize::from(half)])).collect()
}
