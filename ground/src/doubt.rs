//! How doubt about the pose, the ground and the pixel becomes doubt about a place.
//!
//! First order: each error moves the ray's end along the ground's slope, and the squares add up.
//! What is left out is small down to rays of 20°; see docs/ground.md for where it is not.

use domain::{Covariance, Pose};
use nalgebra::{Vector2, Vector3};

use crate::Aerial;
use crate::aerial::{End, Hit};
use crate::sight::Sight;

/// An error d along a line of unknown bearing lies within 1.96 σ of 0; a round ellipse holds as much
/// with 1.96 / 2.448 of its σ in each direction.
const ROUND: f64 = 0.8;

impl Aerial {
    /// `pixel_sigma` to the right and down; `raised_sigma` of the height over the ground, metres.
    pub(crate) fn doubt(
        &self,
        pose: &Pose,
        sight: &Sight,
        hit: &Hit,
        pixel_sigma: [f64; 2],
        raised_sigma: f64,
    ) -> Covariance {
        let budget = &self.budget;
        let position = budget.position(pose.fix);
        let time_s = budget.clock_s.hypot(budget.age_part * pose.age_s);
        let travel_m = ROUND * pose.speed_mps.abs() * time_s;
        let level_m = position.xy_m.hypot(travel_m);
        let end = Ending { along: sight.along, end: hit.end };
        let turned = |column: usize, degrees: f64| {
            sight.by_angle.column(column) * (hit.slant_m * degrees.to_radians())
        };
        let moved =
            |column: usize, pixels: f64| sight.by_pixel.column(column) * (hit.slant_m * pixels);
        let [right, down] = pixel_sigma;
        let errors = [
            end.carry(Vector3::x() * level_m),
            end.carry(Vector3::y() * level_m),
            end.carry_height(position.z_m.hypot(budget.terrain_m).hypot(raised_sigma)),
            end.carry(turned(0, budget.yaw_deg.hypot(pose.yaw_rate_dps * time_s))),
            end.carry(turned(1, budget.pitch_deg)),
            end.carry(turned(2, budget.roll_deg)),
            end.carry(moved(0, right)),
            end.carry(moved(1, down)),
            end.carry_distance(budget.laser_m.hypot(raised_sigma)),
        ];
        errors.iter().fold(Covariance::round(0.0), |sum, error| Covariance {
            east_east: sum.east_east + error.y * error.y,
            east_north: sum.east_north + error.x * error.y,
            north_north: sum.north_north + error.x * error.x,
        })
    }
}

/// 1 σ in the least sure direction, metres.
pub(crate) fn worst_sigma(covariance: Covariance) -> f64 {
    let mean = f64::midpoint(covariance.east_east, covariance.north_north);
    let half_difference = (covariance.east_east - covariance.north_north) / 2.0;
    (mean + half_difference.hypot(covariance.east_north)).max(0.0).sqrt()
}

struct Ending {
    along: Vector3<f64>,
    end: End,
}

impl Ending {
    /// How far north and east the ray's end goes when the ray is moved.
    fn carry(&self, moved: Vector3<f64>) -> Vector2<f64> {
        match self.end {
            End::Laser => moved.xy(),
            End::Ground(normal) => {
                (moved - self.along * (normal.dot(&moved) / normal.dot(&self.along))).xy()
            }
        }
    }

    /// The same for a camera that is higher above the ground; a laser does not ask.
    fn carry_height(&self, metres: f64) -> Vector2<f64> {
        match self.end {
            End::Laser => Vector2::zeros(),
            End::Ground(_) => self.carry(Vector3::z() * metres),
        }
    }

    /// The same for a longer ray, which only a laser can be wrong about.
    fn carry_distance(&self, metres: f64) -> Vector2<f64> {
        match self.end {
            End::Laser => (self.along * metres).xy(),
            End::Ground(_) => Vector2::zeros(),
        }
    }
}
