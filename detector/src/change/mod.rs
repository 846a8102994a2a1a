//! What was built between two pictures of one place.
//!
//! [`register`] lays the earlier picture over the later one or says why it cannot; [`Sheet`] holds both pixel on
//! pixel at the scale the network likes; [`ChangeNet`] says how [`Likely`] each pixel changed; [`changes`] draws
//! polygons around what did and keeps those apart that are a vehicle, a shadow, a season or nothing much, with the
//! reason and the numbers it rests on.
//!
//! All is in pixels here. Leaves to others where that is on the ground, how many square metres it is, and whether
//! anybody had a permit.

mod about;
mod likely;
mod net;
mod outline;
mod register;
mod sheet;
mod shown;
mod signs;

use domain::{Bbox, Size};
use opencv::core::{self, Mat, Point, Scalar, Vector};
use opencv::imgproc;
use opencv::prelude::*;
use serde::Serialize;

use crate::preprocess::side;

pub use about::{Shown, about};
pub use likely::{Likely, TILE};
pub use net::ChangeNet;
pub use outline::Ring;
pub use register::{Basis, Registration, Residual, Unregistered, register};
pub use sheet::{Sheet, Tone};
pub use shown::side_by_side;
pub use signs::{Reason, Signs};

/// A region that changed, in pixels of the later picture; the upper left corner of the picture is 0, 0.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The outer ring, then holes; first points are not repeated.
    pub rings: Vec<Ring>,
    /// Of all its pixels, square pixels.
    pub area_px: f64,
    /// The length of its rings.
    pub perimeter_px: f64,
    /// 1 σ of where its outline lies.
    pub edge_px: f64,
    /// Mean over its pixels, 0..=1.
    pub probability: f64,
    pub signs: Signs,
    /// Why it is not taken for something built; `None`: it is.
    pub suppressed: Option<Reason>,
}

/// What is told of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// A region has changed that somewhere reaches this probability, 0..1.
    pub threshold: f32,
    /// Smaller changes are suppressed, square pixels of the later picture.
    pub least_px: f64,
}

/// Every change of a sheet, largest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    pub changes: Vec<Change>,
    /// Regions too small to have a shape.
    pub specks: usize,
}

impl Changes {
    /// 255 within what is told of, else 0, for the later picture, which is of `size`.
    pub fn mask(&self, size: Size) -> opencv::Result<Vec<u8>> {
        let (rows, columns) = (side(size.height)?, side(size.width)?);
        let mut mask =
            Mat::new_rows_cols_with_default(rows, columns, core::CV_8U, Scalar::default())?;
        for change in self.changes.iter().filter(|change| change.suppressed.is_none()) {
            #[expect(clippy::cast_possible_truncation, reason = "pixels of a picture")]
            let corner =
                |&[x, y]: &[f64; 2]| Point::new((x - 0.5).round() as i32, (y - 0.5).round() as i32);
            let ring = |ring: &Ring| ring.iter().map(corner).collect::<Vector<Point>>();
            let rings: Vector<Vector<Point>> = change.rings.iter().map(ring).collect();
            imgproc::fill_poly_def(&mut mask, &rings, Scalar::all(255.0))?;
        }
        Ok(mask.data_bytes()?.to_vec())
    }
}

/// How far a region reaches: to this probability, at which the F1 of pixels was best on drawn pairs (models/cards/change.md).
const EXTENT: f32 = 0.34;
/// 1 σ of the area of what the network outlines, as a share of it: the root mean square over 60 structures of 600 pixels
/// and more in drawn pairs (models/cards/change.md). Of smaller ones it is more.
pub const AREA_SHARE: f64 = 0.33;
/// Regions of fewer pixels of the sheet are specks.
const SPECK: usize = 16;

