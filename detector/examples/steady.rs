//! Follows the camera of a video that comes in as raw BGR pictures: how it moved, what that costs.
//!
//!     ffmpeg -i VIDEO -f rawvideo -pix_fmt bgr24 - |
//!         cargo run --release -p detector --example steady -- WIDTH HEIGHT [SCRIPT]
//!
//! The boxes of the script, one entry a frame, are left out of sight.

use std::io::{Read, Write};

use detector::{Detect, Motion, Scripted, Stabiliser, Warp};
use domain::{Bbox, Frame, Size, SourceId, TimeBasis};
use jiff::Timestamp;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut given = std::env::args().skip(1);
    let width: u32 = given.next().ok_or("how wide?")?.parse()?;
    let height: u32 = given.next().ok_or("how high?")?.parse()?;
    let mut script = given.next().map(|path| Scripted::load(path.as_ref())).transpose()?;
    let size = Size::new(width, height)?;
    let source = SourceId::new("steady")?;
    let mut stabiliser = Stabiliser::new();
    let (mut frames, mut blind, mut cuts) = (0_u64, 0, 0);
    let (mut shifts, mut cpu_s, mut all) = (vec![], 0.0, Warp::IDENTITY);
    let mut pixels = vec![0; size.bgr_bytes()];
    while std::io::stdin().read_exact(&mut pixels).is_ok() {
        let (at, basis) = (Timestamp::UNIX_EPOCH, TimeBasis::Media);
        let frame = Frame::new(source.clone(), frames, at, basis, size, pixels.clone().into())?;
        let found = script.as_mut().map(|script| script.detect(&frame)).transpose()?;
        let moving: Vec<Bbox> = found.iter().flatten().map(|found| found.bbox).collect();
        let before = cpu_seconds()?;
        let motion = stabiliser.follow(&frame, &moving)?;
        cpu_s += cpu_seconds()? - before;
        frames += 1;
        match motion {
            Motion::Blind => blind += 1,
            Motion::Cut => cuts += 1,
            Motion::Known { warp, .. } => {
                shifts.push(furthest(&warp, width, height));
                all = all.then(&warp).ok_or("the motions do not add up")?;
            }
        }
    }
    shifts.sort_by(f64::total_cmp);
    let part = |of: usize| shifts.get(shifts.len() * of / 100).copied();
    let report = serde_json::json!({
        "frames": frames,
        "blind": blind,
        "cuts": cuts,
        "moved_px": { "median": part(50), "p95": part(95), "most": shifts.last() },
        "moved_in_all_px": furthest(&all, width, height),
        "cpu_ms_per_frame": 1000.0 * cpu_s / f64::from(u32::try_from(frames)?.max(1)),
    });
    writeln!(std::io::stdout(), "{report}")?;
    Ok(())
}

/// How far the corner that moved most has moved.
fn furthest(warp: &Warp, width: u32, height: u32) -> f64 {
    let (w, h) = (f64::from(width), f64::from(height));
    let moved =
        |[x, y]: [f64; 2]| warp.point([x, y]).map_or(f64::INFINITY, |[u, v]| (u - x).hypot(v - y));
    [[0.0, 0.0], [w, 0.0], [0.0, h], [w, h]].into_iter().map(moved).fold(0.0, f64::max)
}

/// What this thread has used; other work on the machine does not count.
fn cpu_seconds() -> Result<f64, Failure> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split(' ').next().unwrap_or_default().parse::<f64>()? / 1e9)
}
