//! Who is near whom, and whether anybody could be that is not seen.

use domain::{Class, Covariance, LonLat, Mount, Place, Plane, RelBox};

use crate::gaze::shows;
use crate::inside::probability_in_polygon;
use crate::scene::subject::ground;

/// Corners of what stands for a circle; its area is 0.3 % less.
const CORNERS: u16 = 48;

/// The probability that two things are within `reach_m` of each other, and the likeliest distance, metres. `None` where one
/// of them has no place on the ground.
pub(crate) fn near(a: &Place, b: &Place, reach_m: f64) -> Option<(f64, f64)> {
    let ((a, mine), (b, theirs)) = (ground(a)?, ground(b)?);
    let apart = Plane::at(a).metres(b);
    let distance = apart[0].hypot(apart[1]);
    let doubt = Covariance {
        east_east: mine.east_east + theirs.east_east,
        east_north: mine.east_north + theirs.east_north,
        north_north: mine.north_north + theirs.north_north,
    };
    let sigma = (doubt.east_east + doubt.north_north).max(0.0).sqrt();
    if distance > reach_m + 6.0 * sigma {
        return Some((0.0, distance));
    }
    Some((probability_in_polygon(apart, doubt, &[circle(reach_m)]), distance))
}

fn circle(radius: f64) -> Vec<[f64; 2]> {
    (0..CORNERS)
        .map(|corner| {
            let angle = f64::from(corner) * std::f64::consts::TAU / f64::from(CORNERS);
            [radius * angle.cos(), radius * angle.sin()]
        })
        .collect()
}

/// Whether the ground within `reach_m` was looked at. From the air the footprint tells; in the picture of a fixed camera it
/// is far enough from the edges, by the size that a thing of its class has there.
pub(crate) fn surroundings_seen(
    mount: &Mount,
    place: &Place,
    seen: Option<RelBox>,
    class: Class,
    reach_m: f64,
) -> bool {
    match mount {
        Mount::Fixed => {
            let Some(seen) = seen else { return false };
            let per_metre = seen.w.max(seen.h) / size_m(class);
            let margin = reach_m * per_metre;
            seen.x >= margin
                && seen.y >= margin
                && seen.x + seen.w <= 1.0 - margin
                && seen.y + seen.h <= 1.0 - margin
        }
        Mount::Moving { looked } => {
            let Some((middle, _)) = ground(place) else { return false };
            let around = Plane::at(middle);
            circle(reach_m).into_iter().step_by(6).all(|offset| {
                around.place(offset).is_some_and(|point: LonLat| shows(looked, point))
            })
        }
    }
}

/// About the longest side of a thing, metres.
pub(crate) const fn size_m(class: Class) -> f64 {
    match class {
        Class::Dog => 0.8,
        Class::Person => 1.7,
        Class::Bicycle | Class::Motorcycle | Class::TwoWheeler => 1.8,
        Class::Truck | Class::MuckTruck | Class::Bus => 9.0,
        Class::Excavator => 6.0,
        Class::Car | Class::Van => 4.7,
        _ => 2.0,
    }
}
