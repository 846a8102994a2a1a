//! One fence: a place with a rule, a time and an authority.

use std::time::Duration;

use domain::{Authority, Covariance, FenceId, FenceRef, LonLat, Place, Plane, RelBox, SourceId};
use geo::{BoundingRect, Coord, Polygon};
use serde::{Deserialize, Serialize};

use crate::Schedule;
use crate::inside::probability_in_polygon;
use crate::kind::Kind;

/// A place with a rule, a time and an authority.
#[derive(Debug, Clone, PartialEq)]
pub struct Fence {
    pub id: FenceId,
    pub name: String,
    pub name_en: Option<String>,
    pub kind: Kind,
    /// Who decides a parking case here.
    pub authority: Option<Authority>,
    /// The body in charge, by name.
    pub authority_name: Option<String>,
    pub schedule: Schedule,
    pub shape: Shape,
    /// The line that `shape` was drawn around.
    pub course: Option<Course>,
    /// The first 12 hex digits of the SHA-256 of what was read: geometry in WGS-84 and all properties.
    pub version: String,
    /// The version that its authority gave it.
    pub edition: Option<String>,
    /// 事项编码: by GB/T 30428 or of the place.
    pub matter_code: Option<String>,
    /// The articles that it stands on, for people.
    pub legal_basis: Option<String>,
    pub permit: Option<Permit>,
    /// What differs here from the configuration of the rules.
    pub here: Here,
}

/// The middle line of a route.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// [lon, lat] in WGS-84.
    pub line: Vec<[f64; 2]>,
    /// From edge to edge, metres.
    pub width_m: f64,
}

/// What somebody was allowed, as the permit's register knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permit {
    pub number: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
}

/// Parameters of rules that a fence sets for itself.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Here {
    /// How long something may stand.
    pub dwell: Option<Duration>,
    /// The part of a footprint that must lie inside, 0..=1.
    pub overlap: Option<f64>,
}

/// Where a fence is.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// WGS-84 longitude and latitude.
    Ground(Polygon),
    /// Drawn in the picture of one source, 0..1 from the left and from the top.
    Image { source: SourceId, polygon: Polygon },
}

/// A zone drawn in the picture of a camera nobody has surveyed: `[[source.zone]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    pub id: FenceId,
    pub name: String,
    #[serde(default)]
    pub name_en: Option<String>,
    pub kind: Kind,
    #[serde(default)]
    pub parking_authority: Option<Authority>,
    /// Corners, 0..1 from the left and from the top; at least 3.
    pub polygon: Vec<[f64; 2]>,
}

/// In the picture a foot is known to about this part of its box.
const FOOT_PART: f64 = 0.05;

impl Fence {
    /// The fence as an alert quotes it.
    pub fn reference(&self) -> FenceRef {
        FenceRef {
            id: self.id.clone(),
            name: self.name.clone(),
            name_en: self.name_en.clone(),
            kind: self.kind.as_str().to_owned(),
            authority: self.authority,
            version: self.version.clone(),
            edition: self.edition.clone(),
            matter_code: self.matter_code.clone(),
            legal_basis: self.legal_basis.clone(),
        }
    }

    /// Its rings of [lon, lat], the outer one first; `None` for one that is drawn in a picture.
    pub fn rings(&self) -> Option<Vec<Vec<[f64; 2]>>> {
        match &self.shape {
            Shape::Ground(polygon) => Some(rings(polygon, |c| Some([c.x, c.y]))),
            Shape::Image { .. } => None,
        }
    }

    /// Probability that what `source` sees as `seen` at `place` stands inside. 0 where fence and place
    /// are of different spaces: a pixel says nothing about the ground of an unsurveyed camera.
    pub fn probability(&self, source: &SourceId, place: Place, seen: Option<RelBox>) -> f64 {
        match (&self.shape, place) {
            (Shape::Ground(polygon), Place::Ground { lon, lat, covariance_m2, .. }) => {
                let Some(here) = LonLat::new(lon, lat) else { return 0.0 };
                if far_off(polygon, here, covariance_m2, 0.0) {
                    return 0.0;
                }
                let around = Plane::at(here);
                let metres = |c: &Coord| LonLat::new(c.x, c.y).map(|place| around.metres(place));
                probability_in_polygon([0.0, 0.0], covariance_m2, &rings(polygon, metres))
            }
            (Shape::Image { source: of, polygon }, Place::Image { x, y }) if of == source => {
                // A place in a picture is the foot of a box.
                let Some(seen) = seen else { return 0.0 };
                probability_in_polygon(
                    [x, y],
                    foot_covariance(seen),
                    &rings(polygon, |c| Some([c.x, c.y])),
                )
            }
            _ => 0.0,
        }
    }
}

/// How sure a foot is in a picture.
pub(crate) fn foot_covariance(seen: RelBox) -> Covariance {
    Covariance {
        east_east: (seen.w * FOOT_PART).powi(2),
        east_north: 0.0,
        north_north: (seen.h * FOOT_PART).powi(2),
    }
}

/// Whether the fence's bounding box lies more than 6σ and `reach` metres away: then P < 1e-8.
pub(crate) fn far_off(polygon: &Polygon, here: LonLat, covariance: Covariance, reach: f64) -> bool {
    let Some(bounds) = polygon.bounding_rect() else { return true };
    let nearest = LonLat::new(
        here.lon().clamp(bounds.min().x, bounds.max().x),
        here.lat().clamp(bounds.min().y, bounds.max().y),
    );
    let Some(nearest) = nearest else { return true };
    let [east, north] = Plane::at(here).metres(nearest);
    let sigma = (covariance.east_east + covariance.north_north).max(0.0).sqrt();
    east.hypot(north) > 6.0 * sigma + reach
}

pub(crate) fn rings(
    polygon: &Polygon,
    map: impl Fn(&Coord) -> Option<[f64; 2]>,
) -> Vec<Vec<[f64; 2]>> {
    std::iter::once(polygon.exterior())
        .chain(polygon.interiors())
        .map(|ring| ring.coords().filter_map(&map).collect())
        .collect()
}
