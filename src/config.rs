//! One strict file: what it says, and how it becomes what the program uses.
//!
//! Every section belongs to the crate that reads it. Unknown keys are errors. Paths of sources, surveys
//! and fences count from the folder of the file; paths of data from the working directory.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use domain::SourceId;
use ingest::Transport;
use rules::Zone;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::aircraft::AircraftConfig;
use crate::flights::FlightConfig;
use crate::observations::{ObservationsConfig, Observing};
use crate::problem::Problem;
use crate::stage::detect::Share;
use crate::terminals::{Fleet, TerminalsConfig};

/// The file.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Where manifest.toml and cache/ of the models are. Default: `models`.
    pub models_dir: Option<PathBuf>,
    /// The folder of the rolling encoded video. Default: `data/segments`.
    pub segments_dir: Option<PathBuf>,
    pub aircraft: AircraftConfig,
    #[serde(default = "detector::Config::automatic")]
    pub detector: detector::Config,
    pub flight: FlightConfig,
    pub http: dashboard::HttpConfig,
    pub ingest: ingest::Config,
    pub map: dashboard::MapConfig,
    pub mqtt: dashboard::MqttConfig,
    pub observations: ObservationsConfig,
    pub privacy: detector::PrivacyConfig,
    pub rules: rules::Config,
    pub source: Vec<Source>,
    pub store: store::Config,
    pub terminals: TerminalsConfig,
}

/// `[[source]]`: one camera, file or folder of pictures, or whoever tells of what it sees.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    pub id: SourceId,
    /// For people. Default: the id.
    #[serde(default)]
    pub name: Option<String>,
    /// `rtsp://user:password@host/path`, a video file or a folder of pictures. Left out where `observation` says who tells of it.
    #[serde(default)]
    pub url: String,
    /// How RTSP packets travel. Default: tcp.
    #[serde(default)]
    pub transport: TransportWord,
    /// Only files: `realtime` plays it like a camera, `every` looks at every frame. Default: realtime.
    #[serde(default)]
    pub pace: PaceWord,
    /// Only files: when its first picture was taken, `now` or an RFC 3339 time. Default: now.
    #[serde(default)]
    pub start: Option<String>,
    /// Ground points whose pixels somebody measured; without it no ground position is claimed.
    #[serde(default)]
    pub survey: Option<PathBuf>,
    /// What it watches for, in words: every person filmed may ask. Reading plates needs it. Default: none.
    #[serde(default)]
    pub purpose: Option<String>,
    /// Reads the plates of vehicles that are about to be alerted on. Default: false.
    #[serde(default)]
    pub read_plates: bool,
    /// Looks at its frames in parts. Default: as `[detector.tiles]`.
    #[serde(default)]
    pub tiles: Option<detector::TileConfig>,
    /// Who tells over MQTT of what it sees. Beside a `url`, only that its scene changed (ONVIF). Default: nobody.
    #[serde(default)]
    pub observation: Option<Observing>,
    /// Fences drawn in its picture, for a camera nobody has surveyed.
    #[serde(default)]
    pub zone: Vec<Zone>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TransportWord {
    #[default]
    Tcp,
    Udp,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PaceWord {
    #[default]
    Realtime,
    Every,
}

impl From<TransportWord> for Transport {
    fn from(word: TransportWord) -> Self {
        match word {
            TransportWord::Tcp => Self::Tcp,
            TransportWord::Udp => Self::Udp,
        }
    }
}

/// A file that was read, with what is needed to speak about it.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub config: Config,
    pub path: PathBuf,
    pub text: String,
}

/// Without a file.
impl Default for Loaded {
    fn default() -> Self {
        let config = Config { detector: detector::Config::automatic(), ..Config::default() };
        Self { config, path: PathBuf::new(), text: String::new() }
    }
}

const LONGEST_PURPOSE: usize = 200;
/// Configuration files are small; whatever is larger is not one.
const MOST_BYTES: u64 = 4 << 20;

