//! What of the fences was seen by flights (巡检一张网): the answer to the page's question.

use dashboard::{Coverage, FenceCoverage, LookedAt, MultiPolygon};
use ground::{Seen, Share};
use rules::{Fence, Fences, Kind};
use store::Look;

/// More looks than this are not joined while somebody waits; the oldest are left out, and `from` says so.
const MOST_JOINED: usize = 20_000;

pub(crate) fn coverage(fences: &Fences, mut asked: LookedAt) -> Coverage {
    let from = match asked.looks.get(MOST_JOINED) {
        None => asked.from,
        Some(oldest) => oldest.at,
    };
    asked.looks.truncate(MOST_JOINED);
    let looks = &asked.looks;
    let seen = Seen::new(looks.iter().map(|look| (look.at, look.ring.as_slice())));
    let rows = |wanted: fn(&Fence) -> bool| {
        let wanted = fences.all().iter().filter(move |fence| wanted(fence));
        wanted.filter_map(|fence| row(fence, &seen, looks)).collect()
    };
    let whole = seen.whole();
    Coverage {
        from,
        to: asked.to,
        fences: rows(|fence| fence.kind != Kind::Grid),
        grid: rows(|fence| fence.kind == Kind::Grid),
        area: MultiPolygon { coordinates: whole.polygons },
        area_m2: whole.area_m2,
        looks: u64::try_from(looks.len()).unwrap_or(u64::MAX),
    }
}

/// `None` for a fence that is drawn in a picture.
fn row(fence: &Fence, seen: &Seen, looks: &[Look]) -> Option<FenceCoverage> {
    let rings = fence.rings()?;
    let Share { share, area_m2, last_seen, whole_seen, gaps } = seen.share_of(&rings)?;
    let last = last_seen.and_then(|which| looks.get(which));
    let whole = whole_seen.and_then(|which| looks.get(which));
    Some(FenceCoverage {
        id: fence.id.clone(),
        name: fence.name.clone(),
        name_en: fence.name_en.clone(),
        kind: fence.kind.as_str().to_owned(),
        area_m2,
        last_seen: last.map(|look| look.at),
        flight: last.map(|look| look.flight),
        gsd_cm: last.map(|look| look.gsd_cm),
        share,
        whole_seen: whole.map(|look| look.at),
        whole_gsd_cm: whole.map(|look| look.gsd_cm),
        empty_at_last_look: whole.map(|look| look.empty.contains(&fence.id)),
        gaps: MultiPolygon { coordinates: gaps },
        outline: ground::geojson_rings(&rings),
    })
}

#[cfg(test)]
mod tests {
    use domain::{FenceId, FlightId, LonLat, Plane};
    use jiff::Timestamp;

    use super::*;

    fn square([east, north]: [f64; 2], side: f64) -> Vec<[f64; 2]> {
        let plane = Plane::at(LonLat::new(120.0868, 30.8943).unwrap());
        let corners = [[0.0, 0.0], [0.0, side], [side, side], [side, 0.0], [0.0, 0.0]];
        let at = |[x, y]: [f64; 2]| plane.place([east + x, north + y]).unwrap();
        corners.map(at).map(|p| [p.lon(), p.lat()]).to_vec()
    }

    /// Two cells of 100 m side by side, and a kerb in the first.
    fn fences() -> Fences {
        let feature = |id, kind, ring: Vec<[f64; 2]>| {
            serde_json::json!({
                "type": "Feature", "id": id,
                "geometry": { "type": "Polygon", "coordinates": [ring] },
                "properties": { "name": id, "kind": kind },
            })
        };
        let features = [
            feature("cell-1", "grid", square([0.0, 0.0], 100.0)),
            feature("kerb", "no_parking", square([10.0, 10.0], 10.0)),
            feature("cell-2", "grid", square([100.0, 0.0], 100.0)),
        ];
        let text = serde_json::json!({ "type": "FeatureCollection", "features": features });
        Fences::new([text.to_string().as_str()], []).unwrap()
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    fn look(flight: u64, at: i64, ring: Vec<[f64; 2]>, empty: &[&str]) -> Look {
        let empty = empty.iter().map(|id| FenceId::new(id).unwrap()).collect();
        Look { flight: FlightId(flight), at: second(at), ring, gsd_cm: 2.0, objects: 0, empty }
    }

    fn answer(looks: Vec<Look>) -> Coverage {
        coverage(&fences(), LookedAt { from: second(-100), to: second(1000), looks })
    }

    #[test]
    fn cells_are_listed_apart_from_fences() {
        let told = answer(vec![
            // Two aircraft in the same instant: each place is told by who was there.
            look(8, 50, square([0.0, 0.0], 50.0), &["kerb"]),
            look(7, 50, square([150.0, 0.0], 50.0), &[]),
        ]);
        let [kerb] = told.fences.as_slice() else { panic!("one fence") };
        assert_eq!((kerb.kind.as_str(), kerb.flight), ("no_parking", Some(FlightId(8))));
        assert_eq!((kerb.share, kerb.empty_at_last_look), (1.0, Some(true)));
        assert_eq!((kerb.whole_seen, kerb.whole_gsd_cm), (Some(second(50)), Some(2.0)));
        let [one, two] = told.grid.as_slice() else { panic!("two cells") };
        for (cell, flight) in [(one, 8), (two, 7)] {
            assert_eq!((cell.kind.as_str(), cell.flight), ("grid", Some(FlightId(flight))));
            assert!((cell.share - 0.25).abs() < 1e-4, "{}", cell.share);
            assert_eq!((cell.last_seen, cell.gsd_cm), (Some(second(50)), Some(2.0)));
            assert_eq!((cell.whole_seen, cell.empty_at_last_look), (None, None));
            assert_eq!(cell.gaps.coordinates.len(), 1);
            assert!((cell.area_m2 - 10_000.0).abs() < 1.0, "{}", cell.area_m2);
        }
    }

    #[test]
    fn nobody_looked_at_anything() {
        let told = answer(Vec::new());
        assert_eq!((told.looks, told.area_m2, told.from), (0, 0.0, second(-100)));
        for fence in told.fences.iter().chain(&told.grid) {
            assert_eq!((fence.share, fence.last_seen, fence.flight), (0.0, None, None));
            let all = std::slice::from_ref(&fence.outline);
            assert_eq!(fence.gaps.coordinates, all, "all of it is a gap");
        }
        // Drawn clockwise; told as RFC 7946 wants it.
        let ring = &told.grid[0].outline[0];
        assert!(ring[1][0] > ring[0][0] && ring[1][1] - ring[0][1] < 1e-6, "{ring:?}");
    }

    #[test]
    fn of_too_many_looks_the_oldest_are_left_out_and_that_is_told() {
        let count = i64::try_from(MOST_JOINED).unwrap();
        let looks = (0..=count).map(|i| {
            let place = if i < count { [0.0, 0.0] } else { [100.0, 0.0] };
            look(1, -i, square(place, 50.0), &[])
        });
        let told = answer(looks.collect());
        assert_eq!((told.from, told.looks), (second(-count), 20_000));
        assert_eq!((told.grid[0].last_seen, told.grid[1].last_seen), (Some(second(0)), None));
    }
}
