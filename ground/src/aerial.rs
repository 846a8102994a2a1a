//! A camera in the air: from a pixel to the ground and back.
//!
//! The ray leaves the camera by the exact ellipsoid, so the earth's curvature is in it; refraction is
//! not (1 mm at 300 m, 10 cm at 3 km). Level ground is met by iteration, a surface model by marching
//! half a cell at a time and halving the last step. Objects, footprints and doubt have files of
//! their own. Poses come interpolated to the picture's time; nothing here knows any telemetry format.

use domain::{Attitude, Covariance, Lens, LonLat, Pose};
use nalgebra::{Vector2, Vector3};

use crate::earth::LocalFrame;
use crate::optics::Optics;
use crate::relief::{Ground, Stand};
use crate::sight::{Sight, turn};
use crate::{Budget, HeightGrid, Relief};

/// Turns pixels of one flying camera into places on the ground.
#[derive(Debug, Clone, PartialEq)]
pub struct Aerial {
    pub(crate) lens: Lens,
    pub(crate) relief: Relief,
    pub(crate) budget: Budget,
}

/// Where the ray through a pixel meets the ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroundPoint {
    pub position: LonLat,
    pub covariance: Covariance,
    /// Of the camera above this ground, metres.
    pub height_m: f64,
    /// From the camera along the ray, metres.
    pub slant_m: f64,
    /// Of the ray below the horizon.
    pub depression_deg: f64,
}

/// Why there is no ground position.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum NoGround {
    #[error("the telemetry does not say how the camera is turned")]
    NoAttitude,
    #[error(
        "no height of the camera can be compared with the ground: configure the ground's height above the sea, or the take-off's"
    )]
    NoHeight,
    #[error("the pose holds an angle, a zoom or a speed that is no number")]
    BadPose,
    #[error("the pixel lies where the lens' distortion is not known")]
    OutsideLens,
    #[error("the ray goes into the sky")]
    Sky,
    #[error("the ray is only {depression_deg:.1}° below the horizon: too flat to be placed")]
    TooFlat { depression_deg: f64 },
    #[error(
        "the camera would stand {by_m:.1} m below the ground: the heights do not belong together"
    )]
    BelowGround { by_m: f64 },
    #[error("the ray leaves the ground model or ends in a hole of it")]
    OutsideRelief,
    #[error("the place is known to {sigma_m:.0} m only (1 σ)")]
    TooUnsure { sigma_m: f64 },
}

/// A ray and where it ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hit {
    pub(crate) place: LonLat,
    /// The height where the ray ends, by the relief's reference.
    pub(crate) height_m: f64,
    pub(crate) slant_m: f64,
    pub(crate) end: End,
}

/// What stopped the ray.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum End {
    /// Ground whose slope makes this the normal, north-east-down; its down part is 1.
    Ground(Vector3<f64>),
    /// The laser's distance.
    Laser,
}

impl Aerial {
    /// `lens` is that of the pictures whose pixels will be asked for, without zoom.
    pub const fn new(lens: Lens, relief: Relief, budget: Budget) -> Self {
        Self { lens, relief, budget }
    }

    /// The ground that a pixel shows. In the middle of the picture a laser's distance is used.
    pub fn project(&self, pose: &Pose, pixel: [f64; 2]) -> Result<GroundPoint, NoGround> {
        let view = View::new(self, pose)?;
        let sight = view.sight(pixel)?;
        let hit = view.meet(&sight, pixel, 0.0)?;
        let pixel_sigma = [self.budget.pixel_px; 2];
        Ok(GroundPoint {
            position: hit.place,
            covariance: self.doubt(pose, &sight, &hit, pixel_sigma, 0.0),
            height_m: view.camera_m().unwrap_or(0.0) - hit.height_m,
            slant_m: hit.slant_m,
            depression_deg: sight.depression_deg(),
        })
    }

