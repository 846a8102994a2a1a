//! A restart in the middle: what was remembered goes on.

use super::*;

/// Stops, and starts again `away` seconds later with what was remembered.
fn restarted(story: &Story, open: &[Alert], away: i64) -> Story {
    let text = story
        .engine
        .recollect()
        .map(|(_, past)| serde_json::to_string(&past).unwrap())
        .next()
        .unwrap();
    let mut next = Story::resuming(&[strip("")], open);
    next.engine.recall(&cam(), Recollection::read(&text).unwrap(), open);
    next.at = story.at + SignedDuration::from_secs(away);
    next
}

#[test]
fn a_restart_loses_no_dwell() {
    let mut story = Story::new(&[strip("")]);
    story.see_for(8, &[car(1, 0.0, 0.0, 0.3)]);
    assert!(story.alerts.is_empty());
    let mut story = restarted(&story, &[], 60);
    // Another run gives another track; the time away does not count as standing.
    story.see_for(3, &[car(5, 0.0, 0.0, 0.3)]);
    assert!(story.alerts.is_empty(), "{:?}", story.log);
    story.see_for(3, &[car(5, 0.0, 0.0, 0.3)]);
    assert_eq!(story.alerts.len(), 1, "{:?}", story.log);
    assert_eq!(story.alerts[0].since, start());
}

#[test]
fn who_is_gone_after_a_restart_is_forgotten() {
    let mut story = Story::new(&[strip("")]);
    story.see_for(8, &[car(1, 0.0, 0.0, 0.3)]);
    let mut story = restarted(&story, &[], 60);
    story.see_for(70, &[]);
    assert_eq!(story.log.len(), 1, "{:?}", story.log);
    assert!(story.log[0].ends_with("passed"), "{:?}", story.log);
}

#[test]
fn an_alert_is_taken_from_the_store_alone() {
    let mut story = Story::new(&[strip("")]);
    story.see_for(12, &[car(1, 0.0, 0.0, 0.3)]);
    let open = story.alerts.clone();
    // Still open in the store: one stay, not two.
    let mut next = restarted(&story, &open, 5);
    next.see_for(80, &[car(4, 0.0, 0.0, 0.3)]);
    assert!(next.alerts.is_empty(), "{:?}", next.log);
    assert!(next.log.iter().all(|line| line.ends_with("updated")), "{:?}", next.log);
    // Ended in the store meanwhile: a new stay.
    let mut next = restarted(&story, &[], 5);
    next.see_for(12, &[car(4, 0.0, 0.0, 0.3)]);
    assert_eq!(next.alerts.len(), 1, "{:?}", next.log);
    assert_eq!(next.alerts[0].since, next.at - SignedDuration::from_secs(12));
}

#[test]
fn another_form_is_not_read() {
    for (text, problem) in [
        (r#"{"form":0}"#, "form 0"),
        (r#"{"form":1}"#, "no recollection"),
        ("[]", "no recollection"),
        ("", "no recollection"),
    ] {
        let error = Recollection::read(text).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

#[test]
fn what_is_read_again_from_the_middle_is_the_same_stay() {
    let mut story = Story::new(&[strip("")]);
    story.see_for(12, &[car(1, 0.0, 0.0, 0.3)]);
    assert_eq!(story.alerts.len(), 1);
    // The alert was written down, and that second 5 and on were judged was not.
    let mut next = Story::resuming(&[strip("")], &story.alerts);
    next.at = start() + SignedDuration::from_secs(5);
    next.see_for(60, &[car(1, 0.0, 0.0, 0.3)]);
    assert!(next.alerts.is_empty(), "{:?}", next.log);
    assert!(next.log.iter().all(|line| line.ends_with("updated")), "{:?}", next.log);
}
