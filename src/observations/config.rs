//! The `[observations]` section, and `[source.observation]` of a source that is told of instead of filmed.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Class, Covariance, Datum, GroundFix, Size, SourceId};
use jiff::SignedDuration;
use sensors::{Field, Limits, Mapping, Reader};
use serde::Deserialize;
use url::Url;

/// What sensors and other detectors say over MQTT.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ObservationsConfig {
    /// The broker that they publish to. Default: `mqtt.url`; without it the embedded broker.
    pub url: Option<Url>,
    /// Names the session at that broker. Default: xunjian-observations.
    pub client_id: String,
    /// The largest message that is read, bytes. Default: 262144.
    pub max_bytes: usize,
    /// Things in one message. Default: 1000.
    pub max_count: usize,
    /// Clocks of sources may go ahead of this machine's by this. Default: 5s.
    #[serde(with = "humantime_serde")]
    pub ahead: Duration,
    /// What happened longer ago than this is refused. Default: 10min.
    #[serde(with = "humantime_serde")]
    pub behind: Duration,
    /// How long what was accepted is kept, by the sources' clocks. Default: 7days.
    #[serde(with = "humantime_serde")]
    pub keep: Duration,
    /// How much of it is kept, bytes; the oldest goes first. Default: 4 GiB.
    pub keep_bytes: u64,
    /// A source that said nothing for so long is shown as silent. Default: 2min.
    #[serde(with = "humantime_serde")]
    pub silent_after: Duration,
}

impl Default for ObservationsConfig {
    fn default() -> Self {
        Self {
            url: None,
            client_id: "xunjian-observations".to_owned(),
            max_bytes: 256 << 10,
            max_count: 1000,
            ahead: Duration::from_secs(5),
            behind: Duration::from_mins(10),
            keep: Duration::from_hours(24 * 7),
            keep_bytes: 4 << 30,
            silent_after: Duration::from_mins(2),
        }
    }
}

impl ObservationsConfig {
    /// Each problem as (key, rule and value).
    pub(crate) fn validate(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut rule = |ok: bool, key: &str, message: String| {
            if !ok {
                problems.push((format!("observations.{key}"), message));
            }
        };
        let scheme = self.url.as_ref().map(Url::scheme).filter(|s| !matches!(*s, "mqtt" | "mqtts"));
        rule(
            scheme.is_none(),
            "url",
            format!("must begin with mqtt:// or mqtts://, got `{}://`", scheme.unwrap_or("")),
        );
        let id = &self.client_id;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        rule(
            (1..=64).contains(&id.len()) && id.bytes().all(plain),
            "client_id",
            format!("must be 1 to 64 of letters, digits, `-`, `_` and `.`, got `{id}`"),
        );
        rule(
            (1024..=8 << 20).contains(&self.max_bytes),
            "max_bytes",
            format!("must be 1024 to 8388608, got {}", self.max_bytes),
        );
        rule(
            (1..=10_000).contains(&self.max_count),
            "max_count",
            format!("must be 1 to 10000, got {}", self.max_count),
        );
        let days = |days: u64| Duration::from_hours(24 * days);
        for (key, value, least, most, told) in [
            ("ahead", self.ahead, Duration::ZERO, Duration::from_hours(1), "0s and 1h"),
            ("behind", self.behind, Duration::from_secs(1), days(3650), "1s and 3650days"),
            ("keep", self.keep, Duration::from_mins(1), days(3650), "1min and 3650days"),
            ("silent_after", self.silent_after, Duration::from_secs(1), days(30), "1s and 30days"),
        ] {
            rule(
                (least..=most).contains(&value),
                key,
                format!("must lie between {told}, got {value:?}"),
            );
        }
        rule(
            self.keep_bytes >= 16 << 20,
            "keep_bytes",
            format!("must be 16777216 or more, got {}", self.keep_bytes),
        );
        problems
    }

    fn limits(&self) -> Limits {
        let span = |span: Duration| SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
        Limits {
            bytes: self.max_bytes,
            observations: self.max_count,
            ahead: span(self.ahead),
            behind: span(self.behind),
        }
    }
}

/// Whose messages a source is told of by.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Observing {
    pub mapping: MappingWord,
    /// MQTT topic or filter. Default: `xunjian/observation/{id}`, or `frigate/events`.
    #[serde(default)]
    pub topic: Option<String>,
    /// Of places whose message says none. Default: WGS-84.
    #[serde(default)]
    pub datum: Datum,
    /// Standard deviation in each direction of places whose message says none, metres. Default: 3.
    #[serde(default = "three_metres")]
    pub accuracy_m: f64,
    /// Frigate: its name for the camera.
    #[serde(default)]
    pub camera: Option<String>,
    /// Frigate: width and height of what the camera detects in (`detect.width`, `detect.height`).
    #[serde(default)]
    pub picture: Option<[u32; 2]>,
    /// ONVIF: where the fields and lines of the camera's rules are, by the name of the rule.
    #[serde(default)]
    pub field: BTreeMap<String, Where>,
}

/// A field or line of a camera's rule, as a place.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Where {
    pub lon: f64,
    pub lat: f64,
    /// Standard deviation, metres: about half of what the field measures.
    pub accuracy_m: f64,
    /// What its objects are, where an event does not say.
    #[serde(default)]
    pub class: Option<Class>,
}

/// A way of saying what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MappingWord {
    Xunjian,
    Onvif,
    Frigate,
}

fn three_metres() -> f64 {
    3.0
}

impl Observing {
    /// The topic filter that its messages come by.
    pub(crate) fn filter(&self, id: &SourceId) -> String {
        self.topic.clone().unwrap_or_else(|| match self.mapping {
            MappingWord::Frigate => "frigate/events".to_owned(),
            MappingWord::Xunjian | MappingWord::Onvif => format!("xunjian/observation/{id}"),
        })
    }

