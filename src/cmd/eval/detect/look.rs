//! A model looks at the pictures of a set, and is timed.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use detector::score::Area;
use detector::score::detection::{Coco, CocoImage, Found};
use detector::{Detect, picture};
use domain::{Class, Detection, Frame, SourceId, TimeBasis};
use jiff::Timestamp;
use serde::Serialize;

use super::score::Seen;

/// What a picture cost, without reading the file.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Latency {
    pub pictures: usize,
    pub median_ms: f64,
    pub p90_ms: f64,
}

/// Where the pictures of a set lie.
#[derive(Debug, Clone)]
pub(super) struct Pictures {
    folders: Vec<PathBuf>,
}

impl Pictures {
    /// In `said`, or else beside the file of labels or in `images` there.
    pub(super) fn of(coco: &Path, said: Option<&Path>) -> Self {
        let beside = coco.parent().unwrap_or(Path::new(".")).to_owned();
        let folders = match said {
            Some(folder) => vec![folder.to_owned()],
            None => vec![beside.join("images"), beside],
        };
        Self { folders }
    }

    /// One picture as a frame. Its size must be what the set says: boxes count from its corner.
    pub(super) fn read(&self, image: &CocoImage) -> anyhow::Result<Frame> {
        let name = Path::new(&image.file_name);
        let plain = name.components().all(|part| matches!(part, std::path::Component::Normal(_)));
        anyhow::ensure!(plain, "the set names a picture outside its folder: `{}`", name.display());
        let path = self.folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
        let path = path.with_context(|| {
            let folders: Vec<String> =
                self.folders.iter().map(|f| format!("`{}`", f.display())).collect();
            format!(
                "the picture `{}` is not in {}; say where with --images",
                name.display(),
                folders.join(" or ")
            )
        })?;
        let (size, pixels) = picture::read(&path)?;
        let stated = image.width > 0 && image.height > 0;
        anyhow::ensure!(
            !stated || (image.width, image.height) == (size.width, size.height),
            "`{}` is {}x{}, but the set says {}x{}: its boxes would not fit",
            path.display(),
            size.width,
            size.height,
            image.width,
            image.height
        );
        let (at, basis) = (Timestamp::UNIX_EPOCH, TimeBasis::Media);
        Ok(Frame::new(SourceId::new("eval")?, image.id, at, basis, size, pixels)?)
    }
}

/// Every picture of the set, one after the other. A picture that cannot be read ends it: figures over
/// half a set would look like figures.
pub(super) fn look(
    set: &Coco,
    pictures: &Pictures,
    detector: &mut dyn Detect,
    gsd_cm: Option<f64>,
) -> anyhow::Result<(Vec<Seen>, Latency)> {
    let (mut seen, mut spent) = (Vec::new(), Vec::new());
    for (index, image) in set.images.iter().enumerate() {
        let frame = pictures.read(image)?;
        let begun = Instant::now();
        let detections = detector.detect_at(&frame, gsd_cm)?;
        spent.push(begun.elapsed());
        seen.extend(detections.iter().map(|detection| found(index, detection)));
    }
    Ok((seen, Latency::of(&spent)))
}

fn found(image: usize, detection: &Detection) -> Seen {
    let bbox = detection.bbox;
    let (x, y) = (f64::from(bbox.x1), f64::from(bbox.y1));
    let area = Area { x, y, w: f64::from(bbox.x2) - x, h: f64::from(bbox.y2) - y };
    let class: Class = detection.class;
    Seen { class, found: Found { image, class: 0, area, score: f64::from(detection.score) } }
}

impl Latency {
    fn of(spent: &[Duration]) -> Self {
        let mut ms: Vec<f64> = spent.iter().map(|spent| spent.as_secs_f64() * 1e3).collect();
        let at = |ms: &mut [f64], part| super::super::quantile(ms, part).unwrap_or(0.0);
        Self { pictures: ms.len(), median_ms: at(&mut ms, 0.5), p90_ms: at(&mut ms, 0.9) }
    }
}
