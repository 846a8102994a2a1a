//! A flight's report for other programs: GeoJSON for GIS, KML for globes.
//!
//! Both are WGS-84 and hold the same things, told apart by `kind`:
//!
//! | kind | shape | what else it says |
//! |---|---|---|
//! | `path` | line | `times`, `heights_m` of its points, `path_m`, `started_at`, `ended_at`, `aircraft` |
//! | `route` | line | `heights_m` of its points, `off_route_m` |
//! | `footprint` | polygon | `at`, `media`, `media_s`, `gsd_cm`, `objects` |
//! | `finding` | point | `track`, `class`, `score`, `first_seen`, `last_seen`, `sightings`, `passes`, `motion` (`standing`, `moving`, `unknown`), `alerts`, `semi_major_m`, `semi_minor_m`, `bearing_deg` |
//! | `ellipse95` | polygon | `track` of the finding that it belongs to |
//!
//! What has no place on earth is left out, for a report may have been stored by an older version.

mod geojson;
mod kml;
mod shapes;

pub use geojson::geojson;
pub use kml::kml;

#[cfg(test)]
mod tests;
