//! A detector that looks at frames in parts.

use std::collections::BTreeMap;

use domain::{Detection, Frame, SourceId};

use super::gate::Gate;
use super::merge::{Seen, merge};
use super::{Part, TileConfig, plan};
use crate::config::Config;
use crate::detect::{Detect, DetectError, DetectProblem};
use crate::onnx::{Active, Onnx};
use crate::preprocess::as_mat;

/// One model over the tiles of every source.
#[derive(Debug)]
pub struct Tiled {
    onnx: Onnx,
    usual: TileConfig,
    of: BTreeMap<SourceId, TileConfig>,
    gates: BTreeMap<SourceId, Gate>,
    looks: Looks,
}

/// How often the network ran, and how often what it had found before stood for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looks {
    pub frames: u64,
    pub run: u64,
    pub kept: u64,
}

impl Tiled {
    /// `usual` holds for every source that is not in `of`.
    pub fn new(onnx: Onnx, usual: TileConfig, of: BTreeMap<SourceId, TileConfig>) -> Self {
        Self { onnx, usual, of, gates: BTreeMap::new(), looks: Looks::default() }
    }

    /// The model with the tiles that its configuration says, alike for every source.
    pub fn of_config(onnx: Onnx, config: &Config) -> Self {
        Self::new(onnx, config.tiles, BTreeMap::new())
    }

    /// What really runs.
    pub fn active(&self) -> &Active {
        self.onnx.active()
    }

    /// What was looked at so far.
    pub fn looks(&self) -> Looks {
        self.looks
    }

    fn look(
        &mut self,
        frame: &Frame,
        gsd_cm: Option<f64>,
    ) -> Result<Vec<Detection>, DetectProblem> {
        let config = *self.of.get(&frame.source).unwrap_or(&self.usual);
        let (side, likes) = (self.onnx.input_side(), self.onnx.likes_cm());
        let parts = plan(&config, frame.size, side, gsd_cm, likes);
        self.looks.frames += 1;
        if config.keep.is_zero() || (parts.len() == 1 && config.side == 0) {
            return self.look_at_all(frame, &parts);
        }
        let picture = |e: opencv::Error| DetectProblem::Picture(Box::new(e));
        let gate = self.gates.entry(frame.source.clone()).or_default();
        gate.take(&as_mat(frame).map_err(picture)?, frame.size, &parts).map_err(picture)?;
        let mut all = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            if let Some(found) = gate.kept(index, frame.at, config.keep) {
                self.looks.kept += 1;
                all.extend(place(found, index, *part, frame));
                continue;
            }
            self.looks.run += 1;
            let found = self.onnx.look_at(frame, *part)?;
            all.extend(place(&found, index, *part, frame));
            gate.looked(index, frame.at, found);
        }
        Ok(merge(all))
    }

    fn look_at_all(
        &mut self,
        frame: &Frame,
        parts: &[Part],
    ) -> Result<Vec<Detection>, DetectProblem> {
        self.looks.run += parts.len() as u64;
        if let [whole] = parts {
            return self.onnx.look_at(frame, *whole);
        }
        let mut all = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let found = self.onnx.look_at(frame, *part)?;
            all.extend(place(&found, index, *part, frame));
        }
        Ok(merge(all))
    }
}

fn place(found: &[Detection], index: usize, part: Part, frame: &Frame) -> Vec<Seen> {
    let whole = Part::whole(frame.size);
    found.iter().map(|detection| Seen::new(*detection, index, part, whole)).collect()
}

impl Detect for Tiled {
    fn detect(&mut self, frame: &Frame) -> Result<Vec<Detection>, DetectError> {
        self.detect_at(frame, None)
    }

    fn detect_at(
        &mut self,
        frame: &Frame,
        gsd_cm: Option<f64>,
    ) -> Result<Vec<Detection>, DetectError> {
        self.look(frame, gsd_cm).map_err(|cause| self.onnx.failed(frame, cause))
    }
}
