//! From a pipeline's running time to the time a picture was taken.
//!
//! One axis serves the frames and the encoded segments of one connection, so that a segment's name
//! and a frame's time can be compared. Running time is nanoseconds since the pipeline began.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::TimeBasis;
use gstreamer as gst;
use jiff::{SignedDuration, Timestamp};

/// What the times of one connection rest on.
#[derive(Debug)]
pub(crate) struct Axis {
    basis: Basis,
    known: Mutex<Known>,
}

/// Where times come from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Basis {
    /// Running time 0 is this instant.
    From(Timestamp, TimeBasis),
    /// The machine's clock at the first picture, then media time.
    FirstPicture,
    /// The camera's clock once it tells it. `offset` is what an earlier connection learned:
    /// camera − machine.
    Camera { offset: Option<SignedDuration> },
}

#[derive(Debug, Default)]
struct Known {
    /// The machine's clock at running time 0.
    machine: Option<Timestamp>,
    /// The camera may still tell its time: nothing is timed yet.
    waiting: bool,
    /// (running time, camera's clock) of the last packets, oldest first; at most [`REMEMBERED`].
    told: VecDeque<(gst::ClockTime, Timestamp)>,
}

/// Pictures between the network and the decoder's exit whose camera time is remembered; older ones
/// are forgotten.
const REMEMBERED: usize = 512;

impl Axis {
    pub(crate) fn new(basis: Basis) -> Self {
        let waiting = matches!(basis, Basis::Camera { offset: None });
        Self { basis, known: Mutex::new(Known { waiting, ..Known::default() }) }
    }

    /// Notes the camera's clock for the picture at `running`, which arrived at `machine`.
    pub(crate) fn told(&self, running: gst::ClockTime, camera: Timestamp) {
        let mut known = self.known();
        known.waiting = false;
        if known.told.back().is_some_and(|&(last, _)| last == running) {
            return;
        }
        if known.told.len() == REMEMBERED {
            known.told.pop_front();
        }
        known.told.push_back((running, camera));
    }

    /// Stops waiting for the camera's clock.
    pub(crate) fn stop_waiting(&self) {
        self.known().waiting = false;
    }

