//! Which of two numbers is the longitude.
//!
//! Most aircraft write `GPS(longitude, latitude, satellites)`, the Matrice 300 writes
//! `GPS(latitude, longitude, 0.0M)`, and both pairs are often valid either way round.

use domain::LonLat;

use super::words::number;

/// Mainland China with its seas, degrees: where most of these flights are.
const CHINA_LON: std::ops::RangeInclusive<f64> = 73.0..=136.0;
const CHINA_LAT: std::ops::RangeInclusive<f64> = 3.0..=54.0;

/// The place in the brackets of `GPS (…)`; `None` for `N/A`, for 0/0 and off the earth.
///
/// Where only one order is a place on earth, that one; else the one in China, if only one is;
/// else as the third entry tells: a height with its unit means latitude first.
pub(super) fn place(group: &[&str]) -> Option<LonLat> {
    let (a, b) = (number(group.first()?)?, number(group.get(1)?)?);
    match (on_earth(a, b), on_earth(b, a)) {
        (Some(lon_first), Some(lat_first)) => {
            Some(match (in_china(lon_first), in_china(lat_first)) {
                (true, false) => lon_first,
                (false, true) => lat_first,
                _ if third_is_height(group) => lat_first,
                _ => lon_first,
            })
        }
        (one, other) => one.or(other),
    }
}

/// Nobody flies where the equator meets Greenwich: receivers without a position do.
pub(super) fn on_earth(lon: f64, lat: f64) -> Option<LonLat> {
    let nowhere = lon.abs() < 1e-6 && lat.abs() < 1e-6;
    LonLat::new(lon, lat).filter(|_| !nowhere)
}

fn in_china(place: LonLat) -> bool {
    CHINA_LON.contains(&place.lon()) && CHINA_LAT.contains(&place.lat())
}

fn third_is_height(group: &[&str]) -> bool {
    group.get(2).is_some_and(|third| third.ends_with(['M', 'm']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longitude_and_latitude_are_told_apart() {
        for (group, expected) in [
            (["120.0868", "30.8943", "16"], Some((120.0868, 30.8943))),
            (["30.8943", "120.0868", "0.0M"], Some((120.0868, 30.8943))),
            (["30.8943", "120.0868", "16"], Some((120.0868, 30.8943))),
            (["87.6", "43.8", "0.0M"], Some((87.6, 43.8))),
            (["43.8", "87.6", "12"], Some((87.6, 43.8))),
            (["36.6146", "-6.1120", "0.0M"], Some((-6.112, 36.6146))),
            (["-1.2218", "42.4668", "11"], Some((-1.2218, 42.4668))),
            (["N/A", "N/A", "9"], None),
            (["0.0000", "0.0000", "0"], None),
            (["200", "100", "0"], None),
        ] {
            let found = place(&group).map(|place| (place.lon(), place.lat()));
            assert_eq!(found, expected, "{group:?}");
        }
        assert_eq!(place(&["1"]), None);
    }
}
