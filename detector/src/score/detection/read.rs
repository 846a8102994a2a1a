//! Files in the layout of COCO: labels, and the results of a detector.
//!
//! Everything is checked once: ids are known and no two alike, numbers are finite, counts bounded.
//! What a file holds beside boxes (outlines, licences, addresses) is passed over.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Found, Label};
use crate::score::{Area, MAX_ROWS};

/// A labelled set of pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct Coco {
    /// In ascending order of their ids, which is the order that the official evaluation uses.
    pub images: Vec<CocoImage>,
    /// Names of the classes, in ascending order of their ids.
    pub classes: Vec<String>,
    pub labels: Vec<Label>,
    class_ids: BTreeMap<u64, usize>,
}

/// One picture of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CocoImage {
    pub id: u64,
    pub file_name: String,
    /// As the set states it; 0 where it does not.
    pub width: u32,
    pub height: u32,
    /// What the set says it belongs together with: `scene`, `part` and `flight`, where given.
    pub groups: Vec<String>,
}

/// Which of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Labels,
    Results,
}

/// Why a file cannot be scored.
#[derive(Debug, thiserror::Error)]
pub enum CocoError {
    #[error("the {side} are no JSON in the layout of COCO")]
    Json { side: Side, source: serde_json::Error },
    #[error("the {side} hold {got} {what}, at most {MAX_ROWS} are read")]
    TooMany { side: Side, what: &'static str, got: usize },
    #[error("the {side} name the {what} {id} twice")]
    Twice { side: Side, what: &'static str, id: u64 },
    #[error("box {number} of the {side} is in image {id}, which the set does not have")]
    Image { side: Side, number: usize, id: u64 },
    #[error("box {number} of the {side} has the category {id}, which the set does not have")]
    Category { side: Side, number: usize, id: u64 },
    #[error("box {number} of the {side} has {what}: {got}")]
    Number { side: Side, number: usize, what: &'static str, got: f64 },
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Labels => "labels",
            Self::Results => "results",
        })
    }
}

#[derive(Deserialize)]
struct File {
    images: Vec<Image>,
    annotations: Vec<Annotation>,
    categories: Vec<Category>,
}

#[derive(Deserialize)]
struct Image {
    id: u64,
    #[serde(default)]
    file_name: String,
    #[serde(default)]
    width: u32,
    #[serde(default)]
    height: u32,
    scene: Option<String>,
    part: Option<String>,
    flight: Option<String>,
}

#[derive(Deserialize)]
struct Annotation {
    image_id: u64,
    category_id: u64,
    bbox: [f64; 4],
    area: Option<f64>,
    #[serde(default)]
    iscrowd: u8,
}

#[derive(Deserialize)]
struct Category {
    id: u64,
    name: String,
}

/// Some tools write results like labels, with a score in each annotation.
#[derive(Deserialize)]
struct ResultFile {
    annotations: Vec<ResultRow>,
}

#[derive(Deserialize)]
struct ResultRow {
    image_id: u64,
    category_id: u64,
    bbox: [f64; 4],
    score: f64,
}

impl Coco {
    /// Reads a file of labels.
    pub fn read(json: &[u8]) -> Result<Self, CocoError> {
        let side = Side::Labels;
        let mut file: File =
            serde_json::from_slice(json).map_err(|source| CocoError::Json { side, source })?;
        few(side, "images", file.images.len())?;
        few(side, "boxes", file.annotations.len())?;
        few(side, "categories", file.categories.len())?;
        file.images.sort_by_key(|image| image.id);
        file.categories.sort_by_key(|category| category.id);
        let image_ids = indices("image", file.images.iter().map(|image| image.id))?;
        let class_ids = indices("category", file.categories.iter().map(|category| category.id))?;
        let known = Known { side, images: &image_ids, classes: &class_ids };
        let labels = file.annotations.iter().zip(1..).map(|(row, number)| {
            let (image, class) = known.place(number, row.image_id, row.category_id)?;
            let area = known.area(number, row.bbox)?;
            let covered = row.area.unwrap_or(area.w * area.h);
            let covered = known.finite(number, "an area that is no number", covered)?;
            Ok(Label { image, class, area, size: covered, crowd: row.iscrowd != 0 })
        });
        Ok(Self {
            labels: labels.collect::<Result<_, _>>()?,
            images: file.images.into_iter().map(CocoImage::from).collect(),
            classes: file.categories.into_iter().map(|category| category.name).collect(),
            class_ids,
        })
    }

