//! The network that compares.

use std::path::Path;

use super::likely::{Likely, TILE};
use super::sheet::Sheet;
use crate::config::Config;
use crate::detect::DetectProblem;
use crate::manifest::Does;
use crate::network::Network;
use crate::runtime::OpenError;

/// A siamese network: two pictures in, a probability of change for each pixel out.
#[derive(Debug)]
pub struct ChangeNet {
    network: Network,
}

impl ChangeNet {
    /// Loads the `[[network]]` that the manifest calls `id`.
    pub fn open(id: &str, config: &Config, models_dir: &Path) -> Result<Self, OpenError> {
        let network = Network::open(id, config, models_dir)?;
        let card = network.card();
        let pair = card.inputs.iter().map(|input| input.name.as_str()).eq(["before", "after"]);
        if card.does == Does::Change && pair && card.outputs.len() == 1 {
            return Ok(Self { network });
        }
        let problem = "it does not compare two pictures: `does` must be \"change\", with inputs `before` and `after` and one output";
        Err(OpenError::Undecodable { id: id.to_owned(), problem: problem.to_owned() })
    }

    /// From this probability on its maker calls a pixel changed.
    pub fn threshold(&self) -> f32 {
        self.network.card().min_score
    }

    /// Centimetres of ground that a pixel of the sheet should show.
    pub fn gsd_cm(&self) -> Option<f64> {
        self.network.card().gsd_cm.map(f64::from)
    }

    /// What runs, for the record: its name and the hash of its file.
    pub fn identity(&self) -> (&str, &str) {
        (&self.network.card().id, &self.network.card().sha256)
    }

    /// Looks at the whole sheet, tile by tile.
    pub fn look(&mut self, sheet: &Sheet) -> Result<Likely, DetectProblem> {
        const SHAPE: [i64; 4] = [1, 3, TILE as i64, TILE as i64];
        Likely::of(sheet, |tiles| {
            let given = self.network.run(&[(&SHAPE, &tiles.before), (&SHAPE, &tiles.after)])?;
            let pixels = (TILE * TILE) as usize;
            let numbers = given.into_iter().next().map(|given| given.numbers).unwrap_or_default();
            let strange = numbers.iter().copied().find(|value| !(-0.01..=1.01).contains(value));
            match strange {
                Some(score) => Err(DetectProblem::NotAProbability { score }),
                None if numbers.len() != pixels => {
                    Err(DetectProblem::NotAMap { given: numbers.len(), expected: pixels })
                }
                None => Ok(numbers),
            }
        })
    }
}
