//! The aircraft of a flight as it was heard live: one more log, for videos that bring no poses.
//!
//! Which aircraft it was says whoever made the flight, or else the photos of the flight, if they
//! agree. When a video was recorded says its container.

use anyhow::Context as _;
use domain::{FlightWarning, WarningCode};
use flight::{Timeline, cloud};
use ground::Budget;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::media::Reading;

/// Payloads of an aircraft from one instant to another, in the order of their time.
type Heard<'a> = &'a dyn Fn(&str, Timestamp, Timestamp) -> anyhow::Result<Vec<String>>;

/// Who is asked for what aircraft said.
pub(crate) struct Radio<'a> {
    /// The serial number that the flight was given.
    pub aircraft: Option<String>,
    pub heard: Heard<'a>,
}

impl Radio<'_> {
    /// Where nobody listens.
    pub(crate) const SILENT: Self = Self { aircraft: None, heard: &|_, _, _| Ok(Vec::new()) };
}

/// What was heard of the aircraft around the videos of a flight.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub serial: String,
    timeline: Option<Timeline>,
    /// Why there is none, or what is wrong with it.
    pub warnings: Vec<FlightWarning>,
}

/// A flight is longer than its videos: so much before and after them is its path too.
const AROUND: SignedDuration = SignedDuration::from_secs(60);
/// What a container's clock, which counts whole seconds, may be off from the aircraft's; 1σ.
const CLOCK_S: f64 = 1.0;

impl Log {
    /// Asks for the log where one of `readings` needs it.
    pub(super) fn around<'r>(
        radio: &Radio<'_>,
        readings: impl Iterator<Item = &'r Reading> + Clone,
    ) -> Self {
        let wanting = readings.clone().filter(|reading| wants(reading));
        let spans: Vec<_> = wanting.filter_map(span).collect();
        let from = spans.iter().map(|(from, _)| *from).min();
        let to = spans.iter().map(|(_, to)| *to).max();
        let serial = radio.aircraft.clone().or_else(|| told_by_photos(readings));
        let (Some(serial), Some(from), Some(to)) = (serial.clone(), from, to) else {
            return Self { serial: serial.unwrap_or_default(), ..Self::default() };
        };
        let mut log = Self { serial, ..Self::default() };
        // A container may claim the end of all time.
        let begin = from.saturating_sub(AROUND).unwrap_or(from);
        let end = to.saturating_add(AROUND).unwrap_or(to);
        match heard(radio, &log.serial, begin, end) {
            Ok(Some(timeline)) => {
                log.warnings.extend(timeline.warnings().clone().about(""));
                log.timeline = Some(timeline);
            }
            Ok(None) => log.warn(format!(
                "aircraft {} was not heard from {from} to {to}, when by their containers the videos were recorded",
                log.serial
            )),
            Err(error) => log.warn(format!("{error:#}")),
        }
        log
    }

    pub(super) fn timeline(&self) -> Option<&Timeline> {
        self.timeline.as_ref()
    }

    /// The log, and when a video began that it covers, or what is missing.
    pub(super) fn of(&self, video: &Reading) -> Result<(Timeline, Timestamp), String> {
        const NOWHERE: &str = "no telemetry belongs to it: what it shows is not placed";
        if self.serial.is_empty() {
            return Err(format!("{NOWHERE}; nobody said which aircraft flew it"));
        }
        let Some((from, to)) = span(video) else {
            return Err(format!(
                "{NOWHERE}; its container does not say when it was recorded, so that nothing heard of aircraft {} can be joined to it",
                self.serial
            ));
        };
        let covering = self
            .timeline
            .as_ref()
            .filter(|timeline| timeline.samples().any(|(at, _)| (from..=to).contains(&at)));
        let serial = &self.serial;
        covering.map(|timeline| (timeline.clone(), from)).ok_or_else(|| {
            format!("{NOWHERE}; aircraft {serial} was not heard from {from} to {to}, when by its container it was recorded")
        })
    }

    fn warn(&mut self, detail: String) {
        let (code, file) = (WarningCode::NoTelemetry, String::new());
        self.warnings.push(FlightWarning { code, file, detail, count: 1 });
    }
}

/// Of poses that were heard live, for a video whose time its container tells.
pub(super) fn doubtful(budget: Budget) -> Budget {
    Budget { clock_s: budget.clock_s.max(CLOCK_S), ..budget }
}

/// A video without poses of its own.
fn wants(reading: &Reading) -> bool {
    let posed =
        |telemetry: &flight::Telemetry| telemetry.samples.iter().any(|s| s.camera.is_some());
    reading.length > SignedDuration::ZERO && !reading.telemetry.as_ref().is_some_and(posed)
}

/// When a video was recorded.
fn span(reading: &Reading) -> Option<(Timestamp, Timestamp)> {
    let from = reading.recorded_at?;
    Some((from, from.checked_add(reading.length).ok()?))
}

/// The one serial number that photos tell.
fn told_by_photos<'r>(readings: impl Iterator<Item = &'r Reading>) -> Option<String> {
    let mut told = readings.map(|reading| &reading.serial).filter(|serial| !serial.is_empty());
    let first = told.next()?;
    told.all(|other| other == first).then(|| first.clone())
}

fn heard(
    radio: &Radio<'_>,
    serial: &str,
    from: Timestamp,
    to: Timestamp,
) -> anyhow::Result<Option<Timeline>> {
    let payloads = (radio.heard)(serial, from, to)
        .with_context(|| format!("what aircraft {serial} said cannot be read"))?;
    let read = cloud::replay(payloads.iter().map(String::as_str));
    if read.samples.iter().all(|sample| sample.position.is_none()) {
        return Ok(None);
    }
    Timeline::new(read, &TimeZone::UTC).map(Some).context("what was heard has no place in time")
}
