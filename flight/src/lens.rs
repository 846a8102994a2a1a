//! The lenses of common aircraft cameras, by the name that the camera writes into its pictures.
//!
//! The table is `lenses.json`, whose head says where its facts are from. A lens from it is that of
//! the type, not of the one camera: factory calibration in the picture is better.

use std::sync::LazyLock;

use domain::{Lens, Size};
use serde::Deserialize;

/// A lens from the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownLens {
    pub lens: Lens,
    /// The camera, for people.
    pub source: &'static str,
    /// Whether it is a thermal camera's.
    pub thermal: bool,
}

/// The lens of a camera that calls itself `model` (EXIF `Model`), for pictures of `size`.
///
/// `focal_mm` is what the picture says (EXIF `FocalLength`); without it the camera's usual focal
/// length is taken, where it has one. `None`: the camera is not in the table, or its focal length
/// is not known. Of cameras with a thermal and another eye, the thermal one is meant only by a
/// picture of exactly its size.
pub fn of(model: &str, size: Size, focal_mm: Option<f64>) -> Option<KnownLens> {
    let model = model.trim().to_uppercase();
    let named = || TABLE.cameras.iter().filter(|camera| camera.models.contains(&model));
    let camera = named()
        .find(|camera| (camera.width, camera.height) == (size.width, size.height))
        .or_else(|| named().min_by_key(|camera| camera.thermal))?;
    Some(KnownLens {
        lens: camera.lens(focal_mm, size)?,
        source: &camera.name,
        thermal: camera.thermal,
    })
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| serde_json::from_str(include_str!("lenses.json")).unwrap_or_default());

#[derive(Debug, Default, Deserialize)]
struct Table {
    cameras: Vec<Camera>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Camera {
    models: Vec<String>,
    name: String,
    width: u32,
    height: u32,
    /// Across and down.
    pitch_mm: [f64; 2],
    /// k1, k2, k3, p1, p2.
    #[serde(default)]
    distortion: [f64; 5],
    #[serde(default)]
    focal_mm: Option<f64>,
    #[serde(default)]
    thermal: bool,
}

impl Camera {
    fn lens(&self, focal_mm: Option<f64>, size: Size) -> Option<Lens> {
        // Pictures of thermal cameras give the focal length of the other eye, or none.
        let focal =
            if self.thermal { self.focal_mm.or(focal_mm) } else { focal_mm.or(self.focal_mm) };
        let focal = focal.filter(|focal| (0.5..1000.0).contains(focal))?;
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        let [k1, k2, k3, p1, p2] = self.distortion;
        let whole = Lens {
            size: Size::new(self.width, self.height).ok()?,
            fx: focal / self.pitch_mm[0],
            fy: focal / self.pitch_mm[1],
            cx: width / 2.0,
            cy: height / 2.0,
            k1,
            k2,
            k3,
            p1,
            p2,
        };
        Some(fit(&whole, size))
    }
}

/// A wider picture is cut at top and bottom, a narrower one at the sides.
fn fit(whole: &Lens, size: Size) -> Lens {
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let by = height / f64::from(whole.size.height);
    if width >= f64::from(whole.size.width) * by {
        return whole.scaled(size);
    }
    Lens {
        size,
        fx: whole.fx * by,
        fy: whole.fy * by,
        cx: width / 2.0,
        cy: whole.cy * by,
        ..*whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).unwrap()
    }

    #[test]
    fn the_table_is_whole() {
        assert!(TABLE.cameras.len() >= 60, "{}", TABLE.cameras.len());
        for camera in &TABLE.cameras {
            let lens = camera.lens(Some(8.0), size(camera.width, camera.height)).unwrap();
            let skew = lens.fx / lens.fy;
            assert!((0.93..1.07).contains(&skew), "{}: {skew}", camera.name);
            let wide_mm = camera.pitch_mm[0] * f64::from(camera.width);
            assert!((1.9..36.0).contains(&wide_mm), "{}: {wide_mm} mm", camera.name);
        }
    }

    #[test]
    fn known_cameras() {
        // Model, picture, EXIF focal length, fx within 1 %.
        let cases = [
            ("M3E", size(5280, 3956), Some(12.29), 3725.0),
            ("m3e", size(5280, 3956), None, 3725.0),
            ("M3E", size(3840, 2160), None, 3725.0 * 3840.0 / 5280.0),
            ("FC220", size(1280, 720), Some(4.73), 4.73 / 6.32692 * 1280.0),
            ("FC300S", size(4000, 2250), Some(3.61), 2285.7),
            ("L1D-20c", size(4864, 3648), Some(10.26), 10.26 / 12.825 * 5472.0),
            ("M2EA", size(640, 512), Some(4.5), 9.12 / 7.68 * 640.0),
        ];
        for (model, size, focal, expected) in cases {
            let found = of(model, size, focal).unwrap_or_else(|| panic!("{model}"));
            let fx = found.lens.fx;
            assert!((fx / expected - 1.0).abs() < 0.01, "{model}: {fx}, expected {expected}");
            assert_eq!(found.lens.size, size);
        }
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        assert_eq!(of("Nokia 3310", size(640, 480), Some(4.0)), None);
        assert_eq!(of("ZP1", size(8192, 5460), None), None);
        assert_eq!(of("M3E", size(5280, 3956), Some(f64::NAN)), None);
    }

    #[test]
    fn a_thermal_picture_is_known_by_its_size() {
        assert!(of("ZH20T", size(640, 512), Some(13.5)).unwrap().thermal);
        assert!(!of("ZH20T", size(1920, 1440), None).unwrap().thermal);
    }
}
