//! Several looks at one plate to one reading.
//!
//! Place by place: a character counts as much as its look was sure of it. Looks at one plate fail alike (the same
//! dirt, the same bolt), so that agreement does not add up to more than the best look said; doubt does subtract.

use std::collections::BTreeMap;

use domain::{Plate, PlateColour, UNKNOWN_PROVINCE};

use super::grammar::{LONGEST, is_legal};
use super::reader::Reading;

/// What the looks at one plate said so far.
#[derive(Debug, Clone, Default)]
pub struct Vote {
    looks: u32,
    /// By length: texts of different lengths have no places in common.
    lengths: BTreeMap<usize, [Place; LONGEST]>,
    colours: BTreeMap<PlateColour, f32>,
}

/// What was read at one place.
#[derive(Debug, Clone, Default)]
struct Place(BTreeMap<char, Ballots>);

#[derive(Debug, Clone, Copy, Default)]
struct Ballots {
    sum: f32,
    highest: f32,
}

impl Vote {
    pub fn new() -> Self {
        Self::default()
    }

    /// How many looks there were.
    pub fn looks(&self) -> u32 {
        self.looks
    }

    /// Adds one look.
    pub fn add(&mut self, reading: &Reading) {
        self.looks += 1;
        let places = self.lengths.entry(reading.characters.len()).or_default();
        for (place, &(character, confidence)) in places.iter_mut().zip(&reading.characters) {
            let ballots = place.0.entry(character).or_default();
            ballots.sum += confidence;
            ballots.highest = ballots.highest.max(confidence);
        }
        if let Some((colour, confidence)) = reading.colour {
            *self.colours.entry(colour).or_default() += confidence;
        }
    }

    /// What they say together, where every character is at least so sure. A province that is not is unknown alone.
    pub fn plate(&self, min_confidence: f32) -> Option<Plate> {
        let weight = |places: &[Place; LONGEST]| places[1].sum();
        // Of equal ones the shorter: it came with fewer characters that may be wrong.
        let (length, places) =
            self.lengths.iter().rev().max_by(|(_, a), (_, b)| weight(a).total_cmp(&weight(b)))?;
        let all: f32 = self.lengths.values().map(weight).sum();
        let agreed = weight(places) / all;
        let mut winners: Vec<(char, f32)> = places[..*length]
            .iter()
            .map(|place| place.winner().map(|(character, sure)| (character, sure * agreed)))
            .collect::<Option<_>>()?;
        let text: String = winners.iter().map(|(character, _)| character).collect();
        if !is_legal(&text) {
            return None;
        }
        let (province, rest) = winners.split_first_mut()?;
        let confidence = rest.iter().fold(1.0_f32, |least, (_, sure)| least.min(*sure));
        if confidence < min_confidence {
            return None;
        }
        if province.1 < min_confidence {
            *province = (UNKNOWN_PROVINCE, 1.0);
        }
        let confidence = confidence.min(province.1);
        let text: String = winners.iter().map(|(character, _)| character).collect();
        Some(Plate::new(text, confidence, self.colour(), self.looks))
    }

    fn colour(&self) -> Option<PlateColour> {
        self.colours.iter().max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(colour, _)| *colour)
    }
}

impl Place {
    fn sum(&self) -> f32 {
        self.0.values().map(|ballots| ballots.sum).sum()
    }

    /// The character with the most weight: as sure as its best look, less what others say.
    fn winner(&self) -> Option<(char, f32)> {
        let (&character, ballots) =
            self.0.iter().max_by(|(_, a), (_, b)| a.sum.total_cmp(&b.sum))?;
        Some((character, ballots.highest * ballots.sum / self.sum()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text with one confidence for all, and one place that differs.
    fn reading(text: &str, confidence: f32, doubt: (usize, f32)) -> Reading {
        let sure = |place| if place == doubt.0 { doubt.1 } else { confidence };
        let characters = text.chars().enumerate().map(|(place, c)| (c, sure(place))).collect();
        Reading { characters, probability: 0.5, colour: Some((PlateColour::Blue, 0.9)) }
    }

    fn plate(readings: &[Reading]) -> Option<Plate> {
        let mut vote = Vote::new();
        for reading in readings {
            vote.add(reading);
        }
        vote.plate(0.8)
    }

    #[test]
    fn each_place_is_won_by_who_was_surest_of_it() {
        let looks = [
            reading("皖A12345", 0.95, (3, 0.4)),
            reading("皖A18345", 0.95, (3, 0.2)),
            reading("皖A12845", 0.95, (4, 0.2)),
        ];
        let joined = plate(&looks).unwrap();
        assert_eq!(joined.full(), "皖A12345");
        assert_eq!((joined.looks, joined.colour), (3, Some(PlateColour::Blue)));
        // 1.35 of 1.55 at one place, 1.9 of 2.1 at another: the least certain counts.
        assert!((joined.confidence - 0.95 * 1.35 / 1.55).abs() < 1e-3, "{joined:?}");
    }

    #[test]
    fn doubt_is_unknown() {
        for (looks, expected) in [
            (vec![reading("皖A12345", 0.95, (9, 0.0))], Some("皖A12345")),
            (vec![reading("皖A12345", 0.95, (0, 0.5))], Some("?A12345")),
            (vec![reading("皖A12345", 0.95, (5, 0.79))], None),
            // Agreeing does not make sure what no look was sure of.
            (vec![reading("皖A12345", 0.7, (9, 0.0)); 5], None),
            // Two that contradict each other.
            (vec![reading("皖A12345", 0.95, (9, 0.0)), reading("皖A12348", 0.95, (9, 0.0))], None),
            // Seven characters against eight.
            (vec![reading("沪AD12345", 0.95, (9, 0.0)), reading("沪A12345", 0.9, (9, 0.0))], None),
            (Vec::new(), None),
        ] {
            let found = plate(&looks);
            assert_eq!(found.as_ref().map(Plate::full), expected, "{looks:?}");
        }
    }

    #[test]
    fn what_no_plate_has_is_not_put_together() {
        // Each look is legal, the winners together are not: 使 begins and ends.
        let looks = [reading("使014578", 0.95, (6, 0.1)), reading("014578使", 0.9, (9, 0.0))];
        let mut vote = Vote::new();
        for reading in &looks {
            vote.add(reading);
        }
        assert_eq!(vote.plate(0.01), None);
    }
}
