//! What is remembered of one truck.

use domain::{Alert, GroundFix, TerminalId};
use jiff::{SignedDuration, Timestamp};

use super::motion::Motion;
use super::path::Path;
use super::permit::bare;
use super::said::Waiting;
use super::sights::Tip;
use super::trip::Trip;
use super::violation::Violation;
use super::watch::Watch;

/// A truck, by its terminal.
#[derive(Debug)]
pub(super) struct Truck {
    pub(super) terminal: TerminalId,
    pub(super) plate: Option<Box<Plate>>,
    pub(super) waiting: Waiting,
    /// How far the time of all had come when the last report came.
    pub(super) arrived: Option<Timestamp>,
    /// The last report that was judged.
    pub(super) heard: Option<Timestamp>,
    pub(super) path: Path,
    pub(super) motion: Motion,
    pub(super) trip: Trip,
    pub(super) watches: [Watch; 7],
    /// A body is up where it should not be: whoever else saw it is waited for.
    pub(super) act: Option<Box<Act>>,
    /// The last act of tipping that was told, so that it is told once.
    pub(super) told: Option<Box<Told>>,
}

/// The newest that a terminal said of its plate.
#[derive(Debug)]
pub(super) struct Plate {
    at: Timestamp,
    pub(super) full: String,
    /// As plates are compared.
    pub(super) bare: String,
}

/// Tipping that was found and is not told yet.
#[derive(Debug)]
pub(super) struct Act {
    pub(super) since: Timestamp,
    pub(super) held: SignedDuration,
    pub(super) due: Timestamp,
    pub(super) fix: GroundFix,
    /// How probably it was where it may tip.
    pub(super) legal: f64,
    /// A camera saw it too.
    pub(super) seen: Option<Tip>,
}

/// Tipping that was told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    pub(super) at: Timestamp,
    pub(super) fix: GroundFix,
}

impl Truck {
    pub(super) fn new(terminal: TerminalId) -> Self {
        Self {
            terminal,
            plate: None,
            waiting: Waiting::default(),
            arrived: None,
            heard: None,
            path: Path::default(),
            motion: Motion::default(),
            trip: Trip::default(),
            watches: Default::default(),
            act: None,
            told: None,
        }
    }

    pub(super) const fn watch(&mut self, violation: Violation) -> &mut Watch {
        &mut self.watches[violation as usize]
    }

    /// The newest plate holds, whatever order they came in.
    pub(super) fn name(&mut self, at: Timestamp, plate: &str) {
        if self.plate.as_ref().is_some_and(|known| known.at >= at || known.full == plate) {
            return;
        }
        let (full, bare) = (plate.to_owned(), bare(plate));
        self.plate = (!bare.is_empty()).then(|| Box::new(Plate { at, full, bare }));
    }

    pub(super) fn bare_plate(&self) -> Option<&str> {
        self.plate.as_ref().map(|plate| plate.bare.as_str())
    }

    /// When anything was known of it last.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.waiting.newest().max(self.open().map(|alert| alert.last_seen).max())
    }

    fn open(&self) -> impl Iterator<Item = &Alert> {
        self.watches.iter().filter_map(Watch::alert)
    }
}

#[cfg(test)]
impl Truck {
    /// With what it holds on the heap, and what the map takes for it.
    pub(super) fn bytes(&self) -> usize {
        use std::mem::{size_of, size_of_val};
        let plate = self.plate.as_ref();
        let heap = [
            plate.map_or(0, |p| size_of::<Plate>() + p.full.capacity() + p.bare.capacity()),
            self.motion.stop.as_ref().map_or(0, |stop| size_of_val(&**stop)),
            self.trip.turns.capacity() * size_of::<super::trip::Turn>(),
            self.waiting.heap_bytes(),
            self.told.as_ref().map_or(0, |told| size_of_val(&**told)),
            self.terminal.as_str().len() + 16,
        ];
        assert!(self.act.is_none() && self.watches.iter().all(|w| matches!(w, Watch::Quiet)));
        size_of::<(TerminalId, Self)>() + heap.iter().sum::<usize>()
    }
}
