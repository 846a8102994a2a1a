//! What is compared with truth.

use std::path::PathBuf;

use clap::Subcommand;

use super::{EvalConstruction, Part};

#[derive(Debug, Subcommand)]
pub(crate) enum Eval {
    /// A detector's boxes against labels in the layout of COCO: average precision as the official evaluation
    /// counts it, precision and recall at the operating threshold, confusion, latency.
    Detect(Detect),
    /// Masks of change against labelled ones, a network's or given: a folder with `label` in it, `A` (before) and `B`
    /// (after) for a network, and `predict_NAME` for given masks.
    Change(EvalChange),
    /// Alerts of what was built without a permit, of drawn pairs (`models/train/change/pairs.py`) that are placed on a grid
    /// with no-build ground and permits of several kinds.
    Construction(EvalConstruction),
    /// Plates that are read against what stands on them: exact, per character, unknown, by colour and width.
    Plates(Plates),
    /// How far the middle of the picture, projected from the pose alone, lies from the frame centre that
    /// every packet of a MISB ST 0601 stream says.
    Ground {
        /// A file of KLV packets, or an MPEG transport stream with them.
        #[arg(long)]
        klv: PathBuf,
    },
    /// MOTA, IDF1, HOTA and id switches of tracks, in the layout of `MOTChallenge`.
    Track {
        /// A folder with gt.txt and test.txt, or a folder of such folders.
        #[arg(long)]
        mot: PathBuf,
    },
    /// How large labelled vehicles are on the ground, in photos that carry their pose, and whether two
    /// photos put them in one place.
    Photos {
        /// Labels in the layout of COCO; the photos lie beside the file or in `images` there.
        #[arg(long)]
        coco: PathBuf,
        /// Take flight settings from here.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// How far the findings of a flight lie from the truth, and how many lie in their 95 % ellipse.
    Flight {
        /// The flight: a folder, a zip file or single files.
        #[arg(required = true)]
        flight: Vec<PathBuf>,
        /// What really stood where.
        #[arg(long)]
        truth: PathBuf,
        /// Take model, rules and flight settings from here.
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct EvalChange {
    /// Holds `label/`, and with masks or pictures of the same file names one or more `predict_NAME/`, or `A/` and `B/`.
    #[arg(long)]
    pub pairs: PathBuf,
    /// Let this network look at `A` and `B`, which must lie pixel on pixel: they are not moved.
    #[arg(long)]
    pub model: Option<String>,
    /// A pixel of the set shows so many centimetres of ground. Default: the network looks pixel for pixel.
    #[arg(long, value_name = "CM", requires = "model")]
    pub gsd: Option<f64>,
    /// From this probability on a pixel has changed. Default: the network's.
    #[arg(long, requires = "model")]
    pub threshold: Option<f32>,
    /// Write the network's masks into this folder.
    #[arg(long, requires = "model")]
    pub out: Option<PathBuf>,
    /// Also a page with every pair. It shows the set's pictures: mind their licence.
    #[arg(long, requires = "model")]
    pub html: Option<PathBuf>,
    /// Take detector settings from here.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Where manifest.toml and cache/ are. Default: as configured, else `models`.
    #[arg(long)]
    pub models_dir: Option<PathBuf>,
    /// JSON instead of a table.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Detect {
    /// The labels.
    #[arg(long)]
    pub coco: PathBuf,
    /// Where its pictures lie. Default: beside the labels, or in `images` there.
    #[arg(long)]
    pub images: Option<PathBuf>,
    /// Score these results, in the layout of COCO, instead of a model's.
    #[arg(long)]
    pub detections: Option<PathBuf>,
    /// Take detector settings from here.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Which model looks. Default: as configured, else nanodet-g.
    #[arg(long)]
    pub model: Option<String>,
    /// What runs the model: auto, cpu, openvino or cuda. Default: as configured, else auto.
    #[arg(long)]
    pub provider: Option<detector::Provider>,
    /// Threads of one inference. Default: as configured, else 1.
    #[arg(long)]
    pub threads: Option<u16>,
    /// Where manifest.toml and cache/ are. Default: as configured, else `models`.
    #[arg(long)]
    pub models_dir: Option<PathBuf>,
    /// Look in tiles of so many pixels, and at the whole picture. Default: at the whole picture alone.
    #[arg(long)]
    pub tile: Option<u32>,
    /// Look in tiles of the scale the model likes: a pixel of the set shows so many centimetres of ground.
    #[arg(long, conflicts_with = "tile")]
    pub gsd: Option<f64>,
    /// The share of its side by which a tile overlaps the next.
    #[arg(long, default_value_t = 0.2)]
    pub overlap: f32,
    /// With tiles, do not look at the whole picture too.
    #[arg(long)]
    pub no_whole: bool,
    /// Only the pictures whose file name, scene, part or flight a line of this file names.
    #[arg(long)]
    pub split: Option<PathBuf>,
    /// What a category of the set is to us, `name=class`; also `vehicle` (some motor vehicle), `ignored`, `unknown`.
    #[arg(long)]
    pub map: Vec<String>,
    /// The operating threshold. Default: the model's; 0.5 for given results.
    #[arg(long)]
    pub min_score: Option<f64>,
    /// JSON instead of a table.
    #[arg(long)]
    pub json: bool,
    /// Also a page with pictures of the worst errors. It shows the set's pictures: mind their licence.
    #[arg(long)]
    pub html: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Plates {
    /// Lists of `{"file", "text"}`, with `colour` and `corners` where known; pictures lie in `images` beside each.
    #[arg(required = true)]
    pub labels: Vec<PathBuf>,
    /// The pictures show streets, in which plates have to be found first. Default: each is a plate.
    #[arg(long)]
    pub find: bool,
    /// Make wider pictures so narrow first, in pixels; several widths give several tables.
    #[arg(long, value_delimiter = ',', conflicts_with = "find")]
    pub width: Vec<u32>,
    /// Only every other plate of each list: the odd ones chose our thresholds, the even ones test them.
    #[arg(long, value_enum, default_value = "all")]
    pub part: Part,
    /// A character that is less sure makes the plate unknown. Default: as configured, else 0.8.
    #[arg(long)]
    pub min_confidence: Option<f32>,
    /// Take settings from here.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Where manifest.toml and cache/ are. Default: as configured, else `models`.
    #[arg(long)]
    pub models_dir: Option<PathBuf>,
    /// JSON instead of a table.
    #[arg(long)]
    pub json: bool,
    /// Also a page with the plates that were read wrong or not at all. It shows the set's pictures: mind their licence.
    #[arg(long)]
    pub html: Option<PathBuf>,
}
