//! Several sequences, and what is printed of them.

use std::fmt;

use serde::Serialize;

use super::{Figures, Score, ScoreError, Sequence, combine, evaluate};
use crate::config::TrackerConfig;

/// What is known of one sequence.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    pub name: &'a str,
    /// `gt.txt`.
    pub truth: &'a str,
    /// A tracker's answer, or detections with the id −1.
    pub test: &'a str,
    /// Frames per second, above 0.
    pub rate_hz: f64,
}

/// Scores what is given, and our own tracker on the same boxes.
pub fn report(sequences: &[Given<'_>], config: &TrackerConfig) -> Result<Report, ReportError> {
    let mut rows = vec![];
    for given in sequences {
        let failed = |source| ReportError { sequence: given.name.to_owned(), source };
        let sequence = Sequence::read(given.truth, given.test).map_err(failed)?;
        let ours = sequence.followed(given.rate_hz, config).map_err(failed)?;
        if sequence.identified() {
            rows.push(ReportRow::new(given.name, Tracked::Given, evaluate(&sequence)));
        }
        rows.push(ReportRow::new(given.name, Tracked::Ours, evaluate(&ours)));
    }
    if sequences.len() > 1 {
        for by in [Tracked::Given, Tracked::Ours] {
            let scores: Vec<Score> =
                rows.iter().filter(|row| row.by == by).map(|row| row.score.clone()).collect();
            if scores.len() == sequences.len() {
                rows.push(ReportRow::new("all", by, combine(&scores)));
            }
        }
    }
    Ok(Report { rows })
}

/// A sequence could not be scored.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("cannot score the sequence `{sequence}`")]
pub struct ReportError {
    pub sequence: String,
    pub source: ScoreError,
}

/// A table of scores. Printed as text, or serialised with every figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Report {
    pub rows: Vec<ReportRow>,
}

/// One sequence, followed by one tracker.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportRow {
    pub sequence: String,
    pub by: Tracked,
    #[serde(flatten)]
    pub score: Score,
}

/// Whose tracks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tracked {
    /// The answer that was given.
    Given,
    /// Our tracker's, on the boxes of that answer.
    Ours,
}

impl ReportRow {
    fn new(sequence: &str, by: Tracked, score: Score) -> Self {
        Self { sequence: sequence.to_owned(), by, score }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = self.rows.iter().map(|row| row.sequence.chars().count()).max().unwrap_or(0);
        let width = widest.max("sequence".len());
        writeln!(f, "{:width$} by    {HEADINGS}", "sequence")?;
        for row in &self.rows {
            let by = match row.by {
                Tracked::Given => "given",
                Tracked::Ours => "ours",
            };
            writeln!(f, "{:width$} {by:5} {}", row.sequence, row.score)?;
        }
        Ok(())
    }
}

const HEADINGS: &str = " HOTA  DetA  AssA  LocA   MOTA  MOTP  IDF1   IDP   IDR  Rcll  Prcn \
                        GT MT PT ML    FP    FN IDs Frag";

/// One line under the headings of a [`Report`]: shares in per cent, MOTP as a distance.
impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { hota, det_a, ass_a, loc_a, mota, motp, idf1, .. } = self.figures();
        let Figures { idp, idr, recall, precision, .. } = self.figures();
        for share in [hota, det_a, ass_a, loc_a] {
            write!(f, "{:5.1} ", 100.0 * share)?;
        }
        write!(f, "{:6.1} {motp:5.3} ", 100.0 * mota)?;
        for share in [idf1, idp, idr, recall, precision] {
            write!(f, "{:5.1} ", 100.0 * share)?;
        }
        let figures = self.figures();
        let Figures { unique_objects, mostly_tracked, partially_tracked, .. } = figures;
        let Figures { mostly_lost, false_positives, misses, switches, fragmentations, .. } =
            figures;
        write!(f, "{unique_objects:2} {mostly_tracked:2} {partially_tracked:2} {mostly_lost:2} ")?;
        write!(f, "{false_positives:5} {misses:5} {switches:3} {fragmentations:4}")
    }
}

/// The frame rate that a sequence's `seqinfo.ini` names, if it names one.
pub fn frame_rate(seqinfo: &str) -> Option<f64> {
    let named = |line: &str| {
        let (key, value) = line.split_once('=')?;
        key.trim().eq_ignore_ascii_case("frameRate").then(|| value.trim().parse().ok())?
    };
    let rate: f64 = seqinfo.lines().take(1000).find_map(named)?;
    (rate > 0.0 && rate.is_finite()).then_some(rate)
}
