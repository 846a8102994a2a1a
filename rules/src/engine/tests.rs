use domain::{Bbox, Class, Covariance, GroundFix, LonLat, Mount, Plane, Size, TimeBasis};
use jiff::SignedDuration;

use super::*;

const SIZE: Size = Size { width: 640, height: 360 };

/// A no-parking strip of 20 m × 4 m with its middle at the origin of [`plane`], and more properties.
fn strip(more: &str) -> String {
    rectangle("kerb", "no_parking", [-10.0, -2.0, 10.0, 2.0], more)
}

fn rectangle(id: &str, kind: &str, [west, south, east, north]: [f64; 4], more: &str) -> String {
    let corner = |e, n| {
        let place = plane().place([e, n]).unwrap();
        format!("[{},{}]", place.lon(), place.lat())
    };
    let ring = [
        corner(west, south),
        corner(east, south),
        corner(east, north),
        corner(west, north),
        corner(west, south),
    ];
    format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","id":"{id}",
        "geometry":{{"type":"Polygon","coordinates":[[{}]]}},
        "properties":{{"name":"路缘","kind":"{kind}"{more}}}}}]}}"#,
        ring.join(",")
    )
}

fn plane() -> Plane {
    Plane::at(LonLat::new(120.0868, 30.8943).unwrap())
}

fn cam() -> SourceId {
    SourceId::new("cam").unwrap()
}

/// 2026-11-16 is a Monday; 09:00 in Shanghai.
fn start() -> Timestamp {
    "2026-11-16T09:00:00+08:00".parse().unwrap()
}

/// A car whose box is 100 px wide per 5 m, so `east` metres move it 20 px each.
fn car(track: u64, east: f64, north: f64, sigma_m: f64) -> Observation {
    #[expect(clippy::cast_possible_truncation, reason = "whole pixels")]
    let x = (270.0 + 20.0 * east) as f32;
    let bbox = Bbox { x1: x, y1: 150.0, x2: x + 100.0, y2: 200.0 };
    let position = plane().place([east, north]).unwrap();
    let fix = GroundFix { position, covariance: Covariance::round(sigma_m) };
    Observation {
        track: TrackId(track),
        class: Class::Car,
        score: 0.8,
        seen: bbox.relative(SIZE),
        place: fix.into(),
        look: None,
    }
}

struct Story {
    engine: Engine,
    at: Timestamp,
    frame: u64,
    log: Vec<String>,
    alerts: Vec<Alert>,
}

impl Story {
    fn new(fences: &[String]) -> Self {
        Self::resuming(fences, &[])
    }

    fn resuming(fences: &[String], open: &[Alert]) -> Self {
        let fences = Fences::new(fences.iter().map(String::as_str), []).unwrap();
        let config = Parking { dwell: Duration::from_secs(10), ..Parking::default() };
        let mut engine = Engine::new(Arc::new(fences), config);
        engine.resume(cam(), "Renmin Road".to_owned(), open);
        Self { engine, at: start(), frame: 0, log: Vec::new(), alerts: Vec::new() }
    }

    /// One frame, a second long.
    fn see(&mut self, observations: Vec<Observation>) {
        self.see_from(Mount::Fixed, observations);
    }

    fn see_from(&mut self, mount: Mount, observations: Vec<Observation>) {
        let view = View {
            source: cam(),
            at: self.at,
            basis: TimeBasis::Capture,
            frame: self.frame,
            size: SIZE,
            mount,
            observations,
        };
        let outcomes = self.engine.observe(&view);
        self.note(outcomes);
        self.at += SignedDuration::from_secs(1);
        self.frame += 1;
    }

    fn see_for(&mut self, seconds: u32, observations: &[Observation]) {
        for _ in 0..seconds {
            self.see(observations.to_vec());
        }
    }

    fn note(&mut self, outcomes: Vec<Outcome>) {
        let second = self.at.duration_since(start()).as_secs();
        for outcome in outcomes {
            let line = match outcome {
                Outcome::Standing { .. } => format!("{second} standing"),
                Outcome::Passed { .. } => format!("{second} passed"),
                Outcome::LookAgain(_) => format!("{second} ambiguous"),
                Outcome::Updated(_) => format!("{second} updated"),
                Outcome::Raised(alert) => {
                    let since = alert.since.duration_since(start()).as_secs();
                    self.alerts.push(*alert);
                    format!("{second} raised since {since}")
                }
                Outcome::Ended(alert) => {
                    let ended = alert.ended_at.unwrap().duration_since(start()).as_secs();
                    format!("{second} ended {:?} at {ended}", alert.end_reason.unwrap())
                }
            };
            self.log.push(line);
        }
    }

