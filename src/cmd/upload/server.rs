//! The other side of an upload: the HTTP API of a running program, and tus 1.0.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

/// A program that somebody is signed in to.
pub(super) struct Server {
    agent: Agent,
    base: String,
    cookie: String,
}

/// A file as the server knows it.
#[derive(Debug, Deserialize)]
pub(super) struct Remote {
    pub n: u64,
    pub name: String,
    pub bytes: u64,
}

/// Why the server did not do it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// The line broke, or the server is busy: trying again may help.
    #[error(transparent)]
    ForNow(anyhow::Error),
    #[error(transparent)]
    ForGood(anyhow::Error),
}

#[derive(Deserialize)]
struct Told {
    message: String,
}

#[derive(Deserialize)]
struct Flight {
    id: u64,
}

#[derive(Deserialize)]
struct Detail {
    file_list: Vec<Remote>,
}

/// Without an answer for so long, the line is broken.
const PATIENCE: Duration = Duration::from_mins(2);
const TUS: (&str, &str) = ("Tus-Resumable", "1.0.0");
/// What is read of an answer.
const MOST_ANSWER: u64 = 64 << 20;

impl Server {
    pub(super) fn sign_in(base: &str, user: &str, password: &str) -> Result<Self, Refused> {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build();
        let mut server = Self {
            agent: config.into(),
            base: base.trim_end_matches('/').to_owned(),
            cookie: String::new(),
        };
        let login = json!({ "name": user, "password": password });
        let answer = server.agent.post(server.url("/api/login")).send_json(login);
        let answer = good(answer)?;
        let cookies = answer.headers().get_all(header::SET_COOKIE);
        let pairs = cookies.iter().filter_map(|value| value.to_str().ok()?.split(';').next());
        server.cookie = pairs.collect::<Vec<_>>().join("; ");
        Ok(server)
    }

    pub(super) fn new_flight(&self, name: &str, aircraft: Option<&str>) -> Result<u64, Refused> {
        let request =
            self.agent.post(self.url("/api/flights")).header(header::COOKIE, &self.cookie);
        let flight: Flight =
            document(request.send_json(json!({ "name": name, "aircraft": aircraft })))?;
        Ok(flight.id)
    }

    pub(super) fn files(&self, flight: u64) -> Result<Vec<Remote>, Refused> {
        let url = self.url(&format!("/api/flights/{flight}"));
        let detail: Detail =
            document(self.agent.get(url).header(header::COOKIE, &self.cookie).call())?;
        Ok(detail.file_list)
    }

    pub(super) fn start(&self, flight: u64) -> Result<(), Refused> {
        let url = self.url(&format!("/api/flights/{flight}/start"));
        good(self.agent.post(url).header(header::COOKIE, &self.cookie).send_empty()).map(drop)
    }

    pub(super) fn place(&self, flight: u64, n: u64) -> String {
        self.url(&format!("/api/flights/{flight}/files/{n}"))
    }

    /// Announces a file; its place is where its bytes go.
    pub(super) fn new_file(&self, flight: u64, name: &str, bytes: u64) -> Result<String, Refused> {
        let request = self
            .agent
            .post(self.url(&format!("/api/flights/{flight}/files")))
            .header(header::COOKIE, &self.cookie)
            .header(TUS.0, TUS.1)
            .header("Upload-Length", bytes.to_string())
            .header("Upload-Metadata", format!("filename {}", BASE64_STANDARD.encode(name)));
        let answer = good(request.send_empty())?;
        let place = answer.headers().get(header::LOCATION).and_then(|place| place.to_str().ok());
        let place = place.ok_or_else(|| for_good("the answer names no place for the file"))?;
        Ok(if place.starts_with('/') { self.url(place) } else { place.to_owned() })
    }

    /// How many bytes have arrived.
    pub(super) fn offset(&self, place: &str) -> Result<u64, Refused> {
        let request =
            self.agent.head(place).header(header::COOKIE, &self.cookie).header(TUS.0, TUS.1);
        offset(&good(request.call())?)
    }

    /// Sends the bytes that follow; returns how many have arrived altogether.
    pub(super) fn append(&self, place: &str, at: u64, bytes: &[u8]) -> Result<u64, Refused> {
        let request = self
            .agent
            .patch(place)
            .header(header::COOKIE, &self.cookie)
            .header(TUS.0, TUS.1)
            .header("Upload-Offset", at.to_string())
            .header(header::CONTENT_TYPE, "application/offset+octet-stream");
        offset(&good(request.send(bytes))?)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

fn offset(answer: &Response<Body>) -> Result<u64, Refused> {
    let text = answer.headers().get("Upload-Offset").and_then(|value| value.to_str().ok());
    let offset = text.and_then(|text| text.parse().ok());
    offset.ok_or_else(|| for_good("the answer says no Upload-Offset: is this a Xunjian server?"))
}

fn document<T: DeserializeOwned>(
    answer: Result<Response<Body>, ureq::Error>,
) -> Result<T, Refused> {
    let mut answer = good(answer)?;
    let read = answer.body_mut().with_config().limit(MOST_ANSWER).read_json();
    read.map_err(|error| Refused::ForNow(error.into()))
}

/// An answer that says yes.
fn good(answer: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>, Refused> {
    let mut answer = answer.map_err(|error| Refused::ForNow(error.into()))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let told: Option<Told> = answer.body_mut().read_json().ok();
    let told = told.map_or_else(String::new, |told| format!(": {}", told.message));
    let error = anyhow::anyhow!("the server says {status}{told}");
    // A file that is locked belongs to a request that broke off and will soon be given up.
    let passing = status.is_server_error() && status != StatusCode::INSUFFICIENT_STORAGE
        || matches!(
            status,
            StatusCode::CONFLICT
                | StatusCode::LOCKED
                | StatusCode::REQUEST_TIMEOUT
                | StatusCode::TOO_MANY_REQUESTS
        );
    Err(if passing { Refused::ForNow(error) } else { Refused::ForGood(error) })
}

fn for_good(why: &'static str) -> Refused {
    Refused::ForGood(anyhow::anyhow!(why))
}
