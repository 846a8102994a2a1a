//! How the ground moves through the picture while a camera flies on: two poses tell it.

use domain::Pose;
use nalgebra::Vector2;

use crate::{Aerial, Homography};

/// Points of the picture that are followed, as parts of its width and height. In the lower half, for
/// the upper may be too flat to be placed.
const PROBES: [[f64; 2]; 5] = [[0.1, 0.5], [0.9, 0.5], [0.5, 0.7], [0.95, 0.95], [0.05, 0.95]];

impl Aerial {
    /// The map from pixels of the picture taken at `from` to pixels of that taken at `to`, for what
    /// lies on the ground: a homography, row-major. `None` where the ground in the lower half of the
    /// picture cannot be placed.
    pub fn motion(&self, from: &Pose, to: &Pose) -> Option<[[f64; 3]; 3]> {
        self.motion_to(from, self, to)
    }

    /// The same for a second picture taken by another camera.
    pub fn motion_to(&self, from: &Pose, other: &Self, to: &Pose) -> Option<[[f64; 3]; 3]> {
        let [width, height] = self.size();
        let pair = |[x, y]: [f64; 2]| {
            let pixel = [x * width, y * height];
            let ground = self.project(from, pixel).ok()?.position;
            Some((Vector2::from(pixel), Vector2::from(other.pixel_of(to, ground, 0.0)?)))
        };
        let pairs = PROBES.into_iter().map(pair).collect::<Option<Vec<_>>>()?;
        Some(Homography::fit(&pairs)?.rows())
    }
}

#[cfg(test)]
mod tests {
    use domain::{Attitude, Fix, Heights, Lens, LonLat, Plane, Size};
    use jiff::Timestamp;

    use super::*;
    use crate::{Budget, Relief};

    fn pose(east: f64, yaw_deg: f64) -> Pose {
        let plane = Plane::at(LonLat::new(120.08, 30.89).unwrap());
        Pose {
            at: Timestamp::UNIX_EPOCH,
            position: plane.place([east, 0.0]).unwrap(),
            heights: Heights { above_takeoff_m: Some(80.0), ..Heights::default() },
            camera: Some(Attitude { yaw_deg, pitch_deg: -45.0, roll_deg: 0.0 }),
            heading_deg: None,
            speed_mps: 0.0,
            yaw_rate_dps: 0.0,
            fix: Fix::Fixed,
            age_s: 0.0,
            zoom: 1.0,
            laser: None,
        }
    }

    #[test]
    fn what_stands_on_the_ground_is_where_the_poses_say() {
        let size = Size::new(1920, 1080).unwrap();
        let lens = Lens::of_view(size, 70.0).unwrap();
        let camera = Aerial::new(lens, Relief::default(), Budget::default());
        let (from, to) = (pose(0.0, 10.0), pose(1.5, 12.0));
        let h = camera.motion(&from, &to).unwrap();
        for pixel in [[400.0, 500.0], [1500.0, 900.0], [960.0, 540.0]] {
            let ground = camera.project(&from, pixel).unwrap().position;
            let expected = camera.pixel_of(&to, ground, 0.0).unwrap();
            let [x, y, w] = h.map(|row| row[0] * pixel[0] + row[1] * pixel[1] + row[2]);
            let miss = (x / w - expected[0]).hypot(y / w - expected[1]);
            assert!(miss < 0.05, "{pixel:?}: {miss} px");
        }
    }

    #[test]
    fn a_view_of_the_sky_tells_nothing() {
        let size = Size::new(1920, 1080).unwrap();
        let camera =
            Aerial::new(Lens::of_view(size, 70.0).unwrap(), Relief::default(), Budget::default());
        let level = Pose {
            camera: Some(Attitude { yaw_deg: 0.0, pitch_deg: 0.0, roll_deg: 0.0 }),
            ..pose(0.0, 0.0)
        };
        assert_eq!(camera.motion(&level, &level), None);
    }
}
