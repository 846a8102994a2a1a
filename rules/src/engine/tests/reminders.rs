//! 违停十分钟提醒, jams and loading, as stories of one frame a second.

use crate::{Remind, Undelivered};

use super::*;

fn reminding(more: Remind) -> Parking {
    Parking { reminder: vec![more], ..Parking::default() }
}

/// A car stands from second 0 on and is alerted on at 10.
fn parked(config: Parking) -> Story {
    let mut story = Story::with(config, &[strip("")], &[]);
    story.see_for(12, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.alerts.len(), 1, "{:?}", story.log);
    story.log.clear();
    story
}

impl Story {
    /// Somebody answers, now.
    fn receive(&mut self, delivered: bool) {
        let at = self.at;
        let receipt = if delivered {
            Receipt::Delivered { at }
        } else {
            Receipt::Failed { at, reason: "no number".to_owned() }
        };
        let mut reminder = self.alerts[0].reminder.clone().unwrap();
        assert!(reminder.take(&receipt));
        self.engine.reminded(self.alerts[0].id, &reminder);
    }

    /// What happened, without the repeats.
    fn told(&self) -> Vec<&str> {
        self.log.iter().map(String::as_str).filter(|line| !line.ends_with("updated")).collect()
    }
}

#[test]
fn left_at_9_59_is_corrected() {
    let mut story = parked(reminding(Remind::default()));
    story.receive(true);
    story.see_for(599, &[car(1, 0.0, 0.0, 0.3)]);
    for second in 1..6 {
        story.see(vec![car(1, f64::from(second) * 5.0, 0.0, 0.3)]);
    }
    story.see_for(70, &[]);
    assert_eq!(story.told(), ["619 ended Left at 610, corrected"]);
}

