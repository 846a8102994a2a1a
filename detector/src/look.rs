//! What an object looks like: the colours in the middle of its box.
//!
//! Only as good as the box and the light; see [`domain::Look`] for what it is compared with.

use domain::{Bbox, Frame, Look};

/// Of each side of the box, this share around the middle is looked at: the rest is road.
const MIDDLE: f32 = 0.6;
/// At most so many rows and columns of pixels are looked at.
const SAMPLES: u32 = 32;
/// Below the first saturation a pixel is grey, above the second it has a hue, and in between it is
/// a bit of both, so that a little more light moves no pixel from one bin to another at once.
const GREY: f64 = 0.12;
const COLOURED: f64 = 0.3;
/// Below the first value a pixel is too dark to have a hue; so on.
const DARK: f64 = 0.1;
const LIT: f64 = 0.25;

const HUES: usize = 12;
const VALUES: usize = 4;

/// The colours in the middle of the box; all 0 where the box lies outside the frame.
pub fn look(frame: &Frame, bbox: Bbox) -> Look {
    let columns = middle(bbox.x1, bbox.x2, frame.size.width);
    let rows = middle(bbox.y1, bbox.y2, frame.size.height);
    let mut bins = [0.0; HUES + VALUES];
    for row in spread(rows) {
        for column in spread(columns) {
            let start = (row as usize * frame.size.width as usize + column as usize) * 3;
            if let Some(&[b, g, r]) = frame.bgr.get(start..start + 3) {
                count(&mut bins, [r, g, b].map(|channel| f64::from(channel) / 255.0));
            }
        }
    }
    let most = bins.iter().copied().fold(0.0, f64::max);
    Look(bins.map(|bin| if most > 0.0 { byte(255.0 * bin / most) } else { 0 }))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
fn byte(value: f64) -> u8 {
    value.round() as u8
}

/// The pixels `from..to` of a side that is `pixels` long.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "`as` saturates, and is cut to the side"
)]
fn middle(from: f32, to: f32, pixels: u32) -> (u32, u32) {
    let (at, half) = (f32::midpoint(from, to), MIDDLE * (to - from) / 2.0);
    let inside = at.is_finite() && at >= 0.0 && at < pixels as f32;
    if !inside || !half.is_finite() || half <= 0.0 {
        return (0, 0);
    }
    let first = (at - half).round() as u32;
    (first, ((at + half).round() as u32).max(first + 1).min(pixels))
}

/// At most [`SAMPLES`] of them, evenly.
fn spread((from, to): (u32, u32)) -> impl Iterator<Item = u32> {
    let step = to.saturating_sub(from).div_ceil(SAMPLES).max(1);
    (from..to).step_by(step as usize)
}

fn count(bins: &mut [f64; HUES + VALUES], rgb: [f64; 3]) {
    let (hues, values) = bins.split_at_mut(HUES);
    let value = rgb.iter().copied().fold(0.0, f64::max);
    let chroma = value - rgb.iter().copied().fold(1.0, f64::min);
    let saturation = if value > 0.0 { chroma / value } else { 0.0 };
    let coloured = ramp(saturation, GREY, COLOURED) * ramp(value, DARK, LIT);
    if coloured > 0.0 {
        share_out(hues, hue(rgb, value, chroma), coloured, Ends::Joined);
    }
    share_out(values, value * real(VALUES - 1), 1.0 - coloured, Ends::Apart);
}

/// 0 to 12: red at 0, green at 4, blue at 8.
fn hue([r, g, b]: [f64; 3], value: f64, chroma: f64) -> f64 {
    let sixth = if r >= value {
        (g - b) / chroma
    } else if g >= value {
        (b - r) / chroma + 2.0
    } else {
        (r - g) / chroma + 4.0
    };
    (2.0 * sixth).rem_euclid(real(HUES))
}

/// 0 up to `from`, 1 from `to` on, straight between.
fn ramp(value: f64, from: f64, to: f64) -> f64 {
    ((value - from) / (to - from)).clamp(0.0, 1.0)
}

#[derive(Clone, Copy)]
enum Ends {
    /// The last bin is the first one's neighbour.
    Joined,
    Apart,
}

