//! A fixed camera that somebody surveyed.

use domain::{Class, Covariance, GroundFix, RelBox, Size};
use nalgebra::{Matrix2, Vector2};

use crate::{Survey, SurveyError, SurveyPoint};

/// Turns boxes in the picture of one fixed camera into places on flat ground.
#[derive(Debug, Clone, PartialEq)]
pub struct FixedCamera {
    survey: Survey,
    size: Size,
    aim: Aim,
}

/// How well points are known; 1σ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aim {
    /// How well the detector puts the foot of a box, as a part of the box's width and height.
    pub foot_part: f64,
    /// The same, pixels, never less than this.
    pub foot_px: f64,
    /// Accuracy of the survey where it cannot be judged by leaving points out, metres.
    pub survey_m: f64,
}

impl Default for Aim {
    fn default() -> Self {
        Self { foot_part: 0.03, foot_px: 1.5, survey_m: 0.3 }
    }
}

impl FixedCamera {
    /// `size` is that of the picture in which the survey's pixels were measured; frames of another
    /// resolution of the same view are scaled.
    pub fn new(points: &[SurveyPoint], size: Size, aim: Aim) -> Result<Self, SurveyError> {
        Ok(Self { survey: Survey::fit(points)?, size, aim })
    }

    pub const fn survey(&self) -> &Survey {
        &self.survey
    }

    /// Where the object in `seen` stands. `None` at or above the horizon, and where a pixel's error
    /// is worth more than [`FixedCamera::WORST_SIGMA_M`] on the ground.
    ///
    /// The lower edge of a box is the near side of the object; its middle lies about half its depth
    /// further along the line of sight. The depth is that of the class, its spread part of the doubt.
    pub fn locate(&self, seen: &RelBox, class: Class) -> Option<GroundFix> {
        let (width, height) = (f64::from(self.size.width), f64::from(self.size.height));
        let foot = Vector2::new(seen.foot().x * width, seen.foot().y * height);
        let near = self.survey.homography.map(foot)?;
        let slope = self.survey.homography.jacobian(foot)?;
        let away = (-slope.column(1)).try_normalize(f64::EPSILON)?;
        let depth = HalfDepth::of(class);
        let middle = near + away * depth.mean_m;
        let covariance = self.doubt(seen, &slope) + away * away.transpose() * depth.sigma_m.powi(2);
        let covariance = Covariance {
            east_east: covariance[(0, 0)],
            east_north: covariance[(0, 1)],
            north_north: covariance[(1, 1)],
        };
        let sigma = covariance.east_east.max(covariance.north_north).sqrt();
        let position = self.survey.plane.place(middle.into())?;
        (sigma <= Self::WORST_SIGMA_M).then_some(GroundFix { position, covariance })
    }

    /// Beyond this (1σ) a place is worth nothing to any fence.
    pub const WORST_SIGMA_M: f64 = 25.0;

    /// The ground that the picture shows: closed ring of [lon, lat]. Cut where the ground is farther
    /// than `reach_m` from the first surveyed point, or at the horizon.
    pub fn footprint(&self, reach_m: f64) -> Vec<[f64; 2]> {
        let (width, height) = (f64::from(self.size.width), f64::from(self.size.height));
        let column = |x: f64| {
            (0..=50u8)
                .map(|step| Vector2::new(x, height * f64::from(step) / 50.0))
                .filter_map(|pixel| self.survey.homography.map(pixel))
                .find(|ground| ground.norm() <= reach_m)
        };
        let columns = |xs: &[f64]| xs.iter().filter_map(|part| column(part * width)).collect();
        let top: Vec<Vector2<f64>> = columns(&[0.0, 0.25, 0.5, 0.75, 1.0]);
        let bottom = [1.0, 0.0]
            .into_iter()
            .filter_map(|part| self.survey.homography.map(Vector2::new(part * width, height)));
        let mut ring: Vec<[f64; 2]> = top
            .into_iter()
            .chain(bottom)
            .filter_map(|at| self.survey.plane.place(at.into()))
            .map(|place| [place.lon(), place.lat()])
            .collect();
        if let Some(&first) = ring.first() {
            ring.push(first);
        }
        ring
    }

    /// Pixel error carried to the ground, plus the survey's own.
    fn doubt(&self, seen: &RelBox, slope: &Matrix2<f64>) -> Matrix2<f64> {
        let (width, height) = (f64::from(self.size.width), f64::from(self.size.height));
        let sigma = |part: f64| (part * self.aim.foot_part).max(self.aim.foot_px);
        let pixel = Matrix2::from_diagonal(&Vector2::new(
            sigma(seen.w * width).powi(2),
            sigma(seen.h * height).powi(2),
        ));
        let survey = self.survey.residual.leave_one_out_m.unwrap_or(self.aim.survey_m);
        slope * pixel * slope.transpose() + Matrix2::identity() * survey.powi(2)
    }
}

/// Half the extent of an object along a line of sight from any side, metres.
struct HalfDepth {
    mean_m: f64,
    sigma_m: f64,
}

