//! The colour of a plate's ground, from its pixels and what it says: a colour that its text cannot have is not told.

use domain::PlateColour;
use opencv::core::{Mat, Rect, Vec3b};
use opencv::prelude::*;

/// The parts of a picture that look blue, yellow, green and grey; together at most 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Shares {
    blue: f32,
    yellow: f32,
    green: f32,
    grey: f32,
}

/// A colour must cover so much of the plate. Writing takes a quarter, and the green ones fade to white.
const LEAST_SHARE: f32 = 0.15;
/// And so much of what is coloured at all.
const LEAST_CONFIDENCE: f32 = 0.8;

impl Shares {
    /// Of a line that was turned upright, its edges left out.
    pub(super) fn of(line: &Mat) -> opencv::Result<Self> {
        let (width, height) = (line.cols(), line.rows());
        let inner = Rect::new(width / 20, height / 8, width * 9 / 10, height * 3 / 4);
        let inner = Mat::roi(line, inner)?;
        let mut shares = Self::default();
        for row in 0..inner.rows() {
            for pixel in inner.at_row::<Vec3b>(row)? {
                let share = match Hue::of(pixel.0) {
                    Hue::Blue => &mut shares.blue,
                    Hue::Yellow => &mut shares.yellow,
                    Hue::Green => &mut shares.green,
                    Hue::Grey => &mut shares.grey,
                    Hue::Other => continue,
                };
                *share += 1.0;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a small picture")]
        let pixels = (inner.rows() * inner.cols()).max(1) as f32;
        let Self { blue, yellow, green, grey } = shares;
        let part = |count: f32| count / pixels;
        Ok(Self { blue: part(blue), yellow: part(yellow), green: part(green), grey: part(grey) })
    }

    /// The colour of a plate with this text, and how sure it is.
    pub(super) fn colour(self, text: &str) -> Option<(PlateColour, f32)> {
        let coloured = self.blue + self.yellow + self.green;
        possible(text)
            .iter()
            .map(|&colour| match colour {
                PlateColour::Blue => (colour, self.blue, coloured),
                PlateColour::Yellow => (colour, self.yellow, coloured),
                PlateColour::Green => (colour, self.green, coloured),
                PlateColour::YellowGreen => (colour, self.yellow + self.green, coloured),
                PlateColour::White | PlateColour::Black => (colour, self.grey, 1.0),
            })
            .filter(|(_, share, _)| *share >= LEAST_SHARE)
            .map(|(colour, share, of)| (colour, (share / of).min(1.0)))
            .find(|(_, confidence)| *confidence >= LEAST_CONFIDENCE)
    }
}

/// The colours that GA 36 has for such a text. Grey alone tells neither white nor black, at night all plates are
/// grey: these are told where the writing demands them.
fn possible(text: &str) -> &'static [PlateColour] {
    use PlateColour::{Black, Blue, Green, White, Yellow, YellowGreen};
    let last = text.chars().last();
    if text.chars().count() == 8 {
        return if last.is_some_and(|c| c.is_ascii_digit()) { &[Green] } else { &[YellowGreen] };
    }
    match last {
        Some('学' | '挂') => &[Yellow],
        Some('警') => &[White],
        Some('港' | '澳' | '领' | '使') => &[Black],
        _ if text.starts_with('使') => &[Black],
        _ => &[Blue, Yellow],
    }
}

/// What a pixel looks like.
enum Hue {
    Blue,
    Yellow,
    Green,
    Grey,
    Other,
}

/// Of 0..=255 between the strongest and the weakest channel: less is grey.
const LEAST_CHROMA: i16 = 20;
/// The same as a part of the strongest.
const LEAST_SATURATION: f32 = 0.3;

impl Hue {
    fn of(bgr: [u8; 3]) -> Self {
        let [b, g, r] = bgr.map(i16::from);
        let (most, least) = (b.max(g).max(r), b.min(g).min(r));
        let chroma = most - least;
        if chroma <= LEAST_CHROMA || f32::from(chroma) <= LEAST_SATURATION * f32::from(most) {
            return Self::Grey;
        }
        let part = |difference: i16| 60.0 * f32::from(difference) / f32::from(chroma);
        let degrees = if most == r {
            part(g - b)
        } else if most == g {
            120.0 + part(b - r)
        } else {
            240.0 + part(r - g)
        };
        match degrees {
            20.0..62.0 => Self::Yellow,
            75.0..190.0 => Self::Green,
            190.0..260.0 => Self::Blue,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use opencv::core::{CV_8UC3, Scalar};

    use super::*;

    fn line(left: [f64; 3], right: [f64; 3]) -> Mat {
        let plain = |[b, g, r]: [f64; 3]| Scalar::new(b, g, r, 0.0);
        let mut line = Mat::new_rows_cols_with_default(48, 168, CV_8UC3, plain(left)).unwrap();
        let mut half = Mat::roi_mut(&mut line, Rect::new(84, 0, 84, 48)).unwrap();
        half.set_scalar(plain(right)).unwrap();
        line
    }

    #[test]
    fn colours_are_told_where_the_text_allows_them() {
        const BLUE: [f64; 3] = [160.0, 60.0, 20.0];
        const YELLOW: [f64; 3] = [20.0, 180.0, 240.0];
        const GREEN: [f64; 3] = [110.0, 190.0, 90.0];
        const NIGHT: [f64; 3] = [40.0, 38.0, 36.0];
        use PlateColour as C;
        for (left, right, text, colour) in [
            (BLUE, BLUE, "皖A12345", Some(C::Blue)),
            (YELLOW, YELLOW, "皖A12345", Some(C::Yellow)),
            (GREEN, GREEN, "沪AD12345", Some(C::Green)),
            (YELLOW, GREEN, "沪A12345D", Some(C::YellowGreen)),
            (GREEN, GREEN, "皖A12345", None),
            (BLUE, BLUE, "沪AD12345", None),
            (BLUE, YELLOW, "皖A12345", None),
            (NIGHT, NIGHT, "皖A12345", None),
            (NIGHT, NIGHT, "浙A0012警", Some(C::White)),
            (NIGHT, NIGHT, "224578使", Some(C::Black)),
            (YELLOW, YELLOW, "京A1234学", Some(C::Yellow)),
            (BLUE, BLUE, "浙A0012警", None),
        ] {
            let found = Shares::of(&line(left, right)).unwrap().colour(text);
            assert_eq!(found.map(|(colour, _)| colour), colour, "{text} {left:?} {right:?}");
        }
    }
}
