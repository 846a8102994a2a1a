//! MPEG-TS, given in pieces as a network gives it.
//!
//! The first byte is the length of a piece.

#![no_main]

use std::io::{self, Read};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((&piece, stream)) = bytes.split_first() else { return };
    let pieces = Pieces { left: stream, most: usize::from(piece).max(1) };
    if let Ok(read) = flight::klv::from_transport_stream(pieces) {
        fuzz::telemetry(read, stream.len());
    }
});

/// Gives at most so many bytes at once.
struct Pieces<'a> {
    left: &'a [u8],
    most: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.most.min(buffer.len());
        self.left.read(&mut buffer[..most])
    }
}
