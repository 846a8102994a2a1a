//! Flights in a program that serves: uploaded, looked at one after the other, and not lost by `kill -9`.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::{Desk, demo, list, rules, upload, word};
use crate::program::{Heard, Mosquitto, Site, text, wait_for};

/// What a flight goes through.
const WAY: [&str; 4] = ["uploading", "queued", "processing", "done"];

#[test]
fn a_flight_is_uploaded_looked_at_and_known_again() {
    let site = Site::new(&rules(), false);
    let (program, password) = site.first_serve();
    let desk = Desk::sign_in(&site, &password);
    let first = desk.new_flight("晨巡");
    let mut watched = Watched::default();
    watched.look(&desk);
    assert_eq!(send(&site, &password, &["--flight", &first.to_string()]), first);
    wait_for("the first to be looked at", || {
        watched.look(&desk);
        (watched.states[0].last()? == "processing").then_some(())
    });
    let second = send(&site, &password, &[]);
    wait_for("both to be done", || watched.look(&desk).then_some(()));
    assert_eq!(watched.states[0].first().unwrap(), "uploading");
    assert!(watched.states[1].contains(&"queued".to_owned()), "{watched:?}");
    for states in &watched.states {
        let at = |state: &String| WAY.iter().position(|way| way == state);
        assert!(states.iter().all(|state| at(state).is_some()), "{watched:?}");
        assert!(states.iter().is_sorted_by_key(at), "{watched:?}");
    }

    let alerts = desk.alerts().unwrap();
    assert_eq!(alerts.len(), 3, "{alerts:?}");
    let ids = ids(&alerts);
    assert!(alerts.iter().all(|alert| word(&alert["source"]).starts_with("flight-")), "{alerts:?}");
    for flight in [first, second] {
        let report = desk.get(&format!("/api/flights/{flight}/report")).unwrap();
        assert_eq!(report["summary"]["frames"], 101);
        assert_eq!(report["summary"]["alerts"], 3);
        let found: Vec<&str> =
            list(&report["findings"]).iter().flat_map(|f| list(&f["alerts"])).map(word).collect();
        assert_eq!(found.len(), 3, "{report}");
        assert_eq!(BTreeSet::from_iter(found), ids.iter().map(String::as_str).collect());
        let repeated: Vec<&str> = list(&report["warnings"])
            .iter()
            .filter(|warning| warning["code"] == "duplicate")
            .map(|warning| word(&warning["file"]))
            .collect();
        let wanted: &[&str] = if flight == first { &[] } else { &FILES };
        assert_eq!(repeated, wanted);
    }
    let gis = desk.get(&format!("/api/flights/{first}/export/flight.geojson")).unwrap();
    assert_eq!(gis["type"], "FeatureCollection");
    assert!(program.stop());
}

const FILES: [&str; 5] =
    ["DJI_0001.MP4", "DJI_0001.SRT", "DJI_0002.MP4", "DJI_0002.SRT", "DJI_0003.JPG"];

/// The states of the first and the second flight, each as it changed.
#[derive(Debug, Default)]
struct Watched {
    states: [Vec<String>; 2],
}

impl Watched {
    /// Both are done. Only one is looked at at a time.
    fn look(&mut self, desk: &Desk) -> bool {
        let flights = desk.get("/api/flights").unwrap();
        let oldest_first = list(&flights["items"]).iter().rev();
        let now: Vec<&str> = oldest_first.map(|flight| word(&flight["state"])).collect();
        assert!(now.iter().filter(|state| **state == "processing").count() <= 1, "{flights}");
        for (states, now) in self.states.iter_mut().zip(&now) {
            if states.last().is_none_or(|last| last != now) {
                states.push((*now).to_owned());
            }
        }
        now == ["done", "done"]
    }
}

/// Uploads the demo; returns which flight it is.
#[track_caller]
fn send(site: &Site, password: &str, more: &[&str]) -> u64 {
    let output = upload(site.http, password).arg(demo()).args(more).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let place = text(&output.stdout);
    place.trim_end().rsplit_once("/flights/").unwrap().1.parse().unwrap()
}

