//! One rendition: from the original to what the store keeps.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context as _;
use dashboard::Wanted;
use detector::{Masker, NoMasker, PrivacyConfig};
use domain::Clock;
use store::{NewRendition, Rendition, Store};
use tokio_util::sync::CancellationToken;

use super::film::{self, Job};
use crate::config::Config;

/// The models, and how they are used. Cloning is cheap; all clones use the same, in turns.
#[derive(Debug, Clone)]
pub(crate) struct Maker {
    masker: Arc<Mutex<Masker>>,
    privacy: PrivacyConfig,
    ingest: ingest::Config,
    clock: Arc<dyn Clock>,
    of_pictures: String,
    of_videos: String,
}

/// What goes along with the making of one.
pub(crate) struct Making {
    /// 0..=1, told now and then.
    pub progress: Box<dyn Fn(f64) + Send>,
    pub stop: CancellationToken,
}

impl Making {
    /// Nobody asks how far it is.
    pub(crate) fn quietly(stop: &CancellationToken) -> Self {
        Self { progress: Box::new(|_| {}), stop: stop.clone() }
    }
}

/// Files of evidence and photos are far smaller; what is larger is no picture to be looked at.
const MOST_PICTURE_BYTES: u64 = 256 << 20;

impl Maker {
    /// Loads the models. Blocks.
    pub(crate) fn open(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, NoMasker> {
        let privacy = config.privacy.clone();
        let masker = Masker::open(&privacy, &config.detector, &config.models_dir())?;
        let PrivacyConfig { video_side, looks_per_second, .. } = privacy;
        let recipe = masker.recipe();
        let of_videos =
            format!("{recipe}; at most {video_side} px; {looks_per_second} looks/s; H.264");
        Ok(Self {
            of_pictures: masker.picture_recipe(),
            of_videos,
            masker: Arc::new(Mutex::new(masker)),
            privacy,
            ingest: config.ingest.clone(),
            clock,
        })
    }

    /// How files of this type are masked; `None` for what has no pictures that we know of.
    pub(crate) fn recipe(&self, media_type: &str) -> Option<&str> {
        match media_type.split_once('/') {
            Some(("image", _)) => Some(&self.of_pictures),
            Some(("video", _)) => Some(&self.of_videos),
            _ => None,
        }
    }

    /// A picture in memory, masked.
    pub(crate) fn picture(&self, encoded: &[u8]) -> anyhow::Result<detector::MaskedPicture> {
        let mut masker = self.masker.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(masker.mask_picture(encoded)?)
    }

    /// Makes the rendition of a file and keeps it.
    pub(crate) async fn make(
        &self,
        store: &Store,
        wanted: &Wanted,
        making: Making,
    ) -> anyhow::Result<Rendition> {
        let started = Instant::now();
        let recipe = self.recipe(&wanted.media_type).context("it is no picture and no video")?;
        let original = store.original_path(&wanted.of)?;
        let draft = store.rendition_draft(&wanted.of).await?;
        let video = wanted.media_type.starts_with("video/");
        let maker = self.clone();
        let made = tokio::task::spawn_blocking(move || {
            if video {
                maker.video(&original, &draft, making)
            } else {
                maker.picture_file(&original, &draft)
            }
        });
        let places = made.await.context("masking panicked")??;
        let media_type = if video { "video/mp4" } else { "image/jpeg" };
        let new = NewRendition {
            of: wanted.of.clone(),
            original_sha256: wanted.sha256.clone(),
            recipe: recipe.to_owned(),
            media_type: media_type.to_owned(),
            places,
        };
        let kept = store.keep_rendition(new).await?;
        let labels = [("kind", if video { "video" } else { "picture" })];
        metrics::histogram!("xunjian_masking_seconds", &labels).record(started.elapsed());
        Ok(kept)
    }

    fn picture_file(&self, original: &Path, draft: &Path) -> anyhow::Result<u64> {
        let length = std::fs::metadata(original).context("cannot read the original")?.len();
        anyhow::ensure!(length <= MOST_PICTURE_BYTES, "{length} bytes are too many for a picture");
        let encoded = std::fs::read(original).context("cannot read the original")?;
        let masked = self.picture(&encoded)?;
        std::fs::write(draft, &masked.jpeg).context("cannot write the rendition")?;
        Ok(masked.places as u64)
    }

    fn video(&self, original: &Path, draft: &Path, making: Making) -> anyhow::Result<u64> {
        let job = Job {
            masker: Arc::clone(&self.masker),
            privacy: self.privacy.clone(),
            ingest: self.ingest.clone(),
            clock: Arc::clone(&self.clock),
            making,
        };
        film::mask(job, original, draft)
    }
}
