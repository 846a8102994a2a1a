//! Tests inside a rule file: a timeline of what is seen, second by second, and the events that must come of it.

use std::sync::Arc;

use domain::{
    Authority, Class, Covariance, GroundFix, ImagePoint, LonLat, Mount, Observation, Plane, RelBox,
    RuleId, RuleName, Size, SourceId, TimeBasis, TrackId, View,
};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::Parking;
use crate::calendar::Calendar;
use crate::engine::Outcome;
use crate::fences::Fences;
use crate::kind::Kind;
use crate::scene::line::Line;
use crate::scene::nearness::size_m;
use crate::scene::row::{Row, What};
use crate::scene::rule::{Condition, Deed, Rule};
use crate::scene::{Scenes, Watch};
use crate::schedule::RawSchedule;

/// `[[rule.test]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTest {
    name: String,
    #[serde(default)]
    at: Option<String>,
    #[serde(default)]
    time_zone: Option<String>,
    #[serde(default)]
    camera: Camera,
    #[serde(default)]
    fences: Vec<RawFence>,
    rows: Vec<String>,
    expect: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Camera {
    #[default]
    Fixed,
    /// It may look away.
    Drone,
}

/// A rectangle around the middle of the test: west, south, east and north, metres.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawFence {
    id: domain::FenceId,
    kind: Kind,
    area: [f64; 4],
    #[serde(default)]
    authority: Option<Authority>,
    #[serde(default)]
    schedule: Option<RawSchedule>,
}

/// One test of a rule.
#[derive(Debug, Clone)]
pub(crate) struct Test {
    name: String,
    begin: Timestamp,
    camera: Camera,
    fences: Arc<Fences>,
    rows: Vec<Row>,
    expect: Vec<String>,
}

/// How a test went.
#[derive(Debug, Clone, PartialEq)]
pub struct TestReport {
    pub file: String,
    pub rule: RuleId,
    pub rule_name: RuleName,
    pub test: String,
    /// None: it passed.
    pub mismatch: Option<Mismatch>,
}

/// What was wanted, and what came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    pub expected: Vec<String>,
    pub got: Vec<String>,
}

const MOST_ROWS: usize = 200;
const MOST_FENCES: usize = 20;
const MOST_EVENTS: usize = 200;
const MOST_LETTERS: usize = 200;
/// Fences lie this near to the middle, metres.
const FARTHEST_M: f64 = 1000.0;
/// The width of the picture, metres.
const PICTURE_M: f64 = 80.0;
/// A drone looks at so much around the middle, metres, or at a place this far away.
const LOOKED_M: f64 = 150.0;
const AWAY_M: f64 = 5000.0;
const SIZE: Size = Size { width: 1920, height: 1080 };

impl RawTest {
    pub(crate) fn made(self, rule: &Rule, calendar: &Arc<Calendar>) -> Result<Test, String> {
        let name: String = self.name.chars().take(80).collect();
        let told = |problem: String| format!("test `{name}`: {problem}");
        let lists = [
            ("rows", self.rows.len(), 1..=MOST_ROWS),
            ("fences", self.fences.len(), 0..=MOST_FENCES),
            ("expect", self.expect.len(), 0..=MOST_EVENTS),
            ("name", self.name.chars().count(), 1..=MOST_LETTERS),
        ];
        for (key, count, range) in lists {
            if !range.contains(&count) {
                let (least, most) = (range.start(), range.end());
                return Err(told(format!("`{key}` has {count}, must have {least} to {most}")));
            }
        }
        let rows = self.rows.iter().map(|row| Row::read(row)).collect::<Result<Vec<_>, _>>();
        let rows = rows.map_err(|problem| told(format!("`rows`: {problem}")))?;
        if self.camera == Camera::Fixed && rows.iter().any(|row| row.what == What::Away) {
            return Err(told("`rows`: a fixed camera looks nowhere else; write `dark`".into()));
        }
        let expect = self.expect.iter().map(|event| wanted(event)).collect::<Result<_, _>>();
        let expect = expect.map_err(|problem| told(format!("`expect`: {problem}")))?;
        let begin = begin(self.at.as_deref(), self.time_zone.as_deref()).map_err(told)?;
        let fences = layer(&self.fences, &around(rule), calendar)
            .map_err(|problem| told(format!("`fences`: {problem}")))?;
        let (name, camera) = (self.name, self.camera);
        Ok(Test { name, begin, camera, fences: Arc::new(fences), rows, expect })
    }
}

