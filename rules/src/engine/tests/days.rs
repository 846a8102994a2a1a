//! Long stories: a day and a night, midnight, and what a detector gets wrong in between.

use super::*;

/// Equal numbers each time, evenly in 0..1 (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from(u32::try_from((z ^ (z >> 31)) >> 32).unwrap()) / f64::from(u32::MAX)
    }
}

/// `hours` of a parked car, seen each second but for `dropped` of them, with another track every hour.
fn day(hours: u32, dropped: f64) -> Story {
    let (mut story, mut dice) = (Story::new(&[strip("")]), Dice(7));
    for second in 0..hours * 3600 {
        let seen =
            (dice.roll() >= dropped).then(|| car(u64::from(1 + second / 3600), 0.0, 0.0, 0.3));
        story.see(seen.into_iter().collect());
    }
    story
}

#[test]
fn a_car_that_stands_for_a_day_is_one_alert() {
    let story = day(24, 0.01);
    assert_eq!(story.alerts.len(), 1, "{:?}", story.alerts.len());
    assert!(story.log.iter().all(|line| !line.contains("ended")), "{:?}", story.log.last());
}

#[test]
fn drop_outs_of_up_to_five_percent_change_nothing() {
    for dropped in [0.0, 0.02, 0.03, 0.05] {
        let story = day(2, dropped);
        assert_eq!(story.alerts.len(), 1, "{dropped}: {:?}", story.log);
        assert_eq!(story.alerts[0].since, start(), "{dropped}");
    }
}

#[test]
fn midnight_is_a_second_like_any_other() {
    // Forbidden from 22:00 to 06:00 on every day, in Shanghai.
    let nights = r#","schedule":{"time_zone":"Asia/Shanghai","weekly":[{"days":
        ["mon","tue","wed","thu","fri","sat","sun"],"from":"22:00","to":"06:00"}]}"#;
    let mut story = Story::new(&[strip(nights)]);
    story.at = "2026-11-16T23:59:50+08:00".parse().unwrap();
    story.see_for(30, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.alerts.len(), 1, "{:?}", story.log);
    let since: Timestamp = "2026-11-16T23:59:50+08:00".parse().unwrap();
    assert_eq!(story.alerts[0].since, since);
}

#[test]
fn the_zone_of_the_schedule_counts_not_that_of_the_machine() {
    let hours = |zone: &str| {
        format!(
            r#","schedule":{{"time_zone":"{zone}","weekly":[{{"days":["mon"],"from":"07:00","to":"20:00"}}]}}"#
        )
    };
    // 09:00 in Shanghai is 01:00 in UTC and, in London, the same: nothing moves with the clocks there.
    for (zone, alerts) in [("Asia/Shanghai", 1), ("UTC", 0), ("Europe/London", 0)] {
        let mut story = Story::new(&[strip(&hours(zone))]);
        story.see_for(30, &[car(1, 0.0, 0.0, 0.3)]);
        assert_eq!(story.alerts.len(), alerts, "{zone}: {:?}", story.log);
    }
}

#[test]
fn a_bus_that_stops_before_it_for_half_a_minute_hides_it_only() {
    let mut story = Story::new(&[strip("")]);
    story.see_for(15, &[car(1, 0.0, 0.0, 0.3)]);
    // The bus is another box over the car, and takes neither its place nor its track.
    let bus = Observation { class: Class::Bus, ..car(2, 3.0, -3.0, 0.3) };
    story.see_for(30, &[bus]);
    story.see_for(20, &[car(3, 0.0, 0.0, 0.3)]);
    assert_eq!(story.alerts.len(), 1, "{:?}", story.log);
    assert!(story.log.iter().all(|line| !line.contains("ended")), "{:?}", story.log);
}