    /// The pixel that shows a place `above_ground_m` over the ground; it may lie outside the picture.
    /// `None` behind the camera, and where height, attitude or ground are not known.
    pub fn pixel_of(&self, pose: &Pose, place: LonLat, above_ground_m: f64) -> Option<[f64; 2]> {
        let view = View::new(self, pose).ok()?;
        let stand = view.stand?;
        let height = stand.ground.height(place)? + above_ground_m;
        view.pixel_toward(view.frame.offset(place, height))
    }
}

/// One pose of one camera, made ready for rays.
pub(crate) struct View<'a> {
    pub(crate) aerial: &'a Aerial,
    pub(crate) pose: &'a Pose,
    pub(crate) optics: Optics,
    pub(crate) attitude: Attitude,
    /// `None` where only a laser can tell the distance.
    pub(crate) stand: Option<Stand<'a>>,
    pub(crate) frame: LocalFrame,
}

/// Rays are followed no farther, metres.
const FARTHEST_M: f64 = 50_000.0;
/// Cells smaller than twice this are not all asked, metres.
const FINEST_M: f64 = 0.05;
/// So flat against a slope of the ground that where they meet says nothing.
const GRAZING: f64 = 0.02;

impl<'a> View<'a> {
    pub(crate) fn new(aerial: &'a Aerial, pose: &'a Pose) -> Result<Self, NoGround> {
        let reported = pose.camera.ok_or(NoGround::NoAttitude)?;
        let yaw_deg = reported.yaw_deg + aerial.budget.yaw_offset_deg;
        let attitude = Attitude { yaw_deg, ..reported };
        turn(attitude).ok_or(NoGround::BadPose)?;
        let optics = Optics::new(&aerial.lens, pose.zoom).ok_or(NoGround::BadPose)?;
        let numbers = [pose.speed_mps, pose.yaw_rate_dps, pose.age_s];
        if !numbers.into_iter().all(f64::is_finite) {
            return Err(NoGround::BadPose);
        }
        let stand = aerial.relief.stand(pose.heights);
        let frame = LocalFrame::at(pose.position, stand.map_or(0.0, |stand| stand.camera_m));
        Ok(Self { aerial, pose, optics, attitude, stand, frame })
    }

    pub(crate) fn camera_m(&self) -> Option<f64> {
        self.stand.map(|stand| stand.camera_m)
    }

    pub(crate) fn sight(&self, pixel: [f64; 2]) -> Result<Sight, NoGround> {
        Sight::through(&self.optics, self.attitude, pixel).ok_or(NoGround::OutsideLens)
    }

    /// Where a ray comes down to `raised_m` above the ground.
    pub(crate) fn meet(
        &self,
        sight: &Sight,
        pixel: [f64; 2],
        raised_m: f64,
    ) -> Result<Hit, NoGround> {
        Self::steep(sight, self.aerial.budget.flattest_deg)?;
        if let Some(distance) = self.laser_at(pixel) {
            let (place, height_m) =
                self.frame.place(sight.along * distance).ok_or(NoGround::BadPose)?;
            return Ok(Hit { place, height_m, slant_m: distance, end: End::Laser });
        }
        let stand = self.stand.ok_or(NoGround::NoHeight)?;
        match stand.ground {
            Ground::Level(ground) => self.meet_level(sight, ground + raised_m),
            Ground::Grid(grid) => self.meet_grid(sight, grid, raised_m),
        }
    }

    /// Refuses rays that go up or are flatter than `flattest_deg`.
    pub(crate) fn steep(sight: &Sight, flattest_deg: f64) -> Result<(), NoGround> {
        let depression_deg = sight.depression_deg();
        if depression_deg <= 0.0 {
            return Err(NoGround::Sky);
        }
        // A ray on the limit itself, as the edge of a footprint is, passes.
        let steep = depression_deg >= flattest_deg - 1e-9;
        if steep { Ok(()) } else { Err(NoGround::TooFlat { depression_deg }) }
    }