fn ids(alerts: &[Value]) -> BTreeSet<String> {
    alerts.iter().map(|alert| word(&alert["id"]).to_owned()).collect()
}

#[test]
fn killed_in_the_middle_each_alert_of_a_flight_comes_once() {
    let site = Site::new(&rules(), true);
    let broker = Mosquitto::new(site.mqtt);
    let _broker = broker.start();
    let heard = Heard::on(site.mqtt);
    let (program, password) = site.first_serve();
    let desk = Desk::sign_in(&site, &password);
    let flight = send(&site, &password, &[]);

    wait_for("progress", || (desk.flight(flight)?["progress"].as_f64()? > 0.0).then_some(()));
    program.kill();
    assert_eq!(stored_state(&site), "processing");
    let program = site.serve();
    wait_for("an alert", || (!desk.alerts()?.is_empty()).then_some(()));
    program.kill();
    assert_eq!(stored_state(&site), "processing");

    let program = site.serve();
    desk.done(flight);
    wait_for("an empty outbox", || (site.outbox_depth()? == 0).then_some(()));
    let alerts = ids(&desk.alerts().unwrap());
    assert_eq!(alerts.len(), 3, "{alerts:?}");
    let all = Vec::from_iter(alerts);
    wait_for("the last message", || (heard.ids("end") == all).then_some(()));
    assert_eq!(heard.ids("new"), all, "each alert is new once");
    heard.assert_complete_and_in_order();
    for id in &all {
        let alert = desk.get(&format!("/api/alerts/{id}")).unwrap();
        let evidence = list(&alert["evidence"]);
        assert_eq!(evidence.len(), 8, "six pictures, a clip, a manifest: {alert}");
        assert!(evidence.iter().all(|file| file["state"] == "ready"), "{alert}");
    }
    assert!(program.stop());
}

/// As if it had never stopped: the same findings, looks and pictures, without looking at a whole file twice.
#[test]
fn killed_behind_a_file_a_flight_goes_on_with_the_next() {
    let site = Site::new(&rules(), false);
    let (program, password) = site.first_serve();
    let desk = Desk::sign_in(&site, &password);
    let flight = send(&site, &password, &[]);
    let remembered = site.dir.path().join("segments/.flight-1/memory/seen/0.jsonl");
    wait_for("the first file", || remembered.exists().then_some(()));
    let first_file = std::fs::read_to_string(&remembered).unwrap().lines().count() as u64 - 1;
    program.kill();
    assert_eq!(stored_state(&site), "processing");

    let program = site.serve();
    desk.done(flight);
    let looked_at = detected(&site);
    assert!(first_file > 40 && looked_at + first_file <= 101, "{first_file}, then {looked_at}");
    wait_for("the folder of work to go", || (!remembered.exists()).then_some(()));
    let again = send(&site, &password, &[]);
    desk.done(again);
    assert_eq!(detected(&site), looked_at + 101, "without a restart all of it is looked at");
    let report = |flight| desk.get(&format!("/api/flights/{flight}/report")).unwrap();
    let [resumed, whole] = [report(flight), report(again)];
    for part in ["media", "findings", "looks", "track"] {
        assert_eq!(resumed[part], whole[part], "{part}");
    }
    for alert in desk.alerts().unwrap() {
        let alert = desk.get(&format!("/api/alerts/{}", word(&alert["id"]))).unwrap();
        let evidence = list(&alert["evidence"]);
        assert_eq!(evidence.len(), 8, "six pictures, a clip, a manifest: {alert}");
        assert!(evidence.iter().all(|file| file["state"] == "ready"), "{alert}");
    }
    assert!(program.stop());
}

/// Pictures that the running program has looked at.
fn detected(site: &Site) -> u64 {
    let metrics = site.get("/metrics").unwrap();
    let count = metrics.lines().find_map(|line| line.strip_prefix("xunjian_detect_seconds_count "));
    count.unwrap().trim().parse().unwrap()
}

/// How far the only flight is, read by SQLite itself.
fn stored_state(site: &Site) -> String {
    let read = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT state FROM flights').fetchall()[0][0])";
    let database = site.dir.path().join("x.db");
    let output = Command::new("python3").args(["-c", read]).arg(database).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout).trim().to_owned()
}
