use super::*;

/// Each character is a reading after 10 s: `#` wrong, `.` right, `?` unknown, `_` no report. Below, what came of it: `!` ripe and
/// raised, `+` told again, `/` over, `x` lost.
#[track_caller]
fn check(need_s: u64, story: &str, wanted: &str) {
    let config = TruckRules {
        lost_after: Duration::from_mins(2),
        gap: Duration::from_secs(40),
        update_every: Duration::from_mins(1),
        ..TruckRules::default()
    };
    let mut watch = Watch::Quiet;
    let told: String = (0i64..)
        .zip(story.chars())
        .map(|(nth, reading)| {
            let at = Timestamp::from_second(10 * nth).unwrap();
            let reading = match reading {
                '#' => Reading::Wrong,
                '.' => Reading::Right,
                '?' => Reading::Unknown,
                _ => return reading,
            };
            match watch.take(reading, at, Duration::from_secs(need_s), &config) {
                Step::Nothing => '.',
                Step::Again => '+',
                Step::Ripe { since, .. } => {
                    watch.open(crate::truck::tests::alert(since, at));
                    '!'
                }
                Step::Over(over, reason) => {
                    let alert = watch.close(over, reason).unwrap();
                    assert_eq!(alert.ended_at, Some(over.max(alert.raised_at)));
                    if reason == EndReason::Lost { 'x' } else { '/' }
                }
            }
        })
        .collect();
    assert_eq!(told, wanted, "{story}");
}

#[test]
fn only_what_lasts_is_ripe() {
    check(30, "..####..", ".....!..");
    check(30, "###....###...", ".............");
    check(30, "###.###.#", ".....!...");
}

#[test]
fn what_nobody_watched_does_not_count() {
    check(30, "#?#?#?#?#?#", "...........");
    check(30, "##??##??###", ".........!.");
    check(30, "#____#____#", ".____.____.");
    check(30, "#__#", ".__!");
    check(30, "##????????????##", "................");
}

#[test]
fn it_is_over_when_it_stays_right() {
    check(20, "###..#...#", "..!......+");
    check(20, "###.....", "..!.../.");
    check(20, "###.#.#....", "..!......./");
    check(20, "###????????????", "..!...........x");
    check(20, "#########", "..!.....+");
}
