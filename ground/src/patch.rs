//! A polygon of a picture on the ground: its rings, its place, and how many square metres with what doubt.
//!
//! The doubt of an area has four parts that know nothing of each other: the scale (twice the doubt of a length), the
//! edge (the outline as a whole lies a little inside or outside), what whoever drew it leaves out or takes in, and, where
//! the polygon is what differs between two pictures, how far these lie apart.

use domain::{Covariance, LonLat, Plane, Pose};

use crate::aerial::View;
use crate::{Aerial, MultiRings, NoGround, Orthophoto};

/// A polygon in a picture, pixels; the upper left corner of the picture is 0, 0.
#[derive(Debug, Clone, Copy)]
pub struct Traced<'a> {
    /// The outer ring, then holes; first points are not repeated.
    pub rings: &'a [Vec<[f64; 2]>],
    /// Of its pixels, which its drawn rings only come near to.
    pub area_px: f64,
    pub perimeter_px: f64,
    /// 1 σ by which the whole outline may lie too far out or in.
    pub edge_px: f64,
    /// How far the two pictures lie apart whose difference it is; 0 for one picture.
    pub apart_px: f64,
    /// 1 σ of what whoever drew it leaves out or takes in, as a share of the area.
    pub drawn_share: f64,
}

/// Square metres, and 1 σ of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub m2: f64,
    pub sigma_m2: f64,
}

/// A polygon on the ground.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// One polygon, as `GeoJSON` writes it.
    pub polygons: MultiRings,
    /// Of its outer ring.
    pub middle: LonLat,
    /// Of its place as a whole; `None` where only relative doubt is known (an orthophoto).
    pub covariance: Option<Covariance>,
    pub area: Area,
}

/// How high above the ground something is, metres: a roof leans outward in a picture, and is nearer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Raised {
    pub m: f64,
    pub sigma_m: f64,
}

impl Area {
    /// `gsd_m` is what a pixel shows, `gsd_share` its 1 σ as a part of it.
    pub fn of(traced: &Traced<'_>, gsd_m: f64, gsd_share: f64) -> Self {
        let m2 = traced.area_px * gsd_m * gsd_m;
        Self { m2, sigma_m2: traced.doubt_px2(2.0 * gsd_share) * gsd_m * gsd_m }
    }
}

impl Traced<'_> {
    /// 1 σ of the area, square pixels, if its scale is sure to `area_share` of itself.
    fn doubt_px2(&self, area_share: f64) -> f64 {
        let scale = area_share.hypot(self.drawn_share) * self.area_px;
        let edge = self.perimeter_px * self.edge_px;
        // Two pictures that lie apart by d show a strip on one side of everything that is as wide as it is across:
        // a round thing, its perimeter / π.
        let apart = self.perimeter_px / std::f64::consts::PI * self.apart_px;
        scale.hypot(edge).hypot(apart)
    }
}

impl Aerial {
    /// The polygon as a level surface `raised` above the ground.
    pub fn patch(
        &self,
        pose: &Pose,
        traced: &Traced<'_>,
        raised: Raised,
    ) -> Result<Patch, NoGround> {
        let view = View::new(self, pose)?;
        let place = |pixel: [f64; 2]| Ok(view.meet(&view.sight(pixel)?, pixel, raised.m)?.place);
        let rings = traced.rings.iter().map(|ring| ring.iter().copied().map(place).collect());
        let rings = rings.collect::<Result<Vec<Vec<LonLat>>, NoGround>>()?;
        let middle_px = middle(traced.rings).ok_or(NoGround::BadPose)?;
        let sight = view.sight(middle_px)?;
        let hit = view.meet(&sight, middle_px, raised.m)?;
        let height_m = hit.slant_m * sight.along.z;
        let position = self.budget.position(pose.fix);
        let height_sigma = position.z_m.hypot(self.budget.terrain_m).hypot(raised.sigma_m);
        // Flatter by an angle, ground is seen as 1/sin³ of it larger.
        let tilt =
            3.0 * self.budget.pitch_deg.to_radians() / sight.depression_deg().to_radians().tan();
        let share = (2.0 * height_sigma / height_m.max(0.1)).hypot(tilt);
        let pixels = [self.budget.pixel_px.max(traced.edge_px); 2];
        let covariance = self.doubt(pose, &sight, &hit, pixels, raised.sigma_m);
        let patch = patch(&rings, hit.place, Some(covariance), traced, share);
        patch.ok_or(NoGround::OutsideLens)
    }
}

impl Orthophoto {
    /// 1 σ of the scale of an orthophoto: control points, and ground that its height model has smoothed.
    const SCALE_SHARE: f64 = 0.005;