/// Gives the two bins next to `at` their shares of `amount`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number")]
fn share_out(bins: &mut [f64], at: f64, amount: f64, ends: Ends) {
    let low = at.floor() as usize;
    let part = at - at.floor();
    let last = bins.len() - 1;
    let (low, high) = match ends {
        Ends::Joined => (low % bins.len(), (low + 1) % bins.len()),
        Ends::Apart => (low.min(last), (low + 1).min(last)),
    };
    bins[low] += amount * (1.0 - part);
    bins[high] += amount * part;
}

#[expect(clippy::cast_precision_loss, reason = "a number of bins")]
fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use domain::{Size, SourceId, TimeBasis};
    use jiff::Timestamp;

    use super::*;

    const WHOLE: Bbox = Bbox { x1: 0.0, y1: 0.0, x2: 100.0, y2: 60.0 };

    /// 100 × 60 pixels of a colour (BGR) between borders of 20 % of another.
    fn frame(colour: [u8; 3], border: [u8; 3]) -> Frame {
        let size = Size::new(100, 60).unwrap();
        let mut pixels = Vec::new();
        for row in 0..60 {
            for column in 0..100 {
                let inside = (20..80).contains(&column) && (12..48).contains(&row);
                // A little texture.
                let shade = (column + row) % 8;
                let colour = if inside { colour } else { border };
                pixels.extend(colour.map(|channel: u8| channel.saturating_sub(shade)));
            }
        }
        let source = SourceId::new("test").unwrap();
        Frame::new(source, 0, Timestamp::UNIX_EPOCH, TimeBasis::Media, size, pixels.into()).unwrap()
    }

    fn seen(colour: [u8; 3]) -> Look {
        look(&frame(colour, [90, 90, 90]), WHOLE)
    }

    const RED: [u8; 3] = [40, 30, 200];
    const WHITE: [u8; 3] = [225, 230, 228];
    const BLUE: [u8; 3] = [190, 60, 40];
    const BLACK: [u8; 3] = [22, 20, 21];

    #[test]
    fn cars_of_different_colours_differ() {
        let cars = [RED, WHITE, BLUE, BLACK].map(seen);
        for (i, a) in cars.iter().enumerate() {
            for (j, b) in cars.iter().enumerate() {
                let similar = a.similarity(b);
                let expected = if i == j { 0.999..=1.0 + 1e-9 } else { 0.0..=0.2 };
                assert!(expected.contains(&similar), "{i} {j}: {similar} {a:?} {b:?}");
            }
        }
        // Red lies at both ends of the hues.
        assert!(cars[0].0[0] == 255 && cars[1].0[15] == 255 && cars[3].0[12] == 255, "{cars:?}");
    }

    #[test]
    fn a_little_more_or_less_light_changes_little() {
        for colour in [RED, BLUE, [180, 180, 180], BLACK] {
            for (light, least) in [(0.8, 0.5), (0.9, 0.75), (1.1, 0.75), (1.2, 0.5)] {
                let lit = colour.map(|channel| byte((f64::from(channel) * light).min(255.0)));
                let similar = seen(colour).similarity(&seen(lit));
                assert!(similar > least, "{colour:?} × {light}: {similar}");
            }
        }
    }

    #[test]
    fn the_border_of_the_box_does_not_count() {
        assert_eq!(look(&frame(RED, BLUE), WHOLE), look(&frame(RED, WHITE), WHOLE));
    }

    #[test]
    fn any_box_has_a_look() {
        let frame = frame(RED, WHITE);
        let at = |x1: f32, y1: f32, x2: f32, y2: f32| look(&frame, Bbox { x1, y1, x2, y2 });
        for nothing in [
            at(f32::NAN, 0.0, 9.0, 9.0),
            at(0.0, 0.0, f32::INFINITY, 9.0),
            at(200.0, 0.0, 220.0, 20.0),
            at(-50.0, -50.0, -10.0, -10.0),
            at(50.0, 30.0, 50.0, 30.0),
        ] {
            assert_eq!(nothing, Look([0; 16]));
        }
        assert_ne!(at(-1e9, -1e9, 1e9, 1e9), Look([0; 16]));
        assert_ne!(at(50.0, 30.0, 51.0, 31.0), Look([0; 16]));
    }
}
