//! Planned routes: KMZ where the bytes begin as a zip, else KML or WPML.

#![no_main]

use flight::route::{self, MAX_WAYPOINTS};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(read) = route::read(bytes) else { return };
    assert!((1..=MAX_WAYPOINTS).contains(&read.waypoints.len()));
    fuzz::warnings(&read.warnings);
    fuzz::finite("speed", read.speed_mps);
    fuzz::finite("waypoint", read.points().into_iter().flatten());
    fuzz::finite("speed", read.waypoints.iter().filter_map(|waypoint| waypoint.speed_mps));
});
