//! Tracks to observations: a box becomes a place.

use std::collections::BTreeMap;

use domain::{Frame, Mount, Observation, Place, Sighting, SourceId, View};
use ground::FixedCamera;

/// The cameras that somebody surveyed. Every other source is placed in its picture only.
#[derive(Debug, Default)]
pub(crate) struct Cameras(pub BTreeMap<SourceId, FixedCamera>);

impl Cameras {
    pub(crate) fn view(&self, frame: &Frame, sightings: &[Sighting]) -> View {
        let camera = self.0.get(&frame.source);
        let observations = sightings.iter().map(|sighting| {
            let seen = sighting.bbox.relative(frame.size);
            let fix = camera.and_then(|camera| camera.locate(&seen, sighting.class));
            let place = fix.map_or_else(|| Place::from(seen.foot()), Place::from);
            Observation {
                track: sighting.track,
                class: sighting.class,
                score: sighting.score,
                seen,
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
}
