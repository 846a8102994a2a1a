//! One file of a flight: what its header and its telemetry say.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use anyhow::Context as _;
use domain::{Lens, Size, WarningCode};
use flight::{Telemetry, Warnings};
use ingest::Input;
use jiff::{SignedDuration, Timestamp};

/// A video or photo before it is looked at.
#[derive(Debug)]
pub(super) struct Reading {
    pub size: Size,
    pub length: SignedDuration,
    pub telemetry: Option<Telemetry>,
    /// For pictures of `size`.
    pub lens: Option<Lens>,
    pub aircraft: String,
    pub serial: String,
    /// By the container of a video.
    pub recorded_at: Option<Timestamp>,
    pub warnings: Warnings,
}

/// Routes and ground models are read whole; what is larger is none.
const MOST_BYTES: u64 = 512 << 20;
/// What tells about a photo stands at its beginning.
const PHOTO_HEAD: u64 = 1 << 20;
/// Containers that may carry KLV.
const TRANSPORT: [&str; 5] = ["ts", "m2ts", "mts", "mpg", "mpeg"];

pub(super) fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    head(path, MOST_BYTES)
}

fn head(path: &Path, most: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read `{}`", path.display()))?;
    Ok(bytes)
}

/// Telemetry beside a video, or of a whole flight, and when it says that the camera was recording.
#[derive(Debug)]
pub(super) struct Log {
    pub telemetry: Telemetry,
    /// First and last instant of each recording; empty for what says nothing about them.
    pub recordings: Vec<(Timestamp, Timestamp)>,
}

/// Reads a log; which kind says the ending of `name`.
pub(super) fn log(name: &str, path: &Path) -> anyhow::Result<Log> {
    let file = File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let telemetry = match ending(Path::new(name)).as_str() {
        "srt" => flight::srt::read(BufReader::new(file))?,
        "csv" => {
            let flight::airdata::Log { telemetry, recordings } = flight::airdata::read(file)?;
            return Ok(Log { telemetry, recordings });
        }
        _ => flight::klv::read(file)?,
    };
    Ok(Log { telemetry, recordings: Vec::new() })
}

pub(super) fn video(
    name: &str,
    path: &Path,
    beside: Option<(&str, &Path)>,
) -> anyhow::Result<Reading> {
    let probe = ingest::probe(&Input::File(path.to_owned()))?;
    let size = Size::new(probe.width, probe.height)?;
    let mut warnings = Warnings::default();
    let read = match beside {
        Some((name, path)) => {
            let read = log(name, path).with_context(|| format!("cannot use `{name}`"));
            Some(read.map(|log| log.telemetry))
        }
        None if TRANSPORT.contains(&ending(Path::new(name)).as_str()) => embedded(path),
        None => None,
    };
    let telemetry = match read.transpose() {
        Ok(telemetry) => telemetry.map(zoomed),
        Err(error) => {
            warnings.add(WarningCode::Unreadable, format!("{error:#}"));
            None
        }
    };
    let lens = telemetry.as_ref().and_then(|telemetry| lens(telemetry, size));
    if lens.is_none() && telemetry.is_some() {
        warnings.add(
            WarningCode::NoLens,
            "nothing says how wide it shows: set `hfov_deg` in [[flight.aircraft]], with the name \"\" for subtitles, which name no aircraft",
        );
    }
    let length = probe.duration.and_then(|length| SignedDuration::try_from(length).ok());
    let aircraft = telemetry.as_ref().map_or_else(String::new, |t| t.aircraft.clone());
    Ok(Reading {
        size,
        length: length.unwrap_or_default(),
        telemetry,
        lens,
        aircraft,
        serial: String::new(),
        recorded_at: recorded_at(path),
        warnings,
    })
}

/// Other containers have no such box, and say nothing here.
fn recorded_at(path: &Path) -> Option<Timestamp> {
    flight::mp4::recorded_at(BufReader::new(File::open(path).ok()?)).ok().flatten()
}

/// Whether a transport stream carries KLV.
pub(super) fn has_klv(path: &Path) -> bool {
    matches!(embedded(path), Some(Ok(_)))
}

/// KLV in the video itself; none is no error.
fn embedded(path: &Path) -> Option<anyhow::Result<Telemetry>> {
    let file = match File::open(path) {
        Ok(file) => BufReader::new(file),
        Err(error) => return Some(Err(error.into())),
    };
    match flight::klv::from_transport_stream(file) {
        Ok(telemetry) => Some(Ok(telemetry)),
        Err(flight::klv::KlvError::NoPackets) => None,
        Err(error) => Some(Err(error.into())),
    }
}

pub(super) fn photo(path: &Path) -> anyhow::Result<Reading> {
    let photo = flight::photo::read(&head(path, PHOTO_HEAD)?)?;
    let telemetry = Telemetry {
        samples: vec![photo.sample],
        dialect: "DJI XMP, EXIF".to_owned(),
        aircraft: photo.model.clone(),
        warnings: Warnings::default(),
    };
    Ok(Reading {
        size: photo.size,
        length: SignedDuration::ZERO,
        telemetry: Some(telemetry),
        lens: photo.lens,
        aircraft: photo.model,
        serial: photo.serial,
        recorded_at: None,
        warnings: photo.warnings,
    })
}

/// The lens at its widest, for zoom is told against that: a width of view, or a focal length as on
/// 35 mm film.
fn lens(telemetry: &Telemetry, size: Size) -> Option<Lens> {
    if let Some(width) = widest(telemetry) {
        return Lens::of_view(size, width);
    }
    let focal = telemetry.samples.iter().filter_map(|sample| sample.focal_mm);
    let equivalent = focal.min_by(f64::total_cmp)?;
    let f = equivalent / FILM_DIAGONAL_MM * DIAGONAL_OF_WIDTH * f64::from(size.width);
    let middle = [f64::from(size.width) / 2.0, f64::from(size.height) / 2.0];
    (10.0..=1000.0).contains(&equivalent).then(|| Lens::pinhole(size, f, middle))
}

fn widest(telemetry: &Telemetry) -> Option<f64> {
    let widths = telemetry.samples.iter().filter_map(|sample| Some(sample.view_deg?[0]));
    widths.max_by(f64::total_cmp)
}

/// "As on 35 mm film" compares diagonals: 36 mm × 24 mm.
const FILM_DIAGONAL_MM: f64 = 43.267;
/// The diagonal of the 4:3 sensors that these cameras have, of which 16:9 video uses the whole width.
const DIAGONAL_OF_WIDTH: f64 = 1.25;

/// Widths of view that change become zoom against the widest.
fn zoomed(mut telemetry: Telemetry) -> Telemetry {
    let Some(widest) = widest(&telemetry) else { return telemetry };
    let length = |width: f64| 1.0 / (width.to_radians() / 2.0).tan();
    for sample in &mut telemetry.samples {
        if let Some([width, _]) = sample.view_deg {
            sample.zoom = Some(length(width) / length(widest));
        }
    }
    telemetry
}

pub(super) fn ending(path: &Path) -> String {
    path.extension().map_or_else(String::new, |e| e.to_string_lossy().to_ascii_lowercase())
}
