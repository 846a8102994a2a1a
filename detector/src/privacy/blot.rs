//! Burning out: a box becomes one flat patch, of which nothing can be won back.
//!
//! Blur and coarse cells are not enough: plates have been read from both by comparing with what each possible text
//! would look like, and a film shows the same face through many different cells. Of a patch one colour is left, the
//! mean of what was there.

use domain::{Bbox, Frame, Size};

/// A copy of the frame with a flat patch in the place of each box.
pub(super) fn blotted(frame: &Frame, boxes: &[Bbox]) -> Frame {
    let mut pixels = frame.bgr.to_vec();
    for bbox in boxes {
        if let Some(patch) = Patch::of(*bbox, frame.size) {
            patch.flatten(&mut pixels);
        }
    }
    Frame { bgr: pixels.into(), ..frame.clone() }
}

/// The box, larger on each side by `margin` of its width and height.
pub(super) fn widened(bbox: Bbox, margin: f64) -> Bbox {
    #[expect(clippy::cast_possible_truncation, reason = "0 to 2")]
    let margin = margin as f32;
    let (across, down) = (bbox.width() * margin, bbox.height() * margin);
    Bbox { x1: bbox.x1 - across, y1: bbox.y1 - down, x2: bbox.x2 + across, y2: bbox.y2 + down }
}

/// Whole pixels, at least one, inside the picture.
struct Patch {
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
    width: usize,
}

impl Patch {
    /// None where the box lies outside, or is none.
    fn of(bbox: Bbox, size: Size) -> Option<Self> {
        let (width, height) = (size.width as usize, size.height as usize);
        let columns = span(bbox.x1, bbox.x2, width)?;
        Some(Self { rows: span(bbox.y1, bbox.y2, height)?, columns, width })
    }

    fn flatten(&self, pixels: &mut [u8]) {
        let row = |row: usize| {
            let start = row * self.width;
            (start + self.columns.start) * 3..(start + self.columns.end) * 3
        };
        let mut sums = [0_u64; 3];
        for line in self.rows.clone().map(row) {
            for pixel in pixels[line].chunks_exact(3) {
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += u64::from(*value);
                }
            }
        }
        let count = (self.rows.len() * self.columns.len()) as u64;
        let mean = sums.map(|sum| u8::try_from(sum / count).unwrap_or(u8::MAX));
        for line in self.rows.clone().map(row) {
            for pixel in pixels[line].chunks_exact_mut(3) {
                pixel.copy_from_slice(&mean);
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "clamped to a side, which is far below 2^24"
)]
fn span(from: f32, to: f32, side: usize) -> Option<std::ops::Range<usize>> {
    let most = side as f32;
    if !from.is_finite() || !to.is_finite() || to <= 0.0 || from >= most || to <= from {
        return None;
    }
    let from = (from.floor().max(0.0) as usize).min(side - 1);
    Some(from..(to.ceil().min(most) as usize).max(from + 1))
}

#[cfg(test)]
mod tests {
    use domain::{SourceId, TimeBasis};
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn frame(width: u32, height: u32) -> Frame {
        let size = Size::new(width, height).unwrap();
        let noise = |n: usize| u8::try_from(n.wrapping_mul(2_654_435_761) >> 7 & 0xff).unwrap();
        let pixels: Vec<u8> = (0..size.bgr_bytes()).map(noise).collect();
        let source = SourceId::new("test").unwrap();
        Frame::new(source, 0, Timestamp::UNIX_EPOCH, TimeBasis::Media, size, pixels.into()).unwrap()
    }

    #[test]
    fn inside_one_colour_is_left_and_outside_everything() {
        let frame = frame(40, 30);
        let masked = blotted(&frame, &[Bbox { x1: 10.2, y1: 5.0, x2: 19.5, y2: 12.9 }]);
        for (n, (old, new)) in frame.bgr.chunks_exact(3).zip(masked.bgr.chunks_exact(3)).enumerate()
        {
            let (x, y) = (n % 40, n / 40);
            if (10..20).contains(&x) && (5..13).contains(&y) {
                assert_eq!(new, &masked.bgr[(5 * 40 + 10) * 3..][..3], "{x} {y}");
            } else {
                assert_eq!(old, new, "{x} {y}");
            }
        }
    }

    proptest! {
        /// No box, however wrong, breaks it or is spared where it meets the picture.
        #[test]
        fn any_box(x1 in -1e6_f32..1e6, y1 in -1e6_f32..1e6, w in 0.001_f32..1e6, h in 0.001_f32..1e6) {
            let frame = frame(17, 9);
            let bbox = Bbox { x1, y1, x2: x1 + w, y2: y1 + h };
            let masked = blotted(&frame, &[bbox, Bbox { x1: f32::NAN, ..bbox }]);
            prop_assert_eq!(masked.bgr.len(), frame.bgr.len());
            let wide = x1 < 16.0 && x1 + w > 2.0 && w > 3.0;
            let high = y1 < 8.0 && y1 + h > 2.0 && h > 3.0;
            prop_assert!(!(wide && high) || masked.bgr[..] != frame.bgr[..]);
        }
    }
}
