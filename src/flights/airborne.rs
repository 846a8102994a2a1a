//! A camera in the air: its pictures to observations on the ground, and what it looked at.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{
    FenceId, GroundLook, Moment, Mount, Observation, Place, Pose, Sighting, View, WarningCode,
};
use flight::{Joiner, Picture};
use ground::{Aerial, NoGround};
use jiff::{SignedDuration, Timestamp};
use rules::{Fences, Inside};

use super::legs::{Legs, Seat};

/// One flight as it is being looked at.
#[derive(Debug)]
pub(crate) struct Airborne {
    legs: Arc<Legs>,
    fences: Arc<Fences>,
    joiner: Joiner,
    noted: Noted,
}

/// What was noted on the way.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    pub frames: u64,
    /// Frames whose camera could be placed.
    pub placed: u64,
    pub looks: Vec<GroundLook>,
    /// Why objects or whole frames were not placed, counted.
    pub refused: BTreeMap<WarningCode, (u64, String)>,
    /// Spent on poses, projection and joining.
    pub place: Duration,
    /// Frames of each file.
    pub by_media: BTreeMap<usize, u64>,
    last_look: Option<Timestamp>,
    /// Looks of video are noted at intervals of this many times [`EVERY`].
    sparse: u32,
}

/// Ground farther away than this is not called seen, metres.
const REACH_M: f64 = 600.0;
/// One look at the ground is noted per second of video.
const EVERY: SignedDuration = SignedDuration::from_secs(1);
/// More of one flight are thinned out.
const MOST_LOOKS: usize = 20_000;

impl Airborne {
    pub(crate) fn new(legs: Arc<Legs>, fences: Arc<Fences>) -> Self {
        Self { legs, fences, joiner: Joiner::default(), noted: Noted::default() }
    }

    pub(crate) fn into_results(self) -> (Noted, Joiner) {
        (self.noted, self.joiner)
    }

    /// Observations of one picture, on the ground where its pose allows.
    pub(crate) fn view(&mut self, frame: &Moment, sightings: &[Sighting]) -> View {
        let begun = Instant::now();
        let legs = Arc::clone(&self.legs);
        let seat = legs.seat(frame.part);
        let placed = seat.and_then(|seat| self.placed(seat, frame));
        let mut observations: Vec<Observation> = sightings
            .iter()
            .map(|sighting| self.observation(frame, sighting, placed.as_ref()))
            .collect();
        let picture = seat.map_or(Picture::Video, |seat| seat.picture());
        self.joiner.join(frame.at, picture, &mut observations);
        let looked = self.look(seat, frame, placed.as_ref(), &observations);
        self.noted.frames += 1;
        if let Some(seat) = seat {
            *self.noted.by_media.entry(seat.leg.media).or_default() += 1;
        }
        self.noted.place += begun.elapsed();
        View {
            source: frame.source.clone(),
            at: frame.at,
            basis: frame.basis,
            frame: frame.number,
            size: frame.size,
            mount: Mount::Moving { looked },
            observations,
        }
    }

