//! Who does what in the night: 158 trucks do their work, 30 come near to breaking a rule, 12 break one.

use super::super::driver::{Dice, Driver, usual};
use super::super::world::{DEPOT, LOTS, SITES, TIPS, degrees, route, site, tip, way};
use super::log::{Look, Night, Truck};

const HOUR: i64 = 3600;
/// Four in the morning.
const END: i64 = 8 * HOUR;

type Play = fn(&mut Driver);

/// The rule that is broken, the permits, and how.
const PLANTED: [(&str, &[usize], Play); 12] = [
    ("muck-unpermitted", &[], |d| trip(d, 0, &route(0), 0)),
    ("muck-unpermitted", &[5], |d| trip(d, 1, &route(1), 2)),
    ("muck-out-of-hours", &[3], |d| {
        d.sleep_until(3 * HOUR);
        trip(d, 3, &route(3), 0);
    }),
    ("muck-off-route", &[0], |d| trip(d, 0, &[SITES[0], [500.0, 5500.0], TIPS[0]], 0)),
    ("muck-off-route", &[2], |d| {
        trip(d, 2, &[SITES[2], [4500.0, 0.0], [500.0, 0.0], TIPS[1]], 1);
    }),
    ("muck-lid-open", &[1], |d| {
        load(d, 1);
        d.lid = b'o';
        d.drive(&route(1));
        unload(d, 2);
    }),
    ("muck-lid-open", &[6], |d| {
        load(d, 2);
        d.straight([5500.0, 1500.0]);
        d.lid = b'o';
        d.straight([5500.0, 3000.0]);
        d.lid = b'c';
        d.straight(TIPS[0]);
        unload(d, 0);
    }),
    ("muck-body-raised", &[0], |d| {
        load(d, 0);
        d.straight([2000.0, 500.0]);
        d.stay(30);
        spill(d, 80);
    }),
    ("muck-dumping", &[0], |d| {
        d.blind[2] = true;
        load(d, 0);
        d.straight(LOTS[0]);
        d.stay(150);
        d.load = b'e';
        d.stay(90);
    }),
    ("muck-dumping", &[6], |d| {
        d.sleep_until(CAMERA_1 - 1500);
        load(d, 2);
        d.straight([5500.0, 1500.0]);
        d.straight(LOTS[1]);
        d.stay_until(CAMERA_1);
        spill(d, 80);
        d.stay(30);
    }),
    ("muck-signal-lost", &[1], |d| {
        load(d, 1);
        d.straight([3000.0, 4500.0]);
        d.mute = true;
        d.stay(900);
        d.straight([5500.0, 4500.0]);
        d.mute = false;
        d.straight(TIPS[2]);
        unload(d, 2);
    }),
    ("muck-tipping-seen", &[], |d| {
        d.blind = [true; 3];
        d.sleep_until(CAMERA_2 - 1200);
        d.drive(&way(DEPOT, LOTS[3]));
        d.stay_until(CAMERA_2 + 120);
    }),
];

/// When cameras see something.
const CAMERA_1: i64 = 2 * HOUR + 1200;
const CAMERA_2: i64 = 3 * HOUR;

