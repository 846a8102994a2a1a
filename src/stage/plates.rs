//! Plates of vehicles that the rules are about to alert on, of sources that say why they are read.
//!
//! Few looks: at most one a frame, and of each vehicle a few, at growing intervals, so that one who is hidden now is
//! looked at later; a vehicle that comes nearer is looked at again at once. What they say together goes into the alert
//! masked. The full text is kept nowhere: who may see it reads it off the evidence, and that look is audited.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use detector::plate::{Glance, PlateConfig, PlateEye, Vote};
use detector::{DetectProblem, OpenError};
use domain::{Alert, AlertId, Frame, Observation, RelBox, SourceId, TrackId, View};
use jiff::Timestamp;
use rules::Outcome;

/// Looks at one vehicle of a frame.
type Look = Box<dyn FnMut(&Frame, RelBox) -> Result<Glance, DetectProblem> + Send>;

/// Who is looked at, and what their plates said so far.
pub(crate) struct Plates {
    look: Option<Look>,
    config: PlateConfig,
    /// Sources of which plates may be read.
    sources: BTreeSet<SourceId>,
    /// As many as the engine follows.
    watched: BTreeMap<AlertId, Watched>,
}

struct Watched {
    source: SourceId,
    track: TrackId,
    vote: Vote,
    looks: u16,
    last: Option<(Timestamp, RelBox)>,
}

/// Between the first look and the second; then twice as long each time.
const PAUSE: Duration = Duration::from_secs(1);
/// A vehicle that is so much wider than when it was last looked at shows more.
const NEARER: f64 = 1.15;

impl Plates {
    /// Reads no plates.
    pub(crate) fn never() -> Self {
        let (config, sources) = (PlateConfig::default(), BTreeSet::new());
        Self { look: None, config, sources, watched: BTreeMap::new() }
    }

    /// Reads those of `sources`. Where there are none, no network is loaded.
    pub(crate) fn of(
        sources: BTreeSet<SourceId>,
        config: &detector::Config,
        models_dir: &Path,
    ) -> Result<Self, OpenError> {
        if sources.is_empty() {
            return Ok(Self::never());
        }
        let mut eye = PlateEye::open(config, models_dir)?;
        let look: Look = Box::new(move |frame, vehicle| eye.look(frame, vehicle));
        let config = config.plates.clone();
        Ok(Self { look: Some(look), config, sources, watched: BTreeMap::new() })
    }

    /// Looks at one of the watched vehicles in this frame, if it is time, and tells alerts what is known.
    pub(crate) fn attend(&mut self, frame: &Frame, view: &View, outcomes: &mut [Outcome]) {
        if !self.sources.contains(&view.source) {
            return;
        }
        for outcome in outcomes.iter() {
            if let Outcome::Standing { id, seen } = outcome
                && seen.class.is_motor_vehicle()
            {
                self.watch(*id, &view.source, seen.track);
            }
        }
        if let Some((id, vehicle)) = self.next(view) {
            self.look_at(id, frame, vehicle);
        }
        for outcome in outcomes {
            match outcome {
                Outcome::Raised(alert) => {
                    let unread =
                        self.watched.get(&alert.id).is_some_and(|one| one.vote.looks() == 0);
                    if let Some(seen) = alert.seen.filter(|_| unread) {
                        self.look_at(alert.id, frame, seen);
                    }
                    self.tell(alert);
                }
                Outcome::Passed { id } => drop(self.watched.remove(id)),
                _ => {}
            }
        }
    }

    /// What the end of a source brings needs no look.
    pub(crate) fn settle(&mut self, source: &SourceId, outcomes: &mut [Outcome]) {
        for outcome in outcomes {
            if let Outcome::Raised(alert) = outcome {
                self.tell(alert);
            }
        }
        self.watched.retain(|_, one| one.source != *source);
    }

    fn watch(&mut self, id: AlertId, source: &SourceId, track: TrackId) {
        self.watched.entry(id).or_insert_with(|| Watched {
            source: source.clone(),
            track,
            vote: Vote::new(),
            looks: 0,
            last: None,
        });
    }

    /// Whose turn it is: of those that are due the one with the fewest looks, of these the largest.
    fn next(&self, view: &View) -> Option<(AlertId, RelBox)> {
        let due = self.watched.iter().filter_map(|(id, one)| {
            let of_source = one.source == view.source && one.looks < self.config.looks;
            let seen = of_source.then(|| one.in_view(view)).flatten()?.seen?;
            one.is_due(view.at, seen).then_some((*id, one.looks, seen))
        });
        let turn = due.min_by(|(_, a, at), (_, b, bt)| a.cmp(b).then(bt.w.total_cmp(&at.w)));
        turn.map(|(id, _, seen)| (id, seen))
    }

