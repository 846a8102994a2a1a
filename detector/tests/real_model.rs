//! The real models. They are downloaded, not committed: run `make models` first.

use std::path::{Path, PathBuf};

use detector::{Config, Detect, Manifest, Onnx, OpenError, Provider};
use domain::{Frame, Size, SourceId, TimeBasis};
use jiff::Timestamp;

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
}

fn open(model: &str) -> Onnx {
    let config = Config { model: model.into(), ..Config::default() };
    match Onnx::open(&config, &models()) {
        Ok(onnx) => onnx,
        Err(error) => panic!("run `make models`: {error}"),
    }
}

fn frame(width: u32, height: u32, paint: impl Fn(u32, u32) -> u8) -> Frame {
    let size = Size::new(width, height).expect("a size of this test");
    let pixels: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .flat_map(|(x, y)| [paint(x, y); 3])
        .collect();
    let source = SourceId::new("test").expect("a plain name");
    Frame::new(source, 0, Timestamp::UNIX_EPOCH, TimeBasis::Media, size, pixels.into())
        .expect("as many pixels as the size says")
}

#[test]
fn every_file_is_what_the_manifest_says() {
    for (id, result) in Manifest::load(&models()).unwrap().verify(&models()) {
        assert!(result.is_ok(), "{id}: {}", result.unwrap_err());
    }
}

#[test]
fn each_model_loads_and_sees_nothing_where_nothing_is() {
    for model in ["ssdlite-mobilenetv2", "nanodet-g"] {
        let mut onnx = open(model);
        assert_eq!(onnx.active().model, model);
        assert_eq!(onnx.active().provider, "cpu");
        // The size of the frames may change, and there are odd ones.
        for (width, height) in [(640, 360), (1920, 1080), (1, 1), (3, 2000), (640, 360)] {
            let grey = frame(width, height, |_, _| 114);
            assert_eq!(onnx.detect(&grey).unwrap(), [], "{model} {width}x{height}");
        }
    }
}

#[test]
fn the_same_frame_gives_the_same_boxes() {
    let noise = frame(640, 360, |x, y| (x.wrapping_mul(2_654_435_761) ^ (y * 97)).to_le_bytes()[1]);
    for model in ["ssdlite-mobilenetv2", "nanodet-g"] {
        let mut onnx = open(model);
        let first = onnx.detect(&noise).unwrap();
        onnx.detect(&frame(300, 700, |x, _| x.to_le_bytes()[0])).unwrap();
        assert_eq!(onnx.detect(&noise).unwrap(), first, "{model}");
    }
}

#[test]
fn what_is_not_there_is_an_error() {
    let message = |config: &Config| match Onnx::open(config, &models()) {
        Ok(onnx) => panic!("opened {:?}", onnx.active()),
        Err(error) => error,
    };
    let unknown = message(&Config { model: "yolo".into(), ..Config::default() });
    assert_eq!(
        unknown.to_string(),
        "no model `yolo` in models/manifest.toml; there are: ssdlite-mobilenetv2, nanodet-g, aerial, \
         aerial-int8"
    );
    // This library was built without OpenVINO: there is no silent fall-back.
    let runtime = Some(models().join("cache/libonnxruntime.so"));
    let openvino = message(&Config { provider: Provider::OpenVino, runtime, ..Config::default() });
    assert!(matches!(openvino, OpenError::NoProvider { .. }), "{openvino:?}");
    // A process runs one library.
    drop(open("ssdlite-mobilenetv2"));
    let second = message(&Config { runtime: Some("/other.so".into()), ..Config::default() });
    assert!(matches!(second, OpenError::SecondRuntime { .. }), "{second:?}");
}
