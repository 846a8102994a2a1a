//! The reader's probabilities to the plate that they say most likely: connectionist temporal classification, with
//! no text followed that the standard does not allow.
//!
//! Probabilities are not spread anew over the characters of plates. What another character takes is missing, so that
//! writing which is no plate comes out as hardly probable.

use std::collections::BTreeMap;

use super::grammar::{ALPHABET, LONGEST, Open};

/// Where blank and the plate's characters are among the reader's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    pub all: usize,
    pub blank: usize,
    pub characters: [usize; ALPHABET.len()],
}

/// The plate that is most likely.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decoded {
    /// Each with its share, 0..=1, among what else this place may be.
    pub characters: Vec<(char, f32)>,
    /// That there is any plate, 0..=1.
    pub probability: f64,
}

/// Texts followed at a time.
const BEAM: usize = 24;
/// A character below this goes unseen at a step.
const FLOOR: f64 = 1e-5;

/// What `steps` say, one row of probabilities a step; None where no plate is even thinkable.
pub(super) fn decode(steps: &[f32], columns: &Columns) -> Option<Decoded> {
    let mut beam = vec![(Text::EMPTY, Weight { blank: 1.0, letter: 0.0 })];
    for step in steps.chunks_exact(columns.all.max(1)) {
        beam = advance(&beam, &Step::of(step, columns));
    }
    let whole: Vec<(Text, f64)> = beam
        .into_iter()
        .filter(|(text, _)| text.open.is_whole())
        .map(|(text, weight)| (text, weight.sum()))
        .collect();
    let (best, _) = *whole.first()?;
    let probability: f64 = whole.iter().map(|(_, weight)| weight).sum();
    let share = |place: usize| {
        let agrees = |text: &Text| {
            text.length == best.length && text.characters[place] == best.characters[place]
        };
        let agreeing = whole.iter().filter(|(text, _)| agrees(text)).map(|(_, weight)| weight);
        agreeing.sum::<f64>() / probability
    };
    #[expect(clippy::cast_possible_truncation, reason = "a share")]
    let characters = (0..best.length)
        .map(|place| (ALPHABET[usize::from(best.characters[place])], share(place) as f32))
        .collect();
    (probability > 0.0).then_some(Decoded { characters, probability })
}

/// The beginning of a plate.
#[derive(Debug, Clone, Copy)]
struct Text {
    characters: [u8; LONGEST],
    length: usize,
    open: Open,
}

/// How likely a text is that ends in a blank, and in its last character.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    blank: f64,
    letter: f64,
}

/// The probabilities of a step that matter.
struct Step {
    blank: f64,
    characters: [f64; ALPHABET.len()],
}

impl Text {
    const EMPTY: Self = Self { characters: [0; LONGEST], length: 0, open: Open::START };

    fn last(&self) -> Option<u8> {
        self.length.checked_sub(1).map(|last| self.characters[last])
    }

    fn then(mut self, character: u8) -> Option<Self> {
        self.open = self.open.then(character)?;
        *self.characters.get_mut(self.length)? = character;
        self.length += 1;
        Some(self)
    }

    fn key(&self) -> ([u8; LONGEST], usize) {
        (self.characters, self.length)
    }
}

impl Weight {
    fn sum(self) -> f64 {
        self.blank + self.letter
    }
}

impl Step {
    fn of(row: &[f32], columns: &Columns) -> Self {
        let at = |column: usize| row.get(column).copied().map_or(0.0, f64::from);
        Self { blank: at(columns.blank), characters: columns.characters.map(at) }
    }
}

