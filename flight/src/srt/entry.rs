//! Cuts a subtitle file into entries.
//!
//! Blank lines are not trusted: an entry begins with its number or, where that is lost, with its
//! cue line. Files without any cue line exist and are cut at the numbers.

use std::io::{BufRead, Result};

use domain::WarningCode;
use jiff::SignedDuration;

use super::lines::{Line, Lines};
use super::stamp;
use crate::Warnings;

/// The most lines known in an entry are 4.
const MAX_LINES: usize = 16;

/// One subtitle: when in the video, and its text with lines joined by line feeds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Entry {
    pub(super) start: Option<SignedDuration>,
    pub(super) text: String,
    /// The file ends right behind the text, without an end of line or a closing bracket: the last
    /// word may be cut.
    pub(super) open_end: bool,
}

impl Entry {
    fn is_empty(&self) -> bool {
        self.start.is_none() && self.text.is_empty()
    }
}

/// The entries of a file in its order, one at a time: at most 64 KiB are held.
pub(super) struct Entries<R> {
    lines: Lines<R>,
    splitter: Splitter,
    ended: bool,
}

impl<R: BufRead> Entries<R> {
    pub(super) fn of(input: R) -> Self {
        Self { lines: Lines::of(input), splitter: Splitter::default(), ended: false }
    }

    /// The next entry; `None` at the end. What is too long is left out with a word in `warnings`.
    pub(super) fn next(&mut self, warnings: &mut Warnings) -> Result<Option<Entry>> {
        while !self.ended {
            let done = match self.lines.next()? {
                Some(Line::Whole(line)) => self.splitter.take(line, warnings),
                Some(Line::TooLong(length)) => {
                    self.splitter.any = true;
                    bad(warnings, format!("a line of {length} bytes was left out"));
                    None
                }
                None => {
                    self.ended = true;
                    let last = self.lines.last();
                    self.splitter.current.open_end =
                        last.is_some_and(|byte| !b"\r\n])>".contains(&byte));
                    self.splitter.close()
                }
            };
            if done.is_some() {
                return Ok(done);
            }
        }
        Ok(None)
    }

    /// Whether nothing but blanks has been read.
    pub(super) fn is_blank(&self) -> bool {
        !self.splitter.any
    }

    pub(super) fn into_input(self) -> R {
        self.lines.into_input()
    }
}

#[derive(Default)]
struct Splitter {
    current: Entry,
    /// Of the current entry.
    lines: usize,
    /// Something was read.
    any: bool,
}

impl Splitter {
    /// Takes a line; returns the entry that ends before it.
    fn take(&mut self, line: &[u8], warnings: &mut Warnings) -> Option<Entry> {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{FEFF}');
        if line.is_empty() {
            return None;
        }
        self.any = true;
        if line.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.close();
        }
        if let Some((start, _)) = line.split_once("-->") {
            let done = self.close();
            self.current.start = stamp::cue(start);
            if self.current.start.is_none() {
                bad(warnings, format!("`{}` is no time", start.trim().escape_debug()));
            }
            return done;
        }
        self.add(line, warnings);
        None
    }

    fn add(&mut self, line: &str, warnings: &mut Warnings) {
        if self.lines == MAX_LINES {
            bad(warnings, format!("more than {MAX_LINES} lines in one entry"));
            return;
        }
        if !self.current.text.is_empty() {
            self.current.text.push('\n');
        }
        self.current.text.push_str(line);
        self.lines += 1;
    }

    /// Ends the current entry, if there is one.
    fn close(&mut self) -> Option<Entry> {
        self.lines = 0;
        let done = std::mem::take(&mut self.current);
        (!done.is_empty()).then_some(done)
    }
}

fn bad(warnings: &mut Warnings, detail: String) {
    warnings.add(WarningCode::BadEntry, detail);
}

#[cfg(test)]
mod tests {
    use super::super::lines::MAX_LINE;
    use super::*;

    fn split(text: &str) -> (Vec<Entry>, Warnings) {
        // A buffer of a few bytes, so that lines are put together.
        let input = std::io::BufReader::with_capacity(7, text.as_bytes());
        let (mut entries, mut warnings) = (Entries::of(input), Warnings::default());
        let all = std::iter::from_fn(|| entries.next(&mut warnings).unwrap()).collect();
        (all, warnings)
    }

    fn starts(text: &str) -> Vec<(Option<i128>, String)> {
        let (entries, _) = split(text);
        entries.into_iter().map(|e| (e.start.map(|s| s.as_millis()), e.text)).collect()
    }

    #[test]
    fn entries_are_cut_where_they_begin() {
        let two = [(Some(0), "a".to_owned()), (Some(1000), "b".to_owned())];
        for text in [
            "1\n00:00:00,000 --> 00:00:01,000\na\n\n2\n00:00:01,000 --> 00:00:02,000\nb\n",
            "\u{FEFF}1\r\n00:00:00,000 --> 00:00:01,000\r\na\r\n\r\n2\r\n00:00:01,000 --> x\r\nb",
            "00:00:00.000 --> 00:00:01,000\na\n00:00:01.000 --> 00:00:02,000\nb\n",
            "1\n\n00:00:00,000 --> 00:00:01,000\n\na\n2\n00:00:01,000 --> 00:00:02,000\nb",
        ] {
            assert_eq!(starts(text), two, "{text:?}");
        }
        let numbers_only = [(None, "a".to_owned()), (None, "b\nc".to_owned())];
        assert_eq!(starts("1\na\n\n2\nb\nc\n"), numbers_only);
    }

    #[test]
    fn what_is_too_long_is_left_out_and_counted() {
        let long = format!("1\n00:00:00,000 --> 00:00:01,000\n{}\n", "x".repeat(MAX_LINE + 1));
        let (entries, warnings) = split(&long);
        assert_eq!((entries.len(), entries[0].text.as_str()), (1, ""));
        assert_eq!(warnings.into_iter().count(), 1);
    }

    #[test]
    fn only_a_file_that_stops_in_a_word_is_open() {
        for (text, open) in
            [("1\na", true), ("1\na\n", false), ("1\n[a]", false), ("1\n</font>", false)]
        {
            let (entries, _) = split(text);
            assert_eq!(entries[0].open_end, open, "{text:?}");
        }
    }
}
