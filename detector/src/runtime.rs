//! The one ONNX Runtime library of the process, and the sessions that it runs.
//!
//! Nothing is loaded before its hash is the manifest's. What was asked for is what runs: a provider that is not
//! there is an error, and so is a part of the network that it would leave to another.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::ep::{ArbitrarilyConfigurableExecutionProvider, CUDA, OpenVINO};
use ort::logging::LogLevel;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::{Outlet, TensorElementType};

use crate::config::Config;
use crate::manifest::{Manifest, ManifestError, ModelError};
use crate::provider::{Choice, Kernels, choose};

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
    #[error(
        "models/manifest.toml has no ONNX Runtime for `{}` with provider `{provider}`",
        std::env::consts::ARCH
    )]
    Machine { provider: &'static str },
    #[error("cannot load ONNX Runtime from {}", path.display())]
    Runtime { path: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    #[error(
        "cannot load ONNX Runtime from {}: this process already runs {}",
        path.display(),
        loaded.display()
    )]
    SecondRuntime { path: PathBuf, loaded: PathBuf },
    #[error("provider `{provider}` is not in the ONNX Runtime at {}", path.display())]
    NoProvider {
        provider: &'static str,
        path: PathBuf,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("cannot prepare model `{id}` for provider `{provider}`")]
    Session { id: String, provider: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("no detector was asked for")]
    None,
    #[error("cannot set up OpenCV")]
    Pixels(#[source] opencv::Error),
    #[error(
        "model `{id}` {side} {found}, but models/manifest.toml says {expected}; it is another model: \
         put back the one that the manifest means, or describe this one there"
    )]
    Shape { id: String, side: &'static str, expected: String, found: String },
}

/// ONNX Runtime allows one environment and `ort` one library per process.
static LOADED: Mutex<Option<Loaded>> = Mutex::new(None);

struct Loaded {
    library: PathBuf,
    environment: Environment,
}

fn environment(library: &Path) -> Result<Environment, OpenError> {
    // What was stored is complete: a panic while it was held cannot have left it half-written.
    let mut runtime = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(Loaded { library: loaded, environment }) = &*runtime {
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
    *runtime = Some(Loaded { library: library.into(), environment: environment.clone() });
    Ok(environment)
}

/// The library of the process, loaded, and what was chosen to run on it.
pub(crate) struct Runtime {
    choice: Choice,
    environment: Environment,
}

impl Runtime {
    /// Loads it, if that was not done before.
    pub(crate) fn load(
        config: &Config,
        manifest: &Manifest,
        models_dir: &Path,
    ) -> Result<Self, OpenError> {
        let choice = choose(config, manifest, models_dir)?;
        let environment = environment(&choice.library)?;
        Ok(Self { choice, environment })
    }

    pub(crate) fn choice(&self) -> &Choice {
        &self.choice
    }

    /// A session of the detector `id`, with one picture at a time.
    pub(crate) fn detector(
        &self,
        id: &str,
        model: &[u8],
        config: &Config,
    ) -> Result<Session, OpenError> {
        let provider = self.choice.kernels.as_str();
        let failed = |source| OpenError::Session { id: id.to_owned(), provider, source };
        let builder = common(&self.environment, config.threads)
            .and_then(|builder| Ok(builder.with_dimension_override(BATCH, 1)?))
            .map_err(|e| failed(Box::new(e)))?;
        let built = match self.choice.kernels {
            Kernels::Cpu => Ok(builder),
            Kernels::OpenVino => openvino(builder, &self.choice, config.threads),
            Kernels::Cuda => cuda(builder),
        };
        let mut builder = built.map_err(|source| OpenError::NoProvider {
            provider,
            path: self.choice.library.clone(),
            source,
        })?;
        builder.commit_from_memory(model).map_err(|e| failed(Box::new(e)))
    }

    /// A session of the network `id`, whose sides may be free: ONNX Runtime's own kernels take any.
    pub(crate) fn network(
        &self,
        id: &str,
        model: &[u8],
        threads: u16,
    ) -> Result<Session, OpenError> {
        let provider = Kernels::Cpu.as_str();
        let failed =
            |e: ort::Error| OpenError::Session { id: id.to_owned(), provider, source: Box::new(e) };
        let mut builder = common(&self.environment, threads).map_err(failed)?;
        builder.commit_from_memory(model).map_err(failed)
    }
}

/// What the converter calls the batch.
const BATCH: &str = "N";

type BoxedError = Box<dyn std::error::Error + Send + Sync>;

fn common(environment: &Environment, threads: u16) -> ort::Result<SessionBuilder> {
    Ok(Session::builder(environment)?
        .with_no_environment_execution_providers()?
        .with_log_level(LogLevel::Error)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_memory_pattern(true)?
        .with_inter_threads(1)?
        .with_intra_threads(usize::from(threads))?
        // Waiting threads sleep: between two frames there is nothing to wait for.
        .with_intra_op_spinning(false)?)
}

/// A registration that fails, and a node that `OpenVINO` does not take, are errors.
fn openvino(
    builder: SessionBuilder,
    choice: &Choice,
    threads: u16,
) -> Result<SessionBuilder, BoxedError> {
    let precision = choice.precision.as_str();
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

fn cuda(builder: SessionBuilder) -> Result<SessionBuilder, BoxedError> {
    let provider = CUDA::default().build().error_on_failure();
    builder.with_execution_providers([provider]).map_err(|e| plain(&e))
}

/// Without the builder that the error would give back.
fn plain<R>(error: &ort::Error<R>) -> BoxedError {
    error.message().into()
}

/// Refuses a session whose tensors are not the manifest's. `told` is how a side that is free is written.
pub(crate) fn check_tensors(
    session: &Session,
    id: &str,
    inputs: &[(&str, Vec<i64>)],
    outputs: &[(&str, Vec<i64>)],
    told: fn(&[i64]) -> Vec<i64>,
) -> Result<(), OpenError> {
    let pairs = [
        ("takes", tensors(session.inputs(), told), inputs),
        ("gives", tensors(session.outputs(), told), outputs),
    ];
    for (side, found, expected) in pairs {
        let expected: Vec<String> = expected.iter().map(|(n, s)| format!("{n} {s:?}")).collect();
        if found != expected {
            return Err(OpenError::Shape {
                id: id.to_owned(),
                side,
                expected: expected.join(", "),
                found: found.join(", "),
            });
        }
    }
    Ok(())
}

fn tensors(outlets: &[Outlet], told: fn(&[i64]) -> Vec<i64>) -> Vec<String> {
    let describe =
        |outlet: &Outlet| match (outlet.dtype().tensor_shape(), outlet.dtype().tensor_type()) {
            (Some(shape), Some(TensorElementType::Float32)) => {
                format!("{} {:?}", outlet.name(), told(shape))
            }
            _ => format!("{} ({:?})", outlet.name(), outlet.dtype()),
        };
    outlets.iter().map(describe).collect()
}

/// With 1 for the batch.
pub(crate) fn one_batch(shape: &[i64]) -> Vec<i64> {
    shape.iter().map(|&side| if side == -1 { 1 } else { side }).collect()
}

/// Whether all are numbers: what is not finite does not vanish when it is multiplied by 0. In lanes, so
/// that it costs next to nothing.
pub(crate) fn all_finite(numbers: &[f32]) -> bool {
    let mut lanes = [0.0_f32; 16];
    let (chunks, rest) = numbers.as_chunks::<16>();
    for chunk in chunks {
        for (lane, number) in lanes.iter_mut().zip(chunk) {
            *lane += number * 0.0;
        }
    }
    lanes.iter().chain(rest).all(|number| number.is_finite())
}
