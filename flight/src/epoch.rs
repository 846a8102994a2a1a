//! Joins two clocks that run alike: one that says when it is, one that counts from its start.

use jiff::{SignedDuration, Timestamp};

/// The same moment on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tick {
    pub(crate) at: Timestamp,
    /// Since the start of the counting clock.
    pub(crate) elapsed: SignedDuration,
}

const SECOND: i128 = 1_000_000_000;

/// The instant at which the counting clock began; `None` without ticks.
///
/// The median of all ticks, so that a few wrong stamps do no harm. Stamps of whole seconds were cut
/// down: each says that the start lies within the second that follows. What most of them
/// agree upon is often a tenth of a second wide, and its middle is taken.
pub(crate) fn zero(ticks: impl Iterator<Item = Tick>) -> Option<Timestamp> {
    let mut whole_seconds = true;
    let mut starts: Vec<i128> = ticks
        .map(|tick| {
            whole_seconds &= tick.at.subsec_nanosecond() == 0;
            tick.at.as_nanosecond() - tick.elapsed.as_nanos()
        })
        .collect();
    starts.sort_unstable();
    let median = *starts.get(starts.len() / 2)?;
    let start = if whole_seconds { within_second(&starts, median) } else { median };
    Timestamp::from_nanosecond(start).ok()
}

/// The middle of what the stamps near the median leave open, else half a second after it.
fn within_second(starts: &[i128], median: i128) -> i128 {
    let near = |start: &&i128| (**start - median).abs() < SECOND;
    let latest = starts.iter().rfind(near).copied().unwrap_or(median);
    let earliest = starts.iter().find(near).copied().unwrap_or(median);
    let (from, to) = (latest, earliest + SECOND);
    if from <= to { from.midpoint(to) } else { median + SECOND / 2 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tick(at_ms: i64, elapsed_ms: i64) -> Tick {
        let at = Timestamp::from_millisecond(at_ms).unwrap();
        Tick { at, elapsed: SignedDuration::from_millis(elapsed_ms) }
    }

    #[test]
    fn fine_stamps_give_their_median() {
        let ticks =
            [tick(1020, 20), tick(1041, 40), tick(9999, 60), tick(1079, 80), tick(1101, 100)];
        assert_eq!(zero(ticks.into_iter()).unwrap().as_millisecond(), 1001);
        assert_eq!(zero([].into_iter()), None);
    }

    #[test]
    fn a_row_a_second_leaves_half_a_second_open() {
        let ticks = (0..60).map(|i| tick(5000 + i * 1000, i * 1000));
        assert_eq!(zero(ticks).unwrap().as_millisecond(), 5500);
    }

    proptest! {
        /// Ten rows a second with stamps cut to seconds, and a few that are an hour off.
        #[test]
        fn cut_stamps_are_refined(start in 0_i64..100_000, wrong in 0_usize..10) {
            let ticks = (0..300_i64).map(|i| {
                let at = (start + i * 100) / 1000 * 1000;
                let hour = if usize::try_from(i).unwrap() % 30 < wrong.min(9) / 3 { 3_600_000 } else { 0 };
                tick(at + hour, i * 100)
            });
            let found = zero(ticks).unwrap().as_millisecond();
            prop_assert!((found - start).abs() <= 100, "{found} {start}");
        }
    }
}
