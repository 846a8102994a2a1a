//! Lists of plates with what stands on them.

use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;
use detector::picture;
use domain::{Frame, PlateColour, SourceId, TimeBasis};
use jiff::Timestamp;
use serde::Deserialize;

use crate::cli::Part;

/// One labelled plate. What else a list says of it is not needed.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Label {
    file: PathBuf,
    pub text: String,
    pub colour: Option<PlateColour>,
    /// Left top, right top, right bottom, left bottom, pixels; where the picture shows more than the plate.
    pub corners: Option<[[f32; 2]; 4]>,
    #[serde(skip)]
    folder: PathBuf,
}

/// The plates of one list, or every other of them, counted from 1.
pub(super) fn read(list: &Path, part: Part) -> anyhow::Result<Vec<Label>> {
    let bytes = super::super::read(list)?;
    let mut labels: Vec<Label> = serde_json::from_slice(&bytes)
        .with_context(|| format!("`{}` is no list of plates", list.display()))?;
    anyhow::ensure!(!labels.is_empty(), "`{}` lists no plate", list.display());
    let beside = list.parent().unwrap_or(Path::new("."));
    let images = beside.join("images");
    let folder = if images.is_dir() { images } else { beside.to_owned() };
    for label in &mut labels {
        label.folder.clone_from(&folder);
    }
    let mut odd = false;
    labels.retain(|_| {
        odd = !odd;
        match part {
            Part::All => true,
            Part::Odd => odd,
            Part::Even => !odd,
        }
    });
    Ok(labels)
}

impl Label {
    pub(super) fn frame(&self) -> anyhow::Result<Frame> {
        let plain = self.file.components().all(|part| matches!(part, Component::Normal(_)));
        let file = self.file.display();
        anyhow::ensure!(plain, "the list names a picture outside its folder: `{file}`");
        let (size, pixels) = picture::read(&self.folder.join(&self.file))?;
        let (at, basis) = (Timestamp::UNIX_EPOCH, TimeBasis::Media);
        Ok(Frame::new(SourceId::new("eval")?, 0, at, basis, size, pixels)?)
    }
}
