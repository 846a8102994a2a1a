//! Our own tracker on boxes that somebody else found.

use domain::{Bbox, Class, Detection, Sighting};
use jiff::{SignedDuration, Timestamp};

use super::{Area, ScoreError, Seen, Sequence, Shot};
use crate::config::TrackerConfig;
use crate::tracker::Tracker;

/// Runs the tracker over the detections of successive frames, as it would run on live video: a
/// track is told of only once it counts, and nothing is added afterwards.
pub fn follow(
    frames: &[Vec<Detection>],
    rate_hz: f64,
    config: &TrackerConfig,
) -> Result<Vec<Vec<Sighting>>, ScoreError> {
    let interval = interval(rate_hz)?;
    let mut tracker = Tracker::new(config);
    let mut at = Timestamp::UNIX_EPOCH;
    let mut told = Vec::with_capacity(frames.len());
    for detections in frames {
        told.push(tracker.update(detections, at));
        at = at.saturating_add(interval).unwrap_or(Timestamp::MAX);
    }
    Ok(told)
}

fn interval(rate_hz: f64) -> Result<SignedDuration, ScoreError> {
    let seconds = if rate_hz > 0.0 && rate_hz <= 1000.0 { Some(1.0 / rate_hz) } else { None };
    let interval = seconds.and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok());
    interval.ok_or(ScoreError::Rate { got: rate_hz })
}

impl Sequence {
    /// The same truth with our tracker's answer, which is given the boxes of the present answer
    /// without their ids, as persons. Frames without a box are frames, too.
    pub fn followed(&self, rate_hz: f64, config: &TrackerConfig) -> Result<Self, ScoreError> {
        let first = self.frames.first().map_or(0, |shot| shot.number);
        let last = self.frames.last().map_or(0, |shot| shot.number);
        let mut boxes = vec![vec![]; (last - first + 1) as usize];
        for shot in &self.frames {
            boxes[(shot.number - first) as usize] =
                shot.found.iter().map(Seen::detection).collect();
        }
        let told = follow(&boxes, rate_hz, config)?;
        let mut tracks = std::collections::BTreeMap::new();
        let mut frames = vec![];
        for (number, sightings) in (first..=last).zip(&told) {
            let found = sightings.iter().map(|sighting| {
                let next = tracks.len();
                let who = *tracks.entry(sighting.track).or_insert(next);
                Seen { who, area: sighting.bbox.into(), confidence: 1.0 }
            });
            frames.push(Shot { number, truth: vec![], found: found.collect() });
        }
        for shot in &self.frames {
            frames[(shot.number - first) as usize].truth.clone_from(&shot.truth);
        }
        frames.retain(|shot| !shot.truth.is_empty() || !shot.found.is_empty());
        Ok(Self { frames, objects: self.objects, tracks: tracks.len(), identified: true })
    }
}

impl Seen {
    #[expect(clippy::cast_possible_truncation, reason = "pixels need no more than f32")]
    fn detection(&self) -> Detection {
        let Area { x, y, w, h } = self.area;
        let bbox = Bbox { x1: x as f32, y1: y as f32, x2: (x + w) as f32, y2: (y + h) as f32 };
        Detection { bbox, class: Class::Person, score: self.confidence as f32 }
    }
}

impl From<Bbox> for Area {
    fn from(bbox: Bbox) -> Self {
        let (x, y) = (f64::from(bbox.x1), f64::from(bbox.y1));
        Self { x, y, w: f64::from(bbox.x2) - x, h: f64::from(bbox.y2) - y }
    }
}
