//! The `[terminals]` section.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jt808::Profile;
use serde::Deserialize;
use url::Url;

/// Terminals in trucks that speak JT/T 808.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TerminalsConfig {
    /// Where terminals connect, for example `0.0.0.0:7611`. Default: nowhere.
    pub listen: Option<SocketAddr>,
    /// Connections at a time; further ones are closed at once. Default: 12000.
    pub connections: usize,
    /// A connection is closed when nothing that is a frame came for so long, or when a terminal did not authenticate
    /// for so long. Default: 5min.
    #[serde(with = "humantime_serde")]
    pub idle: Duration,
    /// Frames in a second that one connection is read; more wait. Default: 20.
    pub rate: u32,
    /// Who may register, and for whom a platform may speak. Default: listed.
    pub register: Admission,
    /// The terminals that are known: lines of `number,plate,profile`. Default: none.
    pub list: Option<PathBuf>,
    /// The profile of terminals that the list gives none. Default: none, all their sensors are unknown.
    pub others: Option<String>,
    /// How long positions are kept, by the terminal's clock. Default: 30days.
    #[serde(with = "humantime_serde")]
    pub keep: Duration,
    /// MQTT topics on which a platform forwards frames. Default: none.
    pub topics: Vec<String>,
    /// Its broker. Default: `mqtt.url`.
    pub url: Option<Url>,
    /// Names the session at that broker. Default: xunjian-terminals.
    pub client_id: String,
    /// How the sensors of a make of terminals are to be read, by name.
    pub profile: BTreeMap<String, Profile>,
}

/// Who is admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Admission {
    /// Those of the list.
    #[default]
    Listed,
    /// Whoever registers: for networks that only terminals can reach.
    Anybody,
}

impl Default for TerminalsConfig {
    fn default() -> Self {
        Self {
            listen: None,
            connections: 12_000,
            idle: Duration::from_mins(5),
            rate: 20,
            register: Admission::Listed,
            list: None,
            others: None,
            keep: Duration::from_hours(24 * 30),
            topics: Vec::new(),
            url: None,
            client_id: "xunjian-terminals".to_owned(),
            profile: BTreeMap::new(),
        }
    }
}

impl TerminalsConfig {
    /// Each problem as (key, rule and value).
    pub(crate) fn validate(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut rule = |ok: bool, key: &str, message: String| {
            if !ok {
                problems.push((format!("terminals.{key}"), message));
            }
        };
        let Self { connections, idle, rate, others, keep, topics, url, client_id, .. } = self;
        rule(
            (1..=100_000).contains(connections),
            "connections",
            format!("must be 1 to 100000, got {connections}"),
        );
        rule(
            (Duration::from_secs(10)..=Duration::from_hours(24)).contains(idle),
            "idle",
            format!("must lie between 10s and 24h, got {idle:?}"),
        );
        rule((1..=1000).contains(rate), "rate", format!("must be 1 to 1000, got {rate}"));
        rule(
            (Duration::from_hours(1)..=Duration::from_hours(24 * 3650)).contains(keep),
            "keep",
            format!("must lie between 1h and 3650days, got {keep:?}"),
        );
        let unknown = others.as_ref().filter(|name| !self.profile.contains_key(*name));
        rule(
            unknown.is_none(),
            "others",
            format!("there is no `[terminals.profile.{}]`", unknown.map_or("", String::as_str)),
        );
        let bad = topics.iter().find(|topic| !is_filter(topic));
        rule(
            bad.is_none(),
            "topics",
            format!("`{}` is no MQTT topic filter", bad.map_or("", String::as_str)),
        );
        let scheme = url.as_ref().map(Url::scheme).filter(|s| !matches!(*s, "mqtt" | "mqtts"));
        rule(
            scheme.is_none(),
            "url",
            format!("must begin with mqtt:// or mqtts://, got `{}://`", scheme.unwrap_or("")),
        );
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        rule(
            (1..=64).contains(&client_id.len()) && client_id.bytes().all(plain),
            "client_id",
            format!("must be 1 to 64 of letters, digits, `-`, `_` and `.`, got `{client_id}`"),
        );
        problems
    }
}

/// `+` and `#` stand alone in their level, `#` in the last.
fn is_filter(topic: &str) -> bool {
    let levels: Vec<&str> = topic.split('/').collect();
    let wild = |(nth, level): (usize, &&str)| match *level {
        "+" => true,
        "#" => nth + 1 == levels.len(),
        level => !level.contains(['+', '#', '\0']),
    };
    (1..=1024).contains(&topic.len()) && levels.iter().enumerate().all(wild)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: &str) {
        let problems = match toml::from_str::<TerminalsConfig>(text) {
            Ok(config) => format!("{:?}", config.validate()),
            Err(error) => error.message().to_owned(),
        };
        assert!(problems.contains(wanted), "{problems}\nshould contain\n{wanted}");
    }

    #[test]
    fn what_cannot_be_is_named() {
        check("", "[]");
        check("rate = 0", "terminals.rate");
        check("idle = \"1s\"", "must lie between 10s and 24h, got 1s");
        check("others = \"a\"", "there is no `[terminals.profile.a]`");
        check("others = \"a\"\n[profile.a]", "[]");
        check("topics = [\"jt808/+/up\", \"a/#\", \"b\"]", "[]");
        check("topics = [\"a/#/b\"]", "`a/#/b` is no MQTT topic filter");
        check("register = \"all\"", "unknown variant `all`");
        let sensor =
            "[profile.a]\nlid = { word = \"status\", bit = 29, values = [\"closed\", \"open\"] }";
        check(sensor, "[]");
        check(&sensor.replace("29", "40"), "`bit` 40 is beyond the 32 bits of `word`");
        check(&sensor.replace("open", "ajar"), "holds `ajar`");
    }
}
