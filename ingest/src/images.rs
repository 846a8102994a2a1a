//! Reads a folder of pictures in the order of their names, at a set rate.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::SourceState;
use gstreamer as gst;

use crate::Pace;
use crate::pipeline::{Flow, Next, Pipeline};
use crate::source::{Go, POLL, Reader, pictures};

const ENDINGS: [&str; 7] = ["jpg", "jpeg", "png", "bmp", "webp", "tif", "tiff"];

/// A picture that takes longer than this to decode is given up.
const PATIENCE: Duration = Duration::from_secs(10);

impl Reader {
    pub(crate) fn read_images(&mut self, folder: &Path) {
        let files = match listed(folder) {
            Ok(files) => files,
            Err(error) => {
                let why = format!("cannot read the folder `{}`: {error}", folder.display());
                return self.end(SourceState::Failed, &why);
            }
        };
        if files.is_empty() {
            let why = format!("the folder `{}` holds no picture", folder.display());
            return self.end(SourceState::Failed, &why);
        }
        if let Some(run) = &self.run {
            run.cannot_keep("pictures");
        }
        let mut detail = String::new();
        let axis = self.plan(self.file_basis(), Flow::Every).axis;
        let begun = Instant::now();
        for (number, file) in files.iter().enumerate() {
            let due = self.due(number);
            let early = due.saturating_sub(begun.elapsed());
            let waited = self.spec.pace == Pace::Realtime && self.stop.wait(early);
            if waited || self.stop.asked() {
                return self.end(SourceState::Ended, "stopped");
            }
            let running = gst::ClockTime::from_nseconds(u64::try_from(due.as_nanos()).unwrap_or(0));
            match self.decoded(file) {
                Ok(sample) => {
                    let Some((at, basis)) = axis.at(running, self.clock.now()) else { continue };
                    if self.reporter.current() == SourceState::Starting {
                        self.reporter.state(SourceState::Live, &detail);
                    }
                    if self.deliver(&sample, at, basis) == Go::Stop {
                        return self.end(SourceState::Ended, "stopped");
                    }
                }
                Err(why) => {
                    self.bad += 1;
                    let name = file.file_name().unwrap_or_default().to_string_lossy();
                    detail = format!("left out {}, last `{name}`: {why}", pictures(self.bad));
                    self.reporter.state(self.reporter.current(), &detail);
                }
            }
        }
        let none = self.reporter.frames() == 0;
        let state = if none { SourceState::Failed } else { SourceState::Ended };
        self.end(state, &detail);
    }

    /// The media time of picture `number`.
    fn due(&self, number: usize) -> Duration {
        let number = f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        Duration::from_secs_f64(number / self.config.images_per_second)
    }

    fn decoded(&self, file: &Path) -> Result<gst::Sample, String> {
        let mut plan = self.plan(self.file_basis(), Flow::Every);
        plan.recorder = None;
        let mut pipeline = Pipeline::file(file, plan).map_err(|error| error.to_string())?;
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            match pipeline.next(POLL) {
                Next::Picture(sample) => return Ok(sample),
                Next::Nothing => {}
                Next::End => return Err("it holds no picture".to_owned()),
                Next::Lost(fault) => return Err(fault.of_file(file)),
            }
        }
        Err(format!("decoding took longer than {} s", PATIENCE.as_secs()))
    }
}

pub(crate) fn listed(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        if ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
