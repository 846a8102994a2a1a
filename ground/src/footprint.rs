//! The ground that a picture shows.

use domain::{LonLat, Plane, Pose};
use nalgebra::Vector3;

use crate::aerial::View;
use crate::relief::Ground;
use crate::{Aerial, NoGround};

/// The ground that one picture shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Footprint {
    /// Closed ring of [lon, lat], counter-clockwise.
    pub ring: Vec<[f64; 2]>,
    /// Side of a square as large as the ground that a pixel in the middle of the picture shows, cm;
    /// where the middle shows no ground, in the middle of the lower edge.
    pub gsd_cm: f64,
    /// Whether the picture shows more, too flat or too far to be placed.
    pub cut: bool,
}

/// Points on each side of the picture.
const SIDE: u32 = 6;
/// Points along the edge where rays become too flat.
const ARC: u32 = 8;

impl Aerial {
    /// The ground seen, cut where rays are flatter than the budget allows or the ground is farther
    /// than `reach_m` from under the camera. Where the ground model ends, its ground under the middle
    /// of the picture is taken as level.
    pub fn footprint(&self, pose: &Pose, reach_m: f64) -> Result<Footprint, NoGround> {
        let view = View::new(self, pose)?;
        let level_m = level_under(&view)?;
        let above = view.camera_m().ok_or(NoGround::NoHeight)? - level_m;
        let reach_deg = above.atan2(reach_m).to_degrees();
        let outline =
            Outline { view: &view, level_m, flattest_deg: self.budget.flattest_deg.max(reach_deg) };
        let (places, cut) = outline.trace()?;
        Ok(Footprint { ring: closed(&places), gsd_cm: self.gsd_cm(&view, level_m)?, cut })
    }

    fn gsd_cm(&self, view: &View<'_>, level_m: f64) -> Result<f64, NoGround> {
        let [width, height] = self.size();
        let at = |y: f64| {
            let sight = view.sight([width / 2.0, height * y])?;
            View::steep(&sight, self.budget.flattest_deg)?;
            Ok((view.meet_level(&sight, level_m)?.slant_m, sight.along.z))
        };
        let (slant_m, sine) = at(0.5).or_else(|_: NoGround| at(1.0))?;
        Ok(100.0 * slant_m / view.optics.focal_px() / sine.sqrt())
    }
}

/// The height that stands for the ground where no model tells.
fn level_under(view: &View<'_>) -> Result<f64, NoGround> {
    let stand = view.stand.ok_or(NoGround::NoHeight)?;
    let Ground::Grid(grid) = stand.ground else {
        return stand.ground.height(view.pose.position).ok_or(NoGround::OutsideRelief);
    };
    let [width, height] = view.aerial.size();
    let middle = [width / 2.0, height / 2.0];
    let seen = view.sight(middle).and_then(|sight| view.meet(&sight, middle, 0.0));
    let under = || grid.height(view.pose.position).ok_or(NoGround::OutsideRelief);
    seen.map(|hit| hit.height_m).or_else(|_| under())
}

struct Outline<'a> {
    view: &'a View<'a>,
    level_m: f64,
    flattest_deg: f64,
}

