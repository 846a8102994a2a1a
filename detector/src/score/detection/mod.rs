//! How good a detector is: its boxes against labelled ones.
//!
//! [`evaluate`] gives the twelve numbers of the official COCO evaluation (pycocotools 2.0,
//! `COCOeval` for boxes) to the last digits that matter; [`operate`] gives what is right and wrong at one
//! threshold, which is what a person meets; [`voc_ap`] is the older measure of Pascal VOC. Pure: boxes
//! in, numbers out. Which class of the set is which of the model's is settled before.
//!
//! As in the official evaluation a crowd counts neither as found nor as missed and takes any number of
//! boxes, and a key `ignore` of an annotation has no effect.

mod curve;
mod judge;
mod operate;
mod read;
mod voc;

pub use curve::{DetectionFigures, DetectionScore, evaluate};
pub use operate::{Counts, Paired, Rule, operate};
pub use read::{Coco, CocoError, CocoImage, Side as CocoSide};
pub use voc::{Interpolation, voc_ap};

use super::Area;

/// One labelled box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Label {
    /// Index of the picture, in ascending order of the pictures' ids.
    pub image: usize,
    pub class: usize,
    pub area: Area,
    /// Square pixels of the object, which may be less than its box; tells small from large.
    pub size: f64,
    /// Many objects in one box: finding some is no hit, missing it no miss.
    pub crowd: bool,
}

/// One box of a detector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// Index of the picture.
    pub image: usize,
    pub class: usize,
    pub area: Area,
    /// Finite; the higher the surer.
    pub score: f64,
}

impl Label {
    /// Overlap as COCO counts it: of a crowd, the share of the found box that lies in it.
    fn overlap(&self, found: &Found) -> f64 {
        if self.crowd {
            let whole = found.area.w.max(0.0) * found.area.h.max(0.0);
            super::share(self.area.common(found.area), whole)
        } else {
            self.area.iou(found.area)
        }
    }
}

#[cfg(test)]
mod tests;
