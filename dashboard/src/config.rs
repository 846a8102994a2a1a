//! The sections `[http]`, `[mqtt]` and `[map]` of the configuration file.
//!
//! Owns their defaults and their rules. Reading the file and printing the problems is the
//! binary's work.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use serde::Deserialize;
use url::Url;

/// A broken rule: the key as it stands in the file, and the rule with the value.
pub type Problem = (String, String);

/// Everything that this crate can be told.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub http: HttpConfig,
    pub mqtt: MqttConfig,
    pub map: MapConfig,
}

impl Config {
    /// Every broken rule, in the language of the file.
    pub fn validate(&self) -> Vec<Problem> {
        [self.http.validate(), self.mqtt.validate(), self.map.validate()].concat()
    }
}

/// `[http]`: the page and the API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Where the page and the API are served. Default: 127.0.0.1:8080. The program speaks plain
    /// HTTP: put a TLS proxy that keeps the `Host` header in front of anything but this machine.
    pub listen: SocketAddr,
    /// Marks the session cookie `Secure`, so that browsers send it over HTTPS only. Set it when a
    /// TLS proxy stands in front. Default: false.
    pub secure_cookie: bool,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8080)), secure_cookie: false }
    }
}

impl HttpConfig {
    fn validate(&self) -> Vec<Problem> {
        if self.listen.port() == 0 {
            return vec![problem("http.listen", "must name a port, got 0")];
        }
        Vec::new()
    }
}

/// `[mqtt]`: where alerts and source states are published.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MqttConfig {
    /// Where the embedded broker listens; not used with `url`. MQTT 3.1.1 and 5 clients share the
    /// port. Default: 127.0.0.1:1883.
    pub listen: SocketAddr,
    /// User name → password of clients of the embedded broker. Default: none, anybody on this
    /// machine may subscribe. Needed when `listen` is reachable from other machines.
    pub users: BTreeMap<String, String>,
    /// User name → topic filters that it may publish to on the embedded broker. Default: none, users only subscribe. Without
    /// `users`, anybody on this machine may publish what a source listens to.
    pub publish: BTreeMap<String, Vec<String>>,
    /// An external broker instead of the embedded one: `mqtt://user:password@host:1883` or
    /// `mqtts://…` (TLS). Default: none.
    pub url: Option<Url>,
    /// PEM file with the authority that signed the broker's certificate, for `mqtts`. Default:
    /// the authorities of the operating system.
    pub ca_file: Option<PathBuf>,
    /// The client id towards an external broker. Must differ between two installations on one
    /// broker. Default: xunjian.
    pub client_id: String,
    /// How many messages may await their acknowledgement, 1 to 999. Default: 100. The limit is not
    /// taste: a Mosquitto with Debian's settings silently drops `QoS` 1 messages beyond 1000 queued
    /// for one subscriber (`max_queued_messages`), so a larger window can lose alerts there.
    pub window: u16,
}

impl Default for MqttConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 1883)),
            users: BTreeMap::new(),
            publish: BTreeMap::new(),
            url: None,
            ca_file: None,
            client_id: "xunjian".to_owned(),
            window: 100,
        }
    }
}

impl MqttConfig {
    fn validate(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        if !(1..=999).contains(&self.window) {
            let rule = format!("must lie between 1 and 999, got {}", self.window);
            found.push(problem("mqtt.window", &rule));
        }
        let id = self.client_id.as_bytes();
        let plain = id.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b));
        if !(1..=64).contains(&id.len()) || !plain {
            let rule = "must be 1 to 64 of letters, digits, `-`, `_` and `.`";
            found.push(problem("mqtt.client_id", &format!("{rule}, got `{}`", self.client_id)));
        }
        found.extend(self.publish_problem());
        match &self.url {
            Some(url) => found.extend(url_problem(url)),
            None => found.extend(self.listen_problem()),
        }
        if self.ca_file.is_some() && self.url.as_ref().is_none_or(|url| url.scheme() != "mqtts") {
            found.push(problem("mqtt.ca_file", "is used with an `mqtts://` url only"));
        }
        found
    }

    fn publish_problem(&self) -> Option<Problem> {
        let stranger = self.publish.keys().find(|name| !self.users.contains_key(*name));
        if let Some(name) = stranger {
            let rule = format!("names `{name}`, who is not in `mqtt.users`");
            return Some(problem("mqtt.publish", &rule));
        }
        let bad = self.publish.values().flatten().find(|f| !rumqttd::protocol::valid_filter(f))?;
        Some(problem("mqtt.publish", &format!("`{bad}` is no MQTT topic filter")))
    }

    fn listen_problem(&self) -> Option<Problem> {
        if self.listen.port() == 0 {
            return Some(problem("mqtt.listen", "must name a port, got 0"));
        }
        if !self.listen.ip().is_loopback() && self.users.is_empty() {
            let rule =
                format!("{} can be reached from other machines: set `mqtt.users`", self.listen);
            return Some(problem("mqtt.listen", &rule));
        }
        None
    }
}

