//! Flight logs as CSV, and the recordings that they tell of.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(read) = flight::airdata::read(bytes) {
        fuzz::telemetry(read, bytes.len());
    }
    for (from, to) in flight::airdata::recordings(bytes).unwrap_or_default() {
        // Rows may be out of order; instants are still instants.
        assert!(from.duration_since(to).abs() < jiff::SignedDuration::MAX);
    }
});
