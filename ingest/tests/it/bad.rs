//! Bad input: a reason that a person understands, and never a panic.

use std::path::{Path, PathBuf};

use domain::SourceState;
use ingest::Input;

use crate::kit::{CLIP, H264, Make, Setup, run};

fn cut(path: &Path, parts_of_ten: usize) -> PathBuf {
    let bytes = std::fs::read(path).unwrap();
    let cut = path.with_extension("cut.mp4");
    std::fs::write(&cut, &bytes[..bytes.len() * parts_of_ten / 10]).unwrap();
    cut
}

#[test]
fn what_cannot_be_read_fails_with_its_name_and_reason() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("letter.mp4"), "Dear camera, ".repeat(1000)).unwrap();
    std::fs::write(at("noise.mp4"), vec![0xa7_u8; 100_000]).unwrap();
    std::fs::write(at("empty.mp4"), b"").unwrap();
    std::fs::create_dir(at("nothing")).unwrap();
    run(&format!(
        "audiotestsrc num-buffers=50 ! wavenc ! filesink location={}",
        at("sound.wav").display()
    ));
    let half_an_index = cut(&CLIP.at(folder.path(), "nearly.mp4"), 9);
    let no_index = cut(&CLIP.at(folder.path(), "clip.mp4"), 3);
    let cases = [
        (at("missing.mp4"), "there is no such file"),
        (at("empty.mp4"), "the file is empty"),
        (at("letter.mp4"), "this is no video"),
        (at("noise.mp4"), "this is no video"),
        (at("sound.wav"), "it holds no video"),
        (half_an_index, "its index (moov) is missing"),
        (no_index, "its index (moov) is missing"),
        (at("nothing"), "holds no picture"),
    ];
    for (path, reason) in cases {
        let text = path.to_str().unwrap();
        let (frames, status) = Setup::of(Input::parse(text).unwrap()).spawn().finish();
        assert!(frames.is_empty());
        assert_eq!(status.state, SourceState::Failed, "{status:?}");
        assert!(status.detail.contains(reason), "{text}: {}", status.detail);
        assert!(status.detail.contains(text), "{}", status.detail);
        let probed = ingest::probe(&Input::parse(text).unwrap());
        assert!(probed.is_err(), "{probed:?}");
    }
}

#[test]
fn a_film_cut_short_gives_its_frames_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let make = Make { frames: 250, encode: H264, mux: "mp4mux faststart=true", ..CLIP };
    let whole = make.at(folder.path(), "whole.mp4");
    let (frames, status) = Setup::file(&cut(&whole, 6)).spawn().finish();
    assert_eq!(status.state, SourceState::Ended);
    assert!((100..200).contains(&frames.len()), "{} frames", frames.len());
    assert!(status.detail.contains("ended early at"), "{}", status.detail);
}
