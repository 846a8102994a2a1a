//! Flight logs as CSV, and the recordings that they tell of.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(log) = flight::airdata::read(bytes) else { return };
    fuzz::telemetry(log.telemetry, bytes.len());
    for (from, to) in log.recordings {
        // Rows may be out of order; instants are still instants.
        assert!(from.duration_since(to).abs() < jiff::SignedDuration::MAX);
    }
});
