//! Where the tiles of a frame lie.

use domain::Size;

use super::TileConfig;

/// A part of a frame, in its pixels; never empty, never outside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

impl Part {
    pub const fn whole(size: Size) -> Self {
        Self { x: 0, y: 0, width: size.width, height: size.height }
    }
}

/// By scale, a tile that shows at least this share of the frame's longer side gains too little over the
/// whole frame for what it costs.
const NEARLY_WHOLE: f64 = 0.6;

/// The parts to look at, in rows from the top left; the whole frame is the last, if it is among them.
/// `input_side` is the shorter side of the model's input; `gsd_cm` what a pixel shows of the ground, and
/// `likes_cm` what the model wants it to show, where known.
pub fn plan(
    config: &TileConfig,
    frame: Size,
    input_side: u32,
    gsd_cm: Option<f64>,
    likes_cm: Option<f64>,
) -> Vec<Part> {
    let whole = Part::whole(frame);
    let scaled = gsd_cm.zip(likes_cm).filter(|_| config.by_scale);
    let scaled = scaled.filter(|(gsd, _)| gsd.is_finite() && *gsd > 0.0);
    let (side, most) = match scaled {
        Some((gsd, likes)) => (f64::from(input_side) * likes / gsd, NEARLY_WHOLE),
        None => (f64::from(config.side), 1.0),
    };
    let longer = f64::from(frame.width.max(frame.height));
    if side < 1.0 || side >= most * longer {
        return vec![whole];
    }
    let mut side = side.max(f64::from(SMALLEST));
    let mut parts = tiles(frame, side, f64::from(config.overlap));
    while parts.len() > usize::from(config.most) {
        side *= 1.1;
        parts = tiles(frame, side, f64::from(config.overlap));
    }
    if config.whole && parts.len() > 1 {
        parts.push(whole);
    }
    parts
}

/// No tile shows less: enlarging pixels further shows nothing new.
const SMALLEST: u32 = 64;

fn tiles(frame: Size, side: f64, overlap: f64) -> Vec<Part> {
    let across = spans(frame.width, side, overlap);
    let down = spans(frame.height, side, overlap);
    let row = |&(y, height): &(u32, u32)| {
        let part = move |&(x, width): &(u32, u32)| Part { x, y, width, height };
        across.iter().map(part).collect::<Vec<_>>()
    };
    down.iter().flat_map(row).collect()
}

/// Starts and lengths along a side of `pixels`: all alike, evenly spread, the last ends with it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels of a side, at most 16384"
)]
pub(crate) fn spans(pixels: u32, side: f64, overlap: f64) -> Vec<(u32, u32)> {
    let whole = f64::from(pixels);
    let length = side.ceil();
    if length >= whole {
        return vec![(0, pixels)];
    }
    let count = ((whole - length * overlap) / (length * (1.0 - overlap))).ceil().max(2.0);
    let step = (whole - length) / (count - 1.0);
    (0..count as u32).map(|i| ((f64::from(i) * step).round() as u32, length as u32)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).unwrap()
    }

    #[test]
    fn tiles_are_of_the_scale_that_the_model_likes() {
        let config = TileConfig { whole: false, most: 24, ..TileConfig::default() };
        let count = |config: &TileConfig, gsd, likes| {
            let parts = plan(config, size(3840, 2160), 416, gsd, likes);
            (parts.len(), parts[0].width)
        };
        // Nothing is known and nothing configured: the whole frame.
        assert_eq!(count(&config, None, None), (1, 3840));
        assert_eq!(count(&config, Some(2.0), None), (1, 3840));
        // A tile shows 416 × 8 cm of ground: 1664 pixels of 2 cm.
        assert_eq!(count(&config, Some(2.0), Some(8.0)), (6, 1664));
        assert_eq!(count(&config, Some(1.0), Some(8.0)), (1, 3840));
        // Small ones are as large as allowed.
        assert_eq!(count(&config, Some(20.0), Some(8.0)).0, 18);
        let few = TileConfig { most: 6, ..config };
        assert!(count(&few, Some(20.0), Some(8.0)).0 <= 6);
        // What is known goes before what is configured, unless that is not wanted.
        let fixed = TileConfig { side: 1280, ..config };
        assert_eq!(count(&fixed, Some(2.0), Some(8.0)), (6, 1664));
        assert_eq!(count(&fixed, None, Some(8.0)), (8, 1280));
        assert_eq!(count(&TileConfig { by_scale: false, ..fixed }, Some(2.0), Some(8.0)).0, 8);
        // An absurd scale is no scale.
        assert_eq!(count(&fixed, Some(f64::NAN), Some(8.0)).0, 8);
        assert_eq!(count(&fixed, Some(0.0), Some(8.0)).0, 8);
    }

    #[test]
    fn the_whole_frame_comes_last() {
        let config = TileConfig { side: 640, ..TileConfig::default() };
        let parts = plan(&config, size(1920, 1080), 416, None, None);
        assert_eq!(parts.len(), 4 * 2 + 1);
        assert_eq!(parts[8], Part::whole(size(1920, 1080)));
        assert_eq!(parts[0], Part { x: 0, y: 0, width: 640, height: 640 });
        assert_eq!(parts[7], Part { x: 1280, y: 440, width: 640, height: 640 });
        assert_eq!(plan(&config, size(640, 360), 416, None, None).len(), 1);
    }

    proptest! {
        #[test]
        fn every_pixel_is_seen_and_neighbours_overlap(
            width in 1_u32..=16_384, height in 1_u32..=16_384, side in 64_u32..4000,
            overlap in 0.0_f32..=0.5, most in 1_u16..=256,
        ) {
            let config = TileConfig { side, overlap, most, whole: false, ..TileConfig::default() };
            let parts = plan(&config, size(width, height), 416, None, None);
            prop_assert!(!parts.is_empty() && parts.len() <= usize::from(most));
            for axis in [
                parts.iter().map(|p| (p.x, p.width, width)).collect::<std::collections::BTreeSet<_>>(),
                parts.iter().map(|p| (p.y, p.height, height)).collect(),
            ] {
                let spans: Vec<_> = axis.into_iter().collect();
                prop_assert_eq!(spans[0].0, 0);
                let (last, length, pixels) = *spans.last().unwrap();
                prop_assert_eq!(last + length, pixels);
                for pair in spans.windows(2) {
                    let common = f64::from(pair[0].0 + pair[0].1) - f64::from(pair[1].0);
                    prop_assert!(common + 1.0 >= f64::from(overlap) * f64::from(pair[0].1) - 1.0);
                }
            }
        }
    }
}