    /// Reads the results of a detector on this set: a list, or annotations with scores.
    pub fn results(&self, json: &[u8]) -> Result<Vec<Found>, CocoError> {
        let side = Side::Results;
        let listed = json.trim_ascii_start().starts_with(b"[");
        let rows = if listed {
            serde_json::from_slice(json)
        } else {
            serde_json::from_slice(json).map(|file: ResultFile| file.annotations)
        };
        let rows: Vec<ResultRow> = rows.map_err(|source| CocoError::Json { side, source })?;
        few(side, "boxes", rows.len())?;
        let images = self.images.iter().zip(0..).map(|(image, index)| (image.id, index)).collect();
        let known = Known { side, images: &images, classes: &self.class_ids };
        let found = rows.iter().zip(1..).map(|(row, number)| {
            let (image, class) = known.place(number, row.image_id, row.category_id)?;
            let area = known.area(number, row.bbox)?;
            let score = known.finite(number, "a score that is no number", row.score)?;
            Ok(Found { image, class, area, score })
        });
        found.collect()
    }

    /// Only these pictures with their labels, in their order.
    pub fn keep(&mut self, wanted: impl Fn(&CocoImage) -> bool) {
        let mut index = 0;
        let kept: Vec<Option<usize>> = self
            .images
            .iter()
            .map(|image| {
                let new = wanted(image).then_some(index);
                index += usize::from(new.is_some());
                new
            })
            .collect();
        let labels = self.labels.iter();
        let moved = labels.filter_map(|label| Some(Label { image: kept[label.image]?, ..*label }));
        self.labels = moved.collect();
        let mut of = kept.iter();
        self.images.retain(|_| of.next().is_some_and(Option::is_some));
    }
}

impl From<Image> for CocoImage {
    fn from(image: Image) -> Self {
        let Image { id, file_name, width, height, scene, part, flight } = image;
        let groups = [scene, part, flight].into_iter().flatten().collect();
        Self { id, file_name, width, height, groups }
    }
}

fn few(side: Side, what: &'static str, got: usize) -> Result<(), CocoError> {
    if got <= MAX_ROWS { Ok(()) } else { Err(CocoError::TooMany { side, what, got }) }
}

fn indices(
    what: &'static str,
    ids: impl Iterator<Item = u64>,
) -> Result<BTreeMap<u64, usize>, CocoError> {
    let mut seen = BTreeSet::new();
    ids.zip(0..)
        .map(|(id, index)| {
            let new = seen.insert(id);
            new.then_some((id, index)).ok_or(CocoError::Twice { side: Side::Labels, what, id })
        })
        .collect()
}

struct Known<'a> {
    side: Side,
    images: &'a BTreeMap<u64, usize>,
    classes: &'a BTreeMap<u64, usize>,
}

impl Known<'_> {
    fn place(&self, number: usize, image: u64, category: u64) -> Result<(usize, usize), CocoError> {
        let side = self.side;
        let in_image = self.images.get(&image);
        let of_class = self.classes.get(&category);
        let in_image = in_image.ok_or(CocoError::Image { side, number, id: image })?;
        let of_class = of_class.ok_or(CocoError::Category { side, number, id: category })?;
        Ok((*in_image, *of_class))
    }

    fn area(&self, number: usize, [x, y, w, h]: [f64; 4]) -> Result<Area, CocoError> {
        for value in [x, y, w, h] {
            self.finite(number, "a corner that is no number", value)?;
        }
        for value in [w, h] {
            if value < 0.0 {
                let (side, what) = (self.side, "a side below 0");
                return Err(CocoError::Number { side, number, what, got: value });
            }
        }
        Ok(Area { x, y, w, h })
    }

    fn finite(&self, number: usize, what: &'static str, got: f64) -> Result<f64, CocoError> {
        if got.is_finite() {
            return Ok(got);
        }
        Err(CocoError::Number { side: self.side, number, what, got })
    }
}
