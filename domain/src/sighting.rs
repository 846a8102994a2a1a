//! What a detector finds and a tracker follows, in the picture.

use serde::{Deserialize, Serialize};

use crate::{Class, ImagePoint, Look, Size, TrackId};

/// A box in pixels of the frame: left, top, right, bottom; `x2 ≥ x1`, `y2 ≥ y1`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bbox {
    pub x1: f32,
    pub y1: f32,
    pub x2: f32,
    pub y2: f32,
}

impl Bbox {
    pub fn width(self) -> f32 {
        self.x2 - self.x1
    }

    pub fn height(self) -> f32 {
        self.y2 - self.y1
    }

    pub fn area(self) -> f32 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    /// Intersection over union, 0..=1.
    pub fn iou(self, other: Self) -> f32 {
        let width = self.x2.min(other.x2) - self.x1.max(other.x1);
        let height = self.y2.min(other.y2) - self.y1.max(other.y1);
        let both = width.max(0.0) * height.max(0.0);
        let either = self.area() + other.area() - both;
        if either > 0.0 { both / either } else { 0.0 }
    }

    /// The same box relative to the frame.
    pub fn relative(self, size: Size) -> RelBox {
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        RelBox {
            x: f64::from(self.x1) / width,
            y: f64::from(self.y1) / height,
            w: f64::from(self.width()) / width,
            h: f64::from(self.height()) / height,
        }
    }
}

/// A box relative to the frame: left, top, width, height, 0..1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RelBox {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

impl RelBox {
    /// Where the object stands: the middle of the lower edge.
    pub fn foot(self) -> ImagePoint {
        ImagePoint { x: self.x + self.w / 2.0, y: self.y + self.h }
    }

    /// Intersection over union, 0..=1.
    pub fn iou(self, other: Self) -> f64 {
        let width = (self.x + self.w).min(other.x + other.w) - self.x.max(other.x);
        let height = (self.y + self.h).min(other.y + other.h) - self.y.max(other.y);
        let both = width.max(0.0) * height.max(0.0);
        let either = self.w * self.h + other.w * other.h - both;
        if either > 0.0 { both / either } else { 0.0 }
    }
}

/// One object in one frame, as the detector saw it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    pub bbox: Bbox,
    pub class: Class,
    /// The model's confidence, 0..=1. Not a probability.
    pub score: f32,
}

/// One tracked object in one frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    pub track: TrackId,
    pub bbox: Bbox,
    /// The class the track was given most often so far.
    pub class: Class,
    pub score: f32,
    /// Its colours, where somebody asked for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<Look>,
}
