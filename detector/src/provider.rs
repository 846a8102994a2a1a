//! Which library and which provider run the networks on this machine, and why.
//!
//! The rule is [`choose`]. It looks at what the configuration asks for, what the manifest offers and what the
//! CPU can do, never at what happens to fail: a choice that cannot be kept is an error, and what was chosen is
//! shown.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::config::{Config, Precision, Provider};
use crate::manifest::{Manifest, RuntimeCard};
use crate::runtime::OpenError;

/// What runs the networks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    pub kernels: Kernels,
    pub precision: Precision,
    pub library: PathBuf,
    /// For people: what made it so.
    pub why: String,
}

impl Choice {
    /// For people: `openvino bf16: this CPU has amx_bf16`.
    pub fn shown(&self) -> String {
        format!("{} {}: {}", self.kernels.as_str(), self.precision.as_str(), self.why)
    }
}

/// Whose kernels calculate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kernels {
    /// ONNX Runtime's own.
    Cpu,
    OpenVino,
    Cuda,
}

impl Kernels {
    /// The word used in configuration and on status pages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::OpenVino => "openvino",
            Self::Cuda => "cuda",
        }
    }
}

/// What `config` asks for on this machine. The library has been hashed, unless the configuration named it.
///
/// By itself it takes `OpenVINO` in bf16 where the CPU calculates in bf16 and `OpenVINO` was fetched, else ONNX
/// Runtime's own kernels: without bf16, `OpenVINO` was measured to be no faster (docs/speed.md).
pub fn choose(
    config: &Config,
    manifest: &Manifest,
    models_dir: &Path,
) -> Result<Choice, OpenError> {
    let flags = flags();
    let (kernels, why) = match config.provider {
        Provider::Cpu => (Kernels::Cpu, CONFIGURED.to_owned()),
        Provider::OpenVino => (Kernels::OpenVino, CONFIGURED.to_owned()),
        Provider::Cuda => (Kernels::Cuda, CONFIGURED.to_owned()),
        Provider::Auto if config.runtime.is_some() => {
            (Kernels::Cpu, "`runtime` is configured, `provider` is not".to_owned())
        }
        Provider::Auto => best(manifest, models_dir, &flags),
    };
    let library = match &config.runtime {
        Some(path) => path.clone(),
        None => fitting(manifest, kernels)?.verify(models_dir)?,
    };
    let precision = config.precision.unwrap_or(match kernels {
        Kernels::OpenVino if BF16.iter().any(|flag| has(&flags, flag)) => Precision::Bf16,
        _ => Precision::F32,
    });
    Ok(Choice { kernels, precision, library, why })
}

const CONFIGURED: &str = "as configured";

/// What Linux calls the instructions that calculate in bf16.
const BF16: [&str; 2] = ["amx_bf16", "avx512_bf16"];

/// The fastest that is here.
fn best(manifest: &Manifest, models_dir: &Path, flags: &str) -> (Kernels, String) {
    let Some(card) = manifest.runtime(Kernels::OpenVino) else {
        return (Kernels::Cpu, "there is nothing else for this kind of machine".to_owned());
    };
    match card.needs.iter().find(|flag| has(flags, flag)) {
        None => (Kernels::Cpu, format!("this CPU has none of {}", card.needs.join(", "))),
        Some(flag) if card.is_here(models_dir) => {
            (Kernels::OpenVino, format!("this CPU has {flag}"))
        }
        Some(flag) => {
            let why = format!(
                "this CPU has {flag}, but OpenVINO, several times faster with it, is not here; run: make models"
            );
            (Kernels::Cpu, why)
        }
    }
}

fn fitting(manifest: &Manifest, kernels: Kernels) -> Result<&RuntimeCard, OpenError> {
    manifest.runtime(kernels).ok_or(OpenError::Machine { provider: kernels.as_str() })
}

/// What the CPU can do, in Linux's words; nothing on other systems, where only the CPU provider is offered.
pub(crate) fn flags() -> String {
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = told.lines().find(|line| line.starts_with("flags"));
    line.map(ToOwned::to_owned).unwrap_or_default()
}

pub(crate) fn has(flags: &str, flag: &str) -> bool {
    flags.split_ascii_whitespace().any(|word| word == flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")).unwrap()
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn openvino_is_taken_where_it_pays_and_is_here() {
        let dir = tempfile::tempdir().unwrap();
        let best = |flags: &str| best(&manifest(), dir.path(), flags);
        let (kernels, why) = best("flags : sse2 avx512_vnni");
        assert_eq!(kernels, Kernels::Cpu);
        assert_eq!(why, "this CPU has none of amx_bf16, avx512_bf16");
        let (kernels, why) = best("flags : avx512_bf16 amx_bf16");
        assert!(kernels == Kernels::Cpu && why.ends_with("run: make models"), "{why}");
        let folder = dir.path().join("cache/openvino");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("libonnxruntime.so.1.24.1"), "").unwrap();
        assert_eq!(
            best("flags : sse2 amx_bf16 x"),
            (Kernels::OpenVino, "this CPU has amx_bf16".into())
        );
    }

    #[test]
    fn what_is_configured_is_what_is_chosen() {
        let runtime = Some(PathBuf::from("/x.so"));
        for (provider, kernels) in [
            (Provider::Auto, Kernels::Cpu),
            (Provider::Cpu, Kernels::Cpu),
            (Provider::OpenVino, Kernels::OpenVino),
            (Provider::Cuda, Kernels::Cuda),
        ] {
            let precision = Some(Precision::F32);
            let config =
                Config { provider, precision, runtime: runtime.clone(), ..Config::default() };
            let choice = choose(&config, &manifest(), Path::new("/nowhere")).unwrap();
            assert_eq!((choice.kernels, choice.precision), (kernels, Precision::F32));
            assert_eq!(Some(choice.library), runtime);
        }
        let config = Config { provider: Provider::OpenVino, ..Config::default() };
        assert!(choose(&config, &manifest(), Path::new("/nowhere")).is_err());
    }
}
