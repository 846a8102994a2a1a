//! How far a row is zoomed in.
//!
//! Telemetry tells it twice, as a zoom and as a focal length, and some aircraft change both for the
//! same step. The lens as it is known to others is the widest, which the shortest focal length
//! stands for.

use crate::Sample;

/// Ratios that differ by less than this share say the same.
const SAME: f64 = 0.02;

/// The widest view in a flight.
pub(super) struct Widest {
    focal_mm: Option<f64>,
}

impl Widest {
    pub(super) fn of<'a>(rows: impl Iterator<Item = &'a Sample>) -> Self {
        Self { focal_mm: rows.filter_map(|row| row.focal_mm).min_by(f64::total_cmp) }
    }

    /// 1 where the row says nothing.
    pub(super) fn magnification(&self, row: &Sample) -> f64 {
        let zoom = row.zoom.unwrap_or(1.0);
        let lens = row.focal_mm.zip(self.focal_mm).map_or(1.0, |(focal, widest)| focal / widest);
        let told_twice = (lens / zoom - 1.0).abs() < SAME;
        if told_twice { zoom } else { zoom * lens }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zoom_and_lens_are_counted_once() {
        let widest = Widest { focal_mm: Some(24.0) };
        for (zoom, focal_mm, expected) in [
            (None, None, 1.0),
            (None, Some(24.0), 1.0),
            (Some(1.0), Some(24.0), 1.0),
            (Some(2.0), None, 2.0),
            (Some(2.0), Some(24.0), 2.0),
            (Some(2.0), Some(48.0), 2.0),
            (None, Some(162.0), 6.75),
            (Some(4.0), Some(162.0), 27.0),
        ] {
            let row = Sample { zoom, focal_mm, ..Sample::default() };
            let found = widest.magnification(&row);
            assert!((found - expected).abs() < 1e-9, "{zoom:?} {focal_mm:?}: {found}");
        }
    }

    #[test]
    fn the_shortest_lens_is_the_widest() {
        let rows = [162.0, 24.0].map(|focal| Sample { focal_mm: Some(focal), ..Sample::default() });
        assert_eq!(Widest::of(rows.iter()).focal_mm, Some(24.0));
        assert_eq!(Widest::of([].iter()).focal_mm, None);
    }
}
