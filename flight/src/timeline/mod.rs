//! Telemetry laid along the time of the world: where the camera was at any instant.
//!
//! Owns turning rows into instants (`instants`), what lies between two rows (`between`), how far a
//! row is zoomed in (`magnified`), and what only a whole flight shows to be wrong (`checks`). Assumes rows of one aircraft.
//! Leaves to others: whether a video's clock agrees with this one, see [`crate::clock`].

mod between;
mod checks;
mod instants;
mod magnified;

use domain::{Attitude, Fix, Heights, LonLat, Plane, Pose};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::{Sample, Telemetry, Warnings};
pub(crate) use between::turn;
use instants::Dated;
use magnified::Widest;

/// A pose is held this long before the first and after the last row.
pub const HELD: SignedDuration = SignedDuration::from_secs(2);
/// Between rows further apart than this nothing is known.
pub const LONGEST_GAP: SignedDuration = SignedDuration::from_secs(5);
/// Speed and turning are measured over twice this.
const HALF_WINDOW: SignedDuration = SignedDuration::from_millis(500);
/// A range measured longer ago than this is of another target.
const LASER_AGE_S: f64 = 0.5;

/// Why telemetry has no place in time.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoTimeline {
    #[error("the telemetry has no entries")]
    Empty,
    /// Gives the telemetry back, for [`Timeline::anchored`].
    #[error("the telemetry counts from the start of its video and does not say when that was")]
    NoClock(Box<Telemetry>),
    #[error("the telemetry does not say which second of the video its entries belong to")]
    NoMediaTime,
}

/// Poses of one aircraft at any instant that its telemetry covers.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// In order of time, no two alike.
    knots: Vec<Knot>,
    began: Option<Timestamp>,
    first: Timestamp,
    last: Timestamp,
    dialect: String,
    aircraft: String,
    warnings: Warnings,
}

/// A row with a position.
#[derive(Debug, Clone, PartialEq)]
struct Knot {
    at: Timestamp,
    position: LonLat,
    /// On top of the widest lens that was used.
    zoom: f64,
    sample: Sample,
}

impl Timeline {
    /// By the stamps of the rows; local ones are read in `zone`, with a warning. Where rows belong
    /// to seconds of a video too, those set the distances: cameras write stamps less evenly.
    pub fn new(telemetry: Telemetry, zone: &TimeZone) -> Result<Self, NoTimeline> {
        instants::by_stamps(telemetry, zone).map(Self::of)
    }

    /// By the seconds of the video, which started at `start`.
    pub fn anchored(telemetry: Telemetry, start: Timestamp) -> Result<Self, NoTimeline> {
        instants::by_media(telemetry, start).map(Self::of)
    }

    fn of(dated: Dated) -> Self {
        let Dated { rows, began, first, last, dialect, aircraft, mut warnings } = dated;
        let widest = Widest::of(rows.iter().map(|(_, sample)| sample));
        let knot = |(at, sample): (Timestamp, Sample)| {
            let position = sample.position?;
            Some(Knot { at, position, zoom: widest.magnification(&sample), sample })
        };
        let mut knots: Vec<Knot> = rows.into_iter().filter_map(knot).collect();
        knots.dedup_by_key(|knot| knot.at);
        checks::check(knots.iter().map(|knot| &knot.sample), &mut warnings);
        Self { knots, began, first, last, dialect, aircraft, warnings }
    }