    fn look_at(&mut self, id: AlertId, frame: &Frame, vehicle: RelBox) {
        let (Some(look), Some(one)) = (&mut self.look, self.watched.get_mut(&id)) else { return };
        one.last = Some((frame.at, vehicle));
        let word = match look(frame, vehicle) {
            Ok(Glance::Read(reading)) => {
                one.looks += 1;
                one.vote.add(&reading);
                "read"
            }
            // Costs nothing, and is no look.
            Ok(Glance::TooSmall) => "too_small",
            Ok(glance) => {
                one.looks += 1;
                match glance {
                    Glance::Several => "several",
                    Glance::Illegible => "illegible",
                    _ => "nothing",
                }
            }
            Err(error) => {
                one.looks += 1;
                let error = format!("{:#}", anyhow::Error::from(error));
                tracing::warn!(error, frame = frame.number, "a plate could not be looked at");
                "failed"
            }
        };
        metrics::counter!("xunjian_plate_looks_total", "outcome" => word).increment(1);
    }

    fn tell(&mut self, alert: &mut Alert) {
        let Some(one) = self.watched.remove(&alert.id) else { return };
        alert.plate = one.vote.plate(self.config.min_confidence).map(|plate| plate.masked());
        let word = if alert.plate.is_some() { "told" } else { "unknown" };
        metrics::counter!("xunjian_plates_total", "outcome" => word).increment(1);
    }
}

