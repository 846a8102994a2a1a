//! Pictures as people send them: every kind is read to the same upright BGR, or refused by its name.
//!
//! The files in `pictures/` were made for this test: flat colours of a few pixels.

use std::path::{Path, PathBuf};

use detector::picture;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(name)
}

/// Size, and blue, green and red of the first pixel.
#[test]
fn every_kind_of_picture_becomes_upright_bgr() {
    for (name, size, bgr) in [
        ("one.png", (1, 1), [255, 255, 255]),
        ("grey.jpg", (3, 2), [77, 77, 77]),
        ("grey-16bit.png", (3, 2), [156, 156, 156]),
        ("grey-alpha.png", (3, 2), [200, 200, 200]),
        ("alpha.png", (3, 2), [200, 20, 10]),
        ("palette.png", (3, 2), [200, 20, 10]),
        // No cyan, all magenta and yellow: red.
        ("cmyk.jpg", (8, 4), [0, 0, 255]),
        // Stored 16 × 8 with red on the left, to be turned by 90° to the right: red is at the top.
        ("turned.jpg", (8, 16), [20, 20, 250]),
    ] {
        let (found, pixels) = picture::read(&file(name)).unwrap();
        assert_eq!((found.width, found.height), size, "{name}");
        assert_eq!(pixels.len(), found.bgr_bytes(), "{name}");
        let near = pixels.iter().zip(bgr).all(|(a, b): (&u8, u8)| a.abs_diff(b) <= 4);
        assert!(near, "{name}: {:?}", &pixels[..3]);
    }
}

#[test]
fn one_that_is_too_large_is_refused_by_name() {
    // A header is enough: no memory is taken for the rest.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("large.png");
    let sides = [20_000_u32, 20_000].map(u32::to_be_bytes).concat();
    std::fs::write(&path, [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", sides.as_slice()].concat()).unwrap();
    let error = picture::read(&path).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(error.to_string().ends_with("large.png"), "{error}");
    assert_eq!(cause, "a frame of 20000x20000 pixels: each side must be 1 to 16384");
}
