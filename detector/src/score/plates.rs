//! How well plates are read: text against text.

use domain::UNKNOWN_PROVINCE;
use serde::Serialize;

use super::{real, share};

/// Plates counted. A plate that was not read (no text) is neither right nor wrong: it is unread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PlateCounts {
    pub plates: u64,
    /// Of which there is an answer.
    pub read: u64,
    /// Every character is right.
    pub exact: u64,
    /// All that was told is right, but the province was not told (`?`).
    pub provinceless: u64,
    /// A character that was told is wrong, or there are too many or too few.
    pub wrong: u64,
    /// Characters of the truth, of all plates.
    pub characters: u64,
    /// Characters to change, add or remove to come from the answers to the truth.
    pub edits: u64,
}

/// Longer texts are cut: no plate is longer.
const LONGEST: usize = 64;

impl PlateCounts {
    /// Adds one plate. Separators (`·`, `-`, blanks) and the case of letters do not count.
    pub fn add(&mut self, truth: &str, answer: &str) {
        let untold = answer.starts_with(UNKNOWN_PROVINCE);
        let (truth, answer) = (plain(truth), plain(answer));
        let provinceless = untold && truth.get(1..) == Some(answer.as_slice());
        self.provinceless += u64::from(provinceless);
        self.wrong += u64::from(!answer.is_empty() && truth != answer && !provinceless);
        self.plates += 1;
        self.read += u64::from(!answer.is_empty());
        self.exact += u64::from(truth == answer);
        self.characters += truth.len() as u64;
        self.edits += distance(&truth, &answer);
    }

    /// Of all plates.
    pub fn exact_share(self) -> f64 {
        share(real(self.exact), real(self.plates))
    }

    /// Of the plates that were read.
    pub fn exact_of_read(self) -> f64 {
        share(real(self.exact), real(self.read))
    }

    /// Of the plates that were read.
    pub fn wrong_of_read(self) -> f64 {
        share(real(self.wrong), real(self.read))
    }

    /// Of all plates: those without an answer.
    pub fn unknown_share(self) -> f64 {
        share(real(self.plates - self.read), real(self.plates))
    }

    /// 1 − edits / characters, at least 0.
    pub fn character_share(self) -> f64 {
        share(real(self.characters.saturating_sub(self.edits)), real(self.characters))
    }
}

fn plain(text: &str) -> Vec<char> {
    let counts = |c: &char| c.is_alphanumeric();
    text.chars().filter(counts).flat_map(char::to_uppercase).take(LONGEST).collect()
}

/// Levenshtein's.
fn distance(from: &[char], to: &[char]) -> u64 {
    let mut row: Vec<u64> = (0..=to.len() as u64).collect();
    for (above, a) in from.iter().enumerate() {
        let mut corner = row[0];
        row[0] = above as u64 + 1;
        for (column, b) in to.iter().enumerate() {
            let changed = corner + u64::from(a != b);
            corner = row[column + 1];
            row[column + 1] = changed.min(corner + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_by_edits() {
        for (truth, answer, exact, edits) in [
            ("皖A12345", "皖A12345", 1, 0),
            ("皖A·12345", "皖a12345", 1, 0),
            ("皖A12345", "皖A1234S", 0, 1),
            ("皖A12345", "A12345", 0, 1),
            ("皖A12345", "皖AA12345", 0, 1),
            ("粤B12345D", "", 0, 8),
            ("kitten", "sitting", 0, 3),
        ] {
            let mut counts = PlateCounts::default();
            counts.add(truth, answer);
            assert_eq!((counts.exact, counts.edits), (exact, edits), "{truth} {answer}");
        }
    }

    #[test]
    fn what_is_not_read_is_told_apart_from_what_is_wrong() {
        let mut counts = PlateCounts::default();
        for answer in ["京A00001", "", "京A00002"] {
            counts.add("京A00001", answer);
        }
        assert_eq!((counts.plates, counts.read, counts.exact), (3, 2, 1));
        assert_eq!((counts.wrong, counts.provinceless), (1, 0));
        assert!((counts.exact_of_read() - 0.5).abs() < 1e-12);
        assert!((counts.exact_share() - 1.0 / 3.0).abs() < 1e-12);
        assert!((counts.character_share() - 13.0 / 21.0).abs() < 1e-12);
    }

    #[test]
    fn a_province_that_is_not_told_is_not_wrong() {
        for (answer, provinceless, wrong) in
            [("?A12345", 1, 0), ("?A12346", 0, 1), ("皖A12345", 0, 0), ("A12345", 0, 1), ("", 0, 0)]
        {
            let mut counts = PlateCounts::default();
            counts.add("皖A12345", answer);
            assert_eq!((counts.provinceless, counts.wrong), (provinceless, wrong), "{answer}");
        }
    }
}