impl Loaded {
    /// Reads the file. An unreadable or unparseable one is a single problem.
    pub(crate) fn read(path: &Path) -> Result<Self, Problem> {
        use std::io::Read as _;
        let mut text = String::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text))
            .map_err(|error| Problem::whole(path, format!("cannot read it: {error}")))?;
        Self::parse(path, text)
    }

    fn parse(path: &Path, text: String) -> Result<Self, Problem> {
        match toml::from_str(&text) {
            Ok(config) => Ok(Self { config, path: path.to_owned(), text }),
            Err(error) => {
                let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
                Err(Problem {
                    file: path.to_owned(),
                    line,
                    key: String::new(),
                    message: error.message().to_owned(),
                })
            }
        }
    }

    /// Every broken rule of every section.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let config = &self.config;
        let mut found = config.detector.validate();
        found.extend(config.flight.validate());
        found.extend(config.aircraft.validate());
        found.extend(config.ingest.validate());
        found.extend(config.observations.validate());
        found.extend(config.privacy.validate());
        found.extend(config.rules.validate());
        found.extend(config.store.validate());
        found.extend(config.terminals.validate());
        if let Err(error) = Fleet::read(&config.terminals, |path| self.resolve(path)) {
            found.push(("terminals.list".to_owned(), error));
        }
        found.extend(config.dashboard().validate());
        let mut ids = BTreeSet::new();
        for source in &config.source {
            if !ids.insert(&source.id) {
                found.push((
                    format!("source.{}.id", source.id),
                    format!("two sources are called `{}`: rename one", source.id),
                ));
            }
            found.extend(source.problems());
            found.extend(source.observation_problem(&config.observations));
        }
        found.into_iter().map(|(key, message)| self.problem(&key, message)).collect()
    }

    /// Whether there is a file at all.
    pub(crate) fn was_read(&self) -> bool {
        !self.path.as_os_str().is_empty()
    }

    /// A problem of one key of this file.
    pub(crate) fn problem(&self, key: &str, message: String) -> Problem {
        Problem::at(&self.path, &self.text, key, message)
    }

    /// A path of the file, which counts from the folder of the file.
    pub(crate) fn resolve(&self, path: &Path) -> PathBuf {
        self.path.parent().map_or_else(|| path.to_owned(), |folder| folder.join(path))
    }

    /// Of the file's bytes, in hex.
    pub(crate) fn sha256(&self) -> String {
        use std::fmt::Write as _;
        let mut hex = String::new();
        for byte in Sha256::digest(self.text.as_bytes()) {
            write!(hex, "{byte:02x}").expect("a String takes every byte");
        }
        hex
    }
}

impl Config {
    pub(crate) fn dashboard(&self) -> dashboard::Config {
        dashboard::Config {
            http: self.http.clone(),
            mqtt: self.mqtt.clone(),
            map: self.map.clone(),
        }
    }

    pub(crate) fn models_dir(&self) -> PathBuf {
        self.models_dir.clone().unwrap_or_else(|| "models".into())
    }

    /// A detector that looks at each source as it is configured.
    pub(crate) fn tiled(&self, onnx: detector::Onnx) -> detector::Tiled {
        let own = self.source.iter().filter_map(|source| Some((source.id.clone(), source.tiles?)));
        detector::Tiled::new(onnx, self.detector.tiles, own.collect())
    }

    /// Who looks at the frames of recordings: with tiles that keep what stood still, what is seen would else
    /// depend on how many detectors there are.
    pub(crate) fn share(&self) -> Share {
        let own = self.source.iter().filter_map(|source| source.tiles);
        let gated = |tiles: detector::TileConfig| tiles.side > 0 && !tiles.keep.is_zero();
        let any = own.chain([self.detector.tiles]).any(gated);
        if any { Share::BySource } else { Share::InTurn }
    }

    /// How many detectors work side by side where `useful` can: as configured, else one for each core.
    pub(crate) fn sessions(&self, useful: usize) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let free = cores / usize::from(self.detector.threads.max(1));
        match self.detector.sessions {
            0 => useful.min(free).clamp(1, MOST_SESSIONS),
            configured => usize::from(configured),
        }
    }

    /// Sources whose plates are read: those that say so, and what for.
    pub(crate) fn plate_sources(&self) -> BTreeSet<SourceId> {
        let reads = |source: &&Source| source.read_plates && source.purpose.is_some();
        self.source.iter().filter(reads).map(|source| source.id.clone()).collect()
    }

    pub(crate) fn segments_dir(&self) -> PathBuf {
        self.segments_dir.clone().unwrap_or_else(|| "data/segments".into())
    }
}

/// By themselves; more can be configured.
const MOST_SESSIONS: usize = 4;

