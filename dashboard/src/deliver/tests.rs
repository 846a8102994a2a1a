//! Delivery against real brokers: the embedded one, and a Mosquitto that is killed.

use std::{
    collections::{BTreeMap, HashSet},
    net::SocketAddr,
    path::Path,
    process::Stdio,
    time::Duration,
};

use bytes::Bytes;
use domain::AlertMessage;
use rumqttc::{mqttbytes::QoS, v5};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::mpsc,
    task::JoinSet,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{DeliverError, deliver};
use crate::{
    MqttConfig,
    testing::{Bench, alert, alert_in, bench, status},
};

const PATIENCE: Duration = Duration::from_secs(30);

fn free_port() -> u16 {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}

/// What a subscriber saw.
#[derive(Debug, Clone)]
struct Seen {
    topic: String,
    payload: Bytes,
    event_id: Option<String>,
    content_type: Option<String>,
}

impl Seen {
    fn message(&self) -> AlertMessage {
        serde_json::from_slice(&self.payload).unwrap()
    }
}

struct Subscriber {
    seen: mpsc::Receiver<Seen>,
    _task: JoinSet<()>,
}

impl Subscriber {
    async fn next(&mut self) -> Seen {
        timeout(PATIENCE, self.seen.recv()).await.expect("a message in time").unwrap()
    }

    /// Reads on until each of `wanted` events of the queue was seen; their `seq` as first seen.
    async fn first_seen(&mut self, queue: &str, wanted: usize) -> Vec<u64> {
        let mut events = HashSet::new();
        let mut order = Vec::new();
        while order.len() < wanted {
            let seen = self.next().await;
            if seen.topic == format!("xunjian/alert/{queue}") {
                let message = seen.message();
                if events.insert(message.event_id) {
                    order.push(message.seq);
                }
            }
        }
        order
    }

    /// MQTT 5, with a session that outlives the connection; subscribed when this returns.
    async fn v5(port: u16, login: Option<(&str, &str)>) -> Self {
        let mut options = v5::MqttOptions::new("reader-5", "127.0.0.1", port);
        options.set_clean_start(false).set_session_expiry_interval(Some(3600));
        options.set_keep_alive(Duration::from_secs(5));
        if let Some((name, password)) = login {
            options.set_credentials(name, password);
        }
        let (client, mut events) = v5::AsyncClient::new(options, 16);
        let (send, seen) = mpsc::channel(4096);
        let (ready, subscribed) = tokio::sync::oneshot::channel();
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut ready = Some(ready);
            let mut again = tokio::time::interval(Duration::from_millis(20));
            loop {
                match events.poll().await {
                    Ok(v5::Event::Incoming(v5::mqttbytes::v5::Packet::ConnAck(ack))) => {
                        if !ack.session_present {
                            let qos = v5::mqttbytes::QoS::AtLeastOnce;
                            client.try_subscribe("xunjian/#", qos).unwrap();
                        }
                    }
                    Ok(v5::Event::Incoming(v5::mqttbytes::v5::Packet::SubAck(_))) => {
                        ready.take().map(|ready| ready.send(()));
                    }
                    Ok(v5::Event::Incoming(v5::mqttbytes::v5::Packet::Publish(publish))) => {
                        let properties = publish.properties.unwrap_or_default();
                        let event_id = properties.user_properties.into_iter().next();
                        let seen = Seen {
                            topic: String::from_utf8(publish.topic.to_vec()).unwrap(),
                            payload: publish.payload,
                            event_id: event_id.map(|(_, id)| id),
                            content_type: properties.content_type,
                        };
                        if send.send(seen).await.is_err() {
                            return;
                        }
                    }
                    Ok(_) => {}
                    Err(_) => drop(again.tick().await),
                }
            }
        });
        timeout(PATIENCE, subscribed).await.expect("subscribed in time").unwrap();
        Self { seen, _task: task }
    }

    /// MQTT 3.1.1.
    async fn v4(port: u16, qos: QoS) -> Self {
        let mut options = rumqttc::MqttOptions::new("reader-4", "127.0.0.1", port);
        options.set_keep_alive(Duration::from_secs(5));
        let (client, mut events) = rumqttc::AsyncClient::new(options, 16);
        client.try_subscribe("xunjian/#", qos).unwrap();
        let (send, seen) = mpsc::channel(4096);
        let (ready, subscribed) = tokio::sync::oneshot::channel();
        let mut task = JoinSet::new();
        task.spawn(async move {
            // Dropping the last client would end the connection.
            let _client = client;
            let mut ready = Some(ready);
            let mut again = tokio::time::interval(Duration::from_millis(20));
            loop {
                match events.poll().await {
                    Ok(rumqttc::Event::Incoming(rumqttc::Packet::SubAck(_))) => {
                        ready.take().map(|ready| ready.send(()));
                    }
                    Ok(rumqttc::Event::Incoming(rumqttc::Packet::Publish(publish))) => {
                        let seen = Seen {
                            topic: publish.topic,
                            payload: publish.payload,
                            event_id: None,
                            content_type: None,
                        };
                        if send.send(seen).await.is_err() {
                            return;
                        }
                    }
                    Ok(_) => {}
                    Err(_) => drop(again.tick().await),
                }
            }
        });
        timeout(PATIENCE, subscribed).await.expect("subscribed in time").unwrap();
        Self { seen, _task: task }
    }
}

