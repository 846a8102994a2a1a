//! Starts what a test needs and waits for what it wants to see. Nothing here sleeps a fixed time: every wait
//! looks for a condition, with a deadline that is generous on a slow machine.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use rumqttc::{Client, Event, MqttOptions, Packet, QoS};
use serde_json::Value;

pub(crate) const PATIENCE: Duration = Duration::from_mins(4);

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn xunjian() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xunjian"));
    command.current_dir(root()).env("XUNJIAN_LOG", "info").stdin(Stdio::null());
    command
}

/// Runs to its end.
pub(crate) fn run(args: &[&str]) -> Output {
    xunjian().args(args).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Looks every 50 ms until `look` gives something.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let (never, deadline) = ((Mutex::new(()), Condvar::new()), Instant::now() + PATIENCE);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}");
        let guard = never.0.lock().unwrap();
        drop(never.1.wait_timeout(guard, Duration::from_millis(50)).unwrap());
    }
}

/// A process that does not outlive its test.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// SIGTERM, then waits; whether it ended with success.
    pub(crate) fn stop(mut self) -> bool {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.0.wait().unwrap().success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already gone is as good.
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// A folder with a configuration, and the ports it uses.
pub(crate) struct Site {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) http: u16,
    pub(crate) mqtt: u16,
}

impl Site {
    /// `more` is added to the configuration; `external` says whether the broker is another process.
    pub(crate) fn new(more: &str, external: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (http, mqtt) = (free_port(), free_port());
        let broker = if external {
            format!("url = \"mqtt://127.0.0.1:{mqtt}\"")
        } else {
            format!("listen = \"127.0.0.1:{mqtt}\"")
        };
        let at = |name: &str| dir.path().join(name).display().to_string();
        let config = format!(
            "models_dir = \"{}\"\nsegments_dir = \"{}\"\n[http]\nlisten = \"127.0.0.1:{http}\"\n[mqtt]\n{broker}\n\
             [store]\ndatabase = \"{}\"\nevidence = \"{}\"\n{more}",
            root().join("models").display(),
            at("segments"),
            at("x.db"),
            at("evidence"),
        );
        std::fs::write(dir.path().join("xunjian.toml"), config).unwrap();
        Self { dir, http, mqtt }
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.dir.path().join("xunjian.toml")
    }

    /// Starts `serve`; its log goes to the test's output.
    pub(crate) fn serve(&self) -> Running {
        let mut command = xunjian();
        command.arg("serve").arg("--config").arg(self.config());
        let child = command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
        Running(child)
    }

    /// Starts `serve` for the first time and reads the password of the first admin.
    pub(crate) fn first_serve(&self) -> (Running, String) {
        let mut command = xunjian();
        command.arg("serve").arg("--config").arg(self.config());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let running = Running(child);
        let password = stdout.lines().map_while(Result::ok).find_map(|line| {
            line.split_once("the password  ").map(|(_, password)| password.trim().to_owned())
        });
        (running, password.expect("the first start prints a password"))
    }

    pub(crate) fn get(&self, path: &str) -> Option<String> {
        let url = format!("http://127.0.0.1:{}{path}", self.http);
        ureq::get(url).call().ok()?.body_mut().read_to_string().ok()
    }

    /// `/health/readyz`.
    pub(crate) fn ready(&self) -> Option<Value> {
        serde_json::from_str(&self.get("/health/readyz")?).ok()
    }

    pub(crate) fn outbox_depth(&self) -> Option<u64> {
        self.ready()?["mqtt"]["outbox_depth"].as_u64()
    }

    pub(crate) fn source_state(&self) -> Option<String> {
        Some(self.ready()?["sources"][0]["state"].as_str()?.to_owned())
    }

    /// Frames decoded since the program started.
    pub(crate) fn frames(&self) -> Option<u64> {
        let metrics = self.get("/metrics")?;
        let line = metrics.lines().find(|line| line.starts_with("xunjian_frames_total"))?;
        line.rsplit(' ').next()?.parse().ok()
    }
}

/// A real Mosquitto, with what it is told kept in its folder over a restart.
pub(crate) struct Mosquitto {
    dir: tempfile::TempDir,
    port: u16,
}

