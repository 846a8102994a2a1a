//! Reading what four corners enclose.

use std::path::Path;

use domain::{Frame, PlateColour};
use opencv::core::{CV_32F, Mat, Vector};
use opencv::prelude::*;

use super::colour::Shares;
use super::ctc::{self, Columns};
use super::find::{FoundPlate, Point};
use super::grammar::ALPHABET;
use super::rectify::{self, Margin};
use crate::config::Config;
use crate::detect::DetectProblem;
use crate::network::Network;
use crate::runtime::OpenError;

/// What one look at a plate says.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Each with its confidence, 0..=1.
    pub characters: Vec<(char, f32)>,
    /// That this is any plate, by the reader, 0..=1; small for long texts even where they are clear.
    pub probability: f64,
    pub colour: Option<(PlateColour, f32)>,
}

/// The network that reads, loaded.
#[derive(Debug)]
pub struct Reader {
    network: Network,
    columns: Columns,
    planes: Vector<Mat>,
    tensor: Vec<f32>,
}

/// `[[network]]` in the manifest.
pub(super) const NETWORK: &str = "plate-text";
/// Key of the file's metadata with a character a line. Blank comes before them, a space behind.
const CHARACTERS: &str = "character";
/// Less is writing that is no plate. Of plates that were read right, one in a hundred has less than 0.0016; of 1120
/// pieces of street without a plate none reached 0.000001.
const LEAST_PROBABILITY: f64 = 1e-4;
/// Width over height. One row is 3.1 or 3.4 and seen from the side less, two rows are 2 or 1.6: above the first it
/// is one row, below the second two, between both are read.
const SURELY_ONE_ROW: f32 = 2.7;
const SURELY_TWO_ROWS: f32 = 1.3;

impl Reader {
    /// Loads the network. `models_dir` holds `manifest.toml` and `cache/`.
    pub fn open(config: &Config, models_dir: &Path) -> Result<Self, OpenError> {
        let network = Network::open(NETWORK, config, models_dir)?;
        let all = network.card().outputs.last().and_then(|output| output.shape.last()).copied();
        let told = network.metadata(CHARACTERS).unwrap_or_default();
        let columns = columns(&told, all.and_then(|all| usize::try_from(all).ok()).unwrap_or(0))
            .map_err(|problem| OpenError::Undecodable { id: NETWORK.into(), problem })?;
        Ok(Self { network, columns, planes: Vector::new(), tensor: Vec::new() })
    }

    /// What stands on a plate that was found; None where nothing is legible.
    pub fn read(
        &mut self,
        frame: &Frame,
        plate: &FoundPlate,
    ) -> Result<Option<Reading>, DetectProblem> {
        self.read_with(frame, plate, Margin::FOUND)
    }

    /// The same for a picture that is a plate from edge to edge.
    pub fn read_whole(&mut self, frame: &Frame) -> Result<Option<Reading>, DetectProblem> {
        #[expect(clippy::cast_precision_loss, reason = "sides are far below 2^24")]
        let (width, height) = (frame.size.width as f32, frame.size.height as f32);
        let corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)];
        let plate = FoundPlate { corners: corners.map(|(x, y)| Point { x, y }), score: 1.0 };
        self.read_with(frame, &plate, Margin::NONE)
    }

    fn read_with(
        &mut self,
        frame: &Frame,
        plate: &FoundPlate,
        margin: Margin,
    ) -> Result<Option<Reading>, DetectProblem> {
        if !rectify::encloses(plate) {
            return Ok(None);
        }
        let picture = |e: opencv::Error| DetectProblem::Picture(Box::new(e));
        let shape = plate.width() / plate.height();
        let mut best: Option<Reading> = None;
        if shape > SURELY_TWO_ROWS {
            let line = rectify::one_row(frame, plate, margin).map_err(picture)?;
            best = self.read_line(&line)?;
        }
        if shape < SURELY_ONE_ROW {
            let line = rectify::two_rows(frame, plate, margin).map_err(picture)?;
            let other = self.read_line(&line)?;
            best = best
                .into_iter()
                .chain(other)
                .max_by(|a, b| a.probability.total_cmp(&b.probability));
        }
        Ok(best)
    }

    fn read_line(&mut self, line: &Mat) -> Result<Option<Reading>, DetectProblem> {
        let picture = |e: opencv::Error| DetectProblem::Picture(Box::new(e));
        let shape = self.fill(line).map_err(picture)?;
        let given = self.network.run(&[(&shape, &self.tensor)])?;
        let steps = given.first().map_or(&[][..], |given| &given.numbers);
        let Some(decoded) = ctc::decode(steps, &self.columns) else { return Ok(None) };
        if decoded.probability < LEAST_PROBABILITY {
            return Ok(None);
        }
        let text: String = decoded.characters.iter().map(|(character, _)| character).collect();
        let colour = Shares::of(line).map_err(picture)?.colour(&text);
        Ok(Some(Reading {
            characters: decoded.characters,
            probability: decoded.probability.min(1.0),
            colour,
        }))
    }

    /// Blue, green, red as pixel / 127.5 − 1; returns the shape.
    fn fill(&mut self, line: &Mat) -> opencv::Result<[i64; 4]> {
        let (rows, columns) = (line.rows(), line.cols());
        let plane_size = usize::try_from(rows * columns)?;
        self.tensor.resize(3 * plane_size, 0.0);
        opencv::core::split(line, &mut self.planes)?;
        for (channel, plane) in self.tensor.chunks_exact_mut(plane_size).enumerate() {
            let mut plane = Mat::new_rows_cols_with_data_mut(rows, columns, plane)?;
            self.planes.get(channel)?.convert_to(&mut plane, CV_32F, 1.0 / 127.5, -1.0)?;
        }
        Ok([1, 3, i64::from(rows), i64::from(columns)])
    }
}

/// Where the characters of plates are in what the network gives.
fn columns(told: &str, all: usize) -> Result<Columns, String> {
    let known: Vec<&str> = told.lines().collect();
    if known.len() + 2 != all {
        return Err(format!(
            "its metadata `{CHARACTERS}` names {} characters for {all} columns",
            known.len()
        ));
    }
    let mut characters = [0; ALPHABET.len()];
    for (column, character) in characters.iter_mut().zip(ALPHABET) {
        let mut buffer = [0; 4];
        let character: &str = character.encode_utf8(&mut buffer);
        let place = known.iter().position(|one| *one == character);
        *column = 1 + place.ok_or_else(|| format!("it does not know the character {character}"))?;
    }
    Ok(Columns { all, blank: 0, characters })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_found_by_name() {
        let alphabet: Vec<String> = ALPHABET.iter().rev().map(char::to_string).collect();
        let told = format!("'\n{}\n院", alphabet.join("\n"));
        let found = columns(&told, ALPHABET.len() + 4).unwrap();
        assert_eq!((found.blank, found.characters[0], found.characters[71]), (0, 73, 2));
        for (told, all, problem) in [
            (told.as_str(), 70, "its metadata `character` names 74 characters for 70 columns"),
            ("", 6625, "its metadata `character` names 0 characters for 6625 columns"),
            ("京\n津", 4, "it does not know the character 沪"),
        ] {
            assert_eq!(columns(told, all).unwrap_err(), problem);
        }
    }
}