    /// `None` beyond the edge of the map.
    pub fn patch(&self, traced: &Traced<'_>) -> Option<Patch> {
        let rings = traced.rings.iter().map(|ring| ring.iter().map(|&at| self.place(at)).collect());
        let rings = rings.collect::<Option<Vec<Vec<LonLat>>>>()?;
        let middle = self.place(middle(traced.rings)?)?;
        patch(&rings, middle, None, traced, 2.0 * Self::SCALE_SHARE)
    }
}

fn patch(
    rings: &[Vec<LonLat>],
    middle: LonLat,
    covariance: Option<Covariance>,
    traced: &Traced<'_>,
    area_share: f64,
) -> Option<Patch> {
    let plane = Plane::at(middle);
    let flat = |ring: &Vec<LonLat>| -> Vec<[f64; 2]> {
        ring.iter().map(|&place| plane.metres(place)).collect()
    };
    let flat: Vec<Vec<[f64; 2]>> = rings.iter().map(flat).collect();
    // Rings are drawn simplified: what a pixel shows is told by them, how many there are by the count.
    let drawn_m2 = flat.iter().map(|ring| area(ring)).fold(0.0, outer_less_holes);
    let drawn_px = traced.rings.iter().map(|ring| area(ring)).fold(0.0, outer_less_holes);
    let per_px = drawn_m2 / drawn_px;
    let usable = per_px.is_finite() && per_px > 0.0;
    usable.then(|| Patch {
        polygons: vec![
            rings.iter().enumerate().map(|(nth, ring)| closed(ring, nth == 0)).collect(),
        ],
        middle,
        covariance,
        area: Area { m2: traced.area_px * per_px, sigma_m2: traced.doubt_px2(area_share) * per_px },
    })
}

fn outer_less_holes(sum: f64, ring: f64) -> f64 {
    if sum <= 0.0 { ring.abs() } else { sum - ring.abs() }
}

/// Half the sum of the cross products: its sign tells which way round.
fn area(ring: &[[f64; 2]]) -> f64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>() / 2.0
}

/// The middle of the outer ring's area; of its corners, where it has no area.
fn middle(rings: &[Vec<[f64; 2]>]) -> Option<[f64; 2]> {
    let ring = rings.first().filter(|ring| !ring.is_empty())?;
    let next = ring.iter().cycle().skip(1);
    let (mut x, mut y, mut twice) = (0.0, 0.0, 0.0);
    for (a, b) in ring.iter().zip(next) {
        let cross = a[0] * b[1] - b[0] * a[1];
        x += (a[0] + b[0]) * cross;
        y += (a[1] + b[1]) * cross;
        twice += cross;
    }
    if twice.abs() > 1e-9 {
        return Some([x / (3.0 * twice), y / (3.0 * twice)]);
    }
    #[expect(clippy::cast_precision_loss, reason = "corners of a ring")]
    let count = ring.len() as f64;
    Some([0, 1].map(|axis| ring.iter().map(|point| point[axis]).sum::<f64>() / count))
}

/// Closed, counter-clockwise if `outer`, 8 decimals: a millimetre.
fn closed(ring: &[LonLat], outer: bool) -> Vec<[f64; 2]> {
    let round = |degrees: f64| (degrees * 1e8).round() / 1e8;
    let mut points: Vec<[f64; 2]> =
        ring.iter().map(|place| [round(place.lon()), round(place.lat())]).collect();
    if (area(&points) > 0.0) != outer {
        points.reverse();
    }
    points.extend(points.first().copied());
    points
}

#[cfg(test)]
mod tests {
    use domain::{Attitude, Fix, Heights, Lens, Size};
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::{Budget, Relief};

    fn camera() -> (Aerial, Pose) {
        let lens = Lens::of_view(Size::new(4000, 3000).unwrap(), 70.0).unwrap();
        let pose = Pose {
            at: Timestamp::UNIX_EPOCH,
            position: LonLat::new(120.08, 30.89).unwrap(),
            heights: Heights { above_takeoff_m: Some(100.0), ..Heights::default() },
            camera: Some(Attitude { yaw_deg: 30.0, pitch_deg: -90.0, roll_deg: 0.0 }),
            heading_deg: None,
            speed_mps: 0.0,
            yaw_rate_dps: 0.0,
            fix: Fix::Fixed,
            age_s: 0.0,
            zoom: 1.0,
            laser: None,
        };
        (Aerial::new(lens, Relief::default(), Budget::RTK_DSM), pose)
    }