    fn finish(mut self) -> Vec<String> {
        let outcomes = self.engine.finish(&cam());
        self.note(outcomes);
        self.log
    }
}

#[test]
fn a_parked_car_raises_one_alert_and_leaves() {
    let mut story = Story::new(&[strip("")]);
    for second in 0..4 {
        story.see(vec![car(1, -20.0 + 5.0 * f64::from(second), 0.0, 0.3)]);
    }
    story.see_for(80, &[car(1, 0.0, 0.0, 0.3)]);
    for second in 1..12 {
        story.see(vec![car(1, 3.0 * f64::from(second), 0.0, 0.3)]);
    }
    let log = story.finish();
    assert_eq!(log, ["6 standing", "14 raised since 4", "74 updated", "92 ended Left at 83"]);
}

#[test]
fn traffic_raises_nothing() {
    let mut story = Story::new(&[strip("")]);
    for second in 0..60u32 {
        let east = -20.0 + 4.0 * f64::from(second % 10);
        story.see(vec![car(u64::from(1 + second / 10), east, 0.0, 0.3)]);
    }
    assert_eq!(story.finish(), [""; 0]);
}

#[test]
fn a_car_in_time_passes() {
    let mut story = Story::new(&[strip("")]);
    story.see_for(8, &[car(1, 0.0, 0.0, 0.3)]);
    for second in 1..12 {
        story.see(vec![car(1, 3.0 * f64::from(second), 0.0, 0.3)]);
    }
    assert_eq!(story.finish(), ["2 standing", "16 passed"]);
}

#[test]
fn drop_outs_and_a_new_track_in_the_same_place_are_the_same_stay() {
    let mut story = Story::new(&[strip("")]);
    story.see_for(12, &[car(1, 0.0, 0.0, 0.3)]);
    story.see_for(20, &[]);
    story.see_for(60, &[car(2, 0.3, 0.0, 0.3)]);
    let log = story.finish();
    assert_eq!(
        log,
        ["2 standing", "10 raised since 0", "70 updated", "92 ended SourceEnded at 91"]
    );
}

#[test]
fn a_car_not_seen_again_is_lost_not_left() {
    let mut story = Story::new(&[strip("")]);
    story.see_for(12, &[car(1, 0.0, 0.0, 0.3)]);
    story.see_for(70, &[]);
    assert_eq!(story.finish(), ["2 standing", "10 raised since 0", "71 ended Lost at 11"]);
}

#[test]
fn a_passing_bus_that_takes_the_track_does_not_end_the_stay() {
    let mut story = Story::new(&[strip("")]);
    story.see_for(12, &[car(1, 0.0, 0.0, 0.3)]);
    story.see(vec![car(1, 5.0, 0.0, 0.3)]);
    story.see(vec![car(1, 9.0, 0.0, 0.3), car(2, 0.0, 0.0, 0.3)]);
    story.see(vec![car(1, 14.0, 0.0, 0.3), car(2, 0.0, 0.0, 0.3)]);
    story.see_for(30, &[car(2, 0.0, 0.0, 0.3)]);
    let log = story.finish();
    assert_eq!(log, ["2 standing", "10 raised since 0", "45 ended SourceEnded at 44"]);
}

/// A drone's view: whatever the box, the place tells. It looks at 30 m around `east`.
fn fly(story: &mut Story, east: f64, observations: Vec<Observation>) {
    let corners = [[-15.0, -15.0], [15.0, -15.0], [15.0, 15.0], [-15.0, 15.0], [-15.0, -15.0]];
    let ring = corners.map(|[e, n]| plane().place([east + e, n]).unwrap());
    let looked = ring.map(|place| [place.lon(), place.lat()]).to_vec();
    story.see_from(Mount::Moving { looked }, observations);
}

