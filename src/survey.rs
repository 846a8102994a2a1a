//! The survey of a camera as a file.

use std::path::Path;

use domain::{Datum, LonLat, Size};
use ground::{Aim, FixedCamera, SurveyPoint};
use serde::Deserialize;

/// `survey = "…json"` of a source: the points somebody measured, and where the camera stands.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurveyFile {
    /// Of every position in the file.
    #[serde(default)]
    pub datum: Datum,
    /// Width and height of the picture in which the pixels were measured.
    pub frame: [u32; 2],
    #[serde(default)]
    pub camera: Option<CameraPlace>,
    /// What the camera sees of the ground, where somebody drew it: closed ring of [lon, lat].
    #[serde(default)]
    pub footprint: Vec<[f64; 2]>,
    pub points: Vec<SurveyPoint>,
}

/// Where the camera stands and looks. Only its place is used; the rest is for people.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "height and angles are kept in the file for people and later views")]
pub(crate) struct CameraPlace {
    pub lon: f64,
    pub lat: f64,
    /// Metres above the ground.
    #[serde(default)]
    pub height: Option<f64>,
    /// Degrees clockwise from north.
    #[serde(default)]
    pub yaw: Option<f64>,
    /// Degrees, 0 level, −90 straight down.
    #[serde(default)]
    pub pitch: Option<f64>,
    /// Horizontal field of view, degrees.
    #[serde(default)]
    pub hfov: Option<f64>,
}

/// A survey that was read and fitted.
#[derive(Debug, Clone)]
pub(crate) struct Surveyed {
    pub camera: FixedCamera,
    pub position: Option<LonLat>,
    pub footprint: Vec<[f64; 2]>,
}

/// Why a survey file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SurveyFileError {
    #[error("cannot read it")]
    Read(#[source] std::io::Error),
    #[error("it is no survey")]
    Json(#[source] serde_json::Error),
    #[error("its `frame` is no picture size")]
    Frame(#[source] domain::BadFrame),
    #[error("its datum must be WGS-84: convert the points and say so")]
    Datum,
    #[error("its points cannot be used")]
    Points(#[source] ground::SurveyError),
}

/// How far the ground is drawn that nobody outlined, metres from the first surveyed point.
const FOOTPRINT_REACH_M: f64 = 80.0;
/// A survey is a page of numbers.
const MOST_BYTES: u64 = 1 << 20;

impl SurveyFile {
    pub(crate) fn read(path: &Path) -> Result<Surveyed, SurveyFileError> {
        use std::io::Read as _;
        let mut text = String::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text))
            .map_err(SurveyFileError::Read)?;
        serde_json::from_str::<Self>(&text).map_err(SurveyFileError::Json)?.fit()
    }

    fn fit(self) -> Result<Surveyed, SurveyFileError> {
        if self.datum != Datum::Wgs84 {
            return Err(SurveyFileError::Datum);
        }
        let [width, height] = self.frame;
        let size = Size::new(width, height).map_err(SurveyFileError::Frame)?;
        let camera = FixedCamera::new(&self.points, size, Aim::default())
            .map_err(SurveyFileError::Points)?;
        let footprint = if self.footprint.is_empty() {
            camera.footprint(FOOTPRINT_REACH_M)
        } else {
            self.footprint
        };
        let position = self.camera.and_then(|place| LonLat::new(place.lon, place.lat));
        Ok(Surveyed { camera, position, footprint })
    }
}
