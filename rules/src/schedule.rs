//! When a fence applies: weekly hours in a time zone, on days of a calendar, within a period of validity.

use std::sync::Arc;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, Days};

/// When a fence applies. The default applies always.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Schedule {
    pub valid_from: Option<Timestamp>,
    /// Exclusive.
    pub valid_to: Option<Timestamp>,
    weekly: Option<Weekly>,
}

#[derive(Debug, Clone, PartialEq)]
struct Weekly {
    /// As it was given.
    raw: RawSchedule,
    zone: TimeZone,
    calendar: Arc<Calendar>,
    hours: Vec<Hours>,
}

#[derive(Debug, Clone, PartialEq)]
struct Hours {
    days: Vec<Days>,
    from: Time,
    /// At or before `from`: the hours run past midnight.
    to: Time,
}

/// A schedule as GeoJSON carries it:
/// `{"time_zone":"Asia/Shanghai","weekly":[{"days":["workdays","sat"],"from":"07:00","to":"20:00"}]}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSchedule {
    time_zone: String,
    weekly: Vec<RawHours>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHours {
    days: Vec<Days>,
    from: String,
    to: String,
}

/// Why a schedule is none.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    #[error("`{name}` is no time zone; use a name like `Asia/Shanghai`")]
    Zone { name: String, source: jiff::Error },
    #[error("`{text}` is no time of day; use `HH:MM`")]
    Time { text: String, source: jiff::Error },
    #[error(
        "weekly hours without a day apply never; name at least one of mon … sun, workdays, rest_days"
    )]
    NoDay,
    #[error("a schedule without hours applies never; leave `schedule` out if it applies always")]
    NoHours,
    #[error("a schedule has more than {} weekly hours", Weekly::MOST_HOURS)]
    ManyHours,
    #[error("`valid_to` is not after `valid_from`")]
    Empty,
}

impl Schedule {
    pub(crate) fn new(
        raw: Option<RawSchedule>,
        valid_from: Option<Timestamp>,
        valid_to: Option<Timestamp>,
        calendar: &Arc<Calendar>,
    ) -> Result<Self, ScheduleError> {
        if valid_from.zip(valid_to).is_some_and(|(from, to)| to <= from) {
            return Err(ScheduleError::Empty);
        }
        let weekly = raw.map(|raw| Weekly::new(raw, calendar)).transpose()?;
        Ok(Self { valid_from, valid_to, weekly })
    }

    /// The weekly hours as they were given.
    pub(crate) fn weekly_hours(&self) -> Option<&RawSchedule> {
        self.weekly.as_ref().map(|weekly| &weekly.raw)
    }

    /// Whether it holds at all at `at`, whatever its hours.
    pub fn is_valid(&self, at: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= at) && self.valid_to.is_none_or(|to| at < to)
    }

    /// Since when it has applied without a break, if it applies at `at`. An always-open schedule has
    /// applied since the beginning of time.
    pub fn open_since(&self, at: Timestamp) -> Option<Timestamp> {
        if !self.is_valid(at) {
            return None;
        }
        let opened = match &self.weekly {
            None => Timestamp::MIN,
            Some(weekly) => weekly.open_since(at)?,
        };
        Some(self.valid_from.map_or(opened, |from| from.max(opened)))
    }
}

impl Weekly {
    const MOST_HOURS: usize = 100;

    fn new(raw: RawSchedule, calendar: &Arc<Calendar>) -> Result<Self, ScheduleError> {
        let zone = TimeZone::get(&raw.time_zone)
            .map_err(|source| ScheduleError::Zone { name: raw.time_zone.clone(), source })?;
        if raw.weekly.len() > Self::MOST_HOURS {
            return Err(ScheduleError::ManyHours);
        }
        if raw.weekly.is_empty() {
            return Err(ScheduleError::NoHours);
        }
        let hours = raw.weekly.iter().map(Hours::new).collect::<Result<_, _>>()?;
        Ok(Self { raw, zone, calendar: Arc::clone(calendar), hours })
    }

    /// Follows hours that touch or overlap back to where they began, one week at most.
    fn open_since(&self, at: Timestamp) -> Option<Timestamp> {
        let mut opened = self.latest_opening(at)?;
        for _ in 0..self.hours.len() * 8 {
            let Ok(before) = opened.checked_sub(SignedDuration::from_nanos(1)) else { break };
            match self.latest_opening(before) {
                Some(earlier) => opened = earlier,
                None => break,
            }
        }
        Some(opened)
    }

    /// The beginning of hours that hold `at`.
    fn latest_opening(&self, at: Timestamp) -> Option<Timestamp> {
        let local = at.to_zoned(self.zone.clone());
        self.hours.iter().filter_map(|hours| hours.opening(&self.calendar, &local, at)).min()
    }
}

impl Hours {
    fn new(raw: &RawHours) -> Result<Self, ScheduleError> {
        if raw.days.is_empty() {
            return Err(ScheduleError::NoDay);
        }
        Ok(Self { days: raw.days.clone(), from: time(&raw.from)?, to: time(&raw.to)? })
    }

