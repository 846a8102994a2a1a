use std::sync::Arc;

use domain::{Fix, Heights, Laser, Plane};
use proptest::prelude::*;

use super::*;
use crate::simulated::{holds, huzhou, mavic, over_ground, pose};
use crate::{PositionSigma, Takeoff};

const MIDDLE: [f64; 2] = [2640.0, 1978.0];

fn metres(point: &GroundPoint) -> [f64; 2] {
    Plane::at(huzhou()).metres(point.position)
}

/// The golden vectors with the earth's curvature in them: it takes them less than 2 mm away.
#[test]
fn golden_vectors_on_the_round_earth() {
    let table = [
        ([0.0, -90.0, 0.0], 100.0, [3640.0, 1978.0], [0.0, 26.845]),
        ([90.0, -90.0, 0.0], 100.0, [3640.0, 1978.0], [-26.845, 0.0]),
        ([0.0, -45.0, 0.0], 100.0, [2640.0, 1978.0], [100.0, 0.0]),
        ([37.0, -60.0, 0.0], 120.0, [4000.0, 3000.0], [-1.214, 53.767]),
    ];
    for (angles, height, pixel, [north, east]) in table {
        let point =
            over_ground(Budget::default(), 0.0).project(&pose(height, angles), pixel).unwrap();
        let [e, n] = metres(&point);
        assert!((n - north).hypot(e - east) < 0.003, "{angles:?}: {n} {e}");
        assert!((point.height_m - height).abs() < 1e-3);
    }
}

#[test]
fn flat_rays_are_refused() {
    let camera = over_ground(Budget::default(), 0.0);
    let refused = |pitch: f64| camera.project(&pose(100.0, [0.0, pitch, 0.0]), MIDDLE).unwrap_err();
    assert!(matches!(refused(-14.9), NoGround::TooFlat { .. }));
    assert_eq!(refused(0.0), NoGround::Sky);
    assert_eq!(refused(10.0), NoGround::Sky);
    assert!(camera.project(&pose(100.0, [0.0, -15.1, 0.0]), MIDDLE).is_ok());
    // The golden vector at 11.5° is geometry, not a place to be claimed.
    let golden = camera.project(&pose(80.0, [-120.0, -30.0, 1.5]), [500.0, 900.0]);
    assert!(matches!(golden, Err(NoGround::TooFlat { .. })), "{golden:?}");
    assert_eq!(
        refused(-14.0).to_string(),
        "the ray is only 14.0° below the horizon: too flat to be placed"
    );
    let steeper = over_ground(Budget { flattest_deg: 20.0, ..Budget::default() }, 0.0);
    assert!(steeper.project(&pose(100.0, [0.0, -19.0, 0.0]), MIDDLE).is_err());
}

#[test]
fn what_the_telemetry_does_not_say_is_not_guessed() {
    let camera = over_ground(Budget::default(), 0.0);
    let whole = pose(100.0, [0.0, -60.0, 0.0]);
    let project = |pose: &Pose| camera.project(pose, MIDDLE).unwrap_err();
    assert_eq!(project(&Pose { camera: None, ..whole.clone() }), NoGround::NoAttitude);
    assert_eq!(project(&Pose { heights: Heights::default(), ..whole.clone() }), NoGround::NoHeight);
    assert_eq!(project(&Pose { zoom: 0.0, ..whole.clone() }), NoGround::BadPose);
    assert_eq!(project(&Pose { speed_mps: f64::NAN, ..whole.clone() }), NoGround::BadPose);
    assert_eq!(project(&pose(100.0, [f64::NAN, -60.0, 0.0])), NoGround::BadPose);
    assert_eq!(project(&pose(-3.0, [0.0, -60.0, 0.0])), NoGround::BelowGround { by_m: 3.0 });
}

