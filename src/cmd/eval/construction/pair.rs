//! A drawn pair: before, after and what changed, side by side in one picture.

use std::path::Path;

use detector::change::{self, Change, ChangeNet, Likely, Rules, Sheet, Tone};
use detector::{Warp, picture};
use domain::{Frame, RelBox, Size, SourceId, Suppressed, TimeBasis};
use ground::{Area, Traced};
use jiff::Timestamp;

use crate::cmd::compare::suppressed;

/// What was drawn, and what was found.
pub(super) struct Pair {
    size: Size,
    pub drawn: Vec<Region>,
    pub found: Vec<Region>,
}

/// A region that changed.
pub(super) struct Region {
    /// Pixels, open.
    pub rings: Vec<Vec<[f64; 2]>>,
    pub area: Area,
    pub probability: f64,
    pub suppressed: Option<Suppressed>,
}

/// Smaller ones are told as too small, by the network's part of the work as by `compare`, square metres.
const LEAST_M2: f64 = 4.0;
/// The pictures lie pixel on pixel, as drawn, to about so many.
const APART_PX: f64 = 1.0;
/// 1 σ of the scale, as that of an orthophoto.
const SCALE_SHARE: f64 = 0.01;

impl Pair {
    pub(super) fn read(path: &Path, net: &mut ChangeNet, gsd_cm: f64) -> anyhow::Result<Self> {
        let (size, pixels) = picture::read(path)?;
        let all = Frame::new(
            SourceId::new("drawn")?,
            0,
            Timestamp::UNIX_EPOCH,
            TimeBasis::Media,
            size,
            pixels,
        )?;
        anyhow::ensure!(
            size.width == 3 * size.height,
            "{}x{}: no pair; it holds before, after and the change, three squares side by side",
            size.width,
            size.height
        );
        let third = |nth: f64| {
            let seen = RelBox { x: nth / 3.0, y: 0.0, w: 1.0 / 3.0, h: 1.0 };
            picture::crop(&all, seen, 0.0)
        };
        let (before, after, label) = (third(0.0)?, third(1.0)?, third(2.0)?);
        let scale = net.gsd_cm().map_or(1.0, |likes| gsd_cm / likes);
        let least_px = LEAST_M2 / (gsd_cm / 100.0).powi(2);
        let sheet = Sheet::new(&before, &after, &Warp::IDENTITY, scale, Tone::Matched)?;
        let likely = net.look(&sheet)?;
        let rules = Rules { threshold: net.threshold(), least_px };
        let found = change::changes(&sheet, &likely, &[], &rules)?;
        let plain = Sheet::new(&before, &after, &Warp::IDENTITY, 1.0, Tone::AsTaken)?;
        let values = label.bgr.to_vec();
        let values = values.chunks_exact(3).map(|bgr| if bgr[0] > 127 { 1.0 } else { 0.0 });
        let truth = Likely { size: label.size, values: values.collect() };
        let drawn = change::changes(&plain, &truth, &[], &Rules { threshold: 0.5, least_px: 0.0 })?;
        let pixel_m = gsd_cm / 100.0;
        Ok(Self {
            size: label.size,
            drawn: drawn.changes.iter().map(|one| Region::drawn(one, pixel_m)).collect(),
            found: found.changes.iter().map(|one| Region::found(one, pixel_m)).collect(),
        })
    }

    pub(super) fn side(&self) -> f64 {
        f64::from(self.size.width)
    }

    /// The share of a region that lies east of the middle of the picture.
    pub(super) fn east(&self, region: &Region) -> f64 {
        region.share(|[x, _]| x >= self.side() / 2.0)
    }
}

impl Region {
    /// As it was drawn there is no doubt of its size.
    fn drawn(change: &Change, gsd_m: f64) -> Self {
        let area = Area { m2: change.area_px * gsd_m * gsd_m, sigma_m2: 0.0 };
        Self { rings: change.rings.clone(), area, probability: 1.0, suppressed: None }
    }

    fn found(change: &Change, gsd_m: f64) -> Self {
        let traced = Traced {
            rings: &change.rings,
            area_px: change.area_px,
            perimeter_px: change.perimeter_px,
            edge_px: change.edge_px,
            apart_px: APART_PX,
            drawn_share: change::AREA_SHARE,
        };
        Self {
            area: Area::of(&traced, gsd_m, SCALE_SHARE),
            probability: change.probability,
            suppressed: change.suppressed.map(suppressed),
            rings: change.rings.clone(),
        }
    }

    /// The larger of the shares that two regions have in common.
    pub(super) fn in_common(&self, other: &Self) -> f64 {
        self.share(|at| other.holds(at)).max(other.share(|at| self.holds(at)))
    }

    /// The share of its pixels for which something holds.
    fn share(&self, holds: impl Fn([f64; 2]) -> bool) -> f64 {
        let corners = || self.rings.iter().flatten();
        let least = |axis: usize| corners().map(|at| at[axis]).fold(f64::INFINITY, f64::min);
        let most = |axis: usize| corners().map(|at| at[axis]).fold(0.0, f64::max);
        let (mut all, mut part) = (0_u32, 0_u32);
        let mut y = least(1) + 0.5;
        while y < most(1) {
            let mut x = least(0) + 0.5;
            while x < most(0) {
                if self.holds([x, y]) {
                    all += 1;
                    part += u32::from(holds([x, y]));
                }
                x += 1.0;
            }
            y += 1.0;
        }
        f64::from(part) / f64::from(all.max(1))
    }

    fn holds(&self, [x, y]: [f64; 2]) -> bool {
        let edges = self.rings.iter().flat_map(|ring| ring.iter().zip(ring.iter().cycle().skip(1)));
        let crossed = edges.filter(|(a, b)| {
            (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]
        });
        crossed.count() % 2 == 1
    }
}
