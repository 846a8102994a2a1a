//! How well plates are read: text against text.

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
        let (truth, answer) = (plain(truth), plain(answer));
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
        assert!((counts.exact_of_read() - 0.5).abs() < 1e-12);
        assert!((counts.exact_share() - 1.0 / 3.0).abs() < 1e-12);
        assert!((counts.character_share() - 13.0 / 21.0).abs() < 1e-12);
    }
}
