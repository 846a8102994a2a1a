//! A network looks at pairs that lie pixel on pixel.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use detector::change::{self, ChangeNet, Rules, Sheet, Tone};
use detector::{Warp, picture};
use domain::{Frame, Size, SourceId, TimeBasis};
use jiff::Timestamp;

use super::{Masks, files};
use crate::cli;

/// What a network made of the pairs.
pub(super) struct Looked {
    /// Where its threshold is reached.
    pub all: Masks,
    /// What is left of that when everything suppressed is taken away.
    pub kept: Masks,
    pub pictures: BTreeMap<String, [Frame; 2]>,
}

/// Where no scale is known, smaller regions are suppressed, pixels of the set.
const LEAST_PX: f64 = 64.0;
/// And where one is, square metres.
const LEAST_M2: f64 = 4.0;

pub(super) fn look(id: &str, args: &cli::EvalChange, labels: &Masks) -> anyhow::Result<Looked> {
    let loaded = crate::cmd::load(args.config.as_deref())?;
    let dir = args.models_dir.clone().unwrap_or_else(|| loaded.config.models_dir());
    let mut net = ChangeNet::open(id, &loaded.config.detector, &dir)?;
    let threshold = args.threshold.unwrap_or(net.threshold());
    let scale = args.gsd.zip(net.gsd_cm()).map_or(1.0, |(has, likes)| has / likes);
    let least_px = args.gsd.map_or(LEAST_PX, |gsd| LEAST_M2 / (gsd / 100.0).powi(2));
    let [a, b] = ["A", "B"].map(|folder| files(&args.pairs.join(folder)));
    let (a, b) = (a?, b?);
    let mut looked = Looked { all: Masks::new(), kept: Masks::new(), pictures: BTreeMap::new() };
    for name in labels.keys() {
        let pair = [("before", a.get(name)), ("after", b.get(name))].map(|(word, path)| {
            let path =
                path.with_context(|| format!("`{name}` has a label and no picture {word}"))?;
            frame(path, word)
        });
        let [before, after] = pair;
        let (before, after) = (before?, after?);
        anyhow::ensure!(
            before.size == after.size,
            "the pictures of `{name}` are of two sizes: they do not lie pixel on pixel"
        );
        let sheet = Sheet::new(&before, &after, &Warp::IDENTITY, scale, Tone::Matched)?;
        let likely =
            net.look(&sheet).with_context(|| format!("cannot compare the pair `{name}`"))?;
        let found = change::changes(&sheet, &likely, &[], &Rules { threshold, least_px })?;
        let all = likely.mask(threshold, after.size)?;
        looked.all.insert(name.clone(), all);
        looked.kept.insert(name.clone(), found.mask(after.size)?);
        looked.pictures.insert(name.clone(), [before, after]);
    }
    if let Some(out) = &args.out {
        write(out, &looked)?;
    }
    Ok(looked)
}

fn frame(path: &Path, word: &str) -> anyhow::Result<Frame> {
    let (size, pixels) = picture::read(path)?;
    let at = Timestamp::UNIX_EPOCH;
    Ok(Frame::new(SourceId::new(word)?, 0, at, TimeBasis::Media, size, pixels)?)
}

fn write(out: &Path, looked: &Looked) -> anyhow::Result<()> {
    std::fs::create_dir_all(out)
        .with_context(|| format!("cannot make the folder `{}`", out.display()))?;
    for (name, mask) in &looked.all {
        let Some([_, like]) = looked.pictures.get(name) else { continue };
        let path = out.join(format!("{name}.png"));
        let png = picture::encode_png(&of_mask(mask, like.size, like)?)?;
        std::fs::write(&path, png).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

/// A mask as a picture.
pub(super) fn of_mask(mask: &[u8], size: Size, like: &Frame) -> anyhow::Result<Frame> {
    let bgr: Vec<u8> = mask.iter().flat_map(|&grey| [grey; 3]).collect();
    Ok(Frame::new(like.source.clone(), 0, like.at, like.basis, size, bgr.into())?)
}
