//! Reads a video file from its beginning to its end, or to where it is damaged.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant};

use domain::SourceState;
use gstreamer as gst;

use crate::Pace;
use crate::pipeline::{Flow, Next, Pipeline};
use crate::reason::CUT_SHORT;
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
        let mut heard = Instant::now();
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
                    heard = Instant::now();
                }
                Next::Nothing => {
                    let stuck = stuck(&pipeline, flow, heard);
                    if stuck.is_some() {
                        break stuck;
                    }
                }
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

/// Some damaged files stop GStreamer's readers without an error: what does not move is given up.
fn stuck(pipeline: &Pipeline, flow: Flow, heard: Instant) -> Option<String> {
    let waited = heard.elapsed();
    if !pipeline.connected() {
        return (waited >= OPENING).then(|| "nothing in it can be played".to_owned());
    }
    // At its own pace a film may rest on one picture for as long as it likes.
    (flow == Flow::Every && waited >= READING).then(|| "no further picture came".to_owned())
}

/// Until the first stream of a file is found.
const OPENING: Duration = Duration::from_secs(10);

/// Between two pictures that nobody holds back.
const READING: Duration = Duration::from_secs(30);

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
pub(crate) fn readable(path: &Path) -> Result<(), String> {
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
    let mut file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    // GStreamer's own answer to this differs from time to time, and now and then never comes.
    match has_index(&mut file, meta.len()) {
        Ok(false) => Err(CUT_SHORT.to_owned()),
        _ => Ok(()),
    }
}

/// Whether an MP4 holds its index, complete. Any other file passes, as does an odd one: GStreamer
/// judges those.
fn has_index(file: &mut (impl Read + Seek), length: u64) -> std::io::Result<bool> {
    let mut at = 0;
    for number in 0..MOST_BOXES {
        if at + 8 > length {
            return Ok(number == 0);
        }
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 16];
        file.read_exact(&mut head[..8])?;
        let [a, b, c, d, kind @ ..] = head.first_chunk::<8>().copied().unwrap_or_default();
        if number == 0 && kind != *b"ftyp" {
            return Ok(true);
        }
        let size = match u32::from_be_bytes([a, b, c, d]) {
            0 => length - at,
            1 => {
                file.read_exact(&mut head[8..])?;
                u64::from_be_bytes(head.last_chunk::<8>().copied().unwrap_or_default())
            }
            size => u64::from(size),
        };
        let end = at.saturating_add(size.max(8));
        if kind == *b"moov" {
            return Ok(end <= length);
        }
        at = end;
    }
    Ok(true)
}

/// No real film has as many parts before its index.
const MOST_BOXES: usize = 10_000;

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn an_index_is_found_where_there_is_one() {
        let ftyp = b"\0\0\0\x0cftypisom".as_slice();
        let moov = b"\0\0\0\x0cmoov1234".as_slice();
        let mdat = b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x14data".as_slice();
        let rest = b"\0\0\0\0mdatto the end".as_slice();
        let endless = b"\xff\xff\xff\xfffree".as_slice();
        let cases: [(&[&[u8]], bool); 10] = [
            (&[ftyp, moov, mdat], true),
            (&[ftyp, mdat, moov], true),
            (&[ftyp, moov, rest], true),
            (&[ftyp, mdat], false),
            (&[ftyp, rest], false),
            (&[ftyp, mdat, &moov[..10]], false),
            (&[ftyp, endless], false),
            (&[ftyp], false),
            (&[b"RIFF, not MP4"], true),
            (&[b"tiny"], true),
        ];
        for (parts, expected) in cases {
            let bytes = parts.concat();
            let length = bytes.len() as u64;
            assert_eq!(has_index(&mut Cursor::new(&bytes), length).unwrap(), expected, "{parts:?}");
        }
    }
}
