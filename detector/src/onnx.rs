//! The network, run by ONNX Runtime.
//!
//! Owns the one runtime library of the process and the sessions. Nothing is loaded before its hash
//! is the manifest's. What was asked for is what runs: a provider that is not there is an error,
//! and so is a part of the network that it would leave to another.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use domain::{Detection, Frame};
use ort::environment::Environment;
use ort::ep::{ArbitrarilyConfigurableExecutionProvider, OpenVINO};
use ort::logging::LogLevel;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::{Outlet, TensorElementType, TensorRef};
use serde::Serialize;

use crate::config::{Config, Provider};
use crate::decode::Decoder;
use crate::detect::{Detect, DetectError, DetectProblem};
use crate::manifest::{Manifest, ManifestError, ModelCard, ModelError};
use crate::nms::{clip, suppress};
use crate::preprocess::Preprocess;
use crate::tile::Part;

/// A model that is loaded and ready.
#[derive(Debug)]
pub struct Onnx {
    session: Session,
    preprocess: Preprocess,
    decoder: Decoder,
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
    /// `cpu` or `openvino`.
    pub provider: &'static str,
    /// `f32` or `bf16`.
    pub precision: &'static str,
    pub threads: u16,
    /// Detections below this are dropped.
    pub min_score: f32,
}

/// Why the detector cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("no model `{id}` in models/manifest.toml; there are: {known}")]
    Unknown { id: String, known: String },
    #[error("model `{id}` in models/manifest.toml: {problem}")]
    Undecodable { id: String, problem: String },
    #[error(transparent)]
    File(#[from] ModelError),
    #[error("models/manifest.toml has no ONNX Runtime for `{}`", std::env::consts::ARCH)]
    Machine,
    #[error("cannot load ONNX Runtime from {}", path.display())]
    Runtime { path: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    #[error(
        "cannot load ONNX Runtime from {}: this process already runs {}",
        path.display(),
        loaded.display()
    )]
    SecondRuntime { path: PathBuf, loaded: PathBuf },
    #[error("provider `openvino` is not in the ONNX Runtime at {}", path.display())]
    NoOpenVino { path: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("cannot prepare model `{id}` for provider `{provider}`")]
    Session { id: String, provider: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("cannot set up OpenCV")]
    Pixels(#[source] opencv::Error),
    #[error(
        "model `{id}` {side} {found}, but models/manifest.toml says {expected}; it is another model: \
         put back the one that the manifest means, or describe this one there"
    )]
    Shape { id: String, side: &'static str, expected: String, found: String },
}

