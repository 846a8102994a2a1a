//! What else a changed region could be: a vehicle, a shadow, a season.
//!
//! Each sign is a number that is kept with the region, whatever is made of it, for a person to see why.

use domain::Bbox;
use opencv::core::{self, Mat, Vec3b, Vec4f, Vector};
use opencv::imgproc;
use opencv::prelude::*;
use serde::Serialize;

use super::outline::Region;
use super::sheet::Sheet;
use crate::preprocess::side;

/// Why a region is not told of as something built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Smaller than what is asked for.
    TooSmall,
    /// Along the edge of the common area, where the two pictures fit worst and show only a part.
    Edge,
    /// A vehicle stands there in one of the pictures.
    Vehicle,
    /// Darker or lighter by one factor in all colours, with what was there still to be seen in it.
    Shadow,
    /// Plants that came or went, without anything straight that stands or stood in their place.
    Season,
}

/// What was measured in a region.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Signs {
    /// The share of its outline at the edge of the common area.
    pub edge: f64,
    /// The share of it under boxes of vehicles.
    pub vehicle: f64,
    /// How much lighter it is than before, as a logarithm (−0.7: half as light), the median of each channel: blue,
    /// green, red.
    pub lighter: [f64; 3],
    /// How alike the fine structure is in both pictures: correlation, −1..=1.
    pub structure: f64,
    /// The share of it that is green with plants, before and after.
    pub plants: [f64; 2],
    /// Straight lines before and after, by the side of a square as large as the region: a house has 3 and more.
    pub lines: [f64; 2],
}

const MOST_EDGE: f64 = 0.35;
const VEHICLE: f64 = 0.6;
/// A shadow takes at least so much light (a fifth), and the sky that lights it is blue: what it takes of one colour
/// and of another differ by so much of their mean.
const SHADE: f64 = 0.22;
const COLOURED: f64 = 0.6;
/// Of a surface that is only lit otherwise, registration at fractions of a pixel leaves at least this much alike.
const SAME_STRUCTURE: f64 = 0.5;
const PLANTS: f64 = 0.5;
/// By so much straight lines are more where the plants are not, if something was built.
const MOST_LINES: f64 = 1.5;

impl Signs {
    /// `small`: whether it is smaller than what is asked for. The first reason that holds.
    pub fn reason(&self, small: bool) -> Option<Reason> {
        let reasons = [
            (small, Reason::TooSmall),
            (self.edge >= MOST_EDGE, Reason::Edge),
            (self.vehicle >= VEHICLE, Reason::Vehicle),
            (self.is_shadow(), Reason::Shadow),
            (self.is_season(), Reason::Season),
        ];
        reasons.into_iter().find_map(|(holds, reason)| holds.then_some(reason))
    }

    fn is_shadow(&self) -> bool {
        let least = self.lighter.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.lighter.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mean = self.lighter.iter().sum::<f64>() / 3.0;
        // All darker or all lighter; the sky lights shadows, so that they are bluer.
        let one_way = least * most > 0.0 && mean.abs() >= SHADE;
        one_way && most - least <= COLOURED * mean.abs() && self.structure >= SAME_STRUCTURE
    }

    fn is_season(&self) -> bool {
        let [before, after] = self.plants;
        // A field is as straight as a house, but not only when it is bare.
        let [green, bare] = if before >= after { [0, 1] } else { [1, 0] };
        before.max(after) >= PLANTS && self.lines[bare] - self.lines[green] < MOST_LINES
    }
}

/// What is worked out once for all regions of a sheet.
pub(crate) struct Views<'a> {
    sheet: &'a Sheet,
    fine: [Vec<f32>; 2],
    lines: [Vec<[f64; 4]>; 2],
}

/// Where fine structure is looked for: between grain and this, pixels.
const COARSE: i32 = 13;
/// Shorter lines are anywhere, pixels; and by the side of a square as large as the region: leaves are lines too.
const SHORTEST: f64 = 8.0;
const SHORTEST_SHARE: f64 = 0.35;
/// Boxes are grown by this share of their sides: a changed region is a little larger than the car.
const GROWN: f32 = 0.1;
/// How near the edge of the common area is at its edge, pixels.
const NEAR_EDGE: usize = 3;
/// The excess of green over the other colours, as a share of all light, from which it is plants.
const GREEN: f64 = 0.06;

