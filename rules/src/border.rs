//! The border of a fence: checked, and moved to WGS-84.

use domain::{Datum, LonLat, Plane};
use geo::{Area, BoundingRect, Buffer, Coord, LineString, MapCoords, Polygon, Validation};

use crate::fence::Course;

/// The most corners of one fence.
pub(crate) const MOST_CORNERS: usize = 10_000;
/// The widest a fence may be, degrees.
const WIDEST_DEG: f64 = 3.0;
/// The smallest, square metres: two of the steps that somebody stands on.
const SMALLEST_M2: f64 = 0.25;
/// The most problems of one border that are told.
const MOST_PROBLEMS: usize = 3;

/// Why a border is none.
#[derive(Debug, thiserror::Error)]
pub enum BorderError {
    #[error("is no valid polygon: {0}")]
    Invalid(String),
    #[error("has a corner without longitude or latitude")]
    Short,
    #[error("has the point {lon}, {lat}, which is no place on earth (lon, lat?)")]
    NoPlace { lon: f64, lat: f64 },
    #[error("has {0} corners, at most {MOST_CORNERS}: simplify it or split it")]
    ManyCorners(usize),
    #[error("has a ring of {0} corners, at least 3")]
    FewCorners(usize),
    #[error("has a ring that does not end where it begins")]
    Open,
    #[error("has a line of fewer than 2 points")]
    ShortLine,
    #[error("spans {0:.2}°: larger than a prefecture, so probably a mistake")]
    TooLarge(f64),
    #[error("has {0:.3} m²: too small for anything to stand in, so probably a mistake")]
    TooSmall(f64),
    #[error("has the corner {0}, {1} outside the picture (0..1)")]
    OutsidePicture(f64, f64),
}

/// A polygon on the ground, or everything that is wrong with it.
pub(crate) fn ground<'a, R>(
    rings: impl Iterator<Item = R>,
    datum: Datum,
) -> Result<Polygon, Vec<BorderError>>
where
    R: Iterator<Item = &'a [f64]>,
{
    let one = |error| vec![error];
    let rings: Vec<Vec<Coord>> = rings
        .map(|ring| ring.map(|corner| place(corner, datum)).collect())
        .collect::<Result<_, _>>()
        .map_err(one)?;
    if rings.iter().any(|ring| ring.first() != ring.last()) {
        return Err(one(BorderError::Open));
    }
    let polygon = checked(rings)?;
    let degrees = polygon.bounding_rect().map_or(0.0, |r| r.width().max(r.height()));
    if degrees > WIDEST_DEG {
        return Err(one(BorderError::TooLarge(degrees)));
    }
    let metres = area_m2(&polygon);
    if metres < SMALLEST_M2 {
        return Err(one(BorderError::TooSmall(metres)));
    }
    Ok(polygon)
}

/// A polygon in a picture.
pub(crate) fn picture(corners: &[[f64; 2]]) -> Result<Polygon, BorderError> {
    let ring: Vec<Coord> = corners.iter().map(|&[x, y]| Coord { x, y }).collect();
    let outside = ring.iter().find(|c| !(0.0..=1.0).contains(&c.x) || !(0.0..=1.0).contains(&c.y));
    if let Some(corner) = outside {
        return Err(BorderError::OutsidePicture(corner.x, corner.y));
    }
    let first = |errors: Vec<BorderError>| {
        errors.into_iter().next().unwrap_or(BorderError::FewCorners(corners.len()))
    };
    checked(vec![ring]).map_err(first)
}

/// A line on the ground, [lon, lat] in WGS-84.
pub(crate) fn line<'a>(
    corners: impl Iterator<Item = &'a [f64]>,
    datum: Datum,
) -> Result<Vec<[f64; 2]>, BorderError> {
    let corners = corners.map(|corner| place(corner, datum).map(|c| [c.x, c.y]));
    let mut line = corners.collect::<Result<Vec<[f64; 2]>, _>>()?;
    line.dedup();
    match line.len() {
        0 | 1 => Err(BorderError::ShortLine),
        corners if corners > MOST_CORNERS => Err(BorderError::ManyCorners(corners)),
        _ => Ok(line),
    }
}

/// The area within half its width of a line; its round ends and bends are polygons within a per cent of the width.
pub(crate) fn around(course: &Course) -> Result<Polygon, BorderError> {
    let line: LineString = course.line.iter().copied().map(Coord::from).collect();
    let bounds = line.bounding_rect().ok_or(BorderError::ShortLine)?;
    let degrees = bounds.width().max(bounds.height());
    if degrees > WIDEST_DEG {
        return Err(BorderError::TooLarge(degrees));
    }
    let middle = bounds.center();
    let plane = LonLat::new(middle.x, middle.y)
        .map(Plane::at)
        .ok_or(BorderError::NoPlace { lon: middle.x, lat: middle.y })?;
    let metres = |c: Coord| LonLat::new(c.x, c.y).map_or([0.0; 2], |corner| plane.metres(corner));
    let area = line.map_coords(|c| Coord::from(metres(c))).buffer(course.width_m / 2.0);
    let area = area.0.into_iter().next().ok_or(BorderError::ShortLine)?;
    area.try_map_coords(|c| {
        plane
            .place([c.x, c.y])
            .map(|p| Coord { x: p.lon(), y: p.lat() })
            .ok_or(BorderError::NoPlace { lon: middle.x, lat: middle.y })
    })
}

/// A position may be of any length in JSON.
fn place(corner: &[f64], datum: Datum) -> Result<Coord, BorderError> {
    let &[lon, lat, ..] = corner else { return Err(BorderError::Short) };
    let place = datum.to_wgs84(lon, lat).ok_or(BorderError::NoPlace { lon, lat })?;
    Ok(Coord { x: place.lon(), y: place.lat() })
}

/// Around its own middle.
fn area_m2(polygon: &Polygon) -> f64 {
    let middle = polygon.bounding_rect().map(geo::Rect::center);
    let plane = middle.and_then(|middle| LonLat::new(middle.x, middle.y)).map(Plane::at);
    let Some(plane) = plane else { return 0.0 };
    let metres = |c: Coord| LonLat::new(c.x, c.y).map_or([0.0; 2], |corner| plane.metres(corner));
    polygon.map_coords(|c| Coord::from(metres(c))).unsigned_area()
}

fn checked(rings: Vec<Vec<Coord>>) -> Result<Polygon, Vec<BorderError>> {
    let corners: usize = rings.iter().map(Vec::len).sum();
    if corners > MOST_CORNERS {
        return Err(vec![BorderError::ManyCorners(corners)]);
    }
    if let Some(short) = rings.iter().find(|ring| ring.len() < 3) {
        return Err(vec![BorderError::FewCorners(short.len())]);
    }
    let mut rings = rings.into_iter().map(LineString::new);
    let Some(outer) = rings.next() else { return Err(vec![BorderError::FewCorners(0)]) };
    let polygon = Polygon::new(outer, rings.collect());
    let mut problems: Vec<BorderError> = polygon
        .validation_errors()
        .into_iter()
        .take(MOST_PROBLEMS)
        .map(|problem| BorderError::Invalid(problem.to_string()))
        .collect();
    if problems.is_empty() && polygon.unsigned_area() <= 0.0 {
        problems.push(BorderError::Invalid("it has no area".to_owned()));
    }
    if problems.is_empty() { Ok(polygon) } else { Err(problems) }
}
