//! What came with a flight, read: which pictures there are, when and from where they were taken.
//!
//! A file that cannot be read is a warning and costs only itself. Nothing is looked at here but
//! headers, telemetry and routes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use domain::{FlightMedia, FlightWarning, LonLat, MediaKind, SourceId, TrackPoint, WarningCode};
use flight::route::Route;
use flight::{Timeline, plan};
use ground::{HeightGrid, Relief, Takeoff};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::FlightConfig;
use super::legs::{Leg, Legs};
use super::media::{self, Reading};
use super::radio::{self, Radio};
use super::track;
use crate::stage::record::FLIGHT;

/// One file of a flight.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// Path inside the flight, `/` between folders.
    pub name: String,
    pub path: PathBuf,
    /// Where somebody has hashed it already.
    pub sha256: Option<String>,
}

/// A flight that is ready to be looked at.
#[derive(Debug)]
pub(crate) struct Luggage {
    /// The same for the same pictures, however often they are uploaded.
    pub source: SourceId,
    pub legs: Arc<Legs>,
    pub media: Vec<FlightMedia>,
    pub warnings: Vec<FlightWarning>,
    pub track: Vec<TrackPoint>,
    pub route: Option<Route>,
    pub aircraft: String,
    pub clock_offset_s: Option<f64>,
}

/// Telemetry that goes on after its video, or ends before, by more than this is of another video.
const OTHER: SignedDuration = SignedDuration::from_secs(10);

impl Luggage {
    /// Reads what came, and asks `radio` for what did not. Blocks while it hashes and reads. `resolve` finds
    /// files of the configuration.
    pub(crate) fn open(
        items: &[Item],
        radio: &Radio<'_>,
        config: &FlightConfig,
        resolve: impl Fn(&Path) -> PathBuf,
    ) -> anyhow::Result<Self> {
        let zone = config.zone().context("`flight.time_zone` is not known")?;
        let grid = config.dem.as_ref().map(|path| heights(&resolve(path))).transpose()?;
        let mut packing = Packing { zone, grid, ..Packing::new(items, config) };
        packing.read_routes_and_logs();
        packing.read_media(radio);
        packing.finish()
    }
}

/// Luggage in the making.
struct Packing<'a> {
    items: &'a [Item],
    config: &'a FlightConfig,
    zone: TimeZone,
    grid: Option<Arc<HeightGrid>>,
    plan: plan::Plan,
    legs: Vec<Leg>,
    media: Vec<FlightMedia>,
    warnings: Vec<FlightWarning>,
    logs: Vec<Timeline>,
    /// What was heard of the aircraft live.
    radio: radio::Log,
    /// When a log says that the camera was recording, and which log.
    recordings: Vec<(Timestamp, Timestamp, usize)>,
    route: Option<Route>,
    aircraft: String,
    clock_offset_s: Option<f64>,
}

impl<'a> Packing<'a> {
    fn new(items: &'a [Item], config: &'a FlightConfig) -> Self {
        let entries: Vec<plan::FileEntry> = items
            .iter()
            .map(|item| plan::FileEntry { name: item.name.clone(), bytes: size(&item.path) })
            .collect();
        Self {
            items,
            config,
            zone: TimeZone::UTC,
            grid: None,
            plan: plan::plan(&entries),
            legs: Vec::new(),
            media: Vec::new(),
            warnings: Vec::new(),
            logs: Vec::new(),
            radio: radio::Log::default(),
            recordings: Vec::new(),
            route: None,
            aircraft: String::new(),
            clock_offset_s: None,
        }
    }

