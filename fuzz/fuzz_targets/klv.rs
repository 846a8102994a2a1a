//! Bare MISB ST 0601 packets between other bytes.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(read) = flight::klv::read(bytes) {
        fuzz::telemetry(read, bytes.len());
    }
});