/// What is nearly wrong.
const NEAR: [(&[usize], Play); 30] = [
    // Off the route with a load that nobody knows.
    (&[0], |d| {
        d.blind[0] = true;
        trip(d, 0, &[SITES[0], [500.0, 5500.0], TIPS[0]], 0);
    }),
    // A lid that nobody knows.
    (&[0], |d| {
        d.blind[1] = true;
        trip(d, 0, &route(0), 0);
    }),
    // No permit, and nothing known but where it is.
    (&[], |d| {
        d.blind = [true; 3];
        load(d, 0);
        d.straight(LOTS[0]);
        spill(d, 200);
    }),
    // Out of hours with a load that nobody knows.
    (&[3], |d| {
        d.blind[0] = true;
        d.sleep_until(3 * HOUR);
        trip(d, 3, &route(3), 0);
    }),
    // Stands long where dumping happens, and tips where it may.
    (&[0], |d| {
        load(d, 0);
        d.straight(LOTS[0]);
        d.stay(300);
        d.drive(&route(0)[1..]);
        unload(d, 0);
    }),
    // The same, and is empty minutes later, on the tip.
    (&[6], |d| {
        load(d, 2);
        d.straight([5500.0, 1500.0]);
        d.straight(LOTS[1]);
        d.stay(180);
        d.straight(TIPS[0]);
        unload(d, 0);
    }),
    // One place is kilometres off.
    (&[0], |d| {
        load(d, 0);
        d.straight([2500.0, 500.0]);
        jump(d, [0.0, 4000.0], 10);
        d.drive(&route(0)[1..]);
        unload(d, 0);
    }),
    // Two places lie where dumping happens, while it stands elsewhere for minutes.
    (&[0], |d| {
        load(d, 0);
        d.straight([2000.0, 500.0]);
        d.stay(120);
        jump(d, [1000.0, 0.0], 20);
        d.stay(120);
        d.drive(&route(0)[1..]);
        unload(d, 0);
    }),
    // Places jump off the route again and again.
    (&[0], |d| {
        load(d, 0);
        for east in [1500.0, 2500.0, 3500.0, 4500.0] {
            d.straight([east, 500.0]);
            jump(d, [0.0, 2500.0], 30);
        }
        d.drive(&route(0)[1..]);
        unload(d, 0);
    }),
    // An open lid over nothing.
    (&[1], |d| {
        d.lid = b'o';
        trip(d, 1, &route(1), 2);
        d.lid = b'o';
    }),
    // The lid is opened at the gate of the tip.
    (&[0], |d| {
        load(d, 0);
        d.drive(&route(0));
        d.straight([TIPS[0][0], TIPS[0][1] + 40.0]);
        d.lid = b'o';
        unload(d, 0);
    }),
    // The lid opens for less than a minute.
    (&[0], |d| {
        load(d, 0);
        d.straight([1500.0, 500.0]);
        d.lid = b'o';
        d.straight([1900.0, 500.0]);
        d.lid = b'c';
        d.drive(&route(0)[1..]);
        unload(d, 0);
    }),
    // The body is up for long, on the tip.
    (&[2], |d| {
        load(d, 2);
        d.drive(&route(2));
        d.straight(tip(1));
        spill(d, 300);
        d.straight(TIPS[1]);
    }),
    // The body is up on its own site.
    (&[0], |d| {
        d.drive(&way(DEPOT, SITES[0]));
        d.straight(site(0));
        d.body = b'r';
        d.stay(120);
        d.body = b'd';
        d.straight(SITES[0]);
        trip(d, 0, &route(0), 0);
    }),
    // The body of an empty truck is up in the yard.
    (&[0], |d| {
        d.body = b'r';
        d.stay(600);
        d.body = b'd';
        trip(d, 0, &route(0), 0);
    }),
    // One report says that the body is up.
    (&[0], |d| {
        load(d, 0);
        d.straight([2500.0, 500.0]);
        d.body = b'r';
        d.stay(10);
        d.body = b'd';
        d.drive(&route(0)[1..]);
        unload(d, 0);
    }),
    // A detour of some minutes.
    (&[0], |d| detour(d, 1500.0)),
    // One of nearly ten.
    (&[0], |d| detour(d, 2400.0)),
    // On its way when its hours end.
    (&[3], |d| {
        d.sleep_until(2 * HOUR);
        load(d, 3);
        d.straight(site(3));
        d.stay_until(3 * HOUR - 180);
        d.drive(&route(3));
        unload(d, 0);
    }),
    // On its way before they begin.
    (&[4], |d| {
        d.t = 600;
        load(d, 0);
        d.straight(site(0));
        d.stay_until(HOUR - 200);
        d.drive(&route(4));
        unload(d, 1);
    }),
    // Not heard while empty.
    (&[0], |d| {
        d.mute = true;
        d.stay(1800);
        d.mute = false;
        trip(d, 0, &route(0), 0);
    }),
    // Not heard while loaded, for less than ten minutes.
    (&[0], |d| {
        load(d, 0);
        d.straight([2500.0, 500.0]);
        d.mute = true;
        d.stay(480);
        d.mute = false;
        d.drive(&route(0)[1..]);
        unload(d, 0);
    }),
    // Out of the network while loaded, and it sends what it kept.
    (&[0], |d| {
        load(d, 0);
        d.straight([2500.0, 500.0]);
        d.offline = true;
        d.straight([5500.0, 500.0]);
        d.straight([5500.0, 2500.0]);
        d.online();
        d.straight(TIPS[0]);
        unload(d, 0);
    }),
    // Loaded in the yard over night; its terminal sleeps.
    (&[6], |d| {
        load(d, 2);
        d.drive(&way(SITES[2], DEPOT));
        d.stay(1000);
        for _ in 0..4 {
            d.t += 1790;
            d.stay(10);
        }
    }),
    // Not heard on the tip.
    (&[0], |d| {
        load(d, 0);
        d.drive(&route(0));
        d.straight(tip(0));
        d.stay(60);
        d.mute = true;
        d.stay(900);
        d.mute = false;
        unload(d, 0);
    }),
    // No permit, empty, on a site.
    (&[], |d| {
        d.drive(&way(DEPOT, SITES[1]));
        d.straight(site(1));
        d.stay(600);
        d.straight(SITES[1]);
    }),
    // Two permits.
    (&[0, 2], |d| {
        trip(d, 0, &route(0), 0);
        trip(d, 2, &route(2), 1);
    }),
    // No permit; its sensor says once that it is loaded.
    (&[], |d| {
        d.drive(&way(DEPOT, SITES[0]));
        d.load = b'f';
        d.straight([1100.0, 500.0]);
        d.load = b'e';
        d.straight([4000.0, 500.0]);
    }),
    // A permit for any way.
    (&[6], |d| trip(d, 2, &[SITES[2], [4500.0, 0.0], [0.0, 0.0], [0.0, 5500.0], TIPS[0]], 0)),
    // A clock that is two days ahead for a while.
    (&[0], |d| {
        load(d, 0);
        let from = d.rows.len();
        d.straight([1200.0, 500.0]);
        for row in &mut d.rows[from..] {
            row.at += 172_800;
            row.late = usual(row.at - 172_800) - 172_800;
        }
        d.drive(&route(0)[1..]);
        unload(d, 0);
    }),
];