/// A Matrice 300 at 20.1° of depression whose yaw was 7.6° off and whose target stood 14.3 m higher
/// than the take-off. On the ellipsoid the flat-earth ray misses by 58.9 m; the case is known for 59.2 m,
/// which its own angles give only with some other map of degrees to metres.
#[test]
fn the_matrice_300_case() {
    let position = LonLat::new(38.669_985_886_177_5, 37.453_473_940_149_3).unwrap();
    let truth = LonLat::new(38.668_424_040_020_8, 37.456_014_057_136_9).unwrap();
    let seen = Pose { position, fix: Fix::Fixed, ..pose(129.174_24, [326.3, -20.1, 0.0]) };
    let miss = |point: &GroundPoint| {
        let [east, north] = Plane::at(truth).metres(point.position);
        east.hypot(north)
    };
    let flat = over_ground(Budget::BAD, 0.0).project(&seen, MIDDLE).unwrap();
    assert!((miss(&flat) - 58.87).abs() < 0.01, "{}", miss(&flat));
    assert!((miss(&flat) - 59.2).abs() < 0.4);
    assert!(holds(flat.position, flat.covariance, truth), "the bad class says so much doubt");
    let trusting = over_ground(Budget::RTK_DSM, 0.0).project(&seen, MIDDLE).unwrap();
    assert!(!holds(trusting.position, trusting.covariance, truth));
    let known = Budget { yaw_offset_deg: 7.6, ..Budget::RTK_DSM };
    let point = over_ground(known, 14.3).project(&seen, MIDDLE).unwrap();
    let ellipse = point.covariance.ellipse95();
    println!("M300: {:.2} m off, ellipse {ellipse:?}", miss(&point));
    assert!(miss(&point) < 0.5, "{}", miss(&point));
    assert!(holds(point.position, point.covariance, truth));
}

#[test]
fn every_reference_of_height_leads_to_the_same_place() {
    let relief =
        Relief::Flat { above_takeoff_m: 5.0, above_sea_m: Some(25.0), undulation_m: Some(10.0) };
    let camera = Aerial::new(mavic(), relief, Budget::default());
    let base = pose(0.0, [30.0, -50.0, 0.0]);
    let none = Heights::default();
    let kinds = [
        Heights { above_takeoff_m: Some(105.0), ..none },
        Heights { above_sea_m: Some(125.0), ..none },
        Heights { above_ellipsoid_m: Some(135.0), ..none },
    ];
    let places = kinds.map(|heights| {
        let point = camera.project(&Pose { heights, ..base.clone() }, [3000.0, 2500.0]).unwrap();
        assert!((point.height_m - 100.0).abs() < 1e-3);
        metres(&point)
    });
    for [east, north] in places {
        assert!((east - places[0][0]).hypot(north - places[0][1]) < 0.01);
    }
}

#[test]
fn a_laser_tells_the_distance_in_the_middle() {
    let laser = Some(Laser { distance_m: 150.0, target: None });
    let blind = Pose { heights: Heights::default(), laser, ..pose(0.0, [0.0, -30.0, 0.0]) };
    let camera = over_ground(Budget::RTK_DSM, 0.0);
    let point = camera.project(&blind, MIDDLE).unwrap();
    let [east, north] = metres(&point);
    let level = 150.0 * 30f64.to_radians().cos();
    assert!(east.abs() < 1e-6 && (north - level).abs() < 0.01, "{east} {north}");
    assert!((point.height_m - 75.0).abs() < 0.01 && (point.slant_m - 150.0).abs() < 1e-9);
    let along = point.covariance.north_north.sqrt();
    let by_height =
        over_ground(Budget::BAD, 0.0).project(&pose(75.0, [0.0, -30.0, 0.0]), MIDDLE).unwrap();
    let by_laser = over_ground(Budget::BAD, 0.0)
        .project(&Pose { laser, ..pose(75.0, [0.0, -30.0, 0.0]) }, MIDDLE);
    assert!(along > 0.4, "the laser's own doubt: {along}");
    assert!(by_laser.unwrap().covariance.north_north < by_height.covariance.north_north / 4.0);
    assert_eq!(camera.project(&blind, [1000.0, 1978.0]).unwrap_err(), NoGround::NoHeight);
}

fn hills(east: f64, north: f64) -> f64 {
    12.0 * (east / 90.0).sin() * (north / 70.0).cos() + 0.05 * north
}

fn over_hills() -> Aerial {
    let relief = Relief::Grid {
        grid: Arc::new(HeightGrid::shaped(huzhou(), 400, hills)),
        takeoff: Takeoff::AboveSea(20.0),
        undulation_m: None,
    };
    Aerial::new(distorted(), relief, Budget::default())
}

