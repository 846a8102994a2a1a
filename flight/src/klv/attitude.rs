//! Where the camera looks: the aircraft's attitude with the camera's own turned on top of it.
//!
//! Both are Z-Y-X rotations (yaw, pitch, roll) of north-east-down axes, so the camera's attitude is
//! the product of the two matrices. Adding azimuths is right only in level flight.

use domain::Attitude;

use super::Packet;

type Matrix = [[f64; 3]; 3];

impl Packet {
    /// The camera's attitude; `None` unless all six angles are there, for a missing angle is not 0.
    pub fn camera(&self) -> Option<Attitude> {
        let aircraft = rotation(self.heading_deg?, self.pitch_deg?, self.roll_deg?);
        let sensor = rotation(
            self.relative_azimuth_deg?,
            self.relative_elevation_deg?,
            self.relative_roll_deg?,
        );
        Some(attitude(&product(&aircraft, &sensor)))
    }
}

/// Body to north-east-down.
fn rotation(yaw_deg: f64, pitch_deg: f64, roll_deg: f64) -> Matrix {
    let (sy, cy) = yaw_deg.to_radians().sin_cos();
    let (sp, cp) = pitch_deg.to_radians().sin_cos();
    let (sr, cr) = roll_deg.to_radians().sin_cos();
    [
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ]
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let cell = |row: usize, column: usize| (0..3).map(|k| a[row][k] * b[k][column]).sum();
    std::array::from_fn(|row| std::array::from_fn(|column| cell(row, column)))
}

fn attitude(m: &Matrix) -> Attitude {
    let pitch = (-m[2][0]).clamp(-1.0, 1.0).asin();
    // Straight up or down, yaw and roll turn about one axis: all of it is called yaw.
    let (yaw, roll) = if m[2][0].abs() > 1.0 - 1e-12 {
        ((-m[0][1]).atan2(m[1][1]), 0.0)
    } else {
        (m[1][0].atan2(m[0][0]), m[2][1].atan2(m[2][2]))
    };
    Attitude {
        yaw_deg: yaw.to_degrees(),
        pitch_deg: pitch.to_degrees(),
        roll_deg: roll.to_degrees(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(aircraft: [f64; 3], sensor: [f64; 3]) -> Packet {
        Packet {
            heading_deg: Some(aircraft[0]),
            pitch_deg: Some(aircraft[1]),
            roll_deg: Some(aircraft[2]),
            relative_azimuth_deg: Some(sensor[0]),
            relative_elevation_deg: Some(sensor[1]),
            relative_roll_deg: Some(sensor[2]),
            ..Packet::default()
        }
    }

    #[test]
    fn by_hand() {
        // aircraft, sensor, camera: yaw, pitch, roll.
        let cases = [
            ([90.0, 0.0, 0.0], [45.0, -30.0, 0.0], [135.0, -30.0, 0.0]),
            ([10.0, 5.0, 0.0], [0.0, -30.0, 0.0], [10.0, -25.0, 0.0]),
            // Looking over the right wing with the nose up, the tail on the right hangs low.
            ([0.0, 10.0, 0.0], [90.0, 0.0, 0.0], [90.0, 0.0, 10.0]),
            // Banked to the right, the right wing points down.
            ([0.0, 0.0, 20.0], [90.0, 0.0, 0.0], [90.0, -20.0, 0.0]),
            ([30.0, 0.0, 0.0], [0.0, -90.0, 0.0], [30.0, -90.0, 0.0]),
        ];
        for (aircraft, sensor, [yaw, pitch, roll]) in cases {
            let camera = packet(aircraft, sensor).camera().unwrap();
            let found = [camera.yaw_deg, camera.pitch_deg, camera.roll_deg];
            for (found, expected) in found.iter().zip([yaw, pitch, roll]) {
                assert!((found - expected).abs() < 1e-6, "{camera:?} for {aircraft:?} {sensor:?}");
            }
        }
    }

    #[test]
    fn a_missing_angle_is_not_zero() {
        let whole = packet([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]);
        assert!(whole.camera().is_some());
        assert!(Packet { relative_roll_deg: None, ..whole.clone() }.camera().is_none());
        assert!(Packet { pitch_deg: None, ..whole }.camera().is_none());
    }

    proptest! {
        #[test]
        fn angles_make_the_same_matrix(
            aircraft in [0.0..360.0, -80.0..80.0, -80.0..80.0],
            sensor in [0.0..360.0, -80.0..80.0, 0.0..360.0],
        ) {
            let matrix = product(
                &rotation(aircraft[0], aircraft[1], aircraft[2]),
                &rotation(sensor[0], sensor[1], sensor[2]),
            );
            let camera = packet(aircraft, sensor).camera().unwrap();
            let again = rotation(camera.yaw_deg, camera.pitch_deg, camera.roll_deg);
            for (a, b) in matrix.iter().flatten().zip(again.iter().flatten()) {
                prop_assert!((a - b).abs() < 1e-6, "{camera:?}");
            }
        }
    }
}
