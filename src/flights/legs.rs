//! The stretches of a flight: each file with pictures, when it was taken, and from where.

use std::path::PathBuf;

use domain::{Lens, MediaKind, Pose, Size};
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
    /// Of its pictures.
    pub size: Size,
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

/// Frames may lie this far outside what a file's header promises.
const SLACK: SignedDuration = SignedDuration::from_secs(1);

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

    /// The stretch that a picture belongs to. Aircraft take photos while they film, and film through
    /// several lenses at once: of the stretches at this instant the latest whose pictures are of this size.
    pub(crate) fn at(&self, at: Timestamp, size: Size) -> Option<Seat<'_>> {
        let begun = &self.legs[..self.legs.partition_point(|leg| leg.from <= at)];
        let covers = |leg: &Leg| at.duration_since(leg.from) <= leg.length + SLACK;
        let index = begun
            .iter()
            .rposition(|leg| leg.size == size && covers(leg))
            .or_else(|| begun.iter().rposition(covers))?;
        let camera = self.cameras.get(index)?.as_ref();
        Some(Seat { leg: &self.legs[index], camera })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn leg(media: usize, kind: MediaKind, [from, length]: [i64; 2], width: u32) -> Leg {
        Leg {
            media,
            path: PathBuf::new(),
            kind,
            size: Size::new(width, 360).unwrap(),
            from: Timestamp::from_second(from).unwrap(),
            length: SignedDuration::from_secs(length),
            timeline: None,
            camera: None,
        }
    }

    #[test]
    fn a_photo_taken_while_filming_does_not_end_the_film() {
        let legs = vec![
            leg(0, MediaKind::Video, [0, 600], 640),
            leg(1, MediaKind::Photo, [300, 0], 4000),
            leg(2, MediaKind::Video, [900, 60], 640),
        ];
        let legs = Legs::new(legs, &Relief::default());
        for (second, width, expected) in [
            (10, 640, Some(0)),
            (300, 4000, Some(1)),
            (300, 640, Some(0)),
            (400, 640, Some(0)),
            (700, 640, None),
            (900, 640, Some(2)),
        ] {
            let at = Timestamp::from_second(second).unwrap();
            let seat = legs.at(at, Size::new(width, 360).unwrap());
            assert_eq!(seat.map(|seat| seat.leg.media), expected, "{second} s, {width} px");
        }
    }
}
