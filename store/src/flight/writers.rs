//! Who writes which file: one upload at a time for each, and so many in all.
//!
//! Over a bad network a connection dies without a word, and the client comes back on another one
//! long before the server can know. So an upload on which nothing moved for a while has to give
//! its place to the one that comes after it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::FlightId;
use tokio::sync::{Notify, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::FlightError;

/// Uploads at a time; each holds a thread.
const MOST: usize = 64;
/// An upload that is silent for so long can be taken over.
const QUIET: Duration = Duration::from_secs(5);
/// How long one that was told to go may take to sync what it has.
const LEAVE: Duration = Duration::from_secs(10);

/// Flight and number of a file.
type Key = (FlightId, u64);

#[derive(Debug)]
pub(crate) struct Writers {
    places: Arc<Semaphore>,
    gates: Mutex<BTreeMap<Key, Arc<Gate>>>,
    quiet: Duration,
}

/// What concerns one file.
#[derive(Debug, Default)]
struct Gate {
    held: Arc<tokio::sync::Mutex<()>>,
    /// Of the upload that holds it.
    holder: Mutex<Option<Holder>>,
}

#[derive(Debug, Clone)]
struct Holder {
    moved: Instant,
    go: Arc<Notify>,
}

/// The right to write one file, until it is dropped.
#[derive(Debug)]
pub(super) struct Writing {
    gate: Arc<Gate>,
    go: Arc<Notify>,
    _held: OwnedMutexGuard<()>,
    _place: OwnedSemaphorePermit,
}

impl Default for Writers {
    fn default() -> Self {
        Self::new(QUIET)
    }
}

impl Writers {
    fn new(quiet: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(MOST)), gates: Mutex::default(), quiet }
    }

    /// The right to write a file, taken from an upload that went silent if need be.
    pub(super) async fn take(&self, flight: FlightId, n: u64) -> Result<Writing, FlightError> {
        let full = |_full| FlightError::Busy;
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(full)?;
        let gate = self.gate((flight, n));
        let held = match Arc::clone(&gate.held).try_lock_owned() {
            Ok(held) => held,
            Err(_taken) => {
                let locked = FlightError::Locked { flight, n };
                let holder = locked_part(&gate.holder).clone();
                match holder.filter(|holder| holder.moved.elapsed() >= self.quiet) {
                    Some(holder) => holder.go.notify_one(),
                    None => return Err(locked),
                }
                let waiting = timeout(LEAVE, Arc::clone(&gate.held).lock_owned()).await;
                waiting.map_err(|_elapsed| locked)?
            }
        };
        let go = Arc::new(Notify::new());
        let holder = Holder { moved: Instant::now(), go: Arc::clone(&go) };
        *locked_part(&gate.holder) = Some(holder);
        Ok(Writing { gate, go, _held: held, _place: place })
    }

    /// Whether somebody writes a file of this flight.
    pub(super) fn at_work(&self, flight: FlightId) -> bool {
        let gates = locked_part(&self.gates);
        gates.range((flight, 0)..=(flight, u64::MAX)).any(|(_, gate)| gate.held.try_lock().is_err())
    }

    fn gate(&self, key: Key) -> Arc<Gate> {
        let mut gates = locked_part(&self.gates);
        // Gates that nobody holds or waits at.
        gates.retain(|_, gate| Arc::strong_count(gate) > 1);
        Arc::clone(gates.entry(key).or_default())
    }
}

impl Writing {
    /// Something arrived.
    pub(super) fn moved(&self) {
        if let Some(holder) = &mut *locked_part(&self.gate.holder) {
            holder.moved = Instant::now();
        }
    }

    /// Resolves when another upload of the file is to take over.
    pub(super) fn told_to_go(&self) -> Arc<Notify> {
        Arc::clone(&self.go)
    }
}

/// Nothing can be half done under these locks, so that a panic elsewhere does not spoil them.
fn locked_part<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLIGHT: FlightId = FlightId(1);

    #[tokio::test]
    async fn one_at_a_time_for_each_file() {
        let writers = Writers::default();
        let first = writers.take(FLIGHT, 1).await.unwrap();
        let second = writers.take(FLIGHT, 1).await.unwrap_err();
        assert!(matches!(second, FlightError::Locked { n: 1, .. }), "{second}");
        drop(writers.take(FLIGHT, 2).await.unwrap());
        assert!(writers.at_work(FLIGHT) && !writers.at_work(FlightId(2)));
        drop(first);
        assert!(!writers.at_work(FLIGHT));
        drop(writers.take(FLIGHT, 1).await.unwrap());
    }

    #[tokio::test]
    async fn a_silent_one_gives_way_and_only_once() {
        let writers = Writers::new(Duration::ZERO);
        let first = writers.take(FLIGHT, 1).await.unwrap();
        let told = first.told_to_go();
        let leaving = async {
            told.notified().await;
            drop(first);
        };
        let (second, ()) = tokio::join!(writers.take(FLIGHT, 1), leaving);
        // What was meant for the first does not reach the second.
        let told = second.unwrap().told_to_go();
        let meant = tokio::time::timeout(Duration::ZERO, told.notified()).await;
        assert!(meant.is_err());
    }

    #[tokio::test]
    async fn so_many_in_all() {
        let writers = Writers::default();
        let mut held = Vec::new();
        for n in 0..MOST as u64 {
            held.push(writers.take(FLIGHT, n).await.unwrap());
        }
        let more = writers.take(FLIGHT, 999).await.unwrap_err();
        assert!(matches!(more, FlightError::Busy), "{more}");
        held.pop();
        drop(writers.take(FLIGHT, 999).await.unwrap());
        assert!(writers.gates.lock().unwrap().len() <= MOST + 1);
    }
}