/// An event that is expected: a second and words.
fn wanted(event: &str) -> Result<String, String> {
    let shown: String = event.chars().take(80).collect();
    let words: Vec<&str> = event.split_whitespace().collect();
    let [second, verb, ..] = words[..] else {
        return Err(format!("`{shown}` is no event; write like `12 raised` or `40 ended left`"));
    };
    if second.parse::<u32>().is_err() || !["raised", "ended", "look_again"].contains(&verb) {
        return Err(format!(
            "`{shown}` is no event: a second, then `raised`, `ended` or `look_again`"
        ));
    }
    Ok(words.join(" "))
}

/// By default a Monday morning in Shanghai.
fn begin(at: Option<&str>, zone: Option<&str>) -> Result<Timestamp, String> {
    let name = zone.unwrap_or("Asia/Shanghai");
    let zone = TimeZone::get(name).map_err(|error| format!("`time_zone`: {error}"))?;
    let day: Date = jiff::civil::date(2026, 11, 16);
    let text = at.unwrap_or("09:00");
    let local: DateTime = text
        .parse::<DateTime>()
        .ok()
        .filter(|_| text.contains('-'))
        .or_else(|| Some(day.to_datetime(text.parse::<Time>().ok()?)))
        .ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            format!("`at` is `{shown}`; write a time of day like `22:30`, or `2026-11-16T22:30`")
        })?;
    zone.to_timestamp(local).map_err(|error| format!("`at`: {error}"))
}

/// The middle of a test: of the rule's line, or anywhere.
fn around(rule: &Rule) -> Plane {
    let anywhere = [120.0868, 30.8943];
    let [lon, lat] = match &rule.condition {
        Condition::Deed(Deed::Cross { line: Line::Ground { from, to }, .. }) => {
            [f64::midpoint(from.lon(), to.lon()), f64::midpoint(from.lat(), to.lat())]
        }
        _ => anywhere,
    };
    let place = LonLat::new(lon, lat).or_else(|| LonLat::new(anywhere[0], anywhere[1]));
    Plane::at(place.expect("Huzhou is on earth"))
}

fn layer(raw: &[RawFence], plane: &Plane, calendar: &Arc<Calendar>) -> Result<Fences, String> {
    let features: Result<Vec<serde_json::Value>, String> =
        raw.iter().map(|fence| fence.feature(plane)).collect();
    let text = serde_json::json!({"type": "FeatureCollection", "features": features?}).to_string();
    Fences::by_calendar([text.as_str()], [], calendar).map_err(|error| error.to_string())
}

impl RawFence {
    fn feature(&self, plane: &Plane) -> Result<serde_json::Value, String> {
        let [west, south, east, north] = self.area;
        let near = self.area.iter().all(|side| side.abs() <= FARTHEST_M);
        if !near || west >= east || south >= north {
            return Err(format!(
                "`{}` has no `area` of west, south, east and north, metres within {FARTHEST_M}",
                self.id
            ));
        }
        let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
        let corners: Option<Vec<[f64; 2]>> =
            ring.iter().map(|corner| plane.place(*corner).map(|p| [p.lon(), p.lat()])).collect();
        let mut properties = serde_json::json!({"name": self.id.as_str(), "kind": self.kind});
        if let Some(authority) = self.authority {
            properties["parking_authority"] = serde_json::json!(authority);
        }
        if let Some(schedule) = &self.schedule {
            properties["schedule"] = serde_json::json!(schedule);
        }
        if self.kind == Kind::ConstructionSite {
            properties["permit"] = serde_json::json!({"number": "test"});
        }
        Ok(serde_json::json!({
            "type": "Feature",
            "id": self.id.as_str(),
            "geometry": {"type": "Polygon", "coordinates": [corners]},
            "properties": properties,
        }))
    }
}

impl Test {
    /// Plays the timeline to the rule alone.
    pub(crate) fn run(&self, file: &str, rule: &Rule) -> TestReport {
        let got = self.play(rule);
        let fits = |(got, wanted): (&String, &String)| says(got, wanted);
        let passed = got.len() == self.expect.len() && got.iter().zip(&self.expect).all(fits);
        TestReport {
            file: file.to_owned(),
            rule: rule.id.clone(),
            rule_name: rule.name.clone(),
            test: self.name.clone(),
            mismatch: (!passed).then(|| Mismatch { expected: self.expect.clone(), got }),
        }
    }

