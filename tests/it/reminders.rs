//! 违停十分钟提醒 end to end: the real program, a broker, a receipt, and the second capture.

use std::ops::Range;
use std::process::Command;

use domain::{Clock as _, SystemClock};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::observations::{Sensor, TOPIC, ready, site_with, start};
use crate::program::{Heard, Mosquitto, Site, root, text, wait_for};

/// The demo's street as it happens; whoever stands for 2 s is reminded and has 6 s.
fn street() -> String {
    format!(
        "[detector]\nprovider = \"cpu\"\nmodel = \"nanodet-g\"\n[rules.parking]\ndwell = \"2s\"\n\
         [[rules.parking.reminder]]\nwait = \"6s\"\nreceipt_within = \"1h\"\n\
         [[source]]\nid = \"street\"\nurl = \"{}\"\n\
         [[source.zone]]\nid = \"all\"\nname = \"all\"\nkind = \"no_parking\"\nparking_authority = \"urban_mgmt\"\n\
         polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]\n",
        root().join("demo/clips/parking.mp4").display()
    )
}

#[test]
fn who_stays_after_the_reminder_is_queued_with_a_second_capture() {
    let site = Site::new(&street(), true);
    let broker = Mosquitto::new(site.mqtt);
    let _broker = broker.start();
    let reminders = Heard::of(site.mqtt, "xunjian/reminder/#");
    let queue = Heard::on(site.mqtt);
    let program = site.serve();

    let asked = wait_for("somebody to remind", || first(&reminders, "new"));
    assert_eq!(asked["reminder"]["state"], "asked");
    let id = asked["id"].as_str().unwrap().to_owned();
    let delivered = SystemClock.now();
    publish(site.mqtt, &id, r#"{"state":"delivered"}"#);
    publish(site.mqtt, &id, &format!(r#"{{"state":"delivered","at":"{delivered}"}}"#));
    publish(site.mqtt, &id, &format!(r#"{{"state":"delivered","at":"{delivered}"}}"#));
    let running = wait_for("the receipt", || of(&reminders, "update", &id));
    assert_eq!(running["reminder"]["state"], "delivered");
    assert_eq!(queue.ids("new"), [""; 0], "nobody is queued before the time is up");

    let queued = wait_for("the queue", || of(&queue, "new", &id));
    let reminder = &queued["reminder"];
    assert_eq!(reminder["state"], "still_there");
    let settled: jiff::Timestamp = reminder["settled_at"].as_str().unwrap().parse().unwrap();
    assert!(settled.duration_since(delivered).as_secs_f64() >= 6.0, "{settled} {delivered}");
    assert_eq!(queue.ids("new"), [id.as_str()], "and nobody else");
    let evidence = site.dir.path().join("evidence").join(&id);
    for capture in ["first", "last", "again"] {
        wait_for(capture, || {
            evidence.join(format!("{capture}_annotated.jpg")).exists().then_some(())
        });
    }
    assert!(program.stop());
    explained(&site, &id);
}

/// A parked car, told of once a second; from second `leaves` on it drives off.
fn told(from: Timestamp, seconds: Range<i64>, leaves: i64) -> Vec<String> {
    let one = |second: i64| {
        let at = from + SignedDuration::from_secs(second);
        let driven = u32::try_from((second - leaves).max(0)).unwrap();
        let lon = 120.08680 + 8e-5 * f64::from(driven);
        format!(
            r#"{{"at":"{at}","seq":{second},"observations":[
                {{"track":"parked","class":"car","score":0.9,"lon":{lon},"lat":30.8943,"accuracy_m":0.5}}]}}"#
        )
    };
    seconds.map(one).collect()
}

/// A sensor and a receipt at the embedded broker; `leaves` counts from the delivery.
fn reminded(leaves: i64) -> (Value, Site) {
    const DELIVERED: i64 = 30;
    let policy = "[[rules.parking.reminder]]\nwait = \"10min\"\nreceipt_within = \"1h\"";
    let site = site_with(policy, false);
    let program = site.serve();
    ready(&site);
    let reminders = Heard::of(site.mqtt, "xunjian/reminder/#");
    let queue = Heard::on(site.mqtt);
    let (sensor, from) = (Sensor { port: site.mqtt }, start());
    sensor.tell(TOPIC, &told(from, 0..DELIVERED, DELIVERED + leaves));
    let id = wait_for("somebody to remind", || first(&reminders, "new"))["id"].clone();
    let id = id.as_str().unwrap();
    let delivered = from + SignedDuration::from_secs(DELIVERED);
    publish(site.mqtt, id, &format!(r#"{{"state":"delivered","at":"{delivered}"}}"#));
    wait_for("the receipt", || of(&reminders, "update", id));
    let rest = told(from, DELIVERED..DELIVERED + 601 + 80, DELIVERED + leaves);
    sensor.tell(TOPIC, &rest);
    let settled =
        wait_for("an outcome", || of(&reminders, "end", id).or_else(|| of(&queue, "new", id)));
    assert!(program.stop());
    (settled, site)
}

#[test]
fn left_at_9_59_is_closed_as_corrected() {
    let (alert, _) = reminded(599);
    assert_eq!(alert["reminder"]["state"], "corrected", "{alert}");
    assert_eq!(alert["end_reason"], "left", "{alert}");
}

#[test]
fn still_there_at_10_01_is_queued_with_two_captures() {
    let (alert, site) = reminded(10_000);
    assert_eq!(alert["reminder"]["state"], "still_there", "{alert}");
    let evidence = site.dir.path().join("evidence").join(alert["id"].as_str().unwrap());
    for capture in ["first", "last", "again"] {
        assert!(evidence.join(format!("{capture}_message.json")).exists(), "{capture}");
    }
}

fn explained(site: &Site, id: &str) {
    let config = site.config();
    let output = crate::program::run(&["explain", id, "--config", config.to_str().unwrap()]);
    let told = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for word in ["停留时长", "time stood", "提醒后仍在原处", "still there after the reminder"]
    {
        assert!(told.contains(word), "{word}: {told}");
    }
}

fn first(heard: &Heard, kind: &str) -> Option<Value> {
    heard.all().into_iter().find(|message| message["type"] == kind).map(|m| m["alert"].clone())
}

fn of(heard: &Heard, kind: &str, id: &str) -> Option<Value> {
    let mut all = heard.all().into_iter();
    all.find(|message| message["type"] == kind && message["alert"]["id"] == id)
        .map(|message| message["alert"].clone())
}

/// What the one who reminds says.
fn publish(port: u16, id: &str, receipt: &str) {
    let topic = format!("xunjian/receipt/{id}");
    let output = Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-q", "1", "-t", &topic, "-m", receipt])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}