/// From wherever it is: loads, carries along a line, unloads.
fn trip(d: &mut Driver, from: usize, line: &[[f64; 2]], to: usize) {
    load(d, from);
    d.drive(line);
    unload(d, to);
}

fn load(d: &mut Driver, nth: usize) {
    d.drive(&way(d.at, SITES[nth]));
    d.straight(site(nth));
    d.lid = b'o';
    let while_loading = 120 + 10 * d.roll(12);
    d.stay(while_loading);
    d.load = b'h';
    d.stay(60);
    d.load = b'f';
    d.stay(60);
    d.lid = b'c';
    d.stay(30);
    d.straight(SITES[nth]);
}

fn unload(d: &mut Driver, nth: usize) {
    d.straight(tip(nth));
    d.lid = b'o';
    d.stay(30);
    spill(d, 60);
    d.lid = b'c';
    d.stay(30);
    d.straight(TIPS[nth]);
}

/// Up with the body, out with the load.
fn spill(d: &mut Driver, seconds: i64) {
    d.body = b'r';
    d.stay(seconds / 20 * 10);
    d.load = b'e';
    d.stay(seconds - seconds / 20 * 10);
    d.body = b'd';
    d.stay(60);
}

fn jump(d: &mut Driver, by: [f64; 2], seconds: i64) {
    d.astray = by;
    d.stay(seconds);
    d.astray = [0.0; 2];
}

/// North off the route, and back to it.
fn detour(d: &mut Driver, north: f64) {
    load(d, 0);
    d.straight([2500.0, 500.0]);
    d.straight([2500.0, 500.0 + north]);
    d.straight([2500.0, 500.0]);
    d.drive(&route(0)[1..]);
    unload(d, 0);
}

