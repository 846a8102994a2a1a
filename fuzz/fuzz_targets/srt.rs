//! Subtitles of a flight, in any dialect or none.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(read) = flight::srt::read(bytes) {
        fuzz::telemetry(read, bytes.len());
    }
});
