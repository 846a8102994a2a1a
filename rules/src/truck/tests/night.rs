//! A night of 200 trucks: what is planted in it is found, and nothing else.
//!
//! The log is committed, and a test holds it to its generator. `XUNJIAN_WRITE_NIGHT=1` writes it anew.

mod log;
mod plot;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::TerminalReport;
use jiff::{SignedDuration, Timestamp};

use self::log::Night;
use super::driver::Dice;
use super::world;
use crate::{Fences, Outcome, Permits, TruckRules, TruckSeen, Trucks};

/// What arrives, by when it arrives.
#[derive(Debug, Clone)]
pub(super) enum Arrives {
    Report(TerminalReport),
    Seen(TruckSeen),
}

fn begins() -> Timestamp {
    "2026-11-16T20:00:00+08:00".parse().unwrap()
}

fn at(second: i64) -> Timestamp {
    begins() + SignedDuration::from_secs(second)
}

fn trucks(night: &Night) -> Trucks {
    let fences = Arc::new(Fences::new([world::fences().as_str()], []).unwrap());
    let file = world::permits(&night.plates());
    let permits = Permits::read([file], &Arc::default()).unwrap();
    assert!(permits.unknown_fences(&fences).is_empty());
    Trucks::new(fences, Arc::new(permits), TruckRules::default())
}

/// Plays what arrives, with the time of all going on beside it.
fn play(night: &Night, arriving: &[(i64, Arrives)]) -> (Vec<domain::Alert>, Trucks) {
    let (mut trucks, mut alerts, mut clock) = (trucks(night), Vec::new(), 0);
    let mut note = |outcomes: Vec<Outcome>| {
        for outcome in outcomes {
            match outcome {
                Outcome::Raised(alert) => alerts.push(*alert),
                Outcome::Updated(_) | Outcome::Ended(_) => {}
                other => panic!("{other:?}"),
            }
        }
    };
    for (when, what) in arriving {
        while clock < *when {
            clock += 5;
            note(trucks.advance(at(clock)));
        }
        note(match what {
            Arrives::Report(report) => trucks.hear(report),
            Arrives::Seen(seen) => trucks.see(seen.clone()),
        });
    }
    note(trucks.advance(at(clock + 3600)));
    alerts.sort_by_key(|alert| (alert.raised_at, alert.id));
    (alerts, trucks)
}

/// `rule terminal-or-track`, sorted.
fn told(alerts: &[domain::Alert]) -> Vec<String> {
    let who = |alert: &domain::Alert| match &alert.terminal {
        Some(terminal) => terminal.to_string(),
        None => format!("{}/{}", alert.source, alert.track.unwrap()),
    };
    let mut told: Vec<String> =
        alerts.iter().map(|alert| format!("{} {}", alert.rule, who(alert))).collect();
    told.sort();
    told
}

#[test]
fn the_log_is_what_its_generator_writes() {
    let written = plot::night().write();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/truck/tests/night/night.log");
    if std::env::var_os("XUNJIAN_WRITE_NIGHT").is_some() {
        std::fs::write(path, &written).unwrap();
    }
    assert!(written.len() < 2_000_000, "{} bytes", written.len());
    assert!(written == Night::TEXT, "the log differs from what its generator writes");
}

#[test]
fn all_that_is_planted_is_found_and_nothing_else() {
    let night = Night::read();
    let arriving = night.arriving();
    let (alerts, trucks) = play(&night, &arriving);
    let reports = arriving.iter().filter(|(_, what)| matches!(what, Arrives::Report(_))).count();
    let wanted = night.planted();
    let found = told(&alerts);
    println!(
        "{} trucks, {reports} reports: {} of {} planted found, {} false, {} near misses; {:?}",
        night.trucks(),
        found.iter().filter(|one| wanted.contains(one)).count(),
        wanted.len(),
        found.iter().filter(|one| !wanted.contains(one)).count(),
        night.near_misses(),
        trucks.counts()
    );
    for alert in &alerts {
        println!("  {} {:?} {}", alert.rule, alert.severity, alert.since);
    }
    assert_eq!((night.trucks(), wanted.len(), night.near_misses()), (200, 12, 30));
    assert_eq!(found, wanted);
    // What a camera and a terminal tell of one act is one alert, which names both.
    let dumped = |alert: &&domain::Alert| alert.rule.as_str() == "muck-dumping";
    let by: Vec<_> = alerts.iter().filter(dumped).map(|alert| &alert.source_name[..]).collect();
    assert_eq!(by, ["车载终端 Truck terminals", "车载终端 Truck terminals + camera-1"]);
}

