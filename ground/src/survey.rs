//! The survey of a fixed camera: ground points whose pixels somebody measured.

use domain::{LonLat, Plane};
use nalgebra::Vector2;
use serde::{Deserialize, Serialize};

use crate::Homography;

/// One surveyed point: a place on the ground and where it appears in the picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurveyPoint {
    /// Pixels from the left and from the top of the picture the survey was made in.
    pub pixel: [f64; 2],
    /// WGS-84 longitude and latitude, degrees.
    pub lonlat: [f64; 2],
    /// What is there: "kerb corner at no. 12".
    #[serde(default)]
    pub name: String,
}

/// How well a survey agrees with itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Residual {
    /// Root mean square over all points of the distance between a point and where the other
    /// points say it is, metres. `None` with 4 points, which always fit exactly.
    pub leave_one_out_m: Option<f64>,
    /// The point that agrees least, and by how much.
    pub worst: Option<(String, f64)>,
}

/// A survey that fixes a homography.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    pub(crate) plane: Plane,
    pub(crate) homography: Homography,
    pub residual: Residual,
}

/// Why a survey is none.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum SurveyError {
    #[error("a survey needs at least 4 points (better 6 or more), got {0}")]
    TooFew(usize),
    #[error("survey point {index} `{name}` is no place on earth: lon {lon}, lat {lat}")]
    NoPlace { index: usize, name: String, lon: f64, lat: f64 },
    #[error("survey point {index} `{name}` has a pixel that is no number")]
    NoPixel { index: usize, name: String },
    #[error(
        "survey points {a} `{a_name}` and {b} `{b_name}` lie {distance_km:.1} km apart: no camera sees that far"
    )]
    TooFar { a: usize, a_name: String, b: usize, b_name: String, distance_km: f64 },
    #[error(
        "the survey points do not fix the view: too many of them lie on one line, or some are swapped"
    )]
    Degenerate,
}

impl Survey {
    /// The farthest that two points of one survey may lie apart.
    const REACH_M: f64 = 3000.0;

    /// Fits the view to `points`.
    pub fn fit(points: &[SurveyPoint]) -> Result<Self, SurveyError> {
        if points.len() < 4 {
            return Err(SurveyError::TooFew(points.len()));
        }
        let places = places(points)?;
        let plane = Plane::at(places[0]);
        let pairs: Vec<_> = points
            .iter()
            .zip(&places)
            .map(|(p, &place)| (Vector2::from(p.pixel), Vector2::from(plane.metres(place))))
            .collect();
        check_reach(points, &pairs)?;
        let homography = Homography::fit(&pairs).ok_or(SurveyError::Degenerate)?;
        Ok(Self { plane, homography, residual: residual(points, &pairs) })
    }
}

fn places(points: &[SurveyPoint]) -> Result<Vec<LonLat>, SurveyError> {
    points
        .iter()
        .enumerate()
        .map(|(index, point)| {
            let [lon, lat] = point.lonlat;
            if !point.pixel.iter().all(|p| p.is_finite()) {
                return Err(SurveyError::NoPixel { index, name: point.name.clone() });
            }
            LonLat::new(lon, lat).ok_or_else(|| SurveyError::NoPlace {
                index,
                name: point.name.clone(),
                lon,
                lat,
            })
        })
        .collect()
}

type Pair = (Vector2<f64>, Vector2<f64>);

fn check_reach(points: &[SurveyPoint], pairs: &[Pair]) -> Result<(), SurveyError> {
    for (b, pair) in pairs.iter().enumerate() {
        let distance = (pair.1 - pairs[0].1).norm();
        if distance > Survey::REACH_M {
            return Err(SurveyError::TooFar {
                a: 0,
                a_name: points[0].name.clone(),
                b,
                b_name: points[b].name.clone(),
                distance_km: distance / 1000.0,
            });
        }
    }
    Ok(())
}

/// Fits without each point in turn and looks how far off that point then lands.
fn residual(points: &[SurveyPoint], pairs: &[Pair]) -> Residual {
    let misses: Vec<(usize, f64)> = (0..pairs.len())
        .filter_map(|left_out| {
            let mut rest = pairs.to_vec();
            let (pixel, truth) = rest.remove(left_out);
            let landed = Homography::fit(&rest)?.map(pixel)?;
            Some((left_out, (landed - truth).norm()))
        })
        .collect();
    // Points that only fit because they are there (4 in all, or a line without one of them)
    // cannot be judged.
    if misses.is_empty() {
        return Residual { leave_one_out_m: None, worst: None };
    }
    #[expect(clippy::cast_precision_loss, reason = "a survey has a handful of points")]
    let mean_square = misses.iter().map(|m| m.1 * m.1).sum::<f64>() / misses.len() as f64;
    let worst = misses.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    Residual {
        leave_one_out_m: Some(mean_square.sqrt()),
        worst: worst.map(|&(i, miss)| (points[i].name.clone(), miss)),
    }
}
