//! Decoded frames of all sources, waiting for the detector.
//!
//! Sources take turns, so that a busy one does not starve the others.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use domain::{FlightWarning, Frame, SourceId};
use ingest::Taken;

/// What a source does when the detector is slower.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenFull {
    /// Wait: every frame of a recording is looked at.
    Block,
    /// Replace the waiting frame: a late live frame is worth less than a fresh one.
    KeepNewest,
}

/// What comes out.
#[derive(Debug)]
pub(crate) enum Item {
    Frame(Frame),
    /// This file of a flight was looked at by an earlier run: what was seen then takes the place of its
    /// frames.
    Recall(SourceId, u32),
    /// A file of a flight has been read to its end, with what was wrong with it.
    Read(SourceId, u32, Option<FlightWarning>),
    /// The source has ended.
    End(SourceId),
}

/// Frames a recording may be ahead of the detector.
const AHEAD: usize = 4;

#[derive(Debug, Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    /// Something came in, or the inbox was closed.
    filled: Condvar,
    /// Something went out, or the inbox was closed.
    emptied: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lanes: BTreeMap<SourceId, VecDeque<Item>>,
    /// Whose turn it is next: sources with something waiting, each once.
    turns: VecDeque<SourceId>,
    closed: bool,
}

impl Inbox {
    /// Puts a frame in its source's lane.
    pub(crate) fn put(&self, frame: Frame, when_full: WhenFull) -> Taken {
        let mut state = self.state();
        let id = frame.source.clone();
        while when_full == WhenFull::Block && !state.closed && state.waiting(&id) >= AHEAD {
            state = self.emptied.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return Taken::Closed;
        }
        let displaced = when_full == WhenFull::KeepNewest && state.drop_waiting(&id);
        state.push(id, Item::Frame(frame));
        self.filled.notify_one();
        if displaced { Taken::Displaced } else { Taken::Kept }
    }

    /// Marks the end of a source, behind its last frame.
    pub(crate) fn end(&self, id: SourceId) {
        self.mark(id.clone(), Item::End(id));
    }

    /// A file of a flight need not be read: it is recalled.
    pub(crate) fn recall(&self, flight: &SourceId, part: u32) {
        self.mark(flight.clone(), Item::Recall(flight.clone(), part));
    }

    /// Marks the end of a file of a flight, behind its last frame.
    pub(crate) fn read(&self, flight: &SourceId, part: u32, warning: Option<FlightWarning>) {
        self.mark(flight.clone(), Item::Read(flight.clone(), part, warning));
    }

    fn mark(&self, id: SourceId, mark: Item) {
        let mut state = self.state();
        if !state.closed {
            state.push(id, mark);
            self.filled.notify_one();
        }
    }

    /// Waits for the next item; `None` once the inbox is closed and empty.
    pub(crate) fn take(&self) -> Option<Item> {
        let mut state = self.state();
        loop {
            if let Some(item) = state.pop() {
                self.emptied.notify_all();
                return Some(item);
            }
            if state.closed {
                return None;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// What waits already, without waiting for more.
    pub(crate) fn try_take(&self) -> Option<Item> {
        let item = self.state().pop();
        if item.is_some() {
            self.emptied.notify_all();
        }
        item
    }

    /// Nothing more comes in; what waits can still be taken.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_all();
        self.emptied.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn waiting(&self, id: &SourceId) -> usize {
        self.lanes.get(id).map_or(0, VecDeque::len)
    }

    fn push(&mut self, id: SourceId, item: Item) {
        let lane = self.lanes.entry(id.clone()).or_default();
        if lane.is_empty() {
            self.turns.push_back(id);
        }
        lane.push_back(item);
    }

    /// Drops the waiting frames of a live source. An end that waits before them stays.
    fn drop_waiting(&mut self, id: &SourceId) -> bool {
        let Some(lane) = self.lanes.get_mut(id) else { return false };
        let before = lane.len();
        lane.retain(|item| !matches!(item, Item::Frame(_)));
        if lane.is_empty() {
            self.turns.retain(|turn| turn != id);
        }
        before > lane.len()
    }

    fn pop(&mut self) -> Option<Item> {
        let id = self.turns.pop_front()?;
        let lane = self.lanes.get_mut(&id)?;
        let item = lane.pop_front();
        if !lane.is_empty() {
            self.turns.push_back(id);
        }
        item
    }
}

#[cfg(test)]
mod tests {
    use domain::{Size, TimeBasis};
    use jiff::Timestamp;

    use super::*;

    fn frame(source: &str, number: u64) -> Frame {
        let size = Size::new(1, 1).unwrap();
        let source = SourceId::new(source).unwrap();
        Frame::new(source, number, Timestamp::UNIX_EPOCH, TimeBasis::Media, size, vec![0; 3].into())
            .unwrap()
    }

    fn drain(inbox: &Inbox) -> Vec<String> {
        inbox.close();
        std::iter::from_fn(|| inbox.take())
            .map(|item| match item {
                Item::Frame(frame) => format!("{}{}", frame.source, frame.number),
                Item::End(id) => format!("{id} end"),
                Item::Recall(id, part) => format!("{id} recall {part}"),
                Item::Read(id, part, _) => format!("{id} read {part}"),
            })
            .collect()
    }

    #[test]
    fn sources_take_turns() {
        let inbox = Inbox::default();
        for number in 0..3 {
            assert_eq!(inbox.put(frame("a", number), WhenFull::Block), Taken::Kept);
        }
        inbox.put(frame("b", 0), WhenFull::Block);
        inbox.end(SourceId::new("b").unwrap());
        assert_eq!(drain(&inbox), ["a0", "b0", "a1", "b end", "a2"]);
    }

    #[test]
    fn live_keeps_the_newest() {
        let inbox = Inbox::default();
        assert_eq!(inbox.put(frame("a", 0), WhenFull::KeepNewest), Taken::Kept);
        assert_eq!(inbox.put(frame("a", 1), WhenFull::KeepNewest), Taken::Displaced);
        inbox.put(frame("b", 7), WhenFull::KeepNewest);
        assert_eq!(drain(&inbox), ["a1", "b7"]);
        assert_eq!(inbox.put(frame("a", 2), WhenFull::KeepNewest), Taken::Closed);
    }

    #[test]
    fn recordings_wait() {
        let inbox = Inbox::default();
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                (0..100).map(|n| inbox.put(frame("a", n), WhenFull::Block)).collect::<Vec<_>>()
            });
            for number in 0..100 {
                let Some(Item::Frame(frame)) = inbox.take() else { panic!("a frame") };
                assert_eq!(frame.number, number);
            }
            assert!(reader.join().unwrap().iter().all(|taken| *taken == Taken::Kept));
        });
    }
}
