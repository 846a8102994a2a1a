//! Cameras on poles do not move, whatever drives past them. Needs real clips and `ffmpeg`; passes
//! where they are not at hand.

use std::path::PathBuf;
use std::process::Command;

use detector::{Motion, Stabiliser};
use domain::{Frame, Size, SourceId, TimeBasis};
use jiff::Timestamp;

const FRAMES: usize = 50;

/// The first frames of a clip.
fn frames(name: &str, size: Size) -> Option<Vec<Frame>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/video").join(name);
    if !path.is_file() {
        return None;
    }
    let count = FRAMES.to_string();
    let decoded = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-frames:v", &count, "-f", "rawvideo", "-pix_fmt", "bgr24", "-"])
        .output()
        .ok()?;
    let source = SourceId::new("pole").ok()?;
    let frame = |pixels: &[u8]| {
        let (at, basis) = (Timestamp::UNIX_EPOCH, TimeBasis::Media);
        let pixels = pixels.to_vec().into();
        Frame::new(source.clone(), 0, at, basis, size, pixels).ok()
    };
    decoded.stdout.chunks_exact(size.bgr_bytes()).map(frame).collect()
}

#[test]
fn a_fixed_camera_stands_still() {
    for (name, width, height) in [
        ("opendatacam-street.mp4", 640, 360),
        ("ahmetozlu-suburban-road.mp4", 640, 352),
        ("iacv-motorway-milanoest.mp4", 352, 288),
    ] {
        let size = Size::new(width, height).unwrap();
        let Some(frames) = frames(name, size) else { return };
        assert_eq!(frames.len(), FRAMES, "{name}");
        let mut stabiliser = Stabiliser::new();
        for (n, frame) in frames.iter().enumerate() {
            let motion = stabiliser.follow(frame, &[]).unwrap();
            if n == 0 {
                continue;
            }
            let Motion::Known { warp, .. } = motion else { panic!("{name} frame {n}: {motion:?}") };
            for corner in [[0.0, 0.0], [f64::from(width), f64::from(height)]] {
                let [x, y] = warp.point(corner).unwrap();
                let moved = (x - corner[0]).hypot(y - corner[1]);
                assert!(moved < 0.5, "{name} frame {n}: {moved} px");
            }
        }
    }
}
