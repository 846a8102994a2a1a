//! Integers of ST 0601 to quantities, by the mapping of domain facts: unsigned fields span their
//! range with 2ⁿ − 1 steps, signed ones with 2ⁿ − 2, whose lowest value says "out of range".

/// An unsigned integer of exactly `N` bytes over `min..=max`.
pub(super) fn unsigned<const N: usize>(value: &[u8], min: f64, max: f64) -> Option<f64> {
    let raw = integer::<N>(value)?;
    let steps = 2_f64.powi(8 * i32::try_from(N).ok()?) - 1.0;
    #[expect(clippy::cast_precision_loss, reason = "fields mapped to a range have at most 32 bits")]
    Some(min + raw as f64 * (max - min) / steps)
}

/// A signed integer of exactly `N` bytes over `-max..=max`; `None` also for "out of range".
pub(super) fn signed<const N: usize>(value: &[u8], max: f64) -> Option<f64> {
    let raw = integer::<N>(value)?;
    let half = 1_i64 << (8 * N - 1);
    let raw = i64::try_from(raw).ok()?;
    let raw = if raw < half { raw } else { raw - 2 * half };
    if raw == -half {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "fields mapped to a range have at most 32 bits")]
    Some(raw as f64 * max / (half - 1) as f64)
}

/// ST 1201 IMAPB of 1 to 7 bytes over `min..=max`, for ranges whose ends are whole numbers.
pub(super) fn imapb(value: &[u8], min: f64, max: f64) -> Option<f64> {
    let bits = i32::try_from(8 * value.len()).ok().filter(|bits| (8..=56).contains(bits))?;
    let raw = value.iter().fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte));
    let top = 1_u64 << (bits - 1);
    if raw > top {
        // Infinities, NaN and user-defined values have the highest bit set.
        return None;
    }
    let range_bits = (max - min).log2().ceil();
    let scale = 2_f64.powf(f64::from(bits - 1) - range_bits);
    let zero = if min < 0.0 && 0.0 < max { (scale * min) - (scale * min).floor() } else { 0.0 };
    #[expect(clippy::cast_precision_loss, reason = "at most 55 bits; a centimetre needs 23")]
    let value = (raw as f64 - zero) / scale + min;
    (min..=max).contains(&value).then_some(value)
}

/// A big-endian integer of exactly `N` bytes, at most 8.
pub(super) fn integer<const N: usize>(value: &[u8]) -> Option<u64> {
    let value: &[u8; N] = value.try_into().ok()?;
    Some(value.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_middles() {
        assert_eq!(unsigned::<2>(&[0, 0], -900.0, 19000.0), Some(-900.0));
        assert_eq!(unsigned::<2>(&[0xff, 0xff], -900.0, 19000.0), Some(19000.0));
        assert_eq!(unsigned::<2>(&[0], 0.0, 1.0), None);
        assert_eq!(signed::<2>(&[0x7f, 0xff], 20.0), Some(20.0));
        assert_eq!(signed::<2>(&[0x80, 0x01], 20.0), Some(-20.0));
        assert_eq!(signed::<2>(&[0x80, 0x00], 20.0), None);
        assert_eq!(signed::<4>(&[0x80, 0, 0, 0], 90.0), None);
        assert_eq!(signed::<4>(&[0, 0, 0, 0], 90.0), Some(0.0));
    }

    /// The example of ST 0601's tag 104.
    #[test]
    fn imapb_by_the_standards_example() {
        let height = imapb(&[0x2f, 0x92, 0x1e], -900.0, 40_000.0).unwrap();
        assert!((height - 23_456.24).abs() < 0.01, "{height}");
        assert_eq!(imapb(&[0xe8, 0, 0], -900.0, 40_000.0), None);
        assert_eq!(imapb(&[], -900.0, 40_000.0), None);
        assert_eq!(imapb(&[0; 8], -900.0, 40_000.0), None);
    }
}
