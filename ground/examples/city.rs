//! How long one answer about coverage takes: a made-up city of 994 cells of 500 m, and 20 000 footprints of 24 corners
//! (20 flights of 1000 s at 10 m/s, in lanes 60 m apart).
//!
//!     cargo build --workspace --example city && time target/debug/examples/city
#![expect(clippy::print_stdout, reason = "the times are what it is for")]

use std::time::Instant;

use domain::{LonLat, Plane};
use ground::{Seen, Share};
use jiff::Timestamp;

type Ring = Vec<[f64; 2]>;

const CELLS: u32 = 994;
const ROW: u32 = 32;
const CELL_M: f64 = 500.0;
const LOOKS: u32 = 20_000;
const FLIGHT: u32 = 1000;
const LANE: u32 = 100;

fn main() {
    let Some(middle) = LonLat::new(120.0868, 30.8943) else { return };
    let plane = Plane::at(middle);
    let cells: Vec<Ring> = (0..CELLS).map(|n| cell(&plane, n)).collect();
    let looks: Vec<(Timestamp, Ring)> =
        (0..LOOKS).map(|n| (Timestamp::UNIX_EPOCH, footprint(&plane, n))).collect();

    let (seen, joining_s) =
        timed(|| Seen::new(looks.iter().map(|(at, ring)| (*at, ring.as_slice()))));
    let (shares, sharing_s) = timed(|| {
        let share = |ring| seen.share_of(std::slice::from_ref(ring));
        cells.iter().filter_map(share).collect::<Vec<Share>>()
    });
    let (whole, whole_s) = timed(|| seen.whole());
    println!(
        "{LOOKS} footprints joined in {joining_s:.2} s; shares of {} cells, of which {} were seen, {sharing_s:.2} s; \
         the whole, {:.2} km², {whole_s:.2} s",
        shares.len(),
        shares.iter().filter(|share| share.last_seen.is_some()).count(),
        whole.area_m2 / 1e6,
    );
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begun = Instant::now();
    let done = work();
    (done, begun.elapsed().as_secs_f64())
}

fn cell(plane: &Plane, n: u32) -> Ring {
    let (x, y) = (f64::from(n % ROW) * CELL_M, f64::from(n / ROW) * CELL_M);
    let corners = [[0.0, 0.0], [CELL_M, 0.0], [CELL_M, CELL_M], [0.0, CELL_M], [0.0, 0.0]];
    ring(plane, corners.map(|[east, north]| [x + east, y + north]))
}

/// A trapezoid as a camera that looks down at a slant sees it, along a lawn mower's path at the flight's own bearing.
fn footprint(plane: &Plane, n: u32) -> Ring {
    let (flight, second) = (n / FLIGHT, n % FLIGHT);
    let (lane, step) = (second / LANE, second % LANE);
    let step = if lane.is_multiple_of(2) { step } else { LANE - 1 - step };
    let start = [f64::from(flight % 5) * 3000.0, f64::from(flight / 5) * 3500.0];
    let (sin, cos) = f64::from(flight * 17).to_radians().sin_cos();
    let corner = |k: u32| {
        let along = f64::from(k % 6) / 3.0 - 1.0;
        let [right, ahead] = match k % 24 / 6 {
            0 => [along * 50.0, -35.0],
            1 => [60.0 + along * 10.0, along * 35.0],
            2 => [-along * 70.0, 35.0],
            _ => [-60.0 + along * 10.0, -along * 35.0],
        };
        let (x, y) = (f64::from(step) * 10.0 + right, f64::from(lane) * 60.0 + ahead);
        [start[0] + x * cos - y * sin, start[1] + x * sin + y * cos]
    };
    ring(plane, (0..=24).map(corner))
}

fn ring(plane: &Plane, metres: impl IntoIterator<Item = [f64; 2]>) -> Ring {
    let corner = |at| plane.place(at).map(|found| [found.lon(), found.lat()]);
    metres.into_iter().filter_map(corner).collect()
}