    fn path(&self, name: &str) -> Option<&'a Path> {
        self.items.iter().find(|item| item.name == name).map(|item| item.path.as_path())
    }

    fn read_routes_and_logs(&mut self) {
        let parts = self.plan.parts.clone();
        for part in &parts {
            let Some(path) = self.path(&part.name) else { continue };
            match part.kind {
                MediaKind::Route => self.read_route(&part.name, path),
                MediaKind::Telemetry if self.plan.logs.contains(&part.name) => {
                    self.read_log(&part.name, path);
                }
                _ => {}
            }
        }
    }

    fn read_route(&mut self, name: &str, path: &Path) {
        let read = media::bytes(path).and_then(|bytes| Ok(flight::route::read(&bytes)?));
        match read {
            Ok(route) => {
                self.warnings.extend(route.warnings.clone().about(name));
                self.route = Some(route);
            }
            Err(error) => self.warn(WarningCode::Unreadable, name, format!("{error:#}")),
        }
    }

    fn read_log(&mut self, name: &str, path: &Path) {
        let read = media::log(name, path)
            .and_then(|log| Ok((self.placed_in_time(log.telemetry)?, log.recordings)));
        match read {
            Ok((timeline, recordings)) => {
                self.warnings.extend(timeline.warnings().clone().about(name));
                let of = self.logs.len();
                self.recordings.extend(recordings.into_iter().map(|(from, to)| (from, to, of)));
                self.logs.push(timeline);
            }
            Err(error) => self.warn(WarningCode::Unreadable, name, format!("{error:#}")),
        }
    }

    fn read_media(&mut self, radio: &Radio<'_>) {
        let parts = self.plan.parts.clone();
        let read: Vec<_> = parts
            .iter()
            .filter_map(|part| {
                let path = self.path(&part.name)?;
                Some((part, path, self.reading(part, path)))
            })
            .collect();
        let readings = read.iter().filter_map(|(_, _, reading)| reading.as_ref()?.as_ref().ok());
        self.radio = radio::Log::around(radio, readings);
        self.logs.extend(self.radio.timeline().cloned());
        self.warnings.append(&mut self.radio.warnings);
        for (part, path, reading) in read {
            match reading {
                Some(reading) => self.take(&part.name, path, part.kind, reading),
                None => self.media.push(bare(&part.name, part.kind)),
            }
        }
    }

    /// What a file with pictures says; `None` for others.
    fn reading(&self, part: &plan::Part, path: &Path) -> Option<anyhow::Result<Reading>> {
        match part.kind {
            MediaKind::Video => {
                let side = part.telemetry.as_ref().and_then(|t| Some((t.as_str(), self.path(t)?)));
                Some(media::video(&part.name, path, side))
            }
            MediaKind::Photo => Some(media::photo(path)),
            _ => None,
        }
    }

    fn take(&mut self, name: &str, path: &Path, kind: MediaKind, read: anyhow::Result<Reading>) {
        let reading = match read {
            Ok(reading) => reading,
            Err(error) => {
                self.warn(WarningCode::Unreadable, name, format!("{error:#}"));
                self.media.push(bare(name, kind));
                return;
            }
        };
        self.warnings.extend(reading.warnings.clone().about(name));
        let length = reading.length;
        let by_log = match (&reading.telemetry, kind) {
            (None, MediaKind::Video) => self.recorded(length),
            _ => None,
        };
        let by_radio = match (&by_log, &reading.telemetry, kind) {
            (None, None, MediaKind::Video) => Some(self.radio.of(&reading)),
            _ => None,
        };
        let heard = matches!(by_radio, Some(Ok(_)));
        let serial = if heard { &self.radio.serial } else { &reading.serial };
        let names = [reading.aircraft.as_str(), serial.as_str()];
        let known = self.config.about(&names);
        let lens = known
            .and_then(|known| domain::Lens::of_view(reading.size, known.hfov_deg?))
            .or(reading.lens);
        let budget = self.config.budget_of(&names);
        let budget = if heard { radio::doubtful(budget) } else { budget };
        if self.aircraft.is_empty() {
            self.aircraft = if heard { self.radio.serial.clone() } else { reading.aircraft };
        }
        let (by_log, missing) = match by_radio {
            Some(Ok(found)) => (Some(found), None),
            Some(Err(missing)) => (by_log, Some(missing)),
            None => (by_log, None),
        };
        let (track, dialect) = match &by_log {
            Some((log, _)) => (None, log.dialect().to_owned()),
            None => self.timeline(name, reading.telemetry, missing),
        };
        if let Some(track) = &track {
            self.check_length(name, kind, track, length);
        }
        let (timeline, began) = match track {
            None => by_log.map_or((None, None), |(log, began)| (Some(log), Some(began))),
            Some(track) if kind == MediaKind::Photo => {
                let taken = track.first_at();
                (Some(track), Some(taken))
            }
            Some(track) => {
                let (timeline, began) = self.joined_with_log(name, track);
                (Some(timeline), began)
            }
        };
        let from = began.unwrap_or_else(|| self.undated());
        let started_at = began.filter(|at| is_dated(*at));
        self.legs.push(Leg {
            media: self.media.len(),
            path: path.to_owned(),
            kind,
            from,
            length,
            camera: lens.map(|lens| (lens, budget)),
            timeline,
        });
        self.media.push(FlightMedia {
            name: name.to_owned(),
            kind,
            started_at,
            duration_s: length.as_secs_f64(),
            frames: 0,
            telemetry: dialect,
            width: reading.size.width,
            height: reading.size.height,
        });
    }

    /// The log that says when a video of this length was recorded, and when it began.
    fn recorded(&self, length: SignedDuration) -> Option<(Timeline, Timestamp)> {
        let spans: Vec<_> = self.recordings.iter().map(|&(from, to, _)| (from, to)).collect();
        let began = flight::clock::recorded(&spans, length, None)?;
        let &(_, _, log) = self.recordings.iter().find(|(from, _, _)| *from == began)?;
        Some((self.logs.get(log)?.clone(), began))
    }

    /// Poses of one file, by what came with it.
    fn timeline(
        &mut self,
        name: &str,
        telemetry: Option<flight::Telemetry>,
        missing: Option<String>,
    ) -> (Option<Timeline>, String) {
        let Some(telemetry) = telemetry else {
            self.warnings.extend(missing.map(|detail| FlightWarning {
                code: WarningCode::NoTelemetry,
                file: name.to_owned(),
                detail,
                count: 1,
            }));
            return (None, String::new());
        };
        let dialect = telemetry.dialect.clone();
        match self.placed_in_time(telemetry) {
            Ok(timeline) => {
                self.warnings.extend(timeline.warnings().clone().about(name));
                (Some(timeline), dialect)
            }
            Err(error) => {
                self.warn(WarningCode::NoTelemetry, name, error.to_string());
                (None, dialect)
            }
        }
    }

    /// By its own times; where there are none, somewhere in 1970.
    fn placed_in_time(&self, telemetry: flight::Telemetry) -> Result<Timeline, flight::NoTimeline> {
        match Timeline::new(telemetry, &self.zone) {
            Err(flight::NoTimeline::NoClock(telemetry)) => {
                Timeline::anchored(*telemetry, self.undated())
            }
            other => other,
        }
    }

    /// A side file without gimbal angles takes its poses from the flight's log. They are set to each
    /// other's clock: to the video's, or to the log's where the video has none.
    fn joined_with_log(&mut self, name: &str, track: Timeline) -> (Timeline, Option<Timestamp>) {
        let began = track.started_at();
        if track.samples().any(|(_, sample)| sample.camera.is_some()) {
            return (track, began);
        }
        let mut joins =
            self.logs.iter().filter_map(|log| Some((flight::clock::join(&track, log)?, log)));
        let Some((join, log)) = joins.next() else { return (track, began) };
        let log = log.clone();
        if began.is_none_or(|began| !is_dated(began)) {
            let began = began.and_then(|began| began.checked_add(join.shift).ok());
            return (log, began);
        }
        self.clock_offset_s = Some(-join.shift.as_secs_f64());
        if join.shift.abs() > CLOCKS_AGREE {
            let detail = format!(
                "the video's clock is {:.1} s off that of the flight's log; poses were moved to fit",
                -join.shift.as_secs_f64()
            );
            self.warn(WarningCode::ClockOffset, name, detail);
        }
        (log.shifted(-join.shift), began)
    }

    /// Where a file begins that nobody gave a time: behind the others, counted from 1970.
    fn undated(&self) -> Timestamp {
        let last = self.legs.iter().map(|leg| leg.from + leg.length).max();
        last.filter(|last| *last < Timestamp::UNIX_EPOCH + UNDATED)
            .map_or(Timestamp::UNIX_EPOCH, |last| last + SignedDuration::from_mins(1))
    }

    fn check_length(
        &mut self,
        name: &str,
        kind: MediaKind,
        track: &Timeline,
        length: SignedDuration,
    ) {
        let Some(from) = track.started_at().filter(|_| kind == MediaKind::Video) else { return };
        let (first, last) = (track.first_at(), track.ended_at());
        let short = (from + length).duration_since(last);
        let early = first.duration_since(from);
        if short.abs() > OTHER || early.abs() > OTHER {
            let detail = format!(
                "the video lasts {:.0} s, its telemetry covers second {:.0} to {:.0}: it may belong to another video",
                length.as_secs_f64(),
                early.as_secs_f64(),
                last.duration_since(from).as_secs_f64(),
            );
            self.warn(WarningCode::OtherTelemetry, name, detail);
        }
    }

    fn warn(&mut self, code: WarningCode, file: &str, detail: String) {
        self.warnings.push(FlightWarning { code, file: file.to_owned(), detail, count: 1 });
    }

    fn finish(mut self) -> anyhow::Result<Luggage> {
        let source = source(self.items, &self.legs)?;
        self.legs.sort_by_key(|leg| leg.from);
        let track = track::track(&self.legs, &self.logs);
        let takeoff = track.first().and_then(|first| LonLat::new(first.lon, first.lat));
        let relief = self.relief(takeoff);
        if matches!(relief, Relief::Flat { .. }) && !self.legs.is_empty() {
            let detail =
                "no height model is configured (`flight.dem`): the ground is taken as level";
            self.warn(WarningCode::FlatGround, "", detail.to_owned());
        }
        if let Some(off) = self.route.as_ref().and_then(|route| route.distance_m(&track))
            && off.p95_m > OFF_ROUTE_M
        {
            let detail = format!("up to {:.0} m away from the planned route", off.p95_m);
            self.warn(WarningCode::OffRoute, "", detail);
        }
        Ok(Luggage {
            source,
            legs: Arc::new(Legs::new(self.legs, &relief)),
            media: self.media,
            warnings: self.warnings,
            track,
            route: self.route,
            aircraft: self.aircraft,
            clock_offset_s: self.clock_offset_s,
        })
    }

    fn relief(&self, takeoff: Option<LonLat>) -> Relief {
        match &self.grid {
            Some(grid) => Relief::Grid {
                grid: Arc::clone(grid),
                takeoff: takeoff.map_or(Takeoff::Unknown, Takeoff::OnGround),
                undulation_m: None,
            },
            None => Relief::Flat {
                above_takeoff_m: self.config.ground_above_takeoff_m,
                above_sea_m: self.config.ground_above_sea_m,
                undulation_m: None,
            },
        }
    }
}

