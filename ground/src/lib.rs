//! Pixel to ground: where on earth a thing in a picture stands, and how sure that is.
//!
//! Owns the survey of fixed cameras and the homography fitted to it. Pure: no I/O and no clock.
//! A position never leaves this crate without its covariance. A camera nobody has surveyed has no
//! [`FixedCamera`], and so no ground position is ever claimed for it.

mod camera;
mod homography;
mod survey;

pub use camera::{Aim, FixedCamera};
pub use homography::Homography;
pub use survey::{Residual, Survey, SurveyError, SurveyPoint};
