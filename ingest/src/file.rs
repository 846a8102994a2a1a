//! Reads a video file from its beginning to its end, or to where it is damaged.

use std::path::Path;
use std::time::Duration;

use domain::SourceState;
use gstreamer as gst;

use crate::Pace;
use crate::pipeline::{Flow, Next, Pipeline};
use crate::source::{Go, POLL, Reader, pictures, running_time};

impl Reader {
    pub(crate) fn read_file(&mut self, path: &Path) {
        if let Err(why) = readable(path) {
            return self
                .end(SourceState::Failed, &format!("cannot read `{}`: {why}", path.display()));
        }
        let flow = match self.spec.pace {
            Pace::Every => Flow::Every,
            Pace::Realtime => Flow::Paced,
        };
        let plan = self.plan(self.file_basis(), flow);
        let axis = std::sync::Arc::clone(&plan.axis);
        let mut pipeline = match Pipeline::file(path, plan) {
            Ok(pipeline) => pipeline,
            Err(error) => return self.end(SourceState::Failed, &error.to_string()),
        };
        let mut reached = gst::ClockTime::ZERO;
        let mut length = None;
        let fault = loop {
            if self.stop.asked() {
                return self.end(SourceState::Ended, "stopped");
            }
            match pipeline.next(POLL) {
                Next::Picture(sample) => {
                    if length.is_none() {
                        length = pipeline.length();
                    }
                    // A picture without a time belongs right after the one before it.
                    let running = running_time(&sample).unwrap_or(reached);
                    reached = reached.max(running + duration(&sample));
                    let machine = pipeline.arrived(running);
                    let Some((at, basis)) = axis.at(running, machine) else { continue };
                    if self.reporter.current() == SourceState::Starting {
                        self.reporter.state(SourceState::Live, "");
                    }
                    if self.deliver(&sample, at, basis) == Go::Stop {
                        return self.end(SourceState::Ended, "stopped");
                    }
                }
                Next::Nothing => {}
                Next::End => break None,
                Next::Lost(fault) => break Some(fault.of_file(path)),
            }
        };
        // Closes the last segment before the end is told.
        drop(pipeline);
        self.tell_end(path, reached, length, fault);
    }

    fn tell_end(
        &self,
        path: &Path,
        reached: gst::ClockTime,
        length: Option<gst::ClockTime>,
        fault: Option<String>,
    ) {
        let path = path.display();
        if self.reporter.frames() == 0 {
            let why = fault.unwrap_or_else(|| "it holds no readable picture".to_owned());
            return self.end(SourceState::Failed, &format!("cannot read `{path}`: {why}"));
        }
        let at = seconds(reached);
        let cut = length.filter(|&length| reached + tolerance(length) < length);
        let detail = match (fault, cut) {
            (Some(why), _) => format!("`{path}` ended early at {at:.1} s: {why}"),
            (None, Some(length)) => format!(
                "`{path}` ended early at {at:.1} s of {:.1} s: the file is cut short or damaged",
                seconds(length)
            ),
            (None, None) if self.bad > 0 => format!("left out {}", pictures(self.bad)),
            (None, None) => String::new(),
        };
        self.end(SourceState::Ended, &detail);
    }
}

/// Sound may go on a little after the last picture.
fn tolerance(length: gst::ClockTime) -> gst::ClockTime {
    gst::ClockTime::from_mseconds(1000).max(length / 50)
}

fn duration(sample: &gst::Sample) -> gst::ClockTime {
    sample.buffer().and_then(gst::BufferRef::duration).unwrap_or(gst::ClockTime::ZERO)
}

fn seconds(time: gst::ClockTime) -> f64 {
    Duration::from(time).as_secs_f64()
}

/// Says what the operating system says before GStreamer wraps it.
fn readable(path: &Path) -> Result<(), String> {
    let meta = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    })?;
    if !meta.is_file() {
        return Err("this is no file".to_owned());
    }
    if meta.len() == 0 {
        return Err("the file is empty".to_owned());
    }
    std::fs::File::open(path).map(drop).map_err(|error| error.to_string())
}
