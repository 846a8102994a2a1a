//! A detector, run by ONNX Runtime.
//!
//! Owns its session, its input and how its answer is read. Leaves the library and the making of sessions to
//! [`crate::runtime`].

use std::path::Path;

use domain::{Bbox, Detection, Frame};
use ort::session::{HasSelectedOutputs, OutputSelector, RunOptions, Session};
use ort::value::{Shape, Tensor};
use serde::Serialize;

use crate::config::{Config, Precision};
use crate::decode::{Decoder, MOST_OUTPUTS};
use crate::detect::{Detect, DetectError, DetectProblem};
use crate::manifest::{Manifest, ModelCard};
use crate::nms::{clip, suppress};
use crate::preprocess::Preprocess;
use crate::provider::Choice;
use crate::runtime::{OpenError, Runtime, all_finite, check_tensors, one_batch};
use crate::tile::Part;

/// A model that is loaded and ready.
pub struct Onnx {
    session: Session,
    /// What the network takes and where it puts its answer: made once, for every frame.
    input: Tensor<f32>,
    answer: RunOptions<HasSelectedOutputs>,
    preprocess: Preprocess,
    decoder: Decoder,
    /// Boxes of the frame before, for their memory.
    candidates: Vec<Detection>,
    min_score: f32,
    nms_iou: f32,
    input_side: u32,
    likes_cm: Option<f64>,
    outputs: Vec<String>,
    active: Active,
}

/// What really runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Active {
    pub model: String,
    /// Of the ONNX file, as hashed when it was loaded.
    pub sha256: String,
    /// `cpu`, `openvino` or `cuda`.
    pub provider: &'static str,
    /// Why it is this provider.
    pub why: String,
    pub precision: Precision,
    /// Of one inference.
    pub threads: u16,
    /// Detections below this are dropped.
    pub min_score: f32,
}

impl std::fmt::Debug for Onnx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Onnx").field("active", &self.active).finish_non_exhaustive()
    }
}

impl Active {
    /// Provider and precision, for status pages: `openvino bf16`.
    pub fn kernels(&self) -> String {
        format!("{} {}", self.provider, self.precision.as_str())
    }
}

impl Onnx {
    /// Loads the model that `config` names. `models_dir` holds `manifest.toml` and `cache/`.
    ///
    /// A process can load one ONNX Runtime library only: opening with another is an error. Sets the
    /// number of OpenCV's threads for the whole process.
    pub fn open(config: &Config, models_dir: &Path) -> Result<Self, OpenError> {
        let mut all = Self::open_several(config, models_dir, 1)?;
        all.pop().ok_or(OpenError::None)
    }

