//! Detections from a file instead of from pixels, for tests of everything behind the detector.
//!
//! One JSON object per line: `{"frame": 12, "detections": [{"bbox": {"x1": …, "y1": …, "x2": …,
//! "y2": …}, "class": "car", "score": 0.9}]}`. Frames that are not listed have no objects.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

use domain::{Detection, Frame};
use serde::Deserialize;

use crate::detect::{Detect, DetectError};

/// Detections by the number of the frame.
#[derive(Debug, Clone, Default)]
pub struct Scripted(BTreeMap<u64, Vec<Detection>>);

/// Why a script cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    #[error("cannot read the script {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("line {line} of the script {}", path.display())]
    Line { path: PathBuf, line: usize, source: serde_json::Error },
    #[error("line {line} of the script {}: frame {frame} is given twice", path.display())]
    Twice { path: PathBuf, line: usize, frame: u64 },
}

const MAX_BYTES: u64 = 256 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    frame: u64,
    detections: Vec<Detection>,
}

impl Scripted {
    /// Detections as given.
    pub fn new(by_frame: BTreeMap<u64, Vec<Detection>>) -> Self {
        Self(by_frame)
    }

    /// Reads a script of at most 256 MiB; empty lines are passed over.
    pub fn load(path: &Path) -> Result<Self, ScriptError> {
        let unreadable = |source| ScriptError::Read { path: path.to_owned(), source };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let mut by_frame = BTreeMap::new();
        for (text, line) in std::io::BufReader::new(file.take(MAX_BYTES)).lines().zip(1..) {
            let text = text.map_err(unreadable)?;
            if text.trim().is_empty() {
                continue;
            }
            let Line { frame, detections } = serde_json::from_str(&text)
                .map_err(|source| ScriptError::Line { path: path.to_owned(), line, source })?;
            if by_frame.insert(frame, detections).is_some() {
                return Err(ScriptError::Twice { path: path.to_owned(), line, frame });
            }
        }
        Ok(Self(by_frame))
    }
}

impl Detect for Scripted {
    fn detect(&mut self, frame: &Frame) -> Result<Vec<Detection>, DetectError> {
        Ok(self.0.get(&frame.number).cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use domain::{Class, Size, SourceId, TimeBasis};
    use jiff::Timestamp;

    use super::*;

    fn load(script: &str) -> Result<Scripted, ScriptError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("script.jsonl");
        std::fs::write(&path, script).unwrap();
        Scripted::load(&path)
    }

    const LINE: &str = r#"{"frame":2,"detections":[{"bbox":{"x1":1,"y1":2,"x2":30,"y2":40},"class":"car","score":0.9}]}"#;

    #[test]
    fn a_frame_gets_what_its_line_says() {
        let mut scripted = load(&format!("\n{LINE}\n")).unwrap();
        let mut detect = |number| {
            let (source, size) = (SourceId::new("cam").unwrap(), Size::new(1, 1).unwrap());
            let pixels = vec![0; 3].into();
            let (at, basis) = (Timestamp::UNIX_EPOCH, TimeBasis::Media);
            scripted.detect(&Frame::new(source, number, at, basis, size, pixels).unwrap()).unwrap()
        };
        assert_eq!(detect(1), []);
        assert_eq!(detect(2)[0].class, Class::Car);
    }

    #[test]
    fn a_bad_line_is_named() {
        let message = |script: &str| load(script).unwrap_err().to_string();
        assert!(message("\n{}").starts_with("line 2 of the script"));
        assert!(message(&format!("{LINE}\n{LINE}")).ends_with("frame 2 is given twice"));
    }
}
