//! Detections to tracks: ByteTrack on frame time.
//!
//! Follows boxes through one session of one source. Strong detections are matched first, then weak
//! ones keep tracks alive that would otherwise break (Zhang et al., ByteTrack, 2022). Three things
//! differ from the original, all because a parked car must stay one track: times are seconds of
//! frame time instead of frames, a standing object is waited for longer and at its place, and
//! objects of different kinds never match.
//!
//! Where the camera moves, everything that is remembered of a track is moved with the picture first
//! (as in `BoT-SORT`, Aharon et al. 2022), so that standing means standing on the ground.
//!
//! Deterministic: the same detections at the same times give the same tracks. Asks no clock.

mod kalman;
#[cfg(test)]
mod moving;
#[cfg(test)]
mod scenarios;
mod track;

use domain::{Bbox, Detection, Sighting, TrackId};
use jiff::{SignedDuration, Timestamp};

use self::track::{Stage, Track};
use crate::assign::assign;
use crate::config::TrackerConfig;
use crate::motion::{Motion, Warp};

/// More detections of one frame than this are not looked at: the weakest are left out.
pub const MAX_DETECTIONS: usize = 1024;
/// While so many tracks live, no new one begins.
pub const MAX_TRACKS: usize = 1024;

/// What `IoU` × score must exceed for a strong detection to continue a track.
const STRONG_MATCH: f32 = 0.2;
/// What the `IoU` must exceed for a weak detection to continue a track.
const WEAK_MATCH: f32 = 0.5;
/// What `IoU` × score must exceed for a strong detection to continue a track that does not count yet.
const TENTATIVE_MATCH: f32 = 0.3;
/// Frames that are no further apart than this are successive, however briefly a track is waited for.
const SUCCESSIVE: SignedDuration = SignedDuration::from_secs(1);
/// Two tracks that overlap by more than this follow the same object.
const DUPLICATE_IOU: f32 = 0.85;

/// Follows the objects of one session of one source. A restarted source needs a new tracker.
#[derive(Debug)]
pub struct Tracker {
    config: TrackerConfig,
    /// In the order in which they began.
    tracks: Vec<Track>,
    next_id: u64,
    now: Option<Timestamp>,
}

impl Tracker {
    /// A tracker that has seen nothing.
    pub fn new(config: &TrackerConfig) -> Self {
        Self { config: config.clone(), tracks: Vec::new(), next_id: 1, now: None }
    }

    /// Takes the detections of one frame and returns the tracks that count *and were seen in this
    /// frame*, by id. Box and score are the detection's own, the class is the track's.
    ///
    /// A time earlier than that of the frame before counts as that time. Boxes without area or
    /// with numbers that are not finite are passed over.
    pub fn update(&mut self, detections: &[Detection], at: Timestamp) -> Vec<Sighting> {
        self.update_moved(detections, at, &Motion::STILL)
    }

    /// The same for a camera that moved since the frame before. After a cut, as after a gap in time
    /// that is longer than `lost_after`, nothing continues.
    pub fn update_moved(
        &mut self,
        detections: &[Detection],
        at: Timestamp,
        motion: &Motion,
    ) -> Vec<Sighting> {
        let before = self.now.unwrap_or(at);
        let at = at.max(before);
        self.now = Some(at);
        self.let_go(at);
        let seconds = at.duration_since(before).as_secs_f64();
        for track in &mut self.tracks {
            track.predict(seconds);
        }
        self.move_with(motion);
        let detections = usable(detections);
        let free_detections = self.continue_tracks(&detections, at);
        self.forget(at);
        self.begin(free_detections.into_iter().map(|i| &detections[i]), at);
        let mut sightings: Vec<Sighting> = self.tracks.iter().filter_map(Track::sighting).collect();
        sightings.sort_by_key(|sighting| sighting.track);
        sightings
    }

    /// Forgets all tracks. The next frame begins new ones, at any time; ids go on counting.
    pub fn end_session(&mut self) {
        self.tracks.clear();
        self.now = None;
    }

    /// How many ids it has given; the next is one more.
    pub fn given(&self) -> u64 {
        self.next_id - 1
    }

    /// Goes on counting behind ids that were `given` before, by a tracker of an earlier run.
    pub fn count_from(&mut self, given: u64) {
        self.next_id = self.next_id.max(given.saturating_add(1));
    }

    /// Drops what was not seen for too long before anything can continue it.
    fn let_go(&mut self, now: Timestamp) {
        let standing = signed(self.config.lost_after);
        let moving = signed(self.config.lost_after_moving);
        self.tracks.retain(|track| {
            track.unseen_for(now)
                <= match track.stage {
                    Stage::Lost(_) if track.standing() => standing,
                    Stage::Lost(_) => moving,
                    // Seen in the frame before: not it was away, but the frames were.
                    Stage::Tentative | Stage::Followed(_) => standing.max(SUCCESSIVE),
                }
        });
    }

    fn move_with(&mut self, motion: &Motion) {
        match motion {
            Motion::Cut => self.tracks.clear(),
            Motion::Known { warp, .. } if *warp != Warp::IDENTITY => {
                self.tracks.iter_mut().for_each(|track| track.warp(warp));
            }
            Motion::Known { .. } | Motion::Blind => {}
        }
    }

