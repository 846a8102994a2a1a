//! What is read of a number plate. It names its keeper: whatever is stored, shown or sent of it is masked.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Colour of a plate's ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PlateColour {
    Blue,
    Yellow,
    /// Small vehicles of new energy.
    Green,
    /// Large vehicles of new energy.
    YellowGreen,
    White,
    Black,
}

impl PlateColour {
    pub const ALL: [Self; 6] =
        [Self::Blue, Self::Yellow, Self::Green, Self::YellowGreen, Self::White, Self::Black];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::YellowGreen => "yellow-green",
            Self::White => "white",
            Self::Black => "black",
        }
    }
}

/// A plate that was read. It cannot be serialised, and prints itself masked.
#[derive(Clone, PartialEq)]
pub struct Plate {
    text: String,
    /// Of its least certain character, an unknown province aside; 0..=1.
    pub confidence: f32,
    pub colour: Option<PlateColour>,
    /// How many pictures it was read in.
    pub looks: u32,
}

/// Stands for a province that could not be told.
pub const UNKNOWN_PROVINCE: char = '?';
const HIDDEN: char = '*';
/// So many characters are shown at each end: the province and the letter of the office, and the last two.
const SHOWN: usize = 2;

impl Plate {
    /// `text` as it stands on the plate, without separators.
    pub fn new(text: String, confidence: f32, colour: Option<PlateColour>, looks: u32) -> Self {
        Self { text, confidence, colour, looks }
    }

    /// All of it. For who may see it.
    pub fn full(&self) -> &str {
        &self.text
    }

    /// For everybody else: `皖A***45`.
    pub fn masked(&self) -> MaskedPlate {
        let length = self.text.chars().count();
        let hidden = |at: usize| at >= SHOWN && at + SHOWN < length;
        let shown = |(at, character)| if hidden(at) { HIDDEN } else { character };
        MaskedPlate {
            text: self.text.chars().enumerate().map(shown).collect(),
            confidence: self.confidence,
            colour: self.colour,
            looks: self.looks,
        }
    }
}

impl fmt::Debug for Plate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.masked().fmt(f)
    }
}

/// A plate as it is stored, shown and sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MaskedPlate {
    /// Province and letter, `*` for each hidden character, the last two; `?` is a province that could not be told.
    pub text: String,
    /// Of its least certain character, an unknown province aside; 0..=1.
    pub confidence: f32,
    pub colour: Option<PlateColour>,
    /// How many pictures it was read in.
    pub looks: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_hidden() {
        for (text, masked) in [
            ("皖A12345", "皖A***45"),
            ("沪AD12345", "沪A****45"),
            ("?A12345", "?A***45"),
            ("京A1234学", "京A***4学"),
            ("皖A1", "皖A1"),
            ("", ""),
        ] {
            let plate = Plate::new(text.into(), 0.9, None, 3);
            assert_eq!(plate.masked().text, masked, "{text}");
            assert!(
                text.is_empty() || text.chars().count() < 5 || !format!("{plate:?}").contains(text)
            );
        }
    }
}
