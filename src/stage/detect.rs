//! Runs the detectors: items leave in the order in which they came, frames with what was found in them.
//!
//! One detector works in the thread of its caller. Several work side by side, each in a thread of its own and
//! with one thread of inference: two sessions of one thread do more than one session of two. What is seen
//! does not depend on how many there are, nor on which is done first.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use detector::Detect;
use domain::{Detection, Frame, SourceId};

use crate::flights::Legs;
use crate::stage::inbox::{Inbox, Item};

/// Who looks at a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// Always the same detector, which remembers what stood still: for cameras.
    BySource,
    /// Each in its turn: for recordings and flights, of which there is one at a time.
    InTurn,
}

/// What comes out.
pub(crate) enum Looked {
    Frame(Examined),
    Other(Item),
}

/// A frame that was looked at.
pub(crate) struct Examined {
    pub frame: Frame,
    /// Nothing where it could not be looked at.
    pub found: Option<Vec<Detection>>,
    pub took: Duration,
}

/// All detectors, with what they are at work on.
pub(crate) struct Detectors<'a> {
    inbox: &'a Inbox,
    legs: &'a BTreeMap<SourceId, Arc<Legs>>,
    crew: Crew,
    waiting: VecDeque<Waiting>,
    /// Spent on waiting for something to do.
    pub idle: Duration,
}

enum Crew {
    One(Box<dyn Detect>),
    Several { workers: Vec<Worker>, share: Share, sources: Vec<SourceId>, turn: usize },
}

enum Waiting {
    /// For this worker.
    Frame(usize),
    Other(Item),
}

impl<'a> Detectors<'a> {
    pub(crate) fn new(
        mut detectors: Vec<Box<dyn Detect>>,
        share: Share,
        inbox: &'a Inbox,
        legs: &'a BTreeMap<SourceId, Arc<Legs>>,
    ) -> std::io::Result<Self> {
        let crew = match detectors.pop() {
            Some(one) if detectors.is_empty() => Crew::One(one),
            last => {
                let all = detectors.into_iter().chain(last).enumerate();
                let workers = all.map(|(index, detector)| Worker::start(index, detector));
                let workers = workers.collect::<std::io::Result<_>>()?;
                Crew::Several { workers, share, sources: Vec::new(), turn: 0 }
            }
        };
        Ok(Self { inbox, legs, crew, waiting: VecDeque::new(), idle: Duration::ZERO })
    }

    /// The next item; `None` once the inbox is closed and empty.
    pub(crate) fn next(&mut self) -> Option<Looked> {
        self.hand_out();
        match self.waiting.pop_front()? {
            Waiting::Other(Item::Frame(frame)) => Some(Looked::Frame(self.examine(frame))),
            Waiting::Other(item) => Some(Looked::Other(item)),
            Waiting::Frame(worker) => {
                let Crew::Several { workers, .. } = &mut self.crew else { return None };
                workers.get_mut(worker)?.done().map(Looked::Frame)
            }
        }
    }

    /// Fetches as much as the detectors can be at work on, and waits only where there is nothing else to do.
    fn hand_out(&mut self) {
        while self.waiting.len() < self.crew.size() {
            let item = if self.waiting.is_empty() {
                let begun = Instant::now();
                let item = self.inbox.take();
                self.idle += begun.elapsed();
                item
            } else {
                self.inbox.try_take()
            };
            let Some(item) = item else { break };
            let waiting = self.assign(item);
            self.waiting.push_back(waiting);
        }
    }

    fn assign(&mut self, item: Item) -> Waiting {
        match (&mut self.crew, item) {
            (Crew::Several { workers, share, sources, turn }, Item::Frame(frame)) => {
                let index = match share {
                    Share::InTurn => {
                        *turn += 1;
                        *turn
                    }
                    Share::BySource => place(sources, &frame.source),
                } % workers.len().max(1);
                let gsd_cm = scale(self.legs, &frame);
                match workers.get(index) {
                    Some(worker) => worker.ask(frame, gsd_cm),
                    None => return Waiting::Other(Item::Frame(frame)),
                }
                Waiting::Frame(index)
            }
            (_, item) => Waiting::Other(item),
        }
    }

    fn examine(&mut self, frame: Frame) -> Examined {
        let gsd_cm = scale(self.legs, &frame);
        match &mut self.crew {
            Crew::One(detector) => examine(frame, gsd_cm, detector.as_mut()),
            Crew::Several { .. } => Examined { frame, found: None, took: Duration::ZERO },
        }
    }
}

impl Crew {
    fn size(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Several { workers, .. } => workers.len().max(1),
        }
    }
}

/// The number of a source: in the order in which they were first seen.
fn place(sources: &mut Vec<SourceId>, source: &SourceId) -> usize {
    sources.iter().position(|known| known == source).unwrap_or_else(|| {
        sources.push(source.clone());
        sources.len() - 1
    })
}

fn scale(legs: &BTreeMap<SourceId, Arc<Legs>>, frame: &Frame) -> Option<f64> {
    legs.get(&frame.source)?.gsd_cm(frame)
}

/// A detector with a thread of its own.
struct Worker {
    jobs: Option<SyncSender<(Frame, Option<f64>)>>,
    results: Receiver<Examined>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    fn start(index: usize, mut detector: Box<dyn Detect>) -> std::io::Result<Self> {
        // More than are ever given at once: nobody waits for room.
        let (jobs, asked) = sync_channel::<(Frame, Option<f64>)>(MOST_AT_ONCE);
        let (tell, results) = sync_channel(MOST_AT_ONCE);
        let work = move || {
            for (frame, gsd_cm) in asked {
                if tell.send(examine(frame, gsd_cm, detector.as_mut())).is_err() {
                    break;
                }
            }
        };
        let thread = std::thread::Builder::new().name(format!("detect-{index}")).spawn(work)?;
        Ok(Self { jobs: Some(jobs), results, thread: Some(thread) })
    }