impl Mosquitto {
    pub(crate) fn new(port: u16) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config =
            format!("listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n");
        std::fs::write(dir.path().join("mosquitto.conf"), config).unwrap();
        Self { dir, port }
    }

    pub(crate) fn start(&self) -> Running {
        let mut command = Command::new("/usr/sbin/mosquitto");
        command.arg("-c").arg(self.dir.path().join("mosquitto.conf"));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let running = Running(child);
        wait_for("mosquitto", || std::net::TcpStream::connect(("127.0.0.1", self.port)).ok());
        running
    }
}

/// Everything that was published under a filter, in the order of arrival.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<Value>>>);

impl Heard {
    /// What is published on `xunjian/alert/#`.
    pub(crate) fn on(port: u16) -> Self {
        Self::of(port, "xunjian/alert/#")
    }

    /// Subscribes, and again after each loss of the broker.
    pub(crate) fn of(port: u16, filter: &'static str) -> Self {
        let heard = Self::default();
        let name = format!("test-{port}-{}", filter.len());
        let mut options = MqttOptions::new(name, "127.0.0.1", port);
        options.set_clean_session(true).set_max_packet_size(1 << 20, 1 << 20);
        let (client, mut connection) = Client::new(options, 64);
        let (kept, subscribed) = (heard.clone(), Arc::new((Mutex::new(false), Condvar::new())));
        let tell = Arc::clone(&subscribed);
        std::thread::spawn(move || {
            for event in connection.iter() {
                match event {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => {
                        client.subscribe(filter, QoS::AtLeastOnce).unwrap();
                    }
                    Ok(Event::Incoming(Packet::SubAck(_))) => {
                        *tell.0.lock().unwrap() = true;
                        tell.1.notify_all();
                    }
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        kept.0
                            .lock()
                            .unwrap()
                            .push(serde_json::from_slice(&publish.payload).unwrap());
                    }
                    // The broker is away: `iter` dials again at once, so wait a moment on nothing.
                    Err(_) => {
                        drop(
                            tell.1.wait_timeout(tell.0.lock().unwrap(), Duration::from_millis(50)),
                        );
                    }
                    Ok(_) => {}
                }
            }
        });
        let ready = subscribed.0.lock().unwrap();
        let (ready, _) = subscribed.1.wait_timeout_while(ready, PATIENCE, |ready| !*ready).unwrap();
        assert!(*ready, "the subscriber was not acknowledged");
        heard
    }

    pub(crate) fn all(&self) -> Vec<Value> {
        self.0.lock().unwrap().clone()
    }

    /// Messages without those delivered again, by queue.
    pub(crate) fn by_queue(&self) -> BTreeMap<String, Vec<Value>> {
        let mut seen = std::collections::BTreeSet::new();
        let mut queues: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for message in self.all() {
            if seen.insert(message["event_id"].as_str().unwrap().to_owned()) {
                let queue = message["alert"]["queue"].as_str().unwrap().to_owned();
                queues.entry(queue).or_default().push(message);
            }
        }
        queues
    }

    /// Every queue counts 1, 2, 3 … in the order of arrival.
    #[track_caller]
    pub(crate) fn assert_complete_and_in_order(&self) {
        for (queue, messages) in self.by_queue() {
            let numbers: Vec<u64> = messages.iter().map(|m| m["seq"].as_u64().unwrap()).collect();
            let wanted: Vec<u64> = (1..=numbers.len() as u64).collect();
            assert_eq!(numbers, wanted, "{queue}");
        }
    }

    pub(crate) fn ids(&self, kind: &str) -> Vec<String> {
        let mut ids: Vec<String> = self
            .by_queue()
            .into_values()
            .flatten()
            .filter(|message| message["type"] == kind)
            .map(|message| message["alert"]["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids
    }
}

/// A recording whose every frame is looked at, with a zone over the whole picture: several alerts in 42 s of
/// video. `start` is fixed, so every run gives the same alerts.
pub(crate) fn busy_street() -> String {
    format!(
        "[detector]\nprovider = \"cpu\"\nmodel = \"nanodet-g\"\n[rules.parking]\ndwell = \"1s\"\nupdate_every = \"5s\"\n\
         [[source]]\nid = \"street\"\nurl = \"{}\"\npace = \"every\"\nstart = \"2026-11-21T08:00:00+08:00\"\n\
         [[source.zone]]\nid = \"all\"\nname = \"all\"\nkind = \"no_parking\"\nparking_authority = \"urban_mgmt\"\n\
         polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]\n",
        root().join("demo/clips/parking.mp4").display()
    )
}