    /// Where a ray comes down to a height by the relief's reference.
    pub(crate) fn meet_level(&self, sight: &Sight, height_m: f64) -> Result<Hit, NoGround> {
        let above = self.camera_m().ok_or(NoGround::NoHeight)? - height_m;
        if above <= 0.0 {
            return Err(NoGround::BelowGround { by_m: -above });
        }
        let mut slant_m = above / sight.along.z;
        for _ in 0..30 {
            let (_, at) = self.frame.place(sight.along * slant_m).ok_or(NoGround::BadPose)?;
            let step = (at - height_m) / sight.along.z;
            slant_m += step;
            if step.abs() < 1e-7 {
                break;
            }
        }
        let (place, height_m) = self.frame.place(sight.along * slant_m).ok_or(NoGround::BadPose)?;
        Ok(Hit { place, height_m, slant_m, end: End::Ground(Vector3::z()) })
    }

    fn meet_grid(&self, sight: &Sight, grid: &HeightGrid, raised_m: f64) -> Result<Hit, NoGround> {
        let clearance = |slant: f64| {
            let (place, height) = self.frame.place(sight.along * slant)?;
            Some(height - grid.height(place)? - raised_m)
        };
        let [lowest, highest] = grid.range_m();
        let camera = self.camera_m().ok_or(NoGround::NoHeight)?;
        let here = clearance(0.0);
        if let Some(by_m) = here.filter(|clear| *clear <= 0.0).map(|clear| -clear) {
            return Err(NoGround::BelowGround { by_m });
        }
        let level = sight.along.x.hypot(sight.along.y);
        let step = (grid.cell_m() / 2.0).max(FINEST_M) / level.max(0.1);
        // Curvature lets a ray reach the lowest ground a little later than flat ground would.
        let last = ((camera - lowest - raised_m) / sight.along.z * 1.01 + step).min(FARTHEST_M);
        let mut above = ((camera - highest - raised_m) / sight.along.z * 0.99).max(0.0);
        let mut below = above;
        while below <= last {
            below += step;
            if clearance(below).ok_or(NoGround::OutsideRelief)? <= 0.0 {
                break;
            }
            above = below;
        }
        for _ in 0..40 {
            let middle = f64::midpoint(above, below);
            let clear = clearance(middle).ok_or(NoGround::OutsideRelief)?;
            *(if clear > 0.0 { &mut above } else { &mut below }) = middle;
        }
        self.on_slope(sight, below)
    }

    fn on_slope(&self, sight: &Sight, slant_m: f64) -> Result<Hit, NoGround> {
        let (place, height_m) = self.frame.place(sight.along * slant_m).ok_or(NoGround::BadPose)?;
        let ground = self.stand.ok_or(NoGround::NoHeight)?.ground;
        let [north, east] = ground.slope(place).unwrap_or([0.0, 0.0]);
        let normal = Vector3::new(north, east, 1.0);
        if normal.dot(&sight.along) < GRAZING * normal.norm() {
            return Err(NoGround::TooFlat { depression_deg: sight.depression_deg() });
        }
        Ok(Hit { place, height_m, slant_m, end: End::Ground(normal) })
    }

    /// The laser's distance, for pixels within 1 % of the picture's width of its middle.
    fn laser_at(&self, [u, v]: [f64; 2]) -> Option<f64> {
        let size = self.aerial.lens.size;
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        let distance = self.pose.laser?.distance_m;
        let middle = (u - width / 2.0).hypot(v - height / 2.0) <= 0.01 * width;
        (middle && distance > 0.0 && distance <= FARTHEST_M).then_some(distance)
    }

    /// The pixel of something `ned` metres from the camera. `None` behind it.
    pub(crate) fn pixel_toward(&self, ned: Vector3<f64>) -> Option<[f64; 2]> {
        let seen = turn(self.attitude)?.transpose() * ned;
        let ahead = seen.x > 1e-9;
        ahead.then(|| self.optics.pixel(Vector2::new(seen.y, seen.z) / seen.x)).flatten()
    }
}

#[cfg(test)]
#[path = "aerial_tests.rs"]
mod tests;