    /// When the picture at `running` was taken; `None` while the camera may still tell its time.
    /// `machine` is the machine's clock when that picture arrived.
    pub(crate) fn at(
        &self,
        running: gst::ClockTime,
        machine: Timestamp,
    ) -> Option<(Timestamp, TimeBasis)> {
        let mut known = self.known();
        if known.waiting {
            return None;
        }
        if let Some(camera) = known.camera_time(running) {
            return Some((camera, TimeBasis::Capture));
        }
        if let Basis::From(start, basis) = self.basis {
            return Some((later(start, running), basis));
        }
        let start = *known.machine.get_or_insert_with(|| earlier(machine, running));
        Some(match self.basis {
            Basis::Camera { offset: Some(offset) } => {
                (add(later(start, running), offset), TimeBasis::Capture)
            }
            _ => (later(start, running), TimeBasis::Receive),
        })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// The told time nearest to `running`, carried over by media time.
    fn camera_time(&self, running: gst::ClockTime) -> Option<Timestamp> {
        let after = self.told.partition_point(|&(at, _)| at < running);
        let (at, camera) = self.told.get(after).or_else(|| self.told.back())?;
        Some(if *at <= running {
            later(*camera, running - *at)
        } else {
            earlier(*camera, *at - running)
        })
    }
}

/// `at` plus a span of media time; stops at the end of time rather than failing.
pub(crate) fn later(at: Timestamp, span: gst::ClockTime) -> Timestamp {
    add(at, signed(span))
}

pub(crate) fn earlier(at: Timestamp, span: gst::ClockTime) -> Timestamp {
    add(at, -signed(span))
}

fn add(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.saturating_add(span).unwrap_or(at)
}

fn signed(span: gst::ClockTime) -> SignedDuration {
    SignedDuration::from_nanos(i64::try_from(span.nseconds()).unwrap_or(i64::MAX))
}

/// Between the NTP epoch of 1900 and the Unix epoch, seconds.
const NTP_TO_UNIX_S: i64 = 2_208_988_800;

/// The instant of an NTP time in nanoseconds since 1900; `None` before 1990, which is a camera that
/// was never set.
pub(crate) fn from_ntp(ntp: gst::ClockTime) -> Option<Timestamp> {
    let seconds = i64::try_from(ntp.seconds()).ok()?.checked_sub(NTP_TO_UNIX_S)?;
    let nanos = i32::try_from(ntp.nseconds() % 1_000_000_000).ok()?;
    let at = Timestamp::new(seconds, nanos).ok()?;
    (seconds >= 631_152_000).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> gst::ClockTime {
        gst::ClockTime::from_mseconds(millis)
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_given_start_is_running_time_0() {
        let start = at("2026-03-01T08:00:00Z");
        let axis = Axis::new(Basis::From(start, TimeBasis::Capture));
        let now = at("2030-01-01T00:00:00Z");
        let expected = (at("2026-03-01T08:00:00.04Z"), TimeBasis::Capture);
        assert_eq!(axis.at(ms(40), now), Some(expected));
    }

    #[test]
    fn the_first_picture_is_now_and_media_time_follows() {
        let axis = Axis::new(Basis::FirstPicture);
        let now = at("2026-03-01T08:00:00Z");
        assert_eq!(axis.at(ms(80), now).unwrap().0, now);
        let much_later = at("2026-03-01T09:00:00Z");
        let second = axis.at(ms(120), much_later).unwrap();
        assert_eq!(second, (at("2026-03-01T08:00:00.04Z"), TimeBasis::Receive));
    }

    #[test]
    fn the_cameras_clock_wins_once_it_is_told() {
        let axis = Axis::new(Basis::Camera { offset: None });
        let now = at("2026-03-01T08:00:00Z");
        assert_eq!(axis.at(ms(0), now), None);
        axis.told(ms(40), at("2026-03-01T08:00:10Z"));
        axis.told(ms(80), at("2026-03-01T08:00:10.05Z"));
        let taken = |running| axis.at(ms(running), now).unwrap();
        assert_eq!(taken(40), (at("2026-03-01T08:00:10Z"), TimeBasis::Capture));
        assert_eq!(taken(80).0, at("2026-03-01T08:00:10.05Z"));
        assert_eq!(taken(120).0, at("2026-03-01T08:00:10.09Z"));
        assert_eq!(taken(0).0, at("2026-03-01T08:00:09.96Z"));
    }

    #[test]
    fn a_camera_without_a_clock_is_timed_on_arrival() {
        let axis = Axis::new(Basis::Camera { offset: None });
        let now = at("2026-03-01T08:00:00Z");
        axis.stop_waiting();
        assert_eq!(axis.at(ms(500), now), Some((now, TimeBasis::Receive)));
    }

    #[test]
    fn an_offset_learned_before_holds_until_the_camera_tells_anew() {
        let offset = SignedDuration::from_secs(-3);
        let axis = Axis::new(Basis::Camera { offset: Some(offset) });
        let now = at("2026-03-01T08:00:00Z");
        let expected = (at("2026-03-01T07:59:57Z"), TimeBasis::Capture);
        assert_eq!(axis.at(ms(500), now), Some(expected));
    }

    #[test]
    fn ntp_times_before_1990_are_no_times() {
        let ntp = gst::ClockTime::from_seconds(3_976_646_400) + ms(250);
        assert_eq!(from_ntp(ntp), Some(at("2026-01-06T00:00:00.25Z")));
        assert_eq!(from_ntp(gst::ClockTime::from_seconds(100)), None);
        assert_eq!(from_ntp(gst::ClockTime::from_seconds(2_208_988_801)), None);
    }
}