impl Onnx {
    /// Loads the model that `config` names. `models_dir` holds `manifest.toml` and `cache/`.
    ///
    /// A process can load one ONNX Runtime library only: opening with another is an error. Sets the
    /// number of OpenCV's threads for the whole process.
    pub fn open(config: &Config, models_dir: &Path) -> Result<Self, OpenError> {
        let manifest = Manifest::load(models_dir)?;
        let card = manifest.model(&config.model).ok_or_else(|| OpenError::Unknown {
            id: config.model.clone(),
            known: manifest.models().iter().map(|m| m.id.as_str()).collect::<Vec<_>>().join(", "),
        })?;
        let decoder = Decoder::new(card)
            .map_err(|problem| OpenError::Undecodable { id: card.id.clone(), problem })?;
        let model = card.read(models_dir)?;
        let library = match &config.runtime {
            Some(path) => path.clone(),
            None => manifest.runtime().ok_or(OpenError::Machine)?.verify(models_dir)?,
        };
        let environment = environment(&library)?;
        let session = session(config, card, &environment, &library, &model)?;
        check_shapes(&session, card)?;
        check_classes(&session, card)?;
        // OpenCV would take every core for a picture; it is for the whole process.
        opencv::core::set_num_threads(i32::from(config.threads)).map_err(OpenError::Pixels)?;
        let min_score = config.min_score.unwrap_or(card.min_score);
        Ok(Self {
            session,
            preprocess: Preprocess::new(&card.input),
            decoder,
            min_score,
            nms_iou: config.nms_iou.unwrap_or(card.nms_iou),
            input_side: card.input.width.min(card.input.height),
            likes_cm: card.gsd_cm.map(f64::from),
            outputs: card.outputs.iter().map(|output| output.name.clone()).collect(),
            active: Active {
                model: card.id.clone(),
                sha256: card.sha256.clone(),
                provider: config.provider.as_str(),
                precision: config.precision.as_str(),
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
        let inference = |e: ort::Error| DetectProblem::Inference(Box::new(e));
        let tensor = TensorRef::from_array_view(self.preprocess.tensor()).map_err(inference)?;
        self.session.run(ort::inputs![tensor]).map_err(inference)?;
        Ok(())
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
        let geometry =
            self.preprocess.fill(frame, part).map_err(|e| DetectProblem::Picture(Box::new(e)))?;
        let inference = |e: ort::Error| DetectProblem::Inference(Box::new(e));
        let tensor = TensorRef::from_array_view(self.preprocess.tensor()).map_err(inference)?;
        let outputs = self.session.run(ort::inputs![tensor]).map_err(inference)?;
        let numbers = (0..outputs.len())
            .map(|i| outputs[i].try_extract_tensor::<f32>().map(|(_, numbers)| numbers))
            .collect::<ort::Result<Vec<&[f32]>>>()
            .map_err(inference)?;
        for (index, numbers) in numbers.iter().enumerate() {
            if !all_finite(numbers) {
                let output = self.outputs.get(index).cloned().unwrap_or_default();
                return Err(DetectProblem::NotANumber { output });
            }
        }
        let mut found = self.decoder.decode(&numbers, self.min_score);
        found = suppress(found, self.nms_iou);
        if let Some(Detection { score, .. }) = found.iter().find(|one| one.score > MOST_SCORE) {
            return Err(DetectProblem::NotAProbability { score: *score });
        }
        let placed = found.into_iter().filter_map(|detection| {
            let bbox = clip(geometry.to_frame(detection.bbox), part)?;
            Some(Detection { bbox, ..detection })
        });
        Ok(placed.collect())
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

/// A probability, with what bf16 may round up.
const MOST_SCORE: f32 = 1.01;

/// Whether all are numbers: what is not finite does not vanish when it is multiplied by 0. In lanes, so
/// that it costs next to nothing.
fn all_finite(numbers: &[f32]) -> bool {
    let mut lanes = [0.0_f32; 16];
    let (chunks, rest) = numbers.as_chunks::<16>();
    for chunk in chunks {
        for (lane, number) in lanes.iter_mut().zip(chunk) {
            *lane += number * 0.0;
        }
    }
    lanes.iter().chain(rest).all(|number| number.is_finite())
}

impl Detect for Onnx {
    fn detect(&mut self, frame: &Frame) -> Result<Vec<Detection>, DetectError> {
        self.look_at(frame, Part::whole(frame.size)).map_err(|cause| self.failed(frame, cause))
    }
}

/// ONNX Runtime allows one environment and `ort` one library per process.
static RUNTIME: Mutex<Option<Runtime>> = Mutex::new(None);

struct Runtime {
    library: PathBuf,
    environment: Environment,
}

fn environment(library: &Path) -> Result<Environment, OpenError> {
    // What was stored is complete: a panic while it was held cannot have left it half-written.
    let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(Runtime { library: loaded, environment }) = &*runtime {
        if loaded == library {
            return Ok(environment.clone());
        }
        return Err(OpenError::SecondRuntime { path: library.into(), loaded: loaded.clone() });
    }
    let failed = |source| OpenError::Runtime { path: library.into(), source };
    let environment = ort::init_from(library)
        .map_err(|e| failed(Box::new(e)))?
        .with_name("xunjian")
        .with_telemetry(false)
        .build()
        .map_err(|e| failed(Box::new(e)))?;
    *runtime = Some(Runtime { library: library.into(), environment: environment.clone() });
    Ok(environment)
}

fn session(
    config: &Config,
    card: &ModelCard,
    environment: &Environment,
    library: &Path,
    model: &[u8],
) -> Result<Session, OpenError> {
    let failed = |source| OpenError::Session {
        id: card.id.clone(),
        provider: config.provider.as_str(),
        source,
    };
    let builder = common(environment, config).map_err(|e| failed(Box::new(e)))?;
    let mut builder = match config.provider {
        Provider::Cpu => builder,
        Provider::OpenVino => openvino(builder, config)
            .map_err(|source| OpenError::NoOpenVino { path: library.into(), source })?,
    };
    builder.commit_from_memory(model).map_err(|e| failed(Box::new(e)))
}

/// What the converter calls the batch.
const BATCH: &str = "N";

type BoxedError = Box<dyn std::error::Error + Send + Sync>;

fn common(environment: &Environment, config: &Config) -> ort::Result<SessionBuilder> {
    Ok(Session::builder(environment)?
        .with_no_environment_execution_providers()?
        .with_log_level(LogLevel::Error)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_memory_pattern(true)?
        .with_inter_threads(1)?
        .with_intra_threads(usize::from(config.threads))?
        // Waiting threads sleep: between two frames there is nothing to wait for.
        .with_intra_op_spinning(false)?
        .with_dimension_override(BATCH, 1)?)
}

/// A registration that fails, and a node that `OpenVINO` does not take, are errors.
fn openvino(builder: SessionBuilder, config: &Config) -> Result<SessionBuilder, BoxedError> {
    let precision = config.precision.as_str();
    let threads = config.threads;
    let options = format!(
        r#"{{"CPU":{{"INFERENCE_PRECISION_HINT":"{precision}","INFERENCE_NUM_THREADS":"{threads}","PERFORMANCE_HINT":"LATENCY","NUM_STREAMS":"1"}}}}"#
    );
    let provider = OpenVINO::default()
        .with_device_type("CPU")
        .with_arbitrary_config("load_config", options)
        .build()
        .error_on_failure();
    builder
        .with_execution_providers([provider])
        .and_then(SessionBuilder::with_disable_cpu_fallback)
        .map_err(|e| plain(&e))
}

/// Without the builder that the error would give back.
fn plain<R>(error: &ort::Error<R>) -> BoxedError {
    error.message().into()
}

fn check_shapes(session: &Session, card: &ModelCard) -> Result<(), OpenError> {
    let input = [(card.input.name.as_str(), card.input.shape().to_vec())];
    let outputs = card.outputs.iter().map(|o| (o.name.as_str(), one_batch(&o.shape)));
    let pairs = [
        ("takes", tensors(session.inputs()), input.to_vec()),
        ("gives", tensors(session.outputs()), outputs.collect()),
    ];
    for (side, found, expected) in pairs {
        let expected: Vec<String> = expected.iter().map(|(n, s)| format!("{n} {s:?}")).collect();
        if found != expected {
            return Err(OpenError::Shape {
                id: card.id.clone(),
                side,
                expected: expected.join(", "),
                found: found.join(", "),
            });
        }
    }
    Ok(())
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

fn tensors(outlets: &[Outlet]) -> Vec<String> {
    let describe =
        |outlet: &Outlet| match (outlet.dtype().tensor_shape(), outlet.dtype().tensor_type()) {
            (Some(shape), Some(TensorElementType::Float32)) => {
                format!("{} {:?}", outlet.name(), one_batch(shape))
            }
            _ => format!("{} ({:?})", outlet.name(), outlet.dtype()),
        };
    outlets.iter().map(describe).collect()
}

fn one_batch(shape: &[i64]) -> Vec<i64> {
    shape.iter().map(|&side| if side == -1 { 1 } else { side }).collect()
}
