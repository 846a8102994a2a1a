//! Rules in an engine: beside parking, over restarts, under other rules and fences.

use domain::{
    Alert, Class, Covariance, GroundFix, LonLat, Mount, Observation, Place, Plane, RelBox, Size,
    SourceId, TimeBasis, TrackId, View,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::{Engine, Fences, Outcome, Parking};

const DWELL: &str = r#"is = "dwell", for = "10s""#;

fn plane(away: [f64; 2]) -> Plane {
    let home = Plane::at(LonLat::new(120.0868, 30.8943).unwrap());
    Plane::at(home.place(away).unwrap())
}

/// Fences of one kind, in metres around the middle of a plane.
fn layer(plane: &Plane, kind: &str, areas: &[(&str, [f64; 4])]) -> Fences {
    let features: Vec<serde_json::Value> = areas
        .iter()
        .map(|(id, [w, s, e, n])| {
            let ring = [[*w, *s], [*e, *s], [*e, *n], [*w, *n], [*w, *s]];
            let ring = ring.map(|c| plane.place(c).unwrap()).map(|p| [p.lon(), p.lat()]);
            serde_json::json!({"type": "Feature", "id": id,
                "geometry": {"type": "Polygon", "coordinates": [ring]},
                "properties": {"name": id, "kind": kind, "parking_authority": "urban_mgmt"}})
        })
        .collect();
    let text = serde_json::json!({"type": "FeatureCollection", "features": features}).to_string();
    Fences::new([text.as_str()], []).unwrap()
}

fn river(plane: &Plane) -> Fences {
    layer(plane, "river", &[("river", [-20.0, -5.0, 20.0, 5.0])])
}

struct Run {
    engine: Engine,
    plane: Plane,
    at: Timestamp,
    log: Vec<String>,
    alerts: Vec<Alert>,
    probabilities: Vec<f64>,
}

fn start() -> Timestamp {
    "2026-11-16T09:00:00+08:00".parse().unwrap()
}

fn cam() -> SourceId {
    SourceId::new("cam").unwrap()
}

impl Run {
    fn new(scenes: &str, fences: Fences) -> Self {
        Self::resuming(scenes, fences, &[])
    }

    fn resuming(scenes: &str, fences: Fences, open: &[Alert]) -> Self {
        let engine = Engine::new(Arc::new(fences), Parking::default());
        let mut engine = engine.with_scenes(Arc::new(read(scenes).unwrap()));
        engine.resume(cam(), "Camera".to_owned(), open);
        let (plane, at) = (plane([0.0, 0.0]), start());
        let (log, alerts, probabilities) = (Vec::new(), Vec::new(), Vec::new());
        Self { engine, plane, at, log, alerts, probabilities }
    }

    fn person(&self, track: u64, [east, north]: [f64; 2], sigma: f64) -> Observation {
        let position = self.plane.place([east, north]).unwrap();
        let fix = GroundFix { position, covariance: Covariance::round(sigma) };
        let seen = Some(RelBox { x: 0.5 + east / 80.0, y: 0.5 - north / 80.0, w: 0.02, h: 0.04 });
        Observation {
            track: TrackId(track),
            class: Class::Person,
            score: 0.9,
            seen,
            place: fix.into(),
            look: None,
        }
    }

    fn see(&mut self, observations: Vec<Observation>) {
        let view = View {
            source: cam(),
            at: self.at,
            basis: TimeBasis::Capture,
            frame: 0,
            size: Size { width: 640, height: 360 },
            mount: Mount::Fixed,
            observations,
        };
        let outcomes = self.engine.observe(&view);
        self.note(outcomes);
        self.at += SignedDuration::from_secs(1);
    }

    fn see_for(&mut self, seconds: u32, seen: &[Observation]) {
        for _ in 0..seconds {
            self.see(seen.to_vec());
        }
    }

    fn note(&mut self, outcomes: Vec<Outcome>) {
        let second = self.at.duration_since(start()).as_secs();
        for outcome in outcomes {
            self.log.push(match outcome {
                Outcome::Standing { .. } => format!("{second} begins"),
                Outcome::Passed { .. } => format!("{second} passed"),
                Outcome::Raised(alert) => {
                    let told = format!("{second} raised {}", alert.rule);
                    self.probabilities.push(alert.probability_inside);
                    self.alerts.push(*alert);
                    told
                }
                Outcome::Updated(_) => format!("{second} updated"),
                Outcome::Ended(alert) => format!("{second} ended {:?}", alert.end_reason.unwrap()),
                Outcome::Shadow(alert) => format!("{second} shadow {}", alert.rule),
                Outcome::LookAgain(_) => format!("{second} look again"),
                Outcome::StillThere(_) => format!("{second} still there"),
            });
        }
    }

    fn finish(mut self) -> Vec<String> {
        let outcomes = self.engine.finish(&cam());
        self.note(outcomes);
        self.log
    }
}

fn dwelling(more: &str) -> Run {
    Run::new(&rule(DWELL, more), river(&plane([0.0, 0.0])))
}

#[test]
fn an_act_from_its_first_moment_to_its_end() {
    let mut run = dwelling("");
    let person = run.person(1, [0.0, 0.0], 0.3);
    run.see_for(80, std::slice::from_ref(&person));
    run.see_for(5, &[run.person(1, [0.0, 20.0], 0.3)]);
    assert_eq!(run.finish(), ["2 begins", "10 raised rule", "70 updated", "82 ended Left"]);
}

#[test]
fn who_goes_in_time_leaves_no_picture() {
    let mut run = dwelling("");
    run.see_for(8, &[run.person(1, [0.0, 0.0], 0.3)]);
    run.see_for(5, &[run.person(1, [0.0, 20.0], 0.3)]);
    assert_eq!(run.finish(), ["2 begins", "10 passed"]);
    let mut run = dwelling("evidence = \"one_moment\"");
    run.see_for(12, &[run.person(1, [0.0, 0.0], 0.3)]);
    assert_eq!(run.finish(), ["10 raised rule", "12 ended SourceEnded"]);
}

#[test]
fn an_old_view_is_ignored() {
    let mut run = dwelling("");
    run.see_for(5, &[run.person(1, [0.0, 0.0], 0.3)]);
    run.at = start();
    run.see_for(4, &[run.person(1, [0.0, 30.0], 0.3)]);
    run.at = start() + SignedDuration::from_secs(5);
    run.see_for(6, &[run.person(1, [0.0, 0.0], 0.3)]);
    assert_eq!(run.log, ["2 begins", "10 raised rule"]);
}

#[test]
fn a_shadow_is_counted_and_told_to_nobody() {
    let mut run = dwelling("shadow = true");
    run.see_for(90, &[run.person(1, [0.0, 0.0], 0.3)]);
    run.see_for(5, &[run.person(1, [0.0, 20.0], 0.3)]);
    assert_eq!(run.finish(), ["10 shadow rule"]);
}

#[test]
fn a_restart_takes_up_the_open_alert() {
    let mut run = dwelling("");
    run.see_for(12, &[run.person(1, [0.0, 0.0], 0.3)]);
    let (open, scenes) = (run.alerts.clone(), rule(DWELL, ""));
    let home = plane([0.0, 0.0]);
    let mut after = Run::resuming(&scenes, river(&home), &open);
    after.at = start() + SignedDuration::from_secs(30);
    after.see_for(20, &[after.person(7, [0.1, 0.0], 0.3)]);
    after.see_for(5, &[after.person(7, [0.0, 20.0], 0.3)]);
    assert_eq!(after.finish(), ["52 ended Left"], "one alert, taken up and ended");

    // The same file read again from its beginning: the same alert, once.
    let mut again = Run::resuming(&scenes, river(&home), &open);
    again.see_for(20, &[again.person(1, [0.0, 0.0], 0.3)]);
    assert_eq!(again.alerts, open);
    assert_eq!(again.finish(), ["2 begins", "10 raised rule", "20 ended SourceEnded"]);

    // The rule is gone: so is what rests on it.
    let mut without = Run::resuming("", river(&home), &open);
    without.see(vec![]);
    assert_eq!(without.finish(), ["0 ended FenceWithdrawn"]);
}

#[test]
fn a_place_is_taken_up_after_a_restart() {
    let count = rule(r#"is = "count", at_least = 2, for = "10s""#, "");
    let home = plane([0.0, 0.0]);
    let mut run = Run::new(&count, river(&home));
    let two = [run.person(1, [0.0, 0.0], 0.3), run.person(2, [9.0, 0.0], 0.3)];
    run.see_for(12, &two);
    let mut after = Run::resuming(&count, river(&home), &run.alerts);
    after.at = start() + SignedDuration::from_secs(30);
    after.see_for(20, &two);
    after.see_for(5, &two[..1]);
    // Who is out of sight is counted for three seconds more.
    after.see_for(5, &two[..1]);
    assert_eq!(after.log, ["54 ended Cleared"]);
}

#[test]
fn other_rules_and_fences_end_only_what_they_must() {
    let home = plane([0.0, 0.0]);
    let mut run = dwelling("");
    run.see_for(5, &[run.person(1, [0.0, 0.0], 0.3)]);
    let change = |run: &mut Run, text: &str| {
        let outcomes = run.engine.change_scenes(Arc::new(read(text).unwrap()));
        run.note(outcomes);
    };
    change(&mut run, &rule(r#"is = "dwell", for = "20s""#, ""));
    run.see_for(20, &[run.person(1, [0.0, 0.0], 0.3)]);
    assert_eq!(run.log, ["2 begins", "20 raised rule"], "the dwell ran on under the new rule");
    let outcomes = run.engine.change_fences(Arc::new(layer(
        &home,
        "river",
        &[("river", [-30.0, -6.0, 30.0, 6.0])],
    )));
    run.note(outcomes);
    run.see_for(5, &[run.person(1, [0.0, 0.0], 0.3)]);
    assert_eq!(run.log.len(), 2, "{:?}", run.log);
    change(&mut run, "");
    assert_eq!(run.log.last().unwrap(), "30 ended FenceWithdrawn");
    run.see_for(20, &[run.person(1, [0.0, 0.0], 0.3)]);
    assert_eq!(run.log.len(), 3, "{:?}", run.log);

    // Redrawn so that the person, who has not moved, is outside.
    let mut run = dwelling("");
    run.see_for(15, &[run.person(1, [0.0, 0.0], 0.3)]);
    let far = layer(&home, "river", &[("river", [50.0, 50.0, 60.0, 60.0])]);
    let outcomes = run.engine.change_fences(Arc::new(far));
    run.note(outcomes);
    run.see_for(5, &[run.person(1, [0.0, 0.0], 0.3)]);
    assert_eq!(run.log.last().unwrap(), "17 ended FenceWithdrawn");
}

#[test]
fn in_a_picture_nothing_is_fast_or_near() {
    for condition in [
        r#"is = "speed", over_kmh = 10, for = "3s""#,
        r#"is = "without", company = ["dog"], within_m = 5, for = "3s""#,
    ] {
        let mut run = Run::new(&rule(condition, "in = \"anywhere\""), Fences::default());
        for second in 0..20 {
            let mut seen = run.person(1, [f64::from(second) * 10.0 - 100.0, 0.0], 0.3);
            seen.place = Place::Image { x: 0.05 * f64::from(second), y: 0.5 };
            seen.seen = Some(RelBox { x: 0.4, y: 0.5, w: 0.02, h: 0.04 });
            run.see(vec![seen]);
        }
        assert_eq!(run.finish(), [""; 0], "{condition}");
    }
}

#[test]
fn an_alert_says_everything() {
    let more = r#"matter = { edition = "GB/T 30428.2-2013", code = "0501", local = "330502-7" }
        legal_basis = "条例 第十四条"
        severity = "serious"
        queue = { by_authority = "water" }"#;
    let mut run = dwelling(more);
    run.see_for(12, &[run.person(1, [0.0, 0.0], 0.3)]);
    let alert = &run.alerts[0];
    assert_eq!(alert.queue.as_str(), "water-urban_mgmt");
    assert_eq!(alert.matter_code.as_deref(), Some("GB/T 30428.2-2013 0501; 330502-7"));
    assert_eq!(alert.severity, domain::Severity::Serious);
    let name = alert.rule_name.as_ref().unwrap();
    assert_eq!((name.zh.as_str(), name.en.as_str()), ("规则", "Rule"));
    let version = alert.rule_version.as_deref().unwrap();
    assert!(version.starts_with("1+") && version.len() == 14, "{version}");
    let why = alert.why.as_ref().unwrap();
    let turns: Vec<&str> = why.turns.iter().map(|turn| turn.state.as_str()).collect();
    assert_eq!(turns, ["inside", "lasted"]);
    let facts: Vec<(&str, f64)> =
        why.facts.iter().map(|fact| (fact.name.as_str(), fact.limit.unwrap().value)).collect();
    assert_eq!(facts, [("lasted", 10.0), ("inside", 0.95)]);
}

#[test]
fn replay_is_identical() {
    let run = || {
        let mut run = dwelling("");
        let seen = [run.person(1, [0.0, 0.0], 0.3), run.person(2, [7.0, 0.0], 0.4)];
        run.see_for(30, &seen);
        serde_json::to_string(&run.alerts).unwrap()
    };
    assert_eq!(run(), run());
}

/// A thing that one rule follows, without what its boxes and strings hold elsewhere.
#[test]
fn a_subject_is_small() {
    use crate::scene::subject::{Course, Subject};
    assert!(size_of::<Subject>() <= 1024, "{}", size_of::<Subject>());
    assert!(size_of::<Course>() <= 512, "{}", size_of::<Course>());
}

/// Bounded: what is beyond the most that is followed waits.
#[test]
fn no_more_are_followed_than_may_be() {
    let mut run = Run::new(&rule(DWELL, "in = \"anywhere\""), Fences::default());
    let crowd: Vec<Observation> =
        (0..2100u32).map(|n| run.person(u64::from(n), [f64::from(n) * 3.0, 0.0], 0.3)).collect();
    run.see_for(12, &crowd);
    assert_eq!(run.alerts.len(), crate::scene::watch::MOST);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The whole world moved: the same story.
    #[test]
    fn the_world_may_be_moved(
        east in -24.0..24.0f64, north in -8.0..8.0f64, sigma in 0.1..1.5f64,
        away_east in -2000.0..2000.0f64, away_north in -2000.0..2000.0f64,
    ) {
        let told = |by: [f64; 2]| {
            let plane = plane(by);
            let mut run = Run::new(&rule(DWELL, ""), river(&plane));
            run.plane = plane;
            run.see_for(15, &[run.person(1, [east, north], sigma)]);
            run.probabilities
        };
        let (here, there) = (told([0.0, 0.0]), told([away_east, away_north]));
        // A probability next to a threshold may fall on its other side by rounding.
        prop_assume!(here.len() == there.len());
        for (a, b) in here.iter().zip(&there) {
            prop_assert!((a - b).abs() < 5e-3, "{} {}", a, b);
        }
    }

    /// A fence cut in two decides the same, for who stands in it, crosses the cut, and is counted.
    #[test]
    fn a_fence_may_be_split(
        cut in -15.0..15.0f64, from in -24.0..24.0f64, to in -24.0..24.0f64, north in -7.0..7.0f64,
        sigma in 0.1..1.0f64,
    ) {
        let home = plane([0.0, 0.0]);
        let whole = || river(&home);
        let split = || {
            let halves = [("west", [-20.0, -5.0, cut, 5.0]), ("east", [cut, -5.0, 20.0, 5.0])];
            layer(&home, "river", &halves)
        };
        for condition in [DWELL, r#"is = "count", at_least = 2, for = "5s""#, r#"is = "exit""#] {
            let told = |fences: Fences| {
                let mut run = Run::new(&rule(condition, ""), fences);
                for second in 0..21 {
                    let east = from + (to - from) * f64::from(second) / 20.0;
                    let seen = vec![run.person(1, [east, north], sigma), run.person(2, [-east, north], sigma)];
                    run.see(seen);
                }
                (run.probabilities.clone(), run.finish())
            };
            let ((a, one), (b, two)) = (told(whole()), told(split()));
            // The same, but where a probability lies next to a threshold.
            let near = |p: &f64| (p - 0.95).abs() < 1e-3 || (p - 0.05).abs() < 1e-3;
            prop_assume!(!a.iter().chain(&b).any(near));
            prop_assert_eq!(one, two, "{}", condition);
        }
    }
}
