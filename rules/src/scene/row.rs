//! One row of a test: from when to when, what, where.
//!
//! `0..60 vendor#1 4,0 > 12,0 ~0.5 drop 5%`: a thing with its track (1 where none is given), metres east and north of the
//! middle, where to it goes by the end, how sure its place is (1σ, metres, 0.3 by default), how often it is not detected.
//! `20..30 away`: a drone looks elsewhere. `20..30 dark`: nothing comes from the source.

use domain::Class;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};

/// Seconds from the beginning of the test, the last one exclusive.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    from: u32,
    pub(crate) to: u32,
    pub(crate) what: What,
    begin: [f64; 2],
    end: [f64; 2],
    sigma_m: f64,
    /// Of a hundred.
    dropped: u32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum What {
    Thing((Class, u64)),
    Away,
    Dark,
}

/// The longest test, seconds: a day and an hour.
const LONGEST: u32 = 90_000;
const FARTHEST_M: f64 = 1000.0;

impl Row {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let shown: String = text.chars().take(80).collect();
        let refuse = |why: &str| format!("`{shown}` {why}");
        let mut words = text.split_whitespace();
        let times = words.next().and_then(|word| word.split_once(".."));
        let span = times.and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
        let (from, to): (u32, u32) =
            span.ok_or_else(|| refuse("begins with no seconds like `0..60`"))?;
        if from >= to || to > LONGEST {
            return Err(refuse(&format!("must begin before it ends, by second {LONGEST}")));
        }
        let what =
            words.next().ok_or_else(|| refuse("tells nothing; write like `person#1 0,0`"))?;
        let what = read_what(what).ok_or_else(|| refuse("names no class, `away` or `dark`"))?;
        let mut row =
            Self { from, to, what, begin: [0.0; 2], end: [0.0; 2], sigma_m: 0.3, dropped: 0 };
        if matches!(what, What::Thing(_)) {
            let place = words.next().and_then(read_place);
            row.begin = place.ok_or_else(|| refuse("needs metres east and north like `4,-2.5`"))?;
            row.end = row.begin;
        }
        while let Some(word) = words.next() {
            let known = match (word, word.strip_prefix('~')) {
                (">", _) => words.next().and_then(read_place).map(|place| row.end = place),
                ("drop", _) => words.next().and_then(read_percent).map(|part| row.dropped = part),
                (_, Some(sigma)) => read_sigma(sigma).map(|sigma| row.sigma_m = sigma),
                _ => None,
            };
            known.ok_or_else(|| {
                refuse(&format!("has `{}`: no `> E,N`, `~METRES` or `drop N%`", short(word)))
            })?;
        }
        Ok(row)
    }

    pub(crate) fn holds(&self, second: u32) -> bool {
        (self.from..self.to).contains(&second)
    }

    /// Where it is seen and how sure that is; nowhere where its detection drops out.
    pub(crate) fn sighting(&self, second: u32) -> Option<([f64; 2], f64)> {
        let What::Thing((_, track)) = self.what else { return None };
        // Scattered, and the same each time.
        let number = (u64::from(second) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ track << 17;
        if (number >> 33) % 100 < u64::from(self.dropped) {
            return None;
        }
        let part = f64::from(second - self.from) / f64::from((self.to - self.from - 1).max(1));
        let towards = |axis: usize| self.begin[axis] + (self.end[axis] - self.begin[axis]) * part;
        Some(([towards(0), towards(1)], self.sigma_m))
    }
}

fn short(word: &str) -> String {
    word.chars().take(20).collect()
}

fn read_what(word: &str) -> Option<What> {
    match word {
        "away" => return Some(What::Away),
        "dark" => return Some(What::Dark),
        _ => {}
    }
    let (class, track) = word.split_once('#').unwrap_or((word, "1"));
    let name: StrDeserializer<'_, Error> = class.into_deserializer();
    Some(What::Thing((Class::deserialize(name).ok()?, track.parse().ok()?)))
}

fn read_place(word: &str) -> Option<[f64; 2]> {
    let (east, north) = word.split_once(',')?;
    let place: [f64; 2] = [east.parse().ok()?, north.parse().ok()?];
    place.iter().all(|side| side.abs() <= FARTHEST_M).then_some(place)
}

fn read_percent(word: &str) -> Option<u32> {
    word.strip_suffix('%')?.parse().ok().filter(|part| *part <= 100)
}

fn read_sigma(word: &str) -> Option<f64> {
    word.parse().ok().filter(|sigma| (0.0..=50.0).contains(sigma))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_say_what_they_mean() {
        let row = Row::read("10..21 dog#7 -5,0 > 5,2 ~0.5 drop 0%").unwrap();
        assert_eq!(row.what, What::Thing((Class::Dog, 7)));
        assert_eq!(row.sighting(10), Some(([-5.0, 0.0], 0.5)));
        assert_eq!(row.sighting(20), Some(([5.0, 2.0], 0.5)));
        assert!(row.holds(10) && row.holds(20) && !row.holds(21) && !row.holds(9));
        assert_eq!(Row::read("0..5 away").unwrap().what, What::Away);
        let dropping = Row::read("0..1000 person 0,0 drop 5%").unwrap();
        let missed = (0..1000).filter(|&second| dropping.sighting(second).is_none()).count();
        assert!((30..=70).contains(&missed), "{missed}");
    }

    #[test]
    fn bad_rows_are_refused() {
        for (row, wanted) in [
            ("", "begins with no seconds"),
            ("5 person 0,0", "begins with no seconds"),
            ("5..5 person 0,0", "must begin before it ends"),
            ("0..99999 person 0,0", "must begin before it ends"),
            ("0..5", "tells nothing"),
            ("0..5 cat 0,0", "names no class"),
            ("0..5 person", "needs metres"),
            ("0..5 person nan,0", "needs metres"),
            ("0..5 person 0,0 > x", "has `>`"),
            ("0..5 person 0,0 drop 500%", "has `drop`"),
            ("0..5 person 0,0 fast", "has `fast`"),
        ] {
            let told = Row::read(row).unwrap_err();
            assert!(told.contains(wanted), "{told}");
        }
    }
}
