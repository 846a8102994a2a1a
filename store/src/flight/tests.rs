//! Flights from the first byte to the report.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use domain::{FlightId, FlightReport, FlightState, FlightSummary, GroundLook, SimulatedClock};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::SignedDuration;

use super::*;
use crate::digest::sha256_hex;
use crate::testing::{Bench, time};
use crate::{Config, Store};

/// `text` in pieces of three bytes.
fn pieces(text: &str) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send + Unpin {
    let all: Vec<_> = text.as_bytes().chunks(3).map(|p| Ok(Bytes::copy_from_slice(p))).collect();
    stream::iter(all)
}

fn broken() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

async fn uploaded(store: &Store, name: &str, text: &str) -> FlightId {
    let flight = store.new_flight(name, "li").await.unwrap().id;
    let file = store.new_file(flight, "a.srt", text.len() as u64).await.unwrap();
    store.append(flight, file.n, 0, pieces(text)).await.unwrap();
    flight
}

fn report(looks: i64) -> FlightReport {
    let look = |second| GroundLook {
        at: time(second),
        media: 0,
        media_s: 0.0,
        ring: [[120.0, 30.0], [120.5, 30.0], [120.5, 30.5], [120.0, 30.0]].to_vec(),
        gsd_cm: 2.5,
        objects: 3,
        empty: Vec::new(),
    };
    FlightReport {
        summary: FlightSummary { findings: 7, ..FlightSummary::default() },
        media: Vec::new(),
        warnings: Vec::new(),
        findings: Vec::new(),
        track: Vec::new(),
        looks: (0..looks).map(look).collect(),
        route: Vec::new(),
        off_route_m: None,
    }
}

#[tokio::test]
async fn what_arrived_before_a_cut_stays_and_is_gone_on_with() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let flight = store.new_flight(" 早班 ", "li").await.unwrap();
    assert_eq!((flight.id, flight.name.as_str()), (FlightId(1), "早班"));
    let n = store.new_file(flight.id, "100MEDIA/a.mp4", 10).await.unwrap().n;
    let cut = stream::iter([Ok("0123".into()), Ok("45".into()), Err(broken()), Ok("x".into())]);
    let error = store.append(flight.id, n, 0, cut).await.unwrap_err();
    assert!(matches!(error, FlightError::Broken { at: 6, .. }), "{error}");

    // The program is started again.
    store.close().await.unwrap();
    let store = bench.another_store().await.unwrap();
    let file = store.flight_file(flight.id, n).await.unwrap();
    assert_eq!((file.received, file.state), (6, FileState::Uploading));
    for offset in [0, 5, 7] {
        let error = store.append(flight.id, n, offset, pieces("x")).await.unwrap_err();
        assert!(matches!(error, FlightError::Offset { at: 6, .. }), "{error}");
    }
    assert_eq!(store.append(flight.id, n, 6, pieces("6789")).await.unwrap(), 10);
    let file = store.flight_file(flight.id, n).await.unwrap();
    assert_eq!(file.state, FileState::Received);
    assert_eq!(file.sha256, Some(sha256_hex(b"0123456789")));
    // Asked once more, as clients do that did not hear the answer.
    assert_eq!(store.append(flight.id, n, 10, pieces("")).await.unwrap(), 10);
    let flight = store.flight(flight.id).await.unwrap().unwrap();
    assert_eq!((flight.files, flight.bytes, flight.received), (1, 10, 10));
}

#[tokio::test]
async fn a_request_that_is_dropped_keeps_what_arrived() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let flight = store.new_flight("", "li").await.unwrap();
    assert_eq!(flight.name, "flight-1");
    let n = store.new_file(flight.id, "a", 10).await.unwrap().n;
    let silent = pieces("012").chain(stream::pending());
    let mut upload = Box::pin(store.append(flight.id, n, 0, silent));
    let arrived = async {
        while store.flight_files(flight.id).await.unwrap()[0].received < 3 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        ended = &mut upload => panic!("{ended:?}"),
        () = arrived => {}
    }
    let second = store.append(flight.id, n, 3, pieces("3")).await.unwrap_err();
    assert!(matches!(second, FlightError::Locked { .. }), "{second}");
    let removed = store.remove_file(flight.id, n).await.unwrap_err();
    assert!(matches!(removed, FlightError::Locked { .. }), "{removed}");
    drop(upload);
    // The thread may still be syncing.
    let end = loop {
        match store.append(flight.id, n, 3, pieces("3456789")).await {
            Err(FlightError::Locked { .. }) => tokio::task::yield_now().await,
            end => break end,
        }
    };
    assert_eq!(end.unwrap(), 10);
}

