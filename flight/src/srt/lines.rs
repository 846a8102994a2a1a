//! Lines of a stream, of bounded length.

use std::io::{BufRead, ErrorKind, Result};

/// The longest line known is 400 bytes long.
pub(super) const MAX_LINE: usize = 4096;

/// Cuts a stream at line feeds and carriage returns.
pub(super) struct Lines<R> {
    input: R,
    line: Vec<u8>,
    last: Option<u8>,
}

/// One line without its end.
pub(super) enum Line<'a> {
    Whole(&'a [u8]),
    /// Has more than [`MAX_LINE`] bytes: how many.
    TooLong(usize),
}

impl<R: BufRead> Lines<R> {
    pub(super) fn of(input: R) -> Self {
        Self { input, line: Vec::new(), last: None }
    }

    /// `None` at the end of the stream.
    pub(super) fn next(&mut self) -> Result<Option<Line<'_>>> {
        self.line.clear();
        let mut length = 0;
        loop {
            let ahead = match self.input.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                ahead => ahead?,
            };
            let end = ahead.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = &ahead[..end.unwrap_or(ahead.len())];
            let used = part.len() + usize::from(end.is_some());
            self.last = used.checked_sub(1).and_then(|at| ahead.get(at)).copied().or(self.last);
            length += part.len();
            let room = MAX_LINE - self.line.len();
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            self.input.consume(used);
            match (used, end) {
                (0, _) if length == 0 => return Ok(None),
                (0, _) | (_, Some(_)) => break,
                _ => {}
            }
        }
        Ok(Some(if length > MAX_LINE { Line::TooLong(length) } else { Line::Whole(&self.line) }))
    }

    /// The newest byte.
    pub(super) fn last(&self) -> Option<u8> {
        self.last
    }

    pub(super) fn into_input(self) -> R {
        self.input
    }
}
