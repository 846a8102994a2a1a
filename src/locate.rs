//! Tracks to observations: a box becomes a place.

use std::collections::BTreeMap;

use domain::{
    Class, GroundFix, Moment, Mount, Observation, Place, RelBox, Sighting, SourceId, View,
};
use ground::FixedCamera;

use crate::flights::Airborne;

/// How the pictures of each source get their places. A source that is not here is placed in its picture
/// only.
#[derive(Debug, Default)]
pub(crate) struct Eyes(pub BTreeMap<SourceId, Eye>);

/// Whose picture it is.
#[derive(Debug)]
pub(crate) enum Eye {
    /// A camera that somebody surveyed.
    Surveyed(FixedCamera),
    /// A flight with its telemetry.
    Airborne(Box<Airborne>),
}

impl Eyes {
    pub(crate) fn view(&mut self, frame: &Moment, sightings: &[Sighting]) -> View {
        match self.0.get_mut(&frame.source) {
            Some(Eye::Airborne(airborne)) => airborne.view(frame, sightings),
            Some(Eye::Surveyed(camera)) => fixed(Some(camera), frame, sightings),
            None => fixed(None, frame, sightings),
        }
    }

    /// Where something in the picture of a surveyed camera is.
    pub(crate) fn place(
        &self,
        source: &SourceId,
        seen: &RelBox,
        class: Class,
    ) -> Option<GroundFix> {
        match self.0.get(source)? {
            Eye::Surveyed(camera) => camera.locate(seen, class),
            Eye::Airborne(_) => None,
        }
    }

    /// The camera looks at something else than when it was surveyed.
    pub(crate) fn lose(&mut self, source: &SourceId) {
        self.0.remove(source);
    }

    /// What was noted of a flight, once it has been looked at.
    pub(crate) fn landed(&mut self, flight: &SourceId) -> Option<Airborne> {
        match self.0.remove(flight)? {
            Eye::Airborne(airborne) => Some(*airborne),
            Eye::Surveyed(_) => None,
        }
    }
}

fn fixed(camera: Option<&FixedCamera>, frame: &Moment, sightings: &[Sighting]) -> View {
    let observations = sightings.iter().map(|sighting| {
        let seen = sighting.bbox.relative(frame.size);
        let fix = camera.and_then(|camera| camera.locate(&seen, sighting.class));
        let place = fix.map_or_else(|| Place::from(seen.foot()), Place::from);
        Observation {
            track: sighting.track,
            class: sighting.class,
            score: sighting.score,
            seen: Some(seen),
            place,
            look: sighting.look,
        }
    });
    View {
        source: frame.source.clone(),
        at: frame.at,
        basis: frame.basis,
        frame: frame.number,
        size: frame.size,
        mount: Mount::Fixed,
        observations: observations.collect(),
    }
}