impl HalfDepth {
    /// Between half the width and half the length of common vehicles.
    const fn of(class: Class) -> Self {
        let (mean_m, sigma_m) = match class {
            Class::Person | Class::Dog => (0.2, 0.1),
            Class::Bicycle | Class::Motorcycle | Class::TwoWheeler => (0.5, 0.25),
            Class::Car | Class::Van => (1.2, 0.35),
            Class::Excavator => (1.8, 0.8),
            Class::Vendor => (0.8, 0.4),
            Class::Structure | Class::Heap | Class::Garbage | Class::Smoke => (1.0, 1.0),
            Class::Bus | Class::Truck | Class::MuckTruck => (1.8, 0.7),
        };
        Self { mean_m, sigma_m }
    }
}

#[cfg(test)]
mod tests {
    use domain::{LonLat, Plane};

    use super::*;

    const SIZE: Size = Size { width: 640, height: 360 };

    /// A pole 6 m up at the origin looking north, 20° down, f = 500 px.
    fn pixel([east, north]: [f64; 2]) -> [f64; 2] {
        let (sin, cos) = 20f64.to_radians().sin_cos();
        let (forward, down) = (north * cos + 6.0 * sin, 6.0 * cos - north * sin);
        [320.0 + 500.0 * east / forward, 180.0 + 500.0 * down / forward]
    }

    fn plane() -> Plane {
        Plane::at(LonLat::new(120.0868, 30.8943).unwrap())
    }

    fn points(shift: f64) -> Vec<SurveyPoint> {
        [
            [-4.0, 12.0],
            [4.0, 12.0],
            [-6.0, 20.0],
            [6.0, 20.0],
            [-9.0, 35.0],
            [9.0, 35.0],
            [0.0, 26.0],
        ]
        .iter()
        .enumerate()
        .map(|(i, &at)| {
            let place = plane().place(at).unwrap();
            let [u, v] = pixel(at);
            let nudge = if i % 2 == 0 { shift } else { -shift };
            SurveyPoint {
                pixel: [u + nudge, v - nudge],
                lonlat: [place.lon(), place.lat()],
                name: format!("p{i}"),
            }
        })
        .collect()
    }

    fn boxed(at: [f64; 2], width_px: f64) -> RelBox {
        let [u, v] = pixel(at);
        let (w, h) = (width_px / 640.0, width_px / 2.0 / 360.0);
        RelBox { x: u / 640.0 - w / 2.0, y: v / 360.0 - h, w, h }
    }

    #[test]
    fn a_person_is_found_where_they_stand() {
        let camera = FixedCamera::new(&points(0.0), SIZE, Aim::default()).unwrap();
        assert!(camera.survey().residual.leave_one_out_m.unwrap() < 1e-6);
        for at in [[0.0, 15.0], [-3.0, 22.0], [5.0, 30.0]] {
            let fix = camera.locate(&boxed(at, 12.0), Class::Person).unwrap();
            let [east, north] = plane().metres(fix.position);
            let beyond = 1.0 + 0.2 / f64::hypot(at[0], at[1]);
            let miss = (east - at[0] * beyond).hypot(north - at[1] * beyond);
            assert!(miss < 0.005, "{at:?}: {miss} m");
        }
    }

    #[test]
    fn doubt_grows_with_distance_and_with_a_worse_survey() {
        let sigma = |shift, north| {
            let camera = FixedCamera::new(&points(shift), SIZE, Aim::default()).unwrap();
            let fix = camera.locate(&boxed([0.0, north], 30.0), Class::Car).unwrap();
            fix.covariance.north_north.sqrt()
        };
        assert!(sigma(0.0, 15.0) < sigma(0.0, 30.0));
        assert!(sigma(0.0, 20.0) < sigma(3.0, 20.0));
    }

    #[test]
    fn the_sky_is_nowhere() {
        let camera = FixedCamera::new(&points(0.0), SIZE, Aim::default()).unwrap();
        let sky = RelBox { x: 0.4, y: 0.0, w: 0.1, h: 0.01 };
        assert_eq!(camera.locate(&sky, Class::Car), None);
    }

    #[test]
    fn the_footprint_is_a_closed_ring_within_reach() {
        let camera = FixedCamera::new(&points(0.0), SIZE, Aim::default()).unwrap();
        let ring = camera.footprint(80.0);
        assert!(ring.len() >= 5);
        assert_eq!(ring.first(), ring.last());
    }

    #[test]
    fn bad_surveys_say_what_is_wrong() {
        let three = &points(0.0)[..3];
        assert_eq!(
            Survey::fit(three).unwrap_err().to_string(),
            "a survey needs at least 4 points (better 6 or more), got 3"
        );
        let mut swapped = points(0.0);
        swapped[2].lonlat = [30.8943, 120.0868];
        assert!(matches!(Survey::fit(&swapped), Err(SurveyError::NoPlace { index: 2, .. })));
        let mut far = points(0.0);
        far[5].lonlat[0] += 1.0;
        assert!(matches!(Survey::fit(&far), Err(SurveyError::TooFar { b: 5, .. })));
        let four = Survey::fit(&points(0.0)[..4]).unwrap();
        assert_eq!(four.residual.leave_one_out_m, None);
    }
}
