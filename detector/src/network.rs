//! A network that is no detector of objects: tensors in, tensors out.
//!
//! Owns the session and refuses a file whose tensors are not the manifest's. Leaves to its callers what the
//! numbers mean.

use std::path::Path;

use ort::session::{Session, SessionInputValue};
use ort::value::TensorRef;

use crate::config::Config;
use crate::detect::DetectProblem;
use crate::manifest::{Manifest, NetworkCard, Tensor};
use crate::runtime::{OpenError, Runtime, all_finite, check_tensors};

/// A network that is loaded and ready.
#[derive(Debug)]
pub struct Network {
    session: Session,
    card: NetworkCard,
}

/// What a network gave: its shape, and the numbers row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    pub shape: Vec<i64>,
    pub numbers: Vec<f32>,
}

impl Network {
    /// Loads the `[[network]]` that the manifest calls `id`, for ONNX Runtime's own kernels. Of `config` it takes
    /// the library and the threads.
    pub fn open(id: &str, config: &Config, models_dir: &Path) -> Result<Self, OpenError> {
        let manifest = Manifest::load(models_dir)?;
        let card = manifest.network(id).ok_or_else(|| OpenError::Unknown {
            id: id.to_owned(),
            known: manifest.networks().iter().map(|n| n.id.as_str()).collect::<Vec<_>>().join(", "),
        })?;
        let bytes = card.read(models_dir)?;
        let runtime = Runtime::load(config, &manifest, models_dir)?;
        let session = runtime.network(&card.id, &bytes, config.threads)?;
        check_tensors(
            &session,
            &card.id,
            &named(&card.inputs),
            &named(&card.outputs),
            <[i64]>::to_vec,
        )?;
        Ok(Self { session, card: card.clone() })
    }

    /// What the manifest says of it.
    pub fn card(&self) -> &NetworkCard {
        &self.card
    }

    /// What the file says of itself under `key`.
    pub fn metadata(&self, key: &str) -> Option<String> {
        self.session.metadata().ok()?.custom(key)
    }

    /// Runs it on one tensor for each input, in the order of the manifest: shape, and numbers row by row. What
    /// comes back is finite, one for each output.
    pub fn run(&mut self, inputs: &[(&[i64], &[f32])]) -> Result<Vec<Given>, DetectProblem> {
        let inference = |e: ort::Error| DetectProblem::Inference(Box::new(e));
        let tensors = inputs
            .iter()
            .map(|&(shape, numbers)| {
                TensorRef::from_array_view((shape.to_vec(), numbers)).map(SessionInputValue::from)
            })
            .collect::<ort::Result<Vec<_>>>()
            .map_err(inference)?;
        let outputs = self.session.run(tensors.as_slice()).map_err(inference)?;
        let mut given = Vec::with_capacity(outputs.len());
        for (index, tensor) in self.card.outputs.iter().enumerate().take(outputs.len()) {
            let (shape, numbers) = outputs[index].try_extract_tensor::<f32>().map_err(inference)?;
            if !all_finite(numbers) {
                return Err(DetectProblem::NotANumber { output: tensor.name.clone() });
            }
            given.push(Given { shape: shape.to_vec(), numbers: numbers.to_vec() });
        }
        Ok(given)
    }
}

fn named(tensors: &[Tensor]) -> Vec<(&str, Vec<i64>)> {
    tensors.iter().map(|tensor| (tensor.name.as_str(), tensor.shape.clone())).collect()
}