    /// Hours of today or, past midnight, of yesterday.
    fn opening(&self, calendar: &Calendar, local: &Zoned, at: Timestamp) -> Option<Timestamp> {
        [local.date(), local.date().yesterday().ok()?].into_iter().find_map(|date| {
            if !self.days.iter().any(|&days| calendar.holds(days, date)) {
                return None;
            }
            let zone = local.time_zone();
            let last = if self.to <= self.from { date.tomorrow().ok()? } else { date };
            let from = zone.to_timestamp(date.to_datetime(self.from)).ok()?;
            let to = zone.to_timestamp(last.to_datetime(self.to)).ok()?;
            (from <= at && at < to).then_some(from)
        })
    }
}

/// `24:00` is accepted as the midnight that ends the day.
fn time(text: &str) -> Result<Time, ScheduleError> {
    if text == "24:00" {
        return Ok(Time::midnight());
    }
    Time::strptime("%H:%M", text)
        .map_err(|source| ScheduleError::Time { text: text.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(weekly: &str) -> Schedule {
        let json = format!(r#"{{"time_zone":"Asia/Shanghai","weekly":{weekly}}}"#);
        let plain = Arc::new(Calendar::default());
        Schedule::new(Some(serde_json::from_str(&json).unwrap()), None, None, &plain).unwrap()
    }

    /// 2026-11-16 is a Monday.
    fn at(text: &str) -> Timestamp {
        format!("2026-11-{text}+08:00").parse().unwrap()
    }

    #[test]
    fn hours_of_the_week() {
        let day = schedule(r#"[{"days":["mon","tue"],"from":"07:00","to":"20:00"}]"#);
        assert_eq!(day.open_since(at("16T06:59:59")), None);
        assert_eq!(day.open_since(at("16T07:00:00")), Some(at("16T07:00:00")));
        assert_eq!(day.open_since(at("16T19:59:59")), Some(at("16T07:00:00")));
        assert_eq!(day.open_since(at("16T20:00:00")), None);
        assert_eq!(day.open_since(at("18T12:00:00")), None);
    }

    #[test]
    fn hours_past_midnight_belong_to_the_day_they_begin() {
        let night = schedule(r#"[{"days":["mon"],"from":"22:00","to":"06:00"}]"#);
        assert_eq!(night.open_since(at("17T05:00:00")), Some(at("16T22:00:00")));
        assert_eq!(night.open_since(at("16T05:00:00")), None);
    }

    #[test]
    fn hours_that_touch_are_one() {
        let all = schedule(
            r#"[{"days":["mon","tue"],"from":"00:00","to":"24:00"},{"days":["tue"],"from":"08:00","to":"09:00"}]"#,
        );
        assert_eq!(all.open_since(at("17T08:30:00")), Some(at("16T00:00:00")));
    }

    #[test]
    fn validity_bounds_the_hours() {
        let (from, to) = (Some(at("16T10:00:00")), Some(at("16T12:00:00")));
        let schedule = Schedule::new(None, from, to, &Arc::default()).unwrap();
        assert_eq!(schedule.open_since(at("16T09:00:00")), None);
        assert_eq!(schedule.open_since(at("16T11:00:00")), Some(at("16T10:00:00")));
        assert_eq!(schedule.open_since(at("16T12:00:00")), None);
        assert_eq!(Schedule::default().open_since(at("16T12:00:00")), Some(Timestamp::MIN));
    }

    #[test]
    fn bad_schedules_say_what_is_wrong() {
        let check = |json: &str, wanted: &str| {
            let raw = serde_json::from_str(json).unwrap();
            let refused = Schedule::new(Some(raw), None, None, &Arc::default()).unwrap_err();
            assert_eq!(refused.to_string(), wanted);
        };
        check(
            r#"{"time_zone":"Asia/Peking","weekly":[]}"#,
            "`Asia/Peking` is no time zone; use a name like `Asia/Shanghai`",
        );
        check(
            r#"{"time_zone":"UTC","weekly":[{"days":["mon"],"from":"7 am","to":"08:00"}]}"#,
            "`7 am` is no time of day; use `HH:MM`",
        );
        check(
            r#"{"time_zone":"UTC","weekly":[{"days":[],"from":"07:00","to":"08:00"}]}"#,
            "weekly hours without a day apply never; name at least one of mon … sun, workdays, rest_days",
        );
    }
    #[test]
    fn workdays_are_those_of_the_calendar() {
        let json = r#"{"time_zone":"Asia/Shanghai","weekly":[{"days":["workdays"],"from":"07:00","to":"20:00"},
            {"days":["rest_days"],"from":"22:00","to":"02:00"}]}"#;
        let golden = Arc::new(crate::calendar::tests::golden_week());
        let raw = serde_json::from_str(json).unwrap();
        let schedule = Schedule::new(Some(raw), None, None, &golden).unwrap();
        let open = |text: &str| schedule.open_since(format!("2026-{text}+08:00").parse().unwrap());
        for (moment, is_open) in [
            ("09-26T12:00", false), // Saturday
            ("09-27T12:00", true),  // Sunday, worked
            ("10-01T12:00", false), // Thursday, off
            ("10-01T01:00", false), // its eve was worked
            ("10-02T01:00", true),  // its eve was off
            ("10-08T01:59", true),
            ("10-08T12:00", true),
        ] {
            assert_eq!(open(moment).is_some(), is_open, "{moment}");
        }
    }

    #[test]
    fn a_schedule_without_hours_is_refused() {
        let raw = serde_json::from_str(r#"{"time_zone":"UTC","weekly":[]}"#).unwrap();
        let refused = Schedule::new(Some(raw), None, None, &Arc::default()).unwrap_err();
        assert!(refused.to_string().contains("applies never"), "{refused}");
    }
}
