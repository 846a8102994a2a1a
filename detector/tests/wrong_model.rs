//! Model files that are not what the manifest says: each is refused by its name, with what differs.
//!
//! The files are made here, by hand: an ONNX file is a protocol buffer, of which a few fields are needed.

#![expect(clippy::cast_possible_truncation, reason = "seven bits fit a byte")]
#![expect(clippy::unwrap_used, reason = "files of this test's own")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use detector::{Config, Detect, DetectProblem, Onnx};
use domain::{Frame, Size, SourceId, TimeBasis};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
}

/// The number of a field and how it is stored, in one byte or two.
fn key(number: u8, stored: u8) -> Vec<u8> {
    let key = (number << 3) | stored;
    if number > 15 { vec![key | 0x80, number >> 4] } else { vec![key] }
}

/// A field that holds bytes: text, or a message.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = key(number, 2);
    let mut length = bytes.len();
    while length > 0x7F {
        out.push((length & 0x7F) as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend(bytes);
    out
}

fn varint(number: u8, value: u64) -> Vec<u8> {
    let mut out = key(number, 0);
    let mut value = value;
    while value > 0x7F {
        out.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// A float tensor of the graph; the first side is free.
fn value(name: &str, kind: u64, sides: &[i64]) -> Vec<u8> {
    let side = |side: &i64| match u64::try_from(*side) {
        Ok(side) => field(1, &varint(1, side)),
        Err(_) => field(1, &field(2, b"N")),
    };
    let shape: Vec<u8> = sides.iter().flat_map(side).collect();
    let tensor = [varint(1, kind), field(2, &shape)].concat();
    [field(1, name.as_bytes()), field(2, &field(1, &tensor))].concat()
}

const FLOAT: u64 = 1;
const DOUBLE: u64 = 11;
const CELLS: [i64; 3] = [2704, 676, 169];

/// A model whose outputs are all `number`, whatever it is shown.
struct Made {
    input: (u64, [i64; 4]),
    classes: i64,
    number: f32,
    named: Option<&'static str>,
}

impl Made {
    fn bytes(&self) -> Vec<u8> {
        let mut graph = field(2, b"made");
        for (stride, cells) in [8, 16, 32].into_iter().zip(CELLS) {
            for (kind, width) in [("cls", self.classes), ("dis", 44)] {
                let name = format!("{kind}{stride}");
                let sides = [1, cells, width];
                let raw: Vec<u8> = sides.iter().flat_map(|side| side.to_le_bytes()).collect();
                let shape = format!("shape-{name}");
                let initial =
                    [varint(1, 3), varint(2, 7), field(8, shape.as_bytes()), field(9, &raw)]
                        .concat();
                let one = [varint(1, 1), varint(2, FLOAT), field(9, &self.number.to_le_bytes())];
                let attribute =
                    [field(1, b"value"), varint(20, 4), field(5, &one.concat())].concat();
                let node = [
                    field(1, shape.as_bytes()),
                    field(2, name.as_bytes()),
                    field(4, b"ConstantOfShape"),
                    field(5, &attribute),
                ];
                graph.extend(field(1, &node.concat()));
                graph.extend(field(5, &initial));
            }
        }
        graph.extend(field(11, &value("image", self.input.0, &self.input.1)));
        for (kind, width) in [("cls", self.classes), ("dis", 44)] {
            for (stride, cells) in [8, 16, 32].into_iter().zip(CELLS) {
                let name = format!("{kind}{stride}");
                graph.extend(field(12, &value(&name, FLOAT, &[1, cells, width])));
            }
        }
        let mut model = [varint(1, 8), field(7, &graph), field(8, &varint(2, 13))].concat();
        if let Some(named) = self.named {
            let entry = [field(1, b"classes"), field(2, named.as_bytes())].concat();
            model.extend(field(14, &entry));
        }
        model
    }
}

const RIGHT: Made =
    Made { input: (FLOAT, [-1, 3, 416, 416]), classes: 80, number: 0.0, named: None };

/// Opens a file as if it were nanodet-g, by a manifest that has its hash.
fn open(bytes: &[u8]) -> Result<Onnx, String> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("cache")).unwrap();
    std::fs::write(dir.path().join("cache/nanodet-g.onnx"), bytes).unwrap();
    let text = std::fs::read_to_string(models().join("manifest.toml")).unwrap();
    let start = text.find("file = \"nanodet-g.onnx\"\nsha256 = \"").unwrap() + 34;
    let mut hash = String::new();
    for byte in Sha256::digest(bytes) {
        write!(hash, "{byte:02x}").unwrap();
    }
    let text = format!("{}{hash}{}", &text[..start], &text[start + 64..]);
    std::fs::write(dir.path().join("manifest.toml"), text).unwrap();
    let runtime = models().join("cache/libonnxruntime.so");
    let config = Config { runtime: Some(runtime), ..Config::default() };
    Onnx::open(&config, dir.path()).map_err(|error| error.to_string())
}

fn frame() -> Frame {
    let size = Size::new(64, 48).unwrap();
    let source = SourceId::new("test").unwrap();
    let (at, basis) = (Timestamp::UNIX_EPOCH, TimeBasis::Media);
    Frame::new(source, 7, at, basis, size, vec![90; size.bgr_bytes()].into()).unwrap()
}

#[test]
fn one_that_is_as_described_is_taken() {
    let mut onnx = open(&RIGHT.bytes()).unwrap();
    assert_eq!(onnx.detect(&frame()).unwrap(), []);
}

#[test]
fn one_that_is_not_as_described_is_refused_with_what_differs() {
    let named = "person,bicycle,lorry";
    for (made, message) in [
        (
            Made { input: (FLOAT, [-1, 3, 320, 320]), ..RIGHT },
            "model `nanodet-g` takes image [1, 3, 320, 320], but models/manifest.toml says \
             image [1, 3, 416, 416]; it is another model",
        ),
        (Made { input: (DOUBLE, [-1, 3, 416, 416]), ..RIGHT }, "model `nanodet-g` takes image ("),
        (
            Made { classes: 8, ..RIGHT },
            "model `nanodet-g` gives cls8 [1, 2704, 8], cls16 [1, 676, 8], cls32 [1, 169, 8], ",
        ),
        (
            Made { named: Some(named), ..RIGHT },
            "model `nanodet-g` gives class lorry for column 2, but models/manifest.toml says \
             class car for column 2; it is another model",
        ),
    ] {
        let error = open(&made.bytes()).unwrap_err();
        assert!(error.starts_with(message), "{error}\nshould begin with\n{message}");
    }
    let error = open(b"no model").unwrap_err();
    assert_eq!(error, "cannot prepare model `nanodet-g` for provider `cpu`");
}

#[test]
fn a_model_that_gives_no_numbers_tells_of_no_empty_street() {
    for number in [f32::NAN, f32::INFINITY] {
        let mut onnx = open(&Made { number, ..RIGHT }.bytes()).unwrap();
        let error = onnx.detect(&frame()).unwrap_err();
        assert_eq!(error.to_string(), "cannot run `nanodet-g` on frame 7 of source `test` (64x48)");
        let named = |output: &str| output == "cls8";
        assert!(
            matches!(&error.cause, DetectProblem::NotANumber { output } if named(output)),
            "{error:?}"
        );
    }
    let mut onnx = open(&Made { number: 3.0, ..RIGHT }.bytes()).unwrap();
    let error = onnx.detect(&frame()).unwrap_err();
    assert!(matches!(error.cause, DetectProblem::NotAProbability { .. }), "{error:?}");
}
