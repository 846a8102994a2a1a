//! One of the two pictures: its pixels, and what is known of where they lie.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use detector::change::Change;
use detector::picture;
use domain::{Frame, SourceId, TimeBasis};
use ground::{Orthophoto, Patch, Raised, Traced};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::cli;
use crate::config::Loaded;
use crate::flights::{Photographer, photographer};

/// A picture and its place.
pub(super) struct Epoch {
    pub frame: Frame,
    pub seat: Seat,
    /// Of the file, in hex.
    pub sha256: String,
    name: String,
    taken_at: Option<Timestamp>,
}

/// What the two are called in the record.
pub(super) const BEFORE: &str = "before";
pub(super) const AFTER: &str = "after";

/// How pixels become places.
pub(super) enum Seat {
    /// By where a drone was and how it looked.
    Posed(Box<Photographer>),
    /// By coordinates.
    Mapped(Box<Orthophoto>),
    Unknown,
}

/// Ground farther away than this tells nothing of the scale, metres.
const REACH_M: f64 = 600.0;
/// World files are some hundred bytes.
const MOST_WORLD: u64 = 4096;

impl Epoch {
    /// `word` names it in the record: [`BEFORE`], [`AFTER`].
    pub(super) fn read(
        path: &Path,
        word: &str,
        args: &cli::Compare,
        loaded: &Loaded,
    ) -> anyhow::Result<Self> {
        let (size, pixels) = picture::read(path)?;
        let bytes = crate::cmd::eval::read(path)?;
        let seat = if matches!(bytes.get(..2), Some(b"II" | b"MM")) {
            // A TIFF without coordinates may still have a world file.
            match Orthophoto::from_geotiff(&bytes) {
                Ok(photo) => Seat::Mapped(Box::new(photo)),
                Err(error) => world(path, size, args.epsg)?.map_or_else(
                    || Err(error).with_context(|| format!("`{}`", path.display())),
                    |photo| Ok(Seat::Mapped(Box::new(photo))),
                )?,
            }
        } else if let Some(photo) = world(path, size, args.epsg)? {
            Seat::Mapped(Box::new(photo))
        } else {
            let posed = photographer(&bytes, &loaded.config.flight);
            // Turned upright by its EXIF it is no longer what the pose speaks of.
            let posed = posed.filter(|posed| posed.size == size);
            posed.map_or(Seat::Unknown, |posed| Seat::Posed(Box::new(posed)))
        };
        let source = SourceId::new(word)?;
        let said = if word == BEFORE { args.before_at } else { args.after_at };
        let taken_at = said.or(match &seat {
            Seat::Posed(posed) => Some(posed.pose.at),
            Seat::Mapped(_) | Seat::Unknown => None,
        });
        let at = taken_at.unwrap_or(Timestamp::UNIX_EPOCH);
        let frame = Frame::new(source, 0, at, TimeBasis::Media, size, pixels)?;
        let sha256 = jt808::hex(&Sha256::digest(&bytes));
        Ok(Self { frame, seat, sha256, name: name(path), taken_at })
    }

    /// When it was taken.
    pub(super) fn at(&self) -> anyhow::Result<Timestamp> {
        self.taken_at.with_context(|| {
            let flag =
                if self.frame.source.as_str() == BEFORE { "--before-at" } else { "--after-at" };
            format!("nobody says when `{}` was taken: give {flag}", self.name)
        })
    }

    /// As a rule names it: the same for the same file.
    pub(super) fn epoch(&self) -> anyhow::Result<domain::Epoch> {
        Ok(domain::Epoch {
            source: SourceId::new(&format!("picture-{}", &self.sha256[..12]))?,
            source_name: self.name.clone(),
            at: self.at()?,
            basis: TimeBasis::Capture,
        })
    }

    /// What it shows of the ground: a closed ring of [lon, lat]; `None` where that has no end, or no place.
    pub(super) fn ground(&self) -> Option<Vec<[f64; 2]>> {
        let [right, bottom] =
            [self.frame.size.width, self.frame.size.height].map(|side| f64::from(side) - 1.0);
        let rings = [vec![[1.0, 1.0], [right, 1.0], [right, bottom], [1.0, bottom]]];
        let whole = Traced {
            rings: &rings,
            area_px: (right - 1.0) * (bottom - 1.0),
            perimeter_px: 2.0 * (right + bottom),
            edge_px: 0.0,
            apart_px: 0.0,
            drawn_share: 0.0,
        };
        self.patch(&whole, Raised { m: 0.0, sigma_m: 0.0 })?.polygons.into_iter().flatten().next()
    }

    /// The map from this picture to a later one, as far as poses or coordinates tell.
    pub(super) fn onto(&self, later: &Self) -> Option<[[f64; 3]; 3]> {
        match (&self.seat, &later.seat) {
            (Seat::Posed(from), Seat::Posed(to)) => {
                from.camera.motion_to(&from.pose, &to.camera, &to.pose)
            }
            (Seat::Mapped(from), Seat::Mapped(to)) => from.onto(to),
            _ => None,
        }
    }

    /// What a pixel shows of the ground, centimetres.
    pub(super) fn gsd_cm(&self) -> Option<f64> {
        match &self.seat {
            Seat::Posed(from) => Some(from.camera.footprint(&from.pose, REACH_M).ok()?.gsd_cm),
            Seat::Mapped(photo) => Some(100.0 * photo.gsd_m()?),
            Seat::Unknown => None,
        }
    }

    /// A polygon on the ground; `None` where nothing tells the place.
    pub(super) fn patch(&self, traced: &Traced<'_>, raised: Raised) -> Option<Patch> {
        match &self.seat {
            Seat::Posed(from) => from.camera.patch(&from.pose, traced, raised).ok(),
            Seat::Mapped(photo) => photo.patch(traced),
            Seat::Unknown => None,
        }
    }
}

/// What the ground needs to know of a change.
pub(super) fn traced(change: &Change, apart_px: f64) -> Traced<'_> {
    Traced {
        drawn_share: detector::change::AREA_SHARE,
        rings: &change.rings,
        area_px: change.area_px,
        perimeter_px: change.perimeter_px,
        edge_px: change.edge_px,
        apart_px,
    }
}

/// The world file beside a picture: `a.jgw`, `a.jpgw` or `a.wld` of `a.jpg`.
fn world(path: &Path, size: domain::Size, epsg: Option<u16>) -> anyhow::Result<Option<Orthophoto>> {
    let Some(ending) = path.extension().and_then(|ending| ending.to_str()) else { return Ok(None) };
    let short: String = ending.chars().next().into_iter().chain(ending.chars().last()).collect();
    let names = [format!("{short}w"), format!("{ending}w"), "wld".to_owned()];
    let beside = names.iter().flat_map(|name| [name.clone(), name.to_uppercase()]);
    let file = beside.map(|name| path.with_extension(name)).find(|file| file.is_file());
    let Some(file) = file else { return Ok(None) };
    let context = || format!("`{}`", file.display());
    let small = std::fs::metadata(&file).with_context(context)?.len() <= MOST_WORLD;
    anyhow::ensure!(small, "`{}` is too large for a world file", file.display());
    let text = std::fs::read_to_string(&file).with_context(context)?;
    Orthophoto::from_world_file(&text, size, epsg).map(Some).with_context(context)
}

/// Names of files in a report: no folders of this machine.
pub(super) fn name(path: &Path) -> String {
    path.file_name().map_or_else(PathBuf::new, PathBuf::from).display().to_string()
}
