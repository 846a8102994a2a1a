//! `MOTChallenge` text: one box a line, `frame,id,x,y,width,height,confidence,…`.
//!
//! Commas, blanks or tabs separate the columns; what follows the seventh is not looked at. Every
//! count is bounded. A line that cannot be read is an error that names it: a score over half the
//! truth would be worse than none.

use std::collections::{BTreeMap, BTreeSet};

use super::{Area, MAX_BOXES_PER_FRAME, MAX_FRAME, MAX_IDS, MAX_ROWS, Seen, Sequence, Shot};

/// Which of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Truth,
    Test,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Truth => "the truth",
            Self::Test => "the test",
        })
    }
}

/// Why there is no score.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum ScoreError {
    #[error("line {line} of {side} {problem}")]
    Row { side: Side, line: usize, problem: RowProblem },
    #[error("{side} has more than {MAX_ROWS} lines")]
    TooLong { side: Side },
    #[error("the truth holds no box that counts: nothing can be scored against it")]
    NoTruth,
    #[error("a frame rate must be above 0 and at most 1000 Hz, got {got}")]
    Rate { got: f64 },
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum RowProblem {
    #[error("has {got} columns, at least 6 are needed: frame,id,x,y,width,height")]
    Columns { got: usize },
    #[error("has no number in column {column}: `{text}`")]
    Number { column: usize, text: String },
    #[error("names frame {got}: frames are numbered 1 to {MAX_FRAME}")]
    Frame { got: f64 },
    #[error("names the object {got}: ids are whole numbers")]
    Id { got: f64 },
    #[error("has the id -1: the truth must tell its objects apart")]
    Nobody,
    #[error("shows object {id} a second time in frame {frame}")]
    Twice { id: i64, frame: u32 },
    #[error("is box {} of its frame, no more are read", MAX_BOXES_PER_FRAME + 1)]
    Crowd,
    #[error("is object {} of its file, no more are read", MAX_IDS + 1)]
    Ids,
}

impl Sequence {
    /// Reads the truth and a tracker's answer. An answer in which a box has the id −1 is one of
    /// detections: it can be followed, but not scored as tracks.
    pub fn read(truth: &str, test: &str) -> Result<Self, ScoreError> {
        let (truth, test) = (File::read(Side::Truth, truth)?, File::read(Side::Test, test)?);
        if truth.boxes.is_empty() {
            return Err(ScoreError::NoTruth);
        }
        let (objects, tracks, identified) = (truth.ids.len(), test.ids.len(), test.identified);
        let mut frames = BTreeMap::<u32, Shot>::new();
        for (number, seen) in truth.boxes {
            shot(&mut frames, number).truth.push(seen);
        }
        for (number, seen) in test.boxes {
            shot(&mut frames, number).found.push(seen);
        }
        Ok(Self { frames: frames.into_values().collect(), objects, tracks, identified })
    }
}

fn shot(frames: &mut BTreeMap<u32, Shot>, number: u32) -> &mut Shot {
    frames.entry(number).or_insert_with(|| Shot { number, truth: vec![], found: vec![] })
}

/// One file: its boxes in the order of its lines.
struct File {
    side: Side,
    boxes: Vec<(u32, Seen)>,
    ids: BTreeMap<i64, usize>,
    taken: BTreeSet<(u32, i64)>,
    crowd: BTreeMap<u32, usize>,
    identified: bool,
}

/// The id of what has none.
const NOBODY: i64 = -1;

impl File {
    fn read(side: Side, text: &str) -> Result<Self, ScoreError> {
        let mut file = Self {
            side,
            boxes: vec![],
            ids: BTreeMap::new(),
            taken: BTreeSet::new(),
            crowd: BTreeMap::new(),
            identified: true,
        };
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            if index >= MAX_ROWS {
                return Err(ScoreError::TooLong { side });
            }
            if !line.trim().is_empty() {
                file.take(line).map_err(|problem| ScoreError::Row {
                    side,
                    line: index + 1,
                    problem,
                })?;
            }
        }
        Ok(file)
    }

    fn take(&mut self, line: &str) -> Result<(), RowProblem> {
        let Row { frame, id, area, confidence } = Row::read(line)?;
        if self.side == Side::Truth && confidence.is_some_and(|confidence| confidence <= 0.0) {
            return Ok(());
        }
        let crowd = self.crowd.entry(frame).or_default();
        *crowd += 1;
        if *crowd > MAX_BOXES_PER_FRAME {
            return Err(RowProblem::Crowd);
        }
        if id == NOBODY && self.side == Side::Truth {
            return Err(RowProblem::Nobody);
        }
        if id != NOBODY && !self.taken.insert((frame, id)) {
            return Err(RowProblem::Twice { id, frame });
        }
        self.identified &= id != NOBODY;
        let next = self.ids.len();
        let who = *self.ids.entry(id).or_insert(next);
        if who >= MAX_IDS {
            return Err(RowProblem::Ids);
        }
        // −1 says that the confidence is not known.
        let confidence = confidence.filter(|&known| known >= 0.0).unwrap_or(1.0).min(1.0);
        self.boxes.push((frame, Seen { who, area, confidence }));
        Ok(())
    }
}

struct Row {
    frame: u32,
    id: i64,
    area: Area,
    confidence: Option<f64>,
}

impl Row {
    fn read(line: &str) -> Result<Self, RowProblem> {
        let separates = |c: char| c == ',' || c.is_whitespace();
        let mut columns = [0.0; 7];
        let mut got = 0;
        for text in line.split(separates).filter(|text| !text.is_empty()).take(columns.len()) {
            columns[got] = number(text, got + 1)?;
            got += 1;
        }
        let [frame, id, x, y, w, h, confidence] = columns;
        if got < 6 {
            return Err(RowProblem::Columns { got });
        }
        let confidence = (got == 7).then_some(confidence);
        Ok(Self {
            frame: whole_frame(frame)?,
            id: whole_id(id)?,
            area: Area { x, y, w, h },
            confidence,
        })
    }
}

fn number(text: &str, column: usize) -> Result<f64, RowProblem> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| RowProblem::Number { column, text: text.chars().take(32).collect() })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to fit")]
fn whole_frame(got: f64) -> Result<u32, RowProblem> {
    let fits = got.fract() == 0.0 && (1.0..=f64::from(MAX_FRAME)).contains(&got);
    if fits { Ok(got as u32) } else { Err(RowProblem::Frame { got }) }
}

#[expect(clippy::cast_possible_truncation, reason = "checked to fit")]
fn whole_id(got: f64) -> Result<i64, RowProblem> {
    let fits = got.fract() == 0.0 && got.abs() < 1e15;
    if fits { Ok(got as i64) } else { Err(RowProblem::Id { got }) }
}