#[tokio::test]
async fn more_than_was_announced_is_refused() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let flight = store.new_flight("", "li").await.unwrap().id;
    let n = store.new_file(flight, "a", 5).await.unwrap().n;
    let error = store.append(flight, n, 0, pieces("012345")).await.unwrap_err();
    assert!(matches!(error, FlightError::Beyond { bytes: 5, at: 3 }), "{error}");
    assert_eq!(store.append(flight, n, 3, pieces("34")).await.unwrap(), 5);
}

#[tokio::test]
async fn files_that_are_not_taken() {
    let mut bench = Bench::new().await;
    bench.config.uploads.max_file_bytes = 100;
    bench.config.uploads.max_flight_bytes = 150;
    let store = bench.another_store().await.unwrap();
    let flight = store.new_flight("", "li").await.unwrap().id;
    store.new_file(flight, "a", 100).await.unwrap();
    for (name, bytes, expected) in [
        ("a", 1, "flight 1 has a file `a` already, number 1"),
        ("../b", 1, "`../b` cannot be the name of a file"),
        ("b", 101, "at most 100 are accepted"),
        ("b", 51, "would have 151 bytes with `b`: at most 150"),
    ] {
        let error = store.new_file(flight, name, bytes).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let nowhere = store.new_file(FlightId(9), "a", 1).await.unwrap_err();
    assert!(matches!(nowhere, FlightError::NoFlight { .. }), "{nowhere}");
    // The place of a removed file is free, its number is not.
    store.remove_file(flight, 1).await.unwrap();
    assert_eq!(store.new_file(flight, "a", 50).await.unwrap().n, 2);
}

/// The bytes of all files below a folder.
fn used(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let length = |entry: std::fs::DirEntry| {
        if entry.file_type().unwrap().is_dir() {
            return used(&entry.path());
        }
        entry.metadata().unwrap().len()
    };
    entries.map(length).sum()
}

/// A store whose uploads lie on a disk of so many bytes, of which 1000 are to be kept free.
async fn on_small_disk(dir: &Path, size: &Arc<AtomicU64>) -> Store {
    let mut config =
        Config { database: dir.join("x.db"), evidence: dir.join("evidence"), ..Config::default() };
    config.uploads.keep_free_bytes = 1000;
    let size = Arc::clone(size);
    let probe = FreeSpace::from_fn(move |uploads| {
        Ok(size.load(Ordering::SeqCst).saturating_sub(used(uploads)))
    });
    let clock = Arc::new(SimulatedClock::at(time(0)));
    Store::open_measuring(&config, clock, probe).await.unwrap()
}

#[tokio::test]
async fn a_full_disk_keeps_what_arrived_and_is_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    let size = Arc::new(AtomicU64::new(1010));
    let store = on_small_disk(dir.path(), &size).await;
    let flight = store.new_flight("", "li").await.unwrap().id;
    let error = store.new_file(flight, "a", 11).await.unwrap_err();
    assert!(matches!(error, FlightError::NoSpace { free: 1010, keep: 1000 }), "{error}");
    let n = store.new_file(flight, "a", 10).await.unwrap().n;
    size.store(1004, Ordering::SeqCst);
    let error = store.append(flight, n, 0, pieces("0123456789")).await.unwrap_err();
    assert!(matches!(error, FlightError::NoSpace { free: 1001, keep: 1000 }), "{error}");
    let at = store.flight_file(flight, n).await.unwrap().received;
    assert_eq!(at, 3);
    size.store(5000, Ordering::SeqCst);
    assert_eq!(store.append(flight, n, at, pieces("3456789")).await.unwrap(), 10);
}