impl<'a> Views<'a> {
    pub(crate) fn new(sheet: &'a Sheet) -> opencv::Result<Self> {
        let (before, after) = (grey(sheet, &sheet.before)?, grey(sheet, &sheet.after)?);
        Ok(Self {
            sheet,
            fine: [fine(&before)?, fine(&after)?],
            lines: [lines(&before)?, lines(&after)?],
        })
    }

    /// `vehicles` are boxes in pixels of the sheet.
    pub(crate) fn signs(&self, region: &Region, vehicles: &[Bbox]) -> Signs {
        Signs {
            edge: self.edge(region),
            vehicle: self.under(region, vehicles),
            lighter: self.lighter(region),
            structure: correlation(&self.fine, &region.pixels),
            plants: [&self.sheet.before, &self.sheet.after].map(|bgr| plants(bgr, &region.pixels)),
            lines: [0, 1].map(|which| self.straight(which, region)),
        }
    }

    fn place(&self, at: usize) -> [usize; 2] {
        let width = self.sheet.size.width as usize;
        [at % width, at / width]
    }

    fn edge(&self, region: &Region) -> f64 {
        let [width, height] = [self.sheet.size.width, self.sheet.size.height].map(|s| s as usize);
        let held =
            |x: usize, y: usize| region.pixels.binary_search(&self.sheet.index(x, y)).is_ok();
        let (mut outline, mut at_edge) = (0_usize, 0_usize);
        for &at in &region.pixels {
            let [x, y] = self.place(at);
            let inner = x > 0 && y > 0 && x + 1 < width && y + 1 < height;
            if inner && held(x - 1, y) && held(x + 1, y) && held(x, y - 1) && held(x, y + 1) {
                continue;
            }
            outline += 1;
            let (left, top) = (x.saturating_sub(NEAR_EDGE), y.saturating_sub(NEAR_EDGE));
            let (right, bottom) = (x + NEAR_EDGE, y + NEAR_EDGE);
            let beyond = x < NEAR_EDGE || y < NEAR_EDGE || right >= width || bottom >= height;
            let corners = [[left, top], [right, top], [left, bottom], [right, bottom]];
            let unseen = || corners.iter().any(|&[x, y]| !self.sheet.seen[self.sheet.index(x, y)]);
            at_edge += usize::from(beyond || unseen());
        }
        share(at_edge, outline)
    }

    #[expect(clippy::cast_precision_loss, reason = "pixels of a sheet")]
    fn under(&self, region: &Region, vehicles: &[Bbox]) -> f64 {
        let grown: Vec<Bbox> = vehicles.iter().map(grow).collect();
        let covered = region.pixels.iter().filter(|&&at| {
            let [x, y] = self.place(at).map(|n| n as f32 + 0.5);
            grown.iter().any(|b| b.x1 <= x && x <= b.x2 && b.y1 <= y && y <= b.y2)
        });
        share(covered.count(), region.pixels.len())
    }

    fn lighter(&self, region: &Region) -> [f64; 3] {
        // What is nearly black has no ratio.
        let light = |bgr: &[u8], at: usize, channel: usize| f64::from(bgr[3 * at + channel]) + 4.0;
        std::array::from_fn(|channel| {
            let ratio = |&at: &usize| {
                (light(&self.sheet.after, at, channel) / light(&self.sheet.before, at, channel))
                    .ln()
            };
            let mut ratios: Vec<f64> = region.pixels.iter().map(ratio).collect();
            ratios.sort_by(f64::total_cmp);
            ratios.get(ratios.len() / 2).copied().unwrap_or(0.0)
        })
    }

    /// The length of lines whose middle lies in the region or beside it.
    fn straight(&self, which: usize, region: &Region) -> f64 {
        let inside = |&&[x1, y1, x2, y2]: &&[f64; 4]| {
            [0.25, 0.5, 0.75]
                .iter()
                .any(|part| self.near(region, [x1 + part * (x2 - x1), y1 + part * (y2 - y1)]))
        };
        let length = |&[x1, y1, x2, y2]: &[f64; 4]| (x2 - x1).hypot(y2 - y1);
        let side = real(region.pixels.len()).sqrt();
        let long = self.lines[which].iter().filter(|line| length(line) >= SHORTEST_SHARE * side);
        long.filter(inside).map(length).sum::<f64>() / side
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the sheet"
    )]
    fn near(&self, region: &Region, [x, y]: [f64; 2]) -> bool {
        let [right, bottom] = [self.sheet.size.width, self.sheet.size.height].map(f64::from);
        let held = |dx: f64, dy: f64| {
            let x = (x + dx).clamp(0.0, right - 1.0) as usize;
            let y = (y + dy).clamp(0.0, bottom - 1.0) as usize;
            region.pixels.binary_search(&self.sheet.index(x, y)).is_ok()
        };
        held(0.0, 0.0)
            || [(3.0, 0.0), (-3.0, 0.0), (0.0, 3.0), (0.0, -3.0)]
                .iter()
                .any(|&(dx, dy)| held(dx, dy))
    }
}

