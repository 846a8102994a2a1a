//! Times as subtitles write them: cues, and the camera's local clock.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};

/// `00:15:04,904`, from the start of the video. Cues of a day and more are no cues.
pub(super) fn cue(text: &str) -> Option<SignedDuration> {
    let (clock, fraction) = clock(text.trim())?;
    let [hours, minutes, seconds] = clock;
    let sound = hours < 24 && minutes < 60 && seconds < 60;
    let whole = SignedDuration::from_secs((hours * 60 + minutes) * 60 + seconds);
    sound.then(|| whole + SignedDuration::from_nanos(fraction.into()))
}

/// The first date and time in a text: `2021-12-25 12:27:52.373`, `2017.8.5 14:11:51`,
/// `2022-08-07 13:40:40,774,808` (milliseconds, microseconds).
pub(super) fn local(text: &str) -> Option<DateTime> {
    let mut words = text.split(|c: char| c.is_whitespace() || c == '>');
    while let Some(word) = words.next() {
        if let Some(date) = date(word) {
            return Some(date.to_datetime(time(words.next()?)?));
        }
    }
    None
}

fn date(word: &str) -> Option<Date> {
    let mut parts = word.split(['-', '.', '/']);
    let year = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let (month, day) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let sound = parts.next().is_none() && (1990..2200).contains(&year);
    Date::new(year, month, day).ok().filter(|_| sound)
}

fn time(word: &str) -> Option<Time> {
    let ([hour, minute, second], fraction) = clock(word)?;
    let [hour, minute, second] = [hour, minute, second].map(|n| i8::try_from(n).ok());
    Time::new(hour?, minute?, second?, fraction).ok()
}

/// Hours, minutes, seconds, and nanoseconds of a second.
fn clock(text: &str) -> Option<([i64; 3], i32)> {
    let (clock, fraction) = text.split_once([',', '.']).unwrap_or((text, ""));
    let mut parts = clock.split(':').map(|part| part.trim().parse::<u16>().ok().map(i64::from));
    let clock = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some((clock, nanos(fraction)?))
}

/// `373` is 0.373; `774,808` is 0.774808; what follows a third group repeats the first.
fn nanos(fraction: &str) -> Option<i32> {
    let mut groups = fraction.split([',', '.']);
    let first = groups.next().unwrap_or_default();
    let second = groups.next().filter(|second| first.len() == 3 && second.len() == 3);
    let digits = format!("{first}{}", second.unwrap_or_default());
    let sound = digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit());
    sound.then(|| format!("{digits:0<9}"))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_time() {
        for (text, expected) in [
            ("2021-12-25 12:27:52.373", "2021-12-25T12:27:52.373"),
            ("2022-08-07 13:40:40,774,808", "2022-08-07T13:40:40.774808"),
            ("2022.06.21 16:06:17", "2022-06-21T16:06:17"),
            ("HOME(149.0,-20.2) 2017.8.5 14:11:51\nGPS", "2017-08-05T14:11:51"),
            ("2017.08.05 14:11:51,393,525,393,525", "2017-08-05T14:11:51.393525"),
            ("<font>2020-10-07 12:00:10,3", "2020-10-07T12:00:10.3"),
        ] {
            assert_eq!(local(text).map(|at| at.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "2020-08-12 08",
            "2020-13-12 08:00:00",
            "2020-08-12",
            "1.5.3 08:00:00",
            "x 08:00:00",
        ] {
            assert_eq!(local(text), None, "{text}");
        }
    }

    #[test]
    fn cues() {
        for (text, millis) in [
            ("00:15:04,904 ", Some(904_904)),
            ("00:00:00.020", Some(20)),
            ("1:0:0", Some(3_600_000)),
            ("00:60:00,000", None),
            ("25:00:00,000", None),
            ("00:00", None),
            ("-1:00:00", None),
            ("a:b:c", None),
        ] {
            assert_eq!(cue(text).map(|cue| cue.as_millis()), millis, "{text}");
        }
    }
}