#[tokio::test]
async fn the_same_file_in_an_earlier_flight_is_named() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let first = uploaded(store, "", "same").await;
    let second = uploaded(store, "", "same").await;
    let third = uploaded(store, "", "other").await;
    let same = async |flight| store.flight_files(flight).await.unwrap()[0].duplicate_of.clone();
    assert_eq!(same(first).await, None);
    assert_eq!(same(second).await, Some(SameFile { flight: first, name: "a.srt".to_owned() }));
    assert_eq!(same(third).await, None);
    store.delete_flight(first).await.unwrap();
    assert_eq!(same(second).await, None);
    // Empty files are whole at once, and no duplicates.
    for flight in [second, third] {
        let empty = store.new_file(flight, "empty", 0).await.unwrap();
        assert_eq!((empty.state, empty.duplicate_of), (FileState::Received, None));
    }
}

#[tokio::test]
async fn the_states_of_a_flight() {
    use FlightState::{Done, Failed, Processing, Queued, Uploading};
    let take = async |store: &Store, flight, step| match step {
        Step::Start => store.start(flight).await.map(|flight| flight.state),
        Step::Claim => Ok(store.claim_flight().await?.map_or(Done, |flight| flight.state)),
        Step::Finish => store.finish(flight, &report(0)).await.map(|flight| flight.state),
        Step::Fail => store.fail(flight, "no pose").await.map(|flight| flight.state),
        Step::Retry => store.retry(flight).await.map(|flight| flight.state),
        Step::Resume => Ok(store.resume_flights().await.map(|_| Queued)?),
    };
    let roads: [(&[Step], FlightState); 5] = [
        (&[], Uploading),
        (&[Step::Start], Queued),
        (&[Step::Start, Step::Claim], Processing),
        (&[Step::Start, Step::Claim, Step::Finish], Done),
        (&[Step::Start, Step::Claim, Step::Fail], Failed),
    ];
    let bench = Bench::new().await;
    for (road, state) in roads {
        for step in [Step::Start, Step::Finish, Step::Fail, Step::Retry] {
            let flight = uploaded(&bench.store, "", "x").await;
            for step in road {
                take(&bench.store, flight, *step).await.unwrap();
            }
            let taken = take(&bench.store, flight, step).await;
            if step.from() == state {
                assert_eq!(taken.unwrap(), step.to());
            } else if step == Step::Finish && state == Done {
                assert_eq!(taken.unwrap(), Done);
            } else {
                let error = taken.unwrap_err();
                assert!(matches!(error, FlightError::State { .. }), "{error}");
            }
            let found = bench.store.flight(flight).await.unwrap().unwrap();
            assert_eq!(found.state, if step.from() == state { step.to() } else { state });
            // Out of the way of the next.
            while bench.store.claim_flight().await.unwrap().is_some() {}
        }
    }
}

#[tokio::test]
async fn what_is_not_whole_is_not_started() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let flight = store.new_flight("", "li").await.unwrap().id;
    let error = store.start(flight).await.unwrap_err();
    assert!(matches!(error, FlightError::Empty { .. }), "{error}");
    let n = store.new_file(flight, "a.mp4", 3).await.unwrap().n;
    let error = store.start(flight).await.unwrap_err();
    assert_eq!(error.to_string(), "flight 1 still waits for a.mp4: go on uploading or remove them");
    // A crash after the last byte: the hash is made up for.
    std::fs::create_dir_all(store.file_path(flight, n).parent().unwrap()).unwrap();
    std::fs::write(store.file_path(flight, n), "012").unwrap();
    assert_eq!(store.start(flight).await.unwrap().state, FlightState::Queued);
    let file = store.flight_file(flight, n).await.unwrap();
    assert_eq!(file.sha256, Some(sha256_hex(b"012")));
    for busy in [store.delete_flight(flight).await, store.remove_file(flight, n).await] {
        assert!(matches!(busy, Err(FlightError::State { .. })), "{busy:?}");
    }
}

