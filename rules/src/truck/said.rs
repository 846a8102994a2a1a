//! Reports in the order of their time, whatever order they came in.
//!
//! A report waits until its truck has told of `window` later; after a silence, of `backfill` later, since a terminal
//! that was out of the network sends the newest first and what it kept (0704) behind it. What comes later than that
//! is counted and not judged.

use std::cmp::Ordering;

use domain::{BodyState, LidState, LoadState, LonLat, TerminalReport};
use jiff::Timestamp;

use super::config::TruckRules;
use super::time::span;

/// What a report says, without names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Said {
    pub(super) at: Timestamp,
    pub(super) place: Option<LonLat>,
    pub(super) speed_kmh: f64,
    pub(super) load: Option<LoadState>,
    pub(super) lid: Option<LidState>,
    pub(super) body: Option<BodyState>,
}

impl From<&TerminalReport> for Said {
    fn from(report: &TerminalReport) -> Self {
        Self {
            at: report.at,
            place: report.place,
            speed_kmh: report.speed_kmh,
            load: report.load,
            lid: report.lid,
            body: report.body,
        }
    }
}

impl Said {
    /// Two reports of one second have an order too, so that arrival decides nothing.
    fn order(&self, other: &Self) -> Ordering {
        let place = |said: &Self| said.place.map_or([f64::MIN; 2], |p| [p.lon(), p.lat()]);
        let (a, b) = (place(self), place(other));
        let words = |said: &Self| {
            let load = said.load.map_or(0, |load| 1 + load as u8);
            let lid = said.lid.map_or(0, |lid| 1 + lid as u8);
            (load, lid, said.body.map_or(0, |body| 1 + body as u8))
        };
        self.at
            .cmp(&other.at)
            .then(a[0].total_cmp(&b[0]))
            .then(a[1].total_cmp(&b[1]))
            .then(self.speed_kmh.total_cmp(&other.speed_kmh))
            .then(words(self).cmp(&words(other)))
    }
}

/// Reports of one truck that wait to be judged.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// By their time.
    said: Vec<Said>,
    /// The last that was judged.
    judged: Option<Timestamp>,
    newest: Option<Timestamp>,
    /// The first behind the last silence.
    woke: Option<Timestamp>,
    /// Nothing up to here waits for what comes behind a silence.
    free: Option<Timestamp>,
}

/// Whether anything comes from a truck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    Comes,
    /// Nothing came for so long that nothing is waited for.
    Quiet,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    Kept,
    /// It is here already.
    Twice,
    /// What came after it is judged already.
    Late,
}

impl Waiting {
    /// The most that wait: a day's backfill at a report a minute. Beyond it the oldest is judged early.
    const MOST: usize = 1440;

    pub(super) fn put(&mut self, said: Said, config: &TruckRules) -> Put {
        if self.judged.is_some_and(|judged| said.at <= judged) {
            return Put::Late;
        }
        match self.said.binary_search_by(|other| other.order(&said)) {
            Ok(_) => Put::Twice,
            Err(place) => {
                self.said.insert(place, said);
                self.note(said.at, config);
                Put::Kept
            }
        }
    }

    fn note(&mut self, at: Timestamp, config: &TruckRules) {
        let Some(newest) = self.newest else {
            self.newest = Some(at);
            return;
        };
        let enough = |since: Timestamp| at.duration_since(since) >= span(config.backfill);
        if at.duration_since(newest) > span(config.gap) && self.woke.is_none_or(enough) {
            (self.woke, self.free) = (Some(at), Some(newest));
        }
        self.newest = Some(newest.max(at));
    }

    /// The newest that was heard, judged or not.
    pub(super) const fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> usize {
        self.said.capacity() * size_of::<Said>()
    }

    /// The next to be judged, where it need not wait any more. Of a quiet truck nothing waits.
    pub(super) fn next(&mut self, pace: Pace, config: &TruckRules) -> Option<Said> {
        let (first, newest) = (self.said.first()?, self.newest?);
        let later = |than: Timestamp, wait| newest.duration_since(than) >= span(wait);
        let free = self.free.is_some_and(|free| first.at <= free);
        let awake = self.woke.is_none_or(|woke| later(woke, config.backfill));
        let in_order = (free || awake) && later(first.at, config.window);
        if !in_order && pace == Pace::Comes && self.said.len() <= Self::MOST {
            return None;
        }
        let said = self.said.remove(0);
        self.judged = Some(said.at);
        if self.said.is_empty() {
            // An idle truck holds nothing.
            self.said = Vec::new();
        }
        Some(said)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn said(second: i64) -> Said {
        Said {
            at: Timestamp::from_second(second).unwrap(),
            place: None,
            speed_kmh: 0.0,
            load: None,
            lid: None,
            body: None,
        }
    }

    /// Puts these seconds in this order; tells in which order they are judged, and at the coming of which.
    fn check(seconds: &[i64], wanted: &str) {
        let (mut waiting, mut log) = (Waiting::default(), String::new());
        let config = TruckRules::default();
        for &second in seconds {
            let put = waiting.put(said(second), &config);
            write!(log, "{second}{}", if put == Put::Kept { ":" } else { "!" }).unwrap();
            while let Some(next) = waiting.next(Pace::Comes, &config) {
                write!(log, "{},", next.at.as_second()).unwrap();
            }
            log += " ";
        }
        assert_eq!(log.trim_end(), wanted, "{seconds:?}");
    }

    #[test]
    fn what_overtook_is_put_in_its_place() {
        check(&[0, 10, 20, 30, 40], "0: 10: 20: 30:0, 40:10,");
        check(&[10, 0, 30, 20, 41], "10: 0: 30:0, 20: 41:10,");
        check(&[10, 10, 40, 40], "10: 10! 40:10, 40!");
        check(&[10, 50, 5, 10, 30], "10: 50:10, 5! 10! 30:");
    }

    #[test]
    fn after_a_silence_what_was_not_sent_is_waited_for() {
        check(
            &[0, 30, 600, 610, 90, 60, 660, 901],
            "0: 30:0, 600:30, 610: 90: 60: 660: 901:60,90,600,610,660,",
        );
        check(&[0, 1000, 2000, 3000], "0: 1000:0, 2000:1000, 3000:2000,");
    }

    #[test]
    fn a_silent_truck_does_not_wait_for_itself() {
        let (mut waiting, config) = (Waiting::default(), TruckRules::default());
        waiting.put(said(0), &config);
        assert_eq!(waiting.next(Pace::Comes, &config), None);
        assert_eq!(waiting.next(Pace::Quiet, &config), Some(said(0)));
        assert!(waiting.is_empty());
    }
}
