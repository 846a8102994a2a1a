//! The finder's outputs to corners: priors in squares over three grids, as in `RetinaFace`.
//!
//! Each grid cell has two squares. The network says how a plate's box and corners differ from a square, in parts
//! of its side; corners come as right bottom, left bottom, left top, right top.

use domain::Bbox;

/// Side of a grid cell, and of its two squares, pixels of the input.
const GRIDS: [(u32, [f32; 2]); 3] = [(8, [24.0, 48.0]), (16, [96.0, 192.0]), (32, [384.0, 768.0])];
/// What a difference of a centre or a corner of 1 means, in sides of the square.
const PLACE: f32 = 0.1;
/// What a difference of a size of 1 means, as an exponent.
const SIZE: f32 = 0.2;
/// A plate is no more than e² times as large as its square: what says more is no plate, or infinite.
const MOST_GROWTH: f32 = 2.0;

/// A square that may be about a plate, pixels of the input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Prior {
    x: f32,
    y: f32,
    side: f32,
}

/// What the network found, pixels of the input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub bbox: Bbox,
    /// Left top, right top, right bottom, left bottom.
    pub corners: [[f32; 2]; 4],
    pub score: f32,
}

/// How many squares there are for an input.
pub(super) fn count(width: u32, height: u32) -> usize {
    let cells = |step| width.div_ceil(step) as usize * height.div_ceil(step) as usize;
    GRIDS.iter().map(|(step, squares)| cells(*step) * squares.len()).sum()
}

/// The squares of an input, in the order of the outputs.
#[expect(clippy::cast_precision_loss, reason = "sides are far below 2^24")]
fn priors(width: u32, height: u32) -> impl Iterator<Item = Prior> {
    GRIDS.into_iter().flat_map(move |(step, squares)| {
        let cells = (0..height.div_ceil(step))
            .flat_map(move |row| (0..width.div_ceil(step)).map(move |column| (column, row)));
        let middle = move |cell: u32| (cell as f32 + 0.5) * step as f32;
        cells.flat_map(move |(column, row)| {
            squares.into_iter().map(move |side| Prior { x: middle(column), y: middle(row), side })
        })
    })
}

/// The network's three outputs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outputs<'a> {
    /// Centre and size against the square, four a square.
    pub boxes: &'a [f32],
    /// Probability of none and of a plate.
    pub scores: &'a [f32],
    /// Four corners, eight numbers.
    pub corners: &'a [f32],
}

/// What scores at least `min_score`, strongest first, in an input of this size. Outputs must be as long as
/// [`count`] says.
pub(super) fn decode(
    outputs: Outputs<'_>,
    width: u32,
    height: u32,
    min_score: f32,
) -> Vec<Candidate> {
    let (boxes, _) = outputs.boxes.as_chunks::<4>();
    let (scores, _) = outputs.scores.as_chunks::<2>();
    let (corners, _) = outputs.corners.as_chunks::<8>();
    let mut found: Vec<Candidate> = priors(width, height)
        .zip(scores.iter().zip(boxes.iter().zip(corners)))
        .filter(|(_, (score, _))| score[1] >= min_score)
        .filter_map(|(prior, (score, (bbox, corners)))| {
            Some(Candidate {
                bbox: prior.bbox(*bbox)?,
                corners: prior.corners(*corners),
                score: score[1],
            })
        })
        .collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found
}

impl Prior {
    fn bbox(self, [dx, dy, dw, dh]: [f32; 4]) -> Option<Bbox> {
        let (x, y) = (self.x + dx * PLACE * self.side, self.y + dy * PLACE * self.side);
        let half = |d: f32| (d * SIZE <= MOST_GROWTH).then(|| (d * SIZE).exp() * self.side / 2.0);
        let (w, h) = (half(dw)?, half(dh)?);
        Some(Bbox { x1: x - w, y1: y - h, x2: x + w, y2: y + h })
    }

    fn corners(self, d: [f32; 8]) -> [[f32; 2]; 4] {
        let at = |corner: usize| {
            [
                self.x + d[2 * corner] * PLACE * self.side,
                self.y + d[2 * corner + 1] * PLACE * self.side,
            ]
        };
        [at(2), at(3), at(0), at(1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_lie_in_the_order_of_the_grids() {
        // As counted by the network itself for 480 x 320 and for sides that are no multiple of a cell.
        for (width, height, squares) in
            [(480, 320, 6300), (320, 320, 4200), (33, 17, 46), (1, 1, 6)]
        {
            assert_eq!(count(width, height), squares, "{width}x{height}");
            assert_eq!(priors(width, height).count(), squares, "{width}x{height}");
        }
        let all: Vec<Prior> = priors(64, 32).collect();
        assert_eq!(all[1], Prior { x: 4.0, y: 4.0, side: 48.0 });
        assert_eq!(all[2], Prior { x: 12.0, y: 4.0, side: 24.0 });
        assert_eq!(all[16], Prior { x: 4.0, y: 12.0, side: 24.0 });
        assert_eq!(all[64], Prior { x: 8.0, y: 8.0, side: 96.0 });
        assert_eq!(all[83], Prior { x: 48.0, y: 16.0, side: 768.0 });
    }

    #[test]
    fn differences_are_parts_of_the_square() {
        let mut boxes = vec![0.0; 84 * 4];
        let mut scores = vec![0.0; 84 * 2];
        let mut corners = vec![0.0; 84 * 8];
        let square = 64; // 96 pixels about (8, 8)
        boxes[square * 4..][..4].copy_from_slice(&[1.0, -1.0, 5.0 * 2.0_f32.ln(), 0.0]);
        scores[square * 2 + 1] = 0.9;
        corners[square * 8..][..8].copy_from_slice(&[5.0, 2.0, -5.0, 2.0, -5.0, -2.0, 5.0, -2.0]);
        let outputs = Outputs { boxes: &boxes, scores: &scores, corners: &corners };
        let found = decode(outputs, 64, 32, 0.5);
        let [one] = found.as_slice() else { panic!("{found:?}") };
        let near = |a: f32, b: f32| assert!((a - b).abs() < 1e-3, "{one:?}");
        near(one.bbox.x1, 17.6 - 96.0);
        near(one.bbox.x2, 17.6 + 96.0);
        near(one.bbox.y1, -1.6 - 48.0);
        let expected = [[-40.0, -11.2], [56.0, -11.2], [56.0, 27.2], [-40.0, 27.2]];
        for (corner, expected) in one.corners.iter().zip(expected) {
            near(corner[0], expected[0]);
            near(corner[1], expected[1]);
        }
    }

    #[test]
    fn what_is_absurdly_large_is_no_plate() {
        let mut boxes = vec![0.0; 6 * 4];
        boxes[2] = 1e9;
        let scores = [[0.1, 0.9]; 6].concat();
        let outputs = Outputs { boxes: &boxes, scores: &scores, corners: &[0.0; 48] };
        assert_eq!(decode(outputs, 1, 1, 0.5).len(), 5);
    }
}