fn advance(beam: &[(Text, Weight)], step: &Step) -> Vec<(Text, Weight)> {
    let mut next = BTreeMap::<_, (Text, Weight)>::new();
    let mut add = |text: Text, blank: f64, letter: f64| {
        let (_, weight) = next.entry(text.key()).or_insert((text, Weight::default()));
        weight.blank += blank;
        weight.letter += letter;
    };
    for &(text, weight) in beam {
        let again = text.last().map_or(0.0, |c| weight.letter * step.characters[usize::from(c)]);
        add(text, weight.sum() * step.blank, again);
        for (character, &probability) in (0_u8..).zip(&step.characters) {
            if probability < FLOOR {
                continue;
            }
            // The same character twice needs a blank between.
            let before = if text.last() == Some(character) { weight.blank } else { weight.sum() };
            if let Some(longer) = text.then(character) {
                add(longer, 0.0, before * probability);
            }
        }
    }
    let mut next: Vec<(Text, Weight)> = next.into_values().collect();
    // Equal ones keep the order of the alphabet.
    next.sort_by(|(_, a), (_, b)| b.sum().total_cmp(&a.sum()));
    next.truncate(BEAM);
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blank, then the alphabet.
    fn columns() -> Columns {
        let characters = std::array::from_fn(|place| place + 1);
        Columns { all: ALPHABET.len() + 1, blank: 0, characters }
    }

    /// One row for each step: what is read with which probability; blank has the rest.
    fn steps(read: &[&[(char, f32)]]) -> Vec<f32> {
        let mut steps = Vec::new();
        for characters in read {
            let mut row = vec![0.0; ALPHABET.len() + 1];
            row[0] = 1.0;
            for &(character, probability) in *characters {
                let place = ALPHABET.iter().position(|&c| c == character).unwrap();
                row[place + 1] = probability;
                row[0] -= probability;
            }
            steps.extend(row);
        }
        steps
    }

    fn text(decoded: &Decoded) -> String {
        decoded.characters.iter().map(|(character, _)| character).collect()
    }

    fn clear(word: &str) -> Vec<(char, f32)> {
        word.chars().map(|character| (character, 0.98)).collect()
    }

    #[test]
    fn plain_steps_are_read_as_they_are() {
        for (word, expected) in [
            // Held for two steps it is one character; with a blank between it is two. (· is a blank step.)
            ("皖皖AA·1·2·3·4·5", Some("皖A12345")),
            ("皖A1·1234", Some("皖A11234")),
            // Eight characters are those of new energy alone.
            ("皖A1·12345", None),
            ("皖A·1·1·2·4·5", Some("皖A11245")),
            ("皖A112345", Some("皖A12345")),
            ("沪AD·12345", Some("沪AD12345")),
            ("京A1234学", Some("京A1234学")),
            ("使014578", Some("使014578")),
            // What the standard does not allow is nothing.
            ("A12345", None),
            ("皖A1234", None),
            ("····", None),
        ] {
            let rows: Vec<Vec<(char, f32)>> = word
                .chars()
                .map(|c| if c == '·' { Vec::new() } else { vec![(c, 0.999_999)] })
                .collect();
            let rows: Vec<&[(char, f32)]> = rows.iter().map(Vec::as_slice).collect();
            let decoded = decode(&steps(&rows), &columns()).filter(|d| d.probability > 0.5);
            assert_eq!(decoded.as_ref().map(text).as_deref(), expected, "{word}");
        }
    }

    #[test]
    fn the_standard_decides_between_what_looks_alike() {
        // The second place is a letter, the last five of a car of new energy are digits or its drive.
        let read: [&[(char, f32)]; 8] = [
            &[('沪', 0.9)],
            &[('8', 0.6), ('B', 0.4)],
            &[('D', 0.9)],
            &[('0', 0.9)],
            &[('B', 0.7), ('8', 0.3)],
            &[('2', 0.9)],
            &[('3', 0.9)],
            &[('Z', 0.6), ('2', 0.4)],
        ];
        let decoded = decode(&steps(&read), &columns()).unwrap();
        assert_eq!(text(&decoded), "沪BD08232");
    }

    #[test]
    fn doubt_stays_with_its_character() {
        let word = clear("皖A12345");
        let mut read: Vec<&[(char, f32)]> = word.chunks(1).collect();
        let doubt = [('3', 0.6), ('8', 0.38)];
        read[4] = &doubt;
        let decoded = decode(&steps(&read), &columns()).unwrap();
        assert_eq!(text(&decoded), "皖A12345");
        for (place, (_, share)) in decoded.characters.iter().enumerate() {
            let expected = if place == 4 { 0.6 / 0.98 } else { 1.0 };
            assert!((share - expected).abs() < 0.01, "{place}: {share}");
        }
    }

    #[test]
    fn other_writing_is_hardly_probable() {
        // Each step says mostly something that no plate has: its share is simply missing.
        let mut rows = steps(&clear("皖A12345").chunks(1).collect::<Vec<_>>());
        for value in &mut rows {
            *value *= 0.1;
        }
        let decoded = decode(&rows, &columns()).unwrap();
        assert!(decoded.probability < 1e-6, "{decoded:?}");
    }

    #[test]
    fn nothing_is_read_from_nothing() {
        assert_eq!(decode(&[], &columns()), None);
        assert_eq!(decode(&vec![0.0; 730], &columns()), None);
    }
}
