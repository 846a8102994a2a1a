//! Whether two pictures are of one scene, at a glance.

use opencv::core::{Mat, Size as Sides};
use opencv::imgproc;
use opencv::prelude::*;

/// So few pixels that neither noise nor a small shift shows.
const WIDTH: i32 = 32;
const HEIGHT: i32 = 18;
/// Standard deviation, in grey levels of 255, below which there is nothing to compare.
const BARE: f64 = 4.0;
/// Correlation from which two pictures may be of one scene.
const ALIKE: f64 = 0.5;

/// A picture of a few hundred pixels, without its mean: a change of exposure is no other scene.
#[derive(Debug)]
pub(super) struct Coarse {
    pixels: Vec<f64>,
    deviation: f64,
}

impl Coarse {
    pub(super) fn new(grey: &Mat) -> opencv::Result<Self> {
        let mut few = Mat::default();
        imgproc::resize(grey, &mut few, Sides::new(WIDTH, HEIGHT), 0.0, 0.0, imgproc::INTER_AREA)?;
        Ok(Self::of(few.data_bytes()?))
    }

    fn of(pixels: &[u8]) -> Self {
        let count = f64::from(WIDTH * HEIGHT);
        let mean = pixels.iter().map(|&pixel| f64::from(pixel)).sum::<f64>() / count;
        let pixels: Vec<f64> = pixels.iter().map(|&pixel| f64::from(pixel) - mean).collect();
        let variance = pixels.iter().map(|pixel| pixel * pixel).sum::<f64>() / count;
        Self { pixels, deviation: variance.sqrt() }
    }

    /// Whether the other may be of the same scene. Where one shows nothing, nothing says it is not.
    pub(super) fn resembles(&self, other: &Self) -> bool {
        let bare = self.deviation < BARE || other.deviation < BARE;
        let both: f64 = self.pixels.iter().zip(&other.pixels).map(|(a, b)| a * b).sum();
        let most = f64::from(WIDTH * HEIGHT) * self.deviation * other.deviation;
        bare || both >= ALIKE * most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(shade: fn(u32) -> u32) -> Coarse {
        let shades: Vec<u8> = (0..576_u32).map(|n| u8::try_from(shade(n)).unwrap()).collect();
        Coarse::of(&shades)
    }

    #[test]
    fn another_scene_does_not_resemble_this_one() {
        let scene = || picture(|n| n % 32 * 4 + 20);
        for (other, alike) in [
            (picture(|n| n % 32 * 4 + 60), true),
            (picture(|n| n % 32 * 2), true),
            (picture(|n| (n % 32).saturating_sub(3) * 4), true),
            (picture(|n| n / 32 * 8), false),
            (picture(|n| 200 - n % 32 * 4), false),
            (picture(|_| 7), true),
            (picture(|n| 7 + n % 2), true),
        ] {
            assert_eq!(scene().resembles(&other), alike, "{other:?}");
            assert_eq!(other.resembles(&scene()), alike, "{other:?}");
        }
    }
}