impl Watched {
    fn in_view<'a>(&self, view: &'a View) -> Option<&'a Observation> {
        view.observations.iter().find(|other| other.track == self.track)
    }

    fn is_due(&self, now: Timestamp, seen: RelBox) -> bool {
        let Some((last, before)) = self.last else { return true };
        let waits = PAUSE * 2_u32.saturating_pow(u32::from(self.looks.saturating_sub(1)));
        let waited = now.duration_since(last).unsigned_abs();
        now > last && (waited >= waits || seen.w > NEARER * before.w)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use detector::plate::Reading;
    use domain::{Class, Mount, Place, Size, TimeBasis};
    use jiff::SignedDuration;

    use super::*;

    const SIZE: Size = Size { width: 640, height: 360 };

    /// What is looked at, second by second.
    type Log = Arc<Mutex<Vec<(i64, f64)>>>;

    struct Street {
        plates: Plates,
        log: Log,
        at: Timestamp,
    }

    impl Street {
        /// Every look reads this.
        fn new(sources: &[&str], glance: Glance) -> Self {
            let log = Log::default();
            let noted = Arc::clone(&log);
            let look: Look = Box::new(move |frame, vehicle| {
                noted.lock().unwrap().push((frame.at.as_second(), vehicle.w));
                Ok(glance.clone())
            });
            let sources = sources.iter().map(|id| SourceId::new(id).unwrap()).collect();
            let config = PlateConfig { looks: 3, ..PlateConfig::default() };
            let plates = Plates { look: Some(look), config, sources, watched: BTreeMap::new() };
            Self { plates, log, at: Timestamp::UNIX_EPOCH }
        }

        /// One frame a second, with vehicles as track and width.
        fn frame(&mut self, vehicles: &[(u64, f64)], outcomes: &mut [Outcome]) {
            let source = SourceId::new("cam").unwrap();
            let observations = vehicles.iter().map(|&(track, w)| seen(track, w)).collect();
            let view = View {
                source: source.clone(),
                at: self.at,
                basis: TimeBasis::Media,
                frame: 0,
                size: SIZE,
                mount: Mount::Fixed,
                observations,
            };
            let bgr = vec![0; SIZE.bgr_bytes()].into();
            let frame = Frame::new(source, 0, self.at, TimeBasis::Media, SIZE, bgr).unwrap();
            self.plates.attend(&frame, &view, outcomes);
            self.at += SignedDuration::from_secs(1);
        }

        fn looks(&self) -> Vec<i64> {
            self.log.lock().unwrap().iter().map(|(at, _)| *at).collect()
        }
    }

    fn seen(track: u64, w: f64) -> Observation {
        Observation {
            track: TrackId(track),
            class: Class::Car,
            score: 0.8,
            seen: Some(RelBox { x: 0.2, y: 0.2, w, h: 0.3 }),
            place: Place::Image { x: 0.5, y: 0.5 },
            look: None,
        }
    }

    fn id(track: u64) -> AlertId {
        let (cam, fence) = (SourceId::new("cam").unwrap(), domain::FenceId::new("kerb").unwrap());
        let rule = domain::RuleId::known("parking");
        AlertId::derive(&rule, &cam, Some(&fence), TrackId(track), Timestamp::UNIX_EPOCH)
    }

    fn standing(track: u64) -> Outcome {
        Outcome::Standing { id: id(track), seen: Box::new(seen(track, 0.3)) }
    }

    fn alert(track: u64) -> Outcome {
        let text = serde_json::json!({
            "id": id(track), "revision": 1, "rule": "parking", "queue": "parking", "source": "cam",
            "source_name": "cam", "track": track, "class": "car", "score": 0.8,
            "fence": {
                "id": "kerb", "name": "kerb", "name_en": null, "kind": "no_parking",
                "authority": null, "version": "0"
            },
            "place": Place::Image { x: 0.5, y: 0.5 },
            "box": { "x": 0.2, "y": 0.2, "w": 0.3, "h": 0.3 }, "probability_inside": 1.0,
            "since": "1970-01-01T00:00:00Z", "raised_at": "1970-01-01T00:00:10Z",
            "last_seen": "1970-01-01T00:00:10Z", "ended_at": null, "end_reason": null,
            "dwell_s": 10.0, "dwell_needed_s": 10.0, "time_basis": "media",
            "review": { "state": "open", "by": null, "at": null, "reason": null, "note": null }
        });
        Outcome::Raised(Box::new(serde_json::from_value(text).unwrap()))
    }

    fn told(outcome: &Outcome) -> Option<String> {
        let Outcome::Raised(alert) = outcome else { panic!("{outcome:?}") };
        alert.plate.as_ref().map(|plate| plate.text.clone())
    }

    fn read(text: &str, confidence: f32) -> Glance {
        let characters = text.chars().map(|character| (character, confidence)).collect();
        Glance::Read(Reading { characters, probability: 0.5, colour: None })
    }

    #[test]
    fn a_standing_vehicle_is_looked_at_ever_more_rarely() {
        let mut street = Street::new(&["cam"], read("皖A12345", 0.9));
        street.frame(&[(1, 0.3)], &mut [standing(1)]);
        for _ in 0..20 {
            street.frame(&[(1, 0.3)], &mut []);
        }
        assert_eq!(street.looks(), [0, 1, 3]);
        let mut raised = [alert(1)];
        street.frame(&[(1, 0.3)], &mut raised);
        assert_eq!(told(&raised[0]).as_deref(), Some("皖A***45"));
        assert!(street.plates.watched.is_empty());
    }

    #[test]
    fn who_comes_nearer_is_looked_at_at_once_and_one_a_frame() {
        let mut street = Street::new(&["cam"], read("皖A12345", 0.9));
        street.frame(&[(1, 0.1), (2, 0.3)], &mut [standing(1), standing(2)]);
        street.frame(&[(1, 0.1), (2, 0.3)], &mut []);
        street.frame(&[(1, 0.1), (2, 0.4)], &mut []);
        let log = street.log.lock().unwrap().clone();
        assert_eq!(log, [(0, 0.3), (1, 0.1), (2, 0.4)]);
    }

    #[test]
    fn nobody_else_is_looked_at() {
        // Another source, a vehicle that only passes, one that left in time, one that is out of sight.
        let mut street = Street::new(&["other"], read("皖A12345", 0.9));
        street.frame(&[(1, 0.3)], &mut [standing(1)]);
        let mut raised = [alert(1)];
        street.frame(&[(1, 0.3)], &mut raised);
        assert_eq!((told(&raised[0]), street.looks()), (None, Vec::new()));

        let mut street = Street::new(&["cam"], read("皖A12345", 0.9));
        street.frame(&[(1, 0.3)], &mut []);
        street.frame(&[(1, 0.3)], &mut [standing(2)]);
        street.frame(&[(1, 0.3)], &mut [Outcome::Passed { id: id(2) }]);
        street.frame(&[(2, 0.3)], &mut []);
        assert_eq!(street.looks(), [0_i64; 0]);
    }

    #[test]
    fn doubt_is_not_told() {
        for glance in [read("皖A12345", 0.7), Glance::Nothing, Glance::TooSmall, Glance::Several] {
            let mut street = Street::new(&["cam"], glance.clone());
            street.frame(&[(1, 0.3)], &mut [standing(1)]);
            let mut raised = [alert(1)];
            street.frame(&[(1, 0.3)], &mut raised);
            assert_eq!(told(&raised[0]), None, "{glance:?}");
        }
    }

    #[test]
    fn a_track_that_was_found_again_is_looked_at_when_it_is_raised() {
        let mut street = Street::new(&["cam"], read("皖A12345", 0.9));
        street.frame(&[], &mut [standing(1)]);
        let mut raised = [alert(1)];
        street.frame(&[(9, 0.3)], &mut raised);
        assert_eq!(told(&raised[0]).as_deref(), Some("皖A***45"));
    }

    #[test]
    fn the_end_of_a_source_forgets_its_vehicles() {
        let mut street = Street::new(&["cam"], read("皖A12345", 0.9));
        street.frame(&[(1, 0.3), (2, 0.2)], &mut [standing(1), standing(2)]);
        let mut raised = [alert(1)];
        street.plates.settle(&SourceId::new("cam").unwrap(), &mut raised);
        assert_eq!(told(&raised[0]).as_deref(), Some("皖A***45"));
        assert!(street.plates.watched.is_empty());
    }
}