#[test]
fn lost_reports_hide_nothing_and_make_nothing_up() {
    let night = Night::read();
    for percent in [1, 2, 5] {
        let mut dice = Dice(percent);
        let mut arriving = night.arriving();
        arriving.retain(|_| dice.below(100) >= i64::try_from(percent).unwrap());
        assert_eq!(told(&play(&night, &arriving).0), night.planted(), "{percent} % lost");
    }
}

#[test]
fn order_and_repetition_change_no_byte() {
    let night = Night::read();
    let arriving = night.arriving();
    let json =
        |arriving: &[(i64, Arrives)]| serde_json::to_string(&play(&night, arriving).0).unwrap();
    let wanted = json(&arriving);
    for seed in [1, 2] {
        let mut dice = Dice(seed);
        let mut shuffled: Vec<_> = arriving
            .iter()
            .map(|(when, what)| match what {
                // The window is 30 s, and up to 3 s are in the log.
                Arrives::Report(_) => (when + dice.below(27), what.clone()),
                Arrives::Seen(_) => (*when, what.clone()),
            })
            .collect();
        shuffled.sort_by_key(|(when, _)| *when);
        assert!(json(&shuffled) == wanted, "another order, {seed}");
    }
    let twice: Vec<_> = arriving.iter().flat_map(|one| [one.clone(), one.clone()]).collect();
    assert!(json(&twice) == wanted, "every report twice");
}

/// A restart: what was kept is judged again, and nothing is told twice.
#[test]
fn a_restart_tells_nothing_twice() {
    let night = Night::read();
    let arriving = night.arriving();
    let once = play(&night, &arriving).0;
    for stop in [3600, 7200, 10_800, 14_400, 18_000] {
        let (before, after): (Vec<_>, Vec<_>) =
            arriving.iter().cloned().partition(|(when, _)| *when < stop);
        let mut store: BTreeMap<_, domain::Alert> = BTreeMap::new();
        let mut keep = |outcomes: Vec<Outcome>| {
            for outcome in outcomes {
                match outcome {
                    Outcome::Raised(alert) => drop(store.entry(alert.id).or_insert(*alert)),
                    Outcome::Updated(alert) | Outcome::Ended(alert) => {
                        let known = store.get_mut(&alert.id).unwrap();
                        if known.ended_at.is_none() {
                            *known = *alert;
                        }
                    }
                    other => panic!("{other:?}"),
                }
            }
        };
        run(&mut trucks(&night), &before, 0, &mut keep);
        let mut again = trucks(&night);
        let from = at(stop - 6 * 3600);
        again.resume(&[], from);
        let mut kept: Vec<_> = before.clone();
        kept.sort_by_key(|(when, what)| match what {
            Arrives::Report(report) => (report.terminal.to_string(), report.at),
            Arrives::Seen(_) => (String::new(), at(*when)),
        });
        for (_, what) in kept {
            if let Arrives::Report(report) = what {
                keep(again.hear(&report));
            }
        }
        let last = run(&mut again, &after, stop, &mut keep);
        keep(again.advance(at(last + 3600)));
        let alerts: Vec<_> = store.into_values().collect();
        // A camera's sight of before the restart is not known any more; what it showed is not told twice either.
        assert_eq!(told(&alerts), told(&once), "stopped at {stop}");
    }
}

fn run(
    trucks: &mut Trucks,
    arriving: &[(i64, Arrives)],
    from: i64,
    keep: &mut impl FnMut(Vec<Outcome>),
) -> i64 {
    let mut clock = from;
    for (when, what) in arriving {
        while clock < *when {
            clock += 5;
            keep(trucks.advance(at(clock)));
        }
        keep(match what {
            Arrives::Report(report) => trucks.hear(report),
            Arrives::Seen(seen) => trucks.see(seen.clone()),
        });
    }
    clock
}
