//! Counts failed logins, so that passwords cannot be guessed.
//!
//! Per name and address, and per address over all names. In memory: a restart forgets, which an
//! attacker cannot cause.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// Failures of one name from one address within [`WINDOW`].
const PER_NAME: u32 = 5;
/// Failures from one address within [`WINDOW`]; higher, since an office shares one.
const PER_ADDRESS: u32 = 50;
const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// Counters kept; beyond, the oldest is forgotten.
const KEPT: usize = 10_000;

/// The name is cut, so that a counter has a bounded size.
type Key = (IpAddr, Option<String>);

/// Failed logins of the last minutes.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<BTreeMap<Key, Failures>>);

#[derive(Debug, Clone, Copy)]
struct Failures {
    since: Timestamp,
    count: u32,
}

impl Attempts {
    /// Counts an attempt before it is checked, so that many at once are not checked at once.
    /// `false`: too many, do not check.
    pub(crate) fn begin(&self, name: &str, from: IpAddr, now: Timestamp) -> bool {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = keys(name, from);
        let free = keys.iter().all(|(key, most)| {
            failures.get(key).is_none_or(|found| found.over(now) || found.count < *most)
        });
        if !free {
            return false;
        }
        for (key, _) in keys {
            let found = failures.entry(key).or_insert(Failures { since: now, count: 0 });
            if found.over(now) {
                *found = Failures { since: now, count: 0 };
            }
            found.count += 1;
        }
        forget(&mut failures, now);
        true
    }

    /// Takes the attempt back: the password was right.
    pub(crate) fn succeeded(&self, name: &str, from: IpAddr) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [(of_name, _), (of_address, _)] = keys(name, from);
        failures.remove(&of_name);
        if let Some(found) = failures.get_mut(&of_address) {
            found.count = found.count.saturating_sub(1);
        }
    }
}

impl Failures {
    fn over(&self, now: Timestamp) -> bool {
        now.duration_since(self.since) >= WINDOW
    }
}

fn keys(name: &str, from: IpAddr) -> [(Key, u32); 2] {
    let name = name.chars().take(64).collect();
    [((from, Some(name)), PER_NAME), ((from, None), PER_ADDRESS)]
}

fn forget(failures: &mut BTreeMap<Key, Failures>, now: Timestamp) {
    if failures.len() <= KEPT {
        return;
    }
    failures.retain(|_, found| !found.over(now));
    while failures.len() > KEPT {
        let Some(oldest) = failures.iter().min_by_key(|(_, found)| found.since) else { return };
        let key = oldest.0.clone();
        failures.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn the_sixth_guess_waits_a_quarter_of_an_hour() {
        let attempts = Attempts::default();
        let now = Timestamp::UNIX_EPOCH;
        for _ in 0..5 {
            assert!(attempts.begin("li", HERE, now));
        }
        assert!(!attempts.begin("li", HERE, now));
        assert!(attempts.begin("wang", HERE, now));
        assert!(attempts.begin("li", THERE, now));
        assert!(attempts.begin("li", HERE, now + WINDOW));
    }

    #[test]
    fn a_right_password_clears_the_name() {
        let attempts = Attempts::default();
        for _ in 0..100 {
            assert!(attempts.begin("li", HERE, Timestamp::UNIX_EPOCH));
            attempts.succeeded("li", HERE);
        }
    }

    #[test]
    fn one_address_cannot_try_many_names() {
        let attempts = Attempts::default();
        let let_in = (0..100)
            .filter(|n| attempts.begin(&format!("u{n}"), HERE, Timestamp::UNIX_EPOCH))
            .count();
        assert_eq!(let_in, 50);
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = Attempts::default();
        for n in 0..6_000_u32 {
            let from = IpAddr::V4(Ipv4Addr::from(n));
            attempts.begin("li", from, Timestamp::UNIX_EPOCH);
        }
        assert_eq!(attempts.0.lock().unwrap().len(), KEPT);
    }
}
