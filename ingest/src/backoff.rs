//! How long to wait before the next try: doubling, bounded, and spread so that a street of cameras
//! does not come back in one instant.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);

/// The waits of one source.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
    most: Duration,
}

impl Backoff {
    pub(crate) fn new(most: Duration) -> Self {
        Self { next: FIRST.min(most), most }
    }

    /// Begins again with the shortest wait.
    pub(crate) fn reset(&mut self) {
        self.next = FIRST.min(self.most);
    }

    /// The wait before the next try.
    pub(crate) fn wait(&mut self) -> Duration {
        let wait = spread(self.next).min(self.most);
        self.next = (self.next * 2).min(self.most);
        wait
    }
}

/// `wait` ± 25 %. The standard library seeds each `RandomState` anew, which is chance enough here.
pub(crate) fn spread(wait: Duration) -> Duration {
    let chance = RandomState::new().build_hasher().finish() % 1000;
    wait.mul_f64(0.75 + f64::from(u32::try_from(chance).unwrap_or(0)) / 2000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_begin_again() {
        let mut backoff = Backoff::new(Duration::from_secs(3));
        for bounds in [(375, 625), (750, 1250), (1500, 2500), (2250, 3000), (2250, 3000)] {
            let wait = backoff.wait().as_millis();
            assert!((bounds.0..=bounds.1).contains(&wait), "{wait} ms not in {bounds:?}");
        }
        backoff.reset();
        assert!(backoff.wait() <= Duration::from_millis(625));
    }
}
