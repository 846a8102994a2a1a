//! One of the two pictures: its pixels, and what is known of where they lie.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use detector::change::Change;
use detector::picture;
use domain::{Frame, SourceId, TimeBasis};
use ground::{Orthophoto, Patch, Raised, Traced};
use jiff::Timestamp;

use crate::cli;
use crate::config::Loaded;
use crate::flights::{Photographer, photographer};

/// A picture and its place.
pub(super) struct Epoch {
    pub frame: Frame,
    pub seat: Seat,
}

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
    /// `word` names it in the record: before, after.
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
        let at = Timestamp::UNIX_EPOCH;
        let frame = Frame::new(source, 0, at, TimeBasis::Media, size, pixels)?;
        Ok(Self { frame, seat })
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