fn distorted() -> Lens {
    Lens {
        k1: -0.111_398,
        k2: 0.012_243_9,
        k3: -0.026_938_8,
        p1: -0.000_204_996,
        p2: -0.000_119_487,
        ..mavic()
    }
}

#[test]
fn a_ray_stops_at_the_first_hill() {
    let wall = |_: f64, north: f64| if (95.0..=105.0).contains(&north) { 60.0 } else { 0.0 };
    let relief = Relief::Grid {
        grid: Arc::new(HeightGrid::shaped(huzhou(), 1000, wall)),
        takeoff: Takeoff::OnGround(huzhou()),
        undulation_m: None,
    };
    let camera = Aerial::new(mavic(), relief, Budget::default());
    let point = camera.project(&pose(100.0, [0.0, -30.0, 0.0]), MIDDLE).unwrap();
    let [_, north] = metres(&point);
    assert!((93.0..=97.0).contains(&north), "on the wall's near side, not 173 m away: {north}");
    let beyond = camera.project(&pose(100.0, [0.0, -45.0, 0.0]), [2640.0, 3900.0]).unwrap();
    assert!(metres(&beyond)[1] < 60.0);
    let far = camera.project(&pose(300.0, [90.0, -15.2, 0.0]), MIDDLE);
    assert_eq!(far.unwrap_err(), NoGround::OutsideRelief);
    let inside = camera.project(
        &Pose {
            position: Plane::at(huzhou()).place([0.0, 100.0]).unwrap(),
            ..pose(50.0, [0.0, -45.0, 0.0])
        },
        MIDDLE,
    );
    assert!(matches!(inside.unwrap_err(), NoGround::BelowGround { .. }));
}

#[test]
fn rising_ground_is_known_better_than_falling_ground() {
    let slope = |rise: f64| {
        let relief = Relief::Grid {
            grid: Arc::new(HeightGrid::shaped(huzhou(), 400, move |_, north| rise * north)),
            takeoff: Takeoff::OnGround(huzhou()),
            undulation_m: None,
        };
        let camera = Aerial::new(
            mavic(),
            relief,
            Budget { fixed: PositionSigma { xy_m: 0.0, z_m: 0.0 }, ..Budget::default() },
        );
        let seen = Pose { fix: Fix::Fixed, ..pose(100.0, [0.0, -40.0, 0.0]) };
        camera.project(&seen, MIDDLE).unwrap().covariance.north_north
    };
    assert!(slope(0.2) < slope(0.0) && slope(0.0) < slope(-0.2));
}

proptest! {
    #[test]
    fn there_and_back_over_flat_ground(
        yaw in -180.0..180.0, pitch in -90.0..-25.0, roll in -5.0..5.0, height in 20.0..300.0,
        u in 0.0..5280.0, v in 1500.0..3956.0, zoom in 1.0..4.0, offset in -10.0..10.0,
    ) {
        let relief = Relief::Flat { above_takeoff_m: -7.0, above_sea_m: None, undulation_m: None };
        let budget = Budget { yaw_offset_deg: offset, ..Budget::default() };
        let camera = Aerial::new(distorted(), relief, budget);
        let seen = Pose { zoom, ..pose(height, [yaw, pitch, roll]) };
        if let Ok(point) = camera.project(&seen, [u, v]) {
            let [back_u, back_v] = camera.pixel_of(&seen, point.position, 0.0).unwrap();
            prop_assert!((back_u - u).abs() < 1e-3 && (back_v - v).abs() < 1e-3, "{back_u} {back_v}");
        } else {
            prop_assert!(pitch > -40.0);
        }
    }

    #[test]
    fn there_and_back_over_hills(
        yaw in -180.0..180.0, pitch in -90.0..-45.0, height in 50.0..150.0,
        u in 0.0..5280.0, v in 1000.0..3956.0,
    ) {
        let camera = over_hills();
        let seen = pose(height, [yaw, pitch, 0.0]);
        let point = camera.project(&seen, [u, v]).unwrap();
        let [back_u, back_v] = camera.pixel_of(&seen, point.position, 0.0).unwrap();
        prop_assert!((back_u - u).abs() < 1e-2 && (back_v - v).abs() < 1e-2, "{back_u} {back_v}");
    }
}
