//! The conditions as a rule file writes them, and the few things that they are made of.

use std::time::Duration;

use domain::{Class, Datum, SourceId};
use serde::Deserialize;

use crate::kind::Kind;
use crate::scene::line::Line;
use crate::scene::read::out_of;
use crate::scene::rule::{Area, Condition, Deed, Muster, Presence, State, Way};

/// `[rule.condition]`; `is` says which.
#[derive(Debug, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum RawCondition {
    /// Inside for so long.
    Dwell(For),
    /// Inside, in one place, for so long.
    Stays(For),
    /// Inside `in`, and outside all open fences of these kinds, for so long.
    Outside {
        of: Vec<Kind>,
        #[serde(rename = "for", with = "humantime_serde")]
        needed: Duration,
    },
    Entry {
        #[serde(rename = "for", default = "a_second", with = "humantime_serde")]
        needed: Duration,
        /// Who is found inside, or is inside when the schedule opens, has not come in.
        #[serde(default)]
        seen_coming: bool,
    },
    Exit {
        #[serde(rename = "for", default = "a_second", with = "humantime_serde")]
        needed: Duration,
    },
    Crossing {
        line: RawLine,
        #[serde(default)]
        way: Way,
    },
    Count {
        at_least: usize,
        #[serde(rename = "for", with = "humantime_serde")]
        needed: Duration,
    },
    Speed {
        over_kmh: f64,
        #[serde(rename = "for", with = "humantime_serde")]
        needed: Duration,
    },
    Absence(For),
    Without {
        company: Vec<Class>,
        within_m: f64,
        #[serde(rename = "for", with = "humantime_serde")]
        needed: Duration,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct For {
    #[serde(rename = "for", with = "humantime_serde")]
    needed: Duration,
}

fn a_second() -> Duration {
    Duration::from_secs(1)
}

/// Two points of the ground or, with `source`, of its picture.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawLine {
    from: [f64; 2],
    to: [f64; 2],
    #[serde(default)]
    datum: Option<Datum>,
    #[serde(default)]
    source: Option<SourceId>,
}

/// The longest line, metres.
const LONGEST_M: f64 = 2000.0;
/// The shortest, metres.
const SHORTEST_M: f64 = 1.0;
/// The same in a picture, as a part of it.
const SHORTEST_PART: f64 = 0.02;

/// A condition, and the fences where everything is allowed that come with it.
pub(crate) type Made = (Condition, Option<Area>);

impl RawCondition {
    pub(crate) fn made(self) -> Result<Made, String> {
        let state =
            |state, needed| Ok((Condition::State { state, needed: span(needed, 0.5)? }, None));
        let inside = |presence, needed| state(State::Inside { presence }, needed);
        match self {
            Self::Dwell(For { needed }) | Self::Entry { needed, seen_coming: false } => {
                inside(Presence::Any, needed)
            }
            Self::Stays(For { needed }) => inside(Presence::Still, needed),
            Self::Outside { of, needed } => {
                if of.is_empty() || of.len() > Kind::ALL.len() {
                    return Err("`condition.of` must name a kind of fence".to_owned());
                }
                let (condition, _) = inside(Presence::Any, needed)?;
                Ok((condition, Some(Area { kinds: of, ids: Vec::new() })))
            }
            Self::Entry { needed, seen_coming: true } => inside(Presence::CameIn, needed),
            Self::Exit { needed } => {
                Ok((Condition::Deed(Deed::Exit { needed: span(needed, 0.5)? }), None))
            }
            Self::Crossing { line, way } => {
                Ok((Condition::Deed(Deed::Cross { line: line.made()?, way }), None))
            }
            Self::Count { at_least, needed } => {
                if !(1..=1000).contains(&at_least) {
                    return Err(format!(
                        "`condition.at_least` must lie between 1 and 1000, got {at_least}"
                    ));
                }
                let muster = Muster::AtLeast(at_least);
                Ok((Condition::Place { muster, needed: span(needed, 0.5)? }, None))
            }
            Self::Absence(For { needed }) => {
                let needed = span(needed, 5.0)?;
                Ok((Condition::Place { muster: Muster::Nobody, needed }, None))
            }
            Self::Speed { over_kmh, needed } => {
                refuse(out_of("condition.over_kmh", over_kmh, &(1.0..=200.0), "km/h"))?;
                state(State::Fast { over_mps: over_kmh / 3.6 }, needed)
            }
            Self::Without { company, within_m, needed } => {
                refuse(out_of("condition.within_m", within_m, &(0.5..=100.0), "metres"))?;
                if company.is_empty() || company.len() > 16 {
                    return Err("`condition.company` must name 1 to 16 classes".to_owned());
                }
                state(State::Alone { without: company, within_m }, needed)
            }
        }
    }
}

fn refuse(problem: Option<String>) -> Result<(), String> {
    problem.map_or(Ok(()), Err)
}

/// `for`, which is at most 30 days.
fn span(needed: Duration, least_s: f64) -> Result<Duration, String> {
    let range = least_s..=2_592_000.0;
    refuse(out_of("condition.for", needed.as_secs_f64(), &range, "seconds"))?;
    Ok(needed)
}

impl RawLine {
    fn made(self) -> Result<Line, String> {
        match self.source {
            None => {
                let datum = self.datum.unwrap_or_default();
                let end = |[lon, lat]: [f64; 2]| {
                    datum.to_wgs84(lon, lat).ok_or_else(|| {
                        format!("`condition.line` has the point {lon}, {lat}, no place on earth; give [longitude, latitude]")
                    })
                };
                let (from, to) = (end(self.from)?, end(self.to)?);
                let [east, north] = domain::Plane::at(from).metres(to);
                let range = SHORTEST_M..=LONGEST_M;
                refuse(out_of("condition.line", east.hypot(north), &range, "metres"))?;
                Ok(Line::Ground { from, to })
            }
            Some(_) if self.datum.is_some() => {
                Err("`condition.line.datum` is for the ground, not for a picture".to_owned())
            }
            Some(source) => {
                let (from, to) = (self.from, self.to);
                let inside = [from, to].as_flattened().iter().all(|n| (0.0..=1.0).contains(n));
                let length = (to[0] - from[0]).hypot(to[1] - from[1]);
                if !inside || length < SHORTEST_PART {
                    return Err("`condition.line` in a picture has two points, 0 to 1 from the left and from the top, apart by 0.02 or more".to_owned());
                }
                Ok(Line::Picture { source, from, to })
            }
        }
    }
}
