//! The trip of a truck: idle → loaded → en route → unloading → closed, by its load sensor.
//!
//! A load that nobody tells is no load: a truck without a sensor, or with one that fell silent, is on no trip.

use domain::{FenceId, LonLat};
use jiff::Timestamp;

use super::config::TruckRules;
use super::motion::Stop;
use super::time::span;

/// How far a trip is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    /// Empty, or nobody knows.
    #[default]
    Idle,
    /// Loaded, where that happened.
    Loaded,
    /// Drove off with it.
    EnRoute,
    /// Its body is up, or it stands where it may tip.
    Unloading,
    /// Empty again.
    Closed,
}

impl State {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Loaded => "loaded",
            Self::EnRoute => "en_route",
            Self::Unloading => "unloading",
            Self::Closed => "closed",
        }
    }
}

/// A state was entered.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Turn {
    pub(super) at: Timestamp,
    pub(super) state: State,
    pub(super) fence: Option<FenceId>,
}

/// The last trip, or the one it is on.
#[derive(Debug, Default)]
pub(super) struct Trip {
    pub(super) state: State,
    pub(super) turns: Vec<Turn>,
    /// The construction site where it was loaded, where that was seen.
    pub(super) origin: Option<FenceId>,
    load: Load,
}

/// Whether it is loaded, by readings that last.
#[derive(Debug, Default)]
struct Load {
    now: Option<bool>,
    /// It says otherwise since then, and there.
    turning: Option<Box<Turning>>,
    told_at: Option<Timestamp>,
}

/// Where the load began to change.
#[derive(Debug, Clone)]
pub(super) struct Turning {
    pub(super) at: Timestamp,
    pub(super) spot: Spot,
}

/// What a place is to a load.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Spot {
    pub(super) place: Option<LonLat>,
    pub(super) site: Option<FenceId>,
    pub(super) tip: Option<FenceId>,
    /// It may tip here, or perhaps.
    pub(super) legal: bool,
    /// The stop that it was in, or had been in.
    pub(super) stop: Option<Box<Stop>>,
}

/// What became of the load.
#[derive(Debug)]
pub(super) enum Change {
    None,
    Loaded,
    Emptied(Turning),
}

/// A trip tells of no more turns than this; the newest go.
const MOST_TURNS: usize = 32;

impl Trip {
    pub(super) const fn is_loaded(&self) -> bool {
        matches!(self.state, State::Loaded | State::EnRoute | State::Unloading)
    }

    /// It left where it was loaded.
    pub(super) const fn is_under_way(&self) -> bool {
        matches!(self.state, State::EnRoute | State::Unloading)
    }

    pub(super) fn since(&self) -> Option<Timestamp> {
        self.turns.first().map(|turn| turn.at)
    }

    /// When it became empty, if that is known and it still is.
    pub(super) fn empty_since(&self) -> Option<Timestamp> {
        let last = self.turns.last().filter(|turn| turn.state == State::Closed)?;
        (self.load.now == Some(false)).then_some(last.at)
    }

    /// Known to be empty, and never loaded as far as anybody remembers.
    pub(super) fn is_empty(&self) -> bool {
        self.load.now == Some(false)
    }

    /// Takes a reading of the load; `spot` is asked for when it begins to change.
    pub(super) fn take(
        &mut self,
        at: Timestamp,
        loaded: Option<bool>,
        spot: impl FnOnce() -> Spot,
        config: &TruckRules,
    ) -> Change {
        let Some(loaded) = loaded else {
            let silent = self
                .load
                .told_at
                .is_some_and(|told| at.duration_since(told) >= span(config.lost_after));
            if silent && self.load.now.is_some() {
                self.load = Load::default();
                self.enter(at, State::Idle, None);
            }
            return Change::None;
        };
        self.load.told_at = Some(at);
        if self.load.now == Some(loaded) {
            self.load.turning = None;
            return Change::None;
        }
        let turning =
            self.load.turning.get_or_insert_with(|| Box::new(Turning { at, spot: spot() }));
        if at.duration_since(turning.at) < span(config.settle) {
            return Change::None;
        }
        let turning = Turning::clone(turning);
        let before = self.load.now.replace(loaded);
        self.load.turning = None;
        if loaded {
            // Whoever was not seen empty may have been loaded anywhere.
            self.origin = turning.spot.site.filter(|_| before == Some(false));
            self.turns.clear();
            self.enter(turning.at, State::Loaded, self.origin.clone());
            return Change::Loaded;
        }
        if before.is_none() {
            return Change::None;
        }
        self.enter(turning.at, State::Closed, turning.spot.tip.clone());
        Change::Emptied(turning)
    }

    pub(super) fn enter(&mut self, at: Timestamp, state: State, fence: Option<FenceId>) {
        if self.state != state {
            self.state = state;
            if state == State::Idle {
                self.turns = Vec::new();
                self.origin = None;
            } else if self.turns.len() < MOST_TURNS || state == State::Closed {
                self.turns.push(Turn { at, state, fence });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report each 10 s: `f` full, `e` empty, `?` unknown. Tells the state after each, and where it was entered.
    #[track_caller]
    fn check(story: &str, wanted: &str) {
        let (mut trip, config) = (Trip::default(), TruckRules::default());
        let site = FenceId::new("site").unwrap();
        let told: String = (0i64..)
            .zip(story.chars())
            .map(|(nth, load)| {
                let at = Timestamp::from_second(10 * nth).unwrap();
                let loaded = match load {
                    'f' => Some(true),
                    'e' => Some(false),
                    _ => None,
                };
                let spot = || Spot { site: Some(site.clone()), ..Spot::default() };
                match trip.take(at, loaded, spot, &config) {
                    Change::Emptied(turning) => assert_eq!(turning.at, trip.turns[1].at),
                    Change::Loaded | Change::None => {}
                }
                match trip.state {
                    State::Idle => 'i',
                    State::Loaded if trip.origin.is_some() => 'S',
                    State::Loaded => 'l',
                    State::Closed => 'c',
                    State::EnRoute | State::Unloading => '?',
                }
            })
            .collect();
        assert_eq!(told, wanted, "{story}");
    }

    #[test]
    fn a_load_settles() {
        check("eeeeffffff", "iiiiiiiSSS");
        check("eeeeffeffff", "iiiiiiiiiiS");
        check("ffffffee?eee", "iiilllllllcc".replace("lllllllcc", "llllllccc").as_str());
        check("ffff?????ff", "iiillllllll");
    }

    #[test]
    fn a_load_that_nobody_tells_is_none() {
        let unknown = "?".repeat(182);
        let wanted = format!("iiil{}ii", "l".repeat(179));
        check(&format!("ffff{unknown}"), &format!("{wanted}i"));
    }
}
