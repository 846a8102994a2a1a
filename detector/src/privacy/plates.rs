//! Number plates, by their four corners.

use std::path::Path;

use domain::{Bbox, Frame};

use super::Find;
use crate::config::Config;
use crate::detect::DetectProblem;
use crate::plate::{Finder, FoundPlate};
use crate::runtime::OpenError;
use crate::tile::Part;

/// The network that finds plates.
#[derive(Debug)]
pub(super) struct Plates {
    finder: Finder,
}

impl Plates {
    pub(super) fn open(config: &Config, models_dir: &Path) -> Result<Self, OpenError> {
        Ok(Self { finder: Finder::open(config, models_dir)? })
    }
}

impl Find for Plates {
    fn recipe(&self) -> String {
        let card = self.finder.card();
        format!("plates {} {} {:.2}", card.id, &card.sha256[..8], card.min_score)
    }

    fn find(&mut self, frame: &Frame) -> Result<Vec<Bbox>, DetectProblem> {
        let found = self.finder.find(frame, Part::whole(frame.size))?;
        Ok(found.iter().map(upright).collect())
    }
}

/// The upright box around the four corners.
fn upright(plate: &FoundPlate) -> Bbox {
    let (xs, ys) = (plate.corners.map(|at| at.x), plate.corners.map(|at| at.y));
    let least = |values: [f32; 4]| values.into_iter().fold(f32::INFINITY, f32::min);
    let most = |values: [f32; 4]| values.into_iter().fold(f32::NEG_INFINITY, f32::max);
    Bbox { x1: least(xs), y1: least(ys), x2: most(xs), y2: most(ys) }
}