/// `car` at a place on the ground, with a box that wanders through the picture.
fn flown_over(track: u64, east: f64, drift: u32) -> Observation {
    let mut seen = car(track, east, 0.0, 0.3);
    seen.seen.x = f64::from(drift) * 0.05;
    seen
}

#[test]
fn under_a_drone_what_keeps_its_place_on_the_ground_stands() {
    let mut story = Story::new(&[strip("")]);
    for second in 0..14 {
        let passing = car(2, -20.0 + 4.0 * f64::from(second), 0.0, 0.3);
        fly(&mut story, f64::from(second), vec![flown_over(1, 5.0, second), passing]);
    }
    assert_eq!(story.log, ["2 standing", "10 raised since 0"]);
}

#[test]
fn two_passes_ten_minutes_apart_are_one_stay() {
    let mut story = Story::new(&[strip("")]);
    for second in 0..4 {
        fly(&mut story, 0.0, vec![flown_over(1, 0.0, second)]);
    }
    for _ in 0..10 {
        fly(&mut story, 300.0, vec![]);
    }
    story.at += SignedDuration::from_mins(10);
    fly(&mut story, 0.0, vec![flown_over(1, 0.4, 0)]);
    assert_eq!(story.log, ["2 standing", "614 raised since 0"]);
}

#[test]
fn who_drives_past_an_old_place_did_not_stand_there() {
    let mut story = Story::new(&[strip("")]);
    for second in 0..4 {
        fly(&mut story, 0.0, vec![flown_over(1, 0.0, second)]);
    }
    for _ in 0..3 {
        fly(&mut story, 0.0, vec![]);
    }
    story.at += SignedDuration::from_mins(10);
    for second in 0..8 {
        fly(&mut story, 0.0, vec![car(2, -16.0 + 4.0 * f64::from(second), 0.0, 0.3)]);
    }
    assert_eq!(story.log, ["2 standing"]);
}

#[test]
fn what_a_drone_does_not_look_at_is_not_lost() {
    let mut story = Story::new(&[strip("")]);
    for second in 0..11 {
        fly(&mut story, 0.0, vec![flown_over(1, 0.0, second)]);
    }
    for _ in 0..120 {
        fly(&mut story, 300.0, vec![]);
    }
    assert_eq!(story.log, ["2 standing", "10 raised since 0"]);
    for _ in 0..80 {
        fly(&mut story, 0.0, vec![]);
    }
    assert_eq!(story.log.last().unwrap(), "190 ended Lost at 10");
}

#[test]
fn looked_at_and_not_seen_is_not_standing() {
    let mut story = Story::new(&[strip("")]);
    for second in 0..5 {
        fly(&mut story, 0.0, vec![flown_over(1, 0.0, second)]);
    }
    for _ in 0..20 {
        fly(&mut story, 0.0, vec![]);
    }
    for second in 0..10 {
        fly(&mut story, 0.0, vec![flown_over(2, 0.0, second)]);
    }
    assert_eq!(story.log, ["2 standing", "33 raised since 0"]);
}

#[test]
fn ambiguous_never_raises() {
    let mut story = Story::new(&[strip("")]);
    story.see_for(40, &[car(1, 0.0, 1.0, 2.0)]);
    assert_eq!(story.finish(), ["10 ambiguous"]);
}

#[test]
fn outside_is_outside() {
    let mut story = Story::new(&[strip("")]);
    story.see_for(40, &[car(1, 0.0, 6.0, 0.3)]);
    assert_eq!(story.finish(), [""; 0]);
}

#[test]
fn a_bay_inside_the_strip_is_legal() {
    let bay = rectangle("bay", "bay", [-4.0, -2.0, 4.0, 2.0], "");
    let mut story = Story::new(&[strip(""), bay]);
    story.see_for(40, &[car(1, 0.0, 0.0, 0.3), car(2, 8.0, 0.0, 0.3)]);
    let tracks: Vec<_> = story.alerts.iter().map(|alert| alert.track.0).collect();
    assert_eq!(tracks, [2]);
}

#[test]
fn a_cell_of_the_grid_forbids_and_allows_nothing() {
    let cell = rectangle("cell", "grid", [-50.0, -50.0, 50.0, 50.0], "");
    let mut story = Story::new(std::slice::from_ref(&cell));
    story.see_for(40, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.finish(), [""; 0]);
    let mut story = Story::new(&[cell, strip("")]);
    story.see_for(40, &[car(1, 0.0, 0.0, 0.3)]);
    let fences: Vec<_> = story.alerts.iter().map(|alert| alert.fence.id.to_string()).collect();
    assert_eq!(fences, ["kerb"]);
}

