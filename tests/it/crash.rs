//! `kill -9` in the middle of alerts: nothing is lost, nothing comes twice.

use serde_json::Value;

use crate::program::{Heard, Mosquitto, Site, busy_street, run, text, wait_for};

#[test]
fn killed_ten_times_nothing_is_lost_or_doubled() {
    let site = Site::new(&busy_street(), true);
    let expected = expected_ids(&site);
    assert!(expected.len() >= 3, "the story has alerts: {expected:?}");

    let broker = Mosquitto::new(site.mqtt);
    let _broker = broker.start();
    let heard = Heard::on(site.mqtt);
    for kill in 1..=10 {
        let program = site.serve();
        wait_for("frames", || (site.frames()? >= 40 * kill).then_some(()));
        program.kill();
    }
    let program = site.serve();
    wait_for("the end of the recording", || (site.source_state()? == "ended").then_some(()));
    wait_for("the last message", || {
        let ended = heard.ids("end");
        (ended == expected && site.outbox_depth()? == 0).then_some(())
    });
    assert!(program.stop(), "it stops cleanly");

    assert_eq!(heard.ids("new"), expected, "each alert is new once");
    heard.assert_complete_and_in_order();
    assert_eq!(stored_ids(&site), expected);
}

/// What an undisturbed run finds.
fn expected_ids(site: &Site) -> Vec<String> {
    let clip = crate::program::root().join("demo/clips/parking.mp4");
    let config = site.config();
    let output =
        run(&["analyze", clip.to_str().unwrap(), "--config", config.to_str().unwrap(), "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut ids: Vec<String> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

/// What is in the database, read by SQLite itself.
fn stored_ids(site: &Site) -> Vec<String> {
    let output = std::process::Command::new("python3")
        .args(["-c", "import sqlite3, sys; [print(r[0]) for r in sqlite3.connect(sys.argv[1]).execute('SELECT id FROM alerts ORDER BY id')]"])
        .arg(site.dir.path().join("x.db"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout).lines().map(str::to_owned).collect()
}
