//! A problem of the configuration, in the language of its file.

use std::fmt;
use std::path::{Path, PathBuf};

/// What is wrong, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub file: PathBuf,
    pub line: Option<usize>,
    /// `detector.min_score`; empty when it is the whole file.
    pub key: String,
    pub message: String,
}

impl Problem {
    pub(crate) fn whole(file: &Path, message: String) -> Self {
        Self { file: file.to_owned(), line: None, key: String::new(), message }
    }

    /// A problem of `key`, whose line is looked up in `text`.
    pub(crate) fn at(file: &Path, text: &str, key: &str, message: String) -> Self {
        Self { file: file.to_owned(), line: line_of(text, key), key: key.to_owned(), message }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file.as_os_str().is_empty() {
            f.write_str("command line")?;
        }
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": `{}`", self.key)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// The line of `section.key`, or of its section when the key is not written; a source is
/// `source.ID.key`, or `source.ID.table.key`.
fn line_of(text: &str, key: &str) -> Option<usize> {
    if let Some(path) = key.strip_prefix("source.") {
        let mut names = path.split('.');
        return line_in_source(text, names.next()?, &names.collect::<Vec<_>>());
    }
    let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
    let wanted = (!section.is_empty()).then(|| format!("[{section}]"));
    let mut inside = wanted.is_none();
    let mut section_line = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            inside = Some(line) == wanted.as_deref();
            if inside {
                section_line = Some(index + 1);
            }
        } else if inside && is_key(line, name) {
            return Some(index + 1);
        }
    }
    section_line
}

/// Of the innermost key of `path` that is written, or of the source's id.
fn line_in_source(text: &str, id: &str, path: &[&str]) -> Option<usize> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let named =
        lines.iter().position(|line| is_key(line, "id") && line.split('"').nth(1) == Some(id))?;
    let begin = lines[..named].iter().rposition(|line| *line == "[[source]]")?;
    let length = lines[begin + 1..].iter().position(|line| *line == "[[source]]");
    let end = length.map_or(lines.len(), |length| begin + 1 + length);
    let written = |name: &&str| lines[begin..end].iter().position(|line| is_key(line, name));
    let at = path.iter().rev().find_map(written);
    Some(at.map_or(named, |offset| begin + offset) + 1)
}

fn is_key(line: &str, name: &str) -> bool {
    line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "models_dir = \"m\"\n[detector]\nthreads = 2\nmin_score = 7\n\n[[source]]\nid = \"a\"\nurl = \"x\"\n[[source]]\nurl = \"y\"\nid = \"b\"\n";

    #[test]
    fn lines_of_keys() {
        for (key, line) in [
            ("models_dir", Some(1)),
            ("detector.min_score", Some(4)),
            ("detector.model", Some(2)),
            ("source.a.url", Some(8)),
            ("source.b.url", Some(10)),
            ("source.b.survey", Some(11)),
            ("source.b.url.camera", Some(10)),
            ("source.c.url", None),
            ("http.listen", None),
        ] {
            assert_eq!(line_of(TEXT, key), line, "{key}");
        }
    }
}
