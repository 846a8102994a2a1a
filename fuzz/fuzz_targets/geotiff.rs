//! Ground models as `GeoTIFF`.

#![no_main]

use domain::LonLat;
use ground::HeightGrid;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(grid) = HeightGrid::from_geotiff(bytes) else { return };
    let [lowest, highest] = grid.range_m();
    assert!(lowest <= highest && grid.cell_m() > 0.0);
    for place in [(120.0, 30.0), (120.0015, 29.9985), (0.0, 0.0), (180.0, 90.0), (-180.0, -90.0)] {
        let height = LonLat::new(place.0, place.1).and_then(|place| grid.height(place));
        // Between cells the last digit may be rounded away.
        assert!(height.is_none_or(|h| (lowest - 0.01..=highest + 0.01).contains(&h)), "{height:?}");
    }
});