    /// Matches in three rounds; returns the strong detections that continue nothing.
    fn continue_tracks(&mut self, detections: &[Detection], at: Timestamp) -> Vec<usize> {
        let (mut strong, mut weak): (Vec<usize>, Vec<usize>) =
            (0..detections.len()).partition(|&i| detections[i].score >= self.config.high_score);
        let (mut confirmed, mut tentative): (Vec<usize>, Vec<usize>) =
            (0..self.tracks.len()).partition(|&i| self.tracks[i].confirmed());
        let weighted = |track: &Track, seen: &Detection| track.overlap(seen.bbox) * seen.score;

        self.match_up(&mut confirmed, &mut strong, detections, at, |track, seen| {
            weighted(track, seen) - STRONG_MATCH
        });
        // A weak detection does not bring back what moved out of sight: it may be anything.
        let mut present: Vec<usize> = confirmed;
        let mut absent = Vec::new();
        present.retain(|&i| {
            let track = &self.tracks[i];
            let here = matches!(track.stage, Stage::Followed(_)) || track.standing();
            if !here {
                absent.push(i);
            }
            here
        });
        self.match_up(&mut present, &mut weak, detections, at, |track, seen| {
            track.overlap(seen.bbox) - WEAK_MATCH
        });
        self.match_up(&mut tentative, &mut strong, detections, at, |track, seen| {
            weighted(track, seen) - TENTATIVE_MATCH
        });
        for i in present.into_iter().chain(absent).chain(tentative) {
            self.tracks[i].miss();
        }
        strong
    }

    /// Pairs tracks with detections and takes both off the lists they came from.
    fn match_up(
        &mut self,
        free_tracks: &mut Vec<usize>,
        free_detections: &mut Vec<usize>,
        detections: &[Detection],
        at: Timestamp,
        gain: impl Fn(&Track, &Detection) -> f32,
    ) {
        let pairs = assign(free_tracks.len(), free_detections.len(), |row, column| {
            let (track, seen) =
                (&self.tracks[free_tracks[row]], &detections[free_detections[column]]);
            if track.class().confusable_with(seen.class) { gain(track, seen) } else { 0.0 }
        });
        let mut taken = vec![false; free_detections.len()];
        let mut matched = vec![false; free_tracks.len()];
        for (row, column) in pairs {
            self.see(free_tracks[row], &detections[free_detections[column]], at);
            (matched[row], taken[column]) = (true, true);
        }
        keep_where_not(free_tracks, &matched);
        keep_where_not(free_detections, &taken);
    }

    fn see(&mut self, index: usize, seen: &Detection, at: Timestamp) {
        let track = &mut self.tracks[index];
        track.see(seen, at);
        if !track.confirmed() && track.hits() >= self.config.min_hits {
            track.stage = Stage::Followed(TrackId(self.next_id));
            self.next_id += 1;
        }
    }

    /// Drops what was waited for long enough, and the younger of two tracks of the same object.
    fn forget(&mut self, now: Timestamp) {
        let config = &self.config;
        self.tracks.retain(|track| {
            let unseen = track.unseen_for(now);
            match track.stage {
                Stage::Tentative => unseen.is_zero(),
                Stage::Followed(_) => true,
                Stage::Lost(_) if track.standing() => unseen <= signed(config.lost_after),
                Stage::Lost(_) => unseen <= signed(config.lost_after_moving),
            }
        });
        self.drop_duplicates();
    }

    fn drop_duplicates(&mut self) {
        let boxes: Vec<Bbox> = self.tracks.iter().map(Track::bbox).collect();
        let lost = |track: &Track| matches!(track.stage, Stage::Lost(_));
        let mut doubled = vec![false; boxes.len()];
        for (i, a) in self.tracks.iter().enumerate().filter(|(_, track)| lost(track)) {
            for (j, b) in self.tracks.iter().enumerate() {
                let rivals = matches!(b.stage, Stage::Followed(_))
                    && a.class().confusable_with(b.class())
                    && boxes[i].iou(boxes[j]) > DUPLICATE_IOU;
                if rivals {
                    doubled[if a.age() > b.age() { j } else { i }] = true;
                }
            }
        }
        let mut doubled = doubled.into_iter();
        self.tracks.retain(|_| !doubled.next().unwrap_or(false));
    }

    fn begin<'a>(&mut self, unexplained: impl Iterator<Item = &'a Detection>, at: Timestamp) {
        let room = MAX_TRACKS.saturating_sub(self.tracks.len());
        let new_score = self.config.new_score;
        for seen in unexplained.filter(|seen| seen.score >= new_score).take(room) {
            self.tracks.push(Track::new(seen, at));
            if self.config.min_hits <= 1 {
                let newest = self.tracks.len() - 1;
                self.tracks[newest].stage = Stage::Followed(TrackId(self.next_id));
                self.next_id += 1;
            }
        }
    }
}

#[cfg(test)]
impl Tracker {
    /// Whether the track stands on the ground.
    pub(crate) fn stands(&self, id: TrackId) -> bool {
        let is = |track: &&Track| matches!(track.stage, Stage::Followed(known) | Stage::Lost(known) if known == id);
        self.tracks.iter().find(is).is_some_and(Track::standing)
    }
}

/// Without boxes that cannot be followed, strongest first, at most [`MAX_DETECTIONS`].
fn usable(detections: &[Detection]) -> Vec<Detection> {
    let sound = |d: &&Detection| {
        let Bbox { x1, y1, x2, y2 } = d.bbox;
        [x1, y1, x2, y2, d.score].iter().all(|v| v.is_finite()) && x2 > x1 && y2 > y1
    };
    let mut kept: Vec<Detection> = detections.iter().filter(sound).copied().collect();
    kept.sort_by(|a, b| b.score.total_cmp(&a.score));
    kept.truncate(MAX_DETECTIONS);
    kept
}

fn keep_where_not(indices: &mut Vec<usize>, gone: &[bool]) {
    let mut gone = gone.iter();
    indices.retain(|_| !gone.next().copied().unwrap_or(false));
}

fn signed(duration: std::time::Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
