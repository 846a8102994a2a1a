//! One act, one alert: whether two alerts of different sources tell of the same thing.
//!
//! Cars stand two and a half metres apart, so nearness alone merges only where both places are known better than that; where
//! they are not, plates have to agree. When it cannot be told, they stay two: a person can see that, and nobody can see what was
//! merged wrongly and left out.

use std::time::Duration;

use domain::{Alert, LonLat, Place, Plane, SameAct};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// `[rules.merge]`: what may be one act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Merge {
    /// Whether alerts are merged at all. Default: true.
    pub enabled: bool,
    /// Places nearer than this may be one, metres. Default: 2.
    pub within_m: f64,
    /// The same where both plates were read and agree, metres. Default: 50.
    pub within_plate_m: f64,
    /// Between the end of one and the beginning of the other at most. Default: 10min.
    #[serde(with = "humantime_serde")]
    pub within: Duration,
}

impl Default for Merge {
    fn default() -> Self {
        Self { enabled: true, within_m: 2.0, within_plate_m: 50.0, within: Duration::from_mins(10) }
    }
}

/// Places must be told apart from their neighbours' before nearness says anything, metres.
const MOST_DOUBT_M: f64 = 2.5;

impl Merge {
    /// Each problem as (key, rule and value).
    pub(crate) fn validate(&self) -> Vec<(String, String)> {
        let metres = [("within_m", self.within_m), ("within_plate_m", self.within_plate_m)];
        let wrong = metres.into_iter().filter(|(_, value)| !(0.1..=1000.0).contains(value));
        wrong
            .map(|(key, value)| {
                let rule = format!("must lie between 0.1 and 1000, got `{value}`");
                (format!("rules.merge.{key}"), rule)
            })
            .collect()
    }

    /// Whether `a` and `b` tell of one act, and why; `None`: of two, or nobody can tell.
    pub fn same_act(&self, a: &Alert, b: &Alert) -> Option<SameAct> {
        let alike = self.enabled
            && a.id != b.id
            && a.rule == b.rule
            && a.source != b.source
            && a.class.confusable_with(b.class);
        if !alike {
            return None;
        }
        let gap = gap(a, b);
        if gap > SignedDuration::try_from(self.within).unwrap_or(SignedDuration::MAX) {
            return None;
        }
        let (apart_m, doubt_m) = apart(&a.place, &b.place)?;
        let plate = match (&a.plate, &b.plate) {
            (Some(one), Some(other)) if !agree(&one.text, &other.text) => return None,
            (Some(_), Some(_)) => true,
            _ => false,
        };
        let near = apart_m <= self.within_m && doubt_m <= MOST_DOUBT_M;
        let known = plate && apart_m <= self.within_plate_m;
        (near || known).then_some(SameAct { apart_m, doubt_m, gap_s: gap.as_secs_f64(), plate })
    }
}

/// Whether masked plates may be one; `?` is a province that could not be told.
fn agree(one: &str, other: &str) -> bool {
    one.chars().count() == other.chars().count()
        && one.chars().zip(other.chars()).all(|(a, b)| a == b || a == '?' || b == '?')
}

/// Between the end of one and the beginning of the other.
fn gap(a: &Alert, b: &Alert) -> SignedDuration {
    let end = |alert: &Alert| alert.ended_at.unwrap_or(alert.last_seen);
    let between = |end: Timestamp, begin: Timestamp| begin.duration_since(end);
    between(end(a), b.since).max(between(end(b), a.since)).max(SignedDuration::ZERO)
}

/// How far apart, and how sure that is, metres; `None` unless both are on the ground.
fn apart(a: &Place, b: &Place) -> Option<(f64, f64)> {
    let (
        Place::Ground { lon, lat, ellipse95: one, .. },
        Place::Ground { lon: x, lat: y, ellipse95: other, .. },
    ) = (*a, *b)
    else {
        return None;
    };
    let [east, north] = Plane::at(LonLat::new(lon, lat)?).metres(LonLat::new(x, y)?);
    Some((east.hypot(north), one.semi_major_m.hypot(other.semi_major_m)))
}

#[cfg(test)]
mod tests {
    use domain::{
        AlertId, Class, Covariance, GroundFix, MaskedPlate, Queue, Review, RuleId, Severity,
        SourceId, TimeBasis, TrackId,
    };

    use super::*;

