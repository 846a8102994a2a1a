//! The line of sight through one pixel, in north-east-down at the camera.

use domain::Attitude;
use nalgebra::{Matrix3, Matrix3x2, Vector3};

use crate::optics::Optics;

/// Where a pixel looks, and how that turns with what is doubtful about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sight {
    /// Unit vector.
    pub(crate) along: Vector3<f64>,
    /// How `along` turns per radian of yaw, pitch and roll: columns.
    pub(crate) by_angle: Matrix3<f64>,
    /// How `along` turns per pixel to the right and down: columns.
    pub(crate) by_pixel: Matrix3x2<f64>,
}

impl Sight {
    /// `None` where the lens' model ends, or for angles that are no numbers.
    pub(crate) fn through(optics: &Optics, attitude: Attitude, pixel: [f64; 2]) -> Option<Self> {
        let ideal = optics.ideal(pixel)?;
        let turn = turn(attitude)?;
        let ray = turn * Vector3::new(1.0, ideal.at.x, ideal.at.y);
        let length = ray.norm();
        let along = ray / length;
        let on_sphere = Matrix3::identity() - along * along.transpose();
        let right_down = Matrix3x2::from_columns(&[turn.column(1), turn.column(2)]);
        let by_pixel = on_sphere * right_down * ideal.slope / length;
        let (sin, cos) = attitude.yaw_deg.to_radians().sin_cos();
        let axes = [Vector3::z(), Vector3::new(-sin, cos, 0.0), turn.column(0).into_owned()];
        let by_angle = Matrix3::from_columns(&axes.map(|axis| axis.cross(&along)));
        Some(Self { along, by_angle, by_pixel })
    }

    /// Below the horizon, degrees.
    pub(crate) fn depression_deg(&self) -> f64 {
        self.along.z.clamp(-1.0, 1.0).asin().to_degrees()
    }
}

/// From forward-right-down of the camera to north-east-down: yaw, then pitch, then roll (Z-Y-X).
pub(crate) fn turn(attitude: Attitude) -> Option<Matrix3<f64>> {
    let Attitude { yaw_deg, pitch_deg, roll_deg } = attitude;
    let (sy, cy) = yaw_deg.to_radians().sin_cos();
    let (sp, cp) = pitch_deg.to_radians().sin_cos();
    let (sr, cr) = roll_deg.to_radians().sin_cos();
    let yaw = Matrix3::new(cy, -sy, 0.0, sy, cy, 0.0, 0.0, 0.0, 1.0);
    let pitch = Matrix3::new(cp, 0.0, sp, 0.0, 1.0, 0.0, -sp, 0.0, cp);
    let roll = Matrix3::new(1.0, 0.0, 0.0, 0.0, cr, -sr, 0.0, sr, cr);
    let turn = yaw * pitch * roll;
    turn.iter().all(|x| x.is_finite()).then_some(turn)
}

#[cfg(test)]
mod tests {
    use domain::{Lens, Size};
    use proptest::prelude::*;

    use super::*;

    fn lens() -> Lens {
        Lens::pinhole(Size::new(5280, 3956).unwrap(), 3725.15, [2640.0, 1978.0])
    }

    fn sight([yaw_deg, pitch_deg, roll_deg]: [f64; 3], pixel: [f64; 2]) -> Sight {
        let optics = Optics::new(&lens(), 1.0).unwrap();
        Sight::through(&optics, Attitude { yaw_deg, pitch_deg, roll_deg }, pixel).unwrap()
    }

    /// Golden vectors on flat ground without curvature: yaw, pitch, roll; height; pixel; north, east.
    #[test]
    fn golden_vectors() {
        let table = [
            ([0.0, -90.0, 0.0], 100.0, [3640.0, 1978.0], [0.0, 26.845]),
            ([90.0, -90.0, 0.0], 100.0, [3640.0, 1978.0], [-26.845, 0.0]),
            ([0.0, -45.0, 0.0], 100.0, [2640.0, 1978.0], [100.0, 0.0]),
            ([37.0, -60.0, 0.0], 120.0, [4000.0, 3000.0], [-1.214, 53.767]),
            ([-120.0, -30.0, 1.5], 80.0, [500.0, 900.0], [-338.297, -202.471]),
        ];
        for (attitude, height, pixel, [north, east]) in table {
            let along = sight(attitude, pixel).along;
            let ground = along * height / along.z;
            let miss = (ground.x - north).hypot(ground.y - east);
            assert!(miss < 0.000_71, "{attitude:?}: {} {}", ground.x, ground.y);
        }
    }

    proptest! {
        #[test]
        fn the_slopes_are_slopes(
            yaw in -180.0..180.0, pitch in -90.0..10.0, roll in -10.0..10.0,
            u in 0.0..5280.0, v in 0.0..3956.0,
        ) {
            let here = sight([yaw, pitch, roll], [u, v]);
            let step = 1e-5f64;
            let degree = step.to_degrees();
            let turned = [
                sight([yaw + degree, pitch, roll], [u, v]),
                sight([yaw, pitch + degree, roll], [u, v]),
                sight([yaw, pitch, roll + degree], [u, v]),
            ];
            for (k, there) in turned.iter().enumerate() {
                let slope = (there.along - here.along) / step;
                prop_assert!((slope - here.by_angle.column(k)).norm() < 1e-4);
            }
            let moved = [sight([yaw, pitch, roll], [u + 0.01, v]), sight([yaw, pitch, roll], [u, v + 0.01])];
            for (k, there) in moved.iter().enumerate() {
                let slope = (there.along - here.along) / 0.01;
                prop_assert!((slope - here.by_pixel.column(k)).norm() < 1e-8);
            }
        }
    }
}
