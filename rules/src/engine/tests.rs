use domain::{
    Bbox, Class, Covariance, GroundFix, LonLat, Mount, Plane, Receipt, RelBox, ReminderState, Size,
    TimeBasis,
};
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
        seen: Some(bbox.relative(SIZE)),
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
    /// Of the last message about an alert.
    open: Option<Alert>,
    again: Vec<String>,
    probabilities: Vec<f64>,
}

impl Story {
    fn new(fences: &[String]) -> Self {
        Self::resuming(fences, &[])
    }

    fn resuming(fences: &[String], open: &[Alert]) -> Self {
        Self::with(Parking::default(), fences, open)
    }

    fn with(config: Parking, fences: &[String], open: &[Alert]) -> Self {
        let fences = Fences::new(fences.iter().map(String::as_str), []).unwrap();
        let config = Parking { dwell: Duration::from_secs(10), ..config };
        let mut engine = Engine::new(Arc::new(fences), config);
        engine.resume(cam(), "Renmin Road".to_owned(), open);
        Self {
            engine,
            at: start(),
            frame: 0,
            log: Vec::new(),
            alerts: Vec::new(),
            open: None,
            again: Vec::new(),
            probabilities: Vec::new(),
        }
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
                Outcome::Shadow(_) => format!("{second} shadow"),
                Outcome::Passed { .. } => format!("{second} passed"),
                Outcome::LookAgain(again) => {
                    self.again.push(format!("{} {}", again.fence.id, again.remedy.as_str()));
                    self.probabilities.push(again.probability);
                    format!("{second} ambiguous")
                }
                Outcome::Updated(alert) => {
                    self.open = Some(*alert);
                    format!("{second} updated")
                }
                Outcome::Raised(alert) => {
                    let since = alert.since.duration_since(start()).as_secs();
                    self.probabilities.push(alert.probability_inside);
                    self.alerts.push(*alert);
                    format!("{second} raised since {since}")
                }
                Outcome::StillThere(alert) => {
                    let reminder = alert.reminder.unwrap();
                    assert_eq!(reminder.state, ReminderState::StillThere);
                    format!("{second} still there")
                }
                Outcome::Ended(alert) => {
                    let reminder = alert.reminder.map(|one| format!(", {}", one.state.as_str()));
                    let reminder = reminder.unwrap_or_default();
                    let ended = alert.ended_at.unwrap().duration_since(start()).as_secs();
                    format!("{second} ended {:?} at {ended}", alert.end_reason.unwrap()) + &reminder
                }
            };
            self.log.push(line);
        }
    }

    fn change(&mut self, fences: &[String]) {
        let fences = Fences::new(fences.iter().map(String::as_str), []).unwrap();
        let outcomes = self.engine.change_fences(Arc::new(fences));
        self.note(outcomes);
    }

    fn open_version(&self) -> String {
        self.open.as_ref().unwrap().fence.as_ref().unwrap().version.clone()
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
    let wandering = |seen: RelBox| RelBox { x: f64::from(drift) * 0.05, ..seen };
    seen.seen = seen.seen.map(wandering);
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
    let tracks: Vec<_> = story.alerts.iter().map(|alert| alert.track.unwrap().0).collect();
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
    let fences: Vec<_> =
        story.alerts.iter().map(|alert| alert.fence.as_ref().unwrap().id.to_string()).collect();
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

/// The strip cut in two, so that each half holds less than half of a car over the cut.
#[test]
fn a_fence_that_is_split_decides_the_same() {
    let whole = || vec![strip("")];
    let split = || {
        vec![
            rectangle("west", "no_parking", [-10.0, -2.0, 0.0, 2.0], ""),
            rectangle("east", "no_parking", [0.0, -2.0, 10.0, 2.0], ""),
        ]
    };
    for (east, north) in [(0.0, 0.0), (0.4, 1.0), (-3.0, 0.5), (0.0, 2.0), (9.9, 0.0), (20.0, 0.0)]
    {
        let told = |fences: Vec<String>| {
            let mut story = Story::new(&fences);
            story.see_for(20, &[car(1, east, north, 0.3)]);
            story.finish()
        };
        assert_eq!(told(whole()), told(split()), "{east} {north}");
    }
    let mut story = Story::new(&split());
    story.see_for(20, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.alerts.len(), 1, "over the cut");
}

#[test]
fn a_stay_goes_on_when_its_fence_is_redrawn() {
    let mut story = Story::new(&[strip("")]);
    story.see_for(5, &[car(1, 0.0, 0.0, 0.3)]);
    let wider = rectangle("kerb", "no_parking", [-12.0, -3.0, 12.0, 3.0], "");
    story.change(&[wider]);
    story.see_for(20, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.alerts.len(), 1);
    assert_eq!(story.alerts[0].since, start(), "the dwell ran on");
    let raised = story.alerts[0].fence.as_ref().unwrap().version.clone();
    story.change(&[strip(r#","version":"3""#)]);
    story.see_for(70, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.alerts.len(), 1, "no second alert");
    assert_eq!(story.open_version(), raised, "the alert keeps the version that it was raised with");
}

#[test]
fn a_stay_in_a_fence_that_is_gone_is_over() {
    for gone in [vec![], vec![rectangle("kerb", "bay", [-10.0, -2.0, 10.0, 2.0], "")]] {
        let mut story = Story::new(&[strip("")]);
        story.see_for(15, &[car(1, 0.0, 0.0, 0.3)]);
        story.change(&gone);
        story.see_for(5, &[car(1, 0.0, 0.0, 0.3)]);
        let log = story.finish();
        assert_eq!(log.last().unwrap(), "15 ended FenceWithdrawn at 14", "{log:?}");
    }
    // Redrawn so that the car, which has not moved, stands outside.
    let mut story = Story::new(&[strip("")]);
    story.see_for(15, &[car(1, 0.0, 0.0, 0.3)]);
    story.change(&[rectangle("kerb", "no_parking", [-10.0, 6.0, 10.0, 10.0], "")]);
    story.see_for(5, &[car(1, 0.0, 0.0, 0.3)]);
    let log = story.finish();
    assert!(log.last().unwrap().contains("ended FenceWithdrawn"), "{log:?}");
}

#[test]
fn a_fence_sets_its_own_dwell_and_overlap() {
    let mut story = Story::new(&[strip(r#","dwell":"5s""#)]);
    story.see_for(7, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!((story.alerts.len(), story.alerts[0].dwell_needed_s), (1, 5.0));
    // Its middle lies 0.5 m outside.
    for (overlap, alerts) in [("0.5", 0), ("0.05", 1)] {
        let mut story = Story::new(&[strip(&format!(r#","overlap":{overlap}"#))]);
        story.see_for(20, &[car(1, 0.0, 2.5, 0.05)]);
        assert_eq!(story.alerts.len(), alerts, "{overlap}");
    }
}

#[test]
fn nothing_is_recorded_where_it_may_not_be() {
    let court = rectangle("court", "sensitive", [-5.0, -5.0, 5.0, 5.0], "");
    let mut story = Story::new(&[strip(""), court]);
    story.see_for(20, &[car(1, 0.0, 0.0, 0.3), car(2, 8.5, 0.0, 0.2)]);
    let tracks: Vec<TrackId> = story.alerts.iter().map(|alert| alert.track.unwrap()).collect();
    assert_eq!(tracks, [TrackId(2)]);
}

#[test]
fn who_cannot_be_placed_is_looked_at_again() {
    let check = |sigma: f64, mount: Mount, wanted: &str| {
        let mut story = Story::new(&[strip("")]);
        for _ in 0..15 {
            story.see_from(mount.clone(), vec![car(1, 0.0, 2.0, sigma)]);
        }
        assert_eq!(story.again, [format!("kerb {wanted}")], "{:?}", story.log);
        assert!(story.alerts.is_empty());
    };
    check(1.5, Mount::Fixed, "zoom");
    check(1.5, Mount::Moving { looked: Vec::new() }, "fly_again");
    check(0.1, Mount::Fixed, "check_on_site");
}

proptest::proptest! {
    /// The whole world moved east and north: the same story.
    #[test]
    fn the_world_may_be_moved(
        east in -3.0..3.0f64, north in -4.0..4.0f64, sigma in 0.1..1.5f64,
        away_east in -2000.0..2000.0f64, away_north in -2000.0..2000.0f64,
    ) {
        // A probability next to a threshold may fall on its other side by rounding.
        let told = |by: [f64; 2]| {
            let [e, n] = by;
            let fence = rectangle("kerb", "no_parking", [e - 10.0, n - 2.0, e + 10.0, n + 2.0], "");
            let mut story = Story::new(&[fence]);
            let mut seen = car(1, east, north, sigma);
            let position = plane().place([e + east, n + north]).unwrap();
            seen.place = GroundFix { position, covariance: Covariance::round(sigma) }.into();
            story.see_for(15, &[seen]);
            story.probabilities
        };
        let (here, there) = (told([0.0, 0.0]), told([away_east, away_north]));
        proptest::prop_assume!(here.len() == there.len());
        for (a, b) in here.iter().zip(&there) {
            proptest::prop_assert!((a - b).abs() < 5e-3, "{} {}", a, b);
        }
    }
}

/// What a source that only reports says: where, and nothing about what it looked at.
fn report(story: &mut Story, observations: Vec<Observation>) {
    story.see_from(Mount::Moving { looked: Vec::new() }, observations);
}

/// A car as a sensor tells of it: a place, and no box.
fn told(track: u64) -> Observation {
    Observation { seen: None, ..car(track, 5.0, 0.0, 0.3) }
}

#[test]
fn what_is_not_reported_is_not_gone_until_its_source_says_so() {
    let mut story = Story::new(&[strip("")]);
    report(&mut story, vec![told(1)]);
    story.at += SignedDuration::from_mins(1);
    report(&mut story, vec![told(1)]);
    story.at += SignedDuration::from_mins(1);
    report(&mut story, vec![told(1)]);
    assert_eq!(story.log, ["61 standing", "122 raised since 0"]);
    story.at += SignedDuration::from_hours(2);
    report(&mut story, vec![]);
    assert_eq!(story.log.len(), 2, "nobody looked");
    story.engine.give_up(&cam(), &[TrackId(1), TrackId(9)]);
    for _ in 0..80 {
        report(&mut story, vec![]);
    }
    let ended = story.log.last().unwrap();
    assert!(ended.contains("ended Lost at 122"), "{:?}", story.log);
}

#[test]
fn one_that_is_given_up_and_found_again_never_left() {
    let mut story = Story::new(&[strip("")]);
    for track in 1..=3 {
        for _ in 0..20 {
            report(&mut story, vec![told(track)]);
        }
        story.engine.give_up(&cam(), &[TrackId(track)]);
    }
    assert_eq!(story.log, ["2 standing", "10 raised since 0"]);
}

#[test]
fn who_is_never_reported_again_gives_way_to_others() {
    let mut story = Story::new(&[strip("")]);
    let beside = |track| Observation { seen: None, ..car(track, 500.0, 0.0, 0.3) };
    let many = u64::try_from(MOST_VEHICLES).unwrap();
    report(&mut story, vec![told(1)]);
    report(&mut story, (2..many).map(beside).collect());
    for _ in 0..20 {
        report(&mut story, vec![told(many + 7), told(1)]);
    }
    assert_eq!(story.engine.lanes[&cam()].in_sight.len(), MOST_VEHICLES);
    for _ in 0..20 {
        report(&mut story, (3 * many..4 * many).map(beside).chain([told(1)]).collect());
    }
    let lane = &story.engine.lanes[&cam()];
    assert_eq!(lane.in_sight.len(), MOST_VEHICLES);
    assert!(lane.in_sight.contains_key(&TrackId(1)), "it stands where it may not");
}

mod days;
mod reminders;
mod restarts;