#[test]
fn who_is_inside_when_the_schedule_opens_counts_from_then() {
    let opens = r#","schedule":{"time_zone":"Asia/Shanghai","weekly":[{"days":["mon"],"from":"09:01","to":"09:03"}]}"#;
    let mut story = Story::new(&[strip(opens)]);
    story.see_for(300, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(
        story.finish(),
        ["60 standing", "70 raised since 60", "130 updated", "180 ended ScheduleClosed at 180"]
    );
}

#[test]
fn people_and_old_views_are_ignored() {
    let mut story = Story::new(&[strip("")]);
    let person = Observation { class: Class::Person, ..car(1, 0.0, 0.0, 0.3) };
    story.see_for(40, &[person]);
    story.at = start();
    story.see_for(39, &[car(2, 0.0, 0.0, 0.3)]);
    assert_eq!(story.finish(), [""; 0]);
}

#[test]
fn a_restart_takes_up_the_open_alert() {
    let mut story = Story::new(&[strip("")]);
    story.see_for(12, &[car(1, 0.0, 0.0, 0.3)]);
    let open = story.alerts.clone();
    let mut after = Story::resuming(&[strip("")], &open);
    after.at = start() + SignedDuration::from_secs(30);
    after.see_for(60, &[car(1, 0.1, 0.0, 0.3)]);
    assert_eq!(after.finish(), ["70 updated", "90 ended SourceEnded at 89"]);

    // The same file read again from its beginning: the same alert, once.
    let mut again = Story::resuming(&[strip("")], &open);
    again.see_for(100, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(again.alerts, open);
    assert_eq!(
        again.finish(),
        ["2 standing", "10 raised since 0", "70 updated", "100 ended SourceEnded at 99"]
    );
}

#[test]
fn a_long_pause_between_runs_does_not_alert_again() {
    let mut story = Story::new(&[strip("")]);
    story.see_for(12, &[car(1, 0.0, 0.0, 0.3)]);
    let mut after = Story::resuming(&[strip("")], &story.alerts);
    after.at = start() + SignedDuration::from_mins(30);
    after.see_for(3, &[]);
    after.see_for(30, &[car(1, 0.1, 0.0, 0.3)]);
    assert_eq!(after.finish(), ["1803 updated", "1833 ended SourceEnded at 1832"]);
}

#[test]
fn a_stay_that_becomes_ambiguous_waits() {
    let mut story = Story::new(&[strip("")]);
    story.see_for(8, &[car(1, 0.0, 0.0, 0.3)]);
    story.see_for(10, &[car(1, 0.0, 0.0, 2.0)]);
    assert_eq!(story.log, ["2 standing"]);
    story.see_for(2, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.log, ["2 standing", "18 raised since 0"]);
}

#[test]
fn a_blackout_is_not_standing() {
    let mut story = Story::new(&[strip("")]);
    story.see_for(1, &[car(1, 0.0, 0.0, 0.3)]);
    story.at += SignedDuration::from_secs(30);
    story.see_for(9, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.log, ["33 standing"]);

    let mut story = Story::new(&[strip("")]);
    story.see_for(5, &[car(1, 0.0, 0.0, 0.3)]);
    story.at += SignedDuration::from_secs(30);
    story.see_for(7, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.log, ["2 standing", "41 raised since 0"]);
}

#[test]
fn replay_is_identical() {
    let run = || {
        let mut story = Story::new(&[strip("")]);
        story.see_for(30, &[car(1, 0.0, 0.0, 0.3), car(2, 7.0, 0.5, 0.4)]);
        serde_json::to_string(&story.alerts).unwrap()
    };
    assert_eq!(run(), run());
}

#[test]
fn an_alert_says_everything() {
    let mut story =
        Story::new(&[strip(r#","name_en":"Kerb","parking_authority":"traffic_police""#)]);
    story.see_for(12, &[car(1, 0.0, 0.0, 0.3)]);
    insta::assert_json_snapshot!(story.alerts[0]);
}