#[tokio::test]
async fn queued_flights_are_taken_in_their_order_and_again_after_a_restart() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let claimed = async |store: &Store| store.claim_flight().await.unwrap().map(|f| f.id.0);
    let mut flights = Vec::new();
    for text in ["a", "b", "c"] {
        flights.push(uploaded(store, "", text).await);
    }
    for flight in [flights[2], flights[0], flights[1]] {
        store.start(flight).await.unwrap();
        bench.clock.advance(SignedDuration::from_secs(1));
    }
    let ahead = async |flight| store.flights_ahead(flight).await.unwrap();
    assert_eq!(
        (ahead(flights[2]).await, ahead(flights[0]).await, ahead(flights[1]).await),
        (0, 1, 2)
    );
    assert_eq!(claimed(store).await, Some(3));
    assert_eq!(ahead(flights[1]).await, 2, "one that is looked at, and one that waits");
    store.mark_file(flights[2], 1, &FileOutcome::Done).await.unwrap();
    store.progress(flights[2], 0.5, Some(60.0)).await.unwrap();
    let working = store.flight(flights[2]).await.unwrap().unwrap();
    assert_eq!((working.progress, working.eta_s), (Some(0.5), Some(60.0)));

    store.close().await.unwrap();
    let store = bench.another_store().await.unwrap();
    assert_eq!(store.resume_flights().await.unwrap(), [flights[2]]);
    let waiting = store.flight(flights[2]).await.unwrap().unwrap();
    assert_eq!((waiting.state, waiting.progress), (FlightState::Queued, None));
    assert_eq!(claimed(&store).await, Some(3), "what was begun comes first");
    assert_eq!(store.flight_files(flights[2]).await.unwrap()[0].state, FileState::Done);
    assert_eq!(claimed(&store).await, Some(1));
    assert_eq!(claimed(&store).await, Some(2));
    assert_eq!(claimed(&store).await, None);
}

#[tokio::test]
async fn a_failure_is_named_and_can_be_tried_again() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let flight = uploaded(store, "", "x").await;
    store.start(flight).await.unwrap();
    store.claim_flight().await.unwrap();
    store.mark_file(flight, 1, &FileOutcome::Failed("no video in it".to_owned())).await.unwrap();
    assert_eq!(
        store.fail(flight, "nothing to look at").await.unwrap().detail,
        "nothing to look at"
    );
    let again = store.retry(flight).await.unwrap();
    assert_eq!((again.state, again.detail.as_str()), (FlightState::Queued, ""));
    let file = store.flight_file(flight, 1).await.unwrap();
    assert_eq!((file.state, file.detail.as_str()), (FileState::Received, ""));
    store.claim_flight().await.unwrap();
    store.fail(flight, "still nothing").await.unwrap();
    store.delete_flight(flight).await.unwrap();
    assert_eq!(store.flight(flight).await.unwrap(), None);
    assert!(!store.file_path(flight, 1).exists());
    assert_eq!(store.new_flight("", "li").await.unwrap().id, FlightId(2), "numbers are given once");
}

#[tokio::test]
async fn a_report_and_its_looks_are_stored_once() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let flight = uploaded(store, "", "x").await;
    store.start(flight).await.unwrap();
    let early = store.report(flight).await.unwrap_err();
    assert!(matches!(early, FlightError::NotDone { .. }), "{early}");
    store.claim_flight().await.unwrap();
    let mut odd = report(1);
    odd.looks[0].gsd_cm = f64::NAN;
    let refused = store.finish(flight, &odd).await.unwrap_err();
    assert!(matches!(refused, FlightError::Unstorable { .. }), "{refused}");
    let done = store.finish(flight, &report(5)).await.unwrap();
    assert_eq!(done.summary.unwrap().findings, 7);
    store.finish(flight, &report(9)).await.unwrap();
    assert_eq!(store.report(flight).await.unwrap(), report(5));
    assert_eq!(store.flight_file(flight, 1).await.unwrap().state, FileState::Done);

    let seconds = async |from, bbox| -> Vec<i64> {
        let looks = store.looks_since(time(from), bbox).await.unwrap();
        looks.iter().map(|look| look.at.as_second() - time(0).as_second()).collect()
    };
    assert_eq!(seconds(0, None).await, [4, 3, 2, 1, 0]);
    assert_eq!(seconds(3, None).await, [4, 3]);
    for (bbox, seen) in [
        ([119.0, 29.0, 121.0, 31.0], 2),
        ([120.4, 30.4, 120.6, 30.6], 2),
        ([120.6, 30.0, 121.0, 31.0], 0),
        ([119.0, 29.0, 121.0, 29.9], 0),
    ] {
        assert_eq!(seconds(3, Some(bbox)).await.len(), seen, "{bbox:?}");
    }
    let look = store.looks_since(time(4), None).await.unwrap().remove(0);
    assert_eq!((look.flight, look.objects, look.ring.len()), (flight, 3, 4));
}