impl Outline<'_> {
    /// Walks around the picture and, where the ground ends, along the flattest rays.
    fn trace(&self) -> Result<(Vec<LonLat>, bool), NoGround> {
        let border: Vec<[f64; 2]> = self.border();
        let seen: Vec<bool> = border.iter().map(|&pixel| self.shows_ground(pixel)).collect();
        if seen.iter().all(|&ground| ground) {
            return Ok((self.places(&border), false));
        }
        let Some(first) = seen.iter().position(|&ground| ground) else {
            return self.all_around();
        };
        let mut places = Vec::new();
        let mut left_at: Option<[f64; 2]> = None;
        let count = border.len();
        for step in 0..count {
            let (here, next) = ((first + step) % count, (first + step + 1) % count);
            if seen[here] {
                places.extend(self.place(border[here]));
            }
            match (seen[here], seen[next]) {
                (true, false) => left_at = Some(self.edge(border[here], border[next])),
                (false, true) => {
                    let back = self.edge(border[next], border[here]);
                    if let Some(left) = left_at.take() {
                        places.extend(self.arc(left, back));
                    }
                }
                _ => {}
            }
        }
        Ok((places, true))
    }

    /// A lens so wide that the flattest rays all lie inside the picture.
    fn all_around(&self) -> Result<(Vec<LonLat>, bool), NoGround> {
        let ring = (0..4 * ARC).map(|i| f64::from(i) / f64::from(4 * ARC) * 360.0);
        let places: Vec<LonLat> = ring
            .filter(|&azimuth| self.in_picture(self.flattest(azimuth)))
            .filter_map(|azimuth| self.at_flattest(azimuth))
            .collect();
        if places.len() < 3 { Err(NoGround::Sky) } else { Ok((places, true)) }
    }

    /// Clockwise from the upper left corner.
    fn border(&self) -> Vec<[f64; 2]> {
        let [width, height] = self.view.aerial.size();
        let part = |i: u32| f64::from(i) / f64::from(SIDE);
        let side = |at: fn(f64) -> [f64; 2]| (0..SIDE).map(move |i| at(part(i)));
        side(|t| [t, 0.0])
            .chain(side(|t| [1.0, t]))
            .chain(side(|t| [1.0 - t, 1.0]))
            .chain(side(|t| [0.0, 1.0 - t]))
            .map(|[x, y]| [x * width, y * height])
            .collect()
    }

    fn shows_ground(&self, pixel: [f64; 2]) -> bool {
        self.view.sight(pixel).is_ok_and(|sight| View::steep(&sight, self.flattest_deg).is_ok())
    }

    /// The last pixel on the way from ground to none that still shows ground.
    fn edge(&self, mut ground: [f64; 2], mut none: [f64; 2]) -> [f64; 2] {
        for _ in 0..30 {
            let middle = [f64::midpoint(ground[0], none[0]), f64::midpoint(ground[1], none[1])];
            *(if self.shows_ground(middle) { &mut ground } else { &mut none }) = middle;
        }
        ground
    }

    /// The flattest rays between two pixels: the shorter way around that the picture shows.
    fn arc(&self, from: [f64; 2], to: [f64; 2]) -> Vec<LonLat> {
        let azimuth = |pixel| {
            let along = self.view.sight(pixel).ok()?.along;
            Some(along.y.atan2(along.x).to_degrees())
        };
        let Some((start, end)) = azimuth(from).zip(azimuth(to)) else { return Vec::new() };
        let short = (end - start + 540.0).rem_euclid(360.0) - 180.0;
        let sweep = if self.in_picture(self.flattest(start + short / 2.0)) {
            short
        } else {
            short - 360.0 * short.signum()
        };
        (0..=ARC)
            .filter_map(|i| self.at_flattest(start + sweep * f64::from(i) / f64::from(ARC)))
            .collect()
    }

    fn flattest(&self, azimuth_deg: f64) -> Vector3<f64> {
        let (sin, cos) = azimuth_deg.to_radians().sin_cos();
        let (down, level) = self.flattest_deg.to_radians().sin_cos();
        Vector3::new(level * cos, level * sin, down)
    }

    fn in_picture(&self, ray: Vector3<f64>) -> bool {
        let [width, height] = self.view.aerial.size();
        let pixel = self.view.pixel_toward(ray);
        pixel.is_some_and(|[u, v]| (0.0..=width).contains(&u) && (0.0..=height).contains(&v))
    }

    fn at_flattest(&self, azimuth_deg: f64) -> Option<LonLat> {
        self.place(self.view.pixel_toward(self.flattest(azimuth_deg))?)
    }

    fn places(&self, pixels: &[[f64; 2]]) -> Vec<LonLat> {
        pixels.iter().filter_map(|&pixel| self.place(pixel)).collect()
    }

    /// By the ground model, or level where it ends; never by the laser, which knows one point only.
    fn place(&self, pixel: [f64; 2]) -> Option<LonLat> {
        let sight = self.view.sight(pixel).ok()?;
        let met = self.view.meet(&sight, pixel, 0.0);
        let level = || self.view.meet_level(&sight, self.level_m);
        met.or_else(|_| level()).ok().map(|hit| hit.place)
    }
}

/// Closed and counter-clockwise.
fn closed(places: &[LonLat]) -> Vec<[f64; 2]> {
    let Some(&origin) = places.first() else { return Vec::new() };
    let plane = Plane::at(origin);
    let points: Vec<[f64; 2]> = places.iter().map(|&place| plane.metres(place)).collect();
    let twice: f64 = points
        .iter()
        .zip(points.iter().cycle().skip(1))
        .map(|(a, b)| a[0] * b[1] - b[0] * a[1])
        .sum();
    let mut ring: Vec<[f64; 2]> = places.iter().map(|place| [place.lon(), place.lat()]).collect();
    if twice < 0.0 {
        ring.reverse();
    }
    ring.extend(ring.first().copied());
    ring
}

#[cfg(test)]
#[path = "footprint_tests.rs"]
mod tests;
