//! JPEG files with EXIF and XMP.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(photo) = flight::photo::read(bytes) else { return };
    fuzz::sample(&photo.sample);
    fuzz::warnings(&photo.warnings);
    assert_eq!(photo.lens.is_some(), photo.lens_from.is_some());
    if let Some(lens) = photo.lens {
        fuzz::lens(&lens);
        assert_eq!(lens.size, photo.size);
    }
});