/// Everybody else.
fn ordinary(d: &mut Driver) -> usize {
    let permit = [0, 1, 2, 3, 4, 6][usize::try_from(d.roll(6)).unwrap()];
    let (earliest, latest) = match permit {
        3 => (300, HOUR + 1800),
        4 => (HOUR, 5 * HOUR),
        _ => (300, 6 * HOUR),
    };
    let start = earliest + 10 * d.roll(u64::try_from((latest - earliest) / 10).unwrap());
    d.sleep_until(start);
    let (_, from, to, ..) = super::super::world::PERMITS[permit];
    trip(d, from, &route(permit), to);
    permit
}

pub(super) fn night() -> Night {
    let mut cast = Vec::new();
    let mut add = |role: &str, permits: Vec<usize>, mut driver: Driver| {
        let home = way(driver.at, DEPOT);
        driver.drive(&home);
        driver.lid = b'c';
        driver.sleep_until(END);
        let nth = cast.len();
        cast.push(Truck {
            terminal: (13_800_000_000 + nth).to_string(),
            plate: format!("浙E{:05}", 10_000 + 37 * nth),
            permits,
            role: role.to_owned(),
            rows: driver.rows,
        });
    };
    let driver = |seed: usize| Driver::new(u64::try_from(seed).unwrap(), 0, DEPOT);
    for (nth, (rule, permits, play)) in PLANTED.into_iter().enumerate() {
        let mut d = driver(nth);
        d.stay(60);
        play(&mut d);
        add(rule, permits.to_vec(), d);
    }
    for (nth, (permits, play)) in NEAR.into_iter().enumerate() {
        let mut d = driver(100 + nth);
        d.stay(60);
        play(&mut d);
        add("near", permits.to_vec(), d);
    }
    for nth in 0..200 - PLANTED.len() - NEAR.len() {
        let mut d = driver(1000 + nth);
        let permit = ordinary(&mut d);
        add("-", vec![permit], d);
    }
    let plate = cast[9].plate.replace('浙', "?");
    Night { looks: looks(&plate), cast }
}

/// What three cameras see.
fn looks(plate: &str) -> Vec<Look> {
    let mut dice = Dice(7);
    let mut looks = Vec::new();
    let mut look = |from: i64,
                    to: i64,
                    source: &str,
                    track,
                    [east, north]: [f64; 2],
                    says: &str,
                    plate: &str| {
        for t in (from..to).step_by(2) {
            #[expect(clippy::cast_precision_loss, reason = "centimetres")]
            let mut jitter = || (dice.below(100) as f64 - 50.0) / 50.0;
            let [lon, lat] = degrees([east + jitter(), north + jitter()]);
            #[expect(clippy::cast_possible_truncation, reason = "whole numbers of the wire")]
            let whole = |number: f64| (number * 1e6).round() as i64;
            looks.push(Look {
                t,
                source: source.to_owned(),
                track,
                lon: whole(lon),
                lat: whole(lat),
                says: says.to_owned(),
                plate: plate.to_owned(),
            });
        }
    };
    let [east, north] = LOTS[1];
    look(CAMERA_1 - 30, CAMERA_1 + 10, "camera-1", 5, [east + 3.0, north + 4.0], "ynn", plate);
    look(CAMERA_1 + 10, CAMERA_1 + 70, "camera-1", 5, [east + 3.0, north + 4.0], "yyn", plate);
    look(CAMERA_2, CAMERA_2 + 60, "camera-2", 9, LOTS[3], "y?y", "-");
    // On a tip, while driving, and for a moment: nothing of it is wrong.
    look(HOUR, HOUR + 60, "camera-3", 1, tip(0), "yyn", "-");
    look(HOUR, HOUR + 60, "camera-3", 2, [2500.0, 4000.0], "nyn", "-");
    look(HOUR, HOUR + 4, "camera-3", 3, [2000.0, 4000.0], "yyn", "-");
    look(HOUR, HOUR + 60, "camera-3", 4, [1500.0, 4000.0], "y??", "-");
    looks.sort_by_key(|look| look.t);
    looks
}