/// Clocks that differ by less are said to agree.
const CLOCKS_AGREE: SignedDuration = SignedDuration::from_secs(1);
/// Files without a time are put within this of 1970.
const UNDATED: SignedDuration = SignedDuration::from_hours(24 * 365);
/// Farther from the planned route than this is worth a word, metres.
const OFF_ROUTE_M: f64 = 30.0;

fn heights(path: &Path) -> anyhow::Result<Arc<HeightGrid>> {
    let context = || format!("cannot use the height model `{}`", path.display());
    let bytes = media::bytes(path).with_context(context)?;
    Ok(Arc::new(HeightGrid::from_geotiff(&bytes).with_context(context)?))
}

/// Whether a time is one of the world, not one of those that files without a time are put at.
pub(super) fn is_dated(at: Timestamp) -> bool {
    at > Timestamp::UNIX_EPOCH + UNDATED
}

fn bare(name: &str, kind: MediaKind) -> FlightMedia {
    FlightMedia {
        name: name.to_owned(),
        kind,
        started_at: None,
        duration_s: 0.0,
        frames: 0,
        telemetry: String::new(),
        width: 0,
        height: 0,
    }
}

/// Derived from the bytes of the pictures, so that the same flight is the same source.
fn source(items: &[Item], legs: &[Leg]) -> anyhow::Result<SourceId> {
    let mut sums = Vec::new();
    for leg in legs {
        let item = items.iter().find(|item| item.path == leg.path);
        sums.push(match item.and_then(|item| item.sha256.clone()) {
            Some(sum) => sum,
            None => sha256(&leg.path)?,
        });
    }
    sums.sort();
    let whole = hex(&Sha256::digest(sums.concat()));
    Ok(SourceId::new(&format!("{FLIGHT}{}", &whole[..16]))?)
}

fn sha256(path: &Path) -> anyhow::Result<String> {
    let context = || format!("cannot read `{}`", path.display());
    let mut hasher = Sha256::new();
    std::io::copy(&mut File::open(path).with_context(context)?, &mut hasher)
        .with_context(context)?;
    Ok(hex(&hasher.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes every byte");
        text
    })
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |meta| meta.len())
}
