//! What sensors tell over MQTT, end to end: a real broker, a real database, `kill -9`.

use domain::{Clock as _, SystemClock};
use jiff::{SignedDuration, Timestamp};
use rumqttc::{Client, Event, MqttOptions, Packet, QoS};

use crate::program::{Heard, Mosquitto, PATIENCE, Running, Site, root, wait_for};

/// A publisher that waits until everything is acknowledged.
pub(crate) struct Sensor {
    pub(crate) port: u16,
}

impl Sensor {
    /// Publishes with `QoS` 1; returns once the broker has acknowledged every one.
    pub(crate) fn tell(&self, topic: &str, payloads: &[String]) {
        let mut options = MqttOptions::new("sensor", "127.0.0.1", self.port);
        options.set_clean_session(true);
        let (client, mut connection) = Client::new(options, 4096);
        connection.eventloop.network_options.set_connection_timeout(PATIENCE.as_secs());
        for payload in payloads {
            client.publish(topic, QoS::AtLeastOnce, false, payload.as_bytes()).unwrap();
        }
        let mut open = payloads.len();
        for event in connection.iter() {
            match event.unwrap() {
                Event::Incoming(Packet::PubAck(_)) => open -= 1,
                Event::Incoming(Packet::Disconnect) => panic!("sent away"),
                _ => {}
            }
            if open == 0 {
                return;
            }
        }
    }
}

pub(crate) const TOPIC: &str = "xunjian/observation/gate";

/// A parked car and one that drives, once a second: the kerb of the demo's fence is at its feet.
fn parked(from: Timestamp, seconds: std::ops::Range<i64>) -> Vec<String> {
    seconds
        .map(|second| {
            let at = from + SignedDuration::from_secs(second);
            let drives = 120.0900 + 1e-5 * f64::from(u32::try_from(second).unwrap());
            format!(
                r#"{{"at":"{at}","seq":{second},"observations":[
                    {{"track":"parked","class":"car","score":0.9,"lon":120.08680,"lat":30.89430,"accuracy_m":0.5}},
                    {{"track":8,"class":"car","lon":{drives},"lat":30.8943,"accuracy_m":0.5}}]}}"#
            )
        })
        .collect()
}

const FENCE: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","id":"kerb","geometry":{"type":"Polygon",
    "coordinates":[[[120.0866,30.8941],[120.0870,30.8941],[120.0870,30.8945],[120.0866,30.8945],[120.0866,30.8941]]]},
    "properties":{"name":"路缘","kind":"no_parking","parking_authority":"traffic_police"}}]}"#;

fn site(external: bool) -> Site {
    site_with("", external)
}

/// `more` stands in `[rules.parking]`.
pub(crate) fn site_with(parking: &str, external: bool) -> Site {
    let more = format!(
        "[detector]\nprovider = \"cpu\"\nmodel = \"nanodet-g\"\n\
         [rules]\nfences = [\"fences.geojson\"]\n[rules.parking]\ndwell = \"20s\"\njam_onset = \"0s\"\n{parking}\n\
         [observations]\nbehind = \"1h\"\n\
         [[source]]\nid = \"gate\"\nname = \"北门传感器\"\nobservation = {{ mapping = \"xunjian\" }}\n"
    );
    let site = Site::new(&more, external);
    std::fs::write(site.dir.path().join("fences.geojson"), FENCE).unwrap();
    site
}

/// An hour's data of half an hour ago: nothing is ahead, nothing too old.
pub(crate) fn start() -> Timestamp {
    let now = SystemClock.now().as_second();
    Timestamp::from_second(now).unwrap() - SignedDuration::from_mins(30)
}

/// Messages that were kept since the program started.
fn kept(site: &Site) -> Option<u64> {
    counter(site, "xunjian_observation_messages_total")
}