    fn play(&self, rule: &Rule) -> Vec<String> {
        // A shadow decides as it will when it is let out.
        let rule = Rule { shadow: false, ..rule.clone() };
        let mut watch = Watch::new(Arc::new(Scenes::alone(&rule)), &self.fences);
        let config = Parking::default();
        let stage = Stage::of(&rule);
        let last = self.rows.iter().map(|row| row.to).max().unwrap_or(0);
        let mut log = Vec::new();
        for second in 0..last {
            let now =
                |what: &What| self.rows.iter().any(|row| row.holds(second) && row.what == *what);
            if now(&What::Dark) {
                continue;
            }
            let view = self.view(&stage, second, now(&What::Away));
            let mut out = Vec::new();
            watch.observe(&view, &self.fences, &config, "test", &mut out);
            log.extend(out.iter().filter_map(|outcome| self.told(second, outcome)));
        }
        log
    }

    fn view(&self, stage: &Stage, second: u32, away: bool) -> View {
        let seen = |row: &Row| match row.what {
            What::Thing(thing) if row.holds(second) && !away => {
                row.sighting(second).map(|(place, sigma)| stage.observe(thing, place, sigma))
            }
            _ => None,
        };
        let mount = match self.camera {
            Camera::Fixed => Mount::Fixed,
            Camera::Drone => Mount::Moving { looked: stage.looked(away) },
        };
        View {
            source: stage.source.clone(),
            at: self.begin + SignedDuration::from_secs(i64::from(second)),
            basis: TimeBasis::Capture,
            frame: u64::from(second),
            size: SIZE,
            mount,
            observations: self.rows.iter().filter_map(seen).collect(),
        }
    }

    fn told(&self, second: u32, outcome: &Outcome) -> Option<String> {
        let who = |alert: &domain::Alert| {
            let track = alert.track.map(|track| format!(" {}#{track}", alert.class));
            track.unwrap_or_default()
        };
        match outcome {
            Outcome::Raised(alert) => {
                let since = alert.since.duration_since(self.begin).as_secs();
                Some(format!("{second} raised{} since {since}", who(alert)))
            }
            Outcome::Ended(alert) => {
                let reason = serde_json::to_value(alert.end_reason).ok()?;
                Some(format!("{second} ended {}{}", reason.as_str()?, who(alert)))
            }
            Outcome::LookAgain(again) => Some(format!("{second} look_again #{}", again.track)),
            _ => None,
        }
    }
}

/// Whether an event has all the words that are wanted, in their order.
fn says(got: &str, wanted: &str) -> bool {
    let mut words = got.split(' ');
    wanted.split(' ').all(|word| words.any(|other| other == word))
}

/// Where a test plays.
struct Stage {
    source: SourceId,
    plane: Plane,
    /// The rule's line is in a picture: there things are too.
    picture: bool,
}

impl Stage {
    fn of(rule: &Rule) -> Self {
        let drawn = match &rule.condition {
            Condition::Deed(Deed::Cross { line: Line::Picture { source, .. }, .. }) => Some(source),
            _ => None,
        };
        let source = drawn.or_else(|| rule.sources.first()).cloned();
        let source = source.unwrap_or_else(|| SourceId::new("test").expect("`test` is a valid id"));
        Self { source, plane: around(rule), picture: drawn.is_some() }
    }

    fn observe(&self, (class, track): (Class, u64), at: [f64; 2], sigma: f64) -> Observation {
        let [east, north] = at;
        let side = size_m(class) / PICTURE_M;
        let foot = ImagePoint { x: 0.5 + east / PICTURE_M, y: 0.5 - north / PICTURE_M };
        let seen = Some(RelBox { x: foot.x - side / 2.0, y: foot.y - side, w: side, h: side });
        let covariance = Covariance::round(sigma);
        let ground = self.plane.place(at).map(|position| GroundFix { position, covariance }.into());
        let place = ground.filter(|_| !self.picture).unwrap_or_else(|| foot.into());
        Observation { track: TrackId(track), class, score: 0.9, seen, place, look: None }
    }

    fn looked(&self, away: bool) -> Vec<[f64; 2]> {
        let middle = if away { AWAY_M } else { 0.0 };
        let (west, east) = (middle - LOOKED_M, middle + LOOKED_M);
        let (south, north) = (-LOOKED_M, LOOKED_M);
        let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
        ring.iter().filter_map(|c| self.plane.place(*c)).map(|p| [p.lon(), p.lat()]).collect()
    }
}