/// `deliver` in a task, ended by `stop`.
struct Running {
    stop: CancellationToken,
    task: JoinSet<Result<(), DeliverError>>,
}

impl Running {
    fn start(config: MqttConfig, bench: &Bench) -> Self {
        let (stop, context) = (CancellationToken::new(), bench.context.clone());
        let mut task = JoinSet::new();
        let asked = stop.clone();
        task.spawn(async move { deliver(&config, &context, asked).await });
        Self { stop, task }
    }

    async fn end(mut self) {
        self.stop.cancel();
        timeout(PATIENCE, self.task.join_next())
            .await
            .expect("ends in time")
            .unwrap()
            .unwrap()
            .unwrap();
    }
}

async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    let mut again = tokio::time::interval(Duration::from_millis(5));
    while !condition().await {
        again.tick().await;
        assert!(Instant::now() < deadline, "{what} takes too long");
    }
}

fn embedded(port: u16) -> MqttConfig {
    MqttConfig { listen: SocketAddr::from(([127, 0, 0, 1], port)), ..Default::default() }
}

async fn delivered(bench: &Bench) {
    until("delivery", async || bench.context.store.outbox_depth().await.unwrap() == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_versions_read_on_one_port() {
    let (bench, port) = (bench().await, free_port());
    let running = Running::start(embedded(port), &bench);
    let mut five = Subscriber::v5(port, None).await;
    let mut four = Subscriber::v4(port, QoS::ExactlyOnce).await;
    for n in 1..=300 {
        let queue = if n % 3 == 0 { "parking-urban_mgmt" } else { "parking-traffic_police" };
        bench.raise(&alert_in(queue, n)).await;
    }
    let expected: Vec<u64> = (1..=200).collect();
    for reader in [&mut five, &mut four] {
        assert_eq!(reader.first_seen("parking-traffic_police", 200).await, expected);
    }
    delivered(&bench).await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mosquitto_s_own_client_reads_a_burst() {
    let (bench, port) = (bench().await, free_port());
    let running = Running::start(embedded(port), &bench);
    until("the broker", async || answers(port).await).await;
    let mut readers = Vec::new();
    for version in ["mqttv311", "mqttv5"] {
        let port = port.to_string();
        let child = Command::new("mosquitto_sub")
            .args([
                "-p",
                &port,
                "-V",
                version,
                "-q",
                "1",
                "-t",
                "xunjian/#",
                "-C",
                "402",
                "-F",
                "%t %l",
            ])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = child.expect("install the package `mosquitto-clients`");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for _ in 0..2 {
            let line = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
            assert!(
                line.starts_with("xunjian/available 6") || line.starts_with("xunjian/source/gate")
            );
        }
        readers.push((child, lines));
    }
    for n in 1..=400 {
        bench.raise(&alert(n)).await;
    }
    for (mut child, mut lines) in readers {
        for _ in 0..400 {
            let line = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
            assert!(line.starts_with("xunjian/alert/parking-traffic_police "), "{line}");
        }
        assert!(child.wait().await.unwrap().success());
    }
    running.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn topics_and_properties() {
    let (bench, port) = (bench().await, free_port());
    let running = Running::start(embedded(port), &bench);
    let mut reader = Subscriber::v5(port, None).await;
    let mut retained = BTreeMap::new();
    while retained.len() < 2 {
        let seen = reader.next().await;
        retained.insert(seen.topic.clone(), seen);
    }
    assert_eq!(retained["xunjian/available"].payload, "online");
    let gate = &retained["xunjian/source/gate/status"];
    assert_eq!(gate.content_type.as_deref(), Some("application/json"));

    bench.raise(&alert(1)).await;
    bench.context.sources.changed(status("roof"));
    let (mut raised, mut roof) = (None, None);
    while raised.is_none() || roof.is_none() {
        let seen = reader.next().await;
        match seen.topic.as_str() {
            "xunjian/alert/parking-traffic_police" => raised = Some(seen),
            "xunjian/source/roof/status" => roof = Some(seen),
            _ => {}
        }
    }
    let raised = raised.unwrap();
    assert_eq!(raised.content_type.as_deref(), Some("application/json"));
    assert_eq!(raised.event_id, Some(raised.message().event_id));
    assert_eq!((raised.message().seq, raised.message().alert.id), (1, alert(1).id));

    running.end().await;
    let mut last = reader.next().await;
    while last.topic != "xunjian/available" {
        last = reader.next().await;
    }
    assert_eq!(last.payload, "offline");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_messages_follow_the_published_schemas() {
    let (bench, port) = (bench().await, free_port());
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let validator = |name: &str| {
        let schema = std::fs::read_to_string(docs.join(name)).unwrap();
        jsonschema::draft202012::new(&serde_json::from_str(&schema).unwrap()).unwrap()
    };
    let messages = validator("alert-message.schema.json");
    let statuses = validator("source-status.schema.json");

    let running = Running::start(embedded(port), &bench);
    let mut reader = Subscriber::v5(port, None).await;
    let store = &bench.context.store;
    let mut raised = alert(1);
    raised.place = domain::ImagePoint { x: 0.5, y: 0.25 }.into();
    raised.fence.as_mut().unwrap().authority = None;
    bench.raise(&raised).await;
    let decision = store::Decision {
        decision: store::Verdict::Dismissed,
        reason: "loading".to_owned(),
        note: String::new(),
        revision: 1,
        by: "li".to_owned(),
    };
    store.decide(raised.id, decision).await.unwrap();
    raised.ended_at = Some(raised.last_seen);
    raised.end_reason = Some(domain::EndReason::Lost);
    raised.revision = 3;
    let ended = store.end(&raised).await.unwrap();
    assert!(matches!(ended, store::Written::New(_)), "{ended:?}");
    bench.raise(&alert(2)).await;

    let (mut kinds, mut states) = (Vec::new(), 0);
    while kinds.len() < 4 || states < 1 {
        let seen = reader.next().await;
        if seen.topic == "xunjian/available" {
            continue;
        }
        let json = serde_json::from_slice(&seen.payload).unwrap();
        let is_alert = seen.topic.starts_with("xunjian/alert/");
        let schema = if is_alert { &messages } else { &statuses };
        let faults: Vec<_> = schema.iter_errors(&json).map(|e| e.to_string()).collect();
        assert!(faults.is_empty(), "{}: {faults:?}\n{json}", seen.topic);
        if is_alert {
            kinds.push(seen.message().kind.as_str());
        } else {
            states += 1;
        }
    }
    assert_eq!(kinds, ["new", "update", "end", "new"]);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_and_publishers_are_sent_away() {
    let (bench, port) = (bench().await, free_port());
    let users = BTreeMap::from([("li".to_owned(), "secret".to_owned())]);
    let running = Running::start(MqttConfig { users, ..embedded(port) }, &bench);
    let mut reader = Subscriber::v5(port, Some(("li", "secret"))).await;

    for login in [None, Some(("li", "wrong")), Some(("wang", "secret"))] {
        let mut options = rumqttc::MqttOptions::new("stranger", "127.0.0.1", port);
        if let Some((name, password)) = login {
            options.set_credentials(name, password);
        }
        let (_client, mut events) = rumqttc::AsyncClient::new(options, 4);
        let refused = timeout(PATIENCE, events.poll()).await.unwrap();
        assert!(
            matches!(refused, Err(rumqttc::ConnectionError::ConnectionRefused(_))),
            "{refused:?}"
        );
    }

    let mut options = rumqttc::MqttOptions::new("forger", "127.0.0.1", port);
    options.set_credentials("li", "secret");
    let (client, mut events) = rumqttc::AsyncClient::new(options, 4);
    client.try_publish("xunjian/alert/forged", QoS::AtLeastOnce, false, "x").unwrap();
    let lost = async { while events.poll().await.is_ok() {} };
    timeout(PATIENCE, lost).await.expect("the forger is cut off");

    // Bad ids and half-open connections, which would stop rumqttd's own listener for good.
    for _ in 0..3 {
        let mut options = rumqttc::MqttOptions::new("a/b", "127.0.0.1", port);
        options.set_credentials("li", "secret");
        let (_client, mut events) = rumqttc::AsyncClient::new(options, 4);
        assert!(timeout(PATIENCE, events.poll()).await.unwrap().is_err());
        drop(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }

    bench.raise(&alert(1)).await;
    assert_eq!(reader.first_seen("parking-traffic_police", 1).await, [1]);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_port_says_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let bench = bench().await;
    let config = embedded(taken.local_addr().unwrap().port());
    let error = deliver(&config, &bench.context, CancellationToken::new()).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("`mqtt.listen`") && text.contains("`mqtt.url`"), "{text}");
}

/// A Mosquitto that keeps its sessions on disk, so that it can be killed.
async fn mosquitto(dir: &Path, port: u16) -> Child {
    mosquitto_with(dir, port, "").await
}

async fn mosquitto_with(dir: &Path, port: u16, more: &str) -> Child {
    let text = format!(
        "listener {port} 127.0.0.1\nallow_anonymous true\nuser root\npersistence true\n\
         persistence_location {}/\nautosave_on_changes true\nautosave_interval 1\n\
         max_queued_messages 100000\n{more}",
        dir.display()
    );
    let file = dir.join("mosquitto.conf");
    std::fs::write(&file, text).unwrap();
    let child = Command::new("mosquitto")
        .arg("-c")
        .arg(&file)
        .env("PATH", "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("this test runs Mosquitto: install the package `mosquitto`");
    until("mosquitto", async || answers(port).await).await;
    child
}

async fn answers(port: u16) -> bool {
    tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_broker_loses_nothing() {
    let (bench, port) = (bench().await, free_port());
    let dir = bench.dir.path();
    let url = format!("mqtt://127.0.0.1:{port}").parse().unwrap();
    let config = MqttConfig { url: Some(url), window: 20, ..Default::default() };
    let delivery = &bench.context.delivery;

    // Nothing is there yet: alerts wait.
    let running = Running::start(config, &bench);
    for n in 1..=50 {
        bench.raise(&alert(n)).await;
    }
    until("the failure", async || !delivery.detail().is_empty()).await;
    assert!(!delivery.connected());
    assert_eq!(bench.context.store.outbox_depth().await.unwrap(), 50);

    let mut broker = mosquitto(dir, port).await;
    let mut reader = Subscriber::v5(port, None).await;
    delivered(&bench).await;
    assert!(delivery.connected());

    // Killed while messages are under way, and away while more are raised.
    for n in 51..=250 {
        bench.raise(&alert(n)).await;
        if n == 150 {
            broker.kill().await.unwrap();
        }
    }
    until("the loss", async || !delivery.connected()).await;
    assert!(bench.context.store.outbox_depth().await.unwrap() >= 100);

    let _broker = mosquitto(dir, port).await;
    delivered(&bench).await;
    // The first 50 may have been published before the reader was there.
    let order = reader.all_after_the_first_seen(250).await;
    let first = order[0];
    assert!(first <= 51, "{first}");
    assert_eq!(order, (first..=250).collect::<Vec<_>>());
    running.end().await;
}

impl Subscriber {
    /// Reads on until `last` was seen; every `seq` as first seen.
    async fn all_after_the_first_seen(&mut self, last: u64) -> Vec<u64> {
        let mut order: Vec<u64> = Vec::new();
        while order.last() != Some(&last) {
            let seen = self.next().await;
            if seen.topic.starts_with("xunjian/alert/") {
                let seq = seen.message().seq;
                if !order.contains(&seq) {
                    order.push(seq);
                }
            }
        }
        order
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_is_trusted_by_its_certificate_only() {
    let (bench, port) = (bench().await, free_port());
    let dir = bench.dir.path();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "ca.pem"])
        .current_dir(dir)
        .stderr(Stdio::null())
        .status();
    assert!(made.await.expect("this test needs `openssl`").success());
    let (certificate, key) = (dir.join("ca.pem"), dir.join("key.pem"));
    let files = format!("certfile {}\nkeyfile {}\n", certificate.display(), key.display());
    let _broker = mosquitto_with(dir, port, &files).await;
    bench.raise(&alert(1)).await;

    let url = Some(format!("mqtts://localhost:{port}").parse().unwrap());
    let stranger = MqttConfig { url: url.clone(), ..Default::default() };
    let running = Running::start(stranger, &bench);
    until("the refusal", async || bench.context.delivery.detail().contains("certificate")).await;
    running.end().await;
    assert_eq!(bench.context.store.outbox_depth().await.unwrap(), 1);

    let known = MqttConfig { url, ca_file: Some(certificate), ..Default::default() };
    let running = Running::start(known, &bench);
    delivered(&bench).await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_refuses_messages_gets_no_alert_marked() {
    let (bench, port) = (bench().await, free_port());
    let acl = bench.dir.path().join("acl");
    std::fs::write(&acl, "topic read xunjian/#\ntopic write xunjian/available\n").unwrap();
    let more = format!("acl_file {}\n", acl.display());
    let _broker = mosquitto_with(bench.dir.path(), port, &more).await;
    bench.raise(&alert(1)).await;
    let url = Some(format!("mqtt://127.0.0.1:{port}").parse().unwrap());
    let running = Running::start(MqttConfig { url, ..Default::default() }, &bench);
    until("the refusal", async || bench.context.delivery.detail().contains("NotAuthorized")).await;
    running.end().await;
    assert_eq!(bench.context.store.outbox_depth().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_ready_is_delivered_before_the_end() {
    let (bench, port) = (bench().await, free_port());
    let _broker = mosquitto(bench.dir.path(), port).await;
    let mut reader = Subscriber::v5(port, None).await;
    for n in 1..=500 {
        bench.raise(&alert(n)).await;
    }
    let url = format!("mqtt://127.0.0.1:{port}").parse().unwrap();
    let running = Running::start(MqttConfig { url: Some(url), ..Default::default() }, &bench);
    until("the connection", async || bench.context.delivery.connected()).await;
    running.end().await;
    let order = reader.first_seen("parking-traffic_police", 500).await;
    assert_eq!(order, (1..=500).collect::<Vec<_>>());
    assert_eq!(bench.context.store.outbox_depth().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; run with --release --ignored --nocapture"]
async fn how_fast() {
    for outside in [false, true] {
        let (bench, port) = (bench().await, free_port());
        let _broker = if outside { Some(mosquitto(bench.dir.path(), port).await) } else { None };
        let url = outside.then(|| format!("mqtt://127.0.0.1:{port}").parse().unwrap());
        let running = Running::start(MqttConfig { url, ..embedded(port) }, &bench);
        let mut reader = Subscriber::v5(port, None).await;
        let mut waits = Vec::new();
        for n in 1..=200 {
            let started = std::time::Instant::now();
            bench.raise(&alert(n)).await;
            let stored = started.elapsed();
            reader.first_seen("parking-traffic_police", 1).await;
            waits.push((started.elapsed(), stored));
        }
        waits.sort();
        println!(
            "outside {outside}: raise to subscriber p50 {:?} p95 {:?} max {:?} (stored p50 {:?})",
            waits[100].0, waits[190].0, waits[199].0, waits[100].1
        );
        let started = std::time::Instant::now();
        for n in 201..=2200 {
            bench.raise(&alert(n)).await;
        }
        let raised = started.elapsed();
        reader.first_seen("parking-traffic_police", 2000).await;
        println!(
            "outside {outside}: 2000 raised in {raised:?}, all seen after {:?}",
            started.elapsed()
        );
        running.end().await;
    }
}
