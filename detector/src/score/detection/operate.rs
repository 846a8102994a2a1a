//! What is right and wrong at one threshold of score: the boxes that a person would be shown.

use serde::Serialize;

use super::{Found, Label};
use crate::score::{Area, real, share};

/// When a found box is that of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// They overlap by an `IoU` of at least 0.5.
    Iou50,
    /// The centre of the found box lies in the label's box: fair to small objects, of which a box that is
    /// two pixels off overlaps little.
    CentreInBox,
}

/// Who found what. Indices into the slices that were given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Paired {
    /// Found box and label.
    pub pairs: Vec<(usize, usize)>,
    /// Labels that nothing found.
    pub missed: Vec<usize>,
    /// Found boxes that are of no label and in no crowd.
    pub wrong: Vec<usize>,
}

/// How often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub hits: u64,
    pub missed: u64,
    pub wrong: u64,
}

impl Paired {
    pub fn counts(&self) -> Counts {
        let [hits, missed, wrong] = [self.pairs.len(), self.missed.len(), self.wrong.len()];
        Counts { hits: hits as u64, missed: missed as u64, wrong: wrong as u64 }
    }
}

impl Counts {
    /// 0 where nothing was found.
    pub fn precision(self) -> f64 {
        share(real(self.hits), real(self.hits + self.wrong))
    }

    /// 0 where there was nothing to find.
    pub fn recall(self) -> f64 {
        share(real(self.hits), real(self.hits + self.missed))
    }

    pub fn f1(self) -> f64 {
        share(real(2 * self.hits), real(2 * self.hits + self.wrong + self.missed))
    }
}

/// Gives each found box, strongest first, the label of its picture and class that it fits best and that
/// none has yet. A box that fits only a crowd is neither right nor wrong.
pub fn operate(labels: &[Label], found: &[Found], rule: Rule) -> Paired {
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by(|&a, &b| found[b].score.total_cmp(&found[a].score));
    let mut by_image = std::collections::BTreeMap::<usize, Vec<usize>>::new();
    for (index, label) in labels.iter().enumerate() {
        by_image.entry(label.image).or_default().push(index);
    }
    let mut taken = vec![false; labels.len()];
    let mut paired = Paired::default();
    for index in order {
        let one = &found[index];
        let of_image = by_image.get(&one.image).map(Vec::as_slice).unwrap_or_default();
        let fitting = of_image
            .iter()
            .filter(|&&l| labels[l].class == one.class && rule.fits(&labels[l], one));
        let (crowds, singles): (Vec<usize>, Vec<usize>) =
            fitting.partition(|&&label| labels[label].crowd);
        let closeness = |label: &usize| labels[*label].overlap(one);
        let free = singles.into_iter().filter(|&label| !taken[label]);
        match free.max_by(|a, b| closeness(a).total_cmp(&closeness(b))) {
            Some(label) => {
                taken[label] = true;
                paired.pairs.push((index, label));
            }
            None if crowds.is_empty() => paired.wrong.push(index),
            None => {}
        }
    }
    paired.missed = (0..labels.len()).filter(|&l| !taken[l] && !labels[l].crowd).collect();
    paired
}

impl Rule {
    fn fits(self, label: &Label, found: &Found) -> bool {
        match self {
            Self::Iou50 => label.overlap(found) >= 0.5,
            Self::CentreInBox => holds(label.area, found.area),
        }
    }
}

fn holds(area: Area, of: Area) -> bool {
    let (x, y) = (of.x + of.w / 2.0, of.y + of.h / 2.0);
    (area.x..=area.x + area.w).contains(&x) && (area.y..=area.y + area.h).contains(&y)
}