fn grow(bbox: &Bbox) -> Bbox {
    let (w, h) = (GROWN * bbox.width(), GROWN * bbox.height());
    Bbox { x1: bbox.x1 - w, y1: bbox.y1 - h, x2: bbox.x2 + w, y2: bbox.y2 + h }
}

fn plants(bgr: &[u8], pixels: &[usize]) -> f64 {
    let green = |&&at: &&usize| {
        let [b, g, r] = [0, 1, 2].map(|channel| f64::from(bgr[3 * at + channel]));
        2.0 * g - r - b >= GREEN * (r + g + b).max(30.0)
    };
    share(pixels.iter().filter(green).count(), pixels.len())
}

fn correlation(fine: &[Vec<f32>; 2], pixels: &[usize]) -> f64 {
    let value = |which: usize, at: usize| f64::from(fine[which][at]);
    let count = real(pixels.len().max(1));
    let mean = [0, 1].map(|which| pixels.iter().map(|&at| value(which, at)).sum::<f64>() / count);
    let product = |a: usize, b: usize| -> f64 {
        pixels.iter().map(|&at| (value(a, at) - mean[a]) * (value(b, at) - mean[b])).sum()
    };
    let spread = (product(0, 0) * product(1, 1)).sqrt();
    if spread > 1e-9 { product(0, 1) / spread } else { 0.0 }
}

fn grey(sheet: &Sheet, bgr: &[u8]) -> opencv::Result<Mat> {
    let colour = Mat::new_rows_cols_with_bytes::<Vec3b>(
        side(sheet.size.height)?,
        side(sheet.size.width)?,
        bgr,
    )?;
    let mut grey = Mat::default();
    imgproc::cvt_color_def(&colour, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    Ok(grey)
}

/// What is finer than a few pixels, by its share of the light around: the same in sun and shade.
fn fine(grey: &Mat) -> opencv::Result<Vec<f32>> {
    let (mut light, mut soft, mut coarse) = (Mat::default(), Mat::default(), Mat::default());
    grey.convert_to(&mut light, core::CV_32F, 1.0, 4.0)?;
    let middle = core::Point::new(-1, -1);
    imgproc::gaussian_blur(
        &light,
        &mut soft,
        core::Size::new(5, 5),
        1.2,
        1.2,
        core::BORDER_REPLICATE,
    )?;
    let window = core::Size::new(COARSE, COARSE);
    imgproc::blur(&light, &mut coarse, window, middle, core::BORDER_REPLICATE)?;
    let (soft, coarse) = (soft.data_typed::<f32>()?, coarse.data_typed::<f32>()?);
    Ok(soft.iter().zip(coarse).map(|(soft, coarse)| soft / coarse.max(1.0) - 1.0).collect())
}

fn lines(grey: &Mat) -> opencv::Result<Vec<[f64; 4]>> {
    let mut finder = imgproc::create_line_segment_detector_def()?;
    let mut found = Vector::<Vec4f>::new();
    let nothing = &mut core::no_array();
    let (mut a, mut b) = (core::no_array(), core::no_array());
    finder.detect(grey, &mut found, nothing, &mut a, &mut b)?;
    let line = |line: Vec4f| line.0.map(f64::from);
    let long = |&[x1, y1, x2, y2]: &[f64; 4]| (x2 - x1).hypot(y2 - y1) >= SHORTEST;
    Ok(found.iter().map(line).filter(long).collect())
}

fn share(part: usize, whole: usize) -> f64 {
    real(part) / real(whole.max(1))
}

#[expect(clippy::cast_precision_loss, reason = "pixels of a sheet")]
fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