fn url_problem(url: &Url) -> Option<Problem> {
    let rule = if !["mqtt", "mqtts"].contains(&url.scheme()) {
        format!("must begin with mqtt:// or mqtts://, got {}://", url.scheme())
    } else if url.host_str().is_none_or(str::is_empty) {
        "must name a host".to_owned()
    } else if !["", "/"].contains(&url.path()) || url.query().is_some() {
        "must end after the port".to_owned()
    } else {
        return None;
    };
    Some(problem("mqtt.url", &rule))
}

/// `[map]`: what is drawn under the alerts.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct MapConfig {
    /// Raster tiles, `https://host/{z}/{x}/{y}.png`. Default: none, a plain graticule.
    pub tile_url: Option<String>,
    /// The datum of these tiles. Amap and Tencent: GCJ-02; Tianditu, OpenStreetMap: WGS-84.
    /// Default: WGS-84.
    pub tile_datum: TileDatum,
    /// Who must be named as the source of the tiles. Default: nobody.
    pub attribution: String,
}

/// The datum that map tiles are drawn in.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize, Default, utoipa::ToSchema,
)]
pub enum TileDatum {
    /// Also right for CGCS2000.
    #[default]
    #[serde(rename = "WGS-84")]
    Wgs84,
    /// The shifted datum of Chinese map services, 486–580 m off in the target cities.
    #[serde(rename = "GCJ-02")]
    Gcj02,
}

impl MapConfig {
    /// `scheme://host[:port]` of the tiles, for the content security policy. `{s}` of a sub-domain
    /// becomes `*`.
    pub(crate) fn tile_origin(&self) -> Option<String> {
        let template = self.tile_url.as_deref()?.replace("{s}", "a").replace(['{', '}'], "0");
        let url = Url::parse(&template).ok()?;
        let wild = self.tile_url.as_deref()?.contains("://{s}.");
        let origin = url.origin().ascii_serialization();
        Some(if wild { origin.replacen("://a.", "://*.", 1) } else { origin })
    }

    fn validate(&self) -> Vec<Problem> {
        let Some(tile_url) = &self.tile_url else { return Vec::new() };
        let parts = ["{z}", "{x}", "{y}"].iter().all(|part| tile_url.contains(part));
        let scheme = tile_url.starts_with("https://") || tile_url.starts_with("http://");
        if scheme && parts && self.tile_origin().is_some() {
            return Vec::new();
        }
        let rule =
            format!("must be an http(s) address with {{z}}, {{x}} and {{y}}, got `{tile_url}`");
        vec![problem("map.tile_url", &rule)]
    }
}

fn problem(key: &str, rule: &str) -> Problem {
    (key.to_owned(), rule.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: &[&str]) {
        let config: Config = serde_json::from_str(json).unwrap();
        let keys: Vec<String> = config.validate().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, expected, "{json}");
    }

    #[test]
    fn rules_name_the_key() {
        check("{}", &[]);
        check(r#"{"mqtt":{"window":0}}"#, &["mqtt.window"]);
        check(r#"{"mqtt":{"window":1000}}"#, &["mqtt.window"]);
        check(r#"{"mqtt":{"listen":"0.0.0.0:1883"}}"#, &["mqtt.listen"]);
        check(r#"{"mqtt":{"listen":"0.0.0.0:1883","users":{"a":"b"}}}"#, &[]);
        check(r#"{"mqtt":{"publish":{"a":["b/#"]}}}"#, &["mqtt.publish"]);
        check(r#"{"mqtt":{"publish":{"a":["b/#/c"]},"users":{"a":"b"}}}"#, &["mqtt.publish"]);
        check(r#"{"mqtt":{"publish":{"a":["b/+/c"]},"users":{"a":"b"}}}"#, &[]);
        check(r#"{"mqtt":{"url":"http://broker"}}"#, &["mqtt.url"]);
        check(r#"{"mqtt":{"url":"mqtt://broker/topic"}}"#, &["mqtt.url"]);
        check(r#"{"mqtt":{"url":"mqtts://u:p@broker:8883","ca_file":"ca.pem"}}"#, &[]);
        check(r#"{"mqtt":{"ca_file":"ca.pem"}}"#, &["mqtt.ca_file"]);
        check(r#"{"mqtt":{"client_id":"a b"}}"#, &["mqtt.client_id"]);
        check(r#"{"http":{"listen":"127.0.0.1:0"}}"#, &["http.listen"]);
        check(r#"{"map":{"tile_url":"ftp://x/{z}/{x}/{y}"}}"#, &["map.tile_url"]);
        check(r#"{"map":{"tile_url":"https://x/{z}/{x}/{y}","tile_datum":"GCJ-02"}}"#, &[]);
    }

    #[test]
    fn a_misspelt_key_is_an_error() {
        let error = serde_json::from_str::<Config>(r#"{"mqtt":{"lisen":1}}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `lisen`"), "{error}");
    }

    #[test]
    fn the_policy_names_the_tile_host() {
        let origin = |url: &str| {
            MapConfig { tile_url: Some(url.to_owned()), ..Default::default() }
                .tile_origin()
                .unwrap()
        };
        assert_eq!(origin("https://tile.example/{z}/{x}/{y}.png"), "https://tile.example");
        assert_eq!(origin("http://t:81/{z}/{x}/{y}.png?k=1"), "http://t:81");
        assert_eq!(origin("https://{s}.tile.example/{z}/{x}/{y}"), "https://*.tile.example");
    }
}
