use std::sync::Arc;

use domain::{Lens, Size};
use proptest::prelude::*;

use super::*;
use crate::simulated::{huzhou, mavic, over_ground, pose};
use crate::{Budget, GaussKruger, HeightGrid, Relief, Takeoff};

fn area(ring: &[[f64; 2]]) -> f64 {
    let places: Vec<LonLat> =
        ring.iter().map(|&[lon, lat]| LonLat::new(lon, lat).unwrap()).collect();
    GaussKruger::CM_120.area_m2(&places)
}

fn span(ring: &[[f64; 2]]) -> f64 {
    let plane = Plane::at(huzhou());
    let far = |&[lon, lat]: &[f64; 2]| {
        let [east, north] = plane.metres(LonLat::new(lon, lat).unwrap());
        east.hypot(north)
    };
    ring.iter().map(far).fold(0.0, f64::max)
}

fn is_counter_clockwise(ring: &[[f64; 2]]) -> bool {
    ring.windows(2).map(|p| p[0][0] * p[1][1] - p[1][0] * p[0][1]).sum::<f64>() > 0.0
}

#[test]
fn straight_down() {
    let camera = over_ground(Budget::default(), 0.0);
    for yaw in [0.0, 77.0, 200.0] {
        let seen = camera.footprint(&pose(100.0, [yaw, -90.0, 0.0]), 1000.0).unwrap();
        let metres = (5280.0 / 37.2515) * (3956.0 / 37.2515);
        assert!((area(&seen.ring) / metres - 1.0).abs() < 1e-4, "{}", area(&seen.ring));
        assert!((seen.gsd_cm - 100.0 / 37.2515).abs() < 1e-3, "{}", seen.gsd_cm);
        assert_eq!(seen.ring.first(), seen.ring.last());
        assert!(!seen.cut && is_counter_clockwise(&seen.ring));
    }
}

#[test]
fn the_flattest_ray_and_the_reach_cut_it() {
    let camera = over_ground(Budget::default(), 0.0);
    let seen = pose(100.0, [40.0, -20.0, 3.0]);
    let cut = camera.footprint(&seen, 10_000.0).unwrap();
    let limit = 100.0 / 15f64.to_radians().tan();
    assert!(cut.cut && is_counter_clockwise(&cut.ring));
    assert!((span(&cut.ring) - limit).abs() < 0.5, "{} of {limit}", span(&cut.ring));
    let near = camera.footprint(&seen, 200.0).unwrap();
    assert!((span(&near.ring) - 200.0).abs() < 0.5, "{}", span(&near.ring));
    assert!(area(&near.ring) < area(&cut.ring));
    let sky = camera.footprint(&pose(100.0, [0.0, 30.0, 0.0]), 1000.0);
    assert_eq!(sky.unwrap_err(), NoGround::Sky);
}

#[test]
fn a_lens_wider_than_the_limit_sees_a_disc() {
    let size = Size::new(1000, 1000).unwrap();
    let lens = Lens::of_view(size, 176.0).map(|lens| Lens { k1: 0.0, ..lens }).unwrap();
    let wide = Lens { fx: 110.0, fy: 110.0, ..lens };
    let camera =
        Aerial::new(wide, Relief::default(), Budget { flattest_deg: 30.0, ..Budget::default() });
    let seen = camera.footprint(&pose(50.0, [0.0, -90.0, 0.0]), 1e5).unwrap();
    let radius = 50.0 / 30f64.to_radians().tan();
    let disc = std::f64::consts::PI * radius * radius;
    assert!((area(&seen.ring) / disc - 1.0).abs() < 0.02, "{} of {disc}", area(&seen.ring));
}

#[test]
fn beyond_the_ground_model_the_ground_is_taken_as_level() {
    let relief = Relief::Grid {
        grid: Arc::new(HeightGrid::level(huzhou(), 4.0)),
        takeoff: Takeoff::AboveSea(4.0),
        undulation_m: None,
    };
    let model = Aerial::new(mavic(), relief, Budget::default());
    let high = pose(300.0, [0.0, -30.0, 0.0]);
    let seen = model.footprint(&high, 5000.0).unwrap();
    let flat = over_ground(Budget::default(), 0.0).footprint(&high, 5000.0).unwrap();
    assert!((area(&seen.ring) / area(&flat.ring) - 1.0).abs() < 1e-3);
}

proptest! {
    #[test]
    fn every_corner_is_in_the_picture_and_steep_enough(
        yaw in -180.0..180.0, pitch in -90.0..20.0, roll in -30.0..30.0, height in 5.0..500.0,
    ) {
        let camera = over_ground(Budget::default(), 0.0);
        let seen = pose(height, [yaw, pitch, roll]);
        if let Ok(footprint) = camera.footprint(&seen, 1500.0) {
            prop_assert!(footprint.ring.len() >= 4 && footprint.gsd_cm > 0.0);
            prop_assert_eq!(footprint.ring.first(), footprint.ring.last());
            for &[lon, lat] in &footprint.ring {
                let [u, v] = camera.pixel_of(&seen, LonLat::new(lon, lat).unwrap(), 0.0).unwrap();
                prop_assert!((-0.5..=5280.5).contains(&u) && (-0.5..=3956.5).contains(&v), "{} {}", u, v);
            }
            prop_assert!(span(&footprint.ring) <= 1502f64.min(height * 3.74 + 2.0));
        }
    }
}
