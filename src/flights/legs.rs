//! The stretches of a flight: each file with pictures, when it was taken, and from where.

use std::path::PathBuf;

use domain::{Frame, Lens, MediaKind, Pose, Size};
use flight::{Picture, Timeline};
use ground::{Aerial, Budget, Relief};
use jiff::{SignedDuration, Timestamp};

/// Every file of a flight that holds pictures, in the order of time.
#[derive(Debug)]
pub(crate) struct Legs {
    legs: Vec<Leg>,
    cameras: Vec<Option<Aerial>>,
}

/// One video, or one photo.
#[derive(Debug)]
pub(crate) struct Leg {
    /// Its place in [`domain::FlightReport::media`].
    pub media: usize,
    pub path: PathBuf,
    pub kind: MediaKind,
    pub from: Timestamp,
    pub length: SignedDuration,
    /// Where the camera was; `None` where nothing tells.
    pub timeline: Option<Timeline>,
    /// Its lens, and how sure its poses are; `None`: nothing says what the lens is.
    pub camera: Option<(Lens, Budget)>,
}

/// A file with the camera that took it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seat<'a> {
    pub leg: &'a Leg,
    camera: Option<&'a Aerial>,
}

/// Ground farther away than this tells nothing of the scale, metres.
const REACH_M: f64 = 600.0;

impl Legs {
    /// `legs` in the order of their time, over this ground.
    pub(crate) fn new(legs: Vec<Leg>, relief: &Relief) -> Self {
        let camera =
            |leg: &Leg| leg.camera.map(|(lens, budget)| Aerial::new(lens, relief.clone(), budget));
        Self { cameras: legs.iter().map(camera).collect(), legs }
    }

    pub(crate) fn all(&self) -> &[Leg] {
        &self.legs
    }

    /// Where the camera sat that took the pictures of one file, counted as in [`Legs::all`].
    pub(crate) fn seat(&self, part: u32) -> Option<Seat<'_>> {
        let index = usize::try_from(part).ok()?;
        Some(Seat { leg: self.legs.get(index)?, camera: self.cameras.get(index)?.as_ref() })
    }

    /// What a pixel in the middle of a picture shows of the ground, centimetres, where its pose tells.
    pub(crate) fn gsd_cm(&self, frame: &Frame) -> Option<f64> {
        let seat = self.seat(frame.part)?;
        let camera = seat.camera(frame.size)?;
        camera.footprint(&seat.pose_at(frame.at)?, REACH_M).ok().map(|footprint| footprint.gsd_cm)
    }
}

impl<'a> Seat<'a> {
    pub(crate) fn pose_at(&self, at: Timestamp) -> Option<Pose> {
        self.leg.timeline.as_ref()?.pose_at(at)
    }

    /// The camera, for pictures of `size`.
    pub(crate) fn camera(&self, size: Size) -> Option<&'a Aerial> {
        self.camera.filter(|_| self.leg.camera.is_some_and(|(lens, _)| lens.size == size))
    }

    pub(crate) fn picture(&self) -> Picture {
        if self.leg.kind == MediaKind::Photo { Picture::Photo } else { Picture::Video }
    }
}
