//! Whether anything changed in a part of a fixed camera's picture.
//!
//! The picture is reduced to grey cells of 8 × 8 pixels, which also averages the noise of the sensor and of
//! compression. Each part remembers its cells as they were when it was last looked at, so that slow changes
//! add up until they count. Light that changes everywhere makes every part be looked at.

use std::time::Duration;

use domain::{Detection, Size};
use jiff::Timestamp;
use opencv::core::{Mat, ToInputArray};
use opencv::prelude::*;
use opencv::{core, imgproc};

use super::Part;

/// Pixels of the frame along a cell.
const CELL: u32 = 8;
/// A cell changed that differs by more than this, of 255.
const LEVELS: u8 = 10;
/// A part changed in which so many cells did.
const CELLS: usize = 2;

/// One source.
#[derive(Debug, Default)]
pub(super) struct Gate {
    size: Option<Size>,
    parts: Vec<Part>,
    last: Vec<Option<Look>>,
    grey: Grey,
}

/// What a part showed when it was last looked at.
#[derive(Debug)]
struct Look {
    at: Timestamp,
    cells: Vec<u8>,
    found: Vec<Detection>,
}

impl Gate {
    /// Takes the next frame. Another size or another plan forgets everything.
    pub(super) fn take(
        &mut self,
        picture: &impl ToInputArray,
        size: Size,
        parts: &[Part],
    ) -> opencv::Result<()> {
        if self.size != Some(size) || self.parts != parts {
            self.size = Some(size);
            self.parts = parts.to_vec();
            self.last = parts.iter().map(|_| None).collect();
        }
        self.grey.take(picture, size)
    }

    /// The boxes of a part, if nothing changed in it and it was looked at less than `keep` ago.
    pub(super) fn kept(&self, part: usize, at: Timestamp, keep: Duration) -> Option<&[Detection]> {
        let look = self.last.get(part)?.as_ref()?;
        let age = Duration::try_from(at.duration_since(look.at)).ok()?;
        let cells = self.grey.cells(*self.parts.get(part)?);
        let changed = |(now, then): (u8, &u8)| now.abs_diff(*then) > LEVELS;
        let count = cells.zip(&look.cells).filter(|pair| changed(*pair)).count();
        (age < keep && count < CELLS).then_some(look.found.as_slice())
    }

    /// Remembers what a part showed and what was found there.
    pub(super) fn looked(&mut self, part: usize, at: Timestamp, found: Vec<Detection>) {
        if let (Some(of), Some(last)) = (self.parts.get(part), self.last.get_mut(part)) {
            let mut cells = last.take().map(|look| look.cells).unwrap_or_default();
            cells.clear();
            cells.extend(self.grey.cells(*of));
            *last = Some(Look { at, cells, found });
        }
    }
}

/// The picture in grey cells.
#[derive(Debug, Default)]
struct Grey {
    small: Mat,
    cells: Mat,
    width: u32,
    height: u32,
}

impl Grey {
    fn take(&mut self, picture: &impl ToInputArray, size: Size) -> opencv::Result<()> {
        (self.width, self.height) = (size.width.div_ceil(CELL), size.height.div_ceil(CELL));
        let (width, height) = (i32::try_from(self.width)?, i32::try_from(self.height)?);
        let size = core::Size::new(width, height);
        imgproc::resize(picture, &mut self.small, size, 0.0, 0.0, imgproc::INTER_AREA)?;
        imgproc::cvt_color_def(&self.small, &mut self.cells, imgproc::COLOR_BGR2GRAY)
    }

    /// Those that a part touches, row by row; none where there is no picture.
    fn cells(&self, part: Part) -> impl Iterator<Item = u8> + '_ {
        let data = self.cells.data_bytes().unwrap_or_default();
        let width = self.width as usize;
        let (left, right) = (part.x / CELL, (part.x + part.width).div_ceil(CELL).min(self.width));
        let (top, bottom) = (part.y / CELL, (part.y + part.height).div_ceil(CELL).min(self.height));
        let rows = (top as usize)..(bottom as usize);
        rows.flat_map(move |row| {
            let start = row * width;
            data.get(start + left as usize..start + right as usize)
                .unwrap_or_default()
                .iter()
                .copied()
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::{Bbox, Class};
    use opencv::core::Vec3b as Pixel;

    use super::*;

    const SIZE: Size = Size { width: 320, height: 160 };
    const PARTS: [Part; 2] = [
        Part { x: 0, y: 0, width: 160, height: 160 },
        Part { x: 160, y: 0, width: 160, height: 160 },
    ];
    const KEEP: Duration = Duration::from_secs(1);

    /// Grey, with a lighter square of 16 pixels where `square` says.
    fn picture(grey: u8, square: Option<(usize, usize)>) -> Vec<u8> {
        let mut pixels = vec![grey; 320 * 160 * 3];
        if let Some((x, y)) = square {
            for row in y..y + 16 {
                pixels[(row * 320 + x) * 3..(row * 320 + x + 16) * 3].fill(grey + 60);
            }
        }
        pixels
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    fn car() -> Vec<Detection> {
        let bbox = Bbox { x1: 10.0, y1: 10.0, x2: 50.0, y2: 40.0 };
        vec![Detection { bbox, class: Class::Car, score: 0.8 }]
    }

    fn show(gate: &mut Gate, pixels: &[u8]) {
        let mat = Mat::new_rows_cols_with_bytes::<Pixel>(160, 320, pixels).unwrap();
        gate.take(&mat, SIZE, &PARTS).unwrap();
    }

    #[test]
    fn only_the_part_that_changed_is_looked_at() {
        let mut gate = Gate::default();
        show(&mut gate, &picture(100, None));
        for part in [0, 1] {
            assert_eq!(gate.kept(part, at(0), KEEP), None);
            gate.looked(part, at(0), car());
        }
        // Noise below the limit.
        show(&mut gate, &picture(104, None));
        assert_eq!(gate.kept(0, at(100), KEEP), Some(car().as_slice()));
        show(&mut gate, &picture(100, Some((200, 80))));
        assert_eq!(gate.kept(0, at(200), KEEP), Some(car().as_slice()));
        assert_eq!(gate.kept(1, at(200), KEEP), None);
        // Light that slowly changes adds up.
        for (ms, grey, kept) in [(300, 106, true), (400, 110, true), (500, 112, false)] {
            show(&mut gate, &picture(grey, None));
            assert_eq!(gate.kept(0, at(ms), KEEP).is_some(), kept, "{grey}");
        }
    }

    #[test]
    fn no_part_is_blind_for_longer_than_it_may_keep() {
        let mut gate = Gate::default();
        show(&mut gate, &picture(100, None));
        gate.looked(0, at(0), car());
        for (ms, kept) in [(999, true), (1000, false), (5000, false), (-1, false)] {
            assert_eq!(gate.kept(0, at(ms), KEEP).is_some(), kept, "{ms} ms");
        }
        assert_eq!(gate.kept(0, at(0), Duration::ZERO), None);
        assert_eq!(gate.kept(7, at(0), KEEP), None);
        // Another plan knows nothing.
        let mat = picture(100, None);
        let mat = Mat::new_rows_cols_with_bytes::<Pixel>(160, 320, &mat).unwrap();
        gate.take(&mat, SIZE, &PARTS[..1]).unwrap();
        assert_eq!(gate.kept(0, at(10), KEEP), None);
    }
}
