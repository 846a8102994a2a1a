//! One row of telemetry as the aircraft wrote it, whatever the format.

use domain::{Attitude, Fix, FlightWarning, Heights, Laser, LonLat, WarningCode};
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

/// What the aircraft said about one instant. Every part may be missing, and missing is not zero.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    /// Seconds into the video that this row belongs to, where the format ties it to one.
    pub media: Option<SignedDuration>,
    pub stamp: Stamp,
    pub position: Option<LonLat>,
    pub heights: Heights,
    /// Of the camera.
    pub camera: Option<Attitude>,
    /// Of the aircraft, clockwise from true north.
    pub heading_deg: Option<f64>,
    /// Over the ground.
    pub speed_mps: Option<f64>,
    pub fix: Fix,
    /// Digital or optical magnification on top of the lens, 1 without.
    pub zoom: Option<f64>,
    /// What the format says of the focal length, millimetres or 35 mm equivalent: only its changes are used.
    pub focal_mm: Option<f64>,
    /// Width and height of the view, degrees, where the telemetry says (KLV).
    pub view_deg: Option<[f64; 2]>,
    pub laser: Option<Laser>,
}

/// What a row says about the time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stamp {
    #[default]
    None,
    Utc(Timestamp),
    /// A wall clock without a zone, as cameras write it.
    Local(DateTime),
}

/// Everything that one file or stream of telemetry held.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Telemetry {
    /// In the order of the file.
    pub samples: Vec<Sample>,
    /// What it was read as, for people: `DJI SRT, bracketed`, `MISB ST 0601`, `AirData CSV`.
    pub dialect: String,
    /// The aircraft as it names itself; may be empty.
    pub aircraft: String,
    /// What was wrong with it. [`FlightWarning::file`] is left empty for the caller to fill.
    pub warnings: Warnings,
}

/// Warnings of one kind are counted, not repeated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Warnings(Vec<FlightWarning>);

impl Warnings {
    /// Adds one occurrence. Of a kind that is known already, the first detail stays.
    pub fn add(&mut self, code: WarningCode, detail: impl Into<String>) {
        match self.0.iter_mut().find(|known| known.code == code) {
            Some(known) => known.count = known.count.saturating_add(1),
            None => self.0.push(FlightWarning {
                code,
                file: String::new(),
                detail: detail.into(),
                count: 1,
            }),
        }
    }

    /// One warning per kind, in the order in which they were first met.
    pub fn iter(&self) -> std::slice::Iter<'_, FlightWarning> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The warnings, as being about `file`.
    pub fn about(self, file: &str) -> impl Iterator<Item = FlightWarning> {
        let file = file.to_owned();
        self.0.into_iter().map(move |warning| FlightWarning { file: file.clone(), ..warning })
    }
}

impl<'a> IntoIterator for &'a Warnings {
    type Item = &'a FlightWarning;
    type IntoIter = std::slice::Iter<'a, FlightWarning>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