    fn square(x: f64, y: f64, side: f64) -> Vec<[f64; 2]> {
        vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]]
    }

    fn traced(rings: &[Vec<[f64; 2]>]) -> Traced<'_> {
        let area_px = rings.iter().map(|ring| area(ring)).fold(0.0, outer_less_holes);
        let perimeter_px = rings.first().map_or(0.0, |ring| 4.0 * area(ring).abs().sqrt());
        Traced { rings, area_px, perimeter_px, edge_px: 0.0, apart_px: 0.0, drawn_share: 0.0 }
    }

    #[test]
    fn a_square_of_the_ground() {
        let (camera, pose) = camera();
        let focal = camera.lens.fx;
        let rings = [square(1000.0, 800.0, 400.0), square(1100.0, 900.0, 100.0)];
        let low = Raised { m: 0.0, sigma_m: 0.0 };
        let patch = camera.patch(&pose, &traced(&rings), low).unwrap();
        let side = 400.0 * 100.0 / focal;
        let expected = side * side * (1.0 - 1.0 / 16.0);
        assert!((patch.area.m2 / expected - 1.0).abs() < 1e-4, "{patch:?}");
        // 5 cm of height and 20 cm of ground in 100 m, as areas.
        let height = 0.05_f64.hypot(0.2) / 100.0;
        assert!((patch.area.sigma_m2 / patch.area.m2 - 2.0 * height).abs() < 3e-3);
        let [outer, hole] = patch.polygons[0].as_slice() else { panic!("{patch:?}") };
        assert_eq!((outer.first(), hole.first()), (outer.last(), hole.last()));
        assert!(area(outer) > 0.0 && area(hole) < 0.0);
        // The same outline on a roof is nearer, so smaller.
        let roof = Raised { m: 10.0, sigma_m: 3.0 };
        let roof = camera.patch(&pose, &traced(&rings), roof).unwrap();
        assert!((roof.area.m2 / expected - 0.81).abs() < 1e-3);
        assert!((roof.area.sigma_m2 / roof.area.m2 - 2.0 * 3.0 / 90.0).abs() < 2e-3);
        assert!(roof.covariance.unwrap().east_east > patch.covariance.unwrap().east_east);
    }

    #[test]
    fn every_doubt_counts() {
        let rings = [square(0.0, 0.0, 20.0)];
        let plain = traced(&rings);
        for (edge_px, apart_px, share, expected) in [
            (0.0, 0.0, 0.0, 0.0),
            (0.5, 0.0, 0.0, 40.0),
            (0.0, 1.0, 0.0, 80.0 / std::f64::consts::PI),
            (0.0, 0.0, 0.02, 16.0),
            (0.5, 0.0, 0.02, 40.0_f64.hypot(16.0)),
        ] {
            let area = Area::of(&Traced { edge_px, apart_px, ..plain }, 0.1, share);
            assert!((area.m2 - 4.0).abs() < 1e-9);
            assert!((area.sigma_m2 - 0.01 * expected).abs() < 1e-9, "{area:?}, not {expected}");
        }
    }

    #[test]
    fn the_sky_has_no_area() {
        let (camera, pose) = camera();
        let level = Attitude { yaw_deg: 0.0, pitch_deg: 0.0, roll_deg: 0.0 };
        let pose = Pose { camera: Some(level), ..pose };
        let rings = [square(1000.0, 100.0, 400.0)];
        let raised = Raised { m: 0.0, sigma_m: 0.0 };
        assert_eq!(camera.patch(&pose, &traced(&rings), raised), Err(NoGround::Sky));
        let (camera, pose) = self::camera();
        let line = [vec![[0.0, 0.0], [1.0, 1.0]]];
        assert!(camera.patch(&pose, &traced(&line), raised).is_err());
        assert!(camera.patch(&pose, &traced(&[]), raised).is_err());
    }

    proptest! {
        /// Wherever it lies in the picture and however the camera is turned, straight down it has one size.
        #[test]
        fn an_area_does_not_depend_on_where_it_is_seen(
            x in 0.0_f64..3000.0, y in 0.0_f64..2000.0, side in 20.0_f64..900.0, yaw in -180.0_f64..180.0,
        ) {
            let (camera, pose) = camera();
            let down = Attitude { yaw_deg: yaw, pitch_deg: -90.0, roll_deg: 0.0 };
            let pose = Pose { camera: Some(down), ..pose };
            let rings = [square(x, y, side)];
            let raised = Raised { m: 0.0, sigma_m: 1.0 };
            let patch = camera.patch(&pose, &traced(&rings), raised).unwrap();
            let expected = (side * 100.0 / camera.lens.fx).powi(2);
            prop_assert!((patch.area.m2 / expected - 1.0).abs() < 1e-3);
        }
    }
}
