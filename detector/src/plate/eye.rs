//! The plate of one vehicle in a frame.

use std::path::Path;

use domain::{Frame, RelBox};

use super::find::{Finder, FoundPlate};
use super::reader::{Reader, Reading};
use crate::config::Config;
use crate::detect::DetectProblem;
use crate::runtime::OpenError;
use crate::tile::Part;

/// Finds and reads.
#[derive(Debug)]
pub struct PlateEye {
    finder: Finder,
    reader: Reader,
    min_width: f32,
}

/// What a look at a vehicle came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Glance {
    Read(Reading),
    /// There is something like a plate, and nothing legible on it.
    Illegible,
    /// A plate, or the whole vehicle, that shows too few pixels.
    TooSmall,
    /// More than one: whose is whose cannot be told.
    Several,
    Nothing,
}

/// Of the vehicle's width and height, taken along on each side: boxes are a little tight.
const AROUND: f64 = 0.05;
/// No plate takes more of a vehicle's width: 0.44 m of the 1.5 m of a narrow car.
const MOST_OF_VEHICLE: f32 = 1.0 / 3.0;

impl PlateEye {
    /// Loads both networks. `models_dir` holds `manifest.toml` and `cache/`.
    pub fn open(config: &Config, models_dir: &Path) -> Result<Self, OpenError> {
        Ok(Self {
            finder: Finder::open(config, models_dir)?,
            reader: Reader::open(config, models_dir)?,
            min_width: f32::from(config.plates.min_width),
        })
    }

    /// Looks at the vehicle in its box, at the full resolution of the frame. Costs nothing where the vehicle is too
    /// small to have a legible plate.
    pub fn look(&mut self, frame: &Frame, vehicle: RelBox) -> Result<Glance, DetectProblem> {
        let Some(part) = part(frame, vehicle) else { return Ok(Glance::TooSmall) };
        #[expect(clippy::cast_precision_loss, reason = "sides are far below 2^24")]
        let width = part.width as f32;
        if width * MOST_OF_VEHICLE < self.min_width {
            return Ok(Glance::TooSmall);
        }
        let mut plates = self.finder.find(frame, part)?;
        plates.retain(|plate| is_in(plate, frame, vehicle));
        let plate = match plates.as_slice() {
            [] => return Ok(Glance::Nothing),
            [plate] => plate,
            _ => return Ok(Glance::Several),
        };
        if plate.width() < self.min_width {
            return Ok(Glance::TooSmall);
        }
        Ok(self.reader.read(frame, plate)?.map_or(Glance::Illegible, Glance::Read))
    }
}

/// The vehicle with a little around, pixels; None for a box that is none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a side")]
fn part(frame: &Frame, vehicle: RelBox) -> Option<Part> {
    let span = |start: f64, length: f64, side: u32| {
        let whole = f64::from(side);
        let at = |share: f64| share.is_finite().then(|| (share * whole).clamp(0.0, whole));
        let from = at(start - AROUND * length)?.floor() as u32;
        let to = at(start + (1.0 + AROUND) * length)?.ceil() as u32;
        to.checked_sub(from).filter(|length| *length > 0).map(|length| (from, length))
    };
    let (x, width) = span(vehicle.x, vehicle.w, frame.size.width)?;
    let (y, height) = span(vehicle.y, vehicle.h, frame.size.height)?;
    Some(Part { x, y, width, height })
}

/// Whether the middle of the plate lies in the vehicle's box.
fn is_in(plate: &FoundPlate, frame: &Frame, vehicle: RelBox) -> bool {
    let middle = |sum: f32, side: u32| f64::from(sum / 4.0) / f64::from(side);
    let x = middle(plate.corners.iter().map(|p| p.x).sum(), frame.size.width);
    let y = middle(plate.corners.iter().map(|p| p.y).sum(), frame.size.height);
    (vehicle.x..=vehicle.x + vehicle.w).contains(&x)
        && (vehicle.y..=vehicle.y + vehicle.h).contains(&y)
}

#[cfg(test)]
mod tests {
    use domain::{Size, SourceId, TimeBasis};
    use jiff::Timestamp;

    use super::*;
    use crate::plate::Point;

    fn frame() -> Frame {
        let size = Size::new(200, 100).unwrap();
        let source = SourceId::new("test").unwrap();
        let pixels = vec![0; size.bgr_bytes()].into();
        Frame::new(source, 0, Timestamp::UNIX_EPOCH, TimeBasis::Media, size, pixels).unwrap()
    }

    fn seen(x: f64, y: f64, w: f64, h: f64) -> RelBox {
        RelBox { x, y, w, h }
    }

    #[test]
    fn the_vehicle_is_taken_with_a_little_around() {
        let found = part(&frame(), seen(0.25, 0.5, 0.5, 0.6)).unwrap();
        assert_eq!(found, Part { x: 45, y: 47, width: 110, height: 53 });
        for none in [
            seen(0.5, 0.5, 0.0, 0.5),
            seen(2.0, 0.5, 0.5, 0.5),
            seen(f64::NAN, 0.5, 0.5, 0.5),
            seen(0.5, 0.5, 0.5, f64::INFINITY),
            seen(0.5, 0.5, -0.5, 0.5),
        ] {
            assert_eq!(part(&frame(), none), None, "{none:?}");
        }
    }

    #[test]
    fn a_plate_beside_the_vehicle_is_another_vehicles() {
        let plate = |x: f32| FoundPlate {
            corners: [(x, 60.0), (x + 20.0, 60.0), (x + 20.0, 66.0), (x, 66.0)]
                .map(|(x, y)| Point { x, y }),
            score: 0.9,
        };
        let vehicle = seen(0.25, 0.25, 0.5, 0.5);
        assert!(is_in(&plate(60.0), &frame(), vehicle));
        assert!(!is_in(&plate(145.0), &frame(), vehicle));
    }
}