    fn placed<'a>(&mut self, seat: Seat<'a>, frame: &Moment) -> Option<(Pose, &'a Aerial)> {
        let Some(pose) = seat.pose_at(frame.at) else {
            self.refuse(WarningCode::NoTelemetry, || {
                format!("no pose for the picture of {}", frame.at)
            });
            return None;
        };
        let Some(camera) = seat.camera(frame.size) else {
            self.refuse(WarningCode::NoLens, || "nothing says what the lens is".to_owned());
            return None;
        };
        self.noted.placed += u64::from(pose.camera.is_some());
        Some((pose, camera))
    }

    fn observation(
        &mut self,
        frame: &Moment,
        sighting: &Sighting,
        placed: Option<&(Pose, &Aerial)>,
    ) -> Observation {
        let seen = sighting.bbox.relative(frame.size);
        let fix = placed.map(|(pose, camera)| camera.locate(pose, &seen, sighting.class));
        let place = match fix {
            Some(Ok(fix)) => Place::from(fix),
            Some(Err(why)) => {
                self.refuse(code(&why), || why.to_string());
                Place::from(seen.foot())
            }
            None => Place::from(seen.foot()),
        };
        Observation {
            track: sighting.track,
            class: sighting.class,
            score: sighting.score,
            seen: Some(seen),
            place,
            look: sighting.look,
        }
    }

    /// Notes what of the ground this picture shows; returns its ring.
    fn look(
        &mut self,
        seat: Option<Seat<'_>>,
        frame: &Moment,
        placed: Option<&(Pose, &Aerial)>,
        seen: &[Observation],
    ) -> Vec<[f64; 2]> {
        let (Some(seat), Some((pose, camera))) = (seat, placed) else { return Vec::new() };
        let footprint = match camera.footprint(pose, REACH_M) {
            Ok(footprint) => footprint,
            Err(why) => {
                self.refuse(code(&why), || why.to_string());
                return Vec::new();
            }
        };
        let noted = &mut self.noted;
        let due = noted.last_look.is_none_or(|last| frame.at.duration_since(last) >= noted.every());
        if due || seat.picture() == Picture::Photo {
            noted.last_look = Some(frame.at);
            let mut look = GroundLook {
                at: frame.at,
                media: seat.leg.media,
                media_s: frame.at.duration_since(seat.leg.from).as_secs_f64(),
                ring: footprint.ring.clone(),
                gsd_cm: footprint.gsd_cm,
                objects: u64::try_from(seen.len()).unwrap_or(u64::MAX),
                empty: Vec::new(),
            };
            look.empty = empty_fences(&self.fences, &look, frame, seen);
            noted.add(look);
        }
        footprint.ring
    }

    fn refuse(&mut self, code: WarningCode, detail: impl FnOnce() -> String) {
        self.noted.refused.entry(code).or_insert_with(|| (0, detail())).0 += 1;
    }
}

impl Noted {
    fn every(&self) -> SignedDuration {
        EVERY * 2_i32.saturating_pow(self.sparse)
    }

    /// Twelve hours are as many looks as five: beyond [`MOST_LOOKS`] every second one goes, and half as many come.
    fn add(&mut self, look: GroundLook) {
        self.looks.push(look);
        if self.looks.len() > MOST_LOOKS {
            let mut kept = false;
            self.looks.retain(|_| {
                kept = !kept;
                kept
            });
            self.sparse += 1;
        }
    }
}

/// The fences that one look shows whole, with nothing that may stand in them.
fn empty_fences(
    fences: &Fences,
    look: &GroundLook,
    frame: &Moment,
    seen: &[Observation],
) -> Vec<FenceId> {
    let (looks, view) = (std::slice::from_ref(look), bounds(&look.ring));
    let whole = fences.all().iter().filter(|fence| {
        // A city has thousands, and nearly all lie elsewhere.
        let near =
            fence.rings().filter(|rings| rings.first().is_some_and(|r| touch(bounds(r), view)));
        let share = near.and_then(|rings| ground::share_of(&rings, looks));
        share.is_some_and(|share| share.whole_seen.is_some())
    });
    let empty = whole.filter(|fence| {
        seen.iter().all(|object| {
            let p = fence.probability(&frame.source, object.place, object.seen);
            matches!(object.place, Place::Ground { .. }) && Inside::of(p) == Inside::No
        })
    });
    empty.map(|fence| fence.id.clone()).collect()
}

/// West, south, east, north.
fn bounds(ring: &[[f64; 2]]) -> [f64; 4] {
    let none = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    ring.iter().fold(none, |[west, south, east, north], [lon, lat]| {
        [west.min(*lon), south.min(*lat), east.max(*lon), north.max(*lat)]
    })
}

fn touch(a: [f64; 4], b: [f64; 4]) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

fn code(why: &NoGround) -> WarningCode {
    match why {
        NoGround::NoAttitude => WarningCode::NoAttitude,
        NoGround::NoHeight => WarningCode::NoHeight,
        _ => WarningCode::RaysRefused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_of_a_long_flight_are_thinned_out() {
        let look = |second: i64| GroundLook {
            at: Timestamp::from_second(second).unwrap(),
            media: 0,
            media_s: 0.0,
            ring: Vec::new(),
            gsd_cm: 2.0,
            objects: 0,
            empty: Vec::new(),
        };
        let mut noted = Noted::default();
        for second in 0..=i64::try_from(MOST_LOOKS).unwrap() {
            noted.add(look(second));
        }
        assert_eq!(noted.every(), EVERY * 2);
        assert_eq!(noted.looks.len(), MOST_LOOKS / 2 + 1);
        let apart = noted.looks.windows(2).map(|two| two[1].at.duration_since(two[0].at));
        assert!(apart.into_iter().all(|apart| apart == noted.every()));
    }
}