impl Source {
    pub(crate) fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.id.to_string())
    }

    fn problems(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        if let Err(error) = self.start() {
            found.push((format!("source.{}.start", self.id), error));
        }
        if let Err(error) = ingest::Input::parse(&self.url)
            && (self.has_stream() || self.observation.is_none())
        {
            found.push((format!("source.{}.url", self.id), error.to_string()));
        }
        if self.survey.is_some() && !self.zone.is_empty() {
            let rule =
                "a surveyed source takes its fences from `rules.fences`: remove `survey` or `zone`";
            found.push((format!("source.{}.survey", self.id), rule.to_owned()));
        }
        found.extend(self.purpose_problem());
        for (key, problem) in self.tiles.iter().flat_map(detector::TileConfig::validate) {
            found.push((format!("source.{}.tiles.{key}", self.id), problem));
        }
        found
    }

    /// Whether it is filmed.
    pub(crate) fn has_stream(&self) -> bool {
        !self.url.is_empty()
    }

    fn observation_problem(&self, config: &ObservationsConfig) -> Option<(String, String)> {
        let observing = self.observation.as_ref()?;
        if self.has_stream() && observing.mapping != crate::observations::MappingWord::Onvif {
            let key = format!("source.{}.observation", self.id);
            let rule = "a source with a `url` finds its objects itself: of what is told of it only ONVIF's changed scenes \
                        are heard; remove `url`, or make it another source";
            return Some((key, rule.to_owned()));
        }
        let (key, rule) = observing.reader(&self.id, config).err()?;
        Some((format!("source.{}.observation.{key}", self.id), rule))
    }

    fn purpose_problem(&self) -> Option<(String, String)> {
        let words = self.purpose.as_deref().map(str::trim);
        if words.is_some_and(|words| words.is_empty() || words.chars().count() > LONGEST_PURPOSE) {
            let rule = format!("must be 1 to {LONGEST_PURPOSE} characters, or left out");
            return Some((format!("source.{}.purpose", self.id), rule));
        }
        let needless = self.read_plates && words.is_none();
        needless.then(|| {
            let rule =
                "plates are personal data: say in `purpose` what they are read for".to_owned();
            (format!("source.{}.read_plates", self.id), rule)
        })
    }

    /// When a file's first picture was taken.
    pub(crate) fn start(&self) -> Result<ingest::Start, String> {
        match self.start.as_deref() {
            None | Some("now") => Ok(ingest::Start::Now),
            Some(text) => text.parse().map(ingest::Start::Given).map_err(|error| {
                format!(
                    "must be `now` or a time like 2026-11-21T08:00:00+08:00, got `{text}` ({error})"
                )
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: &[&str]) {
        let problems = match Loaded::parse(Path::new("x.toml"), text.to_owned()) {
            Ok(loaded) => loaded.problems(),
            Err(problem) => vec![problem],
        };
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(shown.len(), wanted.len(), "{shown:?}");
        for (problem, wanted) in shown.iter().zip(wanted) {
            assert!(problem.starts_with(wanted), "{problem}\nshould begin with\n{wanted}");
        }
    }

    #[test]
    fn an_empty_file_is_valid() {
        check("", &[]);
    }

    #[test]
    fn the_examples_about_observations_are_valid() {
        let page = include_str!("../docs/observations.md");
        let blocks = page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
        let blocks: Vec<&str> = blocks.collect();
        assert_eq!(blocks.len(), 4);
        for block in &blocks {
            check(block, &[]);
        }
        let own = include_str!("../config/xunjian.toml");
        check(own, &[]);
    }

    #[test]
    fn plates_are_read_for_a_purpose_alone() {
        let source = |more: &str| format!("[[source]]\nid = \"a\"\nurl = \"x.mp4\"\n{more}");
        let read = |text: &str| {
            let loaded = Loaded::parse(Path::new("x.toml"), text.to_owned()).unwrap();
            loaded.config.plate_sources().len()
        };
        let both = source("purpose = \"违停取证\"\nread_plates = true");
        check(&both, &[]);
        assert_eq!(read(&both), 1);
        let alone = source("purpose = \"违停取证\"");
        check(&alone, &[]);
        assert_eq!(read(&alone), 0);
        let none = source("read_plates = true");
        check(&none, &["x.toml:4: `source.a.read_plates`: plates are personal data"]);
        assert_eq!(read(&none), 0);
        check(
            &source("purpose = \" \""),
            &["x.toml:4: `source.a.purpose`: must be 1 to 200 characters"],
        );
    }

    #[test]
    fn problems_name_file_line_and_key() {
        check("[detector]\nmin_scoer = 0.5", &["x.toml:2: unknown field `min_scoer`"]);
        let told = |more: &str| format!("[[source]]\nid = \"a\"\n{more}");
        check(&told(""), &["x.toml:2: `source.a.url`: "]);
        check(&told("observation = { mapping = \"xunjian\" }"), &[]);
        check(
            &told("observation = { mapping = \"frigate\" }"),
            &["x.toml:3: `source.a.observation.camera`: is needed"],
        );
        check(
            &told("url = \"x.mp4\"\nobservation = { mapping = \"xunjian\" }"),
            &["x.toml:4: `source.a.observation`: a source with a `url` finds its objects itself"],
        );
        check("[detector]\nthreads = 0", &["x.toml:2: `detector.threads`: must be 1 to 64"]);
        check("[[source]]\nid = \"A\"\nurl = \"x\"", &["x.toml:2: `A` is no valid id"]);
        check(
            "[[source]]\nid = \"a\"\nurl = \"x\"\n[[source]]\nid = \"a\"\nurl = \"y\"",
            &["x.toml:2: `source.a.id`: two sources are called `a`"],
        );
        check(
            "[[source]]\nid = \"a\"\nurl = \"http://x\"\nstart = \"noon\"",
            &[
                "x.toml:4: `source.a.start`: must be `now`",
                "x.toml:3: `source.a.url`: `http://` is not supported",
            ],
        );
    }
}
