//! The last answer about a thing that stands: asked again only when it could be another one.
//!
//! How probably a footprint breaks its fences takes longest of all that rules do, and of a parked car the question is the
//! same in each picture.

use domain::{Class, LonLat, Place, Plane};

use crate::chance::Chance;
use crate::fence::Fence;

/// What was asked, and what came out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    place: Place,
    class: Class,
    /// Which of the fences about were open.
    open: Vec<bool>,
    /// The fences themselves: where they lie in memory, for they do while they hold.
    about: Vec<usize>,
    answer: Answer,
}

/// What came out, without the fences; nothing where all is legal, or nothing may be recorded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    /// By their place among the fences about.
    pub(crate) chances: Vec<(usize, [f64; 3])>,
}

/// A mean place that moved by less than this since is the same, metres; in a picture, this part of it.
const SAME_M: f64 = 0.05;
const SAME_PART: f64 = 0.001;

impl Asked {
    pub(crate) fn new(
        place: Place,
        class: Class,
        about: &[&Fence],
        open: Vec<bool>,
        answer: Answer,
    ) -> Self {
        Self { place, class, open, about: addresses(about).collect(), answer }
    }

    /// The answer, if the question is the same.
    pub(crate) fn again(
        &self,
        place: &Place,
        class: Class,
        about: &[&Fence],
        open: &[bool],
    ) -> Option<&Answer> {
        let same = self.class == class
            && self.open == open
            && self.about.iter().copied().eq(addresses(about))
            && is_same(&self.place, place);
        same.then_some(&self.answer)
    }
}

impl Answer {
    pub(crate) fn of(about: &[&Fence], chances: &[Chance<'_>]) -> Self {
        let nth =
            |chance: &Chance<'_>| about.iter().position(|&one| std::ptr::eq(one, chance.fence));
        let chances = chances.iter().filter_map(|chance| Some((nth(chance)?, chance.numbers())));
        Self { chances: chances.collect() }
    }
}

fn addresses<'a>(about: &'a [&Fence]) -> impl Iterator<Item = usize> + 'a {
    about.iter().map(|fence| std::ptr::from_ref(*fence).addr())
}

fn is_same(a: &Place, b: &Place) -> bool {
    match (*a, *b) {
        (
            Place::Ground { lon, lat, covariance_m2, .. },
            Place::Ground { lon: x, lat: y, covariance_m2: other, .. },
        ) => {
            let near = LonLat::new(lon, lat).zip(LonLat::new(x, y)).is_some_and(|(a, b)| {
                let [east, north] = Plane::at(a).metres(b);
                east.hypot(north) <= SAME_M
            });
            near && is_as_sure(covariance_m2.east_east, other.east_east)
                && is_as_sure(covariance_m2.north_north, other.north_north)
        }
        (Place::Image { x, y }, Place::Image { x: u, y: v }) => (x - u).hypot(y - v) <= SAME_PART,
        _ => false,
    }
}

/// Variances within a tenth.
fn is_as_sure(a: f64, b: f64) -> bool {
    (a - b).abs() <= 0.1 * a.abs().max(b.abs())
}
