//! A photo's lens, by the best source there is.

use domain::{Lens, Size, WarningCode};
use exif::Tag;

use super::exif_fields::Exif;
use super::xmp::Xmp;
use super::{LensFrom, PhotoSource};
use crate::lens;
use crate::sample::Warnings;

/// The lens for pixels of a file of `size`.
pub(super) fn lens(
    xmp: &Xmp,
    exif: &Exif,
    model: &str,
    size: Size,
    source: PhotoSource,
) -> Option<(Lens, LensFrom)> {
    let taken = taken_size(exif, size);
    let own = dewarp(xmp, taken)
        .map(|lens| (lens, LensFrom::Dewarp))
        .or_else(|| Some((calibrated(xmp, taken)?, LensFrom::Calibrated)))
        .map(|(lens, from)| (lens.scaled(size), from));
    own.or_else(|| Some((table(exif, model, size, source)?, LensFrom::Table)))
        .or_else(|| Some((equivalent(exif, taken)?.scaled(size), LensFrom::Equivalent35mm)))
}

pub(super) fn warn(known: Option<&(Lens, LensFrom)>, warnings: &mut Warnings) {
    let detail = match known {
        None => "nothing says what the photo's lens is: nothing in it can be placed",
        Some((_, LensFrom::Equivalent35mm)) => {
            "the photo's lens is guessed from its focal length on 35 mm film, good to 2 %"
        }
        Some(_) => return,
    };
    warnings.add(WarningCode::NoLens, detail);
}

/// The size when it was taken, which focal lengths in pixels belong to.
fn taken_size(exif: &Exif, now: Size) -> Size {
    let side = |tag| exif.number(tag).filter(|side| (1.0..=65_535.0).contains(side));
    let (Some(width), Some(height)) = (side(Tag::PixelXDimension), side(Tag::PixelYDimension))
    else {
        return now;
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    let taken = Size::new(width as u32, height as u32);
    taken.unwrap_or(now)
}

/// `date;fx,fy,cx,cy,k1,k2,p1,p2,k3` with the middle counted from that of the picture.
fn dewarp(xmp: &Xmp, size: Size) -> Option<Lens> {
    let (_, numbers) = xmp.get("DewarpData")?.split_once(';')?;
    let numbers: Vec<f64> =
        numbers.split(',').map(|number| number.trim().parse().ok()).collect::<Option<_>>()?;
    let &[fx, fy, cx, cy, k1, k2, p1, p2, k3] = numbers.first_chunk::<9>()?;
    let sound = plausible(fx, size) && plausible(fy, size);
    if !sound || !numbers.iter().all(|number| number.is_finite()) {
        return None;
    }
    let [middle_x, middle_y] = middle(size);
    let lens = Lens { size, fx, fy, cx: middle_x + cx, cy: middle_y + cy, k1, k2, k3, p1, p2 };
    // Flag 1: the aircraft has straightened the picture already.
    let straightened = xmp.number("DewarpFlag") == Some(1.0);
    Some(if straightened {
        Lens { k1: 0.0, k2: 0.0, k3: 0.0, p1: 0.0, p2: 0.0, ..lens }
    } else {
        lens
    })
}

fn calibrated(xmp: &Xmp, size: Size) -> Option<Lens> {
    let f = xmp.number("CalibratedFocalLength").filter(|&f| plausible(f, size))?;
    let given = xmp.number("CalibratedOpticalCenterX").zip(xmp.number("CalibratedOpticalCenterY"));
    let [middle_x, middle_y] = middle(size);
    let near = |&(x, y): &(f64, f64)| {
        (x - middle_x).abs() < middle_x / 4.0 && (y - middle_y).abs() < middle_y / 4.0
    };
    let (x, y) = given.filter(near).unwrap_or((middle_x, middle_y));
    Some(Lens::pinhole(size, f, [x, y]))
}

/// A zoom camera is not the one that its aircraft's name stands for.
fn table(exif: &Exif, model: &str, size: Size, source: PhotoSource) -> Option<Lens> {
    if source == PhotoSource::Zoom {
        return None;
    }
    let focal = exif.number(Tag::FocalLength).filter(|&focal| focal > 0.0);
    let known = lens::of(model, size, focal)?;
    (known.thermal == (source == PhotoSource::Thermal) || source == PhotoSource::Only)
        .then_some(known.lens)
}

/// By the diagonal of 35 mm film. Wide pictures are cut from a sensor of 4:3.
fn equivalent(exif: &Exif, size: Size) -> Option<Lens> {
    const FILM_DIAGONAL_MM: f64 = 43.266_615;
    let film = exif.number(Tag::FocalLengthIn35mmFilm).filter(|&focal| focal > 0.0)?;
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let height = if width * 9.0 >= height * 15.9 { width * 0.75 } else { height };
    let f = film / FILM_DIAGONAL_MM * width.hypot(height);
    plausible(f, size).then(|| Lens::pinhole(size, f, middle(size)))
}

fn middle(size: Size) -> [f64; 2] {
    [f64::from(size.width) / 2.0, f64::from(size.height) / 2.0]
}

/// A view between 3° and 135° wide.
fn plausible(f: f64, size: Size) -> bool {
    let widths = f / f64::from(size.width);
    (0.2..20.0).contains(&widths)
}
