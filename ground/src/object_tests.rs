use domain::Plane;

use super::*;
use crate::Budget;
use crate::simulated::{boxed, huzhou, over_ground, pose};

fn at(east: f64, north: f64) -> domain::LonLat {
    Plane::at(huzhou()).place([east, north]).unwrap()
}

/// How far the middle found lies from the block's, over all ways it can be turned.
fn worst_miss(class: Class, height: f64, pitch: f64) -> f64 {
    let camera = over_ground(Budget::default(), 0.0);
    let seen_from = pose(height, [0.0, pitch, 0.0]);
    let block = Block::of(class);
    let north = height / (-pitch).to_radians().tan();
    let miss = |turned: u32| {
        let seen = boxed(&camera, &seen_from, at(2.0, north), &block, f64::from(turned)).unwrap();
        let fix = camera.locate(&seen_from, &seen, class).unwrap();
        let [east, north] = Plane::at(at(2.0, north)).metres(fix.position);
        east.hypot(north)
    };
    (0..180).step_by(10).map(miss).fold(0.0, f64::max)
}

/// The box's middle is the block's: exactly from afar, and to decimetres from 60 m.
#[test]
fn a_block_of_known_height_is_found_however_it_is_turned() {
    let table = [
        (Class::Person, 0.02),
        (Class::Motorcycle, 0.06),
        (Class::Car, 0.15),
        (Class::Truck, 0.35),
        (Class::Bus, 0.5),
    ];
    for (class, metres) in table {
        for pitch in [-90.0, -60.0, -45.0, -35.0] {
            let miss = worst_miss(class, 60.0, pitch);
            println!("{class} at {pitch}°: {miss:.3} m");
            assert!(miss < metres, "{class} at {pitch}°: {miss}");
        }
        assert!(worst_miss(class, 600.0, -45.0) < worst_miss(class, 60.0, -45.0) / 5.0 + 1e-3);
    }
}

#[test]
fn a_car_measures_as_a_car() {
    let camera = over_ground(Budget::default(), 0.0);
    let block = Block::of(Class::Car);
    for pitch in [-90.0, -60.0, -40.0] {
        let seen_from = pose(100.0, [0.0, pitch, 0.0]);
        let north = 100.0 / f64::tan(-f64::to_radians(pitch));
        for turned in (0..180u32).step_by(15) {
            let seen =
                boxed(&camera, &seen_from, at(0.0, north), &block, f64::from(turned)).unwrap();
            let extent = camera.footprint_of(&seen_from, &seen, Class::Car).unwrap();
            let (length, width) = (extent.length_m, extent.width_m);
            assert!((length - 4.6).abs() < 0.35, "{pitch}° {turned}°: {length} m long");
            assert!((width - 1.8).abs() < 0.25, "{pitch}° {turned}°: {width} m wide");
            assert_eq!(extent.ring.first(), extent.ring.last());
        }
    }
}

#[test]
fn what_is_too_unsure_is_refused() {
    let camera = over_ground(Budget { worst_sigma_m: 5.0, ..Budget::BAD }, 0.0);
    let flat = pose(120.0, [0.0, -25.0, 0.0]);
    let seen = RelBox { x: 0.49, y: 0.49, w: 0.02, h: 0.02 };
    assert!(matches!(camera.locate(&flat, &seen, Class::Car), Err(NoGround::TooUnsure { .. })));
    assert!(camera.locate(&pose(60.0, [0.0, -90.0, 0.0]), &seen, Class::Car).is_ok());
    assert!(camera.footprint_of(&pose(60.0, [0.0, 0.0, 0.0]), &seen, Class::Car).is_none());
}

#[test]
fn an_object_cut_by_the_edge_is_less_sure() {
    let camera = over_ground(Budget::RTK_DSM, 0.0);
    let down = pose(60.0, [0.0, -90.0, 0.0]);
    let variance = |x: f64| {
        let seen = RelBox { x, y: 0.5, w: 0.03, h: 0.03 };
        camera.locate(&down, &seen, Class::Bus).unwrap().covariance.east_east
    };
    assert!(variance(0.0) > variance(0.01) + 6.0);
}