    /// How its messages are read; a problem as (key, rule and value).
    pub(crate) fn reader(
        &self,
        id: &SourceId,
        config: &ObservationsConfig,
    ) -> Result<Reader, (&'static str, String)> {
        if !is_filter(&self.filter(id)) {
            return Err(("topic", format!("`{}` is no MQTT topic filter", self.filter(id))));
        }
        let accuracy_m = metres(self.accuracy_m).map_err(|rule| ("accuracy_m", rule))?;
        let (source, datum, limits) = (id.clone(), self.datum, config.limits());
        Ok(Reader { source, mapping: self.mapping()?, datum, accuracy_m, limits })
    }

    fn mapping(&self) -> Result<Mapping, (&'static str, String)> {
        let needless = |key: &'static str, given: bool, word: MappingWord| {
            let rule = format!("is used with `mapping = \"{word:?}\"` alone").to_lowercase();
            if given && self.mapping != word { Err((key, rule)) } else { Ok(()) }
        };
        needless("camera", self.camera.is_some(), MappingWord::Frigate)?;
        needless("picture", self.picture.is_some(), MappingWord::Frigate)?;
        needless("field", !self.field.is_empty(), MappingWord::Onvif)?;
        match self.mapping {
            MappingWord::Xunjian => Ok(Mapping::Own),
            MappingWord::Onvif if self.topic.is_none() => {
                Err(("topic", "is needed, for example `cam12/onvif-ej/#`".to_owned()))
            }
            MappingWord::Onvif => {
                let field =
                    |(name, field): (&String, &Where)| Ok((name.clone(), field.read(self.datum)?));
                Ok(Mapping::Onvif {
                    fields: self.field.iter().map(field).collect::<Result<_, _>>()?,
                })
            }
            MappingWord::Frigate => {
                let camera = self.camera.clone().ok_or_else(|| {
                    ("camera", "is needed: what Frigate calls the camera".to_owned())
                })?;
                let Some([width, height]) = self.picture else {
                    let rule = "is needed: width and height of Frigate's `detect`".to_owned();
                    return Err(("picture", rule));
                };
                let picture = Size::new(width, height).map_err(|e| ("picture", e.to_string()))?;
                Ok(Mapping::Frigate { camera, picture })
            }
        }
    }
}

impl Where {
    fn read(&self, datum: Datum) -> Result<Field, (&'static str, String)> {
        let Self { lon, lat, accuracy_m, class } = *self;
        let position = datum
            .to_wgs84(lon, lat)
            .ok_or_else(|| ("field", format!("lon {lon}, lat {lat} is no place on earth")))?;
        let covariance = Covariance::round(metres(accuracy_m).map_err(|rule| ("field", rule))?);
        Ok(Field { place: GroundFix { position, covariance }, class })
    }
}

fn metres(sigma: f64) -> Result<f64, String> {
    let sound = (0.01..=1000.0).contains(&sigma);
    if sound {
        Ok(sigma)
    } else {
        Err(format!("must lie between 0.01 and 1000 metres, got {sigma}"))
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
        let read = toml::from_str::<Observing>(text).map_err(|error| error.message().to_owned());
        let id = SourceId::new("gate").unwrap();
        let told = read.and_then(|observing| {
            let reader = observing.reader(&id, &ObservationsConfig::default());
            reader.map(|_| observing.filter(&id)).map_err(|(key, rule)| format!("{key} {rule}"))
        });
        let told = told.unwrap_or_else(|problem| problem);
        assert!(told.contains(wanted), "{told}\nshould contain\n{wanted}");
    }

    #[test]
    fn what_cannot_be_is_named() {
        check("mapping = \"xunjian\"", "xunjian/observation/gate");
        check("mapping = \"xunjian\"\ntopic = \"a/#/b\"", "topic `a/#/b` is no MQTT topic filter");
        check("mapping = \"xunjian\"\naccuracy_m = 0", "accuracy_m must lie between");
        check(
            "mapping = \"xunjian\"\ncamera = \"a\"",
            "camera is used with `mapping = \"frigate\"` alone",
        );
        check("mapping = \"kafka\"", "unknown variant `kafka`");
        check("mapping = \"frigate\"", "camera is needed");
        check("mapping = \"frigate\"\ncamera = \"a\"", "picture is needed");
        check("mapping = \"frigate\"\ncamera = \"a\"\npicture = [1280, 720]", "frigate/events");
        check("mapping = \"onvif\"", "topic is needed");
        let field = "mapping = \"onvif\"\ntopic = \"c/onvif-ej/#\"\n[field.a]\nlon = 120\nlat = 30\naccuracy_m = 2\n";
        check(field, "c/onvif-ej/#");
        check(&field.replace("lat = 30", "lat = 130"), "field lon 120, lat 130 is no place");
        check(&field.replace("_m = 2", "_m = 0"), "field must lie between 0.01");
    }

    #[test]
    fn the_section_is_checked() {
        let problems = |text: &str| {
            let config: ObservationsConfig = toml::from_str(text).unwrap();
            config.validate().into_iter().map(|(key, _)| key).collect::<Vec<_>>()
        };
        assert_eq!(problems(""), [""; 0]);
        let all = "url = \"http://a\"\nclient_id = \"\"\nmax_bytes = 0\nmax_count = 0\nahead = \"2h\"\nbehind = \"0s\"\n\
             keep = \"1s\"\nkeep_bytes = 1\nsilent_after = \"0s\"";
        assert_eq!(problems(all).len(), 9, "{:?}", problems(all));
    }
}
