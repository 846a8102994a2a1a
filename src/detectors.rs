//! The detectors of a run: opened, warm, and told to whoever starts the program.

use std::path::Path;

use anyhow::Context as _;
use detector::{Config, Detect, Onnx, Tiled};

/// As many detectors as are to work side by side, and what the page says of them.
pub(crate) fn open(
    config: &Config,
    models_dir: &Path,
    count: usize,
) -> anyhow::Result<(Vec<Onnx>, dashboard::Model)> {
    let mut all =
        Onnx::open_several(config, models_dir, count).context("cannot start the detector")?;
    for detector in &mut all {
        detector.warm_up().context("cannot run the detector")?;
    }
    let active = all.first().context("there is no detector")?.active();
    let model = dashboard::Model {
        id: active.model.clone(),
        sha256: active.sha256.clone(),
        provider: active.kernels(),
    };
    let (provider, why) = (&model.provider, &active.why);
    tracing::info!(model = model.id, provider, why, sessions = all.len(), "detector is ready");
    Ok((all, model))
}

/// Each looking as `tiled` says.
pub(crate) fn looking(all: Vec<Onnx>, tiled: impl Fn(Onnx) -> Tiled) -> Vec<Box<dyn Detect>> {
    all.into_iter().map(|onnx| Box::new(tiled(onnx)) as Box<dyn Detect>).collect()
}
