//! A video, masked: read, examined some times a second, covered in between, written anew.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use detector::{Bridge, Masker, PrivacyConfig, picture};
use domain::{Clock, Frame, Size, SourceId, SourceState, SourceStatus};
use ingest::{Film, Input, Pace, SourceSpec, Start, Taken};
use jiff::{SignedDuration, Timestamp};

use super::Making;

/// What masking a video takes.
pub(super) struct Job {
    pub masker: Arc<Mutex<Masker>>,
    pub privacy: PrivacyConfig,
    pub ingest: ingest::Config,
    pub clock: Arc<dyn Clock>,
    pub making: Making,
}

/// Pictures that wait for the next look at most, whatever rate the video claims: it is taken earlier then.
const MOST_HELD: usize = 32;

/// Writes the masked rendition of `original` to `dest`; returns how many places were found over all looks. Blocks
/// until it is done, or stopped.
pub(super) fn mask(job: Job, original: &Path, dest: &Path) -> anyhow::Result<u64> {
    let input = Input::File(original.to_owned());
    let length = ingest::probe(&input)?.duration.unwrap_or_default();
    let (clock, config) = (Arc::clone(&job.clock), job.ingest.clone());
    let work = Arc::new(Mutex::new(Work::new(job, dest, length)));
    let last: Arc<Mutex<Option<SourceStatus>>> = Arc::default();
    let (taking, told) = (Arc::clone(&work), Arc::clone(&last));
    let sink = move |frame: Frame| lock(&taking).take(&frame);
    let change = move |status: &SourceStatus| *lock(&told) = Some(status.clone());
    let spec = SourceSpec {
        id: SourceId::new("masked").expect("`masked` is a valid id"),
        name: String::new(),
        input,
        pace: Pace::Every,
        start: Start::Media,
    };
    let source = ingest::spawn(spec, None, Box::new(sink), Box::new(change), clock, &config);
    anyhow::ensure!(source.join(), "reading it panicked");
    if let Some(SourceStatus { state: SourceState::Failed, detail, .. }) = lock(&last).take() {
        anyhow::bail!(detail);
    }
    let work = Arc::into_inner(work).context("its reader is still at work")?;
    work.into_inner().unwrap_or_else(PoisonError::into_inner).finish()
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The film on its way.
struct Work {
    job: Job,
    dest: PathBuf,
    length: Duration,
    writing: Option<Writing>,
    next_look: Timestamp,
    /// Not yet known to lie between two looks.
    held: Vec<Frame>,
    bridge: Bridge,
    places: u64,
    failed: Option<anyhow::Error>,
}

struct Writing {
    film: Film,
    size: Size,
    first: Timestamp,
}

impl Work {
    fn new(job: Job, dest: &Path, length: Duration) -> Self {
        Self {
            job,
            dest: dest.to_owned(),
            length,
            writing: None,
            next_look: Timestamp::MIN,
            held: Vec::new(),
            bridge: Bridge::default(),
            places: 0,
            failed: None,
        }
    }

    fn take(&mut self, frame: &Frame) -> Taken {
        if self.job.making.stop.is_cancelled() {
            self.failed = Some(anyhow::anyhow!("the program stops"));
            return Taken::Closed;
        }
        match self.add(frame) {
            Ok(()) => Taken::Kept,
            Err(error) => {
                self.failed = Some(error);
                Taken::Closed
            }
        }
    }

    fn add(&mut self, frame: &Frame) -> anyhow::Result<()> {
        let frame = fitted(frame, self.job.privacy.video_side)?;
        let at = frame.at;
        self.held.push(frame);
        if at >= self.next_look || self.held.len() > MOST_HELD {
            self.look()?;
            let pause = SignedDuration::from_secs_f64(1.0 / self.job.privacy.looks_per_second);
            self.next_look = at.saturating_add(pause).unwrap_or(Timestamp::MAX);
            self.tell(at);
        }
        Ok(())
    }

    /// Examines the newest picture and writes all that were held, with what was found before and now covered.
    fn look(&mut self) -> anyhow::Result<()> {
        let Some(newest) = self.held.last() else { return Ok(()) };
        let found = lock(&self.job.masker).find(newest)?;
        self.places += found.len() as u64;
        let covered = self.bridge.step(found);
        for frame in std::mem::take(&mut self.held) {
            self.write(&Masker::cover(&frame, &covered))?;
        }
        Ok(())
    }

    fn write(&mut self, frame: &Frame) -> anyhow::Result<()> {
        let writing = if let Some(writing) = &mut self.writing {
            writing
        } else {
            let film = Film::create(&self.dest, frame.size)?;
            self.writing.insert(Writing { film, size: frame.size, first: frame.at })
        };
        anyhow::ensure!(writing.size == frame.size, "its pictures change their size");
        let at = frame.at.duration_since(writing.first);
        let at = Duration::try_from(at).unwrap_or_default();
        Ok(writing.film.push(at, Bytes::copy_from_slice(&frame.bgr))?)
    }

    fn tell(&self, at: Timestamp) {
        let Some(writing) = &self.writing else { return };
        let done = at.duration_since(writing.first).as_secs_f64();
        let whole = self.length.as_secs_f64();
        if whole > 0.0 {
            (self.job.making.progress)((done / whole).clamp(0.0, 1.0));
        }
    }

    /// The last pictures are examined too: nobody looks after them.
    fn finish(mut self) -> anyhow::Result<u64> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.look()?;
        let writing = self.writing.context("it holds no readable picture")?;
        writing.film.finish()?;
        Ok(self.places)
    }
}

/// As large as it is examined, in whole steps of what the encoder takes.
fn fitted(frame: &Frame, longest: u32) -> anyhow::Result<Frame> {
    let Size { width, height } = picture::within_size(frame.size, longest);
    let whole = |side: u32, step: u32| (side - side % step).max(SMALLEST);
    let size = Size { width: whole(width, 4), height: whole(height, 2) };
    Ok(picture::resized(frame, size)?)
}

/// The encoder takes no smaller side.
const SMALLEST: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_what_the_encoder_takes() {
        for ((width, height), wanted) in [
            ((640, 360), (640, 360)),
            ((1920, 1080), (960, 540)),
            ((1080, 1920), (540, 960)),
            ((1283, 721), (960, 538)),
            ((353, 289), (352, 288)),
            ((2000, 3), (960, 16)),
            ((1, 1), (16, 16)),
        ] {
            let size = Size::new(width, height).unwrap();
            let bgr = vec![0; size.bgr_bytes()].into();
            let source = SourceId::new("test").unwrap();
            let at = Timestamp::UNIX_EPOCH;
            let frame = Frame::new(source, 0, at, domain::TimeBasis::Media, size, bgr).unwrap();
            let fitted = fitted(&frame, 960).unwrap();
            assert_eq!((fitted.size.width, fitted.size.height), wanted);
        }
    }
}
