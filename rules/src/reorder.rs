//! Views that come late or out of order, put back into the order of their time.
//!
//! Networks shuffle, and terminals send in a batch what they could not send before. A view waits until the newest one of its
//! source is `lateness` ahead of it (the watermark), and is then told. What is older than what was told already is counted
//! and left out: rules look ahead only. Views of one instant are one view.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::View;
use jiff::{SignedDuration, Timestamp};

/// The views of one source that wait for earlier ones.
#[derive(Debug)]
pub struct Reorder {
    lateness: SignedDuration,
    waiting: BTreeMap<Timestamp, View>,
    told: Timestamp,
    late: u64,
}

/// Beyond so many the oldest are told before their time, so that one wrong clock does not hold everything.
const MOST_WAITING: usize = 4096;

impl Reorder {
    /// `lateness`: how much older than the newest a view may be.
    pub fn new(lateness: Duration) -> Self {
        let lateness = SignedDuration::try_from(lateness).unwrap_or(SignedDuration::MAX);
        Self { lateness, waiting: BTreeMap::new(), told: Timestamp::MIN, late: 0 }
    }

    /// Takes a view; what may be judged now, oldest first.
    pub fn take(&mut self, view: View) -> Vec<View> {
        if view.at <= self.told {
            self.late += 1;
            return Vec::new();
        }
        match self.waiting.get_mut(&view.at) {
            Some(same) => join(same, view),
            None => drop(self.waiting.insert(view.at, view)),
        }
        let newest = self.waiting.last_key_value().map_or(self.told, |(at, _)| *at);
        self.up_to(newest.saturating_sub(self.lateness).unwrap_or(Timestamp::MIN))
    }

    /// Time has come to `watermark` though the source is silent: what is not newer is judged.
    pub fn up_to(&mut self, watermark: Timestamp) -> Vec<View> {
        let mut ready = Vec::new();
        while let Some((&at, _)) = self.waiting.first_key_value() {
            if at > watermark && ready.len() + MOST_WAITING >= self.waiting.len() {
                break;
            }
            let (at, view) = self.waiting.pop_first().expect("there is a first one");
            self.told = at;
            ready.push(view);
        }
        ready
    }

    /// All that waits, at the end of a source.
    pub fn finish(&mut self) -> Vec<View> {
        self.up_to(Timestamp::MAX)
    }

    /// Views that came too late to matter.
    pub fn late(&self) -> u64 {
        self.late
    }
}

/// Two parts of what was seen at one instant, in an order that does not depend on which came first.
fn join(view: &mut View, other: View) {
    for seen in other.observations {
        if !view.observations.contains(&seen) {
            view.observations.push(seen);
        }
    }
    view.observations.sort_by(|a, b| {
        let key = |one: &domain::Observation| {
            (one.track, one.seen.map(|seen| [seen.x.to_bits(), seen.y.to_bits()]))
        };
        key(a).cmp(&key(b))
    });
    view.frame = view.frame.min(other.frame);
}

#[cfg(test)]
mod tests {
    use domain::{Class, Mount, Observation, Place, RelBox, Size, SourceId, TimeBasis, TrackId};

    use super::*;

    fn view(second: i64, track: u64) -> View {
        let seen = Observation {
            track: TrackId(track),
            class: Class::Car,
            score: 0.9,
            seen: Some(RelBox { x: 0.1, y: 0.1, w: 0.1, h: 0.1 }),
            place: Place::Image { x: 0.15, y: 0.2 },
            look: None,
        };
        View {
            source: SourceId::known("cam"),
            at: Timestamp::from_second(second).unwrap(),
            basis: TimeBasis::Capture,
            frame: 0,
            size: Size { width: 100, height: 100 },
            mount: Mount::Fixed,
            observations: vec![seen],
        }
    }

    fn seconds(views: &[View]) -> Vec<i64> {
        views.iter().map(|view| view.at.as_second()).collect()
    }

    #[test]
    fn a_view_waits_for_earlier_ones() {
        let mut order = Reorder::new(Duration::from_secs(5));
        assert_eq!(seconds(&order.take(view(10, 1))), [0; 0]);
        assert_eq!(seconds(&order.take(view(8, 1))), [0; 0]);
        assert_eq!(seconds(&order.take(view(14, 1))), [8]);
        assert_eq!(seconds(&order.take(view(7, 1))), [0; 0], "too late");
        assert_eq!(order.late(), 1);
        assert_eq!(seconds(&order.take(view(20, 1))), [10, 14]);
        assert_eq!(seconds(&order.finish()), [20]);
    }

    #[test]
    fn a_silent_source_is_judged_when_its_time_has_come() {
        let mut order = Reorder::new(Duration::from_secs(5));
        order.take(view(10, 1));
        order.take(view(12, 1));
        assert_eq!(seconds(&order.up_to(Timestamp::from_second(11).unwrap())), [10]);
    }

    #[test]
    fn without_lateness_nothing_waits() {
        let mut order = Reorder::new(Duration::ZERO);
        assert_eq!(seconds(&order.take(view(10, 1))), [10]);
        assert_eq!(seconds(&order.take(view(9, 1))), [0; 0]);
    }

    #[test]
    fn views_of_one_instant_are_one() {
        let told = |tracks: [u64; 3]| {
            let mut order = Reorder::new(Duration::from_secs(5));
            for track in tracks {
                order.take(view(10, track));
            }
            order.finish()
        };
        assert_eq!(told([1, 2, 1]), told([2, 1, 1]));
        assert_eq!(told([1, 2, 1])[0].observations.len(), 2);
    }

    #[test]
    fn a_wrong_clock_does_not_hold_everything() {
        let mut order = Reorder::new(Duration::from_hours(1000));
        let told: usize = (0..5000).map(|second| order.take(view(second, 1)).len()).sum();
        assert_eq!(told, 5000 - MOST_WAITING);
    }

    proptest::proptest! {
        #[test]
        fn order_within_the_window_changes_nothing(shuffle in proptest::collection::vec(0_i64..5, 60)) {
            // Each view is late by less than the lateness: sent in the order of time plus delay.
            let mut sent: Vec<(i64, i64)> =
                shuffle.iter().zip(0..).map(|(late, second)| (second + late, second)).collect();
            sent.sort_unstable();
            let mut order = Reorder::new(Duration::from_secs(5));
            let mut told = Vec::new();
            for (_, second) in sent {
                told.extend(seconds(&order.take(view(second, 1))));
            }
            told.extend(seconds(&order.finish()));
            proptest::prop_assert_eq!(told, (0..60).collect::<Vec<_>>());
            proptest::prop_assert_eq!(order.late(), 0);
        }
    }
}
