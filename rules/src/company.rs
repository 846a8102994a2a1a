//! What stands around a vehicle: others that stopped with it, and people who load it.
//!
//! A queue (traffic jam, red light) stops together: vehicles that drove up and stopped within [`Parking::jam_onset`] of each
//! other, side by side. While two of them still stand with it, a vehicle waits and does not park. A vehicle that stays
//! when they drive on has parked from then on. What stood there when the camera began to look was not seen to stop, and says
//! nothing. Loading (装卸) is somebody beside the vehicle for a good part of the time.

use domain::{Class, LonLat, Observation, Place, Plane, RelBox, TrackId, View};
use jiff::{SignedDuration, Timestamp};

use crate::Parking;
use crate::parking::{Standing, longer};

/// A vehicle that stands, as its neighbours see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Neighbour {
    track: TrackId,
    since: Timestamp,
    place: Place,
    seen: Option<RelBox>,
}

/// Others that must stand with it.
const LEAST: usize = 2;

/// Side by side in a picture: middles this many widths apart at most.
const WIDTHS: f64 = 3.0;
/// In a picture a person is beside a vehicle within this part of its width.
const BESIDE_PART: f64 = 0.5;
/// On the ground, metres from the middle of the vehicle: half a truck's length and an arm.
const BESIDE_M: f64 = 4.0;

impl Neighbour {
    /// `None` for one that was not seen to drive up.
    pub(crate) fn of(standing: &Standing, at: Timestamp) -> Option<Self> {
        (standing.arrived && standing.last_seen == at).then_some(Self {
            track: standing.track(),
            since: standing.since,
            place: standing.place,
            seen: standing.last.seen,
        })
    }

    fn stopped_with(&self, one: &Standing, config: &Parking) -> bool {
        let apart = self.since.duration_since(one.since).abs();
        self.track != one.track()
            && apart <= SignedDuration::try_from(config.jam_onset).unwrap_or(SignedDuration::MAX)
            && self.is_near(one, config.jam_within_m)
    }

    fn is_near(&self, one: &Standing, within_m: f64) -> bool {
        if let Some(apart) = metres(&self.place, &one.place) {
            return apart <= within_m;
        }
        let Some((mine, theirs)) = self.seen.zip(one.last.seen) else { return false };
        let (a, b) = (mine.foot(), theirs.foot());
        (a.x - b.x).hypot(a.y - b.y) <= WIDTHS * mine.w.max(theirs.w)
    }
}

/// Whether it waits in a queue of traffic.
pub(crate) fn waits(one: &Standing, neighbours: &[Neighbour], config: &Parking) -> bool {
    one.arrived
        && neighbours.iter().filter(|other| other.stopped_with(one, config)).count() >= LEAST
}

/// Whether somebody is beside it in this view.
pub(crate) fn attended(one: &Standing, view: &View) -> bool {
    let people = view.observations.iter().filter(|seen| seen.class == Class::Person);
    people.into_iter().any(|person| is_beside(one, person))
}

fn is_beside(one: &Standing, person: &Observation) -> bool {
    if let Some(apart) = metres(&one.place, &person.place) {
        return apart <= BESIDE_M;
    }
    let Some((person, vehicle)) = person.seen.zip(one.last.seen) else { return false };
    let foot = person.foot();
    let reach = vehicle.w * BESIDE_PART;
    let outside = |at: f64, from: f64, to: f64| (from - at).max(at - to).max(0.0);
    outside(foot.x, vehicle.x, vehicle.x + vehicle.w) <= reach
        && outside(foot.y, vehicle.y + vehicle.h / 2.0, vehicle.y + vehicle.h) <= reach / 2.0
}

/// Whether so much of the time that it stood somebody was beside it that it is being loaded.
pub(crate) fn is_loaded(
    one: &Standing,
    at: Timestamp,
    needed: std::time::Duration,
    config: &Parking,
) -> bool {
    let stood = at.duration_since(one.since).as_secs_f64();
    let attended = one.attended.as_secs_f64();
    !config.loading.is_zero()
        && attended >= LOADING_PART * stood
        && !longer(one.stood_at(at), one.since, needed.saturating_add(config.loading))
}

/// The part of the time in which somebody is beside what is being loaded.
const LOADING_PART: f64 = 1.0 / 3.0;

fn metres(a: &Place, b: &Place) -> Option<f64> {
    let (Place::Ground { lon, lat, .. }, Place::Ground { lon: x, lat: y, .. }) = (*a, *b) else {
        return None;
    };
    let [east, north] = Plane::at(LonLat::new(lon, lat)?).metres(LonLat::new(x, y)?);
    Some(east.hypot(north))
}
