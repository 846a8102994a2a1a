//! One fence: a place with a rule, a time and an authority.

use domain::{Authority, Covariance, FenceId, FenceRef, LonLat, Place, Plane, RelBox, SourceId};
use geo::{BoundingRect, Coord, Polygon};
use serde::Deserialize;

use crate::Schedule;
use crate::inside::probability_in_polygon;

/// A place with a rule, a time and an authority.
#[derive(Debug, Clone, PartialEq)]
pub struct Fence {
    pub id: FenceId,
    pub name: String,
    pub name_en: Option<String>,
    pub kind: Kind,
    /// Who decides a parking case here.
    pub authority: Option<Authority>,
    pub schedule: Schedule,
    pub shape: Shape,
    /// The first 12 hex digits of the SHA-256 of the feature as loaded.
    pub version: String,
}

/// What a fence is for. Kinds without a rule yet are loaded and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 禁停区
    NoParking,
    /// 停车位: parking here is legal, whatever other fences say.
    Bay,
    /// 禁倒区
    NoDumping,
    /// 禁建区
    NoBuild,
    /// 执法网格: whose ground it is, and whether it was looked at. It forbids nothing.
    Grid,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoParking => "no_parking",
            Self::Bay => "bay",
            Self::NoDumping => "no_dumping",
            Self::NoBuild => "no_build",
            Self::Grid => "grid",
        }
    }
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
    pub fn probability(&self, source: &SourceId, place: Place, seen: RelBox) -> f64 {
        match (&self.shape, place) {
            (Shape::Ground(polygon), Place::Ground { lon, lat, covariance_m2, .. }) => {
                let Some(here) = LonLat::new(lon, lat) else { return 0.0 };
                if far_off(polygon, here, covariance_m2) {
                    return 0.0;
                }
                let around = Plane::at(here);
                let metres = |c: &Coord| LonLat::new(c.x, c.y).map(|place| around.metres(place));
                probability_in_polygon([0.0, 0.0], covariance_m2, &rings(polygon, metres))
            }
            (Shape::Image { source: of, polygon }, Place::Image { x, y }) if of == source => {
                let covariance = Covariance {
                    east_east: (seen.w * FOOT_PART).powi(2),
                    east_north: 0.0,
                    north_north: (seen.h * FOOT_PART).powi(2),
                };
                probability_in_polygon([x, y], covariance, &rings(polygon, |c| Some([c.x, c.y])))
            }
            _ => 0.0,
        }
    }
}

/// Whether the fence's bounding box lies more than 6σ away: then P < 1e-8.
fn far_off(polygon: &Polygon, here: LonLat, covariance: Covariance) -> bool {
    let Some(bounds) = polygon.bounding_rect() else { return true };
    let nearest = LonLat::new(
        here.lon().clamp(bounds.min().x, bounds.max().x),
        here.lat().clamp(bounds.min().y, bounds.max().y),
    );
    let Some(nearest) = nearest else { return true };
    let [east, north] = Plane::at(here).metres(nearest);
    let sigma = (covariance.east_east + covariance.north_north).max(0.0).sqrt();
    east.hypot(north) > 6.0 * sigma
}

fn rings(polygon: &Polygon, map: impl Fn(&Coord) -> Option<[f64; 2]>) -> Vec<Vec<[f64; 2]>> {
    std::iter::once(polygon.exterior())
        .chain(polygon.interiors())
        .map(|ring| ring.coords().filter_map(&map).collect())
        .collect()
}
