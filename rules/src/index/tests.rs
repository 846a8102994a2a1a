use geo::{Contains, Covers, Point, polygon};
use proptest::prelude::*;

use super::*;

/// Every polygon asked one by one, which is what the index must agree with.
fn plainly(polygons: &[Polygon], point: Point) -> Vec<(usize, Position)> {
    let position = |polygon: &Polygon| {
        let on = || polygon.covers(&point).then_some(Position::Border);
        if polygon.contains(&point) { Some(Position::Inside) } else { on() }
    };
    polygons.iter().enumerate().filter_map(|(n, p)| Some((n, position(p)?))).collect()
}

fn asked(index: &Index, point: Point) -> Vec<(usize, Position)> {
    let mut found = Vec::new();
    index.at([point.x(), point.y()], |number, position| found.push((number, position)));
    found.sort_by_key(|(number, _)| *number);
    found
}

fn star((x, y): (f64, f64), radius: f64, arms: &[f64]) -> Polygon {
    let corner = |(n, arm): (usize, &f64)| {
        let angle = std::f64::consts::TAU * ready::small(n) / ready::small(arms.len());
        (x + radius * arm * angle.cos(), y + radius * arm * angle.sin())
    };
    let ring: Vec<(f64, f64)> = arms.iter().enumerate().map(corner).collect();
    Polygon::new(ring.into(), Vec::new())
}

#[test]
fn inside_border_and_outside_are_told_apart() {
    let ring = polygon![
        exterior: [(x: 0.0, y: 0.0), (x: 4.0, y: 0.0), (x: 4.0, y: 4.0), (x: 2.0, y: 3.0), (x: 0.0, y: 4.0)],
        interiors: [[(x: 1.0, y: 1.0), (x: 2.0, y: 1.0), (x: 2.0, y: 2.0), (x: 1.0, y: 2.0)]],
    ];
    let polygons = [ring];
    let index = Index::new(&polygons);
    let check = |x: f64, y: f64, wanted: Option<Position>| {
        let found = asked(&index, Point::new(x, y));
        assert_eq!(found.first().map(|(_, position)| *position), wanted, "{x} {y}");
        assert_eq!(found, plainly(&polygons, Point::new(x, y)), "{x} {y}");
    };
    check(0.5, 0.5, Some(Position::Inside));
    check(1.5, 1.5, None);
    check(1.0, 1.5, Some(Position::Border));
    check(0.0, 0.0, Some(Position::Border));
    check(2.0, 0.0, Some(Position::Border));
    check(3.0, 3.5, Some(Position::Border));
    check(2.0, 3.5, None);
    check(4.0, 4.0, Some(Position::Border));
    check(4.1, 4.0, None);
    check(3.0, 1.0, Some(Position::Inside));
    check(f64::NAN, 1.0, None);
    check(f64::INFINITY, 1.0, None);
}

#[test]
fn nothing_holds_nothing() {
    assert_eq!(asked(&Index::default(), Point::new(0.0, 0.0)), []);
    assert_eq!(asked(&Index::new([]), Point::new(0.0, 0.0)), []);
}

/// A fence far off makes the cells of the others no coarser than the memory allows, and loses none.
#[test]
fn cities_far_apart_are_found() {
    let near = (0..40).map(|n| star((120.0 + f64::from(n) * 1e-4, 30.0), 3e-4, &[1.0; 12]));
    let polygons: Vec<Polygon> = near.chain([star((80.0, 45.0), 1.0, &[1.0; 30])]).collect();
    let index = Index::new(&polygons);
    for n in 0..400 {
        let point = Point::new(119.999 + f64::from(n) * 1.3e-5, 30.0 + f64::from(n % 20) * 1e-5);
        assert_eq!(asked(&index, point), plainly(&polygons, point), "{point:?}");
    }
    assert_eq!(asked(&index, Point::new(80.2, 45.1)), [(40, Position::Inside)]);
}

proptest! {
    /// Stars large and small over each other, asked anywhere and exactly at their corners.
    #[test]
    fn agrees_with_asking_one_by_one(
        stars in prop::collection::vec(
            ((0.0..1.0f64, 0.0..1.0f64), 0.01..0.6f64, prop::collection::vec(0.3..1.0f64, 3..40)), 1..60),
        points in prop::collection::vec((-0.5..1.5f64, -0.5..1.5f64), 60),
    ) {
        let polygons: Vec<Polygon> =
            stars.iter().map(|(centre, radius, arms)| star(*centre, *radius, arms)).collect();
        let index = Index::new(&polygons);
        let corners = polygons.iter().map(|p| Point::from(p.exterior().0[1]));
        for point in points.into_iter().map(Point::from).chain(corners) {
            prop_assert_eq!(asked(&index, point), plainly(&polygons, point), "{:?}", point);
        }
    }

    /// Corners on whole numbers: edges run along the borders of cells, and points lie on them.
    #[test]
    fn agrees_on_a_lattice(
        boxes in prop::collection::vec((0..12i32, 0..12i32, 1..6i32, 1..6i32), 1..30),
        points in prop::collection::vec((0..36i32, 0..36i32), 60),
    ) {
        let polygons: Vec<Polygon> = boxes.iter().map(|&(x, y, w, h)| {
            Rect::new((f64::from(x), f64::from(y)), (f64::from(x + w), f64::from(y + h))).to_polygon()
        }).collect();
        let index = Index::new(&polygons);
        for (x, y) in points {
            let point = Point::new(f64::from(x) / 2.0, f64::from(y) / 2.0);
            prop_assert_eq!(asked(&index, point), plainly(&polygons, point), "{:?}", point);
        }
    }
}
