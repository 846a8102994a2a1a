//! Encoded video on disk and the clips cut from it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ingest::{ClipError, Pace, SegmentDir};

use crate::kit::{CLIP, H264, H264_REORDERED, H265, Make, Setup, after, decoded, id};

const LONG: Duration = Duration::from_mins(15);

fn dir(root: &Path) -> SegmentDir {
    SegmentDir::new(root.join("segments"), LONG, 1 << 40).unwrap()
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(root.join("segments/cam-1"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

const TEN_SECONDS: Make = Make { frames: 250, encode: H264, ..CLIP };

#[test]
fn clips_hold_every_frame_once_and_in_order() {
    for (name, encode) in [("a.mp4", H264), ("b.mp4", H264_REORDERED), ("c.mp4", H265)] {
        let folder = tempfile::tempdir().unwrap();
        let path = Make { encode, ..TEN_SECONDS }.at(folder.path(), name);
        let dir = dir(folder.path());
        let (frames, _) = Setup::file(&path).recorded(&dir).spawn().finish();
        assert_eq!(frames.len(), 250);
        assert_eq!(files(folder.path()).len(), 5, "{:?}", files(folder.path()));
        let dest = folder.path().join("whole.mp4");
        let clip = dir.clip(&id(), after(-5000), after(20_000), &dest).unwrap();
        assert_eq!(decoded(&dest), (250, 0, 9960), "{name}");
        assert_eq!((clip.from, clip.to), (after(0), after(9960)), "{name}");
        assert_eq!(clip.bytes, std::fs::metadata(&dest).unwrap().len());
        // The key frame before 4.5 s is at 4 s.
        let clip = dir.clip(&id(), after(4500), after(7300), &dest).unwrap();
        assert_eq!(clip.from, after(4000), "{name}");
        let past = clip.to.duration_since(after(7300)).as_millis();
        assert!((0..=500).contains(&past), "{name}: {past} ms past");
        let span = u64::try_from(clip.to.duration_since(clip.from).as_millis()).unwrap();
        assert_eq!(decoded(&dest), (usize::try_from(span / 40).unwrap() + 1, 0, span), "{name}");
        assert!(!folder.path().join("whole.part").exists());
    }
}

#[test]
fn a_clip_that_is_not_there_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let dir = dir(folder.path());
    let dest = folder.path().join("clip.mp4");
    let clip = |from, to| dir.clip(&id(), after(from), after(to), &dest);
    assert!(matches!(clip(0, 1000), Err(ClipError::Gone { .. })));
    assert!(matches!(clip(1000, 0), Err(ClipError::Order { .. })));
    let path = TEN_SECONDS.at(folder.path(), "clip.mp4");
    let mut setup = Setup::file(&path).recorded(&dir);
    setup.pace = Pace::Realtime;
    let watched = setup.spawn();
    watched.until("3 s of frames", |frames, _| frames.len() > 75);
    assert!(matches!(clip(0, 8000), Err(ClipError::NotYet { .. })));
    watched.finish();
    assert!(clip(0, 8000).is_ok());
    assert!(matches!(clip(20_000, 21_000), Err(ClipError::Gone { .. })));
    let film = Make { encode: "jpegenc", mux: "avimux", ..CLIP }.at(folder.path(), "old.avi");
    let (frames, _) = Setup::file(&film).recorded(&dir).spawn().finish();
    assert_eq!(frames.len(), 50);
    let refused = clip(0, 1000).unwrap_err();
    assert!(matches!(refused, ClipError::Codec { .. }), "{refused}");
}

#[test]
fn a_replay_does_not_double_anything() {
    let folder = tempfile::tempdir().unwrap();
    let path = TEN_SECONDS.at(folder.path(), "clip.mp4");
    let dir = dir(folder.path());
    Setup::file(&path).recorded(&dir).spawn().finish();
    let mut again = Setup::file(&path).recorded(&dir);
    again.close_after = 120;
    again.spawn().finish();
    let dest = folder.path().join("whole.mp4");
    dir.clip(&id(), after(0), after(10_000), &dest).unwrap();
    let (frames, first, last) = decoded(&dest);
    assert!(frames <= 250, "{frames} frames");
    assert_eq!(first, 0);
    assert!(last <= 9960);
}

#[test]
fn a_killed_program_leaves_readable_video() {
    let folder = tempfile::tempdir().unwrap();
    let path = TEN_SECONDS.at(folder.path(), "clip.mp4");
    Setup::file(&path).recorded(&dir(folder.path())).spawn().finish();
    // The last segment as a killed program leaves it: open, and cut within a packet.
    let last = files(folder.path()).pop().unwrap();
    let bytes = std::fs::read(&last).unwrap();
    let name = last.file_name().unwrap().to_str().unwrap();
    let parts: Vec<_> = name.split('_').collect();
    let open = last.with_file_name(format!("{}_open_{}", parts[0], parts[2]));
    std::fs::write(&open, &bytes[..bytes.len() / 2]).unwrap();
    std::fs::remove_file(&last).unwrap();
    let empty = last.with_file_name(format!("{}_open_{}", "1", parts[2]));
    std::fs::write(&empty, b"").unwrap();
    let found = dir(folder.path());
    assert!(!open.exists() && !empty.exists());
    let dest = folder.path().join("whole.mp4");
    found.clip(&id(), after(0), after(10_000), &dest).unwrap();
    let (frames, _, _) = decoded(&dest);
    assert!((201..250).contains(&frames), "{frames} frames");
}

#[test]
fn old_segments_go_by_age_and_by_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = TEN_SECONDS.at(folder.path(), "clip.mp4");
    let root = folder.path().join("segments");
    let short = SegmentDir::new(root.clone(), Duration::from_secs(3), 1 << 40).unwrap();
    Setup::file(&path).recorded(&short).spawn().finish();
    assert_eq!(files(folder.path()).len(), 2);
    std::fs::remove_dir_all(&root).unwrap();
    let size = 30_000;
    let small = SegmentDir::new(root, LONG, size).unwrap();
    Setup::file(&path).recorded(&small).spawn().finish();
    let kept: u64 = files(folder.path()).iter().map(|f| std::fs::metadata(f).unwrap().len()).sum();
    assert!(kept <= size, "{kept} bytes kept");
}
