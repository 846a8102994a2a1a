//! Cuts a subtitle file into entries.
//!
//! Blank lines are not trusted: an entry begins with its number or, where that is lost, with its
//! cue line. Files without any cue line exist and are cut at the numbers.

use domain::WarningCode;
use jiff::SignedDuration;

use super::stamp;
use crate::Warnings;

/// The longest line known is 400 bytes long.
const MAX_LINE: usize = 4096;
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

/// At most `max` entries in the order of the file, and what was left out.
pub(super) fn split(bytes: &[u8], max: usize) -> (Vec<Entry>, Warnings) {
    let mut splitter = Splitter { max, ..Splitter::default() };
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    for line in bytes.split(|byte| matches!(byte, b'\n' | b'\r')) {
        if !splitter.take(line) {
            break;
        }
    }
    splitter.current.open_end = bytes.last().is_some_and(|byte| !b"\r\n])>".contains(byte));
    splitter.close();
    (splitter.entries, splitter.warnings)
}

#[derive(Default)]
struct Splitter {
    max: usize,
    entries: Vec<Entry>,
    current: Entry,
    /// Of the current entry.
    lines: usize,
    warnings: Warnings,
}

impl Splitter {
    /// Takes a line; false when there are enough entries.
    fn take(&mut self, line: &[u8]) -> bool {
        if line.len() > MAX_LINE {
            self.bad(format!("a line of {} bytes was left out", line.len()));
            return true;
        }
        let line = String::from_utf8_lossy(line);
        let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{FEFF}');
        if line.is_empty() {
            return true;
        }
        if line.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.close();
        }
        if let Some((start, _)) = line.split_once("-->") {
            return self.begin(start);
        }
        self.add(line);
        true
    }

    fn begin(&mut self, start: &str) -> bool {
        let more = self.close();
        self.current.start = stamp::cue(start);
        if self.current.start.is_none() {
            self.bad(format!("`{}` is no time", start.trim().escape_debug()));
        }
        more
    }

    fn add(&mut self, line: &str) {
        if self.lines == MAX_LINES {
            self.bad(format!("more than {MAX_LINES} lines in one entry"));
            return;
        }
        if !self.current.text.is_empty() {
            self.current.text.push('\n');
        }
        self.current.text.push_str(line);
        self.lines += 1;
    }

    /// Ends the current entry; false when there are enough.
    fn close(&mut self) -> bool {
        self.lines = 0;
        if self.current.is_empty() {
            return true;
        }
        if self.entries.len() == self.max {
            let detail = format!("only the first {} entries were read", self.max);
            self.warnings.add(WarningCode::Truncated, detail);
            self.current = Entry::default();
            return false;
        }
        self.entries.push(std::mem::take(&mut self.current));
        true
    }

    fn bad(&mut self, detail: String) {
        self.warnings.add(WarningCode::BadEntry, detail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(text: &str) -> Vec<(Option<i128>, String)> {
        let (entries, _) = split(text.as_bytes(), 100);
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
        let (entries, warnings) = split(long.as_bytes(), 9);
        assert_eq!((entries.len(), entries[0].text.as_str()), (1, ""));
        assert_eq!(warnings.into_iter().count(), 1);
        let (entries, warnings) = split("1\na\n2\nb\n3\nc\n".as_bytes(), 2);
        assert_eq!(entries.len(), 2);
        let codes: Vec<_> = warnings.into_iter().map(|w| w.code).collect();
        assert_eq!(codes, [WarningCode::Truncated]);
    }

    #[test]
    fn only_a_file_that_stops_in_a_word_is_open() {
        for (text, open) in
            [("1\na", true), ("1\na\n", false), ("1\n[a]", false), ("1\n</font>", false)]
        {
            let (entries, _) = split(text.as_bytes(), 9);
            assert_eq!(entries[0].open_end, open, "{text:?}");
        }
    }
}
