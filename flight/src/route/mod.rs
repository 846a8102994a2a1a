//! Planned routes: DJI WPML missions (`.kmz`) and plain KML.
//!
//! Of a mission the executable `waylines.wpml` is read, else the template that it was made from;
//! of another KMZ its first KML. Elements are known by their local names, for DJI raises the
//! namespace's version now and then. Areas to be mapped are no routes and left out.

mod archive;
mod distance;
mod document;

use domain::LonLat;

use crate::sample::Warnings;
pub use distance::OffRoute;

/// More than any aircraft flies in one mission.
pub const MAX_WAYPOINTS: usize = 100_000;
/// The largest KML that is read, also out of a zip that says it is smaller.
pub const MAX_DOCUMENT: u64 = 32 << 20;

/// A planned flight.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Route {
    /// In the order of flying.
    pub waypoints: Vec<Waypoint>,
    pub heights: RouteHeights,
    /// Over the ground, where a waypoint does not say otherwise.
    pub speed_mps: Option<f64>,
    /// [`domain::FlightWarning::file`] is left empty.
    pub warnings: Warnings,
}

/// Where to fly, and what to do there.
#[derive(Debug, Clone, PartialEq)]
pub struct Waypoint {
    pub at: LonLat,
    /// By [`Route::heights`].
    pub height_m: Option<f64>,
    pub speed_mps: Option<f64>,
    /// As WPML calls them: `takePhoto`, `gimbalRotate`, `hover` …
    pub actions: Vec<String>,
}

/// What the heights of a route are above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RouteHeights {
    /// The file does not say.
    #[default]
    Unknown,
    Takeoff,
    /// EGM96.
    Sea,
    /// WGS-84.
    Ellipsoid,
    Ground,
}

impl Route {
    /// [lon, lat, height] of the waypoints, height 0 where none is planned, as
    /// [`domain::FlightReport::route`] has it.
    pub fn points(&self) -> Vec<[f64; 3]> {
        let point = |w: &Waypoint| [w.at.lon(), w.at.lat(), w.height_m.unwrap_or(0.0)];
        self.waypoints.iter().map(point).collect()
    }
}

/// Why bytes are no route.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    #[error("cannot open the KMZ, which is a zip file")]
    Zip {
        #[from]
        source: zip::result::ZipError,
    },
    #[error("cannot unpack `{name}` of the KMZ")]
    Unpack { name: String, source: std::io::Error },
    #[error("the KMZ holds no `.wpml` or `.kml` file")]
    NoDocument,
    #[error("the route is larger than {} MiB: no mission is, so it is refused", MAX_DOCUMENT >> 20)]
    TooLarge,
    #[error("the route's XML is broken before its first waypoint")]
    Xml {
        #[from]
        source: quick_xml::Error,
    },
    #[error("the file has no waypoints and no line: it is no route")]
    NoWaypoints,
}

/// Reads a `.kmz`, `.wpml` or `.kml` file.
pub fn read(bytes: &[u8]) -> Result<Route, RouteError> {
    let text = if bytes.starts_with(b"PK") { archive::document(bytes)? } else { plain(bytes)? };
    document::read(&text)
}

fn plain(bytes: &[u8]) -> Result<String, RouteError> {
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_DOCUMENT) {
        return Err(RouteError::TooLarge);
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    Ok(String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests;
