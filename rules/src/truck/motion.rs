//! Whether a truck drives or stands, and since when.

use domain::{FenceId, LonLat};
use jiff::{SignedDuration, Timestamp};

use super::config::TruckRules;

/// Drives or stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Motion {
    drives: bool,
    /// Fast enough to drive since: a single such speed is not believed.
    fast_since: Option<Timestamp>,
    /// Where it stands, or stood last.
    pub(super) stop: Option<Box<Stop>>,
}

/// Standing still.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stop {
    pub(super) since: Timestamp,
    /// Where it was known in time.
    pub(super) place: Option<LonLat>,
    /// Its last report.
    pub(super) until: Timestamp,
    pub(super) over: bool,
    /// It was loaded when it came.
    pub(super) loaded: bool,
    /// The ground on which nothing may be dumped.
    pub(super) fence: Option<FenceId>,
}

/// Speeds of one stop that look like driving for less than this are the receiver's.
const FAST_FOR: SignedDuration = SignedDuration::from_secs(8);

impl Motion {
    pub(super) fn take(&mut self, at: Timestamp, speed_kmh: f64, config: &TruckRules) {
        if speed_kmh >= config.moving_kmh {
            let since = *self.fast_since.get_or_insert(at);
            if !self.drives && at.duration_since(since) >= FAST_FOR {
                self.drives = true;
                if let Some(stop) = &mut self.stop {
                    stop.over = true;
                }
            }
            return;
        }
        self.fast_since = None;
        if speed_kmh > config.stopped_kmh {
            return;
        }
        match &mut self.stop {
            Some(stop) if !stop.over => stop.until = at,
            _ => {
                self.drives = false;
                self.stop = Some(Box::new(Stop {
                    since: at,
                    place: None,
                    until: at,
                    over: false,
                    loaded: false,
                    fence: None,
                }));
            }
        }
    }

    pub(super) const fn drives(&self) -> bool {
        self.drives
    }

    /// The stop it is in.
    pub(super) fn standing(&self) -> Option<&Stop> {
        self.stop.as_deref().filter(|stop| !stop.over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A digit is a speed in 10 km/h, `-` creeping; each report is 10 s. `d` drives, `s` stands.
    #[track_caller]
    fn check(story: &str, wanted: &str) {
        let (mut motion, config) = (Motion::default(), TruckRules::default());
        let told: String = (0i64..)
            .zip(story.chars())
            .map(|(nth, speed)| {
                let kmh = speed.to_digit(10).map_or(5.0, |tens| 10.0 * f64::from(tens));
                motion.take(Timestamp::from_second(10 * nth).unwrap(), kmh, &config);
                if motion.drives() { 'd' } else { 's' }
            })
            .collect();
        assert_eq!(told, wanted, "{story}");
    }

    #[test]
    fn one_speed_is_no_drive_and_creeping_changes_nothing() {
        check("00300033330", "sssssssddds");
        check("33--33-0-3", "sddddddsss");
    }
}