#[tokio::test]
async fn lists_are_cut_into_pages() {
    let bench = Bench::new().await;
    for _ in 0..5 {
        bench.store.new_flight("", "li").await.unwrap();
    }
    for limit in [1, 2, 5, 200] {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = bench.store.flights(before, limit).await.unwrap();
            seen.extend(page.items.iter().map(|flight| flight.id.0));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen, [5, 4, 3, 2, 1], "limit {limit}");
    }
}

#[tokio::test]
async fn listeners_hear_of_states_at_once_and_of_figures_once_a_second() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let mut changes = store.flight_changes();
    let mut heard = || std::iter::from_fn(|| changes.try_recv().ok()).count();
    let flight = uploaded(store, "", "x").await;
    // Made, and whole; what lies between is figures.
    assert_eq!(heard(), 2);
    store.start(flight).await.unwrap();
    store.claim_flight().await.unwrap();
    assert_eq!(heard(), 2);
    for tenth in 0..20 {
        store.progress(flight, f64::from(tenth) / 20.0, None).await.unwrap();
        bench.clock.advance(SignedDuration::from_millis(100));
    }
    assert_eq!(heard(), 1);
    store.fail(flight, "x").await.unwrap();
    assert_eq!(heard(), 1);
}

#[tokio::test]
async fn what_nobody_comes_back_for_is_removed() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let old = uploaded(store, "", "old").await;
    let started = uploaded(store, "", "started").await;
    store.start(started).await.unwrap();
    let gone = store.new_flight("", "li").await.unwrap().id;
    store.delete_flight(gone).await.unwrap();
    bench.clock.advance(SignedDuration::from_hours(7 * 24));
    let young = uploaded(store, "", "young").await;
    bench.clock.advance(SignedDuration::from_secs(1));
    let folder = |flight: FlightId| store.file_path(flight, 1).parent().unwrap().to_owned();
    // Left by a crash; somebody else's; no flight at all.
    let strangers = [folder(gone), folder(FlightId(99)), folder(gone).with_file_name("notes")];
    for folder in &strangers {
        std::fs::create_dir(folder).unwrap();
    }
    assert_eq!(store.remove_abandoned().await.unwrap(), [old]);
    let there = [old, started, young].map(|flight| folder(flight).exists());
    assert_eq!(there, [false, true, true]);
    assert_eq!(strangers.map(|folder| folder.exists()), [false, true, true]);
}

#[tokio::test]
async fn files_are_read_whole_and_in_parts() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let flight = uploaded(store, "", "0123456789").await;
    for (range, text) in [
        (None, "0123456789"),
        (Some(2..4), "23"),
        (Some(8..99), "89"),
        (Some(0..u64::MAX), "0123456789"),
    ] {
        let read = store.read_flight_file(flight, 1, range).await.unwrap();
        let body: Vec<_> = read.body.try_collect().await.unwrap();
        assert_eq!(body.concat(), text.as_bytes());
        assert_eq!(read.range.end - read.range.start, text.len() as u64);
    }
    let beyond = store.read_flight_file(flight, 1, Some(10..20)).await.unwrap_err();
    assert!(matches!(beyond, FlightError::Range { bytes: 10, .. }), "{beyond}");
    let coming = store.new_file(flight, "b", 5).await.unwrap().n;
    let early = store.read_flight_file(flight, coming, None).await.unwrap_err();
    assert!(matches!(early, FlightError::NotReceived { .. }), "{early}");
}

/// Handlers of the web server hold these futures.
#[test]
fn futures_can_cross_threads() {
    fn sendable<T: Send>(_: &T) {}
    let check = async |store: Store| {
        sendable(&store.new_file(FlightId(1), "a", 1));
        sendable(&store.append(FlightId(1), 1, 0, pieces("a")));
        sendable(&store.start(FlightId(1)));
        sendable(&store.remove_abandoned());
        sendable(&store.read_flight_file(FlightId(1), 1, None));
    };
    sendable(&check);
}
