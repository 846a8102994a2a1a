//! Every edge of a trip and of each rule, a report each ten seconds.

use std::sync::Arc;

use domain::{
    Alert, BodyState, Covariance, GroundFix, LidState, LoadState, LonLat, Plate, SourceId,
    TerminalId, TerminalReport, TrackId,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::driver::Dice;
use super::world;
use crate::{Fences, Outcome, Permits, TruckRules, TruckSeen, Trucks};

/// What a truck says at one time.
#[derive(Debug, Clone, Copy)]
struct Now {
    at: [f64; 2],
    kmh: f64,
    load: char,
    lid: char,
    body: char,
}

/// Loads in site 0, which has permit 0.
const AT_SITE: [f64; 2] = [500.0, 400.0];

struct Story {
    trucks: Trucks,
    second: i64,
    now: Now,
    plate: Option<&'static str>,
    shift_deg: f64,
    /// What it says comes so many seconds later.
    lag: i64,
    log: Vec<String>,
    alerts: Vec<Alert>,
}

fn begins() -> Timestamp {
    "2026-11-16T20:00:00+08:00".parse().unwrap()
}

fn trucks(shift_deg: f64) -> Trucks {
    let mut text: serde_json::Value = serde_json::from_str(&world::fences()).unwrap();
    shift(&mut text, shift_deg);
    let fences = Fences::new([text.to_string().as_str()], []).unwrap();
    let plates =
        (0..world::PERMITS.len()).map(|nth| (nth, format!("浙E0000{nth}"))).collect::<Vec<_>>();
    let permits = Permits::read([world::permits(&plates)], &Arc::default()).unwrap();
    Trucks::new(Arc::new(fences), Arc::new(permits), TruckRules::default())
}

/// Moves every position of GeoJSON to the east.
fn shift(value: &mut serde_json::Value, by: f64) {
    match value {
        serde_json::Value::Array(list) if list.len() == 2 && list[0].is_f64() => {
            list[0] = (list[0].as_f64().unwrap() + by).into();
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(|value| shift(value, by)),
        serde_json::Value::Object(map) => map.values_mut().for_each(|value| shift(value, by)),
        _ => {}
    }
}

impl Story {
    /// An empty truck in the yard, with this plate.
    fn new(plate: &'static str) -> Self {
        let now = Now { at: world::DEPOT, kmh: 0.0, load: 'e', lid: 'c', body: 'd' };
        let (trucks, log, alerts) = (trucks(0.0), Vec::new(), Vec::new());
        Self { trucks, second: 0, now, plate: Some(plate), shift_deg: 0.0, lag: 0, log, alerts }
    }

    /// One that was loaded in site 0 and stands at its gate.
    fn loaded(plate: &'static str) -> Self {
        let mut story = Self::new(plate);
        story.now.at = AT_SITE;
        // Far from the yard: nobody can have driven here in ten seconds, but it is the first place.
        story.stay(60);
        story.now.load = 'f';
        story.stay(60);
        story.drive([500.0, 500.0]);
        story
    }

    fn report(&self) -> TerminalReport {
        let [lon, lat] = world::degrees(self.now.at);
        let now = self.now;
        TerminalReport {
            terminal: TerminalId::new("1").unwrap(),
            plate: self.plate.map(str::to_owned),
            at: begins() + SignedDuration::from_secs(self.second),
            place: LonLat::new(lon + self.shift_deg, lat),
            speed_kmh: now.kmh,
            course_deg: None,
            load: match now.load {
                'e' => Some(LoadState::Empty),
                'f' => Some(LoadState::Full),
                _ => None,
            },
            lid: match now.lid {
                'c' => Some(LidState::Closed),
                'o' => Some(LidState::Open),
                _ => None,
            },
            body: match now.body {
                'd' => Some(BodyState::Down),
                'r' => Some(BodyState::Raised),
                _ => None,
            },
        }
    }

    fn say(&mut self) {
        let now = begins() + SignedDuration::from_secs(self.second + self.lag);
        let outcomes = self.trucks.advance(now);
        self.note(outcomes);
        let outcomes = self.trucks.hear(&self.report());
        self.note(outcomes);
        self.second += 10;
    }

    fn note(&mut self, outcomes: Vec<Outcome>) {
        let seconds = |at: Timestamp| at.duration_since(begins()).as_secs();
        for outcome in outcomes {
            match outcome {
                Outcome::Raised(alert) => {
                    self.log.push(format!("{} since {}", alert.rule, seconds(alert.since)));
                    self.alerts.push(*alert);
                }
                Outcome::Ended(alert) => {
                    let (at, why) = (seconds(alert.ended_at.unwrap()), alert.end_reason.unwrap());
                    self.log.push(format!("{} {why:?} at {at}", alert.rule));
                }
                Outcome::Updated(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn stay(&mut self, seconds: i64) {
        self.now.kmh = 0.0;
        for _ in 0..seconds / 10 {
            self.say();
        }
    }

    /// At 10 m/s.
    fn drive(&mut self, to: [f64; 2]) {
        loop {
            let [dx, dy] = [to[0] - self.now.at[0], to[1] - self.now.at[1]];
            let (far, step) = (dx.hypot(dy), dx.hypot(dy).min(100.0));
            if far < 1.0 {
                return;
            }
            self.now.at = [self.now.at[0] + dx / far * step, self.now.at[1] + dy / far * step];
            self.now.kmh = 36.0;
            self.say();
        }
    }

    fn silent(&mut self, seconds: i64) {
        self.second += seconds;
        let outcomes = self.trucks.advance(begins() + SignedDuration::from_secs(self.second));
        self.note(outcomes);
    }

    fn look(&mut self, [east, north]: [f64; 2], says: &str, plate: Option<&str>) {
        let [lon, lat] = world::degrees([east, north]);
        let word = |nth: usize| match says.as_bytes()[nth] {
            b'y' => Some(true),
            b'n' => Some(false),
            _ => None,
        };
        let seen = TruckSeen {
            source: SourceId::new("camera").unwrap(),
            source_name: "camera".to_owned(),
            track: TrackId(3),
            at: begins() + SignedDuration::from_secs(self.second),
            fix: GroundFix {
                position: LonLat::new(lon, lat).unwrap(),
                covariance: Covariance::round(1.0),
            },
            score: 0.9,
            stopped: word(0),
            body: word(1).map(|up| if up { BodyState::Raised } else { BodyState::Down }),
            new_heap: word(2),
            plate: plate.map(|plate| Plate::new(plate.to_owned(), 0.9, None, 2)),
        };
        let outcomes = self.trucks.see(seen);
        self.note(outcomes);
    }

    #[track_caller]
    fn ends(mut self, wanted: &[&str]) -> Vec<Alert> {
        // Nobody is missed who is empty.
        self.now.load = 'e';
        self.stay(60);
        self.silent(900);
        assert_eq!(self.log, wanted);
        self.alerts
    }
}

const MINE: &str = "浙E00000";
const ROAD: [f64; 2] = [2000.0, 500.0];

#[test]
fn a_trip_by_the_book_tells_nothing() {
    let mut story = Story::loaded(MINE);
    story.drive(world::route(0)[1]);
    story.drive(world::TIPS[0]);
    story.drive(world::tip(0));
    (story.now.lid, story.now.body) = ('o', 'r');
    story.stay(60);
    story.now.load = 'e';
    story.stay(60);
    (story.now.lid, story.now.body) = ('c', 'd');
    story.drive(world::TIPS[0]);
    story.ends(&[]);
}

#[test]
fn a_lid_is_open_and_is_closed() {
    let mut story = Story::loaded(MINE);
    story.now.lid = 'o';
    story.drive(ROAD);
    story.now.lid = 'c';
    story.drive([3500.0, 500.0]);
    story.now.load = 'e';
    story.stay(60);
    let alerts = story.ends(&["muck-lid-open since 130", "muck-lid-open Cleared at 280"]);
    let why = alerts[0].why.as_deref().unwrap();
    let turns: Vec<&str> = why.turns.iter().map(|turn| turn.state.as_str()).collect();
    assert_eq!(turns, ["loaded", "en_route", "lid_open"]);
    assert_eq!(why.facts.len(), 2);
    assert!(
        why.facts.iter().all(|fact| fact.limit.is_some()),
        "each says what would have changed it"
    );
}

/// What each sensor that nobody knows takes away.
#[test]
fn unknown_is_never_wrong() {
    for (load, lid, plate, wanted) in [
        ('f', 'o', Some("浙E99999"), vec!["muck-lid-open", "muck-unpermitted"]),
        ('f', '?', Some("浙E99999"), vec!["muck-unpermitted"]),
        ('f', 'o', None, vec!["muck-lid-open"]),
        ('?', 'o', Some("浙E99999"), vec![]),
        ('f', '?', None, vec![]),
        ('e', 'o', Some("浙E99999"), vec![]),
    ] {
        let mut story = Story::new(MINE);
        story.plate = plate;
        (story.now.at, story.now.load) = (AT_SITE, if load == 'f' { 'e' } else { load });
        story.stay(60);
        story.now.load = load;
        story.stay(60);
        story.now.lid = lid;
        story.drive([500.0, 500.0]);
        story.drive([4000.0, 500.0]);
        let mut rules: Vec<String> = story.alerts.iter().map(|a| a.rule.to_string()).collect();
        rules.sort();
        assert_eq!(rules, wanted, "{load} {lid} {plate:?}");
    }
}

#[test]
fn a_body_is_up_on_the_road_and_on_the_tip_of_others() {
    let mut story = Story::loaded(MINE);
    story.drive(ROAD);
    story.now.body = 'r';
    story.stay(60);
    story.now.body = 'd';
    story.stay(300);
    story.ends(&["muck-body-raised since 280", "muck-body-raised Cleared at 430"]);

    let mut story = Story::loaded(MINE);
    story.drive([500.0, 5500.0]);
    story.drive(world::tip(1));
    story.now.body = 'r';
    story.stay(60);
    story.now.body = 'd';
    story.stay(300);
    let alerts = story.ends(&[
        "muck-off-route since 130",
        "muck-body-raised since 640",
        "muck-body-raised Cleared at 790",
    ]);
    assert_eq!(alerts[1].fence.as_ref().unwrap().id.as_str(), "tip-1");
}

#[test]
fn dumping_is_one_act_with_its_body() {
    for body in ['d', 'r', '?'] {
        let mut story = Story::loaded(MINE);
        story.drive(world::LOTS[0]);
        story.stay(60);
        story.now.body = body;
        story.stay(60);
        story.now.load = 'e';
        story.stay(60);
        story.now.body = 'd';
        story.drive(world::route(0)[1]);
        let alerts = story.ends(&["muck-dumping since 380", "muck-dumping Left at 570"]);
        assert_eq!(alerts[0].fence.as_ref().unwrap().id.as_str(), "lot-0");
        assert_eq!(alerts[0].queue.as_str(), "muck-urban_mgmt");
    }
}

#[test]
fn a_loaded_truck_falls_silent_and_is_heard_again() {
    let mut story = Story::loaded(MINE);
    story.drive(ROAD);
    story.silent(590);
    story.silent(60);
    assert_eq!(story.log, ["muck-signal-lost since 270"]);
    story.stay(60);
    story.ends(&["muck-signal-lost since 270", "muck-signal-lost Cleared at 930"]);

    let mut story = Story::loaded(MINE);
    story.drive(ROAD);
    story.stay(1000);
    story.silent(3600);
    story.ends(&[]);
}

#[test]
fn nobody_is_lost_because_a_platform_lags() {
    let mut story = Story::new(MINE);
    (story.lag, story.now.at) = (1800, AT_SITE);
    story.stay(60);
    story.now.load = 'f';
    story.stay(60);
    story.drive([500.0, 500.0]);
    story.drive(world::route(0)[1]);
    assert_eq!(story.log, [""; 0]);
}

/// A camera and a terminal tell of one act: one alert, whoever is first. Another place or plate is another act.
#[test]
fn a_camera_and_a_terminal_tell_of_one_act() {
    let beside = [ROAD[0] + 8.0, ROAD[1] + 5.0];
    for (place, plate, wanted) in [
        (beside, None, vec!["muck-body-raised"]),
        (beside, Some("?E00000"), vec!["muck-body-raised"]),
        (beside, Some("浙E12345"), vec!["muck-body-raised", "muck-tipping-seen"]),
        ([ROAD[0] + 200.0, ROAD[1]], None, vec!["muck-body-raised", "muck-tipping-seen"]),
    ] {
        let mut story = Story::loaded(MINE);
        story.drive(ROAD);
        story.now.body = 'r';
        for _ in 0..6 {
            story.look(place, "yyn", plate);
            story.stay(10);
        }
        story.now.body = 'd';
        story.stay(300);
        story.silent(600);
        let mut rules: Vec<String> = story.alerts.iter().map(|a| a.rule.to_string()).collect();
        rules.sort();
        assert_eq!(rules, wanted, "{place:?} {plate:?}");
        let terminal =
            story.alerts.iter().find(|alert| alert.source.as_str() == "terminals").unwrap();
        assert_eq!(terminal.track.is_some(), wanted.len() == 1, "it names its camera");
    }
}

#[test]
fn a_camera_alone_tells_what_it_sees() {
    for (says, at, wanted) in [
        ("yyn", ROAD, 1),
        ("y?y", ROAD, 1),
        ("nyn", ROAD, 0),
        ("?yn", ROAD, 0),
        ("y??", ROAD, 0),
        ("yyn", world::tip(0), 0),
    ] {
        let mut story = Story::new(MINE);
        for _ in 0..6 {
            story.look(at, says, None);
            story.second += 2;
        }
        story.silent(300);
        assert_eq!(story.alerts.len(), wanted, "{says} at {at:?}");
    }
}

#[test]
fn a_permit_holds_to_the_end_of_its_trip_and_its_hours_do_not() {
    let mut story = Story::new("浙E00003");
    story.second = 3 * 3600 - 300;
    story.now.at = world::site(3);
    story.stay(60);
    story.now.load = 'f';
    story.stay(60);
    story.drive(world::SITES[3]);
    story.drive([5500.0, 3500.0]);
    story.drive([5500.0, 5500.0]);
    story.ends(&[]);

    let mut story = Story::new("浙E00003");
    story.second = 3 * 3600;
    story.now.at = world::site(3);
    story.stay(60);
    story.now.load = 'f';
    story.stay(60);
    story.drive(world::SITES[3]);
    story.drive([5500.0, 3500.0]);
    story.drive([5500.0, 5500.0]);
    story.now.load = 'e';
    story.stay(60);
    story.ends(&["muck-out-of-hours since 10930", "muck-out-of-hours Cleared at 11360"]);
}

#[test]
fn fences_and_permits_change_under_way() {
    let mut story = Story::loaded("浙E99999");
    story.drive([1500.0, 500.0]);
    let other = trucks(0.0);
    let none = Arc::new(Permits::default());
    story.trucks.change(Arc::clone(&other.fences), none);
    story.drive([5500.0, 500.0]);
    story.ends(&[]);
}

/// Memory of a truck that is idle: `size_of`, and what it holds on the heap.
#[test]
fn an_idle_truck_is_small() {
    let mut story = Story::loaded(MINE);
    story.drive(ROAD);
    story.now.load = 'e';
    story.stay(60);
    story.silent(600);
    let truck = story.trucks.list.values().next().unwrap();
    let bytes = truck.bytes();
    println!("{bytes} bytes");
    assert!(bytes <= 1024, "{bytes} bytes");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The same story, told in another order within the window, in another place of the world. Nobody drives over the date line.
    #[test]
    fn order_and_place_change_nothing(seed: u64, shift_deg in -60.0..59.0f64) {
        let told = |shift_deg: f64, disorder: u64| {
            let mut story = Story::loaded("浙E99999");
            story.trucks = trucks(shift_deg);
            story.shift_deg = shift_deg;
            let mut reports = Vec::new();
            let mut dice = Dice(seed);
            (story.second, story.now.load) = (0, 'e');
            story.now.at = AT_SITE;
            for nth in 0..240i64 {
                story.now.load = if nth < 10 { 'e' } else { 'f' };
                story.now.kmh = if nth < 20 || dice.below(8) == 0 { 0.0 } else { 36.0 };
                story.now.at[0] += story.now.kmh / 3.6 * 10.0;
                story.now.lid = if dice.below(3) == 0 { 'c' } else { 'o' };
                story.now.body = if nth > 100 && dice.below(2) == 0 { 'r' } else { 'd' };
                reports.push((story.second + dice.below(disorder), story.report()));
                story.second += 10;
            }
            reports.sort_by_key(|(when, _)| *when);
            story.log.clear();
            for (_, report) in reports {
                let outcomes = story.trucks.hear(&report);
                story.note(outcomes);
            }
            story.silent(3600);
            story.log.sort();
            story.log
        };
        let wanted = told(0.0, 1);
        prop_assert!(!wanted.is_empty());
        prop_assert_eq!(&told(0.0, 29), &wanted);
        prop_assert_eq!(&told(shift_deg, 1), &wanted);
    }
}