/// Outlines what changed. `vehicles` are boxes of either picture, in pixels of the later one.
pub fn changes(
    sheet: &Sheet,
    likely: &Likely,
    vehicles: &[Bbox],
    rules: &Rules,
) -> opencv::Result<Changes> {
    let (regions, specks) =
        outline::regions(likely, rules.threshold, EXTENT.min(rules.threshold), SPECK);
    let views = signs::Views::new(sheet)?;
    let [sx, sy] = sheet.scale;
    let on_sheet: Vec<Bbox> = vehicles.iter().map(|bbox| scaled(*bbox, sheet.scale)).collect();
    let change = |region: outline::Region| {
        let signs = views.signs(&region, &on_sheet);
        let back = |ring: &Ring| ring.iter().map(|&[x, y]| [x / sx, y / sy]).collect();
        let rings: Vec<Ring> = region.rings.iter().map(back).collect();
        let area_px = real(region.pixels.len()) / (sx * sy);
        Change {
            perimeter_px: rings.iter().map(|ring| length(ring)).sum(),
            edge_px: region.edge_px / (sx * sy).sqrt(),
            probability: region.probability,
            suppressed: signs.reason(area_px < rules.least_px),
            rings,
            area_px,
            signs,
        }
    };
    let mut changes: Vec<Change> = regions.into_iter().map(change).collect();
    changes.sort_by(|a, b| b.area_px.total_cmp(&a.area_px));
    Ok(Changes { changes, specks })
}

#[expect(clippy::cast_possible_truncation, reason = "pixels need no more than f32")]
fn scaled(bbox: Bbox, [sx, sy]: [f64; 2]) -> Bbox {
    let by = |value: f32, scale: f64| (f64::from(value) * scale) as f32;
    Bbox { x1: by(bbox.x1, sx), y1: by(bbox.y1, sy), x2: by(bbox.x2, sx), y2: by(bbox.y2, sy) }
}

fn length(ring: &[[f64; 2]]) -> f64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).sum()
}

#[expect(clippy::cast_precision_loss, reason = "pixels of a sheet")]
fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square of 40 pixels on a sheet of half the scale: told of in pixels of the picture.
    #[test]
    fn changes_are_told_in_pixels_of_the_picture() {
        let size = Size::new(100, 60).unwrap();
        let inside = |at: usize| (20..60).contains(&(at % 100)) && (10..50).contains(&(at / 100));
        let pixels = 100 * 60;
        let values = (0..pixels).map(|at| if inside(at) || at < 3 { 0.9 } else { 0.0 }).collect();
        let sheet = Sheet {
            size,
            scale: [0.5; 2],
            before: vec![90; 3 * pixels],
            after: (0..pixels)
                .flat_map(|at| if inside(at) { [200, 90, 40] } else { [90; 3] })
                .collect(),
            seen: vec![true; pixels],
        };
        let likely = Likely { size, values };
        let rules = Rules { threshold: 0.5, least_px: 100.0 };
        let found = changes(&sheet, &likely, &[], &rules).unwrap();
        assert_eq!((found.changes.len(), found.specks), (1, 1));
        let change = &found.changes[0];
        assert_eq!(change.suppressed, None, "{:?}", change.signs);
        assert!(
            (change.area_px - 6400.0).abs() < 1e-9 && (change.perimeter_px - 320.0).abs() < 1e-9
        );
        assert!((change.probability - 0.9).abs() < 1e-6);
        assert!(
            change.rings[0].contains(&[40.0, 20.0]) && change.rings[0].contains(&[120.0, 100.0])
        );
        let mask = found.mask(Size::new(200, 120).unwrap()).unwrap();
        let count = mask.iter().filter(|byte| **byte > 0).count();
        assert!(count.abs_diff(6400) <= 200, "{count}");
        let whole = likely.mask(0.5, size).unwrap();
        assert_eq!(whole.iter().filter(|byte| **byte > 0).count(), 1603);
        let large = Rules { least_px: 7000.0, ..rules };
        let found = changes(&sheet, &likely, &[], &large).unwrap();
        assert_eq!(found.changes[0].suppressed, Some(Reason::TooSmall));
        assert!(found.mask(size).unwrap().iter().all(|byte| *byte == 0));
    }
}
