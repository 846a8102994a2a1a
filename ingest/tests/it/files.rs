//! Files and folders: every frame, its time, its size, its pixels.

use domain::{SourceState, TimeBasis};
use ingest::{Input, Pace, Start, Taken};
use jiff::Timestamp;

use crate::kit::{CLIP, H264, H264_REORDERED, H265, Make, Setup, after, film, start};

#[test]
fn every_frame_comes_with_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("plain.mp4", CLIP),
        ("reordered.mp4", Make { encode: H264_REORDERED, ..CLIP }),
        ("stream.ts", Make { mux: "mpegtsmux", ..CLIP }),
        ("film.mkv", Make { mux: "matroskamux", ..CLIP }),
        ("new.mp4", Make { encode: H265, ..CLIP }),
        ("old.avi", Make { encode: "jpegenc", mux: "avimux", ..CLIP }),
    ];
    for (name, make) in cases {
        let (frames, status) = Setup::file(&make.at(folder.path(), name)).spawn().finish();
        assert_eq!(frames.len(), 50, "{name}: {status:?}");
        assert_eq!((status.state, status.detail.as_str()), (SourceState::Ended, ""), "{name}");
        assert_eq!((status.frames, status.dropped), (50, 0), "{name}");
        for (number, frame) in frames.iter().enumerate() {
            assert_eq!(frame.number, number as u64, "{name}");
            let expected = after(i64::try_from(number).unwrap() * 40);
            let off = frame.at.duration_since(expected).abs();
            assert!(off.as_millis() <= 1, "{name}: frame {number} is {off} off");
            assert_eq!((frame.width, frame.height, frame.basis), (322, 242, TimeBasis::Capture));
            assert_eq!(frame.bytes, 322 * 242 * 3, "{name}");
            let [blue, green, red] = frame.corner;
            assert!(blue < 40 && green < 40 && red > 215, "{name}: {:?}", frame.corner);
        }
    }
}

#[test]
fn an_uneven_frame_rate_keeps_its_times() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("uneven.mkv");
    let shown = [0, 40, 80, 120, 400, 410, 420, 1000, 3000, 3040];
    film(&path, &shown);
    let (frames, _) = Setup::file(&path).spawn().finish();
    let times: Vec<_> =
        frames.iter().map(|frame| frame.at.duration_since(start()).as_millis()).collect();
    assert_eq!(times, shown.map(i128::from));
}

#[test]
fn a_resolution_that_changes_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let stream = "video/x-h264,stream-format=byte-stream";
    let large = Make { frames: 25, encode: H264, mux: stream, ..CLIP };
    let small = Make { width: 160, height: 120, ..large };
    let mut bytes = std::fs::read(large.at(folder.path(), "large.264")).unwrap();
    bytes.extend(std::fs::read(small.at(folder.path(), "small.264")).unwrap());
    let path = folder.path().join("both.264");
    std::fs::write(&path, bytes).unwrap();
    let (frames, status) = Setup::file(&path).spawn().finish();
    assert_eq!(status.state, SourceState::Ended, "{status:?}");
    let sizes: Vec<_> = frames.iter().map(|f| (f.width, f.height)).collect();
    assert_eq!(sizes[..25], [(322, 242); 25]);
    assert_eq!(sizes[25..], [(160, 120); 25]);
    assert!(frames.iter().all(|f| f.bytes == (f.width * f.height * 3) as usize));
}

#[test]
fn the_start_decides_what_times_rest_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = CLIP.at(folder.path(), "clip.mp4");
    let begun = domain::Clock::now(&domain::SystemClock);
    let mut setup = Setup::file(&path);
    setup.start = Start::Now;
    let (frames, _) = setup.spawn().finish();
    assert_eq!(frames[0].basis, TimeBasis::Receive);
    assert!(frames[0].at >= begun);
    assert_eq!(frames[49].at.duration_since(frames[0].at).as_millis(), 1960);
    let mut setup = Setup::file(&path);
    setup.start = Start::Media;
    let (frames, _) = setup.spawn().finish();
    assert_eq!((frames[0].at, frames[0].basis), (Timestamp::UNIX_EPOCH, TimeBasis::Media));
}

#[test]
fn at_real_time_a_clip_lasts_as_long_as_it_is_and_drops_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut setup = Setup::file(&CLIP.at(folder.path(), "clip.mp4"));
    setup.pace = Pace::Realtime;
    setup.answer = Taken::Displaced;
    let begun = std::time::Instant::now();
    let (frames, status) = setup.spawn().finish();
    assert!(begun.elapsed().as_millis() >= 1900, "{:?}", begun.elapsed());
    assert_eq!((frames.len(), status.dropped), (50, 50));
}

#[test]
fn a_closed_receiver_ends_the_source() {
    let folder = tempfile::tempdir().unwrap();
    let mut setup = Setup::file(&CLIP.at(folder.path(), "clip.mp4"));
    setup.close_after = 7;
    let (frames, status) = setup.spawn().finish();
    assert_eq!((frames.len(), status.state), (7, SourceState::Ended));
}

#[test]
fn a_folder_of_pictures_of_any_size_is_read_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for (name, encode, width) in
        [("b.jpg", "jpegenc", 63), ("a.png", "pngenc", 32), ("d.JPG", "jpegenc", 128)]
    {
        let make = Make { frames: 1, width, height: 48, encode, mux: "identity" };
        make.at(folder.path(), name);
    }
    std::fs::write(folder.path().join("c.jpg"), b"no picture at all").unwrap();
    std::fs::write(folder.path().join("notes.txt"), b"not even by its name").unwrap();
    let mut setup = Setup::of(Input::parse(folder.path().to_str().unwrap()).unwrap());
    setup.config.images_per_second = 10.0;
    let (frames, status) = setup.spawn().finish();
    let seen: Vec<_> = frames.iter().map(|f| (f.width, f.at)).collect();
    assert_eq!(seen, [(32, after(0)), (63, after(100)), (128, after(300))]);
    assert_eq!(status.state, SourceState::Ended);
    assert!(status.detail.starts_with("left out 1 picture, last `c.jpg`: "), "{}", status.detail);
}

#[test]
fn a_clip_is_probed() {
    let folder = tempfile::tempdir().unwrap();
    let input = Input::File(CLIP.at(folder.path(), "clip.mp4"));
    let probe = ingest::probe(&input).unwrap();
    assert_eq!((probe.codec.as_str(), probe.width, probe.height), ("H.264", 322, 242));
    assert_eq!(probe.frame_rate, Some(25.0));
    assert_eq!(probe.duration.map(|d| d.as_millis()), Some(2000));
}