    /// As many, to work side by side. They are made at the same time, and what they are made of is read once.
    pub fn open_several(
        config: &Config,
        models_dir: &Path,
        count: usize,
    ) -> Result<Vec<Self>, OpenError> {
        let manifest = Manifest::load(models_dir)?;
        let card = manifest.model(&config.model).ok_or_else(|| OpenError::Unknown {
            id: config.model.clone(),
            known: manifest.models().iter().map(|m| m.id.as_str()).collect::<Vec<_>>().join(", "),
        })?;
        // Fails before anything large is read.
        Self::decoder(card)?;
        let model = card.read(models_dir)?;
        let runtime = Runtime::load(config, &manifest, models_dir)?;
        // OpenCV would take every core for a picture; it is for the whole process.
        opencv::core::set_num_threads(i32::from(config.threads)).map_err(OpenError::Pixels)?;
        let make = || Self::new(config, card, &runtime, &model);
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..count).map(|_| scope.spawn(make)).collect();
            let others = others.into_iter().map(|other| match other.join() {
                Ok(opened) => opened,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            std::iter::once(make()).chain(others).collect()
        })
    }

    fn decoder(card: &ModelCard) -> Result<Decoder, OpenError> {
        Decoder::new(card)
            .map_err(|problem| OpenError::Undecodable { id: card.id.clone(), problem })
    }

    fn new(
        config: &Config,
        card: &ModelCard,
        runtime: &Runtime,
        model: &[u8],
    ) -> Result<Self, OpenError> {
        let session = runtime.detector(&card.id, model, config)?;
        let input = [(card.input.name.as_str(), card.input.shape().to_vec())];
        let outputs: Vec<_> =
            card.outputs.iter().map(|o| (o.name.as_str(), one_batch(&o.shape))).collect();
        check_tensors(&session, &card.id, &input, &outputs, one_batch)?;
        check_classes(&session, card)?;
        let Choice { kernels, precision, why, .. } = runtime.choice().clone();
        let (input, answer) = tensors(&session, card).map_err(|e| OpenError::Session {
            id: card.id.clone(),
            provider: kernels.as_str(),
            source: Box::new(e),
        })?;
        let min_score = config.min_score.unwrap_or(card.min_score);
        Ok(Self {
            session,
            input,
            answer,
            preprocess: Preprocess::new(&card.input),
            decoder: Self::decoder(card)?,
            candidates: Vec::new(),
            min_score,
            nms_iou: config.nms_iou.unwrap_or(card.nms_iou),
            input_side: card.input.width.min(card.input.height),
            likes_cm: card.gsd_cm.map(f64::from),
            outputs: card.outputs.iter().map(|output| output.name.clone()).collect(),
            active: Active {
                model: card.id.clone(),
                sha256: card.sha256.clone(),
                provider: kernels.as_str(),
                why,
                precision,
                threads: config.threads,
                min_score,
            },
        })
    }

    /// What really runs.
    pub fn active(&self) -> &Active {
        &self.active
    }

    /// Runs the network once on what is in its input. The first inference takes memory and is slow;
    /// this takes that away from the first frame.
    pub fn warm_up(&mut self) -> Result<(), DetectProblem> {
        let given = self.session.run_with_options(ort::inputs![&self.input], &self.answer);
        given.map(|_| ()).map_err(|e| DetectProblem::Inference(Box::new(e)))
    }

    /// The shorter side of the input, pixels.
    pub(crate) fn input_side(&self) -> u32 {
        self.input_side
    }

    /// What a pixel of the input should show of the ground, centimetres.
    pub(crate) fn likes_cm(&self) -> Option<f64> {
        self.likes_cm
    }

    /// The objects of one part of a frame, strongest first, in pixels of the frame, cut to the part.
    pub(crate) fn look_at(
        &mut self,
        frame: &Frame,
        part: Part,
    ) -> Result<Vec<Detection>, DetectProblem> {
        let inference = |e: ort::Error| DetectProblem::Inference(Box::new(e));
        let (_, tensor) = self.input.try_extract_tensor_mut().map_err(inference)?;
        let geometry = self
            .preprocess
            .fill(frame, part, tensor)
            .map_err(|e| DetectProblem::Picture(Box::new(e)))?;
        let given = self
            .session
            .run_with_options(ort::inputs![&self.input], &self.answer)
            .map_err(inference)?;
        let mut numbers = [[].as_slice(); MOST_OUTPUTS];
        for (index, numbers) in numbers.iter_mut().enumerate().take(self.outputs.len()) {
            let (_, answer) = given[index].try_extract_tensor::<f32>().map_err(inference)?;
            *numbers = answer;
        }
        self.candidates.clear();
        let numbers = &numbers[..self.outputs.len().min(MOST_OUTPUTS)];
        self.decoder.decode(numbers, self.min_score, &mut self.candidates);
        // Looking at every number of the answer would cost as much as all the rest here.
        if !self.candidates.iter().all(is_finite) {
            let strange =
                self.outputs.iter().zip(numbers).find(|(_, numbers)| !all_finite(numbers));
            let output = strange.map(|(output, _)| output.clone()).unwrap_or_default();
            return Err(DetectProblem::NotANumber { output });
        }
        suppress(&mut self.candidates, self.nms_iou);
        let strange = self.candidates.iter().find(|one| one.score > MOST_SCORE);
        if let Some(Detection { score, .. }) = strange {
            return Err(DetectProblem::NotAProbability { score: *score });
        }
        let mut placed = Vec::with_capacity(self.candidates.len());
        placed.extend(self.candidates.iter().filter_map(|detection| {
            let bbox = clip(geometry.to_frame(detection.bbox), part)?;
            Some(Detection { bbox, ..*detection })
        }));
        Ok(placed)
    }

    /// What went wrong with which frame.
    pub(crate) fn failed(&self, frame: &Frame, cause: DetectProblem) -> DetectError {
        DetectError {
            model: self.active.model.clone(),
            origin: frame.source.clone(),
            frame: frame.number,
            size: frame.size,
            cause,
        }
    }
}

fn is_finite(one: &Detection) -> bool {
    let Bbox { x1, y1, x2, y2 } = one.bbox;
    [one.score, x1, y1, x2, y2].iter().all(|number| number.is_finite())
}

/// A probability, with what bf16 may round up.
const MOST_SCORE: f32 = 1.01;

impl Detect for Onnx {
    fn detect(&mut self, frame: &Frame) -> Result<Vec<Detection>, DetectError> {
        self.look_at(frame, Part::whole(frame.size)).map_err(|cause| self.failed(frame, cause))
    }
}

/// The input, and room for every output.
fn tensors(
    session: &Session,
    card: &ModelCard,
) -> ort::Result<(Tensor<f32>, RunOptions<HasSelectedOutputs>)> {
    let input = Tensor::new(session.allocator(), Shape::new(card.input.shape()))?;
    let mut answer = OutputSelector::default();
    for output in &card.outputs {
        let room = Tensor::<f32>::new(session.allocator(), Shape::new(one_batch(&output.shape)))?;
        answer = answer.preallocate(output.name.as_str(), room);
    }
    Ok((input, RunOptions::new()?.with_outputs(answer)))
}

/// Where a model carries the names of its columns, a comma between them, they must be the manifest's. A
/// column that the manifest does not list may have any name.
fn check_classes(session: &Session, card: &ModelCard) -> Result<(), OpenError> {
    let named = session.metadata().ok().and_then(|metadata| metadata.custom(CLASSES));
    let Some(named) = named else { return Ok(()) };
    let columns: Vec<&str> = named.split(',').map(str::trim).collect();
    let column = |index: usize| columns.get(index).copied().unwrap_or("nothing");
    match card.classes.iter().find(|entry| column(entry.index) != entry.class.as_str()) {
        None => Ok(()),
        Some(entry) => Err(OpenError::Shape {
            id: card.id.clone(),
            side: "gives",
            expected: format!("class {} for column {}", entry.class, entry.index),
            found: format!("class {} for column {}", column(entry.index), entry.index),
        }),
    }
}

/// The key of an ONNX file's metadata under which a model of our own names its columns.
const CLASSES: &str = "classes";
