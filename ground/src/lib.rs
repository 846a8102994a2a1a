//! Pixel to ground: where on earth a thing in a picture stands, and how sure that is.
//!
//! Owns the survey of fixed cameras, the ray of cameras in the air, ground models, planes for lengths
//! and areas, and what of the ground was looked at. Pure: no I/O and no clock. A position never
//! leaves this crate without its covariance. A camera nobody has surveyed has no [`FixedCamera`], and
//! so no ground position is ever claimed for it; one in the air whose attitude or height is not known
//! gets a [`NoGround`].

mod aerial;
mod budget;
mod camera;
mod coverage;
mod crs;
mod doubt;
mod earth;
mod footprint;
mod gauss_kruger;
mod geotiff;
mod grid;
mod homography;
mod mercator;
mod motion;
mod object;
mod optics;
mod orthophoto;
mod patch;
mod relief;
mod sight;
mod survey;

pub use aerial::{Aerial, GroundPoint, NoGround};
pub use budget::{BadBudget, Budget, PositionSigma};
pub use camera::{Aim, FixedCamera};
pub use coverage::{Coverage, MultiRings, Seen, Share, coverage, geojson_rings, share_of};
pub use footprint::Footprint;
pub use gauss_kruger::GaussKruger;
pub use geotiff::BadGeoTiff;
pub use grid::HeightGrid;
pub use homography::Homography;
pub use mercator::NorthEast;
pub use object::Extent;
pub use orthophoto::{BadOrthophoto, Orthophoto};
pub use patch::{Area, Patch, Raised, Traced};
pub use relief::{Relief, Takeoff};
pub use survey::{Residual, Survey, SurveyError, SurveyPoint};

#[cfg(test)]
mod simulated;
