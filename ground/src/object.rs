//! Where an object stands, and how large it is, from its box in the picture.
//!
//! An object is a block of its class' size, turned any way. Seen from far against its size, the box
//! around it is symmetric about the block's middle, however it is turned: so the box's middle shows
//! the point half its height above the middle of its foot. Only the height has to be known of the
//! class, and at nadir not even that. See docs/ground.md for the figures and what was tried besides.

use domain::{Class, GroundFix, Plane, Pose, RelBox};
use nalgebra::Vector2;

use crate::aerial::{End, Hit, View};
use crate::doubt::worst_sigma;
use crate::sight::Sight;
use crate::{Aerial, NoGround};

/// The ground under an object, by its box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// The box's rectangle on the ground, one side along the line of sight: closed ring of [lon, lat],
    /// counter-clockwise. Larger than the object where that is turned.
    pub ring: [[f64; 2]; 5],
    /// Of an object with the proportions of its class that fills the box, metres.
    pub length_m: f64,
    pub width_m: f64,
}

impl Aerial {
    /// Where the middle of an object's foot is, with the doubt about its height and its box.
    pub fn locate(&self, pose: &Pose, seen: &RelBox, class: Class) -> Result<GroundFix, NoGround> {
        let view = View::new(self, pose)?;
        let block = Block::of(class);
        let middle = self.pixel(seen, 0.5, 0.5);
        let sight = view.sight(middle)?;
        let hit = view.meet(&sight, middle, block.height / 2.0)?;
        let size = self.size();
        let sigma = |side: f64| self.budget.pixel_px.max(self.budget.box_part * side);
        let pixel_sigma = [sigma(seen.w * size[0]), sigma(seen.h * size[1])];
        // A laser stops at the object's outside, half its size before its middle.
        let rise = match hit.end {
            End::Laser => block.height / 2.0,
            End::Ground(_) => block.height_sigma / 2.0,
        };
        let mut covariance = self.doubt(pose, &sight, &hit, pixel_sigma, rise);
        let cut = if is_cut(seen) { block.length / 4.0 } else { 0.0 };
        let skew = block.skew_m(&sight, &hit).powi(2) + cut.powi(2);
        covariance.east_east += skew;
        covariance.north_north += skew;
        let sigma_m = worst_sigma(covariance);
        if sigma_m > self.budget.worst_sigma_m {
            return Err(NoGround::TooUnsure { sigma_m });
        }
        Ok(GroundFix { position: hit.place, covariance })
    }

    /// How large an object is on the ground. `None` where its box cannot be placed.
    pub fn footprint_of(&self, pose: &Pose, seen: &RelBox, class: Class) -> Option<Extent> {
        let view = View::new(self, pose).ok()?;
        let block = Block::of(class);
        let middle = self.pixel(seen, 0.5, 0.5);
        let sight = view.sight(middle).ok()?;
        let hit = view.meet(&sight, middle, block.height / 2.0).ok()?;
        let map = Plane::at(hit.place);
        let ground = |x: f64, y: f64| {
            let edge = view.sight(self.pixel(seen, x, y)).ok()?;
            View::steep(&edge, 1.0).ok()?;
            let end = view.meet_level(&edge, hit.height_m).ok()?;
            Some(Vector2::from(map.metres(end.place)))
        };
        let across = ground(1.0, 0.5)? - ground(0.0, 0.5)?;
        let along = ground(0.5, 0.0)? - ground(0.5, 1.0)?;
        // The upright sides of the block make the box longer by their shadow on the ground.
        let shadow = block.height / sight.depression_deg().to_radians().tan();
        let depth = (along.norm() - shadow).max(0.0);
        let away = along.try_normalize(1e-9)? * (depth / 2.0);
        let half = across / 2.0;
        let corners = [-half - away, half - away, half + away, away - half, -half - away];
        let mut ring = [[0.0; 2]; 5];
        for (point, corner) in ring.iter_mut().zip(corners) {
            let place = map.place(corner.into())?;
            *point = [place.lon(), place.lat()];
        }
        let [length_m, width_m] = block.filling(across.norm(), depth);
        Some(Extent { ring, length_m, width_m })
    }

    fn pixel(&self, seen: &RelBox, x: f64, y: f64) -> [f64; 2] {
        let [width, height] = self.size();
        [(seen.x + seen.w * x) * width, (seen.y + seen.h * y) * height]
    }

    pub(crate) fn size(&self) -> [f64; 2] {
        [f64::from(self.lens.size.width), f64::from(self.lens.size.height)]
    }
}

/// Whether the picture's edge hides a part of the object, whose middle is then not the box's.
fn is_cut(seen: &RelBox) -> bool {
    const EDGE: f64 = 0.002;
    let outer = [seen.x, seen.y, 1.0 - seen.x - seen.w, 1.0 - seen.y - seen.h];
    outer.into_iter().any(|room| room < EDGE)
}

/// An upright block around an object, metres.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block {
    pub(crate) length: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) height_sigma: f64,
}

impl Block {
    /// Common objects of Chinese streets; two-wheelers with their riders. The height is that of the
    /// outline's ends: a car's bonnet and boot, from above, hide behind them what its roof adds.
    pub(crate) const fn of(class: Class) -> Self {
        let [length, width, height, height_sigma] = match class {
            Class::Person => [0.5, 0.5, 1.65, 0.12],
            Class::Dog => [0.8, 0.3, 0.6, 0.15],
            Class::Bicycle => [1.7, 0.6, 1.6, 0.25],
            Class::Motorcycle | Class::TwoWheeler => [1.9, 0.7, 1.5, 0.25],
            Class::Car => [4.6, 1.8, 1.1, 0.2],
            Class::Van => [5.2, 1.9, 1.8, 0.3],
            Class::Bus => [10.5, 2.5, 3.1, 0.3],
            Class::Truck => [8.0, 2.4, 2.9, 0.6],
            Class::MuckTruck => [8.5, 2.5, 3.3, 0.3],
            Class::Excavator => [8.0, 2.8, 3.0, 0.5],
            Class::Vendor => [2.5, 1.5, 2.0, 0.5],
            // Anything from a bag to a barn: the doubt is in the height.
            Class::Structure | Class::Heap | Class::Garbage | Class::Smoke => [2.0, 2.0, 1.0, 1.0],
        };
        Self { length, width, height, height_sigma }
    }

    /// What perspective moves the box's middle away from the block's: its near half is drawn larger,
    /// and so is its top. With half its depth a: a² cos θ / S toward the camera, a H sin θ / 2 S away.
    fn skew_m(&self, sight: &Sight, hit: &Hit) -> f64 {
        let near = self.length * sight.along.xy().norm();
        let top = self.height * sight.along.z;
        SKEW * self.length * near.hypot(1.4 * top) / hit.slant_m
    }

    /// Length and width with this block's proportions that fill `across` × `depth` metres of ground,
    /// turned as far as that asks for.
    fn filling(&self, across: f64, depth: f64) -> [f64; 2] {
        let slim = self.width / self.length;
        let (long, short) = (across.max(depth), across.min(depth));
        if short <= slim * long {
            return [long, short];
        }
        let tangent = ((short - slim * long) / (long - slim * short)).max(0.0);
        let (sin, cos) = tangent.atan().sin_cos();
        let length = long / (cos + slim * sin);
        [length, length * slim]
    }
}

/// Half the depth squared as a part of the length squared: 1/4 at most, less for most ways to be turned.
const SKEW: f64 = 0.15;

#[cfg(test)]
#[path = "object_tests.rs"]
mod tests;
