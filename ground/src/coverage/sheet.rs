//! The plane on which areas are measured and joined, and the way back to longitude and latitude.

use domain::LonLat;
use geo::{Area, Coord, LineString, MultiPolygon, Orient, Polygon, orient::Direction};

use super::MultiRings;
use crate::mercator::{Mercator, NorthEast};

/// A transverse Mercator plane, metres.
#[derive(Debug)]
pub(super) struct Sheet {
    plane: Mercator,
    /// Taken off, so that numbers stay small.
    origin: NorthEast,
}

impl Sheet {
    /// Around the first point that is a place.
    pub(super) fn around<'a>(mut points: impl Iterator<Item = &'a [f64; 2]>) -> Option<Self> {
        let first = points.find_map(|&[lon, lat]| LonLat::new(lon, lat))?;
        let plane = Mercator::around(first.lon());
        Some(Self { plane, origin: plane.forward(first) })
    }

    /// `None` for rings without an area, or with a point that is no place.
    pub(super) fn polygon<'a>(
        &self,
        rings: impl Iterator<Item = &'a [[f64; 2]]>,
    ) -> Option<Polygon> {
        let line = |ring: &[[f64; 2]]| -> Option<LineString> {
            ring.iter().map(|&point| self.point(point)).collect()
        };
        let mut lines = rings.map(line).collect::<Option<Vec<_>>>()?.into_iter();
        let polygon = Polygon::new(lines.next()?, lines.collect()).orient(Direction::Default);
        let real = polygon.exterior().0.len() >= 4 && polygon.unsigned_area() > 1e-6;
        real.then_some(polygon)
    }

    fn point(&self, [lon, lat]: [f64; 2]) -> Option<Coord> {
        let at = self.plane.forward(LonLat::new(lon, lat)?);
        let (x, y) = (at.east - self.origin.east, at.north - self.origin.north);
        (x.is_finite() && y.is_finite()).then_some(Coord { x, y })
    }

    /// Rounded to what is worth telling; what vanishes by that is left out.
    pub(super) fn rings(&self, polygons: &MultiPolygon) -> MultiRings {
        let rings = |polygon: &Polygon| {
            let outer = turned(self.ring(polygon.exterior()), Turn::Left)?;
            let holes = polygon.interiors().iter();
            let holes = holes.filter_map(|hole| turned(self.ring(hole), Turn::Right));
            Some(std::iter::once(outer).chain(holes).collect())
        };
        polygons.0.iter().filter_map(rings).collect()
    }

    fn ring(&self, line: &LineString) -> Vec<[f64; 2]> {
        let mut ring: Vec<[f64; 2]> =
            line.0.iter().filter_map(|&at| self.lonlat(at)).map(rounded).collect();
        ring.dedup();
        ring
    }

    fn lonlat(&self, at: Coord) -> Option<[f64; 2]> {
        let (north, east) = (at.y + self.origin.north, at.x + self.origin.east);
        let place = self.plane.inverse(NorthEast { north, east })?;
        Some([place.lon(), place.lat()])
    }
}

/// Polygons of rings closed on the earth as `GeoJSON` wants them (RFC 7946, 3.1.6): the outer ring
/// counter-clockwise, holes clockwise, 7 decimals (1 cm).
pub fn geojson_rings(rings: &[Vec<[f64; 2]>]) -> Vec<Vec<[f64; 2]>> {
    let ring = |(n, ring): (usize, &Vec<[f64; 2]>)| {
        let mut ring: Vec<[f64; 2]> = ring.iter().copied().map(rounded).collect();
        ring.dedup();
        turned(ring, if n == 0 { Turn::Left } else { Turn::Right })
    };
    rings.iter().enumerate().filter_map(ring).collect()
}

/// Which way round a ring goes, seen from above.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Left,
    Right,
}

/// `None` for what encloses nothing.
fn turned(mut ring: Vec<[f64; 2]>, wanted: Turn) -> Option<Vec<[f64; 2]>> {
    // Counted from its first point: of whole degrees nothing would be left of a small ring.
    let [x0, y0] = *ring.first()?;
    let twice: f64 = ring
        .windows(2)
        .map(|edge| (edge[0][0] - x0) * (edge[1][1] - y0) - (edge[1][0] - x0) * (edge[0][1] - y0))
        .sum();
    if ring.len() < 4 || twice == 0.0 {
        return None;
    }
    let turn = if twice > 0.0 { Turn::Left } else { Turn::Right };
    if turn != wanted {
        ring.reverse();
    }
    Some(ring)
}

/// Seven decimals, a centimetre: nothing here is known better.
fn rounded([lon, lat]: [f64; 2]) -> [f64; 2] {
    const PARTS: f64 = 1e7;
    [(lon * PARTS).round() / PARTS, (lat * PARTS).round() / PARTS]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_are_turned_rounded_and_kept_closed() {
        let clockwise =
            vec![[120.0, 30.0], [120.0, 30.001], [120.001, 30.001], [120.001, 30.0], [120.0, 30.0]];
        let mut left = clockwise.clone();
        left.reverse();
        let told = geojson_rings(&[clockwise.clone(), left.clone()]);
        assert_eq!(told, [left, clockwise]);
        let fine = vec![
            [120.000_000_04, 30.0],
            [120.000_000_01, 30.0],
            [120.001, 30.0],
            [120.0, 30.001_000_04],
            [120.000_000_04, 30.0],
        ];
        let [ring] = geojson_rings(&[fine]).try_into().unwrap();
        assert_eq!(ring, [[120.0, 30.0], [120.001, 30.0], [120.0, 30.001], [120.0, 30.0]]);
    }

    #[test]
    fn what_vanishes_is_left_out() {
        let speck =
            vec![[120.0, 30.0], [120.000_000_01, 30.0], [120.0, 30.000_000_01], [120.0, 30.0]];
        assert!(geojson_rings(&[speck, Vec::new()]).is_empty());
    }
}
