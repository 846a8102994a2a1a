//! The sources that are told of, made ready: how each is read, and what is known of its ground.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::{LonLat, Placement, SourceId};
use rules::Zone;
use sensors::{Mapping, Reader};
use store::Store;

use super::scenes::{Scenes, Stamp};
use crate::config::{Loaded, Source};
use crate::problem::Problem;
use crate::survey::{SurveyFile, Surveyed};

/// A source without a stream.
#[derive(Debug, Clone)]
pub(crate) struct Listened {
    pub id: SourceId,
    pub name: String,
    pub surveyed: Option<Surveyed>,
    pub zones: Vec<Zone>,
    boxes: bool,
}

impl Listened {
    /// Those of the configuration, with every problem that was found.
    pub(crate) fn all(loaded: &Loaded) -> (Vec<Self>, Vec<Problem>) {
        let (mut ready, mut problems) = (Vec::new(), Vec::new());
        for source in &loaded.config.source {
            let Some(observing) = source.observation.as_ref().filter(|_| !source.has_stream())
            else {
                continue;
            };
            match survey(loaded, source) {
                Ok(surveyed) => ready.push(Self {
                    id: source.id.clone(),
                    name: source.name(),
                    surveyed,
                    zones: source.zone.clone(),
                    boxes: observing.mapping == super::config::MappingWord::Frigate,
                }),
                Err(problem) => problems.push(problem),
            }
        }
        (ready, problems)
    }

    pub(crate) fn position(&self) -> Option<LonLat> {
        self.surveyed.as_ref()?.position
    }

    /// How its objects get their places.
    pub(super) fn placement(&self) -> Placement {
        match (&self.surveyed, self.zones.is_empty(), self.boxes) {
            (Some(_), ..) | (None, true, false) => Placement::Ground,
            (None, false, _) => Placement::Image,
            (None, true, true) => Placement::None,
        }
    }
}

fn survey(loaded: &Loaded, source: &Source) -> Result<Option<Surveyed>, Problem> {
    let Some(path) = &source.survey else { return Ok(None) };
    SurveyFile::read(&loaded.resolve(path)).map(Some).map_err(|error| {
        let error = format!("{:#}", anyhow::Error::from(error));
        let key = format!("source.{}.survey", source.id);
        loaded.problem(&key, format!("`{}`: {error}", path.display()))
    })
}

/// Who reads the messages of a source.
#[derive(Debug, Clone)]
pub(super) struct Teller {
    pub reader: Reader,
    pub filter: String,
    /// Its survey, where it has one.
    pub survey: Option<Stamp>,
    /// It has a stream of its own, in which its objects are found: of what it says only a changed scene counts.
    pub filmed: bool,
}

/// Everybody who reads, found by topic.
#[derive(Debug, Clone, Default)]
pub(super) struct Tellers {
    all: Vec<Teller>,
    exact: BTreeMap<String, Vec<usize>>,
    wild: Vec<usize>,
}

impl Tellers {
    pub(super) fn of(loaded: &Loaded) -> anyhow::Result<Self> {
        let mut all = Vec::new();
        for source in &loaded.config.source {
            let Some(observing) = &source.observation else { continue };
            let reader = observing.reader(&source.id, &loaded.config.observations);
            let reader = reader.map_err(|(key, rule)| anyhow::anyhow!("`{key}` {rule}"));
            let reader = reader.with_context(|| format!("cannot listen to `{}`", source.id))?;
            let survey = source.survey.as_ref().map(|path| Stamp::of(&loaded.resolve(path)));
            all.push(Teller {
                reader,
                filter: observing.filter(&source.id),
                survey: survey.transpose()?,
                filmed: source.has_stream(),
            });
        }
        Ok(Self::new(all))
    }

    pub(super) fn new(all: Vec<Teller>) -> Self {
        let (mut exact, mut wild) = (BTreeMap::<String, Vec<usize>>::new(), Vec::new());
        for (nth, teller) in all.iter().enumerate() {
            if teller.filter.contains(['+', '#']) {
                wild.push(nth);
            } else {
                exact.entry(teller.filter.clone()).or_default().push(nth);
            }
        }
        Self { all, exact, wild }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The topics to be asked for, each once.
    pub(super) fn filters(&self) -> Vec<String> {
        let wild = self.wild.iter().map(|&nth| self.all[nth].filter.clone());
        let mut filters: Vec<String> = self.exact.keys().cloned().chain(wild).collect();
        filters.sort();
        filters.dedup();
        filters
    }

    pub(super) fn wants(&self, topic: &str) -> bool {
        self.listening(topic).next().is_some()
    }

    pub(super) fn listening(&self, topic: &str) -> impl Iterator<Item = &Teller> {
        let exact = self.exact.get(topic).into_iter().flatten();
        let wild = self.wild.iter();
        let wild = wild.filter(move |&&nth| dashboard::matches(topic, &self.all[nth].filter));
        exact.chain(wild).map(|&nth| &self.all[nth])
    }

    /// Notes the scenes that had changed before the program started, and were not surveyed again since.
    pub(super) async fn recall_scenes(&self, store: &Store, scenes: &Scenes) -> anyhow::Result<()> {
        let known = store.scene_changes().await.context("cannot read which scenes changed")?;
        for teller in &self.all {
            let source = &teller.reader.source;
            let change = known.get(source).zip(teller.survey.as_ref());
            if let Some((change, _)) = change.filter(|(change, survey)| survey.is_of(change)) {
                scenes.note(source, change.at);
                tracing::warn!(%source, at = %change.at, "its scene changed and it was not surveyed again: its places are not used");
            }
        }
        Ok(())
    }

    /// Whether anybody tells of changed scenes.
    pub(super) fn tells_of_scenes(&self) -> bool {
        self.all.iter().any(|teller| matches!(teller.reader.mapping, Mapping::Onvif { .. }))
    }
}