    fn start() -> Timestamp {
        "2026-05-01T08:00:00Z".parse().unwrap()
    }

    /// Seen by `source` `east` metres off, from minute `from` to `to`.
    fn alert(source: &str, east: f64, sigma: f64, [from, to]: [i64; 2]) -> Alert {
        let source = SourceId::new(source).unwrap();
        let origin = Plane::at(LonLat::new(120.0, 30.0).unwrap());
        let position = origin.place([east, 0.0]).unwrap();
        let since = start() + SignedDuration::from_mins(from);
        let rule = RuleId::known("parking");
        Alert {
            id: AlertId::derive(&rule, &source, None, 1, since),
            revision: 1,
            rule,
            rule_version: None,
            rule_name: None,
            severity: Severity::General,
            matter_code: None,
            legal_basis: None,
            queue: Queue::known("parking-urban_mgmt"),
            source,
            source_name: String::new(),
            track: Some(TrackId(1)),
            terminal: None,
            class: Class::Car,
            score: None,
            plate: None,
            fence: None,
            place: GroundFix { position, covariance: Covariance::round(sigma) }.into(),
            outline: None,
            seen: None,
            probability_inside: 1.0,
            since,
            raised_at: since,
            last_seen: start() + SignedDuration::from_mins(to),
            ended_at: None,
            end_reason: None,
            dwell_s: 0.0,
            dwell_needed_s: 0.0,
            time_basis: TimeBasis::Capture,
            reminder: None,
            also: Vec::new(),
            part_of: None,
            why: None,
            review: Review::default(),
        }
    }

    fn with_plate(alert: Alert, text: &str) -> Alert {
        let plate = MaskedPlate { text: text.to_owned(), confidence: 0.9, colour: None, looks: 3 };
        Alert { plate: Some(plate), ..alert }
    }

    fn merged(a: &Alert, b: &Alert) -> bool {
        let policy = Merge::default();
        let (there, back) = (policy.same_act(a, b), policy.same_act(b, a));
        assert_eq!(there, back, "in either order");
        there.is_some()
    }

    #[test]
    fn what_may_be_one_act() {
        let first = alert("cam-1", 0.0, 0.3, [0, 5]);
        for (other, one, why) in [
            (alert("cam-2", 1.0, 0.3, [1, 6]), true, "two cameras see one car"),
            (alert("flight-1", 1.0, 0.3, [14, 16]), true, "a flight nine minutes later"),
            (alert("cam-2", 1.0, 0.3, [16, 18]), false, "too late"),
            (alert("cam-2", 3.0, 0.3, [1, 6]), false, "the car beside it"),
            (alert("cam-2", 1.0, 2.0, [1, 6]), false, "nobody knows which of the row"),
            (alert("cam-1", 0.0, 0.3, [1, 6]), false, "a camera tells its cars apart itself"),
            (Alert { class: Class::Bus, ..alert("cam-2", 1.0, 0.3, [1, 6]) }, true, "taken for"),
            (Alert { class: Class::Dog, ..alert("cam-2", 1.0, 0.3, [1, 6]) }, false, "a dog"),
            (
                Alert { rule: RuleId::known("vending"), ..alert("cam-2", 1.0, 0.3, [1, 6]) },
                false,
                "another rule",
            ),
        ] {
            assert_eq!(merged(&first, &other), one, "{why}");
        }
    }

    #[test]
    fn plates_decide_where_places_cannot() {
        let first = with_plate(alert("cam-1", 0.0, 2.0, [0, 5]), "浙E·****5");
        let far = |plate| with_plate(alert("cam-2", 9.0, 2.0, [1, 6]), plate);
        assert!(merged(&first, &far("浙E·****5")));
        assert!(!merged(&first, &far("浙E·****6")));
        let near = with_plate(alert("cam-2", 0.5, 0.3, [1, 6]), "浙E·****6");
        assert!(!merged(&with_plate(alert("cam-1", 0.0, 0.3, [0, 5]), "浙E·****5"), &near));
    }

    #[test]
    fn a_pixel_is_no_place() {
        let first = alert("cam-1", 0.0, 0.3, [0, 5]);
        let other =
            Alert { place: Place::Image { x: 0.5, y: 0.5 }, ..alert("cam-2", 0.0, 0.3, [0, 5]) };
        assert!(!merged(&first, &other));
    }
}
