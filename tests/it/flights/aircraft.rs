//! What aircraft say over MQTT is kept once.

use std::io::Write as _;
use std::process::{Command, Stdio};

use domain::{Clock as _, SystemClock};

use super::{Desk, list};
use crate::program::{Mosquitto, Site, free_port, text, wait_for};

const DEVICES: u64 = 5;
const MESSAGES: u64 = 3;

#[test]
fn what_aircraft_say_is_kept_once() {
    let port = free_port();
    let site = Site::new(&format!("[aircraft]\nurl = \"mqtt://127.0.0.1:{port}\"\n"), false);
    let broker = Mosquitto::new(port);
    let _broker = broker.start();
    let program = site.serve();
    // Nothing else says that the program listens: the first message is said until it is heard.
    wait_for("the first message", || {
        publish(port, 0, &osd(0, 0));
        (kept(&site)? == 1).then_some(())
    });

    let say_all = || {
        for device in 0..DEVICES {
            let lines: Vec<String> = (0..MESSAGES).map(|n| osd(device, n)).collect();
            publish(port, device, &lines.join("\n"));
        }
    };
    say_all();
    publish(port, 0, r#"{"tid": "broken", "data": {"#);
    wait_for("all messages", || {
        (kept(&site)? >= DEVICES * MESSAGES && bad(&site)? == 1).then_some(())
    });
    assert_eq!(kept(&site), Some(DEVICES * MESSAGES));

    // The broker keeps the order, so what was said again was heard before the last.
    say_all();
    publish(port, DEVICES, &osd(DEVICES, 0));
    wait_for("the last message", || (kept(&site)? > DEVICES * MESSAGES).then_some(()));
    assert_eq!(kept(&site), Some(DEVICES * MESSAGES + 1));
    assert_eq!(bad(&site), Some(1));
    assert_eq!(stored(&site), [3, 3, 3, 3, 3, 1]);
    assert!(program.stop());
}

/// A dock that has an aircraft, and the aircraft in a slow turn until now: one report a second.
pub(super) fn in_the_air(port: u16, serial: &str, seconds: u32) {
    let now = u64::try_from(SystemClock.now().as_millisecond()).unwrap();
    let has = serde_json::json!({
        "tid": "topo", "bid": "topo", "timestamp": now, "method": "update_topo",
        "data": {"sub_devices": [{"sn": serial, "domain": 0, "type": 91, "sub_type": 1}]}
    });
    publish_to(port, "sys/product/4TADK210010001/status", &has.to_string());
    let reports: Vec<String> = (0..seconds).map(|n| turning(now, n, seconds)).collect();
    publish_to(port, &format!("thing/product/{serial}/osd"), &reports.join("\n"));
}

fn turning(now: u64, n: u32, seconds: u32) -> String {
    let turn = f64::from(n) / 60.0;
    serde_json::json!({
        "tid": format!("turn-{n}"), "timestamp": now - 1000 * u64::from(seconds - n),
        "data": {
            "latitude": 30.8943 + 4e-4 * turn.sin(), "longitude": 120.0868 - 5e-4 * turn.cos(),
            "height": 72.1, "elevation": 60.3, "attitude_head": turn.to_degrees().rem_euclid(360.0),
            "horizontal_speed": 7.5, "mode_code": 5, "battery": {"capacity_percent": 71},
            "position_state": {"is_fixed": 2, "quality": 10},
            "81-0-0": {"gimbal_pitch": -60.0, "gimbal_roll": 0.0, "gimbal_yaw": 12.0},
        }
    })
    .to_string()
}

#[test]
fn what_aircraft_say_is_shown_and_survives_a_restart() {
    const SERIAL: &str = "1581F5BKD23800000042";
    let port = free_port();
    let site = Site::new(&format!("[aircraft]\nurl = \"mqtt://127.0.0.1:{port}\"\n"), false);
    let broker = Mosquitto::new(port);
    let _broker = broker.start();
    let (program, password) = site.first_serve();
    let desk = Desk::sign_in(&site, &password);
    assert_eq!(desk.get("/api/aircraft").unwrap(), serde_json::json!([]));
    let shown = wait_for("the aircraft", || {
        in_the_air(port, SERIAL, 120);
        let shown = desk.get("/api/aircraft")?;
        (shown[0]["lon"].is_number() && shown[0]["model"].is_string()).then_some(shown)
    });
    assert_eq!(list(&shown).len(), 1, "the dock is no aircraft: {shown}");
    let aircraft = &shown[0];
    assert_eq!(aircraft["serial"], SERIAL);
    assert_eq!(aircraft["model"], "Matrice 3TD");
    assert_eq!(aircraft["flying"], true);
    assert_eq!(aircraft["height_m"], 60.3);
    assert_eq!(aircraft["fix"], "fixed");
    assert_eq!(aircraft["battery_percent"], 71.0);
    assert_eq!(aircraft["gimbal"]["pitch_deg"], -60.0);
    let path = format!("/api/aircraft/{SERIAL}/track?hours=1");
    let track = wait_for("its path", || {
        let track = desk.get(&path)?;
        (list(&track["points"]).len() >= 40).then_some(track)
    });
    assert_eq!(track["points"][0]["height_m"], 60.3);

    assert!(program.stop());
    let program = site.serve();
    let again = Desk::sign_in(&site, &password);
    let again = wait_for("the aircraft again", || {
        again.get("/api/aircraft").filter(|shown| !list(shown).is_empty())
    });
    for known in ["serial", "model", "lat", "height_m", "gimbal", "heard_at"] {
        assert_eq!(again[0][known].is_null(), aircraft[known].is_null(), "{known}: {again}");
    }
    assert_eq!(again[0]["model"], "Matrice 3TD");
    assert!(program.stop());
}

#[test]
fn what_aircraft_say_while_the_program_is_away_is_kept_once() {
    let port = free_port();
    let site = Site::new(&format!("[aircraft]\nurl = \"mqtt://127.0.0.1:{port}\"\n"), false);
    let broker = Mosquitto::new(port);
    let _broker = broker.start();
    let program = site.serve();
    let event = || publish_to(port, "thing/product/4TADK210010001/events", EVENT);
    wait_for("the first messages", || {
        publish(port, 0, &osd(0, 0));
        event();
        (kept(&site)? == 2).then_some(())
    });
    program.kill();

    event();
    publish(port, 0, &[osd(0, 0), osd(0, 1), osd(0, 2)].join("\n"));
    let program = site.serve();
    wait_for("what was said meanwhile", || (kept(&site)? >= 2).then_some(()));
    assert_eq!(stored(&site), [3, 1], "three messages, and one event");
    assert!(program.stop());
}

/// As a dock sends it again when nobody answers.
const EVENT: &str = r#"{"tid": "tid-e", "bid": "bid-e", "timestamp": 1790000000000, "method": "hms", "need_reply": 1, "gateway": "4TADK210010001", "data": {"list": [{"level": 1, "code": "0x16100083", "module": 3, "in_the_sky": 1, "imminent": 0, "args": {}}]}}"#;

fn serial(device: u64) -> String {
    format!("1581F5BKD2380{device:04}")
}

/// One line, as an aircraft behind a dock says it.
fn osd(device: u64, n: u64) -> String {
    let at = 1_790_000_000_000 + n * 500;
    serde_json::json!({
        "tid": format!("tid-{device}-{n}"),
        "bid": format!("bid-{device}-{n}"),
        "timestamp": at,
        "gateway": "4TADK210010001",
        "data": {
            "latitude": 30.898, "longitude": 120.08, "height": 30.5, "elevation": 25.3,
            "attitude_head": 75.0, "attitude_pitch": 0.1, "attitude_roll": -0.2,
            "horizontal_speed": 5.0, "mode_code": 5
        }
    })
    .to_string()
}

fn publish(port: u16, device: u64, lines: &str) {
    publish_to(port, &format!("thing/product/{}/osd", serial(device)), lines);
}

/// Each line is a message that the broker has acknowledged.
pub(super) fn publish_to(port: u16, topic: &str, lines: &str) {
    let mut client = Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-q", "1", "-l", "-t", topic])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    client.stdin.take().unwrap().write_all(format!("{lines}\n").as_bytes()).unwrap();
    let output = client.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

pub(super) fn kept(site: &Site) -> Option<u64> {
    counted(site, "xunjian_aircraft_messages_total")
}

fn bad(site: &Site) -> Option<u64> {
    counted(site, "xunjian_aircraft_bad_messages_total")
}

fn counted(site: &Site, name: &str) -> Option<u64> {
    let metrics = site.get("/metrics")?;
    metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

/// Rows of each device, read by SQLite itself.
fn stored(site: &Site) -> Vec<u64> {
    let read = "import sqlite3, sys; [print(r[0]) for r in sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM telemetry GROUP BY device ORDER BY device')]";
    let database = site.dir.path().join("x.db");
    let output = Command::new("python3").args(["-c", read]).arg(database).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout).lines().map(|line| line.parse().unwrap()).collect()
}
