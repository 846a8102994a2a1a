//! How good a mask of changes is: pixel for pixel against a labelled one.

use serde::Serialize;

use super::{real, share};

/// Pixels counted over one or more pairs of pictures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ChangeCounts {
    /// Changed in the label and in the answer.
    pub hits: u64,
    pub missed: u64,
    pub wrong: u64,
    /// Unchanged in both.
    pub quiet: u64,
}

/// A pixel above this is changed.
const CHANGED: u8 = 127;

/// Two masks have different numbers of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the mask has {found} pixels and the label {label}")]
pub struct MaskSizes {
    pub found: usize,
    pub label: usize,
}

impl ChangeCounts {
    /// Adds one pair of masks, a byte a pixel.
    pub fn add(&mut self, label: &[u8], found: &[u8]) -> Result<(), MaskSizes> {
        if label.len() != found.len() {
            return Err(MaskSizes { found: found.len(), label: label.len() });
        }
        for (label, found) in label.iter().zip(found) {
            let count = match (*label > CHANGED, *found > CHANGED) {
                (true, true) => &mut self.hits,
                (true, false) => &mut self.missed,
                (false, true) => &mut self.wrong,
                (false, false) => &mut self.quiet,
            };
            *count += 1;
        }
        Ok(())
    }

    pub fn precision(self) -> f64 {
        share(real(self.hits), real(self.hits + self.wrong))
    }

    pub fn recall(self) -> f64 {
        share(real(self.hits), real(self.hits + self.missed))
    }

    pub fn f1(self) -> f64 {
        share(real(2 * self.hits), real(2 * self.hits + self.missed + self.wrong))
    }

    pub fn iou(self) -> f64 {
        share(real(self.hits), real(self.hits + self.missed + self.wrong))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_counted_over_all_pairs() {
        let mut counts = ChangeCounts::default();
        counts.add(&[255, 255, 0, 0], &[255, 0, 255, 0]).unwrap();
        counts.add(&[128, 127], &[255, 0]).unwrap();
        assert_eq!(counts, ChangeCounts { hits: 2, missed: 1, wrong: 1, quiet: 2 });
        for (found, expected) in [
            (counts.f1(), 4.0 / 6.0),
            (counts.iou(), 0.5),
            (counts.precision(), 2.0 / 3.0),
            (counts.recall(), 2.0 / 3.0),
        ] {
            assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
        }
        let error = counts.add(&[0; 4], &[0; 3]).unwrap_err().to_string();
        assert_eq!(error, "the mask has 3 pixels and the label 4");
    }

    #[test]
    fn nothing_changed_and_nothing_found_is_no_number_to_divide_by() {
        let counts = ChangeCounts::default();
        let all = [counts.f1(), counts.iou(), counts.precision(), counts.recall()];
        assert!(all.iter().all(|share| share.abs() < 1e-12));
    }
}
