//! What an object looks like, coarsely: enough to tell the red car from the white one.

use serde::{Deserialize, Serialize};

/// A histogram of colours: 12 hues, then 4 greys from black to white, each 0..=255 of the strongest
/// bin. Comparable between pictures of the same camera in similar light, and no more than a hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Look(pub [u8; 16]);

impl Look {
    /// The share of the two histograms that is common, 0..=1 (histogram intersection).
    pub fn similarity(&self, other: &Self) -> f64 {
        let sum = |bins: &[u8; 16]| bins.iter().map(|&b| f64::from(b)).sum::<f64>();
        let (mine, theirs) = (sum(&self.0), sum(&other.0));
        if mine <= 0.0 || theirs <= 0.0 {
            return 0.0;
        }
        let pairs = self.0.iter().zip(&other.0);
        pairs.map(|(&a, &b)| (f64::from(a) / mine).min(f64::from(b) / theirs)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn red_is_not_white() {
        let bins = |at: usize| {
            let mut bins = [0; 16];
            bins[at] = 255;
            Look(bins)
        };
        assert!((bins(0).similarity(&bins(0)) - 1.0).abs() < 1e-9);
        assert!(bins(0).similarity(&bins(15)) < 1e-9);
        assert!(Look([0; 16]).similarity(&bins(1)) < 1e-9);
    }
}