fn counter(site: &Site, name: &str) -> Option<u64> {
    let metrics = site.get("/metrics")?;
    let lines = metrics.lines().filter(|line| line.starts_with(name));
    lines.map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

pub(crate) fn ready(site: &Site) {
    wait_for("the broker", || site.ready().filter(|ready| ready["mqtt"]["connected"] == true));
}

/// Tells once more of what is told already, and waits until that is known.
fn again(site: &Site, sensor: &Sensor, payloads: &[String]) {
    let before = counter(site, "xunjian_observations_refused_total{why=\"repeated\"}").unwrap();
    sensor.tell(TOPIC, payloads);
    wait_for("repeats", || {
        let now = counter(site, "xunjian_observations_refused_total{why=\"repeated\"}")?;
        (now == before + payloads.len() as u64).then_some(())
    });
}

#[test]
fn a_parked_car_that_is_told_of_is_one_alert_however_often_it_is_told() {
    let site = site(false);
    let program = site.serve();
    ready(&site);
    let (heard, sensor, from) = (Heard::on(site.mqtt), Sensor { port: site.mqtt }, start());
    let told = parked(from, 0..60);
    sensor.tell(TOPIC, &told);
    assert_eq!(kept(&site), Some(60), "on disk when it was acknowledged");
    let alert = wait_for("an alert", || heard.all().into_iter().next());
    assert_eq!(alert["alert"]["source"], "gate");
    assert_eq!(alert["alert"]["box"], serde_json::Value::Null, "there is no picture");
    let since: Timestamp = alert["alert"]["since"].as_str().unwrap().parse().unwrap();
    assert_eq!(since, from);
    evidence(&site, alert["alert"]["id"].as_str().unwrap());

    again(&site, &sensor, &told);
    let wrong = [told[0].replace("\"class\"", "\"klass\""), told[1].replace("car", "tank")];
    sensor.tell(TOPIC, &wrong);
    let refused = counter(&site, "xunjian_observations_refused_total{why=\"not_understood\"}");
    assert_eq!(refused, Some(2));
    let status = site.ready().unwrap()["sources"][0].clone();
    assert_eq!((&status["id"], &status["state"]), (&"gate".into(), &"live".into()));
    assert!(program.stop());
    assert_eq!(heard.ids("new").len(), 1);
}

/// What was said is the evidence: of this car alone.
fn evidence(site: &Site, alert: &str) {
    for name in ["first_message.json", "last_message.json"] {
        let path = site.dir.path().join("evidence").join(alert).join(name);
        let text = wait_for(name, || std::fs::read_to_string(&path).ok());
        let told: serde_json::Value = serde_json::from_str(&text).unwrap();
        let observations = told["observations"].as_array().unwrap();
        assert_eq!((observations.len(), &observations[0]["lon"]), (1, &120.0868.into()), "{text}");
    }
}

#[test]
fn killed_in_the_middle_it_is_one_alert() {
    let site = site(false);
    let (sensor, from) = (Sensor { port: site.mqtt }, start());
    let told = parked(from, 0..120);
    for part in [0..15, 15..45, 45..75, 75..120] {
        let program: Running = site.serve();
        ready(&site);
        sensor.tell(TOPIC, &told[part.clone()]);
        if part.end < told.len() {
            program.kill();
            continue;
        }
        // What an earlier run acknowledged is known to this one.
        again(&site, &sensor, &told[40..50]);
        wait_for("an empty outbox", || (site.outbox_depth()? == 0).then_some(()));
        assert!(program.stop());
    }
    assert_eq!(alerts(&site), "1 gate\n");
    assert_eq!(lines(&site), 120, "each once");
}

#[test]
fn another_broker_is_listened_to() {
    let site = site(true);
    let broker = Mosquitto::new(site.mqtt);
    let _broker = broker.start();
    let program = site.serve();
    ready(&site);
    let (heard, sensor) = (Heard::on(site.mqtt), Sensor { port: site.mqtt });
    // Mosquitto acknowledges also what nobody has subscribed to yet.
    let told = parked(start(), 0..60);
    wait_for("the subscription", || {
        sensor.tell(TOPIC, &told[..1]);
        (kept(&site)? > 0).then_some(())
    });
    sensor.tell(TOPIC, &told);
    wait_for("an alert", || (!heard.ids("new").is_empty()).then_some(()));
    assert_eq!(kept(&site), Some(60));
    assert!(program.stop());
    assert_eq!(heard.ids("new").len(), 1);
}

#[test]
fn a_camera_whose_scene_changed_has_no_places_until_it_is_surveyed_again() {
    let clip = root().join("demo/clips/parking.mp4");
    let more = format!(
        "[detector]\nprovider = \"cpu\"\nmodel = \"nanodet-g\"\n\
         [[source]]\nid = \"street\"\nurl = \"{}\"\nsurvey = \"survey.json\"\n\
         observation = {{ mapping = \"onvif\", topic = \"cam12/onvif-ej/#\" }}\n",
        clip.display()
    );
    let site = Site::new(&more, false);
    let survey = site.dir.path().join("survey.json");
    std::fs::copy(root().join("demo/survey/parking.json"), &survey).unwrap();
    let sensor = Sensor { port: site.mqtt };
    let topic = "cam12/onvif-ej/VideoSource/GlobalSceneChange/ImagingService/&1";
    let change = |at: Timestamp| {
        format!(r#"{{"UtcTime":"{at}","Source":{{"Source":"1"}},"Data":{{"State":"true"}}}}"#)
    };
    let warned = |site: &Site| {
        site.ready().map(|ready| ready["warnings"].to_string().contains("scene changed"))
    };

    let program = site.serve();
    ready(&site);
    sensor.tell(topic, &[change(start())]);
    assert_eq!(warned(&site), Some(false), "it was surveyed after that");
    sensor.tell(topic, &[change(SystemClock.now())]);
    assert_eq!(warned(&site), Some(true));
    program.kill();

    let program = site.serve();
    ready(&site);
    assert_eq!(warned(&site), Some(true), "a restart is no survey");
    assert!(program.stop());
    let text = std::fs::read_to_string(&survey).unwrap();
    std::fs::write(&survey, format!("{text}\n")).unwrap();
    let program = site.serve();
    ready(&site);
    assert_eq!(warned(&site), Some(false), "another survey");
    assert!(program.stop());
}

fn alerts(site: &Site) -> String {
    sql(site, "SELECT count(*), min(source) FROM alerts")
}

/// Messages in the journal.
fn lines(site: &Site) -> u64 {
    sql(site, "SELECT sum(messages) FROM observations").trim().parse().unwrap()
}

fn sql(site: &Site, query: &str) -> String {
    let script = "import sqlite3, sys; [print(*r) for r in sqlite3.connect(sys.argv[1]).execute(sys.argv[2])]";
    let output = std::process::Command::new("python3")
        .args(["-c", script])
        .arg(site.dir.path().join("x.db"))
        .arg(query)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", crate::program::text(&output.stderr));
    crate::program::text(&output.stdout)
}
