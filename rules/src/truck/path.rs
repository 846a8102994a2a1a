//! Places that a truck can have been at, one after the other: jumps of the receiver are thrown out.

use domain::{LonLat, Plane};
use jiff::Timestamp;

use super::config::TruckRules;

/// The last good place, and what may turn out to be a better one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Path {
    last: Option<(Timestamp, LonLat)>,
    stray: Option<Stray>,
}

/// A place that cannot be reached from the last good one.
#[derive(Debug, Clone, Copy)]
struct Stray {
    at: Timestamp,
    place: LonLat,
    /// So many in a row could be one truck.
    agree: u8,
}

/// So many places that agree with each other and not with the last good one are where the truck is.
const MOST_STRAYS: u8 = 4;
/// Receivers wander by so much between two reports of one second, metres.
const WANDER_M: f64 = 50.0;

impl Path {
    /// The place, unless it is a jump.
    pub(super) fn take(
        &mut self,
        at: Timestamp,
        place: LonLat,
        config: &TruckRules,
    ) -> Option<LonLat> {
        let reached = |from: Timestamp, start: LonLat| {
            let seconds = at.duration_since(from).as_secs_f64();
            metres(start, place) <= WANDER_M + config.fastest_kmh / 3.6 * seconds
        };
        if self.last.is_none_or(|(from, start)| reached(from, start)) {
            (self.last, self.stray) = (Some((at, place)), None);
            return Some(place);
        }
        let agree = match self.stray {
            Some(stray) if reached(stray.at, stray.place) => stray.agree + 1,
            _ => 1,
        };
        if agree >= MOST_STRAYS {
            (self.last, self.stray) = (Some((at, place)), None);
            return Some(place);
        }
        self.stray = Some(Stray { at, place, agree });
        None
    }

    pub(super) fn last(&self) -> Option<LonLat> {
        self.last.map(|(_, place)| place)
    }
}

/// Between two places.
pub(super) fn metres(a: LonLat, b: LonLat) -> f64 {
    let [east, north] = Plane::at(a).metres(b);
    east.hypot(north)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each character is a report after 10 s: digits are kilometres east. Tells which places were taken.
    #[track_caller]
    fn check(story: &str, wanted: &str) {
        let origin = Plane::at(LonLat::new(120.1, 30.9).unwrap());
        let (mut path, config) = (Path::default(), TruckRules::default());
        let taken: String = (0i64..)
            .zip(story.chars())
            .map(|(nth, km)| {
                let east = f64::from(km.to_digit(10).unwrap()) * 1000.0;
                let at = Timestamp::from_second(nth * 10).unwrap();
                let place = origin.place([east, 0.0]).unwrap();
                path.take(at, place, &config).map_or('!', |_| km)
            })
            .collect();
        assert_eq!(taken, wanted, "{story}");
    }

    #[test]
    fn jumps_are_thrown_out() {
        check("000900", "000!00");
        check("009900", "00!!00");
        check("009360", "00!!!0");
    }

    #[test]
    fn a_place_that_stays_is_believed_in_the_end() {
        check("0999999", "0!!!999");
    }
}