    fn ask(&self, frame: Frame, gsd_cm: Option<f64>) {
        let sent = self.jobs.as_ref().map(|jobs| jobs.send((frame, gsd_cm)));
        if sent.is_none_or(|sent| sent.is_err()) {
            tracing::debug!("a detector has ended; its last result tells why");
        }
    }

    /// What it was asked first. If it panicked, so does this: the stage ends as with one detector.
    fn done(&mut self) -> Option<Examined> {
        if let Ok(examined) = self.results.recv() {
            return Some(examined);
        }
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
        None
    }
}

/// As many as detectors can be configured.
const MOST_AT_ONCE: usize = 64;

impl Drop for Worker {
    fn drop(&mut self) {
        self.jobs = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a detector panicked");
        }
    }
}

/// A frame that cannot be looked at is counted and passed over: the next one may work. Nobody hears of it, so
/// that it is not taken as a view of an empty place.
fn examine(frame: Frame, gsd_cm: Option<f64>, detector: &mut dyn Detect) -> Examined {
    let started = Instant::now();
    let found = match detector.detect_at(&frame, gsd_cm) {
        Ok(detections) => {
            metrics::histogram!("xunjian_detect_seconds").record(started.elapsed());
            Some(detections)
        }
        Err(error) => {
            metrics::counter!("xunjian_detect_errors_total").increment(1);
            tracing::warn!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "frame passed over"
            );
            None
        }
    };
    Examined { frame, found, took: started.elapsed() }
}

#[cfg(test)]
mod tests {
    use detector::DetectError;
    use domain::{Bbox, Class, Size, TimeBasis};
    use jiff::Timestamp;

    use super::*;
    use crate::stage::inbox::WhenFull;

    /// Tells the number of the frame and its own; the first takes longer than the others.
    struct Slow(u8);

    impl Detect for Slow {
        fn detect(&mut self, frame: &Frame) -> Result<Vec<Detection>, DetectError> {
            if self.0 == 0 {
                for _ in 0..50 {
                    std::thread::yield_now();
                }
            }
            let number = u8::try_from(frame.number).unwrap_or(u8::MAX);
            let (x, y) = (f32::from(number), f32::from(self.0));
            let bbox = Bbox { x1: x, y1: y, x2: x, y2: y };
            Ok(vec![Detection { bbox, class: Class::Car, score: 0.9 }])
        }
    }

    fn id(source: &str) -> SourceId {
        SourceId::new(source).unwrap()
    }

    fn frame(source: &str, number: u64) -> Frame {
        let (at, basis) = (Timestamp::UNIX_EPOCH, TimeBasis::Media);
        let size = Size::new(1, 1).unwrap();
        Frame::new(id(source), number, at, basis, size, vec![0; 3].into()).unwrap()
    }

    /// Source, number and detector of everything, in the order in which it came out.
    fn run(count: u8, share: Share) -> Vec<(String, f32, f32)> {
        let (inbox, legs) = (Inbox::default(), BTreeMap::new());
        let crew = (0..count).map(|n| Box::new(Slow(n)) as Box<dyn Detect>).collect();
        let mut detectors = Detectors::new(crew, share, &inbox, &legs).unwrap();
        let mut out = Vec::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..40 {
                    inbox.put(frame("a", number), WhenFull::Block);
                    inbox.put(frame("b", number), WhenFull::Block);
                }
                inbox.end(id("a"));
                inbox.close();
            });
            while let Some(looked) = detectors.next() {
                match looked {
                    Looked::Frame(examined) => {
                        let bbox = examined.found.unwrap()[0].bbox;
                        out.push((examined.frame.source.to_string(), bbox.x1, bbox.y1));
                    }
                    Looked::Other(item) => {
                        assert!(matches!(item, Item::End(_)));
                        out.push(("end".into(), 0.0, 0.0));
                    }
                }
            }
        });
        out
    }

    #[test]
    fn the_order_does_not_depend_on_how_many_look() {
        for (count, share) in [(1, Share::InTurn), (3, Share::InTurn), (2, Share::BySource)] {
            let out = run(count, share);
            assert_eq!(out.len(), 81);
            for source in ["a", "b"] {
                let own = out.iter().filter(|(of, ..)| of == source);
                let numbers: Vec<f32> = own.map(|(_, number, _)| *number).collect();
                assert_eq!(numbers, (0_u8..40).map(f32::from).collect::<Vec<_>>(), "{count}");
            }
            let last_of_a = out.iter().rposition(|(of, ..)| of == "a");
            assert!(out.iter().position(|(of, ..)| of == "end") > last_of_a);
        }
    }

    #[test]
    fn a_camera_keeps_its_detector() {
        let out = run(2, Share::BySource);
        let mut by: BTreeMap<&str, Vec<f32>> = BTreeMap::new();
        for (source, _, detector) in out.iter().filter(|(of, ..)| of != "end") {
            by.entry(source).or_default().push(*detector);
        }
        let one =
            |source: &str| by[source].windows(2).all(|pair| pair[0].total_cmp(&pair[1]).is_eq());
        assert!(one("a") && one("b") && by["a"][0].total_cmp(&by["b"][0]).is_ne());
    }
}
