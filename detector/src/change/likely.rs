//! How likely each pixel has changed: a network's answers to tiles, put together.

use domain::Size;
use opencv::core::{self, Mat};
use opencv::imgproc;
use opencv::prelude::*;

use super::sheet::Sheet;
use crate::preprocess::side;
use crate::tile::spans;

/// Probability that a pixel of the sheet shows something that was built or taken away.
#[derive(Debug, Clone, PartialEq)]
pub struct Likely {
    pub size: Size,
    /// 0..=1, rows from the top; 0 where only one picture shows the ground.
    pub values: Vec<f32>,
}

/// The side of a tile, pixels of the sheet; a multiple of 32.
pub const TILE: u32 = 256;
/// The share of its side by which a tile overlaps the next: at its edge a network sees only half of what is around.
const OVERLAP: f64 = 0.25;

/// One tile of both pictures: RGB planes of `TILE` × `TILE`, 0..=1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tiles {
    pub(crate) before: Vec<f32>,
    pub(crate) after: Vec<f32>,
}

impl Likely {
    /// Asks `look` about every tile of which the earlier picture shows something. Neighbours fade into each other.
    pub(crate) fn of<E>(
        sheet: &Sheet,
        mut look: impl FnMut(&Tiles) -> Result<Vec<f32>, E>,
    ) -> Result<Self, E> {
        let (width, height) = (sheet.size.width as usize, sheet.size.height as usize);
        let (mut sum, mut weight) = (vec![0.0_f32; width * height], vec![0.0_f32; width * height]);
        let starts =
            |pixels| spans(pixels, f64::from(TILE), OVERLAP).into_iter().map(|(start, _)| start);
        for top in starts(sheet.size.height) {
            for left in starts(sheet.size.width) {
                let spot = Spot { left: left as usize, top: top as usize };
                if !spot.pixels(sheet).any(|(at, _)| sheet.seen[at]) {
                    continue;
                }
                let given = look(&spot.cut(sheet))?;
                for (at, in_tile) in spot.pixels(sheet) {
                    let share = fade(in_tile % SIDE) * fade(in_tile / SIDE);
                    sum[at] += share * given.get(in_tile).copied().unwrap_or(0.0);
                    weight[at] += share;
                }
            }
        }
        let value = |((sum, weight), seen): ((f32, f32), &bool)| {
            if *seen && weight > 0.0 { (sum / weight).clamp(0.0, 1.0) } else { 0.0 }
        };
        let values = sum.into_iter().zip(weight).zip(&sheet.seen).map(value).collect();
        Ok(Self { size: sheet.size, values })
    }
}

impl Likely {
    /// 255 where the probability reaches `threshold`, else 0, for a picture of `size` that the sheet was made of.
    pub fn mask(&self, threshold: f32, size: Size) -> opencv::Result<Vec<u8>> {
        let values = Mat::new_rows_cols_with_data::<f32>(
            side(self.size.height)?,
            side(self.size.width)?,
            &self.values,
        )?;
        let mut sized = Mat::default();
        let to = core::Size::new(side(size.width)?, side(size.height)?);
        imgproc::resize(&values, &mut sized, to, 0.0, 0.0, imgproc::INTER_LINEAR)?;
        let changed = |value: &f32| if *value >= threshold { 255 } else { 0 };
        Ok(sized.data_typed::<f32>()?.iter().map(changed).collect())
    }
}

const SIDE: usize = TILE as usize;

/// Where a tile lies on the sheet; it may reach beyond a small one.
struct Spot {
    left: usize,
    top: usize,
}

impl Spot {
    /// Places on the sheet, each with its place in the tile.
    fn pixels<'a>(&'a self, sheet: &'a Sheet) -> impl Iterator<Item = (usize, usize)> + 'a {
        let across = (sheet.size.width as usize - self.left).min(SIDE);
        let down = (sheet.size.height as usize - self.top).min(SIDE);
        (0..down).flat_map(move |y| {
            (0..across).map(move |x| (sheet.index(self.left + x, self.top + y), y * SIDE + x))
        })
    }

    /// Beyond the sheet its last row and column go on: black would be an edge that is none.
    fn cut(&self, sheet: &Sheet) -> Tiles {
        let (right, bottom) = (sheet.size.width as usize - 1, sheet.size.height as usize - 1);
        let planes = |bgr: &[u8]| {
            let mut planes = vec![0.0; 3 * SIDE * SIDE];
            for y in 0..SIDE {
                for x in 0..SIDE {
                    let at = sheet.index((self.left + x).min(right), (self.top + y).min(bottom));
                    for (plane, channel) in [2, 1, 0].into_iter().enumerate() {
                        planes[(plane * SIDE + y) * SIDE + x] =
                            f32::from(bgr[3 * at + channel]) / 255.0;
                    }
                }
            }
            planes
        };
        Tiles { before: planes(&sheet.before), after: planes(&sheet.after) }
    }
}

/// How much a tile's row or column counts: less towards its edge, never nothing.
#[expect(clippy::cast_precision_loss, reason = "a side of a tile")]
fn fade(at: usize) -> f32 {
    let inward = at.min(SIDE - 1 - at) + 1;
    (inward as f32 / (SIDE as f32 * 0.25)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(width: u32, height: u32) -> Sheet {
        let size = Size::new(width, height).unwrap();
        let pixels = width as usize * height as usize;
        Sheet {
            size,
            scale: [1.0; 2],
            before: vec![0; 3 * pixels],
            after: (0..pixels).flat_map(|at| [0, 0, u8::try_from(at % 251).unwrap()]).collect(),
            seen: vec![true; pixels],
        }
    }

    /// What a tile says of a pixel is what the sheet says of it, wherever tiles meet.
    #[test]
    fn tiles_meet_without_a_seam() {
        for (width, height) in [(1, 1), (40, 300), (256, 256), (257, 256), (700, 530)] {
            let mut sheet = sheet(width, height);
            let hidden = sheet.seen.len() / 2;
            sheet.seen[hidden] = sheet.seen.len() == 1;
            let mut looks = 0;
            let likely = Likely::of(&sheet, |tiles| {
                looks += 1;
                Ok::<_, ()>(tiles.after[..SIDE * SIDE].to_vec())
            })
            .unwrap();
            for (at, value) in likely.values.iter().enumerate() {
                let red =
                    if sheet.seen[at] { f32::from(sheet.after[3 * at + 2]) / 255.0 } else { 0.0 };
                assert!((value - red).abs() < 1e-5, "{width}x{height} at {at}: {value}, not {red}");
            }
            let single = width <= TILE && height <= TILE;
            assert_eq!(looks == 1, single, "{width}x{height}: {looks}");
        }
    }

    #[test]
    fn where_only_one_picture_shows_the_ground_nobody_looks() {
        let mut sheet = sheet(300, 300);
        sheet.seen.fill(false);
        let likely = Likely::of(&sheet, |_| Err("looked")).unwrap();
        assert!(likely.values.iter().all(|value| *value <= 0.0));
        sheet.seen[0] = true;
        assert_eq!(Likely::of(&sheet, |_| Err("looked")), Err("looked"));
    }
}