#[test]
fn still_there_at_10_01_goes_to_the_queue() {
    let mut story = parked(reminding(Remind::default()));
    story.receive(true);
    story.see_for(600, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.told(), [""; 0], "one second is left");
    story.see(vec![car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.told(), ["612 still there"]);
}

#[test]
fn the_clock_starts_at_delivery() {
    let mut story = parked(reminding(Remind::default()));
    story.see_for(900, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.told(), [""; 0], "nobody was reminded yet");
    story.receive(true);
    story.see_for(601, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.told(), ["1512 still there"]);
}

#[test]
fn a_place_that_is_empty_shows_that_it_left() {
    // Its last second was not seen: the detector lost it first.
    let mut story = parked(reminding(Remind::default()));
    story.receive(true);
    story.see_for(200, &[car(1, 0.0, 0.0, 0.3)]);
    story.see_for(70, &[]);
    assert_eq!(story.told(), ["271 ended Lost at 211, corrected"]);
}

#[test]
fn a_bus_before_it_shows_nothing() {
    let mut story = parked(reminding(Remind::default()));
    story.receive(true);
    story.see_for(200, &[car(1, 0.0, 0.0, 0.3)]);
    let bus = Observation { class: Class::Person, ..car(9, 0.5, 0.0, 0.3) };
    story.see_for(70, &[bus]);
    assert_eq!(story.told(), ["271 ended Lost at 211, gone"]);
}

#[test]
fn gone_before_it_was_reminded_is_no_education() {
    let mut story = parked(reminding(Remind::default()));
    story.see_for(70, &[]);
    assert_eq!(story.told(), ["71 ended Lost at 11, gone"]);
}

#[test]
fn what_cannot_be_delivered_waits_longer() {
    let mut story = parked(reminding(Remind::default()));
    story.receive(false);
    story.see_for(1200, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.told(), [""; 0]);
    story.see(vec![car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.told(), ["1212 still there"]);
}

#[test]
fn or_goes_to_a_person_at_once() {
    let remind = Remind { undelivered: Undelivered::Queue, ..Remind::default() };
    let mut story = parked(reminding(remind));
    assert!(!story.alerts[0].is_queued());
    let mut reminder = story.alerts[0].reminder.clone().unwrap();
    reminder.take(&Receipt::Failed { at: story.at, reason: String::new() });
    story.alerts[0].reminder = Some(reminder);
    assert!(story.alerts[0].is_queued());
}

#[test]
fn the_first_policy_that_fits_holds() {
    let of = |minutes, more: Remind| Remind { wait: Duration::from_mins(minutes), ..more };
    let policies = vec![
        of(1, Remind { authority: Some(domain::Authority::UrbanMgmt), ..Remind::default() }),
        of(2, Remind { classes: vec![Class::Bus], ..Remind::default() }),
        of(3, Remind { fences: vec![domain::FenceId::known("kerb")], ..Remind::default() }),
        of(4, Remind::default()),
    ];
    let story = parked(Parking { reminder: policies, ..Parking::default() });
    assert!((story.alerts[0].reminder.as_ref().unwrap().wait_s - 180.0).abs() < 1e-9);
}

#[test]
fn nobody_is_reminded_without_a_policy() {
    let story = parked(Parking::default());
    assert!(story.alerts[0].is_queued() && story.alerts[0].reminder.is_none());
}

#[test]
fn a_restart_in_the_middle_keeps_the_clock() {
    let mut before = parked(reminding(Remind::default()));
    before.receive(true);
    before.see_for(100, &[car(1, 0.0, 0.0, 0.3)]);
    let mut open = before.alerts[0].clone();
    open.last_seen = before.at;
    let mut reminder = open.reminder.clone().unwrap();
    reminder.take(&Receipt::Delivered { at: before.at - SignedDuration::from_secs(100) });
    open.reminder = Some(reminder);
    let mut story = Story::with(reminding(Remind::default()), &[strip("")], &[open]);
    story.at = before.at + SignedDuration::from_secs(300);
    story.see_for(201, &[car(7, 0.0, 0.0, 0.3)]);
    assert_eq!(story.told(), ["612 still there"]);
}

#[test]
fn the_end_of_a_source_closes_no_reminder() {
    let mut story = parked(reminding(Remind::default()));
    story.receive(true);
    let outcomes = story.engine.finish(&cam());
    story.note(outcomes);
    assert_eq!(story.told(), [""; 0]);
}

/// Drives up to `east`, a metre a second faster than it is near, and stands there from second 5 on.
fn driving_up(track: u64, east: f64, second: i32) -> Observation {
    let left = f64::from((5 - second).max(0));
    car(track, east - 6.0 * left, 0.0, 0.3)
}

#[test]
fn a_queue_of_traffic_does_not_park() {
    let mut story = Story::new(&[strip("")]);
    let all = |second: i32| {
        (1_i32..4)
            .map(move |n| driving_up(n.unsigned_abs().into(), f64::from(n) * 6.0 - 12.0, second))
    };
    for second in 0..100 {
        story.see(all(second).collect());
    }
    assert!(story.alerts.is_empty(), "{:?}", story.log);
    // Two drive on, one stays: it has parked from then on.
    for second in 0..30 {
        let on = f64::from(second) * 8.0;
        story.see(vec![car(1, -6.0, 0.0, 0.3), car(2, on, 0.0, 0.3), car(3, 6.0 + on, 0.0, 0.3)]);
    }
    assert_eq!(story.alerts.len(), 1, "{:?}", story.log);
    assert_eq!(story.alerts[0].track, Some(TrackId(1)));
}

#[test]
fn a_row_of_parked_cars_is_no_queue() {
    // They stood there when the camera began to look.
    let mut story = Story::new(&[strip("")]);
    let row = [car(1, -6.0, 0.0, 0.3), car(2, 0.0, 0.0, 0.3), car(3, 6.0, 0.0, 0.3)];
    story.see_for(30, &row);
    assert_eq!(story.alerts.len(), 3, "{:?}", story.log);
}

#[test]
fn who_is_loaded_has_longer() {
    let config = Parking { loading: Duration::from_mins(1), ..Parking::default() };
    let mut story = Story::with(config, &[strip("")], &[]);
    let person = Observation { class: Class::Person, ..car(8, 2.0, 1.0, 0.3) };
    story.see_for(60, &[car(1, 0.0, 0.0, 0.3), person]);
    assert!(story.alerts.is_empty(), "{:?}", story.log);
    story.see_for(60, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.alerts.len(), 1, "not for ever: {:?}", story.log);
}

#[test]
fn who_walks_by_loads_nothing() {
    let mut story = Story::new(&[strip("")]);
    let person = Observation { class: Class::Person, ..car(8, 2.0, 1.0, 0.3) };
    story.see_for(3, &[car(1, 0.0, 0.0, 0.3), person]);
    story.see_for(10, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.alerts.len(), 1, "{:?}", story.log);
}

#[test]
fn who_only_reports_tells_who_drove_off() {
    let mut story = Story::with(reminding(Remind::default()), &[strip("")], &[]);
    let told = Mount::Moving { looked: Vec::new() };
    for _ in 0..12 {
        story.see_from(told.clone(), vec![car(1, 0.0, 0.0, 0.3)]);
    }
    story.receive(true);
    story.log.clear();
    for metres in 1..30 {
        story.see_from(told.clone(), vec![car(1, f64::from(metres) * 8.0, 0.0, 0.3)]);
    }
    assert_eq!(story.told().len(), 1, "{:?}", story.log);
    assert!(story.log[0].ends_with("Left at 11, corrected"), "{:?}", story.log);
}