    /// The instant of the first picture of the video, where the rows tell both times.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.began
    }

    /// The instant of the first row.
    pub fn first_at(&self) -> Timestamp {
        self.first
    }

    /// The instant of the last row.
    pub fn ended_at(&self) -> Timestamp {
        self.last
    }

    /// What the telemetry was read as.
    pub fn dialect(&self) -> &str {
        &self.dialect
    }

    /// The aircraft as it names itself; may be empty.
    pub fn aircraft(&self) -> &str {
        &self.aircraft
    }

    /// What is wrong with it, file and flight.
    pub fn warnings(&self) -> &Warnings {
        &self.warnings
    }

    /// The rows that have a position, in order of time.
    pub fn samples(&self) -> impl Iterator<Item = (Timestamp, &Sample)> {
        self.knots.iter().map(|knot| (knot.at, &knot.sample))
    }

    /// The row nearest to `at`, for what a pose does not carry: focal length, width of view.
    pub fn sample_at(&self, at: Timestamp) -> Option<&Sample> {
        let span = self.span(at)?;
        Some(&span.nearer().sample)
    }

    /// Everything `offset` later.
    #[must_use]
    pub fn shifted(mut self, offset: SignedDuration) -> Self {
        let later = |at: Timestamp| at.saturating_add(offset).unwrap_or(at);
        self.knots.iter_mut().for_each(|knot| knot.at = later(knot.at));
        self.began = self.began.map(later);
        (self.first, self.last) = (later(self.first), later(self.last));
        self
    }

    /// The camera turned clockwise by `deg`, to undo what its compass is off. The heading of the
    /// aircraft stays as it was written.
    #[must_use]
    pub fn with_yaw_offset(mut self, deg: f64) -> Self {
        for camera in self.knots.iter_mut().filter_map(|knot| knot.sample.camera.as_mut()) {
            camera.yaw_deg = between::turn(0.0, camera.yaw_deg + deg);
        }
        self
    }

    /// Where the camera was at `at`; `None` more than [`HELD`] outside the rows and in gaps of more
    /// than [`LONGEST_GAP`].
    pub fn pose_at(&self, at: Timestamp) -> Option<Pose> {
        let span = self.span(at)?;
        let nearest = span.nearer();
        let age_s = span.age_s(at);
        Some(Pose {
            at,
            position: span.position()?,
            heights: span.heights(),
            camera: span.camera(),
            heading_deg: span.heading(),
            speed_mps: span.speed().or_else(|| self.speed_by_places(at)).unwrap_or_default(),
            yaw_rate_dps: self.yaw_rate(at).unwrap_or_default(),
            fix: span.before.sample.fix.min(span.after.sample.fix),
            age_s,
            zoom: nearest.zoom,
            laser: nearest.sample.laser.filter(|_| age_s <= LASER_AGE_S),
        })
    }

    /// Position, height above take-off and speed alone: cheap, for comparing tracks.
    pub(crate) fn glance(&self, at: Timestamp) -> Option<Glance> {
        let span = self.span(at)?;
        Some(Glance {
            position: span.position()?,
            height_m: span.heights().above_takeoff_m,
            speed_mps: span.speed(),
        })
    }

    fn span(&self, at: Timestamp) -> Option<Span<'_>> {
        let after = self.knots.partition_point(|knot| knot.at < at);
        let before = after.checked_sub(1).and_then(|before| self.knots.get(before));
        match (before, self.knots.get(after)) {
            (_, Some(knot)) if knot.at == at => Some(Span::on(knot)),
            (Some(before), Some(after)) => Span::between(before, after, at),
            (Some(edge), None) | (None, Some(edge)) => {
                (at.duration_since(edge.at).abs() <= HELD).then_some(Span::on(edge))
            }
            (None, None) => None,
        }
    }

    /// Two instants around `at` that have rows on both sides or are the ends.
    fn window(&self, at: Timestamp) -> Option<[Timestamp; 2]> {
        let (first, last) = (self.knots.first()?.at, self.knots.last()?.at);
        let inside = |at: Timestamp| at.clamp(first, last);
        let from = inside(at.checked_sub(HALF_WINDOW).ok()?);
        let to = inside(at.checked_add(HALF_WINDOW).ok()?);
        (to > from).then_some([from, to])
    }

    fn speed_by_places(&self, at: Timestamp) -> Option<f64> {
        let [from, to] = self.window(at)?;
        let (start, end) = (self.span(from)?.position()?, self.span(to)?.position()?);
        let [east, north] = Plane::at(start).metres(end);
        Some(east.hypot(north) / to.duration_since(from).as_secs_f64())
    }

    fn yaw_rate(&self, at: Timestamp) -> Option<f64> {
        let [from, to] = self.window(at)?;
        let (start, end) = (self.span(from)?.camera()?, self.span(to)?.camera()?);
        Some(turn(start.yaw_deg, end.yaw_deg) / to.duration_since(from).as_secs_f64())
    }
}

pub(crate) struct Glance {
    pub(crate) position: LonLat,
    pub(crate) height_m: Option<f64>,
    pub(crate) speed_mps: Option<f64>,
}

/// The two rows around an instant, and how far it is from one to the other, 0..=1.
struct Span<'a> {
    before: &'a Knot,
    after: &'a Knot,
    share: f64,
}

impl<'a> Span<'a> {
    fn on(knot: &'a Knot) -> Self {
        Self { before: knot, after: knot, share: 0.0 }
    }

    fn between(before: &'a Knot, after: &'a Knot, at: Timestamp) -> Option<Self> {
        let gap = after.at.duration_since(before.at);
        let share = at.duration_since(before.at).as_secs_f64() / gap.as_secs_f64();
        (gap <= LONGEST_GAP).then_some(Self { before, after, share })
    }

    fn nearer(&self) -> &'a Knot {
        if self.share < 0.5 { self.before } else { self.after }
    }

    fn age_s(&self, at: Timestamp) -> f64 {
        at.duration_since(self.nearer().at).abs().as_secs_f64()
    }

    fn position(&self) -> Option<LonLat> {
        between::place(self.before.position, self.after.position, self.share)
    }

    fn camera(&self) -> Option<Attitude> {
        self.mix(|sample| sample.camera, between::attitude)
    }

    fn heading(&self) -> Option<f64> {
        self.mix(|sample| sample.heading_deg, between::bearing)
    }

    fn speed(&self) -> Option<f64> {
        self.mix(|sample| sample.speed_mps, between::number)
    }

    fn heights(&self) -> Heights {
        let height =
            |of: fn(&Heights) -> Option<f64>| self.mix(|s| of(&s.heights), between::number);
        Heights {
            above_takeoff_m: height(|heights| heights.above_takeoff_m),
            above_sea_m: height(|heights| heights.above_sea_m),
            above_ellipsoid_m: height(|heights| heights.above_ellipsoid_m),
        }
    }

    /// Between both rows where both say it; else what the nearer one says, or does not say.
    fn mix<T>(&self, of: impl Fn(&Sample) -> Option<T>, mix: fn(T, T, f64) -> T) -> Option<T> {
        match (of(&self.before.sample), of(&self.after.sample)) {
            (Some(before), Some(after)) => Some(mix(before, after, self.share)),
            _ => of(&self.nearer().sample),
        }
    }
}

/// Whether rows were ever better than a plain satellite position.
fn is_rtk(fix: Fix) -> bool {
    fix >= Fix::Float
}

#[cfg(test)]
mod tests;
