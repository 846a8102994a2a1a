//! Where a camera in the air is and how it looks.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{LonLat, Size};

/// How a camera is turned: north-east-down, rotations in the order yaw, pitch, roll (Z-Y-X), degrees.
///
/// Yaw is clockwise from true north, pitch 0 at the horizon and −90 straight down, roll clockwise
/// seen from behind the camera.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[expect(clippy::struct_field_names, reason = "the unit is part of the name")]
pub struct Attitude {
    pub yaw_deg: f64,
    pub pitch_deg: f64,
    pub roll_deg: f64,
}

/// How high a camera is, by every reference that its telemetry names; metres.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[expect(clippy::struct_field_names, reason = "above what is the whole point")]
pub struct Heights {
    /// Above the point of take-off, which may itself lie on a roof.
    pub above_takeoff_m: Option<f64>,
    /// Above mean sea level (a geoid).
    pub above_sea_m: Option<f64>,
    /// Above the WGS-84 ellipsoid.
    pub above_ellipsoid_m: Option<f64>,
}

/// How the satellite position was solved; DJI `RtkFlag`, `position_state`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Fix {
    /// The telemetry does not say; treated as [`Fix::Single`].
    #[default]
    Unknown,
    /// Metres.
    Single,
    /// RTK float: decimetres to a metre.
    Float,
    /// RTK fixed: centimetres.
    Fixed,
}

/// What a laser rangefinder measured along the middle of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Laser {
    /// Along the line of sight, metres.
    pub distance_m: f64,
    /// Where it says the target is.
    pub target: Option<LonLat>,
}

/// Where a camera was and how it looked at one instant, with what is known about how sure that is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pose {
    pub at: Timestamp,
    pub position: LonLat,
    pub heights: Heights,
    /// Of the camera. `None`: the telemetry does not say, and no ground position may be claimed.
    pub camera: Option<Attitude>,
    /// Of the aircraft, clockwise from true north.
    pub heading_deg: Option<f64>,
    /// Over the ground.
    pub speed_mps: f64,
    /// How fast the camera turns about the vertical.
    pub yaw_rate_dps: f64,
    pub fix: Fix,
    /// Seconds to the telemetry sample that is nearest in time; 0 for a photo that carries its own pose.
    pub age_s: f64,
    /// Magnification on top of the lens as it is known, 1 without zoom.
    pub zoom: f64,
    pub laser: Option<Laser>,
}

/// A camera's inside, in pixels of a picture of `size`: pinhole with Brown-Conrady distortion.
///
/// With x = (u − cx) / fx, y = (v − cy) / fy of an ideal lens and r² = x² + y², the picture shows
/// x(1 + k1 r² + k2 r⁴ + k3 r⁶) + 2 p1 xy + p2 (r² + 2x²), and y alike with p1 and p2 exchanged:
/// the model of DJI's `DewarpData` and of OpenCV.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Lens {
    pub size: Size,
    pub fx: f64,
    pub fy: f64,
    pub cx: f64,
    pub cy: f64,
    #[serde(default)]
    pub k1: f64,
    #[serde(default)]
    pub k2: f64,
    #[serde(default)]
    pub k3: f64,
    #[serde(default)]
    pub p1: f64,
    #[serde(default)]
    pub p2: f64,
}

impl Lens {
    /// A lens without distortion whose picture is `hfov_deg` wide, its axis through the middle.
    pub fn of_view(size: Size, hfov_deg: f64) -> Option<Self> {
        if !(1.0..179.0).contains(&hfov_deg) {
            return None;
        }
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        let f = width / 2.0 / (hfov_deg.to_radians() / 2.0).tan();
        Some(Self::pinhole(size, f, [width / 2.0, height / 2.0]))
    }

    /// A lens without distortion, focal length and middle in pixels.
    pub const fn pinhole(size: Size, f: f64, [cx, cy]: [f64; 2]) -> Self {
        Self { size, fx: f, fy: f, cx, cy, k1: 0.0, k2: 0.0, k3: 0.0, p1: 0.0, p2: 0.0 }
    }

    /// The same lens for a picture that was scaled to `size`. A different shape is taken as cut
    /// evenly at top and bottom, as cameras do for 16:9 video.
    #[must_use]
    pub fn scaled(&self, size: Size) -> Self {
        let by = f64::from(size.width) / f64::from(self.size.width);
        let cut = (f64::from(self.size.height) * by - f64::from(size.height)) / 2.0;
        Self {
            size,
            fx: self.fx * by,
            fy: self.fy * by,
            cx: self.cx * by,
            cy: self.cy * by - cut,
            ..*self
        }
    }

    /// The same lens zoomed in by `zoom`.
    #[must_use]
    pub fn zoomed(&self, zoom: f64) -> Self {
        Self { fx: self.fx * zoom, fy: self.fy * zoom, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lens_is_scaled_and_cut() {
        let photo = Size::new(5280, 3956).unwrap();
        let lens = Lens::pinhole(photo, 3725.15, [2640.0, 1978.0]);
        let video = lens.scaled(Size::new(3840, 2160).unwrap());
        assert!((video.fx - 3725.15 * 3840.0 / 5280.0).abs() < 1e-9);
        assert!((video.cx - 1920.0).abs() < 1e-9);
        assert!((video.cy - 1080.0).abs() < 1.0, "{}", video.cy);
    }

    #[test]
    fn a_view_of_ninety_degrees() {
        let size = Size::new(200, 100).unwrap();
        assert!((Lens::of_view(size, 90.0).unwrap().fx - 100.0).abs() < 1e-9);
        assert!(Lens::of_view(size, 180.0).is_none());
    }
}
