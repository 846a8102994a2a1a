//! Flights end to end: looked at on the command line, compared with truth, uploaded over a bad line, killed in
//! the middle, heard of over MQTT, and seen in a browser.

mod aircraft;
mod analysed;
mod compared;
mod cut;
mod fetched;
mod heard;
mod served;
mod walked;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::program::{Site, root, wait_for, xunjian};

/// A quarter of an hour between two passes along a street, and a photo of a roof.
pub(crate) fn demo() -> PathBuf {
    root().join("demo/flight")
}

/// The fences of the demo, and how wrong its telemetry is.
pub(crate) fn rules() -> String {
    format!(
        "[rules]\nfences = [\"{0}/fences.geojson\", \"{0}/grid.geojson\"]\n[rules.parking]\ndwell = \"10s\"\n\
         [flight.budget]\nsingle = {{ xy_m = 0.5, z_m = 0.3 }}\nyaw_deg = 0.5\npitch_deg = 0.2\n\
         roll_deg = 0.2\nterrain_m = 0.2\n",
        root().join("demo").display()
    )
}

/// `demo/truth/flight.json`.
pub(crate) fn truth() -> Value {
    let text = std::fs::read_to_string(root().join("demo/truth/flight.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("`{value}` is no number"))
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("`{value}` is no list"))
}

pub(crate) fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("`{value}` is no text"))
}

/// Metres east and north of `there` to `here`, both with `lon` and `lat`; good to a millimetre in one street.
pub(crate) fn metres(here: &Value, there: &Value) -> [f64; 2] {
    let east = number(&here["lon"]) - number(&there["lon"]);
    let north = number(&here["lat"]) - number(&there["lat"]);
    [east * 95_600.0, north * 110_860.0]
}

pub(crate) fn away(here: &Value, there: &Value) -> f64 {
    let [east, north] = metres(here, there);
    east.hypot(north)
}

/// `xunjian upload`, which reads no password from a terminal.
pub(crate) fn upload(to: u16, password: &str) -> Command {
    let mut command = xunjian();
    command.arg("upload").args(["--to", &format!("http://127.0.0.1:{to}"), "--user", "admin"]);
    command.env("XUNJIAN_PASSWORD", password).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Somebody who is signed in.
pub(crate) struct Desk {
    base: String,
    cookie: String,
}

impl Desk {
    pub(crate) fn sign_in(site: &Site, password: &str) -> Self {
        wait_for("the program", || site.ready());
        let base = format!("http://127.0.0.1:{}", site.http);
        let login = json!({ "name": "admin", "password": password });
        let answer = ureq::post(format!("{base}/api/login")).send_json(login).unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { base, cookie }
    }

    /// `None` while the program is not there.
    pub(crate) fn get(&self, path: &str) -> Option<Value> {
        let request = ureq::get(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        request.call().ok()?.body_mut().read_json().ok()
    }

    /// Asks for something to be done; returns the status of the answer.
    pub(crate) fn post(&self, path: &str) -> u16 {
        let url = format!("{}{path}", self.base);
        match ureq::post(url).header("cookie", &self.cookie).send_json(json!({})) {
            Ok(answer) => answer.status().as_u16(),
            Err(ureq::Error::StatusCode(status)) => status,
            Err(error) => panic!("{path}: {error}"),
        }
    }

    pub(crate) fn new_flight(&self, name: &str) -> u64 {
        let url = format!("{}/api/flights", self.base);
        let request = ureq::post(url).header("cookie", &self.cookie);
        let mut answer = request.send_json(json!({ "name": name })).unwrap();
        let flight: Value = answer.body_mut().read_json().unwrap();
        flight["id"].as_u64().unwrap()
    }

    pub(crate) fn flight(&self, id: u64) -> Option<Value> {
        self.get(&format!("/api/flights/{id}"))
    }

    /// Waits until it is looked at.
    #[track_caller]
    pub(crate) fn done(&self, id: u64) {
        let flight = wait_for("the end of the flight", || {
            self.flight(id).filter(|flight| ["done", "failed"].contains(&word(&flight["state"])))
        });
        assert_eq!(flight["state"], "done", "{flight}");
    }

    pub(crate) fn alerts(&self) -> Option<Vec<Value>> {
        Some(list(&self.get("/api/alerts")?["items"]).to_vec())
    }
}
