//! Who belongs to whom: the pairing with the greatest total gain.
//!
//! Used to continue tracks with detections, and to score tracks against truth. Most rows have one
//! candidate and most candidates one row. So the pairs that may be made are split into groups that
//! do not touch each other; only groups with a real choice go to the Hungarian algorithm, and those
//! are small.

use pathfinding::matrix::Matrix;
use pathfinding::prelude::kuhn_munkres;

/// Pairs each row with at most one column. Pairs whose `gain` is not above 0 are never made.
/// Returned by row.
pub(crate) fn assign(
    rows: usize,
    columns: usize,
    gain: impl Fn(usize, usize) -> f32,
) -> Vec<(usize, usize)> {
    assign_whole(rows, columns, |row, column| whole(gain(row, column)))
}

/// The same with gains in whole numbers: they make equal sums equal, whatever the order of adding.
/// A sum over all pairs must fit in an `i64`.
pub(crate) fn assign_whole(
    rows: usize,
    columns: usize,
    gain: impl Fn(usize, usize) -> i64,
) -> Vec<(usize, usize)> {
    let mut edges = Vec::new();
    let mut groups = Groups::new(rows + columns);
    for row in 0..rows {
        for column in 0..columns {
            let gain = gain(row, column);
            if gain > 0 {
                edges.push(Edge { row, column, gain });
                groups.join(row, rows + column);
            }
        }
    }
    let mut keyed: Vec<(usize, Edge)> =
        edges.into_iter().map(|edge| (groups.of(edge.row), edge)).collect();
    keyed.sort_by_key(|(group, edge)| (*group, edge.row, edge.column));
    let mut pairs = Vec::new();
    for group in keyed.chunk_by(|a, b| a.0 == b.0) {
        match group {
            [(_, only)] => pairs.push((only.row, only.column)),
            several => solve(several, &mut pairs),
        }
    }
    pairs.sort_unstable();
    pairs
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    row: usize,
    column: usize,
    gain: i64,
}

/// In millionths.
#[expect(clippy::cast_possible_truncation, reason = "a gain is at most 1, and `as` saturates")]
fn whole(gain: f32) -> i64 {
    (f64::from(gain) * 1e6) as i64
}

fn solve(edges: &[(usize, Edge)], pairs: &mut Vec<(usize, usize)>) {
    let rows = distinct(edges.iter().map(|(_, edge)| edge.row));
    let columns = distinct(edges.iter().map(|(_, edge)| edge.column));
    // The algorithm wants at least as many columns as rows.
    let turned = rows.len() > columns.len();
    let (short, long) = if turned { (&columns, &rows) } else { (&rows, &columns) };
    let mut gains = Matrix::new(short.len(), long.len(), 0_i64);
    for (_, edge) in edges {
        let (a, b) = if turned { (edge.column, edge.row) } else { (edge.row, edge.column) };
        if let (Ok(a), Ok(b)) = (short.binary_search(&a), long.binary_search(&b)) {
            gains[(a, b)] = edge.gain;
        }
    }
    let (_, chosen) = kuhn_munkres(&gains);
    for (a, &b) in chosen.iter().enumerate() {
        if gains[(a, b)] > 0 {
            pairs.push(if turned { (long[b], short[a]) } else { (short[a], long[b]) });
        }
    }
}

fn distinct(values: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut values: Vec<usize> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// Which nodes are connected (union–find).
struct Groups(Vec<usize>);

impl Groups {
    fn new(nodes: usize) -> Self {
        Self((0..nodes).collect())
    }

    fn of(&mut self, mut node: usize) -> usize {
        while self.0[node] != node {
            self.0[node] = self.0[self.0[node]];
            node = self.0[node];
        }
        node
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.of(a), self.of(b));
        self.0[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(gains: &[&[f32]], expected: &[(usize, usize)]) {
        let columns = gains.first().map_or(0, |row| row.len());
        let found = assign(gains.len(), columns, |row, column| gains[row][column]);
        assert_eq!(found, expected, "{gains:?}");
    }

    #[test]
    fn the_greatest_total_gain_wins() {
        check(&[], &[]);
        check(&[&[0.0, -1.0]], &[]);
        check(&[&[0.5]], &[(0, 0)]);
        // Greedy would take 0.9 and leave the second row without.
        check(&[&[0.9, 0.8], &[0.85, 0.0]], &[(0, 1), (1, 0)]);
        // But one good pair beats two poor ones.
        check(&[&[0.9, 0.1], &[0.1, 0.0]], &[(0, 0)]);
        // More rows than columns, more columns than rows.
        check(&[&[0.3], &[0.6], &[0.5]], &[(1, 0)]);
        check(&[&[0.3, 0.6, 0.5]], &[(0, 1)]);
        // Two groups.
        check(&[&[0.0, 0.7], &[0.7, 0.0]], &[(0, 1), (1, 0)]);
        check(&[&[f32::NAN, 0.5]], &[(0, 1)]);
    }
}
