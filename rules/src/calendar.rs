//! Which days are worked: public holidays (节假日) and the days worked in exchange for them (调休).
//!
//! The State Council announces them year by year, so they are data, and none are built in. A day that a calendar does
//! not name is a workday from Monday to Friday.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

/// Days that are not what their weekday says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "RawCalendar")]
pub struct Calendar {
    worked: BTreeMap<Date, bool>,
}

/// `[[holiday]]` with `name`, `from`, `to` and the days worked for it, as a calendar file has them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCalendar {
    #[serde(default)]
    holiday: Vec<RawHoliday>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHoliday {
    name: String,
    from: Date,
    /// The last day.
    to: Date,
    #[serde(default)]
    workdays: Vec<Date>,
}

/// Why a calendar is none.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    #[error("holiday `{name}` ends before it begins")]
    Backwards { name: String },
    #[error("holiday `{name}` is longer than a month")]
    Long { name: String },
    #[error("{date} is named twice, the second time by `{name}`")]
    Twice { date: Date, name: String },
    #[error("{0} is a holiday in one file and worked in another")]
    Both(Date),
    #[error("more than {} holidays", Calendar::MOST)]
    TooMany,
}

/// Days as schedules speak of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Days {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
    /// 工作日, with the days worked for a holiday
    Workdays,
    /// 休息日: weekends and public holidays
    #[serde(rename = "rest_days")]
    Rest,
}

impl Calendar {
    /// The most holidays of a file: a century of them.
    const MOST: usize = 1000;

    /// Whether a day is worked.
    pub fn is_workday(&self, date: Date) -> bool {
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        self.worked.get(&date).copied().unwrap_or(!weekend)
    }

    /// Adds the days of another file.
    pub fn add(&mut self, other: &Self) -> Result<(), CalendarError> {
        for (&date, &worked) in &other.worked {
            match self.worked.insert(date, worked) {
                Some(before) if before != worked => return Err(CalendarError::Both(date)),
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn holds(&self, days: Days, date: Date) -> bool {
        let weekday = date.weekday();
        match days {
            Days::Mon => weekday == Weekday::Monday,
            Days::Tue => weekday == Weekday::Tuesday,
            Days::Wed => weekday == Weekday::Wednesday,
            Days::Thu => weekday == Weekday::Thursday,
            Days::Fri => weekday == Weekday::Friday,
            Days::Sat => weekday == Weekday::Saturday,
            Days::Sun => weekday == Weekday::Sunday,
            Days::Workdays => self.is_workday(date),
            Days::Rest => !self.is_workday(date),
        }
    }

    fn name(&mut self, date: Date, worked: bool, name: &str) -> Result<(), CalendarError> {
        match self.worked.insert(date, worked) {
            None => Ok(()),
            Some(_) => Err(CalendarError::Twice { date, name: name.to_owned() }),
        }
    }
}

impl TryFrom<RawCalendar> for Calendar {
    type Error = CalendarError;

    fn try_from(raw: RawCalendar) -> Result<Self, CalendarError> {
        if raw.holiday.len() > Self::MOST {
            return Err(CalendarError::TooMany);
        }
        let mut calendar = Self::default();
        for RawHoliday { name, from, to, workdays } in raw.holiday {
            if to < from {
                return Err(CalendarError::Backwards { name });
            }
            for (number, date) in from.series(jiff::ToSpan::days(1)).enumerate() {
                if date > to {
                    break;
                }
                if number >= 31 {
                    return Err(CalendarError::Long { name });
                }
                calendar.name(date, false, &name)?;
            }
            for date in workdays {
                calendar.name(date, true, &name)?;
            }
        }
        Ok(calendar)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use jiff::civil::date;

    use super::*;

    /// The first week of October off, the Sunday before and the Saturday after worked: what such weeks look like.
    pub(crate) fn golden_week() -> Calendar {
        let json = r#"{"holiday":[{"name":"国庆节","from":"2026-10-01","to":"2026-10-07",
            "workdays":["2026-09-27","2026-10-10"]}]}"#;
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_calendar_overrules_the_week() {
        let (plain, golden) = (Calendar::default(), golden_week());
        for (day, in_plain, in_golden) in [
            (date(2026, 9, 27), false, true),
            (date(2026, 9, 30), true, true),
            (date(2026, 10, 1), true, false),
            (date(2026, 10, 7), true, false),
            (date(2026, 10, 8), true, true),
            (date(2026, 10, 10), false, true),
            (date(2026, 10, 11), false, false),
        ] {
            assert_eq!(plain.is_workday(day), in_plain, "{day}");
            assert_eq!(golden.is_workday(day), in_golden, "{day}");
        }
    }

    #[test]
    fn bad_calendars_say_what_is_wrong() {
        let check = |holidays: &str, wanted: &str| {
            let json = format!(r#"{{"holiday":[{holidays}]}}"#);
            let error = serde_json::from_str::<Calendar>(&json).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        };
        check(r#"{"name":"a","from":"2026-10-02","to":"2026-10-01"}"#, "`a` ends before it begins");
        check(
            r#"{"name":"a","from":"2026-01-01","to":"2027-01-01"}"#,
            "`a` is longer than a month",
        );
        check(
            r#"{"name":"a","from":"2026-10-01","to":"2026-10-01","workdays":["2026-10-01"]}"#,
            "2026-10-01 is named twice, the second time by `a`",
        );
        check(r#"{"name":"a","from":"2026-13-01","to":"2026-10-01"}"#, "month");
        check(r#"{"nam":"a","from":"2026-10-01","to":"2026-10-01"}"#, "unknown field `nam`");
    }
}
