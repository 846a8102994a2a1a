//! The fences, permits and rules of files while the program runs: read again when a file changes, swapped whole, or refused whole.
//!
//! A file is read once it has kept its size and time for one look, so that one that is being written is not. What is
//! bad is told in the log, by `/health/readyz` and on the page, and the last good ones go on.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use domain::{LonLat, SourceId};
use rules::{Fences, Permits, Scenes, Zone};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::cmd::{fences, scenes};
use crate::config::Loaded;

/// What is read from files that may change, and read together.
#[derive(Debug)]
pub(crate) struct Law {
    pub fences: Fences,
    /// To carry muck; they name fences.
    pub permits: Permits,
    pub scenes: Scenes,
}

/// The fences, permits and rules of files that hold now.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub fences: Arc<Fences>,
    pub permits: Arc<Permits>,
    pub scenes: Arc<Scenes>,
    /// Why newer ones were refused.
    pub refused: Option<Arc<str>>,
}

/// Whoever judges or shows asks this one.
pub(crate) type Live = watch::Receiver<Layer>;

/// What they are made of.
#[derive(Debug, Clone)]
pub(crate) struct Material {
    loaded: Arc<Loaded>,
    zones: Vec<(SourceId, Zone)>,
    /// Where the cameras are.
    places: Vec<LonLat>,
}

/// Size and time of each file; `None` for one that cannot be found.
type Stamp = Vec<Option<(u64, SystemTime)>>;

impl Material {
    pub(crate) fn new(
        loaded: Arc<Loaded>,
        zones: Vec<(SourceId, Zone)>,
        places: Vec<LonLat>,
    ) -> Self {
        Self { loaded, zones, places }
    }

    /// Reads all of it. What looks wrong but may be meant is told in the log.
    pub(crate) fn read(&self) -> Result<Law, crate::problem::Problem> {
        let fences = fences::load(&self.loaded, self.zones.clone())?;
        for (fence, distance) in fences::wrong_datum(&fences, &self.places) {
            tracing::warn!(
                fence = %fence.id,
                "lies {distance:.0} m off every source and would be near one in GCJ-02: set its property `datum`"
            );
        }
        let permits = fences::permits(&self.loaded, &fences)?;
        Ok(Law { fences, permits, scenes: scenes::load(&self.loaded)? })
    }

    fn files(&self) -> Vec<PathBuf> {
        let rules = &self.loaded.config.rules;
        let all = [&rules.fences, &rules.calendars, &rules.permits, &rules.files];
        all.into_iter().flatten().map(|path| self.loaded.resolve(path)).collect()
    }

    fn stamp(&self) -> Stamp {
        let stamp = |path: &PathBuf| {
            let told = std::fs::metadata(path).ok()?;
            Some((told.len(), told.modified().ok()?))
        };
        self.files().iter().map(stamp).collect()
    }
}

/// The layer that begins with these, and who changes it.
pub(crate) fn live(law: Law) -> (watch::Sender<Layer>, Live) {
    watch::channel(Layer {
        fences: Arc::new(law.fences),
        permits: Arc::new(law.permits),
        scenes: Arc::new(law.scenes),
        refused: None,
    })
}

/// Looks at the files every `rules.reload_every`, and at once on SIGHUP, until told to stop.
pub(crate) async fn watch_files(
    material: Material,
    layer: watch::Sender<Layer>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut hangup = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
    let every: Duration = material.loaded.config.rules.reload_every;
    // Read before these were stamped: a change in between is seen as one.
    let (mut read, mut last) = (None, None);
    loop {
        let asked = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = hangup.recv() => true,
            () = tokio::time::sleep(every) => false,
        };
        let looked = material.clone();
        let stamp = tokio::task::spawn_blocking(move || looked.stamp()).await?;
        let quiet = last.as_ref() == Some(&stamp);
        let new = read.as_ref() != Some(&stamp);
        last = Some(stamp.clone());
        if asked || (quiet && new) {
            read = Some(stamp);
            let looked = material.clone();
            let found = tokio::task::spawn_blocking(move || looked.read()).await?;
            take(&layer, found.map_err(|problem| problem.to_string()));
        }
    }
}

/// Swaps all in one step, or keeps them and says why.
fn take(layer: &watch::Sender<Layer>, found: Result<Law, String>) {
    let changed = layer.send_if_modified(|now| match &found {
        Ok(law) => {
            let same = now.fences.same_as(&law.fences)
                && *now.permits == law.permits
                && now.scenes.same_as(&law.scenes);
            let news = !same;
            let recovered = now.refused.take().is_some();
            news || recovered
        }
        Err(why) => {
            let why: Arc<str> = why.as_str().into();
            let news = now.refused.as_ref() != Some(&why);
            now.refused = Some(why);
            news
        }
    });
    match found {
        Err(why) if changed => {
            tracing::error!(why, "new fences and rules are refused, the old ones go on");
        }
        Ok(law) if changed => {
            let (count, rules) = (law.fences.all().len(), law.scenes.all().len());
            layer.send_modify(|now| {
                now.fences = Arc::new(law.fences);
                now.permits = Arc::new(law.permits);
                now.scenes = Arc::new(law.scenes);
            });
            tracing::info!(count, rules, "fences and rules were read again");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fence(id: &str) -> Law {
        let text = format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","id":"{id}","geometry":
            {{"type":"Polygon","coordinates":[[[120,30],[120.001,30],[120,30.001],[120,30]]]}},
            "properties":{{"name":"a","kind":"bay"}}}}]}}"#
        );
        let fences = Fences::new([text.as_str()], []).unwrap();
        Law { fences, permits: Permits::default(), scenes: Scenes::default() }
    }

    #[test]
    fn good_fences_are_taken_and_bad_ones_only_told() {
        let (layer, mut seen) = live(fence("a"));
        let news = |seen: &mut Live| {
            let changed = seen.has_changed().unwrap();
            let now = seen.borrow_and_update();
            (changed, now.fences.all()[0].id.to_string(), now.refused.as_deref().map(str::to_owned))
        };
        take(&layer, Ok(fence("a")));
        assert_eq!(news(&mut seen), (false, "a".to_owned(), None), "nothing new");
        take(&layer, Err("bad".to_owned()));
        assert_eq!(news(&mut seen), (true, "a".to_owned(), Some("bad".to_owned())));
        take(&layer, Err("bad".to_owned()));
        assert_eq!(news(&mut seen), (false, "a".to_owned(), Some("bad".to_owned())));
        take(&layer, Ok(fence("b")));
        assert_eq!(news(&mut seen), (true, "b".to_owned(), None));
        let rule = r#"[[rule]]
            id = "a"
            version = "1"
            name = "a"
            name_en = "a"
            queue = "q"
            classes = ["person"]
            in = "anywhere"
            condition = { is = "dwell", for = "1s" }"#;
        let scenes = Scenes::new([("a", rule)], &Arc::default()).unwrap();
        take(&layer, Ok(Law { scenes, ..fence("b") }));
        assert!(news(&mut seen).0, "another rule is news");
        assert_eq!(seen.borrow().scenes.all().len(), 1);
    }
}
